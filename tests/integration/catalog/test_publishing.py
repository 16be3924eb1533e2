"""Drafts through the catalog's doors: kept an hour, answered to the curator, published by whom it concerns."""

from __future__ import annotations

from typing import Any

import grpc
import pytest

from services.kit.rpc import error_info
from tests.hostile import manifest, package, page
from tests.integration.catalog.conftest import CatalogProcess, SignedIn
from winnow.catalog.v1 import catalog_service_pb2 as api
from winnow.catalog.v1 import import_pb2, program_pb2, publishing_pb2
from winnow.catalog.v1 import people_service_pb2 as people
from winnow.catalog.v1.house_rules_pb2 import HouseRules
from winnow.internal.v1 import feed_service_pb2 as feed_api

PAGE = (
    b'<!DOCTYPE html><html lang="en"><head><title>Weirs</title></head><body><h1>Weirs</h1><p>Keep it dry.</p>'
)


async def person(first: SignedIn, channel: grpc.aio.Channel, email: str, *roles: Any) -> SignedIn:
    made = people.Person(email=email, display_name=email, roles=roles)
    await first("CreatePerson", people.CreatePersonRequest(person=made))
    token = (await first("CreateApiToken", people.CreateApiTokenRequest(email=email))).token
    return SignedIn(channel, token)


async def drafts(by: SignedIn, **files: bytes) -> list[publishing_pb2.Draft]:
    found = await by.imported(
        "uploads", {f"{name}.html": data for name, data in files.items()}, validate_only=True
    )
    return list(found.drafts)


async def refusal(by: SignedIn, request: publishing_pb2.PublishResourceRequest) -> str:
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await by("PublishResource", request)
    info = error_info(refused.value)
    assert info is not None
    return info.reason


def publishing(draft: publishing_pb2.Draft, **said: Any) -> publishing_pb2.PublishResourceRequest:
    return publishing_pb2.PublishResourceRequest(name=draft.name, fields=publishing_pb2.DraftFields(**said))


async def test_the_feed_answers_a_draft_by_its_id_with_text_and_the_rules_it_breaks(
    first: SignedIn, feed: Any
) -> None:
    rules = HouseRules(required_fields=["owner"])
    await first("SetHouseRules", api.SetHouseRulesRequest(house_rules=rules))
    (draft,) = await drafts(first, weirs=PAGE)
    id_ = draft.name.partition("/")[2]
    asked = feed_api.GetStatesRequest(kind=feed_api.DRAFTS, ids=[id_])
    (state,) = (await feed.GetStates(asked)).states
    assert (state.draft.resource.title, state.draft.resource.language) == ("Weirs", "en")
    assert [(each.rule, each.field) for each in state.draft.breaks] == [("required_field", "owner")]
    (text,) = (await feed.GetTexts(feed_api.GetTextsRequest(ids=[id_]))).slices
    assert (text.id, "Keep it dry." in text.text) == (id_, True)
    assert text.content_hash == state.draft.resource.content_hash
    assert not (await feed.ListStates(feed_api.ListStatesRequest(kind=feed_api.DRAFTS))).states
    assert not (await first("ListResources", api.ListResourcesRequest())).resources


async def test_after_an_hour_a_draft_is_gone_for_everyone(
    first: SignedIn, feed: Any, catalog: CatalogProcess
) -> None:
    (draft,) = await drafts(first, weirs=PAGE)
    catalog.sql("UPDATE drafts SET expire_time = expire_time - interval '1 hour' RETURNING id")
    assert await refusal(first, publishing(draft)) == "DRAFT_NOT_FOUND"
    id_ = draft.name.partition("/")[2]
    (state,) = (await feed.GetStates(feed_api.GetStatesRequest(kind=feed_api.DRAFTS, ids=[id_]))).states
    assert state.gone
    assert not (await feed.GetTexts(feed_api.GetTextsRequest(ids=[id_]))).slices


async def test_an_owner_publishes_a_new_version_of_their_own_and_nothing_else(
    first: SignedIn, channel: grpc.aio.Channel
) -> None:
    (draft,) = await drafts(first, weirs=PAGE)
    published = await first("PublishResource", publishing(draft, owner="ola@example.org"))
    ola = await person(first, channel, "ola@example.org")
    own, other = await drafts(first, weirs=PAGE.replace(b"dry", b"wet"), gates=PAGE)
    if own.resource != published.name:
        own, other = other, own
    assert (own.resource, other.resource) == (published.name, "")
    again = await ola("PublishResource", publishing(own, version="2"))
    assert (again.name, again.version, again.owner) == (published.name, "2", "ola@example.org")
    assert again.content_hash != published.content_hash
    assert await refusal(ola, publishing(other)) == "NOT_ALLOWED"


