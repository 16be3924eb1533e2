"""What insights count in SQL: completions of everybody by the month, and each resource in one state.

Expected are the rows that go in. What may be told of them is proven in tests/unit/catalog/test_finished.py.
"""

from __future__ import annotations

from google.type.date_pb2 import Date

from tests.integration.review.conftest import Curator, Reviewer, course, eventually, words
from winnow.catalog.v1 import insights_pb2
from winnow.catalog.v1.engagement_pb2 import EngagementRow, RecordEngagementRequest
from winnow.review.v1 import review_service_pb2 as review
from winnow.review.v1.suggestion_pb2 import Suggestion


async def told(leader: Reviewer) -> insights_pb2.Insights:
    return await leader("GetInsights", insights_pb2.GetInsightsRequest())


def sums(resource: str, month: Date, completed: int) -> EngagementRow:
    counts = {"enrolled": completed, "started": completed, "completed": completed}
    return EngagementRow(resource=resource, month=month, **counts)


def of_learner(resource: str, month: Date, learner: int) -> EngagementRow:
    return EngagementRow(
        resource=resource, month=month, learner=f"u{learner}", enrolled=1, started=1, completed=1
    )


async def test_courses_finished_are_counted_over_all_resources_once_each(leader: Reviewer) -> None:
    await leader.put(*(course(key, key.title(), words(key)) for key in ("dams", "weirs", "locks")))
    assert not (await told(leader)).finished
    months = [Date(year=2026, month=number, day=1) for number in (3, 4, 5)]
    before = Date(year=2025, month=4, day=1)
    rows = [
        *(sums("dams", month, count) for month, count in zip(months, (20, 30, 40), strict=True)),
        sums("dams", before, 12),
        # Eight people finish both of two; of a third month two people are all beyond what is told.
        *(of_learner(key, months[1], n) for key in ("weirs", "locks") for n in range(8)),
        *(of_learner("weirs", months[2], n) for n in range(2)),
        # What is only begun, and what nothing goes by, does not count.
        EngagementRow(resource="locks", month=months[0], learner="u1", enrolled=1, started=1),
        sums("unheard of", months[0], 500),
    ]
    await leader("RecordEngagement", RecordEngagementRequest(source="lms", rows=rows))
    found = (await told(leader)).finished
    assert [(each.month.year, each.month.month) for each in found[::11]] == [(2025, 6), (2026, 5)]
    assert [each.finished.value for each in found[-3:-1]] == [20, 46]
    assert (found[-1].finished.hidden, found[-1].finished.HasField("value")) == (True, False)
    assert [each.year_before.value for each in found if each.year_before.value] == [12]
    assert [each.year_before.HasField("value") for each in found] == [False] * 10 + [True] * 2


async def test_each_resource_is_in_one_state(leader: Reviewer, curator: Curator) -> None:
    ones = await leader.put(*(course(f"c{n}", f"Course {n}", words(str(n))) for n in range(5)))
    await curator.propose(curator.duplicate(ones[0], ones[1]))

    async def is_open() -> list[Suggestion] | None:
        return await leader.suggestions(Suggestion.OPEN) or None

    await eventually(is_open)
    await leader("ConfirmCurrent", review.ConfirmCurrentRequest(name=ones[2].name))
    found = {each.name: each.value for each in (await told(leader)).states}
    assert list(found) == ["current", "outdated", "copies", "unconfirmed"]
    assert found == {"current": 1, "outdated": 0, "copies": 1, "unconfirmed": 3}
