"""Makes `analysis/tables/outdated.json`: `python -m benchmarks.quality.outdated CORPORA_FOLDER`.

Prints first how each model does on what it never saw: lags of translations with one language left out at a time,
newer copies with one source left out. Compares every candidate pair of every catalog, which takes minutes.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.stats import rankdata

from benchmarks.quality.pairs import prepare_all
from services.curator.analysis import candidates
from services.curator.analysis.carried import carried
from services.curator.analysis.model import Judgement
from services.curator.analysis.relations import compare
from services.curator.analysis.succession import editions, superseded, tie_measures
from services.curator.analysis.text import segment
from services.curator.analysis.translations import drift, originals
from services.curator.analysis.weights import Linear
from services.curator.corpus import Corpus, read_corpus, read_rows

TABLE = Path(__file__).resolve().parents[2] / "services/curator/analysis/tables/outdated.json"
_RIDGE = {"translation_behind": 0.5, "superseded": 0.05}
_SOURCE_WEIGHT = 100.0  # of all ties of one source: catalogs of any size teach the same
_NAMED = 0.40  # confidence from which a newer copy is named

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Sample:
    """Measures with their labels and weights, and the source or language that each is of."""

    measures: Sequence[Mapping[str, float]]
    labels: Array
    weights: Array
    of: Sequence[str]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("corpora", type=Path)
    folders = sorted(path for path in parser.parse_args().corpora.iterdir() if path.is_dir())
    catalogs = {path: read_corpus(path) for path in folders}
    judged = {path: _judge(corpus) for path, corpus in catalogs.items() if corpus.documents}
    lags = [_lags(path, catalogs[path], judged[path]) for path in judged]
    ties = [_ties(path, catalogs[path], judged[path]) for path in judged]
    models: dict[str, Linear] = {}
    for name, sample in (("translation_behind", _joined(lags)), ("superseded", _joined(ties))):
        for left_out in sorted(set(sample.of)):
            model = _fit(sample, _RIDGE[name], left_out)
            inside = np.array([one == left_out for one in sample.of])
            likely = np.array([model.probability(one) for one in sample.measures])[inside]
            print(f"{name}, {left_out} never seen: AUC {_auc(likely, sample.labels[inside]):.3f}", end="")
            path = next((path for path in judged if path.name == left_out), None)
            print(f"; {_newer(path, catalogs[path], judged[path], model)}" if path else "")
        models[name] = _fit(sample, _RIDGE[name])
    table = {
        "made_by": "python -m benchmarks.quality.outdated",
        "models": {
            name: {"bias": model.bias, "weights": dict(model.weights)} for name, model in models.items()
        },
    }
    TABLE.write_text(json.dumps(table, indent=1) + "\n", "utf-8")


def _judge(corpus: Corpus) -> list[Judgement]:
    ready = prepare_all(corpus.documents)
    profiles = {name: side.text.profile for name, side in ready.items()}
    pairs = candidates.pairs(profiles, candidates.boilerplate(profiles))
    return [compare(ready[a], ready[b]) for a, b in pairs]


def _lags(folder: Path, corpus: Corpus, judgements: Sequence[Judgement]) -> Sample:
    """Translations whose owners recorded whether the original had moved on, by language."""
    documents = corpus.documents
    blocks = {name: segment(document) for name, document in documents.items()}
    known = originals(judgements, documents, blocks)
    measures: list[Mapping[str, float]] = []
    labels: list[float] = []
    languages: list[str] = []
    for row in read_rows(folder, "outdated"):
        name = str(row["resource"])
        if str(row["reason"]).startswith("translation-") and name in known:
            original = documents[known[name].id]
            ours, theirs = documents[name].updated, original.updated
            later = (theirs - ours).days if ours and theirs else 0
            told = drift(carried(blocks[name]), carried(blocks[original.id]), later, known[name].usual)
            measures.append(told)
            labels.append(float(row["label"] == "outdated"))
            languages.append(documents[name].language)
    return Sample(measures, np.array(labels), np.ones(len(labels)), languages)


def _ties(folder: Path, corpus: Corpus, judgements: Sequence[Judgement]) -> Sample:
    """Ties between copies of one document, and between documents that people know as different ones."""
    cluster = {
        member: str(row["id"])
        for row in read_rows(folder, "clusters")
        for member in cast("list[str]", row["members"])
    }
    apart = {
        frozenset((str(row["a"]), str(row["b"])))
        for row in read_rows(folder, "pairs")
        if row["relation"] == "unrelated"
    }
    measures: list[Mapping[str, float]] = []
    labels: list[float] = []
    every = editions(judgements, corpus.documents, Linear(0.0, {}))
    for tie in (tie for ties in every.values() for tie in ties if not tie.same):
        one, other = cluster.get(tie.older), cluster.get(tie.newer)
        if (one and other) or frozenset((tie.older, tie.newer)) in apart:
            older, newer = corpus.documents[tie.older], corpus.documents[tie.newer]
            measures.append(tie_measures(tie.judgement, older, newer))
            labels.append(float(one is not None and one == other))
    weight = _SOURCE_WEIGHT / max(1, len(labels))
    return Sample(measures, np.array(labels), np.full(len(labels), weight), [folder.name] * len(labels))


def _newer(folder: Path, corpus: Corpus, judgements: Sequence[Judgement], model: Linear) -> str:
    """Precision and recall of the very newer copy, a copy named for any other resource counting as wrong."""
    ties = editions(judgements, corpus.documents, model)
    right = named = real = 0
    for row in read_rows(folder, "outdated"):
        if str(row["reason"]).startswith("translation-"):
            continue
        document = corpus.documents[str(row["resource"])]
        claim = superseded(document, (), ties, corpus.documents, corpus.as_of[document.id])
        said = claim.successor if claim is not None and claim.confidence >= _NAMED else ""
        evidence = cast("Mapping[str, object]", row["evidence"])
        newer = evidence.get("newer") if row["reason"] == "superseded" else None
        real += newer is not None
        named += bool(said)
        right += bool(said) and said == newer
    return f"newer copy P {right / max(1, named):.3f} R {right / max(1, real):.3f}"


def _joined(samples: Sequence[Sample]) -> Sample:
    return Sample(
        [one for sample in samples for one in sample.measures],
        np.concatenate([sample.labels for sample in samples]),
        np.concatenate([sample.weights for sample in samples]),
        [one for sample in samples for one in sample.of],
    )


def _fit(sample: Sample, ridge: float, left_out: str = "") -> Linear:
    """The weights, none below zero, that make the labels most likely without what is left out."""
    seen = np.array([one != left_out for one in sample.of])
    names = list(sample.measures[0])
    matrix = np.array([[one[name] for name in names] for one in sample.measures])[seen]
    labels, weights = sample.labels[seen], sample.weights[seen]

    def loss(theta: Array) -> tuple[float, Array]:
        z = matrix @ theta[1:] + theta[0]
        residual = weights * (1 / (1 + np.exp(-z)) - labels)
        value = float((weights * (np.logaddexp(0, z) - labels * z)).sum() + ridge * (theta[1:] ** 2).sum())
        return value, np.concatenate([[residual.sum()], matrix.T @ residual + 2 * ridge * theta[1:]])

    start = np.zeros(len(names) + 1)
    bounds = [(None, None), *[(0, None)] * len(names)]
    theta: Array = minimize(loss, start, jac=True, method="L-BFGS-B", bounds=bounds).x
    return Linear(
        round(float(theta[0]), 3),
        {name: round(float(value), 3) for name, value in zip(names, theta[1:], strict=True)},
    )


def _auc(likely: Array, labels: Array) -> float:
    true = float(labels.sum())
    false = len(labels) - true
    if not true or not false:
        return float("nan")
    ranks = rankdata(likely)
    return (float(ranks[labels > 0].sum()) - true * (true + 1) / 2) / (true * false)


if __name__ == "__main__":
    main()
