"""The canonical export: equal states give equal bytes, also from two databases (contract: `winnow export`)."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import cast

from services.catalog.domain.programs import Program
from services.catalog.domain.resources import WANTED_VISIBILITY, Lifecycle, Listing, Resource
from services.catalog.postgres.database import Database, Transaction

PAGE = 200
MAX_CHARACTERS = 1 << 20
_PLAIN_FIELDS = (
    *("title", "description", "kind", "language", "url", "version", "owner", "duration_seconds"),
    *("created", "updated", "review_date", "reviewed", "expires"),
)
_FLAGS = ("mandatory", "certification", "accessible_form")
CSV_COLUMNS = (
    *("source", "external_id", *_PLAIN_FIELDS[:8], *_FLAGS, *_PLAIN_FIELDS[8:], "lifecycle"),
    *(
        "successor",
        "equivalents",
        "hold",
        "hold_end",
        "audience",
        "objectives",
        "links",
        "listings",
        "content_hash",
    ),
)
Name = tuple[str, str]


@dataclass(frozen=True, slots=True)
class ExportPage:
    """Whole lines; `next_` names where to go on: None when all is written."""

    content: str
    next_: tuple[str, str, str] | None


async def export_page(db: Database, after: tuple[str, str, str] | None, *, as_csv: bool) -> ExportPage:
    """The lines after (`resource` or `program`, source, external id or key); resources come first."""
    async with db.snapshot() as tx:
        kind, source, key = after or ("resource", "", "")
        lines: list[str] = []
        if after is None and as_csv:
            lines.append(_row(CSV_COLUMNS))
        if kind == "resource":
            named = await tx.first_listings(source, key, PAGE)
            resources = {each.id: each for each in await tx.resources([id_ for id_, _, _ in named])}
            names = await _names(tx, [*resources.values()], [])
            write = _csv_line if as_csv else _json_line
            texts = [write(resources[id_], names) for id_, _, _ in named]
            fit = _fitting(texts)
            lines += texts[:fit]
            if fit < len(texts) or fit == PAGE:
                return ExportPage("".join(lines), ("resource", *named[fit - 1][1:]))
            return ExportPage("".join(lines), None if as_csv else ("program", "", ""))
        programs = await tx.programs_after(source, key, PAGE)
        names = await _names(tx, [], programs)
        keys = {each.id: (each.source, each.key) for each in await tx.programs(_nested(programs))}
        texts = [_program_line(each, names, keys) for each in programs]
        fit = _fitting(texts)
        more = fit < len(texts) or fit == PAGE
        last = ("program", programs[fit - 1].source, programs[fit - 1].key) if more else None
        return ExportPage("".join(texts[:fit]), last)


def _fitting(texts: Sequence[str]) -> int:
    """How many of the lines make a page of about 1 MiB, at least one."""
    size = 0
    for number, text in enumerate(texts):
        size += len(text)
        if size > MAX_CHARACTERS and number:
            return number
    return len(texts)


def _nested(programs: Sequence[Program]) -> set[str]:
    return {item.program for program in programs for item in program.items if item.program}


async def _names(
    tx: Transaction, resources: Sequence[Resource], programs: Sequence[Program]
) -> Mapping[str, Name]:
    """(Source, external id) of every resource that the lines name."""
    named = {name for each in resources for name in (each.successor, *each.equivalents) if name}
    for program in programs:
        for item in program.items:
            named.update(name for name in (item.resource, *item.prerequisites) if name)
    return {each.id: each.first.key for each in await tx.resources(named)}


def _pair(name: Name) -> dict[str, str]:
    return {"source": name[0], "external_id": name[1]}


def _text(value: object) -> object:
    return value.isoformat() if isinstance(value, date) else value


def _visibility(resource: Resource, listing: Listing) -> str:
    """What the source shows once Winnow's wish is written to it."""
    wish = resource.desired.get("lifecycle")
    if wish is None:
        return str(listing.visibility)
    return str(WANTED_VISIBILITY.get(Lifecycle(str(wish.value)), listing.visibility))


