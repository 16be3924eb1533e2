"""`winnow curate` and `winnow evaluate`: the analysis on folders of files, without any server."""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

from services.cli.arguments import Commands, command
from services.cli.data_folder import DataFolder
from services.cli.outcome import Answer, wrong_use

# The analysis is imported where it is used: it brings the model's library along, which takes seconds.
_CORPUS = "folder with resources.jsonl[.gz] and others"


def add(commands: Commands) -> None:
    """Adds `curate` and `evaluate`."""
    curating = command(
        commands, "curate", _curate, "find what could be streamlined in a folder of catalog files"
    )
    curating.add_argument("directory", type=Path, metavar="DIR", help=_CORPUS)
    curating.add_argument("--out", required=True, type=Path, metavar="DIR", help="folder for the results")
    evaluating = command(
        commands, "evaluate", _evaluate, "curate folders with known answers and score the result"
    )
    evaluating.add_argument("directories", type=Path, metavar="DIR", nargs="+", help=_CORPUS)
    evaluating.add_argument("--out", type=Path, metavar="DIR", help="keep the results in this folder")
    views = evaluating.add_mutually_exclusive_group()
    views.add_argument(
        "--hide-titles", action="store_true", help="let curation see neither titles nor first headings"
    )
    views.add_argument(
        "--plain", action="store_true", help="hide titles, code blocks, link targets and heading marks"
    )
    evaluating.add_argument(
        "--draw",
        type=int,
        default=0,
        metavar="N",
        help="write N findings nobody judged to drawn.txt (needs --out)",
    )
    evaluating.add_argument("--seed", type=int, default=1, metavar="S", help="which N are drawn (default: 1)")
    for made in (curating, evaluating):
        made.add_argument(
            "--no-index", action="store_true", help="judge by words alone, without the embedding model"
        )


def _curate(asked: argparse.Namespace, data: DataFolder) -> Answer:
    from services.curator.curate import curate

    summary = curate(_folder(asked.directory), asked.out, index=not asked.no_index).json()
    return Answer(summary, tuple(f"{name}: {value}" for name, value in summary.items()))


def _evaluate(asked: argparse.Namespace, data: DataFolder) -> Answer:
    from services.curator.evaluate import evaluate
    from services.curator.evaluation.views import View

    if asked.draw and asked.out is None:
        raise wrong_use("--draw writes a file to read: say with --out where.")
    folders = [_folder(directory) for directory in asked.directories]
    if len({folder.resolve().name for folder in folders}) < len(folders):
        raise wrong_use("Two of the folders have the same name.")
    view = View.PLAIN if asked.plain else View.HIDDEN if asked.hide_titles else View.FULL
    with tempfile.TemporaryDirectory(prefix="winnow-") as scratch:
        found = evaluate(
            folders,
            asked.out or Path(scratch),
            index=not asked.no_index,
            view=view,
            draw=asked.draw,
            seed=asked.seed,
        )
    return Answer(found.json(), tuple(found.table().splitlines()))


def _folder(directory: Path) -> Path:
    if not directory.is_dir():
        raise wrong_use(f"{directory} is not a folder.")
    return directory
