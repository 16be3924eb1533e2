"""The only place where the curator's values meet protobuf messages."""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from google.type.date_pb2 import Date

from services.curator.analysis.announcements import Announcement
from services.curator.analysis.classes import ContentClass
from services.curator.analysis.model import (
    Claim,
    DeadLink,
    Document,
    Judgement,
    Listing,
    Part,
    Passage,
    Program,
    ProgramItem,
    Quote,
    Reason,
    Relation,
)
from services.curator.analysis.programs.overlap import Overlap
from services.curator.analysis.retirements import Retirement, retirement_list
from services.curator.analysis.told import Told
from services.curator.analysis.vocabulary import RetiredTerm
from services.kit import protobuf
from winnow.curation.v1.curation_service_pb2 import Comparison, ProgramOverlap
from winnow.curation.v1.proposal_pb2 import Counterpart, Evidence, Proposal
from winnow.internal.v1.feed_service_pb2 import (
    DeadLinkState,
    GetTextsResponse,
    ResourceState,
    State,
    TextSlice,
)

_RELATIONS = {
    Relation.SAME_ITEM: Proposal.SAME_ITEM,
    Relation.IDENTICAL: Proposal.IDENTICAL,
    Relation.REVISED: Proposal.REVISED,
    Relation.TRANSLATED: Proposal.TRANSLATED,
    Relation.CONTAINED: Proposal.CONTAINED,
    Relation.OVERLAP: Proposal.OVERLAP,
    Relation.VARIANT: Proposal.VARIANT,
    Relation.UNRELATED: Proposal.UNRELATED,
}
_RELATIONS_BACK = {number: relation for relation, number in _RELATIONS.items()}


@dataclass(frozen=True, slots=True)
class Outline:
    """A resource's text as the feed gave it."""

    content_hash: str
    parts: tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class Use:
    """How much a resource is used; what nobody measured is absent rather than 0.

    `started_months` are oldest first, up to `newest_month` (its first day). `seconds_year` is what those who started
    took in all; 0 where no source says so.
    """

    started_year: int
    completed_year: int
    in_progress: int
    started_months: tuple[int, ...] = ()
    newest_month: date | None = None
    seconds_year: int = 0


def relation(value: Relation) -> Proposal.Relation.ValueType:
    """The relation's number in the API."""
    return _RELATIONS[value]


def _day(message: Date) -> date | None:
    return protobuf.date_value(message)


def document(state: State, parts: Sequence[Part]) -> Document:
    """A resource's state and text as analysis sees it."""
    resource = state.resource
    return Document(
        id=state.id,
        title=resource.title,
        parts=tuple(parts),
        language=resource.language,
        kind=resource.kind,
        version=resource.version,
        owner=resource.owner,
        created=_day(resource.created),
        updated=_day(resource.updated),
        reviewed=_day(resource.reviewed),
        review_date=_day(resource.review_date),
        expires=_day(resource.expires),
        mandatory=resource.mandatory,
        archived=resource.archived,
        links=tuple(resource.links),
        listings=tuple(
            Listing(listing.source, listing.external_id, listing.format) for listing in resource.listings
        ),
        dead_links=tuple(_dead_link(each) for each in resource.dead_links),
    )


def _dead_link(link: DeadLinkState) -> DeadLink:
    days = (_day(link.first_failed) or date.min, _day(link.last_failed) or date.min)
    return DeadLink(link.url, *days, link.reason, link.text)


def draft(state: State, parts: Sequence[Part]) -> Document:
    """A draft as analysis sees it."""
    return document(State(id=state.id, resource=state.draft.resource), parts)


def document_with(known: Document, text: Sequence[Part]) -> Document:
    """The document with these parts."""
    return dataclasses.replace(known, parts=tuple(text))


def program(state: State) -> Program:
    """A program's state as analysis sees it."""
    return Program(
        id=state.id,
        title=state.program.title,
        items=tuple(
            ProgramItem(position, item.mandatory, item.resource, item.program)
            for position, item in enumerate(state.program.items)
        ),
        objectives=tuple(state.program.objectives),
        owner=state.program.owners[0] if state.program.owners else "",
    )


