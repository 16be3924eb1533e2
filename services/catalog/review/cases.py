"""A suggestion under decision: locked, brought up to date, and stored with its decision afterwards."""

from __future__ import annotations

from dataclasses import dataclass

from services.catalog.domain.people import Viewer
from services.catalog.policy import check_about
from services.catalog.postgres.database import Database, Transaction
from services.catalog.review import forming, postgres, reading, records, routing, wire
from services.catalog.review.domain import DECIDED, Decision, State, Suggestion, Wanted
from services.catalog.review.forming import Formed, Ground
from services.kit.errors import Aborted, FailedPrecondition, WinnowError

_CHANGING = {
    "edit": "edited",
    "reject": "refused in part",
    "reopen": "opened again",
    "revoke": "an approval taken back",
    "object": "objected to",
    "undo": "undone",
}
"""Verbs by which people change what others decide on, with or without its facts, and in words."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What the caller looked at; zero and empty where the caller did not say."""

    revision: int = 0
    fingerprint: str = ""


@dataclass(frozen=True, slots=True)
class Case:
    """A suggestion under decision: as stored, as it is now, and the ground that this rests on."""

    known: Suggestion
    made: Formed
    on: Ground

    @property
    def now(self) -> Suggestion:
        """The suggestion with its plan as the catalog's rows make it now."""
        return self.made.suggestion


async def open_case(
    tx: Transaction, db: Database, id_: str, verb: str, allowed: frozenset[State], seen: Seen
) -> Case:
    """Locks and re-forms it.

    Aborted when a decision has ended it or somebody has changed it since it was seen, FailedPrecondition when its facts
    have moved since.
    """
    await postgres.lock(tx)
    known = await postgres.suggestion(tx, id_)
    due = known.due_time is not None and known.due_time <= tx.now
    if known.state not in allowed or due:
        raise await no_verb(tx, db, known, verb)
    on = await forming.ground(tx, db.clock.today(), [known.proposal], for_update=True)
    case = Case(known, await forming.formed(tx, known, on), on)
    first = await changed_since(tx, known, seen)
    if first is not None:
        raise await _first_changed(tx, case, first)
    if seen.fingerprint and seen.fingerprint != case.now.fingerprint:
        raise await changed_error(tx, case)
    return case


async def changed_since(tx: Transaction, known: Suggestion, seen: Seen) -> Decision | None:
    """What somebody last changed in it since it was seen; None where only its facts have moved, or nothing has.

    A day that an edit sets, or an objection, is in no fingerprint.
    """
    if not 0 < seen.revision < known.revision:
        return None
    found = await postgres.decisions(tx, Wanted(known.id, verbs=tuple(_CHANGING)), before="", limit=1)
    return next((last for last in found if last.revision > seen.revision), None)


async def _first_changed(tx: Transaction, case: Case, first: Decision) -> WinnowError:
    """What is told to whoever comes second: who changed it first, and the suggestion as it is."""
    known = case.known
    (shown,) = await reading.shown_on(tx, [known], case.on.around, case.on.staff)
    who = {person.id: person.email for person in await tx.people([first.actor])}
    # Not the note, which by now may be about something else.
    why = "; ".join(filter(None, (first.reason, first.comment)))
    said = f"{_CHANGING[first.verb]} by {who.get(first.actor, first.actor)}{': ' if why else ''}{why}"
    text = f"{known.name} was changed since it was seen: {said}."
    return Aborted(
        "SUGGESTION_DECIDED",
        text,
        {"suggestion": known.name, "state": str(known.state), "changed": said[:1000]},
        details=[wire.Decided(first, who), shown],
    )


async def refused(tx: Transaction, db: Database, id_: str) -> Case:
    """A suggestion that was refused or put off, or a live one of which something was refused, under decision again."""
    await postgres.lock(tx)
    known = await postgres.suggestion(tx, id_)
    partly = known.state is State.OPEN and known.reopens
    allowed = frozenset({State.OPEN if partly else State.REJECTED, State.SNOOZED})
    return await open_case(tx, db, id_, "reopen", allowed, Seen())


async def no_verb(tx: Transaction, db: Database, known: Suggestion, verb: str) -> WinnowError:
    """What a verb is told that comes too late: Aborted with the decision that came first, else FailedPrecondition."""
    metadata = {"suggestion": known.name, "state": str(known.state)}
    if known.state in DECIDED or (known.state is State.SCHEDULED and known.decision is not None):
        shown = await reading.shown(tx, db.clock.today(), [known])
        decision = known.decision
        who = shown[0].emails.get(decision.actor, decision.actor) if decision else ""
        details: list[object] = [wire.Decided(decision, shown[0].emails)] if decision else []
        text = f"{known.name} is {known.state}: {who} decided first."
        return Aborted("SUGGESTION_DECIDED", text, metadata, details=[*details, shown[0]])
    return FailedPrecondition(
        "STATE_HAS_NO_VERB",
        f"{known.name} is {known.state}; {verb} has no meaning then.",
        {**metadata, "verb": verb},
    )


async def changed_error(tx: Transaction, case: Case) -> WinnowError:
    """What is told to whoever saw another revision: what has changed, and the suggestion as it is."""
    words = case.made.changed or case.known.facts_changed or ("the plan is another than the one seen",)
    changed = forming.material_now(case.known, case.made)
    shown = await reading.shown_on(tx, [changed], case.on.around, case.on.staff)
    return FailedPrecondition(
        "SUGGESTION_CHANGED",
        f"{case.known.name} has changed since it was seen: {'; '.join(words)}.",
        {
            "suggestion": case.known.name,
            "revision": str(changed.revision),
            "fingerprint": changed.fingerprint,
            "changed": "; ".join(words)[:1000],
        },
        details=[shown[0]],
    )


def check_may(viewer: Viewer, case: Case) -> None:
    """PermissionDenied, naming who can, unless the viewer may do to it what they called for."""
    check_about(viewer, viewer.method, routing.standing(viewer, case.now, case.on.around))


async def decide(
    tx: Transaction,
    viewer: Viewer,
    suggestion: Suggestion,
    on: Ground,
    verb: str,
    *,
    reason: str = "",
    comment: str = "",
    batch: str = "",
) -> Suggestion:
    """Stores the decision with its event and audit row, and gives freed slots to who waits.

    Of a `batch` they are given by whoever decides it, once at its end.
    """
    decided = await forming.record_decision(
        tx, suggestion, verb, viewer.person.id, reason=reason, comment=comment, batch=batch
    )
    saved = await postgres.save(tx, decided, forming.order_key(decided.proposal, on.around))
    await tx.audited(
        viewer,
        saved.name,
        records.detail(decided, verb=verb, state=str(saved.state), reason=reason),
        role=records.capacities(decided, viewer.person.id) if verb == "accept" else "",
        document=await records.as_shown(tx, decided, on),
    )
    if not batch:
        await forming.place_all(tx)
    return (await postgres.suggestions(tx, [saved.id]))[0]
