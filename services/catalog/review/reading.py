"""Reading suggestions and the log: what it takes to show them is read in the same moment."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import date

from services.catalog.domain.people import email_key
from services.catalog.postgres.database import Database, Transaction
from services.catalog.review import forming, postgres, postgres_decisions, postgres_tasks, routing
from services.catalog.review.domain import (
    Decision,
    Simulation,
    State,
    Subject,
    Suggestion,
    Tally,
    Wanted,
    replacement,
)
from services.catalog.review.findings import Kind
from services.catalog.review.postgres import Place
from services.catalog.review.routing import Staff
from services.catalog.review.surroundings import Surroundings
from services.catalog.review.wire import Shown
from services.catalog.usecases import purview

_ASKING = frozenset({State.HELD, State.OPEN, State.SNOOZED})


@dataclass(frozen=True, slots=True)
class Asked:
    """Which suggestions; `assignee` is an e-mail, `resource` and `program` are ids, `query` words of the summary.

    Empty for any. Of a program those that concern it or something in it; `shared_with` is an e-mail: those that touch
    a program of theirs, or one inside it, and are assigned to somebody else. `resources` are ids, one of which is
    among their members.
    """

    states: tuple[State, ...] = ()
    kind: Kind | None = None
    assignee: str = ""
    resource: str = ""
    query: str = ""
    order: str = ""
    program: str = ""
    shared_with: str = ""
    ids: tuple[str, ...] = ()
    resources: tuple[str, ...] = ()


async def shown(tx: Transaction, today: date, found: Sequence[Suggestion]) -> list[Shown]:
    """The suggestions with what it takes to show them."""
    around, staff = await forming.scene(tx, today, found)
    return await shown_on(tx, found, around, staff)


async def shown_on(
    tx: Transaction, found: Sequence[Suggestion], around: Surroundings, staff: Staff
) -> list[Shown]:
    """The suggestions amid rows that are read already."""
    people = {person for each in found for person in (each.assignee, each.filed_by, each.edits.author)} | {
        a.person for each in found for a in each.approvals
    }
    people |= {each.decision.actor for each in found if each.decision is not None}
    questions = await postgres_tasks.questions(tx, [each.id for each in found])
    people |= {
        person for asked in questions.values() for each in asked for person in (each.assignee, each.author)
    }
    before = await postgres.decided_before(tx, [each.id for each in found if each.live and each.returned])
    people |= {decision.actor for past in before.values() for decision in past}
    known = {person.id: person for person in await tx.people(sorted(people - {""}))}
    emails = {id_: person.email for id_, person in known.items()}
    made: list[Shown] = []
    for each in found:
        stage = each.proposal.stage
        needed = [routing.needs(part, each.edits, around, staff, stage) for part in each.plan.parts]
        missing = routing.missing(each.plan, each.approvals, needed) if each.state in _ASKING else ()
        # Where nothing is missing, a yes has the plan checked again: anybody's who has said it.
        given = (
            {(one.person, one.part) for one in each.valid_approvals} if missing else set[tuple[str, str]]()
        )
        made.append(
            Shown(
                each,
                around,
                emails,
                missing,
                any(needs.one_approver for needs in needed),
                frozenset(
                    person for needs in needed for person in needs.people if (person, needs.part) not in given
                ),
                tuple(questions.get(each.id, ())),
                tuple(before.get(each.id, ())),
                known[each.assignee].shown_name if each.assignee in known else "",
            )
        )
    return made


async def get_suggestion(db: Database, id_: str) -> Shown:
    """One suggestion; NotFound when there is none."""
    async with db.snapshot() as tx:
        found = await postgres.suggestion(tx, id_)
        return (await shown(tx, db.clock.today(), [found]))[0]


async def get_suggestions(db: Database, ids: Sequence[str]) -> list[Shown]:
    """Those of these suggestions that there are, in id order."""
    async with db.snapshot() as tx:
        return await shown(tx, db.clock.today(), await postgres.suggestions(tx, ids))


async def list_suggestions(
    db: Database, asked: Asked, *, after: Place | None, limit: int
) -> list[tuple[float | None, Shown]]:
    """A page of suggestions with their places in the order asked for, by which the next page is found."""
    async with db.snapshot() as tx:
        found = await places(tx, asked, after=after, limit=limit)
        known = {each.id: each for each in await postgres.suggestions(tx, [id_ for _, id_ in found])}
        seen = await shown(tx, db.clock.today(), [known[id_] for _, id_ in found])
        return [(place, each) for (place, _), each in zip(found, seen, strict=True)]


async def places(tx: Transaction, asked: Asked, *, after: Place | None, limit: int) -> list[Place]:
    """Ids of a page of suggestions with their places in the order asked for; NotFound for a program there is not."""
    assignee: str | None = None
    if asked.assignee:
        people = await tx.people_by_email([email_key(asked.assignee)])
        if not people:
            return []
        assignee = next(iter(people.values())).id
    names = await _names(tx, [asked.resource]) if asked.resource else None
    among = await _names(tx, asked.resources) if asked.resources else None
    objects: Collection[str] | None = None
    if asked.program:
        objects = await purview.inside(tx, [(await tx.program(asked.program)).id])
    but = ""
    if asked.shared_with:
        owner = (await tx.people_by_email([asked.shared_with])).get(email_key(asked.shared_with))
        owned = await purview.nested(tx, (await tx.duties(owner)).programs) if owner else frozenset[str]()
        objects = owned if objects is None else owned & frozenset(objects)
        but = owner.id if owner else ""
    return await postgres.places(
        tx,
        after=after,
        limit=limit,
        states=asked.states,
        kind=asked.kind,
        assignee=assignee,
        resource=names,
        resources=among,
        objects=objects,
        but=but,
        query=asked.query,
        order=asked.order,
        ids=asked.ids,
    )


async def _names(tx: Transaction, ids: Sequence[str]) -> list[str]:
    """By which suggestions may call these resources."""
    return [name for each in await tx.resources(ids) for name in (each.id, *each.aliases)]


async def count_suggestions(db: Database, query: str, *, viewer: str) -> list[Tally]:
    """How many of each state and kind there are, and how many of these are the viewer's (a person's id)."""
    async with db.glance() as tx:
        return await postgres.counts(tx, query=query, person=viewer)


async def count_identical(db: Database) -> int:
    """How many suggestions of identical texts wait."""
    async with db.glance() as tx:
        return await postgres_decisions.identical(tx)


async def count_about_programs(
    db: Database, programs: Sequence[str], query: str, *, viewer: str
) -> list[Tally]:
    """By program (ids) how many live ones concern it or something in it; without a program that is not there."""
    async with db.snapshot() as tx:
        objects = await purview.inside_each(tx, programs)
        return await postgres.counts_about(tx, objects, query=query, person=viewer)


async def simulate(db: Database, id_: str) -> Simulation:
    """What the plan would do to each enrolment with today's facts; empty for a plan that touches no learner."""
    async with db.snapshot() as tx:
        found = await postgres.suggestion(tx, id_)
        on = await forming.ground(tx, db.clock.today(), [found.proposal])
        made = await forming.formed(tx, found, on)
        return made.suggestion.plan.simulation or Simulation()


@dataclass(frozen=True, slots=True)
class Log:
    """A page of decisions with the e-mails of who made them and what they are on."""

    decisions: tuple[Decision, ...]
    emails: dict[str, str]
    subjects: tuple[Subject, ...]


async def list_decisions(db: Database, wanted: Wanted, *, before: str, limit: int) -> Log:
    """What is wanted of the log, newest first; `wanted.actor` is an e-mail here, or the name of what is no person."""
    async with db.snapshot() as tx:
        if "@" in wanted.actor:
            somebody = await tx.people_by_email([email_key(wanted.actor)])
            if not somebody:
                return Log((), {}, ())
            wanted = replace(wanted, actor=next(iter(somebody.values())).id)
        found = await postgres.decisions(tx, wanted, before=before, limit=limit)
        people = await tx.people(sorted({each.actor for each in found}))
        about = {name for each in found for name in (each.suggestion, replacement(each)) if name}
        subjects = await postgres.subjects(tx, sorted(about))
        return Log(tuple(found), {person.id: person.email for person in people}, tuple(subjects))
