"""The audit log and answers kept for repeated requests.

Entries are written at the end of the transaction, after everything that may wait: from the first entry until the
commit no other transaction adds one (the database chains them, see migration 0011), so that time must be short.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeVar

from google.protobuf.message import Message
from typing_extensions import override

from services.catalog.domain.people import Viewer
from services.catalog.postgres.session import Session
from services.kit import identity, requests
from services.kit.errors import WinnowError
from services.kit.postgres import Connection

_AUDIT = """
    INSERT INTO audit (time, person, credential, role, method, target, outcome, detail)
    VALUES (%s, %s, %s, %s, %s, %s, %s, %s)
"""
_DOCUMENT = "INSERT INTO audit_documents (digest, content) VALUES (%s, %s) ON CONFLICT (digest) DO NOTHING"
_WROTE = "SELECT pg_current_xact_id_if_assigned() IS NOT NULL AS wrote"
M = TypeVar("M", bound=Message)


@dataclass(frozen=True, slots=True)
class _Entry:
    """Who did what to which object, not yet written."""

    person: str
    credential: str
    role: str
    method: str
    target: str = ""
    outcome: str = "OK"
    detail: Mapping[str, str] = field(default_factory=dict[str, str])


def came_with(viewer: Viewer) -> dict[str, str]:
    """What an entry says of the viewer beside who they are: the people feed that calls, and who else let them in."""
    as_feed = {"feed": f"peopleFeeds/{viewer.feed}"} if viewer.feed else {}
    return {**as_feed, **({"let_in_by": f"people/{viewer.let_in_by}"} if viewer.let_in_by else {})}


class Journal(Session):
    """What was done and refused, and what was answered."""

    def __init__(self, connection: Connection, now: datetime) -> None:
        super().__init__(connection, now)
        self._entries: list[_Entry] = []

    async def audit(
        self,
        *,
        person: str,
        credential: str,
        method: str,
        role: str = "",
        target: str = "",
        outcome: str = "OK",
        detail: Mapping[str, str] | None = None,
        document: str = "",
    ) -> None:
        """Writes down who did what to which object, in which role; `outcome` is OK or the reason of a refusal.

        `document` is what the person was shown; it is kept as it is and the entry names its digest.
        """
        said = dict(detail or {})
        if document:
            digest = hashlib.sha256(document.encode())
            await self.run(_DOCUMENT, (digest.digest(), document))
            said["document"] = digest.hexdigest()
        self._entries.append(_Entry(person, credential, role, method, target, outcome, said))

    async def audited(
        self,
        viewer: Viewer,
        target: str,
        detail: Mapping[str, str] | None = None,
        *,
        role: str = "",
        document: str = "",
    ) -> None:
        """Writes down that the viewer did what they called for to an object, in `role` or the one that let them.

        Beside the person, a people feed is named, and the administrator who let them in.
        """
        await self.audit(
            person=viewer.person.id,
            credential=viewer.credential,
            role=role or viewer.acting,
            method=viewer.method,
            target=target,
            detail={**(detail or {}), **came_with(viewer)},
            document=document,
        )

    async def refused(self, viewer: Viewer, error: WinnowError, *, target: str = "") -> None:
        """Writes down that the viewer was refused what they called for; `target` where the refusal is of one object.

        What was refused has been rolled back: it takes a transaction of its own.
        """
        detail = {"who_can": error.metadata["who_can"]} if "who_can" in error.metadata else {}
        detail |= came_with(viewer)
        await self.audit(
            person=viewer.person.id,
            credential=viewer.credential,
            role=viewer.acting,
            method=viewer.method,
            target=target,
            outcome=error.reason,
            detail=detail,
        )

    @override
    async def flush(self) -> None:
        await super().flush()
        if not self._entries:
            await self._leave_a_trace()
        for each in self._entries:
            values = (
                self.now,
                each.person,
                each.credential,
                each.role,
                each.method,
                each.target,
                each.outcome,
            )
            await self.run(_AUDIT, (*values, json.dumps(dict(each.detail))))

    async def _leave_a_trace(self) -> None:
        """An entry without an object for a call that wrote something and said nothing of it (promise P14)."""
        caller = identity.bound_caller()
        if caller is None or not caller.person:
            return
        row = await self.row(_WROTE)
        if row and row["wrote"]:
            self._entries.append(_Entry(caller.person, caller.credential, "", caller.method))

    async def earlier(
        self, request: Message, answer: type[M], *, principal: str, request_id: str, method: str
    ) -> M | None:
        """The answer that an equal request got within 7 days, else None; see `kit.requests`."""
        return await requests.earlier(
            self.connection,
            request,
            answer,
            principal=principal,
            request_id=request_id,
            method=method,
            now=self.now,
        )

    async def keep(
        self, request: Message, result: Message, *, principal: str, request_id: str, method: str
    ) -> None:
        """Keeps the answer for a repetition; nothing without a `request_id`."""
        await requests.keep(
            self.connection,
            request,
            result,
            principal=principal,
            request_id=request_id,
            method=method,
            now=self.now,
        )
