"""What the gateway counts for operators of its pages; deploy/prometheus has the alarms."""

from __future__ import annotations

from prometheus_client import Counter

from services.kit.telemetry import REGISTRY

pages_broken = Counter("winnow_pages_broken", "Requests that a bug in the gateway ended", registry=REGISTRY)
pages_unanswered = Counter(
    "winnow_pages_unanswered",
    "Times that a page lacked the answer of a service: all of it (catalog), or how fresh it is (curator)",
    ("service",),
    registry=REGISTRY,
)
