"""What people tell that speaks against a document."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from services.curator.analysis.announcements import Announcement, announced_changes
from services.curator.analysis.classes import ContentClass
from services.curator.analysis.links import dead_links
from services.curator.analysis.model import Block, Claim, Document
from services.curator.analysis.retirements import RetirementList, vendor_retired
from services.curator.analysis.vocabulary import RetiredTerm, retired_vocabulary


@dataclass(frozen=True, slots=True)
class Told:
    """All that people have told, as it holds for every document.

    `intervals` has the months after which a class is reviewed, where the team has said.
    """

    announcements: tuple[Announcement, ...] = ()
    vocabulary: tuple[RetiredTerm, ...] = ()
    retirements: RetirementList = field(default_factory=RetirementList)
    check_links: bool = False
    intervals: Mapping[ContentClass, int] = field(default_factory=dict[ContentClass, int])


def told_claims(document: Document, blocks: Sequence[Block], told: Told, today: date) -> tuple[Claim, ...]:
    """The claims against one document that follow from what people told, but for what merely names what has ended."""
    single = (
        vendor_retired(document, told.retirements, today),
        retired_vocabulary(document, blocks, told.vocabulary, today),
        dead_links(document, blocks) if told.check_links else None,
    )
    found = [claim for claim in single if claim is not None]
    return (*found, *announced_changes(document, blocks, told.announcements, today))
