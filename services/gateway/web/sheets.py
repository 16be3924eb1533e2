"""Rows as a file for a spreadsheet, in which nothing runs."""

from __future__ import annotations

import csv as csv_module
import io
from collections.abc import Iterable, Sequence

from starlette.responses import Response

from services.gateway.web.rendering import HEADERS

_RUNS = (
    "=",
    "+",
    "-",
    "@",
    "\t",
    "\r",
)  # what makes a spreadsheet take a cell for a formula (OWASP, CSV injection)


def csv(name: str, header: Sequence[str], rows: Iterable[Sequence[str]]) -> Response:
    """A download of that name in UTF-8."""
    text = io.StringIO()
    writer = csv_module.writer(text, lineterminator="\n")
    writer.writerow(header)
    writer.writerows([_harmless(cell) for cell in row] for row in rows)
    return csv_file(name, text.getvalue())


def csv_file(name: str, content: str) -> Response:
    """A download of that name in UTF-8, of lines that are written already."""
    disposition = f'attachment; filename="{name}"'
    return Response(
        content,
        media_type="text/csv; charset=utf-8",
        headers={**HEADERS, "Content-Disposition": disposition},
    )


def _harmless(cell: str) -> str:
    return f"'{cell}" if cell.startswith(_RUNS) else cell
