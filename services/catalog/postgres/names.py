"""Names by which files refer to listings, and what a reference means."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum
from pathlib import PurePosixPath

from services.catalog.domain.resources import Listing, rank_of
from services.catalog.postgres.session import Session, columns

_PUT = """
    INSERT INTO listing_names (kind, name, source, external_id) VALUES (%s, %s, %s, %s)
    ON CONFLICT DO NOTHING
"""
_DROP = """
    DELETE FROM listing_names n USING unnest(%s::text[], %s::text[]) AS k (source, external_id)
    WHERE n.source = k.source AND n.external_id = k.external_id
"""
_FIND = """
    SELECT n.kind, n.name, n.source, n.external_id, l.resource, l.format
    FROM listing_names n JOIN listings l ON l.source = n.source AND l.external_id = n.external_id
    WHERE md5(n.name) = ANY(SELECT md5(asked) FROM unnest(%(names)s::text[]) AS asked)
        AND n.name = ANY(%(names)s) AND n.kind = ANY(%(kinds)s)
    ORDER BY n.kind, n.source, n.external_id
"""


class Kind(IntEnum):
    """What a name is; references try 1 to 5 in this order (contract: "Own CSV columns")."""

    EXTERNAL_ID = 1
    IDENTIFIER = 2
    FILE = 3
    STEM = 4
    TITLE = 5
    NAMES_FILE = 6


REFERRED = (Kind.EXTERNAL_ID, Kind.IDENTIFIER, Kind.FILE, Kind.STEM, Kind.TITLE)


def folded(name: str) -> str:
    """The form in which files and titles are compared: NFC, case-folded, `/`, single spaces."""
    text = unicodedata.normalize("NFC", name).replace("\\", "/").casefold()
    return " ".join(text.split())


def file_names(path: str) -> tuple[str, ...]:
    """A path, folded, and its last part."""
    whole = folded(path).strip("/")
    return tuple(dict.fromkeys((whole, PurePosixPath(whole).name))) if whole else ()


def _stem(name: str) -> str:
    return name.rsplit(".", 1)[0] if "." in name.lstrip(".") else name


def names_of(listing: Listing) -> set[tuple[Kind, str]]:
    """Every name the listing goes by."""
    found = {(Kind.EXTERNAL_ID, listing.external_id)}
    found |= {(Kind.IDENTIFIER, name) for name in listing.identifiers if name}
    # Files are what listings that are files go by; a row in a table only names one.
    if listing.rank >= 2:
        paths = {name for path in (listing.origin, listing.file) for name in file_names(path)}
        found |= {(Kind.FILE, name) for name in paths}
        found |= {(Kind.STEM, _stem(name)) for name in paths}
    elif listing.file:
        paths = set(file_names(listing.file))
        found |= {(Kind.NAMES_FILE, name) for name in paths}
        found |= {(Kind.FILE, name) for name in paths}
        found |= {(Kind.STEM, _stem(name)) for name in paths}
    if listing.observed.title:
        found.add((Kind.TITLE, folded(listing.observed.title)))
    return {(kind, name) for kind, name in found if name}


async def put(session: Session, listings: Sequence[Listing]) -> None:
    """Stores the names of these listings in place of those they had."""
    if not listings:
        return
    keys = [listing.key for listing in listings]
    await session.run(_DROP, ([source for source, _ in keys], [external_id for _, external_id in keys]))
    rows = sorted((int(kind), name, *listing.key) for listing in listings for kind, name in names_of(listing))
    await session.run_many(_PUT, rows)


@dataclass(frozen=True, slots=True)
class Named:
    """A listing that goes by an asked name; `rank` is its listing's."""

    kind: Kind
    name: str
    source: str
    external_id: str
    resource: str
    rank: int


async def find(session: Session, names: Iterable[str], kinds: Sequence[Kind]) -> list[Named]:
    """Listings that go by any of the names in one of these ways."""
    asked = sorted(set(names))
    if not asked:
        return []
    rows = await session.rows(_FIND, {"names": asked, "kinds": [int(kind) for kind in kinds]})
    return [
        Named(**columns(row, "format", kind=Kind(row["kind"]), rank=rank_of(row["format"]))) for row in rows
    ]


async def resolve(session: Session, source: str, references: Iterable[str]) -> Mapping[str, Named | None]:
    """What each reference of a source's file means: the first way of naming that hits, the same source first.

    A reference that hits several resources at that point is there with None; one that hits none is left out.
    """
    asked = sorted(set(references))
    by_name: dict[tuple[Kind, str], list[Named]] = {}
    wanted = {form for reference in asked for form in (reference, folded(reference), *file_names(reference))}
    for hit in await find(session, wanted, REFERRED):
        by_name.setdefault((hit.kind, hit.name), []).append(hit)
    found: dict[str, Named | None] = {}
    for reference in asked:
        for kind in REFERRED:
            exact = kind in (Kind.EXTERNAL_ID, Kind.IDENTIFIER)
            hits = by_name.get((kind, reference if exact else folded(reference)), [])
            hits = [hit for hit in hits if hit.source == source] or hits
            if hits:
                # One resource under two of its listings is one answer.
                found[reference] = hits[0] if len({hit.resource for hit in hits}) == 1 else None
                break
    return found