async def test_a_programs_owner_publishes_what_is_new_into_it(
    first: SignedIn, channel: grpc.aio.Channel
) -> None:
    row = api.ResourceInput(external_id="old", title="Old")
    (old,) = (
        await first("BatchUpsertResources", api.BatchUpsertResourcesRequest(source="lms", resources=[row]))
    ).resources
    programs: dict[str, program_pb2.Program] = {}
    for key, owner in (("theirs", "pam@example.org"), ("others", "someone@example.org")):
        program = program_pb2.Program(
            source="lms", key=key, owners=[owner], items=[program_pb2.ProgramItem(resource=old.name)]
        )
        programs[key] = await first("UpsertProgram", api.UpsertProgramRequest(program=program))
    pam = await person(first, channel, "pam@example.org")
    weirs, gates = await drafts(pam, weirs=PAGE, gates=PAGE.replace(b"Weirs", b"Gates"))
    assert await refusal(pam, publishing(weirs)) == "NOT_ALLOWED"
    into = publishing_pb2.PublishResourceRequest(name=weirs.name, program=programs["others"].name)
    assert await refusal(pam, into) == "NOT_ALLOWED"
    into.program = programs["theirs"].name
    published = await pam("PublishResource", into)
    held = (await first("GetProgram", api.GetProgramRequest(name=into.program))).items
    assert [(item.resource, item.mandatory) for item in held][1:] == [(published.name, False)]
    (line,) = (await first("ListChanges", api.ListChangesRequest(state=api.Change.PENDING))).changes
    assert (line.target, line.external_id, line.field, line.suggestion) == (
        into.program,
        "theirs",
        "items",
        "",
    )
    assert (line.from_value, line.to_value) == ("old", "old\nweirs.html")

    # By what it holds now it is theirs to publish anew, but not as something new.
    (again,) = await drafts(pam, weirs=PAGE.replace(b"dry", b"wet"))
    into.name = again.name
    assert await refusal(pam, into) == "FIELD_INVALID"
    assert (await pam("PublishResource", publishing(again))).name == published.name
    into.name = gates.name
    await first("UpsertProgram", api.UpsertProgramRequest(program=_archived(programs["theirs"])))
    assert await refusal(pam, into) == "FIELD_INVALID"


async def test_an_owner_publishes_nothing_into_what_their_program_holds(
    first: SignedIn, channel: grpc.aio.Channel
) -> None:
    """A nested program has owners of its own."""
    inner = program_pb2.Program(source="lms", key="inner", owners=["someone@example.org"])
    inner = await first("UpsertProgram", api.UpsertProgramRequest(program=inner))
    outer = program_pb2.Program(
        source="lms",
        key="outer",
        owners=["pat@example.org"],
        items=[program_pb2.ProgramItem(program=inner.name)],
    )
    outer = await first("UpsertProgram", api.UpsertProgramRequest(program=outer))
    pat = await person(first, channel, "pat@example.org")
    (draft,) = await drafts(pat, locks=PAGE.replace(b"Weirs", b"Locks"))
    into = publishing_pb2.PublishResourceRequest(name=draft.name, program=inner.name)
    assert await refusal(pat, into) == "NOT_ALLOWED"
    into.program = outer.name
    await pat("PublishResource", into)


async def test_what_turns_out_to_be_there_already_is_refused_for_a_program(first: SignedIn) -> None:
    """What a draft comes to is known once it is published: a row joins the package that it names."""
    (draft,) = (await first.imported("lms", {"gates.zip": package()}, validate_only=True)).drafts
    gates = await first("PublishResource", publishing(draft))
    program = program_pb2.Program(source="lms", key="path", owners=["pol@example.org"])
    program = await first("UpsertProgram", api.UpsertProgramRequest(program=program))
    table = b"external_id,title,file\nfresh,Fresh,gates.zip\n"
    (draft,) = (await first.imported("lms", {"catalog.csv": table}, validate_only=True)).drafts
    into = publishing_pb2.PublishResourceRequest(name=draft.name, program=program.name)
    assert await refusal(first, into) == "FIELD_INVALID"
    assert (await first("PublishResource", publishing(draft))).name == gates.name


async def test_who_may_not_publish_into_a_program_hears_nothing_of_it(
    first: SignedIn, channel: grpc.aio.Channel
) -> None:
    program = program_pb2.Program(source="lms", key="gone", owners=["someone@example.org"], archived=True)
    program = await first("UpsertProgram", api.UpsertProgramRequest(program=program))
    row = api.ResourceInput(external_id="own", title="Own", owner="pip@example.org")
    await first("BatchUpsertResources", api.BatchUpsertResourcesRequest(source="lms", resources=[row]))
    pip = await person(first, channel, "pip@example.org")
    (draft,) = await drafts(pip, weirs=PAGE)
    for name in (program.name, "programs/none"):
        into = publishing_pb2.PublishResourceRequest(name=draft.name, program=name)
        assert await refusal(pip, into) == "NOT_ALLOWED"


