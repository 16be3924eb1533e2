"""Pictures drawn as SVG: a resource's life on a line, bars. Colours by class, positions by attributes, no styles."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from markupsafe import Markup, escape

from services.gateway.web import dates
from services.gateway.web.api import Json
from services.gateway.web.words import known, say

_DATE = re.compile(r"\b(\d{4})-(\d{2})-(\d{2})\b")
_WIDTH, _HEIGHT, _BASE, _PAD = 840, 150, 104, 12
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


def life_line(found: Sequence[Mark], today: date) -> Markup:
    """The marks on an axis of years that ends today, each with its word above; empty without marks."""
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
    told = "; ".join(f"{dates.day(mark.on)}: {mark.label}" for mark in found)
    label = escape(say("lifeline.told", marks=told))
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
