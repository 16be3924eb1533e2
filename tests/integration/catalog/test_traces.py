"""P14: whatever a method writes leaves an entry in the audit log, and each refusal too; by reflection over the protos.

What the entry says is proved with each method; here that there is one, also for a method that says nothing itself.
"""

from __future__ import annotations

from datetime import UTC, datetime

import grpc
import grpc.aio
import pytest

from services.catalog import policy
from services.catalog.postgres.database import Database
from services.gateway.methods import Method, reachable
from services.kit import identity, postgres
from services.kit.clock import Clock
from services.kit.identity import Caller
from tests.integration.catalog.conftest import CatalogProcess, SignedIn
from winnow.catalog.v1 import people_service_pb2 as people

WRITING: list[Method] = [
    each for each in reachable().values() if each.owner == "catalog" and not policy.METHODS[each.path].reads
]


def entries(catalog: CatalogProcess, method: str) -> list[str]:
    rows = catalog.sql("SELECT outcome FROM audit WHERE method = %s ORDER BY id", (method,))
    return [outcome for (outcome,) in rows]


async def test_every_method_that_writes_leaves_an_entry_in_the_same_transaction(
    catalog: CatalogProcess,
) -> None:
    pool = postgres.pool(catalog.database.app, name="traces")
    await pool.open()
    database = Database(pool, Clock())
    try:
        for method in WRITING:
            identity.bind_caller(Caller("somebody", 1, read_content=True, method=method.path))
            async with database.transaction() as tx:
                await tx.run("UPDATE settings SET revision = revision")
            assert entries(catalog, method.path) == ["OK"], method.path
            async with database.transaction() as tx:
                await tx.row("SELECT revision FROM settings")  # what writes nothing leaves nothing
            with pytest.raises(ValueError, match="undone"):
                async with database.transaction() as tx:
                    await tx.run("UPDATE settings SET revision = revision")
                    raise ValueError("undone")
            assert entries(catalog, method.path) == ["OK"], method.path
    finally:
        identity.bind_caller(None)
        await pool.close()


async def test_every_refusal_leaves_an_entry(
    catalog: CatalogProcess, first: SignedIn, channel: grpc.aio.Channel
) -> None:
    email = f"nobody-{datetime.now(UTC).timestamp()}@example.org"
    await first("CreatePerson", people.CreatePersonRequest(person=people.Person(email=email)))
    token = await first("CreateApiToken", people.CreateApiTokenRequest(email=email))
    nobody = SignedIn(channel, token.token)
    known = await nobody.who()
    refused = 0
    for method in WRITING:
        if policy.METHODS[method.path].everyone:
            continue
        metadata = nobody.token(known.person, known.duties_version, False, method.path, known.token_id)
        request = method.input().SerializeToString()
        before = len(entries(catalog, method.path))
        with pytest.raises(grpc.aio.AioRpcError) as error:
            if method.client_streaming:
                await channel.stream_unary(method.path)(iter([request]), metadata=metadata)
            else:
                await channel.unary_unary(method.path)(request, metadata=metadata)
        assert error.value.code() in (grpc.StatusCode.PERMISSION_DENIED, grpc.StatusCode.NOT_FOUND)
        after = entries(catalog, method.path)
        assert len(after) == before + 1, method.path
        assert after[-1] != "OK"
        refused += 1
    assert refused > 20
