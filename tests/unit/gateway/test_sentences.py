"""What pages make of what the API says: days as people write them, changes that belong together, reasons in words."""

from __future__ import annotations

from typing import Any

import pytest

from services.gateway.web import findings
from services.gateway.web.dates import in_words
from services.gateway.web.difference import Run, words
from services.gateway.web.passages import aligned

RETIRES = {"operation": "deprecate", "target": "resources/b", "other": "resources/a", "text": "…"}


def test_days_are_written_out_but_never_in_somebodys_own_words() -> None:
    assert in_words("Passed on 2026-03-31.") == "Passed on 31 Mar 2026."
    assert in_words("“Minutes 2025-06-09” is of 2025-06-09") == "“Minutes 2025-06-09” is of 9 Jun 2025"
    assert in_words("Ticket 2025-13-40 and 12025-06-091") == "Ticket 2025-13-40 and 12025-06-091"


def test_words_changed_one_after_another_are_one_change() -> None:
    changed = words("Carry the mask to the door.", "Wear a hood, by every door.")
    assert [run.how for run in changed] == ["missing", "here", "same"]
    assert changed[-1] == Run("same", " door.")


def test_the_second_text_can_be_read_in_the_runs_and_the_first_too() -> None:
    first, second = "One may lift 20 kg. Above that, use a trolley.", "One may lift 25 kg; above that ask."
    runs = words(first, second)
    assert "".join(run.text for run in runs if run.how != "missing") == second
    assert "".join(run.text for run in runs if run.how != "here") == first


def test_what_stands_beside_its_nearest_passage_is_not_shown_again_as_lost() -> None:
    kept = {"resource": "resources/a", "place": "p", "start": 0, "quote": "Four works still use gas."}
    other = {"resource": "resources/b", "place": "p", "start": 0, "quote": "Two works still use gas."}
    alone = {"resource": "resources/b", "place": "q", "start": 9, "quote": "Soda falls through the tower."}
    suggestion = {
        "evidence": [
            {**kept, "type": "passage", "match": "near", "counterpart": other},
            {**other, "type": "would_be_lost", "match": ""},
            {**alone, "type": "would_be_lost", "match": ""},
        ]
    }
    rows = aligned(suggestion, ["resources/a", "resources/b"], "AB")
    assert [[cell is not None for cell in row.cells] for row in rows] == [[True, True], [False, True]]


Side = tuple[str, int, str]
EN, ALSO, DE = "Stop before you click.", "Stop  before you click.", "Erst denken, dann klicken."


def pair(one: Side, other: Side, match: str) -> dict[str, Any]:
    """Evidence that two copies say the same; each by its letter, where it starts and its words."""
    first, second = (
        {"resource": f"resources/{letter}", "place": f"p. {start}", "start": start, "quote": quote}
        for letter, start, quote in (one, other)
    )
    return {**first, "type": "passage", "match": match, "counterpart": second}


LOST = {**pair(("b", 5, "2."), ("b", 5, "2."), ""), "type": "would_be_lost", "counterpart": None}
FAMILY = [pair(("a", 0, EN), ("c", 0, DE), "meaning"), pair(("b", 0, ALSO), ("c", 0, DE), "meaning")]


@pytest.mark.parametrize(
    ("evidence", "rows"),
    [
        pytest.param(FAMILY, [(EN, ALSO, DE)], id="compared with the same third"),
        pytest.param(FAMILY[::-1], [(EN, ALSO, DE)], id="in the other order"),
        pytest.param(
            [
                LOST,
                pair(("a", 0, EN), ("b", 0, ALSO), "exact"),
                pair(("a", 5, "Two."), ("b", 5, "2."), "near"),
            ],
            [(EN, ALSO, None), ("Two.", "2.", None)],
            id="what would be lost is told first and stands where it is compared",
        ),
        pytest.param(
            [*FAMILY[:1], pair(("b", 0, ALSO), ("c", 9, DE), "meaning")],
            [(EN, ALSO, DE), (EN, ALSO, DE)],
            id="the third says it twice",
        ),
        pytest.param(
            [
                pair(("a", 0, EN), ("c", 0, DE), "meaning"),
                pair(("b", 0, "More."), ("c", 9, "Mehr."), "meaning"),
            ],
            [(EN, None, DE), (None, "More.", "Mehr.")],
            id="two passages",
        ),
        pytest.param(
            [
                pair(("a", 0, "One."), ("b", 0, "1."), "near"),
                pair(("c", 0, "I."), ("a", 9, "Me."), "near"),
                pair(("b", 0, "1."), ("c", 0, "I."), "near"),
            ],
            [("One.", "1.", "I."), ("Me.", "1.", "I.")],
            id="joined by the last pair",
        ),
    ],
)
def test_a_copy_lacks_a_passage_only_where_it_is_quoted_nowhere_from_it(
    evidence: list[dict[str, Any]], rows: list[tuple[str | None, ...]]
) -> None:
    columns = ["resources/a", "resources/b", "resources/c"]
    found = aligned({"evidence": evidence}, columns, "ABC")
    assert [tuple(cell.text if cell else None for cell in row.cells) for row in found] == rows


