"""Precision, recall, F1, calibration and AUC with their intervals; the arithmetic is that of the corpora's scorer."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from services.curator.evaluation.resampling import Estimate, Flags, Numbers, Sample, estimate, ratio

_BINS = 10


@dataclass(frozen=True, slots=True)
class Score:
    """Precision, recall and F1 of a decision, with the counts they come from."""

    precision: Estimate
    recall: Estimate
    f1: Estimate
    right: int
    wrong: int
    missed: int


@dataclass(frozen=True, slots=True)
class Bin:
    """Of the confidences between `low` and `high`: how many, their mean, and the share that was right."""

    low: float
    high: float
    count: int
    confidence: float
    share: float


@dataclass(frozen=True, slots=True)
class Calibration:
    """Expected calibration error over ten equal bins, Brier score, and the filled bins."""

    ece: Estimate
    brier: float
    count: int
    bins: tuple[Bin, ...]


def score(sample: Sample, right: Flags, wrong: Flags, missed: Flags) -> Score:
    """The score of a decision, from what it made of each row (flags a row; rows may have none)."""
    now, drawn = sample.sums(np.stack([right, wrong, missed], axis=1))
    hits, false, lost = (int(count) for count in now)
    precision, recall = hits / max(1, hits + false), hits / max(1, hits + lost)
    precisions = ratio(drawn[:, 0], drawn[:, 0] + drawn[:, 1])
    recalls = ratio(drawn[:, 0], drawn[:, 0] + drawn[:, 2])
    f1s = ratio(2 * drawn[:, 0], 2 * drawn[:, 0] + drawn[:, 1] + drawn[:, 2])
    return Score(
        estimate(precision, precisions),
        estimate(recall, recalls),
        estimate(2 * precision * recall / max(1e-9, precision + recall), f1s),
        hits,
        false,
        lost,
    )


def share(sample: Sample, part: Flags, whole: Flags) -> Estimate:
    """The share of the rows in `whole` that are also in `part`; 0 of none."""
    now, drawn = sample.sums(np.stack([part & whole, whole], axis=1))
    return estimate(float(now[0]) / max(1.0, float(now[1])), ratio(drawn[:, 0], drawn[:, 1]))


def calibration(sample: Sample, confidence: Numbers, true: Flags, counted: Flags) -> Calibration:
    """How far confidences are from frequencies, over the counted rows.

    The interval of an error leans high: chance differences of a replicate add to it.
    """
    place = np.minimum(_BINS - 1, (confidence * _BINS).astype(np.intp))
    inside = (place[:, None] == np.arange(_BINS)) & counted[:, None]
    gaps = np.where(inside, (confidence - true)[:, None], 0.0)
    now, drawn = sample.sums(np.concatenate([gaps, inside], axis=1))
    size = max(1.0, float(now[_BINS:].sum()))
    errors = ratio(np.abs(drawn[:, :_BINS]).sum(axis=1), drawn[:, _BINS:].sum(axis=1))
    squares = np.where(counted, (confidence - true) ** 2, 0.0)
    return Calibration(
        estimate(float(np.abs(now[:_BINS]).sum()) / size, errors),
        round(float(squares.sum()) / size, 4),
        int(counted.sum()),
        tuple(
            Bin(
                number / _BINS,
                (number + 1) / _BINS,
                int(inside[:, number].sum()),
                round(float(confidence[inside[:, number]].mean()), 4),
                round(float(true[inside[:, number]].mean()), 4),
            )
            for number in range(_BINS)
            if inside[:, number].any()
        ),
    )


def auc(sample: Sample, confidence: Numbers, true: Flags) -> Estimate | None:
    """How often a true row has the higher confidence than a false one, ties counting half (Mann-Whitney).

    None where one of the two kinds is missing.
    """
    if not true.any() or true.all():
        return None
    order = np.argsort(confidence, kind="stable")
    ordered, is_true = confidence[order], true[order]
    starts = np.searchsorted(ordered, ordered, side="left")
    ends = np.searchsorted(ordered, ordered, side="right")

    def won(weights: NDArray[np.float32] | Numbers) -> Numbers:
        wide = np.asarray(weights, dtype=np.float64)
        false = np.zeros((len(wide), len(ordered) + 1))
        np.cumsum(np.where(is_true, 0.0, wide), axis=1, out=false[:, 1:])
        beaten = (false[:, starts] + false[:, ends]) / 2
        positive = np.where(is_true, wide, 0.0)
        return ratio((positive * beaten).sum(axis=1), positive.sum(axis=1) * false[:, -1])

    return estimate(float(won(np.ones((1, len(ordered))))[0]), won(sample.weights[:, order]))
