"""What decisions teach: labels as they are made and taken back, pauses that follow, a new map every night."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from services.catalog.domain.people import Viewer
from services.catalog.postgres.database import Database, Transaction
from services.catalog.review import calibration, forming, pauses, postgres, postgres_learning
from services.catalog.review.calibration import IDENTITY, Bin, Map
from services.catalog.review.domain import Operation, State, Suggestion
from services.catalog.review.findings import Kind
from services.catalog.review.outcomes import WRONG, Outcome, label_of
from services.catalog.review.pauses import Pace

SHOWN = 1000  # labels that the table of reliability rests on: the newest, so that it says how it is now


async def decided(
    tx: Transaction, suggestion: Suggestion, maps: Mapping[Kind, Map], *, before: State, refused: str = ""
) -> Suggestion:
    """Keeps what a decision says, `refused` with a reason or accepted; the suggestion, whose confidence is shown now.

    `before` is the state it was decided in.
    """
    proposal = suggestion.proposal
    kind = proposal.kind
    if suggestion.filed_by:
        return suggestion  # a person's word has no score that could have been wrong, and paces no findings
    outcome = Outcome(
        suggestion=suggestion.id,
        revision=suggestion.revision,
        kind=kind,
        accepted=not refused or _confirms(suggestion, refused),
        label=label_of(proposal, refused),
        score=proposal.score,
        confidence=suggestion.confidence,
        map_version=0 if proposal.certain else maps.get(kind, IDENTITY).version,
        blind=suggestion.blind,
        opened=before is not State.HELD,
        decide_time=tx.now,
    )
    await postgres_learning.put_outcome(tx, outcome)
    await _weigh(tx, kind)
    return replace(suggestion, blind=False)


def _confirms(suggestion: Suggestion, refused: str) -> bool:
    """Whether the answer is what the plan asked for: somebody reviewed it and it is still right."""
    asked = {change.operation for change in suggestion.plan.changes}
    return refused == "still_accurate" and asked == {Operation.CONFIRM}


async def forget(tx: Transaction, suggestion: Suggestion) -> None:
    """The decision that stood is taken back, and its label with it."""
    outcome = await postgres_learning.outcome(tx, suggestion.id)
    if outcome is not None:
        await postgres_learning.forget_outcome(tx, outcome)


async def undone(tx: Transaction, suggestion: Suggestion, reason: str, *, written: bool) -> None:
    """Before it was written to a source, undo takes the label back; after, it turns it when the reason says so."""
    outcome = await postgres_learning.outcome(tx, suggestion.id)
    if outcome is None:
        return
    if not written:
        await postgres_learning.forget_outcome(tx, outcome)
    elif reason in WRONG or label_of(suggestion.proposal, reason) is False:
        label = None if suggestion.proposal.certain else False
        await postgres_learning.put_outcome(tx, replace(outcome, accepted=False, label=label))
        await _weigh(tx, outcome.kind)


async def _weigh(tx: Transaction, kind: Kind) -> None:
    pace = await _pace(tx, kind)
    now = pauses.weighed(pace, await _since(tx, pace), tx.now)
    if now != pace:
        await postgres_learning.put_pace(tx, now)


async def _pace(tx: Transaction, kind: Kind) -> Pace:
    return (await postgres_learning.paces(tx)).get(kind, Pace(kind))


async def _since(tx: Transaction, pace: Pace) -> list[Outcome]:
    limit = None if pace.pause_time else pauses.WINDOW
    return await postgres_learning.outcomes(tx, pace.kind, since=pace.since, limit=limit)


async def calibrate(tx: Transaction) -> None:
    """A new version of the map of each kind whose labels say something else than before.

    It raises no event and touches no suggestion: they show the new confidence once they are formed anew.
    """
    known = await postgres_learning.maps(tx)
    for kind in Kind:
        labels = await postgres_learning.labels(tx, kind)
        points = calibration.fitted(labels)
        last = known.get(kind, IDENTITY)
        if points is None or points == (last.scores, last.confidences):
            continue
        await postgres_learning.add_map(tx, kind, Map(last.version + 1, len(labels), *points, tx.now))


@dataclass(frozen=True, slots=True)
class Paced:
    """A kind's pace, the decisions it is judged by and how many of these accepted; `paused_by` is an e-mail."""

    pace: Pace
    decided: int
    accepted: int
    paused_by: str = ""


async def suspend(tx: Transaction, viewer: Viewer, kind: Kind) -> Paced:
    """Pauses a kind by hand; a pause that stands goes on as it is."""
    await postgres.lock(tx)
    pace = await _pace(tx, kind)
    if pace.pause_time is None:
        await _move(tx, viewer, pace.suspended(viewer.person.id, tx.now))
    return await _paced(tx, kind)


async def resume(tx: Transaction, viewer: Viewer, kind: Kind) -> Paced:
    """Lets a paused kind go on: what was decided before no longer counts against it."""
    await postgres.lock(tx)
    pace = await _pace(tx, kind)
    if pace.pause_time is not None:
        await _move(tx, viewer, pace.resumed(tx.now))
    return await _paced(tx, kind)


async def _move(tx: Transaction, viewer: Viewer, pace: Pace) -> None:
    await postgres_learning.put_pace(tx, pace)
    await tx.audited(viewer, f"kinds/{pace.kind}")
    await forming.place_all(tx)


async def _paced(tx: Transaction, kind: Kind) -> Paced:
    pace = await _pace(tx, kind)
    decisions = await _since(tx, pace)
    counted = [each for each in decisions if each.opened] if pace.pause_time else decisions
    people = await tx.people([pace.paused_by]) if pace.paused_by else []
    email = next((each.email for each in people), "")
    return Paced(pace, len(counted), sum(each.accepted for each in counted), email)


@dataclass(frozen=True, slots=True)
class Reliability:
    """How often findings of a kind were right at the confidence that was shown.

    `blind`: the bins rest on decisions made without having seen it.
    """

    kind: Kind
    labels: int
    map: Map
    bins: tuple[Bin, ...]
    blind: bool
    paced: Paced


async def reliability(db: Database) -> list[Reliability]:
    """For each kind, in one moment."""
    async with db.snapshot() as tx:
        maps = await postgres_learning.maps(tx)
        return [await _of_kind(tx, kind, maps.get(kind, IDENTITY)) for kind in Kind]


async def _of_kind(tx: Transaction, kind: Kind, map_: Map) -> Reliability:
    # Under a map: before there was one, confidence was the curator's score, which says nothing about the map.
    shown = await postgres_learning.shown(tx, kind, mapped=map_.version > 0, limit=SHOWN)
    blind = [(confidence, right) for confidence, right, hidden in shown if hidden]
    enough = len(blind) >= calibration.BLIND_ENOUGH
    rests_on = blind if enough else [(confidence, right) for confidence, right, _ in shown]
    return Reliability(
        kind=kind,
        labels=await postgres_learning.count_labels(tx, kind),
        map=map_,
        bins=tuple(calibration.reliability(rests_on)),
        blind=enough,
        paced=await _paced(tx, kind),
    )
