"""Figures of outdated content: what people retired, replaced or left behind, and what they kept."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import chain

import numpy as np

from services.curator.evaluation.cases import Case
from services.curator.evaluation.resampling import Estimate, Sample
from services.curator.evaluation.scores import Calibration, Score, auc, calibration, score, share
from services.curator.evaluation.truth import Key, Row, Truth, evidence, number, pair

_FAMILIES = {
    "archived": "retired", "removed": "retired", "retired-stated": "retired", "kept": "retired",
    "superseded": "superseded", "newest-copy": "superseded",
    "translation-behind": "translation", "translation-level": "translation",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Outdated:
    """One family of outdated content: decisions, calibration, and whether the outdated have the higher confidence.

    `auc_of_age` is that of a simple rule on the same resources: days since the update, and of translations days by
    which a copy in another language was updated later.
    """

    score: Score
    calibration: Calibration
    auc: Estimate | None
    auc_of_age: Estimate | None


def _labels(cases: Sequence[Case]) -> Iterable[tuple[Case, Row, Row | None, Key]]:
    """Each answer on outdated content with what was said of its resource and what it depends on."""
    return chain.from_iterable(
        (
            (
                case,
                row,
                case.outdated.get(str(row["resource"])),
                case.truth.key(str(row["resource"]), row),
            )
            for row in case.truth.outdated
        )
        for case in cases
    )


def by_family(cases: Sequence[Case]) -> dict[str, Outdated]:
    """Retired, superseded, translations left behind, and what a catalog marks itself (status), each apart."""
    rows: dict[str, list[tuple[bool, bool, float, float, Key]]] = {}
    later = {case.truth.name: _updated_later(case.truth) for case in cases}
    for case, row, guess, key in _labels(cases):
        family = _FAMILIES.get(str(row["reason"]), "status")
        said = guess is not None and guess["label"] == "outdated"
        sure = 0.0 if guess is None else number(guess, "confidence")
        resource = str(row["resource"])
        is_translation = family == "translation"
        age = later[case.truth.name].get(resource, 0) if is_translation else _age(case.truth, resource)
        rows.setdefault(family, []).append((row["label"] == "outdated", said, sure, age, key))
    found: dict[str, Outdated] = {}
    for family, told in sorted(rows.items()):
        sample = Sample([(key, key) for *_, key in told])
        true = np.array([row[0] for row in told], dtype=bool)
        said = np.array([row[1] for row in told], dtype=bool)
        sure = np.array([row[2] for row in told])
        age = np.array([row[3] for row in told])
        found[family] = Outdated(
            score(sample, true & said, ~true & said, true & ~said),
            calibration(sample, sure, true, np.ones(len(true), dtype=bool)),
            auc(sample, sure, true),
            auc(sample, age, true),
        )
    return found


def _age(truth: Truth, resource: str) -> int:
    """Days since the last update, on the day on which the resource is looked at."""
    return _day(truth, resource, "as_of") - _day(truth, resource, "updated")


def _updated_later(truth: Truth) -> dict[str, int]:
    """By how many days the latest translation or original of a resource was updated after it."""
    found: dict[str, int] = {}
    for row in truth.pairs:
        if row["relation"] == "translated":
            a, b = str(row["a"]), str(row["b"])
            gap = _day(truth, b, "updated") - _day(truth, a, "updated")
            found[a] = max(gap, found.get(a, gap))
            found[b] = max(-gap, found.get(b, -gap))
    return found


def _day(truth: Truth, resource: str, field: str) -> int:
    told = str(truth.resources.get(resource, {}).get(field) or "")
    return date.fromisoformat(told[:10]).toordinal() if told else 0


def newer_named(cases: Sequence[Case]) -> Score:
    """Superseded copies for which the very copy that people know as newer was named; any for others is wrong."""
    keys: list[tuple[Key, Key]] = []
    rows: list[tuple[bool, bool, bool]] = []
    for _, row, guess, key in _labels(cases):
        if _FAMILIES.get(str(row["reason"])) == "translation":
            continue
        named = None if guess is None else evidence(guess).get("newer")
        newer = evidence(row).get("newer") if row["reason"] == "superseded" else None
        keys.append((key, key))
        right = newer is not None and named == newer
        rows.append((right, named is not None and not right, newer is not None and not right))
    return _of_rows(keys, rows)


def newer_pairs(cases: Sequence[Case]) -> Score:
    """Superseded and newer copies judged an edition of each other, in the right direction.

    The wrong direction is wrong and missed; so is, as wrong, an edition said of two that people keep apart.
    """
    keys: list[tuple[Key, Key]] = []
    rows: list[tuple[bool, bool, bool]] = []
    for case, row, _, key in _labels(cases):
        newer = evidence(row).get("newer")
        if row["reason"] != "superseded" or newer is None:
            continue
        old = str(row["resource"])
        guess = case.pairs.get((min(old, str(newer)), max(old, str(newer))))
        revised = guess is not None and guess["relation"] == "revised"
        right = revised and guess is not None and guess["a"] == old
        keys.append((key, key))
        rows.append((right, revised and not right, not right))
    for case in cases:
        for row in case.truth.pairs:
            guess = case.pairs.get(pair(row))
            if row["relation"] == "unrelated" and guess is not None and guess["relation"] == "revised":
                keys.append(case.truth.keys(row))
                rows.append((False, True, False))
    return _of_rows(keys, rows)


def _of_rows(keys: Sequence[tuple[Key, Key]], rows: Sequence[tuple[bool, bool, bool]]) -> Score:
    flags = np.array(rows, dtype=bool).reshape(-1, 3)
    return score(Sample(keys), flags[:, 0], flags[:, 1], flags[:, 2])


def kept_proposed(cases: Sequence[Case]) -> Estimate:
    """The share of kept resources for which more than a review would be proposed."""
    kept = [(guess, key) for _, row, guess, key in _labels(cases) if row["reason"] == "kept"]
    more = [guess is not None and guess.get("plan") not in (None, "", "review") for guess, _ in kept]
    sample = Sample([(key, key) for _, key in kept])
    return share(sample, np.array(more, dtype=bool), np.ones(len(kept), dtype=bool))
