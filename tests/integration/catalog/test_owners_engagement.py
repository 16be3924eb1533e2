"""What owners of programs do with engagement: they bring that of what their programs hold, and answer what is asked of
their own imports (behaviour.md §2). Rows about anything else are refused: of a call all, of a file those, by name.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import grpc
import grpc.aio
import pytest
from google.type.date_pb2 import Date

from services.kit.rpc import error_info
from tests.integration.catalog.conftest import CatalogProcess, SignedIn
from winnow.catalog.v1 import catalog_service_pb2 as api
from winnow.catalog.v1 import engagement_pb2, program_pb2
from winnow.catalog.v1 import people_service_pb2 as people
from winnow.catalog.v1.engagement_pb2 import EngagementRow
from winnow.catalog.v1.import_pb2 import Import

HEADER = "resource,month,enrolled,started,completed,seconds"
IMPORTERS = "a learning leader, an instructional designer or a specialist"


@dataclass
class Team:
    """`mine` and `inner` (in a program nested in hers) are in Pam's program, `others` in Pat's; `lone` is Rob's own."""

    leader: SignedIn
    pam: SignedIn
    pat: SignedIn
    rob: SignedIn
    sam: SignedIn


async def signed_in(first: SignedIn, channel: grpc.aio.Channel, name: str, *roles: Any) -> SignedIn:
    email = f"{name}@owners.example"
    known = await first("ListPeople", people.ListPeopleRequest(page_size=200))
    if email not in {each.email for each in known.people}:
        made = people.Person(email=email, display_name=name, roles=roles)
        await first("CreatePerson", people.CreatePersonRequest(person=made))
    minted = await first("CreateApiToken", people.CreateApiTokenRequest(email=email))
    return SignedIn(channel, minted.token)


@pytest.fixture
async def team(first: SignedIn, channel: grpc.aio.Channel) -> Team:
    inputs = [
        api.ResourceInput(
            external_id=name, title=f"About {name}", owner="rob@owners.example" if name == "lone" else ""
        )
        for name in ("mine", "inner", "others", "lone")
    ]
    request = api.BatchUpsertResourcesRequest(source="lms", resources=inputs)
    mine, inner, others, _ = (await first("BatchUpsertResources", request)).resources

    async def program(key: str, owner: str, *items: program_pb2.ProgramItem) -> program_pb2.Program:
        owners = [f"{owner}@owners.example"] if owner else []
        wanted = program_pb2.Program(source="lms", key=key, title=f"Path {key}", owners=owners, items=items)
        return await first("UpsertProgram", api.UpsertProgramRequest(program=wanted))

    nested = await program("nested", "", program_pb2.ProgramItem(resource=inner.name))
    item = program_pb2.ProgramItem
    await program("pams", "pam", item(resource=mine.name), item(program=nested.name))
    await program("pats", "pat", item(resource=others.name))
    by = {name: await signed_in(first, channel, name) for name in ("pam", "pat", "rob")}
    sam = await signed_in(first, channel, "sam", people.Person.SPECIALIST)
    return Team(first, **by, sam=sam)


def table(*rows: str, header: str = HEADER) -> dict[str, bytes]:
    return {"use.csv": "\n".join((header, *rows)).encode()}


def sums(*names: str, month: str = "2026-09") -> dict[str, bytes]:
    return table(*(f"{name},{month},10,8,6,3600" for name in names))


def learner(*names: str, month: str = "2026-09") -> dict[str, bytes]:
    return table(*(f"{name},{month},1,1,0,60,anna" for name in names), header=f"{HEADER},learner")


def stored(catalog: CatalogProcess) -> set[str]:
    query = "SELECT reference FROM engagement_sums UNION SELECT reference FROM learner_months"
    return {name for (name,) in catalog.sql(query)}


