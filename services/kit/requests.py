"""Mutations that a client may repeat: the result is stored under its `request_id`, in the transaction of the effect.

A client that lost the answer asks again with the same id and gets that answer, without a second effect.
"""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta
from typing import TypeVar

from google.protobuf.message import Message

from services.kit.errors import FailedPrecondition, InvalidArgument, Violation
from services.kit.postgres import Connection

TABLE = """
CREATE TABLE requests (
    principal text NOT NULL,
    request_id text NOT NULL CHECK (octet_length(request_id) BETWEEN 1 AND 64),
    digest bytea NOT NULL,
    result bytea NOT NULL,
    time timestamptz NOT NULL,
    PRIMARY KEY (principal, request_id)
);
CREATE INDEX requests_time ON requests (time);
"""
"""The table, for a service's first migration (by copy; a test compares)."""

KEPT = timedelta(days=7)
MAX_ID = 64

_LOCK = "SELECT pg_advisory_xact_lock(hashtextextended(%s, 1))"
_FIND = "SELECT digest, result FROM requests WHERE principal = %s AND request_id = %s AND time > %s"
_KEEP = """
    INSERT INTO requests (principal, request_id, digest, result, time) VALUES (%s, %s, %s, %s, %s)
    ON CONFLICT (principal, request_id) DO UPDATE
        SET digest = excluded.digest, result = excluded.result, time = excluded.time
"""
_FORGET = "DELETE FROM requests WHERE time <= %s"

M = TypeVar("M", bound=Message)


def _digest(method: str, request: Message) -> bytes:
    return hashlib.sha256(method.encode() + b"\0" + request.SerializeToString(deterministic=True)).digest()


async def earlier(
    connection: Connection,
    request: Message,
    answer: type[M],
    *,
    principal: str,
    request_id: str,
    method: str,
    now: datetime,
) -> M | None:
    """The answer an equal request got within 7 days, else None; holds a second one with this id until commit.

    Call it first in the transaction, `keep` last. An empty `request_id` asks for nothing.
    FailedPrecondition if the id was used for another request.
    """
    if not request_id:
        return None
    if len(request_id.encode()) > MAX_ID:
        raise InvalidArgument(
            "REQUEST_ID_TOO_LONG",
            f"request_id must have at most {MAX_ID} bytes.",
            {"limit": str(MAX_ID)},
            violations=[Violation("request_id", f"must have at most {MAX_ID} bytes")],
        )
    await connection.execute(_LOCK, (f"{principal}\0{request_id}".replace("\0", "\x1f"),))
    cursor = await connection.execute(_FIND, (principal, request_id, now - KEPT))
    row = await cursor.fetchone()
    if row is None:
        return None
    if bytes(row[0]) != _digest(method, request):
        raise FailedPrecondition(
            "REQUEST_ID_REUSED",
            f"request_id {request_id} was used for another request.",
            {"request_id": request_id},
        )
    return answer.FromString(bytes(row[1]))


async def keep(
    connection: Connection,
    request: Message,
    result: Message,
    *,
    principal: str,
    request_id: str,
    method: str,
    now: datetime,
) -> None:
    """Stores the answer in the connection's transaction; nothing without a `request_id`."""
    if request_id:
        data = result.SerializeToString(deterministic=True)
        await connection.execute(_KEEP, (principal, request_id, _digest(method, request), data, now))


async def forget(connection: Connection, now: datetime) -> None:
    """Deletes answers older than 7 days."""
    await connection.execute(_FORGET, (now - KEPT,))
