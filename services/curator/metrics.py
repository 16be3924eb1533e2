"""What the curator counts for operators; what must survive a restart is counted in PostgreSQL as well."""

from __future__ import annotations

from prometheus_client import Counter, Gauge

from services.kit.telemetry import REGISTRY

blocks_embedded = Counter("winnow_blocks_embedded", "Blocks embedded for the first time", registry=REGISTRY)
pairs_compared = Counter("winnow_pairs_compared", "Pairs of resources compared", registry=REGISTRY)
candidates = Counter(
    "winnow_candidates",
    "Candidate pairs by what found them: blocks, bands, meaning or languages",
    ("by",),
    registry=REGISTRY,
)
antientropy_repaired = Counter(
    "winnow_antientropy_repaired", "Objects the sweep had to read again", registry=REGISTRY
)
index_rebuilds = Counter("winnow_index_rebuilds", "Times the index was built anew", registry=REGISTRY)
judge_seconds = Gauge(
    "winnow_judge_pass_seconds", "Duration of the last pass of the judge", registry=REGISTRY
)
