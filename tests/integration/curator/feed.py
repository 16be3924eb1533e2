"""A catalog's feed from memory, for tests of the curator alone: real NATS, real messages, no PostgreSQL behind."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import Any

from google.type.date_pb2 import Date
from typing_extensions import override

from services.kit.errors import Unavailable
from winnow.internal.v1.feed_service_pb2 import (
    AnnouncementState,
    CountSearchResponse,
    EngagementState,
    GetDigestsResponse,
    GetStandingsResponse,
    GetStatesResponse,
    GetTextsResponse,
    HouseRulesState,
    ListStatesResponse,
    ProgramState,
    ResourceState,
    ReviewStanding,
    State,
    TextSlice,
    VerdictState,
)
from winnow.internal.v1.feed_service_pb2_grpc import FeedServiceServicer

RESOURCES, PROGRAMS, ENGAGEMENT, VERDICTS, HOUSE_RULES, ANNOUNCEMENTS = 1, 2, 3, 4, 5, 6


@dataclass
class MemoryFeed(FeedServiceServicer):
    """What a test says the catalog holds."""

    epoch: str = "first"
    revision: int = 0
    states: dict[tuple[int, str], State] = field(default_factory=dict)
    texts: dict[str, str] = field(default_factory=dict)
    texts_read: list[str] = field(default_factory=list)
    standings: list[ReviewStanding] | None = field(default_factory=list)
    """What review says of whatever it is asked; None: it does not answer."""
    searched: list[str] = field(default_factory=list)

    def put(self, key: str, text: str | None = None, **values: Any) -> State:
        """A resource, new or changed; without `text` its text stays."""
        if text is not None:
            self.texts[key] = text
        known = self.states.get((RESOURCES, key))
        resource = ResourceState()
        if known is not None:
            resource.CopyFrom(known.resource)
        resource.MergeFrom(ResourceState(**values))
        resource.content_hash = hashlib.sha256(self.texts[key].encode()).hexdigest()
        if not resource.listings:
            resource.listings.add(source="lms", external_id=key, format="csv")
        return self._keep(RESOURCES, State(id=key, resource=resource))

    def put_program(self, key: str, program: ProgramState) -> State:
        return self._keep(PROGRAMS, State(id=key, program=program))

    def rule(self, rules: HouseRulesState) -> State:
        return self._keep(HOUSE_RULES, State(id="house_rules", house_rules=rules))

    def announce(self, key: str, announcement: AnnouncementState) -> State:
        return self._keep(ANNOUNCEMENTS, State(id=key, announcement=announcement))

    def close(self, key: str) -> None:
        self._keep(ANNOUNCEMENTS, State(id=key, gone=True))

    def rule_on(self, first: str, second: str, verdict: str) -> State:
        """What people decided of a pair, the smaller id first; empty where it was taken back."""
        said = VerdictState(a=first, b=second, verdict=verdict)
        return self._keep(VERDICTS, State(id=f"{first}:{second}", gone=not verdict, verdict=said))

    def put_use(self, key: str, starts: list[int], *, seconds: int = 0) -> State:
        """Starts a month, oldest first, to May 2026, each of so many seconds."""
        engagement = EngagementState(
            started_year=sum(starts[-12:]),
            seconds_year=sum(starts[-12:]) * seconds,
            newest_month=Date(year=2026, month=5, day=1),
            started_months=starts,
        )
        return self._keep(ENGAGEMENT, State(id=key, engagement=engagement))

    def remove_use(self, key: str) -> None:
        self._keep(ENGAGEMENT, State(id=key, gone=True))

    def remove(self, key: str) -> None:
        self._keep(RESOURCES, State(id=key, gone=True))

    def _keep(self, kind: int, state: State) -> State:
        self.revision += 1
        state.revision = self.revision
        self.states[kind, state.id] = state
        return state

    def _of(self, kind: int) -> list[State]:
        return sorted(
            (state for (of, _), state in self.states.items() if of == kind), key=lambda one: one.revision
        )

    @override
    async def GetStates(self, request: Any, context: Any) -> GetStatesResponse:
        found = [self.states.get((request.kind, key), State(id=key, gone=True)) for key in request.ids]
        return GetStatesResponse(states=found, epoch=self.epoch)

    @override
    async def ListStates(self, request: Any, context: Any) -> ListStatesResponse:
        found = [
            state
            for state in self._of(request.kind)
            if state.revision > request.after_revision
            and request.bucket in (0, hashlib.sha256(state.id.encode()).digest()[0] + 1)
        ]
        return ListStatesResponse(states=found[:2], more=len(found) > 2, epoch=self.epoch)

    @override
    async def GetTexts(self, request: Any, context: Any) -> GetTextsResponse:
        ids = list(request.ids)
        key = ids[request.page]
        slices: list[TextSlice] = []
        if key in self.texts:
            text = self.texts[key]
            self.texts_read.append(key)
            state = self.states[RESOURCES, key]
            slices.append(
                TextSlice(id=key, content_hash=state.resource.content_hash, location="description", text=text)
            )
        more = request.page + 1
        return GetTextsResponse(slices=slices, next_page=more if more < len(ids) else 0, epoch=self.epoch)

    @override
    async def GetStandings(self, request: Any, context: Any) -> GetStandingsResponse:
        if self.standings is None:
            raise Unavailable("SERVICE_UNAVAILABLE", "Not now.")
        return GetStandingsResponse(standings=self.standings)

    @override
    async def CountSearch(self, request: Any, context: Any) -> CountSearchResponse:
        self.searched.append(request.resource)
        return CountSearchResponse()

    @override
    async def GetDigests(self, request: Any, context: Any) -> GetDigestsResponse:
        sums = [0] * 256
        for state in self._of(request.kind):
            if not state.gone:
                entry = hashlib.sha256(f"{state.id}:{state.revision}".encode()).digest()[:8]
                bucket = hashlib.sha256(state.id.encode()).digest()[0]
                sums[bucket] = (sums[bucket] + int.from_bytes(entry, "big", signed=True)) % (1 << 64)
        return GetDigestsResponse(digests=sums, epoch=self.epoch, revision=self.revision)
