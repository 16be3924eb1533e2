"""What the documents say of the code and of one another is true; that their examples run is proven in e2e."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from docs import settings

ROOT = Path(__file__).resolve().parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]


def test_the_operations_page_lists_the_settings_the_services_read() -> None:
    page = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
    assert settings.tables() in page, "paste the output of `python -m docs.settings` into docs/operations.md"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_a_page_links_to_what_exists(page: Path) -> None:
    targets = re.findall(r"\]\((?!https?:|#)([^)#]+)", page.read_text(encoding="utf-8"))
    assert [target for target in targets if not (page.parent / target).exists()] == []
