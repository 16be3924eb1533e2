"""Drafts with their texts, while they are kept."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from services.catalog.domain.drafts import Draft
from services.catalog.domain.resources import Listing, Outline
from services.catalog.postgres import codec
from services.catalog.postgres.session import Row, Session

_ADD = """
    INSERT INTO drafts (id, import, path, expire_time, source, external_id, format, observed, file, origin,
        identifiers, described_only, parts)
    VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
"""
_COUNT = "SELECT count(*) AS there FROM drafts WHERE import = %s"
_LOAD = """
    SELECT d.id, d.path, d.expire_time, d.source, d.external_id, d.format, d.observed, d.file, d.origin,
        d.identifiers, d.described_only, coalesce(l.resource, '') AS resource
    FROM drafts d LEFT JOIN listings l ON l.source = d.source AND l.external_id = d.external_id
    WHERE d.id = ANY(%s) AND d.expire_time > %s ORDER BY d.id
"""
_LOCK = "SELECT id FROM drafts WHERE id = %s FOR NO KEY UPDATE"
_OF = "SELECT id FROM drafts WHERE import = %s ORDER BY id"
_PARTS = "SELECT id, parts FROM drafts WHERE id = ANY(%s)"
_DROP = "DELETE FROM drafts WHERE id = %s"
_FORGET = "DELETE FROM drafts WHERE expire_time <= %s"


class Drafts(Session):
    """What has been read and not yet published."""

    async def add_drafts(self, import_id: str, drafts: Sequence[tuple[Draft, Outline]]) -> None:
        """Keeps drafts with their texts."""
        await self.run_many(
            _ADD,
            (
                (
                    *(draft.id, import_id, draft.path, draft.expire_time),
                    *(draft.listing.source, draft.listing.external_id, draft.listing.format),
                    codec.observed_json(draft.listing.observed),
                    *(draft.listing.file, draft.listing.origin, list(draft.listing.identifiers)),
                    *(draft.listing.described_only, codec.packed(outline)),
                )
                for draft, outline in drafts
            ),
        )

    async def draft_count(self, import_id: str) -> int:
        """How many drafts an import has brought so far."""
        row = await self.row(_COUNT, (import_id,))
        return int(row["there"]) if row else 0

    async def drafts(self, ids: Iterable[str], *, for_update: bool = False) -> dict[str, Draft]:
        """Drafts by id, those that are still kept."""
        asked = sorted(ids)
        if for_update:
            for id_ in asked:
                await self.run(_LOCK, (id_,))
        return {row["id"]: _draft(row) for row in await self.rows(_LOAD, (asked, self.now))}

    async def drafts_of(self, import_id: str) -> list[Draft]:
        """An import's drafts, in the order in which they were read."""
        ids = [row["id"] for row in await self.rows(_OF, (import_id,))]
        return list((await self.drafts(ids)).values())

    async def draft_outlines(self, ids: Iterable[str]) -> dict[str, Outline]:
        """The texts of drafts, by id."""
        return {row["id"]: codec.unpacked(row["parts"]) for row in await self.rows(_PARTS, (list(ids),))}

    async def drop_draft(self, id_: str) -> None:
        """Forgets a draft: it is published."""
        await self.run(_DROP, (id_,))

    async def forget_drafts(self, before: datetime) -> None:
        """Forgets the drafts whose time is up."""
        await self.run(_FORGET, (before,))


def _draft(row: Row) -> Draft:
    return Draft(
        id=row["id"],
        path=row["path"],
        expire_time=row["expire_time"],
        listing=Listing(
            source=row["source"],
            external_id=row["external_id"],
            format=row["format"],
            observed=codec.observed_value(row["observed"]),
            file=row["file"],
            origin=row["origin"],
            identifiers=tuple(row["identifiers"]),
            described_only=row["described_only"],
        ),
        resource=row["resource"],
    )
