"""How fast each class of content ages here: half-lives that follow a catalog's own substantive revisions."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from itertools import pairwise

from services.curator.analysis.ageing import DAYS_A_MONTH, changed_on, wording
from services.curator.analysis.classes import HALF_LIVES, ContentClass
from services.curator.analysis.groups import families
from services.curator.analysis.model import Document, Judgement, Relation

_PRIOR_EVENTS = 3  # behaviour §4: what a class is taken for weighs as much as three revisions
_FURTHEST = 4  # and the half-life stays between a quarter and four times of that
_SUBSTANTIVE = 0.05  # share of the text that a revision changes at least
_EDITION = 0.50  # confidence from which two texts are editions of one document


@dataclass(frozen=True, slots=True)
class History:
    """One document that was watched for so many months, and how often it was substantively revised meanwhile."""

    content_class: ContentClass
    months: float
    revisions: int


def half_lives(histories: Iterable[History]) -> dict[ContentClass, int]:
    """Months until half of a class needs a review, by class.

    Revisions are taken for a Poisson process, for which F = 2^(−age/H) is the chance of none so far: its rate is
    ln 2 / H. With a Gamma prior of 3 events at the class's starting H₀, n revisions in m months give
    H = (3·H₀ + ln 2 · m) / (3 + n), held between H₀/4 and 4·H₀.
    """
    months: dict[ContentClass, float] = defaultdict(float)
    events: dict[ContentClass, int] = defaultdict(int)
    for history in histories:
        months[history.content_class] += history.months
        events[history.content_class] += history.revisions
    learned: dict[ContentClass, int] = {}
    for content_class, start in HALF_LIVES.items():
        told = (_PRIOR_EVENTS * start + math.log(2) * months[content_class]) / (
            _PRIOR_EVENTS + events[content_class]
        )
        learned[content_class] = max(1, round(min(_FURTHEST * start, max(start / _FURTHEST, told))))
    return learned


def histories(
    documents: Mapping[str, Document],
    classes: Mapping[str, ContentClass],
    judgements: Iterable[Judgement],
    today: Mapping[str, date],
) -> list[History]:
    """One history for each document with its editions, from its first known day to the day it is looked at.

    Between two editions, one after the other, lies a revision unless they hold the same text to 95 %. A document
    without editions that was changed after it appeared counts one, however often that was.
    """
    ties = [
        one
        for one in judgements
        if one.relation in (Relation.REVISED, Relation.IDENTICAL)
        and one.confidence >= _EDITION
        and one.a in documents
        and one.b in documents
    ]
    alike = {
        frozenset((one.a, one.b))
        for one in ties
        if one.relation is Relation.IDENTICAL or min(one.coverage_a, one.coverage_b) > 1 - _SUBSTANTIVE
    }
    grouped = [sorted(family) for family in families(ties)]
    single = documents.keys() - {key for family in grouped for key in family}
    found: list[History] = []
    for family in [*grouped, *([key] for key in sorted(single))]:
        dated = sorted(
            ((day, key) for key in family if (day := changed_on(documents[key])) is not None),
            key=lambda one: (one[0], wording(documents[one[1]]), one[1]),
        )
        if not dated:
            continue
        newest = dated[-1][1]
        first = min([documents[key].created or day for day, key in dated])
        watched = (max(today[key] for key in family) - first).days / DAYS_A_MONTH
        steps = sum(
            before != after and frozenset((one, other)) not in alike
            for (before, one), (after, other) in pairwise(dated)
        )
        created = documents[newest].created
        if len(family) == 1:
            steps = int(created is not None and dated[-1][0] > created)
        if watched > 0:
            found.append(History(classes[newest], watched, steps))
    return found
