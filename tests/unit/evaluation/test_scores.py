"""Scores and their intervals against sums done by hand, and what an interval must and must not move with."""

from __future__ import annotations

import numpy as np
import pytest

from services.curator.evaluation.baselines import best, signals
from services.curator.evaluation.resampling import Sample
from services.curator.evaluation.scores import auc, calibration, score, share


def flags(text: str) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    return np.array([sign == "x" for sign in text])


def alone(count: int, source: str = "s") -> Sample:
    """Rows of which each depends on a document of its own."""
    return Sample([((source, str(row)), (source, str(row))) for row in range(count)])


def test_precision_recall_and_f1() -> None:
    told = score(alone(8), flags("xxx....."), flags("...x...."), flags("....xx.."))
    assert (told.right, told.wrong, told.missed) == (3, 1, 2)
    assert told.precision.value == 0.75
    assert told.recall.value == 0.6
    assert told.f1.value == pytest.approx(2 / 3, abs=1e-4)
    assert told.f1.low < told.f1.value < told.f1.high


def test_of_nothing_there_is_no_interval() -> None:
    told = score(Sample([]), flags(""), flags(""), flags(""))
    assert (told.f1.value, told.f1.low, told.f1.high) == (0, 0, 0)


def test_rows_of_one_document_widen_the_interval() -> None:
    right = flags("x" * 80 + "." * 20)
    apart = share(alone(100), right, flags("x" * 100))
    keys = [("s", str(row // 10)) for row in range(100)]  # ten documents of ten rows, all right or all wrong
    together = share(Sample([(key, key) for key in keys]), right, flags("x" * 100))
    assert apart.value == together.value == 0.8
    assert together.high - together.low > 2 * (apart.high - apart.low)
    # Binomial: 0.8 ± 1.96 × sqrt(0.8 × 0.2 / 100) = 0.722 to 0.878.
    assert (apart.low, apart.high) == pytest.approx((0.722, 0.878), abs=0.02)


def test_a_pair_depends_on_both_of_its_documents() -> None:
    hub = Sample([(("s", "hub"), ("s", str(row))) for row in range(20)])
    half = flags("x" * 10 + "." * 10)
    assert (hub.weights.sum(axis=1) == 0).mean() > 0.3  # without the hub, no pair is left
    told = share(hub, half, flags("x" * 20))
    assert told.low < 0.35 < 0.65 < told.high


def test_documents_are_drawn_inside_their_source_and_sources_as_a_whole() -> None:
    keys = [((source, str(row)), (source, str(row))) for source in ("s", "t") for row in range(10)]
    right = flags("x" * 10 + "." * 10)  # all of one source, none of the other
    inside = share(Sample(keys), right, flags("x" * 20))
    whole = share(Sample.of_sources(keys), right, flags("x" * 20))
    assert (inside.low, inside.high) == (0.5, 0.5)
    assert (whole.low, whole.high) == (0, 1)


def test_the_same_rows_give_the_same_interval() -> None:
    right = flags("xx.x..x.x.")
    assert share(alone(10), right, flags("x" * 10)) == share(alone(10), right, flags("x" * 10))


def test_the_calibration_error_weighs_bins_by_their_rows() -> None:
    sure = np.array([0.95, 0.95, 0.15, 0.15])
    told = calibration(alone(4), sure, flags("x.x."), flags("xxxx"))
    assert told.ece.value == pytest.approx((2 * 0.45 + 2 * 0.35) / 4)
    assert told.brier == pytest.approx((0.05**2 + 0.95**2 + 0.85**2 + 0.15**2) / 4, abs=1e-4)
    assert [(one.count, one.confidence, one.share) for one in told.bins] == [(2, 0.15, 0.5), (2, 0.95, 0.5)]
    assert calibration(alone(4), sure, flags("x.x."), flags("x...")).ece.value == pytest.approx(0.05)


def test_auc_counts_ties_half() -> None:
    told = auc(alone(4), np.array([0.9, 0.5, 0.5, 0.1]), flags("xx.."))
    assert told is not None
    assert told.value == pytest.approx((1 + 1 + 0.5 + 1) / 4)
    assert auc(alone(2), np.array([0.5, 0.5]), flags("xx")) is None


def test_the_best_threshold_takes_all_pairs_of_one_score() -> None:
    scores = {"one": np.array([0.9, 0.7, 0.7, 0.2]), "two": np.array([0.1, 0.2, 0.3, 0.9])}
    first, second = best(scores, flags("xx.."), flags("xxxx"))
    assert (first.method, first.threshold) == ("one", 0.7)
    assert (first.precision, first.recall, first.f1) == (0.6667, 1.0, 0.8)
    assert (second.method, second.f1) == ("two", 0.6667)
    (of_three, _) = best(scores, flags("xx.."), flags("xx.x"))
    assert of_three.f1 == 1


def test_simple_scores_of_pairs() -> None:
    resources = {
        "a": {"title": "Lifting loads", "body": "one two three four five six"},  # 2 runs of five words
        "b": {"title": "Lifting", "body": "One, two, three, four, five!"},  # 1 run
        "c": {"title": None, "body": "two words"},
        "d": {"body": ""},
    }
    told = signals(resources, [("a", "b"), ("a", "c"), ("c", "d"), ("c", "c")])
    assert told["5-gram Jaccard"].tolist() == [0.5, 0, 0, 1]
    assert told["5-gram containment"].tolist() == [1, 0, 0, 1]
    assert told["title words"].tolist() == [0.5, 0, 0, 0]
