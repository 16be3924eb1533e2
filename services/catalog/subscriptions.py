"""What the curator publishes: parsed, handed to one use case, acknowledged by `kit.consumer` after the commit."""

from __future__ import annotations

from collections.abc import Sequence

from services.catalog.postgres.database import Database
from services.catalog.review import classes, proposals, wire
from services.catalog.review.findings import Proposal
from services.kit import events
from services.kit.events import Event
from winnow.curation.v1.events_pb2 import (
    PassCompleted,
    ProposalMade,
    ProposalWithdrawn,
    ResourcesClassified,
)

DURABLE = "catalog-review"

_MADE = ProposalMade.DESCRIPTOR.full_name
_WITHDRAWN = ProposalWithdrawn.DESCRIPTOR.full_name
_CLASSIFIED = ResourcesClassified.DESCRIPTOR.full_name


class Reviews:
    """Handles batches of the durable `catalog-review`, in order; findings that follow one another go in together."""

    def __init__(self, database: Database) -> None:
        self._db = database

    async def handle(self, batch: Sequence[Event]) -> None:
        """Returns when all of it is stored; a repetition leaves the same state."""
        made: list[Proposal] = []
        for event in batch:
            if event.type == _MADE:
                made.append(wire.proposal(events.payload(event, ProposalMade).proposal))
                continue
            await self._take(made)
            made = []
            if event.type == _WITHDRAWN:
                gone = wire.withdrawal(events.payload(event, ProposalWithdrawn))
                await proposals.withdraw(self._db, gone)
            elif event.type == _CLASSIFIED:
                said = wire.classes(events.payload(event, ResourcesClassified))
                await classes.take_classes(self._db, said)
            else:
                page = wire.pass_page(events.payload(event, PassCompleted))
                await proposals.complete_pass(self._db, page)
        await self._take(made)

    async def _take(self, made: Sequence[Proposal]) -> None:
        if made:
            await proposals.take_proposals(self._db, made)
