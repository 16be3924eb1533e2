"""What a source says of how it is connected, and how many changes wait for it, however short the page."""

from __future__ import annotations

from tests.integration.catalog.conftest import CatalogProcess, SignedIn
from winnow.catalog.v1 import catalog_service_pb2 as api
from winnow.catalog.v1.source_pb2 import Source

PAGE = (
    b'<!DOCTYPE html><html lang="en"><head><title>Weirs</title></head><body><h1>Weirs</h1><p>Keep it dry.</p>'
)


async def test_a_source_says_how_it_comes_and_that_people_carry_out_what_is_asked_of_it(
    first: SignedIn,
) -> None:
    await first.imported("handbook", {"weirs.html": PAGE})
    pushed = api.ResourceInput(external_id="c1", title="Weirs")
    await first("BatchUpsertResources", api.BatchUpsertResourcesRequest(source="lms", resources=[pushed]))
    found = (await first("ListSources", api.ListSourcesRequest())).sources
    assert {each.display_name: each.connector.kind for each in found} == {
        "handbook": Source.Connector.FILES,
        "lms": Source.Connector.CALLS,
    }
    assert {(each.connector.writes, each.connector.verifies) for each in found} == {
        ("change_list", "next_delivery")
    }


async def test_a_page_of_changes_says_how_many_there_are_on_all(
    first: SignedIn, catalog: CatalogProcess
) -> None:
    states = ("PENDING", "PENDING", "PENDING", "DONE")
    for number, state in enumerate(states):
        catalog.sql(
            "INSERT INTO changes (id, suggestion, target, source, external_id, field, from_value, to_value, state) "
            "VALUES (%s, 's', 'resources/r', 'lms', 'c', 'visibility', 'visible', 'hidden', %s) RETURNING id",
            (f"c{number}", state),
        )
    asked = api.ListChangesRequest(page_size=1, state=api.Change.PENDING)
    answer = await first("ListChanges", asked)
    assert (len(answer.changes), answer.total_size) == (1, 3)
    assert (await first("ListChanges", api.ListChangesRequest())).total_size == 4
