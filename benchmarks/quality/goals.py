"""What issue 4 asks of the figures, and how far they are from it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from services.curator.evaluation.figures import ANY, HARD, Figures
from services.curator.evaluation.resampling import Estimate
from services.curator.evaluation.views import View

Take = Callable[[Figures], Estimate | None]
"""A figure of all that was measured; None where nothing was to be judged."""


@dataclass(frozen=True, slots=True)
class Goal:
    """A figure, how to take it, and its floor and goal by view; with `less`, less is better.

    Where the issue names no floor (retired), it is the best baseline that it names.
    """

    name: str
    take: Take
    asked: Mapping[View, tuple[float, float]]
    less: bool = False

    def reached(self, value: float, wanted: float) -> bool:
        """Whether a value is as good as the floor or goal."""
        return value <= wanted if self.less else value >= wanted


def short_of(value: float, wanted: float) -> str:
    """By how much, in two digits that say something."""
    return f"{abs(wanted - value):.2g}"


def _f1(name: str) -> Take:
    return lambda told: told.pairs[name].f1 if name in told.pairs else None


def _auc(family: str) -> Take:
    return lambda told: told.outdated[family].auc if family in told.outdated else None


GOALS = (
    Goal(
        "any duplicate, F1",
        _f1(ANY),
        {View.FULL: (0.95, 0.98), View.HIDDEN: (0.93, 0.97), View.PLAIN: (0.92, 0.94)},
    ),
    Goal("REVISED, F1", _f1("revised"), {View.FULL: (0.80, 0.90)}),
    Goal("TRANSLATED, F1", _f1("translated"), {View.FULL: (0.90, 0.97)}),
    Goal("CONTAINED, F1", _f1("contained"), {View.FULL: (0.95, 0.98)}),
    Goal("OVERLAP, F1", _f1("overlap"), {View.FULL: (0.45, 0.75)}),
    Goal("hard slice, F1", _f1(HARD), {View.HIDDEN: (0.60, 0.80)}),
    Goal(
        "findings, precision of judged ones",
        lambda told: told.findings.score.precision,
        {View.FULL: (0.90, 0.95)},
    ),
    Goal("findings, recall", lambda told: told.findings.score.recall, {View.FULL: (0.85, 0.85)}),
    Goal(
        "findings, calibration error",
        lambda told: told.findings.calibration.ece,
        {View.FULL: (0.05, 0.03)},
        less=True,
    ),
    Goal(
        "pairs of confidence 0.05–0.95, calibration error",
        lambda told: told.middle.ece,
        {View.FULL: (0.10, 0.06)},
        less=True,
    ),
    Goal(
        "newer copy, pair and direction: recall",
        lambda told: told.newer_pairs.recall,
        {View.FULL: (0.90, 0.95)},
    ),
    Goal(
        "newer copy, pair and direction: precision",
        lambda told: told.newer_pairs.precision,
        {View.FULL: (0.90, 0.95)},
    ),
    Goal("translation behind, AUC", _auc("translation"), {View.FULL: (0.75, 0.85)}),
    Goal("retired against kept, AUC", _auc("retired"), {View.FULL: (0.58, 0.65)}),
    Goal(
        "kept pages proposed for more than a review",
        lambda told: told.kept_proposed,
        {View.FULL: (0.02, 0.01)},
        less=True,
    ),
    Goal(
        "candidates, recall of true pairs",
        lambda told: told.candidates.recall,
        {View.FULL: (0.97, 0.99)},
    ),
)
