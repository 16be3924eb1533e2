"""When little use is evidence (behaviour.md §5): the arithmetic, the grace, seasons, the ladder; no fitted number."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.curator.analysis import usage
from services.curator.analysis.disclosure import learners, told
from services.curator.analysis.model import Claim
from services.curator.analysis.unused import Plan, Unused, offered
from services.curator.analysis.usage import Drawn, improbable_by, observe, unneeded
from tests.unit.analysis.shorthand import document

TODAY = date(2026, 6, 15)
MAY = date(2026, 5, 1)
NOTHING = (0,) * 24


def drawn(name: str, starts: Sequence[int] = NOTHING, **more: object) -> Drawn:
    made = Drawn(name, "course", tuple(starts), MAY, published=date(2020, 1, 1))
    return replace(made, **more)  # type: ignore[arg-type]


def others(a_month: int = 20, number: int = 5, **more: object) -> list[Drawn]:
    return [drawn(f"other{place}", (a_month,) * 24, **more) for place in range(number)]


def judged(one: Drawn, among: Sequence[Drawn] | None = None, today: date = TODAY) -> Claim | None:
    return usage.claims([one, *(others() if among is None else among)], today).get(one.resource)


def by_month(**starts: int) -> tuple[int, ...]:
    """24 months to May 2026 with the same starts in the same months of both years."""
    months = ("jun", "jul", "aug", "sep", "oct", "nov", "dec", "jan", "feb", "mar", "apr", "may")
    return tuple(starts.get(month, 0) for month in months) * 2


def test_zero_uses_are_evidence_only_when_about_ten_were_expected() -> None:
    assert improbable_by(0, 9.5) > usage.IMPROBABLE > improbable_by(0, 9.6)
    assert improbable_by(0, 10) == pytest.approx((1 + 10 / 1.5) ** -1.5)


def test_the_spread_around_what_is_expected_is_that_of_a_negative_binomial_of_size_1_5() -> None:
    expected = 6.0
    below = [improbable_by(number, expected) for number in range(2000)]
    chances = [below[0], *(b - a for a, b in itertools.pairwise(below))]
    mean = sum(number * chance for number, chance in enumerate(chances))
    spread = sum((number - mean) ** 2 * chance for number, chance in enumerate(chances))
    assert (mean, spread) == (pytest.approx(expected), pytest.approx(expected + expected**2 / 1.5))


def test_what_nobody_starts_where_its_peers_are_started_daily_is_not_needed() -> None:
    found = judged(drawn("a"))
    assert found is not None
    assert found.code == "irrelevant"
    assert found.text.startswith("0 learners started it in the 12 months to May 2026; half of 5 others")
    assert judged(drawn("a", (20,) * 24)) is None


def test_few_uses_of_what_draws_few_are_no_evidence() -> None:
    assert judged(drawn("a"), others(a_month=0)) is None
    assert judged(drawn("a", (0,) * 23 + (1,)), others(a_month=1)) is None


def test_rare_but_mandatory_is_left_alone() -> None:
    """Behaviour §11.3: four launches in fifteen months, by all who must."""
    radiation = drawn("a", (0,) * 9 + (1, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0), required=True)
    assert judged(radiation) is None
    assert judged(replace(radiation, required=False)) is not None


def test_what_must_be_completed_says_nothing_of_what_others_draw() -> None:
    assert judged(drawn("a"), others(required=True)) is None


def test_too_few_peers_or_others_than_its_peers_say_nothing() -> None:
    assert judged(drawn("a"), others(number=4)) is None
    assert judged(drawn("a"), others(kind="video")) is None
    assert judged(drawn("a"), others(audience="es")) is None


def test_a_resource_is_no_peer_of_itself() -> None:
    others_of_it = [*others(number=3), drawn("x"), drawn("y")]
    found = judged(drawn("a"), others_of_it)
    assert found is not None
    assert "half of 5 others of the kind “course” draw 240 or more" in found.text


def test_what_is_exempt_is_never_judged_but_measures_others() -> None:
    assert judged(drawn("a", exempt=True)) is None
    assert judged(drawn("a"), others(exempt=True)) is not None


def test_what_no_program_holds_is_not_measured_by_what_programs_hand_out() -> None:
    assert judged(drawn("a"), others(programs=1)) is None
    assert judged(drawn("a", programs=1), others(programs=1)) is not None


def test_nothing_is_said_within_180_days_of_publication() -> None:
    starts = NOTHING
    assert judged(drawn("a", starts, published=TODAY - timedelta(days=179))) is None
    assert judged(drawn("a", starts, published=TODAY - timedelta(days=180))) is not None


def test_a_month_that_is_not_over_counts_for_nothing() -> None:
    running = drawn("a", (*NOTHING, 1), newest=date(2026, 6, 1))
    assert observe(running, TODAY).window[-1] == (2026 * 12 + 4, 0)


def test_use_that_may_be_annual_needs_fifteen_months_of_history() -> None:
    burst = (0, 0, 4, *(0,) * 10)
    assert judged(drawn("a", burst)) is None
    assert judged(drawn("a", (0,) * 12 + burst[-12:])) is not None
    yearly = [drawn(f"y{n}", by_month(sep=200, oct=200)) for n in range(5)]
    assert judged(drawn("a", (0,) * 14), yearly) is None
    assert judged(drawn("a", (0,) * 15), yearly) is not None


def test_a_seasonal_resource_is_judged_by_its_season_alone_and_never_inside_it() -> None:
    winter = drawn("a", by_month(oct=30, nov=30, dec=30))
    assert observe(winter, TODAY).season == {9, 10, 11}
    assert judged(winter, others(a_month=100)) is None  # 90 in a season; nobody expects 1,200 a year
    faded = drawn("b", (*by_month(oct=30, nov=30, dec=30)[:12], 0, 0, 0, 0, 8, 8, 8, 0, 0, 0, 0, 0))
    assert observe(faded, TODAY).season == frozenset()  # one strong year and one weak: no season recurs
    weak = drawn("c", by_month(oct=4, nov=4, dec=4))
    found = judged(weak, others(a_month=100))
    assert found is not None
    assert "in its season, October to December 2025" in found.text
    inside = date(2026, 10, 20)
    assert judged(weak, others(a_month=100), inside) is None


def test_hidden_by_its_source_is_not_exposed_at_all() -> None:
    assert judged(drawn("a", hidden=True)) is None


def step(one: Drawn, today: date, kind: str = "course") -> Unused | None:
    claim = judged(one, today=today)
    found = document(one.resource, "Some words.", kind=kind)
    return offered(found, [claim] if claim else [], one, hidden=one.hidden, today=today)


def test_it_is_unlisted_first_and_archived_after_ninety_more_idle_days() -> None:
    first = step(drawn("a"), TODAY)
    assert first is not None
    assert first.plan is Plan.UNLIST
    out = drawn("a", hidden=True, unlisted=TODAY)
    early = TODAY + timedelta(days=89)
    assert step(replace(out, starts=(*NOTHING, 0, 0, 0), newest=date(2026, 8, 1)), early) is None
    late = date(2026, 10, 2)
    idle = replace(out, starts=(*NOTHING, 0, 0, 0, 0), newest=date(2026, 9, 1))
    second = step(idle, late)
    assert second is not None
    assert second.plan is Plan.ARCHIVE
    missed = replace(idle, starts=(*NOTHING, 0, 0, 1, 0))
    assert step(missed, late) is None
    assert step(replace(idle, starts=NOTHING, newest=MAY), late) is None  # nothing is known of its use since
    assert step(replace(idle, starts=(*NOTHING, 0, 0, 0), newest=date(2026, 8, 1)), late) is None


def test_months_in_which_winnow_hid_it_say_nothing_of_its_use() -> None:
    missed = drawn("a", (*(20,) * 12, *(0,) * 12), hidden=True, unlisted=date(2025, 6, 1))
    assert judged(missed) is None
    assert judged(replace(missed, starts=NOTHING)) is not None


def test_reference_material_is_never_archived_for_its_use() -> None:
    idle = drawn("a", (0,) * 28, newest=date(2026, 9, 1), hidden=True, unlisted=TODAY)
    assert step(idle, date(2026, 10, 2), kind="course") is not None
    assert step(idle, date(2026, 10, 2), kind="manual") is None


@given(st.integers(0, 300), st.integers(1, 100), st.floats(0.1, 5000))
def test_more_use_never_raises_the_confidence(observed: int, more: int, expected: float) -> None:
    assert unneeded(observed + more, expected) <= unneeded(observed, expected)


@given(st.lists(st.integers(0, 40), min_size=24, max_size=24), st.integers(0, 23))
def test_one_more_start_never_makes_a_finding_of_what_was_none(starts: list[int], month: int) -> None:
    """Outside of seasons: a start may show that the use recurs, which is judged otherwise."""
    more = [each + (place == month) for place, each in enumerate(starts)]
    one, other = observe(drawn("a", starts), TODAY), observe(drawn("a", more), TODAY)
    if one.season or other.season:
        return
    before, after = judged(drawn("a", starts)), judged(drawn("a", more))
    if after is not None:
        assert before is not None
        assert after.confidence <= before.confidence


def test_how_many_of_one_to_four_started_it_moves_no_claim() -> None:
    """Neither whether there is one, nor how sure it is, nor what is said of others."""
    at_once = [drawn("a", (0,) * 20 + (count, 0, 0, 0)) for count in range(1, 5)]
    spread = [drawn("a", (0,) * 16 + (1,) * count + (0,) * (8 - count)) for count in range(1, 5)]
    young = [replace(each, starts=each.starts[-14:]) for each in spread]
    for ones in (at_once, spread, young):
        for a_month in (1, 20):
            assert len({judged(one, others(a_month)) for one in ones}) == 1
    assert judged(at_once[0], others(20)) is not None
    between = [*others(0, number=2), *others(20, number=2)]
    said = {
        judged(drawn("b"), [*(replace(each, resource=f"{n}") for n, each in enumerate(between)), one])
        for one in at_once
    }
    assert len(said) == 1


def test_of_a_few_learners_it_is_told_that_they_are_few() -> None:
    assert [learners(number) for number in (0, 4, 5)] == ["0 learners", "fewer than 5 learners", "5 learners"]
    assert [told(number) for number in (0, 1, 4, 5)] == [0, 5, 5, 5]
