"""People: only an administrator writes them, nobody their own roles, and one administrator always stays."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from services.catalog.domain.people import (
    Person,
    Role,
    Viewer,
    checked_email,
    email_key,
    in_role_order,
)
from services.catalog.ids import new_id
from services.catalog.policy import denied, writes_no_people
from services.catalog.postgres.database import Database, Transaction
from services.catalog.review import rerouting
from services.catalog.usecases.consequences import consequences
from services.kit.errors import (
    AlreadyExists,
    FailedPrecondition,
    InvalidArgument,
    NotFound,
    PermissionDenied,
    Violation,
)
from winnow.catalog.v1.events_pb2 import PeopleChanged

MAX_NAME = 200
DEFAULT_TTL = timedelta(days=90)
MAX_TTL = timedelta(days=366)


async def get_person(db: Database, id_: str) -> Person:
    """The person; NotFound when there is none."""
    async with db.snapshot() as tx:
        return await tx.person(id_)


async def list_people(db: Database, *, after: str, limit: int) -> list[Person]:
    """A page of people by e-mail."""
    async with db.snapshot() as tx:
        return await tx.person_page(after=after, limit=limit)


async def create_person(
    tx: Transaction, viewer: Viewer, email: str, display_name: str, roles: tuple[Role, ...]
) -> Person:
    """Adds a person; AlreadyExists when the e-mail is taken."""
    checked = checked_email(email, "person.email")
    await tx.lock_people()
    return await add_person(tx, viewer, checked, display_name, roles)


async def add_person(
    tx: Transaction, viewer: Viewer, email: str, display_name: str, roles: tuple[Role, ...]
) -> Person:
    """The new person, stored; people are locked by the caller. AlreadyExists when the e-mail is taken."""
    person = new_person(email, display_name, roles, tx.now)
    if not await tx.add_person(person):
        raise AlreadyExists("PERSON_EXISTS", f"{person.email} is here already.", {"email": person.email})
    await written(tx, viewer, person)
    return person


def new_person(email: str, display_name: str, roles: tuple[Role, ...], now: datetime) -> Person:
    """Somebody who is not here yet."""
    return Person(new_id(), email, display_name.strip()[:MAX_NAME] or email, in_role_order(roles), now)


async def written(tx: Transaction, viewer: Viewer, *people: Person) -> None:
    """Puts the change of these people into the audit log and tells of it."""
    for person in people:
        roles = " ".join(person.roles)
        await tx.audited(
            viewer, f"people/{person.id}", {"roles": roles, "active": "yes" if person.active else "no"}
        )
    tx.record(PeopleChanged(person_ids=[person.id for person in people]))


async def grant_role(db: Database, viewer: Viewer, id_: str, role: Role) -> Person:
    """Gives a role to another person; PermissionDenied for oneself."""
    async with db.transaction() as tx:
        await tx.lock_people()
        person = await tx.person(id_)
        if person.id == viewer.person.id:
            raise PermissionDenied(
                "OWN_ROLE",
                "Nobody grants a role to themselves.",
                {"who_can": "another administrator", "method": viewer.method},
            )
        return await with_roles(tx, db, viewer, person, (*person.roles, role))


async def revoke_role(db: Database, viewer: Viewer, id_: str, role: Role) -> Person:
    """Takes a role away; FailedPrecondition if nobody would be administrator any more."""
    async with db.transaction() as tx:
        await rerouting.lock(tx)
        person = await tx.person(id_)
        if role is Role.ADMINISTRATOR:
            await keep_an_administrator(tx, person)
        return await with_roles(
            tx, db, viewer, person, tuple(held for held in person.roles if held is not role)
        )


async def with_roles(
    tx: Transaction, db: Database, viewer: Viewer, person: Person, roles: tuple[Role, ...]
) -> Person:
    """The person with exactly these roles; what they had by a role they lose goes to others."""
    wanted = replace(person, roles=in_role_order(roles))
    if wanted == person:
        return person
    saved = await tx.save_person(wanted)
    await written(tx, viewer, saved)
    await pass_on_lost(tx, db, viewer, person, saved)
    return saved


async def pass_on_lost(tx: Transaction, db: Database, viewer: Viewer, before: Person, after: Person) -> None:
    """Gives to others what somebody had by a role that is theirs no longer."""
    if set(before.roles) - set(after.roles):
        await consequences(tx, viewer, await rerouting.pass_on(tx, db.clock.today(), after.id))


async def keep_an_administrator(tx: Transaction, person: Person) -> None:
    """FailedPrecondition if without this person nobody were administrator."""
    others = [each for each in await tx.people_with(Role.ADMINISTRATOR) if each.id != person.id]
    if person.has(Role.ADMINISTRATOR) and person.active and not others:
        raise FailedPrecondition("LAST_ADMINISTRATOR", "The last administrator stays.", {"person": person.id})


@dataclass(frozen=True, slots=True)
class MintedToken:
    """A fresh token: the id of its credential, its secret, which is nowhere else, and its end."""

    id: str
    token: str
    expire_time: datetime


async def create_api_token(
    tx: Transaction, viewer: Viewer, email: str, ttl: timedelta, *, read_only: bool
) -> MintedToken:
    """A token for oneself or, as an administrator, for another person."""
    if ttl < timedelta(0) or ttl > MAX_TTL:
        raise InvalidArgument(
            "FIELD_INVALID",
            "ttl must be at most 366 days.",
            {"field": "ttl"},
            violations=[Violation("ttl", "must be 0 to 366 days")],
        )
    owner = viewer.person
    if email and email_key(email) != email_key(owner.email):
        if not viewer.person.has(Role.ADMINISTRATOR):
            raise denied(viewer.method, "an administrator, or that person")
        if not viewer.writes_people:
            # It would be signed in as the other, whom its owner has never been.
            raise writes_no_people(viewer.method)
        owner = (await tx.people_by_email([email])).get(email_key(email))
        if owner is None or not owner.active:
            raise NotFound("PERSON_NOT_FOUND", f"There is no person {email}.", {"person": email})
    secret = f"wnw_{secrets.token_urlsafe(32)}"
    expire_time = tx.now + (ttl or DEFAULT_TTL)
    id_ = new_id()
    # Only an administrator mints one that writes people, and only for an administrator.
    administrators = viewer.person.has(Role.ADMINISTRATOR) and owner.has(Role.ADMINISTRATOR)
    await tx.add_credential(
        id_,
        "token",
        owner.id,
        secret,
        read_only=read_only,
        writes_people=viewer.writes_people and administrators and not read_only,
        expire_time=expire_time,
        # Whoever was let in by another mints nothing that is theirs alone.
        author=viewer.let_in_by if owner.id == viewer.person.id else viewer.person.id,
    )
    await tx.audited(viewer, f"people/{owner.id}", {"token": id_, "read_only": str(read_only).lower()})
    return MintedToken(id_, secret, expire_time)
