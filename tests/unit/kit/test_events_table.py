"""The table of streams: no event without a consumer, no overlap JetStream would refuse, retries only where declared."""

from __future__ import annotations

import json

import pytest
from google.protobuf import descriptor_pb2, descriptor_pool
from google.protobuf.descriptor import ServiceDescriptor

from services.kit import events, rpc


def matches(pattern: str, subject: str) -> bool:
    if pattern.endswith(".>"):
        return subject.startswith(pattern[:-1])
    return pattern == subject


def test_every_catalog_event_reaches_exactly_one_durable() -> None:
    messages = pytest.importorskip("winnow.catalog.v1.events_pb2").DESCRIPTOR.message_types_by_name.values()
    stream, _ = events.stream_of("curator-judge")
    for message in messages:
        subject = events.subject(message.full_name)
        takers = [
            durable.name
            for durable in stream.durables
            if any(matches(pattern, subject) for pattern in durable.filters)
        ]
        assert len(takers) == 1, (subject, takers)


def test_every_filter_lies_in_its_stream_and_in_no_other_filter() -> None:
    for stream in events.STREAMS:
        for durable in stream.durables:
            for pattern in durable.filters:
                assert any(matches(subject, pattern) for subject in stream.subjects)
                assert not any(matches(other, pattern) for other in durable.filters if other != pattern)


def test_a_name_outside_the_table_is_an_error() -> None:
    with pytest.raises(KeyError):
        events.stream_of("nobody")


def service() -> ServiceDescriptor:
    file = descriptor_pb2.FileDescriptorProto(name="t.proto", package="t", syntax="proto3")
    file.message_type.add(name="M")
    made = file.service.add(name="S")
    for name, level in (("Read", "NO_SIDE_EFFECTS"), ("Put", "IDEMPOTENT"), ("Do", None)):
        method = made.method.add(name=name, input_type=".t.M", output_type=".t.M")
        if level:
            method.options.idempotency_level = descriptor_pb2.MethodOptions.IdempotencyLevel.Value(level)
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return pool.FindServiceByName("t.S")


def test_only_methods_declared_repeatable_are_retried() -> None:
    config = json.loads(rpc.service_config([service()]))
    (entry,) = config["methodConfig"]
    assert [name["method"] for name in entry["name"]] == ["Read", "Put"]
    assert entry["retryPolicy"]["retryableStatusCodes"] == ["UNAVAILABLE"]
    assert config["retryThrottling"] == {"maxTokens": 10, "tokenRatio": 0.1}
