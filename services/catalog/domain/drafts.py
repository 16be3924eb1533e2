"""Drafts: what files would bring, read and not yet published."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from services.catalog.domain.resources import Listing, Outline, Resource, content_hash, outline_hash

KEPT = timedelta(hours=1)  # design.md §4.3
MAX_DRAFTS = 50  # of one import
ALWAYS_REQUIRED = ("title",)
REQUIRABLE = (
    *("description", "kind", "language", "url", "version", "owner", "duration_seconds", "created"),
    *("updated", "review_date", "objectives"),
)
"""Fields that house rules may require at publication, beside the title."""


@dataclass(frozen=True, slots=True)
class Draft:
    """One resource that a file would bring, as the listing that publishing makes of it.

    `path` is the file's inside the import; `resource` is the id of the one that publishing would change, empty when
    it would be new.
    """

    id: str
    path: str
    expire_time: datetime
    listing: Listing
    resource: str = ""

    def as_resource(self, now: datetime) -> Resource:
        """The resource it would be by itself."""
        return Resource(self.id, 1, 0, now, now, (self.listing,))

    def hashed(self, outline: Outline) -> Draft:
        """The draft with the hashes of its text."""
        hashes = {"outline_hash": outline_hash(outline), "content_hash": content_hash(outline)}
        return replace(self, listing=replace(self.listing, **hashes))


def missing_fields(resource: Resource, required: Collection[str]) -> list[str]:
    """The required fields that nobody has said, the title first."""
    return missing({name for name in (*ALWAYS_REQUIRED, *REQUIRABLE) if resource.shown(name)}, required)


def missing(said: Collection[str], required: Collection[str]) -> list[str]:
    """The required fields that are not among those said, the title first."""
    wanted = (*ALWAYS_REQUIRED, *(name for name in REQUIRABLE if name in required))
    return [name for name in wanted if name not in said]
