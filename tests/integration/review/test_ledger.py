"""The suppression ledger and verdicts: what keeps findings away, who may say so, and what ends it; through gRPC."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import grpc
import pytest

from services.kit.rpc import error_info
from tests.integration.catalog.conftest import CatalogProcess, eventually
from tests.integration.review.conftest import Curator, Reviewer, Team, bare, course, words
from tests.integration.review.test_reviewers import copies, refused
from winnow.catalog.v1.people_service_pb2 import Person
from winnow.curation.v1.proposal_pb2 import Proposal
from winnow.review.v1 import suppression_pb2 as ledger
from winnow.review.v1 import verdict_pb2
from winnow.review.v1.suggestion_pb2 import Suggestion
from winnow.review.v1.suppression_pb2 import Suppression


async def listed(who: Reviewer, *states: Any, **asked: Any) -> list[Suppression]:
    request = ledger.ListSuppressionsRequest(states=states, **asked)
    return list((await who("ListSuppressions", request)).suppressions)


async def write(who: Reviewer, validate_only: bool = False, **rule: Any) -> ledger.CreateSuppressionResponse:
    request = ledger.CreateSuppressionRequest(suppression=Suppression(**rule), validate_only=validate_only)
    return await who("CreateSuppression", request)


async def restore(who: Reviewer, rule: Suppression) -> Suppression:
    return await who("RestoreSuppression", ledger.RestoreSuppressionRequest(name=rule.name))


async def verdicts(who: Reviewer, **asked: Any) -> list[verdict_pb2.Verdict]:
    return list((await who("ListVerdicts", verdict_pb2.ListVerdictsRequest(**asked))).verdicts)


def members(one: Suggestion) -> set[str]:
    return {member.resource for member in one.members}


async def test_the_refusal_of_a_group_suppresses_each_pair_and_says_who_hid_what(
    leader: Reviewer, curator: Curator
) -> None:
    a, b, c = await copies(leader, 3)
    await curator.propose(curator.duplicate(a, b, c))
    seen = await leader.only(Suggestion.OPEN)
    await leader.reject(seen, "other", comment="Each has its own owner.")
    rules = await listed(leader)
    assert [
        (rule.scope, rule.reason, rule.comment, rule.author, rule.suggestion, rule.hidden) for rule in rules
    ] == [(Suppression.EXACT_SET, "other", "Each has its own owner.", "first@example.org", seen.name, 0)] * 4
    assert {frozenset(rule.resources) for rule in rules} == {
        frozenset({a.name, b.name, c.name}),
        frozenset({a.name, b.name}),
        frozenset({a.name, c.name}),
        frozenset({b.name, c.name}),
    }
    await curator.propose(curator.duplicate(a, b), curator.duplicate(a, b))
    await curator.settled()
    (still,) = await leader.suggestions()
    assert (still.name, still.state) == (seen.name, Suggestion.REJECTED)
    by_pair = {frozenset(rule.resources): rule for rule in await listed(leader)}
    pair = by_pair[frozenset({a.name, b.name})]
    assert {rule.name: rule.hidden for rule in by_pair.values() if rule.hidden} == {pair.name: 1}

    # What it hid comes back as soon as nothing hides it.
    ended = await restore(leader, pair)
    assert (ended.state, ended.ended_by) == (Suppression.RESTORED, "first@example.org")
    shown = await leader.only(Suggestion.OPEN)
    assert members(shown) == {a.name, b.name}
    await refused(restore(leader, pair), grpc.StatusCode.FAILED_PRECONDITION, "SUPPRESSION_ENDED")


async def test_restoring_the_set_of_a_refusal_takes_the_refusal_back(
    leader: Reviewer, curator: Curator
) -> None:
    a, b = await copies(leader)
    await curator.propose(curator.duplicate(a, b))
    seen = await leader.only(Suggestion.OPEN)
    await leader.reject(seen, "not_same")
    (rule,) = await listed(leader, suggestion=seen.name)
    await restore(leader, rule)
    back = await leader.get(seen.name)
    assert (back.state, back.decision.verb) == (Suggestion.OPEN, "reopen")
    assert await listed(leader) == await verdicts(leader) == []


async def test_a_filter_says_first_what_it_would_hide_and_hides_it_until_it_expires(
    leader: Reviewer, curator: Curator, catalog: CatalogProcess
) -> None:
    a, b = await copies(leader)
    c, d = await leader.put(
        course("d1", "Draft of stairs", words("d")), course("d2", "Draft of stairs, again", words("d"))
    )
    await curator.propose(curator.duplicate(a, b), curator.duplicate(c, d))
    await curator.settled()
    asked: dict[str, Any] = {
        "scope": Suppression.FILTER,
        "filter": ledger.SuppressionFilter(title="DRAFT OF"),
        "comment": "Drafts are nobody's business.",
    }
    would = await write(leader, validate_only=True, **asked)
    assert (would.count, would.suppression.name) == (1, "")
    assert len(await leader.suggestions(Suggestion.OPEN)) == 2

    later = datetime.now(UTC) + timedelta(hours=1)
    made = await write(leader, **asked, expire_time=later)
    assert (made.count, list(made.suggestions), made.suppression.hidden) == (1, list(would.suggestions), 1)
    hidden = await leader.get(made.suggestions[0])
    assert (hidden.state, members(hidden)) == (Suggestion.WITHDRAWN, {c.name, d.name})
    assert made.suppression.name in hidden.note
    assert [members(one) for one in await leader.suggestions(Suggestion.OPEN)] == [{a.name, b.name}]

    # Found again it stays away, and comes back under its name when the rule's time is over.
    await curator.propose(curator.duplicate(c, d, score=0.96))
    await curator.settled()
    assert (await leader.get(hidden.name)).state == Suggestion.WITHDRAWN
    catalog.sql("UPDATE suppressions SET expire_time = now()")
    catalog.kill()
    catalog.start()  # the scheduler looks every minute, and first of all as it starts
    await eventually(lambda: leader.who(), 20)
    back = await leader.in_state(hidden.name, Suggestion.OPEN)
    assert back.revision == hidden.revision + 1
    (over,) = await listed(leader, Suppression.EXPIRED)
    assert (over.name, over.ended_by) == (made.suppression.name, "")


async def test_one_resource_is_left_out_of_groups_of_one_kind_alone(
    leader: Reviewer, curator: Curator
) -> None:
    a, b, c = await copies(leader, 3)
    await curator.propose(curator.duplicate(a, b, c), curator.outdated(c))
    await curator.settled()
    made = await write(leader, scope=Suppression.RESOURCE, kind=Suggestion.DUPLICATE, resources=[c.name])
    assert made.count == 1
    group, due = sorted(await leader.suggestions(Suggestion.OPEN), key=lambda one: one.kind)
    assert (members(group), members(due)) == ({a.name, b.name}, {c.name})
    await restore(leader, made.suppression)
    assert members(await leader.get(group.name)) == {a.name, b.name, c.name}


async def test_no_suppression_hides_hard_evidence(leader: Reviewer, curator: Curator) -> None:
    (one,) = await leader.put(course("c1", "Ends", words("a")))
    hard = curator.outdated(one, "deprecate", code="expired", hard=True)
    await curator.propose(hard)
    seen = await leader.only(Suggestion.OPEN)
    await refused(
        write(leader, scope=Suppression.EXACT_SET, suggestion=seen.name),
        grpc.StatusCode.FAILED_PRECONDITION,
        "EVIDENCE_HARD",
    )
    made = await write(leader, scope=Suppression.RESOURCE, kind=Suggestion.OUTDATED, resources=[one.name])
    assert made.count == 0
    await curator.withdraw(hard)
    await leader.in_state(seen.name, Suggestion.WITHDRAWN)
    await curator.propose(curator.outdated(one, "deprecate", code="expired", hard=True, months=12))
    await leader.in_state(seen.name, Suggestion.OPEN)


async def test_who_may_suppress_what(leader: Reviewer, curator: Curator, team: Team) -> None:
    designer = await team.join("dana@example.org", Person.INSTRUCTIONAL_DESIGNER)
    specialist = await team.join("sam@example.org", Person.SPECIALIST)
    owner = await team.join("olga@example.org")
    a, b = await leader.put(
        course("c1", "Ladders 1", words("a"), owner="olga@example.org"),
        course("c2", "Ladders 2", words("a"), owner="olga@example.org"),
    )
    (other,) = await leader.put(course("c3", "Ladders 3", words("a")))
    await curator.propose(curator.duplicate(a, b))
    seen = await leader.only(Suggestion.OPEN)
    by_filter: dict[str, Any] = {
        "scope": Suppression.FILTER,
        "filter": ledger.SuppressionFilter(title="Ladders"),
    }
    error = await refused(write(specialist, **by_filter), grpc.StatusCode.PERMISSION_DENIED, "NOT_ALLOWED")
    assert "learning leader" in error_info(error).metadata["who_can"]  # type: ignore[union-attr]
    await refused(write(owner, **by_filter), grpc.StatusCode.PERMISSION_DENIED, "NOT_ALLOWED")
    foreign: dict[str, Any] = {"scope": Suppression.RESOURCE, "kind": Suggestion.DUPLICATE}
    await refused(
        write(owner, **foreign, resources=[other.name]), grpc.StatusCode.PERMISSION_DENIED, "NOT_ALLOWED"
    )

    proposed = (await write(designer, **by_filter)).suppression
    assert proposed.state == Suppression.PROPOSED
    assert (await leader.get(seen.name)).state == Suggestion.OPEN
    approve = ledger.ApproveSuppressionRequest(name=proposed.name)
    await refused(designer("ApproveSuppression", approve), grpc.StatusCode.PERMISSION_DENIED, "NOT_ALLOWED")
    assert (await leader("ApproveSuppression", approve)).suppression.state == Suppression.ACTIVE
    assert (await leader.get(seen.name)).state == Suggestion.WITHDRAWN
    await refused(
        leader("ApproveSuppression", approve), grpc.StatusCode.FAILED_PRECONDITION, "SUPPRESSION_ACTIVE"
    )
    await refused(restore(specialist, proposed), grpc.StatusCode.PERMISSION_DENIED, "NOT_ALLOWED")
    await restore(designer, proposed)  # its author
    assert (await leader.get(seen.name)).state == Suggestion.OPEN
    own = await write(owner, scope=Suppression.EXACT_SET, suggestion=seen.name)
    assert (own.count, own.suppression.author) == (1, "olga@example.org")


async def test_a_repeated_request_writes_one_rule(leader: Reviewer, curator: Curator) -> None:
    a, b = await copies(leader)
    request = ledger.CreateSuppressionRequest(
        suppression=Suppression(
            scope=Suppression.EXACT_SET, kind=Suggestion.DUPLICATE, resources=[a.name, b.name]
        ),
        request_id="once",
    )
    first, second = [await leader("CreateSuppression", request) for _ in range(2)]
    assert first == second
    assert [rule.name for rule in await listed(leader)] == [first.suppression.name]


async def test_the_ledger_is_filtered_and_paged(leader: Reviewer, curator: Curator) -> None:
    made = await leader.put(*(course(f"c{n}", f"T{n}", words(str(n))) for n in range(4)))
    for one in made:
        await write(leader, scope=Suppression.RESOURCE, kind=Suggestion.OUTDATED, resources=[one.name])
    await write(leader, scope=Suppression.FILTER, filter=ledger.SuppressionFilter(source="lms"))
    names: list[str] = []
    token = ""
    while True:
        request = ledger.ListSuppressionsRequest(page_size=2, page_token=token)
        page = await leader("ListSuppressions", request)
        names += [rule.name for rule in page.suppressions]
        token = page.next_page_token
        if not token:
            break
    assert len(names) == 5
    assert names == sorted(names, reverse=True)
    assert [rule.scope for rule in await listed(leader, scope=Suppression.FILTER)] == [Suppression.FILTER]
    assert [list(rule.resources) for rule in await listed(leader, resource=made[2].name)] == [[made[2].name]]
    assert len(await listed(leader, author="FIRST@example.org", kind=Suggestion.OUTDATED)) == 4
    assert await listed(leader, author="nobody@example.org") == []


async def test_a_set_that_was_refused_is_no_longer_covered_when_its_facts_move(
    leader: Reviewer, curator: Curator
) -> None:
    a, b, c = await copies(leader, 3)
    await curator.propose(curator.duplicate(a, b, c))
    await leader.reject(await leader.only(Suggestion.OPEN), "other", comment="Not now.")
    a, b = await leader.put(*(course(f"c{n}", f"Ladders {n}", words("other")) for n in (1, 2)))
    await curator.propose(curator.duplicate(a, b))
    shown = await leader.only(Suggestion.OPEN)
    assert members(shown) == {a.name, b.name}


async def test_a_refusal_about_a_program_leaves_other_findings_on_the_same_items(
    leader: Reviewer, curator: Curator
) -> None:
    a, b = await leader.put(course("c1", "One", words("a")), course("c2", "Two", words("b")))
    first, second = await leader.program("one", a, b), await leader.program("two", a, b)
    await curator.propose(curator.drop(first, b))
    await leader.reject(await leader.only(Suggestion.OPEN), "used_elsewhere")
    await curator.propose(curator.drop(second, b))
    shown = await leader.only(Suggestion.OPEN)
    assert {part.id for part in shown.plan.parts} == {second.name}


async def test_verdicts_are_listed_with_their_author_and_one_is_lifted(
    leader: Reviewer, curator: Curator, team: Team
) -> None:
    specialist = await team.join("sam@example.org", Person.SPECIALIST)
    a, b, c = await copies(leader, 3)
    await curator.propose(curator.duplicate(a, b, c))
    seen = await leader.only(Suggestion.OPEN)
    await leader.reject(seen, "different_level", comment="For beginners, and not.")
    found = await verdicts(leader)
    assert {frozenset({one.a, one.b}) for one in found} == {
        frozenset({a.name, b.name}),
        frozenset({a.name, c.name}),
        frozenset({b.name, c.name}),
    }
    assert {(one.verdict, one.author, one.suggestion, one.comment) for one in found} == {
        ("different_level", "first@example.org", seen.name, "For beginners, and not.")
    }
    assert len(await verdicts(leader, resource=a.name)) == 2
    assert await verdicts(leader, verdict="not_same") == []
    await curator.propose(curator.duplicate(a, b))
    await curator.settled()
    assert await leader.suggestions(Suggestion.OPEN) == []

    pair = next(one for one in found if {one.a, one.b} == {a.name, b.name})
    lift = verdict_pb2.LiftVerdictRequest(name=pair.name)
    await refused(specialist("LiftVerdict", lift), grpc.StatusCode.PERMISSION_DENIED, "NOT_ALLOWED")
    await leader("LiftVerdict", lift)
    assert members(await leader.only(Suggestion.OPEN)) == {a.name, b.name}
    assert (await leader.get(seen.name)).state == Suggestion.REJECTED
    assert len(await verdicts(leader)) == 2
    await refused(leader("LiftVerdict", lift), grpc.StatusCode.NOT_FOUND, "VERDICT_NOT_FOUND")


@pytest.mark.parametrize(
    "rule",
    [
        Suppression(scope=Suppression.FILTER),
        Suppression(scope=Suppression.FACT),
        Suppression(scope=Suppression.EXACT_SET),
        Suppression(scope=Suppression.FILTER, filter=ledger.SuppressionFilter(program="two")),
    ],
)
async def test_a_rule_that_says_too_little_is_refused(
    rule: Suppression, leader: Reviewer, curator: Curator
) -> None:
    request = ledger.CreateSuppressionRequest(suppression=rule)
    await refused(leader("CreateSuppression", request), grpc.StatusCode.INVALID_ARGUMENT, "FIELD_INVALID")


async def test_what_no_longer_holds_does_not_come_back_with_the_rule_that_hid_it(
    leader: Reviewer, curator: Curator, catalog: CatalogProcess
) -> None:
    a, b, c, d = await leader.put(*(course(f"c{n}", f"T{n}", words(str(n // 2))) for n in range(4)))
    made = await write(leader, scope=Suppression.FILTER, filter=ledger.SuppressionFilter(source="lms"))
    gone, named, missed = curator.duplicate(a, b), curator.duplicate(c, d), curator.outdated(a)
    await curator.propose(gone, named, missed)
    await curator.settled()
    await curator.withdraw(gone)
    await curator.complete(Proposal.OUTDATED, [], watermark=1 << 40)
    await curator.complete(Proposal.DUPLICATE, [named.key], watermark=1 << 40)
    await curator.settled()
    await restore(leader, made.suppression)
    assert [members(one) for one in await leader.suggestions()] == [{c.name, d.name}]
    assert {bare(name) for name in members((await leader.suggestions())[0])} == {bare(c.name), bare(d.name)}
