"""Winnows to break: each test has its own, on the part of the sample that is quickest to read."""

from __future__ import annotations

from collections.abc import Iterator

import orjson
import pytest

from tests.faults.outcome import Outcome, outcome
from tests.stack import SAMPLE, Stack

# Packages are read in processes of their own, and the tables name what is in the packages.
SOURCES = {
    each["name"]: str(SAMPLE / each["path"])
    for each in orjson.loads((SAMPLE / "sample.json").read_bytes())["sources"][:2]
}


@pytest.fixture
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """Empty, and the test's own."""
    running = Stack(tmp_path_factory.mktemp("fault") / "data").up()
    yield running
    running.down()


@pytest.fixture(scope="package")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> list[Outcome]:
    """What the sources come to when nothing happens: with the first of them, and with all."""
    running = Stack(tmp_path_factory.mktemp("undisturbed") / "data").up()
    found: list[Outcome] = []
    try:
        for source, path in SOURCES.items():
            running.winnow("import", path, "--source", source)
            running.wait()
            found.append(outcome(running))
    finally:
        running.down()
    return found
