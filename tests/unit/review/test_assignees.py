"""Whose a suggestion is: the list of behaviour.md §2, from the stage's holder to the leader."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from services.catalog.domain.people import Mode, Person, Role, Stage
from services.catalog.review.assignees import assignee, by_rules, routed
from services.catalog.review.domain import Assignee, Plan, State, Suggestion
from services.catalog.review.findings import Claim, Proposal, Relation
from services.catalog.review.routing import Staff
from services.catalog.review.surroundings import Surroundings
from tests.unit.review.shorthand import (
    NOW,
    around,
    drop,
    duplicate,
    outdated,
    person,
    plan_of,
    program,
    resource,
    unused,
    use,
)

LEA, IDA = person("lea", Role.LEARNING_LEADER), person("ida", Role.INSTRUCTIONAL_DESIGNER)
IVO = person("ivo", Role.INSTRUCTIONAL_DESIGNER)
OLGA, OTTO, STAN, RUTH = person("olga"), person("otto"), person("stan"), person("ruth")
A = resource("a")
OWNED = program("p", "a", owners=("olga@example.org", "otto@example.org"))
FREE = program("p", "a")


def staff(*people: Person, stages: dict[Stage, Person] | None = None, **more: Any) -> Staff:
    holders = {role: tuple(each for each in people if each.has(role)) for role in Role}
    present = {each.email: each for each in people if each.active}
    return Staff(holders, present, stages={"p": stages or {}}, **more)


TEAM = (LEA, IDA, OLGA, OTTO, STAN, RUTH)


def whose(proposal: Proposal, where: Surroundings, team: Staff) -> Assignee:
    return assignee(proposal, plan_of(proposal, where), where, team)


def claimed(*codes: str) -> Proposal:
    return replace(outdated("a", "request_update"), claims=tuple(Claim(code, 0.9) for code in codes))


@pytest.mark.parametrize(
    ("proposal", "stage"),
    [
        (drop("p", "a"), Stage.DESIGN),
        (outdated("a", "confirm"), Stage.DEVELOP),
        (claimed("dead_link", "retired_vocabulary"), Stage.DEVELOP),
        (claimed("dead_link"), Stage.FACILITATE),
        (claimed("unplayable"), Stage.FACILITATE),
        (unused("a"), Stage.EVALUATE),
        (duplicate("a", "b", relation=Relation.REVISED), Stage.DEVELOP),
        (duplicate("a", "b"), None),
    ],
)
def test_each_kind_of_finding_belongs_to_a_stage(proposal: Proposal, stage: Stage | None) -> None:
    assert proposal.stage is stage


@pytest.mark.parametrize(
    ("mode", "where", "expected"),
    [
        (Mode.HYBRID, around(A, OWNED), "stan"),
        (Mode.HYBRID, around(A, FREE), ""),  # without an owner role rules hold, and nobody owns the resource
        (Mode.PROGRAM_BASED, around(A, OWNED), "stan"),
        (Mode.PROGRAM_BASED, around(A, FREE), "stan"),
        (Mode.ROLE_BASED, around(A, OWNED), "olga"),
        (Mode.ROLE_BASED, around(A, FREE), ""),
    ],
)
def test_a_stage_counts_where_program_rules_apply(mode: Mode, where: Surroundings, expected: str) -> None:
    found = whose(outdated("a", "confirm"), where, staff(*TEAM, stages={Stage.DEVELOP: STAN}, mode=mode))
    assert found == (Assignee(expected) if expected else Assignee(holders=("ida",)))


@pytest.mark.parametrize(
    ("away", "expected"),
    [
        ((), Assignee("stan")),
        (("stan",), Assignee("olga")),
        (("stan", "olga"), Assignee("otto")),
        (("stan", "olga", "otto"), Assignee("ruth")),
        (("stan", "olga", "otto", "ruth"), Assignee(holders=("ida",))),
        (("stan", "olga", "otto", "ruth", "ida"), Assignee(holders=("lea",))),
        # Where everybody is away it waits for the first of the list rather than for nobody.
        (("stan", "olga", "otto", "ruth", "ida", "lea"), Assignee("stan")),
    ],
)
def test_who_is_away_is_passed_by_down_the_list(away: tuple[str, ...], expected: Assignee) -> None:
    where = around(resource("a", owner="ruth@example.org"), OWNED)
    team = staff(*TEAM, stages={Stage.DEVELOP: STAN}, away=frozenset(away))
    assert whose(outdated("a", "confirm"), where, team) == expected


def test_who_has_left_is_as_if_away() -> None:
    gone = replace(STAN, deactivate_time=NOW)
    where = around(resource("a", owner="ruth@example.org"), OWNED)
    team = staff(LEA, IDA, OTTO, RUTH, stages={Stage.DEVELOP: gone})
    assert whose(outdated("a", "confirm"), where, team) == Assignee("otto")


def test_without_anybody_the_rules_name_nobody() -> None:
    assert whose(outdated("a", "confirm"), around(A), staff(OLGA)) == Assignee()


def test_of_several_programs_the_one_with_most_learners_counts() -> None:
    big = program("q", "b", "a", owners=("otto@example.org",))
    where = around(A, resource("b"), OWNED, big, use={"a": use(started=5), "b": use(started=50)})
    assert whose(unused("a"), where, staff(*TEAM)) == Assignee("otto")


def test_equals_by_role_share_and_the_owner_of_what_changes_comes_first() -> None:
    assert whose(outdated("a", "confirm"), around(A), staff(LEA, IDA, IVO)) == Assignee(
        holders=("ida", "ivo")
    )
    where = around(resource("a", owner="olga@example.org"), resource("b", owner="ruth@example.org"))
    assert whose(duplicate("a", "b"), where, staff(*TEAM)) == Assignee("ruth")
    kept = around(resource("a", owner="olga@example.org"), resource("b"))
    assert whose(duplicate("a", "b"), kept, staff(*TEAM)) == Assignee("olga")


def test_a_program_is_its_owners_where_nobody_holds_the_stage() -> None:
    where = around(resource("a", owner="ruth@example.org"), OWNED)
    assert whose(drop("p", "a"), where, staff(*TEAM)) == Assignee("olga")
    by_role = staff(*TEAM, mode=Mode.ROLE_BASED)
    assert whose(drop("p", "a"), where, by_role) == Assignee("ruth")


def test_only_other_owners_of_what_it_is_still_about_take_a_suggestion_from_whom_it_is_with() -> None:
    """Not a member that is new or gone, nor a program that holds one or no longer does."""
    proposal = duplicate("a", "b")

    def rules(where: Surroundings, found: Proposal = proposal) -> Assignee:
        return by_rules(found, plan_of(found, where), where, staff(*TEAM))

    a, b, c = resource("a"), resource("b", owner="ruth@example.org"), resource("c", owner="otto@example.org")
    before = around(a, b, c, OWNED)
    known = Suggestion(
        id="s",
        version=1,
        state=State.OPEN,
        revision=1,
        proposal=proposal,
        plan=Plan(),
        create_time=NOW,
        update_time=NOW,
        confidence=0.9,
        touched=True,
        whose=rules(before),
        assignee="ruth",
    )
    for where, found in (
        (before, duplicate("a", "c")),
        (before, duplicate("a", "c", "b")),
        (around(a, b, c), proposal),
        (around(a, b, c, OWNED, program("q", "b", owners=("stan@example.org",))), proposal),
    ):
        assert routed(known, rules(where, found), NOW)[1] == "ruth"
    other = around(a, resource("b", owner="otto@example.org"), OWNED)
    assert routed(known, rules(other), NOW)[1] == ""
    assert routed(replace(known, state=State.SCHEDULED), rules(other), NOW)[1] == "otto"
    # What a role has, since nobody owned any of it, is of whoever owns a program that holds it from now on.
    free = replace(known, whose=rules(around(a, resource("b"))), assignee="ida")
    assert routed(free, rules(around(a, resource("b"), OWNED)), NOW)[1] == ""
    wider = replace(free, proposal=duplicate("a", "b", "c"))
    assert routed(wider, rules(around(a, resource("b"), c), wider.proposal), NOW)[1] == "ida"
