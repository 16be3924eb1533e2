"""What people ask of those who may, and ownership that passes to another; through gRPC, on the real process."""

from __future__ import annotations

from typing import Any

import grpc

from tests.integration.catalog.conftest import CatalogProcess
from tests.integration.review.conftest import Curator, Reviewer, Team
from tests.integration.review.test_responsibility import (
    DESIGNER,
    give,
    person_of,
    resources_of,
    responsible,
    set_duties,
)
from tests.integration.review.test_reviewers import refused
from winnow.catalog.v1 import people_service_pb2 as people
from winnow.catalog.v1 import responsibility_mode_pb2
from winnow.catalog.v1.duty_pb2 import Duty
from winnow.catalog.v1.handover_pb2 import Handover
from winnow.catalog.v1.people_service_pb2 import Person
from winnow.catalog.v1.person_request_pb2 import PersonRequest
from winnow.review.v1.suggestion_pb2 import Suggestion

DENIED = grpc.StatusCode.PERMISSION_DENIED


async def ask(who: Reviewer, kind: Any, email: str, **more: Any) -> PersonRequest:
    request = PersonRequest(kind=kind, email=email, **more)
    return await who("RequestPersonChange", people.RequestPersonChangeRequest(request=request))


async def answer(who: Reviewer, request: PersonRequest, *, accept: bool = True) -> PersonRequest:
    return await who(
        "ResolvePersonRequest",
        people.ResolvePersonRequestRequest(name=request.name, accept=accept, answer="So be it."),
    )


async def waiting(who: Reviewer) -> list[str]:
    found = await who("ListPersonRequests", people.ListPersonRequestsRequest())
    return [each.name for each in found.requests]


async def test_who_is_refused_asks_and_the_administrators_yes_does_it(
    leader: Reviewer, team: Team, catalog: CatalogProcess
) -> None:
    admin = await team.join("ada@example.org", Person.ADMINISTRATOR)
    designer = await team.join("ida@example.org", DESIGNER)
    other = await team.join("ivo@example.org", DESIGNER)
    person = Person(email="new@example.org")
    await refused(designer("CreatePerson", people.CreatePersonRequest(person=person)), DENIED, "NOT_ALLOWED")
    wish = await ask(
        designer, PersonRequest.ADD_PERSON, "new@example.org", roles=["SPECIALIST"], reason="She joins us."
    )
    assert (await waiting(designer), await waiting(admin), await waiting(other)) == (
        [wish.name],
        [wish.name],
        [],
    )
    await refused(answer(designer, wish), DENIED, "NOT_ALLOWED")
    done = await answer(admin, wish)
    assert (done.state, done.requester, done.resolver, done.answer) == (
        PersonRequest.ACCEPTED,
        "ida@example.org",
        "ada@example.org",
        "So be it.",
    )
    found = await leader("ListPeople", people.ListPeopleRequest())
    assert [list(each.roles) for each in found.people if each.email == "new@example.org"] == [
        [Person.SPECIALIST]
    ]
    await refused(answer(admin, wish), grpc.StatusCode.ABORTED, "PERSON_REQUEST_RESOLVED")
    no = await answer(
        admin,
        await ask(designer, PersonRequest.GRANT_ROLE, "ida@example.org", roles=["SPECIALIST"]),
        accept=False,
    )
    assert no.state == PersonRequest.DECLINED
    assert await waiting(admin) == []
    assert catalog.sql("SELECT roles FROM persons WHERE email = 'ida@example.org'") == [
        (["INSTRUCTIONAL_DESIGNER"],)
    ]


async def test_what_a_designer_and_a_specialist_may_only_propose_waits_for_whoever_may_do_it(
    leader: Reviewer, team: Team
) -> None:
    admin = await team.join("ada@example.org", Person.ADMINISTRATOR)
    designer = await team.join("ida@example.org", DESIGNER)
    specialist = await team.join("sam@example.org", Person.SPECIALIST)
    rules = await ask(designer, PersonRequest.HOUSE_RULES, "", reason="Review policies each year.")
    mode = await ask(designer, PersonRequest.MODE, "nobody@example.org", reason="ROLE_BASED: we have grown.")
    content = await ask(specialist, PersonRequest.CONTENT, "", reason="The new rigging video, on the drive.")
    assert {each.email for each in (rules, mode)} == {"ida@example.org"}
    assert await waiting(leader) == [rules.name, mode.name, content.name]
    assert await waiting(admin) == [mode.name]
    assert await waiting(specialist) == [content.name]
    await refused(answer(admin, rules), DENIED, "NOT_ALLOWED")
    await refused(answer(specialist, content), DENIED, "NOT_ALLOWED")
    done = [await answer(leader, rules), await answer(admin, mode), await answer(leader, content)]
    assert {each.state for each in done} == {PersonRequest.ACCEPTED}
    # A yes says that it will be done; the mode and the rules are as they were.
    now = await leader("GetResponsibilityMode", people.GetResponsibilityModeRequest())
    assert now.mode == responsibility_mode_pb2.ResponsibilityMode.HYBRID


async def test_what_is_proposed_is_said_and_by_whoever_reads_content(team: Team) -> None:
    admin = await team.join("ada@example.org", Person.ADMINISTRATOR)
    designer = await team.join("ida@example.org", DESIGNER)
    invalid = grpc.StatusCode.INVALID_ARGUMENT
    await refused(ask(designer, PersonRequest.HOUSE_RULES, ""), invalid, "FIELD_INVALID")
    await refused(ask(admin, PersonRequest.HOUSE_RULES, "", reason="No videos."), DENIED, "NOT_ALLOWED")


