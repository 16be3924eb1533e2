"""A vendor's retirement list from a CSV."""

from __future__ import annotations

import csv
import io

from services.catalog.domain.house_rules import Retirement
from services.catalog.imports.values import parse_date

COLUMNS = ("product", "version", "code", "end", "replacement", "source")


def read_retirements(content: bytes) -> list[tuple[str, Retirement]]:
    """The lines with the place of each (`line 3`), in form only; ValueError says what is wrong where."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise ValueError("must be UTF-8") from None
    reader = csv.DictReader(io.StringIO(text, newline=""), restval="")
    header = {(name or "").strip().lower(): name for name in reader.fieldnames or ()}
    if "end" not in header or not {"product", "code"} & header.keys():
        raise ValueError(f"must begin with a header of the columns {', '.join(COLUMNS)}")
    lines: list[tuple[str, Retirement]] = []
    try:
        for row in reader:
            cells = {name: (row.get(header[name]) or "").strip() for name in COLUMNS if name in header}
            if any(cells.values()):
                at = f"line {reader.line_num}"
                lines.append((at, _line(at, cells)))
    except csv.Error as error:
        raise ValueError(str(error)) from error
    return lines


def _line(at: str, cells: dict[str, str]) -> Retirement:
    try:
        end = parse_date(cells["end"])
    except ValueError:
        end = None
    if end is None:
        raise ValueError(f"{at}: end must be a date such as 2026-03-31")
    return Retirement(end=end, **{name: text for name, text in cells.items() if name != "end"})
