"""Dates as people write them in English sentences, and the last day that each can mean."""

from __future__ import annotations

import calendar
import re
from datetime import date

_MONTHS = {name.lower()[:3]: number for number, name in enumerate(calendar.month_name) if name}
_MONTH = (
    r"(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?"
    r"|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)\.?"
)
_YEAR = r"(?:199\d|20[0-4]\d)"
_ORDINAL = {"first": 1, "1st": 1, "second": 2, "2nd": 2, "third": 3, "3rd": 3, "fourth": 4, "4th": 4}
# The last month of a season in the north; a winter ends in the next year.
_SEASON_END = {"spring": (0, 6), "summer": (0, 9), "autumn": (0, 12), "fall": (0, 12), "winter": (1, 3)}

_DATE = re.compile(
    rf"""(?<![\w./:-])(?:
      (?P<iso>{_YEAR}-\d\d-\d\d)(?![\dT:]|\s\d\d:)
    | (?P<slash>\d{{1,2}}[/.]\d{{1,2}}[/.]{_YEAR})
    | (?P<day>\d{{1,2}})(?:st|nd|rd|th)?(?:\s+of)?\s+(?P<dmonth>{_MONTH}),?\s+(?P<dyear>{_YEAR})
    | (?P<mmonth>{_MONTH})\s+(?P<mday>\d{{1,2}})(?:st|nd|rd|th)?,?\s+(?P<myear>{_YEAR})
    | (?P<month>{_MONTH}),?\s+(?:of\s+)?(?P<moyear>{_YEAR})
    | q(?P<quarter>[1-4])[\s/-]*(?P<qyear>{_YEAR})
    | (?P<quarterth>first|second|third|fourth|1st|2nd|3rd|4th)\s+quarter\s+(?:of\s+)?(?P<qoyear>{_YEAR})
    | (?P<half>first|second|1st|2nd)\s+half\s+of\s+(?P<hyear>{_YEAR})
    | (?P<season>spring|summer|autumn|fall|winter)\s+(?:of\s+)?(?P<syear>{_YEAR})
    | (?:tax|financial|fiscal|academic|school)\s+year\s+(?P<fiscal>{_YEAR})(?:\s*[/–-]\s*(?:20)?\d\d)?
    | (?P<year>{_YEAR})
    )(?![\w/-]|[.:]\d)""",
    re.IGNORECASE | re.VERBOSE,
)

_NAME_BEFORE = re.compile(r"(?:[A-Z][\w.+#-]*|\bthe\s+\w+\s+(?:Act|Regulations?|Order))\s+(?:\([^)]*\)\s+)?$")


def mask_dates(sentence: str) -> tuple[str, list[date]]:
    """The sentence with `<d0>` for a date as precise as a season, `<y1>` for a year; and their last days."""
    ends: list[date] = []

    def mark(match: re.Match[str]) -> str:
        end = _last_day(match)
        if end is None or (match["year"] is not None and _NAME_BEFORE.search(sentence[: match.start()])):
            return match.group()  # "Windows Server 2019", "the Equality Act 2010": a name, not a time
        ends.append(end)
        return f"<{'y' if match['year'] is not None else 'd'}{len(ends) - 1}>"

    return _DATE.sub(mark, sentence), ends


def _last_day(match: re.Match[str]) -> date | None:
    """The last day a date can mean, so that nothing counts as passed too early; None for no real date."""
    group = match.groupdict()
    if group["iso"]:
        year, month, day = map(int, group["iso"].split("-"))
        return _day(year, month, day)
    if group["slash"]:
        first, second, year = map(int, re.split(r"[/.]", group["slash"]))
        readings = [read for read in (_day(year, second, first), _day(year, first, second)) if read]
        return max(readings) if readings else None
    if group["day"]:
        return _day(int(group["dyear"]), _MONTHS[group["dmonth"][:3].lower()], int(group["day"]))
    if group["mday"]:
        return _day(int(group["myear"]), _MONTHS[group["mmonth"][:3].lower()], int(group["mday"]))
    if group["month"]:
        return _month_end(int(group["moyear"]), _MONTHS[group["month"][:3].lower()])
    if group["quarter"]:
        return _month_end(int(group["qyear"]), 3 * int(group["quarter"]))
    if group["quarterth"]:
        return _month_end(int(group["qoyear"]), 3 * _ORDINAL[group["quarterth"].lower()])
    if group["half"]:
        return _month_end(int(group["hyear"]), 6 * _ORDINAL[group["half"].lower()])
    if group["season"]:
        years, month = _SEASON_END[group["season"].lower()]
        return _month_end(int(group["syear"]) + years, month)
    if group["fiscal"]:
        return _month_end(int(group["fiscal"]) + 1, 12)
    return _month_end(int(group["year"]), 12)


def _day(year: int, month: int, day: int) -> date | None:
    if not 1 <= month <= 12 or not 1 <= day <= calendar.monthrange(year, month)[1]:
        return None
    return date(year, month, day)


def _month_end(year: int, month: int) -> date:
    return date(year, month, calendar.monthrange(year, month)[1])
