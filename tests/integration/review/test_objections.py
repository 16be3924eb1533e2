"""Notice before a plan applies, and objections to it: signed in, or by a link without an account."""

from __future__ import annotations

import csv
import io
import json
from typing import Any

import grpc
import pytest
from google.protobuf.field_mask_pb2 import FieldMask

from services.kit.rpc import error_info
from tests.integration.catalog.conftest import CatalogProcess
from tests.integration.review.conftest import Curator, Reviewer, Team, course, words
from tests.integration.review.test_responsibility import give, person_of, set_duties
from winnow.catalog.v1 import catalog_service_pb2 as api
from winnow.catalog.v1 import people_service_pb2 as people
from winnow.catalog.v1.duty_pb2 import Duty
from winnow.catalog.v1.house_rules_pb2 import HouseRules
from winnow.catalog.v1.program_pb2 import ProgramItem
from winnow.internal.v1 import public_service_pb2 as public
from winnow.internal.v1.public_service_pb2_grpc import PublicServiceStub
from winnow.review.v1 import objection_pb2 as objection
from winnow.review.v1 import review_service_pb2 as review
from winnow.review.v1.suggestion_pb2 import Plan, Suggestion

SPECIALIST, LEADER = people.Person.SPECIALIST, people.Person.LEARNING_LEADER


async def give_notice(leader: Reviewer, r2: int, r3: int) -> None:
    rules = HouseRules(notice_days_r2=r2, notice_days_r3=r3)
    mask = FieldMask(paths=["notice_days_r2", "notice_days_r3"])
    await leader("SetHouseRules", api.SetHouseRulesRequest(house_rules=rules, update_mask=mask))


async def scheduled(leader: Reviewer, curator: Curator) -> tuple[Suggestion, Any]:
    """A plan of R2 on a program that Olga, who has no account, owns; its notice of 7 days runs."""
    await give_notice(leader, 7, 14)
    kept, copy = await leader.put(
        course("c1", "Ladders", words("a")), course("c2", "Ladders copy", words("a"))
    )
    await leader.program("onboarding", copy, owners=["Olga@example.org"])
    await curator.propose(curator.duplicate(kept, copy))
    found = await leader.only(Suggestion.OPEN)
    assert found.plan.risk == Plan.R2
    return await leader.accept(found), copy


async def links(person: Reviewer, one: Suggestion) -> list[objection.ObjectionLink]:
    request = objection.CreateObjectionLinksRequest(name=one.name)
    return list((await person("CreateObjectionLinks", request)).links)


async def refusal(call: Any) -> tuple[grpc.StatusCode, str]:
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await call
    info = error_info(refused.value)
    assert info is not None
    return refused.value.code(), info.reason


class Door:
    """The gateway's own calls, for people who have not signed in."""

    def __init__(self, leader: Reviewer, channel: grpc.aio.Channel) -> None:
        self._leader, self._stub = leader, PublicServiceStub(channel)

    async def __call__(self, method: str, request: Any) -> Any:
        path = f"/winnow.internal.v1.PublicService/{method}"
        return await getattr(self._stub, method)(request, metadata=self._leader.token("", 0, False, path))


async def test_a_plan_waits_for_its_notice_and_an_objection_brings_it_back(
    leader: Reviewer, curator: Curator, team: Team
) -> None:
    waiting, copy = await scheduled(leader, curator)
    assert waiting.state == Suggestion.SCHEDULED
    days = (waiting.due_time.ToDatetime() - waiting.update_time.ToDatetime()).days
    assert days == 7
    sam = await team.join("sam@example.org", SPECIALIST)
    request = objection.FileObjectionRequest(name=waiting.name, reason="Exams are in May.", request_id="o1")
    back = await sam("FileObjection", request)
    assert (back.state, back.revision, len(back.approvals)) == (Suggestion.OPEN, waiting.revision + 1, 0)
    assert back.note == "objection by Sam: Exams are in May."
    assert (back.decision.verb, back.decision.actor) == ("object", "sam@example.org")
    assert await sam("FileObjection", request) == back
    assert (await leader.resource(copy)).lifecycle == copy.lifecycle
    # All approve anew, then the notice runs again.
    assert (await leader.accept(back)).state == Suggestion.SCHEDULED


