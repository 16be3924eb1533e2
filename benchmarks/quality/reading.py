"""Findings drawn at random over whole catalogs, and what a reader said of them.

The verdicts stand in `read.jsonl`, one line a finding: corpus, a, b, relation (as it was proposed), right, because (why
not), read (the day). A finding of which another relation is proposed now counts as not read.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from services.curator.corpus import read_rows
from services.curator.evaluation import drawing
from services.curator.evaluation.cases import Case, judged
from services.curator.evaluation.truth import Row, pair

COUNT, SEED = 50, 1
_FOLDER = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class Reading:
    """Of `found` findings, `drawn` were drawn with the seed, of which `read` were read and `right` found right.

    `unknown` of the drawn are known to no answer, of which `unknown_read` were read and `unknown_right` found right.
    `wrong` says why others are not; `days` are those of reading.
    """

    found: int
    drawn: int
    read: int
    right: int
    unknown: int
    unknown_read: int
    unknown_right: int
    wrong: tuple[str, ...]
    days: tuple[str, ...]


def drawn(cases: Sequence[Case]) -> list[drawing.Found]:
    """The findings that are to be read."""
    return drawing.draw(drawing.found(cases), COUNT, SEED)


def sheets(cases: Sequence[Case]) -> str:
    """They, for a person to read."""
    chosen = drawn(cases)
    return drawing.sheets(chosen, f"{len(chosen)} of {len(drawing.found(cases))} findings (seed {SEED}).")


def reading(cases: Sequence[Case], folder: Path = _FOLDER) -> Reading:
    """What the verdicts in `folder` say of the findings that are drawn now."""
    verdicts = {_key(str(row["corpus"]), row): row for row in read_rows(folder, "read")}
    chosen = drawn(cases)
    unknown = {both for case in cases for both in judged(case)[2]}
    told = [
        (verdicts.get(_key(case.truth.name, case.findings[both])), case.findings[both], both in unknown)
        for case, both in chosen
    ]
    read = [(verdict, found, is_unknown) for verdict, found, is_unknown in told if verdict is not None]
    return Reading(
        len(drawing.found(cases)),
        len(chosen),
        len(read),
        sum(bool(verdict["right"]) for verdict, _, _ in read),
        sum(is_unknown for _, _, is_unknown in told),
        sum(is_unknown for _, _, is_unknown in read),
        sum(bool(verdict["right"]) for verdict, _, is_unknown in read if is_unknown),
        tuple(
            f"{found['relation']} ({found['confidence']}): {verdict['because']}"
            for verdict, found, _ in read
            if not verdict["right"]
        ),
        tuple(sorted({str(verdict["read"]) for verdict, _, _ in read})),
    )


def _key(corpus: str, row: Mapping[str, object] | Row) -> tuple[str, object, str]:
    return corpus, pair(row), str(row["relation"])
