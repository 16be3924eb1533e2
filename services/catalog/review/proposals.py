"""What becomes of the curator's findings: taken in, withdrawn, and brought up to date when the catalog moves.

A proposal is state. One computed from an older text is ignored, since a newer is on its way; metadata that has
moved is no reason to ignore it, since the plan is formed from the catalog's own rows.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date

from services.catalog.ids import new_id
from services.catalog.postgres.database import Database, Transaction
from services.catalog.review import (
    filing,
    forming,
    hiding,
    learning,
    material,
    mirrors,
    postgres,
    postgres_suppressions,
    postgres_verdicts,
    verdicts,
)
from services.catalog.review.domain import (
    CURATOR,
    SCHEDULER,
    SHOWN_FROM,
    Plan,
    State,
    Suggestion,
    replaced_by,
)
from services.catalog.review.findings import Kind, Proposal
from services.catalog.review.forming import Formed, Ground
from services.catalog.review.suppressions import Scope
from services.catalog.review.surroundings import Surroundings, bare, program_name
from services.catalog.review.wire import PassPage, Withdrawal
from services.catalog.telling import urgent

_RESTORING = ("undo", "reopen")
CHUNK = 20  # suggestions brought up to date in one transaction: others wait for its lock


async def take_proposals(db: Database, proposals: Sequence[Proposal]) -> None:
    """Takes findings in, in order; each leaves the same state however often it comes.

    Places are given once, with the last of them: that reads all that wait. Who stops before is told all of it again.
    """
    for start in range(0, len(proposals), CHUNK):
        chunk = proposals[start : start + CHUNK]
        async with db.transaction() as tx:
            await postgres.lock(tx)
            epoch = await tx.epoch()
            current = [each for each in chunk if each.epoch in ("", epoch)]
            on = await forming.ground(tx, db.clock.today(), current)
            for proposal in current:
                await _take(tx, proposal, on)
            if start + CHUNK >= len(proposals):
                await forming.place_all(tx)


async def show_again(tx: Transaction, rules: Sequence[str], today: date) -> None:
    """Takes findings in again of which these rules hid something; whatever else hides them still does."""
    await take_again(tx, await postgres_suppressions.hidden_by(tx, rules), today)


async def take_again(tx: Transaction, found: Sequence[Proposal], today: date) -> None:
    """Takes known findings in once more, because what may be shown of them has changed; the caller holds the lock."""
    for start in range(0, len(found), CHUNK):
        chunk = found[start : start + CHUNK]
        on = await forming.ground(tx, today, chunk)
        for proposal in chunk:
            await _take(tx, proposal, on, again=True)
    if found:
        await forming.place_all(tx)


async def _take(tx: Transaction, proposal: Proposal, on: Ground, *, again: bool = False) -> None:
    known = await postgres.by_key(tx, proposal.key)
    if (
        not again
        and known is not None
        and known.proposal.evidence_hash == proposal.evidence_hash
        and known.state is not State.WITHDRAWN
    ):
        return
    if _older(proposal, known, on.around):
        return
    left = await hiding.kept(tx, proposal, known, on)
    await hiding.remember(tx, proposal, left.rules)
    if left.proposal is None or left.proposal.score < SHOWN_FROM:
        # What is approved is decided, and a person's word no finding; a rule about findings takes neither back.
        approved = known is not None and known.state is State.SCHEDULED and left.rules
        if known is not None and known.live and not known.filed_by and not approved:
            await _end(tx, known, on.around, left.why or "It is no longer certain enough to show.")
        return
    proposal = left.proposal
    replaced = [
        each
        for each in await postgres.live_with_keys(tx, proposal.replaces)
        if each.key != proposal.key and not each.filed_by
    ]
    # What was refused or taken back is that still: it does not return under the name of another.
    if replaced and (known is None or known.state is State.WITHDRAWN):
        known = replaced.pop(0)  # the oldest keeps its name, notes and assignee; the others lead to it
    # What was applied is done: what is found after it is another.
    goes_on = known is not None and known.state is not State.APPLIED
    id_ = known.id if known is not None and goes_on else new_id()
    for each in replaced:
        await _end(tx, each, on.around, replaced_by(id_))
    await postgres_suppressions.forget(tx, proposal.replaces)
    if known is None:
        await _first(tx, proposal, on, id_)
    elif known.live:
        await _again(tx, known, proposal, on)
    elif known.state is State.WITHDRAWN:
        await _return(tx, known, proposal, on, note="")
    else:
        await _after_decision(tx, known, proposal, on, id_)


def _older(proposal: Proposal, known: Suggestion | None, around: Surroundings) -> bool:
    """Whether it was computed from older facts than the catalog has."""
    stored = {member.resource: member.revision for member in known.proposal.members} if known else {}
    applied = known is not None and known.state is State.APPLIED
    for member in proposal.members:
        resource = around.resource(member.resource)
        if resource is None or (member.content_hash and resource.content_hash != member.content_hash):
            return True
        if member.revision < stored.get(member.resource, 0):
            return True
        # What was found before a plan was applied is answered by it.
        if applied and member.revision < resource.revision:
            return True
    return any(
        (program := around.programs.get(id_)) is not None and revision < program.revision
        for id_, revision in proposal.programs.items()
    )


async def _first(tx: Transaction, proposal: Proposal, on: Ground, id_: str) -> None:
    new = Suggestion(
        id=id_,
        version=1,
        state=State.HELD,
        revision=1,
        proposal=proposal,
        plan=Plan(),
        create_time=tx.now,
        update_time=tx.now,
        confidence=proposal.score,
    )
    made = await forming.formed(tx, new, on)
    if not made.nothing_left:
        await postgres.add(tx, made.suggestion, forming.order_key(proposal, on.around))


async def _again(tx: Transaction, known: Suggestion, proposal: Proposal, on: Ground) -> None:
    """A live one is found again: new evidence, and a new plan unless a person has written or approved what it says."""
    if known.edits.author:
        proposal = _as_written(known.proposal, proposal)
    if known.filed_by:
        proposal = filing.with_evidence(known.proposal, proposal)
    if known.approvals and _same_finding(known.proposal, proposal):
        # What would be offered instead follows from figures alone, which are never material (behaviour.md §8).
        approved = replace(known, proposal=_as_written(known.proposal, proposal))
        made = await forming.formed(tx, approved, on)
        if not made.changed or (known.state is State.SCHEDULED and _holds(known, made.suggestion)):
            await keep_live(tx, known, made, on)
            return
    made = await forming.formed(tx, replace(known, proposal=proposal), on)
    await keep_live(tx, known, made, on)


def _as_written(mine: Proposal, found: Proposal) -> Proposal:
    """What was found, with the relation, the survivor and the operations as they stand."""
    read = {member.resource: member for member in found.members}
    members = tuple(
        replace(each, content_hash=read[each.resource].content_hash, revision=read[each.resource].revision)
        if each.resource in read
        else each
        for each in mine.members
    )
    return replace(found, members=members, relation=mine.relation, drafts=mine.drafts)


def _same_finding(known: Proposal, found: Proposal) -> bool:
    """Whether both say the same of the same resources, however sure of it they are and whatever they offer."""
    said, now = (
        (each.relation, set(each.resources), {(claim.code, claim.hard) for claim in each.claims})
        for each in (known, found)
    )
    return said == now


async def keep_live(tx: Transaction, known: Suggestion, made: Formed, on: Ground) -> None:
    """Stores a live suggestion as re-formed: ended when nothing is left, OPEN when what it waits on has moved."""
    if made.nothing_left:
        await _end(tx, made.suggestion, on.around, "Nothing is left to do.")
        return
    now = forming.material_now(known, made)
    if known.state is State.SCHEDULED:
        if _holds(known, now):
            # Only prior values, safeguards and simulation matter now (behaviour.md §8).
            now = replace(
                known,
                proposal=now.proposal,
                confidence=now.confidence,
                impact=now.impact,
                whose=now.whose,
                assignee=now.assignee,
            )
        else:
            now = await reopened(tx, now, made.changed, on.around)
            await urgent.open_again(tx, now)
            await forming.record_decision(tx, now, "stop", SCHEDULER, reason=now.note)
    elif known.state is State.SNOOZED and (made.changed or woken(known, made, on.around)):
        now = replace(now, state=State.OPEN, snooze=None)
        await forming.record_decision(tx, now, "wake", SCHEDULER, reason="; ".join(made.changed))
    if now != known:
        await postgres.save(tx, replace(now, update_time=tx.now), forming.order_key(now.proposal, on.around))


async def reopened(
    tx: Transaction, suggestion: Suggestion, changed: Sequence[str], around: Surroundings
) -> Suggestion:
    """A scheduled one whose checks no longer hold: OPEN with the reason, to be approved anew."""
    await learning.forget(tx, suggestion)
    added = [
        (program_name(program.id), f"{around.title(each.target)} was added to “{program.title}”")
        for each in suggestion.plan.safeguards
        if each.code == "in_program" and each.target.startswith("resources/")
        for program in around.holding(bare(each.target))
    ]
    who = await _who_moved(tx, [name for name, _ in added] or sorted(suggestion.plan.touches))
    said = tuple(text for _, text in added) or changed
    text = "; ".join(said) or "; ".join(each.text for each in suggestion.plan.safeguards)
    return replace(
        suggestion,
        state=State.OPEN,
        due_time=None,
        approvals=(),
        note=f"not applied: {text}{f' (last changed by {who})' if who else ''}",
        facts_changed=tuple(changed),
        touched=True,
    )


async def _who_moved(tx: Transaction, targets: Iterable[str]) -> str:
    for target in targets:
        if target.startswith("programs/") and (who := await postgres.last_changed_by(tx, bare(target))):
            return who
    return ""


def _holds(approved: Suggestion, now: Suggestion) -> bool:
    """Whether what was approved would still be done, and may be."""
    before, after = ([(change.id, change.writes) for change in each.plan.changes] for each in (approved, now))
    return before == after and not now.plan.safeguards


def woken(suggestion: Suggestion, made: Formed, around: Surroundings) -> bool:
    """Whether the event it is put off until has come, as far as its members can tell."""
    event = suggestion.snooze.event if suggestion.snooze else ""
    if event == "content_changes":
        return made.text_changed
    return event == "nobody_in_progress" and not any(
        around.in_progress(each.id) for each in around.present(suggestion.proposal.resources)
    )


async def _return(tx: Transaction, known: Suggestion, proposal: Proposal, on: Ground, *, note: str) -> None:
    """One that had ended comes back under its name, as when first proposed."""
    blank = replace(
        known,
        proposal=proposal,
        plan=Plan(),
        approvals=(),
        receipts=(),
        note=note,
        quiet_until=None,
        repaired=(),
        returned=known.state is not State.WITHDRAWN,
    )
    made = await forming.formed(tx, blank, on)
    if made.nothing_left:
        return
    back = replace(
        made.suggestion,
        state=State.HELD,
        revision=known.revision + 1,
        touched=False,
        due_time=None,
        held_reason="",
    )
    await forming.record_decision(tx, back, "return", CURATOR, reason=note)
    await postgres.save(tx, replace(back, update_time=tx.now), forming.order_key(proposal, on.around))


async def _after_decision(
    tx: Transaction, known: Suggestion, proposal: Proposal, on: Ground, id_: str
) -> None:
    """A decided one is found again: it comes back only for facts that the decision did not know.

    What is found after an applied one is another, of the id given.
    """
    around = on.around
    texts = await forming.same_texts(tx, known.baseline, around, proposal.resources)
    facts = material.member_facts(proposal.resources, around, texts)
    moved = material.moved(known.baseline, facts, around)
    over = known.quiet_until is not None and around.today >= known.quiet_until
    harder = proposal.hard and not known.proposal.hard
    told = _told_since(known.proposal, proposal) or _on_other_data(known, proposal)
    if not (moved or over or harder or told) or (known.quiet_until and not (over or harder or told)):
        rules = await postgres_suppressions.of_suggestion(tx, known.id)
        whole = {rule.id for rule in rules if len(rule.members) == len(known.proposal.members)}
        await hiding.remember(tx, proposal, frozenset(whole))
        return
    if known.state is State.APPLIED:
        await _first(tx, proposal, on, id_)
        return
    due = "a season has passed" if proposal.kind is Kind.UNUSED else "its review is due again"
    reason = "; ".join(moved) or (due if over else told or "there is hard evidence now")
    rules = await postgres_suppressions.of_suggestion(tx, known.id)
    # Data that was called wrong stays frozen while nothing has moved.
    over_now = [rule.id for rule in rules if moved or rule.scope is not Scope.FACT]
    await postgres_suppressions.lift(tx, over_now, "")
    await _return(tx, known, proposal, on, note=f"returned: {reason}")


def _told_since(decided: Proposal, proposal: Proposal) -> str:
    """The first change that somebody has announced since the decision; empty when it knew them all."""
    known = {claim.text for claim in decided.claims}
    news = (claim.text for claim in proposal.claims if claim.code == "announced_change")
    return next((text for text in news if text not in known), "")


def _on_other_data(refused: Suggestion, proposal: Proposal) -> str:
    """What is claimed now beside the data that somebody called wrong; empty when nothing is, or nobody did."""
    if refused.decision is None or refused.decision.reason != "bad_data":
        return ""
    known = {claim.code for claim in refused.proposal.claims}
    return next((claim.text for claim in proposal.claims if claim.code not in known), "")


async def _end(tx: Transaction, suggestion: Suggestion, around: Surroundings, reason: str) -> None:
    ended = replace(
        suggestion,
        state=State.WITHDRAWN,
        approvals=(),
        held_reason="",
        snooze=None,
        due_time=None,
        note=reason,
    )
    ended = await forming.record_decision(tx, ended, "withdraw", CURATOR, reason=reason)
    await postgres.save(tx, ended, forming.order_key(ended.proposal, around))
    await verdicts.of_parts(tx, ended)


async def withdraw(db: Database, gone: Withdrawal) -> None:
    """Ends the live suggestion of a finding that no longer holds; decided ones stay.

    Ignored when it was computed from older facts than the suggestion itself rests on, or from a verdict that has been
    taken back.
    """
    async with db.transaction() as tx:
        await postgres.lock(tx)
        if gone.epoch not in ("", await tx.epoch()):
            return
        known = await postgres.by_key(tx, gone.key)
        if known is None or not known.live or known.filed_by:  # a person's word stands until somebody decides
            await postgres_suppressions.forget(tx, [gone.key])
            return
        rests_on = {member.resource: member.revision for member in known.proposal.members}
        if any(member.revision < rests_on.get(member.resource, 0) for member in gone.members):
            return
        on = await forming.ground(tx, db.clock.today(), [known.proposal])
        if known.decision is not None and known.decision.verb in _RESTORING and _read_before(gone, on.around):
            return  # found while it was applied or refused; what was restored is judged anew
        if await _apart_no_longer(tx, known, gone, on.around):
            return  # taking the verdict back has the pair judged anew
        read = {member.resource: member.revision for member in gone.members}
        members = tuple(
            replace(each, revision=max(each.revision, read.get(each.resource, 0)))
            for each in known.proposal.members
        )
        ended = replace(known, proposal=replace(known.proposal, members=members))
        await postgres_suppressions.forget(tx, [gone.key])
        await _end(tx, ended, on.around, gone.reason)
        await forming.place_all(tx)


async def _apart_no_longer(
    tx: Transaction, known: Suggestion, gone: Withdrawal, around: Surroundings
) -> bool:
    """Whether it was found under a verdict that has been taken back since, and no text has moved."""
    same = all(
        (resource := around.resource(member.resource)) is not None
        and member.content_hash in ("", resource.content_hash)
        for member in known.proposal.members
    )
    ids = sorted({id_ for pair in gone.apart for id_ in pair})
    return same and not gone.apart.isdisjoint(await postgres_verdicts.lifted(tx, ids))


def _read_before(gone: Withdrawal, around: Surroundings) -> bool:
    return any(
        (resource := around.resource(member.resource)) is not None and member.revision < resource.revision
        for member in gone.members
    )


async def complete_pass(db: Database, page: PassPage) -> None:
    """With the last page of a pass: ends live suggestions of its kind that it did not name and had read.

    One of which a verdict was taken back after the pass had read is judged anew.
    """
    async with db.transaction() as tx:
        await postgres.lock(tx)
        if page.epoch not in ("", await tx.epoch()):
            return
        await postgres.add_pass_keys(tx, page.pass_id, page.keys)
        if not page.last:
            return
        keys = await postgres.take_pass_keys(tx, page.pass_id)
        await postgres_suppressions.forget_pass(tx, page.kind, keys, page.watermark)
        live = await postgres.suggestions(tx, await postgres.live_of(tx, page.kind))
        unnamed = [
            each
            for each in live
            if each.key not in keys
            and not each.filed_by
            and all(member.revision <= page.watermark for member in each.proposal.members)
        ]
        ids = {id_ for each in unnamed for id_ in each.proposal.resources}
        lifted = await postgres_verdicts.lifted(tx, sorted(ids), page.watermark)
        gone = [
            each
            for each in unnamed
            if not any(set(each.proposal.resources).issuperset(pair) for pair in lifted)
        ]
        on = await forming.ground(tx, db.clock.today(), [each.proposal for each in gone])
        for each in gone:
            await _end(tx, each, on.around, "It was not found again.")
        await forming.place_all(tx)


async def reassess(db: Database) -> bool:
    """Brings live suggestions up to date with what has moved in the catalog; whether anything had."""
    async with db.snapshot() as tx:
        progress = await postgres.progress(tx)
        if progress.newest <= progress.assessed:
            return False
        moved = await postgres.moved_since(tx, progress.assessed)
    await reassess_all(db, moved)
    await mirrors.watch(db, progress.assessed)
    async with db.transaction() as tx:
        await postgres.lock(tx)
        await postgres.set_assessed(tx, max(progress.newest, (await postgres.progress(tx)).assessed))
    return True


async def reassess_all(db: Database, ids: Iterable[str]) -> None:
    """Re-forms these suggestions where they are still live; places are given once, with the last of them."""
    ordered = sorted(ids)
    for start in range(0, len(ordered), CHUNK):
        async with db.transaction() as tx:
            await postgres.lock(tx)
            live = [
                each for each in await postgres.suggestions(tx, ordered[start : start + CHUNK]) if each.live
            ]
            await _reform(tx, live, db.clock.today())
            if start + CHUNK >= len(ordered):
                await forming.place_all(tx)


async def _reform(tx: Transaction, live: Sequence[Suggestion], today: date) -> None:
    on = await forming.ground(tx, today, [each.proposal for each in live])
    for each in live:
        await keep_live(tx, each, await forming.formed(tx, each, on), on)


async def unassessed(db: Database) -> int:
    """How many revisions of the catalog live suggestions have not been compared with."""
    async with db.snapshot() as tx:
        progress = await postgres.progress(tx)
    return max(0, progress.newest - progress.assessed)
