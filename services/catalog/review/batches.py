"""Exact copies decided together, and a batch taken back: each suggestion for itself, in transactions of its own."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from services.catalog.domain.people import Viewer, email_key
from services.catalog.ids import new_id
from services.catalog.postgres.database import Database
from services.catalog.review import execution, forming, postgres, postgres_decisions, usecases
from services.catalog.review.cases import Case, Seen, changed_since, open_case
from services.catalog.review.domain import State, Suggestion
from services.catalog.review.fields import bad_field
from services.catalog.review.findings import Relation
from services.catalog.review.forming import Formed, Ground
from services.catalog.review.safeguards import led_away
from services.kit.errors import FailedPrecondition, NotFound, PermissionDenied, WinnowError

MOST = 500
_BATCHES = uuid.UUID("6f0d3c1e-3a0e-4d5a-9a55-0a7b1c7f4c11")
"""The namespace of batch ids that follow from a request id (RFC 9562, version 5)."""


@dataclass(frozen=True, slots=True)
class Choice:
    """A suggestion, by id, as it was seen."""

    suggestion: str
    seen: Seen


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one; `reason` and `message` are empty where it was done."""

    suggestion: str
    state: State | None
    revision: int = 0
    fingerprint: str = ""
    reason: str = ""
    message: str = ""


T = TypeVar("T")
_NOT_REACHED = ("DEADLINE_PASSED", "The call's time was up before it; ask again.")


def not_reached(outcome: Outcome) -> bool:
    """Whether the call's time was up before this one."""
    return outcome.reason == _NOT_REACHED[0]


def batch_id(viewer: Viewer, request_id: str) -> str:
    """The batch of a request: the same for a repetition, so that it goes on where the first call ended."""
    return str(uuid.uuid5(_BATCHES, f"{viewer.person.id} {request_id}")) if request_id else new_id()


async def exact_copies(db: Database, assignee: str) -> list[Choice]:
    """Suggestions that a batch could accept now, highest priority first; of one person (an e-mail) or of all."""
    async with db.snapshot() as tx:
        person = ""
        if assignee:
            found = (await tx.people_by_email([assignee])).get(email_key(assignee))
            if found is None:
                return []
            person = found.id
        ids = await postgres_decisions.copies_to_decide(tx, person, MOST)
        waiting = {each.id: each for each in await postgres.suggestions(tx, ids)}
        on = await forming.ground(tx, db.clock.today(), [each.proposal for each in waiting.values()])
        choices: list[Choice] = []
        for id_ in ids:
            made = await forming.formed(tx, waiting[id_], on)
            now = forming.material_now(waiting[id_], made)
            if not _inexact(made, on) and now.plan.parts and not now.plan.safeguards:
                choices.append(Choice(id_, Seen(now.revision, now.fingerprint)))
        return choices


async def accept_all(
    db: Database, viewer: Viewer, batch: str, choices: Sequence[Choice], comment: str, *, within: float
) -> list[Outcome]:
    """What became of each, in order; none is begun after `within` seconds.

    What a repetition finds accepted by this batch is not accepted again.
    InvalidArgument for none, too many, or one named twice.
    """
    _check(choices)

    async def one(choice: Choice) -> None:
        async with db.transaction() as tx:
            known = await postgres.suggestion(tx, choice.suggestion)
            if known.decision is not None and known.decision.batch == batch:
                yes = known
            else:
                case = await open_case(tx, db, known.id, "accept", usecases.DECIDABLE, choice.seen)
                _check_exact(case)
                yes = await usecases.accept_case(tx, viewer, case, choice.seen, (), comment, batch=batch)
        if yes.state is State.SCHEDULED:
            async with db.transaction() as tx:
                await execution.apply_due(
                    tx, db, yes.id, actor=viewer.person.id, credential=viewer.credential, place=False
                )

    return await _each(db, viewer, choices, lambda choice: choice.suggestion, one, within)


