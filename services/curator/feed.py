"""Reads the catalog's feed over NATS: states in pages, texts put together from their slices."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Iterable, Sequence
from dataclasses import dataclass
from typing import cast

import grpc.aio

from services.curator import wire
from services.curator.postgres import StateRow
from services.kit.natsrpc import NatsChannel
from winnow.curation.v1.curation_service_pb2 import Standing
from winnow.internal.v1.feed_service_pb2 import (
    CountSearchRequest,
    GetDigestsRequest,
    GetStandingsRequest,
    GetStatesRequest,
    GetTextsRequest,
    ListStatesRequest,
    State,
    StateKind,
    TextSlice,
)
from winnow.internal.v1.feed_service_pb2_grpc import FeedServiceStub

_IDS = 200
_SECONDS = 20.0
_AT_ONCE = 2.0
_NO_ANSWER = frozenset(
    {grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.DEADLINE_EXCEEDED, grpc.StatusCode.UNIMPLEMENTED}
)


@dataclass(frozen=True, slots=True)
class Digests:
    """256 bucket digests of a kind, with the feed's epoch and highest revision at that moment."""

    buckets: tuple[int, ...]
    epoch: str
    revision: int


class Feed:
    """The catalog's current state; every answer says its epoch, which the caller compares with the copy's."""

    def __init__(self, channel: NatsChannel) -> None:
        self._stub = FeedServiceStub(channel)

    async def states(self, kind: int, ids: Iterable[str]) -> tuple[list[StateRow], str]:
        """The current states of these objects, `gone` for those that are no more, and the feed's epoch."""
        wanted = sorted(set(ids))
        found: list[StateRow] = []
        epoch = ""
        for start in range(0, len(wanted), _IDS):
            request = GetStatesRequest(kind=_kind(kind), ids=wanted[start : start + _IDS])
            answer = await self._stub.GetStates(request, timeout=_SECONDS)
            found += [_row(kind, state) for state in answer.states]
            epoch = answer.epoch
        return found, epoch

    async def all_states(
        self, kind: int, after: int = 0, bucket: int = 0
    ) -> AsyncGenerator[tuple[list[StateRow], str]]:
        """Pages of all states of a kind (of one bucket, 1 to 256) in revision order, with the epoch."""
        while True:
            request = ListStatesRequest(kind=_kind(kind), after_revision=after, bucket=bucket)
            answer = await self._stub.ListStates(request, timeout=_SECONDS)
            yield [_row(kind, state) for state in answer.states], answer.epoch
            if not answer.more or not answer.states:
                return
            after = answer.states[-1].revision

    async def texts(self, ids: Sequence[str]) -> dict[str, wire.Outline]:
        """The texts of these resources; those without any are left out."""
        slices: list[TextSlice] = []
        for start in range(0, len(ids), _IDS):
            page = 0
            while True:
                request = GetTextsRequest(ids=ids[start : start + _IDS], page=page)
                answer = await self._stub.GetTexts(request, timeout=_SECONDS)
                slices += answer.slices
                page = answer.next_page
                if page == 0:
                    break
        return wire.outlines(slices)

    async def draft(self, id_: str) -> tuple[State, wire.Outline] | None:
        """A draft's state with its text; None when it is published already or forgotten."""
        request = GetStatesRequest(kind=StateKind.DRAFTS, ids=[id_])
        (state,) = (await self._stub.GetStates(request, timeout=_SECONDS)).states
        if state.gone:
            return None
        return state, (await self.texts([id_])).get(id_, wire.Outline("", ()))

    async def standings(self, ids: Sequence[str]) -> list[Standing] | None:
        """What review has made of findings about one resource, or about two; None when the catalog did not answer.

        A person waits for it, so it gets two seconds.
        """
        try:
            answer = await self._stub.GetStandings(GetStandingsRequest(ids=ids), timeout=_AT_ONCE)
        except grpc.aio.AioRpcError as error:
            if error.code() not in _NO_ANSWER:
                raise
            return None
        return [
            Standing(
                outcome=each.outcome,
                text=each.text,
                suggestion=each.suggestion,
                suppression=each.suppression,
                verdict=each.verdict,
            )
            for each in answer.standings
        ]

    async def searched(self, id_: str) -> None:
        """Tells that somebody searched for what is gone; a catalog that does not answer misses it."""
        try:
            await self._stub.CountSearch(CountSearchRequest(resource=id_), timeout=_AT_ONCE)
        except grpc.aio.AioRpcError as error:
            if error.code() not in _NO_ANSWER:
                raise

    async def digests(self, kind: int) -> Digests:
        """The feed's digests of a kind."""
        answer = await self._stub.GetDigests(GetDigestsRequest(kind=_kind(kind)), timeout=_SECONDS)
        return Digests(tuple(answer.digests), answer.epoch, answer.revision)


def _kind(number: int) -> StateKind.ValueType:
    return cast("StateKind.ValueType", number)


def _row(kind: int, state: State) -> StateRow:
    return StateRow(kind, state.id, state.revision, state.gone, state.SerializeToString(deterministic=True))
