"""Whose a suggestion is: exactly one person, by the list of behaviour.md §2."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from services.catalog.domain.people import Person, Role, email_key
from services.catalog.domain.programs import Program
from services.catalog.review.domain import Assignee, Plan, State, Suggestion
from services.catalog.review.effects import effects
from services.catalog.review.findings import Proposal
from services.catalog.review.routing import Staff
from services.catalog.review.surroundings import Surroundings, bare

_FITTING = (Role.INSTRUCTIONAL_DESIGNER, Role.LEARNING_LEADER)
"""Roles that may decide every kind; the leader where there is no designer."""


def assignee(proposal: Proposal, plan: Plan, around: Surroundings, staff: Staff) -> Assignee:
    """The first by duty who is there, else the holders of the fitting role; whoever is away only where nobody else is.

    Empty where the rules name nobody.
    """
    by_duty = list(_by_duty(proposal, plan, around, staff))
    for there in (True, False):
        person = next((each for each in by_duty if (each.id not in staff.away) is there), None)
        if person is not None:
            return Assignee(person.id)
        for role in _FITTING:
            holders = [
                each.id for each in staff.holders.get(role, ()) if (each.id not in staff.away) is there
            ]
            if holders:
                return Assignee(holders=tuple(sorted(holders)))
    return Assignee()


def by_rules(proposal: Proposal, plan: Plan, around: Surroundings, staff: Staff) -> Assignee:
    """The same with who owns now what it is about, so that a move of duties is told from one of figures."""
    members = around.present(proposal.resources)
    programs = {program.id: program for each in members for program in around.holding(each.id)}
    programs |= {id_: around.programs[id_] for id_ in proposal.programs if id_ in around.programs}
    owners = {each.id: _digest([each.owner]) for each in members}
    owners |= {id_: _digest(each.owners) for id_, each in programs.items()}
    return replace(assignee(proposal, plan, around, staff), owners=owners)


def _digest(emails: Sequence[str]) -> str:
    said = "\n".join(map(email_key, emails))
    return hashlib.sha256(said.encode()).hexdigest()[:12]  # kept with each suggestion, and only ever compared


def fewest(whose: Assignee, load: Mapping[str, int]) -> str:
    """The person by duty, else whoever has fewest of those who hold the role; empty when the rules name nobody."""
    return whose.person or min(whose.holders, key=lambda each: (load.get(each, 0), each), default="")


def routed(suggestion: Suggestion, now: Assignee, settled_before: datetime) -> tuple[Assignee, str]:
    """What the rules say of it, and whom it is given to, where they are `now` asked anew.

    Given by hand it stays. What somebody has by the rules goes to whom they name once duties have moved: what waits
    for a slot is nobody's until then, and so is what the holders of a role share. Where only figures have moved,
    whoever has it keeps it once it is settled, and with it what the rules said of it then.
    """
    said, person = suggestion.whose, suggestion.assignee
    if now.names(person) or not said.names(person):
        return now, person
    if said.others_own(now) or _first_owned(suggestion, now):
        return now, "" if suggestion.state in (State.HELD, State.OPEN) else now.person
    settled = suggestion.touched or suggestion.create_time < settled_before
    return (replace(said, owners=now.owners) if settled else now), person


def _first_owned(suggestion: Suggestion, now: Assignee) -> bool:
    """Whether a role had what is somebody's by duty now that one program more holds the same members."""
    said = suggestion.whose
    new = now.owners.keys() - said.owners.keys()
    same = said.owners.keys() >= set(suggestion.proposal.resources)
    return bool(not said.person and now.person and new and same)


def _by_duty(proposal: Proposal, plan: Plan, around: Surroundings, staff: Staff) -> Iterator[Person]:
    """Active people by duty, in the order in which it is theirs."""
    members = around.present(proposal.resources)
    held = {program.id: program for each in members for program in around.holding(each.id)}
    named = {id_: around.programs[id_] for id_ in proposal.programs if id_ in around.programs}
    stage = proposal.stage
    for program in _by_learners([*(named or held).values()], around):
        if stage is None or not staff.by_program_rules(program):
            continue
        holder = staff.stages.get(program.id, {}).get(stage)
        if holder is not None:
            # Whoever owns the program steps in for a holder who is away or gone.
            yield from (person for person in (holder, *staff.owners(program)) if person.active)
        elif program.id in named:
            # What is found about a program itself is its owner's where nobody holds the stage.
            yield from staff.owners(program)
    changed = effects(plan.parts).written
    for resource in sorted(members, key=lambda each: each.id not in changed):
        owner = staff.owner(resource)
        if owner is not None:
            yield owner
    for program in _by_learners([*held.values()], around):
        yield from staff.owners(program)


def answers_for(name: str, around: Surroundings, staff: Staff) -> Person | None:
    """The owner of a program (a co-owner while they are away) or of a resource, or who answers for one without."""
    program = around.programs.get(bare(name))
    resource = around.resource(bare(name))
    if program is not None:
        return next(iter(sorted(staff.owners(program), key=lambda each: each.id in staff.away)), None)
    if resource is None:
        return None
    standing_in = inherited(resource.id, around, staff)
    return staff.owner(resource) or (standing_in[1] if standing_in else None)


def inherited(resource: str, around: Surroundings, staff: Staff) -> tuple[Program, Person] | None:
    """Who answers for a resource that names no owner: the owner of the program with most learners that uses it."""
    for program in _by_learners(around.holding(resource), around):
        for owner in staff.owners(program):
            return program, owner
    return None


def _by_learners(programs: Sequence[Program], around: Surroundings) -> list[Program]:
    """Most learners first; equals in an order that names no id made here."""
    return sorted(programs, key=lambda each: (-around.learners(each), each.source, each.key))
