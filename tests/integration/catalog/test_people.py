"""People, credentials and rights at the catalog's own door, where the gateway's token is all that comes in."""

from __future__ import annotations

from typing import Any

import grpc
import grpc.aio
import psycopg
import pytest
from google.protobuf.duration_pb2 import Duration
from google.rpc.error_details_pb2 import ErrorInfo

from services.kit.rpc import error_info
from tests.integration.catalog.conftest import FIRST_LINK, CatalogProcess, SignedIn
from winnow.catalog.v1 import catalog_service_pb2 as api
from winnow.catalog.v1 import credential_service_pb2 as credentials
from winnow.catalog.v1 import people_service_pb2 as people_api
from winnow.internal.v1.identity_service_pb2 import OpenSessionRequest
from winnow.internal.v1.identity_service_pb2_grpc import IdentityServiceStub

Role = people_api.Person.Role


@pytest.fixture(autouse=True)
def _only_the_first_person(catalog: CatalogProcess) -> None:
    others = "SELECT id FROM persons WHERE email <> 'first@example.org'"
    catalog.sql(f"DELETE FROM credentials WHERE person IN ({others})")
    catalog.sql("DELETE FROM persons WHERE email <> 'first@example.org'")


async def refusal(call: Any) -> tuple[grpc.StatusCode, ErrorInfo]:
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await call
    info = error_info(refused.value)
    assert info is not None, refused.value
    return refused.value.code(), info


async def someone(
    first: SignedIn, channel: grpc.aio.Channel, email: str, *roles: Any, **token: Any
) -> SignedIn:
    person = people_api.Person(email=email, display_name=email, roles=roles)
    await first("CreatePerson", people_api.CreatePersonRequest(person=person))
    minted = await first("CreateApiToken", people_api.CreateApiTokenRequest(email=email, **token))
    return SignedIn(channel, minted.token)


async def test_the_first_person_has_both_roles_and_its_file_is_read_once(
    first: SignedIn, catalog: CatalogProcess
) -> None:
    viewer = await first("GetViewer", people_api.GetViewerRequest())
    assert list(viewer.person.roles) == [Role.ADMINISTRATOR, Role.LEARNING_LEADER]
    assert viewer.read_content
    assert catalog.sql("SELECT count(*) FROM persons") == [(1,)]


async def test_a_sign_in_link_opens_one_session(first: SignedIn, channel: grpc.aio.Channel) -> None:
    stub = IdentityServiceStub(channel)
    metadata = first.token("", 0, False, "/winnow.internal.v1.IdentityService/OpenSession")
    session = await stub.OpenSession(OpenSessionRequest(link_token=FIRST_LINK), metadata=metadata)
    viewer = await SignedIn(channel, session.session)("GetViewer", people_api.GetViewerRequest())
    assert viewer.person.email == "first@example.org"
    code, info = await refusal(stub.OpenSession(OpenSessionRequest(link_token=FIRST_LINK), metadata=metadata))
    assert (code, info.reason) == (grpc.StatusCode.UNAUTHENTICATED, "CREDENTIAL_INVALID")


async def link_for(who: SignedIn, name: str, **more: Any) -> people_api.SignInLink:
    return await who("CreateSignInLink", people_api.CreateSignInLinkRequest(name=name, **more))


async def sign_in(first: SignedIn, channel: grpc.aio.Channel, link: people_api.SignInLink) -> SignedIn:
    metadata = first.token("", 0, False, "/winnow.internal.v1.IdentityService/OpenSession")
    request = OpenSessionRequest(link_token=link.path.removeprefix("/sign-in?token="))
    session = await IdentityServiceStub(channel).OpenSession(request, metadata=metadata)
    return SignedIn(channel, session.session)


async def newcomer(first: SignedIn, *roles: Any) -> str:
    person = people_api.Person(email="n@example.org", roles=roles)
    return (await first("CreatePerson", people_api.CreatePersonRequest(person=person))).name


