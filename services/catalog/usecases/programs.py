"""Programs and sources: reading them, writing them as a source shows them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from services.catalog import policy
from services.catalog.domain.people import Viewer
from services.catalog.domain.programs import (
    Items,
    ObservedProgram,
    Program,
    check_nesting,
)
from services.catalog.domain.sources import Source
from services.catalog.domain.values import Drift
from services.catalog.ids import new_id
from services.catalog.policy import About, Column
from services.catalog.postgres import names
from services.catalog.postgres.database import Database, Transaction
from services.catalog.usecases import ownership
from services.catalog.usecases.change_list import settle_program
from services.catalog.usecases.resources import check_source_name
from services.kit.errors import FailedPrecondition, InvalidArgument, Violation

MAX_KEY = 500
MAX_ITEMS = 1000


async def get_program(db: Database, id_: str) -> Program:
    """The program; NotFound when there is none."""
    async with db.snapshot() as tx:
        return await tx.program(id_)


async def list_programs(
    db: Database, *, after: str, limit: int, ids: Sequence[str] = (), holding: Sequence[str] = ()
) -> list[Program]:
    """A page of programs by id: if any are given, of these ids and with one of these resources as an item."""
    async with db.snapshot() as tx:
        only = set(ids) if ids else None
        if holding:
            resources = await tx.resources(holding)
            around = await tx.programs_around(holding, resources)
            wanted = {each.id for each in resources}
            held = {
                each.id
                for each in await tx.programs(around)
                if any(item.resource in wanted for item in each.items)
            }
            only = held if only is None else held & only
        return await tx.program_page(after=after, limit=limit, only=only)


async def upsert_program(
    db: Database, viewer: Viewer, source: str, key: str, observed: ObservedProgram, etag: str
) -> Program:
    """Writes one program as its source shows it.

    Aborted if `etag` is stale; NotFound if an item names what does not exist; FailedPrecondition for a cycle;
    PermissionDenied unless a role allows it, or the viewer owns the program and its owner stays.
    """
    name = check_source_name(source, "program.source")
    if not 1 <= len(key) <= MAX_KEY or len(observed.items) > MAX_ITEMS:
        text = f"a key has 1 to {MAX_KEY} characters, a program at most {MAX_ITEMS} items"
        raise InvalidArgument(
            "FIELD_INVALID",
            f"program: {text}.",
            {"field": "program"},
            violations=[Violation("program.key", text)],
        )
    async with db.transaction() as tx:
        await tx.make_source(name, from_files=False)
        before = await _existing(tx, name, key)
        owned = before is not None and before.id in viewer.duties.programs
        about = About(own=frozenset({Column.PO} if owned else ()))
        policy.check_about(viewer, viewer.method, about)
        if before is not None:
            before.check_etag(etag)
        said = ownership.with_owners(viewer, before, observed)
        named = await _with_names(tx, observed.items)
        program, _ = await put_program(tx, name, key, replace(said, items=named))
        ownership.check_program(viewer, before, program)
        program = (await resolve_items(tx, [program]))[0]
        await tx.audited(viewer, f"programs/{program.id}")
        return program


async def _existing(tx: Transaction, source: str, key: str) -> Program | None:
    ids = await tx.programs_by_key(source, [key])
    return await tx.program(ids[key], for_update=True) if key in ids else None


async def _with_names(tx: Transaction, items: Items) -> Items:
    """Items with a reference each, so that what they name is found again after a join or its undo."""
    resources = {item.resource for item in items if item.resource}
    known = {name: each for each in await tx.resources(resources) for name in (each.id, *each.aliases)}
    for missing in sorted(resources - known.keys()):
        await tx.resource(missing)
    for item in items:
        if item.program:
            await tx.program(item.program)
    return tuple(
        replace(item, reference=item.reference or known[item.resource].first.external_id)
        if item.resource
        else item
        for item in items
    )


async def put_program(
    tx: Transaction, source: str, key: str, observed: ObservedProgram
) -> tuple[Program, tuple[Drift, ...]]:
    """Stores what a source says of a program; references known before keep their meaning.

    Returns the stored program and the wishes that the source now contradicts.
    """
    before = await _existing(tx, source, key)
    if before is None:
        program = Program(
            id=new_id(),
            source=source,
            key=key,
            version=1,
            revision=0,
            create_time=tx.now,
            update_time=tx.now,
            observed_program=observed,
        )
    else:
        meant = {item.reference: item for item in before.observed_program.items if item.reference}
        items = tuple(
            item
            if item.resource or item.program or item.reference not in meant
            else replace(item, resource=meant[item.reference].resource, program=meant[item.reference].program)
            for item in observed.items
        )
        program = replace(before, observed_program=replace(observed, items=items))
    if any(item.program for item in program.items):
        check_nesting(program.id, program.items, await tx.nested_programs(program.id))
    if "items" in program.desired:  # they are compared with those wanted by what they mean
        program = await _resolved(tx, program)
    return await hear(tx, program)


async def hear(tx: Transaction, program: Program) -> tuple[Program, tuple[Drift, ...]]:
    """Stores the program after its source has spoken: what it fulfils is wanted no more, and done in the change list.

    Returns the stored program and the wishes that the source now contradicts.
    """
    heard, drifts = program.heard()
    saved = await tx.save_program(heard)
    contradicted = await settle_program(tx, saved, program.desired.keys() - saved.desired.keys())
    reported = {drift.field for drift in drifts}
    return saved, (*drifts, *(drift for drift in contradicted if drift.field not in reported))


async def resolve_items(tx: Transaction, programs: Sequence[Program]) -> list[Program]:
    """The programs (locked by the caller) with every reference resolved that now means one thing."""
    saved: list[Program] = []
    for program in programs:
        resolved = await _resolved(tx, program)
        saved.append(program if resolved == program else (await hear(tx, resolved))[0])
    return saved


async def _resolved(tx: Transaction, program: Program) -> Program:
    asked = {
        item.reference
        for items in (program.observed_program.items, program.items)
        for item in items
        if item.target[0] == "reference"
    }
    if not asked:
        return program
    found = await names.resolve(tx, program.source, asked)
    nested = await tx.programs_named(program.source, sorted(asked - found.keys()))
    meaning = {
        **{name: ("", id_) for name, id_ in nested.items() if id_ and id_ != program.id},
        **{name: (hit.resource, "") for name, hit in found.items() if hit is not None},
    }
    resolved = _with_meaning(program, meaning)
    if any(item.program for item in resolved.items):
        try:
            check_nesting(program.id, resolved.items, await tx.nested_programs(program.id))
        except FailedPrecondition:
            # A file may name a cycle; its items stay references, which the import reports.
            resolved = _with_meaning(program, {key: m for key, m in meaning.items() if m[0]})
    return resolved


def _with_meaning(program: Program, meaning: Mapping[str, tuple[str, str]]) -> Program:
    def now(items: Items) -> Items:
        return tuple(
            replace(item, resource=meaning[item.reference][0], program=meaning[item.reference][1])
            if item.target[0] == "reference" and item.reference in meaning
            else item
            for item in items
        )

    observed = replace(program.observed_program, items=now(program.observed_program.items))
    resolved = replace(program, observed_program=observed)
    wish = program.desired.get("items")
    if wish is None:
        return resolved
    return resolved.with_desired("items", replace(wish, value=now(program.items)))


async def list_sources(db: Database, *, after: str, limit: int) -> list[Source]:
    """A page of sources by name."""
    async with db.snapshot() as tx:
        return await tx.source_page(after=after, limit=limit)


async def upsert_source(
    db: Database, viewer: Viewer, display_name: str, *, rhythm_days: int, no_learners: bool
) -> Source:
    """Stores what was said about a source's engagement; makes the source when it does not exist."""
    name = check_source_name(display_name, "source.display_name")
    if not 0 <= rhythm_days <= 3660:
        raise InvalidArgument(
            "FIELD_INVALID",
            "source.rhythm_days must be 0 to 3660.",
            {"field": "source.rhythm_days"},
            violations=[Violation("source.rhythm_days", "must be 0 to 3660")],
        )
    async with db.transaction() as tx:
        if name not in await tx.sources([name]):
            policy.check_action(viewer, "add a source", await tx.mode(), About())
        await tx.make_source(name, from_files=False)
        await tx.declare_source(name, rhythm_days=rhythm_days, no_learners=no_learners)
        await tx.audited(viewer, f"source:{name}")
        return (await tx.sources([name]))[name]
