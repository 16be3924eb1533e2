"""HTML, Markdown and captions into light Markdown: nothing a reader sees is lost, nothing else gets in."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.catalog.imports.captions import read_captions
from services.catalog.imports.facts import page_facts
from services.catalog.imports.html import decode_html, read_html
from services.catalog.imports.markdown import broken_links, read_markdown
from services.catalog.imports.model import State
from services.catalog.imports.notes import Notes


@pytest.mark.parametrize(
    ("markup", "text"),
    [
        ("<h2>Pumps</h2><p>Open  the\n valve.<p>Close it.", "## Pumps\n\nOpen the valve.\n\nClose it."),
        ("a <b>bold</b>er <a href=x>link</a>, <i>x</i>", "a bolder link, x"),
        ("Line<br>next<br><br>last", "Line\nnext\nlast"),
        ("<ul><li>One<li>Two<ol><li>Deep</ol><li>Three</ul>", "- One\n- Two\n  1. Deep\n- Three"),
        ("<ol start=4><li>Four<li><p>Five</p><p>more</p></ol>", "4. Four\n5. Five more"),
        ("<ul><li><h3>Card</h3><p>Text</ul>", "### Card\n\nText"),
        ("<pre><code class='language-sh'>ls\n  -l  </code></pre>", "```sh\nls\n  -l\n```"),
        ("<pre>a ``` b</pre>", "````\na ``` b\n````"),
        ("<blockquote><p>One<p>Two</blockquote>", "> One\n>\n> Two"),
        (
            "<table><caption>T</caption><tr><th>a<th>b<tr><td>1<td><p>2</p></table>",
            "T\n\n| a | b |\n| 1 | 2 |",
        ),
        ("<table><tr><td>menu<td><h1>Head</h1><p>Text</table>", "menu\n\n# Head\n\nText"),
        ("<nav>Home</nav><main>Text</main><footer>End</footer>", "Home\n\nText\n\nEnd"),
        ("<script>no</script><style>no</style><template>no</template><noscript>no</noscript>yes", "yes"),
        ("<p hidden>no</p><div style='DISPLAY : none'>no<p>no</div>yes<!-- no -->", "yes"),
        ("<dl><dt>Term<dd>Meaning</dl>", "Term\n\nMeaning"),
        ("<p>5 &lt; 6 &amp; caf&eacute;</p>", "5 < 6 & café"),
        ("<p>soft\u00adhyphen\u200b and\u00a0space", "softhyphen and space"),
        ("", ""),
        ("   ", ""),
    ],
)
def test_a_page_reads_as_its_reader_sees_it(markup: str, text: str) -> None:
    assert read_html(markup).text == text


def test_a_page_has_title_language_and_links() -> None:
    page = read_html(
        "<html lang='de'><title> Pumpen \n</title><h1>Die Pumpe</h1><a href='a.html'>a</a><a>b</a>"
    )
    assert (page.title, page.heading, page.language, dict(page.links)) == (
        "Pumpen",
        "Die Pumpe",
        "de",
        {"a.html": "a"},
    )


def test_a_page_nested_too_deeply_keeps_its_words() -> None:
    page = read_html("<script>no</script>" + "<p>word<font>" * 400 + "<p>last &amp; least")
    assert not page.complete
    assert page.text.count("word") == 400
    assert page.text.endswith("\n\nlast & least")
    assert "no" not in page.text


@given(st.text(alphabet="<>/ab ul li p td tr&;\"'=!-\n", max_size=200))
def test_no_markup_breaks_the_reader(markup: str) -> None:
    text = read_html(markup).text
    assert text == text.strip()
    assert "\n\n\n" not in text


@pytest.mark.parametrize(
    "markup",
    [
        '<meta charset="windows-1252"><p>é',
        '<meta http-equiv="Content-Type" content="text/html; charset=windows-1252"><p>é',
        '<?xml version="1.0" encoding="windows-1252"?><html><p>é',
    ],
)
def test_a_page_is_read_in_the_encoding_that_it_declares(markup: str) -> None:
    text, guessed = decode_html(markup.encode("cp1252"))
    assert read_html(text).text.endswith("é")
    assert not guessed


def test_a_page_says_what_it_is_in_json_before_microdata_before_meta_tags() -> None:
    page = read_html(
        """<meta name="DCTERMS.modified" content="2019-01-01"><meta name="author" content="A">
        <span itemprop="timeRequired" content="PT20M">20 minutes</span>
        <script type="application/ld+json">{"@graph": [{"@type": "Organization", "name": "Not this"},
        {"@type": "Course", "name": "Pumps", "dateModified": "2024-05-06", "teaches": [{"name": "Open"}, "Close"],
        "inLanguage": {"@type": "Language", "name": "en"}}]}</script>"""
    )
    assert page.root is not None
    facts = page_facts(page.root, "", notes := Notes("p.html"))
    assert (facts.title, facts.updated, facts.duration_seconds) == ("Pumps", date(2024, 5, 6), 1_200)
    assert (facts.objectives, facts.language, facts.author) == (("Open", "Close"), "en", "A")
    assert not notes.warnings


def test_what_a_page_says_wrongly_is_a_warning() -> None:
    page = read_html('<script type="application/ld+json">{"name": "x", "timeRequired": "soon"}</script><p>t')
    assert page.root is not None
    assert page_facts(page.root, "", notes := Notes("p.html")).duration_seconds == 0
    assert [warning.reason for warning in notes.warnings] == ["VALUE_INVALID"]


MATTER = """---
title: Pump test
owner: ann@water.example
last_reviewed_on: 2024-08-31
review_in: 6 months
tags: [a, b]
Learning-Objectives: [Open, Close]
mandatory: yes
certification: First aider
accessible_form: true
duration: 20
status: archived
---
"""


def test_front_matter_says_who_answers_for_a_page_and_until_when() -> None:
    notes = Notes("a/pump.md")
    record = read_markdown((MATTER + "# Head\n\nText [x](b.md) and *y*.\n").encode(), "a/pump.md", notes)
    assert (record.title, record.owner, record.external_id) == ("Pump test", "ann@water.example", "a/pump.md")
    assert (record.reviewed, record.review_date) == (date(2024, 8, 31), date(2025, 2, 28))
    assert (record.mandatory, record.duration_seconds, record.state) == (True, 1_200, State.ARCHIVED)
    assert (record.certification, record.accessible_form) == (True, True)
    assert record.objectives == ("Open", "Close")
    assert record.references == ("a/b.md",)
    assert record.parts[0].text == "# Head\n\nText x and y."
    assert not notes.warnings


def test_an_example_of_front_matter_in_the_text_is_text() -> None:
    record = read_markdown(
        b"# How to\n\nlast_reviewed_on: 2001-01-01\n\n---\nowner: x\n---\n", "how.md", Notes("how.md")
    )
    assert (record.reviewed, record.owner, record.title) == (None, "", "How to")
    assert "last_reviewed_on: 2001-01-01" in record.parts[0].text


def test_unreadable_front_matter_is_a_warning_and_the_text_is_read() -> None:
    for matter in ("a: [", "a: 2024-13-45", "a: " + "9" * 5_000, "[" * 100, "!!python/name:os.system x"):
        notes = Notes("a.md")
        record = read_markdown(f"---\n{matter}\n---\n# T\n".encode(), "a.md", notes)
        assert record.title == "T"
        assert [warning.reason for warning in notes.warnings] == ["FRONT_MATTER_UNREADABLE"], matter[:20]


def test_commands_to_a_site_generator_are_no_text_outside_of_code() -> None:
    text = "::: note\nCareful.\n:::\n{: .box}\n{% include x %}\n\n```\n{% raw %}\n```\n"
    assert (
        read_markdown(text.encode(), "a.md", Notes("a.md")).parts[0].text == "Careful.\n\n```\n{% raw %}\n```"
    )


def test_links_to_files_that_are_not_there_are_found() -> None:
    linked = {"a/x.md": ("a/y.md", "a/gone.md", "a/page.html")}
    found = broken_links(linked, {"a/x.md", "a/y.md", "a/page.md"})
    assert [(problem.file, problem.place, problem.reason) for problem in found] == [
        ("a/x.md", "a/gone.md", "LINK_BROKEN")
    ]


def test_captions_are_running_text_without_times_notes_and_repeats() -> None:
    text = (
        "WEBVTT\n\nNOTE not this\n\nSTYLE\n::cue {}\n\n1\n00:01.000 --> 00:02.000\n<v Ann>Open the\nvalve.\n\n"
        "00:02.000 --> 00:03.500 align:start\nvalve.\nThen wait.\n"
    )
    captions = read_captions(text, "", Notes("c.vtt"))
    assert (captions.text, captions.cues, captions.seconds) == ("Open the valve. Then wait.", 2, 3.5)
