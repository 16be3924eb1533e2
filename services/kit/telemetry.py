"""Logs, metrics and the trace that one change leaves across services.

The trace is a W3C `traceparent` value and nothing more: it comes in as gRPC metadata or a NATS header, is
bound to the logs, is stored in the outbox row and goes out again, so that one id finds every log line of one
change.
"""

from __future__ import annotations

import logging
import re
import secrets
import sys
from contextvars import ContextVar
from typing import Any

import structlog
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

REGISTRY = CollectorRegistry()
"""This process's metrics, without the client library's defaults."""

TRACE_HEADER = "traceparent"

_TRACEPARENT = re.compile(r"00-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})")  # W3C Trace Context, version 00
_trace: ContextVar[str] = ContextVar("trace", default="")

rpc_handled = Counter(
    "winnow_rpc_handled", "Calls answered, by method and code", ("method", "code"), registry=REGISTRY
)
rpc_seconds = Histogram(
    "winnow_rpc_seconds", "Time to answer a call", ("method",), registry=REGISTRY,
    buckets=(0.005, 0.02, 0.05, 0.1, 0.3, 1, 3, 10, 30),
)  # fmt: skip
nats_permission_denied = Counter(
    "winnow_nats_permission_denied", "Subjects the NATS server refused to this service", registry=REGISTRY
)
nats_slow_consumer = Counter(
    "winnow_nats_slow_consumer", "Messages dropped because a plain subscription was slow", registry=REGISTRY
)
outbox_unpublished = Gauge("winnow_outbox_unpublished", "Rows waiting in the outbox", registry=REGISTRY)
outbox_oldest_seconds = Gauge(
    "winnow_outbox_oldest_unpublished_seconds",
    "Age of the oldest waiting row",
    registry=REGISTRY,
)
outbox_published = Counter(
    "winnow_outbox_published", "Events acknowledged by JetStream", ("type",), registry=REGISTRY
)
outbox_duplicates = Counter(
    "winnow_outbox_duplicates",
    "Events that JetStream already had",
    registry=REGISTRY,
)
consumer_lag = Gauge(
    "winnow_consumer_lag", "Events pending or unacknowledged", ("durable",), registry=REGISTRY
)
consumer_handled = Counter(
    "winnow_consumer_handled", "Events settled, by outcome", ("durable", "outcome"), registry=REGISTRY
)
consumer_paused = Gauge(
    "winnow_consumer_paused",
    "1 while a dependency does not answer",
    ("durable",),
    registry=REGISTRY,
)
deadletter_open = Gauge("winnow_deadletter_open", "Dead letters nobody has retried", registry=REGISTRY)


def metrics() -> bytes:
    """All metrics in Prometheus' text format."""
    return generate_latest(REGISTRY)


def trace() -> str:
    """The `traceparent` to send on: same trace, a new span; a new trace when there is none."""
    known = _TRACEPARENT.fullmatch(_trace.get())
    trace_id, flags = (known[1], known[3]) if known else (secrets.token_hex(16), "00")
    return f"00-{trace_id}-{secrets.token_hex(8)}-{flags}"


def bind_trace(header: str | None) -> str:
    """Continues the caller's trace in this task, or begins one; returns the trace id that logs will show."""
    known = _TRACEPARENT.fullmatch(header or "")
    _trace.set(known[0] if known else trace())
    trace_id = _trace.get().split("-")[1]
    structlog.contextvars.bind_contextvars(trace=trace_id)
    return trace_id


def trace_id() -> str:
    """The id that the logs of this task show; begins a trace where there is none."""
    known = _TRACEPARENT.fullmatch(_trace.get())
    return known[1] if known else bind_trace(None)


def short(trace: str) -> str:
    """The beginning of a trace's id: it still finds it in a log, and can be read out on the telephone."""
    return trace[:8]


def configure_logging(service: str, level: str = "INFO", *, json: bool | None = None) -> None:
    """Sends this process's logs to stderr: one JSON object a line, or text when stderr is a terminal."""
    as_json = not sys.stderr.isatty() if json is None else json
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    last: list[Any] = (
        # Without local variables: they hold credentials and people's texts.
        [
            structlog.processors.ExceptionRenderer(
                structlog.tracebacks.ExceptionDictTransformer(show_locals=False)
            ),
            structlog.processors.JSONRenderer(),
        ]
        if as_json
        else [structlog.dev.ConsoleRenderer()]
    )
    formatter = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=[*shared, structlog.stdlib.add_logger_name],
        processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *last],
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(formatter)
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    logging.getLogger("httpx").setLevel(logging.WARNING)
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        wrapper_class=structlog.stdlib.BoundLogger,
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
    structlog.contextvars.bind_contextvars(service=service)


def logger() -> structlog.stdlib.BoundLogger:
    """The structured logger: an event in words, values as keywords."""
    return structlog.get_logger()