async def refused(call: Any) -> tuple[grpc.StatusCode, str, dict[str, str]]:
    with pytest.raises(grpc.aio.AioRpcError) as error:
        await call
    info = error_info(error.value)
    assert info is not None
    return error.value.code(), info.reason, dict(info.metadata)


def answering(done: Import, choice: str) -> api.AnswerImportQuestionRequest:
    return api.AnswerImportQuestionRequest(name=done.name, question=done.questions[0].id, choice=choice)


async def test_of_an_owners_file_the_rows_about_their_programs_are_taken_and_the_others_named(
    team: Team, catalog: CatalogProcess
) -> None:
    named = ("mine", "About inner", "pams", "others", "pats", "lone", "nothing goes by this")
    files = table(*(f"{name},2026-0{month},10,8,6,3600" for name in named for month in (8, 9)))
    done = await team.pam.imported("lms", files)
    assert (done.state, done.events) == (Import.PARTIAL, 6)
    left_out = {each.place: (each.file, each.reason) for each in done.unreadable}
    assert left_out == dict.fromkeys(named[3:], ("use.csv", "NOT_ALLOWED"))
    assert "Rows left out: 2." in done.unreadable[0].message
    assert stored(catalog) == set(named[:3])


async def test_a_name_that_somebody_else_gave_a_meaning_keeps_it(team: Team, catalog: CatalogProcess) -> None:
    """The name of a deliverer's row stays with what it first meant, whatever goes by it since."""
    await team.leader.imported("reports", sums("others"))
    row = api.ResourceInput(external_id="others", title="Another")
    request = api.BatchUpsertResourcesRequest(source="reports", resources=[row])
    (newer,) = (await team.leader("BatchUpsertResources", request)).resources
    item = program_pb2.ProgramItem(resource=newer.name)
    wanted = program_pb2.Program(source="lms", key="more", owners=["pam@owners.example"], items=[item])
    await team.leader("UpsertProgram", api.UpsertProgramRequest(program=wanted))
    done = await team.pam.imported("reports", sums("others", month="2026-10"))
    assert ([each.place for each in done.unreadable], done.events) == (["others"], 0)
    assert catalog.sql("SELECT DISTINCT month::text FROM engagement_sums") == [("2026-09-01",)]


async def test_an_owner_imports_no_content_and_says_of_nothing_that_it_is_gone(team: Team) -> None:
    content = {"catalog.csv": b"external_id,title\nmine,Mine\n"}
    done = await team.pam.imported("lms", content)
    assert (done.state, [each.reason for each in done.unreadable]) == (Import.FAILED, ["NOT_ALLOWED"])
    for whoever in (team.pam, team.sam):
        code, reason, detail = await refused(whoever.deliver("lms", sums("mine"), complete=True))
        assert (code, reason) == (grpc.StatusCode.PERMISSION_DENIED, "NOT_ALLOWED")
        assert detail["who_can"] == "a learning leader or an instructional designer"
    found = await team.leader("ListResources", api.ListResourcesRequest())
    assert {each.title for each in found.resources if each.lifecycle == each.PUBLISHED} == {
        f"About {name}" for name in ("mine", "inner", "others", "lone")
    }


async def test_owning_a_resource_brings_no_engagement_in(team: Team, catalog: CatalogProcess) -> None:
    code, reason, detail = await refused(team.rob.deliver("lms", sums("lone")))
    assert (code, reason) == (grpc.StatusCode.PERMISSION_DENIED, "NOT_ALLOWED")
    assert detail["who_can"] == (
        "a learning leader, an instructional designer, a specialist or an owner of its program"
    )
    assert (await refused(record(team.rob, "lone")))[1] == "NOT_ALLOWED"
    assert stored(catalog) == set()


