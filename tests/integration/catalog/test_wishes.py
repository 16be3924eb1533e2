"""What Winnow wants and what a later import says: a wish is kept, fulfilled, or its contradiction reported."""

from __future__ import annotations

from collections.abc import AsyncGenerator

import pytest

from services.catalog.domain.changes import Change
from services.catalog.domain.resources import WANTED_VISIBILITY, Lifecycle
from services.catalog.ids import new_id
from services.catalog.postgres.database import Database
from services.kit import postgres
from services.kit.clock import Clock
from tests.integration.catalog.conftest import CatalogProcess, SignedIn
from winnow.catalog.v1 import catalog_service_pb2 as api
from winnow.catalog.v1.import_pb2 import Import
from winnow.catalog.v1.publishing_pb2 import PublishResourceRequest
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
                to_value=str(WANTED_VISIBILITY[value] if isinstance(value, Lifecycle) else value),
            )
            await tx.add_changes([change])
    return await the_resource(first)


async def states(first: SignedIn) -> list[int]:
    return [each.state for each in (await first("ListChanges", api.ListChangesRequest())).changes]


async def answered(first: SignedIn, asked: Import, choice: str) -> None:
    (question,) = asked.questions
    assert (question.reason, asked.state) == ("BOTH_CHANGED", Import.PARTIAL)
    answer = api.AnswerImportQuestionRequest(name=asked.name, question=question.id, choice=choice)
    await first("AnswerImportQuestion", answer)
    assert (await first.ended(asked.name)).state == Import.SUCCEEDED


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
    await answered(first, done, choice)
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


@pytest.mark.parametrize("wanted", [Lifecycle.ARCHIVED, Lifecycle.UNLISTED])
async def test_what_its_source_no_longer_has_need_not_be_hidden_there(
    first: SignedIn, database: Database, wanted: Lifecycle
) -> None:
    await table(first, b"c1,Old,Words.,visible")
    await wish(database, first, "lifecycle", wanted, suggestion="s1")
    rest = HEADER + b"c2,Other,Words.,visible"
    assert (await first.imported("lms", {"catalog.csv": rest}, complete=True)).gone == 1
    assert await states(first) == [api.Change.DONE]


@pytest.mark.parametrize(
    ("choice", "left"), [("winnow", api.Change.PENDING), ("source", api.Change.WITHDRAWN)]
)
async def test_what_a_source_was_told_of_a_field_is_taken_back_where_its_own_value_holds(
    first: SignedIn, database: Database, choice: str, left: int
) -> None:
    await table(first, b"c1,Old,Words.,visible")
    await wish(database, first, "lifecycle", Lifecycle.ARCHIVED, suggestion="s1")
    await wish(database, first, "title", "New", suggestion="s1")
    await wish(database, first, "title", "Mine", suggestion="")
    await answered(first, await table(first, b"c1,Third,Words.,visible"), choice)
    assert await states(first) == [api.Change.PENDING, left]


@pytest.mark.parametrize(
    ("items", "choice", "line"),
    [
        (b"path,Path,1,c1,yes\npath,Path,2,weirs.html,no", "", ("c1", "c1\nweirs.html", api.Change.DONE)),
        (b"path,Path,1,c2,yes", "winnow", ("c2", "c1\nweirs.html", api.Change.PENDING)),
        (b"path,Path,1,c2,yes", "source", ("c1", "c1\nweirs.html", api.Change.WITHDRAWN)),
    ],
)
async def test_what_was_published_into_a_program_waits_until_its_source_has_it_or_holds_against_it(
    first: SignedIn, items: bytes, choice: str, line: tuple[str, str, int]
) -> None:
    async def programs(rows: bytes) -> Import:
        whole = b"program,title,position,resource,mandatory\n" + rows
        return await first.imported("lms", {"programs.csv": whole})

    await table(first, b"c1,One,Words.,visible", b"c2,Two,Words.,visible")
    await programs(b"path,Path,1,c1,yes")
    (path,) = (await first("ListPrograms", api.ListProgramsRequest())).programs
    page = b"<html lang='en'><title>Weirs</title><h1>Weirs</h1><p>Keep it dry.</p></html>"
    (draft,) = (await first.imported("lms", {"weirs.html": page}, validate_only=True)).drafts
    await first("PublishResource", PublishResourceRequest(name=draft.name, program=path.name))
    done = await programs(items)
    if choice:
        await answered(first, done, choice)
    else:
        assert (done.state, list(done.questions)) == (Import.SUCCEEDED, [])
    changes = (await first("ListChanges", api.ListChangesRequest())).changes
    assert [(each.from_value, each.to_value, each.state) for each in changes] == [line]
