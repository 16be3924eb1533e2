"""The statement of a quarter: what reviewing the catalog has given back, and how well it is done."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta

from services.catalog.domain.disclosure import few
from services.catalog.domain.people import Viewer
from services.catalog.domain.resources import Lifecycle
from services.catalog.postgres.database import Database, Transaction
from services.catalog.review import insights, postgres_insights, postgres_statements
from services.catalog.review.calibration import calibration_error, reliability
from services.catalog.review.domain_statements import Quarter, measure, planned, quarter_of
from services.catalog.review.findings import Kind
from services.catalog.review.postgres_statements import End
from services.catalog.review.ruling import each_glance
from services.catalog.telling import letters
from services.catalog.telling.domain import Kind as Delivered
from services.catalog.telling.domain import day

COLUMNS = ("quarter", "figure", "value", "unit", "basis", "of", "why_unknown")
MONTH, QUARTER = "MONTH", "QUARTER"


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure, and how many things it rests on; without meaning where `why`, a stable word, says it is not known."""

    name: str
    value: float
    unit: str
    basis: str
    of: int
    why: str = ""


@dataclass(frozen=True, slots=True)
class PlanLine:
    """One of the plans that the figures are of; hours are None where they may not be told, or are not measured.

    `removed` are ids of resources that it retired for being outdated.
    """

    suggestion: str
    time: datetime
    planned: float | None
    measured: float | None
    removed: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Statement:
    """The figures of a quarter with the plans that they rest on; it is `complete` once the quarter is over."""

    quarter: Quarter
    complete: bool
    figures: tuple[Figure, ...]
    plans: tuple[PlanLine, ...] = ()


async def statement(db: Database, quarter: Quarter) -> Statement:
    """All figures at one moment; of the present quarter so far."""
    async with db.snapshot() as tx:
        return await _statement(tx, db, quarter)


async def _statement(tx: Transaction, db: Database, quarter: Quarter) -> Statement:
    zone, today = db.clock.zone, db.clock.today()
    begin, end = (
        datetime.combine(first, time.min, zone).astimezone(UTC)
        for first in (quarter.begin, quarter.after.begin)
    )
    stands = await postgres_statements.applied(tx, begin, end)
    applied, undone = await postgres_statements.counted(tx, begin, end)
    names = sorted({member for each in stands for member in each.members})
    resources = {name: each.id for each in await tx.resources(names) for name in (each.id, *each.aliases)}
    uses = await tx.engagement(sorted(set(resources.values())))
    by_member = {name: uses[id_] for name, id_ in resources.items() if id_ in uses}
    measured = measure([(each, each.time.astimezone(zone).date()) for each in stands], by_member)
    removed = {each.suggestion: each.retired for each in stands if each.kind == Kind.OUTDATED}
    wrong = {name for names in removed.values() for name in names}
    decided = await postgres_statements.decided(tx, begin, end)
    labels = await postgres_statements.labels(tx, begin, end)
    complete = today > quarter.end
    known = await (postgres_statements.quarter_end(tx, quarter) if complete else _now(tx))
    bins = reliability([(said, float(right)) for said, right in labels])
    hours, count, of_all = "hours a year", "plans", len(stands)
    measured_why = "" if measured.plans else "no_plan_measured"
    figures = (
        Figure("learner_hours_planned", planned(stands), hours, "estimated", of_all),
        Figure(
            "learner_hours_planned_of_measured",
            measured.planned,
            hours,
            "estimated",
            measured.plans,
            measured_why,
        ),
        Figure("learner_hours_measured", measured.measured, hours, "measured", measured.plans, measured_why),
        Figure("plans_not_measured", measured.waiting, count, "measured", of_all),
        Figure("wrong_content_removed", len(wrong), "resources", "measured", len(removed)),
        _coverage(known),
        _silo(known, decided),
        Figure(
            "calibration_error",
            round(calibration_error(bins), 4),
            *("share", "measured", len(labels), "" if labels else "no_decisions"),
        ),
        Figure("plans_applied", applied, count, "measured", applied),
        Figure("plans_undone", undone, count, "measured", applied),
    )
    plans = tuple(
        PlanLine(
            each.suggestion,
            each.time,
            None if each.hidden or few(each.learners) else each.learner_hours,
            measured.of.get(each.suggestion),
            removed.get(each.suggestion, ()),
        )
        for each in stands
    )
    return Statement(quarter, complete, figures, plans)


