"""Gives live suggestions to whom the rules name now, after people, duties or the mode have changed.

Nothing is decided, voided or applied by it: only whose they are, and which of them wait for a slot of theirs.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from datetime import date

from services.catalog.postgres.database import Transaction
from services.catalog.review import assignees, forming, postgres
from services.catalog.review.domain import State, Suggestion


@dataclass(frozen=True, slots=True)
class Move:
    """A suggestion that another person has from now on; ids, empty for nobody. `held`: it waits for a free slot."""

    suggestion: str
    summary: str
    before: str
    after: str
    held: bool


async def lock(tx: Transaction) -> None:
    """Holds people and review until commit, before any row: in this order, as whoever takes both takes them.

    A decision holds review and then takes rows of people and objects: whoever took one of these first would wait for
    review with what the decision waits for.
    """
    await tx.lock_people()
    await postgres.lock(tx)


async def reroute(tx: Transaction, today: date, ids: Iterable[str]) -> list[Move]:
    """Routes these suggestions anew where they are live; what moved, in id order.

    One stays with whom it is given to while the rules name that person, and, where somebody gave it by hand, while
    that person is there.
    """
    await postgres.lock(tx)
    live = [each for each in await postgres.suggestions(tx, ids) if each.live]
    if not live:
        return []
    on = await forming.ground(tx, today, [each.proposal for each in live])
    there = await _there(tx, today, {each.assignee for each in live})
    load = await postgres.open_by_assignee(tx)
    for each in live:
        whose = assignees.by_rules(each.proposal, each.plan, on.around, on.staff)
        stays = whose.names(each.assignee) or (each.assignee in there and not each.whose.names(each.assignee))
        if stays and whose == each.whose:
            continue
        to = each.assignee
        if not stays:
            # What is HELD or OPEN gets its person with its slot, below.
            to = "" if each.state in (State.HELD, State.OPEN) else assignees.fewest(whose, load)
        moved = replace(each, whose=whose, assignee=to)
        if moved != each:
            await postgres.save(tx, moved, forming.order_key(each.proposal, on.around))
    await forming.place_all(tx)
    before = {each.id: each for each in live}
    after = await postgres.suggestions(tx, before)
    return [_move(before[each.id], each) for each in after if each.assignee != before[each.id].assignee]


async def pass_on(tx: Transaction, today: date, person: str) -> list[Move]:
    """Routes anew what a person has, who has left, is away or has lost a role; what moved, in id order.

    Most of what is shared among the holders of a role is somebody else's: there the person is only passed by.
    """
    await postgres.lock(tx)
    theirs = await postgres.of_person(tx, person)
    await postgres.pass_by(tx, person)
    return await reroute(tx, today, theirs)


def _move(before: Suggestion, after: Suggestion) -> Move:
    held = after.state is State.HELD and before.state is not State.HELD
    return Move(after.id, after.proposal.summary, before.assignee, after.assignee, held)


async def _there(tx: Transaction, today: date, people: Collection[str]) -> frozenset[str]:
    found = await tx.people(people)
    return frozenset(each.id for each in found if each.active and not each.away(today))
