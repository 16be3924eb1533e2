"""Notices to learners as messages."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from services.catalog.review.notices import Notice
from services.kit.errors import InvalidArgument, Violation
from services.kit.pages import Key
from services.kit.protobuf import timestamp
from winnow.review.v1 import notice_pb2


def notice(value: Notice) -> notice_pb2.LearnerNotice:
    """A notice as everybody is shown it."""
    return notice_pb2.LearnerNotice(
        suggestion=f"suggestions/{value.suggestion}",
        title=value.title,
        apply_time=timestamp(value.apply_time),
        changes=value.changes,
        to_do=value.to_do,
        stays=value.stays,
        text=value.text,
        learners=value.learners,
        sums_only=value.sums_only,
        listable=value.listable,
        may_export=value.listable and value.entitled,
    )


def keys(value: Notice) -> Sequence[Key]:
    """Its place in the list."""
    return (value.apply_time.isoformat(), value.suggestion)


def place(found: Sequence[Key]) -> tuple[datetime, str]:
    """The place that a page token names."""
    try:
        return datetime.fromisoformat(str(found[0])), str(found[1])
    except ValueError as error:
        text = "The page token is not of this request."
        wrong = [Violation("page_token", "is not of this request")]
        raise InvalidArgument("PAGE_TOKEN_INVALID", text, violations=wrong) from error
