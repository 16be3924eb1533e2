"""Who must approve what, and who may refuse it."""

from __future__ import annotations

from dataclasses import replace

from services.catalog import policy
from services.catalog.domain.people import Duties, Mode, Role, Stage, Viewer
from services.catalog.domain.programs import ProgramItem
from services.catalog.review import routing
from services.catalog.review.domain import Edits, Plan, Risk, State, Suggestion
from services.catalog.review.findings import Relation
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
    use,
)

LEA, LEO = person("lea", Role.LEARNING_LEADER), person("leo", Role.LEARNING_LEADER)
IDA, SAM = person("ida", Role.INSTRUCTIONAL_DESIGNER), person("sam", Role.SPECIALIST)
OLGA = person("olga", Role.SPECIALIST)
A, B = resource("a"), resource("b")
PROGRAM = program("p", "b", owners=("olga@example.org",))
SUMS = {"use": {"b": use()}}


def staff(*people: object) -> Staff:
    holders = {role: tuple(each for each in people if role in each.roles) for role in Role}  # type: ignore[attr-defined]
    return Staff(holders, {each.email: each for each in people})  # type: ignore[attr-defined]


def needed(
    plan: Plan, where: Surroundings, team: Staff, edits: Edits | None = None
) -> dict[str, list[set[str]]]:
    return {
        part.id: [set(slot.people) for slot in routing.needs(part, edits or Edits(), where, team).slots]
        for part in plan.parts
    }


def test_what_is_reversible_and_touches_nobody_needs_one_leader_or_designer_or_the_owner() -> None:
    where = around(A, resource("b", owner="olga@example.org"))
    found = needed(plan_of(duplicate("a", "b"), where), where, staff(LEA, IDA, SAM, OLGA))
    assert found == {"resources": [{"lea", "ida", "olga"}]}


def test_links_may_be_approved_by_a_specialist_and_reviews_may_not() -> None:
    where = around(A, B)
    linked = plan_of(duplicate("a", "b", relation=Relation.SAME_ITEM), where)
    assert needed(linked, where, staff(LEA, SAM)) == {"resources": [{"lea", "sam"}]}
    reviewed = plan_of(outdated("a", "confirm"), where)
    assert needed(reviewed, where, staff(LEA, SAM)) == {"resources": [{"lea"}]}


def test_a_program_with_an_owner_needs_that_owner_and_without_one_a_leader_or_designer() -> None:
    where = around(A, B, PROGRAM)
    plan = plan_of(duplicate("a", "b"), where)
    assert needed(plan, where, staff(LEA, IDA, OLGA))["programs/p"] == [{"olga"}]
    assert needed(plan, where, staff(LEA, IDA))["programs/p"] == [{"lea", "ida"}]


def test_the_riskiest_need_a_leader_and_a_second_person() -> None:
    where = around(A, B, program("p", "b"), **SUMS)
    plan = plan_of(duplicate("a", "b"), where)
    assert needed(plan, where, staff(LEA, IDA))["programs/p"] == [{"lea"}, {"lea", "ida"}]
    owned = around(A, B, PROGRAM, **SUMS)
    plan = plan_of(duplicate("a", "b"), owned)
    assert needed(plan, owned, staff(LEA, IDA, OLGA))["programs/p"] == [{"lea"}, {"olga"}]


def test_two_approvals_mean_two_persons() -> None:
    where = around(A, B, program("p", "b"), **SUMS)
    part = plan_of(duplicate("a", "b"), where).parts[0]
    needs = routing.needs(part, Edits(), where, staff(LEA, LEO))
    assert len(needs.open(["lea"])) == 1
    assert len(needs.open(["lea", "lea"])) == 1
    assert needs.open(["lea", "leo"]) == ()
    designers = routing.needs(part, Edits(), where, staff(LEA, IDA))
    assert [slot.label for slot in designers.open(["ida"])] == ["a learning leader"]
    assert designers.open(["lea", "ida"]) == ()


def test_where_one_person_alone_could_give_both_the_second_is_waived_and_flagged() -> None:
    where = around(A, B, program("p", "b"), **SUMS)
    plan = plan_of(duplicate("a", "b"), where)
    needs = routing.needs(plan.parts[0], Edits(), where, staff(LEA))
    assert (needs.open(["lea"]), needs.one_approver) == ((), True)
    assert not routing.needs(plan.parts[0], Edits(), where, staff(LEA, IDA)).one_approver


def test_without_a_learning_leader_nobody_can_approve_the_riskiest() -> None:
    where = around(A, B, program("p", "b"), **SUMS)
    plan = plan_of(duplicate("a", "b"), where)
    lines = routing.outstanding(plan, Edits(), (), where, staff(IDA))
    assert any("a learning leader (nobody can give it now)" in line for line in lines)


def test_who_edited_the_plan_is_not_its_only_approver_where_others_could_be() -> None:
    where = around(A, B, program("p", "b"))
    part = plan_of(duplicate("a", "b"), where).parts[0]
    mine = Edits(author="ida")
    assert routing.needs(part, mine, where, staff(LEA, IDA)).people == {"lea"}
    alone = routing.needs(part, mine, where, staff(IDA))
    assert (alone.people, alone.one_approver) == ({"ida"}, True)


