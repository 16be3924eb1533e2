"""What the import readers yield, as what the catalog keeps."""

from __future__ import annotations

import hmac
import re
from collections.abc import Iterable, Sequence
from hashlib import sha256

from services.catalog.domain.engagement import Month
from services.catalog.domain.imports import Problem, Question
from services.catalog.domain.programs import ObservedProgram, ProgramItem
from services.catalog.domain.resources import Listing, Observed, Part, Visibility
from services.catalog.imports import model
from services.catalog.imports.model import EngagementRow, ProgramRow, ResourceRecord
from services.catalog.postgres.engagement import LearnerMonth
from services.catalog.usecases.listings import Incoming, with_description

MAX_TITLE = 1000
MAX_EXTERNAL_ID = 500
MAX_PROBLEM = 2000
MAX_LINK_TEXT = 200


def clean(text: str) -> str:
    """The text without what PostgreSQL and UTF-8 cannot hold: NUL and lone surrogates."""
    return text.replace("\0", "").encode(errors="ignore").decode()


def incoming(record: ResourceRecord, source: str) -> Incoming:
    """A record as a listing with its text."""
    description = clean(record.description)
    parts = tuple(Part(clean(p.title), clean(p.location), clean(p.text)) for p in record.parts)
    text, described_only = with_description(parts, description)
    return Incoming(
        Listing(
            source=source,
            external_id=clean(record.external_id)[:MAX_EXTERNAL_ID],
            format=record.format,
            observed=Observed(
                title=clean(record.title)[:MAX_TITLE],
                description=description,
                kind=clean(record.kind),
                language=clean(record.language),
                url=clean(record.url),
                version=clean(record.version),
                owner=clean(record.owner),
                mandatory=record.mandatory,
                certification=record.certification,
                accessible_form=record.accessible_form,
                duration_seconds=record.duration_seconds,
                created=record.created or record.published,
                updated=record.updated,
                review_date=record.review_date,
                expires=record.expires,
                reviewed=record.reviewed,
                objectives=tuple(clean(each) for each in record.objectives),
                links=tuple(clean(each) for each in record.links),
                link_texts=tuple(clean(each)[:MAX_LINK_TEXT] for each in record.links.values()),
            ),
            file=clean(record.file),
            origin=clean(record.path),
            identifiers=tuple(clean(each) for each in record.identifiers),
            visibility=Visibility(str(record.state)),
            described_only=described_only,
        ),
        text,
    )


def programs(rows: Sequence[ProgramRow]) -> list[tuple[str, ObservedProgram]]:
    """Programs with their items by position, in the order in which the file names them first."""
    by_key: dict[str, list[ProgramRow]] = {}
    for row in rows:
        by_key.setdefault(clean(row.program), []).append(row)
    return [(key, _program(sorted(each, key=lambda row: row.position))) for key, each in by_key.items()]


def _program(rows: Sequence[ProgramRow]) -> ObservedProgram:
    owners = [owner for row in rows for owner in re.split(r"[;,|\s]+", clean(row.owner)) if owner]
    return ObservedProgram(
        title=next((clean(row.title)[:MAX_TITLE] for row in rows if row.title), ""),
        owners=tuple(dict.fromkeys(owners)),
        items=tuple(
            ProgramItem(reference=clean(row.resource), mandatory=row.mandatory is not False)
            for row in rows
            if row.resource
        ),
    )


def sums(row: EngagementRow) -> Month:
    """A row's counts."""
    return Month(row.month, row.enrolled, row.started, row.completed, row.seconds or 0, row.rating)


def pseudonym(learner: str, key: bytes) -> str:
    """What stands for a learner everywhere: a keyed hash of what the source calls them, however they are written."""
    return hmac.digest(key, clean(learner).strip().casefold().encode(), sha256).hex()[:32]


def learner_month(row: EngagementRow, key: bytes) -> LearnerMonth:
    """A learner's month under a pseudonym."""
    return LearnerMonth(pseudonym(row.learner, key), sums(row), str(row.state or ""), row.due)


def problems(found: Iterable[model.Problem], *, unreadable: bool) -> list[Problem]:
    """Problems as an import lists them."""
    return [
        Problem(
            unreadable, clean(each.file), clean(each.place), each.reason, clean(each.message)[:MAX_PROBLEM]
        )
        for each in found
    ]


def question(found: model.Question) -> Question:
    """A question as an import asks it; its topic is its name inside the import's file."""
    id_ = sha256(f"{found.file}\0{found.topic}".encode()).hexdigest()[:16]
    return Question(id_, found.file, found.reason, found.text, found.choices, found.topic)