def house_rules(state: State) -> Told:
    """What the house rules' state says of outdated content."""
    rules = state.house_rules
    return Told(
        check_links=rules.check_links,
        intervals={
            ContentClass(each.content_class): each.months
            for each in rules.review_intervals
            if each.content_class in set(ContentClass)  # a newer catalog may know more
        },
        vocabulary=tuple(
            RetiredTerm(each.term, each.replacement, _day(each.since)) for each in rules.retired_vocabulary
        ),
        retirements=retirement_list(
            [
                Retirement(
                    _day(each.end) or date.max,
                    each.product,
                    each.version,
                    each.code,
                    each.replacement,
                    each.source,
                )
                for each in rules.retirements
            ]
        ),
    )


def announcement(state: State) -> Announcement:
    """An announcement's state as analysis sees it."""
    told = state.announcement
    announced = _day(told.announced) or date.min
    return Announcement(
        told.title, tuple(told.phrases), announced, _day(told.effective) or announced, told.note
    )


def use(state: State) -> Use:
    """A resource's engagement in numbers."""
    engagement = state.engagement
    return Use(
        engagement.started_year,
        engagement.completed_year,
        engagement.in_progress,
        tuple(engagement.started_months),
        _day(engagement.newest_month),
        engagement.seconds_year,
    )


def unlisted(state: ResourceState) -> date | None:
    """The day since which Winnow keeps the resource out of lists."""
    return _day(state.unlisted)


def outlines(slices: Iterable[TextSlice]) -> dict[str, Outline]:
    """Texts put together from their slices, by resource; slices come in order."""
    hashes: dict[str, str] = {}
    found: dict[str, dict[int, tuple[str, str, list[str]]]] = {}
    for piece in slices:
        if hashes.setdefault(piece.id, piece.content_hash) != piece.content_hash:
            # The text changed between two pages: what came first is of the older one.
            hashes[piece.id] = piece.content_hash
            found.pop(piece.id, None)
        parts = found.setdefault(piece.id, {})
        parts.setdefault(piece.part, (piece.title, piece.location, []))[2].append(piece.text)
    return {
        resource: Outline(
            hashes[resource],
            tuple(
                Part(title, location, "".join(texts)) for _, (title, location, texts) in sorted(parts.items())
            ),
        )
        for resource, parts in found.items()
    }


def outline_bytes(outline: Outline) -> bytes:
    """An outline for storage: the feed's own slices, one a part."""
    stored = GetTextsResponse(
        slices=[
            TextSlice(
                content_hash=outline.content_hash,
                part=number,
                title=part.title,
                location=part.location,
                text=part.text,
            )
            for number, part in enumerate(outline.parts)
        ]
    )
    return stored.SerializeToString(deterministic=True)


def parts(stored: bytes) -> tuple[Part, ...]:
    """A stored outline's parts."""
    slices = GetTextsResponse.FromString(stored).slices
    return tuple(Part(piece.title, piece.location, piece.text) for piece in slices)


def passage_evidence(passage: Passage) -> Evidence:
    """An aligned passage with both its places."""
    return Evidence(
        type="passage",
        text=_MATCHES[passage.match],
        quote=passage.a.text,
        resource=passage.a.document,
        place=passage.a.location,
        start=passage.a.start,
        counterpart=Counterpart(
            quote=passage.b.text, resource=passage.b.document, place=passage.b.location, start=passage.b.start
        ),
        match=passage.match,
        value=passage.similarity,
    )


_MATCHES = {
    "exact": "The same words stand in both.",
    "near": "Nearly the same words stand in both.",
    "meaning": "Both say the same in other words.",
}


def quote_evidence(kind: str, text: str, quote: Quote) -> Evidence:
    """One quotation that shows something."""
    return Evidence(
        type=kind,
        text=text,
        quote=quote.text,
        resource=quote.document,
        place=quote.location,
        start=quote.start,
    )


def reason_evidence(reason: Reason) -> Evidence:
    """A measured value that says something without a quotation."""
    return Evidence(type=reason.code, text=reason.text, value=reason.value)


