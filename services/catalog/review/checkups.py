"""Check-ups of programs: recorded by whoever went through one, read by everybody."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from services.catalog import policy
from services.catalog.domain.duties import of_program
from services.catalog.domain.people import Viewer
from services.catalog.ids import new_id
from services.catalog.policy import About, Column
from services.catalog.postgres.database import Database, Transaction
from services.catalog.review import postgres, postgres_checkups, wire_checkups
from services.catalog.review.domain_checkups import FIRST_LOOK, MAX_LINES, Checkup, without_anybody
from services.catalog.review.surroundings import program_name
from services.catalog.usecases import purview


async def record_checkup(
    tx: Transaction, viewer: Viewer, program_id: str, note: str
) -> tuple[Checkup, dict[str, str]]:
    """The record as stored, with e-mails; in the caller's transaction, which also keeps the answer.

    NotFound when there is no such program; PermissionDenied unless a role allows it or the viewer owns it;
    FailedPrecondition while something that was found is neither decided nor anybody's.
    """
    await postgres.lock(tx)  # nothing is decided while it is written down
    program = await tx.program(program_id)
    owns = program.id in viewer.duties.programs
    policy.check_about(viewer, viewer.method, About(own=frozenset({Column.PO} if owns else ())))
    before = await postgres_checkups.checkups(tx, program=program.id, newest=True, before="", limit=1)
    since = before[0].create_time if before else tx.now - FIRST_LOOK
    lines = await postgres_checkups.lines(tx, await purview.inside(tx, [program.id]), since)
    name = program_name(program.id)
    without_anybody(name, lines)
    opened = [line for line in lines if line.open]
    decided = [line for line in lines if not line.open]
    stages = (await tx.stage_holders([program.id])).get(program.id, {})
    made = Checkup(
        id=new_id(),
        program=program.id,
        author=viewer.person.id,
        note=note,
        decided=tuple(decided[:MAX_LINES]),
        open=tuple(opened[:MAX_LINES]),
        decided_count=len(decided),
        open_count=len(opened),
        missing=of_program(program, stages, {}).missing,
        create_time=tx.now,
    )
    await postgres_checkups.add_checkup(tx, made)
    emails = await _emails(tx, [made])
    tx.record(wire_checkups.checkup_recorded(made, emails))
    await tx.audited(viewer, name, {"checkup": f"checkups/{made.id}"})
    return made, emails


@dataclass(frozen=True, slots=True)
class Checkups:
    """A page of check-ups with the e-mails of the people in them."""

    checkups: tuple[Checkup, ...]
    emails: dict[str, str]


async def get_checkup(db: Database, id_: str) -> Checkups:
    """That one, with its lines; NotFound when there is none."""
    async with db.snapshot() as tx:
        found = await postgres_checkups.checkup(tx, id_)
        return Checkups((found,), await _emails(tx, [found]))


async def list_checkups(db: Database, *, program: str, newest: bool, before: str, limit: int) -> Checkups:
    """Newest first, without lines; `program` is an id, empty for all."""
    async with db.snapshot() as tx:
        found = await postgres_checkups.checkups(
            tx, program=program, newest=newest, before=before, limit=limit
        )
        return Checkups(tuple(found), await _emails(tx, found))


async def _emails(tx: Transaction, found: Sequence[Checkup]) -> dict[str, str]:
    people = {each.author for each in found}
    people |= {line.assignee for each in found for line in (*each.decided, *each.open)}
    return {each.id: each.email for each in await tx.people(sorted(people - {""}))}
