"""Many reviewers and many suggestions: everyone has at most what the limits say, and everything has someone.

What is decided, and how fast, is not looked at here.
"""

from __future__ import annotations

from collections import Counter

import pytest

from tests.integration.catalog.conftest import CatalogProcess, eventually
from tests.integration.review.conftest import Curator, Reviewer, Team, course, words
from winnow.catalog.v1 import people_service_pb2 as people
from winnow.catalog.v1.people_service_pb2 import Person
from winnow.review.v1 import review_service_pb2 as review
from winnow.review.v1.suggestion_pb2 import Suggestion

REVIEWERS, SUGGESTIONS = 30, 500
LIMIT = 10  # behaviour.md §9, before anybody has decided ten


async def every(leader: Reviewer) -> list[Suggestion]:
    found: list[Suggestion] = []
    token = ""
    while True:
        request = review.ListSuggestionsRequest(page_size=50, page_token=token)
        page = await leader("ListSuggestions", request)
        found += page.suggestions
        token = page.next_page_token
        if not token:
            return found


def check(found: list[Suggestion], in_scope: set[str]) -> None:
    assert len(found) == SUGGESTIONS
    assert {each.assignee for each in found} <= in_scope
    asked = Counter(each.assignee for each in found if each.state == Suggestion.OPEN)
    assert max(asked.values()) <= LIMIT
    assert {each.state for each in found} == {Suggestion.OPEN, Suggestion.HELD}


@pytest.mark.thorough
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
    check(await every(leader), set(emails[3:]))