async def test_an_administrators_link_lets_a_person_in_once_and_the_log_says_who_made_it(
    first: SignedIn, channel: grpc.aio.Channel, catalog: CatalogProcess
) -> None:
    name = await newcomer(first, Role.LEARNING_LEADER)
    link = await link_for(first, name)
    theirs = await sign_in(first, channel, link)
    assert (await theirs("GetViewer", people_api.GetViewerRequest())).person.name == name
    code, info = await refusal(sign_in(first, channel, link))
    assert (code, info.reason) == (grpc.StatusCode.UNAUTHENTICATED, "CREDENTIAL_INVALID")
    request = api.BatchUpsertResourcesRequest(
        source="lms", resources=[api.ResourceInput(external_id="c1", title="One")]
    )
    await theirs("BatchUpsertResources", request)
    maker = f"people/{(await first.who()).person}"
    id_ = name.removeprefix("people/")
    said = catalog.sql(f"SELECT DISTINCT detail ->> 'let_in_by' FROM audit WHERE person = '{id_}'")
    assert said == [(maker,)]
    own = await theirs("ListCredentials", credentials.ListCredentialsRequest())
    assert [(each.kind, each.made_by) for each in own.credentials] == [
        (credentials.Credential.SESSION, "first@example.org")
    ]
    # Nor is it lost by a token that the session mints, or that the administrator mints for them.
    await first("CreateApiToken", people_api.CreateApiTokenRequest(email="n@example.org"))
    await theirs("CreateApiToken", people_api.CreateApiTokenRequest())
    tokens = credentials.ListCredentialsRequest(kind=credentials.Credential.TOKEN)
    listed = (await theirs("ListCredentials", tokens)).credentials
    assert [each.made_by for each in listed] == ["first@example.org"] * 2
    assert [each.made_by for each in (await first("ListCredentials", tokens)).credentials] == [""]


async def test_a_link_that_is_over_replaced_or_ended_lets_nobody_in(
    first: SignedIn, channel: grpc.aio.Channel, catalog: CatalogProcess
) -> None:
    name = await newcomer(first)
    replaced, over = await link_for(first, name), await link_for(first, name)
    assert (await refusal(sign_in(first, channel, replaced)))[1].reason == "CREDENTIAL_INVALID"
    catalog.sql("UPDATE credentials SET expire_time = now() WHERE kind = 'link' RETURNING id")
    assert (await refusal(sign_in(first, channel, over)))[1].reason == "CREDENTIAL_INVALID"
    ended = await link_for(first, name)
    listed = credentials.ListCredentialsRequest(kind=credentials.Credential.SIGN_IN_LINK, everyone=True)
    (shown,) = (await first("ListCredentials", listed)).credentials
    assert (shown.email, shown.made_by) == ("n@example.org", "first@example.org")
    await first("RevokeCredential", credentials.RevokeCredentialRequest(name=shown.name))
    assert (await refusal(sign_in(first, channel, ended)))[1].reason == "CREDENTIAL_INVALID"


async def test_a_link_ends_with_the_person_and_with_the_right_of_whoever_made_it(
    first: SignedIn, channel: grpc.aio.Channel
) -> None:
    name = await newcomer(first)
    link = await link_for(first, name)
    await first("DeactivatePerson", people_api.DeactivatePersonRequest(name=name))
    assert (await refusal(sign_in(first, channel, link)))[1].reason == "CREDENTIAL_INVALID"
    code, info = await refusal(link_for(first, name))
    assert (code, info.reason) == (grpc.StatusCode.NOT_FOUND, "PERSON_NOT_FOUND")
    await first("ReactivatePerson", people_api.ReactivatePersonRequest(name=name))
    assert (await refusal(sign_in(first, channel, link)))[1].reason == "CREDENTIAL_INVALID"
    other = await someone(first, channel, "a@example.org", Role.ADMINISTRATOR)
    of_other = await link_for(other, name)
    revoke = people_api.RevokeRoleRequest(
        name=f"people/{(await other.who()).person}", role=Role.ADMINISTRATOR
    )
    await first("RevokeRole", revoke)
    assert (await refusal(sign_in(first, channel, of_other)))[1].reason == "CREDENTIAL_INVALID"


async def test_a_link_is_an_administrators_to_make_and_shown_once(
    first: SignedIn, channel: grpc.aio.Channel
) -> None:
    leader = await someone(first, channel, "l@example.org", Role.LEARNING_LEADER)
    name = f"people/{(await first.who()).person}"
    code, info = await refusal(link_for(leader, name))
    assert (code, info.metadata["who_can"]) == (grpc.StatusCode.PERMISSION_DENIED, "an administrator")
    theirs = f"people/{(await leader.who()).person}"
    await link_for(first, theirs, request_id="once")
    code, info = await refusal(link_for(first, theirs, request_id="once"))
    assert (code, info.reason) == (grpc.StatusCode.ALREADY_EXISTS, "SECRET_SHOWN")
    assert info.metadata["name"].startswith("credentials/")


