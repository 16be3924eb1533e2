"""Exact copies decided and taken back together, and the log as a spreadsheet."""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime
from typing import Any

import grpc

from tests.integration.catalog.conftest import CatalogProcess
from tests.integration.review.conftest import Curator, Reviewer, Team, course, words
from tests.integration.review.test_reviewers import refused
from winnow.catalog.v1.people_service_pb2 import Person
from winnow.catalog.v1.resource_pb2 import Resource
from winnow.review.v1 import batch_pb2
from winnow.review.v1 import review_service_pb2 as review
from winnow.review.v1.batch_pb2 import BatchDecideRequest, BatchDecideResponse
from winnow.review.v1.suggestion_pb2 import Suggestion

Filter = BatchDecideRequest.Filter


async def batch(by: Reviewer, **more: Any) -> BatchDecideResponse:
    return await by("BatchDecide", BatchDecideRequest(**more))


def chosen(*seen: Suggestion) -> list[BatchDecideRequest.Choice]:
    return [
        BatchDecideRequest.Choice(name=each.name, revision=each.revision, fingerprint=each.fingerprint)
        for each in seen
    ]


async def undo(by: Reviewer, name: str) -> Any:
    return await by("UndoBatch", batch_pb2.UndoBatchRequest(name=name))


async def pairs(leader: Reviewer, count: int) -> list[Any]:
    return await leader.put(*(course(f"c{n:03}", f"T{n}", words(str(n // 2))) for n in range(2 * count)))


async def test_exact_copies_held_ones_included_are_accepted_and_taken_back_together(
    leader: Reviewer, curator: Curator
) -> None:
    made = await pairs(leader, 13)
    before = await leader.export()
    await curator.propose(*(curator.duplicate(made[n], made[n + 1]) for n in range(0, 26, 2)))
    await curator.settled()
    states = sorted(each.state for each in await leader.suggestions())
    assert states.count(Suggestion.HELD) == 3
    tried = await batch(leader, filter=Filter(), validate_only=True)
    assert (tried.batch, len(tried.outcomes)) == ("", 13)
    assert sorted(each.state for each in await leader.suggestions()) == states
    answer = await batch(leader, filter=Filter(), request_id="once", comment="All the same.")
    assert [(each.state, each.reason) for each in answer.outcomes] == [(Suggestion.APPLIED, "")] * 13
    assert (await leader.resource(made[1])).lifecycle == Resource.ARCHIVED
    assert await batch(leader, filter=Filter(), request_id="once", comment="All the same.") == answer
    log = (await leader("ListDecisions", review.ListDecisionsRequest(page_size=200))).decisions
    assert {(each.verb, each.batch) for each in log} == {("accept", answer.batch), ("apply", answer.batch)}
    back = await undo(leader, answer.batch)
    assert [(each.state, each.reason) for each in back.outcomes] == [(Suggestion.OPEN, "")] * 13
    assert await leader.export() == before
    await refused(undo(leader, "batches/none"), grpc.StatusCode.NOT_FOUND, "BATCH_NOT_FOUND")


async def test_what_is_no_exact_copy_or_has_changed_is_left_and_the_rest_goes_on(
    leader: Reviewer, curator: Curator, team: Team
) -> None:
    specialist = await team.join("sam@example.org", Person.SPECIALIST)
    made = await pairs(leader, 5)
    spanish = course("c003", "T3", words("1"), language="es")
    (made[3],) = await leader.put(spanish)
    (made[2],) = await leader.put(course("c002", "T2", words("1"), language="en"))
    month = datetime.now(UTC).date().replace(day=1).isoformat()
    rows = f"resource,month,enrolled,started,completed,seconds\nc005,{month},4,4,0,60\n"
    await leader.imported("lms", {"engagement.csv": rows.encode()})
    await curator.propose(
        curator.duplicate(made[0], made[1]),
        curator.duplicate(made[2], made[3]),
        curator.duplicate(made[4], made[5]),
        curator.duplicate(made[6], made[7], operation="deprecate"),
        curator.duplicate(made[8], made[9]),
    )
    await curator.settled()
    found = {min(member.external_id for member in each.members): each for each in await leader.suggestions()}
    seen = [found[f"c{n:03}"] for n in range(0, 10, 2)]
    choices = chosen(*seen)
    choices[4].fingerprint = "another"
    expected = ["", "NOT_EXACT", "NOT_EXACT", "NOT_EXACT", "SUGGESTION_CHANGED"]
    tried = await batch(leader, choices=choices, validate_only=True)
    assert [each.reason for each in tried.outcomes] == expected
    answer = await batch(leader, choices=choices)
    assert [each.reason for each in answer.outcomes] == expected
    assert [each.state == Suggestion.APPLIED for each in answer.outcomes] == [True, *[False] * 4]
    denied = await batch(specialist, choices=chosen(seen[4]))
    assert [each.reason for each in denied.outcomes] == ["NOT_ALLOWED"]
    invalid = grpc.StatusCode.INVALID_ARGUMENT
    await refused(batch(leader, choices=[*choices, choices[0]]), invalid, "FIELD_INVALID")
    await refused(batch(leader), invalid, "FIELD_INVALID")


async def test_a_batch_is_taken_back_but_for_what_somebody_has_decided_since(
    leader: Reviewer, curator: Curator
) -> None:
    made = await pairs(leader, 2)
    await curator.propose(*(curator.duplicate(made[n], made[n + 1]) for n in (0, 2)))
    await curator.settled()
    seen = await leader.suggestions()
    answer = await batch(leader, choices=chosen(*seen))
    await leader.undo(seen[0])
    again = await leader.accept(await leader.get(seen[0].name))
    assert again.state == Suggestion.APPLIED
    back = await undo(leader, answer.batch)
    assert {each.name: each.state for each in back.outcomes} == {
        seen[0].name: Suggestion.APPLIED,
        seen[1].name: Suggestion.OPEN,
    }
    assert (await undo(leader, answer.batch)).outcomes == back.outcomes


async def test_each_refusal_inside_a_batch_is_in_the_audit_log(
    leader: Reviewer, curator: Curator, team: Team, catalog: CatalogProcess
) -> None:
    specialist = await team.join("sam@example.org", Person.SPECIALIST)
    designer = await team.join("ida@example.org", Person.INSTRUCTIONAL_DESIGNER)
    made = await pairs(leader, 2)
    await curator.propose(*(curator.duplicate(made[n], made[n + 1]) for n in (0, 2)))
    await curator.settled()
    seen = await leader.suggestions()
    denied = await batch(specialist, choices=chosen(*seen))
    assert [each.reason for each in denied.outcomes] == ["NOT_ALLOWED"] * 2
    done = await batch(leader, choices=chosen(*seen))
    kept = await undo(designer, done.batch)  # approved none of it
    assert [(each.state, each.reason) for each in kept.outcomes] == [(Suggestion.APPLIED, "NOT_ALLOWED")] * 2
    written = catalog.sql(
        "SELECT p.email, a.role, regexp_replace(a.method, '.*/', ''), a.target, a.detail ->> 'who_can' <> ''"
        " FROM audit a JOIN persons p ON p.id = a.person WHERE a.outcome = 'NOT_ALLOWED'"
    )
    names = [each.name for each in seen]
    assert sorted(written) == sorted(
        [("sam@example.org", "SPECIALIST", "BatchDecide", name, True) for name in names]
        + [("ida@example.org", "INSTRUCTIONAL_DESIGNER", "UndoBatch", name, True) for name in names]
    )


async def test_the_log_is_a_spreadsheet_in_which_nothing_runs(leader: Reviewer, curator: Curator) -> None:
    kept, copy = await leader.put(
        course("c1", "=1+1", words("a")), course("c2", "Ladders, “short”", words("a"))
    )
    await curator.propose(curator.duplicate(kept, copy))
    seen = await leader.only(Suggestion.OPEN)
    await leader.reject(seen, "other", comment="@SUM(A1)\nnot now")
    answer = await leader("ExportDecisions", review.ExportDecisionsRequest())
    header, row = csv.reader(io.StringIO(answer.content))
    line = dict(zip(header, row, strict=True))
    assert (line["verb"], line["state"], line["actor"], line["reason"]) == (
        "reject",
        "REJECTED",
        "first@example.org",
        "other",
    )
    assert line["comment"] == "'@SUM(A1)\nnot now"
    assert line["members"].startswith("'=1+1")
    assert (line["suggestion"], line["kind"], line["relation"]) == (seen.name, "DUPLICATE", "IDENTICAL")
    assert answer.next_page_token == ""
