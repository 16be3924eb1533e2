"""Suggestions that people file: the same machine and the same safeguards as for what the curator finds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from services.catalog.domain.people import Viewer, checked_email
from services.catalog.domain.resources import Resource
from services.catalog.ids import new_id
from services.catalog.postgres.database import Database, Transaction
from services.catalog.review import forming, metadata, notes, postgres, postgres_verdicts, wire
from services.catalog.review.cases import no_verb
from services.catalog.review.domain import Edits, Operation, Plan, State, Suggestion
from services.catalog.review.domain_notes import Note
from services.catalog.review.fields import bad_field
from services.catalog.review.findings import Draft, Evidence, Kind, Member, Proposal, Relation
from services.catalog.review.plans import THEN_ARCHIVE
from services.kit.errors import FailedPrecondition

FILED = "filed"
"""The type of the evidence that is a person's own words."""
MOST_MEMBERS = 12  # behaviour.md §3: of a group for a decision

_RELATIONS = {
    Operation.ARCHIVE: Relation.IDENTICAL,
    Operation.DEPRECATE: Relation.REVISED,
    Operation.LINK_LISTINGS: Relation.SAME_ITEM,
    Operation.REQUEST_UPDATE: Relation.OVERLAP,
}
"""What a person says of copies by what they want done with them."""
_KEY_WORDS = {
    Operation.ITEM_DROP: "drop",
    Operation.ITEM_REPLACE: "replace",
    Operation.ITEM_MOVE: "reorder",
    Operation.ITEM_INSERT: "insert",
    Operation.ITEM_MAKE_OPTIONAL: "optional",
    Operation.MERGE_PROGRAMS: "merge",
    Operation.ARCHIVE_PROGRAM: "retire",
}
"""The curator's words in the keys of programs, so that both speak of one suggestion."""
_BY_HAND = frozenset(
    {
        Operation.SET_METADATA,
        Operation.SET_OWNER,
        Operation.CLOSE_TO_NEW,
        Operation.RESTORE,
        Operation.ADD_EQUIVALENCE,
    }
)
"""What only people think of: it is no finding of the curator's, and stands beside one."""
_OPERATIONS = {
    Kind.DUPLICATE: frozenset(_RELATIONS),
    Kind.OUTDATED: frozenset(
        {Operation.CONFIRM, Operation.REQUEST_UPDATE, Operation.DEPRECATE, Operation.ARCHIVE, *_BY_HAND}
    ),
    Kind.UNUSED: frozenset({Operation.UNLIST, Operation.ARCHIVE}),
    Kind.PROGRAM: frozenset(_KEY_WORDS),
}
_WHOLE_PROGRAMS = frozenset({Operation.MERGE_PROGRAMS, Operation.ARCHIVE_PROGRAM})
_NEEDS_OTHER = frozenset({Operation.ITEM_REPLACE, Operation.ITEM_MOVE, Operation.ADD_EQUIVALENCE})
_SUCCEEDED = frozenset({Operation.DEPRECATE, Operation.ARCHIVE, Operation.CLOSE_TO_NEW})


@dataclass(frozen=True, slots=True)
class Filed:
    """What a person files; ids, empty where they do not apply (review_service.proto says which do)."""

    kind: Kind
    operation: str
    members: tuple[str, ...]
    reason: str
    survivor: str = ""
    other: str = ""
    program: str = ""
    into: str = ""
    field: str = ""
    value: str = ""


