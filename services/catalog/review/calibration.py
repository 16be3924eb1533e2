"""From the curator's score to the confidence that is shown: one monotone map a kind, learned from decisions.

What it cannot know: whether those who decide are right, since it learns what they said; whether what they passed
over is like what they decided at the same score; anything below 0.70, which nobody is asked about.
"""

from __future__ import annotations

import hashlib
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from services.catalog.review.domain import OPEN_FROM

ENOUGH = 200  # behaviour.md §9: labels before a kind has a map
BLIND_SHARE = 0.05  # behaviour.md §9: shown without confidence first, once a kind has a map
BLIND_ENOUGH = 20  # set by hand: with fewer blind labels the table rests on all
BINS = 10
BLOCK = 20  # set by hand: labels that a point of the map rests on at least
PRIOR = 2.0  # set by hand: labels that speak for the score in each block, so that none is ever 0 or 1

Label = tuple[float, bool]
"""A score or confidence, and whether the finding was right."""


@dataclass(frozen=True, slots=True)
class Map:
    """Piecewise linear through its points and flat beyond them; without points the identity.

    `scores` grow, `confidences` never fall. Below `lowest`, the lowest score that was judged, it is the identity,
    capped so that it stays monotone.
    """

    version: int = 0
    labels: int = 0
    scores: tuple[float, ...] = ()
    confidences: tuple[float, ...] = ()
    create_time: datetime | None = None

    def confidence(self, score: float) -> float:
        """How often a finding of that score was right, 0 to 1; never falls as the score grows."""
        if not self.scores:
            return score
        if score < self.scores[0]:
            return min(score, self.confidences[0])
        after = bisect_right(self.scores, score)
        if after == len(self.scores):
            return self.confidences[-1]
        left, right = self.scores[after - 1], self.scores[after]
        low, high = self.confidences[after - 1], self.confidences[after]
        # Rounding must not carry it past the next point: the map is monotone.
        return min(high, low + (high - low) * (score - left) / (right - left))


IDENTITY = Map()


def fitted(labels: Sequence[Label]) -> tuple[tuple[float, ...], tuple[float, ...]] | None:
    """Points of the map that these labels give: isotonic regression; None when fewer than 200 say something.

    Labels below 0.70 are of suggestions that somebody picked by hand, which says nothing of the others: left out.
    """
    judged = sorted(label for label in labels if label[0] >= OPEN_FROM)
    if len(judged) < ENOUGH:
        return None
    blocks = _sizable(isotonic([Block(score, float(right), 1.0) for score, right in judged]))
    shrunk = [
        Block(b.score, (b.weight * b.value + PRIOR * b.score) / (b.weight + PRIOR), b.weight + PRIOR)
        for b in blocks
    ]
    blocks = isotonic(shrunk)
    lowest = judged[0][0]
    # Flat from the lowest label to the first block's centre.
    points = {lowest: blocks[0].value, **{block.score: block.value for block in blocks}}
    return tuple(points), tuple(points.values())


@dataclass(frozen=True, slots=True)
class Block:
    """Neighbours in score that share one value; `score` is their mean."""

    score: float
    value: float
    weight: float


def isotonic(points: Sequence[Block]) -> list[Block]:
    """The least-squares fit that never falls, by pooling adjacent violators; `points` grow in score.

    Points of equal score are one whatever their values.
    """
    single: list[Block] = []
    for point in points:
        if single and single[-1].score == point.score:
            single[-1] = _pooled(single[-1], point)
        else:
            single.append(point)
    blocks: list[Block] = []
    for point in single:
        blocks.append(point)
        while len(blocks) > 1 and blocks[-2].value >= blocks[-1].value:
            blocks[-2:] = [_pooled(blocks[-2], blocks[-1])]
    return blocks


def _sizable(blocks: Sequence[Block]) -> list[Block]:
    """Neighbours pooled until each rests on 20 labels.

    The fit leaves the lowest label, when it is a no, as a block of its own: what lies near would be held back on the
    strength of one answer, and so never asked about again.
    """
    pooled: list[Block] = []
    for block in blocks:
        if pooled and pooled[-1].weight < BLOCK:
            pooled[-1] = _pooled(pooled[-1], block)
        else:
            pooled.append(block)
    if len(pooled) > 1 and pooled[-1].weight < BLOCK:
        pooled[-2:] = [_pooled(pooled[-2], pooled[-1])]
    return pooled


def _pooled(a: Block, b: Block) -> Block:
    weight = a.weight + b.weight
    # As it is where both have the same: rounding would make two scores of it.
    score = a.score if a.score == b.score else (a.weight * a.score + b.weight * b.score) / weight
    return Block(score, (a.weight * a.value + b.weight * b.value) / weight, weight)


def sampled(order_key: str) -> bool:
    """Whether a suggestion is among the 5 % shown without confidence first: by its key, whatever its score."""
    digest = hashlib.sha256(f"blind {order_key}".encode()).digest()
    return int.from_bytes(digest[:4]) < BLIND_SHARE * 2**32


@dataclass(frozen=True, slots=True)
class Bin:
    """Findings shown with a confidence from `lower` up to `upper`, and how often they were right.

    `upper` itself is in the next bin, 1 in the last.
    """

    lower: float
    upper: float
    count: int
    confidence: float
    share: float


def reliability(shown: Sequence[tuple[float, float]]) -> list[Bin]:
    """Ten bins of equal width, without the empty ones; `shown`: confidence, and how often it was right (0 or 1)."""
    bins: list[Bin] = []
    for number in range(BINS):
        inside = [each for each in shown if min(BINS - 1, int(each[0] * BINS + 1e-9)) == number]
        if inside:
            count = len(inside)
            mean = sum(confidence for confidence, _ in inside) / count
            share = sum(right for _, right in inside) / count
            bins.append(Bin(number / BINS, (number + 1) / BINS, count, mean, share))
    return bins


def calibration_error(bins: Sequence[Bin]) -> float:
    """Expected calibration error: |mean confidence − share right|, weighted by count; 0 without bins."""
    total = sum(each.count for each in bins)
    return sum(each.count * abs(each.confidence - each.share) for each in bins) / total if total else 0.0
