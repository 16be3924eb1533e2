"""When Winnow counts as idle. The statuses here are messages in the JSON that the gateway makes of them."""

from __future__ import annotations

from typing import Any

import pytest
from google.protobuf import json_format
from google.protobuf.message import Message

from services.cli.waiting import remaining
from winnow.catalog.v1.catalog_service_pb2 import ProcessingStatus
from winnow.curation.v1.curation_service_pb2 import IndexStatus

IDLE_CATALOG: dict[str, Any] = {"epoch": "e", "nats_connected": True, "feed_revision": 9}
IDLE_CURATOR: dict[str, Any] = {
    "epoch": "e", "nats_connected": True, "model_loaded": True, "reconciled": True, "resources": 7, "indexed": 3,
}  # fmt: skip


def as_json(message: Message) -> dict[str, Any]:
    return json_format.MessageToDict(message, always_print_fields_with_no_presence=True)


def left(catalog: dict[str, Any] | None = None, curator: dict[str, Any] | None = None) -> dict[str, Any]:
    return remaining(
        as_json(ProcessingStatus(**(IDLE_CATALOG | (catalog or {})))),
        as_json(IndexStatus(**(IDLE_CURATOR | (curator or {})))),
    )


def test_nothing_is_left_when_both_are_idle() -> None:
    assert left() == {}


@pytest.mark.parametrize(
    ("field", "value"),
    [("running_imports", 1), ("outbox", 2), ("lag", 3), ("due_plans", 1), ("nats_connected", False)],
)
def test_whatever_the_catalog_has_to_do_is_left(field: str, value: Any) -> None:
    assert len(left(catalog={field: value})) == 1


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("to_embed", 1),
        ("to_judge", 1),
        ("outbox", 1),
        ("lag", 1),
        ("rebuilding", True),
        ("model_loaded", False),
        ("reconciled", False),
        ("nats_connected", False),
        ("epoch", "another"),
    ],
)
def test_whatever_the_curator_has_to_do_is_left(field: str, value: Any) -> None:
    assert len(left(curator={field: value})) == 1
