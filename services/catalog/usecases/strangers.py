"""What an account may do that an OpenID provider vouches for and that is nobody's here: ask once to be added."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from services.catalog.domain.people import email_key
from services.catalog.domain.requests import AGAIN, MAX_STRANGERS, PersonRequest, RequestState, Wish
from services.catalog.ids import new_id
from services.catalog.postgres.database import Database
from services.kit import links
from services.kit.errors import FailedPrecondition, Unauthenticated

REQUEST_ACCESS = "/winnow.internal.v1.IdentityService/RequestAccess"
TICKET_TTL = timedelta(minutes=15)
_PURPOSE = "access"


@dataclass(frozen=True, slots=True)
class Subject:
    """Who an OpenID provider says has signed in; the e-mail only as far as the provider vouches for it."""

    issuer: str
    subject: str
    email: str = ""


def ticket(key: bytes, who: Subject, now: datetime) -> str:
    """What lets this account ask, and nobody else: it has just signed in and was refused."""
    said = {"iss": who.issuer, "sub": who.subject, "email": who.email}
    return links.signed(key, _PURPOSE, said, now + TICKET_TTL)


async def request_access(db: Database, given: str, reason: str) -> None:
    """Files the request of the account that the ticket is of; nothing where it waits already. Nobody is ever added.

    Of somebody who was removed it asks for access again. FailedPrecondition within AGAIN of a no, and where as many
    as MAX_STRANGERS wait.
    """
    async with db.transaction() as tx:
        said = links.read(await tx.link_key(), _PURPOSE, given, tx.now)
        if said is None:
            raise Unauthenticated("SIGN_IN_FAILED", "Too late, or not from here: sign in once more.")
        who = Subject(said["iss"], said["sub"], said["email"])
        await tx.lock_people()
        before = await tx.request_of_subject(who.issuer, who.subject)
        if before is not None and before.state is RequestState.OPEN:
            return
        if (
            before is not None
            and before.state is RequestState.DECLINED
            and before.create_time > tx.now - AGAIN
        ):
            raise _full(1, f"You have asked within the last {AGAIN.days} days, and the answer was no.")
        if await tx.open_requests_of_strangers() >= MAX_STRANGERS:
            raise _full(MAX_STRANGERS, "Too many others wait for an answer.")
        known = (await tx.people_by_email([who.email])).get(email_key(who.email))
        request = PersonRequest(
            id=new_id(),
            kind=Wish.ADD_PERSON if known is None else Wish.REACTIVATE,
            email=who.email,
            display_name="",
            roles=(),
            object="",
            duty=None,
            reason=reason,
            requester="",
            create_time=tx.now,
            issuer=who.issuer,
            subject=who.subject,
        )
        await tx.add_request(request)
        await tx.audit(
            person="",
            credential="",
            method=REQUEST_ACCESS,
            target=f"personRequests/{request.id}",
            detail={"issuer": who.issuer, "subject": who.subject, "email": who.email},
        )


def _full(limit: int, text: str) -> FailedPrecondition:
    return FailedPrecondition("PERSON_REQUESTS_FULL", f"{text} Ask an administrator.", {"limit": str(limit)})
