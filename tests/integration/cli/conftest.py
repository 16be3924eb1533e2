"""A data folder of the test's own, with a name that has to be quoted wherever it is used."""

from __future__ import annotations

from pathlib import Path

import pytest

from services.cli.data_folder import DataFolder


@pytest.fixture
def data(tmp_path: Path) -> DataFolder:
    folder = DataFolder(tmp_path / "a data folder")
    folder.make()
    return folder
