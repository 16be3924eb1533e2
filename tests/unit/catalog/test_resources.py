"""What a resource shows, out of what its sources say and what Winnow wants."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from services.catalog.domain.engagement import Month, Use
from services.catalog.domain.programs import ObservedProgram, Program, ProgramItem, check_nesting
from services.catalog.domain.resources import (
    Lifecycle,
    Listing,
    Observed,
    Part,
    Resource,
    Visibility,
    content_hash,
    in_order,
    outline_hash,
)
from services.kit.errors import Aborted, FailedPrecondition

NOW = datetime(2026, 11, 2, tzinfo=UTC)


def listing(external_id: str, form: str, number: int = 1, **observed: object) -> Listing:
    said = Observed(**observed)  # type: ignore[arg-type]
    return Listing("lms", external_id, form, said, import_number=number)


def resource(*listings: Listing) -> Resource:
    return Resource("r1", 1, 1, NOW, NOW, in_order(listings))


def test_a_row_wins_over_a_package_and_the_newer_package_over_the_older() -> None:
    row = listing("row", "csv", title="Row")
    old, new = (listing(f"p{n}", "scorm", n, title=f"Package {n}", version=str(n)) for n in (1, 2))
    shown = resource(old, new, row)
    assert shown.title == "Row"
    assert shown.shown("version") == "2"


def test_a_listing_that_is_gone_speaks_last() -> None:
    row = replace(listing("row", "csv", title="Row", owner="o@x.org"), gone=True)
    shown = resource(row, listing("p", "scorm", title="Package"))
    assert (shown.title, shown.owner) == ("Package", "o@x.org")


def test_without_any_title_the_external_id_stands_in() -> None:
    assert resource(listing("c-17", "csv")).title == "c-17"


def test_the_text_is_the_packages_and_its_language_with_it() -> None:
    row = replace(
        listing("row", "csv", language="de"), outline_hash="d", content_hash="d", described_only=True
    )
    package = replace(listing("p", "scorm", language="en"), outline_hash="t", content_hash="t")
    shown = resource(row, package)
    assert (shown.content_hash, shown.language) == ("t", "en")


@pytest.mark.parametrize(
    ("visibilities", "lifecycle"),
    [
        (["visible", "archived"], Lifecycle.PUBLISHED),
        (["hidden", "archived"], Lifecycle.UNLISTED),
        (["archived"], Lifecycle.ARCHIVED),
        ([], Lifecycle.ARCHIVED),
    ],
)
def test_the_lifecycle_is_the_most_visible_of_the_listings(
    visibilities: list[str], lifecycle: Lifecycle
) -> None:
    listings = [
        replace(listing(f"c{n}", "csv"), visibility=Visibility(each)) for n, each in enumerate(visibilities)
    ]
    shown = resource(*listings) if listings else resource(replace(listing("c", "csv"), gone=True))
    assert shown.lifecycle is lifecycle


def test_a_wish_holds_until_the_source_says_it_and_then_ends() -> None:
    wanted = resource(listing("c", "csv", title="Old")).want(
        "title", "New", author="p", suggestion="s", now=NOW
    )
    assert (wanted.title, wanted.pending_fields) == ("New", ("title",))
    again, drifts = wanted.heard()
    assert (again, drifts) == (wanted, ())
    done, drifts = replace(wanted, listings=(listing("c", "csv", title="New"),)).heard()
    assert (done.title, done.desired, drifts) == ("New", {}, ())


def test_a_source_that_moves_elsewhere_is_drift_and_changes_nothing() -> None:
    wanted = resource(listing("c", "csv", title="Old")).want(
        "title", "New", author="p", suggestion="s", now=NOW
    )
    heard, drifts = replace(wanted, listings=(listing("c", "csv", title="Third"),)).heard()
    assert heard.title == "New"
    assert [(each.before, each.now, each.by_person) for each in drifts] == [("Old", "Third", False)]


def test_archiving_is_dated_and_wanting_what_is_there_is_no_wish() -> None:
    shown = resource(listing("c", "csv"))
    archived = shown.want("lifecycle", Lifecycle.ARCHIVED, author="p", suggestion="s", now=NOW)
    assert (archived.lifecycle, archived.archive_time) == (Lifecycle.ARCHIVED, NOW)
    back = archived.want("lifecycle", Lifecycle.PUBLISHED, author="p", suggestion="s", now=NOW)
    assert back == shown


def test_when_it_was_unlisted_is_known_until_it_is_listed_again_whoever_lists_it() -> None:
    shown = resource(listing("c", "csv"))
    unlisted = shown.want("lifecycle", Lifecycle.UNLISTED, author="p", suggestion="s", now=NOW)
    assert (shown.unlist_time, unlisted.unlist_time) == (None, NOW)
    hidden = replace(unlisted, listings=(replace(listing("c", "csv"), visibility=Visibility.HIDDEN),))
    written, _ = hidden.heard()
    assert (dict(written.desired), written.unlist_time) == ({}, NOW)
    shown_there, _ = replace(written, listings=(listing("c", "csv"),)).heard()
    assert shown_there.unlist_time is None
    assert unlisted.want("lifecycle", Lifecycle.PUBLISHED, author="p", suggestion="", now=NOW) == shown


def test_a_stale_etag_aborts_with_the_current_state() -> None:
    shown = resource(listing("c", "csv"))
    shown.check_etag("")
    shown.check_etag(shown.etag)
    with pytest.raises(Aborted) as stale:
        shown.check_etag('"0"')
    assert stale.value.details == (shown,)


def test_equal_texts_have_equal_hashes_wherever_they_stand() -> None:
    here, there = (Part("A", "a.html", "Text."),), (Part("B", "b.html", "Text."),)
    assert content_hash(here) == content_hash(there) != ""
    assert outline_hash(here) != outline_hash(there)
    assert content_hash((Part("A", "a.html", ""),)) == outline_hash((Part("A", "a.html", ""),)) == ""


def test_a_reference_that_became_known_is_no_change_of_the_source() -> None:
    items = (ProgramItem("c1"), ProgramItem("c2"))
    program = Program("g", "lms", "k", 1, 1, NOW, NOW, ObservedProgram(items=items))
    wanted = program.want("items", items[:1], author="p", suggestion="s", now=NOW)
    known = tuple(replace(item, resource=f"r-{item.reference}") for item in items)
    heard, drifts = replace(wanted, observed_program=ObservedProgram(items=known)).heard()
    assert (heard.items, drifts) == (items[:1], ())
    fulfilled, _ = replace(wanted, observed_program=ObservedProgram(items=items[:1])).heard()
    assert not fulfilled.desired


def test_nesting_ends_at_five_and_a_cycle_is_refused() -> None:
    chain = {f"g{n}": [f"g{n + 1}"] for n in range(1, 5)}
    check_nesting("g0", (ProgramItem(program="g1"),), {**chain, "g5": []})
    with pytest.raises(FailedPrecondition):
        check_nesting("g0", (ProgramItem(program="g1"),), {**chain, "g5": ["g6"], "g6": []})
    with pytest.raises(FailedPrecondition):
        check_nesting("g3", (ProgramItem(program="g1"),), chain)


def test_a_year_of_use_ends_with_the_newest_month_and_empty_months_count() -> None:
    months = (Month(date(2025, 9, 1), started=100), Month(date(2025, 12, 1), started=7))
    use = Use(months, newest=date(2026, 10, 1))
    assert use.year.started == 7
    assert use.started_months == (100, 0, 0, 7, *[0] * 10)
