"""What somebody has seen of a suggestion, in its forms, so that a refusal can mark what has changed since."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence

from services.gateway.web.api import Json
from services.gateway.web.passages import Stretch

_WIDTH = 6  # hex digits a piece: of a hundred pieces that differ, one in 150,000 pages takes one for another


def written(pieces: Iterable[str]) -> str:
    """The pieces of a page as one word of its forms."""
    return "".join(sorted({_mark(each) for each in pieces}))


def fresh(pieces: Iterable[str], sent: str) -> frozenset[str]:
    """Those of the pieces shown now that were not on the page whose form was sent; none where nothing was sent."""
    known = _marks(sent)
    return frozenset(each for each in pieces if _mark(each) not in known) if known else frozenset()


def quoted(columns: Sequence[Json], stretches: Iterable[Stretch], sent: str) -> list[str]:
    """The passages of these copies, without those of a copy that did not stand beside the first when it was sent."""
    known = _marks(sent)
    there = [not known or _mark(column(each)) in known for each in columns]
    return [
        cell.text
        for stretch in stretches
        for row in stretch.rows
        for cell, shown in zip(row.cells, there, strict=True)
        if cell and shown
    ]


def column(member: Json) -> str:
    """The piece that says that a copy stands on the page."""
    return f"copy {member['resource']}"


def _marks(sent: str) -> set[str]:
    return {sent[at : at + _WIDTH] for at in range(0, len(sent), _WIDTH)}


def _mark(piece: str) -> str:
    return hashlib.blake2s(piece.encode(), digest_size=_WIDTH // 2).hexdigest()
