"""Many reviewers and many suggestions: everyone has at most what the limits say, and everything has someone."""

from __future__ import annotations

import asyncio
from collections import Counter

import pytest

from tests.integration.catalog.conftest import CatalogProcess, eventually
from tests.integration.review.conftest import Curator, Reviewer, Team, course, words
from winnow.catalog.v1 import people_service_pb2 as people
from winnow.catalog.v1.people_service_pb2 import Person
from winnow.review.v1 import review_service_pb2 as review
from winnow.review.v1.suggestion_pb2 import Suggestion

REVIEWERS, SUGGESTIONS = 30, 500
LIMIT, LATER = 10, 25  # behaviour.md §9: before and after somebody has decided ten
AT_ONCE = 4  # reviewers who decide at the same time


async def every(leader: Reviewer) -> list[Suggestion]:
    found: list[Suggestion] = []
    token = ""
    while True:
        request = review.ListSuggestionsRequest(
            page_size=50, page_token=token, states=(Suggestion.OPEN, Suggestion.HELD)
        )
        page = await leader("ListSuggestions", request)
        found += page.suggestions
        token = page.next_page_token
        if not token:
            return found


def check(found: list[Suggestion], in_scope: set[str], decided: Counter[str] | None = None) -> Counter[str]:
    """How many each is asked for, when nothing is lost, all have someone in scope, and nobody is above the limit."""
    done = decided or Counter[str]()
    assert len({each.name for each in found}) == len(found) == SUGGESTIONS - done.total()
    assert {each.assignee for each in found} <= in_scope
    limit = {who: LATER if done[who] >= LIMIT else LIMIT for who in in_scope}
    asked = Counter(each.assignee for each in found if each.state == Suggestion.OPEN)
    assert all(count <= limit[who] for who, count in asked.items())
    waits = {each.assignee for each in found if each.state == Suggestion.HELD}
    assert all(
        asked[who] == limit[who] for who in waits
    )  # no slot stays free while something of theirs waits
    return asked


async def decide(reviewer: Reviewer, asked: list[Suggestion]) -> int:
    """Every second is accepted, of the others it is said that they are still right: that pauses no kind."""
    for number, each in enumerate(asked):
        if number % 2:
            await reviewer.reject(each, "still_accurate")
        else:
            await reviewer.accept(each)
    return len(asked)


@pytest.mark.soak
@pytest.mark.timeout(600)
async def test_thirty_reviewers_and_five_hundred_suggestions(
    leader: Reviewer, curator: Curator, team: Team, catalog: CatalogProcess
) -> None:
    emails = [f"r{number}@example.org" for number in range(REVIEWERS)]
    joined = [await team.join(email, Person.INSTRUCTIONAL_DESIGNER) for email in emails]
    # A third has an owner, most of these one of five; the rest goes by role.
    owners = [emails[n % 5] if n % 3 == 0 else "" for n in range(SUGGESTIONS)]
    inputs = [
        course(f"c{n}", f"Course {n}", words(str(n), 40), owner=owner) for n, owner in enumerate(owners)
    ]
    made = [
        each
        for start in range(0, SUGGESTIONS, 100)
        for each in await leader.put(*inputs[start : start + 100])
    ]
    await curator.propose(*(curator.outdated(each) for each in made))

    def all_there() -> bool:
        return catalog.sql("SELECT count(*) FROM suggestions") == [(SUGGESTIONS,)]

    await eventually(all_there, 120)
    check(await every(leader), set(emails))
    for reviewer in joined[:3]:
        name = f"people/{(await reviewer.who()).person}"
        gone = await leader("DeactivatePerson", people.DeactivatePersonRequest(name=name))
        assert gone.consequences.reroute_count > 0
        assert all(each.to for each in gone.consequences.reroutes)
    staying = dict(zip(emails[3:], joined[3:], strict=True))
    found = await every(leader)
    asked = check(found, set(staying))
    decided: Counter[str] = Counter()
    most: list[int] = []
    while asked:
        own = {
            who: [one for one in found if (one.assignee, one.state) == (who, Suggestion.OPEN)]
            for who in asked
        }
        rows = list(own.items())
        for some in (rows[at : at + AT_ONCE] for at in range(0, len(own), AT_ONCE)):
            done = await asyncio.gather(*(decide(staying[who], theirs) for who, theirs in some))
            decided.update({who: count for (who, _), count in zip(some, done, strict=True)})
        found = await every(leader)
        asked = check(found, set(staying), decided)
        most.append(max(asked.values(), default=0))
    assert not found
    assert LIMIT < most[0] <= LATER  # whoever owns much is asked for more once ten are decided
