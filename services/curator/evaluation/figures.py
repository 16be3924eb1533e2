"""The figures of one corpus or of several together, from their answers and from what curation wrote."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from services.curator.evaluation import outdated
from services.curator.evaluation.baselines import Best, best
from services.curator.evaluation.cases import Case, judged, listed_pairs
from services.curator.evaluation.resampling import Estimate, Flags, Sample
from services.curator.evaluation.scores import Calibration, Score, calibration, score, share
from services.curator.evaluation.truth import Key, Row, hard, number, pair, text_only

ANY, HARD = "any duplicate", "any duplicate, hard slice"
OPENED = 0.70  # behaviour §8: from here on a suggestion is opened, below it is held
_WRONG_WAY = "contained, wrong way"
_SURE = (0.05, 0.95)  # confidences between which calibration is asked for (issue 4)


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
    outdated: dict[str, outdated.Outdated]
    newer: Score
    newer_pairs: Score
    kept_proposed: Estimate
    baselines: dict[str, list[Best]]


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
        outdated.by_family(cases),
        outdated.newer_named(cases),
        outdated.newer_pairs(cases),
        outdated.kept_proposed(cases),
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


def _findings(cases: Sequence[Case]) -> Findings:
    keys: list[tuple[Key, Key]] = []
    rows: list[tuple[bool, bool, bool, float, str]] = []  # right, wrong, listed, confidence, relation
    unjudged = 0
    for case in cases:
        right, wrong, unknown = judged(case)
        listed, _ = listed_pairs(case)
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
