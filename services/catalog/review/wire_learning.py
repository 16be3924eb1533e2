"""Where what decisions teach meets protobuf messages."""

from __future__ import annotations

from collections.abc import Iterable

from services.catalog.review.calibration import ENOUGH, Bin, calibration_error
from services.catalog.review.learning import Paced, Reliability
from services.kit.protobuf import timestamp
from winnow.review.v1 import reliability_pb2, suggestion_pb2


def reliability(values: Iterable[Reliability]) -> reliability_pb2.Reliability:
    """How far confidence can be trusted."""
    return reliability_pb2.Reliability(kinds=[_of_kind(each) for each in values])


def _of_kind(value: Reliability) -> reliability_pb2.KindReliability:
    map_ = value.map
    return reliability_pb2.KindReliability(
        kind=suggestion_pb2.Suggestion.Kind.Value(value.kind),
        labels=value.labels,
        labels_needed=ENOUGH,
        map_version=map_.version,
        map_time=timestamp(map_.create_time) if map_.create_time else None,
        points=[
            reliability_pb2.KindReliability.Point(score=score, confidence=confidence)
            for score, confidence in zip(map_.scores, map_.confidences, strict=True)
        ],
        bins=[_bin(each) for each in value.bins],
        calibration_error=calibration_error(value.bins) if value.bins else None,
        on_blind=value.blind,
        pace=pace(value.paced),
    )


def _bin(value: Bin) -> reliability_pb2.KindReliability.Bin:
    return reliability_pb2.KindReliability.Bin(
        lower=value.lower,
        upper=value.upper,
        count=value.count,
        mean_confidence=value.confidence,
        share_true=value.share,
    )


def pace(value: Paced) -> reliability_pb2.Pace:
    """How much of a kind is shown."""
    since = value.pace.pause_time
    return reliability_pb2.Pace(
        kind=suggestion_pb2.Suggestion.Kind.Value(value.pace.kind),
        pause_time=timestamp(since) if since else None,
        paused_by=value.paused_by,
        decided=value.decided,
        accepted=value.accepted,
    )
