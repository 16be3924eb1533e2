"""Stopping an import: what nobody has begun to read is left out, what is being read is taken whole."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import ExitStack, contextmanager

import grpc
import grpc.aio
import psycopg
import pytest

from services.catalog.usecases.import_batches import GROUP
from services.kit.rpc import error_info
from tests.integration.catalog.conftest import CatalogProcess, SignedIn, eventually
from winnow.catalog.v1 import catalog_service_pb2 as api
from winnow.catalog.v1.import_pb2 import Import
from winnow.catalog.v1.resource_pb2 import Resource


def lessons(count: int, begin: int = 0) -> dict[str, bytes]:
    return {
        f"{n:03}.md": f"# Lesson {n}\n\nText of lesson {n}.\n".encode() for n in range(begin, begin + count)
    }


@contextmanager
def held(catalog: CatalogProcess, query: str, *values: object) -> Generator[None]:
    """Somebody else has what the query locks until the block is left."""
    with psycopg.connect(catalog.database.owner) as connection:
        connection.execute(query.encode(), values)
        yield
        connection.rollback()


READER = "SELECT pg_advisory_xact_lock(hashtextextended('reader of ' || %s, 0))"
FILE = "SELECT id FROM import_files WHERE path = %s FOR UPDATE"


async def stop(who: SignedIn, name: str) -> Import:
    return await who("StopImport", api.StopImportRequest(name=name))


async def titles(first: SignedIn) -> set[str]:
    listed = await first("ListResources", api.ListResourcesRequest(page_size=200))
    return {each.title for each in listed.resources if each.lifecycle == Resource.PUBLISHED}


async def test_what_is_not_begun_is_left_out_and_what_is_begun_is_taken_whole(
    first: SignedIn, catalog: CatalogProcess
) -> None:
    names = sorted(lessons(3 * GROUP))
    being_read = names[GROUP]

    async def first_group_read() -> bool:
        found = await first("GetImport", api.GetImportRequest(name=begun.name))
        return found.files_done == GROUP

    with ExitStack() as until_stopped:
        with held(catalog, READER, "docs"):
            begun = await first.deliver("docs", lessons(3 * GROUP))
            # One file of the second group is just being begun when somebody stops.
            until_stopped.enter_context(held(catalog, FILE, being_read))
        await eventually(first_group_read)
        stopped = await stop(first, begun.name)
        assert (stopped.state, stopped.files_done) == (Import.RUNNING, 3 * GROUP - 1)
    done = await first.ended(begun.name)
    assert done.state == Import.PARTIAL
    assert done.added == GROUP + 1
    assert await titles(first) == {f"Lesson {n}" for n in range(GROUP + 1)}
    (problem,) = done.unreadable
    assert (problem.reason, problem.file) == ("IMPORT_STOPPED", "")
    assert problem.message == (
        f"First stopped this import. Files that were not read: {2 * GROUP - 1}. Send them again."
    )
    assert catalog.sql("SELECT count(*) FROM import_chunks") == [(0,)]
    again = await first.imported("docs", lessons(3 * GROUP))
    assert (again.state, again.added, again.unchanged) == (Import.SUCCEEDED, 2 * GROUP - 1, GROUP + 1)


async def test_of_an_import_that_was_stopped_nothing_is_gone(
    first: SignedIn, catalog: CatalogProcess
) -> None:
    await first.imported("docs", lessons(2))
    with held(catalog, READER, "docs"):
        begun = await first.deliver("docs", lessons(2, begin=1), complete=True)
        await stop(first, begun.name)
        await stop(first, begun.name)  # said twice it is told once
    done = await first.ended(begun.name)
    assert (done.state, done.gone, len(done.unreadable)) == (Import.FAILED, 0, 1)
    assert await titles(first) == {"Lesson 0", "Lesson 1"}
    log = "SELECT detail ->> 'files' FROM audit WHERE method LIKE '%%StopImport' ORDER BY id"
    assert catalog.sql(log) == [("2",), (None,)]


async def test_what_has_ended_stays_as_it_is_and_what_is_not_there_is_not_found(first: SignedIn) -> None:
    done = await first.imported("docs", lessons(1))
    assert await stop(first, done.name) == done
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await stop(first, "imports/0")
    info = error_info(refused.value)
    assert info is not None
    assert info.reason == "IMPORT_NOT_FOUND"


async def test_files_that_come_after_the_stop_are_read(first: SignedIn, catalog: CatalogProcess) -> None:
    with held(catalog, READER, "docs"):
        begun = await first.deliver("docs", lessons(2))
        await stop(first, begun.name)
        joined = await first.deliver("docs", lessons(1, begin=5))
        assert joined.name == begun.name
    done = await first.ended(begun.name)
    assert (done.state, done.added) == (Import.PARTIAL, 1)
    assert await titles(first) == {"Lesson 5"}
