"""Who a credential belongs to, sign-in by a one-time link, and the first person of all."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from services.catalog.domain.people import Person, Role, Viewer, checked_email
from services.catalog.ids import new_id
from services.catalog.postgres.database import Database, Transaction
from services.catalog.postgres.people import Credential
from services.kit.errors import Unauthenticated

SESSION_TTL = timedelta(hours=12)
LINK_TTL = timedelta(days=7)
FIRST_TOKEN_TTL = timedelta(days=366)


@dataclass(frozen=True, slots=True)
class Authenticated:
    """Whom a credential stands for."""

    viewer: Viewer
    credential: Credential


def _invalid() -> Unauthenticated:
    return Unauthenticated("CREDENTIAL_INVALID", "This credential is not valid (any more).")


async def authenticate(db: Database, secret: str) -> Authenticated:
    """Whom a token or session stands for; Unauthenticated when it is wrong, over, or its person gone."""
    async with db.snapshot() as tx:
        credential = await tx.credential(secret)
        if credential is None or credential.kind == "link":
            raise _invalid()
        return await _authenticated(tx, credential)


async def _authenticated(tx: Transaction, credential: Credential) -> Authenticated:
    person = await tx.person(credential.person)
    if not person.active:
        raise _invalid()
    duties = await tx.duties(person)
    return Authenticated(Viewer(person, duties, credential.read_only, feed=credential.feed), credential)


@dataclass(frozen=True, slots=True)
class Session:
    """A session's secret and its end."""

    secret: str
    expire_time: datetime


async def open_session(db: Database, link: str) -> Session:
    """Spends a one-time link and opens a session; Unauthenticated when it was spent or is over."""
    async with db.transaction() as tx:
        credential = await tx.spend_link(link)
        if credential is None:
            raise _invalid()
        signed_in = await _authenticated(tx, credential)
        secret = f"wns_{secrets.token_urlsafe(32)}"
        expire_time = tx.now + SESSION_TTL
        person = signed_in.viewer.person.id
        await tx.add_credential(new_id(), "session", person, secret, read_only=False, expire_time=expire_time)
        await tx.audit(
            person=person, credential=credential.id, method="OpenSession", target=f"people/{person}"
        )
        return Session(secret, expire_time)


@dataclass(frozen=True, slots=True)
class FirstPerson:
    """Who is there before anybody can add anybody."""

    email: str
    display_name: str
    token: str
    link_token: str


async def bootstrap(db: Database, first: FirstPerson) -> None:
    """Adds the first person with both roles when there is no person yet; does nothing afterwards."""
    async with db.transaction() as tx:
        await tx.lock_people()
        if await tx.person_page(after="", limit=1):
            return
        email = checked_email(first.email, "email")
        roles = (Role.ADMINISTRATOR, Role.LEARNING_LEADER)
        person = Person(new_id(), email, first.display_name or email, roles, tx.now)
        await tx.add_person(person)
        if first.token:
            await tx.add_credential(
                new_id(),
                "token",
                person.id,
                first.token,
                read_only=False,
                writes_people=True,
                expire_time=tx.now + FIRST_TOKEN_TTL,
            )
        if first.link_token:
            await tx.add_credential(
                new_id(),
                "link",
                person.id,
                first.link_token,
                read_only=False,
                expire_time=tx.now + LINK_TTL,
            )
        await tx.audit(person=person.id, credential="", method="bootstrap", target=f"people/{person.id}")
