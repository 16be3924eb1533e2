"""What people choose to be told, and how its delivery goes."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from services.catalog.domain.people import Role, Viewer
from services.catalog.policy import denied
from services.catalog.postgres.database import Database
from services.catalog.telling import postgres
from services.catalog.telling.domain import Choice, Delivery, State


@dataclass(frozen=True, slots=True)
class Settings:
    """What a person wants to be told at which address, and whether this installation sends mail at all."""

    notices: Choice
    email: str
    mail: bool


async def get_settings(db: Database, viewer: Viewer) -> Settings:
    """The viewer's own."""
    async with db.snapshot() as tx:
        choice = (await postgres.choices(tx, [viewer.person.id]))[viewer.person.id]
    return Settings(choice, viewer.person.email, db.post.mail)


async def set_settings(db: Database, viewer: Viewer, notices: Choice) -> Settings:
    """The viewer's own from now on; what waits already is still delivered."""
    async with db.transaction() as tx:
        await postgres.choose(tx, viewer.person.id, notices)
        await tx.audited(viewer, f"people/{viewer.person.id}", {"notices": str(notices)})
    return Settings(notices, viewer.person.email, db.post.mail)


async def list_deliveries(
    db: Database, viewer: Viewer, *, everyone: bool, before: str, limit: int, states: Collection[State]
) -> list[Delivery]:
    """A page of what was told to the viewer or, for an administrator, to everybody; newest first."""
    if everyone and not viewer.person.has(Role.ADMINISTRATOR):
        raise denied(viewer.method, "an administrator, where it is about everybody")
    async with db.snapshot() as tx:
        person = None if everyone else viewer.person.id
        return await postgres.page(tx, person=person, before=before, limit=limit, states=states)