async def test_an_administrator_grants_themselves_nothing_by_their_own_request(team: Team) -> None:
    admin = await team.join("ada@example.org", Person.ADMINISTRATOR)
    wish = await ask(admin, PersonRequest.GRANT_ROLE, "ada@example.org", roles=["LEARNING_LEADER"])
    await refused(answer(admin, wish), DENIED, "OWN_ROLE")


async def test_a_duty_is_a_learning_leaders_to_give_and_who_has_left_comes_back_on_request(
    leader: Reviewer, team: Team
) -> None:
    admin = await team.join("ada@example.org", Person.ADMINISTRATOR)
    designer = await team.join("ida@example.org", DESIGNER)
    (one,) = await resources_of(leader, 1)
    wish = await ask(designer, PersonRequest.DUTY, "ida@example.org", object=one.name, duty=Duty.OWNER)
    await refused(answer(admin, wish), DENIED, "NOT_ALLOWED")
    await answer(leader, wish)
    (found,) = await responsible(leader, kind=people.ListResponsibilitiesRequest.RESOURCES)
    assert found.duties[0].holders[0].email == "ida@example.org"
    name = f"people/{(await designer.who()).person}"
    await admin("DeactivatePerson", people.DeactivatePersonRequest(name=name))
    back = await ask(leader, PersonRequest.REACTIVATE, "ida@example.org")
    await answer(admin, back)
    person = await leader("GetPerson", people.GetPersonRequest(name=name))
    assert not person.HasField("deactivate_time")


async def offer(who: Reviewer, one: Any, receiver: str, **more: Any) -> Handover:
    return await who("OfferHandover", people.OfferHandoverRequest(name=one.name, receiver=receiver, **more))


async def test_ownership_passes_when_the_receiver_accepts_and_its_suggestions_with_it(
    leader: Reviewer, curator: Curator, team: Team
) -> None:
    olga = await team.join("olga@example.org")
    otto = await team.join("otto@example.org")
    (one,) = await resources_of(leader, 1, owner="olga@example.org")
    await curator.propose(curator.outdated(one))
    seen = await leader.only(Suggestion.OPEN)
    await refused(offer(otto, one, "otto@example.org"), DENIED, "NOT_ALLOWED")
    preview = await offer(olga, one, "otto@example.org", validate_only=True)
    moves = [(each.suggestion, each.to) for each in preview.consequences.reroutes]
    assert (preview.name, moves) == ("", [(seen.name, "otto@example.org")])
    given = await offer(olga, one, "otto@example.org")
    assert (await leader.get(seen.name)).assignee == "olga@example.org"
    accept = people.AcceptHandoverRequest(name=given.name)
    await refused(olga("AcceptHandover", accept), DENIED, "NOT_ALLOWED")
    offers = await otto("ListHandovers", people.ListHandoversRequest())
    assert [each.name for each in offers.handovers] == [given.name]
    done = await otto("AcceptHandover", accept)
    assert (done.state, done.consequences) == (Handover.ACCEPTED, preview.consequences)
    assert (await leader.get(seen.name)).assignee == "otto@example.org"
    assert (await leader.resource(one)).owner == "otto@example.org"
    await refused(otto("AcceptHandover", accept), grpc.StatusCode.FAILED_PRECONDITION, "HANDOVER_ENDED")


async def test_an_offer_is_over_when_somebody_else_has_become_the_owner(leader: Reviewer, team: Team) -> None:
    olga = await team.join("olga@example.org")
    otto = await team.join("otto@example.org")
    (one,) = await resources_of(leader, 1)
    path = await leader.program("safety", one, owners=["olga@example.org"])
    given = await offer(olga, path, "otto@example.org")
    await refused(offer(olga, path, "first@example.org"), grpc.StatusCode.ABORTED, "HANDOVER_OFFERED")
    await set_duties(leader, path, give(Duty.OWNER, "first@example.org"))
    accept = people.AcceptHandoverRequest(name=given.name)
    await refused(otto("AcceptHandover", accept), grpc.StatusCode.FAILED_PRECONDITION, "HANDOVER_ENDED")
    declined = await otto("DeclineHandover", people.DeclineHandoverRequest(name=given.name))
    assert declined.state == Handover.DECLINED


async def test_an_offer_is_over_when_who_made_it_may_not_give_it_any_more(
    leader: Reviewer, team: Team
) -> None:
    olga, otto, lisa = [
        await team.join(email, *roles)
        for email, roles in (
            ("olga@example.org", ()),
            ("otto@example.org", ()),
            ("lisa@example.org", (Person.LEARNING_LEADER,)),
        )
    ]
    mine, led = await resources_of(leader, 2, owner="olga@example.org")
    by_olga = await offer(olga, mine, "otto@example.org")
    by_lisa = await offer(lisa, led, "otto@example.org")
    gone = people.DeactivatePersonRequest(name=await person_of(olga))
    await leader("DeactivatePerson", gone)
    less = people.RevokeRoleRequest(name=await person_of(lisa), role=Person.LEARNING_LEADER)
    await leader("RevokeRole", less)
    for given, one in ((by_olga, mine), (by_lisa, led)):
        accept = people.AcceptHandoverRequest(name=given.name)
        await refused(otto("AcceptHandover", accept), grpc.StatusCode.FAILED_PRECONDITION, "HANDOVER_ENDED")
        assert (await leader.resource(one)).owner == "olga@example.org"
    # What nobody can accept any more is in nobody's way.
    again = await offer(leader, mine, "otto@example.org")
    assert again.name != by_olga.name
    await otto("AcceptHandover", people.AcceptHandoverRequest(name=again.name))
    assert (await leader.resource(mine)).owner == "otto@example.org"
