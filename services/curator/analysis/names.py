"""Ties that names speak against: what goes by a name of its own is another thing, unless its text says otherwise."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping

from services.curator.analysis.editions import title_likeness, title_words
from services.curator.analysis.model import Document, Judgement, Relation

_OTHER = 0.60  # of two titles' words in common: below, they go by other names
_MOST = 0.60  # of either text that stands in the other: an edition under another name has kept as much
_SAME = 0.95  # the same: copies, unless their names fill one pattern
_HALF = 0.50  # of one of two: an overlap under two names has as much, and what is told of as another edition
_HARDLY = 0.30  # of the text that has more: one title over texts that share less is a subject in common
_RENAMED = 0.90  # of two titles' words in common: nearly whole texts from there on are one that was renamed
_PATTERN = 0.40  # of two titles' words in common: both may fill one pattern
# Names besides its own among the revisions of one text, from which on it fills a template. Of what is nearly whole in
# each other, under names of no pattern, more: three courses on one subject may be copies whatever they are called.
_FEW, _MANY = 2, 4

Pairs = set[tuple[str, str]]
"""Ties, as (a, b)."""


def named_apart(ties: Iterable[Judgement], documents: Mapping[str, Document]) -> Pairs:
    """The ties that the titles and days of the two speak against; none where a title is missing.

    A revision under another name needs most of either text in the other, and an overlap half of one. One under the same
    name needs more than a subject in common, or half of one where the titles state two editions, if they are known to
    have been created on two days: a record keeps its day when it is revised. Texts that pass for revisions of several,
    all by names of their own, fill a template. Two that both have copies or editions under their own names are two
    things, as long as these are there; neither holds of the same text under names that share no pattern.
    """
    titled = [one for one in ties if documents[one.a].title and documents[one.b].title]
    titles = {name: documents[name].title for one in titled for name in (one.a, one.b)}
    against = {(one.a, one.b) for one in titled if _too_little(one, documents[one.a], documents[one.b])}
    revised = [one for one in titled if one.relation is Relation.REVISED]
    parts = [one for one in revised if min(one.coverage_a, one.coverage_b) < _MOST]
    whole = [one for one in revised if min(one.coverage_a, one.coverage_b) >= _MOST]
    same = {(one.a, one.b) for one in whole if min(one.coverage_a, one.coverage_b) >= _SAME}
    of_no_pattern = _by_names(whole, titles, _MANY, _renamed) | _going_on(titled, titles)
    return (
        against
        | _by_names(parts, titles, _FEW, _of_one_name)
        | _by_names(whole, titles, _FEW, _of_no_pattern)
        | of_no_pattern - same
    )


def _too_little(tie: Judgement, a: Document, b: Document) -> bool:
    less, more = sorted((tie.coverage_a, tie.coverage_b))
    other = _own_words(a.title, b.title) and title_likeness(a.title, b.title) < _OTHER
    if tie.relation is Relation.OVERLAP:
        return other and more < _HALF
    if tie.relation is not Relation.REVISED:
        return False
    if other:
        return less < _MOST
    if a.created is None or b.created is None or a.created == b.created:
        return False
    other_edition = _of_one_name(a.title, b.title) and a.title.casefold() != b.title.casefold()
    return more < (_HALF if other_edition else _HARDLY)


def _by_names(
    ties: Iterable[Judgement], titles: Mapping[str, str], many: int, alike: Callable[[str, str], bool]
) -> Pairs:
    """Those of the ties between titles that are not alike, of which one end has so many of other names."""
    found = [one for one in ties if not alike(titles[one.a], titles[one.b])]
    names: dict[str, set[frozenset[str]]] = defaultdict(set)
    for one in found:
        names[one.a].add(title_words(titles[one.b]))
        names[one.b].add(title_words(titles[one.a]))
    return {(one.a, one.b) for one in found if max(len(names[one.a]), len(names[one.b])) >= many}


def _going_on(ties: Iterable[Judgement], titles: Mapping[str, str]) -> Pairs:
    """The revisions between two that both have copies or editions under their own names."""
    known = [one for one in ties if one.relation in (Relation.REVISED, Relation.IDENTICAL)]
    own = {name for one in known if _of_one_name(titles[one.a], titles[one.b]) for name in (one.a, one.b)}
    return {
        (one.a, one.b)
        for one in known
        if one.relation is Relation.REVISED
        and {one.a, one.b} <= own
        and not _renamed(titles[one.a], titles[one.b])
    }


def _of_one_name(a: str, b: str) -> bool:
    """Whether two titles differ by an edition at most."""
    return title_words(a) == title_words(b)


def _renamed(a: str, b: str) -> bool:
    """Whether one title is the other with words left out, or hardly differs from it."""
    return not _own_words(a, b) or title_likeness(a, b) >= _RENAMED


def _of_no_pattern(a: str, b: str) -> bool:
    return _renamed(a, b) or title_likeness(a, b) < _PATTERN


def _own_words(a: str, b: str) -> bool:
    """Whether each of two titles has words that the other lacks."""
    left, right = title_words(a), title_words(b)
    return bool(left - right and right - left)
