"""What is left of a resource when its title is hidden, and when it comes as plain as a slide."""

from __future__ import annotations

import pytest

from services.curator.evaluation.views import View, seen

BODY = """Before it.

```sh
# a comment, no heading
```

## Lifting *loads*

See [the guide](https://example.org/g) and ![a crate](crate.png), or https://example.org.

### Second

```python
lift("crate")
```

Set it down.
[the guide]: https://example.org/g"""


def body(text: str, view: View) -> object:
    return seen({"id": "r", "title": "Lifting", "body": text, "links": ["l"]}, view)["body"]


def test_as_is_nothing_changes() -> None:
    row = {"id": "r", "title": "Lifting", "body": BODY}
    assert seen(row, View.FULL) == row


def test_hiding_titles_takes_the_title_and_the_first_heading() -> None:
    hidden = seen({"id": "r", "title": "Lifting", "body": BODY, "links": ["l"]}, View.HIDDEN)
    assert hidden["title"] == ""
    assert hidden["body"] == BODY.replace("## Lifting *loads*\n", "")
    assert hidden["links"] == ["l"]


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("Lifting\n=======\n\nText", "\nText"),
        ("Lifting\n---\nText", "Text"),
        ("= AsciiDoc\nText", "Text"),
        ("#hashtag\nText", "#hashtag\nText"),
        ("\n---\n\nText", "\n---\n\nText"),  # a line across the page
        ("Text", "Text"),
        ("~~~\n# code\n~~~\n# Title", "~~~\n# code\n~~~"),
        ("````\n```\n# code\n````\n# Title", "````\n```\n# code\n````"),
    ],
)
def test_what_a_first_heading_is(text: str, left: str) -> None:
    assert body(text, View.HIDDEN) == left


def test_plain_keeps_the_words_of_links_and_headings_only() -> None:
    plain = seen({"id": "r", "title": "Lifting", "body": BODY, "links": ["l"]}, View.PLAIN)
    words = str(plain["body"]).split()
    assert words == [
        "Before",
        "it.",
        "See",
        "the",
        "guide",
        "and",
        "a",
        "crate,",
        "or",
        "Second",
        "Set",
        "it",
        "down.",
    ]
    assert (plain["title"], plain["links"]) == ("", [])
