"""Judges the approvals of scheduled plans anew, after the mode of the organisation has changed (behaviour.md §2)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import date

from services.catalog.domain.people import Viewer
from services.catalog.postgres.database import Transaction
from services.catalog.review import forming, learning, postgres, routing
from services.catalog.review.domain import State, Suggestion
from services.catalog.telling import urgent


async def rejudge(tx: Transaction, viewer: Viewer, today: date, ids: Iterable[str]) -> list[Suggestion]:
    """Those of these suggestions that were SCHEDULED by approvals which no longer suffice, OPEN now.

    Nothing that somebody decided is lost: approvals stay, and count again where the mode asks for them again. The
    caller holds the lock of review and places what waits.
    """
    scheduled = [each for each in await postgres.suggestions(tx, ids) if each.state is State.SCHEDULED]
    on = await forming.ground(tx, today, [each.proposal for each in scheduled])
    opened: list[Suggestion] = []
    for each in scheduled:
        needed = routing.outstanding(
            each.plan, each.edits, each.approvals, on.around, on.staff, each.proposal.stage
        )
        if not needed:
            continue
        await learning.forget(tx, each)
        reason = f"in the mode {on.staff.mode} it needs {'; '.join(needed)}"
        back = replace(
            each,
            state=State.OPEN,
            revision=each.revision + 1,
            due_time=None,
            touched=True,
            note=f"not applied: {reason}",
        )
        back = await forming.record_decision(tx, back, "rejudge", viewer.person.id, reason=reason)
        await urgent.open_again(tx, back, but=viewer.person.id, given=each.valid_approvals)
        opened.append(await postgres.save(tx, back, forming.order_key(back.proposal, on.around)))
    return opened
