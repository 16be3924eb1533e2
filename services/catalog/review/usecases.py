"""What reviewers do: one function a verb, in the caller's transaction, which keeps the answer for a repetition too.

Each locks all of review first, so that of two reviewers at once the second sees what the first decided.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta

from services.catalog.domain.disclosure import coarse
from services.catalog.domain.people import Viewer
from services.catalog.policy import denied
from services.catalog.postgres.database import Database, Transaction
from services.catalog.review import (
    execution,
    forming,
    hiding,
    learning,
    material,
    objections,
    postgres,
    proposals,
    repairs,
    routing,
    verdicts,
    wire,
)
from services.catalog.review.cases import (
    Case,
    Seen,
    changed_error,
    check_may,
    decide,
    no_verb,
    open_case,
    refused,
)
from services.catalog.review.domain import (
    LIVE,
    RESOURCES_PART,
    Approval,
    Edits,
    Part,
    Plan,
    Risk,
    Snooze,
    State,
    Suggestion,
)
from services.catalog.review.findings import Kind
from services.catalog.review.surroundings import bare
from services.catalog.review.verdicts import Refusal
from services.catalog.telling import urgent
from services.kit.errors import Aborted, FailedPrecondition, WinnowError

ONE_APPROVER_NOTICE = timedelta(hours=24)  # behaviour.md §2: R3 whose second approval is waived
MAX_ATTRIBUTE = 200  # characters
LONGEST_SNOOZE = timedelta(days=366)
EVENTS = frozenset({"content_changes", "nobody_in_progress"})
_SAID = frozenset({"other", "required"})  # reasons that are in the words: why, or on whose authority
DECIDABLE = frozenset({State.HELD, State.OPEN, State.SNOOZED})


async def accept(
    tx: Transaction, db: Database, viewer: Viewer, id_: str, seen: Seen, parts: Sequence[str], comment: str
) -> Suggestion:
    """Records one person's yes to parts (empty: all they may decide); with the last needed one the plan is SCHEDULED.

    PermissionDenied, naming who can; FailedPrecondition if it changed, is not complete, or a check fails.
    """
    case = await open_case(tx, db, id_, "accept", DECIDABLE, seen)
    return await accept_case(tx, viewer, case, seen, parts, comment)


async def accept_case(
    tx: Transaction,
    viewer: Viewer,
    case: Case,
    seen: Seen,
    parts: Sequence[str],
    comment: str,
    *,
    batch: str = "",
) -> Suggestion:
    """The same for a suggestion that is under decision already."""
    plan, around, staff = case.now.plan, case.on.around, case.on.staff
    chosen = _decidable(case, viewer, parts)
    # After the state and the rights: whoever may not decide, or comes too late, is told that first.
    if not seen.fingerprint or seen.revision < 1:
        missing = "fingerprint" if seen.revision >= 1 else "revision"
        raise wire.bad_field(missing, "of the suggestion that was seen is required")
    if unfit := _unfit(case.known.name, plan):
        raise unfit
    approvals = case.now.valid_approvals
    given = {(each.person, each.part) for each in approvals}
    new = [
        Approval(
            viewer.person.id,
            routing.capacity(viewer.person, part, around, staff, case.now.proposal.stage),
            part.id,
            part.fingerprint,
            tx.now,
        )
        for part in chosen
        if (viewer.person.id, part.id) not in given
    ]
    stage = case.now.proposal.stage
    if not new and routing.outstanding(plan, case.now.edits, approvals, around, staff, stage):
        raise FailedPrecondition(
            "APPROVED_ALREADY",
            "You have approved this already; somebody else's approval is needed.",
            {"suggestion": case.known.name},
        )
    yes = replace(
        forming.material_now(case.known, case.made),
        approvals=(*approvals, *new),
        state=State.OPEN,
        snooze=None,
        held_reason="",
        touched=True,
    )
    if not routing.outstanding(plan, yes.edits, yes.approvals, around, staff, stage):
        if overlap := await _overlaps(tx, yes):
            raise overlap
        yes = await _scheduled(tx, yes, case)
    return await decide(tx, viewer, yes, case.on, "accept", comment=comment, batch=batch)


def _decidable(case: Case, viewer: Viewer, asked: Sequence[str]) -> list[Part]:
    """The parts that the viewer approves: those asked for, else every one they may."""
    plan = case.now.plan
    unknown = [id_ for id_ in asked if plan.part(id_) is None]
    if unknown:
        raise wire.bad_field("parts", f"names parts that the plan does not have: {', '.join(unknown)}")
    needs = {
        part.id: routing.needs(part, case.now.edits, case.on.around, case.on.staff, case.now.proposal.stage)
        for part in plan.parts
    }
    wanted = [part for part in plan.parts if not asked or part.id in asked]
    mine = [part for part in wanted if viewer.person.id in needs[part.id].people]
    if not plan.parts and plan.missing:
        check_may(viewer, case)
        return []
    if not mine or (asked and len(mine) < len(wanted)):
        labels = [slot.label for part in wanted if part not in mine for slot in needs[part.id].slots]
        raise denied(viewer.method, "; ".join(dict.fromkeys(labels)))
    return mine


def _unfit(name: str, plan: Plan) -> WinnowError | None:
    """Why nobody can approve the plan of that suggestion now; None where it is complete and passes every check."""
    if plan.missing or not plan.parts:
        text = plan.missing or "Nothing is left that it could do."
        return FailedPrecondition("PLAN_INCOMPLETE", text, {"suggestion": name})
    if plan.safeguards:
        codes = ",".join(sorted({each.code for each in plan.safeguards}))
        said = " ".join(f"{each.text} {each.remedy}" for each in plan.safeguards[:3])
        return FailedPrecondition(
            "SAFEGUARD_FAILED",
            said,
            {"suggestion": name, "safeguards": codes},
            details=[wire.Failures(plan.safeguards)],
        )
    found = plan.simulation
    if found is not None and not found.harmless:
        return FailedPrecondition(
            "SIMULATION_FAILED",
            f"{coarse(found.lose_credit)} learners would lose credit and {coarse(found.newly_overdue)} be overdue "
            "(fewer than 5 are told as 5).",
            {
                "suggestion": name,
                "lose_credit": str(coarse(found.lose_credit)),
                "newly_overdue": str(coarse(found.newly_overdue)),
            },
        )
    return None


async def _overlaps(tx: Transaction, suggestion: Suggestion) -> WinnowError | None:
    """What stands in the way of its plan while another approved one changes what it still touches."""
    other = await postgres.overlapping(tx, suggestion.plan.touches, suggestion.id)
    if not other:
        return None
    return Aborted(
        "PLAN_OVERLAPS",
        f"The approved plan of suggestions/{other} changes one of the same objects; wait until it is applied.",
        {"suggestion": suggestion.name, "other": f"suggestions/{other}"},
    )


async def _scheduled(tx: Transaction, suggestion: Suggestion, case: Case) -> Suggestion:
    """SCHEDULED, and who can object is told of the notice that begins, with links of this revision."""
    on = case.on
    risk = suggestion.plan.risk
    notice = timedelta(days=tx.notice.days(risk, await tx.house_rules()))
    if risk is Risk.R3 and routing.one_approver(
        suggestion.plan, suggestion.edits, on.around, on.staff, suggestion.proposal.stage
    ):
        notice = max(notice, ONE_APPROVER_NOTICE)
    yes = await learning.decided(tx, suggestion, on.maps, before=case.known.state)
    due = max(tx.now + notice, yes.edits.not_before or tx.now)
    yes = replace(yes, state=State.SCHEDULED, due_time=due)
    await urgent.notice_begins(tx, yes, await objections.tokens(tx, yes, on.around))
    return yes


async def reject(
    tx: Transaction,
    db: Database,
    viewer: Viewer,
    id_: str,
    seen: Seen,
    refusal: Refusal,
    parts: Sequence[str],
) -> Suggestion:
    """Refuses parts of it (empty: all that are theirs) with a reason that is remembered and repairs what it can.

    While a notice runs, parts can still be refused by name; the whole is decided then (Aborted).
    """
    allowed = frozenset({State.HELD, State.OPEN, State.SNOOZED, *({State.SCHEDULED} if parts else ())})
    case = await open_case(tx, db, id_, "reject", allowed, seen)
    check_may(viewer, case)
    _check_refusal(refusal, case)
    plan = case.now.plan
    unknown = [id_ for id_ in parts if plan.part(id_) is None]
    if unknown:
        raise wire.bad_field("parts", f"names parts that the plan does not have: {', '.join(unknown)}")
    chosen = _refusable(case, viewer, parts)
    concerned = [part for part in plan.parts if not chosen or part.id in chosen]
    await repairs.check_may(tx, viewer, case.now, case.on, refusal, concerned)
    refusal = await repairs.within_purview(tx, viewer, case.on, refusal)
    if chosen and set(chosen) != {part.id for part in plan.parts}:
        return await _reject_parts(tx, viewer, case, refusal, chosen)
    return await reject_whole(tx, viewer, case.now, case, refusal)


def _refusable(case: Case, viewer: Viewer, asked: Sequence[str]) -> Sequence[str]:
    """The parts that the viewer refuses: those asked for, else every one that is theirs; empty for the whole.

    PermissionDenied, naming who can, for parts that others answer for.
    """
    plan = case.now.plan
    theirs = _theirs(case, viewer)
    others = [part for part in plan.parts if part.id in asked and part.id not in theirs]
    if not asked and not theirs and any(part.id != RESOURCES_PART for part in plan.parts):
        # It concerns them, by a copy that stays say; what it changes in programs is for others to refuse.
        others = list(plan.parts)
    _leave(case, viewer, others)
    return asked or theirs


def _theirs(case: Case, viewer: Viewer) -> list[str]:
    """Ids of the parts that the viewer answers for."""
    return [
        part.id for part in case.now.plan.parts if routing.answers_for(viewer, case.now, part, case.on.around)
    ]


def _leave(case: Case, viewer: Viewer, others: Sequence[Part]) -> None:
    """PermissionDenied, naming who can, if there are parts that others answer for."""
    if others:
        needs = [
            routing.needs(part, case.now.edits, case.on.around, case.on.staff, case.now.proposal.stage)
            for part in others
        ]
        labels = [slot.label for each in needs for slot in each.slots]
        raise denied(viewer.method, "; ".join(dict.fromkeys(labels)))


def _check_refusal(refusal: Refusal, case: Case) -> None:
    """InvalidArgument for a reason there is not, or for what does not go with it."""
    reason = refusal.reason
    if reason not in verdicts.REASONS:
        raise wire.bad_field("reason", f"must be one of {', '.join(sorted(verdicts.REASONS))}")
    if reason in _SAID and not refusal.comment.strip():
        raise wire.bad_field("comment", f"is required with the reason {reason}")
    around = case.on.around
    members = {each.id for each in around.present(case.now.proposal.resources)}
    if refusal.attributes:
        if reason not in verdicts.ATTRIBUTES:
            raise wire.bad_field("attributes", f"go with {' or '.join(sorted(verdicts.ATTRIBUTES))}")
        if {each.id for each in around.present(id_ for id_, _ in refusal.attributes)} - members or not all(
            around.resource(id_) and 0 < len(value.strip()) <= MAX_ATTRIBUTE
            for id_, value in refusal.attributes
        ):
            raise wire.bad_field(
                "attributes", f"name a member and a value of 1 to {MAX_ATTRIBUTE} characters each"
            )
    if refusal.hold_end is not None and (reason != "required" or refusal.hold_end < around.today):
        raise wire.bad_field("hold_end", "goes with required and lies ahead")
    if refusal.review_date is not None and (
        reason != verdicts.STILL_ACCURATE or refusal.review_date <= around.today
    ):
        raise wire.bad_field("review_date", "goes with still_accurate and lies ahead")
    if refusal.wrong:
        if reason != "bad_data":
            raise wire.bad_field("wrong", "goes with bad_data")
        facts = {claim.code for claim in case.now.proposal.claims}
        if case.now.proposal.kind is Kind.DUPLICATE:
            facts = {name for each in around.present(members) for name in (each.id, *each.aliases)}
        if set(refusal.wrong) - facts:
            raise wire.bad_field("wrong", "names members of copies, or claims of the suggestion")


async def reject_whole(
    tx: Transaction, viewer: Viewer, suggestion: Suggestion, case: Case, refusal: Refusal
) -> Suggestion:
    """Ends it with a no and all that the reason stands for; whoever calls has checked both.

    A review answers all but hard evidence, with which the suggestion stays OPEN.
    """
    if refusal.reason == verdicts.STILL_ACCURATE and suggestion.proposal.hard:
        return await _answered(tx, viewer, suggestion, case, refusal)
    on = case.on
    no = replace(
        suggestion,
        state=State.REJECTED,
        approvals=(),
        snooze=None,
        due_time=None,
        held_reason="",
        note="",
        touched=True,
    )
    told = await verdicts.of_rejection(tx, viewer, no, on.around, refusal)
    repair = await repairs.repair(tx, viewer, no, on.around, refusal)
    no = replace(no, quiet_until=repair.until, repaired=(*no.repaired, *told, *repair.written))
    no = await learning.decided(tx, no, on.maps, before=case.known.state, refused=refusal.reason)
    # What the refusal itself wrote is no reason to come back.
    fresh = forming.with_resources(on, await tx.resources(no.proposal.resources))
    no = replace(no, baseline=material.member_facts(no.proposal.resources, fresh.around, {}))
    comment = repairs.commented(refusal, on)
    return await decide(tx, viewer, no, on, "reject", reason=refusal.reason, comment=comment)


async def _answered(
    tx: Transaction, viewer: Viewer, suggestion: Suggestion, case: Case, refusal: Refusal
) -> Suggestion:
    """The suggestion with its hard claims alone, once a review has answered the others."""
    repair = await repairs.repair(tx, viewer, suggestion, case.on.around, refusal)
    proposal = suggestion.proposal
    on = forming.with_resources(case.on, await tx.resources(proposal.resources))
    await verdicts.of_review(tx, viewer, suggestion, on.around, refusal, repair.until)
    reviewed = replace(
        suggestion,
        repaired=(*suggestion.repaired, *repair.written),
        baseline=material.member_facts(proposal.resources, on.around, {}),
    )
    left = await hiding.hidden(tx, reviewed, on)
    made = await forming.formed(tx, replace(reviewed, proposal=left), on)
    stays = replace(
        made.suggestion,
        revision=case.known.revision + 1,
        approvals=made.suggestion.valid_approvals,
        state=State.OPEN,
        snooze=None,
        due_time=None,
        held_reason="",
        touched=True,
        note="reviewed; what no review answers is left",
    )
    return await decide(tx, viewer, stays, on, "reject", reason=refusal.reason, comment=refusal.comment)


async def _reject_parts(
    tx: Transaction, viewer: Viewer, case: Case, refusal: Refusal, parts: Sequence[str]
) -> Suggestion:
    """The suggestion without these parts and what depends on them; REJECTED when none remains.

    What is left and approved is checked as with a last approval; where a check fails it stays OPEN, with the reason.
    """
    said = verdicts.of_part(case.now, parts, viewer, refusal)
    edits = replace(case.now.edits, drop_parts=tuple(sorted({*case.now.edits.drop_parts, *parts})))
    refused_parts = [part for part in case.now.plan.parts if part.id in parts]
    repair = await repairs.repair_parts(tx, refused_parts, refusal)
    on = case.on
    if repair.written:
        names = {bare(each.target) for each in repair.written}
        on = forming.with_resources(on, await tx.resources(names))
    less = replace(
        case.now,
        edits=edits,
        part_verdicts=(*case.now.part_verdicts, *said),
        repaired=(*case.now.repaired, *repair.written),
    )
    made = await forming.formed(tx, less, on)
    if not made.suggestion.plan.parts:
        return await reject_whole(tx, viewer, replace(less, plan=case.now.plan), case, refusal)
    if case.known.state is State.SCHEDULED:
        await learning.forget(tx, case.known)  # what was approved is no longer the plan
    left = replace(
        made.suggestion,
        revision=case.known.revision + 1,
        approvals=made.suggestion.valid_approvals,
        state=State.OPEN,
        snooze=None,
        due_time=None,
        held_reason="",
        touched=True,
        note=f"without {', '.join(on.around.title(id_) for id_ in parts)}",
    )
    open_ = routing.outstanding(
        left.plan, left.edits, left.approvals, on.around, on.staff, left.proposal.stage
    )
    why = _unfit(left.name, left.plan) or (None if open_ else await _overlaps(tx, left))
    if not why and not open_:
        left = await _scheduled(tx, left, case)
    else:
        if why and case.known.approvals:
            left = replace(left, note=f"{left.note}; not scheduled: {why.text}")
        if case.known.state is State.SCHEDULED:
            if open_:
                left = replace(left, note=f"{left.note}; it needs {'; '.join(open_)}")
            # Approvals of what was refused are gone with it, and void nothing.
            remain = [each for each in case.known.valid_approvals if left.plan.part(each.part) is not None]
            await urgent.open_again(tx, left, but=viewer.person.id, given=remain)
    comment = repairs.commented(refusal, on)
    return await decide(tx, viewer, left, on, "reject", reason=refusal.reason, comment=comment)


async def snooze(
    tx: Transaction,
    db: Database,
    viewer: Viewer,
    id_: str,
    seen: Seen,
    *,
    until: datetime | None,
    event: str,
) -> Suggestion:
    """Puts it off until a moment or an event."""
    case = await open_case(tx, db, id_, "snooze", frozenset({State.HELD, State.OPEN, State.SNOOZED}), seen)
    check_may(viewer, case)
    if until is None and not event:
        raise wire.bad_field("until", "or event is needed")
    if until is not None and not tx.now < until <= tx.now + LONGEST_SNOOZE:
        raise wire.bad_field("until", "must lie ahead, at most 12 months")
    if event:
        await _check_event(tx, case, event)
    off = replace(
        forming.material_now(case.known, case.made),
        state=State.SNOOZED,
        snooze=Snooze(until, event),
        held_reason="",
        touched=True,
    )
    day = until.astimezone(db.clock.zone).date().isoformat() if until is not None else ""
    return await decide(tx, viewer, off, case.on, "snooze", reason=event or day)


async def _check_event(tx: Transaction, case: Case, event: str) -> None:
    """InvalidArgument for an event there is not, or that could never come or has come already."""
    members = case.on.around.present(case.known.proposal.resources)
    if event == "nobody_in_progress":
        if not any(case.on.around.in_progress(each.id) for each in members):
            raise wire.bad_field("event", "has come already: nobody is known to be in progress")
        return
    if event in EVENTS:
        return
    other = event.removeprefix("suggestions/")
    state = (await postgres.states(tx, [other])).get(other) if other != event else None
    if state is None:
        raise wire.bad_field("event", "must be content_changes, nobody_in_progress or another suggestion")
    if state not in LIVE or other == case.known.id:
        raise wire.bad_field("event", "must be another suggestion that has not ended")


async def reopen(tx: Transaction, db: Database, viewer: Viewer, id_: str) -> Suggestion:
    """Takes a refusal back, of the whole or of parts, with what it suppressed and wrote and the verdicts it left.

    What is put off is asked again at once.
    """
    case = await refused(tx, db, id_)
    check_may(viewer, case)
    if case.known.state is State.SNOOZED and not case.made.nothing_left:
        awake = replace(
            forming.material_now(case.known, case.made), state=State.OPEN, snooze=None, touched=True
        )
        return await decide(tx, viewer, awake, case.on, "reopen")
    asking = await postgres.by_key(tx, case.known.key)
    if asking is not None and asking.live and asking.id != case.known.id:
        raise FailedPrecondition(
            "STATE_HAS_NO_VERB",
            f"{asking.name} asks the same now; decide about that one.",
            {"suggestion": asking.name, "state": str(asking.state)},
        )
    opened = await reopened(tx, db, viewer, case)
    if opened is None:
        raise FailedPrecondition(
            "STATE_HAS_NO_VERB",
            "Nothing is left that it could do.",
            {"suggestion": case.known.name, "state": str(case.known.state)},
        )
    return opened


async def reopened(tx: Transaction, db: Database, viewer: Viewer, case: Case) -> Suggestion | None:
    """The refused suggestion open again, what its refusal hid shown and what it wrote taken back.

    None, changing nothing, when it has nothing left to do. PermissionDenied where a review or a hold that it wrote is
    not the viewer's to take back; attributes of what others edit stay, which is said.
    """
    taken = await repairs.taken_back(tx, viewer, case.known, case.on)
    on = forming.with_resources(case.on, taken.resources.values())
    back = replace(
        case.known,
        state=State.OPEN,
        plan=Plan(),
        edits=replace(case.known.edits, drop_parts=()),
        part_verdicts=(),
        baseline={},
        quiet_until=None,
        returned=False,
        repaired=(),
    )
    made = await forming.formed(tx, back, on)
    if made.nothing_left:
        return None
    await tx.save_resources(list(taken.resources.values()))
    hid = await verdicts.lift(tx, case.known, viewer.person.id)
    await learning.forget(tx, case.known)
    left = taken.said(on.around)
    note = "; ".join(filter(None, ("reopened", left)))
    opened = replace(made.suggestion, revision=case.known.revision + 1, note=note, touched=True)
    await decide(tx, viewer, opened, on, "reopen", comment=f"({left})" if left else "")
    await proposals.show_again(tx, hid, db.clock.today())
    return await postgres.suggestion(tx, opened.id)


@dataclass(frozen=True, slots=True)
class Edit:
    """What one edit changes. `edits` are what it adds to earlier ones; the others bring back what those took out.

    `apply_date` is the day on which the plan is applied at the earliest.
    """

    edits: Edits
    take_in: tuple[str, ...] = ()
    restore_changes: tuple[str, ...] = ()
    apply_date: date | None = None


async def edit(
    tx: Transaction, db: Database, viewer: Viewer, id_: str, seen: Seen, asked: Edit
) -> Suggestion:
    """Changes the plan: who stays, who is left out, which changes are dropped; authored by the viewer from then on.

    Aborted when somebody else has edited it since it was seen.
    """
    allowed = frozenset({State.HELD, State.OPEN, State.SNOOZED})
    case = await open_case(tx, db, id_, "edit", allowed, seen)
    check_may(viewer, case)
    if seen.revision != case.known.revision:
        raise await changed_error(tx, case)
    changes = asked.edits
    members = {
        name
        for each in case.on.around.present(case.known.proposal.resources)
        for name in (each.id, *each.aliases)
    }
    for field, ids in (("survivor", {changes.survivor} - {""}), ("leave_out", set(changes.leave_out))):
        if ids - members:
            raise wire.bad_field(field, "names a resource that is not a member")
    known_changes = {change.id for change in case.now.plan.changes}
    if set(changes.drop_changes) - known_changes:
        raise wire.bad_field("drop_changes", "names changes that the plan does not have")
    dropped, theirs = set(changes.drop_changes), _theirs(case, viewer)
    # To drop a change is to refuse it.
    _leave(
        case,
        viewer,
        [
            part
            for part in case.now.plan.parts
            if part.id not in theirs and dropped & {change.id for change in part.changes}
        ],
    )
    before = case.now.edits
    for field, ids, out in (
        ("take_in", asked.take_in, before.leave_out),
        ("restore_changes", asked.restore_changes, before.drop_changes),
    ):
        if set(ids) - set(out):
            raise wire.bad_field(field, "names what no edit took out")
    if changes.review_date is not None and changes.review_date <= db.clock.today():
        raise wire.bad_field("review_date", "must lie ahead")
    edits = Edits(
        author=viewer.person.id,
        survivor=changes.survivor or before.survivor,
        leave_out=tuple(sorted({*before.leave_out, *changes.leave_out} - {changes.survivor, *asked.take_in})),
        drop_changes=tuple(
            sorted({*before.drop_changes, *changes.drop_changes} - set(asked.restore_changes))
        ),
        drop_parts=before.drop_parts,
        finish_on_old=before.finish_on_old or changes.finish_on_old,
        move_requirements=before.move_requirements or changes.move_requirements,
        not_before=_apply_time(asked.apply_date, db, tx.now) if asked.apply_date else before.not_before,
        review_date=changes.review_date or before.review_date,
    )
    made = await forming.formed(tx, replace(case.now, edits=edits), case.on)
    if made.nothing_left:
        raise FailedPrecondition(
            "PLAN_INCOMPLETE",
            "Nothing would be left of the plan; reject it instead.",
            {"suggestion": case.known.name},
        )
    edited = replace(
        made.suggestion,
        revision=case.known.revision + 1,
        approvals=made.suggestion.valid_approvals,
        state=State.OPEN,
        snooze=None,
        held_reason="",
        touched=True,
        note=f"edited by {viewer.person.display_name or viewer.person.email}",
        facts_changed=made.changed,
    )
    return await decide(tx, viewer, edited, case.on, "edit")


def _apply_time(day: date, db: Database, now: datetime) -> datetime | None:
    """The moment the day begins where the organisation is; None for today. InvalidArgument for one that is over."""
    today = db.clock.today()
    if not today <= day <= today + LONGEST_SNOOZE:
        raise wire.bad_field("apply_date", "must be today or lie ahead, at most 12 months")
    start = datetime.combine(day, time.min, db.clock.zone).astimezone(UTC)
    return start if start > now else None


async def revoke(tx: Transaction, db: Database, viewer: Viewer, id_: str) -> Suggestion:
    """Takes one's own approvals back before the plan is applied; those of others stand."""
    case = await open_case(tx, db, id_, "revoke", frozenset({State.OPEN, State.SCHEDULED}), Seen())
    if viewer.person.id not in {each.person for each in case.known.approvals}:
        raise FailedPrecondition(
            "STATE_HAS_NO_VERB",
            "There is no approval of yours to take back.",
            {"suggestion": case.known.name, "state": str(case.known.state)},
        )
    who = viewer.person.display_name or viewer.person.email
    scheduled = case.known.state is State.SCHEDULED
    if scheduled:
        await learning.forget(tx, case.known)
    now = forming.material_now(case.known, case.made)
    back = replace(
        now,
        state=State.OPEN,
        due_time=None,
        approvals=tuple(each for each in now.approvals if each.person != viewer.person.id),
        revision=max(now.revision, case.known.revision + scheduled),
        note=f"{who} took an approval back",
    )
    if scheduled:
        await urgent.open_again(tx, back, but=viewer.person.id, given=case.known.valid_approvals)
    return await decide(tx, viewer, back, case.on, "revoke")


async def undo(
    tx: Transaction,
    db: Database,
    viewer: Viewer,
    id_: str,
    *,
    reason: str,
    answers: Sequence[tuple[str, str, str]],
    batch: str = "",
) -> Suggestion:
    """Takes an applied plan back; `answers` are (target, field, restore or keep) for fields edited since."""
    await postgres.lock(tx)
    known = await postgres.suggestion(tx, id_)
    if known.state is not State.APPLIED:
        raise await no_verb(tx, db, known, "undo")
    if any(choice not in ("restore", "keep") for _, _, choice in answers):
        raise wire.bad_field("answers.choice", "must be restore or keep")
    chosen = {(target, field): choice for target, field, choice in answers}
    return await execution.undo(tx, db, viewer, id_, reason=reason, answers=chosen, batch=batch)
