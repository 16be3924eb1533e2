"""What things are called and where they came from changes nothing that is found.

Proven on a made catalog and on parts of real corpora, one of them in many languages: ids drawn anew, rows in another
order, provenance removed. What several programs share is named after the one whose key is smallest, so that of programs
it is asked what is proposed for which of them, and what it saves.
"""

from __future__ import annotations

import gzip
import json
import random
from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

import pytest

from services.curator.curate import curate
from tests.integration.test_curate import catalog, read, write
from tests.shared import shared_dir

PROVENANCE = ("source", "path", "url", "commit")
Rows = list[dict[str, Any]]


def part(name: str, count: int) -> tuple[Rows, Rows]:
    """The first copies of a corpus, and its programs with what of them is there; the made catalog without a name."""
    if not name:
        return catalog(), [
            {"id": "safety", "title": "Safety", "resources": ["ladders", "warehouse", "lifting"]}
        ]
    folder = shared_dir("data", name)
    with gzip.open(folder / "resources.jsonl.gz", "rt", encoding="utf-8") as lines:
        resources = [json.loads(line) for line in lines][:count]
    kept = {one["id"] for one in resources}
    programs = [
        {**one, "resources": [r for r in one["resources"] if r in kept]}
        for one in map(json.loads, (folder / "programs.jsonl").read_text("utf-8").splitlines())
    ]
    return resources, programs


def renamed(told: Any, names: Mapping[str, str]) -> Any:
    """The same with every id replaced."""
    if isinstance(told, str):
        return names.get(told, told)
    if isinstance(told, list):
        return [renamed(one, names) for one in cast("list[Any]", told)]
    if isinstance(told, dict):
        return {key: renamed(one, names) for key, one in cast("dict[str, Any]", told).items()}
    return told


@pytest.mark.parametrize(
    ("name", "count"), [("", 6), ("carpentries", 45), ("govuk-developer-docs", 120), ("elixir-school", 110)]
)
def test_other_ids_another_order_and_no_provenance_change_nothing(
    tmp_path: Path, name: str, count: int
) -> None:
    resources, programs = part(name, count)
    chance = random.Random(4)
    ids = [one["id"] for one in (*resources, *programs)]
    names = {
        one: f"x{number:08d}" for one, number in zip(ids, chance.sample(range(10**8), len(ids)), strict=True)
    }
    bare = [{key: value for key, value in one.items() if key not in PROVENANCE} for one in resources]
    other = [renamed(one, names) for one in bare]
    chance.shuffle(other)
    write(tmp_path / "as-is", "resources.jsonl", resources)
    write(tmp_path / "as-is", "programs.jsonl", programs)
    write(tmp_path / "blind", "resources.jsonl", other)
    write(tmp_path / "blind", "programs.jsonl", [renamed(one, names) for one in programs[::-1]])
    for folder in ("as-is", "blind"):
        curate(tmp_path / folder, tmp_path / f"{folder}-out", index=False)
    back = {new: old for old, new in names.items()}
    for file in ("pairs", "findings", "outdated", "unused"):
        seen = [told(one) for one in read(tmp_path / "as-is-out", file)]
        blind = [told(renamed(one, back)) for one in read(tmp_path / "blind-out", file)]
        assert sorted(blind) == sorted(seen)
        assert seen or file in ("findings", "unused")
    seen = [streamlined(one) for one in read(tmp_path / "as-is-out", "programs")]
    blind = [streamlined(renamed(one, back)) for one in read(tmp_path / "blind-out", "programs")]
    assert sorted(blind) == sorted(seen)


def told(row: dict[str, Any]) -> str:
    """A row as it must be the same; relations without a direction name their two sides in either order."""
    if row.get("relation") not in (None, "contained", "revised") and row["a"] > row["b"]:
        swapped = {"a": row["b"], "b": row["a"]}
        if "passages" in row:  # a finding, not only a pair
            swapped |= {"a_title": row["b_title"], "b_title": row["a_title"]}
            swapped["passages"] = [{**one, "a": one["b"], "b": one["a"]} for one in row["passages"]]
        row |= swapped
    return json.dumps(row, sort_keys=True)


def streamlined(row: dict[str, Any]) -> str:
    """What is proposed for which programs: a module that several share may be called by any one's copies."""
    programs = sorted([row["program"], *row["others"]])
    items = sorted(row["items"]) if len(programs) == 1 else len(row["items"])
    return json.dumps([row["operation"], programs, items, row["savings"], row["confidence"]])
