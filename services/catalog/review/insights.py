"""How healthy the catalog is, and what has come of reviewing it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import UTC, date, datetime, time

from services.catalog.domain.ages import AGES, age_of
from services.catalog.domain.disclosure import few
from services.catalog.domain.engagement import YEAR
from services.catalog.domain.finished import Finished, FinishedMonth, finished_by_month
from services.catalog.domain.people import owns
from services.catalog.domain.periods import months_back
from services.catalog.domain.resources import Lifecycle
from services.catalog.postgres.database import Database, Transaction
from services.catalog.review import postgres_insights, postgres_statements
from services.catalog.review.domain_statements import last_quarter
from services.catalog.review.findings import Kind
from services.catalog.review.postgres_insights import HoursRow
from services.catalog.review.postgres_statements import End
from services.catalog.review.ruling import each_glance


@dataclass(frozen=True, slots=True)
class Savings:
    """Hours a year; those of fewer than five learners are left out."""

    learner_hours: float
    maintenance_hours: float


@dataclass(frozen=True, slots=True)
class Earlier:
    """The same a year before, None each where it is not known.

    `stood` is the catalog at the end of the last quarter that was over a year ago (`stood_on`), as it was written down;
    `made` is what plans saved that were applied until a year ago and stand.
    """

    stood: End | None = None
    stood_on: date | None = None
    made: Savings | None = None
    silo_index: float | None = None


@dataclass(frozen=True, slots=True)
class Insights:
    """Counts of what learners can find, and of what people decided `since` then, the beginning of the day `begin`.

    `decisions` are by e-mail, each with those of the same months a year before, None where the log does not go that
    far. `silo_index` is None when nobody has decided or may. `states` are of all resources, each in one.
    """

    resources: int
    by_kind: tuple[tuple[str, int], ...]
    by_age: tuple[tuple[str, int], ...]
    owned: int
    rot: int
    suggestions: tuple[tuple[Kind, int], ...]
    planned: Savings
    made: Savings
    decisions: tuple[tuple[str, int, int | None], ...]
    since: datetime
    silo_index: float | None
    entitled: int
    begin: date
    before: Earlier = Earlier()
    states: tuple[tuple[str, int], ...] = ()
    finished: tuple[FinishedMonth, ...] = ()


@dataclass(frozen=True, slots=True)
class Survey:
    """What learners can find, counted by what is shown of it: its kind, when it last changed and who owns it.

    `names` are all by which those resources go, each with the id of its resource; `reviewed` is when somebody last
    confirmed one, by id, without those of which nobody has. `finished` are the completions of two years.
    """

    kinds: Counter[str]
    changed: Counter[date | None]
    owners: Counter[str]
    names: dict[str, str]
    reviewed: dict[str, date]
    finished: Sequence[Finished] = ()


@dataclass(slots=True)
class Surveyor:
    """Looks through the catalog once for each of its states, which the feed numbers: that takes longest by far."""

    _at: tuple[str, int] = ("", 0)
    _found: Survey | None = None

    async def survey(self, tx: Transaction) -> Survey:
        """Of the moment that the transaction sees."""
        at = await tx.feed_position()
        found = self._found if at == self._at else None
        if found is None:
            found = await _look(tx)
            self._at, self._found = at, found
        return found


async def _look(tx: Transaction) -> Survey:
    found = Survey(Counter(), Counter(), Counter(), {}, {}, await postgres_insights.finished(tx, 2 * YEAR))
    async for resource, _ in each_glance(tx):
        if resource.lifecycle is Lifecycle.PUBLISHED:
            found.names.update((name, resource.id) for name in (resource.id, *resource.aliases))
            found.kinds[resource.kind] += 1
            days = [day for day in (resource.updated, resource.created) if day]
            found.changed[max(days, default=None)] += 1
            found.owners[resource.owner] += 1
            if resource.reviewed:
                found.reviewed[resource.id] = resource.reviewed
    return found


async def get_insights(db: Database, surveyor: Surveyor, months: int = YEAR) -> Insights:
    """All figures at one moment; decisions are those of so many months, one of PERIODS."""
    today, zone = db.clock.today(), db.clock.zone
    year_ago, begin = months_back(today, YEAR), months_back(today, months)
    end_before, since, begin_before = (
        datetime.combine(day, time.min, zone).astimezone(UTC)
        for day in (year_ago, begin, months_back(begin, YEAR))
    )
    ages: Counter[str] = Counter()
    async with db.snapshot() as tx:
        found = await surveyor.survey(tx)
        for day, count in found.changed.items():
            ages[age_of([day] if day else [], today)] += count
        people = await tx.people_by_email({owner for owner in found.owners if "@" in owner})
        called = {kind: _ids(names, found) for kind, names in (await postgres_insights.called(tx)).items()}
        live = await postgres_insights.live_by_kind(tx)
        hours = await postgres_insights.hours(tx)
        everybody = await postgres_insights.decided_by(tx, since, (begin_before, end_before))
        entitled = await postgres_insights.entitled(tx)
        first = await postgres_insights.log_begin(tx)
        quarter = last_quarter(year_ago)
        stood = await postgres_statements.quarter_end(tx, quarter)
    decided = [count for _, count, _ in everybody if count]
    earlier = [count for _, _, count in everybody if count]
    told = first is not None and first <= begin_before
    return Insights(
        resources=found.kinds.total(),
        by_kind=tuple(sorted(found.kinds.items(), key=lambda each: (-each[1], each[0]))),
        by_age=tuple((name, ages[name]) for name in AGES),
        owned=sum(count for owner, count in found.owners.items() if owns(owner, people)),
        rot=len(set[str]().union(*called.values())),
        states=_states(found, called, year_ago),
        finished=finished_by_month(found.finished),
        suggestions=tuple(live.items()),
        planned=_saved(hours, "SCHEDULED"),
        made=_saved(hours, "APPLIED"),
        decisions=tuple((email, count, then if told else None) for email, count, then in everybody if count),
        since=since,
        silo_index=silo_index(decided, entitled),
        entitled=entitled,
        begin=begin,
        before=Earlier(
            stood=stood,
            stood_on=quarter.end if stood else None,
            made=_saved(hours, "APPLIED", until=end_before) if first and first <= end_before else None,
            silo_index=silo_index(earlier, stood.entitled) if told and stood else None,
        ),
    )


async def rot(tx: Transaction, found: Survey) -> set[str]:
    """Ids of those resources that a live, clear suggestion calls redundant, outdated or trivial."""
    return _ids(await postgres_insights.rot(tx), found)


def _ids(names: Iterable[str], found: Survey) -> set[str]:
    return {found.names[name] for name in names if name in found.names}


def _states(found: Survey, called: Mapping[Kind, Set[str]], year_ago: date) -> tuple[tuple[str, int], ...]:
    """Each resource in one of four states: what is called outdated is that alone, else a copy, else by its review."""
    outdated = called.get(Kind.OUTDATED, frozenset())
    copies = called.get(Kind.DUPLICATE, frozenset()) - outdated
    current = sum(
        day >= year_ago and id_ not in outdated and id_ not in copies for id_, day in found.reviewed.items()
    )
    rest = found.kinds.total() - len(outdated) - len(copies) - current
    return ("current", current), ("outdated", len(outdated)), ("copies", len(copies)), ("unconfirmed", rest)


def silo_index(decided: Sequence[int], entitled: int) -> float | None:
    """1 − effective number of people who decide / people with decision rights: 0 when all decide alike.

    The effective number is 1 / Σ share². None when nobody has decided, or may.
    """
    total = sum(decided)
    if not total or not entitled:
        return None
    effective = 1 / sum((count / total) ** 2 for count in decided)
    return max(0.0, 1 - effective / entitled)


def _saved(rows: Sequence[HoursRow], state: str, *, until: datetime | None = None) -> Savings:
    those = [
        row
        for row in rows
        if row.state == state and (until is None or (row.time is not None and row.time < until))
    ]
    return Savings(
        round(sum(row.learner_hours for row in those if not few(row.learners)), 1),
        round(sum(row.maintenance_hours for row in those), 1),
    )
