"""Worked examples of behaviour.md §11 that turn on decisions, with the curator's findings played: outcomes only."""

from __future__ import annotations

from tests.integration.review.conftest import Curator, Reviewer, course, words
from tests.integration.review.test_ledger import verdicts
from winnow.catalog.v1.resource_pb2 import Resource
from winnow.review.v1.suggestion_pb2 import Suggestion


async def test_example_1_one_owner_keeps_the_course_and_the_other_programs_go_on(
    leader: Reviewer, curator: Curator
) -> None:
    b, a, c = await leader.put(*(course(f"p{n}", f"Privacy {n}", words("a")) for n in "bac"))
    programs = [await leader.program(f"program {n}", a) for n in range(3)]
    await curator.propose(curator.duplicate(b, a, c))
    seen = await leader.only(Suggestion.OPEN)
    left = await leader.reject(seen, "different_audience", parts=[programs[0].name], comment="For doctors.")
    assert await verdicts(leader) == []
    applied = await leader.accept(left)
    assert applied.state == Suggestion.APPLIED
    assert (await leader.resource(a)).lifecycle == Resource.PUBLISHED
    assert (await leader.resource(c)).lifecycle == Resource.ARCHIVED
    (verdict,) = await verdicts(leader)
    assert (verdict.verdict, {verdict.a, verdict.b}) == ("variant", {a.name, b.name})
    assert (verdict.comment, verdict.suggestion) == ("For doctors.", seen.name)


async def test_examples_2_and_8_age_alone_asks_for_one_review_and_current_counts_from_today(
    leader: Reviewer, curator: Curator
) -> None:
    (one,) = await leader.put(course("c1", "Old but right", words("a")))
    await curator.propose(curator.outdated(one, months=36))
    seen = await leader.only(Suggestion.OPEN)
    assert [change.operation for part in seen.plan.parts for change in part.changes] == ["confirm"]
    assert (await leader.accept(seen)).state == Suggestion.APPLIED
    now = await leader.resource(one)
    assert (now.review_date.year, now.lifecycle) == (now.reviewed.year + 3, Resource.PUBLISHED)
