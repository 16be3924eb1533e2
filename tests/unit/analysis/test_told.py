"""What people tell, found in texts: which passages are quoted, what answers a claim, what is asked for."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date

import pytest

from services.curator.analysis import freshness as fr
from services.curator.analysis.announcements import Announcement, announced_changes
from services.curator.analysis.freshness import Plan, offered
from services.curator.analysis.model import Claim, Document
from services.curator.analysis.text import segment
from services.curator.analysis.told import Told
from tests.unit.analysis.shorthand import document

TODAY = date(2026, 1, 15)
ATLAS = Announcement("Atlas 5.0 is out", ("Atlas", "Atlas Desktop"), date(2026, 1, 10), date(2025, 12, 1))
HANDBOOK = """# Drawing maps

Open Atlas and choose a base map. Wait until it has loaded. A map can be
printed from ATLAS
Desktop as well.

Colours follow the atlases of the library and the old atlas-like charts.

```
start --quietly
atlas --open base.map
```

Nothing here is about it.
"""


def mentioned(text: str, *phrases: str) -> tuple[str, ...]:
    """The sentences that an announcement with these phrases would quote."""
    made = document("d", text)
    found = announced_changes(made, segment(made), [replace(ATLAS, phrases=phrases)], TODAY)
    return tuple(quote.text for claim in found for quote in claim.quotes)


def claims(made: Document) -> tuple[Claim, ...]:
    return fr.claims(made, segment(made), {}, {made.id: made}, TODAY, told=Told(announcements=(ATLAS,)))


def test_exactly_the_sentences_that_mention_it_are_quoted_where_they_stand() -> None:
    made = document("d", HANDBOOK)
    (claim,) = announced_changes(made, segment(made), [ATLAS], TODAY)
    assert claim.code == "announced_change"
    assert [quote.text for quote in claim.quotes] == [
        "Open Atlas and choose a base map.",
        "A map can be\nprinted from ATLAS\nDesktop as well.",
        "Colours follow the atlases of the library and the old atlas-like charts.",
        "atlas --open base.map",
    ]
    for quote in claim.quotes:
        assert HANDBOOK[quote.start : quote.start + len(quote.text)] == quote.text
        assert quote.location == "page.html"


@pytest.mark.parametrize(
    ("text", "phrase"),
    [
        ("Install Atlas 4.2 today.", "Atlas 4"),
        ("Install Atlas 40 today.", "Atlas 4"),
        ("The platform is new.", "form"),
        ("It costs 1.5 pounds.", "5 pounds"),
    ],
)
def test_a_part_of_a_word_or_of_a_longer_number_is_no_mention(text: str, phrase: str) -> None:
    assert mentioned(text, phrase) == ()


@pytest.mark.parametrize(
    ("text", "phrase"),
    [
        ("Install Atlas 4.", "Atlas 4"),
        ("The C++ course.", "C++"),
        ("Straße und STRASSE.", "straße"),
        ("Dies regelt § 12 DSG.", "§ 12 DSG"),
        ("新しい個人情報保護法が施行された。", "個人情報保護法"),
    ],
)
def test_names_of_every_shape_are_found(text: str, phrase: str) -> None:
    assert mentioned(text, phrase) == (text,)


def test_an_edit_that_leaves_the_name_does_not_answer_it_and_a_review_does() -> None:
    edited = document("d", HANDBOOK, updated=date(2026, 1, 14))
    assert [claim.code for claim in claims(edited)] == ["announced_change"]
    before, after = date(2026, 1, 9), date(2026, 1, 10)
    assert [claim.code for claim in claims(replace(edited, reviewed=before))] == ["announced_change"]
    assert claims(replace(edited, reviewed=after)) == ()


def test_a_text_that_no_longer_mentions_it_has_no_claim() -> None:
    renamed = re.sub("atlas", "Globus", HANDBOOK, flags=re.IGNORECASE)
    assert claims(document("d", renamed)) == ()


def test_what_is_announced_later_is_not_known_yet() -> None:
    made = document("d", HANDBOOK)
    assert announced_changes(made, segment(made), [ATLAS], date(2026, 1, 9)) == ()


def test_a_title_alone_is_a_mention() -> None:
    (claim,) = claims(document("d", "Choose a base map.", title="Working with Atlas"))
    assert claim.quotes == ()
    assert "title" in {reason.code for reason in claim.reasons}


def test_one_announcement_asks_for_a_review_and_no_more_however_old_the_text() -> None:
    old = document("d", HANDBOOK, updated=date(1996, 1, 1))
    finding = offered(claims(old), fr.current_freshness(old, TODAY))
    assert finding is not None
    assert (finding.plan, finding.confidence) == (Plan.REVIEW, 1.0)
    assert finding.probability < 0.70
    assert [claim.code for claim in finding.claims] == ["announced_change"]