def test_only_words_of_one_language_are_compared_word_by_word() -> None:
    near = pair(("b", 0, "Erst denken, dann tippen."), ("c", 0, DE), "near")
    (row,) = aligned({"evidence": [FAMILY[0], near]}, ["resources/a", "resources/b", "resources/c"], "ABC")
    assert [cell.meaning for cell in row.cells if cell] == [False, True, True]
    (row,) = aligned({"evidence": FAMILY}, ["resources/a", "resources/b", "resources/c"], "ABC")
    assert [cell.meaning for cell in row.cells if cell] == [False, False, True]


def suggestion(**more: Any) -> dict[str, Any]:
    return {
        "members": [
            {"resource": "resources/a", "title": "Gas", "survivor": True},
            {"resource": "resources/b", "title": "Gas, 2nd edition", "survivor": False},
        ],
        "evidence": [
            {"type": "protected", "text": "It is mandatory or on hold.", "against": False, "quote": ""}
        ],
        "plan": {
            "parts": [
                {
                    "id": "resources",
                    "title": "Resources",
                    "changes": [RETIRES],
                }
            ],
            "tasks": ["Carry over what only the others say (owner: olga@example.org):", "“Soda falls.” (q)"],
            "approvalsNeeded": ["Resources: a learning leader"],
        },
        "relation": "REVISED",
        "kind": "DUPLICATE",
        "passages": 0,
        "equalPassages": 0,
        "heldReason": "pacing: 10 others come first.",
        **more,
    }


def test_why_a_copy_stays_is_said_with_the_proposal_and_is_no_reason_for_the_finding() -> None:
    found = suggestion()
    assert findings.proposal(found) == "Keep A, mark B as replaced by it. Why A: it is mandatory or on hold."
    assert findings.why(found, {}) == ([], [])


@pytest.mark.parametrize(
    ("stays", "evidence", "title"),
    [
        ("b", [], "“Gas” is an older edition of “Gas, 2nd edition”"),
        ("", [], "“Gas” is an older edition of “Gas, 2nd edition”"),
        ("a", [], "“Gas” and “Gas, 2nd edition” are two editions of one text"),
        ("b", ["direction_unclear"], "“Gas” and “Gas, 2nd edition” are two editions of one text"),
    ],
)
def test_no_edition_is_called_older_where_nothing_tells_or_it_is_the_one_that_stays(
    stays: str, evidence: list[str], title: str
) -> None:
    found = suggestion(evidence=[{"type": each, "text": "", "quote": ""} for each in evidence])
    for letter, member in zip("ab", found["members"], strict=True):
        member["survivor"] = letter == stays
    assert findings.title({**found, "claims": [], "summary": ""}) == title


def test_who_must_agree_what_follows_and_why_it_waits_are_sentences() -> None:
    found = suggestion()
    assert findings.needed(found) == ["It takes the yes of a learning leader."]
    assert findings.held(found) == "10 others come first."
    changed = {"note": "changed since you looked: the text of “gas” changed; a review was due on 2026-02-17"}
    said = "The text of “gas” changed; a review was due on 17 Feb 2026."
    assert findings.note(changed) == ("Changed since it was first shown.", said)
    assert findings.note({"note": "returned: a season has passed"}) == (
        "It has come back.",
        "A season has passed.",
    )
    objection = "objection by Olga: Not in summer."
    assert findings.note({"note": objection})[1] == "Objection by Olga: Not in summer."
    ((task, about),) = findings.tasks(found, {"olga@example.org": "Olga"})
    assert "(owner: Olga)" in task
    assert about == ["“Soda falls.” (q)"]


def test_a_title_in_a_sentence_says_its_language_and_nothing_in_it_is_taken_for_html() -> None:
    members = [
        {"title": "Phishing-Mails erkennen <b>", "language": "de", "survivor": True},
        {"title": "تمرين", "language": "", "survivor": False},
    ]
    said = findings.in_own_language(
        "“Phishing-Mails…” & “تمرين” are like “something” else", {"members": members}
    )
    assert str(said) == (
        '“<bdi lang="de">Phishing-Mails…</bdi>” &amp; “<bdi>تمرين</bdi>” are like “something” else'
    )
    said = findings.in_own_language("“Phishing-Mails erkennen <b>” <i>", {"members": members})
    assert str(said) == '“<bdi lang="de">Phishing-Mails erkennen &lt;b&gt;</bdi>” &lt;i&gt;'


def test_a_translation_offers_no_copy_to_keep() -> None:
    assert findings.can_keep(suggestion())
    assert not findings.can_keep(suggestion(relation="TRANSLATED"))
