"""Pictures of every page in both themes for people to look at: `make screens` writes them to docs/screens/."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from playwright.sync_api import sync_playwright

from tests.browser.places import places
from tests.browser.visitor import CHROMIUM, DESKTOP, PHONE, Visitor
from tests.stack import ROOT, Stack

SHOWN = {
    "first screen": "first-screen",
    "review": "review",
    "duplicate, revised": "compare",
    "outdated": "life-line",
    "program": "program",
    "check-up": "check-up",
    "check-up, recorded": "check-up-record",
    "kept away": "kept-away",
    "keep away, counted": "keep-away",
    "why not shown, answered": "why-not-shown",
    "house rules": "house-rules",
    "house rules, tried": "house-rules-tried",
    "accuracy": "accuracy",
    "program suggestion": "before-and-after",
    "overlap": "overlap",
    "programs": "programs",
    "resource": "resource",
    "changes": "changes",
    "activity": "activity",
    "insights": "insights",
    "statement": "statement",
    "notices": "notices",
    "webhooks": "webhooks",
    "imports": "imports",
    "people": "people",
    "tasks": "tasks",
    "exact copies": "exact-copies",
    "what changed": "what-changed",
    "sources": "sources",
    "search with hits": "search",
    "is it there already": "is-it-there",
}
ON_A_PHONE = ("review", "duplicate, revised", "outdated", "overlap", "check-up")


def take(stack: Stack, folder: Path) -> None:
    """The pictures, as JPEG since they are many."""
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.glob("*.jpg"):
        old.unlink()
    where = places(stack)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", "--no-proxy-server"]
        )
        for size, names in ((DESKTOP, tuple(SHOWN)), (PHONE, ON_A_PHONE)):
            for theme in ("light", "dark"):
                visitor = Visitor(browser, stack.status["http"], stack.token, size=size, color_scheme=theme)
                for name in names:
                    visitor.page.goto(where[name])
                    path = folder / f"{SHOWN[name]}-{size[0]}-{theme}.jpg"
                    visitor.page.screenshot(path=path, type="jpeg", quality=70)
                visitor.leave()
        browser.close()


def main() -> None:
    """Starts a Winnow of its own on the sample, or takes the one whose data folder is named."""
    folder = ROOT / "docs" / "screens"
    if len(sys.argv) > 1:
        take(Stack(Path(sys.argv[1])), folder)
        return
    with tempfile.TemporaryDirectory() as data:
        stack = Stack(Path(data) / "data").up()
        try:
            stack.import_sample()
            take(stack, folder)
        finally:
            stack.down()


if __name__ == "__main__":
    main()
