"""CSV as it is met: any delimiter and encoding, prefaces, ragged rows, huge fields, NULs."""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Iterator

from services.catalog.imports.columns import Columns
from services.catalog.imports.headers import HEADER_WITHIN, Row, find_header
from services.catalog.imports.notes import Notes, too_large
from services.catalog.imports.text import decode

_DELIMITERS = ",;\t|"
_MOST_ROWS = 1_000_000
_SEPARATOR = re.compile(r"sep=(.)\r?\n", re.IGNORECASE)

csv.field_size_limit(64 << 20)  # Python's own limit of 131,072 characters is below real descriptions


def csv_rows(data: bytes, path: str, notes: Notes) -> list[Row]:
    """The rows of a file, with the numbers of the lines on which they begin."""
    text, guessed = decode(data)
    if guessed:
        notes.warn("ENCODING_GUESSED", "", "The file is not in UTF-8; its encoding was guessed.")
    if "\0" in text:
        notes.warn("NUL_REMOVED", "", "The file has NUL characters; they were removed.")
        text = text.replace("\0", "")
    skipped = 0
    if separator := _SEPARATOR.match(text):  # Excel's own line
        text, skipped = text[separator.end() :], 1
    delimiter = separator[1] if separator else sniff(text)
    rows: list[Row] = []
    for row in _rows(text, delimiter):
        if len(rows) >= _MOST_ROWS:
            raise too_large(path, "rows", _MOST_ROWS)
        rows.append(Row(row.line + skipped, row.cells) if skipped else row)
    return rows


def sniff(text: str) -> str:
    """The delimiter with which the head names the most columns, else gives the most even rows."""
    head = text[:200_000]
    return max(_DELIMITERS, key=lambda delimiter: _fitness(head, delimiter))


def has_header(data: bytes) -> bool:
    """Whether the beginning of a file reads as a table with columns that are known."""
    text, _ = decode(data)
    text = text.replace("\0", "")
    if separator := _SEPARATOR.match(text):
        text = text[separator.end() :]
    return _columns(text, separator[1] if separator else sniff(text)) is not None


def _fitness(head: str, delimiter: str) -> tuple[int, int]:
    columns = _columns(head, delimiter)
    widths = Counter(len(row.cells) for row in _first(head, delimiter) if len(row.cells) > 1)
    even = max(((width - 1) * count for width, count in widths.items()), default=0)
    return columns.known if columns else 0, even


def _columns(text: str, delimiter: str) -> Columns | None:
    header = find_header(list(_first(text, delimiter)))
    return header.columns if header else None


def _first(text: str, delimiter: str) -> Iterator[Row]:
    for number, row in enumerate(_rows(text, delimiter)):
        if number == HEADER_WITHIN:
            return
        yield row


def _rows(text: str, delimiter: str) -> Iterator[Row]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, skipinitialspace=True)
    line = 1
    for cells in reader:
        if cells:
            yield Row(line, cells)
        line = reader.line_num + 1
