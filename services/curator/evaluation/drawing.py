"""Findings that no answer knows, drawn at random and set side by side so that a person can judge them."""

from __future__ import annotations

import difflib
import random
import textwrap
from collections.abc import Iterator, Sequence
from itertools import zip_longest

from services.curator.evaluation.cases import Case, judged
from services.curator.evaluation.truth import Row

_WIDTH = 66  # characters of a column: two fit a wide terminal
_MOST_LINES = 60  # of one passage without anything in common


def drawn(cases: Sequence[Case], count: int, seed: int) -> str:
    """At most `count` unjudged findings of these corpora, the same for the same seed, each with room for a verdict."""
    unknown = [(case, both) for case in cases for both in sorted(judged(case)[2])]
    chosen = random.Random(seed).sample(unknown, min(count, len(unknown)))
    lines = [
        f"{len(chosen)} of {len(unknown)} findings that no answer knows (seed {seed}).",
        "Left and right are the two texts; where they say the same, only the number of equal lines is given.",
    ]
    for place, (case, both) in enumerate(chosen, 1):
        found = case.findings[both]
        a, b = (case.truth.resources[str(found[side])] for side in ("a", "b"))
        reasons = found.get("reasons")
        told = [str(reason) for reason in reasons] if isinstance(reasons, list) else []  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]
        lines += [
            "",
            "=" * (2 * _WIDTH + 3),
            f"{place}. {case.truth.name}: {found['relation']}, confidence {found['confidence']}",
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
