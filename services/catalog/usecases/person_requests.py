"""What people ask of those who may: filed by whoever is signed in, answered by an administrator or a leader."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from services.catalog.domain.duties import DutyChange
from services.catalog.domain.people import Person, Role, Viewer, email_key
from services.catalog.domain.requests import (
    ANSWERED_BY,
    MAX_OPEN,
    PROPOSALS,
    PersonRequest,
    RequestState,
    Wish,
)
from services.catalog.policy import denied, in_words, writes_no_people
from services.catalog.postgres.database import Database, Transaction
from services.catalog.review import rerouting
from services.catalog.usecases.people import add_person, with_roles
from services.catalog.usecases.presence import reactivate
from services.catalog.usecases.responsibility import put_duties
from services.kit.errors import Aborted, FailedPrecondition, NotFound, PermissionDenied

_WHO = {
    Role.ADMINISTRATOR: "an administrator",
    Role.LEARNING_LEADER: "a learning leader",
}


@dataclass(frozen=True, slots=True)
class Shown:
    """A request with the e-mails of who asked and who answered."""

    request: PersonRequest
    requester: str
    resolver: str = ""


async def request_change(tx: Transaction, viewer: Viewer, asked: PersonRequest) -> Shown:
    """Files a request of the viewer's; FailedPrecondition when too many of theirs wait."""
    await tx.lock_people()
    if await tx.open_requests(viewer.person.id) >= MAX_OPEN:
        raise FailedPrecondition(
            "PERSON_REQUESTS_FULL",
            f"{MAX_OPEN} of your requests wait for an answer.",
            {"limit": str(MAX_OPEN)},
        )
    if asked.kind in (Wish.DUTY, *PROPOSALS) and not viewer.reads_content:
        raise denied(viewer.method, "whoever may read the catalog")
    if asked.kind is Wish.DUTY:
        await _object(tx, asked.object)
    if asked.kind is not Wish.ADD_PERSON:
        await _person(tx, asked.email)
    await tx.add_request(asked)
    await tx.audited(viewer, f"personRequests/{asked.id}", {"kind": str(asked.kind)})
    return Shown(asked, viewer.person.email)


async def _object(tx: Transaction, name: str) -> None:
    collection, _, id_ = name.partition("/")
    if collection == "programs":
        await tx.program(id_)
    else:
        await tx.resource(id_)


async def _person(tx: Transaction, email: str) -> Person:
    person = (await tx.people_by_email([email])).get(email_key(email))
    if person is None:
        raise NotFound("PERSON_NOT_FOUND", f"There is no person {email}.", {"person": email})
    return person


async def list_requests(
    db: Database, viewer: Viewer, *, resolved: bool, after: str, limit: int
) -> list[Shown]:
    """A page of one's own requests, and of those that one may answer."""
    async with db.snapshot() as tx:
        found = await tx.person_requests(
            viewer.person.id,
            [kind for kind, roles in ANSWERED_BY.items() if viewer.person.has(*roles)],
            resolved=resolved,
            after=after,
            limit=limit,
        )
        return await _shown(tx, found)


async def _shown(tx: Transaction, found: Sequence[PersonRequest]) -> list[Shown]:
    ids = {id_ for each in found for id_ in (each.requester, each.resolver) if id_}
    emails = {person.id: person.email for person in await tx.people(sorted(ids))}
    # Who asks for themselves and is nobody here goes by the e-mail that their provider vouches for.
    return [
        Shown(each, emails[each.requester] if each.requester else each.email, emails.get(each.resolver, ""))
        for each in found
    ]


async def resolve_request(db: Database, viewer: Viewer, id_: str, *, accept: bool, answer: str) -> Shown:
    """Answers a request; accepting does what it asks, in the same transaction.

    PermissionDenied unless it waits for one of the viewer's roles. Aborted when somebody has answered.
    """
    async with db.transaction() as tx:
        await tx.lock_people()
        request = await tx.person_request(id_)
        roles = ANSWERED_BY[request.kind]
        if not viewer.person.has(*roles):
            raise denied(viewer.method, in_words(_WHO[role] for role in roles))
        if roles == (Role.ADMINISTRATOR,) and not viewer.writes_people:
            raise writes_no_people(viewer.method)
        if request.state is not RequestState.OPEN:
            raise Aborted(
                "PERSON_REQUEST_RESOLVED",
                f"personRequests/{id_} is {request.state} already.",
                {"request": f"personRequests/{id_}"},
            )
        if accept:
            if request.kind in (Wish.GRANT_ROLE, Wish.DUTY):  # who has suggestions may change with these
                await rerouting.lock(tx)
            await _do(tx, db, viewer, request)
        state = RequestState.ACCEPTED if accept else RequestState.DECLINED
        answered = replace(
            request, state=state, resolver=viewer.person.id, resolve_time=tx.now, answer=answer
        )
        await tx.resolve_request(answered)
        await tx.audited(viewer, f"personRequests/{id_}", {"state": str(state)})
        return (await _shown(tx, [answered]))[0]


async def _do(tx: Transaction, db: Database, viewer: Viewer, request: PersonRequest) -> None:
    match request.kind:
        case Wish.ADD_PERSON:
            await add_person(tx, viewer, request.email, request.display_name, request.roles)
        case Wish.GRANT_ROLE:
            person = await _person(tx, request.email)
            if person.id == viewer.person.id:
                raise PermissionDenied(
                    "OWN_ROLE",
                    "Nobody grants a role to themselves.",
                    {"who_can": "another administrator", "method": viewer.method},
                )
            await with_roles(tx, db, viewer, person, (*person.roles, *request.roles))
        case Wish.REACTIVATE:
            await reactivate(tx, viewer, await _person(tx, request.email))
        case Wish.DUTY:
            if request.duty is not None:
                change = DutyChange(request.duty, (request.email,))
                await put_duties(tx, db, viewer, request.object, [change])
        case Wish.HOUSE_RULES | Wish.MODE | Wish.CONTENT:
            pass  # whoever said yes does it by the way in which it is done
