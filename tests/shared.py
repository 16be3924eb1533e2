"""Corpora and fixtures that lie beside the project where it is developed; a clone elsewhere has none."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

_SHARED = Path(__file__).resolve().parents[2] / "shared"


def shared_dir(*parts: str) -> Path:
    """The folder or file in the shared material; skips the test where there is none.

    With WINNOW_REQUIRE_SHARED=1 its absence is a failure, so that these tests cannot go missing unnoticed.
    """
    path = _SHARED.joinpath(*parts)
    if not path.exists():
        if os.environ.get("WINNOW_REQUIRE_SHARED") == "1":
            pytest.fail(f"shared/{'/'.join(parts)} is required and missing")
        pytest.skip("the shared material is not beside this clone")
    return path
