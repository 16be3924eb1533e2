"""Well-known protobuf types to Python's and back."""

from __future__ import annotations

from datetime import UTC, date, datetime

from google.protobuf.timestamp_pb2 import Timestamp
from google.type.date_pb2 import Date


def timestamp(moment: datetime) -> Timestamp:
    """The moment as a message; ValueError if it has no time zone."""
    if moment.tzinfo is None:
        raise ValueError("a moment needs its time zone")
    message = Timestamp()
    message.FromDatetime(moment)
    return message


def moment(message: Timestamp) -> datetime:
    """The message as an aware UTC moment (microseconds; finer digits are dropped)."""
    return message.ToDatetime(tzinfo=UTC)


def date_message(day: date) -> Date:
    """The day as google.type.Date."""
    return Date(year=day.year, month=day.month, day=day.day)


def date_value(message: Date) -> date | None:
    """The day, or None for an unset or incomplete message; ValueError for one like 31 February."""
    if not (message.year and message.month and message.day):
        return None
    return date(message.year, message.month, message.day)
