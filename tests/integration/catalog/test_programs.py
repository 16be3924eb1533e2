"""Programs as a system pushes them: items named by id or by what the source calls them, found now or later."""

from __future__ import annotations

import grpc
import pytest

from services.kit.rpc import error_info
from tests.integration.catalog.conftest import SignedIn
from winnow.catalog.v1 import catalog_service_pb2 as api
from winnow.catalog.v1.program_pb2 import Program, ProgramItem


async def upsert(first: SignedIn, key: str, *items: ProgramItem, **more: object) -> Program:
    program = Program(source="lms", key=key, items=items, **more)  # type: ignore[arg-type]
    return await first("UpsertProgram", api.UpsertProgramRequest(program=program))


async def push(first: SignedIn, *inputs: api.ResourceInput) -> list[str]:
    request = api.BatchUpsertResourcesRequest(source="lms", resources=inputs)
    return [each.name for each in (await first("BatchUpsertResources", request)).resources]


async def test_items_are_found_by_id_external_id_and_title_and_others_are_kept(first: SignedIn) -> None:
    one, two, three = await push(
        first,
        api.ResourceInput(external_id="c1", title="One"),
        api.ResourceInput(external_id="c2", title="Two"),
        api.ResourceInput(external_id="c3", title="The third"),
    )
    saved = await upsert(
        first,
        "path",
        ProgramItem(resource=one, mandatory=True),
        ProgramItem(reference="c2"),
        ProgramItem(reference="the  THIRD"),
        ProgramItem(reference="nobody knows"),
    )
    assert [item.resource for item in saved.items] == [one, two, three, ""]
    assert saved.items[3].reference == "nobody knows"
    assert await first("GetProgram", api.GetProgramRequest(name=saved.name)) == saved


async def test_programs_are_listed_by_name_and_by_what_they_hold_with_or_without_items(
    first: SignedIn,
) -> None:
    one, two, three = await push(
        first, *(api.ResourceInput(external_id=f"c{n}", title=f"Course {n}") for n in range(3))
    )
    both = await upsert(first, "both", ProgramItem(resource=one), ProgramItem(resource=two))
    after = await upsert(first, "after", ProgramItem(resource=two, prerequisites=[one]))
    empty = await upsert(first, "empty")

    async def listed(**asked: object) -> list[str]:
        request = api.ListProgramsRequest(**asked)  # type: ignore[arg-type]
        return [each.name for each in (await first("ListPrograms", request)).programs]

    assert await listed() == [both.name, after.name, empty.name]
    assert await listed(names=[empty.name, both.name, "programs/gone"]) == [both.name, empty.name]
    assert await listed(holding=[one]) == [both.name]
    assert await listed(holding=[one, two, three]) == [both.name, after.name]
    assert await listed(holding=[two], names=[after.name]) == [after.name]
    assert await listed(holding=[three]) == await listed(names=["programs/gone"]) == []
    in_short = await first("ListPrograms", api.ListProgramsRequest(view=api.ListProgramsRequest.BASIC))
    whole = await first("ListPrograms", api.ListProgramsRequest())
    for each in whole.programs:
        del each.items[:]
    assert in_short == whole
    first_page = await first("ListPrograms", api.ListProgramsRequest(holding=[two], page_size=1))
    assert [each.name for each in first_page.programs] == [both.name]
    rest = api.ListProgramsRequest(holding=[two], page_size=1, page_token=first_page.next_page_token)
    assert [each.name for each in (await first("ListPrograms", rest)).programs] == [after.name]


async def test_a_name_that_two_resources_have_resolves_to_neither(first: SignedIn) -> None:
    await push(
        first,
        api.ResourceInput(external_id="c1", title="Same"),
        api.ResourceInput(external_id="c2", title="Same"),
    )
    saved = await upsert(first, "path", ProgramItem(reference="Same"))
    assert not saved.items[0].resource


async def test_an_item_may_be_a_program_but_never_itself(first: SignedIn) -> None:
    inner = await upsert(first, "inner", title="Inner path")
    outer = await upsert(first, "outer", ProgramItem(reference="inner path"))
    assert outer.items[0].program == inner.name
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await upsert(first, "inner", ProgramItem(program=outer.name))
    info = error_info(refused.value)
    assert info is not None
    assert (refused.value.code(), info.reason) == (grpc.StatusCode.FAILED_PRECONDITION, "PROGRAM_CYCLE")


async def test_a_stale_etag_is_told_the_current_program(first: SignedIn) -> None:
    before = await upsert(first, "path", title="One")
    await upsert(first, "path", title="Two", etag=before.etag)
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await upsert(first, "path", title="Three", etag=before.etag)
    info = error_info(refused.value)
    assert info is not None
    assert (refused.value.code(), info.reason) == (grpc.StatusCode.ABORTED, "ETAG_STALE")


async def test_sending_a_program_again_leaves_it_as_it_is(first: SignedIn) -> None:
    (one,) = await push(first, api.ResourceInput(external_id="c1", title="One"))
    before = await upsert(first, "path", ProgramItem(reference="c1"), owners=["o@example.org"])
    assert await upsert(first, "path", ProgramItem(reference="c1"), owners=["o@example.org"]) == before
    assert before.items[0].resource == one


async def test_the_export_names_items_by_source_and_external_id(first: SignedIn) -> None:
    await push(first, api.ResourceInput(external_id="c1", title="One"))
    await upsert(first, "path", ProgramItem(reference="c1", mandatory=True), ProgramItem(reference="?"))
    line = (await first.export()).splitlines()[-1]
    assert (
        '"items":[{"mandatory":true,"prerequisites":[],"resource":{"external_id":"c1","source":"lms"}}'
        in line
    )
    assert '{"mandatory":false,"prerequisites":[],"reference":"?"}' in line
