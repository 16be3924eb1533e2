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
from services.curator.evaluation.truth import Row, number, pair

COUNT, SEED = 50, 1
ASKED = 45  # of them right
_FOLDER = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class Reading:
    """Of `found` findings, `drawn` were drawn with the seed, of which `read` were read and `right` found right.

    `confidence` is the mean of those that were read, 0 of none. `wrong` says why others are not right; `days` are those
    of reading.
    """

    found: int
    drawn: int
    read: int
    right: int
    confidence: float
    wrong: tuple[str, ...]
    days: tuple[str, ...]


def sheet(among: Sequence[drawing.Found], what: str) -> str:
    """Those of the findings that are to be read, for a person; `what` names all they are drawn from."""
    chosen = drawing.draw(among, COUNT, SEED)
    return drawing.sheets(chosen, f"{len(chosen)} of {len(among)} {what} (seed {SEED}).")


def reading(among: Sequence[drawing.Found], folder: Path = _FOLDER) -> Reading:
    """What the verdicts in `folder` say of those of the findings that are drawn now."""
    verdicts = {_key(str(row["corpus"]), row): row for row in read_rows(folder, "read")}
    chosen = [(case.truth.name, case.findings[both]) for case, both in drawing.draw(among, COUNT, SEED)]
    told = [(verdicts.get(_key(corpus, found)), found) for corpus, found in chosen]
    read = [(verdict, found) for verdict, found in told if verdict is not None]
    return Reading(
        len(among),
        len(chosen),
        len(read),
        sum(bool(verdict["right"]) for verdict, _ in read),
        sum(number(found, "confidence") for _, found in read) / max(1, len(read)),
        tuple(
            f"{found['relation']} ({found['confidence']}): {verdict['because']}"
            for verdict, found in read
            if not verdict["right"]
        ),
        tuple(sorted({str(verdict["read"]) for verdict, _ in read})),
    )


def _key(corpus: str, row: Mapping[str, object] | Row) -> tuple[str, object, str]:
    return corpus, pair(row), str(row["relation"])
