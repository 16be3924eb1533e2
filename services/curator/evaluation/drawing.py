"""Findings drawn at random and set side by side, so that a person can judge them."""

from __future__ import annotations

import difflib
import random
import textwrap
from collections.abc import Iterator, Sequence
from itertools import zip_longest

from services.curator.evaluation.cases import Case, judged
from services.curator.evaluation.truth import Pair, Row

Found = tuple[Case, Pair]
"""A finding of a corpus."""

_WIDTH = 66  # characters of a column: two fit a wide terminal
_MOST_LINES = 60  # of one passage without anything in common


def found(cases: Sequence[Case]) -> list[Found]:
    """Everything that was found in these corpora, in an order that does not depend on confidences."""
    return [(case, both) for case in cases for both in sorted(case.findings)]


def unknown(cases: Sequence[Case]) -> list[Found]:
    """The findings of these corpora that no answer knows."""
    return [(case, both) for case in cases for both in sorted(judged(case)[2])]


def draw(among: Sequence[Found], count: int, seed: int) -> list[Found]:
    """At most `count` of them, the same for the same seed."""
    return random.Random(seed).sample(among, min(count, len(among)))


def sheets(chosen: Sequence[Found], what: str) -> str:
    """The findings one below the other, each with its two texts side by side and room for a verdict."""
    lines = [
        what,
        "Left and right are the two texts; where they say the same, only the number of equal lines is given.",
    ]
    for place, (case, both) in enumerate(chosen, 1):
        said = case.findings[both]
        a, b = (case.truth.resources[str(said[side])] for side in ("a", "b"))
        reasons = said.get("reasons")
        told = [str(reason) for reason in reasons] if isinstance(reasons, list) else []  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]
        lines += [
            "",
            "=" * (2 * _WIDTH + 3),
            f"{place}. {case.truth.name}: {said['relation']}, confidence {said['confidence']}",
            *(f"   {reason}" for reason in told),
            "   right? [ ] yes  [ ] no, because:",
            "",
            *_columns(_about(a), _about(b)),
            *_beside(str(a.get("body") or ""), str(b.get("body") or "")),
        ]
    return "\n".join(lines) + "\n"


def _about(row: Row) -> list[str]:
    return [
        *_wrapped(f"{row['id']}  {row.get('title') or '(no title)'}"),
        f"{row.get('language')}, {row.get('kind')}, {row.get('created')} to {row.get('updated')}",
        "-" * _WIDTH,
    ]


def _beside(a: str, b: str) -> Iterator[str]:
    left, right = _paragraphs(a), _paragraphs(b)
    for tag, i, j, k, m in difflib.SequenceMatcher(None, left, right, autojunk=False).get_opcodes():
        if tag == "equal":
            count = sum(len(_wrapped(text)) for text in left[i:j])
            yield f"{'':{_WIDTH}} = {count} equal lines, beginning: {left[i][:40]!r}"
        else:
            yield from _columns(_cut(left[i:j]), _cut(right[k:m]))


def _cut(paragraphs: Sequence[str]) -> list[str]:
    lines = [line for text in paragraphs for line in (*_wrapped(text), "")]
    return lines if len(lines) <= _MOST_LINES else [*lines[:_MOST_LINES], f"(… {len(lines)} lines in all)"]


def _columns(left: Sequence[str], right: Sequence[str]) -> Iterator[str]:
    for a, b in zip_longest(left, right, fillvalue=""):
        yield f"{a:{_WIDTH}} | {b}".rstrip()


def _paragraphs(text: str) -> list[str]:
    return [" ".join(part.split()) for part in text.split("\n\n") if part.strip()]


def _wrapped(text: str) -> list[str]:
    return textwrap.wrap(text, _WIDTH) or [""]
