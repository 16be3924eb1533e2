"""Excel workbooks through calamine, after the archive and its XML have been checked."""

from __future__ import annotations

import io
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from typing import BinaryIO

from python_calamine import (
    CalamineError,
    CalamineSheet,
    CalamineWorkbook,
    SheetTypeEnum,
    SheetVisibleEnum,
    ZipError,
)

from services.catalog.imports.archive import ZipArchive, corrupt
from services.catalog.imports.headers import Row
from services.catalog.imports.notes import too_large
from services.catalog.imports.text import decode
from services.catalog.imports.xml import refuse_doctype

_MOST_CELLS = 5_000_000
_Cell = int | float | str | bool | time | date | datetime | timedelta


def sheets(file: BinaryIO, archive: ZipArchive, path: str) -> Iterator[tuple[str, list[Row]]]:
    """The visible sheets with their rows, cells as text; dates are written as ISO 8601.

    InvalidArgument when a part has a DOCTYPE, is damaged, or is larger than it says; calamine itself trusts sizes.
    """
    for name in archive.names:
        if name.endswith((".xml", ".rels")):
            refuse_doctype(decode(archive.read(name)[: 64 << 10])[0], path, name)
    file.seek(0)
    try:
        book = CalamineWorkbook.from_filelike(io.BytesIO(file.read()))
        for meta in book.sheets_metadata:
            if meta.typ is SheetTypeEnum.WorkSheet and meta.visible is SheetVisibleEnum.Visible:
                yield meta.name, list(_rows(book.get_sheet_by_name(meta.name), path))
    except (CalamineError, ZipError) as error:
        raise corrupt(path, str(error)) from error


def _rows(sheet: CalamineSheet, path: str) -> Iterator[Row]:
    """Rows with something in them. The declared dimension is not used: it may claim 17 billion cells."""
    if sheet.start is None:
        return
    if sheet.height * sheet.width > _MOST_CELLS:
        raise too_large(path, "cells", _MOST_CELLS)
    first, left = sheet.start
    for number, cells in enumerate(sheet.iter_rows(), first + 1):
        if any(cell != "" for cell in cells):
            yield Row(number, [""] * left + [_text(cell) for cell in cells])


def _text(cell: _Cell) -> str:
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() else repr(cell)
    if isinstance(cell, datetime | date | time):
        return cell.isoformat()
    if isinstance(cell, timedelta):
        minutes, seconds = divmod(round(cell.total_seconds()), 60)
        return f"{minutes // 60}:{minutes % 60:02}:{seconds:02}"
    return str(cell)
