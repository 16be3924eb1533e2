"""Pictures drawn as SVG: a resource's life on a line, bars. Colours by class, positions by attributes, no styles."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from typing import Any

from markupsafe import Markup, escape

from services.gateway.web import dates
from services.gateway.web.api import Json
from services.gateway.web.words import known, number, say

_DATE = re.compile(r"\b(\d{4})-(\d{2})-(\d{2})\b")
_WIDTH, _HEIGHT, _BASE, _PAD = 840, 150, 104, 12
_PANEL = 560
_ENDED = frozenset({"past_end", "ending", "expired", "validity", "retired_term"})
_CLOSE = 110  # px: words nearer than that go on lines of their own


@dataclass(frozen=True, slots=True)
class Mark:
    """One dated thing. `shape` is dated, ageing or ended."""

    on: date
    label: str
    shape: str


def day(value: Any) -> str:
    """As `dates.day`."""
    return dates.day(value)


def duration(resource: Json) -> str:
    """Its stated length; empty when not stated."""
    seconds = int(resource.get("durationSeconds", 0))
    return dates.length(seconds) if seconds else ""


def marks(resource: Json | None, suggestion: Json) -> list[Mark]:
    """Days of the resource and of what speaks against it, oldest first, each day and shape once."""
    found: list[Mark] = []
    for name in ("created", "updated", "reviewed", "expires"):
        value = (resource or {}).get(name)
        if value:
            on = date(value["year"], value.get("month") or 1, value.get("day") or 1)
            found.append(Mark(on, say(f"lifeline.{name}"), "ended" if name == "expires" else "dated"))
    for each in suggestion["evidence"]:
        said = _DATE.search(each["text"])
        if said and each["type"] not in ("updated", "version"):
            shape = "ended" if each["type"] in _ENDED else "ageing"
            label = known(f"lifeline.{each['type']}", say("lifeline.sign"))
            found.append(Mark(date(*map(int, said.groups())), label, shape))
    unique: dict[tuple[date, str], Mark] = {}
    for mark in sorted(found, key=lambda mark: mark.on):
        unique.setdefault((mark.on, mark.shape), mark)
    return list(unique.values())


def told(found: Sequence[Json]) -> bool:
    """Whether any month has a number of completions that may be shown."""
    return any(value is not None for value in _told(found, "completed"))


def _runs(
    values: Sequence[float | None], x: Callable[[int], float], base: float, height: float, top: float
) -> Iterator[list[tuple[float, float]]]:
    """Places of the points of each run of months that may be shown."""
    for shown, run in groupby(enumerate(values), key=lambda each: each[1] is not None):
        if shown:
            yield [(round(x(at), 1), round(base - height * (value or 0) / top, 1)) for at, value in run]


def _top(*values: float | None) -> float:
    return max(5.0, *(value for value in values if value is not None))


def _curves(
    values: Sequence[float | None], x: Callable[[int], float], base: float, height: float, top: float
) -> list[str]:
    """An area for each run of months that may be shown; what is hidden is a gap and not a line through it."""
    pieces: list[str] = []
    for points in _runs(values, x, base, height, top):
        path = " ".join(f"{left},{top_}" for left, top_ in points)
        pieces.append(f'<polygon class="area" points="{points[0][0]},{base} {path} {points[-1][0]},{base}"/>')
        pieces.append(f'<polyline class="curve" points="{path}"/>')
        pieces += [f'<circle class="point f1" cx="{left}" cy="{top_}" r="2.5"/>' for left, top_ in points]
    return pieces


def life_line(found: Sequence[Mark], today: date, use: Sequence[Json]) -> Markup:
    """The marks on an axis of years that ends today, each with its word above, on completions a month; else empty."""
    if not found:
        return Markup()
    first = min(found[0].on, date(today.year - 1, today.month, 1))
    last = max(today, found[-1].on)
    span = max(1, (last - first).days)

    def x(on: date) -> float:
        return round(_PAD + (_WIDTH - 2 * _PAD) * (on - first).days / span, 1)

    parts = [f'<line class="axis" x1="0" y1="{_BASE}" x2="{_WIDTH}" y2="{_BASE}"/>']
    years = range(first.year + 1, last.year + 1)
    every = max(1, len(years) // 8)
    parts += [
        f'<text x="{x(date(year, 1, 1))}" y="{_BASE + 20}" text-anchor="middle">{year}</text>'
        for year in years
        if year % every == 0
    ]
    if told(use):
        days = [date(each["month"]["year"], each["month"]["month"], 15) for each in use]
        values = _told(use, "completed")
        parts += _curves(values, lambda at: x(max(first, days[at])), _BASE, 44, _top(*values))
    parts.append(f'<line class="drop" x1="{x(today)}" y1="20" x2="{x(today)}" y2="{_BASE + 30}"/>')
    parts.append(
        f'<text x="{x(today)}" y="{_BASE + 42}" text-anchor="end">{escape(say("lifeline.today"))}</text>'
    )
    taken: list[float] = []
    for mark in found:
        at = x(mark.on)
        level = sum(1 for other in taken[-3:] if at - other < _CLOSE)
        taken.append(at)
        y = 14 + 16 * (level % 4)
        anchor = "end" if at > _WIDTH - _CLOSE else "start" if at < _CLOSE else "middle"
        parts.append(f'<line class="drop" x1="{at}" y1="{y + 4}" x2="{at}" y2="{_BASE - 6}"/>')
        parts.append(
            f'<text class="word" x="{at}" y="{y}" text-anchor="{anchor}">{escape(mark.label)}</text>'
        )
        parts.append(_shape(mark.shape, at))
    said = "; ".join(f"{dates.day(mark.on)}: {mark.label}" for mark in found)
    label = escape(say("lifeline.told", marks=said))
    return Markup(
        f'<svg class="lifeline" role="img" aria-label="{label}" viewBox="0 0 {_WIDTH} {_HEIGHT}">{"".join(parts)}</svg>'
    )


def _shape(shape: str, at: float) -> str:
    if shape == "ageing":
        return f'<path class="ageing" d="M{at} {_BASE - 6}l6 11h-12z"/>'
    if shape == "ended":
        return f'<path class="ended" d="M{at} {_BASE - 7}l7 7l-7 7l-7 -7z"/>'
    return f'<circle class="dated" cx="{at}" cy="{_BASE}" r="5"/>'


def bar(share: float) -> Markup:
    """A level from 0 to 1; the number stands beside it."""
    width = round(52 * min(max(share, 0.0), 1.0), 1)
    return Markup(
        '<svg class="bar" viewBox="0 0 52 6" aria-hidden="true"><rect class="ground" width="52" height="6" rx="3"/>'
        f'<rect class="level" width="{width}" height="6" rx="3"/></svg>'
    )


def charted(found: Sequence[Json]) -> str:
    """What is drawn of months: `completed`, or `reach` where that is told of more of them."""
    return max(("completed", "reach"), key=lambda name: sum(each is not None for each in _told(found, name)))


def _told(found: Sequence[Json], name: str) -> list[float | None]:
    return [each[name].get("value") if each.get(name) else None for each in found]


def months(found: Sequence[Json]) -> Markup:
    """What is `charted` of each month as an area; months that are hidden or not known are gaps. Empty without any."""
    name = charted(found)
    values = _told(found, name)
    if all(value is None for value in values):
        return Markup()
    top = _top(*values)
    step = (_WIDTH - 60) / max(1, len(values) - 1)
    pieces = _curves(values, lambda at: 40 + step * at, 120, 96, top)
    labels = [
        f'<text x="{round(40 + step * at, 1)}" y="140" text-anchor="middle">{escape(_month(each))}</text>'
        for at, each in enumerate(found)
    ]
    said = "; ".join(
        f"{_month(each)} {each['month']['year']}: {_in_words(each.get(name), value)}"
        for each, value in zip(found, values, strict=True)
    )
    return Markup(
        f'<svg class="lifeline" role="img" aria-label="{escape(say(f"engagement.told_{name}", months=said))}" '
        f'viewBox="0 0 {_WIDTH} 150"><line class="axis" x1="40" y1="120" x2="{_WIDTH - 20}" y2="120"/>'
        f'<text x="32" y="28" text-anchor="end">{number(top)}</text><text x="32" y="123" text-anchor="end">0</text>'
        f"{''.join(pieces)}{''.join(labels)}</svg>"
    )


def finished(found: Sequence[Json]) -> Markup:
    """Completions a month as an area, those of the year before as a dashed line; empty without either."""
    now, before = _told(found, "finished"), _told(found, "yearBefore")
    if all(value is None for value in (*now, *before)):
        return Markup()
    top, base = _top(*now, *before), 150.0
    step = (_PANEL - 30) / max(1, len(now) - 1)

    def x(at: int) -> float:
        return 15 + step * at

    parts = [f'<line class="axis" x1="0" y1="{base}" x2="{_PANEL}" y2="{base}"/>']
    parts += _curves(now, x, base, 120, top)
    for points in _runs(before, x, base, 120, top):
        path = " ".join(f"{left},{up}" for left, up in points)
        parts.append(f'<polyline class="drop" fill="none" points="{path}"/>')
        parts += [f'<circle class="f3" cx="{left}" cy="{up}" r="2"/>' for left, up in points]
    parts += [
        f'<text x="{round(x(at), 1)}" y="{base + 22}" text-anchor="middle">{escape(_month(each))}</text>'
        for at, each in enumerate(found)
    ]
    said = "; ".join(
        say(
            "insights.finished_month",
            month=f"{_month(each)} {each['month']['year']}",
            n=_in_words(each.get("finished"), now[at]),
            before=_in_words(each.get("yearBefore"), before[at]),
        )
        for at, each in enumerate(found)
    )
    label = escape(say("insights.finished_told", months=said))
    return Markup(
        f'<svg class="lifeline" role="img" aria-label="{label}" viewBox="0 0 {_PANEL} 180">'
        f'<text x="0" y="20">{number(top)}</text>{"".join(parts)}</svg>'
    )


def stacked(parts: Sequence[tuple[str, float, str]]) -> Markup:
    """Parts of a whole in one bar, each by its words, its count and the class it is filled by; empty without any."""
    whole = sum(count for _, count, _ in parts)
    if not whole:
        return Markup()
    left, pieces = 1.0, list[str]()
    for _, count, fill in parts:
        width = (_PANEL - 2) * count / whole
        if count:
            pieces.append(
                f'<rect class="{fill}" x="{round(left, 1)}" y="1" width="{round(max(1.0, width - 2), 1)}" height="30"/>'
            )
        left += width
    said = escape("; ".join(f"{words}: {number(count)}" for words, count, _ in parts))
    return Markup(
        f'<svg class="chart" role="img" aria-label="{said}" viewBox="0 0 {_PANEL} 32">{"".join(pieces)}</svg>'
    )


def _in_words(figure: Json | None, value: float | None) -> str:
    if value is None:
        return say("engagement.hidden") if figure and figure["hidden"] else say("time.unknown")
    return number(value)


def _month(each: Json) -> str:
    number = each["month"]["month"]
    return say(f"months.{number}")


def reliability(bins: Sequence[Json]) -> Markup:
    """What Winnow said beside what people said, two bars a group; empty without groups."""
    if not bins:
        return Markup()
    width = 540 / len(bins)
    parts: list[str] = []
    for at, each in enumerate(bins):
        x = 40 + width * at
        for offset, share, fill in ((0, each["meanConfidence"], "f4"), (1, each["shareTrue"], "f1")):
            height = round(140 * share, 1)
            left = round(x + width / 2 + (offset - 1) * 24, 1)
            parts.append(f'<rect class="{fill}" x="{left}" y="{160 - height}" width="22" height="{height}"/>')
            at_top = f'x="{left + 11}" y="{155 - height}" text-anchor="middle"'
            parts.append(f'<text class="value" {at_top}>{round(100 * share)}</text>')
        parts.append(
            f'<text x="{round(x + width / 2, 1)}" y="178" text-anchor="middle">'
            f"{escape(say('insights.group', n=each['count']))}</text>"
        )
    said = "; ".join(
        say(
            "insights.group_told",
            n=each["count"],
            said=round(100 * each["meanConfidence"]),
            right=round(100 * each["shareTrue"]),
        )
        for each in bins
    )
    return Markup(
        f'<svg class="chart" role="img" aria-label="{escape(said)}" viewBox="0 0 600 185">'
        f'<line class="grid" x1="40" y1="160" x2="600" y2="160"/>{"".join(parts)}</svg>'
    )
