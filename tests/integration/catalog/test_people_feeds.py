"""People feeds through gRPC: what a registered system does to people, what it never does, and how it ends."""

from __future__ import annotations

from typing import Any

import grpc
import grpc.aio
import pytest

from tests.integration.catalog.conftest import CatalogProcess, SignedIn
from tests.integration.catalog.test_people import refusal, someone
from winnow.catalog.v1 import catalog_service_pb2 as api
from winnow.catalog.v1 import credential_service_pb2 as credentials
from winnow.catalog.v1 import people_feed_pb2
from winnow.catalog.v1 import people_service_pb2 as people_api

Role = people_api.Person.Role
DENIED = (grpc.StatusCode.PERMISSION_DENIED, "NOT_ALLOWED")


@pytest.fixture(autouse=True)
def _only_the_first_person(catalog: CatalogProcess) -> None:
    others = "SELECT id FROM persons WHERE email <> 'first@example.org'"
    catalog.sql(f"DELETE FROM credentials WHERE kind = 'feed' OR person IN ({others})")
    catalog.sql("DELETE FROM persons WHERE email <> 'first@example.org'")


async def register(by: SignedIn, channel: grpc.aio.Channel, *roles: str) -> tuple[str, SignedIn]:
    """A feed's name, and the feed calling with its token."""
    wanted = people_feed_pb2.PeopleFeed(title="Human resources", roles=roles)
    made = await by("RegisterPeopleFeed", people_feed_pb2.RegisterPeopleFeedRequest(feed=wanted))
    return made.feed.name, SignedIn(channel, made.token)


def file(feed: str, *rows: str, **more: Any) -> people_api.ImportPeopleRequest:
    content = "\n".join(["email,name,roles,active", *rows, ""]).encode()
    return people_api.ImportPeopleRequest(content=content, feed=feed, **more)


async def team(first: SignedIn) -> dict[str, tuple[str, list[str], bool]]:
    """Everybody as the API shows them, by e-mail."""
    found = await first("ListPeople", people_api.ListPeopleRequest(page_size=200))
    return {
        each.email: (
            each.display_name,
            [Role.Name(role) for role in each.roles],
            not each.deactivate_time.seconds,
        )
        for each in found.people
    }


async def test_a_feed_adds_people_and_ends_their_access_and_changes_nothing_else(
    first: SignedIn, channel: grpc.aio.Channel, catalog: CatalogProcess
) -> None:
    await someone(first, channel, "old@x.org", Role.SPECIALIST)
    away = await someone(first, channel, "away@x.org", Role.SPECIALIST)
    gone = f"people/{(await away.who()).person}"
    await first("DeactivatePerson", people_api.DeactivatePersonRequest(name=gone))
    name, feed = await register(first, channel, "SPECIALIST")
    rows = ("new@x.org,New,specialist,", "old@x.org,Renamed,LEARNING_LEADER,yes", "away@x.org,,,yes")
    answer = await feed("ImportPeople", file(name, *rows))
    assert (answer.added, answer.changed, answer.unchanged, answer.deactivated) == (1, 0, 2, 0)
    assert await team(first) == {
        "first@example.org": ("First", ["ADMINISTRATOR", "LEARNING_LEADER"], True),
        "old@x.org": ("old@x.org", ["SPECIALIST"], True),
        "away@x.org": ("away@x.org", ["SPECIALIST"], False),
        "new@x.org": ("New", ["SPECIALIST"], True),
    }
    answer = await feed("ImportPeople", file(name, "old@x.org,,,no", "nobody@x.org,,,no"))
    assert (answer.added, answer.deactivated, answer.unchanged) == (0, 1, 1)
    assert (await team(first))["old@x.org"] == ("old@x.org", ["SPECIALIST"], False)
    registrar = (await first.who()).person
    written = catalog.sql(
        "SELECT p.email, a.person, a.credential, a.detail ->> 'feed' FROM audit a JOIN persons p "
        "ON a.target = 'people/' || p.id WHERE method LIKE '%%/ImportPeople' ORDER BY a.id"
    )
    by = (registrar, name.rpartition("/")[2], name)
    assert written == [("new@x.org", *by), ("old@x.org", *by)]


async def test_a_feed_makes_no_administrator_and_gives_no_role_that_it_may_not(
    first: SignedIn, channel: grpc.aio.Channel, catalog: CatalogProcess
) -> None:
    code, _ = await refusal(register(first, channel, "ADMINISTRATOR"))
    assert code is grpc.StatusCode.INVALID_ARGUMENT
    name, feed = await register(first, channel, "SPECIALIST")
    before = await team(first)
    for role in ("ADMINISTRATOR", "LEARNING_LEADER"):
        code, info = await refusal(
            feed("ImportPeople", file(name, "a@x.org,,specialist,", f"b@x.org,,{role},"))
        )
        assert ((code, info.reason), info.metadata["who_can"]) == (DENIED, "an administrator")
    assert await team(first) == before
    refused = "SELECT detail ->> 'feed' FROM audit WHERE outcome = 'NOT_ALLOWED'"
    assert catalog.sql(refused) == [(name,), (name,)]


