"""Times of the API as people read them: days, hours, how long ago. UTC, as the API gives them."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, tzinfo
from typing import Any, cast

from services.gateway.web.words import say

_QUARTER = re.compile(r"([12]\d{3})-Q([1-4])")
_QUOTED_OR_DAY = re.compile(r"“[^”]*”|\b\d{4}-\d{2}-\d{2}\b")


def moment(text: str) -> datetime:
    """A protobuf timestamp of JSON."""
    return datetime.fromisoformat(text).astimezone(UTC)


def day(value: Any) -> str:
    """`19 Nov 2026` of a timestamp, an ISO date or a google.type.Date; empty for none."""
    found = _date(value)
    return f"{found.day} {say(f'months.{found.month}')} {found.year}" if found else ""


def iso_day(value: Any) -> str:
    """`2026-11-19` of the same; empty for none."""
    found = _date(value)
    return found.isoformat() if found else ""


def quarter(name: str, zone: tzinfo) -> tuple[str, str] | None:
    """When the quarter of that name (`2026-Q2`) begins there and when it is over, as timestamps; None for none."""
    found = _QUARTER.fullmatch(name)
    if found is None:
        return None
    first = int(found[1]) * 12 + 3 * int(found[2]) - 3  # months since year 0
    begin, end = (
        datetime(at // 12, at % 12 + 1, 1, tzinfo=zone).astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        for at in (first, first + 3)
    )
    return begin, end


def begin(day: str, zone: tzinfo) -> str:
    """When the day (`2026-11-19`) begins there, as a timestamp; empty for none."""
    try:
        found = datetime.combine(date.fromisoformat(day), time.min, zone).astimezone(UTC)
    except (ValueError, OverflowError):
        return ""
    return f"{found.replace(tzinfo=None).isoformat()}Z"


def calendar_day(text: str) -> dict[str, int] | None:
    """A day as forms give it (`2026-11-19`) as a google.type.Date of JSON; None for none."""
    try:
        found = date.fromisoformat(text)
    except ValueError:
        return None
    return {"year": found.year, "month": found.month, "day": found.day}


def in_words(text: str) -> str:
    """A sentence of the API with its ISO dates as people read them; what stands in “…” is somebody's own words."""
    return _QUOTED_OR_DAY.sub(lambda found: found[0] if found[0].startswith("“") else _day_of(found[0]), text)


def _day_of(text: str) -> str:
    try:
        return day(text)
    except ValueError:
        return text


def time_of_day(text: str) -> str:
    """`13:52`."""
    return f"{moment(text):%H:%M}"


def _date(value: Any) -> date | None:
    if not value:
        return None
    if isinstance(value, dict):
        parts = cast("dict[str, int]", value)
        return date(parts["year"], parts.get("month") or 1, parts.get("day") or 1)
    if isinstance(value, datetime | date):
        return value
    text = str(value)
    return moment(text).date() if "T" in text else date.fromisoformat(text)


def ago(text: str, now: datetime) -> str:
    """`4 min ago`, `3 h ago`, `2 d ago`; what lies ahead by a slow clock is now."""
    seconds = max(0, int((now - moment(text)).total_seconds()))
    if seconds < 60:
        return say("time.now")
    if seconds < 3600:
        return say("time.minutes_ago", n=seconds // 60)
    if seconds < 86400:
        return say("time.hours_ago", n=seconds // 3600)
    return say("time.days_ago", n=seconds // 86400)


def waited(text: str, now: datetime) -> str:
    """`4 d`: whole days since."""
    return say("time.days", n=max(0, (now - moment(text)).days))


def length(seconds: float) -> str:
    """`6 h 10` or `24 min`; a dash for nothing."""
    minutes = round(seconds / 60)
    if not minutes:
        return say("time.unknown")
    if minutes < 60:
        return say("time.length_minutes", n=minutes)
    return say("time.length_hours", h=minutes // 60, m=f"{minutes % 60:02}")
