"""What axe finds on a page, and the sights in which pages are looked at."""

from __future__ import annotations

from importlib.resources import files
from typing import Any

from playwright.sync_api import Page

AXE = (files("axe_playwright_python") / "axe.min.js").read_text(encoding="utf-8")
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
BY_COLOUR = ["color-contrast", "link-in-text-block"]
"""The rules by which one theme can be right and the other wrong."""
SIGHTS: dict[str, dict[str, Any]] = {
    "desktop, light": {"size": (1440, 900), "color_scheme": "light"},
    "desktop, dark": {"size": (1440, 900), "color_scheme": "dark"},
    "phone, light": {"size": (320, 640), "color_scheme": "light"},
}
SIZES = {"desktop": (1440, 900), "phone": (320, 640)}


FINISH = """() => document.getAnimations().filter((each) => each instanceof CSSTransition)
    .forEach((each) => each.finish())"""
"""Colours on their way from one theme to the other are nobody's to judge."""


def violations(page: Page, *rules: str) -> list[str]:
    """What axe finds by the rules of WCAG 2.2 AA, or by these alone."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE)
    page.evaluate(FINISH)
    asked = {"type": "rule", "values": rules} if rules else {"type": "tag", "values": RULES}
    found = page.evaluate("asked => axe.run(document, {runOnly: asked, resultTypes: ['violations']})", asked)
    return [
        f"{each['id']}: {node['target']} {node['failureSummary'][:200]}"
        for each in found["violations"]
        for node in each["nodes"][:3]
    ]
