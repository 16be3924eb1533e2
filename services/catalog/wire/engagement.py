"""Rows of engagement as systems push them, and how people learn."""

from __future__ import annotations

import math
from collections.abc import Iterable
from datetime import date

from services.catalog.domain.participation import Figure, ItemTold, MonthTold, Told
from services.catalog.domain.periods import PERIODS
from services.catalog.imports.model import EngagementRow, LearnerState
from services.catalog.usecases.participation import Learning, Recorded
from services.catalog.wire.fields import bad_field, date_of, day
from winnow.catalog.v1 import engagement_pb2

MAX_ROWS = 2000
MAX_REFERENCE = 500
_MAX_RATING = 100.0  # as the source counts; files are not limited, a mistake in units is
_STATES = {
    engagement_pb2.EngagementRow.NOT_STARTED: LearnerState.NOT_STARTED,
    engagement_pb2.EngagementRow.IN_PROGRESS: LearnerState.IN_PROGRESS,
    engagement_pb2.EngagementRow.COMPLETED: LearnerState.COMPLETED,
    engagement_pb2.EngagementRow.FAILED: LearnerState.FAILED,
}


def engagement_rows(given: Iterable[engagement_pb2.EngagementRow]) -> list[EngagementRow]:
    """Rows as an import reads them; InvalidArgument names the field that is out of range."""
    rows = [_row(each, f"rows[{number}]", number) for number, each in enumerate(given)]
    if not 1 <= len(rows) <= MAX_ROWS:
        raise bad_field("rows", f"must be 1 to {MAX_ROWS}")
    keys = {(row.resource, row.month, row.learner.strip().casefold()) for row in rows}
    if len(keys) < len(rows):
        raise bad_field("rows", "must name each resource, month and learner once")
    return rows


def _row(message: engagement_pb2.EngagementRow, at: str, number: int) -> EngagementRow:
    resource, learner = message.resource.strip(), message.learner.strip()
    if not resource or max(len(resource), len(learner)) > MAX_REFERENCE:
        raise bad_field(f"{at}.resource", f"must have 1 to {MAX_REFERENCE} characters, as a learner")
    month = message.month
    if not (1970 <= month.year <= 9999 and 1 <= month.month <= 12):
        raise bad_field(f"{at}.month", "must be a month of a year")
    counts = (message.enrolled, message.started, message.completed)
    for name, value in zip(("enrolled", "started", "completed"), counts, strict=True):
        if value < 0 or (learner and value > 1):
            raise bad_field(f"{at}.{name}", "must be 0 or 1 for a learner, and never negative")
    if message.seconds < 0:
        raise bad_field(f"{at}.seconds", "must not be negative")
    rating = message.rating if message.HasField("rating") else None
    if rating is not None and not (math.isfinite(rating) and 0 <= rating <= _MAX_RATING):
        raise bad_field(f"{at}.rating", "must be a rating")
    if not learner and (message.state or message.HasField("due")):
        raise bad_field(f"{at}.learner", "is missing: sums have no state and no due date")
    return EngagementRow(
        number,
        resource,
        date(month.year, month.month, 1),
        *counts,
        seconds=message.seconds,
        rating=rating,
        learner=learner,
        state=_state(message, at) if learner else None,
        due=date_of(message.due, f"{at}.due"),
    )


def _state(message: engagement_pb2.EngagementRow, at: str) -> LearnerState:
    if message.state:
        if message.state not in _STATES:
            raise bad_field(f"{at}.state", "must name a state")
        return _STATES[message.state]
    if message.completed:
        return LearnerState.COMPLETED
    return LearnerState.IN_PROGRESS if message.started else LearnerState.NOT_STARTED


def period(months: int, field: str = "months") -> int:
    """The months asked for, a year where none are said; InvalidArgument for what is no period."""
    if months and months not in PERIODS:
        raise bad_field(field, f"must be one of {', '.join(map(str, PERIODS))}")
    return months or PERIODS[0]


def recorded(value: Recorded) -> engagement_pb2.RecordEngagementResponse:
    """What was recorded."""
    return engagement_pb2.RecordEngagementResponse(recorded=value.rows, unresolved=value.unresolved)


def group_figure(value: Figure) -> engagement_pb2.GroupFigure:
    """A figure on a group."""
    return engagement_pb2.GroupFigure(value=value.value, hidden=value.hidden, basis=value.basis)


def learning(value: Learning) -> engagement_pb2.Engagement:
    """How people learn, as far as it may be told."""
    made = learning_in_short(value)
    made.months.extend(_month(each) for each in value.use.months)
    made.items.extend(_item(each) for each in value.items)
    return made


def learning_in_short(value: Learning) -> engagement_pb2.Engagement:
    """The same without its months and items."""
    use = value.use
    return engagement_pb2.Engagement(
        name=value.name,
        title=value.title,
        newest_month=day(use.newest),
        reach=group_figure(use.reach),
        started=group_figure(use.started),
        completed=group_figure(use.completed),
        completion=group_figure(use.completion),
        stated_seconds=value.stated_seconds,
        real_seconds=group_figure(use.real_seconds),
        rating=group_figure(use.rating),
        trend=group_figure(use.trend),
        drop_off=f"resources/{value.drop_off}" if value.drop_off else "",
        lost=group_figure(value.lost),
        year_before=_before(value.before) if value.before else None,
    )


def _before(use: Told) -> engagement_pb2.Engagement.Before:
    return engagement_pb2.Engagement.Before(
        reach=group_figure(use.reach),
        started=group_figure(use.started),
        completed=group_figure(use.completed),
        completion=group_figure(use.completion),
        real_seconds=group_figure(use.real_seconds),
        rating=group_figure(use.rating),
    )


def _month(value: MonthTold) -> engagement_pb2.Engagement.Month:
    return engagement_pb2.Engagement.Month(
        month=day(value.month),
        reach=group_figure(value.reach),
        started=group_figure(value.started),
        completed=group_figure(value.completed),
        rating=group_figure(value.rating),
    )


def _item(value: ItemTold) -> engagement_pb2.Engagement.Item:
    return engagement_pb2.Engagement.Item(
        resource=f"resources/{value.resource}",
        title=value.title,
        reach=group_figure(value.use.reach),
        completed=group_figure(value.use.completed),
        stated_seconds=value.stated_seconds,
        real_seconds=group_figure(value.use.real_seconds),
    )
