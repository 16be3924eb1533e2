"""The figures of one corpus or of several together, from their answers and from what curation wrote."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

import numpy as np

from services.curator.analysis.duplicates import PROPOSED
from services.curator.corpus import read_rows
from services.curator.evaluation.baselines import Best, best
from services.curator.evaluation.resampling import Estimate, Flags, Numbers, Sample
from services.curator.evaluation.scores import Calibration, Score, auc, calibration, score, share
from services.curator.evaluation.truth import Key, Pair, Row, Truth, evidence, hard, number, pair, text_only

ANY, HARD = "any duplicate", "any duplicate, hard slice"
OPENED = 0.70  # behaviour §8: from here on a suggestion is opened, below it is held
_WRONG_WAY = "contained, wrong way"
_SURE = (0.05, 0.95)  # confidences between which calibration is asked for (issue 4)
_FAMILIES = {
    "archived": "retired", "removed": "retired", "retired-stated": "retired", "kept": "retired",
    "superseded": "superseded", "newest-copy": "superseded",
    "translation-behind": "translation", "translation-level": "translation",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Case:
    """One corpus with its answers and with what curation wrote about it; `signals` has a score a pair and method.

    The signals follow the order of `truth.pairs`.
    """

    truth: Truth
    pairs: Mapping[Pair, Row]
    findings: Mapping[Pair, Row]
    outdated: Mapping[str, Row]
    signals: Mapping[str, Numbers]


@dataclass(frozen=True, slots=True)
class Candidates:
    """The share of true pairs that were compared at all, and with how many others a resource was, on average."""

    recall: Estimate
    per_resource: float


@dataclass(frozen=True, slots=True)
class Findings:
    """What would be proposed: `score` over the pairs that answers judge (its recall over listed pairs).

    A pair inside one cluster is right even where it is not listed, so `right` and `missed` do not add up. `opened`
    is the same for findings of confidence 0.70 and more. `unjudged` counts the pairs that no answer knows.
    """

    score: Score
    opened: Score
    precision: dict[str, Estimate]
    unjudged: int
    unjudged_share: float
    calibration: Calibration


@dataclass(frozen=True, slots=True)
class Outdated:
    """One family of outdated content: decisions, calibration, and whether the outdated have the higher confidence."""

    score: Score
    calibration: Calibration
    auc: Estimate | None


@dataclass(frozen=True, slots=True)
class Figures:
    """All figures of one corpus, or of several pooled.

    `pairs`, `by_source` (the same, with intervals over whole sources), `calibration`, `middle` (pairs of confidence
    0.05 to 0.95) and `candidates` leave out ties that are shared text alone; `with_copied` has them.
    `newer` scores the copy that is named as the successor of an outdated one, `newer_pairs` whether the two were
    judged an edition of each other in the right direction. `kept_proposed` is the share of kept resources proposed
    for more than a review. `baselines` has the best thresholds for each question.
    """

    resources: int
    listed: int
    candidates: Candidates
    pairs: dict[str, Score]
    by_source: dict[str, Score]
    with_copied: dict[str, Score]
    calibration: Calibration
    calibration_with_copied: Calibration
    middle: Calibration
    distinct_confidences: int
    findings: Findings
    outdated: dict[str, Outdated]
    newer: Score
    newer_pairs: Score
    kept_proposed: Estimate
    baselines: dict[str, list[Best]]


def read_case(truth: Truth, out: Path, signals: Mapping[str, Numbers]) -> Case:
    """The case of a corpus from what `curate` wrote into `out`."""
    return Case(
        truth,
        {pair(row): row for row in read_rows(out, "pairs")},
        {pair(row): row for row in read_rows(out, "findings")},
        {str(row["resource"]): row for row in read_rows(out, "outdated")},
        signals,
    )


def figures(cases: Sequence[Case]) -> Figures:
    """All figures over these corpora pooled; ids of different corpora must differ."""
    all_, told = _Pairs(cases, copied=True), _Pairs(cases, copied=False)
    sample = Sample(told.keys)
    by_source = Sample.of_sources(told.keys)
    resources = sum(len(case.truth.resources) for case in cases)
    compared = sum(len(case.pairs) for case in cases)
    middle = (told.confidence >= _SURE[0]) & (told.confidence <= _SURE[1])
    everything = np.ones(sample.size, dtype=bool)
    true = told.is_ != "unrelated"
    sample_all = Sample(all_.keys)
    return Figures(
        resources,
        sample.size,
        Candidates(share(sample, told.compared, true), round(2 * compared / max(1, resources), 1)),
        told.scores(sample),
        told.scores(by_source),
        all_.scores(sample_all),
        calibration(sample, told.confidence, true, everything),
        calibration(
            sample_all, all_.confidence, all_.is_ != "unrelated", np.ones(sample_all.size, dtype=bool)
        ),
        calibration(sample, told.confidence, true, middle),
        len({number(row, "confidence") for case in cases for row in case.pairs.values()}),
        _findings(cases),
        _outdated(cases),
        _newer(cases),
        _newer_pairs(cases),
        _kept_proposed(cases),
        told.baselines(),
    )


class _Pairs:
    """The listed pairs of some corpora beside what was said of them; one place a pair in every column."""

    def __init__(self, cases: Sequence[Case], *, copied: bool) -> None:
        listed = [
            (case, place, row)
            for case in cases
            for place, row in enumerate(case.truth.pairs)
            if copied or not text_only(row)
        ]
        guesses = [case.pairs.get(pair(row)) for case, _, row in listed]
        self.keys = [case.truth.keys(row) for case, _, row in listed]
        self.is_ = np.array([str(row["relation"]) for _, _, row in listed], dtype=object)
        self.said = np.array(
            [_said(row, guess) for (_, _, row), guess in zip(listed, guesses, strict=True)], dtype=object
        )
        self.confidence = np.array([0.0 if one is None else number(one, "confidence") for one in guesses])
        self.compared = np.array([one is not None for one in guesses], dtype=bool)
        self.hard = np.array([hard(row) for _, _, row in listed], dtype=bool)
        judging = [case.signals for case in cases if case.truth.pairs]
        everywhere = judging[0].keys() if judging else ()
        shared = sorted(method for method in everywhere if all(method in one for one in judging))
        self._signals = {
            method: np.array([case.signals[method][place] for case, place, _ in listed]) for method in shared
        }

    def scores(self, sample: Sample) -> dict[str, Score]:
        """By relation, all six judged at once; then any duplicate, all and the hard slice."""
        found = {
            relation: score(
                sample,
                (self.is_ == relation) & (self.said == relation),
                (self.is_ != relation) & (self.said == relation),
                (self.is_ == relation) & (self.said != relation),
            )
            for relation in sorted(set(self.is_) | (set(self.said) - {_WRONG_WAY}))
        }
        true, positive = self.is_ != "unrelated", self.said != "unrelated"
        for name, inside in ((ANY, np.ones(len(true), dtype=bool)), (HARD, self.hard)):
            if inside.any():
                right, wrong, missed = true & positive, ~true & positive, true & ~positive
                found[name] = score(sample, right & inside, wrong & inside, missed & inside)
        return found

    def baselines(self) -> dict[str, list[Best]]:
        """The methods' best figures: duplicates of any kind, the hard slice, each relation against unrelated."""
        true, everything = self.is_ != "unrelated", np.ones(len(self.is_), dtype=bool)
        questions = {ANY: (true, everything), HARD: (true, self.hard)} | {
            relation: (self.is_ == relation, (self.is_ == relation) | ~true)
            for relation in sorted(set(self.is_) - {"unrelated"})
        }
        return {
            name: best(self._signals, wanted, counted)
            for name, (wanted, counted) in questions.items()
            if (wanted & counted).any()
        }