def test_a_specialist_refuses_what_is_metadata_and_owners_what_they_own() -> None:
    where = around(A, B, PROGRAM)

    def may(who: object, proposal: object, duties: Duties | None = None) -> bool:
        plan = plan_of(proposal, where)  # type: ignore[arg-type]
        suggestion = Suggestion("s", 1, State.OPEN, 1, proposal, plan, NOW, NOW, 0.9)  # type: ignore[arg-type]
        viewer = Viewer(who, duties or Duties())  # type: ignore[arg-type]
        row = policy.METHODS["/winnow.review.v1.ReviewService/RejectSuggestion"]
        return row.allows(viewer, routing.standing(viewer, suggestion, where))

    copies, links = duplicate("a", "b"), duplicate("a", "b", relation=Relation.SAME_ITEM)
    assert may(LEA, copies)
    assert may(IDA, copies)
    assert not may(SAM, copies)
    assert may(SAM, links)
    assert may(OLGA, copies, Duties(programs=frozenset({"p"})))
    assert may(OLGA, copies, Duties(resources=frozenset({"a"})))
    assert not may(OLGA, copies, Duties(programs=frozenset({"q"})))


def test_a_program_owner_approves_where_program_rules_hold_and_a_resource_owner_always() -> None:
    where = around(A, resource("b", owner="sam@example.org"), PROGRAM)
    team = staff(LEA, SAM, OLGA)
    retire = plan_of(outdated("b", "deprecate"), where)
    assert retire.risk is Risk.R1
    for mode, entitled in ((Mode.ROLE_BASED, {"lea", "sam"}), (Mode.PROGRAM_BASED, {"lea", "sam", "olga"})):
        assert needed(retire, where, replace(team, mode=mode)) == {"resources": [entitled]}


def test_by_role_rules_one_leader_or_designer_approves_for_a_program_with_an_owner() -> None:
    where = around(A, B, PROGRAM)
    plan = plan_of(duplicate("a", "b"), where)
    by_role = replace(staff(LEA, IDA, OLGA), mode=Mode.ROLE_BASED)
    assert needed(plan, where, by_role)["programs/p"] == [{"lea", "ida"}]
    many = around(A, B, PROGRAM, **SUMS)
    riskiest = needed(plan_of(duplicate("a", "b"), many), many, by_role)
    assert riskiest["programs/p"] == [{"lea"}, {"lea", "ida"}]


def test_a_stages_holder_approves_what_belongs_to_it_and_an_owner_may_step_in() -> None:
    where = around(A, B, PROGRAM)
    stan = person("stan")
    team = replace(staff(LEA, OLGA), stages={"p": {Stage.DEVELOP: stan}})
    retire = plan_of(outdated("b", "deprecate"), where)
    part = retire.parts[0]
    assert routing.needs(part, Edits(), where, team, Stage.DEVELOP).people == {"lea", "olga", "stan"}
    assert routing.needs(part, Edits(), where, team, Stage.DESIGN).people == {"lea", "olga"}
    assert routing.needs(part, Edits(), where, replace(team, mode=Mode.ROLE_BASED), Stage.DEVELOP).people == {
        "lea"
    }
    assert routing.capacity(stan, part, where, team, Stage.DEVELOP) == "DEVELOP"
    dropped = plan_of(drop("p", "b"), where).parts[0]
    designed = replace(team, stages={"p": {Stage.DESIGN: stan}})
    assert routing.capacity(OLGA, dropped, where, designed, Stage.DESIGN) == "OWNER_STEPPED_IN"
    assert routing.capacity(OLGA, dropped, where, team, Stage.DESIGN) == "OWNER"


def test_whoever_owns_a_program_around_may_approve_in_place_of_its_owner_and_need_not() -> None:
    oda = person("oda")
    outer = program("q", ProgramItem(program="m"), owners=("oda@example.org",))
    where = around(A, B, PROGRAM, outer, program("m", ProgramItem(program="p")))
    plan = plan_of(duplicate("a", "b"), where)
    assert [part.id for part in plan.parts] == ["programs/p", "resources"]
    team = staff(LEA, IDA, OLGA, oda)
    assert needed(plan, where, team)["programs/p"] == [{"olga", "oda"}]
    slot = routing.needs(plan.parts[0], Edits(), where, team).slots[0]
    assert slot.label == "an owner of “P” or “Q”"
    assert routing.capacity(oda, plan.parts[0], where, team) == "OWNER_STEPPED_IN"
    # Nobody is asked in the outer program's name, and where the inner one has no owner by role, as before, too.
    assert needed(plan, where, staff(LEA, IDA, oda))["programs/p"] == [{"lea", "ida", "oda"}]
    assert routing.capacity(oda, plan.parts[0], where, staff(LEA, oda)) == "OWNER"
    assert needed(plan, where, replace(team, mode=Mode.ROLE_BASED))["programs/p"] == [{"lea", "ida"}]


def test_whoever_owns_a_program_around_refuses_what_is_inside_it() -> None:
    outer = program("q", ProgramItem(program="p"))
    where = around(A, B, PROGRAM, outer, program("o", ProgramItem(program="q"), archived=True))
    proposal = duplicate("a", "b")
    plan = plan_of(proposal, where)
    suggestion = Suggestion("s", 1, State.OPEN, 1, proposal, plan, NOW, NOW, 0.9)

    def theirs(program: str) -> list[str]:
        viewer = Viewer(
            person("oda"),
            Duties(programs=frozenset({program})),
            method="/winnow.review.v1.ReviewService/RejectSuggestion",
        )
        assert policy.METHODS[viewer.method].allows(viewer, routing.standing(viewer, suggestion, where)) is (
            program in "pq"
        )
        return [part.id for part in plan.parts if routing.answers_for(viewer, suggestion, part, where)]

    assert theirs("p") == theirs("q") == ["programs/p", "resources"]
    assert theirs("o") == []  # an archived one reaches nothing
