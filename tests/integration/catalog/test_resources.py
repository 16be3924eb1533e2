"""Resources through the catalog's own doors: gRPC for callers, the feed for copies, events for whoever listens."""

from __future__ import annotations

import csv
import hashlib
import io
import json
from typing import Any

import grpc
import pytest
from nats.aio.client import Client

from services.kit import nats
from services.kit.rpc import error_info
from tests.integration.catalog.conftest import CatalogProcess, SignedIn, eventually
from winnow.catalog.v1 import catalog_service_pb2 as api
from winnow.catalog.v1.events_pb2 import ResourcesChanged
from winnow.catalog.v1.resource_pb2 import Part
from winnow.internal.v1 import feed_service_pb2 as feed_api


def batch(source: str, *inputs: api.ResourceInput, **more: Any) -> api.BatchUpsertResourcesRequest:
    return api.BatchUpsertResourcesRequest(source=source, resources=inputs, **more)


async def test_a_pushed_resource_is_read_back_and_listed(first: SignedIn) -> None:
    part = Part(title="One", location="a.html", text="A text of its own.")
    answer = await first(
        "BatchUpsertResources",
        batch("lms", api.ResourceInput(external_id="c1", title="Ladders", outline=[part], mandatory=True)),
    )
    assert (answer.added, answer.changed, answer.unchanged) == (1, 0, 0)
    read = await first("GetResource", api.GetResourceRequest(name=answer.resources[0].name))
    assert (read.title, read.mandatory, list(read.outline)) == ("Ladders", True, [part])
    assert read.content_hash == hashlib.sha256(b"A text of its own.\0").hexdigest()
    listed = await first("ListResources", api.ListResourcesRequest(source="lms", external_id="c1"))
    assert [each.name for each in listed.resources] == [read.name]


@pytest.mark.parametrize("flag", ["mandatory", "certification", "accessible_form"])
async def test_what_a_source_states_with_yes_is_read_back_and_exported(first: SignedIn, flag: str) -> None:
    said = api.ResourceInput(external_id="c1", title="Ladders")
    setattr(said, flag, True)
    (made,) = (await first("BatchUpsertResources", batch("lms", said))).resources
    flags = ("mandatory", "certification", "accessible_form")
    assert [name for name in flags if getattr(made, name)] == [flag]
    line = json.loads(await first.export())
    assert [name for name in flags if line[name]] == [flag]
    (row,) = csv.DictReader(io.StringIO(await first.export(format=api.ExportCatalogRequest.CSV)))
    assert {name: row[name] for name in flags} == {name: "yes" if name == flag else "no" for name in flags}


async def test_sending_the_same_again_changes_nothing_and_raises_no_event(
    first: SignedIn, catalog: CatalogProcess
) -> None:
    request = batch("lms", api.ResourceInput(external_id="c1", title="Ladders", description="How to climb."))
    before = (await first("BatchUpsertResources", request)).resources[0]
    await eventually(lambda: catalog.sql("SELECT count(*) FROM outbox")[0][0] == 0)
    answer = await first("BatchUpsertResources", request)
    assert (answer.added, answer.changed, answer.unchanged) == (0, 0, 1)
    assert answer.resources[0].etag == before.etag
    assert catalog.sql("SELECT count(*) FROM outbox") == [(0,)]


async def test_a_batch_makes_one_event_that_says_whose_text_changed(
    first: SignedIn, catalog: CatalogProcess, bus: Client
) -> None:
    js = nats.jetstream(bus)
    inputs = [api.ResourceInput(external_id=f"c{n}", title=f"T{n}", description="Text.") for n in range(3)]
    await first("BatchUpsertResources", batch("lms", *inputs))
    inputs[1].title = "Renamed"
    inputs[2].description = "Other text."
    answer = await first("BatchUpsertResources", batch("lms", *inputs))
    assert (answer.changed, answer.unchanged) == (2, 1)
    await eventually(lambda: catalog.sql("SELECT count(*) FROM outbox")[0][0] == 0)
    state = (await js.stream_info("CATALOG")).state
    event = ResourcesChanged.FromString((await js.get_msg("CATALOG", state.last_seq)).data or b"")
    moved = {item.id: item.text_changed for item in event.items}
    names = [each.name.removeprefix("resources/") for each in answer.resources]
    assert moved == {names[1]: False, names[2]: True}


