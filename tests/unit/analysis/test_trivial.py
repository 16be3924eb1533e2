"""What is called trivial (behaviour.md §5), and above all what is not."""

from __future__ import annotations

from datetime import date

import pytest

from services.curator.analysis.model import Claim, DeadLink, Document, Listing
from services.curator.analysis.text import segment
from services.curator.analysis.trivial import trivial
from tests.unit.analysis.shorthand import document

TODAY = date(2026, 6, 15)
LONG = "Close the valve by a quarter turn and wait until the pressure has settled before you go on. " * 5
SHORT = "Ask your line manager, who will tell you."


def judged(one: Document, starts: int | None = None, *, check_links: bool = True) -> Claim | None:
    return trivial(one, segment(one), starts, TODAY, check_links=check_links)


def signs(one: Document, starts: int | None = None) -> set[str]:
    found = judged(one, starts)
    return {reason.code for reason in found.reasons} if found else set()


@pytest.mark.parametrize(
    "title",
    [
        "Test",
        "test 2",
        "Test course",
        "Untitled",
        "untitled-3",
        "New page",
        "Copy of Lifting",
        "Lifting (copy)",
        "Kopie von Hebeübungen",
        "Sin título",
        "asdf",
        "Lifting copy 2",
        "Neue Seite",
    ],
)
def test_the_title_of_a_copy_or_a_trial_gives_it_away(title: str) -> None:
    assert signs(document("d", LONG, title)) == {"placeholder_title"}


@pytest.mark.parametrize(
    "title",
    [
        "Jar test",
        "Testing the gas detector",
        "Test your brakes before you drive",
        "Step testing",
        "Testing",
        "Copyright at work",
        "Writing advertising copy",
        "Copy and paste in Excel",
        "New starters",
        "Untitled land and who owns it",
    ],
)
def test_a_title_that_names_a_subject_is_none_of_these(title: str) -> None:
    assert judged(document("d", LONG, title)) is None


def test_few_words_and_nothing_else_are_trivial_but_never_certain_by_themselves() -> None:
    found = judged(document("d", SHORT))
    assert found is not None
    assert found.confidence < 0.70
    (quote,) = found.quotes
    assert quote.text in SHORT


def test_a_short_text_with_a_picture_a_link_or_unseen_media_is_not_called_trivial() -> None:
    assert judged(document("d", f"{SHORT} ![the valve](valve.png)")) is None
    assert judged(document("d", f'{SHORT} <video src="valve.mp4"></video>')) is None
    assert judged(document("d", SHORT, links=("https://example.org/valves",))) is None
    assert judged(document("d", SHORT, listings=(Listing("lms", "d", "scorm"),))) is None
    assert judged(document("d", SHORT, listings=(Listing("lms", "d", "csv"),))) is None


def test_a_single_link_that_is_dead_leaves_nothing() -> None:
    url = "https://example.org/valves"
    dead = (DeadLink(url, date(2026, 6, 1), date(2026, 6, 8), "404"),)
    assert signs(document("d", SHORT, links=(url,), dead_links=dead)) == {"only_a_dead_link"}
    assert judged(document("d", SHORT, links=(url, f"{url}/2"), dead_links=dead)) is None
    assert judged(document("d", LONG, links=(url,), dead_links=dead)) is None
    assert judged(document("d", SHORT, links=(url,), dead_links=dead), check_links=False) is None


def test_a_draft_is_old_after_half_a_year() -> None:
    assert signs(document("d", LONG, "Lifting (draft)", updated=date(2025, 6, 1))) == {"old_draft"}
    assert judged(document("d", LONG, "Lifting (draft)", updated=date(2026, 5, 1))) is None
    assert judged(document("d", LONG, "Lifting (draft)")) is None  # since when is not known
    assert judged(document("d", LONG, "Keeping out the draught", updated=date(2020, 6, 1))) is None


def test_what_people_start_is_of_use_to_them() -> None:
    assert judged(document("d", LONG, "Test"), 5) is None
    quiet, unknown = judged(document("d", LONG, "Test"), 0), judged(document("d", LONG, "Test"))
    assert quiet is not None
    assert unknown is not None
    assert quiet.confidence > unknown.confidence
