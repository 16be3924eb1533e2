"""Which items of different programs hold the same content, whatever resource carries it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from services.curator.analysis.groups import surest_first
from services.curator.analysis.model import Document, Group, Passage, Relation
from services.curator.analysis.programs.paths import Surroundings

_SAME = (Relation.IDENTICAL, Relation.SAME_ITEM, Relation.REVISED)


@dataclass(frozen=True, slots=True)
class Contents:
    """A name for what each resource says: equal for copies and editions of one another.

    `sure` is the confidence that a resource has the content it is named after; 1 for the one that gives the name.
    """

    name: Mapping[str, str]
    sure: Mapping[str, float]
    passages: Mapping[str, tuple[Passage, ...]]
    newer: Mapping[str, frozenset[str]]
    """Newer editions of a resource."""

    def of(self, resource: str) -> str:
        """The name of what the resource says."""
        return self.name.get(resource, resource)

    def least(self, resources: Iterable[str]) -> float:
        """The confidence of the least sure of these."""
        return min((self.sure.get(each, 1.0) for each in resources), default=1.0)

    def mean(self, resources: Iterable[str]) -> float:
        """The share of these that is expected to have the content it is named after."""
        each = [self.sure.get(one, 1.0) for one in resources]
        return sum(each) / len(each) if each else 1.0


def contents(around: Surroundings) -> Contents:
    """Names by the groups of copies and editions, which rest on aligned blocks; surest groups first, no chains."""
    name: dict[str, str] = {}
    sure: dict[str, float] = {}
    passages: dict[str, tuple[Passage, ...]] = {}
    newer: dict[str, set[str]] = defaultdict(set)
    same = [group for group in around.groups if group.relation in _SAME]
    for one in (judgement for group in same for judgement in group.judgements):
        if one.relation is Relation.REVISED:
            newer[one.a].add(one.b)
    for group in sorted(same, key=surest_first):
        new = [member for member in group.members if member not in name]
        if len(new) < 2:
            continue
        first = min(new, key=lambda member: _told(around.documents[member]))
        for member in new:
            name[member] = first
            if member != first:
                sure[member] = group.confidence
                passages[member] = _between(group, first, member)
    return Contents(name, sure, passages, {key: frozenset(each) for key, each in newer.items()})


def _told(document: Document) -> tuple[date, str, list[str], str]:
    """The first of several goes by its days and words: its id decides between equal ones only."""
    created = document.created or document.updated or date.max
    return created, document.title, [part.text for part in document.parts], document.id


def _between(group: Group, a: str, b: str) -> tuple[Passage, ...]:
    return tuple(
        passage for one in group.judgements if {one.a, one.b} == {a, b} for passage in one.passages[:3]
    )