async def test_the_feed_hands_out_states_in_revision_order_and_texts_in_slices(
    first: SignedIn, feed: Any
) -> None:
    long = "é" * 600_000
    inputs = [
        api.ResourceInput(external_id="a", title="A", outline=[Part(location="x", text=long)]),
        api.ResourceInput(external_id="b", title="B", description="Short.", owner="First@Example.org"),
    ]
    answer = await first("BatchUpsertResources", batch("lms", *inputs))
    page = await feed.ListStates(feed_api.ListStatesRequest(kind=feed_api.RESOURCES))
    assert [state.revision for state in page.states] == sorted(state.revision for state in page.states)
    by_title = {state.resource.title: state for state in page.states}
    assert by_title["B"].resource.owner_active
    ids = [each.name.removeprefix("resources/") for each in answer.resources]
    text, number = "", 0
    while True:
        texts = await feed.GetTexts(feed_api.GetTextsRequest(ids=ids, page=number))
        text += "".join(each.text for each in texts.slices if each.id == ids[0])
        assert texts.ByteSize() < 900_000
        number = texts.next_page
        if not number:
            break
    assert text == long


async def test_digests_follow_their_definition(first: SignedIn, feed: Any) -> None:
    inputs = [api.ResourceInput(external_id=f"c{n}", title=f"T{n}") for n in range(20)]
    await first("BatchUpsertResources", batch("lms", *inputs))
    page = await feed.ListStates(feed_api.ListStatesRequest(kind=feed_api.RESOURCES))
    expected = [0] * 256
    for state in page.states:
        digest = hashlib.sha256(f"{state.id}:{state.revision}".encode()).digest()
        bucket = hashlib.sha256(state.id.encode()).digest()[0]
        expected[bucket] = (expected[bucket] + int.from_bytes(digest[:8], "big", signed=True)) % (1 << 64)
    found = await feed.GetDigests(feed_api.GetDigestsRequest(kind=feed_api.RESOURCES))
    assert list(found.digests) == expected
    assert found.revision == max(state.revision for state in page.states)
    bucket = next(number for number, value in enumerate(expected) if value)
    one = await feed.ListStates(feed_api.ListStatesRequest(kind=feed_api.RESOURCES, bucket=bucket + 1))
    assert {hashlib.sha256(state.id.encode()).digest()[0] for state in one.states} == {bucket}


async def test_a_repeated_request_id_answers_the_same_and_another_body_under_it_is_refused(
    first: SignedIn,
) -> None:
    request = batch("lms", api.ResourceInput(external_id="c1", title="One"), request_id="r1")
    one = await first("BatchUpsertResources", request)
    assert await first("BatchUpsertResources", request) == one
    request.resources[0].title = "Two"
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await first("BatchUpsertResources", request)
    info = error_info(refused.value)
    assert info
    assert info.reason == "REQUEST_ID_REUSED"


async def test_a_row_and_the_package_it_names_are_one_resource(first: SignedIn) -> None:
    row = api.ResourceInput(external_id="c1", title="Row", file="Courses/Ladders.zip")
    await first("BatchUpsertResources", batch("lms", row))
    other = api.ResourceInput(external_id="c2", title="Other")
    await first("BatchUpsertResources", batch("lms", other))
    assert len((await first("ListResources", api.ListResourcesRequest())).resources) == 2


async def test_hold_is_set_and_lifted(first: SignedIn) -> None:
    answer = await first("BatchUpsertResources", batch("lms", api.ResourceInput(external_id="c1")))
    name = answer.resources[0].name
    held = await first("SetHold", api.SetHoldRequest(name=name, reason="Audit until May"))
    assert held.hold == "Audit until May"
    assert not (await first("SetHold", api.SetHoldRequest(name=name))).hold


async def test_the_export_is_canonical(first: SignedIn, catalog: CatalogProcess) -> None:
    inputs = [api.ResourceInput(external_id=f"c{n}", title=f"=T{n}", description="Text.") for n in range(450)]
    for start in (200, 0, 400):
        await first("BatchUpsertResources", batch("lms", *inputs[start : start + 200]))
    one = await first.export()
    catalog.sql("TRUNCATE resources, listings, bodies, programs CASCADE")
    for start in (0, 400, 200):
        await first("BatchUpsertResources", batch("lms", *inputs[start : start + 200]))
    assert await first.export() == one
    assert one.count("\n") == 450
    assert "resources/" not in one
    table = await first.export(format=api.ExportCatalogRequest.CSV)
    assert table.count("\r\n") == 451
    assert ",'=T7," in table


async def test_status_tells_what_is_left(first: SignedIn, catalog: CatalogProcess) -> None:
    await first("BatchUpsertResources", batch("lms", api.ResourceInput(external_id="c1")))
    status = await eventually(lambda: _idle(first))
    assert status.nats_connected
    assert status.feed_revision > 0
    assert status.epoch
    assert catalog.ready()["ready"]


async def _idle(first: SignedIn) -> Any:
    status = await first("GetProcessingStatus", api.GetProcessingStatusRequest())
    return status if not (status.outbox or status.running_imports or status.lag) else None
