"""What refusals say about findings: verdicts on pairs, and rules that keep the like away (behaviour.md §8)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time

from services.catalog.domain.people import Viewer
from services.catalog.ids import new_id
from services.catalog.postgres.database import Transaction
from services.catalog.review import applying, postgres_suppressions, postgres_verdicts, wire
from services.catalog.review.domain import PartVerdict, Receipt, Suggestion
from services.catalog.review.effects import effects
from services.catalog.review.findings import Kind
from services.catalog.review.postgres_verdicts import pairs_of
from services.catalog.review.suppressions import TEXT_FACT, Scope, Suppression, verdict_rule
from services.catalog.review.surroundings import Surroundings

VERDICTS = {
    "different_audience": "variant",
    "different_language": "translation",
    "different_level": "different_level",
    "different_purpose": "different_purpose",
    "intentional_copy": "intentional_copy",
    "not_same": "not_same",
}
"""Reasons that say something about pairs, in the feed's words (feed_service.proto)."""

STILL_ACCURATE = "still_accurate"
"""The reason that is a review: it answers the finding, all but hard evidence."""

REASONS = frozenset(
    {*VERDICTS, STILL_ACCURATE, "seasonal", "required", "used_elsewhere", "bad_data", "other"}
)

ATTRIBUTES = {"different_audience": "audience", "different_language": "language"}
"""Reasons that ask for an attribute, which they then set: what tells the copies apart."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why somebody refuses. `attributes` are (resource id, value) for a reason of ATTRIBUTES; `hold_end` is the last
    day of a hold; `wrong` names what bad_data is about: ids of resources whose text is wrong, or codes of claims;
    `review_date` is the day of the next review after still_accurate, None for what its class asks; `not_set` are ids of
    resources for which a value was named that is not its author's to set."""

    reason: str
    comment: str = ""
    attributes: tuple[tuple[str, str], ...] = ()
    hold_end: date | None = None
    wrong: tuple[str, ...] = ()
    review_date: date | None = None
    not_set: tuple[str, ...] = ()


async def of_rejection(
    tx: Transaction, viewer: Viewer, suggestion: Suggestion, around: Surroundings, refusal: Refusal
) -> tuple[Receipt, ...]:
    """Stores what refusing the whole says: the set and each of its pairs are suppressed, verdicts are left on pairs.

    Receipts of what it set on resources.
    """
    members = sorted({each.id for each in around.present(suggestion.proposal.resources)})
    kind = suggestion.proposal.kind
    sets = [members]
    if kind is Kind.DUPLICATE:
        sets += [list(pair) for pair in pairs_of(members) if len(members) > 2]
    written: tuple[Receipt, ...] = ()
    if refusal.reason in VERDICTS:
        pairs = pairs_of(members) if kind is Kind.DUPLICATE else []
        written = await _put(tx, suggestion, _said(viewer, refusal, pairs))

    # Of the same items a program may be told something else, which is another finding.
    key = suggestion.key if kind is Kind.PROGRAM else ""
    plain = _rule(tx, viewer, suggestion, refusal)
    rules = [replace(plain, id=new_id(), members=tuple(each), key=key) for each in sets]
    if refusal.reason == "bad_data":
        rules += [
            replace(plain, id=new_id(), scope=Scope.FACT, members=(id_,), fact=fact, value=value)
            for id_, fact, value in _wrong(suggestion, around, refusal)
        ]
    await postgres_suppressions.add(tx, rules)
    return (*written, *await of_parts(tx, suggestion))


def _rule(tx: Transaction, viewer: Viewer, suggestion: Suggestion, refusal: Refusal) -> Suppression:
    return Suppression(
        id=new_id(),
        scope=Scope.EXACT_SET,
        kind=suggestion.proposal.kind,
        members=(),
        person=viewer.person.id,
        reason=refusal.reason,
        time=tx.now,
        suggestion=suggestion.id,
        comment=refusal.comment,
    )


async def of_review(
    tx: Transaction,
    viewer: Viewer,
    suggestion: Suggestion,
    around: Surroundings,
    refusal: Refusal,
    until: date | None,
) -> None:
    """Stores what a review says of a resource that hard evidence stands against: until the day of the next one it
    answers each of the other claims."""
    subject = around.resource(suggestion.proposal.resources[0])
    if subject is None:
        return
    over = datetime.combine(until, time.min, UTC) if until else None
    plain = _rule(tx, viewer, suggestion, refusal)
    codes = dict.fromkeys(claim.code for claim in suggestion.proposal.claims if not claim.hard)
    await postgres_suppressions.add(
        tx,
        [
            replace(plain, id=new_id(), scope=Scope.FACT, members=(subject.id,), fact=code, expire_time=over)
            for code in codes
        ],
    )


