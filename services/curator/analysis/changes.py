"""What differs inside sentences that match: facts that were updated, or the slots of one template filled twice."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from services.curator.analysis.compared import Match, Text
from services.curator.analysis.fingerprints import CODE, FUNCTION, NAME, NUMBER, YEAR


@dataclass(frozen=True, slots=True)
class Changes:
    """What differs inside matched sentences.

    `facts` are the distinct numbers (years apart) and names of matched sentences, both sides together;
    `facts_changed` those that the other sentence lacks. `near` counts near sentences, `slots` those of them that
    differ in facts alone, and not in the same as one before. `years` says that a year was changed. Of the
    distinct content words in which near sentences differ (`differing`), `repeated` are those that do so in
    several and that the other document never uses: words that stand for others throughout. `foreign` is how much
    of either document's recurring vocabulary the other never uses (0 to 1, the larger of the two).
    """

    facts: int
    facts_changed: int
    near: int
    slots: int
    years: int
    differing: int
    repeated: int
    foreign: float


def changes(a: Text, b: Text, equal: Iterable[Match], near: Sequence[Match]) -> Changes:
    """What differs in these matched sentences."""
    slots = years = 0
    # Distinct words: a name that was replaced throughout is one fact, however often it stands.
    facts: tuple[set[int], set[int]] = (set(), set())
    changed: tuple[set[int], set[int]] = (set(), set())
    differing: tuple[Counter[int], Counter[int]] = (Counter(), Counter())
    for match in equal:
        said = _facts(*a.said(match.a))
        for side in facts:
            side |= said
    for match in near:
        words_a, flags_a = a.said(match.a)
        words_b, flags_b = b.said(match.b)
        only = (_difference(words_a, flags_a, words_b), _difference(words_b, flags_b, words_a))
        years += all(any(flag & YEAR for _, flag in side) for side in only)
        content = {word: flag for side in only for word, flag in side if not flag & (FUNCTION | YEAR)}
        # A sentence that only repeats a replacement met before is no further slot.
        is_new = not content.keys() <= changed[0] | changed[1]
        slots += is_new and all(flag & (NUMBER | NAME) for flag in content.values())
        for number, (words, flags) in enumerate(((words_a, flags_a), (words_b, flags_b))):
            facts[number].update(_facts(words, flags))
            changed[number].update(word for word, flag in only[number] if _is_fact(flag))
            differing[number].update({word for word, flag in only[number] if not flag & (FUNCTION | YEAR)})
    return Changes(
        sum(map(len, facts)),
        sum(map(len, changed)),
        len(near),
        slots,
        years,
        sum(map(len, differing)),
        sum(
            count >= 2 and word not in other.vocabulary
            for counter, other in zip(differing, (b, a), strict=True)
            for word, count in counter.items()
        ),
        max(_foreign(a, b), _foreign(b, a)),
    )


def _facts(words: list[int], flags: list[int]) -> set[int]:
    return {word for word, flag in zip(words, flags, strict=True) if _is_fact(flag)}


def _is_fact(flag: int) -> bool:
    return bool(flag & (NUMBER | NAME)) and not flag & (YEAR | CODE)


def _difference(words: list[int], flags: list[int], other: list[int]) -> list[tuple[int, int]]:
    """Words, with their flags, that the other sentence has not, or not as often."""
    left = Counter(other)
    found: list[tuple[int, int]] = []
    for word, flag in zip(words, flags, strict=True):
        if left[word] > 0:
            left[word] -= 1
        else:
            found.append((word, flag))
    return found


def _foreign(a: Text, b: Text) -> float:
    total = sum(a.recurring.values())
    return sum(n for word, n in a.recurring.items() if word not in b.vocabulary) / total if total else 0.0
