"""Ties that follow from others: of the editions of one text a person is shown the closest, and shared parts once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from services.curator.analysis.groups import copies
from services.curator.analysis.model import Judgement, Relation

_SURE, _WHOLE = 0.90, 0.50  # probability and smaller coverage from which two are editions of one text
_PARTS = frozenset({Relation.CONTAINED, Relation.OVERLAP, Relation.REVISED})
_SHARED = frozenset({Relation.OVERLAP, Relation.REVISED})


def following(ties: Iterable[Judgement]) -> set[tuple[str, str]]:
    """The ties, as (a, b), that a person need not be shown, because others say as much or more.

    Of several editions of one text that share something with a document, the ties of all but those that it has most
    of, and most literally; and of two documents that share a part, their own tie, where both hold an edition of one
    text in whole.
    """
    known = list(ties)
    of = copies(known, _SURE, _WHOLE)
    between = [
        one for one in known if one.relation in _PARTS and of.get(one.a, one.a) != of.get(one.b, one.b)
    ]
    return _less_close(between, of) | _explained(between, of)


def _less_close(between: Sequence[Judgement], of: Mapping[str, str]) -> set[tuple[str, str]]:
    beside: dict[tuple[str, str], list[tuple[tuple[float, float, float], Judgement]]] = defaultdict(list)
    for one in between:
        # The part is the one of which more is found in the other.
        if one.coverage_a >= one.coverage_b:
            part, whole, found = one.a, one.b, (one.coverage_a, _literal(one), one.coverage_b)
        else:
            part, whole, found = one.b, one.a, (one.coverage_b, _literal(one), one.coverage_a)
        beside[of.get(part, part), whole].append((found, one))
    return {
        (one.a, one.b)
        for found in beside.values()
        for coverage, one in found
        if coverage < max(best for best, _ in found)
    }


def _literal(one: Judgement) -> float:
    """How alike the passages that two share are, on average over their words."""
    words = [len(passage.a.text.split()) + len(passage.b.text.split()) for passage in one.passages]
    alike = sum(passage.similarity * length for passage, length in zip(one.passages, words, strict=True))
    return round(alike / max(1, sum(words)), 3)


def _explained(between: Sequence[Judgement], of: Mapping[str, str]) -> set[tuple[str, str]]:
    held: dict[str, set[str]] = defaultdict(set)
    for one in between:
        held[one.a].add(of.get(one.a, one.a))
        held[one.b].add(of.get(one.b, one.b))
    for one in between:
        if one.relation is Relation.CONTAINED:
            held[one.b].add(of.get(one.a, one.a))
    return {(one.a, one.b) for one in between if one.relation in _SHARED and held[one.a] & held[one.b]}
