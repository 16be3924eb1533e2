"""Refusals of callers whom nobody knows, in the audit log: one entry for all of a minute at one door."""

from __future__ import annotations

from collections.abc import Sequence

from services.catalog.postgres.database import Database
from services.kit.refusals import Refused

METHOD = "/winnow.internal.v1.IdentityService/Authenticate"


async def write_refusals(db: Database, refused: Sequence[Refused]) -> None:
    """An entry for each door and reason, with how often, and what was asked for most."""
    async with db.transaction() as tx:
        for each in refused:
            methods = ", ".join(f"{method} {count}" for method, count in each.methods)
            detail = {"door": each.door, "count": str(each.count), "methods": methods}
            await tx.audit(person="", credential="", method=METHOD, outcome=each.reason, detail=detail)