async def test_only_the_gateways_own_calls_reach_the_identity_service(
    first: SignedIn, channel: grpc.aio.Channel
) -> None:
    known = await first.who()
    metadata = first.token(
        known.person, known.duties_version, True, "/winnow.internal.v1.IdentityService/OpenSession"
    )
    code, _ = await refusal(
        IdentityServiceStub(channel).OpenSession(OpenSessionRequest(link_token="x"), metadata=metadata)
    )
    assert code is grpc.StatusCode.PERMISSION_DENIED


async def test_a_call_without_a_token_or_with_another_methods_token_is_refused(
    first: SignedIn, channel: grpc.aio.Channel
) -> None:
    to_any: Any = channel
    call = to_any.unary_unary("/winnow.catalog.v1.CatalogService/ListResources")
    code, _ = await refusal(call(b""))
    assert code is grpc.StatusCode.UNAUTHENTICATED
    known = await first.who()
    other = first.token(
        known.person, known.duties_version, True, "/winnow.catalog.v1.CatalogService/GetResource"
    )
    code, _ = await refusal(call(b"", metadata=other))
    assert code is grpc.StatusCode.UNAUTHENTICATED


async def test_changed_roles_end_the_old_token_and_say_so(first: SignedIn, channel: grpc.aio.Channel) -> None:
    designer = await someone(first, channel, "d@example.org", Role.INSTRUCTIONAL_DESIGNER)
    before = await designer.who()
    name = f"people/{before.person}"
    await first("GrantRole", people_api.GrantRoleRequest(name=name, role=Role.SPECIALIST))
    method = "/winnow.catalog.v1.CatalogService/ListResources"
    metadata = designer.token(before.person, before.duties_version, True, method, before.token_id)
    code, info = await refusal(channel.unary_unary(method)(b"", metadata=metadata))
    assert (code, info.reason) == (grpc.StatusCode.UNAUTHENTICATED, "DUTIES_CHANGED")
    assert await designer("ListResources", api.ListResourcesRequest()) is not None


async def test_a_deactivated_person_is_out_at_once_and_the_last_administrator_stays(
    first: SignedIn, channel: grpc.aio.Channel
) -> None:
    designer = await someone(first, channel, "d@example.org", Role.INSTRUCTIONAL_DESIGNER)
    known = await designer.who()
    gone = await first("DeactivatePerson", people_api.DeactivatePersonRequest(name=f"people/{known.person}"))
    assert gone.HasField("deactivate_time")
    method = "/winnow.catalog.v1.CatalogService/ListResources"
    metadata = designer.token(known.person, known.duties_version, True, method, known.token_id)
    code, _ = await refusal(channel.unary_unary(method)(b"", metadata=metadata))
    assert code is grpc.StatusCode.UNAUTHENTICATED
    code, _ = await refusal(designer.who())
    assert code is grpc.StatusCode.UNAUTHENTICATED
    own = f"people/{(await first.who()).person}"
    code, info = await refusal(first("DeactivatePerson", people_api.DeactivatePersonRequest(name=own)))
    assert (code, info.reason) == (grpc.StatusCode.FAILED_PRECONDITION, "LAST_ADMINISTRATOR")
    revoke = people_api.RevokeRoleRequest(name=own, role=Role.ADMINISTRATOR)
    _, info = await refusal(first("RevokeRole", revoke))
    assert info.reason == "LAST_ADMINISTRATOR"


async def test_nobody_grants_a_role_to_themselves(first: SignedIn) -> None:
    own = f"people/{(await first.who()).person}"
    grant = people_api.GrantRoleRequest(name=own, role=Role.SPECIALIST)
    code, info = await refusal(first("GrantRole", grant))
    assert (code, info.reason) == (grpc.StatusCode.PERMISSION_DENIED, "OWN_ROLE")


async def test_people_are_an_administrators_alone_and_the_refusal_says_so_and_is_written_down(
    first: SignedIn, channel: grpc.aio.Channel, catalog: CatalogProcess
) -> None:
    leader = await someone(first, channel, "l@example.org", Role.LEARNING_LEADER)
    malformed = people_api.CreatePersonRequest(person=people_api.Person(email="no e-mail"))
    code, info = await refusal(leader("CreatePerson", malformed))
    assert (code, info.reason) == (grpc.StatusCode.PERMISSION_DENIED, "NOT_ALLOWED")
    assert info.metadata["who_can"] == "an administrator"
    rows = catalog.sql("SELECT outcome, method FROM audit WHERE outcome <> 'OK'")
    assert rows == [("NOT_ALLOWED", "/winnow.catalog.v1.PeopleService/CreatePerson")]
    code, info = await refusal(first("CreatePerson", malformed))
    assert (code, info.reason) == (grpc.StatusCode.INVALID_ARGUMENT, "FIELD_INVALID")


