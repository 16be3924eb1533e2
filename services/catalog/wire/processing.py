"""What the catalog has still to do, and the values that errors carry."""

from __future__ import annotations

from google.protobuf.message import Message

from services.catalog.domain.house_rules import HouseRules
from services.catalog.domain.programs import Program
from services.catalog.domain.resources import (
    Resource,
)
from services.catalog.usecases.status import Status
from services.catalog.wire.house_rules import house_rules
from services.catalog.wire.programs import program
from services.catalog.wire.resources import resource
from services.kit.protobuf import timestamp
from winnow.catalog.v1 import (
    catalog_service_pb2,
)


def status(value: Status) -> catalog_service_pb2.ProcessingStatus:
    """What the catalog has still to do."""
    return catalog_service_pb2.ProcessingStatus(
        running_imports=value.running_imports,
        outbox=value.outbox,
        lag=value.lag or 0,
        due_plans=value.due_plans,
        feed_revision=value.feed_revision,
        oldest_outbox_time=timestamp(value.oldest_outbox_time) if value.oldest_outbox_time else None,
        epoch=value.epoch,
        nats_connected=value.lag is not None,
    )


def detail(value: object) -> Message | None:
    """The message of a value attached to an error."""
    if isinstance(value, Resource):
        return resource(value)
    if isinstance(value, HouseRules):
        return house_rules(value)
    return program(value) if isinstance(value, Program) else None
