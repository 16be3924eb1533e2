"""The stylesheet: its colours can be read in both themes, it has no rule that nobody uses, and it stays small."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import services.gateway.web as web

WEB = Path(web.__file__).parent
CSS = (WEB / "static" / "winnow.css").read_text("utf-8")
THEMES = ("light", "dark")
TEXT, LARGE = 4.5, 3.0  # WCAG 2.2: 1.4.3 for text, 1.4.11 for what has to be told apart
PAIRS = {
    **{("text", ground): TEXT for ground in ("bg", "side", "raised", "hover", "sel", "accent-tint")},
    **{
        ("text", ground): TEXT
        for ground in ("add", "del", "warn-soft", "danger-soft", "info-soft", "accent-soft")
    },
    **{("text", step): TEXT for step in ("h1", "h2", "h3")},
    **{
        ("muted", ground): TEXT
        for ground in ("bg", "side", "raised", "hover", "sel", "accent-soft", "accent-tint")
    },
    **{("accent", ground): TEXT for ground in ("bg", "side", "raised", "accent-soft", "accent-tint")},
    ("accent-hover", "bg"): TEXT,
    ("on-accent", "accent"): TEXT,
    ("on-accent", "accent-hover"): TEXT,
    ("danger", "danger-soft"): TEXT,
    ("danger", "bg"): TEXT,
    ("warn", "warn-soft"): TEXT,
    ("info", "info-soft"): TEXT,
    ("on-h4", "h4"): TEXT,
    ("on-h5", "h5"): TEXT,
    ("edge", "bg"): LARGE,
    ("edge", "raised"): LARGE,
    ("focus", "bg"): LARGE,
    ("add-line", "bg"): LARGE,
    ("c1", "bg"): LARGE,
    ("c2", "bg"): LARGE,
}
"""What stands on what. c4 is missing: it is too light by itself and always has an edge."""


def tokens(theme: str) -> dict[str, str]:
    """The colours of one theme by name."""
    found = re.findall(r"--([\w-]+): light-dark\((#\w+), (#\w+)\)", CSS)
    return {name: (light, dark)[THEMES.index(theme)] for name, light, dark in found}


def luminance(colour: str) -> float:
    """Relative luminance (WCAG 2)."""
    digits = colour.removeprefix("#")
    digits = "".join(each * 2 for each in digits) if len(digits) == 3 else digits
    parts = [int(digits[at : at + 2], 16) / 255 for at in (0, 2, 4)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(first: str, second: str) -> float:
    lighter, darker = sorted((luminance(first), luminance(second)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def test_black_on_white_is_21_and_grey_on_grey_is_1() -> None:
    assert contrast("#000", "#ffffff") == pytest.approx(21)
    assert contrast("#777", "#777777") == pytest.approx(1)


@pytest.mark.parametrize("theme", THEMES)
def test_what_stands_on_what_can_be_told_apart(theme: str) -> None:
    colours = tokens(theme)
    low = {
        pair: round(contrast(colours[pair[0]], colours[pair[1]]), 2)
        for pair, floor in PAIRS.items()
        if contrast(colours[pair[0]], colours[pair[1]]) < floor
    }
    assert low == {}


def test_no_colour_stands_outside_the_tokens() -> None:
    rules = re.sub(r":root \{.*?\n\}", "", CSS, flags=re.DOTALL)
    assert re.findall(r"#[0-9a-f]{3,8}\b", rules) == []


def test_every_class_and_token_is_used() -> None:
    pages = [*WEB.glob("templates/*.html"), *WEB.glob("*.py"), WEB / "static" / "winnow.js"]
    words = set(re.findall(r"[\w-]+", "\n".join(each.read_text("utf-8") for each in pages)))
    styled = set(re.findall(r"\.([a-z][\w-]*)", re.sub(r'/\*.*?\*/|"[^"]*"', "", CSS)))
    assert sorted(styled - words - {"h1", "h2", "h3", "h4", "h5"}) == []
    assert [name for name in tokens("light") if f"var(--{name})" not in CSS] == []


def test_what_a_first_visit_loads_stays_small() -> None:
    sizes = {
        name: (WEB / "static" / name).stat().st_size for name in ("winnow.css", "winnow.js", "inter.woff2")
    }
    assert sizes["winnow.css"] <= 30_000
    assert sizes["winnow.js"] <= 4_000
    assert sizes["inter.woff2"] <= 36_000
