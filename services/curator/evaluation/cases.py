"""What curation said of a corpus, beside the answers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from services.curator.corpus import read_rows
from services.curator.evaluation.resampling import Numbers
from services.curator.evaluation.truth import Pair, Row, Truth, pair


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


def read_case(truth: Truth, out: Path, signals: Mapping[str, Numbers]) -> Case:
    """The case of a corpus from what `curate` wrote into `out`."""
    return Case(
        truth,
        {pair(row): row for row in read_rows(out, "pairs")},
        {pair(row): row for row in read_rows(out, "findings")},
        {str(row["resource"]): row for row in read_rows(out, "outdated")},
        signals,
    )


def judged(case: Case) -> tuple[set[Pair], set[Pair], set[Pair]]:
    """The findings that are right, wrong, and known to no answer."""
    listed, apart = listed_pairs(case)
    cluster = case.truth.cluster
    right = {
        both
        for both in case.findings
        if both in listed or (both[0] in cluster and cluster[both[0]] == cluster.get(both[1]))
    }
    wrong = (case.findings.keys() & apart) - right
    return right, wrong, case.findings.keys() - right - wrong


def listed_pairs(case: Case) -> tuple[set[Pair], set[Pair]]:
    """The pairs that answers call duplicates of some kind, and those that people keep apart."""
    listed: set[Pair] = set()
    apart: set[Pair] = set()
    for row in case.truth.pairs:
        (apart if row["relation"] == "unrelated" else listed).add(pair(row))
    return listed, apart
