"""Ownership passes from one person to another: looked at, offered, and accepted by the receiver."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from services.catalog.domain.duties import Duty, DutyChange
from services.catalog.domain.people import Person, Role, Viewer, email_key
from services.catalog.domain.requests import Handover, HandoverState
from services.catalog.ids import new_id
from services.catalog.policy import denied
from services.catalog.postgres.database import Database, Transaction
from services.catalog.review import rerouting
from services.catalog.usecases.consequences import Consequences
from services.catalog.usecases.responsibility import put_duties
from services.kit.errors import Aborted, FailedPrecondition, NotFound


@dataclass(frozen=True, slots=True)
class Shown:
    """A handover with the title of its object, the e-mails of its persons, and what it comes or came to."""

    handover: Handover
    title: str
    giver: str
    receiver: str
    consequences: Consequences | None = None


async def offer_handover(
    db: Database, viewer: Viewer, name: str, email: str, *, validate_only: bool
) -> Shown:
    """Offers the ownership of an object to a person; with `validate_only` says what accepting would come to.

    Aborted while another offer for it stands.
    """
    async with db.rehearsal() if validate_only else db.transaction() as tx:
        await (rerouting.lock(tx) if validate_only else tx.lock_people())
        title, owner = await _owned(tx, name)
        if not _gives(viewer.person, owner):
            raise denied(viewer.method, "its owner, or a learning leader")
        receiver = (await tx.people_by_email([email])).get(email_key(email))
        if receiver is None or not receiver.active:
            raise NotFound("PERSON_NOT_FOUND", f"No active person has the e-mail {email}.", {"person": email})
        new = Handover(new_id(), name, viewer.person.id, receiver.id, email_key(owner), tx.now)
        if validate_only:
            done = await put_duties(tx, db, viewer, name, _to(receiver))
            return Shown(replace(new, id=""), title, viewer.person.email, receiver.email, done.consequences)
        standing = await tx.offered(name)
        if standing is not None and await _why_over(tx, standing, owner):
            await tx.end_handover(replace(standing, state=HandoverState.DECLINED, end_time=tx.now))
            standing = None
        if standing is not None:
            if standing.receiver == receiver.id:
                return (await _shown(tx, [standing]))[0]
            raise Aborted(
                "HANDOVER_OFFERED",
                f"{name} is offered to somebody already; that offer has to be declined or taken back first.",
                {"handover": f"handovers/{standing.id}"},
            )
        await tx.offer(new)
        await tx.audited(viewer, name, {"handover": new.id, "receiver": receiver.id})
        return Shown(new, title, viewer.person.email, receiver.email)


def _gives(person: Person, owner: str) -> bool:
    """Whether the person may hand on what this owner (an e-mail) has."""
    return person.active and (email_key(owner) == email_key(person.email) or person.has(Role.LEARNING_LEADER))


async def _why_over(tx: Transaction, offered: Handover, owner: str) -> str:
    """Why an offer is over though nobody has ended it; empty while it can be accepted."""
    if offered.former != email_key(owner):
        return f"{offered.object} has another owner by now."
    giver = await tx.person(offered.giver)
    return "" if _gives(giver, owner) else f"{giver.shown_name} may not give {offered.object} any more."


def _to(receiver: Person) -> list[DutyChange]:
    return [DutyChange(Duty.OWNER, (receiver.email,))]


async def _owned(tx: Transaction, name: str) -> tuple[str, str]:
    """Title and owner's e-mail of an object, locked."""
    collection, _, id_ = name.partition("/")
    if collection == "programs":
        program = await tx.program(id_, for_update=True)
        return program.title, program.owners[0] if program.owners else ""
    resource = await tx.resource(id_, for_update=True)
    return resource.title, resource.owner


async def accept_handover(db: Database, viewer: Viewer, id_: str) -> Shown:
    """Makes the viewer, to whom it is offered, the owner.

    PermissionDenied for others; FailedPrecondition when it has ended, its owner is another by now, or whoever offers it
    may not give it any more.
    """
    async with db.transaction() as tx:
        await rerouting.lock(tx)
        handover = await _open(tx, viewer, id_, "the person to whom it is offered", receiver_only=True)
        _, owner = await _owned(tx, handover.object)
        if why := await _why_over(tx, handover, owner):
            raise FailedPrecondition("HANDOVER_ENDED", why, {"handover": f"handovers/{id_}"})
        done = await put_duties(tx, db, viewer, handover.object, _to(viewer.person))
        ended = replace(handover, state=HandoverState.ACCEPTED, end_time=tx.now)
        await tx.end_handover(ended)
        return replace((await _shown(tx, [ended]))[0], consequences=done.consequences)


async def decline_handover(db: Database, viewer: Viewer, id_: str) -> Shown:
    """Ends an offer, for the receiver, who declines, and for who offered it, who takes it back."""
    async with db.transaction() as tx:
        await tx.lock_people()
        handover = await _open(tx, viewer, id_, "the two persons whom it is between", receiver_only=False)
        ended = replace(handover, state=HandoverState.DECLINED, end_time=tx.now)
        await tx.end_handover(ended)
        await tx.audited(viewer, handover.object, {"handover": handover.id, "state": str(ended.state)})
        return (await _shown(tx, [ended]))[0]


async def _open(tx: Transaction, viewer: Viewer, id_: str, who: str, *, receiver_only: bool) -> Handover:
    handover = await tx.handover(id_)
    person = viewer.person.id
    if person != handover.receiver and (receiver_only or person != handover.giver):
        raise denied(viewer.method, who)
    if handover.state is not HandoverState.OFFERED:
        raise FailedPrecondition(
            "HANDOVER_ENDED", f"handovers/{id_} is {handover.state}.", {"handover": f"handovers/{id_}"}
        )
    return handover


async def list_handovers(db: Database, viewer: Viewer, *, after: str, limit: int) -> list[Shown]:
    """A page of offers that stand: one's own, given and received; a learning leader sees all."""
    async with db.snapshot() as tx:
        everybodys = viewer.person.has(Role.LEARNING_LEADER)
        return await _shown(
            tx, await tx.handovers(viewer.person.id, everybodys=everybodys, after=after, limit=limit)
        )


async def _shown(tx: Transaction, handovers: Sequence[Handover]) -> list[Shown]:
    ids = {id_ for each in handovers for id_ in (each.giver, each.receiver)}
    emails = {person.id: person.email for person in await tx.people(sorted(ids))}
    titles: dict[str, str] = {}
    for collection, found in (
        ("programs", await tx.programs(_ids(handovers, "programs"))),
        ("resources", await tx.resources(_ids(handovers, "resources"))),
    ):
        titles.update({f"{collection}/{each.id}": each.title for each in found})
    return [
        Shown(each, titles.get(each.object, ""), emails[each.giver], emails[each.receiver])
        for each in handovers
    ]


def _ids(handovers: Sequence[Handover], collection: str) -> list[str]:
    named = (each.object.partition("/") for each in handovers)
    return sorted({id_ for kind, _, id_ in named if kind == collection})