async def test_a_feed_leaves_one_administrator_or_does_nothing(
    first: SignedIn, channel: grpc.aio.Channel
) -> None:
    await someone(first, channel, "second@x.org", Role.ADMINISTRATOR)
    name, feed = await register(first, channel)
    before = await team(first)
    everybody = ("new@x.org,,,", "second@x.org,,,no", "first@example.org,,,no")
    code, info = await refusal(feed("ImportPeople", file(name, *everybody)))
    assert (code, info.reason) == (grpc.StatusCode.FAILED_PRECONDITION, "LAST_ADMINISTRATOR")
    assert await team(first) == before


async def test_a_preview_says_what_becomes_ownerless_and_changes_nothing(
    first: SignedIn, channel: grpc.aio.Channel
) -> None:
    await someone(first, channel, "o@x.org")
    owned = api.ResourceInput(external_id="c1", title="Ladders", owner="o@x.org")
    await first("BatchUpsertResources", api.BatchUpsertResourcesRequest(source="lms", resources=[owned]))
    name, feed = await register(first, channel)
    before = await team(first)
    leaving = ("o@x.org,,,no", "new@x.org,,,")
    told = await feed("ImportPeople", file(name, *leaving, validate_only=True))
    assert (told.added, told.deactivated) == (1, 1)
    assert [each.title for each in told.consequences.vacancies] == ["Ladders"]
    assert await team(first) == before
    assert await feed("ImportPeople", file(name, *leaving)) == told
    assert await team(first) != before


async def test_a_feeds_token_opens_nothing_but_its_own_import(
    first: SignedIn, channel: grpc.aio.Channel
) -> None:
    mine, feed = await register(first, channel)
    others, _ = await register(first, channel)
    before = await team(first)
    for named in ("", others):
        code, info = await refusal(feed("ImportPeople", file(named, "new@x.org,,,")))
        assert (code, info.reason) == DENIED
    person = people_api.CreatePersonRequest(person=people_api.Person(email="new@x.org"))
    for method, request in (
        ("CreatePerson", person),
        ("ListPeople", people_api.ListPeopleRequest()),
        ("CreateApiToken", people_api.CreateApiTokenRequest()),
        ("ListResources", api.ListResourcesRequest()),
    ):
        code, info = await refusal(feed(method, request))
        assert (code, info.reason) == DENIED, method
    code, info = await refusal(feed("GetResource", api.GetResourceRequest(name="resources/x")))
    assert (code, dict(info.metadata)) == (grpc.StatusCode.NOT_FOUND, {})
    assert await team(first) == before
    assert (await feed("ImportPeople", file(mine, "new@x.org,,,"))).added == 1


async def test_a_feed_is_its_registrars_alone_and_ends_with_their_role(
    first: SignedIn, channel: grpc.aio.Channel
) -> None:
    leader = await someone(first, channel, "l@x.org", Role.LEARNING_LEADER)
    code, info = await refusal(register(leader, channel))
    assert ((code, info.reason), info.metadata["who_can"]) == (DENIED, "an administrator")
    admin = await someone(first, channel, "a@x.org", Role.ADMINISTRATOR)
    name, feed = await register(admin, channel)
    assert (await admin("ImportPeople", file(name, "b@x.org,,,"))).added == 1
    code, info = await refusal(first("ImportPeople", file(name, "c@x.org,,,")))
    assert (code, info.reason) == DENIED
    revoke = people_api.RevokeRoleRequest(
        name=f"people/{(await admin.who()).person}", role=Role.ADMINISTRATOR
    )
    await first("RevokeRole", revoke)
    code, info = await refusal(feed("ImportPeople", file(name, "c@x.org,,,")))
    assert (code, info.reason) == DENIED
    assert "c@x.org" not in await team(first)


async def test_a_repeated_request_registers_one_feed(first: SignedIn) -> None:
    wanted = people_feed_pb2.PeopleFeed(title="Human resources")
    request = people_feed_pb2.RegisterPeopleFeedRequest(feed=wanted, request_id="one feed")
    await first("RegisterPeopleFeed", request)
    code, info = await refusal(first("RegisterPeopleFeed", request))
    assert (code, info.reason) == (grpc.StatusCode.ALREADY_EXISTS, "SECRET_SHOWN")
    asked = credentials.ListCredentialsRequest(kind=credentials.Credential.PEOPLE_FEED)
    (only,) = (await first("ListCredentials", asked)).credentials
    assert only.name == info.metadata["name"]


async def test_a_feed_is_listed_and_ended_as_other_credentials_are(
    first: SignedIn, channel: grpc.aio.Channel
) -> None:
    name, feed = await register(first, channel)
    asked = credentials.ListCredentialsRequest(kind=credentials.Credential.PEOPLE_FEED)
    (listed,) = (await first("ListCredentials", asked)).credentials
    assert (listed.title, listed.email) == ("Human resources", "first@example.org")
    await first("RevokeCredential", credentials.RevokeCredentialRequest(name=listed.name))
    code, _ = await refusal(feed("ImportPeople", file(name, "c@x.org,,,")))
    assert code is grpc.StatusCode.UNAUTHENTICATED
    code, info = await refusal(first("ImportPeople", file(name, "c@x.org,,,")))
    assert (code, info.reason) == (grpc.StatusCode.NOT_FOUND, "PEOPLE_FEED_NOT_FOUND")
