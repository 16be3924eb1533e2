"""Cells and metadata into dates, durations, numbers and words. Nothing is guessed: what is unclear is an error."""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache

DAY_FIRST, MONTH_FIRST = "day_first", "month_first"
_NO_DATES = frozenset({date(1970, 1, 1), date(1900, 1, 1), date(1899, 12, 30)})  # the zeros of computers
_MOST_SECONDS = 10 * 365 * 86_400  # longer learning times are mistakes

_ISO = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})(?!\d)")
_YEAR_FIRST = re.compile(r"(\d{4})[/.](\d{1,2})[/.](\d{1,2})(?!\d)")
_DOTS = re.compile(r"(\d{1,2})\.\s?(\d{1,2})\.\s?(\d{4}|\d{2})(?!\d)")
_SLASHES = re.compile(r"(\d{1,2})[/-](\d{1,2})[/-](\d{4}|\d{2})(?!\d)")
_COMPACT = re.compile(r"(\d{4})(\d{2})(\d{2})\Z")
_NAMED = re.compile(
    r"(?:(\d{1,2})(?:st|nd|rd|th|\.)?[\s-]+(?:de\s+)?([^\W\d_]{3,10})\.?,?[\s-]+(?:de\s+)?(\d{4})"
    r"|([^\W\d_]{3,10})\.?\s+(\d{1,2})(?:st|nd|rd|th)?,?\s+(\d{4}))(?!\d)"
)
_MONTHS = {
    word: number
    for number, words in enumerate(
        (
            "jan january januar janvier enero ene",
            "feb february februar fevrier février febrero",
            "mar march marz märz mars marzo",
            "apr april avril abril abr",
            "may mai mayo",
            "jun june juni juin junio",
            "jul july juli juillet julio",
            "aug august aout août agosto ago",
            "sep sept september septembre septiembre",
            "oct october okt oktober octobre octubre",
            "nov november novembre noviembre",
            "dec december dez dezember decembre décembre diciembre dic",
        ),
        1,
    )
    for word in words.split()
}
_MONTH = re.compile(r"(\d{4})[-/.](\d{1,2})(?:[-/.]\d{1,2}(?:[T ].*)?)?\Z|(\d{1,2})[/.](\d{4})\Z")
_NAMED_MONTH = re.compile(r"([^\W\d_]{3,10})\.?[\s-]+(\d{4})\Z")

_ISO_DURATION = re.compile(
    r"P(?:(\d+(?:\.\d+)?)Y)?(?:(\d+(?:\.\d+)?)M)?(?:(\d+(?:\.\d+)?)W)?(?:(\d+(?:\.\d+)?)D)?"
    r"(?:T(?:(\d+(?:\.\d+)?)H)?(?:(\d+(?:\.\d+)?)M)?(?:(\d+(?:\.\d+)?)S)?)?\Z",
    re.IGNORECASE,
)
_ISO_SECONDS = (365 * 86_400, 30 * 86_400, 7 * 86_400, 86_400, 3_600, 60, 1)
_CLOCK = re.compile(r"(\d{1,4}):(\d{1,2})(?::(\d{1,2})(?:\.\d+)?)?\Z")
_UNITS = (
    (re.compile(r"(?:h|hrs?|hours?|std|stunden?|heures?|horas?)\Z"), 3_600),
    (re.compile(r"(?:m|min|mins|minutes?|minuten?|minutos?)\Z"), 60),
    (re.compile(r"(?:s|sec|secs|seconds?|sekunden?|segundos?|secondes?)\Z"), 1),
    (re.compile(r"(?:d|days?|tage?|jours?|d[ií]as?)\Z"), 86_400),
)
_AMOUNT = re.compile(r"(\d+(?:[.,]\d+)?)\s*([^\W\d_]+)\.?,?\s*")
_PERIOD = re.compile(r"(?:every\s+|P)?(\d{1,4})\s*(y|year|m|month|w|week|d|day)s?\Z", re.IGNORECASE)
_PERIOD_WORDS = {"annually": 12, "annual": 12, "yearly": 12, "quarterly": 3, "monthly": 1, "biannually": 6}

