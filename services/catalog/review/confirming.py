"""Reviews of whole resources: "I reviewed all of it" (behaviour.md §4)."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from services.catalog.domain.people import Viewer
from services.catalog.domain.resources import Resource
from services.catalog.policy import check_about
from services.catalog.postgres.database import Database, Transaction
from services.catalog.review import plans, postgres, repairs, usecases
from services.catalog.review.cases import Case, Seen, open_case
from services.catalog.review.fields import bad_field
from services.catalog.review.findings import Kind
from services.catalog.review.verdicts import STILL_ACCURATE, Refusal
from services.catalog.usecases import purview


async def confirm_current(
    tx: Transaction, db: Database, viewer: Viewer, id_: str, review_date: date | None, comment: str
) -> Resource:
    """The resource with the days of this review and the next; what called it outdated is answered, but hard evidence.

    In the caller's transaction. NotFound when there is none; PermissionDenied, naming who can.
    """
    await postgres.lock(tx)
    resource = await tx.resource(id_)
    check_about(viewer, viewer.method, await purview.over(tx, viewer, [resource.id]))
    today = db.clock.today()
    if review_date is not None and review_date <= today:
        raise bad_field("review_date", "must lie ahead")
    case = await _answerable(tx, db, resource)
    until = review_date or plans.next_review(case.known.proposal if case else None, today)
    if case is None:
        saved = await repairs.confirm(tx, viewer, resource.id, today, until)
    else:
        # The reason stands for the review.
        edits = replace(case.now.edits, review_date=until)
        await usecases.reject_whole(
            tx, viewer, replace(case.now, edits=edits), case, Refusal(STILL_ACCURATE, comment)
        )
        saved = await tx.resource(resource.id)
    await tx.audited(viewer, f"resources/{saved.id}", {"review_date": until.isoformat(), "comment": comment})
    return saved


async def _answerable(tx: Transaction, db: Database, resource: Resource) -> Case | None:
    """What calls it outdated and waits for a decision; None where nothing waits."""
    for name in (resource.id, *resource.aliases):
        known = await postgres.by_key(tx, f"{Kind.OUTDATED}:{name}")
        if known is not None and known.state in usecases.DECIDABLE:
            return await open_case(tx, db, known.id, "confirm", usecases.DECIDABLE, Seen())
    return None
