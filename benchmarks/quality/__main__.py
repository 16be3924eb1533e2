"""Writes docs/quality.md: `python -m benchmarks.quality CORPORA_FOLDER`.

Each source family is curated in each view by a model that was trained on the other families only, and once, as it is,
by the shipped one, which has seen them all. Both go through everything that `winnow curate` does. Runs on all
processors, prints what is done, and keeps what it has in `--cache`, so that it can be stopped and started again.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import pickle
import shutil
import time
from collections.abc import Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path

from benchmarks.quality.page import page
from benchmarks.quality.pairs import Labelled
from benchmarks.quality.train import FAMILIES, gather, kin, train
from services.curator.analysis.relation_model import Model, judge, shipped
from services.curator.evaluate import Evaluation, curate_view
from services.curator.evaluation.baselines import signals
from services.curator.evaluation.cases import Case, read_case
from services.curator.evaluation.figures import figures
from services.curator.evaluation.reliability import plot
from services.curator.evaluation.resampling import Numbers
from services.curator.evaluation.truth import pair, read_truth
from services.curator.evaluation.views import View, seen

ROOT = Path(__file__).resolve().parents[2]
PAGE, PLOT = ROOT / "docs/quality.md", ROOT / "docs/reliability.svg"
_CURATION = (
    "curate.py",
    "corpus.py",
    "evaluation/views.py",
    "analysis",
)  # whatever changes what curation writes
_MODEL_TABLE = "relations.json"  # the model is part of the key by itself


@dataclass(frozen=True, slots=True)
class Task:
    """One family to curate in one view by one model; `key` names what the result depends on."""

    folder: Path
    view: View
    model: Model
    key: str

    def out(self, cache: Path) -> Path:
        return cache / f"{self.folder.name}-{self.view.name.lower()}-{self.key}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("corpora", type=Path)
    parser.add_argument("--cache", type=Path, default=ROOT / "build/quality", help="folder for what is done")
    parser.add_argument("--families", nargs="+", default=FAMILIES, choices=FAMILIES, help="only these")
    parser.add_argument("--out", type=Path, default=PAGE.parent, help="folder for the page and the plot")
    options = parser.parse_args()
    corpora: Path = options.corpora
    cache: Path = options.cache
    families: Sequence[str] = options.families
    cache.mkdir(parents=True, exist_ok=True)
    os.environ["OMP_NUM_THREADS"] = "1"  # the processes share the processors, not their threads
    began = time.monotonic()
    labelled = _labelled(corpora, cache)
    _say(began, f"{len(labelled)} labelled pairs measured")
    everyone = sorted({one.family for one in labelled})
    models = {
        family: train([one for one in labelled if one.family != family and not kin(one.family, family)])
        for family in everyone
    }
    _say(began, f"{len(models)} models trained, each without one family")
    made = [(one, judge(one.found, models[one.family])) for one in labelled if one.family not in FAMILIES]
    code = _code()
    tasks = {
        (known, family, view): _task(corpora / family, view, shipped() if known else models[family], code)
        for known, view in ((True, View.FULL), *((False, view) for view in View))
        for family in families
    }
    with ProcessPoolExecutor(os.cpu_count(), mp_context=get_context("spawn")) as pool:
        scores = {
            (family, view): pool.submit(_signals, corpora / family, view)
            for view in View
            for family in families
        }
        _curate(tasks.values(), cache, pool, began)
        truths = {family: read_truth(corpora / family) for family in families}
        evaluations: dict[tuple[bool, View], Evaluation] = {}
        for known, view in dict.fromkeys((known, view) for known, _, view in tasks):
            cases = [
                read_case(
                    truths[family], tasks[known, family, view].out(cache), scores[family, view].result()
                )
                for family in families
            ]
            evaluations[known, view] = _evaluation(view, cases)
            _say(began, f"{'shipped model' if known else 'unseen families'}, {view}: scored")
    unseen = {view: evaluations[False, view] for view in View}
    out: Path = options.out
    out.mkdir(parents=True, exist_ok=True)
    (out / PAGE.name).write_text(page(unseen, evaluations[True, View.FULL], made), "utf-8")
    told = unseen[View.HIDDEN].pooled
    curves = {"pairs": told.calibration, "findings": told.findings.calibration}
    (out / PLOT.name).write_text(plot(curves), "utf-8")
    _say(began, f"{out / PAGE.name} written")


def _evaluation(view: View, cases: Sequence[Case]) -> Evaluation:
    return Evaluation(view, {one.truth.name: figures([one]) for one in cases}, figures(cases))


def _labelled(corpora: Path, cache: Path) -> list[Labelled]:
    """The labelled pairs with their measures, titles hidden; kept for as long as no code changes them."""
    key = _hash([*_files(ROOT / "services/curator/analysis"), *_files(Path(__file__).parent)])
    kept = cache / f"labelled-{key}.pickle"
    if not kept.exists():
        kept.write_bytes(pickle.dumps(gather(corpora, "hidden")))
    return pickle.loads(kept.read_bytes())


def _task(folder: Path, view: View, model: Model, code: str) -> Task:
    corpus = "".join(f"{file.name} {file.stat().st_size}" for file in sorted(folder.iterdir()))
    told = f"{code}\n{corpus}\n{view}\n{model!r}"
    return Task(folder, view, model, hashlib.sha256(told.encode()).hexdigest()[:16])


def _curate(tasks: Iterable[Task], cache: Path, pool: ProcessPoolExecutor, began: float) -> None:
    """Curates what is not in the cache yet, the largest first, so that none of them is waited for alone."""
    missing = [task for task in tasks if not task.out(cache).exists()]
    missing.sort(key=lambda task: -sum(file.stat().st_size for file in task.folder.glob("resources*")))
    running = {pool.submit(_curated, task, task.out(cache)): task for task in missing}
    for done, future in enumerate(as_completed(running), 1):
        task = running[future]
        _say(began, f"{done} of {len(missing)}: {task.folder.name}, {task.view}, {future.result():.0f} s")


def _curated(task: Task, out: Path) -> float:
    began = time.monotonic()
    partial = out.with_suffix(f".{os.getpid()}")
    shutil.rmtree(partial, ignore_errors=True)
    curate_view(task.folder, partial, task.view, index=False, model=task.model)
    partial.rename(out)  # only what is complete has its name
    return time.monotonic() - began


def _signals(folder: Path, view: View) -> dict[str, Numbers]:
    truth = read_truth(folder)
    rows = {name: seen(row, view) for name, row in truth.resources.items()}
    return signals(rows, [pair(row) for row in truth.pairs])


def _code() -> str:
    inside = ROOT / "services/curator"
    return _hash([file for name in _CURATION for file in _files(inside / name) if file.name != _MODEL_TABLE])


def _files(path: Path) -> list[Path]:
    if path.is_file():
        return [path]
    return sorted(file for file in path.rglob("*") if file.suffix in (".py", ".json", ".toml"))


def _hash(files: Iterable[Path]) -> str:
    told = hashlib.sha256()
    for file in files:
        told.update(file.name.encode() + file.read_bytes())
    return told.hexdigest()[:16]


def _say(began: float, text: str) -> None:
    print(f"{time.monotonic() - began:6.0f} s  {text}", flush=True)


if __name__ == "__main__":
    main()
