"""Worked examples of behaviour.md §11 that turn on decisions, with the curator's findings played: outcomes only."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import grpc
import pytest

from services.kit.protobuf import date_message
from tests.integration.review.conftest import Curator, Reviewer, Team, bare, course, sealed, words
from tests.integration.review.test_edits import edit
from tests.integration.review.test_filing import file
from tests.integration.review.test_ledger import verdicts
from tests.integration.review.test_program_plans import proposal
from tests.integration.review.test_responsibility import give, set_duties
from tests.integration.review.test_reviewers import detail, refused
from winnow.catalog.v1 import catalog_service_pb2 as api
from winnow.catalog.v1 import insights_pb2
from winnow.catalog.v1.duty_pb2 import Duty
from winnow.catalog.v1.people_service_pb2 import Person
from winnow.catalog.v1.resource_pb2 import Resource
from winnow.curation.v1.proposal_pb2 import DraftOperation
from winnow.review.v1 import note_pb2
from winnow.review.v1 import review_service_pb2 as review
from winnow.review.v1.suggestion_pb2 import Suggestion


async def test_example_1_one_owner_keeps_the_course_and_the_other_programs_go_on(
    leader: Reviewer, curator: Curator
) -> None:
    b, a, c = await leader.put(*(course(f"p{n}", f"Privacy {n}", words("a")) for n in "bac"))
    programs = [await leader.program(f"program {n}", a) for n in range(3)]
    await curator.propose(curator.duplicate(b, a, c))
    seen = await leader.only(Suggestion.OPEN)
    left = await leader.reject(seen, "different_audience", parts=[programs[0].name], comment="For doctors.")
    assert await verdicts(leader) == []
    applied = await leader.accept(left)
    assert applied.state == Suggestion.APPLIED
    assert (await leader.resource(a)).lifecycle == Resource.PUBLISHED
    assert (await leader.resource(c)).lifecycle == Resource.ARCHIVED
    (verdict,) = await verdicts(leader)
    assert (verdict.verdict, {verdict.a, verdict.b}) == ("variant", {a.name, b.name})
    assert (verdict.comment, verdict.suggestion) == ("For doctors.", seen.name)


async def test_examples_2_and_8_age_alone_asks_for_one_review_and_current_counts_from_today(
    leader: Reviewer, curator: Curator
) -> None:
    (one,) = await leader.put(course("c1", "Old but right", words("a")))
    await curator.propose(curator.outdated(one, months=36))
    seen = await leader.only(Suggestion.OPEN)
    assert [change.operation for part in seen.plan.parts for change in part.changes] == ["confirm"]
    assert (await leader.accept(seen)).state == Suggestion.APPLIED
    now = await leader.resource(one)
    assert (now.review_date.year, now.lifecycle) == (now.reviewed.year + 3, Resource.PUBLISHED)


async def test_example_4_what_is_added_to_a_program_before_its_archive_is_due_stays(
    leader: Reviewer, curator: Curator, team: Team
) -> None:
    designer = await team.join("ida@example.org", Person.INSTRUCTIONAL_DESIGNER)
    (c,) = await leader.put(course("c", "C", words("c")))
    await curator.propose(curator.outdated(c, "archive", code="expired", hard=True))
    seen = await leader.only(Suggestion.OPEN)
    tomorrow = date_message(datetime.now(UTC).date() + timedelta(days=1))
    later = await edit(leader, seen, apply_date=tomorrow)
    approved = await leader.accept(later)
    assert approved.state == Suggestion.SCHEDULED
    onboarding = await designer.program("onboarding", c)
    back = await leader.in_state(seen.name, Suggestion.OPEN)
    assert back.revision == approved.revision + 1
    assert "“C” was added to “Onboarding” (last changed by Ida)" in back.note
    # No effect on C: what the source shows, where learners find it, and its new place.
    assert (await leader.resource(c)).lifecycle == Resource.PUBLISHED
    assert list((await leader("ListChanges", api.ListChangesRequest())).changes) == []
    held = await leader("GetProgram", api.GetProgramRequest(name=onboarding.name))
    assert [item.resource for item in held.items] == [c.name]


@pytest.mark.parametrize("way", ["undo", "import"])
async def test_example_4_names_who_changed_the_program_whatever_way_and_no_author_of_a_note(
    leader: Reviewer, curator: Curator, team: Team, way: str
) -> None:
    lisa = await team.join("lisa@example.org", Person.LEARNING_LEADER)
    sam = await team.join("sam@example.org", Person.SPECIALIST)
    c, d = await leader.put(course("c", "C", words("c")), course("d", "D", words("d")))
    items = [c, d] if way == "undo" else [d]
    program = await leader.program("onboarding", *items)
    if way == "undo":
        await curator.propose(curator.drop(program, c))
        dropped = await leader.accept(await leader.only(Suggestion.OPEN))
        assert dropped.state == Suggestion.APPLIED
    await curator.propose(curator.outdated(c, "archive", code="expired", hard=True))
    seen = await leader.only(Suggestion.OPEN)
    tomorrow = date_message(datetime.now(UTC).date() + timedelta(days=1))
    later = await edit(leader, seen, apply_date=tomorrow)
    assert (await leader.accept(later)).state == Suggestion.SCHEDULED
    await sam("AddNote", note_pb2.AddNoteRequest(parent=program.name, text="I know this one well."))
    if way == "undo":
        await lisa.undo(dropped)
    else:
        rows = b"program,title,position,resource\nonboarding,Onboarding,1,d\nonboarding,Onboarding,2,c\n"
        await lisa.imported("lms", {"programs.csv": rows})
    back = await leader.in_state(seen.name, Suggestion.OPEN)
    assert "“C” was added to “Onboarding” (last changed by Lisa)" in back.note


async def test_example_5_a_title_edited_since_is_all_that_the_undo_asks(
    leader: Reviewer, curator: Curator
) -> None:
    (a,) = await leader.put(course("a", "A", words("a"), language="en"))
    renamed = curator.outdated(a, code="dated_statement", score=0.9)
    del renamed.operations[:]
    renamed.operations.extend(
        DraftOperation(operation="set_metadata", resource=bare(a.name), field=field, value=value)
        for field, value in (("title", "A, old"), ("language", "de"))
    )
    await curator.propose(sealed(renamed))
    applied = await leader.accept(await leader.only(Suggestion.OPEN))
    assert applied.state == Suggestion.APPLIED
    again = await file(
        leader, Suggestion.OUTDATED, "set_metadata", a, field="title", value="A, for reference"
    )
    assert (await leader.accept(again)).state == Suggestion.APPLIED
    error = await refused(leader.undo(applied), grpc.StatusCode.FAILED_PRECONDITION, "UNDO_CONFLICT")
    (asked,) = detail(error, review.UndoConflict)
    assert (asked.field, asked.before, asked.now) == ("title", "A", "A, for reference")
    await leader.undo(applied, (a.name, "title", "keep"))
    now = await leader.resource(a)
    assert (now.title, now.language) == ("A, for reference", "en")


@pytest.mark.parametrize(
    ("decided", "index"), [((20, 0, 0, 0), 0.75), ((5, 5, 5, 5), 0.0), ((14, 3, 2, 1), 0.52)]
)
async def test_example_7_the_silo_index_says_how_few_of_four_decide(
    decided: tuple[int, ...], index: float, leader: Reviewer, curator: Curator, team: Team
) -> None:
    others = [await team.join(f"ida{n}@example.org", Person.INSTRUCTIONAL_DESIGNER) for n in range(3)]
    ones = await leader.put(*(course(f"c{n}", f"Course {n}", words(str(n))) for n in range(20)))
    await curator.propose(*map(curator.unused, ones))
    await curator.settled()
    waiting = await leader.suggestions()
    for person, count in zip((leader, *others), decided, strict=True):
        for _ in range(count):
            await person.reject(waiting.pop(), "used_elsewhere")
    insights = await leader("GetInsights", insights_pb2.GetInsightsRequest())
    assert (insights.entitled, insights.silo_index) == (4, pytest.approx(index, abs=0.005))


async def test_who_holds_a_stage_counts_among_those_who_may_decide(leader: Reviewer, team: Team) -> None:
    await team.join("otto@example.org")
    path = await leader.program("path")
    before = await leader("GetInsights", insights_pb2.GetInsightsRequest())
    await set_duties(leader, path, give(Duty.DESIGN, "otto@example.org"))
    after = await leader("GetInsights", insights_pb2.GetInsightsRequest())
    assert (before.entitled, after.entitled) == (1, 2)


async def test_example_6_a_merge_saves_the_hours_of_those_who_take_both(
    leader: Reviewer, curator: Curator
) -> None:
    shared = await leader.put(*(course(f"c{n}", f"Course {n}", words(str(n))) for n in range(8)))
    one = await leader.program("one", *shared[:7])
    two = await leader.program("two", *shared[:6], shared[7])
    month = datetime.now(UTC).date().replace(day=1)
    head = "resource,month,enrolled,started,completed,seconds,learner,state"
    rows = [
        f"{key},{month.isoformat()},1,1,{int(learner < 340)},60,l{learner},"
        f"{'completed' if learner < 340 else 'in_progress'}"
        for key in ("one", "two")
        for learner in range(420)
    ]
    await leader.imported("lms", {"engagement.csv": "\n".join((head, *rows)).encode()})
    merge = DraftOperation(operation="merge_programs", program=bare(one.name), into=bare(two.name))
    found = proposal(curator, "merge", [merge], [one, two], list(shared[:6]))
    found.saving_minutes, found.saving_per_learner = 22.0, True
    await curator.propose(sealed(found))
    seen = await leader.only()
    assert (seen.impact.learner_hours.value, seen.impact.learner_hours.basis) == (124.7, "measured")
