"""Lets calls in: who calls as the catalog knows them now, and whether they may; refusals are written down."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from contextvars import ContextVar
from dataclasses import replace
from typing import Any

import grpc
from typing_extensions import override

from services.catalog import policy
from services.catalog.domain.people import Viewer
from services.catalog.postgres.database import Database
from services.kit import identity, rpc
from services.kit.errors import (
    InvalidArgument,
    NotFound,
    PermissionDenied,
    Unauthenticated,
    Unimplemented,
    WinnowError,
)
from services.kit.identity import Caller, Verifier
from services.kit.refusals import Refusals

AUTHORIZE_ONLY = "winnow-authorize-only"
"""Metadata key by which the gateway asks for the caller's rights alone, when a body is not even readable."""

_FOR_THE_GATEWAY = ("/winnow.internal.v1.IdentityService/", "/winnow.internal.v1.PublicService/")
DOOR = "catalog"
"""What refusals at the catalog's own port are counted as."""
_HEALTH = "/grpc.health.v1.Health/"

_viewer: ContextVar[Viewer | None] = ContextVar("viewer", default=None)


def viewer() -> Viewer:
    """Who calls the method that is running; Unauthenticated for the gateway's own calls."""
    known = _viewer.get()
    if known is None:
        raise Unauthenticated("CREDENTIAL_INVALID", "This call needs a signed-in person.")
    return known


class JudgedHere(grpc.GenericRpcHandler):
    """Lets the policy judge callers of methods that another service answers; add it after the services."""

    @override
    def service(self, handler_call_details: Any) -> Any:
        if handler_call_details.method not in policy.METHODS:
            return None
        untyped: Any = grpc  # a handler of bytes: no serializers to type it by
        return untyped.unary_unary_rpc_method_handler(_elsewhere)


async def _elsewhere(_request: bytes, _context: Any) -> bytes:
    raise Unimplemented("METHOD_UNKNOWN", "Another service answers this method.", {"method": ""})


class AccessInterceptor(rpc.IdentityInterceptor):
    """Verifies the identity token, compares it with the person's own row, and asks the policy."""

    def __init__(self, verifier: Verifier, database: Database, refusals: Refusals) -> None:
        super().__init__(verifier, database.clock)
        self._database = database
        self._refusals = refusals

    @override
    @asynccontextmanager
    async def around(self, context: Any, streaming: bool, details: Any) -> AsyncGenerator[None]:
        async with super().around(context, streaming, details):
            if not details.method.startswith(_HEALTH):
                await self._admit(self._caller(details.method), details)
            try:
                yield
            except PermissionDenied as error:
                if (known := _viewer.get()) is not None:
                    await self._refused(known, error)
                raise

    def _caller(self, method: str) -> Caller:
        try:
            return identity.caller()
        except Unauthenticated as error:
            # Not signed by the gateway, which counts its own callers.
            self._refusals.count(DOOR, error.reason, method)
            raise

    async def _admit(self, caller: Caller, details: Any) -> None:
        if details.method.startswith(_FOR_THE_GATEWAY):
            if caller.person:
                self._refusals.count(DOOR, "NOT_ALLOWED", details.method)
                raise PermissionDenied(
                    "NOT_ALLOWED",
                    "Only the gateway calls this.",
                    {"who_can": "the gateway", "method": details.method},
                )
            return
        known = await self._known(caller)
        try:
            policy.check(known, details.method)
        except (PermissionDenied, NotFound) as error:
            await self._refused(known, error)
            raise
        if any(key == AUTHORIZE_ONLY for key, _ in details.invocation_metadata or ()):
            raise InvalidArgument("JSON_INVALID", "The request is not one that this method can read.")
        _viewer.set(known)

    async def _refused(self, known: Viewer, error: WinnowError) -> None:
        async with self._database.transaction() as tx:
            await tx.refused(known, error)

    async def _known(self, caller: Caller) -> Viewer:
        gone = Unauthenticated("CREDENTIAL_INVALID", "This credential is not valid (any more).")
        async with self._database.glance() as tx:
            admitted = await tx.admitted(caller.person, caller.credential)
        if admitted is None:
            raise gone
        person = admitted.person
        if person.duties_version != caller.duties_version:
            raise Unauthenticated(
                "DUTIES_CHANGED", "The person's roles or duties have changed; sign the call anew."
            )
        read_only, token, writes_people, feed, author = False, "", True, "", ""
        if caller.credential:
            credential = admitted.credential
            if credential is None:
                raise gone
            read_only = credential.read_only
            if credential.kind in ("token", "feed"):
                token, writes_people = credential.id, credential.writes_people
            feed, author = credential.feed, credential.author
        known = Viewer(
            person,
            admitted.duties,
            read_only,
            token,
            caller.method,
            writes_people=writes_people,
            feed=feed,
            let_in_by=author,
        )
        return replace(known, acting=policy.acting(known, caller.method))