YES = frozenset({
    "yes", "y", "true", "t", "1", "x", "ja", "j", "wahr", "si", "sí", "oui", "o", "vrai", "verdadero",
    "mandatory", "required", "pflicht", "obligatory",
})  # fmt: skip
_NONE_SUCH = frozenset({"-", "--", "none", "n/a", "not applicable", "keine", "ninguna", "aucune", "nessuna"})
NO = frozenset({
    "no", "n", "false", "f", "0", "nein", "falsch", "non", "faux", "falso", "optional", "elective",
    "freiwillig",
})  # fmt: skip


def parse_date(text: str, order: str = "") -> date | None:
    """The day that is written; None for what exports write instead of no date (empty, 0, 1970-01-01, `-`).

    `order` says how 03/04/2019 is meant; ValueError for what cannot be read, or not without it.
    """
    text = text.strip()
    if not text or text.lower() in ("0", "-", "--", "n/a", "none", "null", "never", "$@null@$"):
        return None
    found = _parse(text, order)
    return None if found in _NO_DATES else found


def date_order(values: Iterable[str]) -> tuple[str, bool]:
    """How dates such as 03/04/2019 are meant, as far as the values show, and whether any depends on it.

    The order is empty when no value shows it or when they contradict one another.
    """
    shown: set[str] = set()
    depends = False
    for value in values:
        if (match := _SLASHES.match(value.strip())) is None:
            continue
        first, second = int(match[1]), int(match[2])
        if first > 12:
            shown.add(DAY_FIRST)
        elif second > 12:
            shown.add(MONTH_FIRST)
        elif first != second:
            depends = True
    return (shown.pop() if len(shown) == 1 else ""), depends


@lru_cache(maxsize=1_024)
def parse_month(text: str) -> date:
    """The first day of a month (2026-01, 2026-01-31, 01/2026, Jan 2026); ValueError otherwise."""
    text = text.strip()
    if match := _MONTH.match(text):
        year, month = (match[1], match[2]) if match[1] else (match[4], match[3])
        return date(int(year), int(month), 1)
    if (match := _NAMED_MONTH.match(text)) and (number := _MONTHS.get(match[1].casefold())):
        return date(int(match[2]), number, 1)
    raise ValueError(f"{text!r} is not a month")


def parse_duration(text: str, unit: int = 60) -> int:
    """Seconds of an ISO 8601 duration, `1:30` (hours), `0000:20:00.00`, `1 h 30 min` or a number of `unit` seconds.

    ValueError for anything else and for more than ten years.
    """
    text = text.strip().lower()
    seconds: float
    if _is_small(text):
        seconds = int(text) * unit
    elif match := _ISO_DURATION.match(text):
        if not any(match.groups()):
            raise ValueError(f"{text!r} is not a duration")
        seconds = sum(float(n) * each for n, each in zip(match.groups(), _ISO_SECONDS, strict=True) if n)
    elif match := _CLOCK.match(text):
        seconds = int(match[1]) * 3_600 + int(match[2]) * 60 + int(match[3] or 0)
    elif amounts := _amounts(text):
        seconds = sum(amounts)
    else:
        seconds = parse_number(text) * unit
    if not 0 <= seconds <= _MOST_SECONDS:
        raise ValueError(f"{text!r} is no learning time")
    return round(seconds)


def parse_number(text: str) -> float:
    """A number with a decimal point or comma, groups of three allowed; ValueError otherwise."""
    text = text.strip().replace("\u00a0", "").replace(" ", "").replace("'", "")
    if re.fullmatch(r"[+-]?\d{1,3}(?:\.\d{3})+,\d+", text) or re.fullmatch(r"[+-]?\d+,\d+", text):
        text = text.replace(".", "").replace(",", ".")
    elif re.fullmatch(r"[+-]?\d{1,3}(?:,\d{3})+\.\d+", text):
        text = text.replace(",", "")
    if len(text) > 30 or not re.fullmatch(r"[+-]?(?:\d+\.?\d*|\.\d+)", text):
        raise ValueError(f"{text[:30]!r} is not a number")
    return float(text)


