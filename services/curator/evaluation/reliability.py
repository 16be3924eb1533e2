"""A reliability plot: how often what was said with some confidence is right, drawn as SVG."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape

from services.curator.evaluation.scores import Calibration

_SIDE, _LEFT, _TOP = 320, 56, 40
_WIDTH = _LEFT + _SIDE + 24
_STYLE = 'font-family="sans-serif" font-size="12" role="img"'
_COLOURS = ("#1b6ca8", "#b3541e", "#3b7d3a")
_LARGEST, _SMALLEST = 11.0, 3.0  # radius of a bin with all rows, and of one with hardly any


def plot(curves: Mapping[str, Calibration]) -> str:
    """An SVG with one curve each: a dot a filled bin, its size by how much it holds, against the diagonal."""
    height = _TOP + _SIDE + 60 + 18 * len(curves)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" {_STYLE}>',
        "<title>Reliability: share that is right, by confidence</title>",
        f'<rect width="{_WIDTH}" height="{height}" fill="#fff"/>',
        f'<text x="{_LEFT}" y="20" font-size="14">Share that is right, by confidence</text>',
        f'<rect x="{_LEFT}" y="{_TOP}" width="{_SIDE}" height="{_SIDE}" fill="none" stroke="#999"/>',
        f'<path d="M{_x(0)} {_y(0)}L{_x(1)} {_y(1)}" stroke="#999" stroke-dasharray="4 4"/>',
    ]
    for tick in (0, 0.2, 0.4, 0.6, 0.8, 1):
        parts.append(f'<text x="{_x(tick)}" y="{_y(0) + 18}" text-anchor="middle">{tick:g}</text>')
        parts.append(f'<text x="{_LEFT - 8}" y="{_y(tick) + 4}" text-anchor="end">{tick:g}</text>')
    parts.append(f'<text x="{_x(0.5)}" y="{_y(0) + 38}" text-anchor="middle">confidence</text>')
    for number, (name, told) in enumerate(curves.items()):
        colour = _COLOURS[number % len(_COLOURS)]
        dots = [(_x(one.confidence), _y(one.share), one.count) for one in told.bins]
        if dots:
            line = "L".join(f"{x} {y}" for x, y, _ in dots)
            parts.append(f'<path d="M{line}" fill="none" stroke="{colour}"/>')
        for x, y, count in dots:
            radius = _SMALLEST + (_LARGEST - _SMALLEST) * (count / max(1, told.count)) ** 0.5
            parts.append(
                f'<circle cx="{x}" cy="{y}" r="{radius:.1f}" fill="{colour}" fill-opacity="0.7">'
                f"<title>{count}</title></circle>"
            )
        y = _y(0) + 60 + 18 * number
        parts.append(f'<circle cx="{_LEFT + 5}" cy="{y - 4}" r="5" fill="{colour}"/>')
        parts.append(
            f'<text x="{_LEFT + 18}" y="{y}">{escape(name)}: {told.count}, '
            f"expected calibration error {told.ece.value:.3f}</text>"
        )
    return "\n".join([*parts, "</svg>", ""])


def _x(share: float) -> float:
    return round(_LEFT + _SIDE * share, 1)


def _y(share: float) -> float:
    return round(_TOP + _SIDE * (1 - share), 1)
