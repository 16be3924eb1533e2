"""`winnow curate` and `winnow evaluate`: the analysis on folders of files, without any server."""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

from services.cli.arguments import Commands, command
from services.cli.data_folder import DataFolder
from services.cli.outcome import Answer, wrong_use

# The analysis is imported where it is used: it brings the model's library along, which takes seconds.


def add(commands: Commands) -> None:
    """Adds `curate` and `evaluate`."""
    curating = command(
        commands, "curate", _curate, "find what could be streamlined in a folder of catalog files"
    )
    evaluating = command(
        commands, "evaluate", _evaluate, "curate a folder with known answers and score the result"
    )
    for made in (curating, evaluating):
        made.add_argument(
            "directory", type=Path, metavar="DIR", help="folder with resources.jsonl[.gz] and others"
        )
        made.add_argument(
            "--no-index", action="store_true", help="compare every pair instead of asking the index"
        )
    curating.add_argument("--out", required=True, type=Path, metavar="DIR", help="folder for the results")
    evaluating.add_argument("--out", type=Path, metavar="DIR", help="keep the results in this folder")


def _curate(asked: argparse.Namespace, data: DataFolder) -> Answer:
    from services.curator.curate import curate

    summary = curate(_folder(asked), asked.out, index=not asked.no_index).json()
    return Answer(summary, tuple(f"{name}: {value}" for name, value in summary.items()))


def _evaluate(asked: argparse.Namespace, data: DataFolder) -> Answer:
    from services.curator.evaluate import evaluate

    with tempfile.TemporaryDirectory(prefix="winnow-") as scratch:
        found = evaluate(_folder(asked), asked.out or Path(scratch), index=not asked.no_index)
    return Answer(found.json(), tuple(found.table().splitlines()))


def _folder(asked: argparse.Namespace) -> Path:
    if not asked.directory.is_dir():
        raise wrong_use(f"{asked.directory} is not a folder.")
    return asked.directory