def _values(resource: Resource, names: Mapping[str, Name]) -> dict[str, object]:
    plain = {field: _text(resource.shown(field)) for field in _PLAIN_FIELDS}
    return {
        **_pair(resource.first.key),
        **plain,
        "title": resource.title,
        **{name: getattr(resource, name) for name in _FLAGS},
        "lifecycle": str(resource.lifecycle),
        "successor": _pair(names[resource.successor]) if resource.successor in names else None,
        "equivalents": [_pair(name) for name in sorted(names[e] for e in resource.equivalents if e in names)],
        "hold": resource.hold,
        "hold_end": _text(resource.hold_end),
        "audience": resource.audience,
        "objectives": resource.shown("objectives"),
        "links": resource.links,
        "listings": [
            {
                **_pair(listing.key),
                "format": listing.format,
                "file": listing.file,
                "visibility": _visibility(resource, listing),
                "gone": listing.gone,
            }
            for listing in sorted(resource.listings, key=lambda each: each.key)
        ],
        "content_hash": resource.content_hash,
    }


def _json(values: Mapping[str, object]) -> str:
    return json.dumps(values, ensure_ascii=False, sort_keys=True, separators=(",", ":")) + "\n"


def _json_line(resource: Resource, names: Mapping[str, Name]) -> str:
    return _json({"type": "resource", **_values(resource, names)})


def _program_line(program: Program, names: Mapping[str, Name], keys: Mapping[str, Name]) -> str:
    items: list[dict[str, object]] = []
    for item in program.items:
        value: dict[str, object] = {"mandatory": item.mandatory}
        if item.resource in names:
            value["resource"] = _pair(names[item.resource])
        elif item.program in keys:
            source, key = keys[item.program]
            value["program"] = {"source": source, "key": key}
        else:
            value["reference"] = item.reference
        value["prerequisites"] = [
            _pair(name) for name in sorted(names[p] for p in item.prerequisites if p in names)
        ]
        items.append(value)
    return _json(
        {
            "type": "program",
            "source": program.source,
            "key": program.key,
            "title": program.title,
            "owners": program.owners,
            "objectives": program.objectives,
            "archived": program.archived,
            "items": items,
        }
    )


def _row(cells: Sequence[str]) -> str:
    out = io.StringIO()
    csv.writer(out, lineterminator="\r\n").writerow(cells)
    return out.getvalue()


def safe_cell(text: str) -> str:
    """The text so that no spreadsheet runs it: `= + - @` TAB and CR at its start get an apostrophe (formats.md §7)."""
    return f"'{text}" if text[:1] in ("=", "+", "-", "@", "\t", "\r") else text


def _csv_line(resource: Resource, names: Mapping[str, Name]) -> str:
    values = _values(resource, names)
    joined: Mapping[str, Callable[[], str]] = {
        "successor": lambda: "/".join(names[resource.successor]) if resource.successor in names else "",
        "equivalents": lambda: "\n".join(
            "/".join(name) for name in sorted(names[e] for e in resource.equivalents if e in names)
        ),
        "objectives": lambda: "\n".join(str(each) for each in _tuple(resource.shown("objectives"))),
        "links": lambda: "\n".join(resource.links),
        "listings": lambda: "\n".join(
            "/".join(key) for key in sorted(each.key for each in resource.listings)
        ),
    }
    flags = {name: "yes" if values[name] else "no" for name in _FLAGS}
    cells = [
        joined[name]() if name in joined else flags.get(name, str(_or_empty(values[name])))
        for name in CSV_COLUMNS
    ]
    return _row([safe_cell(cell) for cell in cells])


def _or_empty(value: object) -> object:
    return "" if value is None else value


def _tuple(value: object) -> tuple[object, ...]:
    return cast("tuple[object, ...]", value) if isinstance(value, tuple) else ()
