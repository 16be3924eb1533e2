"""Who is responsible for what: read by everyone, set by whom the policy names."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

from services.catalog.domain.duties import (
    Duty,
    DutyChange,
    Responsibility,
    StageHolder,
    bad_change,
    of_program,
    of_resource,
    wanted_owners,
)
from services.catalog.domain.people import Person, Role, Viewer, email_key
from services.catalog.domain.programs import Program
from services.catalog.domain.resources import Resource
from services.catalog.domain.values import NOBODY
from services.catalog.policy import denied
from services.catalog.postgres.database import Database, Transaction
from services.catalog.review import assignees, postgres, rerouting
from services.catalog.review.routing import Staff
from services.catalog.review.surroundings import Surroundings
from services.catalog.usecases import ownership
from services.catalog.usecases.consequences import Consequences, consequences
from services.catalog.usecases.ownership import LEADER
from services.kit.errors import NotFound


@dataclass(frozen=True, slots=True)
class Responsibilities:
    """A page: the id up to which it looked (empty on the last page), and how many live suggestions nobody has.

    `emails` by the ids of who said so.
    """

    found: tuple[Responsibility, ...]
    next_: str
    unassigned: int
    emails: dict[str, str]


async def responsibility_of(db: Database, name: str) -> Responsibilities:
    """As a page with that one object; NotFound when there is none."""
    collection, _, id_ = name.partition("/")
    async with db.snapshot() as tx:
        thing = await tx.program(id_) if collection == "programs" else await tx.resource(id_)
        found = await _responsible(tx, db, [thing])
        return Responsibilities(tuple(found), "", await postgres.unassigned(tx), await _authors(tx, found))


async def list_responsibilities(
    db: Database, *, programs: bool, after: str, limit: int, gaps_only: bool, person: str
) -> Responsibilities:
    """A page of programs or of resources by id; `person` is an e-mail, empty for all."""
    async with db.snapshot() as tx:
        if person:
            known = (await tx.people_by_email([person])).get(email_key(person))
            duties = await tx.duties(known) if known else None
            mine = {id_ for id_, _ in duties.stages} | duties.programs if duties else set[str]()
            mine = mine if programs else set(duties.resources) if duties else set[str]()
            ids = sorted(id_ for id_ in mine if id_ > after)[: limit + 1]
            things = await tx.programs(ids) if programs else await tx.resources(ids)
        elif programs:
            things = await tx.program_page(after=after, limit=limit + 1)
        else:
            things = await tx.resource_page(after=after, limit=limit + 1)
        page = things[:limit]
        found = await _responsible(tx, db, page)
        shown = tuple(each for each in found if not gaps_only or each.ownerless or each.missing)
        return Responsibilities(
            shown,
            page[-1].id if len(things) > limit else "",
            await postgres.unassigned(tx),
            await _authors(tx, shown),
        )


async def _authors(tx: Transaction, found: Sequence[Responsibility]) -> dict[str, str]:
    ids = {held.author for each in found for held in each.duties if held.author}
    return {person.id: person.email for person in await tx.people(sorted(ids))}


async def _responsible(
    tx: Transaction, db: Database, things: Sequence[Program | Resource]
) -> list[Responsibility]:
    resources = [each for each in things if isinstance(each, Resource)]
    unnamed = [each.id for each in resources if not each.owner and not each.nobody_owns]
    holding = await tx.programs_with(*unnamed) if unnamed else []
    programs = [each for each in things if isinstance(each, Program)]
    emails = {each.owner for each in resources if each.owner}
    emails |= {owner for program in (*programs, *holding) for owner in program.owners}
    people = await tx.people_by_email(emails)
    stages = await tx.stage_holders([each.id for each in programs])
    used = {item.resource for program in holding for item in program.items if item.resource}
    around = Surroundings(
        today=db.clock.today(),
        programs={each.id: each for each in holding},
        use=await tx.engagement(sorted(used)) if used else {},
    )
    staff = Staff(by_email=people)
    found: list[Responsibility] = []
    for each in things:
        if isinstance(each, Program):
            found.append(of_program(each, stages.get(each.id, {}), people))
        else:
            found.append(of_resource(each, assignees.inherited(each.id, around, staff), people))
    return found


@dataclass(frozen=True, slots=True)
class DutiesSet:
    """Who is responsible from now on (`emails` by the ids of who said so), and whose suggestions moved."""

    responsibility: Responsibility
    consequences: Consequences
    emails: dict[str, str]


async def set_duties(
    db: Database,
    viewer: Viewer,
    name: str,
    changes: Sequence[DutyChange],
    *,
    validate_only: bool,
) -> DutiesSet:
    """Sets duties on `programs/{id}` or `resources/{id}`, all or none; nothing stays with `validate_only`.

    PermissionDenied, naming who can; NotFound for an e-mail that no active person has.
    """
    async with db.rehearsal() if validate_only else db.transaction() as tx:
        await rerouting.lock(tx)
        collection, _, id_ = name.partition("/")
        if collection == "programs":
            program = await tx.program(id_, for_update=True)
            _check_program(viewer, program, {change.duty for change in changes})
        else:
            await _check_resource(tx, viewer, await tx.resource(id_, for_update=True))
        return await put_duties(tx, db, viewer, name, changes)


async def put_duties(
    tx: Transaction, db: Database, viewer: Viewer, name: str, changes: Sequence[DutyChange]
) -> DutiesSet:
    """Sets duties, whoever the viewer is: the caller has judged that, and holds `rerouting.lock`."""
    asked = {change.duty: change for change in changes}
    if len(asked) < len(changes) or not asked:
        raise bad_change("each kind at most once, and one at least")
    for change in changes:
        if (change.nobody and change.people) or (len(change.people) > 1 and change.duty is not Duty.CO_OWNER):
            raise bad_change(f"{change.duty} is one person's, or nobody's")
    known = await _active(tx, [email for change in changes for email in change.people])
    asked = {
        duty: replace(change, people=tuple(known[email_key(email)].email for email in change.people))
        for duty, change in asked.items()
    }
    collection, _, id_ = name.partition("/")
    if collection == "programs":
        program = await tx.program(id_, for_update=True)
        thing: Program | Resource = await _set_program(tx, viewer, program, asked, known)
    else:
        if asked.keys() - {Duty.OWNER}:
            raise bad_change("a resource has an OWNER alone")
        resource = await tx.resource(id_, for_update=True)
        thing = await tx.save(_owned(resource, viewer, asked[Duty.OWNER], tx))
    held = {item.resource for item in thing.items} if isinstance(thing, Program) else set[str]()
    concerned = await postgres.about(tx, {thing.id, *held} - {""})
    moves = await rerouting.reroute(tx, db.clock.today(), concerned)
    await tx.audited(viewer, name, {str(duty): _told(change) for duty, change in asked.items()})
    found = await _responsible(tx, db, [thing])
    return DutiesSet(found[0], await consequences(tx, viewer, moves), await _authors(tx, found))


def _told(change: DutyChange) -> str:
    return NOBODY if change.nobody else " ".join(change.people) or "as the source says"


async def _active(tx: Transaction, emails: Sequence[str]) -> dict[str, Person]:
    found = await tx.people_by_email(emails)
    for email in emails:
        person = found.get(email_key(email))
        if person is None or not person.active:
            raise NotFound("PERSON_NOT_FOUND", f"No active person has the e-mail {email}.", {"person": email})
    return found


def _check_program(viewer: Viewer, program: Program, asked: Collection[Duty]) -> None:
    if viewer.person.has(Role.LEARNING_LEADER):
        return
    if program.id not in viewer.duties.programs:
        raise denied(viewer.method, f"{LEADER}; co-owners and stages: an owner of the program too")
    if Duty.OWNER in asked:
        raise denied(viewer.method, f"{LEADER}; its owner can offer it to another by a handover")


async def _check_resource(tx: Transaction, viewer: Viewer, resource: Resource) -> None:
    if viewer.person.has(Role.LEARNING_LEADER):
        return
    if not await ownership.alone(tx, viewer, resource.id):
        raise denied(viewer.method, f"{LEADER}, or the owner of the program that alone uses it")


async def _set_program(
    tx: Transaction,
    viewer: Viewer,
    program: Program,
    asked: Mapping[Duty, DutyChange],
    known: Mapping[str, Person],
) -> Program:
    if asked.keys() & {Duty.OWNER, Duty.CO_OWNER}:
        owners = wanted_owners(program, asked)
        program = program.want("owners", owners, author=viewer.person.id, suggestion="", now=tx.now)
        program = await tx.save_program(program)
    for duty, change in asked.items():
        if (stage := duty.stage) is not None:
            person = known[email_key(change.people[0])] if change.people else None
            holder = None if change.taken_back else StageHolder(person, viewer.person.id, tx.now)
            await tx.put_stage(program.id, stage, holder)
    return program


def _owned(resource: Resource, viewer: Viewer, change: DutyChange, tx: Transaction) -> Resource:
    if change.taken_back:
        return resource.with_desired("owner", None)
    owner = NOBODY if change.nobody else change.people[0]
    return resource.want("owner", owner, author=viewer.person.id, suggestion="", now=tx.now)
