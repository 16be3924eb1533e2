"""Files delivered to the catalog: what becomes of them, what they join, and that an interruption changes nothing."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path
from typing import Any

import grpc
import grpc.aio
import pytest

from services.kit.rpc import error_info
from tests.integration.catalog.conftest import FIRST_TOKEN, TABLES, CatalogProcess, SignedIn, eventually
from tests.servers import NatsServer, PostgresServer
from winnow.catalog.v1 import catalog_service_pb2 as api
from winnow.catalog.v1 import people_service_pb2 as people_api
from winnow.catalog.v1.import_pb2 import Import
from winnow.catalog.v1.resource_pb2 import Resource
from winnow.internal.v1 import feed_service_pb2 as feed_api

MANIFEST = """<?xml version="1.0"?>
<manifest identifier="{identifier}" version="1" xmlns="http://www.imsproject.org/xsd/imscp_rootv1p1p2"
    xmlns:adlcp="http://www.adlnet.org/xsd/adlcp_rootv1p2">
  <metadata><schema>ADL SCORM</schema><schemaversion>1.2</schemaversion></metadata>
  <organizations default="o"><organization identifier="o"><title>{title}</title>
    <item identifier="i" identifierref="r"><title>{title}</title></item></organization></organizations>
  <resources><resource identifier="r" type="webcontent" adlcp:scormtype="sco" href="index.html">
    <file href="index.html"/></resource></resources>
