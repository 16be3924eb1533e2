"""Applies approved plans and takes applied ones back: all of it in one transaction, or nothing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date, timedelta

from services.catalog.domain.changes import Change as Line
from services.catalog.domain.changes import ChangeState
from services.catalog.domain.disclosure import coarse
from services.catalog.domain.people import Viewer
from services.catalog.ids import new_id
from services.catalog.policy import check_about
from services.catalog.postgres import codec
from services.catalog.postgres.database import Database, Transaction
from services.catalog.review import (
    applying,
    closings,
    credit,
    forming,
    learning,
    material,
    notices,
    plans,
    postgres,
    proposals,
    records,
    routing,
    tasks,
    verdicts,
    wire,
)
from services.catalog.review.applying import Conflict, Work
from services.catalog.review.domain import (
    SCHEDULER,
    Operation,
    Plan,
    State,
    Suggestion,
)
from services.catalog.review.findings import Kind
from services.catalog.review.surroundings import Surroundings, bare, resource_name
from services.catalog.telling import urgent
from services.catalog.usecases.change_list import settle_program, tell_program
from services.kit.errors import FailedPrecondition

IDLE = timedelta(days=90)  # between the steps of the ladder for unused content (behaviour.md §5)


async def apply_due(
    tx: Transaction, db: Database, id_: str, *, actor: str, credential: str = "", place: bool = True
) -> Suggestion:
    """Applies the plan if it is scheduled, due and all checks hold under lock; else OPEN with what failed.

    `actor` is the person in whose call it happens, or the scheduler, who acts for those who approved. Without `place`
    the caller gives the freed slots to who waits.
    """
    await postgres.lock(tx)
    known = await postgres.suggestion(tx, id_)
    if known.state is not State.SCHEDULED or known.due_time is None or known.due_time > tx.now:
        return known
    on = await forming.ground(tx, db.clock.today(), [known.proposal], for_update=True)
    made = await forming.formed(tx, known, on)
    # Whoever comes to apply it: it belongs to the batch in which it was approved.
    batch = known.decision.batch if known.decision is not None else ""
    work = _work(known, on.around, actor if actor != SCHEDULER else known.valid_approvals[-1].person, tx)
    failed = _failing(known, made.suggestion.plan, made.changed, on.around)
    if not failed:
        applying.apply(work, made.suggestion.plan.changes)
        failed = tuple(work.moved)
    if failed:
        note = await proposals.reopened(tx, made.suggestion, failed, on.around)
        back = replace(note, revision=known.revision + 1)
        await urgent.open_again(tx, back)
        back = await forming.record_decision(tx, back, "apply", actor, reason="; ".join(failed), batch=batch)
        saved = await postgres.save(tx, back, forming.order_key(back.proposal, on.around))
        if place:
            await forming.place_all(tx)
        return saved
    await _asked_again(tx, work)
    await _store(tx, work)
    await closings.applied(tx, made.suggestion, on.around)
    await notices.applied(tx, made.suggestion, on.around)
    applied = replace(
        made.suggestion,
        state=State.APPLIED,
        approvals=known.valid_approvals,
        due_time=None,
        note="",
        receipts=credit.noted(work.receipts, work.programs, on.around),
        kept=(),
        baseline=_baseline(made.suggestion, on.around, work),
        quiet_until=_quiet_until(made.suggestion, on.around),
    )
    applied = await forming.record_decision(tx, applied, "apply", actor, batch=batch)
    saved = await postgres.save(tx, applied, forming.order_key(applied.proposal, on.around))
    await verdicts.of_parts(tx, saved)
    await tasks.begin(tx, saved, on.around, on.staff, db.clock.today())
    tx.record(wire.plan_applied(saved, work.changed))
    await tx.audit(
        person=actor,
        credential=credential,
        method="ApplyPlan",
        target=saved.name,
        detail=records.detail(
            applied, approved_by=",".join(sorted({each.person for each in saved.approvals}))
        ),
        document=await records.as_shown(tx, applied, on, applied=True),
    )
    if place:
        await forming.place_all(tx)
    return saved


def _failing(
    known: Suggestion, plan: Plan, changed: tuple[str, ...], around: Surroundings
) -> tuple[str, ...]:
    before = [(each.id, each.writes) for each in known.plan.changes]
    if before != [(each.id, each.writes) for each in plan.changes]:
        return changed or ("the plan changed",)
    # Approved of other texts: what is applied rests on those that are there.
    failed = list(material.moved(material.texts(known.plan.facts), material.texts(plan.facts), around))
    failed += [each.text for each in plan.safeguards]
    if plan.simulation is not None and not plan.simulation.harmless:
        failed.append(
            f"{coarse(plan.simulation.lose_credit)} learners would lose credit, "
            f"{coarse(plan.simulation.newly_overdue)} would be overdue (fewer than 5 are told as 5)."
        )
    return tuple(failed)


def _work(suggestion: Suggestion, around: Surroundings, author: str, tx: Transaction) -> Work:
    return Work(
        suggestion=suggestion.id,
        author=author,
        now=tx.now,
        resources={each.id: each for each in around.resources.values()},
        programs=dict(around.programs),
    )


def _quiet_until(suggestion: Suggestion, around: Surroundings) -> date | None:
    done = {change.operation for change in suggestion.plan.changes}
    if Operation.CONFIRM in done:
        return suggestion.edits.review_date or plans.next_review(suggestion.proposal, around.today)
    if suggestion.proposal.kind is Kind.UNUSED and Operation.UNLIST in done:
        return around.today + IDLE  # only then may what nobody misses be archived
    return None


def _baseline(suggestion: Suggestion, around: Surroundings, work: Work) -> dict[str, str]:
    """What is material of the members once the work is done: what would be found again has to differ from it."""
    resources = {name: work.resources.get(each.id, each) for name, each in around.resources.items()}
    after = replace(around, resources=resources)
    return material.member_facts(suggestion.proposal.resources, after, {})


async def _store(tx: Transaction, work: Work, *, split: bool = False) -> None:
    names = {bare(name) for name in work.changed}
    joined = {younger for _, younger in work.joins}
    await tx.save_resources(
        [each for id_, each in work.resources.items() if id_ in names and id_ not in joined]
    )
    for id_, program in sorted(work.programs.items()):
        if id_ in names:
            await settle_program(tx, await tx.save_program(program))
    for older, younger in work.joins:
        if split:
            await tx.split(younger)
        else:
            await tx.join(older, younger)
    if work.lines:
        await tx.add_changes(work.lines)


async def _asked_again(tx: Transaction, work: Work) -> None:
    """Withdraws what an earlier undo of the plan still asks of sources where the plan now wants its own again.

    What such a source says already is a line that is done: the next undo has to reach it, too.
    """
    wanted = {(receipt.target, receipt.field) for receipt in work.receipts}
    back = [line for line in await tx.changes_back(work.suggestion) if (line.target, line.about) in wanted]
    await tx.set_change_state([line.id for line in back], ChangeState.WITHDRAWN)
    told = {(line.source, line.external_id, line.field) for line in work.lines}
    work.lines += [
        replace(
            line,
            id=new_id(),
            from_value=line.to_value,
            to_value=line.from_value,
            state=ChangeState.DONE,
            done_time=tx.now,
            taken_back=False,
        )
        for line in back
        if (line.source, line.external_id, line.field) not in told
    ]


async def undo(
    tx: Transaction,
    db: Database,
    viewer: Viewer,
    id_: str,
    *,
    reason: str,
    answers: Mapping[tuple[str, str], str],
    batch: str = "",
) -> Suggestion:
    """Takes an applied plan back by prior values: UNDONE where something was written to a source already, or nothing
    is left of the plan; else OPEN.

    FailedPrecondition UNDO_CONFLICT, changing nothing, when a field was edited since and has no answer. Of a `batch`
    the caller gives the slots anew, once at its end.
    The suggestion is APPLIED and locked by the caller.
    """
    known = await postgres.suggestion(tx, id_)
    on = await forming.ground(tx, db.clock.today(), [known.proposal], for_update=True)
    around = await _with_targets(tx, known, on.around)
    check_about(viewer, viewer.method, routing.standing(viewer, known, around))
    work = _work(known, around, viewer.person.id, tx)
    await _with_joined(tx, known, work)
    staying, kept = credit.used(known.receipts, around)
    conflicts = applying.undo(work, [each for each in known.receipts if each not in staying], answers)
    if conflicts:
        raise _conflict(known, conflicts)
    lines = await tx.changes_of(known.id)
    waiting = [each for each in lines if each.state is ChangeState.PENDING]
    await tx.set_change_state([each.id for each in waiting], ChangeState.WITHDRAWN)
    written = [each for each in lines if each.state is ChangeState.DONE]
    kept_fields = {of for of, answer in answers.items() if answer == applying.KEEP}
    work.lines += [
        _inverse(each, work)
        for each in written
        if each.target.startswith("resources/") and (each.target, each.about) not in kept_fields
    ]
    await _store(tx, work, split=True)
    # Programs as they are wanted now, not as they were: others have written there since, and may wait with it.
    named = {*work.changed, *(each.target for each in lines)}
    for program in await tx.programs(bare(name) for name in named if name.startswith("programs/")):
        await tell_program(tx, program)
    await tx.take_changes_back(known.id)
    await closings.undone(tx, known)
    await notices.undone(tx, known)
    taken = await postgres.by_key(tx, known.key)
    other = taken is not None and taken.live and taken.id != known.id
    state = State.UNDONE if written or other else State.OPEN
    await learning.undone(tx, known, reason, written=bool(written))
    back = replace(
        known,
        state=state,
        receipts=(),
        approvals=(),
        note=f"taken back; left in place: {'; '.join(kept)}" if kept else "",
        quiet_until=None,
        touched=True,
        kept=kept,
    )
    on = await forming.ground(tx, db.clock.today(), [known.proposal])
    made = await forming.formed(tx, replace(back, plan=Plan()), on)
    if state is State.OPEN and not made.nothing_left:
        back = replace(made.suggestion, revision=known.revision + 1)
    else:
        baseline = material.member_facts(known.proposal.resources, on.around, {})
        back = replace(back, state=State.UNDONE, baseline=baseline)
    back = await forming.record_decision(tx, back, "undo", viewer.person.id, reason=reason, batch=batch)
    saved = await postgres.save(tx, back, forming.order_key(back.proposal, on.around))
    await tasks.withdraw(tx, saved.id)
    tx.record(wire.plan_undone(saved, work.changed))
    await tx.audited(viewer, saved.name, records.detail(back, reason=reason))
    if not batch:
        await forming.place_all(tx)
    return saved


async def _with_targets(tx: Transaction, known: Suggestion, around: Surroundings) -> Surroundings:
    """With what the receipts name and the members no longer lead to, such as a program without the item."""
    resources = {bare(each.target) for each in known.receipts if each.target.startswith("resources/")}
    programs = {bare(each.target) for each in known.receipts if each.target.startswith("programs/")}
    found = {each.id: each for each in await tx.resources(resources, for_update=True)}
    held = {each.id: each for each in await tx.programs(programs, for_update=True)}
    return replace(around, resources={**around.resources, **found}, programs={**around.programs, **held})


async def _with_joined(tx: Transaction, known: Suggestion, work: Work) -> None:
    """Adds to an undo's work what of the receipts' resources is another's by now: values may name it, too."""
    named = {bare(each.target) for each in known.receipts if each.target.startswith("resources/")}
    for each in known.receipts:
        if each.field in ("successor", "equivalents"):
            named |= {str(value) for value in (each.prior, each.made) if value}
        elif each.field == "items":
            items = (*codec.items(each.prior), *codec.items(each.made))
            named |= {name for item in items for name in (item.resource, *item.prerequisites) if name}
    roots = await tx.roots(named)
    work.joined = {name: root for name, root in roots.items() if name != root}
    own = await tx.joined_resources(
        {bare(each.target) for each in known.receipts if each.field != "alias"} & work.joined.keys()
    )
    work.resources.update({each.id: each for each in own})


def _conflict(known: Suggestion, conflicts: Iterable[Conflict]) -> FailedPrecondition:
    found = list(conflicts)
    fields = ", ".join(f"{each.field} of {each.target}" for each in found)
    return FailedPrecondition(
        "UNDO_CONFLICT",
        f"Edited since the plan was applied: {fields}. Answer restore or keep for each.",
        {"suggestion": known.name, "fields": fields},
        details=found,
    )


def _inverse(line: Line, work: Work) -> Line:
    return replace(
        line,
        id=new_id(),
        target=resource_name(work.present(bare(line.target))),  # whose listing it is by now
        from_value=line.to_value,
        to_value=line.from_value,
        state=ChangeState.PENDING,
        done_by="",
        done_time=None,
        taken_back=True,
    )