async def test_an_administrator_without_content_role_sees_no_content_whether_it_exists_or_not(
    first: SignedIn, channel: grpc.aio.Channel
) -> None:
    request = api.BatchUpsertResourcesRequest(
        source="lms", resources=[api.ResourceInput(external_id="c1", title="One")]
    )
    existing = (await first("BatchUpsertResources", request)).resources[0].name
    admin = await someone(first, channel, "a@example.org", Role.ADMINISTRATOR)
    answers = [
        await refusal(admin("GetResource", api.GetResourceRequest(name=name)))
        for name in (existing, "resources/missing")
    ]
    assert answers[0] == answers[1]
    assert answers[0][0] is grpc.StatusCode.NOT_FOUND
    code, _ = await refusal(admin("ListResources", api.ListResourcesRequest()))
    assert code is grpc.StatusCode.PERMISSION_DENIED


async def test_an_owner_reads_content_by_duty_and_may_hold_only_what_is_theirs(
    first: SignedIn, channel: grpc.aio.Channel
) -> None:
    owner = await someone(first, channel, "o@example.org")
    code, _ = await refusal(owner("ListResources", api.ListResourcesRequest()))
    assert code is grpc.StatusCode.PERMISSION_DENIED
    inputs = [
        api.ResourceInput(external_id="c1", title="Theirs", owner="O@Example.org"),
        api.ResourceInput(external_id="c2", title="Another's"),
    ]
    request = api.BatchUpsertResourcesRequest(source="lms", resources=inputs)
    theirs, others = [each.name for each in (await first("BatchUpsertResources", request)).resources]
    assert len((await owner("ListResources", api.ListResourcesRequest())).resources) == 2
    held = await owner("SetHold", api.SetHoldRequest(name=theirs, reason="Review"))
    assert held.hold == "Review"
    code, info = await refusal(owner("SetHold", api.SetHoldRequest(name=others, reason="Review")))
    assert code is grpc.StatusCode.PERMISSION_DENIED
    assert "its owner" in info.metadata["who_can"]


async def test_a_read_only_token_reads_and_nothing_else(first: SignedIn, channel: grpc.aio.Channel) -> None:
    reader = await someone(first, channel, "r@example.org", Role.LEARNING_LEADER, read_only=True)
    assert await reader("ExportCatalog", api.ExportCatalogRequest()) is not None
    code, info = await refusal(reader("UpsertSource", api.UpsertSourceRequest()))
    assert (code, info.reason) == (grpc.StatusCode.PERMISSION_DENIED, "TOKEN_READ_ONLY")


async def test_tokens_are_for_oneself_or_minted_by_an_administrator(
    first: SignedIn, channel: grpc.aio.Channel
) -> None:
    leader = await someone(first, channel, "l@example.org", Role.LEARNING_LEADER)
    own = await leader("CreateApiToken", people_api.CreateApiTokenRequest(ttl=Duration(seconds=60)))
    assert (await SignedIn(channel, own.token).who()).person == (await leader.who()).person
    code, _ = await refusal(
        leader("CreateApiToken", people_api.CreateApiTokenRequest(email="first@example.org"))
    )
    assert code is grpc.StatusCode.PERMISSION_DENIED


async def test_a_repeated_request_mints_no_second_token_and_names_the_first(
    first: SignedIn, channel: grpc.aio.Channel, catalog: CatalogProcess
) -> None:
    request = people_api.CreateApiTokenRequest(ttl=Duration(seconds=60), request_id="once")
    minted = await first("CreateApiToken", request)
    code, info = await refusal(first("CreateApiToken", request))
    assert (code, info.reason) == (grpc.StatusCode.ALREADY_EXISTS, "SECRET_SHOWN")
    listed = await first("ListCredentials", credentials.ListCredentialsRequest(page_size=200))
    same = [each for each in listed.credentials if each.expire_time == minted.expire_time]
    assert [each.name for each in same] == [info.metadata["name"]]
    await SignedIn(channel, minted.token)("GetViewer", people_api.GetViewerRequest())
    kept = catalog.sql("SELECT result FROM requests WHERE request_id = 'once'")
    assert minted.token.encode() not in bytes(kept[0][0])
    code, info = await refusal(
        first("CreateApiToken", people_api.CreateApiTokenRequest(read_only=True, request_id="once"))
    )
    assert (code, info.reason) == (grpc.StatusCode.FAILED_PRECONDITION, "REQUEST_ID_REUSED")


