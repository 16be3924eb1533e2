"""Figures as lines of text for a terminal."""

from __future__ import annotations

from collections.abc import Iterator

from services.curator.evaluation.baselines import Best
from services.curator.evaluation.figures import Figures
from services.curator.evaluation.programs import ProgramScore
from services.curator.evaluation.resampling import Estimate
from services.curator.evaluation.scores import Calibration, Score

_NAME = 34


def lines(name: str, told: Figures) -> Iterator[str]:
    """All figures of one corpus (or of all together), one a line, with 95 % intervals in brackets."""
    yield f"== {name}: {told.resources} resources, {told.listed} listed pairs"
    yield f"{'':{_NAME}}{'precision':19}{'recall':19}{'F1':19}right/wrong/missed  best baseline"
    for relation, one in told.pairs.items():
        yield _score(f"pairs: {relation}", one, told.baselines.get(relation))
    yield _score("findings, judged ones", told.findings.score)
    yield _score("findings of confidence ≥ 0.70", told.findings.opened)
    yield _score("newer copy named", told.newer)
    yield _score("newer copy, pair and direction", told.newer_pairs)
    for family, one in told.outdated.items():
        yield _score(f"outdated: {family}", one.score)
    for relation, precision in told.findings.precision.items():
        yield f"{f'proposed as {relation}, right':{_NAME}}{_interval(precision)}"
    for family, one in told.outdated.items():
        if one.auc is not None:
            beside = "" if one.auc_of_age is None else f"   by dates alone {one.auc_of_age.value:.3f}"
            yield f"{f'AUC, {family}':{_NAME}}{_interval(one.auc)}{beside}"
    if "retired" in told.outdated:
        yield f"{'kept, more than review proposed':{_NAME}}{_interval(told.kept_proposed)}"
    recall = _interval(told.candidates.recall)
    yield f"{'candidates: recall of true pairs':{_NAME}}{recall} at {told.candidates.per_resource} a resource"
    yield f"{'findings nobody judged':{_NAME}}{told.findings.unjudged} ({told.findings.unjudged_share:.1%})"
    yield f"{'distinct confidences of pairs':{_NAME}}{told.distinct_confidences}"
    for what, calibration in (
        ("pairs", told.calibration),
        ("0.05–0.95", told.middle),
        ("findings", told.findings.calibration),
    ):
        yield f"{f'calibration error, {what}':{_NAME}}{_interval(calibration.ece)} of {calibration.count}"
    yield from _reliability(told.findings.calibration, "findings")
    yield from _reliability(told.calibration, "pairs")


def program_lines(name: str, told: ProgramScore) -> Iterator[str]:
    """Agreement with what the owners of a corpus' programs cut, one figure a line."""
    yield f"== {name}: {told.acts} cuts of owners from their programs, in {told.commits} commits"
    yield f"{'items before the cuts, cut':{_NAME}}{told.items}, {told.cut}"
    right = "–" if told.precision is None else f"{told.precision:.3f} (drawn at random {told.baseline:.3f})"
    yield f"{'proposed, right, precision':{_NAME}}{told.proposed}, {told.right}, {right}"
    yield f"{'recall of what was cut':{_NAME}}{told.recall:.3f}"
    if told.auc is not None and told.auc_shortest is not None:
        yield f"{'AUC, covered by the rest':{_NAME}}{told.auc:.3f}   by shortness alone {told.auc_shortest:.3f}"


def _score(name: str, one: Score, baselines: list[Best] | None = None) -> str:
    values = (one.precision, one.recall, one.f1) if one.right + one.missed else ()
    three = "".join(f"{_interval(value):19}" for value in values) or f"{'– (no answer says so)':57}"
    counts = f"{one.right}/{one.wrong}/{one.missed}"
    beside = f"{counts:20}{baselines[0].f1:.3f} {baselines[0].method}" if baselines else counts
    return f"{name:{_NAME}}{three}{beside}"


def _interval(one: Estimate) -> str:
    return f"{one.value:.3f} [{one.low:.2f}–{one.high:.2f}]"


def _reliability(told: Calibration, what: str) -> Iterator[str]:
    yield f"reliability of {what} (said → right, of how many):"
    for one in told.bins:
        bar = "#" * round(40 * one.share)
        yield f"  {one.confidence:.2f} → {one.share:.2f}  {one.count:6}  {bar}"