</manifest>"""


def scorm(identifier: str, title: str, text: str) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("imsmanifest.xml", MANIFEST.format(identifier=identifier, title=title))
        archive.writestr("index.html", f"<html><body><h1>{title}</h1><p>{text}</p></body></html>")
    return packed.getvalue()


def rows(*lines: str) -> bytes:
    header = "external_id,title,description,kind,language,file,owner,mandatory"
    return "\n".join((header, *lines)).encode()


async def all_resources(first: SignedIn) -> list[Resource]:
    found: list[Resource] = []
    token = ""
    while True:
        page = await first("ListResources", api.ListResourcesRequest(page_size=200, page_token=token))
        found += page.resources
        token = page.next_page_token
        if not token:
            return found


def counts(done: Import) -> tuple[int, int, int, int]:
    return (done.added, done.changed, done.unchanged, done.gone)


async def test_rows_and_packages_become_resources_and_again_is_unchanged(first: SignedIn) -> None:
    files = {
        "catalog.csv": rows("c1,Ladders,How to climb safely.,course,en,,o@example.org,yes"),
        "pump.zip": scorm("PUMP-1", "Pumps", "Close the inlet valve before opening the housing."),
        "notes/valves.md": b"# Valves\n\nTurn the valve clockwise to close it.\n",
    }
    done = await first.imported("lms", files)
    assert done.state == Import.SUCCEEDED, done
    assert counts(done) == (3, 0, 0, 0)
    by_title = {each.title: each for each in await all_resources(first)}
    assert set(by_title) == {"Ladders", "Pumps", "Valves"}
    assert by_title["Pumps"].listings[0].external_id == "PUMP-1"
    read = await first("GetResource", api.GetResourceRequest(name=by_title["Pumps"].name))
    assert "Close the inlet valve before opening the housing." in read.outline[0].text
    assert counts(await first.imported("lms", files)) == (0, 0, 3, 0)


@pytest.mark.parametrize("row_first", [True, False])
async def test_a_row_and_the_package_it_names_are_one_resource_whichever_comes_first(
    first: SignedIn, row_first: bool
) -> None:
    row = {"catalog.csv": rows("c1,Pump course,Short words.,course,en,Files/PUMP.zip,,")}
    package = {"exports/pump.ZIP": scorm("P1", "Pumps", "Close the inlet valve before opening.")}
    for files in (row, package) if row_first else (package, row):
        assert (await first.imported("lms", files)).state == Import.SUCCEEDED
    (found,) = await all_resources(first)
    assert found.title == "Pump course"
    assert [each.external_id for each in found.listings] == ["c1", "P1"]
    read = await first("GetResource", api.GetResourceRequest(name=found.name))
    assert "inlet valve" in read.outline[0].text


async def test_two_packages_of_one_identifier_stay_two(first: SignedIn) -> None:
    files = {
        "a.zip": scorm("P1", "Pumps", "First export of the course."),
        "b.zip": scorm("P1", "Pumps", "Second export of the course."),
    }
    assert counts(await first.imported("lms", files)) == (2, 0, 0, 0)
    ids = sorted(each.listings[0].external_id for each in await all_resources(first))
    assert ids == ["P1", "P1 @ b.zip"]
    assert counts(await first.imported("lms", files)) == (0, 0, 2, 0)


async def test_one_file_delivered_alone_is_the_one_that_came_in_a_folder(first: SignedIn) -> None:
    folder = {
        "packages/a.zip": scorm("P1", "Pumps", "First export of the course."),
        "packages/old/a.zip": scorm("P1", "Pumps", "Older export of the course."),
    }
    assert counts(await first.imported("lms", folder)) == (2, 0, 0, 0)
    alone = {"a.zip": scorm("P1", "Pumps", "First export of the course, with a sentence more.")}
    assert counts(await first.imported("lms", alone)) == (0, 1, 0, 0)
    assert counts(await first.imported("lms", folder)) == (0, 1, 1, 0)
    ids = sorted(each.listings[0].external_id for each in await all_resources(first))
    assert ids == ["P1", "P1 @ packages/old/a.zip"]


async def test_a_row_keeps_the_sources_identifier_from_a_package_that_had_it_first(first: SignedIn) -> None:
    await first.imported("lms", {"a.zip": scorm("c1", "Pumps", "Text of the package.")})
    await first.imported("lms", {"catalog.csv": rows("c1,Pump course,,course,en,,,")})
    (found,) = await all_resources(first)
    assert {each.external_id for each in found.listings} == {"c1", "c1 @ a.zip"}


async def test_a_complete_import_tells_what_is_gone_but_for_what_it_could_not_read(first: SignedIn) -> None:
    kept = {"keep.md": b"# Keep\n\nThis stays.\n"}
    others = {"drop.md": b"# Drop\n\nThis goes.\n", "x.zip": scorm("X", "X", "Text of it.")}
    await first.imported("docs", {**kept, **others})
    done = await first.imported("docs", {**kept, "x.zip": b"PK\x03\x04 broken"}, complete=True)
    assert done.state == Import.PARTIAL
    assert [each.file for each in done.unreadable] == ["x.zip"]
    assert counts(done) == (0, 0, 1, 1)
    lifecycle = {each.title: each.lifecycle for each in await all_resources(first)}
    assert lifecycle == {"Keep": Resource.PUBLISHED, "Drop": Resource.ARCHIVED, "X": Resource.PUBLISHED}
    back = await first.imported("docs", {**kept, **others}, complete=True)
    assert counts(back) == (0, 1, 2, 0)


async def test_only_looking_keeps_nothing(first: SignedIn) -> None:
    files = {"catalog.csv": rows("c1,One,,course,en,,,", "c2,Two,,course,en,,,")}
    done = await first.imported("lms", files, validate_only=True)
    assert [(each.file, each.recognised_as, each.resources) for each in done.files] == [
        ("catalog.csv", "catalog", 2)
    ]
    assert not await all_resources(first)
    assert not (await first("ListSources", api.ListSourcesRequest())).sources


async def test_a_file_nobody_can_read_is_named_and_the_rest_is_taken(first: SignedIn) -> None:
    done = await first.imported("lms", {"broken.zip": b"PK\x03\x04", "fine.md": b"# Fine\n\nText.\n"})
    assert done.state == Import.PARTIAL
    assert [each.file for each in done.unreadable] == ["broken.zip"]
    assert len(await all_resources(first)) == 1
    nothing = await first.imported("lms", {"broken.zip": b"PK\x03\x04"})
    assert nothing.state == Import.FAILED


async def test_ambiguous_dates_wait_for_an_answer_which_later_imports_remember(first: SignedIn) -> None:
    table = b"external_id,title,updated\nc1,One,03/04/2025\nc2,Two,05/06/2025\n"
    done = await first.imported("lms", {"catalog.csv": table})
    assert done.state == Import.PARTIAL
    (question,) = done.questions
    assert question.reason == "DATE_ORDER"
    assert not await all_resources(first)
    answer = api.AnswerImportQuestionRequest(name=done.name, question=question.id, choice=question.choices[0])
    await first("AnswerImportQuestion", answer)
    done = await first.ended(done.name)
    assert done.state == Import.SUCCEEDED
    assert counts(done) == (2, 0, 0, 0)
    again = await first.imported("lms", {"catalog.csv": table})
    assert (again.state, counts(again)) == (Import.SUCCEEDED, (0, 0, 2, 0))


async def test_programs_and_engagement_find_what_they_name_at_a_later_import(
    first: SignedIn, feed: Any
) -> None:
    programs = (
        b"program,title,position,resource,mandatory,owner\np1,Path,2,Pumps,yes,\np1,Path,1,c1,yes,po@x.org\n"
    )
    engagement = (
        b"resource,month,enrolled,started,completed,seconds\n"
        b"Pumps,2026-09,10,8,6,3600\npump.zip,2026-08,1,1,1,60\np1,2026-09,4,4,4,10\nnobody,2026-09,1,1,1,1\n"
    )
    early = await first.imported("lms", {"programs.csv": programs, "use.csv": engagement})
    assert early.state == Import.SUCCEEDED
    assert early.events == 4
    unresolved = {each.place for each in early.warnings if each.reason == "REFERENCE_UNRESOLVED"}
    assert {"Pumps", "pump.zip", "nobody"} <= unresolved
    assert "p1" not in unresolved
    package = scorm("P1", "Pumps", "Close the inlet valve before opening.")
    await first.imported("lms", {"pump.zip": package, "catalog.csv": rows("c1,Ladders,,course,en,,,")})
    (program,) = (await first("ListPrograms", api.ListProgramsRequest())).programs
    by_title = {each.title: each for each in await all_resources(first)}
    assert [item.resource for item in program.items] == [by_title["Ladders"].name, by_title["Pumps"].name]
    assert list(program.owners) == ["po@x.org"]
    id_ = by_title["Pumps"].name.removeprefix("resources/")
    states = await feed.GetStates(feed_api.GetStatesRequest(kind=feed_api.ENGAGEMENT, ids=[id_]))
    use = states.states[0].engagement
    assert (use.started_year, use.completed_year, list(use.started_months)) == (9, 7, [1, 8])
    (source,) = (await first("ListSources", api.ListSourcesRequest())).sources
    assert source.HasField("engagement_time")
    assert not source.no_learners


async def test_learners_are_summed_and_kept_under_pseudonyms_alone(
    first: SignedIn, catalog: CatalogProcess, feed: Any
) -> None:
    use = (
        b"resource,month,enrolled,started,completed,seconds,learner,state,due\n"
        b"c1,2026-08,1,1,0,60,anna@corp.example,in_progress,2026-12-01\n"
        b"c1,2026-09,0,0,1,90,Anna@corp.example,completed,2026-12-01\n"
        b"c1,2026-09,1,1,0,30,bo@corp.example,in_progress,2026-11-30\n"
    )
    await first.imported("lms", {"catalog.csv": rows("c1,Ladders,,course,en,,,"), "use.csv": use})
    learners = catalog.sql("SELECT DISTINCT learner FROM learner_months")
    assert len(learners) == 2
    dump = str(catalog.sql("SELECT t::text FROM learner_months t")).lower()
    assert "anna" not in dump
    (resource,) = await all_resources(first)
    ids = [resource.name.removeprefix("resources/")]
    state = (await feed.GetStates(feed_api.GetStatesRequest(kind=feed_api.ENGAGEMENT, ids=ids))).states[0]
    assert (state.engagement.started_year, state.engagement.in_progress) == (2, 1)


async def test_sums_and_learners_for_one_month_are_a_question(first: SignedIn) -> None:
    await first.imported("lms", {"catalog.csv": rows("c1,Ladders,,course,en,,,")})
    sums = b"resource,month,enrolled,started,completed,seconds\nc1,2026-09,10,8,6,3600\n"
    learner = b"resource,month,enrolled,started,completed,seconds,learner\nc1,2026-09,1,1,0,60,anna\n"
    await first.imported("lms", {"sums.csv": sums})
    done = await first.imported("lms", {"learners.csv": learner})
    (question,) = done.questions
    assert question.reason == "SUMS_AND_LEARNERS"
    answer = api.AnswerImportQuestionRequest(name=done.name, question=question.id, choice="sums")
    await first("AnswerImportQuestion", answer)
    done = await first.ended(done.name)
    assert (done.state, list(done.questions)) == (Import.SUCCEEDED, [])


async def test_a_repeated_delivery_joins_the_import_that_it_began(first: SignedIn) -> None:
    files = {"a.md": b"# A\n\nText.\n"}
    one = await first.deliver("docs", files, request_id="d1")
    again = await first.deliver("docs", files, request_id="d1")
    assert again.name == one.name
    assert counts(await first.ended(one.name)) == (1, 0, 0, 0)


async def test_a_path_that_leads_outside_is_refused_with_all_that_came_with_it(first: SignedIn) -> None:
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await first.deliver("docs", {"a.md": b"# A\n\nText.\n", "../b.md": b"# B\n"})
    info = error_info(refused.value)
    assert info is not None
    assert info.reason == "FIELD_INVALID"
    assert not (await first("ListImports", api.ListImportsRequest())).imports


@pytest.mark.thorough
async def test_a_kill_in_the_middle_leads_to_the_state_of_an_undisturbed_run(
    first: SignedIn, catalog: CatalogProcess
) -> None:
    lines = [f"c{n},Course {n},Words number {n} about it.,course,en,p{n}.zip,," for n in range(900)]
    files: dict[str, bytes] = {
        f"p{n}.zip": scorm(f"P{n}", f"Package {n}", f"Text number {n}.") for n in range(30)
    }
    files["catalog.csv"] = rows(*lines)
    undisturbed = await first.imported("lms", files)
    expected = await first.export()
    catalog.sql(TABLES)
    begun = await first.deliver("lms", files)
    for share in (5, 40, 300, 700):
        await eventually(lambda at=share: catalog.sql("SELECT count(*) FROM listings")[0][0] >= at)
        catalog.kill()
        catalog.start()
    done = await first.ended(begun.name)
    assert counts(done) == counts(undisturbed) == (930, 0, 0, 0)
    assert await first.export() == expected
    assert catalog.sql("SELECT count(*) FROM import_chunks") == [(0,)]


async def test_a_specialist_brings_engagement_and_no_content(
    first: SignedIn, channel: grpc.aio.Channel, catalog: CatalogProcess
) -> None:
    person = people_api.Person(email="sp@example.org", roles=[people_api.Person.SPECIALIST])
    if not catalog.sql("SELECT 1 FROM persons WHERE email = 'sp@example.org'"):
        await first("CreatePerson", people_api.CreatePersonRequest(person=person))
    minted = await first("CreateApiToken", people_api.CreateApiTokenRequest(email=person.email))
    use = b"resource,month,enrolled,started,completed,seconds\nc1,2026-09,1,1,1,1\n"
    files = {"use.csv": use, "notes.md": b"# Notes\n\nText.\n"}
    done = await SignedIn(channel, minted.token).imported("lms", files)
    assert done.events == 1
    assert [(each.file, each.reason) for each in done.unreadable] == [("notes.md", "NOT_ALLOWED")]
    assert not await all_resources(first)


@pytest.mark.thorough
async def test_a_crash_of_the_database_in_the_middle_changes_nothing_at_the_end(
    own_postgres_server: PostgresServer, nats_session: NatsServer, tmp_path: Path
) -> None:
    lines = [f"c{n},Course {n},Words number {n} about it.,course,en,,," for n in range(1500)]
    own = CatalogProcess(own_postgres_server.database("catalog"), nats_session.url, tmp_path)
    own.migrate()
    own.start()
    async with grpc.aio.insecure_channel(f"127.0.0.1:{own.port}") as opened:
        person = SignedIn(opened, FIRST_TOKEN)
        begun = await person.deliver("lms", {"catalog.csv": rows(*lines)})
        await eventually(lambda: own.sql("SELECT count(*) FROM listings")[0][0] >= 200)
        own_postgres_server.kill()
        own_postgres_server.start()
        done = await eventually(lambda: _ended_or_none(person, begun.name), seconds=60)
        assert counts(done) == (1500, 0, 0, 0)
        assert len((await person.export()).splitlines()) == 1500
    own.stop()


async def _ended_or_none(person: SignedIn, name: str) -> Import | None:
    try:
        found = await person("GetImport", api.GetImportRequest(name=name))
    except grpc.aio.AioRpcError as error:
        if error.code() is not grpc.StatusCode.UNAVAILABLE:
            raise
        return None
    return found if found.HasField("end_time") else None