async def test_whom_it_affects_objects_once_by_a_link_that_only_a_form_uses(
    leader: Reviewer, curator: Curator, team: Team, channel: grpc.aio.Channel, catalog: Any
) -> None:
    waiting, _ = await scheduled(leader, curator)
    (link,) = await links(leader, waiting)
    assert (link.email, link.expire_time) == ("Olga@example.org", waiting.due_time)
    door, token = Door(leader, channel), link.path.removeprefix("/objections/")
    page = await door("ReadObjection", public.ReadObjectionRequest(token=token))
    assert page.email == "Olga@example.org"
    assert len(page.changes) == 3
    assert (await leader.get(waiting.name)).state == Suggestion.SCHEDULED
    empty = public.FileObjectionByLinkRequest(token=token, reason="  ")
    assert await refusal(door("FileObjectionByLink", empty)) == (
        grpc.StatusCode.INVALID_ARGUMENT,
        "FIELD_INVALID",
    )
    filed = public.FileObjectionByLinkRequest(token=token, reason="We teach it on Monday.")
    await door("FileObjectionByLink", filed)
    back = await leader.get(waiting.name)
    assert (back.state, back.decision.actor) == (Suggestion.OPEN, "affected")
    assert back.note == "objection by Olga@example.org: We teach it on Monday."
    assert catalog.sql("SELECT target FROM audit WHERE method = 'FileObjectionByLink'") == [(waiting.name,)]
    invalid = (grpc.StatusCode.NOT_FOUND, "LINK_INVALID")
    assert await refusal(door("FileObjectionByLink", filed)) == invalid
    # Approved again: the used link stays used.
    await leader.accept(back)
    assert await refusal(door("ReadObjection", public.ReadObjectionRequest(token=token))) == invalid
    head, _, signature = token.rpartition(".")
    forged = public.ReadObjectionRequest(token=f"{head}.{signature[::-1]}")
    assert await refusal(door("ReadObjection", forged)) == invalid


async def test_who_was_removed_or_owns_nothing_of_it_any_more_is_not_asked_and_their_link_is_over(
    leader: Reviewer, curator: Curator, team: Team, channel: grpc.aio.Channel
) -> None:
    olga, *_ = [await team.join(f"{name}@example.org") for name in ("olga", "otto", "pia")]
    name = await person_of(olga)
    await give_notice(leader, 7, 14)
    kept, copy = await leader.put(
        course("c1", "Ladders", words("a")),
        course("c2", "Ladders copy", words("a"), owner="Olga@example.org"),
    )
    inner = await leader.program("onboarding", copy)
    outer = await leader.program("curriculum", ProgramItem(program=inner.name), owners=["pia@example.org"])
    await curator.propose(curator.duplicate(kept, copy))
    waiting = await leader.accept(await leader.only(Suggestion.OPEN))
    assert waiting.state == Suggestion.SCHEDULED
    made = {each.email: each.path.removeprefix("/objections/") for each in await links(leader, waiting)}
    assert sorted(made) == ["Olga@example.org", "pia@example.org"]
    door, invalid = Door(leader, channel), (grpc.StatusCode.NOT_FOUND, "LINK_INVALID")
    for token in made.values():
        await door("ReadObjection", public.ReadObjectionRequest(token=token))
    await leader("DeactivatePerson", people.DeactivatePersonRequest(name=name))
    await set_duties(leader, outer, give(Duty.OWNER, "otto@example.org"))
    assert (await leader.get(waiting.name)).state == Suggestion.SCHEDULED
    for token in made.values():
        filed = public.FileObjectionByLinkRequest(token=token, reason="We teach it on Monday.")
        assert await refusal(door("ReadObjection", public.ReadObjectionRequest(token=token))) == invalid
        assert await refusal(door("FileObjectionByLink", filed)) == invalid
    assert (await leader.get(waiting.name)).state == Suggestion.SCHEDULED
    assert [each.email for each in await links(leader, waiting)] == ["otto@example.org"]
    # Back at work, Olga owns it still: her link is good until the plan applies.
    await leader("ReactivatePerson", people.ReactivatePersonRequest(name=name))
    await door("ReadObjection", public.ReadObjectionRequest(token=made["Olga@example.org"]))


async def test_only_a_scheduled_plan_can_be_objected_to_and_only_the_gateway_uses_links(
    leader: Reviewer, curator: Curator, team: Team, channel: grpc.aio.Channel
) -> None:
    waiting, _ = await scheduled(leader, curator)
    (link,) = await links(leader, waiting)
    request = objection.FileObjectionRequest(name=waiting.name, reason="No.")
    await leader("FileObjection", request)
    assert await refusal(leader("FileObjection", request)) == (
        grpc.StatusCode.FAILED_PRECONDITION,
        "STATE_HAS_NO_VERB",
    )
    known = await leader.who()
    path = "/winnow.internal.v1.PublicService/ReadObjection"
    mine = leader.token(known.person, known.duties_version, True, path)
    asked = public.ReadObjectionRequest(token=link.path.removeprefix("/objections/"))
    call = PublicServiceStub(channel).ReadObjection(asked, metadata=mine)
    assert await refusal(call) == (grpc.StatusCode.PERMISSION_DENIED, "NOT_ALLOWED")


