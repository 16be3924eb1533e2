"""Whose suggestions are: duties set in Winnow, people who are away or leave; through gRPC, on the real process."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import grpc
import pytest
from google.protobuf.timestamp_pb2 import Timestamp

from services.catalog.postgres.database import Database
from services.catalog.review import postgres
from services.kit.protobuf import date_message
from tests.integration.catalog.conftest import CatalogProcess, eventually
from tests.integration.review.conftest import Curator, Reviewer, Team, bare, course, words
from tests.integration.review.test_reviewers import refused
from tests.integration.review.test_ruling import rule
from winnow.catalog.v1 import catalog_service_pb2 as api
from winnow.catalog.v1 import people_service_pb2 as people
from winnow.catalog.v1.duty_pb2 import Duty, DutyChange
from winnow.catalog.v1.people_service_pb2 import Person
from winnow.catalog.v1.person_request_pb2 import PersonRequest
from winnow.catalog.v1.responsibility_mode_pb2 import ResponsibilityMode
from winnow.review.v1 import review_service_pb2 as review
from winnow.review.v1.suggestion_pb2 import Suggestion

DESIGNER = Person.INSTRUCTIONAL_DESIGNER


async def set_duties(who: Reviewer, one: Any, *changes: DutyChange, **more: Any) -> people.SetDutiesResponse:
    return await who("SetDuties", people.SetDutiesRequest(name=one.name, changes=changes, **more))


def give(kind: Any, *emails: str) -> DutyChange:
    return DutyChange(kind=kind, people=emails)


async def responsible(who: Reviewer, **asked: Any) -> list[Any]:
    answer = await who("ListResponsibilities", people.ListResponsibilitiesRequest(**asked))
    return list(answer.responsibilities)


async def person_of(who: Reviewer) -> str:
    return f"people/{(await who.who()).person}"


async def resources_of(leader: Reviewer, count: int, **more: Any) -> list[Any]:
    return await leader.put(*(course(f"c{n}", f"Course {n}", words(str(n)), **more) for n in range(count)))


async def open_for(leader: Reviewer, email: str, count: int) -> list[Suggestion]:
    async def there() -> list[Suggestion] | None:
        found = await leader.suggestions(Suggestion.OPEN, assignee=email)
        return found if len(found) == count else None

    return await eventually(there)


async def test_who_leaves_passes_on_all_five_and_the_preview_said_so(
    leader: Reviewer, curator: Curator, team: Team, catalog: CatalogProcess
) -> None:
    olga = await team.join("olga@example.org", DESIGNER)
    await team.join("ida@example.org", DESIGNER)
    things = await resources_of(leader, 5, owner="olga@example.org")
    await curator.propose(*(curator.outdated(each) for each in things))
    before = await open_for(leader, "olga@example.org", 5)
    preview = await leader(
        "DeactivatePerson",
        people.DeactivatePersonRequest(name=await person_of(olga), validate_only=True),
    )
    assert preview.consequences.reroute_count == 5
    assert {each.to for each in preview.consequences.reroutes} == {"ida@example.org"}
    assert {each.name for each in preview.consequences.vacancies} == {each.name for each in things}
    assert len(await open_for(leader, "olga@example.org", 5)) == 5  # a preview changes nothing
    gone = await leader("DeactivatePerson", people.DeactivatePersonRequest(name=await person_of(olga)))
    assert gone.consequences == preview.consequences
    after = await leader.suggestions()
    assert {each.name: each.assignee for each in after} == {
        each.suggestion: each.to for each in preview.consequences.reroutes
    }
    assert {each.state for each in after} == {Suggestion.OPEN}
    assert {each.name for each in after} == {each.name for each in before}
    assert catalog.sql("SELECT count(*) FROM decisions") == [(0,)]
    found = await responsible(leader, kind=people.ListResponsibilitiesRequest.RESOURCES, gaps_only=True)
    assert {each.name for each in found} == {each.name for each in things}
    assert not found[0].duties[0].holders[0].active
    events = catalog.sql("SELECT detail ->> 'from' FROM audit WHERE target LIKE 'suggestions/%%'")
    assert len(events) == 5


async def test_what_somebody_had_by_a_role_goes_to_its_other_holders_when_they_lose_it(
    leader: Reviewer, curator: Curator, team: Team
) -> None:
    ida, ivo = [await team.join(f"{name}@example.org", DESIGNER) for name in ("ida", "ivo")]
    things = await resources_of(leader, 4)
    await curator.propose(*(curator.outdated(each) for each in things))
    await open_for(leader, "ida@example.org", 2)
    revoke = people.RevokeRoleRequest(name=await person_of(ida), role=DESIGNER)
    await leader("RevokeRole", revoke)
    assert {each.assignee for each in await leader.suggestions()} == {"ivo@example.org"}
    assert len(await ivo.suggestions()) == 4


async def test_who_comes_back_has_the_duties_of_before(
    leader: Reviewer, team: Team, catalog: CatalogProcess
) -> None:
    olga = await team.join("olga@example.org", DESIGNER)
    (one,) = await resources_of(leader, 1, owner="olga@example.org")
    name = await person_of(olga)
    await leader("DeactivatePerson", people.DeactivatePersonRequest(name=name))
    back = await leader("ReactivatePerson", people.ReactivatePersonRequest(name=name))
    assert (back.HasField("deactivate_time"), list(back.roles)) == (False, [DESIGNER])
    (found,) = await responsible(
        leader, person="olga@example.org", kind=people.ListResponsibilitiesRequest.RESOURCES
    )
    assert (found.name, found.ownerless) == (one.name, False)
    await refused(olga.who(), grpc.StatusCode.UNAUTHENTICATED, "CREDENTIAL_INVALID")


async def test_who_is_away_is_passed_by_and_says_so_themselves(
    leader: Reviewer, curator: Curator, team: Team
) -> None:
    olga = await team.join("olga@example.org", DESIGNER)
    otto = await team.join("otto@example.org")
    (one, other) = await resources_of(leader, 2, owner="olga@example.org")
    await leader.program("safety", one, owners=["otto@example.org"])
    await curator.propose(curator.duplicate(one, other, operation="link_listings"))
    seen = await leader.only(Suggestion.OPEN)
    assert seen.assignee == "olga@example.org"
    until = date_message(datetime.now(UTC).date() + timedelta(days=10))
    mine = people.SetAbsenceRequest(name=await person_of(olga), until=until)
    await refused(otto("SetAbsence", mine), grpc.StatusCode.PERMISSION_DENIED, "NOT_ALLOWED")
    away = await olga("SetAbsence", mine)
    assert away.away_until == until
    assert [(each.suggestion, each.to) for each in away.consequences.reroutes] == [
        (seen.name, "otto@example.org")
    ]
    assert (await leader.get(seen.name)).assignee == "otto@example.org"
    back = await leader("SetAbsence", people.SetAbsenceRequest(name=await person_of(olga)))
    assert not back.HasField("away_until")


async def test_duties_set_in_winnow_outlast_the_next_import_and_route_what_is_open(
    leader: Reviewer, curator: Curator, team: Team, catalog: CatalogProcess
) -> None:
    await team.join("olga@example.org", DESIGNER)
    otto = await team.join("otto@example.org")
    (one,) = await resources_of(leader, 1, owner="olga@example.org")
    await curator.propose(curator.outdated(one))
    seen = await leader.only(Suggestion.OPEN)
    version = (await otto.who()).duties_version
    done = await set_duties(leader, one, give(Duty.OWNER, "OTTO@example.org"))
    assert [(each.suggestion, each.to) for each in done.consequences.reroutes] == [
        (seen.name, "otto@example.org")
    ]
    (owner,) = done.responsibility.duties
    assert (owner.holders[0].email, owner.origin, owner.set_by) == (
        "otto@example.org",
        Duty.WINNOW,
        "first@example.org",
    )
    assert (await otto.who()).duties_version > version
    assert (await otto.get(seen.name)).assignee == "otto@example.org"
    await leader.put(course("c0", "Course 0", words("0"), owner="olga@example.org"))  # as it said before
    kept = await responsible(leader, kind=people.ListResponsibilitiesRequest.RESOURCES)
    assert kept[0].duties[0].holders[0].email == "otto@example.org"
    back = await set_duties(leader, one, DutyChange(kind=Duty.OWNER))
    assert (back.responsibility.duties[0].holders[0].email, back.responsibility.duties[0].origin) == (
        "olga@example.org",
        Duty.SOURCE,
    )


def catalog_csv(**owners: str) -> bytes:
    rows = (f"{key},Course {key},{words(key)},{owner}" for key, owner in owners.items())
    return "\n".join(("external_id,title,description,owner", *rows)).encode()


def programs_csv(owner: str, *keys: str) -> bytes:
    rows = (f"path,Path,{at},{key},{owner}" for at, key in enumerate(keys, 1))
    return "\n".join(("program,title,position,resource,owner", *rows)).encode()


async def test_an_owner_whom_an_import_names_gets_what_is_open_as_by_a_change_of_duties(
    leader: Reviewer, curator: Curator, team: Team
) -> None:
    """Also what somebody has acted on, put off or approved, and where only a role is left; what is given by hand stays
    where it is."""
    await team.join("dana@example.org", DESIGNER)
    for name in ("olga", "otto", "pia", "paul"):
        await team.join(f"{name}@example.org")
    owned = dict.fromkeys(("asked", "off", "hand", "soon", "role"), "olga@example.org")
    heirs = {"bare": "", "late": ""}
    files = {
        "catalog.csv": catalog_csv(**owned, **heirs),
        "programs.csv": programs_csv("pia@example.org", "bare"),
    }
    await leader.imported("lms", files)
    found = (await leader("ListResources", api.ListResourcesRequest(page_size=50))).resources
    by_key = {each.title.removeprefix("Course "): each for each in found}
    for one in by_key.values():
        await curator.propose(curator.outdated(one))
    await curator.settled()

    async def all_there() -> bool:
        return len(await leader.suggestions(Suggestion.OPEN)) == len(by_key)

    await eventually(all_there)
    names = {each.members[0].resource: each.name for each in await leader.suggestions(Suggestion.OPEN)}
    of = {key: names[one.name] for key, one in by_key.items()}

    async def whose(key: str) -> str:
        return (await leader.get(of[key])).assignee

    assert [await whose(key) for key in ("asked", "bare")] == ["olga@example.org", "pia@example.org"]
    assert await whose("late") == "dana@example.org"
    for key in ("asked", "bare", "late"):
        again = await leader.reject(await leader.get(of[key]), "other", comment="Too early.")
        await leader("ReopenSuggestion", review.ReopenSuggestionRequest(name=again.name))
    until = Timestamp()
    until.FromDatetime(datetime.now(UTC) + timedelta(days=9))
    await leader("SnoozeSuggestion", review.SnoozeSuggestionRequest(name=of["off"], until=until))
    hand = review.AssignSuggestionRequest(name=of["hand"], assignee="first@example.org")
    await leader("AssignSuggestion", hand)
    tomorrow = date_message(datetime.now(UTC).date() + timedelta(days=1))
    for key in ("soon", "role"):
        edit = review.EditSuggestionRequest(name=of[key], revision=1, apply_date=tomorrow)
        assert (await leader.accept(await leader("EditSuggestion", edit))).state == Suggestion.SCHEDULED
    held = dict.fromkeys(owned, "otto@example.org") | heirs | {"role": ""}
    files = {
        "catalog.csv": catalog_csv(**held),
        "programs.csv": programs_csv("paul@example.org", "bare", "late"),
    }
    await leader.imported("lms", files)
    wanted = {
        "asked": "otto@example.org",
        "off": "otto@example.org",
        "soon": "otto@example.org",
        "role": "dana@example.org",
        "bare": "paul@example.org",
        "late": "paul@example.org",
        "hand": "first@example.org",
    }

    async def moved() -> bool:
        return {key: await whose(key) for key in wanted} == wanted

    await eventually(moved)


async def test_a_stage_has_one_holder_and_nobody_on_purpose_is_a_value(
    leader: Reviewer, curator: Curator, team: Team
) -> None:
    stan = await team.join("stan@example.org")
    await team.join("olga@example.org")
    (one,) = await resources_of(leader, 1)
    path = await leader.program("safety", one, owners=["olga@example.org"])
    (found,) = await responsible(leader, gaps_only=True)
    assert list(found.missing) == [Duty.DESIGN, Duty.DEVELOP, Duty.FACILITATE, Duty.EVALUATE]
    await refused(stan.suggestions(), grpc.StatusCode.PERMISSION_DENIED, "NOT_ALLOWED")
    nobody = [DutyChange(kind=kind, nobody=True) for kind in (Duty.DESIGN, Duty.FACILITATE, Duty.EVALUATE)]
    await set_duties(leader, path, give(Duty.DEVELOP, "stan@example.org"), *nobody)
    assert await responsible(leader, gaps_only=True) == []
    assert await stan.suggestions() == []  # a stage is a duty, and who has one reads
    await curator.propose(curator.outdated(one))
    assert (await leader.only(Suggestion.OPEN)).assignee == "stan@example.org"
    done = await set_duties(leader, path, DutyChange(kind=Duty.DEVELOP))
    assert list(done.responsibility.missing) == [Duty.DEVELOP]
    assert [each.to for each in done.consequences.reroutes] == ["olga@example.org"]


async def test_an_owner_wanted_to_be_nobody_is_no_gap_and_not_inherited(leader: Reviewer, team: Team) -> None:
    await team.join("olga@example.org")
    one, other = await resources_of(leader, 2)
    path = await leader.program("safety", one, other, owners=["olga@example.org"])
    await set_duties(leader, one, DutyChange(kind=Duty.OWNER, nobody=True))
    found = {
        each.name: each
        for each in await responsible(leader, kind=people.ListResponsibilitiesRequest.RESOURCES)
    }
    (mine,), (inherited,) = found[one.name].duties, found[other.name].duties
    assert (mine.nobody, mine.origin, len(mine.holders)) == (True, Duty.WINNOW, 0)
    assert (inherited.origin, inherited.inherited_from) == (Duty.INHERITED, path.name)
    assert inherited.holders[0].email == "olga@example.org"
    assert (await leader.resource(other)).owner == ""  # shown, never written
    assert not any(each.ownerless for each in found.values())


async def test_an_owner_of_a_program_sets_its_stages_and_what_it_alone_uses_and_nothing_else(
    leader: Reviewer, team: Team
) -> None:
    olga = await team.join("olga@example.org")
    await team.join("otto@example.org")
    mine, shared = await resources_of(leader, 2)
    path = await leader.program("safety", mine, shared, owners=["olga@example.org"])
    await leader.program("other", shared)
    await set_duties(
        olga, path, give(Duty.CO_OWNER, "otto@example.org"), give(Duty.DESIGN, "otto@example.org")
    )
    await set_duties(olga, mine, give(Duty.OWNER, "otto@example.org"))
    denied = grpc.StatusCode.PERMISSION_DENIED
    await refused(set_duties(olga, shared, give(Duty.OWNER, "otto@example.org")), denied, "NOT_ALLOWED")
    await refused(set_duties(olga, path, give(Duty.OWNER, "otto@example.org")), denied, "NOT_ALLOWED")
    unknown = give(Duty.OWNER, "nobody@example.org")
    await refused(set_duties(leader, path, unknown), grpc.StatusCode.NOT_FOUND, "PERSON_NOT_FOUND")
    designer = await team.join("ida@example.org", DESIGNER)
    await refused(set_duties(designer, path, give(Duty.DESIGN, "otto@example.org")), denied, "NOT_ALLOWED")


async def test_only_the_role_for_people_writes_duties(catalog: CatalogProcess) -> None:
    writers = catalog.sql(
        "SELECT table_name, grantee FROM information_schema.role_table_grants WHERE privilege_type = 'UPDATE' "
        "AND table_name IN ('persons', 'stage_holders', 'responsibility') AND grantee <> 'catalog_owner'"
    )
    assert {grantee for _, grantee in writers} == {"catalog_people"}
    assert len(writers) == 3


async def switch(who: Reviewer, mode: Any, **more: Any) -> Any:
    return await who("SetResponsibilityMode", people.SetResponsibilityModeRequest(mode=mode, **more))


async def test_a_switch_of_the_mode_loses_none_of_twenty_and_says_before_who_gains(
    leader: Reviewer, curator: Curator, team: Team, catalog: CatalogProcess
) -> None:
    await team.join("olga@example.org")
    await team.join("ida@example.org", DESIGNER)
    things = await resources_of(leader, 20)
    await leader.program("safety", *things[:9], owners=["olga@example.org"])
    await curator.propose(*(curator.outdated(each) for each in things))
    await curator.settled()
    before = await leader.suggestions()
    assert len(before) == 20
    preview = await switch(leader, ResponsibilityMode.ROLE_BASED, validate_only=True)
    assert (await leader("GetResponsibilityMode", people.GetResponsibilityModeRequest())).mode == (
        ResponsibilityMode.HYBRID
    )
    (olga,) = preview.rights
    assert (olga.person, olga.suggestions_lost, olga.programs_lost) == ("olga@example.org", 9, 1)
    done = await switch(leader, ResponsibilityMode.ROLE_BASED)
    assert (done.consequences, done.rights) == (preview.consequences, preview.rights)
    after = await leader.suggestions()
    assert {each.name for each in after} == {each.name for each in before}
    assert {each.state for each in after} <= {Suggestion.OPEN, Suggestion.HELD}
    assert all(each.assignee for each in after)
    assert catalog.sql("SELECT count(*) FROM decisions") == [(0,)]
    back = await switch(leader, ResponsibilityMode.HYBRID)
    assert back.rights[0].suggestions_gained == 9


async def test_an_approval_that_the_new_mode_does_not_count_holds_an_approved_plan_back(
    leader: Reviewer, curator: Curator, team: Team
) -> None:
    olga = await team.join("olga@example.org")
    await rule(leader, notice_days_r2=7)
    kept, gone = await resources_of(leader, 2)
    await leader.program("safety", gone, owners=["olga@example.org"])
    await curator.propose(curator.duplicate(kept, gone))
    seen = await leader.only(Suggestion.OPEN)
    await olga.accept(seen, parts=[seen.plan.parts[0].id])
    assert (await leader.accept(seen)).state == Suggestion.SCHEDULED
    preview = await switch(leader, ResponsibilityMode.ROLE_BASED, validate_only=True)
    assert (preview.reopened_suggestions, (await leader.get(seen.name)).state) == (1, Suggestion.SCHEDULED)
    await switch(leader, ResponsibilityMode.ROLE_BASED)
    back = await leader.get(seen.name)
    assert (back.state, back.revision, len(back.approvals)) == (Suggestion.OPEN, seen.revision + 1, 2)
    (needed,) = back.plan.approvals_needed
    assert needed.startswith("Safety: ")
    assert "in the mode ROLE_BASED" in back.note
    # Back in the old one nothing is missing; whoever says so sets it going again.
    await switch(leader, ResponsibilityMode.HYBRID)
    again = await leader.get(seen.name)
    assert list(again.plan.approvals_needed) == []
    assert (await leader.accept(again)).state == Suggestion.SCHEDULED


async def test_the_mode_takes_an_administrator_and_a_learning_leader(leader: Reviewer, team: Team) -> None:
    admin = await team.join("ada@example.org", Person.ADMINISTRATOR)
    other = await team.join("lea@example.org", Person.LEARNING_LEADER)
    designer = await team.join("ida@example.org", DESIGNER)
    wanted = ResponsibilityMode.PROGRAM_BASED
    await refused(switch(designer, wanted), grpc.StatusCode.PERMISSION_DENIED, "NOT_ALLOWED")
    asked = await switch(admin, wanted)
    assert (asked.mode.mode, asked.mode.asked, asked.mode.asked_by) == (
        ResponsibilityMode.HYBRID,
        wanted,
        "ada@example.org",
    )
    assert (
        await switch(admin, wanted)
    ).mode.mode == ResponsibilityMode.HYBRID  # one person's yes twice is one
    agreed = await switch(other, wanted)
    assert (agreed.mode.mode, agreed.mode.asked) == (wanted, ResponsibilityMode.MODE_UNSPECIFIED)


def waits(catalog: CatalogProcess) -> bool:
    """Whether somebody who holds people waits for review."""
    return bool(
        catalog.sql(
            "SELECT 1 FROM pg_locks AS w JOIN pg_locks AS h USING (pid) "
            "WHERE w.locktype = 'advisory' AND NOT w.granted AND h.locktype = 'advisory' AND h.granted"
        )
    )


@pytest.mark.parametrize("call", ["duties", "preview", "offer", "accept", "leave"])
async def test_who_changes_duties_holds_nothing_that_a_decision_needs_while_it_is_made(
    leader: Reviewer, team: Team, catalog: CatalogProcess, db: Database, call: str
) -> None:
    """A decision holds review and then takes rows of programs, resources and people."""
    olga, otto = [await team.join(email) for email in ("olga@example.org", "otto@example.org")]
    (one,) = await resources_of(leader, 1, owner="olga@example.org")
    path = await leader.program("safety", one, owners=["olga@example.org"])
    offered = await olga(
        "OfferHandover", people.OfferHandoverRequest(name=one.name, receiver="otto@example.org")
    )
    change = give(Duty.OWNER, "otto@example.org")
    again = people.OfferHandoverRequest(name=path.name, receiver="otto@example.org", validate_only=True)
    gone = people.DeactivatePersonRequest(name=await person_of(olga))
    async with db.transaction() as tx:
        await postgres.lock(tx)
        other = asyncio.create_task(
            {
                "duties": lambda: set_duties(leader, path, change),
                "preview": lambda: set_duties(leader, one, change, validate_only=True),
                "offer": lambda: olga("OfferHandover", again),
                "accept": lambda: otto("AcceptHandover", people.AcceptHandoverRequest(name=offered.name)),
                "leave": lambda: leader("DeactivatePerson", gone),
            }[call]()
        )
        await eventually(lambda: waits(catalog))
        await tx.run("SET LOCAL lock_timeout = '500ms'")
        await tx.resource(bare(one.name), for_update=True)
        await tx.program(bare(path.name), for_update=True)
        await tx.duties_moved(["olga@example.org"])
    await other


async def test_what_moves_no_suggestion_does_not_wait_for_a_decision(
    leader: Reviewer, team: Team, db: Database
) -> None:
    olga, otto = [await team.join(email) for email in ("olga@example.org", "otto@example.org")]
    one, two = await resources_of(leader, 2, owner="olga@example.org")
    offer = people.OfferHandoverRequest(name=one.name, receiver="otto@example.org")
    offered = await olga("OfferHandover", offer)
    eva = PersonRequest(kind=PersonRequest.ADD_PERSON, email="eva@example.org")
    wish = await olga("RequestPersonChange", people.RequestPersonChangeRequest(request=eva))
    yes = people.ResolvePersonRequestRequest(name=wish.name, accept=True)
    offer = people.OfferHandoverRequest(name=two.name, receiver="otto@example.org")
    grown = b"email,roles\nuli@example.org,SPECIALIST\notto@example.org,SPECIALIST\n"
    async with db.transaction() as tx:
        await postgres.lock(tx)
        async with asyncio.timeout(8):
            await olga("OfferHandover", offer)
            await otto("DeclineHandover", people.DeclineHandoverRequest(name=offered.name))
            await leader("ResolvePersonRequest", yes)
            come = await leader("ImportPeople", people.ImportPeopleRequest(content=grown))
    assert (come.added, come.changed) == (1, 1)


@pytest.mark.parametrize("row", ["otto@example.org,DESIGNER,no", "otto@example.org,,yes"])
async def test_a_people_file_that_takes_access_or_a_role_waits_for_a_decision(
    leader: Reviewer, team: Team, catalog: CatalogProcess, db: Database, row: str
) -> None:
    await team.join("otto@example.org", DESIGNER)
    content = f"email,roles,active\n{row}\n".replace("DESIGNER", "INSTRUCTIONAL_DESIGNER").encode()
    async with db.transaction() as tx:
        await postgres.lock(tx)
        other = asyncio.create_task(leader("ImportPeople", people.ImportPeopleRequest(content=content)))
        await eventually(lambda: waits(catalog))
    come = await other
    assert come.changed + come.deactivated == 1