async def try_all(db: Database, choices: Sequence[Choice]) -> list[Outcome]:
    """What would stand in the way of each, whoever asked; nothing is decided.

    InvalidArgument for none, too many, or one named twice.
    """
    _check(choices)
    async with db.snapshot() as tx:
        known = {
            each.id: each for each in await postgres.suggestions(tx, [each.suggestion for each in choices])
        }
        on = await forming.ground(tx, db.clock.today(), [each.proposal for each in known.values()])
        outcomes: list[Outcome] = []
        for choice in choices:
            there = known.get(choice.suggestion)
            if there is None:
                outcomes.append(Outcome(choice.suggestion, None, reason="SUGGESTION_NOT_FOUND"))
                continue
            made = await forming.formed(tx, there, on)
            now = forming.material_now(there, made)
            reason, message = "", _inexact(made, on)
            if there.state not in usecases.DECIDABLE:
                reason, message = "STATE_HAS_NO_VERB", f"It is {there.state}."
            elif message:
                reason = "NOT_EXACT"
            elif await changed_since(tx, there, choice.seen):
                reason, message = "SUGGESTION_DECIDED", "Somebody has changed it since it was seen."
            elif choice.seen.fingerprint != now.fingerprint:
                reason, message = "SUGGESTION_CHANGED", "It has changed since it was seen."
            outcomes.append(Outcome(there.id, there.state, now.revision, now.fingerprint, reason, message))
        return outcomes


def _check(choices: Sequence[Choice]) -> None:
    ids = [each.suggestion for each in choices]
    if not 1 <= len(ids) <= MOST or len(set(ids)) < len(ids):
        raise bad_field("choices", f"must be 1 to {MOST} different suggestions")


async def undo_all(db: Database, viewer: Viewer, batch: str, reason: str, *, within: float) -> list[Outcome]:
    """Takes back what a batch has accepted and nobody has taken back since; NotFound when there is none.

    None is begun after `within` seconds.
    """
    async with db.snapshot() as tx:
        ids = await postgres_decisions.accepted_in(tx, batch)
    if not ids:
        name = f"batches/{batch}"
        raise NotFound("BATCH_NOT_FOUND", f"There is no {name}.", {"batch": name})

    async def one(id_: str) -> None:
        async with db.transaction() as tx:
            await postgres.lock(tx)
            known = await postgres.suggestion(tx, id_)
            if known.decision is None or known.decision.batch != batch or known.decision.verb == "undo":
                return  # somebody has decided about it since, or it is taken back already
            if known.state is State.APPLIED:
                await usecases.undo(tx, db, viewer, id_, reason=reason, answers=(), batch=batch)
            elif any(each.person == viewer.person.id for each in known.approvals):
                await usecases.revoke(tx, db, viewer, id_)

    return await _each(db, viewer, ids, lambda id_: id_, one, within)


def _check_exact(case: Case) -> None:
    why = _inexact(case.made, case.on)
    if why:
        text = f"{case.known.name} is not for a batch: {why}."
        raise FailedPrecondition("NOT_EXACT", text, {"suggestion": case.known.name})


def _inexact(made: Formed, on: Ground) -> str:
    """Why it is not for a batch, in words; empty when it is."""
    proposal, plan = made.suggestion.proposal, made.suggestion.plan
    if proposal.relation is not Relation.IDENTICAL:
        return "its members are not identical"
    languages = {each.language.partition("-")[0].casefold() for each in on.around.present(proposal.resources)}
    if len(languages) > 1:
        return "its members are in several languages"
    if any(on.around.active(id_) for id_ in led_away(plan)):
        return "somebody is in the middle of a copy that goes"
    return ""


async def _each(
    db: Database,
    viewer: Viewer,
    things: Sequence[T],
    id_of: Callable[[T], str],
    do: Callable[[T], Awaitable[None]],
    within: float,
) -> list[Outcome]:
    """Does it to each and says what became of it; one that cannot be done leaves the others alone."""
    loop = asyncio.get_running_loop()
    end = loop.time() + within
    failed: dict[str, tuple[str, str]] = {}
    for thing in things:
        if loop.time() >= end:
            failed[id_of(thing)] = _NOT_REACHED
            continue
        try:
            await do(thing)
        except WinnowError as error:
            failed[id_of(thing)] = (error.reason, error.text)
            if isinstance(error, PermissionDenied):
                # The call itself succeeds, so nobody further up sees the refusal (behaviour.md §2).
                async with db.transaction() as tx:
                    await tx.refused(viewer, error, target=f"suggestions/{id_of(thing)}")
    # Who gets a free slot follows from all that wait (behaviour.md §9): asked once, not for each.
    async with db.transaction() as tx:
        await postgres.lock(tx)
        await forming.place_all(tx)
    async with db.snapshot() as tx:
        found = {each.id: each for each in await postgres.suggestions(tx, [id_of(each) for each in things])}
    return [
        _outcome(id_of(each), found.get(id_of(each)), *failed.get(id_of(each), ("", ""))) for each in things
    ]


def _outcome(id_: str, now: Suggestion | None, reason: str, message: str) -> Outcome:
    if now is None:
        return Outcome(id_, None, reason=reason, message=message)
    return Outcome(id_, now.state, now.revision, now.fingerprint, reason, message)
