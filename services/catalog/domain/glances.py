"""A resource at a glance: what the whole catalog is looked through by, without texts and lists."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from services.catalog.domain.resources import Lifecycle


@dataclass(frozen=True, slots=True)
class Glance:
    """What is shown of one resource, as `Resource` has it.

    `said` has the title and those of the requirable fields that somebody has said; `sources` are those that list or
    listed it. `created`, `updated`, `reviewed` and `review_date` are None where nobody has said.
    """

    id: str
    aliases: tuple[str, ...]
    title: str
    kind: str
    owner: str
    lifecycle: Lifecycle
    sources: frozenset[str]
    said: frozenset[str]
    created: date | None
    updated: date | None
    reviewed: date | None
    review_date: date | None
    create_time: datetime
