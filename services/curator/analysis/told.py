"""What people tell that speaks against a document."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from services.curator.analysis.announcements import Announcement, announced_changes
from services.curator.analysis.model import Block, Claim, Document


@dataclass(frozen=True, slots=True)
class Told:
    """All that people have told, as it holds for every document."""

    announcements: tuple[Announcement, ...] = ()


def told_claims(document: Document, blocks: Sequence[Block], told: Told, today: date) -> tuple[Claim, ...]:
    """The claims against one document that follow from what people told."""
    return announced_changes(document, blocks, told.announcements, today)
