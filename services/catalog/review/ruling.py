"""What breaks the house rules now, and what rules would have touched in the past 12 months."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from math import ceil

from services.catalog.domain.drafts import missing
from services.catalog.domain.engagement import Use, month_index
from services.catalog.domain.glances import Glance
from services.catalog.domain.house_rules import HouseRules
from services.catalog.domain.people import owns
from services.catalog.domain.programs import Program
from services.catalog.domain.resources import Lifecycle
from services.catalog.postgres.database import Database, Transaction
from services.catalog.review import pacing, postgres, postgres_classes, postgres_insights
from services.catalog.review.domain import Operation, Risk

BREAKABLE = (
    *("required_field", "resource_owners", "program_owners", "never_archived", "review_interval"),
    *("retired_vocabulary", "vendor_retired", "open_limit"),
)
"""The rules that can be broken, in the order in which violations are listed."""
YEAR = timedelta(days=365)
EXAMPLES = 20
_DAYS_A_MONTH = 365.25 / 12
_PAGE = 500
_GLANCES = 5000
_CLAIMS = {
    "review_due": "review_interval",
    "retired_vocabulary": "retired_vocabulary",
    "vendor_retired": "vendor_retired",
}
_TRIED = (
    *("required_field", "resource_owners", "program_owners", "never_archived", "review_interval"),
    "notice",
)
_AWAY = frozenset({Operation.ARCHIVE, Operation.UNLIST})


@dataclass(frozen=True, slots=True)
class Breach:
    """Something that breaks a rule: `target` is a name, `suggestion` the id of one that mends it."""

    rule: str
    target: str
    title: str
    text: str
    suggestion: str = ""

    @property
    def place(self) -> tuple[int, str, str]:
        """Where it stands in the list: by rule, then by what breaks it."""
        return BREAKABLE.index(self.rule), self.target, self.suggestion


@dataclass(slots=True)
class Outcome:
    """What a rule would have touched, by name, and how many of these were used afterwards."""

    rule: str
    touched: list[str] = field(default_factory=list[str])
    used_afterwards: int = 0


async def violations(db: Database, rule: str) -> list[Breach]:
    """Everything that breaks this rule (empty: any) now, in a stable order."""
    async with db.snapshot() as tx:
        rules = await tx.house_rules()
        found: list[Breach] = []
        if rule in ("", "required_field", "resource_owners", "never_archived"):
            async for resource, owner in each_glance(tx):
                found += _of_resource(resource, owner, rules)
        if rule in ("", "program_owners") and rules.min_program_owners:
            async for program, owners in _programs(tx):
                found += _of_program(program, owners, rules)
        found += await _claimed(tx)
        if rule in ("", "open_limit"):
            found += await _over_limit(tx, rules)
    chosen = [each for each in found if rule in ("", each.rule)]
    return sorted(chosen, key=lambda each: each.place)


async def dry_run(db: Database, rules: HouseRules) -> tuple[date, list[Outcome]]:
    """What these rules would have touched in the past 12 months, each that says something, and the first day."""
    today = db.clock.today()
    since = today - YEAR
    outcomes = {name: Outcome(name) for name in _TRIED}
    async with db.snapshot() as tx:
        begin = datetime.combine(since, time.min, UTC)
        touched = [
            (rule, resource, max(since, when))
            for resource, owner, content_class in await _classed(tx)
            for rule, when in _touching(resource, owner, content_class, rules, since, today)
        ]
        for start in range(0, len(touched), _PAGE):
            page = touched[start : start + _PAGE]
            use = await tx.engagement({resource.id for _, resource, _ in page})
            for rule, resource, when in page:
                _touch(outcomes[rule], f"resources/{resource.id}", [use.get(resource.id)], when)
        if rules.min_program_owners:
            async for program, owners in _programs(tx):
                if _of_program(program, owners, rules):
                    used = await tx.engagement([item.resource for item in program.items if item.resource])
                    _touch(outcomes["program_owners"], f"programs/{program.id}", list(used.values()), since)
        await _applied(tx, rules, begin, outcomes)
    asked = {
        "required_field": True,
        "resource_owners": bool(rules.min_resource_owners),
        "program_owners": bool(rules.min_program_owners),
        "never_archived": bool(rules.never_archived),
        "review_interval": bool(rules.review_intervals),
        "notice": rules.notice_days_r2 is not None or rules.notice_days_r3 is not None,
    }
    return since, [outcome for name, outcome in outcomes.items() if asked[name]]


async def _classed(tx: Transaction) -> list[tuple[Glance, bool, str]]:
    """Every resource at a glance, whether somebody owns it, and its class of content; empty where none is known."""
    found = [each async for each in each_glance(tx)]
    classes = await postgres_classes.of(tx, [resource.id for resource, _ in found])
    return [(resource, owned, classes.get(resource.id, "")) for resource, owned in found]


def _touching(
    resource: Glance, owned: bool, content_class: str, rules: HouseRules, since: date, today: date
) -> Iterator[tuple[str, date]]:
    """Rules that would have touched the resource, each with the first day on which it would."""
    broken = {each.rule for each in _of_resource(resource, owned, rules)}
    appeared = _appeared(resource)
    if "required_field" in broken and appeared >= since:
        yield "required_field", appeared
    if "resource_owners" in broken:
        yield "resource_owners", appeared
    months = {each.content_class: each.months for each in rules.review_intervals}.get(content_class)
    if months is not None and resource.lifecycle is not Lifecycle.ARCHIVED:
        due = _due(resource, months, today)
        if due is not None and due <= today:
            yield "review_interval", due


def _due(resource: Glance, months: int, today: date) -> date | None:
    """When its review is due by the clock of behaviour.md §4; None where no day is known, or one is stated."""
    if resource.review_date and not (resource.reviewed and resource.reviewed >= resource.review_date):
        return None
    signs = [day for day in (resource.reviewed, resource.updated) if day and day <= today]
    last = max(signs, default=resource.created)
    return last + timedelta(days=ceil(months * _DAYS_A_MONTH)) if last and last <= today else None


async def _applied(
    tx: Transaction, rules: HouseRules, begin: datetime, outcomes: Mapping[str, Outcome]
) -> None:
    """What plans did that the rules would have kept, or made wait."""
    notice = {Risk.R2: rules.notice_days_r2, Risk.R3: rules.notice_days_r3}
    for row in await postgres_insights.applied_since(tx, begin):
        suggestion = await postgres.suggestion(tx, row.suggestion)
        away = [
            change.target.partition("/")[2]
            for change in suggestion.plan.changes
            if change.operation in _AWAY and change.target.startswith("resources/")
        ]
        resources = await tx.resources(away)
        used = await tx.engagement([each.id for each in resources])
        for resource in resources:
            if any(rule.covers(resource) for rule in rules.never_archived):
                name = f"resources/{resource.id}"
                _touch(outcomes["never_archived"], name, [used.get(resource.id)], row.time.date())
        days = notice.get(suggestion.plan.risk)
        if days and row.accept_time is not None and row.time - row.accept_time < timedelta(days=days):
            _touch(outcomes["notice"], suggestion.name, list(used.values()), row.time.date())


def _touch(outcome: Outcome, name: str, uses: Sequence[Use | None], when: date) -> None:
    outcome.touched.append(name)
    after = month_index(when)
    outcome.used_afterwards += any(
        month.started > 0 and month_index(month.month) > after for use in uses if use for month in use.months
    )


def _appeared(resource: Glance) -> date:
    return resource.created or resource.create_time.date()


def _of_resource(resource: Glance, owned: bool, rules: HouseRules) -> list[Breach]:
    name, title = f"resources/{resource.id}", resource.title
    found: list[Breach] = []
    if resource.lifecycle is Lifecycle.PUBLISHED:
        if unsaid := missing(resource.said, rules.required_fields):
            words = ", ".join(each.replace("_", " ") for each in unsaid)
            found.append(Breach("required_field", name, title, f"Nobody has said its {words}."))
        if rules.min_resource_owners and not owned:
            text = f"{resource.owner} is no active person." if resource.owner else "Nobody owns it."
            found.append(Breach("resource_owners", name, title, text))
    elif resource.lifecycle in (Lifecycle.ARCHIVED, Lifecycle.UNLISTED):
        found += [
            Breach("never_archived", name, title, f"It is {resource.lifecycle.lower()}, but {rule.words}.")
            for rule in rules.never_archived
            if rule.fits(resource.kind, resource.title, resource.sources)
        ]
    return found


def _of_program(program: Program, owners: int, rules: HouseRules) -> list[Breach]:
    if program.archived or owners >= rules.min_program_owners:
        return []
    text = f"It has {owners} active owners of {rules.min_program_owners}."
    return [Breach("program_owners", f"programs/{program.id}", program.title, text)]


async def each_glance(tx: Transaction) -> AsyncGenerator[tuple[Glance, bool]]:
    """Every resource at a glance, and whether somebody active, or a team, owns it."""
    after = ""
    while page := await tx.glances(after=after, limit=_GLANCES):
        people = await tx.people_by_email({each.owner for each in page if "@" in each.owner})
        for each in page:
            yield each, owns(each.owner, people)
        after = page[-1].id


async def _programs(tx: Transaction) -> AsyncGenerator[tuple[Program, int]]:
    """Every program with its number of active owners."""
    after = ""
    while page := await tx.program_page(after=after, limit=_PAGE):
        people = await tx.people_by_email({owner for each in page for owner in each.owners if "@" in owner})
        for each in page:
            yield each, sum(owns(owner, people) for owner in each.owners)
        after = page[-1].id


async def _claimed(tx: Transaction) -> list[Breach]:
    rows = await postgres_insights.claims(tx, list(_CLAIMS))
    titles = await _titles(tx, {row.resource for row in rows})
    return [
        Breach(_CLAIMS[row.code], f"resources/{row.resource}", titles[row.resource], row.text, row.id)
        for row in rows
        if row.resource in titles
    ]


async def _titles(tx: Transaction, ids: Collection[str]) -> dict[str, str]:
    roots = await tx.roots(ids)
    found = await tx.glances(after="", limit=len(roots), ids=roots.values())
    titles = {each.id: each.title for each in found}
    return {name: titles[root] for name, root in roots.items() if root in titles}


async def _over_limit(tx: Transaction, rules: HouseRules) -> list[Breach]:
    """People with more OPEN suggestions than their limit: what people file, reopen or edit opens at once."""
    limits = pacing.limits(rules)
    decided = await postgres.decided(tx)
    has = await postgres_insights.open_by_assignee(tx)
    people = {person.id: person for person in await tx.people(has)}
    return [
        Breach("open_limit", f"people/{id_}", people[id_].email, f"{count} suggestions are open, of {limit}.")
        for id_, count in has.items()
        for limit in (limits.later if decided.get(id_, 0) >= limits.decided_enough else limits.first,)
        if id_ in people and count > limit
    ]