async def file(tx: Transaction, db: Database, viewer: Viewer, asked: Filed) -> Suggestion:
    """The suggestion, OPEN, authored by the viewer; or the live one that says the same, with the reason as a note.

    In the caller's transaction. Aborted with the decision where one was decided; FailedPrecondition where a
    verdict says otherwise or nothing is left to do.
    """
    await postgres.lock(tx)
    proposal = await _proposal(tx, asked)
    known = await postgres.by_key(tx, proposal.key)
    if known is not None and known.live:
        return await _joined(tx, db, viewer, known, asked)
    if known is not None and known.state is State.REJECTED:
        raise await no_verb(tx, db, known, "filing")
    await _check_verdicts(tx, proposal)
    # What has ended without a no goes on under its name; what was applied is done, and this is another.
    goes_on = known if known is not None and known.state is not State.APPLIED else None
    survivor = next((each.resource for each in proposal.members if each.survivor), "")
    new = Suggestion(
        id=goes_on.id if goes_on else new_id(),
        version=goes_on.version if goes_on else 1,
        state=State.OPEN,
        revision=goes_on.revision + 1 if goes_on else 1,
        proposal=proposal,
        plan=Plan(),
        create_time=goes_on.create_time if goes_on else tx.now,
        update_time=tx.now,
        confidence=proposal.score,
        edits=Edits(author=viewer.person.id, survivor=survivor),
        touched=True,
        filed_by=viewer.person.id,
    )
    on = await forming.ground(tx, db.clock.today(), [proposal], for_update=True)
    made = await forming.formed(tx, new, on)
    if made.nothing_left:
        raise FailedPrecondition("PLAN_INCOMPLETE", "Nothing is left that it could do.", {"suggestion": ""})
    store = postgres.save if goes_on else postgres.add
    filed = await store(tx, made.suggestion, forming.order_key(proposal, on.around))
    await _logged(tx, viewer, filed, asked.reason)
    tx.record(wire.suggestion_opened(filed))
    await forming.place_all(tx)
    return await postgres.suggestion(tx, filed.id)


async def _joined(
    tx: Transaction, db: Database, viewer: Viewer, known: Suggestion, asked: Filed
) -> Suggestion:
    """The live one, OPEN if it was HELD, since a person asks for it."""
    note = Note(new_id(), known.name, viewer.person.id, asked.reason, tx.now)
    await notes.keep_note(tx, note)
    joined = replace(known, touched=True, update_time=tx.now)
    if known.state is State.HELD:
        joined = replace(joined, state=State.OPEN, held_reason="")
        tx.record(wire.suggestion_opened(joined))
    on = await forming.ground(tx, db.clock.today(), [known.proposal])
    await postgres.save(tx, joined, forming.order_key(known.proposal, on.around))
    await _logged(tx, viewer, joined, asked.reason)
    await forming.place_all(tx)
    return await postgres.suggestion(tx, known.id)


async def _logged(tx: Transaction, viewer: Viewer, suggestion: Suggestion, reason: str) -> None:
    await forming.record_decision(tx, suggestion, "file", viewer.person.id, comment=reason)
    await tx.audited(viewer, suggestion.name, {"verb": "file", "key": suggestion.key})


async def _check_verdicts(tx: Transaction, proposal: Proposal) -> None:
    if proposal.kind is not Kind.DUPLICATE:
        return
    for verdict, suggestion in await postgres_verdicts.contrary(tx, proposal.resources):
        raise FailedPrecondition(
            "VERDICT_STANDS",
            f"It was decided that two of them are “{verdict}”; reopen suggestions/{suggestion} first.",
            {"suggestion": f"suggestions/{suggestion}", "verdict": verdict},
        )


async def _proposal(tx: Transaction, asked: Filed) -> Proposal:
    """What was filed as if it had been found; InvalidArgument names what does not fit, NotFound what there is not."""
    if asked.operation not in _OPERATIONS[asked.kind]:
        allowed = ", ".join(sorted(_OPERATIONS[asked.kind]))
        raise bad_field("operation", f"must be one of {allowed} for {asked.kind}")
    operation = Operation(asked.operation)
    members = [await tx.resource(id_) for id_ in asked.members]
    ids = list(dict.fromkeys(each.id for each in members))
    other = (await tx.resource(asked.other)).id if asked.other else ""
    survivor = (await tx.resource(asked.survivor)).id if asked.survivor else ""
    _check_members(asked, operation, ids, survivor, other)
    programs: dict[str, int] = {}
    for id_ in (asked.program, asked.into):
        if id_:
            programs[id_] = (await tx.program(id_)).revision
    if operation in _WHOLE_PROGRAMS:
        ids = await _held(tx, asked.program)
        if operation is Operation.MERGE_PROGRAMS:
            # What only the program has is no member: the plan takes it over.
            shared = set(await _held(tx, asked.into))
            ids = [id_ for id_ in ids if id_ in shared]
        members = await tx.resources(ids)
    drafts = _drafts(asked, operation, ids, survivor, other)
    return Proposal(
        key=_key(asked, operation, ids, other),
        kind=asked.kind,
        relation=_RELATIONS[operation] if asked.kind is Kind.DUPLICATE else Relation.NONE,
        members=tuple(_member(each, survivor) for each in {each.id: each for each in members}.values()),
        score=1.0,
        programs=programs,
        evidence=(Evidence(FILED, asked.reason, resource=ids[0] if len(ids) == 1 else ""),),
        drafts=tuple(drafts),
        summary=asked.reason.splitlines()[0][:200],
    )


