"""Icons of the package `lucide` as one sprite a page, holding those that the page uses and no other."""

from __future__ import annotations

import re
from functools import cache

import lucide
from markupsafe import Markup

_USED = re.compile(r'<use href="#i-([a-z0-9-]+)"/>')
_OUTER = re.compile(r"<svg[^>]*>(.*)</svg>", re.DOTALL)
MARK = "<!--sprite-->"


def icon(name: str, extra: str = "") -> Markup:
    """A picture beside a word, hidden from readers; `name` and `extra` (a class) are ours, never data."""
    classes = f"i {extra}".strip()
    return Markup(f'<svg class="{classes}" aria-hidden="true"><use href="#i-{name}"/></svg>')


@cache
def _symbol(name: str) -> str:
    drawn = _OUTER.search(str(lucide._render_icon(name, 16)))  # pyright: ignore[reportPrivateUsage] - jinja's is this
    if drawn is None:
        raise LookupError(name)
    inner = " ".join(drawn[1].split())
    return (
        f'<symbol id="i-{name}" viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-width="1.75" '
        f'stroke-linecap="round" stroke-linejoin="round">{inner}</symbol>'
    )


def with_sprite(html: str) -> str:
    """The page with the pictures it refers to in place of its mark."""
    symbols = "".join(_symbol(name) for name in sorted(set(_USED.findall(html))))
    return html.replace(MARK, f'<svg hidden aria-hidden="true">{symbols}</svg>' if symbols else "", 1)
