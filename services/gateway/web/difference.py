"""Two texts word by word: which words one has and the other does not."""

from __future__ import annotations

import re
from difflib import SequenceMatcher
from functools import lru_cache
from typing import NamedTuple

_WORDS = re.compile(r"\w+|\s+|[^\w\s]")


class Run(NamedTuple):
    """Consecutive words. `how` is same, here (only in the second text) or missing (only in the first)."""

    how: str
    text: str


@lru_cache(maxsize=4096)
def words(first: str, second: str) -> tuple[Run, ...]:
    """The second text in runs, with the words of the first that it lacks where they would stand."""
    before, after = _WORDS.findall(first), _WORDS.findall(second)
    runs: list[Run] = []
    for tag, start, end, from_, to in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        if tag == "equal":
            runs.append(Run("same", "".join(after[from_:to])))
            continue
        if start < end:
            runs.append(Run("missing", "".join(before[start:end])))
        if from_ < to:
            runs.append(Run("here", "".join(after[from_:to])))
    return tuple(runs)
