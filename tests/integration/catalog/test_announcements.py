"""Announcements through the catalog's doors: told, listed, closed, handed to copies, and refused."""

from __future__ import annotations

from typing import Any

import grpc
import pytest
from google.type.date_pb2 import Date
from nats.aio.client import Client

from services.kit import nats
from services.kit.rpc import error_info
from tests.integration.catalog.conftest import CatalogProcess, SignedIn, eventually
from winnow.catalog.v1 import catalog_service_pb2 as api
from winnow.catalog.v1 import people_service_pb2 as people
from winnow.catalog.v1.announcement_pb2 import Announcement
from winnow.catalog.v1.events_pb2 import HouseRulesChanged
from winnow.internal.v1 import feed_service_pb2 as feed_api

ATLAS = Announcement(
    title=" Atlas 5.0  is out ",
    phrases=["Atlas", "atlas", "Atlas  Desktop"],
    effective_date=Date(year=2026, month=3, day=1),
    note="See the release notes.",
)


def announce(announcement: Announcement = ATLAS, **more: Any) -> api.AnnounceChangeRequest:
    return api.AnnounceChangeRequest(announcement=announcement, **more)


async def open_titles(person: SignedIn, *, closed: bool = False) -> list[str]:
    answer = await person("ListAnnouncements", api.ListAnnouncementsRequest(include_closed=closed))
    return [each.title for each in answer.announcements]


async def test_an_announcement_is_listed_until_it_is_closed(first: SignedIn) -> None:
    made = await first("AnnounceChange", announce())
    assert (made.title, list(made.phrases)) == ("Atlas 5.0 is out", ["Atlas", "Atlas Desktop"])
    assert made.author == f"people/{(await first.who()).person}"
    assert not made.HasField("close_time")
    assert await open_titles(first) == ["Atlas 5.0 is out"]
    closed = await first("CloseAnnouncement", api.CloseAnnouncementRequest(name=made.name))
    assert closed.HasField("close_time")
    assert await first("CloseAnnouncement", api.CloseAnnouncementRequest(name=made.name)) == closed
    assert await open_titles(first) == []
    assert await open_titles(first, closed=True) == ["Atlas 5.0 is out"]


async def test_without_a_day_it_holds_from_the_day_of_the_announcement(first: SignedIn) -> None:
    made = await first("AnnounceChange", announce(Announcement(title="New law", phrases=["the law"])))
    assert made.effective_date == made.announce_date


async def test_the_feed_gives_it_while_it_is_open_and_an_event_says_that_it_moved(
    first: SignedIn, feed: Any, catalog: CatalogProcess, bus: Client
) -> None:
    made = await first("AnnounceChange", announce())
    id_ = made.name.removeprefix("announcements/")
    page = await feed.ListStates(feed_api.ListStatesRequest(kind=feed_api.ANNOUNCEMENTS))
    (state,) = page.states
    assert (state.id, state.announcement.title, list(state.announcement.phrases)) == (
        id_,
        "Atlas 5.0 is out",
        ["Atlas", "Atlas Desktop"],
    )
    await eventually(lambda: catalog.sql("SELECT count(*) FROM outbox")[0][0] == 0)
    js = nats.jetstream(bus)
    last = (await js.stream_info("CATALOG")).state.last_seq
    event = HouseRulesChanged.FromString((await js.get_msg("CATALOG", last)).data or b"")
    assert (event.revision, event.epoch) == (state.revision, page.epoch)
    await first("CloseAnnouncement", api.CloseAnnouncementRequest(name=made.name))
    (gone,) = (await feed.GetStates(feed_api.GetStatesRequest(kind=feed_api.ANNOUNCEMENTS, ids=[id_]))).states
    assert gone.gone
    assert gone.revision > state.revision
    digests = await feed.GetDigests(feed_api.GetDigestsRequest(kind=feed_api.ANNOUNCEMENTS))
    assert not any(digests.digests)


async def test_a_repeated_request_announces_once(first: SignedIn) -> None:
    one = await first("AnnounceChange", announce(request_id="r1"))
    assert await first("AnnounceChange", announce(request_id="r1")) == one
    assert len(await open_titles(first)) == 1


@pytest.mark.parametrize(
    ("field", "announcement"),
    [
        ("announcement.title", Announcement(title=" ", phrases=["Atlas"])),
        ("announcement.phrases", Announcement(title="New")),
        ("announcement.phrases[1]", Announcement(title="New", phrases=["Atlas", "–!"])),
        (
            "announcement.effective_date",
            Announcement(title="New", phrases=["Atlas"], effective_date=Date(year=2026, month=2, day=31)),
        ),
    ],
)
async def test_what_says_nothing_is_refused_by_field(
    first: SignedIn, field: str, announcement: Announcement
) -> None:
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await first("AnnounceChange", announce(announcement))
    assert refused.value.code() is grpc.StatusCode.INVALID_ARGUMENT
    info = error_info(refused.value)
    assert info is not None
    assert info.metadata["field"] == field


async def test_whoever_has_no_content_role_is_told_who_can(
    first: SignedIn, channel: grpc.aio.Channel
) -> None:
    person = people.Person(email="ops@example.org", roles=[people.Person.ADMINISTRATOR])
    await first("CreatePerson", people.CreatePersonRequest(person=person))
    minted = await first("CreateApiToken", people.CreateApiTokenRequest(email="ops@example.org"))
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await SignedIn(channel, minted.token)("AnnounceChange", announce())
    info = error_info(refused.value)
    assert info is not None
    assert info.reason == "NOT_ALLOWED"
    assert "a learning leader" in info.metadata["who_can"]