def _said(row: Row, guess: Row | None) -> str:
    if guess is None:
        return "unrelated"
    said = str(guess["relation"])
    return _WRONG_WAY if row["relation"] == said == "contained" and guess["a"] != row["a"] else said


def judged(case: Case) -> tuple[set[Pair], set[Pair], set[Pair]]:
    """The findings that are right, wrong, and known to no answer."""
    listed, apart = _listed(case)
    cluster = case.truth.cluster
    right = {
        both
        for both in case.findings
        if both in listed or (both[0] in cluster and cluster[both[0]] == cluster.get(both[1]))
    }
    wrong = (case.findings.keys() & apart) - right
    return right, wrong, case.findings.keys() - right - wrong


def _listed(case: Case) -> tuple[set[Pair], set[Pair]]:
    listed: set[Pair] = set()
    apart: set[Pair] = set()
    for row in case.truth.pairs:
        (apart if row["relation"] == "unrelated" else listed).add(pair(row))
    return listed, apart


def _findings(cases: Sequence[Case]) -> Findings:
    keys: list[tuple[Key, Key]] = []
    rows: list[tuple[bool, bool, bool, float, str]] = []  # right, wrong, listed, confidence, relation
    unjudged = 0
    for case in cases:
        right, wrong, unknown = judged(case)
        listed, _ = _listed(case)
        unjudged += len(unknown)
        for both in sorted(right | wrong | listed):
            found = case.findings.get(both)
            keys.append((case.truth.key(both[0]), case.truth.key(both[1])))
            rows.append(
                (
                    both in right,
                    both in wrong,
                    both in listed,
                    0.0 if found is None else number(found, "confidence"),
                    "" if found is None else str(found["relation"]),
                )
            )
    sample = Sample(keys)
    right_, wrong_, listed_ = (np.array([row[place] for row in rows], dtype=bool) for place in range(3))
    confidence = np.array([row[3] for row in rows], dtype=np.float64)
    relation = np.array([row[4] for row in rows], dtype=object)
    emitted = right_ | wrong_
    opened = emitted & (confidence >= OPENED)
    return Findings(
        _finding_score(sample, right_, wrong_, listed_),
        _finding_score(sample, right_ & opened, wrong_ & opened, listed_),
        {
            str(name): share(sample, right_ & (relation == name), emitted & (relation == name))
            for name in sorted(set(relation) - {""})
        },
        unjudged,
        round(unjudged / max(1, unjudged + int(emitted.sum())), 4),
        calibration(sample, confidence, right_, emitted),
    )


