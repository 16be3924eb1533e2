"""SQL of the classes of content by how fast they age, as the curator last said."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from services.catalog.postgres.session import Session

_PUT = """
    INSERT INTO content_classes (resource, content_class)
    SELECT said.resource, said.content_class
    FROM unnest(%s::text[], %s::text[]) AS said(resource, content_class) JOIN resources ON id = said.resource
    ON CONFLICT (resource) DO UPDATE SET content_class = excluded.content_class
"""
_OF = "SELECT resource, content_class FROM content_classes WHERE resource = ANY(%s)"


async def put(tx: Session, classes: Mapping[str, str]) -> None:
    """Stores the class of each of these resources; of one that there is not, nothing."""
    await tx.run(_PUT, (list(classes), list(classes.values())))


async def of(tx: Session, ids: Iterable[str]) -> dict[str, str]:
    """The class of each of these resources of which one is known."""
    return {row["resource"]: row["content_class"] for row in await tx.rows(_OF, (list(ids),))}
