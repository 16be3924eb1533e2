"""Joining two resources and taking that back, in one transaction each, as an applied plan and its undo do."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from typing import Any

import pytest

from services.catalog.postgres.database import Database
from services.kit import postgres
from services.kit.clock import Clock
from tests.integration.catalog.conftest import CatalogProcess, SignedIn
from winnow.catalog.v1 import catalog_service_pb2 as api
from winnow.catalog.v1.program_pb2 import Program, ProgramItem
from winnow.internal.v1 import feed_service_pb2 as feed_api


@pytest.fixture
async def database(catalog: CatalogProcess) -> AsyncGenerator[Database]:
    pool = postgres.pool(catalog.database.app, name="test", size=2)
    await pool.open()
    yield Database(pool, Clock())
    await pool.close()


async def three(first: SignedIn) -> list[str]:
    inputs = [
        api.ResourceInput(external_id=f"c{n}", title=f"Course {n}", description=f"Words {n}.")
        for n in range(3)
    ]
    request = api.BatchUpsertResourcesRequest(source="lms", resources=inputs)
    pushed = (await first("BatchUpsertResources", request)).resources
    items = [ProgramItem(reference="c1", mandatory=True), ProgramItem(reference="c2")]
    program = Program(source="lms", key="path", items=items)
    await first("UpsertProgram", api.UpsertProgramRequest(program=program))
    return [each.name.removeprefix("resources/") for each in pushed]


async def test_a_joined_resource_answers_under_both_names_and_the_feed_says_it_is_gone(
    first: SignedIn, database: Database, feed: Any
) -> None:
    older, younger, _ = await three(first)
    async with database.transaction() as tx:
        await tx.resources([older, younger], for_update=True)
        await tx.join(older, younger)
    joined = await first("GetResource", api.GetResourceRequest(name=f"resources/{younger}"))
    assert joined.name == f"resources/{older}"
    assert [each.external_id for each in joined.listings] == ["c0", "c1"]
    names = [f"resources/{id_}" for id_ in (younger, "gone", older)]
    several = await first("BatchGetResources", api.BatchGetResourcesRequest(names=names))
    del joined.outline[:]
    assert dict(several.resources) == {names[0]: joined, names[2]: joined}
    (program,) = (await first("ListPrograms", api.ListProgramsRequest())).programs
    assert program.items[0].resource == joined.name
    states = await feed.GetStates(feed_api.GetStatesRequest(kind=feed_api.RESOURCES, ids=[younger, older]))
    assert [state.gone for state in states.states] == [True, False]


async def test_undoing_joins_one_by_one_gives_back_exactly_what_was(
    first: SignedIn, database: Database
) -> None:
    a, b, c = await three(first)
    before = await first.export()
    async with database.transaction() as tx:
        await tx.join(b, c)
        await tx.join(a, b)
    assert len((await first("ListResources", api.ListResourcesRequest())).resources) == 1
    # A program that is written meanwhile is written with the present names.
    async with database.transaction() as tx:
        (program,) = await tx.programs_with(a, for_update=True)
        await tx.save_program(program.want("title", "Other", author="p", suggestion="", now=tx.now))
    async with database.transaction() as tx:
        (program,) = await tx.programs_with(a, for_update=True)
        await tx.save_program(program.with_desired("title", None))
    async with database.transaction() as tx:
        survivor, restored = await tx.split(b)
    assert [each.external_id for each in survivor.listings] == ["c0"]
    assert [each.external_id for each in restored.listings] == ["c1", "c2"]
    async with database.transaction() as tx:
        await tx.split(c)
    assert await first.export() == before


async def test_two_writers_of_one_resource_do_not_overwrite_each_other(
    first: SignedIn, database: Database
) -> None:
    (id_, _, _) = await three(first)
    async with database.transaction() as tx:
        stale = await tx.resource(id_)
        await first("SetHold", api.SetHoldRequest(name=f"resources/{id_}", reason="First"))
        late = stale.want("hold", "Second", author="p", suggestion="", now=tx.now)
        with pytest.raises(postgres.Aborted):
            await tx.save(late)
    assert (await first("GetResource", api.GetResourceRequest(name=f"resources/{id_}"))).hold == "First"


async def test_without_a_commit_there_is_no_event(first: SignedIn, database: Database) -> None:
    (id_, _, _) = await three(first)
    revision = (await first("GetProcessingStatus", api.GetProcessingStatusRequest())).feed_revision
    with pytest.raises(RuntimeError):
        async with database.transaction() as tx:
            resource = await tx.resource(id_, for_update=True)
            await tx.save(resource.want("hold", "Never", author="p", suggestion="", now=tx.now))
            raise RuntimeError
    status = await first("GetProcessingStatus", api.GetProcessingStatusRequest())
    assert status.feed_revision == revision
