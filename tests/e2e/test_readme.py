"""The README's examples, in its order, in an empty folder, by one shell: what a reader would type.

It proves that they run and that what they print is what the README says of them. What the findings are worth is
proven elsewhere.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.stack import ROOT

README = (ROOT / "README.md").read_text(encoding="utf-8")
_FENCED = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def script() -> str:
    """Every `sh` and `python` block; the first one that fails ends it and is named."""
    blocks: list[str] = ["set -euo pipefail"]
    for number, (language, text) in enumerate(_FENCED.findall(README), start=1):
        if language == "sh":
            blocks.append(f"echo '== block {number}'\n{text}")
        elif language == "python":
            blocks.append(f"echo '== block {number}'\npython - <<'README_END'\n{text}README_END")
    return "\n".join(blocks)


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """Empty, and nothing is left running on it."""
    yield tmp_path
    subprocess.run(["winnow", "down"], cwd=tmp_path, env=environment(), timeout=60, check=True)


def environment() -> dict[str, str]:
    """As after `export PATH=….venv/bin`, without what would lead the command elsewhere."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("WINNOW_")}
    return kept | {"PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}


@pytest.mark.thorough
@pytest.mark.skipif(shutil.which("curl") is None, reason="the examples need curl")
def test_every_example_of_the_readme_runs_and_shows_what_it_says(folder: Path) -> None:
    ran = subprocess.run(
        ["bash", "-c", script()],
        cwd=folder,
        env=environment(),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    assert ran.returncode == 0, ran.stdout[-3000:] + ran.stderr[-3000:]
    refusal = next(text for language, text in _FENCED.findall(README) if language == "text" and "401" in text)
    titles = "['Working on ladders (2024 edition)', 'Working on ladders (2025 edition)']"
    assert re.search(rf"^0\.\d\d DUPLICATE {re.escape(titles)}$", ran.stdout, re.MULTILINE)
    read = {path.stem: json.loads(path.read_text()) for path in folder.glob("*.json")}
    assert read["refused"] == json.loads(refusal)
    decided = read["suggestion"]["name"]
    assert decided in [each["name"] for each in read["open"]["suggestions"]]
    assert (read["accepted"]["state"], read["undone"]["state"]) == ("APPLIED", "OPEN")
    assert {each["suggestion"] for each in read["decisions"]["decisions"]} == {decided}
