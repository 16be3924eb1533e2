"""What people tell, found in texts: which passages are quoted, what answers a claim, what is asked for."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date

import pytest

from services.curator.analysis import freshness as fr
from services.curator.analysis.announcements import Announcement, announced_changes
from services.curator.analysis.freshness import Plan, Use, offered
from services.curator.analysis.lifecycle import endings
from services.curator.analysis.links import dead_links
from services.curator.analysis.model import Claim, DeadLink, Document, Listing
from services.curator.analysis.related import relate
from services.curator.analysis.retirements import Retirement, retirement_list
from services.curator.analysis.text import segment
from services.curator.analysis.told import Told
from services.curator.analysis.vocabulary import RetiredTerm, retired_vocabulary
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
    return fr.claims(
        made, segment(made), relate((), {made.id: made}, {}), TODAY, told=Told(announcements=(ATLAS,))
    )


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


OFFICE = RetiredTerm("Staff Relations Office", "People Team", date(2024, 1, 1))


def used(text: str, *terms: RetiredTerm, title: str = "A title") -> Claim | None:
    made = document("d", text, title=title)
    return retired_vocabulary(made, segment(made), terms or (OFFICE,), TODAY)


def test_each_use_of_a_retired_name_is_quoted_where_it_stands() -> None:
    """Worked example 1 of behaviour.md: three hits of a retired department name in 2,400 words."""
    filler = "Whoever keeps records of people says why, for how long, and who may read them. " * 40
    hits = [
        "Ask the Staff Relations Office for the form.",
        "The form goes to the staff relations\noffice by Friday.",
        "Only the Staff Relations Office may delete a file.",
    ]
    text = "\n\n".join(part for hit in hits for part in (filler, hit)) + f"\n\n{filler}"
    claim = used(text)
    assert claim is not None
    assert [quote.text for quote in claim.quotes] == hits
    assert all(text[quote.start : quote.start + len(quote.text)] == quote.text for quote in claim.quotes)
    (reason,) = claim.reasons
    assert reason.value == 3
    assert "People Team" in reason.text
    assert "2024-01-01" in reason.text


@pytest.mark.parametrize(
    "text",
    [
        "The People Team (formerly the Staff Relations Office) keeps the files.",
        "The Staff Relations Office was renamed.",
        "Until 2023 it was called the Staff Relations Office.",
        "The Staff Relations Officers meet on Monday.",
    ],
)
def test_a_sentence_that_knows_the_name_is_old_is_right(text: str) -> None:
    assert used(text) is None


def test_a_name_is_right_until_the_day_it_is_retired() -> None:
    text = "Ask the Staff Relations Office."
    assert used(text, replace(OFFICE, since=date(2026, 1, 16))) is None
    assert used(text, replace(OFFICE, since=TODAY)) is not None
    assert used(text, replace(OFFICE, since=None)) is not None


def test_a_new_name_that_contains_the_old_one_is_no_use_of_it() -> None:
    assert used("Ask the New Office.", RetiredTerm("Office", "New Office")) is None
    assert used("Ask the Office.", RetiredTerm("Office", "New Office")) is not None


def test_two_retired_names_in_one_sentence_quote_it_once() -> None:
    claim = used("The Staff Relations Office uses Memobox.", OFFICE, RetiredTerm("Memobox"))
    assert claim is not None
    assert len(claim.quotes) == 1
    assert [reason.value for reason in claim.reasons] == [1, 1]


def test_a_retired_name_in_the_title_alone_is_a_use() -> None:
    claim = used("Nothing else.", title="The Staff Relations Office")
    assert claim is not None
    assert claim.quotes == ()
    assert used("Nothing else.", title="The People Team, formerly Staff Relations Office") is None


def test_retired_words_ask_for_an_update_and_never_archive() -> None:
    words = [RetiredTerm(f"word{number}") for number in range(30)]
    text = "\n\n".join(f"Here stands word{number} again." for number in range(30))
    made = document("d", text, updated=date(1996, 1, 1))
    found = fr.claims(
        made, segment(made), relate((), {"d": made}, {}), TODAY, told=Told(vocabulary=tuple(words))
    )
    finding = offered(found, fr.current_freshness(made, TODAY), Use.NONE)
    assert finding is not None
    assert finding.plan is Plan.UPDATE


ENDED = Retirement(
    date(2025, 6, 30), "Designing Zephyr Networks", "", "ZN-204", "ZN-305", "Zephyr, https://example.org"
)
VERSION = Retirement(date(2025, 6, 30), "Zephyr Router", "7", "", "Zephyr Router 9", "Zephyr")


def told_retired(made: Document, *lines: Retirement) -> list[Claim]:
    told = Told(retirements=retirement_list(lines or (ENDED, VERSION)))
    return [
        claim
        for claim in fr.claims(made, segment(made), relate((), {made.id: made}, {}), TODAY, told=told)
        if claim.code in ("vendor_retired", "past_end")
    ]


@pytest.mark.parametrize(
    "made",
    [
        document("d", "Text.", listings=(Listing("lms", "zn-204"),)),
        document("d", "Text.", title="ZN-204: Designing Zephyr networks"),
        document("d", "Text.", title="Designing Zephyr Networks (ZN-204)"),
        document("d", "Text.", title="Designing Zephyr Networks"),
    ],
)
def test_what_a_vendor_has_retired_is_hard_evidence_against_that_very_course(made: Document) -> None:
    (claim,) = told_retired(made)
    assert (claim.code, claim.hard) == ("vendor_retired", True)
    assert "ZN-305" in claim.text
    assert "https://example.org" in claim.reasons[0].text


@pytest.mark.parametrize(
    "made",
    [
        document("d", "Text.", title="Preparing for ZN-204"),
        document("d", "Text.", title="Zephyr Router 7"),
        document("d", "Text.", listings=(Listing("lms", "204"),)),
    ],
)
def test_what_is_merely_about_it_has_no_hard_evidence(made: Document) -> None:
    assert not any(claim.hard for claim in told_retired(made))


def test_a_number_or_a_short_title_alone_names_no_vendors_course() -> None:
    line = Retirement(date(2025, 6, 30), "Communication", "", "1204")
    assert told_retired(document("d", "Text.", title="Communication"), line) == []
    assert told_retired(document("d", "Text.", listings=(Listing("lms", "1204"),)), line) == []
    (claim,) = told_retired(document("d", "Text.", title="1204 Communication"), line)
    assert claim.hard


def test_nothing_is_retired_before_its_day_has_passed() -> None:
    made = document("d", "Configure your Zephyr Router 7.", listings=(Listing("lms", "ZN-204"),))
    coming = [replace(line, end=TODAY) for line in (ENDED, VERSION)]
    assert told_retired(made, *coming) == []


def test_whoever_names_what_was_retired_names_what_is_past_its_end() -> None:
    made = document(
        "d", "Configure your Zephyr Router 7. A Zephyr Router 70 is another one. The ZN-204 exam follows."
    )
    found = told_retired(made)
    assert {claim.code for claim in found} == {"past_end"}
    quotes = sorted(quote.text for claim in found for quote in claim.quotes)
    assert quotes == ["Configure your Zephyr Router 7.", "The ZN-204 exam follows."]


def test_a_told_end_takes_the_place_of_the_shipped_one() -> None:
    shipped = next(each for each in endings() if each.end < TODAY)
    text = f"Install {shipped.name} and restart."
    made = document("d", text)
    assert any(
        shipped.source in reason.text for claim in told_retired(made, ENDED) for reason in claim.reasons
    )
    later = Retirement(date(2031, 1, 1), shipped.name, "", "", "", "our contract")
    assert told_retired(made, later) == []


GONE = DeadLink("https://zephyr.example/a", date(2026, 1, 2), date(2026, 1, 9), "It answers 404.")


def linked(text: str, *, check: bool = True) -> tuple[Claim, ...]:
    made = document("d", text, links=(GONE.url,), dead_links=(GONE,))
    return fr.claims(made, segment(made), relate((), {"d": made}, {}), TODAY, told=Told(check_links=check))


def test_a_dead_link_is_quoted_with_its_text_where_it_stands() -> None:
    text = (
        f"See [the list]({GONE.url}), {GONE.url}. Or {GONE.url}/b and [that]({GONE.url}?c=1).\n\n* {GONE.url}"
    )
    (claim,) = linked(text)
    assert claim.code == "dead_link"
    assert [quote.text for quote in claim.quotes] == [f"[the list]({GONE.url})", GONE.url, GONE.url]
    assert all(text[quote.start : quote.start + len(quote.text)] == quote.text for quote in claim.quotes)
    assert "2026-01-02" in claim.reasons[0].text
    assert "2026-01-09" in claim.reasons[0].text


@pytest.mark.parametrize(
    ("text", "quoted"),
    [
        ("See the list of the year.", ("the list",)),
        ("See the list. Then see the list again.", ()),
        ("See the listing.", ()),
    ],
)
def test_where_the_text_hides_an_address_its_words_are_quoted_if_they_stand_there_once(
    text: str, quoted: tuple[str, ...]
) -> None:
    made = document("d", text, dead_links=(replace(GONE, words="the list"),))
    claim = dead_links(made, segment(made))
    assert claim is not None
    assert tuple(quote.text for quote in claim.quotes) == quoted
    assert GONE.url in claim.reasons[0].text
    assert "“the list”" in claim.reasons[0].text


def test_dead_links_count_only_where_the_house_rule_is_on() -> None:
    assert linked("See the list.", check=False) == ()


def test_dead_links_ask_for_a_review_and_no_more() -> None:
    links = tuple(replace(GONE, url=f"https://zephyr.example/{number}") for number in range(50))
    made = document("d", "See the lists.", dead_links=links, updated=date(1996, 1, 1))
    found = fr.claims(made, segment(made), relate((), {"d": made}, {}), TODAY, told=Told(check_links=True))
    finding = offered(found, fr.current_freshness(made, TODAY), Use.NONE)
    assert finding is not None
    assert finding.plan is Plan.REVIEW
