"""How far the curator is, for `winnow wait`, operators and the "as of" on every page."""

from __future__ import annotations

from dataclasses import dataclass

from nats.aio.client import Client
from nats.js.errors import NotFoundError

from services.curator import postgres
from services.curator.answers import Library
from services.curator.embedding_model import Model
from services.kit import events, nats, outbox
from services.kit.postgres import Pool
from winnow.curation.v1.curation_service_pb2 import IndexStatus

_DURABLES = ("curator-embed", "curator-judge")


@dataclass(frozen=True, slots=True)
class StatusReader:
    """Gathers the status from the copy, the index and NATS."""

    pool: Pool
    connection: Client
    model: Model
    library: Library

    async def read(self) -> IndexStatus:
        """The status now; `nats_connected` is false, and the lag unknown, while NATS does not answer."""
        async with self.pool.connection() as connection:
            totals = await postgres.totals(connection)
            copy = await postgres.copy(connection)
            counters = await postgres.counters(connection)
            backlog = await outbox.backlog(connection)
        lag = await self._lag()
        return IndexStatus(
            model_loaded=self.model.loaded,
            space=copy.space,
            resources=totals.resources,
            blocks=totals.blocks,
            indexed=await self.library.index.count() if self.library.index is not None else 0,
            to_embed=totals.to_embed,
            to_judge=totals.to_judge,
            outbox=backlog.waiting,
            lag=lag or 0,
            rebuilding=copy.rebuilding,
            blocks_embedded=counters["blocks_embedded"],
            pairs_compared=counters["pairs_compared"],
            feed_revision=copy.feed_revision,
            epoch=copy.epoch,
            reconciled=copy.reconciled,
            nats_connected=lag is not None,
            translations_checked=self.library.space_across is not None,
        )

    async def _lag(self) -> int | None:
        if not self.connection.is_connected:
            return None
        js = nats.jetstream(self.connection)
        total = 0
        for durable in _DURABLES:
            try:
                found = await events.lag(js, durable)
            except NotFoundError:
                return None
            except Exception as error:
                if nats.is_down(error):
                    return None
                raise
            total += found.pending + found.unacknowledged
        return total
