"""What a change of people comes to: duties that nobody fulfils any more, and suggestions that another person has."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from services.catalog.domain.duties import Duty, Vacancy
from services.catalog.domain.people import Person, Viewer, email_key
from services.catalog.postgres.database import Transaction
from services.catalog.review.rerouting import Move


@dataclass(frozen=True, slots=True)
class Consequences:
    """Vacancies and moves; `emails` by the ids that the moves name."""

    vacancies: tuple[Vacancy, ...] = ()
    moves: tuple[Move, ...] = ()
    emails: dict[str, str] = field(default_factory=dict[str, str])


async def consequences(
    tx: Transaction, viewer: Viewer, moves: Sequence[Move], vacancies: Sequence[Vacancy] = ()
) -> Consequences:
    """What has come of a change, each move in the audit log."""
    for move in moves:
        detail = {"from": move.before, "to": move.after}
        await tx.audited(viewer, f"suggestions/{move.suggestion}", detail)
    ids = {id_ for move in moves for id_ in (move.before, move.after) if id_}
    emails = {person.id: person.email for person in await tx.people(sorted(ids))}
    return Consequences(tuple(vacancies), tuple(moves), emails)


async def vacancies(tx: Transaction, person: Person) -> list[Vacancy]:
    """What nobody who works here would answer for without this person, in the order of names."""
    duties = await tx.duties(person)
    programs = {
        each.id: each for each in await tx.programs(duties.programs | {id_ for id_, _ in duties.stages})
    }
    others = await tx.people_by_email(owner for each in programs.values() for owner in each.owners)
    own = email_key(person.email)
    found: list[Vacancy] = []
    for id_, program in sorted(programs.items()):
        left = [others.get(email_key(owner)) for owner in program.owners if email_key(owner) != own]
        if id_ in duties.programs and not any(each is not None and each.active for each in left):
            found.append(Vacancy(f"programs/{id_}", program.title, Duty.OWNER))
        found += [
            Vacancy(f"programs/{id_}", program.title, Duty(stage.value))
            for holding, stage in sorted(duties.stages)
            if holding == id_
        ]
    for resource in await tx.resources(duties.resources):
        found.append(Vacancy(f"resources/{resource.id}", resource.title, Duty.OWNER))
    return found