async def test_a_program_that_is_full_takes_nothing_in(first: SignedIn) -> None:
    rows = [program_pb2.ProgramItem(reference=f"r{number}") for number in range(1000)]
    program = program_pb2.Program(source="lms", key="full", items=rows)
    program = await first("UpsertProgram", api.UpsertProgramRequest(program=program))
    (draft,) = await drafts(first, weirs=PAGE)
    into = publishing_pb2.PublishResourceRequest(name=draft.name, program=program.name)
    assert await refusal(first, into) == "FIELD_INVALID"
    assert len((await first("GetProgram", api.GetProgramRequest(name=program.name))).items) == 1000


def _archived(program: program_pb2.Program) -> program_pb2.Program:
    return program_pb2.Program(
        source=program.source, key=program.key, owners=program.owners, items=program.items, archived=True
    )


async def test_an_owner_uploads_packages_and_publishes_the_one_that_is_theirs(
    first: SignedIn, channel: grpc.aio.Channel
) -> None:
    """To look at: what they would bring is written by PublishResource alone, which asks whose it is."""
    packed = {
        f"{name}.zip": package(imsmanifest__xml=manifest(identifier=name)) for name in ("gates", "weirs")
    }
    gates, weirs = (await first.imported("lms", packed, validate_only=True)).drafts
    kept = await first("PublishResource", publishing(gates))
    theirs = await first("PublishResource", publishing(weirs, owner="pia@example.org"))
    pia = await person(first, channel, "pia@example.org")

    newer = {
        name: package(imsmanifest__xml=manifest(identifier=name[:5]), pump__html=page("Newer."))
        for name in packed
    }
    looked = await pia.imported("lms", newer, validate_only=True)
    assert looked.state == import_pb2.Import.SUCCEEDED
    of = {each.resource: each for each in looked.drafts}
    assert await refusal(pia, publishing(of[kept.name])) == "NOT_ALLOWED"
    again = await pia("PublishResource", publishing(of[theirs.name], version="2"))
    assert (again.name, again.version) == (theirs.name, "2")
    assert again.content_hash != theirs.content_hash

    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await pia.deliver("lms", newer)
    info = error_info(refused.value)
    assert info is not None
    assert (info.reason, info.metadata["who_can"]) == (
        "NOT_ALLOWED",
        "a learning leader, an instructional designer, a specialist or an owner of its program",
    )


async def test_an_owner_joins_nothing_of_others_to_what_is_theirs(
    first: SignedIn, channel: grpc.aio.Channel
) -> None:
    """A row names the package that it is about, and makes one thing of both."""
    (draft,) = (await first.imported("lms", {"gates.zip": package()}, validate_only=True)).drafts
    gates = await first("PublishResource", publishing(draft))
    row = api.ResourceInput(external_id="own", title="Own", owner="pol@example.org")
    request = api.BatchUpsertResourcesRequest(source="lms", resources=[row])
    (own,) = (await first("BatchUpsertResources", request)).resources
    pol = await person(first, channel, "pol@example.org")
    await pol("BatchUpsertResources", request)

    row.file = "gates.zip"
    request = api.BatchUpsertResourcesRequest(source="lms", resources=[row])
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await pol("BatchUpsertResources", request)
    info = error_info(refused.value)
    assert info is not None
    assert info.reason == "NOT_ALLOWED"
    program = program_pb2.Program(source="lms", key="pols", owners=["pol@example.org"])
    program = await first("UpsertProgram", api.UpsertProgramRequest(program=program))
    table = b"external_id,title,file\nfresh,Fresh,gates.zip\n"
    (draft,) = (await pol.imported("lms", {"catalog.csv": table}, validate_only=True)).drafts
    into = publishing_pb2.PublishResourceRequest(name=draft.name, program=program.name)
    assert (draft.resource, await refusal(pol, into)) == ("", "NOT_ALLOWED")
    table = b"external_id,title,file\nown,Own,gates.zip\n"
    (draft,) = (await pol.imported("lms", {"catalog.csv": table}, validate_only=True)).drafts
    assert draft.resource == own.name
    assert await refusal(pol, publishing(draft)) == "NOT_ALLOWED"
    for each in (gates, own):
        assert (await first("GetResource", api.GetResourceRequest(name=each.name))).name == each.name
    await first("BatchUpsertResources", request)
    assert (await first("GetResource", api.GetResourceRequest(name=own.name))).name == gates.name


async def test_a_specialist_makes_no_drafts(first: SignedIn, channel: grpc.aio.Channel) -> None:
    specialist = await person(first, channel, "sam@example.org", people.Person.SPECIALIST)
    looked = await specialist.imported("uploads", {"weirs.html": PAGE}, validate_only=True)
    assert (looked.state, list(looked.drafts)) == (import_pb2.Import.FAILED, [])
    (draft,) = await drafts(first, weirs=PAGE)
    assert await refusal(specialist, publishing(draft)) == "NOT_ALLOWED"
