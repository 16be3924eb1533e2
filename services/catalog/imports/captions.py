"""Captions (WebVTT, SubRip) as running text: cue numbers, times, notes, styles and repeats left out."""

from __future__ import annotations

import re
from dataclasses import dataclass
from html import unescape

from services.catalog.imports.notes import Notes
from services.catalog.imports.text import clean_line

_TIMES = re.compile(
    r"\s*(?:(\d{1,3}):)?(\d{1,2}):(\d{2})[.,](\d{3})\s+-->\s+(?:(\d{1,3}):)?(\d{1,2}):(\d{2})[.,](\d{3})(?:\s|\Z)"
)
_TAG = re.compile(r"<[^<>\n]{0,200}>|\{\\[^{}\n]{0,200}\}")
_NO_CUE = ("WEBVTT", "NOTE", "STYLE", "REGION")


@dataclass(frozen=True, slots=True)
class Captions:
    """The spoken text as one paragraph, the cues and the end of the last one in seconds."""

    text: str
    cues: int
    seconds: float


def read_captions(text: str, place: str, notes: Notes) -> Captions:
    """The text of the cues in order; a cue whose times cannot be read is a warning, its text is kept."""
    lines: list[str] = []
    cues, end = 0, 0.0
    for block in re.split(r"\n[ \t]*\n", text.replace("\r\n", "\n").replace("\r", "\n")):
        rows = block.strip("\n").split("\n")
        if not block.strip() or rows[0].lstrip("\ufeff").startswith(_NO_CUE):
            continue
        at = next((at for at, row in enumerate(rows[:2]) if "->" in row), -1)
        times = _times(rows[at]) if at >= 0 else None
        cues += 1
        if times is None or times[1] < times[0]:
            where = f"{place} cue {cues}".strip()
            notes.warn("CUE_INVALID", where, f"The times of a cue cannot be read: {clean_line(rows[0])[:60]}")
        else:
            end = max(end, times[1])
        for row in rows[at + 1 :]:
            spoken = clean_line(unescape(_TAG.sub("", row)))
            if spoken and spoken not in lines[-2:]:  # rolling captions say each line twice
                lines.append(spoken)
    return Captions(" ".join(lines), cues, end)


def _times(row: str) -> tuple[float, float] | None:
    if (match := _TIMES.match(row)) is None:
        return None
    numbers = [int(each) for each in match.groups("0")]
    if max(numbers[1], numbers[2], numbers[5], numbers[6]) > 59:
        return None
    begin, end = (3600 * h + 60 * m + s + ms / 1000 for h, m, s, ms in (numbers[:4], numbers[4:]))
    return begin, end