def _wrong(suggestion: Suggestion, around: Surroundings, refusal: Refusal) -> Iterable[tuple[str, str, str]]:
    """(resource, fact, value) of what is frozen: texts that are named, else claims, all but hard ones."""
    if suggestion.proposal.kind is Kind.DUPLICATE:
        for each in around.present(refusal.wrong):
            yield each.id, TEXT_FACT, each.outline_hash
        return
    subject = around.resource(suggestion.proposal.resources[0])
    for claim in suggestion.proposal.claims:
        if subject is not None and not claim.hard and (not refusal.wrong or claim.code in refusal.wrong):
            yield subject.id, claim.code, ""


def _said(viewer: Viewer, refusal: Refusal, pairs: Iterable[tuple[str, str]]) -> PartVerdict:
    field = ATTRIBUTES.get(refusal.reason, "")
    return PartVerdict(
        VERDICTS[refusal.reason],
        tuple(pairs),
        viewer.person.id,
        refusal.comment,
        tuple((field, resource, value) for resource, value in refusal.attributes if field),
    )


async def _put(tx: Transaction, suggestion: Suggestion, said: PartVerdict) -> tuple[Receipt, ...]:
    written = await _tell_apart(tx, said)
    found = sorted(set(said.pairs))
    if not found:
        return written
    revision = await tx.feed_revision()
    await postgres_verdicts.put(
        tx,
        found,
        said.verdict,
        suggestion=suggestion.id,
        person=said.person,
        comment=said.comment,
        revision=revision,
    )
    ids = sorted({id_ for pair in found for id_ in pair})
    tx.record(wire.verdicts_changed(ids, revision, await tx.epoch()))
    return written


async def _tell_apart(tx: Transaction, said: PartVerdict) -> tuple[Receipt, ...]:
    """Sets what the copies differ in, for each resource that a value was named for."""
    receipts: list[Receipt] = []
    values = {resource: (field, value) for field, resource, value in said.attributes}
    for resource in await tx.resources(sorted(values), for_update=True):
        field, value = next(values[name] for name in (resource.id, *resource.aliases) if name in values)
        told = resource.want(field, value, author=said.person, suggestion="", now=tx.now)
        receipts += applying.written(resource, await tx.save(told), (field,))
    return tuple(receipts)


def of_part(
    suggestion: Suggestion, part_ids: Iterable[str], viewer: Viewer, refusal: Refusal
) -> tuple[PartVerdict, ...]:
    """What rejecting these parts says about the pairs in them; kept until the suggestion has ended."""
    if refusal.reason not in VERDICTS:
        return ()
    parts = [part for id_ in part_ids if (part := suggestion.plan.part(id_)) is not None]
    done = effects(parts)
    pairs = {tuple(sorted((old, new))) for _, old, new in done.items if new}
    pairs |= {tuple(sorted(pair)) for pair in done.successors.items()}
    found = tuple(sorted((pair[0], pair[1]) for pair in pairs))
    return (_said(viewer, refusal, found),) if found or refusal.attributes else ()


async def of_parts(tx: Transaction, suggestion: Suggestion) -> tuple[Receipt, ...]:
    """Stores what the refusals of single parts said, now that the suggestion has ended; receipts of what it set."""
    receipts: list[Receipt] = []
    for each in suggestion.part_verdicts:
        receipts += await _put(tx, suggestion, each)
    return tuple(receipts)


async def lift(tx: Transaction, suggestion: Suggestion, by: str) -> list[str]:
    """Takes back what a refusal left, suppressions and verdicts; what hid findings until now.

    `by` is a person's id.
    """
    rules = [rule.id for rule in await postgres_suppressions.of_suggestion(tx, suggestion.id)]
    await postgres_suppressions.lift(tx, rules, by)
    revision = await tx.feed_revision()
    pairs = await postgres_verdicts.lift_of(tx, suggestion.id, revision)
    if pairs:
        ids = sorted({id_ for pair in pairs for id_ in pair})
        tx.record(wire.verdicts_changed(ids, revision, await tx.epoch()))
    return [*rules, *map(verdict_rule, pairs)]