def comparison(judgement: Judgement) -> Comparison:
    """A judgement as the API shows it; ids are bare here, `rpc.py` makes names of them."""
    return Comparison(
        relation=_RELATIONS[judgement.relation],
        a=judgement.a,
        b=judgement.b,
        probability=judgement.probability,
        confidence=judgement.confidence,
        coverage_a=judgement.coverage_a,
        coverage_b=judgement.coverage_b,
        evidence=[
            *(passage_evidence(passage) for passage in judgement.passages),
            *(reason_evidence(reason) for reason in judgement.reasons),
        ],
    )


def named(message: Comparison) -> Comparison:
    """The comparison with resource names, `resources/{id}`, where it had bare ids."""
    answer = Comparison()
    answer.CopyFrom(message)
    answer.a, answer.b = f"resources/{message.a}", f"resources/{message.b}"
    for item in answer.evidence:
        if item.resource:
            item.resource = f"resources/{item.resource}"
        if item.HasField("counterpart"):
            item.counterpart.resource = f"resources/{item.counterpart.resource}"
    return answer


def beside_draft(message: Comparison, draft_id: str, name: str) -> Comparison:
    """The comparison with names, the draft's under the name given for it."""
    answer = named(message)
    own = f"resources/{draft_id}"
    if answer.a == own:
        answer.a = name
    if answer.b == own:
        answer.b = name
    for item in answer.evidence:
        _rename(item, own, name)
    return answer


def _rename(item: Evidence, own: str, name: str) -> None:
    if item.resource == own:
        item.resource = name
    if item.HasField("counterpart") and item.counterpart.resource == own:
        item.counterpart.resource = name


def claim_evidence(claim: Claim, name: str) -> list[Evidence]:
    """What a claim rests on, under the name given for its document."""
    quoted = [quote_evidence(claim.code, claim.text, quote) for quote in claim.quotes]
    for item in quoted:
        item.resource = name
    return [*quoted, *(reason_evidence(reason) for reason in claim.reasons)]


def program_overlap(found: Overlap, documents: Mapping[str, Document]) -> ProgramOverlap:
    """What two programs have in common as the API shows it, with resource names."""
    passages = [passage_evidence(passage) for passage in found.passages]
    for item in passages:
        item.resource = f"resources/{item.resource}"
        item.counterpart.resource = f"resources/{item.counterpart.resource}"
    return ProgramOverlap(
        shared=[ProgramOverlap.SharedItem(a=f"resources/{a}", b=f"resources/{b}") for a, b in found.shared],
        jaccard=found.jaccard,
        minutes=found.minutes,
        basis=found.basis,
        passages=passages,
        topics=[
            ProgramOverlap.Topic(
                a=f"resources/{topic.a}",
                a_title=documents[topic.a].title,
                b=f"resources/{topic.b}",
                b_title=documents[topic.b].title,
                words=topic.words,
                meaning=topic.meaning,
            )
            for topic in found.topics
        ],
    )


def judgement(message: Comparison) -> Judgement:
    """A stored comparison back."""
    passages = [item for item in message.evidence if item.type == "passage"]
    reasons = [item for item in message.evidence if item.type != "passage"]
    return Judgement(
        a=message.a,
        b=message.b,
        relation=_RELATIONS_BACK[message.relation],
        probability=message.probability,
        confidence=message.confidence,
        coverage_a=message.coverage_a,
        coverage_b=message.coverage_b,
        passages=tuple(
            Passage(
                Quote(item.resource, item.place, item.start, item.quote),
                Quote(
                    item.counterpart.resource,
                    item.counterpart.place,
                    item.counterpart.start,
                    item.counterpart.quote,
                ),
                item.match,
                item.value,
            )
            for item in passages
        ),
        reasons=tuple(Reason(item.type, item.value, item.text) for item in reasons),
    )


def sealed(proposal: Proposal) -> Proposal:
    """The proposal with the hash over all else it says."""
    proposal.evidence_hash = ""
    data = proposal.SerializeToString(deterministic=True)
    proposal.evidence_hash = hashlib.sha256(data).hexdigest()
    return proposal
