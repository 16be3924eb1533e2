"""Who is there: people leave, come back and are away, and what was theirs goes to others at once."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

from services.catalog.domain.duties import Vacancy
from services.catalog.domain.people import Person, Role, Viewer
from services.catalog.policy import denied
from services.catalog.postgres.database import Database, Transaction
from services.catalog.review import rerouting
from services.catalog.review.rerouting import Move
from services.catalog.telling import urgent
from services.catalog.telling.domain import day
from services.catalog.usecases.consequences import Consequences, consequences, vacancies
from services.catalog.usecases.people import keep_an_administrator, written
from services.kit.errors import InvalidArgument, Violation

LONGEST_ABSENCE = timedelta(days=366)


async def deactivate_person(
    db: Database, viewer: Viewer, id_: str, *, validate_only: bool
) -> tuple[Person, Consequences]:
    """Ends a person's access, sessions and tokens included, and gives their live suggestions to others.

    Nothing of that stays with `validate_only`. FailedPrecondition for the last administrator.
    """
    async with db.rehearsal() if validate_only else db.transaction() as tx:
        await rerouting.lock(tx)
        person = await tx.person(id_)
        if not person.active:
            return person, Consequences()
        saved, moves, vacant = await leave(tx, db, viewer, person)
        return saved, await consequences(tx, viewer, moves, vacant)


async def leave(
    tx: Transaction, db: Database, viewer: Viewer, person: Person
) -> tuple[Person, list[Move], list[Vacancy]]:
    """An active person without access, what went to others, and what nobody answers for; `rerouting.lock` is held.

    FailedPrecondition for the last administrator.
    """
    await keep_an_administrator(tx, person)
    vacant = await vacancies(tx, person)
    await tx.drop_credentials(person.id)
    saved = await tx.save_person(replace(person, deactivate_time=tx.now))
    await written(tx, viewer, saved)
    moves = await rerouting.pass_on(tx, db.clock.today(), person.id)
    await urgent.passed_on(
        tx, person, [(each.suggestion, each.summary, each.after) for each in moves], "has left"
    )
    return saved, moves, vacant


async def reactivate_person(db: Database, viewer: Viewer, id_: str) -> Person:
    """Gives access again, with the roles and duties that the person had; they sign in anew."""
    async with db.transaction() as tx:
        await tx.lock_people()
        return await reactivate(tx, viewer, await tx.person(id_))


async def reactivate(tx: Transaction, viewer: Viewer, person: Person) -> Person:
    """The person, active again; people are locked by the caller."""
    if person.active:
        return person
    saved = await tx.save_person(replace(person, deactivate_time=None))
    await written(tx, viewer, saved)
    return saved


async def set_absence(
    db: Database, viewer: Viewer, id_: str, until: date | None, *, validate_only: bool
) -> tuple[Person, Consequences]:
    """Says until when somebody is away (None: no longer); their live suggestions go to others while they are.

    PermissionDenied for another's, unless by a learning leader or an administrator.
    """
    today = db.clock.today()
    others = viewer.person.has(Role.LEARNING_LEADER) or (
        viewer.person.has(Role.ADMINISTRATOR) and viewer.writes_people
    )
    if id_ != viewer.person.id and not others:
        raise denied(viewer.method, "an administrator, a learning leader, or that person")
    if until is not None and not today <= until <= today + LONGEST_ABSENCE:
        text = "must be today or later, at most 366 days ahead"
        raise InvalidArgument(
            "FIELD_INVALID", f"until {text}.", {"field": "until"}, violations=[Violation("until", text)]
        )
    async with db.rehearsal() if validate_only else db.transaction() as tx:
        await rerouting.lock(tx)
        person = await tx.person(id_)
        if person.away_until == until:
            return person, Consequences()
        saved = await tx.save_person(replace(person, away_until=until))
        await written(tx, viewer, saved)
        moves = await rerouting.pass_on(tx, today, person.id) if until else []
        why = f"is away until {day(until)}" if until else ""
        await urgent.passed_on(
            tx, person, [(each.suggestion, each.summary, each.after) for each in moves], why
        )
        return saved, await consequences(tx, viewer, moves)