def parse_count(text: str) -> int:
    """A whole number of at least 0; empty is 0; ValueError otherwise."""
    text = text.strip()
    if not text:
        return 0
    if _is_small(text):  # nearly all cells of a large export; a million rows must fit into the reader's time
        return int(text)
    number = parse_number(text)
    if number < 0 or number != int(number) or number > 2**31 - 1:
        raise ValueError(f"{text!r} is not a count")
    return int(number)


def parse_bool(text: str) -> bool | None:
    """Yes or no in the languages of the column names; None when empty; ValueError otherwise."""
    word = text.strip().casefold()
    if not word:
        return None
    if word in YES:
        return True
    if word in NO:
        return False
    raise ValueError(f"{text!r} is neither yes nor no")


def parse_certification(text: str) -> bool | None:
    """Whether a certification is meant: yes or no, or which one by its name; None when empty."""
    try:
        return parse_bool(text)
    except ValueError:
        return text.strip().casefold() not in _NONE_SUCH


def add_period(day: date, period: str) -> date | None:
    """The day a period such as `6 months`, `1y` or `annually` later; None when the period cannot be read."""
    word = period.strip().lower()
    if word in _PERIOD_WORDS:
        return _add_months(day, _PERIOD_WORDS[word])
    if (match := _PERIOD.match(word)) is None:
        return None
    number, unit = int(match[1]), match[2].lower()[0]
    try:
        if unit in "ym":
            return _add_months(day, number * (12 if unit == "y" else 1))
        return day + timedelta(days=number * (7 if unit == "w" else 1))
    except (ValueError, OverflowError):
        return None


def _is_small(text: str) -> bool:
    return len(text) < 10 and text.isascii() and text.isdigit()


def _parse(text: str, order: str) -> date:
    if match := _ISO.match(text) or _YEAR_FIRST.match(text) or _COMPACT.match(text):
        return date(int(match[1]), int(match[2]), int(match[3]))
    if match := _DOTS.match(text):  # with dots the day always comes first
        return date(_year(match[3]), int(match[2]), int(match[1]))
    if match := _SLASHES.match(text):
        first, second, year = int(match[1]), int(match[2]), _year(match[3])
        if first > 12 or order == DAY_FIRST or first == second:
            return date(year, second, first)
        if second > 12 or order == MONTH_FIRST:
            return date(year, first, second)
        raise ValueError(f"{text!r} may be two days")
    if match := _NAMED.match(text):
        day, word, year = (match[1], match[2], match[3]) if match[1] else (match[5], match[4], match[6])
        if number := _MONTHS.get(word.casefold()):
            return date(int(year), number, int(day))
    if re.fullmatch(r"\d{9,10}", text):  # seconds since 1970, as Moodle keeps times
        return datetime.fromtimestamp(int(text), UTC).date()
    raise ValueError(f"{text[:40]!r} is not a date")


def _year(text: str) -> int:
    return int(text) if len(text) == 4 else 2000 + int(text)


def _amounts(text: str) -> list[float]:
    """The seconds of each amount with its unit; nothing when the text is more than amounts."""
    found: list[float] = []
    at = 0
    while match := _AMOUNT.match(text, at):
        seconds = next((each for unit, each in _UNITS if unit.match(match[2])), 0)
        if not seconds:
            return []
        found.append(float(match[1].replace(",", ".")) * seconds)
        at = match.end()
    return found if at == len(text) else []


def _add_months(day: date, months: int) -> date:
    years, month = divmod(day.month - 1 + months, 12)
    year = day.year + years
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))
