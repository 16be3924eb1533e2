"""What duties reach: a program's owner answers for the program, its items and everything inside them."""

from __future__ import annotations

from collections.abc import Collection

from services.catalog.domain.people import Viewer
from services.catalog.policy import About, Column
from services.catalog.postgres.database import Transaction


async def inside(tx: Transaction, programs: Collection[str]) -> frozenset[str]:
    """Ids of these programs and of all that they hold, nested programs and resources."""
    found: set[str] = set()
    level = set(programs)
    while level:
        found |= level
        items = [item for program in await tx.programs(level) for item in program.items]
        found |= {item.resource for item in items if item.resource}
        level = {item.program for item in items if item.program} - found
    return frozenset(found)


async def over(tx: Transaction, viewer: Viewer, resources: Collection[str]) -> About:
    """The duties by which all of these resources are the viewer's; a resource that is not known is nobody's."""
    asked = set(resources)
    own: set[Column] = set()
    if asked and viewer.duties.programs and asked <= await inside(tx, viewer.duties.programs):
        own.add(Column.PO)
    if asked and asked <= viewer.duties.resources:
        own.add(Column.RO)
    return About(own=frozenset(own))
