"""Recording use that a system tells of, and telling how people learn."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, replace
from datetime import date

from services.catalog import policy
from services.catalog.domain.engagement import YEAR
from services.catalog.domain.participation import (
    UNKNOWN,
    Around,
    Counts,
    Figure,
    Inside,
    ItemTold,
    Participation,
    Told,
    can_yield,
    drop_off,
    in_both,
    told,
)
from services.catalog.domain.people import Viewer
from services.catalog.domain.periods import PERIODS, all_told, told_before, told_of
from services.catalog.domain.programs import Program
from services.catalog.domain.resources import Resource
from services.catalog.imports.model import EngagementRow
from services.catalog.policy import About, Column
from services.catalog.postgres.database import Database, Transaction
from services.catalog.usecases import purview, records
from services.catalog.usecases.import_ending import settle_engagement
from services.catalog.usecases.import_writing import BOTH_FORMS, put_engagement
from services.catalog.usecases.resources import by_any_name, check_source_name
from services.kit.errors import FailedPrecondition, PermissionDenied


@dataclass(frozen=True, slots=True)
class Recorded:
    """Rows taken, and names that nothing goes by yet."""

    rows: int
    unresolved: list[str]


async def record_engagement(
    tx: Transaction, viewer: Viewer, source: str, rows: Sequence[EngagementRow]
) -> Recorded:
    """Takes rows in the caller's transaction (which also keeps the answer for a repetition), as those of a file.

    FailedPrecondition where a resource and month would have sums and rows of single learners, and nobody has said
    for this source which of them hold. PermissionDenied, naming one, where rows of a program's owner are about what is
    in no program of theirs.
    """
    name = check_source_name(source, "source")
    owner = "" if policy.METHODS[viewer.method].allows(viewer, About()) else viewer.person.id
    if owner:
        await _check_theirs(tx, viewer, name, {records.clean(row.resource) for row in rows})
    await tx.make_source(name, from_files=False)
    answers = await tx.answers(name, owner)
    if BOTH_FORMS not in answers:
        await _check_forms(tx, name, rows)
    number = await tx.next_import_number()
    moved = await put_engagement(tx, name, rows, answers, number)
    unresolved = await settle_engagement(tx, name, number, moved=moved, arrived=True)
    await tx.audited(viewer, f"source:{name}", {"engagement": str(len(rows))})
    return Recorded(len(rows), unresolved)


async def _check_theirs(tx: Transaction, viewer: Viewer, source: str, references: Set[str]) -> None:
    theirs = await purview.use_within(tx, viewer.duties.programs, source, references)
    if others := sorted(references - theirs):
        who_can = policy.METHODS[viewer.method].who_can_here(About(own=frozenset({Column.PO})))
        raise PermissionDenied(
            "NOT_ALLOWED",
            f"{others[0]!r} is in no program of yours. Send rows about what your programs hold; its use is for "
            f"{who_can}.",
            {"who_can": who_can, "method": "RecordEngagement", "resource": others[0]},
        )


async def _check_forms(tx: Transaction, source: str, rows: Sequence[EngagementRow]) -> None:
    forms = {(records.clean(row.resource), row.month, bool(row.learner)) for row in rows}
    both = {(name, month) for name, month, learner in forms if (name, month, not learner) in forms}
    both |= set(await tx.in_both_forms(source, sorted(forms)))
    if both:
        resource, month = min(both)
        raise FailedPrecondition(
            "SUMS_AND_LEARNERS",
            f"{resource!r} in {month:%Y-%m} would have sums and rows of single learners. Send one of them; or import "
            "both as a file and answer its question, which holds for the source from then on.",
            {"resource": resource, "month": f"{month:%Y-%m}"},
        )


@dataclass(frozen=True, slots=True)
class Learning:
    """How people learn with a resource or in a program, as far as it may be told.

    `before` is told of the same months a year before; None where that was not asked for or is not known.
    """

    name: str
    title: str
    stated_seconds: int
    use: Told
    items: tuple[ItemTold, ...] = ()
    drop_off: str = ""
    lost: Figure = UNKNOWN
    before: Told | None = None


async def resource_learning(db: Database, id_: str) -> Learning:
    """How people learn with a resource; NotFound when there is none."""
    async with db.snapshot() as tx:
        resource = await tx.resource(id_)
        ground = await _ground(tx, [], [resource.id])
    return _of_resource(resource, ground.use[resource.id])


async def program_learning(db: Database, id_: str) -> Learning:
    """How people learn in a program; NotFound when there is none."""
    async with db.snapshot() as tx:
        program = await tx.program(id_)
        ground = await _ground(tx, [program], [])
    return _of_program(program, ground)


async def learnings(
    db: Database,
    *,
    programs: Sequence[str],
    resources: Sequence[str],
    months: int = YEAR,
    before: bool = False,
) -> dict[str, Learning]:
    """How people learn in these programs and with these resources, by the name asked for; without what is not there.

    Of the newest `months`, one of PERIODS, and `before` of those a year before too; of programs alone, as what is told
    of the plans for a resource is measured against what is told of its year.
    """
    async with db.snapshot() as tx:
        known = {each.id: each for each in await tx.programs(programs)}
        asked = by_any_name(await tx.resources(resources), resources)
        more = [each.id for each in asked.values()]
        ground = await _ground(tx, list(known.values()), more, before=before)
    return {
        **{f"programs/{id_}": _of_program(known[id_], ground, months) for id_ in programs if id_ in known},
        **{f"resources/{id_}": _of_resource(each, ground.use[each.id]) for id_, each in asked.items()},
    }


async def learners_in_both(db: Database, one: str, other: str) -> Figure:
    """How many learners are in both programs, as far as it may be told."""
    async with db.snapshot() as tx:
        found = await tx.participation({one: [one], other: [other], "": [one, other]})
        programs = await tx.programs([one, other])
        ground = await _ground(tx, programs, [])
        around = await _around_both(tx, programs)
    beside = [
        told_of(YEAR, ground.programs.get(each.id), parts=ground.parts.get(each.id, ())) for each in programs
    ]
    shared = frozenset[str]().union(*map(_items, programs)).intersection(*map(_items, programs))
    return in_both(
        *(found.get(each) for each in (one, other, "")),
        beside=beside,
        shared=[ground.use[id_] for id_ in sorted(shared)],
        around=around,
    )


async def _around_both(tx: Transaction, two: Sequence[Program]) -> list[Participation]:
    """Who learns in each program that holds the two, or all that they hold: by its own rows, else by its items."""
    ids = {each.id for each in two}
    held = frozenset[str]().union(*map(_items, two))
    found = [
        each
        for each in await tx.programs_with(*sorted(ids | held))
        if each.id not in ids
        and (ids <= {item.program for item in each.items} or (held and held <= frozenset(_items(each))))
    ]
    own = await tx.participation({each.id: [each.id] for each in found})
    rest = {each.id: _items(each) for each in found if each.id not in own and _items(each)}
    return [*own.values(), *(await tx.participation(rest)).values()]


@dataclass(frozen=True, slots=True)
class _Ground:
    """What figures on programs are made of: learners as counted, what is told of items, and by program its parts.

    Parts are its items and, where it is counted by these, other programs so counted with some of them; `before` those
    programs in the year before.
    """

    resources: Mapping[str, Resource]
    use: Mapping[str, Told]
    programs: Mapping[str, Participation]
    parts: Mapping[str, Sequence[Inside]]
    before: Mapping[str, Sequence[Inside]]


async def _ground(
    tx: Transaction,
    programs: Sequence[Program],
    more: Sequence[str],
    *,
    before: bool = False,
) -> _Ground:
    """In a fixed number of statements. `more` are ids of resources that are asked about beside the items.

    Those are told beside the programs that hold them, whose months are told first.
    """
    holding = await tx.programs_with(*more) if more else []
    asked = list({each.id: each for each in (*programs, *holding)}.values())
    held = {each.id: frozenset(_items(each)) for each in asked}
    around = await tx.programs_with(*sorted(frozenset[str]().union(*held.values()))) if asked else []
    whose = _holders(held)
    smaller = [
        each
        for each in around
        if (theirs := frozenset(_items(each))) and any(theirs < held[id_] for id_ in whose[min(theirs)])
    ]
    everything = list({each.id: each for each in (*asked, *smaller)}.values())
    items = {each.id: _items(each) for each in everything}
    names = list(dict.fromkeys(name for each in items.values() for name in each))
    resources = {each.id: each for each in await tx.resources(names)}
    found = await tx.participation({id_: [id_] for id_ in (*names, *more)})
    whole = await tx.participation_by_period({id_: [id_] for id_ in items}, before=before)
    rest = [each for each in everything if each.id not in whole]
    whole |= await _by_items(tx, rest, before=before)
    use = {id_: told(found.get(id_)) for id_ in (*names, *more)}
    needed = {each.id: _needed(each) for each in everything}
    of_items = {
        id_: [
            Inside(
                found[name],
                use[name],
                frozenset((name,)),
                needed=name in needed[id_],
                yields=can_yield(found[name]),
            )
            for name in each
            if name in found
        ]
        for id_, each in items.items()
    }
    by_items = {each.id: frozenset(_items(each)) for each in rest}
    earlier = {id_: each.before for id_, each in whole.items() if each.before is not None}
    parts = _with_programs(of_items, by_items, needed, whole)
    wholes: dict[str, list[Around]] = {}
    for program in holding:
        if program.id in whole:
            said = all_told(whole[program.id], parts=parts.get(program.id, ()))
            around_it = Around(whole[program.id], said.periods[YEAR], said.stretches)
            for id_ in held[program.id]:
                wholes.setdefault(id_, []).append(around_it)
    use |= {
        id_: told(found[id_], wholes=wholes[id_])
        for id_ in more
        if id_ in wholes and id_ in found and can_yield(found[id_])
    }
    return _Ground(resources, use, whole, parts, _with_programs({}, by_items, needed, earlier))


def _holders(held: Mapping[str, frozenset[str]]) -> Mapping[str, list[str]]:
    """Programs by what they hold: who holds all of a set holds any one of it."""
    found: defaultdict[str, list[str]] = defaultdict(list)
    for id_, items in held.items():
        for item in items:
            found[item].append(id_)
    return found


def _with_programs(
    of_items: Mapping[str, Sequence[Inside]],
    held: Mapping[str, frozenset[str]],
    needed: Mapping[str, frozenset[str]],
    counted: Mapping[str, Participation],
) -> dict[str, list[Inside]]:
    """Parts by program: its items, and the programs that hold some of what it holds, each told beside its own parts."""
    parts = {id_: list(each) for id_, each in of_items.items()}
    those = {id_: held[id_] for id_ in held.keys() & counted.keys()}
    whose = _holders(those)
    around = {
        id_: [other for other in whose[min(items)] if items < those[other]] if items else []
        for id_, items in those.items()
    }
    for id_ in sorted(those, key=lambda each: (len(those[each]), each)):
        own = parts.setdefault(id_, [])
        if not around[id_]:
            continue
        inside = Inside(counted[id_], told_of(YEAR, counted[id_], parts=own), those[id_])
        for other in around[id_]:
            within = bool(needed[id_]) and needed[id_] <= needed[other]
            parts.setdefault(other, []).append(replace(inside, needed=within))
    return parts


def _needed(program: Program) -> frozenset[str]:
    return frozenset(item.resource for item in program.items if item.mandatory and item.resource)


def _items(program: Program) -> list[str]:
    return list(dict.fromkeys(item.resource for item in program.items if item.resource))


def _of_resource(resource: Resource, use: Told) -> Learning:
    return Learning(f"resources/{resource.id}", resource.title, resource.seconds, use)


def _of_program(program: Program, ground: _Ground, months: int = YEAR) -> Learning:
    items = tuple(
        ItemTold(
            name,
            ground.resources[name].title,
            ground.resources[name].seconds,
            replace(ground.use[name], months=(), trend=UNKNOWN),
        )
        for name in _items(program)
        if name in ground.resources
    )
    mandatory = _needed(program)
    stated = sum(item.stated_seconds for item in items if item.resource in mandatory)
    found = ground.programs.get(program.id)
    return Learning(
        f"programs/{program.id}",
        program.title,
        stated,
        told_of(months, found, parts=ground.parts.get(program.id, ())),
        items,
        *drop_off(items),
        before=told_before(months, found, parts=ground.before.get(program.id, ())),
    )


async def _by_items(
    tx: Transaction, programs: Sequence[Program], *, before: bool
) -> dict[str, Participation]:
    """The learners of their items, of programs that no row names.

    Completed has who completed all that is mandatory, and no months.
    """
    items = {each.id: names for each in programs if (names := _items(each))}
    if not items:
        return {}
    found = await tx.participation_by_period(items, before=before)
    needed = {each.id: _needed(each) for each in programs if each.id in found}
    finished = await tx.finished(
        {id_: (items[id_], those) for id_, those in needed.items() if those},
        [
            (id_, year.newest, length)
            for id_, whole in found.items()
            if needed[id_]
            for year in (whole, whole.before)
            if year is not None
            for length in PERIODS
        ],
    )
    return {
        id_: replace(
            _finished(id_, whole, finished),
            before=_finished(id_, whole.before, finished) if whole.before else None,
        )
        for id_, whole in found.items()
    }


def _finished(id_: str, year: Participation, finished: Mapping[tuple[str, date, int], int]) -> Participation:
    """The year with those who finished the program in place of those who completed something of it."""

    def of(counts: Counts, length: int) -> Counts:
        return replace(counts, completed=finished.get((id_, year.newest, length), 0))

    return replace(
        year,
        year=of(year.year, YEAR),
        shorter={length: of(counts, length) for length, counts in year.shorter.items()},
        months={month: replace(counts, completed=None) for month, counts in year.months.items()},
    )
