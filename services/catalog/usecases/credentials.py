"""Tokens and sessions, seen and ended; signing in at the organisation's OpenID provider, and out."""

from __future__ import annotations

import secrets

from services.catalog.domain.people import Person, Role, Viewer, email_key
from services.catalog.ids import new_id
from services.catalog.policy import denied, writes_no_people
from services.catalog.postgres.credentials import Listed
from services.catalog.postgres.database import Database, Transaction
from services.catalog.usecases import strangers
from services.catalog.usecases.identity import SESSION_TTL, Session
from services.catalog.usecases.strangers import Subject
from services.kit.errors import NotFound, PermissionDenied

KINDS = ("token", "session", "feed", "link")
BY_SUBJECT = "/winnow.internal.v1.IdentityService/OpenSessionForSubject"
SIGN_OUT = "/winnow.internal.v1.IdentityService/CloseSession"


async def list_credentials(
    db: Database, viewer: Viewer, *, kind: str, everyone: bool, before: str, limit: int
) -> list[Listed]:
    """A page of one's own credentials or, for an administrator, of everybody's; newest first."""
    if everyone and not viewer.person.has(Role.ADMINISTRATOR):
        raise denied(viewer.method, "an administrator, where it is about everybody")
    async with db.snapshot() as tx:
        return await tx.credential_page(
            kinds=[kind] if kind else list(KINDS),
            person=None if everyone else viewer.person.id,
            before=before,
            limit=limit,
        )


async def revoke_credential(db: Database, viewer: Viewer, id_: str) -> Listed:
    """Ends a token, session, feed or link; NotFound for another person's, unless an administrator asks."""
    async with db.transaction() as tx:
        found = await tx.listed_credential(id_)
        mine = found is not None and found.person == viewer.person.id
        if found is None or not (mine or viewer.person.has(Role.ADMINISTRATOR)):
            raise NotFound("CREDENTIAL_NOT_FOUND", "There is no such live credential.", {"credential": id_})
        if not (mine or viewer.writes_people):
            raise writes_no_people(viewer.method)
        await tx.end_credential(id_)
        await tx.audited(viewer, f"people/{found.person}", {found.kind: id_})
        return found


async def open_session_for(db: Database, who: Subject) -> Session:
    """A session of the person whom the subject is; nobody is ever added.

    A subject that is not bound yet is bound to the active person of its verified e-mail. PermissionDenied
    PERSON_UNKNOWN, naming whom to ask, for everybody else; what was tried is in the audit log.
    """
    async with db.transaction() as tx:
        person = await _person(tx, who)
        if person is not None:
            secret = f"wns_{secrets.token_urlsafe(32)}"
            expire_time = tx.now + SESSION_TTL
            await tx.add_credential(
                new_id(), "session", person.id, secret, read_only=False, expire_time=expire_time
            )
            target = f"people/{person.id}"
            await tx.audit(person=person.id, credential="", method=BY_SUBJECT, target=target)
            return Session(secret, expire_time)
        tried = {"issuer": who.issuer, "subject": who.subject, "email": who.email}
        await tx.audit(person="", credential="", method=BY_SUBJECT, outcome="PERSON_UNKNOWN", detail=tried)
        whom = [each.email for each in await tx.people_with(Role.ADMINISTRATOR)]
        ticket = strangers.ticket(await tx.link_key(), who, tx.now) if who.email else ""
    named = ", ".join(whom[:3])
    raise PermissionDenied(
        "PERSON_UNKNOWN",
        f"Nobody of Winnow signs in as {who.email or 'this account'}. An administrator can add you: {named}.",
        {
            "who_can": f"an administrator ({named})",
            "email": who.email,
            "method": BY_SUBJECT,
            **({"ticket": ticket} if ticket else {}),
        },
    )


async def _person(tx: Transaction, who: Subject) -> Person | None:
    bound = await tx.person_of_subject(who.issuer, who.subject)
    if bound is None and who.email:
        found = (await tx.people_by_email([who.email])).get(email_key(who.email))
        if found is None or not found.active:
            return None
        return found if await tx.bind_subject(who.issuer, who.subject, found.id) else None
    person = await tx.person(bound) if bound else None
    return person if person is not None and person.active else None


async def close_session(db: Database, secret: str) -> None:
    """Ends the session of this secret; nothing when it has ended."""
    async with db.transaction() as tx:
        ended = await tx.end_session(secret)
        if ended is not None:
            id_, person = ended
            await tx.audit(
                person=person,
                credential="",
                method=SIGN_OUT,
                target=f"people/{person}",
                detail={"session": id_},
            )
