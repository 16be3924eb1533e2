"""Writes docs/quality.md: `python -m benchmarks.quality CORPORA_FOLDER`.

Each source family is curated in each view by a model that was trained on the other families only, and once, as it is,
by the shipped one, which has seen them all. Both go through everything that `winnow curate` does. Runs on all
processors, prints what is done, and keeps what it has in `--cache`, so that it can be stopped and started again.
"""

from __future__ import annotations

import argparse
import os
import pickle
import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import replace
from multiprocessing import get_context
from pathlib import Path
from typing import TypeVar, cast

from benchmarks.quality.page import page
from benchmarks.quality.pairs import Labelled
from benchmarks.quality.reading import reading, sheet
from benchmarks.quality.tasks import Task, code_of_curation, curated, files_in, hash_of, simple_scores, task
from benchmarks.quality.train import FAMILIES, gather, kin, train
from services.curator.analysis.relation_model import Model, judge, shipped
from services.curator.evaluate import Evaluation, case, programs
from services.curator.evaluation import drawing
from services.curator.evaluation.cases import Case, read_case
from services.curator.evaluation.figures import figures
from services.curator.evaluation.reliability import plot
from services.curator.evaluation.truth import read_truth
from services.curator.evaluation.views import View

ROOT = Path(__file__).resolve().parents[2]
PAGE, PLOT = ROOT / "docs/quality.md", ROOT / "docs/reliability.svg"
_PROSE = "openstax-physics-es"  # a book in two languages, without code
# Besides the analysis: what labelled pairs and the models rest on.
_LEARNING = ("company.py", "fitting.py", "pairs.py", "templates.py", "train.py")
Kept = TypeVar("Kept")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("corpora", type=Path)
    parser.add_argument("--cache", type=Path, default=ROOT / "build/quality", help="folder for what is done")
    parser.add_argument("--families", nargs="+", default=FAMILIES, choices=FAMILIES, help="only these")
    parser.add_argument("--out", type=Path, default=PAGE.parent, help="folder for the page and the plot")
    parser.add_argument(
        "--multilingual", action="store_true", help="also judge translated prose with the multilingual extra"
    )
    options = parser.parse_args()
    corpora: Path = options.corpora
    cache: Path = options.cache
    families: Sequence[str] = options.families
    cache.mkdir(parents=True, exist_ok=True)
    os.environ["OMP_NUM_THREADS"] = "1"  # the processes share the processors, not their threads
    began = time.monotonic()
    labelled, models = _learned(corpora, cache, began)
    made = [(one, judge(one.found, models[one.family])) for one in labelled if one.family not in FAMILIES]
    code = code_of_curation()
    tasks = {
        (known, family, view): task(corpora / family, view, shipped() if known else models[family], code)
        for known, view in ((True, View.FULL), *((False, view) for view in View))
        for family in families
    }
    prose = {
        view: task(corpora / _PROSE, view, models[_PROSE], code, index=True)
        for view in View
        if options.multilingual
    }
    truths = {family: read_truth(corpora / family) for family in families}
    # What the extra says of plain texts in the families that it has something to say of.
    spoken = {
        family: task(corpora / family, View.PLAIN, models[family], code, index=True)
        for family in families
        if options.multilingual
        and len({row.get("language") for row in truths[family].resources.values()}) > 1
    }
    with ProcessPoolExecutor(os.cpu_count(), mp_context=get_context("spawn")) as pool:
        scores = {
            (family, view): pool.submit(simple_scores, corpora / family, view)
            for view in View
            for family in families
        }
        _curate([*tasks.values(), *prose.values(), *spoken.values()], cache, pool, began)
        evaluations: dict[tuple[bool, View], Evaluation] = {}
        as_is: list[Case] = []
        for known, view in dict.fromkeys((known, view) for known, _, view in tasks):
            cases = [
                read_case(
                    truths[family], tasks[known, family, view].out(cache), scores[family, view].result()
                )
                for family in families
            ]
            evaluations[known, view] = _evaluation(view, cases)
            if not known and view is View.FULL:
                as_is = cases
            _say(began, f"{'shipped model' if known else 'unseen families'}, {view}: scored")
        extra: Evaluation | None = None
        if spoken:
            plain = {family: tasks[False, family, View.PLAIN] for family in families} | spoken
            cases = [
                read_case(truths[family], one.out(cache), scores[family, View.PLAIN].result())
                for family, one in plain.items()
            ]
            extra = _evaluation(View.PLAIN, cases)
    found, unknown = drawing.found(as_is), drawing.unknown(as_is)
    (cache / "drawn.txt").write_text(sheet(found, "findings"), "utf-8")
    (cache / "unknown.txt").write_text(sheet(unknown, "findings that no answer knows"), "utf-8")
    unseen = {view: evaluations[False, view] for view in View}
    outs = {corpora / family: tasks[False, family, View.FULL].out(cache) for family in families}
    unseen[View.FULL] = replace(unseen[View.FULL], programs=programs(outs))
    translated = {
        view: _evaluation(view, [case(one.folder, one.out(cache), view)]) for view, one in prose.items()
    }
    out: Path = options.out
    out.mkdir(parents=True, exist_ok=True)
    told = (reading(found), reading(unknown))
    text = page(unseen, evaluations[True, View.FULL], made, translated, as_is, *told, extra)
    (out / PAGE.name).write_text(text, "utf-8")
    hidden = unseen[View.HIDDEN].pooled
    curves = {"pairs": hidden.calibration, "findings": hidden.findings.calibration}
    (out / PLOT.name).write_text(plot(curves), "utf-8")
    _say(began, f"{out / PAGE.name} written")


