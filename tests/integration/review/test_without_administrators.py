"""Content needs no administrator, and people need one: each refusal of it is in the audit log."""

from __future__ import annotations

import grpc
import pytest

from services.kit.rpc import error_info
from tests.integration.catalog.conftest import CatalogProcess
from tests.integration.review.conftest import Curator, Reviewer, Team, course, words
from tests.integration.review.test_statements import call
from winnow.catalog.v1 import catalog_service_pb2 as api
from winnow.catalog.v1 import insights_pb2
from winnow.catalog.v1 import people_service_pb2 as people
from winnow.review.v1 import statement_service_pb2 as statement_pb2
from winnow.review.v1.suggestion_pb2 import Suggestion

LINES = b"external_id,title,description\nc1,Tills,Count the till twice.\nc2,Stairs,Hold on to the rail.\n"


async def test_every_attempt_of_others_on_people_is_refused_and_written_down(
    team: Team, leader: Reviewer, catalog: CatalogProcess
) -> None:
    others = {
        "ida@example.org": people.Person.INSTRUCTIONAL_DESIGNER,
        "lea@example.org": people.Person.LEARNING_LEADER,
        "sam@example.org": people.Person.SPECIALIST,
    }
    callers = [await team.join(email, role) for email, role in others.items()]
    first = (await leader("GetViewer", people.GetViewerRequest())).person.name
    eve = people.Person(email="eve@example.org", display_name="Eve")
    attempts = {
        "CreatePerson": people.CreatePersonRequest(person=eve),
        "DeactivatePerson": people.DeactivatePersonRequest(name=first),
        "GrantRole": people.GrantRoleRequest(name=first, role=people.Person.SPECIALIST),
        "RevokeRole": people.RevokeRoleRequest(name=first, role=people.Person.ADMINISTRATOR),
        "ImportPeople": people.ImportPeopleRequest(content=b"email,name,roles\neve@example.org,Eve,\n"),
        "CreateApiToken": people.CreateApiTokenRequest(email="first@example.org"),
    }
    before = catalog.sql("SELECT email, roles, deactivate_time FROM persons ORDER BY email")
    for caller in callers:
        for method, request in attempts.items():
            with pytest.raises(grpc.aio.AioRpcError) as refused:
                await caller(method, request)
            info = error_info(refused.value)
            assert info is not None
            assert info.reason == "NOT_ALLOWED"
            assert "administrator" in info.metadata["who_can"]
    assert catalog.sql("SELECT email, roles, deactivate_time FROM persons ORDER BY email") == before
    written = catalog.sql(
        "SELECT p.email, regexp_replace(method, '.*/', ''), outcome FROM audit JOIN persons p ON p.id = person"
        " WHERE outcome <> 'OK'"
    )
    assert sorted(written) == sorted(
        (email, method, "NOT_ALLOWED") for email in others for method in attempts
    )


async def test_from_import_to_report_no_administrator_is_signed_in(
    team: Team, curator: Curator, catalog: CatalogProcess, channel: grpc.aio.Channel
) -> None:
    designer = await team.join("ida@example.org", people.Person.INSTRUCTIONAL_DESIGNER)
    # The last test of this module: nobody has a credential for it afterwards.
    catalog.sql(
        "DELETE FROM credentials WHERE person IN (SELECT id FROM persons WHERE 'ADMINISTRATOR' = ANY(roles))"
    )
    assert (await designer.imported("lms", {"courses.csv": LINES})).end_time.seconds
    text = words("till")
    kept, copy = await designer.put(course("c3", "Till", text), course("c4", "Till again", text))
    await curator.propose(curator.duplicate(kept, copy))
    seen = await designer.only(Suggestion.OPEN)
    assert (await designer.accept(seen)).state == Suggestion.APPLIED
    lines = (await designer("ListChanges", api.ListChangesRequest())).changes
    assert [each.suggestion for each in lines] == [seen.name]
    assert "Till again" in await designer.export()
    insights = await designer("GetInsights", insights_pb2.GetInsightsRequest())
    assert [(each.name, each.value) for each in insights.decisions] == [("ida@example.org", 1)]
    statement = await call(designer, channel, "GetStatement", statement_pb2.GetStatementRequest())
    assert {each.name: each.value for each in statement.figures}["plans_applied"] == 1
    sheet = await call(designer, channel, "ExportStatement", statement_pb2.ExportStatementRequest())
    assert "plans_applied,1" in sheet.content
