"""What house rules change of order and pace, and the figures of insights: pure functions."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from services.catalog.domain.engagement import Month, Use
from services.catalog.domain.house_rules import HouseRules, NeverArchived, Weights
from services.catalog.review import pacing
from services.catalog.review.domain import Impact
from services.catalog.review.findings import Relation
from services.catalog.review.impact import band, impact, priority
from services.catalog.review.insights import silo_index
from tests.unit.review.shorthand import (
    TODAY,
    around,
    duplicate,
    enrolled,
    outdated,
    plan_of,
    program,
    resource,
    use,
)


@pytest.mark.parametrize(
    ("decided", "entitled", "index"),
    [([20], 4, 0.75), ([5, 5, 5, 5], 4, 0.0), ([14, 3, 2, 1], 4, 0.52), ([3, 3], 1, 0.0)],
)
def test_the_silo_index_counts_how_many_people_decide(
    decided: list[int], entitled: int, index: float
) -> None:
    assert silo_index(decided, entitled) == pytest.approx(index, abs=0.005)


def test_nobody_who_decides_or_may_has_no_silo_index() -> None:
    assert silo_index([], 4) is None
    assert silo_index([1], 0) is None


def test_weights_of_the_team_take_the_place_of_what_is_assumed() -> None:
    a, b = resource("a", kind="course"), resource("b", kind="course")
    proposal = duplicate("a", "b")
    plain = around(a, b)
    plan = plan_of(proposal, plain)
    assumed = impact(proposal, plan, plain)
    before = priority(proposal, plan, assumed, plain, confidence=0.9)
    weights = Weights((0.0, 0.0, 0.0, 0.0), (1.0, 1.0, 1.0, 1.0), {"course": 20.0})
    ruled = around(a, b, rules=HouseRules(weights=weights))
    found = impact(proposal, plan, ruled)
    assert found.maintenance_hours.value == 20.0
    now = priority(proposal, plan, found, ruled, confidence=0.9)
    assert now == pytest.approx(0.9 * 20.0)
    assert now > before


def test_learners_affected_are_those_before_whom_it_still_lies_and_those_of_a_year() -> None:
    last_year, before = TODAY - timedelta(days=300), TODAY - timedelta(days=400)
    rows = tuple(
        replace(enrolled(f"{name} {n}", resource="b", state=state), month=month)
        for n in range(5)
        for name, state, month in (
            ("done lately", "completed", last_year),
            ("done long ago", "completed", before),
            ("failed long ago", "failed", before),
            ("still in it", "in_progress", before),
            ("assigned", "not_started", before),
        )
    )
    where = around(resource("a"), resource("b"), enrolments=rows, use={"b": use(learners=25)})
    proposal = duplicate("a", "b")
    found = impact(proposal, plan_of(proposal, where), where)
    assert (found.learners.value, found.learners.basis) == (15.0, "measured")


def test_what_is_wrong_says_how_many_meet_it_and_every_plan_what_it_costs_to_be_wrong() -> None:
    where = around(resource("a"), resource("b"), use={"b": use(started=12)})
    for proposal, exposed in ((outdated("b", "deprecate", "a"), 12.0), (duplicate("a", "b"), 0.0)):
        found = impact(proposal, plan_of(proposal, where), where)
        assert (found.exposed.value, found.harm.value, found.harm.basis) == (exposed, 4.0, "assumed")


BIG = 100


def told_of(small: int, *, measured: bool) -> tuple[Impact, float]:
    """Impact and priority of a plan that deprecates two copies, of many learners and of a few, as both are told."""
    learners = {"b": BIG, "c": small}
    rows = tuple(enrolled(f"{id_}{n}", resource=id_) for id_, count in learners.items() for n in range(count))
    used = {id_: use(started=count, learners=count if measured else None) for id_, count in learners.items()}
    things = [resource(id_, kind="course") for id_ in "abc"]
    where = around(*things, use=used, enrolments=rows if measured else ())
    proposal = duplicate("a", "b", "c", relation=Relation.REVISED)
    plan = plan_of(proposal, where)
    found = impact(proposal, plan, where)
    return found, priority(proposal, plan, found, where, confidence=0.9)


@pytest.mark.parametrize("measured", [True, False])
def test_a_sum_over_a_group_of_a_few_tells_nothing_of_it(measured: bool) -> None:
    """Of 103 learners of two copies, 100 of one are told on its own page. Nor does the priority made of it."""
    ((found, _),) = {told_of(small, measured=measured) for small in range(1, 5)}
    assert (found.learners.hidden, found.learners.value) == (True, 0.0)
    assert (found.exposed.hidden, found.exposed.value) == (True, 0.0)
    for small in (0, 5):
        found, _ = told_of(small, measured=measured)
        assert (found.learners.value, found.exposed.value) == (BIG + small, BIG + small)


def test_whom_it_counts_beyond_those_who_are_told_of_a_resource_are_not_told_when_few() -> None:
    """Here those who are in it since before the year."""
    before = TODAY - timedelta(days=400)
    for others, hidden in ((0, False), (3, True), (5, False)):
        rows = [enrolled(f"l{n}", resource="b") for n in range(BIG)]
        rows += [replace(enrolled(f"m{n}", resource="b"), month=before) for n in range(others)]
        used = {"b": use(started=BIG, learners=len(rows))}
        where = around(resource("a"), resource("b"), enrolments=tuple(rows), use=used)
        proposal = duplicate("a", "b")
        assert impact(proposal, plan_of(proposal, where), where).learners.hidden is hidden, others


@pytest.mark.parametrize("own", [False, True])
def test_learners_of_several_are_not_told_where_a_program_that_holds_them_has_a_few_more(own: bool) -> None:
    """Of the program all its learners are told, whether rows name it or its items alone are known."""
    for others, hidden in ((0, False), (3, True), (5, False)):
        learners = {"b": range(60), "c": range(40, BIG), "d": range(20, BIG + others)}
        rows = [enrolled(f"l{n}", resource=id_) for id_, some in learners.items() for n in some]
        if own:
            rows += [enrolled(f"l{n}", program="p") for n in range(BIG + others)]
        used = {id_: use(started=len(some), learners=len(some)) for id_, some in learners.items()}
        things = [resource(id_) for id_ in "abcd"]
        where = around(*things, program("p", "b", "c", "d"), use=used, enrolments=tuple(rows))
        proposal = duplicate("a", "b", "c")
        found = impact(proposal, plan_of(proposal, where), where).learners
        assert (found.hidden, found.value) == (hidden, 0.0 if hidden else float(BIG)), others


def test_starts_are_not_told_that_tell_how_few_of_those_enrolled_did_not_start() -> None:
    month = Month(TODAY.replace(day=1), enrolled=20, started=18)
    where = around(resource("a"), resource("b"), use={"b": Use((month,), month.month)})
    proposal = outdated("b", "deprecate", "a")
    found = impact(proposal, plan_of(proposal, where), where)
    assert (found.learners.hidden, found.exposed.hidden) == (True, True)


def test_what_a_learner_spared_is_worth_is_the_teams_to_say() -> None:
    proposal = outdated("b", "deprecate", "a")
    rows = (resource("a"), resource("b"))
    of = {"b": use(started=12)}
    plain, ruled, none = (
        around(*rows, use=of, rules=HouseRules(weights=Weights(exposed_hours=hours)))
        for hours in (None, 1.05, 0.0)
    )
    plan = plan_of(proposal, plain)
    found = impact(proposal, plan, plain)
    assumed, more, less = (
        priority(proposal, plan, found, where, confidence=1.0) for where in (plain, ruled, none)
    )
    a_learner_and_hour = 12.0 / 10.0  # minutes of review
    assert more - assumed == pytest.approx(a_learner_and_hour)
    assert assumed - less == pytest.approx(0.05 * a_learner_and_hour)


def test_suggestions_come_in_three_bands_that_the_team_may_set() -> None:
    values = (2.0, 0.5, 0.3, 0.1, 0.05, -1.0)
    assert [band(value, Weights()) for value in values] == [
        *("now", "now", "this_week", "this_week", "when_you_have_time", "when_you_have_time")
    ]
    assert [band(value, Weights(now_from=1.0, this_week_from=0.0)) for value in values] == [
        *("now", "this_week", "this_week", "this_week", "this_week", "when_you_have_time")
    ]


def test_limits_are_the_teams_where_it_says_so() -> None:
    assert pacing.limits(HouseRules()) == pacing.Limits(10, 25, 10)
    assert pacing.limits(HouseRules(first_slots=3, slots=4, decided_enough=0)) == pacing.Limits(3, 4, 0)


@pytest.mark.parametrize(
    ("rule", "covers"),
    [
        (NeverArchived(kind="course"), True),
        (NeverArchived(kind="video"), False),
        (NeverArchived(source="lms", title="A"), True),
        (NeverArchived(source="docs"), False),
        (NeverArchived(title="nowhere"), False),
    ],
)
def test_never_archived_covers_what_fits_all_that_is_said(rule: NeverArchived, covers: bool) -> None:
    assert rule.covers(resource("a", kind="course")) is covers
