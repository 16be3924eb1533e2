"""Short ways to say what a catalog holds, for tests of review's rules."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any

from services.catalog.domain.engagement import Enrolment, Month, Use
from services.catalog.domain.people import Person, Role
from services.catalog.domain.programs import ObservedProgram, Program, ProgramItem
from services.catalog.domain.resources import Listing, Observed, Resource
from services.catalog.domain.sources import Source
from services.catalog.review.assessment import assessed
from services.catalog.review.domain import Edits, Plan
from services.catalog.review.findings import Draft, Evidence, Kind, Member, Proposal, Relation
from services.catalog.review.surroundings import Surroundings

NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
TODAY = NOW.date()


def resource(
    id_: str, *, source: str = "lms", hold: str = "", equivalents: Sequence[str] = (), **said: Any
) -> Resource:
    listing = Listing(
        source=source,
        external_id=f"x-{id_}",
        format="csv",
        observed=Observed(**{"title": id_.upper(), **said}),
        outline_hash=f"hash-{id_}",
        content_hash=f"hash-{id_}",
        home=id_,
    )
    return Resource(
        id=id_,
        version=1,
        revision=1,
        create_time=NOW,
        update_time=NOW,
        listings=(listing,),
        hold=hold,
        equivalents=tuple(equivalents),
    )


def item(id_: str, *, mandatory: bool = True, needs: Sequence[str] = ()) -> ProgramItem:
    return ProgramItem(reference=f"x-{id_}", resource=id_, mandatory=mandatory, prerequisites=tuple(needs))


def program(id_: str, *items: ProgramItem | str, **said: Any) -> Program:
    made = tuple(each if isinstance(each, ProgramItem) else item(each) for each in items)
    return Program(
        id=id_,
        source="lms",
        key=id_,
        version=1,
        revision=1,
        create_time=NOW,
        update_time=NOW,
        observed_program=ObservedProgram(title=id_.title(), items=made, **said),
    )


def use(
    *,
    started: int = 10,
    in_progress: int | None = None,
    learners: int | None = None,
    newest: date = date(2026, 11, 1),
    completed: int = 0,
) -> Use:
    return Use(
        months=(Month(newest, started=started, completed=completed),),
        newest=newest,
        in_progress=in_progress,
        learners=learners,
    )


def enrolled(
    learner: str,
    *,
    resource: str = "",
    program: str = "",
    state: str = "in_progress",
    due: date | None = None,
) -> Enrolment:
    return Enrolment(learner, resource, program, date(2026, 11, 1), state, due)


def around(*things: Resource | Program, **more: Any) -> Surroundings:
    sources: Mapping[str, Source] = more.pop(
        "sources", {"lms": Source(id="s", display_name="lms", from_files=True)}
    )
    return Surroundings(
        today=more.pop("today", TODAY),
        resources={each.id: each for each in things if isinstance(each, Resource)},
        programs={each.id: each for each in things if isinstance(each, Program)},
        sources=sources,
        **more,
    )


def duplicate(
    survivor: str,
    *losers: str,
    relation: Relation = Relation.IDENTICAL,
    chosen: bool = True,
    evidence: Sequence[Evidence] = (),
    score: float = 0.95,
) -> Proposal:
    operation = "deprecate" if relation is Relation.REVISED else "archive"
    return Proposal(
        key=f"DUPLICATE:{','.join(sorted((survivor, *losers)))}",
        kind=Kind.DUPLICATE,
        relation=relation,
        members=(Member(survivor, survivor=chosen), *(Member(each) for each in losers)),
        score=score,
        drafts=tuple(Draft(operation, each, survivor) for each in losers),
        evidence=tuple(evidence),
    )


def outdated(id_: str, operation: str, other: str = "", evidence: Sequence[Evidence] = ()) -> Proposal:
    return Proposal(
        key=f"OUTDATED:{id_}",
        kind=Kind.OUTDATED,
        relation=Relation.NONE,
        members=(Member(id_), *((Member(other),) if other else ())),
        score=1.0,
        drafts=(Draft(operation, id_, other),),
        evidence=tuple(evidence),
    )


def unused(id_: str, operation: str = "unlist", *dropped_from: str) -> Proposal:
    drops = tuple(Draft("item_drop", id_, program=program_id) for program_id in dropped_from)
    return Proposal(
        key=f"UNUSED:{id_}",
        kind=Kind.UNUSED,
        relation=Relation.NONE,
        members=(Member(id_),),
        programs=dict.fromkeys(dropped_from, 1),
        score=0.85,
        drafts=(*drops, Draft(operation, id_)),
    )


def drop(program_id: str, *items: str, saving: float = 10.0) -> Proposal:
    return Proposal(
        key=f"PROGRAM:{program_id}:drop",
        kind=Kind.PROGRAM,
        relation=Relation.NONE,
        members=tuple(Member(each) for each in items),
        programs={program_id: 1},
        score=0.9,
        drafts=tuple(Draft("item_drop", each, program=program_id) for each in items),
        saving_minutes=saving,
    )


def plan_of(proposal: Proposal, where: Surroundings, **edits: Any) -> Plan:
    return assessed(proposal, Edits(**edits), where, {})


def said(plan: Plan) -> list[tuple[str, str, str]]:
    """(part, operation, target) of each change."""
    return [(part.id, str(change.operation), change.target) for part in plan.parts for change in part.changes]


def person(id_: str, *roles: Role) -> Person:
    return Person(id_, f"{id_}@example.org", id_.title(), roles, NOW)
