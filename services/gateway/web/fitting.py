"""Sentences cut to the room that a row has: names in quotes first, then the end, always at a word."""

from __future__ import annotations

import re

TITLE = 56  # characters of a title in the queue, and of the line below it (ui.md §2)
EVIDENCE = 70
_NAMED = re.compile("“[^“”]+”")
_SHORTEST = 12  # of a name: below that it says nothing any more
_END = " ,;:.–-"


def fitted(sentence: str, most: int) -> str:
    """The sentence in at most so many characters, the longest name shortened first."""
    for quoted in sorted(_NAMED.findall(sentence), key=len, reverse=True):
        over = len(sentence) - most
        if over <= 0:
            break
        name = quoted[1:-1]
        short = shortened(name, max(_SHORTEST, len(name) - over))
        sentence = sentence.replace(quoted, f"“{short}”", 1)
    return sentence if len(sentence) <= most else _ended(sentence, most)


def shortened(name: str, most: int) -> str:
    """The name in at most so many characters, cut at a word; a number at its end, which tells editions apart, stays."""
    if len(name) <= most:
        return name
    words = name.split()
    number = words[-1] if len(words) > 1 and any(each.isdigit() for each in words[-1]) else ""
    room = most - len(number) - 2 if number else most - 1
    kept = _whole_words(name, room)
    if number and kept:
        return f"{kept}… {number}"
    kept = _whole_words(name, most - 1)
    return f"{kept or name[: most - 1]}…"


def is_short_for(short: str, name: str) -> bool:
    """Whether the one can be what `shortened` made of the other."""
    head, cut, tail = short.partition("…")
    return short == name or (bool(cut) and name.startswith(head) and name.rstrip().endswith(tail.strip()))


def _ended(sentence: str, most: int) -> str:
    """Without what follows the last clause that fits, else cut at a word; a quotation that is open is closed."""
    clause = sentence[: most - 1].rpartition("; ")[0]
    kept = clause or _whole_words(sentence, most - 2) or sentence[: most - 2]
    return f"{kept}…" + "”" * (kept.count("“") > kept.count("”"))


def _whole_words(text: str, room: int) -> str:
    """As many whole words as there is room for, without signs at their end."""
    if room <= 0:
        return ""
    cut = text[: room + 1]
    return (cut if len(text) <= room else cut.rpartition(" ")[0])[:room].rstrip(_END)
