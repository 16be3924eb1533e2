"""How right curation is on corpora with known answers: `winnow evaluate`.

Counts as the corpora's own scorer does: a pair without a prediction is unrelated at confidence 0, a resource without
one current, and a proposed pair inside one cluster right. Only here are answers and provenance read; `curate` sees
neither.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

from services.curator.analysis.embedding import Embedder
from services.curator.analysis.relation_model import Model
from services.curator.curate import curate
from services.curator.evaluation import drawing
from services.curator.evaluation.baselines import signals
from services.curator.evaluation.cases import Case, read_case
from services.curator.evaluation.figures import Figures, figures
from services.curator.evaluation.programs import ProgramScore, judge_programs
from services.curator.evaluation.reliability import plot
from services.curator.evaluation.table import lines, program_lines
from services.curator.evaluation.truth import pair, read_truth
from services.curator.evaluation.views import View, seen, write_view
from services.curator.minilm import MiniLm
from services.kit.errors import InvalidArgument

POOLED = "all together"


@dataclass(frozen=True, slots=True)
class Evaluation:
    """The figures of each corpus by the name of its folder, and of all together where there are several.

    `programs` has agreement with what owners cut, for corpora that record it.
    """

    view: View
    corpora: dict[str, Figures]
    pooled: Figures
    programs: dict[str, ProgramScore] = field(default_factory=dict[str, ProgramScore])

    def json(self) -> dict[str, object]:
        """The same as plain values for JSON."""
        return asdict(self)

    def table(self) -> str:
        """The same as lines of text."""
        told = dict(self.corpora)
        if len(told) > 1:
            told[POOLED] = self.pooled
        parts = [lines(name, one) for name, one in told.items()]
        parts += [program_lines(name, one) for name, one in self.programs.items()]
        return "\n\n".join("\n".join(part) for part in parts)


def evaluate(
    directories: Sequence[Path],
    out: Path,
    *,
    index: bool = True,
    view: View = View.FULL,
    model: Model | None = None,
    draw: int = 0,
    seed: int = 1,
) -> Evaluation:
    """Curates each corpus as it looks in this view into `out/<its folder's name>`, and compares with its answers.

    Leaves `evaluation.json` and `reliability.svg` in `out`, and with `draw` so many unjudged findings in `drawn.txt`
    for reading. InvalidArgument when two folders have one name.
    """
    names = [directory.resolve().name for directory in directories]
    if len(set(names)) < len(names):
        raise InvalidArgument(
            "CORPUS_INVALID", "Two folders have the same name.", {"file": "", "field": "name"}
        )
    for name, directory in zip(names, directories, strict=True):
        curate_view(directory, out / name, view, index=index, model=model)
    embedder = MiniLm() if index else None
    cases = [
        case(directory, out / name, view, embedder)
        for name, directory in zip(names, directories, strict=True)
    ]
    found = Evaluation(
        view,
        {one.truth.name: figures([one]) for one in cases},
        figures(cases),
        programs(dict(zip(directories, (out / name for name in names), strict=True))),
    )
    write(found, out)
    if draw:
        among = drawing.unknown(cases)
        chosen = drawing.draw(among, draw, seed)
        what = f"{len(chosen)} of {len(among)} findings that no answer knows (seed {seed})."
        (out / "drawn.txt").write_text(drawing.sheets(chosen, what), "utf-8")
    return found


def curate_view(
    directory: Path, out: Path, view: View, *, index: bool = True, model: Model | None = None
) -> None:
    """Curates the corpus as it looks in this view."""
    if view is View.FULL:
        curate(directory, out, index=index, model=model)
        return
    with tempfile.TemporaryDirectory(prefix="winnow-") as copy:
        write_view(directory, Path(copy), view)
        curate(Path(copy), out, index=index, model=model)


def case(directory: Path, out: Path, view: View, embedder: Embedder | None = None) -> Case:
    """The answers of a corpus beside what `curate_view` wrote into `out`, and the simple scores of its pairs."""
    truth = read_truth(directory)
    rows = {name: seen(row, view) for name, row in truth.resources.items()}
    return read_case(truth, out, signals(rows, [pair(row) for row in truth.pairs], embedder))


def programs(outs: Mapping[Path, Path]) -> dict[str, ProgramScore]:
    """Agreement with what owners cut, for each corpus that records it; `outs` has the results by corpus."""
    told = {directory.resolve().name: judge_programs(directory, out) for directory, out in outs.items()}
    return {name: score for name, score in told.items() if score is not None}


def write(found: Evaluation, out: Path) -> None:
    """Writes `evaluation.json` and `reliability.svg` into `out`."""
    out.mkdir(parents=True, exist_ok=True)
    (out / "evaluation.json").write_text(json.dumps(found.json(), indent=1, sort_keys=True) + "\n", "utf-8")
    curves = {"pairs": found.pooled.calibration, "findings": found.pooled.findings.calibration}
    (out / "reliability.svg").write_text(plot(curves), "utf-8")
