"""What plans gave back, measured: a resource that several are about counts once, as the script of the tests has it."""

from __future__ import annotations

from datetime import UTC, date, datetime

from services.catalog.domain.engagement import Month, Use
from services.catalog.review.domain_statements import Applied, measure
from tests.integration.review.statement_script import figures

MONTHS = {11: 50, 12: 40, 1: 30, 2: 30, 3: 5, 4: 10, 5: 15}
"""Starts by month, around a plan of February."""


def month(number: int) -> date:
    return date(2025 if number > 10 else 2026, number, 1)


def applied(suggestion: str, day: int, *members: str) -> Applied:
    time = datetime(2026, 2, day, 12, tzinfo=UTC)
    return Applied(suggestion, "PROGRAM", time, 80, False, 10.0, members, ())


def use(factor: int) -> Use:
    months = tuple(Month(month(n), started=s * factor, seconds=s * factor * 600) for n, s in MONTHS.items())
    return Use(months, newest=month(5))


def test_what_two_plans_are_about_is_spared_once() -> None:
    plans = [applied("s1", 3, "a"), applied("s2", 20, "a", "b")]
    uses = {"a": use(1), "b": use(2)}
    found = measure([(each, each.time.date()) for each in plans], uses)
    # By hand: 120 starts of ten minutes before, 30 after, four times a year, on a; twice as many on b.
    assert found.of == {"s1": 60.0, "s2": 180.0}
    assert (found.planned, found.plans, found.waiting) == (20.0, 2, 0)
    assert found.measured == 180.0

    log = (
        "time,suggestion,verb,state,kind,actor,listings,retired,learner_hours,confidence,was_right\n"
        + "".join(
            f'{each.time:%Y-%m-%dT%H:%M:%SZ},{each.suggestion},apply,APPLIED,PROGRAM,x,"{listings}",,10,,\n'
            for each, listings in reversed([(plans[0], "lms/a"), (plans[1], "lms/a\nlms/b")])
        )
    )
    engagement = "resource,month,started,seconds\n" + "".join(
        f"{name},{each.month:%Y-%m},{each.started},{each.seconds}\n"
        for name, used in uses.items()
        for each in used.months
    )
    items = '{"lifecycle": "PUBLISHED", "owner": ""}'
    script = figures("2026-Q1", log, items, engagement, {"x": {"LEARNING_LEADER"}})
    assert script["learner_hours_measured"] == found.measured
    assert script["learner_hours_planned_of_measured"] == found.planned