def _evaluation(view: View, cases: Sequence[Case]) -> Evaluation:
    return Evaluation(view, {one.truth.name: figures([one]) for one in cases}, figures(cases))


def _learned(corpora: Path, cache: Path, began: float) -> tuple[list[Labelled], dict[str, Model]]:
    """The pairs to learn from with their measures, and for each family the model that was trained without it.

    Both are kept for as long as no code changes them.
    """
    own = [Path(__file__).parent / name for name in _LEARNING]
    key = hash_of([*files_in(ROOT / "services/curator/analysis"), *own])
    labelled = _kept(cache / f"labelled-{key}.pickle", lambda: gather(corpora))
    _say(began, f"{len(labelled)} labelled pairs measured")
    models = _kept(cache / f"models-{key}.pickle", lambda: _without_one(labelled))
    _say(began, f"{len(models)} models trained, each without one family")
    return labelled, models


def _without_one(labelled: Sequence[Labelled]) -> dict[str, Model]:
    return {
        family: train([one for one in labelled if one.family != family and not kin(one.family, family)])
        for family in sorted({one.family for one in labelled})
    }


def _kept(path: Path, make: Callable[[], Kept]) -> Kept:
    if not path.exists():
        path.write_bytes(pickle.dumps(make()))
    return cast("Kept", pickle.loads(path.read_bytes()))


def _curate(tasks: Iterable[Task], cache: Path, pool: ProcessPoolExecutor, began: float) -> None:
    """Curates what is not in the cache yet, the largest first, so that none of them is waited for alone."""
    missing = list({one.key: one for one in tasks if not one.out(cache).exists()}.values())
    missing.sort(key=lambda one: -sum(file.stat().st_size for file in one.folder.glob("resources*")))
    running = {pool.submit(curated, one, one.out(cache)): one for one in missing}
    for done, future in enumerate(as_completed(running), 1):
        one = running[future]
        _say(began, f"{done} of {len(missing)}: {one.folder.name}, {one.view}, {future.result():.0f} s")


def _say(began: float, text: str) -> None:
    print(f"{time.monotonic() - began:6.0f} s  {text}", flush=True)


if __name__ == "__main__":
    main()