def _coverage(known: End | None) -> Figure:
    if known is None or not known.resources:
        why = "no_resources" if known else "not_written_down"
        return Figure("owner_coverage", 0, "share", "measured", 0, why)
    return Figure(
        "owner_coverage", round(known.owned / known.resources, 4), "share", "measured", known.resources
    )


def _silo(known: End | None, decided: Sequence[int]) -> Figure:
    found = insights.silo_index(decided, known.entitled) if known else None
    if known is None or found is None:
        why = "no_decisions" if known else "not_written_down"
        return Figure("silo_index", 0, "share", "measured", 0, why)
    return Figure("silo_index", round(found, 4), "share", "measured", known.entitled)


async def _now(tx: Transaction) -> End:
    """The catalog as it is now."""
    resources = owned = 0
    async for resource, has_owner in each_glance(tx):
        if resource.lifecycle is Lifecycle.PUBLISHED:
            resources += 1
            owned += has_owner
    return End(resources, owned, await postgres_insights.entitled(tx))


async def end_quarter(db: Database) -> None:
    """Writes down what the last quarter ended with, in the first days of the next one."""
    today = db.clock.today()
    last = quarter_of(quarter_of(today).begin - timedelta(days=1))
    if today - last.end > timedelta(days=3):
        return  # by now it is another catalog
    async with db.transaction() as tx:
        if await postgres_statements.quarter_end(tx, last) is None:
            found = await _now(tx)
            rot = await insights.rot(tx, await insights.Surveyor().survey(tx))
            await postgres_statements.add_quarter_end(tx, last, replace(found, rot=len(rot)))


def sheet(value: Statement) -> str:
    """The figures as CSV (RFC 4180)."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    for each in value.figures:
        shown = "" if each.why else f"{each.value:g}"
        writer.writerow([value.quarter.name, each.name, shown, each.unit, each.basis, each.of, each.why])
    return out.getvalue()


async def get_schedule(db: Database, viewer: Viewer) -> str:
    """How often the viewer gets the statement: MONTH, QUARTER, or empty for never."""
    async with db.snapshot() as tx:
        return await postgres_statements.schedule(tx, viewer.person.id)


async def set_schedule(db: Database, viewer: Viewer, every: str) -> str:
    """So often from now on: the first one is of the period that is running."""
    async with db.transaction() as tx:
        await postgres_statements.set_schedule(tx, viewer.person.id, every, db.clock.today())
        await tx.audited(viewer, f"people/{viewer.person.id}", {"statement": every or "NEVER"})
    return every


async def send_due(db: Database) -> None:
    """Mails the statement of the month and the quarter that have ended to who asked for it and has not got it."""
    if not db.post.mail:
        return
    today = db.clock.today()
    month = today.replace(day=1) - timedelta(days=1)
    last = quarter_of(quarter_of(today).begin - timedelta(days=1))
    for every, period, end in ((MONTH, f"{month:%Y-%m}", month), (QUARTER, last.name, last.end)):
        async with db.snapshot() as tx:
            people = await postgres_statements.wanting(tx, every, period, end)
        if people:
            await _send(db, people, period, end)


async def _send(db: Database, people: list[str], period: str, end: date) -> None:
    async with db.transaction() as tx:
        value = await _statement(tx, db, quarter_of(end))
        until = day(value.quarter.end if value.complete else end)
        link = f"{tx.post.public_url}/statement?quarter={value.quarter.name}"
        head = letters.line(f"{value.quarter.name}, until {until}:", link)
        await letters.send(
            tx,
            people,
            kind=Delivered.REPORT,
            key=f"statement {period}",
            subject=f"Winnow: statement of {value.quarter.name}, until {until}",
            content=letters.written([head, *map(_line, value.figures[:3] + value.figures[4:9])], tx.post),
            attachment=sheet(value),
            attachment_name=f"winnow-{value.quarter.name}.csv",
        )


_WORDS = {
    "learner_hours_planned": "Learner hours given back, planned",
    "learner_hours_planned_of_measured": "Planned by those that are measured",
    "learner_hours_measured": "Measured 90 days after",
    "wrong_content_removed": "Wrong content removed",
    "owner_coverage": "Resources with an owner",
    "silo_index": "Silo index",
    "calibration_error": "Calibration error",
    "plans_applied": "Plans applied",
}


def _line(value: Figure) -> str:
    if value.why:
        return f"{_WORDS[value.name]}: not known ({value.why.replace('_', ' ')})"
    unit = "" if value.unit == "share" else f" {value.unit}"
    return f"{_WORDS[value.name]}: {value.value:g}{unit} (of {value.of})"