async def test_a_repeated_request_adds_one_person(first: SignedIn) -> None:
    person = people_api.Person(email="twice@example.org")
    request = people_api.CreatePersonRequest(person=person, request_id="one person")
    made = await first("CreatePerson", request)
    assert await first("CreatePerson", request) == made
    code, info = await refusal(first("CreatePerson", people_api.CreatePersonRequest(person=person)))
    assert (code, info.reason) == (grpc.StatusCode.ALREADY_EXISTS, "PERSON_EXISTS")


async def test_a_people_file_is_taken_whole_or_not_at_all(first: SignedIn, catalog: CatalogProcess) -> None:
    good = b"email,name,roles\na@x.org,Ada,LEARNING_LEADER;specialist\nb@x.org,Bo,\n"
    answer = await first("ImportPeople", people_api.ImportPeopleRequest(content=good))
    assert (answer.added, answer.changed, answer.unchanged) == (2, 0, 0)
    again = b"name,email,roles\nAda L,A@X.org,SPECIALIST\nBo,b@x.org,\n"
    answer = await first("ImportPeople", people_api.ImportPeopleRequest(content=again))
    assert (answer.added, answer.changed, answer.unchanged) == (0, 1, 1)
    bad = b"email,name,roles\nc@x.org,Cy,\nd@x.org,Di,KING\n"
    code, _ = await refusal(first("ImportPeople", people_api.ImportPeopleRequest(content=bad)))
    assert code is grpc.StatusCode.INVALID_ARGUMENT
    assert catalog.sql("SELECT count(*) FROM persons") == [(3,)]
    people = await first("ListPeople", people_api.ListPeopleRequest())
    assert [(each.email, list(each.roles)) for each in people.people] == [
        ("a@x.org", [Role.SPECIALIST]),
        ("b@x.org", []),
        ("first@example.org", [Role.ADMINISTRATOR, Role.LEARNING_LEADER]),
    ]


async def test_a_body_that_nobody_can_read_is_refused_for_rights_first(
    first: SignedIn, channel: grpc.aio.Channel
) -> None:
    leader = await someone(first, channel, "l@example.org", Role.LEARNING_LEADER)
    only_rights = {"metadata": (("winnow-authorize-only", "1"),)}
    request = people_api.CreatePersonRequest()
    code, _ = await refusal(leader("CreatePerson", request, **only_rights))
    assert code is grpc.StatusCode.PERMISSION_DENIED
    code, info = await refusal(first("CreatePerson", request, **only_rights))
    assert (code, info.reason) == (grpc.StatusCode.INVALID_ARGUMENT, "JSON_INVALID")


async def test_content_that_names_people_adds_nobody(
    first: SignedIn, channel: grpc.aio.Channel, catalog: CatalogProcess
) -> None:
    """An owner whom nobody knows stays an address; a people file among content is no people file."""
    before = catalog.sql("SELECT email, roles, deactivate_time FROM persons")
    files = {
        "catalog.csv": b"external_id,title,owner\nc1,Ladders,eve@example.org\n",
        "programs.csv": b"program,title,position,resource,mandatory,owner\np,Path,1,c1,yes,eve@example.org\n",
        "people.csv": b"email,name,roles,active\neve@example.org,Eve,ADMINISTRATOR,\nfirst@example.org,,,no\n",
    }
    await first.imported("lms", files)
    (resource,) = (await first("ListResources", api.ListResourcesRequest())).resources
    assert resource.owner == "eve@example.org"
    assert catalog.sql("SELECT email, roles, deactivate_time FROM persons") == before
    # Once an administrator has added them, what was said of them holds.
    eve = await someone(first, channel, "eve@example.org")
    assert list((await eve("GetViewer", people_api.GetViewerRequest())).owned_programs) != []


async def test_the_services_login_cannot_change_the_audit_log(catalog: CatalogProcess) -> None:
    with psycopg.connect(catalog.database.app, autocommit=True) as connection:
        for statement in ("UPDATE audit SET outcome = ''", "DELETE FROM audit", "TRUNCATE audit"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(statement.encode())
