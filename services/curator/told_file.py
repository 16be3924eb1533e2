"""What people told, in a file beside the catalog's own: `told.toml`, for `winnow curate`."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import cast

from services.curator.analysis.announcements import Announcement
from services.curator.analysis.retirements import Retirement, retirement_list
from services.curator.analysis.told import Told
from services.curator.analysis.vocabulary import RetiredTerm
from services.kit.errors import InvalidArgument

NAME = "told.toml"


def read_told(directory: Path) -> Told:
    """What `told.toml` says, nothing without one.

    A table `[[announcement]]` for each change: `title`, `phrases`, `announced` (a date), and if they are known
    `effective` (a date) and `note`; `[[retired_term]]`: `term`, and if known `replacement` and `since` (a date);
    `[[retirement]]`: `product` or `code`, `end` (a date), and if known `version`, `replacement` and `source`.
    InvalidArgument names the table and key that cannot be read.
    """
    path = directory / NAME
    if not path.exists():
        return Told()
    try:
        tables = tomllib.loads(path.read_text("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InvalidArgument("CORPUS_INVALID", f"{NAME}: {error}.", {"file": NAME}) from None
    return Told(
        announcements=tuple(_announcement(table) for table in _tables(tables, "announcement")),
        vocabulary=tuple(_retired_term(table) for table in _tables(tables, "retired_term")),
        retirements=retirement_list([_retirement(table) for table in _tables(tables, "retirement")]),
    )


@dataclass(frozen=True, slots=True)
class _Table:
    """One table of the file; the readers of its keys say where they failed."""

    name: str
    values: Mapping[str, object]

    def wrong(self, key: str, text: str) -> InvalidArgument:
        return InvalidArgument(
            "CORPUS_INVALID", f"{NAME}, {self.name}, {key}: {text}.", {"file": NAME, "field": key}
        )

    def text(self, key: str, default: str | None = None) -> str:
        value = self.values.get(key, default)
        if not isinstance(value, str) or (default is None and not value.strip()):
            raise self.wrong(key, "a text is expected")
        return value

    def texts(self, key: str) -> tuple[str, ...]:
        value = self.values.get(key)
        texts = cast("list[object]", value) if isinstance(value, list) else []
        if not texts or not all(isinstance(each, str) and each.strip() for each in texts):
            raise self.wrong(key, "a list of texts is expected")
        return tuple(cast("list[str]", texts))

    def day(self, key: str, default: date | None = None) -> date:
        value = self.values.get(key, default)
        if isinstance(value, datetime) or not isinstance(value, date):
            raise self.wrong(key, "a date is expected")
        return value


def _tables(tables: Mapping[str, object], name: str) -> Iterator[_Table]:
    found = tables.get(name, [])
    rows = cast("list[object]", found) if isinstance(found, list) else [None]
    for number, row in enumerate(rows, 1):
        table = _Table(f"{name} {number}", cast("dict[str, object]", row) if isinstance(row, dict) else {})
        if not isinstance(row, dict):
            raise table.wrong(name, f"tables [[{name}]] are expected")
        yield table


def _announcement(table: _Table) -> Announcement:
    announced = table.day("announced")
    return Announcement(
        table.text("title"),
        table.texts("phrases"),
        announced,
        table.day("effective", announced),
        table.text("note", ""),
    )


def _retired_term(table: _Table) -> RetiredTerm:
    since = table.day("since") if "since" in table.values else None
    return RetiredTerm(table.text("term"), table.text("replacement", ""), since)


def _retirement(table: _Table) -> Retirement:
    code = table.text("code", "")
    return Retirement(
        table.day("end"),
        table.text("product", "" if code else None),
        table.text("version", ""),
        code,
        table.text("replacement", ""),
        table.text("source", ""),
    )
