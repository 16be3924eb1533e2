"""Requests about people and offered handovers; written as the role that alone writes people."""

from __future__ import annotations

from collections.abc import Collection

from services.catalog.domain.duties import Duty
from services.catalog.domain.people import Role
from services.catalog.domain.requests import Handover, HandoverState, PersonRequest, RequestState, Wish
from services.catalog.postgres.people import People
from services.catalog.postgres.session import Row, columns
from services.kit.errors import NotFound

_REQUEST = """
    SELECT id, kind, email, display_name, roles, object, duty, reason, requester, create_time, state, resolver,
        resolve_time, answer, issuer, subject
    FROM person_requests WHERE id = %s
"""
_PAGE = """
    SELECT id, kind, email, display_name, roles, object, duty, reason, requester, create_time, state, resolver,
        resolve_time, answer, issuer, subject
    FROM person_requests
    WHERE id > %(after)s AND (%(resolved)s OR state = 'OPEN')
        AND (requester = %(person)s OR kind = ANY(%(kinds)s))
    ORDER BY id LIMIT %(limit)s
"""
_ADD = """
    INSERT INTO person_requests (id, kind, email, display_name, roles, object, duty, reason, state, requester,
        create_time, issuer, subject)
    VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
"""
_OF_SUBJECT = """
    SELECT id, kind, email, display_name, roles, object, duty, reason, requester, create_time, state, resolver,
        resolve_time, answer, issuer, subject
    FROM person_requests WHERE issuer = %s AND subject = %s ORDER BY id DESC LIMIT 1
"""
_STRANGERS = "SELECT count(*) AS open FROM person_requests WHERE requester IS NULL AND state = 'OPEN'"
_RESOLVE = (
    "UPDATE person_requests SET state = %s, resolver = %s, resolve_time = %s, answer = %s WHERE id = %s"
)
_OPEN = "SELECT count(*) AS open FROM person_requests WHERE requester = %s AND state = 'OPEN'"
_HANDOVER = """
    SELECT id, object, giver, receiver, former, offer_time, state, end_time FROM handovers WHERE id = %s
"""
_OFFERED = """
    SELECT id, object, giver, receiver, former, offer_time, state, end_time FROM handovers
    WHERE object = %s AND state = 'OFFERED'
"""
_HANDOVERS = """
    SELECT id, object, giver, receiver, former, offer_time, state, end_time FROM handovers
    WHERE id > %s AND state = 'OFFERED' AND (giver = %s OR receiver = %s OR %s) ORDER BY id LIMIT %s
"""
_OFFER = """
    INSERT INTO handovers (id, object, giver, receiver, former, state, offer_time) VALUES (%s, %s, %s, %s, %s, %s, %s)
"""
_END = "UPDATE handovers SET state = %s, end_time = %s WHERE id = %s"


def _request(row: Row) -> PersonRequest:
    return PersonRequest(
        **columns(
            row,
            kind=Wish(row["kind"]),
            roles=tuple(Role(role) for role in row["roles"]),
            duty=Duty(row["duty"]) if row["duty"] else None,
            state=RequestState(row["state"]),
            requester=row["requester"] or "",
            resolver=row["resolver"] or "",
        )
    )


def _handover(row: Row) -> Handover:
    return Handover(**columns(row, state=HandoverState(row["state"])))


class Requests(People):
    """Requests and handovers. The lock on people, held by the caller, orders their changes."""

    async def person_request(self, id_: str) -> PersonRequest:
        """The request; NotFound when there is none."""
        row = await self.row(_REQUEST, (id_,))
        if row is None:
            raise NotFound("PERSON_REQUEST_NOT_FOUND", f"There is no request {id_}.", {"request": id_})
        return _request(row)

    async def person_requests(
        self, person: str, kinds: Collection[Wish], *, resolved: bool, after: str, limit: int
    ) -> list[PersonRequest]:
        """A page of the person's own, and of everybody's of these kinds, in the order of asking."""
        values = {
            "person": person,
            "kinds": [str(kind) for kind in kinds],
            "resolved": resolved,
            "after": after,
            "limit": limit,
        }
        return [_request(row) for row in await self.rows(_PAGE, values)]

    async def open_requests(self, person: str) -> int:
        """How many requests of a person nobody has answered."""
        row = await self.row(_OPEN, (person,))
        return int(row["open"]) if row else 0

    async def request_of_subject(self, issuer: str, subject: str) -> PersonRequest | None:
        """The newest request of an account that is nobody's here."""
        row = await self.row(_OF_SUBJECT, (issuer, subject))
        return _request(row) if row else None

    async def open_requests_of_strangers(self) -> int:
        """How many requests of such accounts nobody has answered."""
        row = await self.row(_STRANGERS)
        return int(row["open"]) if row else 0

    async def add_request(self, value: PersonRequest) -> None:
        """Stores a request."""
        roles = [str(role) for role in value.roles]
        duty = str(value.duty) if value.duty else ""
        async with self.as_people():
            await self.run(
                _ADD,
                (
                    *(value.id, str(value.kind), value.email, value.display_name, roles, value.object, duty),
                    *(value.reason, str(value.state), value.requester or None, value.create_time),
                    *(value.issuer, value.subject),
                ),
            )

    async def resolve_request(self, value: PersonRequest) -> None:
        """Stores the answer to a request."""
        async with self.as_people():
            answer = (str(value.state), value.resolver, value.resolve_time, value.answer)
            await self.run(_RESOLVE, (*answer, value.id))

    async def handover(self, id_: str) -> Handover:
        """The handover; NotFound when there is none."""
        row = await self.row(_HANDOVER, (id_,))
        if row is None:
            raise NotFound("HANDOVER_NOT_FOUND", f"There is no handover {id_}.", {"handover": id_})
        return _handover(row)

    async def offered(self, name: str) -> Handover | None:
        """The offer that stands for an object."""
        row = await self.row(_OFFERED, (name,))
        return _handover(row) if row else None

    async def handovers(self, person: str, *, everybodys: bool, after: str, limit: int) -> list[Handover]:
        """A page of offers that stand, given or received by the person, or all."""
        rows = await self.rows(_HANDOVERS, (after, person, person, everybodys, limit))
        return [_handover(row) for row in rows]

    async def offer(self, value: Handover) -> None:
        """Stores an offer."""
        async with self.as_people():
            who = (value.giver, value.receiver, value.former)
            await self.run(_OFFER, (value.id, value.object, *who, str(value.state), value.offer_time))

    async def end_handover(self, value: Handover) -> None:
        """Stores that a handover has ended."""
        async with self.as_people():
            await self.run(_END, (str(value.state), value.end_time, value.id))
