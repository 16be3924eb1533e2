"""Ties that follow from others: of the editions of one text a person is shown the closest, and shared parts once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import date

from services.curator.analysis.groups import copies
from services.curator.analysis.model import Judgement, Relation
from services.curator.analysis.templates import of_one_title

_SURE, _WHOLE = 0.90, 0.50  # probability and smaller coverage from which two are editions of one text
_MOST = 0.80  # of a part that stands in a document
_ALIKE = 0.60  # of two titles' words in common: they go by one title
_PARTS = frozenset({Relation.CONTAINED, Relation.OVERLAP})
_EQUAL = frozenset({Relation.IDENTICAL, Relation.SAME_ITEM})
_SHARED = frozenset({Relation.OVERLAP, Relation.REVISED})


def following(ties: Iterable[Judgement], changed: Mapping[str, date] | None = None) -> set[tuple[str, str]]:
    """The ties, as (a, b), that a person need not be shown, because others say as much or more.

    Of several editions of one text of which a part or more stands in a document, the ties of all but those that it has
    most of, and most literally; of equally close ones, all but the edition that was current when the document last
    changed, and of copies of it all but the first, where these days are known (`changed`). Of two documents that hold
    an edition of one text in whole, a revision or overlap of their own, and that one is inside the other, where such
    texts make up most of it. And between the editions of two texts that go by different titles, all overlaps and
    revisions but the closest.
    """
    known = list(ties)
    days = changed or {}
    of = copies(known, _SURE, _WHOLE)
    between = [one for one in known if of.get(one.a, one.a) != of.get(one.b, one.b)]
    beside: dict[tuple[str, str], list[_Found]] = defaultdict(list)
    for one in between:
        if one.relation in _PARTS:
            found = _found(one)
            beside[of.get(found.part, found.part), found.whole].append(found)
    texts = copies((one for one in known if one.relation in _EQUAL), 0, 0)
    told: set[tuple[str, str]] = set()
    for (_, whole), found in beside.items():
        kept = _current(_closest(found), days.get(whole), days, texts)
        told |= {_pair(one.tie) for one in found if one.part not in kept}
    told |= _explained(between, of)
    return told | _beside_closer([one for one in between if _pair(one) not in told], of)


def _beside_closer(between: Iterable[Judgement], of: Mapping[str, str]) -> set[tuple[str, str]]:
    """Between the editions of two texts that go by different titles, what shares less than the closest pair does."""
    found: dict[frozenset[str], list[_Found]] = defaultdict(list)
    for one in between:
        if one.relation in _SHARED and not of_one_title(one, _ALIKE):
            found[frozenset((of.get(one.a, one.a), of.get(one.b, one.b)))].append(_found(one))
    return {
        _pair(one.tie)
        for together in found.values()
        for most in (max(one.close for one in together),)
        for one in together
        if one.close < most
    }


@dataclass(frozen=True, slots=True)
class _Found:
    """A part in what holds it: the part is the one of which more is found in the other."""

    part: str
    whole: str
    close: tuple[float, float, float]
    tie: Judgement


def _found(one: Judgement) -> _Found:
    if one.coverage_a >= one.coverage_b:
        return _Found(one.a, one.b, (one.coverage_a, _literal(one), one.coverage_b), one)
    return _Found(one.b, one.a, (one.coverage_b, _literal(one), one.coverage_a), one)


def _closest(found: Sequence[_Found]) -> set[str]:
    most = max(one.close for one in found)
    return {one.part for one in found if one.close == most}


def _current(
    parts: AbstractSet[str], day: date | None, changed: Mapping[str, date], texts: Mapping[str, str]
) -> AbstractSet[str]:
    """Of editions the one of that day, by the first that has its text; all of them where a day is not known."""
    days = {part: changed[part] for part in parts if part in changed}
    if day is None or len(days) < len(parts):
        return parts
    current = max((its for its in days.values() if its <= day), default=min(days.values()))
    first: dict[str, date] = {}
    for part, its in days.items():
        text = texts.get(part, part)
        first[text] = min(its, first.get(text, its))
    its_texts = {texts.get(part, part) for part in parts if days[part] == current}
    return {
        part for part in parts if (text := texts.get(part, part)) in its_texts and days[part] == first[text]
    }


def _literal(one: Judgement) -> float:
    """How alike the passages that two share are, on average over their words."""
    words = [len(passage.a.text.split()) + len(passage.b.text.split()) for passage in one.passages]
    alike = sum(passage.similarity * length for passage, length in zip(one.passages, words, strict=True))
    return round(alike / max(1, sum(words)), 3)


def _explained(between: Sequence[Judgement], of: Mapping[str, str]) -> set[tuple[str, str]]:
    """The ties that the texts which both hold make plain; a document holds its own text, and those inside it."""
    # For each document the texts inside it, each with its share of the document.
    inside: dict[str, dict[str, float]] = defaultdict(dict)
    for one in between:
        if one.relation is Relation.CONTAINED:
            text = of.get(one.a, one.a)
            inside[one.b][text] = max(one.coverage_b, inside[one.b].get(text, 0.0))
    explained: set[tuple[str, str]] = set()
    for one in between:
        if one.relation in _SHARED:
            a, b = ({of.get(name, name), *inside[name]} for name in (one.a, one.b))
            if a & b:
                explained.add(_pair(one))
        elif one.relation is Relation.CONTAINED:
            both = inside[one.a].keys() & inside[one.b].keys()
            if sum(inside[one.a][text] for text in both) >= _MOST * one.coverage_a:
                explained.add(_pair(one))
    return explained


def _pair(one: Judgement) -> tuple[str, str]:
    return one.a, one.b