async def test_an_owner_answers_what_is_asked_of_their_own_import_and_for_their_own_alone(
    team: Team, catalog: CatalogProcess
) -> None:
    await team.leader.imported("lms", sums("mine", "others"))
    asked = await team.pam.imported("lms", learner("mine", "others"))
    (question,) = asked.questions
    assert question.reason == "SUMS_AND_LEARNERS"
    assert question.text.startswith("1 resources")  # of what is refused nothing is asked
    code, reason, detail = await refused(team.pat("AnswerImportQuestion", answering(asked, "learners")))
    assert (code, reason) == (grpc.StatusCode.PERMISSION_DENIED, "NOT_ALLOWED")
    assert detail["who_can"] == IMPORTERS
    await team.pam("AnswerImportQuestion", answering(asked, "learners"))
    done = await team.pam.ended(asked.name)
    assert ([each.place for each in done.unreadable], done.events, list(done.questions)) == (
        ["others"],
        1,
        [],
    )
    assert catalog.sql("SELECT reference FROM learner_months") == [("mine",)]
    assert catalog.sql("SELECT reference FROM engagement_sums") == [("others",)]

    # Her answer is not the source's: it holds for what she sends, and who may import all is asked.
    again = await team.pam.imported("lms", sums("mine", month="2026-09"))
    assert (again.state, list(again.questions)) == (Import.SUCCEEDED, [])
    of_all = await team.leader.imported("lms", learner("others"))
    assert [each.reason for each in of_all.questions] == ["SUMS_AND_LEARNERS"]
    for owner in (team.pam, team.pat):
        assert (await refused(owner("AnswerImportQuestion", answering(of_all, "sums"))))[1] == "NOT_ALLOWED"
    of_pat = await team.pat.imported("lms", learner("others"))
    assert [each.reason for each in of_pat.questions] == ["SUMS_AND_LEARNERS"]


async def test_a_leader_answers_what_is_asked_of_an_owners_import_for_the_whole_source(team: Team) -> None:
    await team.leader.imported("lms", sums("mine", "others"))
    asked = await team.pam.imported("lms", learner("mine"))
    await team.leader("AnswerImportQuestion", answering(asked, "sums"))
    assert (await team.pam.ended(asked.name)).state == Import.SUCCEEDED
    assert not (await team.pat.imported("lms", learner("others"))).questions


async def test_files_of_an_owner_and_of_others_are_never_one_import(team: Team) -> None:
    """What is refused there, and what is answered, would else be another's too."""
    rows = "".join(f"c{n},Course {n}\n" for n in range(900))
    running = await team.leader.deliver("lms", {"catalog.csv": f"external_id,title\n{rows}".encode()})
    theirs = await team.pam.deliver("lms", sums("mine"))
    of_others = await team.pat.deliver("lms", sums("others"))
    assert len({running.name, theirs.name, of_others.name}) == 3
    for each in (running, theirs, of_others):
        assert (await team.leader.ended(each.name)).state == Import.SUCCEEDED


async def record(by: SignedIn, *names: str) -> engagement_pb2.RecordEngagementResponse:
    month = Date(year=2026, month=9, day=1)
    rows = [EngagementRow(resource=name, month=month, enrolled=9, started=9) for name in names]
    return await by("RecordEngagement", engagement_pb2.RecordEngagementRequest(source="lms", rows=rows))


async def test_an_owner_records_use_of_what_their_programs_hold_and_nothing_of_a_call_with_more(
    team: Team, catalog: CatalogProcess
) -> None:
    for foreign in ("others", "pats", "lone", "nothing goes by this"):
        code, reason, detail = await refused(record(team.pam, "mine", foreign))
        assert (code, reason) == (grpc.StatusCode.PERMISSION_DENIED, "NOT_ALLOWED")
        assert detail["resource"] == foreign
        assert detail["who_can"].endswith("an owner of its program")
        assert stored(catalog) == set()
    taken = await record(team.pam, "mine", "inner", "pams")
    assert (taken.recorded, list(taken.unresolved)) == (3, [])
    assert stored(catalog) == {"mine", "inner", "pams"}
