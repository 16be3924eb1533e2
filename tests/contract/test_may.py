"""What the page says each role may do is what the catalog's policy lets it do."""

from __future__ import annotations

import pytest

from services.catalog import policy
from services.gateway.web.may import COLUMNS, MAY


@pytest.mark.parametrize(("key", "method", "cells"), MAY)
def test_the_page_says_what_the_policy_does(key: str, method: str, cells: tuple[str, ...]) -> None:
    (row,) = [found for name, found in policy.METHODS.items() if name.endswith(f".{method}")]
    assert dict(zip(COLUMNS, cells, strict=True)) == {
        kind.value: cell.value for kind, cell in row.cells.items()
    }, key
