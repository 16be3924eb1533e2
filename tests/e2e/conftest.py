"""Two running Winnows a worker: one with the sample in it, one that each story fills with its own."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.stack import Stack, with_sample


@pytest.fixture(scope="package")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """Empty at first. Stories share it, so each brings sources, people and lessons that are its own."""
    running = Stack(tmp_path_factory.mktemp("stack") / "data").up()
    yield running
    running.down()


@pytest.fixture(scope="package")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """The sample, read and compared. Stories leave it as they found it."""
    running = with_sample(tmp_path_factory)
    yield running
    running.down()