async def test_without_a_notice_a_plan_applies_at_once(leader: Reviewer, curator: Curator) -> None:
    await give_notice(leader, 0, 0)
    kept, copy = await leader.put(course("c1", "Ladders", words("a")), course("c2", "Copy", words("a")))
    await leader.program("onboarding", copy)
    await curator.propose(curator.duplicate(kept, copy))
    applied = await leader.accept(await leader.only(Suggestion.OPEN))
    assert applied.state == Suggestion.APPLIED
    assert [(each.field, each.before, each.after) for each in applied.receipts if each.field == "items"] == [
        ("items", "Copy", "Ladders")
    ]


async def test_what_the_scheduler_applies_after_the_notice_names_all_who_approved_it(
    leader: Reviewer, curator: Curator, team: Team, catalog: CatalogProcess
) -> None:
    olga = await team.join("olga@example.org")
    await give_notice(leader, 7, 14)
    kept, copy = await leader.put(
        course("c1", "Ladders", words("a")), course("c2", "Ladders copy", words("a"))
    )
    path = await leader.program("path", copy, owners=["olga@example.org"])
    await curator.propose(curator.duplicate(kept, copy))
    half = await olga.accept(await leader.only(Suggestion.OPEN), parts=[path.name])
    waiting = await leader.accept(half)
    assert waiting.state == Suggestion.SCHEDULED
    # A fact that it rests on moves meanwhile, by which what was approved is done all the same.
    await leader.put(course("c1", "Ladders", words("a"), audience="Climbers"))
    catalog.sql("UPDATE suggestions SET due_time = now() WHERE state = 'SCHEDULED'")
    applied = await leader.in_state(waiting.name, Suggestion.APPLIED)
    both = {"first@example.org", "olga@example.org"}
    assert (applied.decision.verb, applied.decision.actor) == ("apply", "scheduler")
    assert {each.person for each in applied.approvals} == both
    ((person, credential, detail, document),) = catalog.sql(
        "SELECT person, credential, detail, content FROM audit "
        "JOIN audit_documents ON digest = decode(detail ->> 'document', 'hex') "
        "WHERE method = 'ApplyPlan' AND target = %s",
        (waiting.name,),
    )
    assert (person, credential) == ("scheduler", "")
    ids = {(await each.who()).person for each in (leader, olga)}
    assert set(detail["approved_by"].split(",")) == ids
    shown = json.loads(document)["suggestion"]
    assert {each["person"] for each in shown["approvals"]} == both
    # So does each line that is written to the source, and what the resource says of its last change.
    rows = list(
        csv.DictReader(io.StringIO((await leader("ExportChangeList", api.ExportChangeListRequest())).content))
    )
    assert rows
    assert {frozenset(row["approved_by"].split("\n")) for row in rows} == {frozenset(both)}


async def test_a_suggestion_says_who_can_object_to_it_and_who_can_take_it_back(
    leader: Reviewer, curator: Curator, team: Team
) -> None:
    rosa = await team.join("rosa@example.org")
    dora = await team.join("dora@example.org", people.Person.INSTRUCTIONAL_DESIGNER)
    sam = await team.join("sam@example.org", SPECIALIST)
    await leader.put(course("own", "Hers", words("r"), owner="rosa@example.org"))
    waiting, _ = await scheduled(leader, curator)
    olga = await team.join("olga@example.org")
    everyone = (leader, dora, sam, olga, rosa)

    async def may(field: str) -> list[bool]:
        return [getattr(await who.get(waiting.name), f"may_{field}") for who in everyone]

    async def refused(verb: str, request: Any) -> list[bool]:
        codes = [(await refusal(who(verb, request)))[0] for who in everyone]
        return [code == grpc.StatusCode.PERMISSION_DENIED for code in codes]

    can_object = await may("object")
    assert can_object == [True, True, True, True, False]
    wordless = objection.FileObjectionRequest(name=waiting.name, reason=" ")
    assert await refused("FileObjection", wordless) == [not each for each in can_object]
    assert await may("revoke") == [True, False, False, False, False]
    assert await may("suppress") == [True, True, False, True, False]
    nobody = [False] * len(everyone)
    assert await may("undo") == await may("reopen") == nobody

    back = await leader("RevokeApproval", review.RevokeApprovalRequest(name=waiting.name))
    assert await may("object") == await may("revoke") == nobody
    await leader("RejectSuggestion", review.RejectSuggestionRequest(name=back.name, reason="different_level"))
    assert await may("reopen") == [True, True, False, True, False]
    again = await leader("ReopenSuggestion", review.ReopenSuggestionRequest(name=back.name))
    await give_notice(leader, 0, 0)
    await leader.accept(again)
    assert (await olga.accept(await olga.get(again.name))).state == Suggestion.APPLIED
    assert await may("undo") == [True, False, False, True, False]
    assert await may("reopen") == await may("object") == nobody
