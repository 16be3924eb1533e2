"""The audit log and answers kept for repeated requests."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TypeVar

from google.protobuf.message import Message

from services.catalog.domain.people import Viewer
from services.catalog.postgres.session import Session
from services.kit import requests

_AUDIT = """
    INSERT INTO audit (time, person, credential, method, target, outcome, detail) VALUES (%s, %s, %s, %s, %s, %s, %s)
"""
M = TypeVar("M", bound=Message)


class Journal(Session):
    """What was done and refused, and what was answered."""

    async def audit(
        self,
        *,
        person: str,
        credential: str,
        method: str,
        target: str = "",
        outcome: str = "OK",
        detail: Mapping[str, str] | None = None,
    ) -> None:
        """Writes down who did what to which object; `outcome` is OK or the reason of a refusal."""
        values = (self.now, person, credential, method, target, outcome, json.dumps(dict(detail or {})))
        await self.run(_AUDIT, values)

    async def audited(self, viewer: Viewer, target: str, detail: Mapping[str, str] | None = None) -> None:
        """Writes down that the viewer did what they called for to an object."""
        await self.audit(
            person=viewer.person.id,
            credential=viewer.credential,
            method=viewer.method,
            target=target,
            detail=detail,
        )

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
