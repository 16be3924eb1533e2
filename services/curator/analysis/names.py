"""Ties that names speak against: what goes by a name of its own is another thing, unless its text says otherwise."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping

from services.curator.analysis.editions import title_likeness, title_words
from services.curator.analysis.model import Document, Judgement, Relation

_OTHER = 0.60  # of two titles' words in common: below, they go by other names
_MOST = 0.60  # of either text that stands in the other: an edition under another name has kept as much
_HALF = 0.50  # the same of one whose title states another edition
_SUBSTANTIAL = 0.40  # of one of the two that an overlap under two names has at least
_HARDLY = 0.30  # of the text that has more: one title over texts that share less is a subject in common
_MANY = 2  # names besides its own among the revisions of one text: a template that is filled
_RENAMED = 0.90  # of two titles' words in common: nearly whole texts from there on are one that was renamed


def named_apart(ties: Iterable[Judgement], documents: Mapping[str, Document]) -> set[tuple[str, str]]:
    """The ties, as (a, b), that the titles and days of the two speak against; none where a title is missing.

    A revision under another name needs most of either text in the other, and an overlap a substantial part. One under
    the same name needs more than a subject in common, or half where the titles state two editions, unless both were
    created on one day, which a record keeps when it is revised. Texts that pass for revisions of several, all by names
    of their own, fill a template.
    """
    titled = [one for one in ties if documents[one.a].title and documents[one.b].title]
    against = {(one.a, one.b) for one in titled if _too_little(one, documents[one.a], documents[one.b])}
    return against | _filled(titled, documents)


def _too_little(tie: Judgement, a: Document, b: Document) -> bool:
    less, more = sorted((tie.coverage_a, tie.coverage_b))
    other = title_likeness(a.title, b.title) < _OTHER
    if tie.relation is Relation.OVERLAP:
        return other and more < _SUBSTANTIAL
    if tie.relation is not Relation.REVISED:
        return False
    if other:
        return less < _MOST
    if a.created == b.created:
        return False
    return more < _HARDLY or (less < _HALF and _other_edition(a.title, b.title))


def _other_edition(a: str, b: str) -> bool:
    return a.casefold() != b.casefold() and title_words(a) == title_words(b)


def _filled(ties: Iterable[Judgement], documents: Mapping[str, Document]) -> set[tuple[str, str]]:
    """The revisions between texts of which one passes for a revision of several, each by another name."""
    found = [
        one
        for one in ties
        if one.relation is Relation.REVISED
        and _names_differ(one, documents[one.a].title, documents[one.b].title)
    ]
    names: dict[str, set[frozenset[str]]] = defaultdict(set)
    for one in found:
        names[one.a].add(title_words(documents[one.b].title))
        names[one.b].add(title_words(documents[one.a].title))
    return {(one.a, one.b) for one in found if max(len(names[one.a]), len(names[one.b])) >= _MANY}


def _names_differ(tie: Judgement, a: str, b: str) -> bool:
    """Whether the titles differ by more than an edition; of nearly whole texts, by more than words left out or in."""
    left, right = title_words(a), title_words(b)
    if min(tie.coverage_a, tie.coverage_b) < _MOST:
        return left != right
    return bool(left - right and right - left) and title_likeness(a, b) < _RENAMED
