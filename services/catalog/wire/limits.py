"""The house rules that are numbers and filters: owners, what is never archived, intervals, slots, weights."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Literal, TypedDict

from services.catalog.domain.house_rules import (
    CLASSES,
    MAX_NAME,
    HouseRules,
    NeverArchived,
    ReviewInterval,
    Weights,
)
from services.catalog.wire.announcements import line
from services.catalog.wire.fields import bad_field
from winnow.catalog.v1 import house_rules_pb2

MAX_NEVER = 100
MAX_MONTHS = 240
MAX_SLOTS, MAX_DECIDED = 200, 1000
MAX_KINDS = 100
_RISKS = 4
_MOST_HOURS = 10_000.0
_Limit = Literal["first_slots", "slots", "decided_enough"]
_Weight = Literal["exposed_hours", "now_from", "this_week_from"]


class Limits(TypedDict):
    """These rules as fields of `HouseRules`."""

    min_resource_owners: int
    min_program_owners: int
    never_archived: tuple[NeverArchived, ...]
    review_intervals: tuple[ReviewInterval, ...]
    first_slots: int | None
    slots: int | None
    decided_enough: int | None
    weights: Weights


class LimitsMessage(TypedDict):
    """These rules as fields of the message."""

    min_resource_owners: int
    min_program_owners: int
    never_archived: list[house_rules_pb2.NeverArchived]
    review_intervals: list[house_rules_pb2.ReviewInterval]
    first_slots: int | None
    slots: int | None
    decided_enough: int | None
    weights: house_rules_pb2.PriorityWeights


def limits(value: HouseRules) -> LimitsMessage:
    """The rules as shown."""
    return {
        "min_resource_owners": value.min_resource_owners,
        "min_program_owners": value.min_program_owners,
        "never_archived": [
            house_rules_pb2.NeverArchived(
                kind=each.kind, source=each.source, title=each.title, reason=each.reason
            )
            for each in value.never_archived
        ],
        "review_intervals": [
            house_rules_pb2.ReviewInterval(content_class=each.content_class, months=each.months)
            for each in value.review_intervals
        ],
        "first_slots": value.first_slots,
        "slots": value.slots,
        "decided_enough": value.decided_enough,
        "weights": house_rules_pb2.PriorityWeights(
            harm_hours=value.weights.harm_hours,
            review_minutes=value.weights.review_minutes,
            maintenance_hours=value.weights.maintenance_hours,
            exposed_hours=value.weights.exposed_hours,
            now_from=value.weights.now_from,
            this_week_from=value.weights.this_week_from,
        ),
    }


def wanted_limits(message: house_rules_pb2.HouseRules) -> Limits:
    """The rules that are wished for; InvalidArgument names the field that is out of range."""
    _within("min_resource_owners", message.min_resource_owners, 0, 1)
    _within("min_program_owners", message.min_program_owners, 0, 10)
    return {
        "min_resource_owners": message.min_resource_owners,
        "min_program_owners": message.min_program_owners,
        "never_archived": _never(message.never_archived),
        "review_intervals": _intervals(message.review_intervals),
        "first_slots": _limit(message, "first_slots", 1, MAX_SLOTS),
        "slots": _limit(message, "slots", 1, MAX_SLOTS),
        "decided_enough": _limit(message, "decided_enough", 0, MAX_DECIDED),
        "weights": _weights(message.weights),
    }


def _within(name: str, value: float, least: float, most: float) -> None:
    if not (math.isfinite(value) and least <= value <= most):
        raise bad_field(f"house_rules.{name}", f"must be {least:g} to {most:g}")


def _limit(message: house_rules_pb2.HouseRules, name: _Limit, least: int, most: int) -> int | None:
    if not message.HasField(name):
        return None
    value: int = getattr(message, name)
    _within(name, value, least, most)
    return value


def _never(given: Sequence[house_rules_pb2.NeverArchived]) -> tuple[NeverArchived, ...]:
    found: list[NeverArchived] = []
    for number, each in enumerate(given):
        at = f"house_rules.never_archived[{number}]"
        kind, source = (
            line(each.kind, f"{at}.kind", MAX_NAME).lower(),
            line(each.source, f"{at}.source", MAX_NAME),
        )
        title = line(each.title, f"{at}.title", MAX_NAME)
        if not (kind or source or title):
            raise bad_field(at, "needs a kind, a source or words of the title")
        found.append(NeverArchived(kind, source, title, line(each.reason, f"{at}.reason", MAX_NAME)))
    if len(found) > MAX_NEVER:
        raise bad_field("house_rules.never_archived", f"must be at most {MAX_NEVER}")
    return tuple(found)


def _intervals(given: Iterable[house_rules_pb2.ReviewInterval]) -> tuple[ReviewInterval, ...]:
    found: dict[str, ReviewInterval] = {}
    for number, each in enumerate(given):
        at = f"review_intervals[{number}]"
        if each.content_class not in CLASSES or each.content_class in found:
            raise bad_field(
                f"house_rules.{at}.content_class", f"must be one of {', '.join(CLASSES)}, each once"
            )
        _within(f"{at}.months", each.months, 1, MAX_MONTHS)
        found[each.content_class] = ReviewInterval(each.content_class, each.months)
    return tuple(found.values())


def _weights(message: house_rules_pb2.PriorityWeights) -> Weights:
    for name, values, least in (
        ("harm_hours", message.harm_hours, 0.0),
        ("review_minutes", message.review_minutes, 0.1),
    ):
        if len(values) not in (0, _RISKS):
            raise bad_field(f"house_rules.weights.{name}", f"must be {_RISKS} numbers, one a risk, or none")
        for value in values:
            _within(f"weights.{name}", value, least, _MOST_HOURS)
    kinds = {kind.strip().lower(): hours for kind, hours in message.maintenance_hours.items()}
    if len(kinds) > MAX_KINDS or not all(kinds):
        raise bad_field("house_rules.weights.maintenance_hours", f"must name at most {MAX_KINDS} kinds")
    for hours in kinds.values():
        _within("weights.maintenance_hours", hours, 0.0, _MOST_HOURS)
    found = Weights(
        tuple(message.harm_hours),
        tuple(message.review_minutes),
        kinds,
        _weight(message, "exposed_hours"),
        _weight(message, "now_from"),
        _weight(message, "this_week_from"),
    )
    now, this_week = found.bands
    if this_week > now:
        raise bad_field("house_rules.weights.this_week_from", f"must be at most now_from, {now:g}")
    return found


def _weight(message: house_rules_pb2.PriorityWeights, name: _Weight) -> float | None:
    if not message.HasField(name):
        return None
    value: float = getattr(message, name)
    _within(f"weights.{name}", value, 0.0, _MOST_HOURS)
    return value