async def _held(tx: Transaction, program: str) -> list[str]:
    return [item.resource for item in (await tx.program(program)).items if item.resource]


def _check_members(asked: Filed, operation: Operation, ids: Sequence[str], survivor: str, other: str) -> None:
    if asked.kind is Kind.DUPLICATE:
        if not 2 <= len(ids) <= MOST_MEMBERS:
            raise bad_field("members", f"must be 2 to {MOST_MEMBERS} different resources")
    elif operation in _WHOLE_PROGRAMS:
        if ids:
            raise bad_field("members", f"must be empty for {operation}")
    elif not ids or (len(ids) > 1 and operation is not Operation.ITEM_DROP):
        raise bad_field("members", "must name one resource")
    if survivor and (asked.kind is not Kind.DUPLICATE or survivor not in ids):
        raise bad_field("survivor", "must be one of the members, of copies")
    if other and (other in ids or not _takes_other(asked.kind, operation)):
        raise bad_field("other", f"must be another resource, where {operation} of {asked.kind} takes one")
    if operation in _NEEDS_OTHER and not other:
        raise bad_field("other", f"is required for {operation}")
    _check_value(asked, operation)
    if bool(asked.program) != (asked.kind is Kind.PROGRAM):
        raise bad_field("program", "is required for PROGRAM and has no meaning else")
    merges = operation is Operation.MERGE_PROGRAMS
    if bool(asked.into) != merges or (merges and asked.into == asked.program):
        raise bad_field("into", "must be another program, for merge_programs alone")


def _check_value(asked: Filed, operation: Operation) -> None:
    if bool(asked.field) != (operation is Operation.SET_METADATA):
        raise bad_field("field", "is required for set_metadata and has no meaning else")
    match operation:
        case Operation.SET_METADATA:
            metadata.read(asked.field, asked.value)
        case Operation.SET_OWNER:
            checked_email(asked.value, "value")
        case Operation.CLOSE_TO_NEW if asked.value in ("", THEN_ARCHIVE):
            pass
        case _ if asked.value:
            raise bad_field("value", f"has no such meaning for {operation}")
        case _:
            pass


def _takes_other(kind: Kind, operation: Operation) -> bool:
    return operation in _NEEDS_OTHER or (kind is Kind.OUTDATED and operation in _SUCCEEDED)


def _drafts(asked: Filed, operation: Operation, ids: Sequence[str], survivor: str, other: str) -> list[Draft]:
    if asked.kind is Kind.DUPLICATE:
        return [Draft(operation, id_, survivor) for id_ in ids if id_ != survivor]
    if operation in _WHOLE_PROGRAMS:
        return [Draft(operation, program=asked.program, into=asked.into)]
    said = {"field": asked.field, "value": asked.value.strip()}
    return [Draft(operation, id_, other, asked.program, **said) for id_ in ids]


def _key(asked: Filed, operation: Operation, ids: Sequence[str], other: str) -> str:
    """As the curator names what it finds."""
    if operation in _BY_HAND:
        return f"{asked.kind}:{','.join(sorted(ids))}:{operation}:{asked.field or other}"
    if asked.kind is not Kind.PROGRAM:
        return f"{asked.kind}:{','.join(sorted(ids))}"
    what = {Operation.MERGE_PROGRAMS: asked.into, Operation.ARCHIVE_PROGRAM: ""}
    items = [*ids, other] if operation is Operation.ITEM_MOVE else ids
    return (
        f"{asked.kind}:{asked.program}:{_KEY_WORDS[operation]}:{what.get(operation, ','.join(sorted(items)))}"
    )


def _member(resource: Resource, survivor: str) -> Member:
    return Member(resource.id, resource.content_hash, resource.revision, resource.id == survivor)


def with_evidence(filed: Proposal, found: Proposal) -> Proposal:
    """What was filed, with what the curator has found about it since."""
    own = tuple(each for each in filed.evidence if each.type == FILED)
    return replace(
        found,
        evidence=(*own, *found.evidence),
        score=filed.score,
        summary=filed.summary,
    )
