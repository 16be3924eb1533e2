"""Rows as a file for a spreadsheet, in which nothing runs."""

from __future__ import annotations

import csv as csv_module
import io
from collections.abc import AsyncIterable, AsyncIterator, Iterable, Sequence

from starlette.responses import Response, StreamingResponse

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
    return csv_file(name, _lines([header]) + _lines([_harmless(cell) for cell in row] for row in rows))


def csv_stream(name: str, header: Sequence[str], pages: AsyncIterable[Iterable[Sequence[str]]]) -> Response:
    """The same of rows that come a page at a time, so that there may be any number of them."""

    async def lines() -> AsyncIterator[str]:
        yield _lines([header])
        async for rows in pages:
            yield _lines([_harmless(cell) for cell in row] for row in rows)

    return StreamingResponse(lines(), media_type="text/csv; charset=utf-8", headers=_download(name))


def csv_file(name: str, content: str | bytes) -> Response:
    """A download of that name in UTF-8, of lines that are written already."""
    return Response(content, media_type="text/csv; charset=utf-8", headers=_download(name))


def _download(name: str) -> dict[str, str]:
    return {**HEADERS, "Content-Disposition": f'attachment; filename="{name}"'}


def _lines(rows: Iterable[Sequence[str]]) -> str:
    text = io.StringIO()
    csv_module.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue()


def _harmless(cell: str) -> str:
    return f"'{cell}" if cell.startswith(_RUNS) else cell
