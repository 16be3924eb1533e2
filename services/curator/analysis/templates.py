"""Ties that rest on what many share: the sections and sentences of a template, which stay quiet (behaviour §3)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet

from services.curator.analysis.groups import copies
from services.curator.analysis.model import Judgement, Passage, Quote, Relation

_SHARING = 0.30  # probability from which what two share is looked at
# A copy or edition has this much of the other, either way. What nearly all of a document stands in is no template's.
_WHOLE, _SURE = 0.80, 0.90
_SAME_TITLE = 0.80
_MANY = 3  # unlike documents that a passage is shared with, copies and editions of one counted once
_MOSTLY = 0.5  # of the words of what two share
_QUOTED = frozenset({Relation.REVISED, Relation.CONTAINED, Relation.OVERLAP, Relation.VARIANT})

_Place = tuple[str, int]


def of_templates(judgements: Iterable[Judgement]) -> set[tuple[str, str]]:
    """The ties, as (a, b), whose two share mostly what either shares with several unlike documents too.

    Equal texts, editions that are nearly whole in each other, excerpts that are nearly whole in what holds them, and
    those of one title are never among them.
    """
    sharing = [
        one for one in judgements if one.probability >= _SHARING and one.relation is not Relation.TRANSLATED
    ]
    of = copies(sharing, _SURE, _WHOLE)
    held: dict[str, dict[_Place, set[str]]] = defaultdict(lambda: defaultdict(set))
    for one in sharing:
        a, b = of.get(one.a, one.a), of.get(one.b, one.b)
        if a == b:
            continue
        for passage in one.passages:
            if one.coverage_a < _WHOLE:
                held[one.a][_place(passage.a)].add(b)
            if one.coverage_b < _WHOLE:
                held[one.b][_place(passage.b)].add(a)
    return {
        (one.a, one.b)
        for one in sharing
        if one.relation in _QUOTED
        and not _is_whole(one)
        and not of_one_title(one, _SAME_TITLE)
        and max(
            _shared_by_many(((passage.a, passage) for passage in one.passages), held[one.a]),
            _shared_by_many(((passage.b, passage) for passage in one.passages), held[one.b]),
        )
        >= _MOSTLY
    }


def _is_whole(one: Judgement) -> bool:
    """Whether a part is whole in the other, or of an edition either side."""
    found = min if one.relation is Relation.REVISED else max
    return found(one.coverage_a, one.coverage_b) >= _WHOLE


def of_one_title(one: Judgement, share: float) -> bool:
    """Whether the two have a telling title of which they share this much of the words, editions apart."""
    return any(reason.code == "title" and reason.value >= share for reason in one.reasons)


def _shared_by_many(
    quoted: Iterable[tuple[Quote, Passage]], held: Mapping[_Place, AbstractSet[str]]
) -> float:
    """Share of the quoted words that stand in passages which several unlike documents have."""
    total = many = 0.0
    for quote, passage in quoted:
        words = len(quote.text.split()) * passage.similarity
        total += words
        many += words if len(held.get(_place(quote), ())) >= _MANY else 0.0
    return many / total if total else 0.0


def _place(quote: Quote) -> _Place:
    return quote.location, quote.start
