"""Two texts word by word: which words one has and the other does not."""

from __future__ import annotations

import re
from difflib import SequenceMatcher
from functools import lru_cache
from typing import NamedTuple

_WORDS = re.compile(r"\w+|\s+|[^\w\s]")
_WORD = re.compile(r"\w")


class Run(NamedTuple):
    """Consecutive words. `how` is same, here (only in the second text) or missing (only in the first)."""

    how: str
    text: str


@lru_cache(maxsize=4096)
def words(first: str, second: str) -> tuple[Run, ...]:
    """The second text in runs, with the words of the first that it lacks where they would stand."""
    before, after = _WORDS.findall(first), _WORDS.findall(second)
    runs: list[Run] = []
    for equal, old, new in _joined(before, after):
        if equal:
            runs.append(Run("same", new))
            continue
        if old:
            runs.append(Run("missing", old))
        if new:
            runs.append(Run("here", new))
    return tuple(runs)


def _joined(before: list[str], after: list[str]) -> list[tuple[bool, str, str]]:
    """Stretches that are equal or not; a space or a comma between two changes is part of one change."""
    found: list[tuple[bool, str, str]] = []
    opcodes = SequenceMatcher(None, before, after, autojunk=False).get_opcodes()
    for at, (tag, start, end, from_, to) in enumerate(opcodes):
        old, new, equal = "".join(before[start:end]), "".join(after[from_:to]), tag == "equal"
        if equal and 0 < at < len(opcodes) - 1 and not _WORD.search(new):
            equal = False
        if found and not equal and not found[-1][0]:
            old, new = found[-1][1] + old, found[-1][2] + new
            found.pop()
        found.append((equal, old, new))
    return found
