"""Who a credential belongs to, one-time links and the sign-in by them, and the first person of all."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from services.catalog.domain.people import Person, Role, Viewer, checked_email
from services.catalog.ids import new_id
from services.catalog.postgres.database import Database, Transaction
from services.catalog.postgres.people import Credential
from services.kit.errors import NotFound, Unauthenticated

SESSION_TTL = timedelta(hours=12)
LINK_TTL = timedelta(days=7)
FIRST_TOKEN_TTL = timedelta(days=366)
GIVEN_LINK_TTL = timedelta(hours=24)
"""How long a link holds that an administrator gives out: until tomorrow, by whatever way it goes."""


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


@dataclass(frozen=True, slots=True)
class SignInLink:
    """A fresh one-time link: the id of its credential, its secret, which is nowhere else, and its end."""

    id: str
    token: str
    expire_time: datetime


async def create_sign_in_link(tx: Transaction, viewer: Viewer, id_: str) -> SignInLink:
    """A link by which a person signs in once; one that they had before has ended. NotFound for who has no access."""
    await tx.lock_people()
    person = await tx.person(id_)
    if not person.active:
        raise NotFound("PERSON_NOT_FOUND", f"people/{id_} has no access.", {"person": id_})
    await tx.drop_links(person.id)
    made = SignInLink(new_id(), secrets.token_urlsafe(32), tx.now + GIVEN_LINK_TTL)
    await tx.add_credential(
        made.id,
        "link",
        person.id,
        made.token,
        read_only=False,
        expire_time=made.expire_time,
        author=viewer.person.id,
    )
    await tx.audited(viewer, f"people/{person.id}", {"link": made.id})
    return made


async def open_session(db: Database, link: str) -> Session:
    """Spends a one-time link and opens a session.

    Unauthenticated when it was spent, is over, or was made by somebody who is no administrator any more.
    """
    async with db.transaction() as tx:
        credential = await tx.spend_link(link)
        if credential is None or not await _stands(tx, credential.author):
            raise _invalid()
        signed_in = await _authenticated(tx, credential)
        secret = f"wns_{secrets.token_urlsafe(32)}"
        expire_time = tx.now + SESSION_TTL
        person = signed_in.viewer.person.id
        author = credential.author if credential.author != person else ""
        await tx.add_credential(
            new_id(), "session", person, secret, read_only=False, expire_time=expire_time, author=author
        )
        await tx.audit(
            person=person,
            credential=credential.id,
            method="OpenSession",
            target=f"people/{person}",
            detail={"let_in_by": f"people/{author}"} if author else {},
        )
        return Session(secret, expire_time)


async def _stands(tx: Transaction, author: str) -> bool:
    """Whether a link of this person still lets in; whoever knows it may have lost the right to have made it."""
    if not author:
        return True
    person = await tx.person(author)
    return person.active and person.has(Role.ADMINISTRATOR)


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
