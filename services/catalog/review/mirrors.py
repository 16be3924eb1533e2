"""Copies that people keep on purpose, watched: when they drift apart the suggestion returns (behaviour.md §8)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from services.catalog.domain.resources import Resource
from services.catalog.postgres.database import Database, Transaction
from services.catalog.review import forming, material, postgres, postgres_suppressions
from services.catalog.review.domain import CURATOR, Plan, State, Suggestion
from services.catalog.review.findings import Draft, Relation
from services.catalog.review.forming import Ground

REASON = "intentional_copy"


async def watch(db: Database, after: int) -> None:
    """Brings back the mirrors whose texts have moved apart in what the catalog has changed after a revision."""
    async with db.snapshot() as tx:
        kept = await postgres.mirrors_moved(tx, after, REASON)
    if not kept:
        return
    async with db.transaction() as tx:
        await postgres.lock(tx)
        found = [each for each in await postgres.suggestions(tx, kept) if each.state is State.REJECTED]
        on = await forming.ground(tx, db.clock.today(), [each.proposal for each in found])
        for each in found:
            await _look(tx, each, on)
        await forming.place_all(tx)


async def _look(tx: Transaction, mirror: Suggestion, on: Ground) -> None:
    around = on.around
    members = around.present(mirror.proposal.resources)
    texts = await forming.same_texts(tx, mirror.baseline, around, [each.id for each in members])
    moved = [
        each
        for each in members
        if mirror.baseline.get(material.text_label(each.id), each.outline_hash)
        != texts.get(each.id, each.outline_hash)
    ]
    apart = [each for each in moved if await _differs(tx, each, members)]
    if not apart:
        if moved:  # alike: from here on they are watched as they are now
            facts = material.member_facts(mirror.proposal.resources, around, {})
            await postgres.save(
                tx, replace(mirror, baseline=facts), forming.order_key(mirror.proposal, around)
            )
        return
    titles = ", ".join(around.title(each.id) for each in apart)
    drifted = apart[0]
    other = next(each for each in members if each.id != drifted.id)
    # The copies are no longer what was found; what is left is to bring them together, or to say what they are now.
    proposal = replace(
        mirror.proposal, relation=Relation.OVERLAP, drafts=(Draft("request_update", drifted.id, other.id),)
    )
    rules = [rule.id for rule in await postgres_suppressions.of_suggestion(tx, mirror.id)]
    await postgres_suppressions.lift(tx, rules, "")
    blank = replace(
        mirror,
        state=State.HELD,
        revision=mirror.revision + 1,
        proposal=proposal,
        plan=Plan(),
        approvals=(),
        receipts=(),
        note=f"returned: kept as copies on purpose, they have drifted apart: the text of {titles} changed",
        quiet_until=None,
        repaired=(),
        touched=False,
        returned=True,
    )
    made = await forming.formed(tx, blank, on)
    back = replace(made.suggestion, update_time=tx.now)
    await forming.record_decision(tx, back, "return", CURATOR, reason=back.note)
    await postgres.save(tx, back, forming.order_key(proposal, around))


async def _differs(tx: Transaction, one: Resource, members: Sequence[Resource]) -> bool:
    """Whether its text is materially another than some other member's."""
    outlines = await tx.outlines({each.outline_hash for each in members if each.outline_hash})
    mine = outlines.get(one.outline_hash, ())
    return any(
        not material.same_text(mine, outlines.get(each.outline_hash, ()))
        for each in members
        if each.id != one.id
    )
