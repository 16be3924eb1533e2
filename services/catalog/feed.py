"""FeedService over NATS: the catalog's state for services that keep a copy."""

from __future__ import annotations

from typing import Any

from typing_extensions import override

from services.catalog import wire
from services.catalog.postgres.database import Database
from services.catalog.review import absence, closings
from services.catalog.usecases import feed
from services.kit import pages
from winnow.internal.v1 import feed_service_pb2 as api
from winnow.internal.v1.feed_service_pb2_grpc import FeedServiceServicer

MAX_IDS = 200
MAX_PAGE = 500
DEFAULT_PAGE = 200
MAX_ANSWER = 768 * 1024  # far enough below what a NATS message may carry


class FeedServicer(FeedServiceServicer):
    """FeedService."""

    def __init__(self, database: Database) -> None:
        self._db = database

    @override
    async def GetStates(self, request: api.GetStatesRequest, context: Any) -> api.GetStatesResponse:
        kind = wire.state_kind(request.kind)
        if len(request.ids) > MAX_IDS:
            raise wire.bad_field("ids", f"must be at most {MAX_IDS}")
        page = await feed.get_states(self._db, kind, request.ids)
        return api.GetStatesResponse(states=[wire.state(each) for each in page.entries], epoch=page.epoch)

    @override
    async def ListStates(self, request: api.ListStatesRequest, context: Any) -> api.ListStatesResponse:
        kind = wire.state_kind(request.kind)
        if not 0 <= request.bucket <= 256:
            raise wire.bad_field("bucket", "must be 0 to 256")
        page = await feed.list_states(
            self._db,
            kind,
            after=request.after_revision,
            limit=pages.size(request.page_size, default=DEFAULT_PAGE, maximum=MAX_PAGE),
            bucket=request.bucket - 1,
        )
        return wire.states(page, MAX_ANSWER)

    @override
    async def GetTexts(self, request: api.GetTextsRequest, context: Any) -> api.GetTextsResponse:
        if len(request.ids) > MAX_IDS:
            raise wire.bad_field("ids", f"must be at most {MAX_IDS}")
        return wire.texts(await feed.get_texts(self._db, request.ids, request.page, limit=MAX_ANSWER))

    @override
    async def GetStandings(self, request: api.GetStandingsRequest, context: Any) -> api.GetStandingsResponse:
        if not 1 <= len(request.ids) <= 2:
            raise wire.bad_field("ids", "must be one or two")
        found = await absence.standings(self._db, request.ids)
        return api.GetStandingsResponse(
            standings=[
                api.ReviewStanding(
                    outcome=each.outcome,
                    text=each.text,
                    suggestion=each.suggestion,
                    suppression=each.suppression,
                    verdict=each.verdict,
                )
                for each in found
            ]
        )

    @override
    async def CountSearch(self, request: api.CountSearchRequest, context: Any) -> api.CountSearchResponse:
        await closings.searched(self._db, request.resource)
        return api.CountSearchResponse()

    @override
    async def GetDigests(self, request: api.GetDigestsRequest, context: Any) -> api.GetDigestsResponse:
        return wire.digests(await feed.get_digests(self._db, wire.state_kind(request.kind)))
