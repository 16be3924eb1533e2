"""How right curation is on a corpus with known answers: precision, recall, F1 and calibration.

The counting agrees with the corpora's own scorer: a pair without a prediction counts as unrelated at confidence 0,
a resource without one as current, and a reported pair inside one cluster as right.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import cast

from services.curator.corpus import read_rows
from services.curator.curate import curate

_TEXT_ONLY = ("copied-text", "copied-passages")  # ties that rest on no person's act: left out
_HARD = ("lexical-neighbour", "tfidf-neighbour")
_FAMILIES = {
    "archived": "retired", "removed": "retired", "retired-stated": "retired", "kept": "retired",
    "superseded": "superseded", "newest-copy": "superseded",
    "translation-behind": "translation", "translation-level": "translation",
}  # fmt: skip
_BINS = 10

_Row = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Score:
    """Precision, recall and F1 with their counts; where confidences are known, how well they are calibrated.

    `ece` is the expected calibration error over ten equal bins, `auc` the chance that a true one has the higher
    confidence; both are None where only decisions were scored.
    """

    precision: float
    recall: float
    f1: float
    right: int
    wrong: int
    missed: int
    ece: float | None = None
    auc: float | None = None


@dataclass(frozen=True, slots=True)
class Evaluation:
    """All scores of one corpus: by relation (and all of them, and the hard slice), by family of outdated content.

    `findings` scores the pairs that would be proposed (`missed` counts listed pairs without one), and `unjudged`
    how many of those no answer knows; `newer` whether the newer copy was found, in the right direction;
    `kept_proposed` the share of kept resources proposed for more than a review.
    """

    pairs: dict[str, Score]
    outdated: dict[str, Score]
    findings: Score
    unjudged: int
    newer: Score
    kept_proposed: float

    def json(self) -> dict[str, object]:
        """The same as plain values for JSON."""
        return asdict(self)

    def table(self) -> str:
        """The same as lines of text, one score each."""
        lines = [
            f"{'':28}{'precision':>10}{'recall':>8}{'F1':>7}{'right':>7}{'wrong':>7}{'missed':>8}{'ECE':>7}{'AUC':>7}"
        ]
        named = {f"pairs: {name}": score for name, score in self.pairs.items()}
        named |= {f"outdated: {name}": score for name, score in self.outdated.items()}
        for name, score in (named | {"findings": self.findings, "newer copy found": self.newer}).items():
            ece, auc = ("" if value is None else f"{value:.3f}" for value in (score.ece, score.auc))
            lines.append(
                f"{name:28}{score.precision:10.3f}{score.recall:8.3f}{score.f1:7.3f}"
                f"{score.right:7}{score.wrong:7}{score.missed:8}{ece:>7}{auc:>7}"
            )
        lines.append(f"findings nobody judged: {self.unjudged}")
        lines.append(f"kept, yet proposed for more than a review: {self.kept_proposed:.1%}")
        return "\n".join(lines)


def evaluate(directory: Path, out: Path, *, index: bool = True) -> Evaluation:
    """Curates the corpus into `out`, compares with its answers, and leaves `evaluation.json` there too."""
    curate(directory, out, index=index)
    truth = [row for row in read_rows(directory, "pairs") if _act(row) not in _TEXT_ONLY]
    labels = list(read_rows(directory, "outdated"))
    pairs = {_key(row): row for row in read_rows(out, "pairs")}
    outdated = {str(row["resource"]): row for row in read_rows(out, "outdated")}
    findings, unjudged = _score_findings(directory, truth, {_key(row) for row in read_rows(out, "findings")})
    found = Evaluation(
        _score_pairs(truth, pairs),
        _score_outdated(labels, outdated),
        findings,
        unjudged,
        _score_newer(labels, outdated),
        _kept_proposed(labels, outdated),
    )
    (out / "evaluation.json").write_text(json.dumps(found.json(), indent=1, sort_keys=True) + "\n", "utf-8")
    return found


def _score_pairs(truth: Sequence[_Row], predicted: Mapping[tuple[str, str], _Row]) -> dict[str, Score]:
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    sure: list[tuple[float, bool]] = []
    for row in truth:
        guess = predicted.get(_key(row), {"relation": "unrelated", "confidence": 0.0})
        is_, said = str(row["relation"]), str(guess["relation"])
        if is_ == said == "contained" and guess["a"] != row["a"]:
            said = "contained, wrong way"
        for relation in {is_, said} - {"contained, wrong way"}:
            counts[relation]["right" if is_ == said else "wrong" if said == relation else "missed"] += 1
        true, positive = is_ != "unrelated", said != "unrelated"
        evidence = _evidence(row)
        slices = ["any duplicate"]
        if evidence.get("rewritten") or evidence.get("mined") in _HARD:
            slices.append("any duplicate, hard slice")
        for name in slices:
            counts[name][_outcome(true, positive)] += 1
        sure.append((_number(guess, "confidence"), true))
    return {
        name: _score(count, sure if name == "any duplicate" else None)
        for name, count in sorted(counts.items())
    }


def _score_outdated(labels: Iterable[_Row], predicted: Mapping[str, _Row]) -> dict[str, Score]:
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    sure: dict[str, list[tuple[float, bool]]] = defaultdict(list)
    for row in labels:
        guess = predicted.get(str(row["resource"]), {"label": "current", "confidence": 0.0})
        true, positive = row["label"] == "outdated", guess["label"] == "outdated"
        family = _FAMILIES.get(str(row["reason"]), "status")
        counts[family][_outcome(true, positive)] += 1
        sure[family].append((_number(guess, "confidence"), true))
    return {family: _score(count, sure[family]) for family, count in sorted(counts.items())}


def _score_findings(directory: Path, truth: Sequence[_Row], found: set[tuple[str, str]]) -> tuple[Score, int]:
    listed = {_key(row) for row in truth if row["relation"] != "unrelated"}
    apart = {_key(row) for row in truth if row["relation"] == "unrelated"}
    cluster = {
        member: str(row["id"])
        for row in read_rows(directory, "clusters")
        for member in cast("list[str]", row["members"])
    }
    right = {
        pair
        for pair in found
        if pair in listed or (pair[0] in cluster and cluster[pair[0]] == cluster.get(pair[1]))
    }
    wrong = (found & apart) - right
    count = Counter(right=len(right), wrong=len(wrong), missed=len(listed - found))
    recall = len(listed & found) / max(1, len(listed))
    score = _score(count)
    f1 = 2 * score.precision * recall / max(1e-9, score.precision + recall)
    return (
        Score(score.precision, round(recall, 4), round(f1, 4), len(right), len(wrong), len(listed - found)),
        len(found - right - wrong),
    )


def _score_newer(labels: Iterable[_Row], predicted: Mapping[str, _Row]) -> Score:
    """Superseded resources for which the very copy that people know as newer was named; any for others is wrong."""
    count: Counter[str] = Counter()
    for row in labels:
        if _FAMILIES.get(str(row["reason"])) == "translation":
            continue
        named = _evidence(predicted.get(str(row["resource"]), {})).get("newer")
        newer = _evidence(row).get("newer") if row["reason"] == "superseded" else None
        if newer is not None:
            count["right" if named == newer else "missed"] += 1
        if named is not None and named != newer:
            count["wrong"] += 1
    return _score(count)


def _kept_proposed(labels: Iterable[_Row], predicted: Mapping[str, _Row]) -> float:
    kept = [str(row["resource"]) for row in labels if row["reason"] == "kept"]
    more = [one for one in kept if predicted.get(one, {}).get("plan") not in (None, "", "review")]
    return len(more) / max(1, len(kept))


def _outcome(true: bool, positive: bool) -> str:
    return "right" if true and positive else "wrong" if positive else "missed" if true else "quiet"


def _score(count: Counter[str], sure: Sequence[tuple[float, bool]] | None = None) -> Score:
    precision = count["right"] / max(1, count["right"] + count["wrong"])
    recall = count["right"] / max(1, count["right"] + count["missed"])
    f1 = 2 * precision * recall / max(1e-9, precision + recall)
    return Score(
        round(precision, 4), round(recall, 4), round(f1, 4), count["right"], count["wrong"], count["missed"],
        None if sure is None else round(_calibration_error(sure), 4),
        None if sure is None else _auc(sure),
    )  # fmt: skip


def _calibration_error(sure: Sequence[tuple[float, bool]]) -> float:
    bins: dict[int, list[tuple[float, bool]]] = defaultdict(list)
    for confidence, true in sure:
        bins[min(_BINS - 1, int(confidence * _BINS))].append((confidence, true))
    return sum(abs(sum(confidence - true for confidence, true in one)) for one in bins.values()) / max(
        1, len(sure)
    )


def _auc(sure: Sequence[tuple[float, bool]]) -> float | None:
    """Mann-Whitney: how often a true one has the higher confidence than a false one, ties counting half."""
    true = sum(1 for _, is_true in sure if is_true)
    false = len(sure) - true
    if not true or not false:
        return None
    below, won = 0, 0.0
    by_confidence: dict[float, Counter[bool]] = defaultdict(Counter)
    for confidence, is_true in sure:
        by_confidence[confidence][is_true] += 1
    for confidence in sorted(by_confidence):
        here = by_confidence[confidence]
        won += here[True] * (below + here[False] / 2)
        below += here[False]
    return round(won / (true * false), 4)


def _key(row: _Row) -> tuple[str, str]:
    a, b = str(row["a"]), str(row["b"])
    return (a, b) if a < b else (b, a)


def _evidence(row: _Row) -> Mapping[str, object]:
    value = row.get("evidence")
    return cast("Mapping[str, object]", value) if isinstance(value, dict) else {}


def _act(row: _Row) -> object:
    return _evidence(row).get("act")


def _number(row: _Row, field: str) -> float:
    value = row.get(field)
    return float(value) if isinstance(value, int | float) else 0.0
