"""Which judgements become duplicate findings, and how they are put together."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence

from services.curator.analysis.folding import following
from services.curator.analysis.groups import Pair, group, pair, surest_first, told_apart
from services.curator.analysis.model import Document, Group, Judgement, Quiet, Relation
from services.curator.analysis.names import named_apart
from services.curator.analysis.templates import of_templates

PROPOSED = 0.40  # behaviour §8: below, a finding is not shown
_ALONE = (Relation.CONTAINED, Relation.OVERLAP)


def find_duplicates(
    judgements: Iterable[Judgement],
    apart: Collection[Pair] = frozenset(),
    documents: Mapping[str, Document] | None = None,
) -> list[Group]:
    """The duplicate findings of these judgements, surest first.

    Copies and editions are put into groups (see `groups.group`); each excerpt and each overlap is a finding of
    its two documents. Needs a confidence of 0.40; pairs in `apart` (contrary verdicts) make none, nor do those that
    share the text of a template only (`templates.of_templates`), whose names speak against it (`names.named_apart`) or
    that follow from others (`folding.following`); names and days are asked where the `documents` are given.
    """
    known = list(judgements)
    quiet = silenced(known, apart, documents)
    strong = [one for one in known if one.confidence >= PROPOSED and (one.a, one.b) not in quiet]
    groups = group(strong, apart)
    alone: dict[tuple[object, object], Judgement] = {}
    for one in sorted(strong, key=lambda one: (-one.confidence, one.a, one.b)):
        if one.relation in _ALONE and pair(one.a, one.b) not in apart:
            alone.setdefault((one.a, one.b), one)
    pairs = [
        Group(tuple(sorted((one.a, one.b))), one.relation, (one,), one.confidence) for one in alone.values()
    ]
    return sorted([*groups, *pairs], key=surest_first)


def silenced(
    judgements: Sequence[Judgement],
    apart: Collection[Pair] = frozenset(),
    documents: Mapping[str, Document] | None = None,
) -> dict[Pair, Quiet]:
    """The rule that keeps a tie, as (a, b), from being a finding, for each that has one; `apart` as above."""
    quiet = two_things(judgements, documents)
    quiet |= {(one.a, one.b): why for one in judgements if (why := told_apart(one)) is not None}
    strong = (one for one in judgements if one.confidence >= PROPOSED and (one.a, one.b) not in quiet)
    changed = {name: one.updated for name, one in (documents or {}).items() if one.updated}
    told = following((one for one in strong if pair(one.a, one.b) not in apart), changed)
    return quiet | dict.fromkeys(told, Quiet.FOLLOWS)


def two_things(
    judgements: Sequence[Judgement], documents: Mapping[str, Document] | None = None
) -> dict[Pair, Quiet]:
    """The ties, as (a, b), of two things: of one template, or of names that speak against it.

    Names are asked where the documents are given.
    """
    variants = ((one.a, one.b) for one in judgements if one.relation is Relation.VARIANT)
    quiet = dict.fromkeys((*of_templates(judgements), *variants), Quiet.TEMPLATE)
    if documents is None:
        return quiet
    strong = (one for one in judgements if one.confidence >= PROPOSED)
    named = named_apart([one for one in strong if {one.a, one.b} <= documents.keys()], documents)
    return dict.fromkeys(named, Quiet.NAMES) | quiet


def kept_apart(
    judgements: Sequence[Judgement],
    documents: Mapping[str, Document] | None = None,
    apart: Collection[Pair] = frozenset(),
) -> frozenset[Pair]:
    """The pairs, smaller id first, that stand for two things however much they share.

    Those of `two_things`, and those that people said so of (`apart`).
    """
    return frozenset(apart) | {pair(a, b) for a, b in two_things(judgements, documents)}
