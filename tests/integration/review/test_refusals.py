"""Reasons that repair: what each refusal leaves in the catalog, and what brings the suggestion back; through gRPC."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import grpc
import pytest
from google.type.date_pb2 import Date

from tests.integration.catalog.conftest import CatalogProcess, eventually
from tests.integration.review.conftest import Curator, Reviewer, Team, bare, course, sealed, words
from tests.integration.review.test_ledger import listed, verdicts
from tests.integration.review.test_responsibility import give, set_duties
from tests.integration.review.test_reviewers import copies, refused
from winnow.catalog.v1 import catalog_service_pb2 as api
from winnow.catalog.v1.duty_pb2 import Duty
from winnow.catalog.v1.people_service_pb2 import Person
from winnow.catalog.v1.resource_pb2 import Resource
from winnow.curation.v1.proposal_pb2 import Claim, Proposal
from winnow.review.v1 import review_service_pb2 as review
from winnow.review.v1 import verdict_pb2
from winnow.review.v1.suggestion_pb2 import Suggestion
from winnow.review.v1.suppression_pb2 import Suppression

PAIRS = {
    "different_audience": "variant",
    "different_language": "translation",
    "different_level": "different_level",
    "different_purpose": "different_purpose",
    "intentional_copy": "intentional_copy",
    "not_same": "not_same",
}
Attribute = review.RejectSuggestionRequest.Attribute


async def reopened(leader: Reviewer, seen: Suggestion) -> Suggestion:
    return await leader("ReopenSuggestion", review.ReopenSuggestionRequest(name=seen.name))


def content(one: Resource) -> Resource:
    """The resource without what every change of it moves."""
    found = Resource()
    found.CopyFrom(one)
    for field in ("etag", "update_time"):
        found.ClearField(field)
    return found


@pytest.mark.parametrize(
    "reason", [*PAIRS, "still_accurate", "seasonal", "required", "used_elsewhere", "bad_data", "other"]
)
async def test_each_reason_leaves_its_verdict_and_its_rule(
    reason: str, leader: Reviewer, curator: Curator
) -> None:
    a, b = await copies(leader)
    await curator.propose(curator.duplicate(a, b))
    gone = await leader.reject(await leader.only(Suggestion.OPEN), reason, comment="Because.")
    assert (gone.state, gone.decision.reason) == (Suggestion.REJECTED, reason)
    assert [one.verdict for one in await verdicts(leader)] == ([PAIRS[reason]] if reason in PAIRS else [])
    assert [(rule.scope, rule.reason) for rule in await listed(leader)] == [(Suppression.EXACT_SET, reason)]


@pytest.mark.parametrize(
    ("reason", "field", "value"),
    [("different_audience", "audience", "Nurses"), ("different_language", "language", "de")],
)
async def test_what_tells_copies_apart_is_set_in_the_catalog(
    reason: str, field: str, value: str, leader: Reviewer, curator: Curator
) -> None:
    a, b = await copies(leader)
    await curator.propose(curator.duplicate(a, b))
    seen = await leader.only(Suggestion.OPEN)
    stranger = Attribute(resource="resources/nothing", value=value)
    await refused(
        leader.reject(seen, reason, attributes=[stranger]),
        grpc.StatusCode.INVALID_ARGUMENT,
        "FIELD_INVALID",
    )
    await leader.reject(seen, reason, attributes=[Attribute(resource=b.name, value=value)])
    assert getattr(await leader.resource(b), field) == value
    # What the refusal itself wrote is no reason to come back.
    await curator.propose(curator.duplicate(a, b, score=0.97))
    await curator.settled()
    assert (await leader.get(seen.name)).state == Suggestion.REJECTED


async def test_an_owner_sets_what_tells_copies_apart_on_their_own_alone(
    leader: Reviewer, curator: Curator, team: Team
) -> None:
    olga, pia = [await team.join(f"{name}@example.org") for name in ("olga", "pia")]
    a, b = await copies(leader)
    await set_duties(leader, b, give(Duty.OWNER, "olga@example.org"))
    (mine,) = await leader.put(course("c3", "Ladders 3", words("a")))
    await leader.program("onboarding", mine, owners=["pia@example.org"])
    both = [Attribute(resource=a.name, value="Doctors"), Attribute(resource=b.name, value="Nurses")]
    await curator.propose(curator.duplicate(a, b))
    seen = await leader.only(Suggestion.OPEN)
    gone = await olga.reject(seen, "different_audience", attributes=both)
    said = f"(not set, since others edit it: “{a.title}”)"
    assert (gone.state, gone.decision.comment) == (Suggestion.REJECTED, said)
    assert [(await leader.resource(one)).audience for one in (a, b)] == ["", "Nurses"]
    assert [(each.verdict, {each.a, each.b}) for each in await verdicts(leader)] == [
        ("variant", {a.name, b.name})
    ]
    # Of what is refused in part only it is written once the suggestion has ended.
    await curator.propose(curator.duplicate(a, mine))
    seen = await leader.only(Suggestion.OPEN)
    (part,) = [part.id for part in seen.plan.parts if part.id != "resources"]
    both = [Attribute(resource=a.name, value="de"), Attribute(resource=mine.name, value="en")]
    await pia.reject(seen, "different_language", parts=[part], attributes=both)
    assert (await leader.get(seen.name)).state == Suggestion.REJECTED
    assert [(await leader.resource(one)).language for one in (a, mine)] == ["", "en"]


async def test_required_holds_on_an_authority_until_its_last_day(
    leader: Reviewer, curator: Curator, catalog: CatalogProcess, team: Team
) -> None:
    specialist = await team.join("sam@example.org", Person.SPECIALIST)
    a, b = await copies(leader)
    await curator.propose(curator.duplicate(a, b))
    seen = await leader.only(Suggestion.OPEN)
    end = Date(year=datetime.now(UTC).year + 1, month=3, day=31)
    told = specialist.reject(seen, "required", comment="Says the law.")
    await refused(told, grpc.StatusCode.PERMISSION_DENIED, "NOT_ALLOWED")
    await leader.reject(seen, "required", comment="Works agreement 12", hold_end=end)
    held = await leader.resource(b)
    assert (held.hold, held.hold_end) == ("Works agreement 12", end)
    assert (await leader.resource(a)).hold == ""
    catalog.sql("UPDATE resources SET hold_end = current_date - 1 WHERE hold <> ''")
    catalog.sql("UPDATE review_progress SET day = NULL")
    catalog.kill()
    catalog.start()  # the scheduler looks every minute, and first of all as it starts
    await eventually(lambda: leader.who(), 20)

    async def lifted() -> bool:
        return (await leader.resource(b)).hold == ""

    await eventually(lifted)


async def test_taking_still_current_back_restores_the_days_of_the_review_before(
    leader: Reviewer, curator: Curator, catalog: CatalogProcess
) -> None:
    (one,) = await leader.put(
        course("c1", "Ladders", words("a"), review_date=Date(year=2020, month=5, day=4))
    )
    before = content(await leader.resource(one))
    await curator.propose(curator.outdated(one))
    seen = await leader.only(Suggestion.OPEN)
    again = Date(year=datetime.now(UTC).year + 2, month=2, day=1)
    await leader.reject(seen, "still_accurate", review_date=again)
    while_current = catalog.sql("SELECT revision FROM resources")[0][0]
    assert (await leader.resource(one)).review_date == again
    back = await reopened(leader, seen)
    assert (back.state, back.fingerprint) == (Suggestion.OPEN, seen.fingerprint)
    assert content(await leader.resource(one)) == before
    # What was found in between says nothing about the days that are back.
    gone = curator.outdated(one)
    gone.members[0].revision = while_current
    await curator.withdraw(gone)
    await curator.settled()
    assert (await leader.get(seen.name)).state == Suggestion.OPEN


async def test_a_withdrawal_for_a_verdict_that_was_taken_back_since_does_not_end_what_was_reopened(
    leader: Reviewer, curator: Curator
) -> None:
    a, b = await copies(leader, 2)
    found = curator.duplicate(a, b)
    await curator.propose(found)
    seen = await leader.only(Suggestion.OPEN)
    await leader.reject(seen, "not_same")
    pair = (min(bare(a.name), bare(b.name)), max(bare(a.name), bare(b.name)))
    await reopened(leader, seen)
    await curator.withdraw(found, apart=[pair])  # judged under the verdict, told late
    await curator.settled()
    assert (await leader.get(seen.name)).state == Suggestion.OPEN
    await curator.withdraw(found)  # whatever it is for, no verdict is
    assert (await leader.in_state(seen.name, Suggestion.WITHDRAWN)).note == "Gone."


async def test_a_withdrawal_for_a_verdict_that_stands_again_ends_what_is_live(
    leader: Reviewer, curator: Curator
) -> None:
    a, b = await copies(leader, 2)
    found = curator.duplicate(a, b)
    stale = curator.outdated(a, "deprecate", other=b)
    await curator.propose(found, stale)
    await curator.settled()
    seen, other = [
        next(one for one in await leader.suggestions(Suggestion.OPEN) if one.kind == kind)
        for kind in (Suggestion.DUPLICATE, Suggestion.OUTDATED)
    ]
    pair = (min(bare(a.name), bare(b.name)), max(bare(a.name), bare(b.name)))
    await leader.reject(seen, "not_same")
    await leader.reject(await reopened(leader, seen), "not_same")
    await curator.withdraw(stale, apart=[pair])
    await leader.in_state(other.name, Suggestion.WITHDRAWN)


async def test_a_pass_read_under_a_verdict_does_not_end_what_was_reopened_after_it(
    leader: Reviewer, curator: Curator, catalog: CatalogProcess
) -> None:
    a, b = await copies(leader, 2)
    await curator.propose(curator.duplicate(a, b))
    seen = await leader.only(Suggestion.OPEN)
    await leader.reject(seen, "not_same")
    read = catalog.sql("SELECT revision FROM verdicts")[0][0]
    await reopened(leader, seen)
    await curator.complete(Proposal.DUPLICATE, [], watermark=read)
    await curator.settled()
    assert (await leader.get(seen.name)).state == Suggestion.OPEN
    await curator.complete(Proposal.DUPLICATE, [], watermark=1 << 40)
    await leader.in_state(seen.name, Suggestion.WITHDRAWN)


async def test_taking_a_refusal_back_restores_what_it_wrote_but_for_what_was_edited_since(
    leader: Reviewer, curator: Curator
) -> None:
    a, b, c = await copies(leader, 3)
    before = content(await leader.resource(b))
    await curator.propose(curator.duplicate(a, b, c))
    seen = await leader.only(Suggestion.OPEN)
    await leader.reject(seen, "different_audience", attributes=[Attribute(resource=b.name, value="Nurses")])
    again = await reopened(leader, seen)
    assert content(await leader.resource(b)) == before
    await leader.reject(again, "required", comment="Works agreement 12")
    await leader("SetHold", api.SetHoldRequest(name=c.name, reason="A court order"))
    await reopened(leader, seen)
    assert [(await leader.resource(one)).hold for one in (b, c)] == ["", "A court order"]


async def test_who_takes_a_refusal_back_leaves_what_tells_copies_apart_on_what_others_edit_and_says_so(
    leader: Reviewer, curator: Curator, team: Team
) -> None:
    olga = await team.join("olga@example.org")
    a, b = await copies(leader)
    await set_duties(leader, b, give(Duty.OWNER, "olga@example.org"))
    both = [Attribute(resource=a.name, value="Doctors"), Attribute(resource=b.name, value="Nurses")]
    await curator.propose(curator.duplicate(a, b))
    seen = await leader.only(Suggestion.OPEN)
    await leader.reject(seen, "different_audience", attributes=both)
    back = await reopened(olga, seen)
    left = f"left as set, since others edit it: “{a.title}”"
    assert (back.state, back.note, back.decision.comment) == (
        Suggestion.OPEN,
        f"reopened; {left}",
        f"({left})",
    )
    assert [(await leader.resource(one)).audience for one in (a, b)] == ["Doctors", ""]
    assert (await verdicts(leader), await listed(leader)) == ([], [])
    # By the other door, too: lifting the verdict takes the refusal back.
    await leader.reject(back, "different_audience", attributes=[Attribute(resource=a.name, value="Surgeons")])
    (pair,) = await verdicts(leader)
    await olga("LiftVerdict", verdict_pb2.LiftVerdictRequest(name=pair.name))
    assert (await leader.get(seen.name)).state == Suggestion.OPEN
    assert (await leader.resource(a)).audience == "Surgeons"
    # Whoever may edit all of it restores all of it.
    again = [Attribute(resource=a.name, value="Vets")]
    await leader.reject(await leader.get(seen.name), "different_audience", attributes=again)
    assert (await reopened(leader, seen)).note == "reopened"
    assert (await leader.resource(a)).audience == "Surgeons"


async def test_a_review_answers_all_but_hard_evidence(leader: Reviewer, curator: Curator) -> None:
    (one,) = await leader.put(course("c1", "Ladders", words("a")))
    claimed = curator.outdated(one, "deprecate", code="expired", hard=True)
    claimed.claims.append(Claim(code="dated_statement", confidence=0.8, text="It speaks of last year."))
    await curator.propose(sealed(claimed))
    seen = await leader.only(Suggestion.OPEN)
    left = await leader.reject(seen, "still_accurate", comment="Read on Monday.")
    assert (left.state, left.revision) == (Suggestion.OPEN, seen.revision + 1)
    assert [claim.code for claim in left.claims] == ["expired"]
    reviewed = await leader.resource(one)
    assert reviewed.HasField("reviewed")
    (rule,) = await listed(leader)
    assert (rule.scope, rule.fact, rule.reason) == (Suppression.FACT, "dated_statement", "still_accurate")
    assert rule.expire_time.ToDatetime().date().year == reviewed.review_date.year
    # Found again it says no more.
    claimed.members[0].revision = curator.revision(one)
    claimed.claims[1].confidence = 0.82
    await curator.propose(sealed(claimed))
    await curator.settled()
    assert [claim.code for claim in (await leader.get(seen.name)).claims] == ["expired"]
    back = await reopened(leader, seen)
    assert {claim.code for claim in back.claims} == {"expired", "dated_statement"}
    assert not (await leader.resource(one)).HasField("reviewed")
    assert await listed(leader) == []


async def test_required_on_one_part_holds_what_goes_by_it(leader: Reviewer, curator: Curator) -> None:
    a, b, c = await copies(leader, 3)
    path, other = await leader.program("path", b), await leader.program("other", c)
    await curator.propose(curator.duplicate(a, b, c))
    seen = await leader.only(Suggestion.OPEN)
    end = Date(year=datetime.now(UTC).year + 1, month=3, day=31)
    left = await leader.reject(
        seen, "required", parts=[path.name], comment="Works agreement 12", hold_end=end
    )
    held = await leader.resource(b)
    assert (held.hold, held.hold_end) == ("Works agreement 12", end)
    assert (await leader.resource(c)).hold == ""
    assert path.name not in [part.id for part in left.plan.parts]
    applied = await leader.accept(left)
    assert applied.state == Suggestion.APPLIED
    assert (await leader.resource(b)).lifecycle == Resource.PUBLISHED
    assert (await leader.resource(c)).lifecycle == Resource.ARCHIVED
    assert [
        item.resource for item in (await leader("GetProgram", api.GetProgramRequest(name=other.name))).items
    ] == [a.name]


async def test_taking_a_refused_part_back_lifts_its_hold(leader: Reviewer, curator: Curator) -> None:
    a, b = await copies(leader)
    path = await leader.program("path", b)
    await leader.program("other", b)
    await curator.propose(curator.duplicate(a, b))
    seen = await leader.only(Suggestion.OPEN)
    await leader.reject(seen, "required", parts=[path.name], comment="Works agreement 12")
    back = await reopened(leader, seen)
    assert (await leader.resource(b)).hold == ""
    assert [part.id for part in back.plan.parts] == [part.id for part in seen.plan.parts]
    assert not back.plan.safeguards


async def test_an_intentional_copy_returns_when_the_copies_drift_apart(
    leader: Reviewer, curator: Curator, catalog: CatalogProcess
) -> None:
    a, b = await copies(leader)
    await curator.propose(curator.duplicate(a, b))
    seen = await leader.only(Suggestion.OPEN)
    await leader.reject(seen, "intentional_copy")
    # Changed alike they are still copies.
    await leader.put(*(course(f"c{n}", f"Ladders {n}", words("b")) for n in (1, 2)))
    (row,) = catalog.sql("SELECT max(revision) FROM resources")

    async def looked_at() -> bool:
        return catalog.sql("SELECT assessed_revision FROM review_progress")[0][0] >= row[0]

    await eventually(looked_at)
    assert (await leader.get(seen.name)).state == Suggestion.REJECTED
    await leader.put(course("c2", "Ladders 2", words("c")))
    back = await leader.in_state(seen.name, Suggestion.OPEN)
    assert (back.returned, back.revision) == (True, seen.revision + 1)
    assert "drifted apart: the text of “Ladders 2” changed" in back.note
    assert [(one.verb, one.reason) for one in back.history] == [("reject", "intentional_copy")]
    assert [change.operation for part in back.plan.parts for change in part.changes] == ["request_update"]


async def test_wrong_data_freezes_findings_on_that_fact_alone(leader: Reviewer, curator: Curator) -> None:
    (one,) = await leader.put(course("c1", "Ladders", words("a")))
    claimed = curator.outdated(one, "request_update", code="dated_statement", score=0.8)
    await curator.propose(claimed)
    seen = await leader.only(Suggestion.OPEN)
    await leader.reject(seen, "bad_data", wrong=["dated_statement"])
    facts = [rule.fact for rule in await listed(leader, scope=Suppression.FACT)]
    assert facts == ["dated_statement"]
    claimed.score = 0.85
    await curator.propose(sealed(claimed))
    await curator.settled()
    assert (await leader.get(seen.name)).state == Suggestion.REJECTED
    # Another fact is another matter, and the frozen one is not said again.
    claimed.claims.append(Claim(code="past_end", confidence=0.75, text="It names what has ended."))
    await curator.propose(sealed(claimed))
    back = await leader.in_state(seen.name, Suggestion.OPEN)
    assert [claim.code for claim in back.claims] == ["past_end"]
    assert back.note == "returned: It names what has ended."


async def test_a_wrong_text_is_left_out_of_groups_until_it_changes(
    leader: Reviewer, curator: Curator
) -> None:
    a, b, c = await copies(leader, 3)
    await curator.propose(curator.duplicate(a, b))
    await leader.reject(await leader.only(Suggestion.OPEN), "bad_data", wrong=[b.name])
    await curator.propose(curator.duplicate(c, a, b))
    group = await leader.only(Suggestion.OPEN)
    assert {member.resource for member in group.members} == {a.name, c.name}
    (b,) = await leader.put(course("c2", "Ladders 2", words("mended")))
    await curator.propose(curator.duplicate(c, b))
    await curator.settled()
    shown = await leader.suggestions(Suggestion.OPEN)
    assert {b.name, c.name} in [{member.resource for member in one.members} for one in shown]


@pytest.mark.parametrize(
    "wrong",
    [
        {"reason": "not_same", "hold_end": Date(year=2090, month=1, day=1)},
        {"reason": "required"},
        {"reason": "required", "comment": "Works agreement 12", "hold_end": Date(year=2020, month=1, day=1)},
        {"reason": "still_accurate", "review_date": Date(year=2020, month=1, day=1)},
        {"reason": "not_same", "review_date": Date(year=2090, month=1, day=1)},
        {"reason": "not_same", "wrong": ["text"]},
        {"reason": "bad_data", "wrong": ["no_such_claim"]},
        {"reason": "because"},
        {"reason": "other"},
    ],
)
async def test_what_does_not_go_with_the_reason_is_refused(
    wrong: dict[str, Any], leader: Reviewer, curator: Curator
) -> None:
    a, b = await copies(leader)
    await curator.propose(curator.duplicate(a, b))
    seen = await leader.only(Suggestion.OPEN)
    await refused(leader.reject(seen, **wrong), grpc.StatusCode.INVALID_ARGUMENT, "FIELD_INVALID")
