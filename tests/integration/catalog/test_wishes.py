"""What Winnow wants and what a later import says: a wish is kept, fulfilled, or its contradiction reported."""

from __future__ import annotations

from collections.abc import AsyncGenerator

import pytest

from services.catalog.domain.changes import Change
from services.catalog.domain.resources import Lifecycle
from services.catalog.ids import new_id
from services.catalog.postgres.database import Database
from services.kit import postgres
from services.kit.clock import Clock
from tests.integration.catalog.conftest import CatalogProcess, SignedIn
from winnow.catalog.v1 import catalog_service_pb2 as api
from winnow.catalog.v1.import_pb2 import Import
from winnow.catalog.v1.resource_pb2 import Resource

HEADER = b"external_id,title,description,status\n"


@pytest.fixture
async def database(catalog: CatalogProcess) -> AsyncGenerator[Database]:
    pool = postgres.pool(catalog.database.app, name="test", size=2)
    await pool.open()
    yield Database(pool, Clock())
    await pool.close()


async def table(first: SignedIn, *rows: bytes) -> Import:
    return await first.imported("lms", {"catalog.csv": HEADER + b"\n".join(rows)})


async def the_resource(first: SignedIn) -> Resource:
    (found,) = (await first("ListResources", api.ListResourcesRequest())).resources
    return found


async def wish(
    database: Database, first: SignedIn, field: str, value: object, *, suggestion: str
) -> Resource:
    """As an applied plan does it: the wish and its line on the change list, in one transaction."""
    id_ = (await the_resource(first)).name.removeprefix("resources/")
    async with database.transaction() as tx:
        resource = await tx.resource(id_, for_update=True)
        wanted = resource.want(field, value, author="p", suggestion=suggestion, now=tx.now)
        await tx.save(wanted)
        if suggestion:
            name = "visibility" if field == "lifecycle" else field
            change = Change(
                id=new_id(),
                suggestion=suggestion,
                target=f"resources/{id_}",
                source="lms",
                external_id="c1",
                field=name,
                from_value="",
                to_value=value.lower() if isinstance(value, Lifecycle) else str(value),
            )
            await tx.add_changes([change])
    return await the_resource(first)


async def states(first: SignedIn) -> list[int]:
    return [each.state for each in (await first("ListChanges", api.ListChangesRequest())).changes]


async def test_an_import_between_applying_and_writing_back_does_not_revert_the_plan(
    first: SignedIn, database: Database
) -> None:
    await table(first, b"c1,Old,Words.,visible")
    wanted = await wish(database, first, "title", "New", suggestion="s1")
    assert list(wanted.pending_fields) == ["title"]
    done = await table(first, b"c1,Old,Words.,visible")
    assert (done.unchanged, list(done.warnings)) == (1, [])
    done = await table(first, b"c1,Old,Other words.,visible")
    assert (done.changed, list(done.warnings)) == (1, [])
    assert (await the_resource(first)).title == "New"
    assert await states(first) == [api.Change.PENDING]


async def test_once_the_source_says_it_the_wish_ends_and_the_change_is_done(
    first: SignedIn, database: Database
) -> None:
    await table(first, b"c1,Old,Words.,visible")
    await wish(database, first, "title", "New", suggestion="s1")
    await table(first, b"c1,New,Words.,visible")
    found = await the_resource(first)
    assert (found.title, list(found.pending_fields)) == ("New", [])
    assert await states(first) == [api.Change.DONE]


async def test_another_value_of_the_source_is_a_notice_and_changes_nothing(
    first: SignedIn, database: Database
) -> None:
    await table(first, b"c1,Old,Words.,visible")
    await wish(database, first, "title", "New", suggestion="s1")
    done = await table(first, b"c1,Third,Words.,visible")
    assert [each.reason for each in done.warnings] == ["DRIFT"]
    assert (await the_resource(first)).title == "New"
    assert await states(first) == [api.Change.PENDING]


@pytest.mark.parametrize(("choice", "title"), [("winnow", "Mine"), ("source", "Third")])
async def test_a_persons_value_and_a_moved_source_are_a_question(
    first: SignedIn, database: Database, choice: str, title: str
) -> None:
    await table(first, b"c1,Old,Words.,visible")
    await wish(database, first, "title", "Mine", suggestion="")
    done = await table(first, b"c1,Third,Words.,visible")
    (question,) = done.questions
    assert (question.reason, done.state) == ("BOTH_CHANGED", Import.PARTIAL)
    answer = api.AnswerImportQuestionRequest(name=done.name, question=question.id, choice=choice)
    await first("AnswerImportQuestion", answer)
    assert (await first.ended(done.name)).state == Import.SUCCEEDED
    assert (await the_resource(first)).title == title
    assert not (await table(first, b"c1,Third,More words.,visible")).questions


async def test_an_archived_resource_stays_so_until_its_source_hides_it(
    first: SignedIn, database: Database
) -> None:
    await table(first, b"c1,Old,Words.,visible")
    archived = await wish(database, first, "lifecycle", Lifecycle.ARCHIVED, suggestion="s1")
    assert archived.lifecycle == Resource.ARCHIVED
    await table(first, b"c1,Old,New words.,visible")
    assert (await the_resource(first)).lifecycle == Resource.ARCHIVED
    exported = await first.export()
    assert '"visibility":"archived"' in exported
