"""What Winnow itself suggests after a plan: to bring back what is still looked for, to archive what nobody is left in.

It suggests and never decides: what it files is OPEN for whoever the rules name, and changes nothing until a person
has accepted it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from services.catalog.domain.resources import Lifecycle, Resource
from services.catalog.ids import new_id
from services.catalog.postgres.database import Database, Transaction
from services.catalog.review import forming, postgres, postgres_closings, wire
from services.catalog.review.closings import WATCHED
from services.catalog.review.domain import SCHEDULER, Operation, Plan, State, Suggestion
from services.catalog.review.findings import Claim, Draft, Kind, Member, Proposal, Relation
from services.catalog.review.postgres_closings import LookedFor

LEAST, SHARE = 5, 0.02  # behaviour.md, issue 5: above max(5, 2 % of last year's users) undo is proposed
ASKED_BACK = "asked_back"
NOBODY_LEFT = "nobody_left"


async def look(db: Database) -> None:
    """Files what is due: once for a plan that is looked for too often, once for a resource that nobody is left in."""
    async with db.snapshot() as tx:
        wanted = await postgres_closings.looked_for(tx, tx.now - WATCHED, least=LEAST, share=SHARE)
        waiting = await postgres_closings.to_archive(tx)
    for each in wanted:
        async with db.transaction() as tx:
            await postgres.lock(tx)
            await _suggest_restore(tx, db, each)
    for suggestion, resource in waiting:
        async with db.transaction() as tx:
            await postgres.lock(tx)
            await _suggest_archive(tx, db, suggestion, resource)


async def _suggest_restore(tx: Transaction, db: Database, found: LookedFor) -> None:
    """One suggestion that restores all that the plan closed, and a note on the plan itself, which can be undone."""
    applied = await postgres.suggestion(tx, found.suggestion)
    if applied.state is not State.APPLIED:
        return
    closed = {each.target for each in applied.receipts if each.field == "lifecycle"}
    resources = [
        each
        for each in await tx.resources(sorted(name.rpartition("/")[2] for name in closed))
        if each.lifecycle is not Lifecycle.PUBLISHED
    ]
    said = (
        f"Still looked for: {found.visits} visits to old links, {found.searches} searches and {found.requests} "
        f"requests in {WATCHED.days} days; at most {found.users} learners began it in the year before"
    )
    filed = ""
    if resources:
        proposal = _proposal(
            f"{Kind.OUTDATED}:{ASKED_BACK}:{applied.id}",
            Kind.OUTDATED,
            f"Bring back what {applied.name} closed, or undo it: {said[0].lower()}{said[1:]}.",
            Claim(ASKED_BACK, 1.0, f"{said}.", hard=True),
            Operation.RESTORE,
            resources,
        )
        filed = await _file(tx, db, proposal)
    await postgres_closings.restore_filed(tx, applied.id, filed or applied.id)
    noted = replace(applied, note=f"{said}. Undo it?", update_time=tx.now)
    on = await forming.ground(tx, db.clock.today(), [applied.proposal])
    await postgres.save(tx, noted, forming.order_key(applied.proposal, on.around))
    await tx.audit(
        person=SCHEDULER,
        credential="",
        method="ProposeUndo",
        target=applied.name,
        detail={
            "visits": str(found.visits),
            "searches": str(found.searches),
            "requests": str(found.requests),
        },
    )


async def _suggest_archive(tx: Transaction, db: Database, suggestion: str, id_: str) -> None:
    """Where learners were let finish and none of them is in progress any more."""
    found = await tx.resources([id_])
    use = (await tx.engagement([id_])).get(id_)
    if not found or use is None or use.in_progress != 0:
        return
    filed = suggestion
    if found[0].lifecycle is Lifecycle.DEPRECATED:
        title = f"“{found[0].title}”"
        proposal = _proposal(
            f"{Kind.UNUSED}:{NOBODY_LEFT}:{id_}",
            Kind.UNUSED,
            f"Archive {title}, which was closed to new learners: nobody is in progress any more.",
            Claim(NOBODY_LEFT, 1.0, f"Nobody is in the middle of {title} any more.", hard=True),
            Operation.ARCHIVE,
            found,
        )
        filed = await _file(tx, db, proposal) or suggestion
    await postgres_closings.archive_filed(tx, suggestion, id_, filed)


def _proposal(
    key: str, kind: Kind, summary: str, claim: Claim, operation: Operation, resources: Sequence[Resource]
) -> Proposal:
    restoring = operation is Operation.RESTORE
    return Proposal(
        key=key,
        kind=kind,
        relation=Relation.NONE,
        members=tuple(Member(each.id, each.content_hash, each.revision) for each in resources),
        score=1.0,
        # What is archived goes on leading learners to where they were led when it was closed.
        drafts=tuple(Draft(operation, each.id, "" if restoring else each.successor) for each in resources),
        claims=(claim,),
        summary=summary,
    )


async def _file(tx: Transaction, db: Database, proposal: Proposal) -> str:
    """The id of the suggestion, OPEN; of the live one that says the same; empty where nothing is left to do."""
    known = await postgres.by_key(tx, proposal.key)
    if known is not None and known.live:
        return known.id
    new = Suggestion(
        id=new_id(),
        version=1,
        state=State.OPEN,
        revision=1,
        proposal=proposal,
        plan=Plan(),
        create_time=tx.now,
        update_time=tx.now,
        confidence=1.0,
        touched=True,
        filed_by=SCHEDULER,
    )
    on = await forming.ground(tx, db.clock.today(), [proposal])
    made = await forming.formed(tx, new, on)
    if made.nothing_left:
        return ""
    filed = await postgres.add(tx, made.suggestion, forming.order_key(proposal, on.around))
    await forming.record_decision(tx, filed, "file", SCHEDULER, comment=proposal.summary)
    tx.record(wire.suggestion_opened(filed))
    await forming.place_all(tx)
    return filed.id