def _finding_score(sample: Sample, right: Flags, wrong: Flags, listed: Flags) -> Score:
    """Precision over judged findings, recall over listed pairs, and their harmonic mean."""
    precision = score(sample, right, wrong, listed & ~right)
    recall = score(sample, right & listed, wrong, listed & ~right)
    p, r = precision.precision.value, recall.recall.value
    middle = Estimate(round(2 * p * r / max(1e-9, p + r), 4), recall.f1.low, recall.f1.high)
    return Score(
        precision.precision, recall.recall, middle, precision.right, precision.wrong, precision.missed
    )


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


def _outdated(cases: Sequence[Case]) -> dict[str, Outdated]:
    rows: dict[str, list[tuple[bool, bool, float, Key]]] = {}
    for _, row, guess, key in _labels(cases):
        family = _FAMILIES.get(str(row["reason"]), "status")
        said = guess is not None and guess["label"] == "outdated"
        sure = 0.0 if guess is None else number(guess, "confidence")
        rows.setdefault(family, []).append((row["label"] == "outdated", said, sure, key))
    found: dict[str, Outdated] = {}
    for family, told in sorted(rows.items()):
        sample = Sample([(key, key) for *_, key in told])
        true = np.array([row[0] for row in told], dtype=bool)
        said = np.array([row[1] for row in told], dtype=bool)
        sure = np.array([row[2] for row in told])
        found[family] = Outdated(
            score(sample, true & said, ~true & said, true & ~said),
            calibration(sample, sure, true, np.ones(len(true), dtype=bool)),
            auc(sample, sure, true),
        )
    return found


def _newer(cases: Sequence[Case]) -> Score:
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


def _newer_pairs(cases: Sequence[Case]) -> Score:
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


def _kept_proposed(cases: Sequence[Case]) -> Estimate:
    kept = [(guess, key) for _, row, guess, key in _labels(cases) if row["reason"] == "kept"]
    more = [guess is not None and guess.get("plan") not in (None, "", "review") for guess, _ in kept]
    sample = Sample([(key, key) for _, key in kept])
    return share(sample, np.array(more, dtype=bool), np.ones(len(kept), dtype=bool))


__all__ = ["PROPOSED", "Case", "Figures", "figures", "judged", "read_case"]
