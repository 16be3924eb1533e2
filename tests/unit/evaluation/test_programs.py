"""The judge of programs: owners' cuts are laid out again by the paths of files, and held against what is found."""

from __future__ import annotations

import json
import random
from pathlib import Path

from services.curator.evaluation.programs import judge_programs


def paragraph(seed: int) -> str:
    chosen = random.Random(seed)
    return " ".join(f"word{chosen.randrange(5000)}" for _ in range(30)).capitalize() + "."


def write(folder: Path, name: str, rows: list[dict[str, object]]) -> None:
    folder.mkdir(exist_ok=True)
    (folder / f"{name}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")


def corpus(folder: Path, removed: list[str], *, updated: str = "2020-01-01") -> None:
    texts = {"sum": (1, 2, 3), "x": (1, 2, 3, 4, 5), "y": (6, 7, 8), "z": (9, 10, 11), "w": (12, 13, 14)}
    rows: list[dict[str, object]] = [
        {
            "id": f"r-{name}",
            "title": name,
            "body": "\n\n".join(map(paragraph, seeds)),
            "path": f"decks/part/{name}.md",
            "created": "2019-01-01",
            "updated": "2019-06-01",
        }
        for name, seeds in texts.items()
    ]
    # A later copy of the same file, which nobody had on the day of the cut.
    rows.append({**rows[0], "id": "r-sum-later", "body": paragraph(99), "updated": "2024-01-01"})
    write(folder, "resources", rows)
    before = [f"part/{name}.md" for name in texts]
    act = {
        "program": "decks/one.yml",
        "on": "2020-03-01",
        "commit": "c1",
        "before": before,
        "removed": removed,
    }
    write(folder, "program_changes", [act, {**act, "removed": []}])
    write(folder / "out", "findings", [])


def test_a_cut_of_what_the_rest_covers_is_agreed_with(tmp_path: Path) -> None:
    corpus(tmp_path, ["part/sum.md"])
    score = judge_programs(tmp_path, tmp_path / "out")
    assert score is not None
    assert (score.acts, score.commits, score.items, score.cut) == (1, 1, 5, 1)
    assert (score.proposed, score.right, score.precision, score.recall) == (1, 1, 1.0, 1.0)
    assert (score.baseline, score.auc) == (0.2, 1.0)


def test_a_cut_of_something_else_is_not(tmp_path: Path) -> None:
    corpus(tmp_path, ["part/y.md"])
    score = judge_programs(tmp_path, tmp_path / "out")
    assert score is not None
    assert (score.proposed, score.right, score.precision, score.recall) == (1, 0, 0.0, 0.0)
    # Of the four others, two are covered less by the rest (not at all, like the one that was cut): ties.
    assert score.auc == (0.0 + 0.0 + 0.5 + 0.5) / 4


def test_a_corpus_without_recorded_cuts_has_no_score(tmp_path: Path) -> None:
    corpus(tmp_path, [])
    assert judge_programs(tmp_path, tmp_path / "out") is None
