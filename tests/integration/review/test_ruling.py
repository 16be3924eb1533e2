"""House rules where suggestions meet them: limits, what is never archived, violations, the past year, insights."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs

import pytest
from google.protobuf.field_mask_pb2 import FieldMask
from google.protobuf.json_format import ParseDict
from google.protobuf.message import Message
from google.type.date_pb2 import Date

from services.catalog.domain.periods import months_back
from services.catalog.review.domain_statements import last_quarter
from tests.integration.catalog.conftest import CatalogProcess, eventually
from tests.integration.review.conftest import Curator, Reviewer, bare, course, words
from winnow.catalog.v1 import catalog_service_pb2 as api
from winnow.catalog.v1 import insights_pb2
from winnow.catalog.v1.engagement_pb2 import EngagementRow, RecordEngagementRequest
from winnow.catalog.v1.house_rules_pb2 import HouseRules, NeverArchived, ReviewInterval
from winnow.catalog.v1.resource_pb2 import Resource
from winnow.review.v1 import review_service_pb2 as review
from winnow.review.v1.suggestion_pb2 import Suggestion


async def rule(leader: Reviewer, *fields: str, **given: Any) -> None:
    mask = FieldMask(paths=fields or tuple(given))
    await leader("SetHouseRules", api.SetHouseRulesRequest(house_rules=HouseRules(**given), update_mask=mask))


async def broken(leader: Reviewer, name: str = "", **more: Any) -> list[tuple[str, str]]:
    answer = await leader("ListViolations", insights_pb2.ListViolationsRequest(rule=name, **more))
    return [(each.rule, each.title) for each in answer.violations]


async def test_more_are_open_at_a_time_once_the_rule_says_so(leader: Reviewer, curator: Curator) -> None:
    await rule(leader, first_slots=1)
    ones = await leader.put(*(course(f"c{n}", f"Course {n}", words(str(n))) for n in range(3)))
    for one in ones:
        await curator.propose(curator.unused(one))

    async def held() -> bool:
        return len(await leader.suggestions(Suggestion.HELD)) == 2

    await eventually(held)
    assert len(await leader.suggestions(Suggestion.OPEN)) == 1
    await rule(leader, first_slots=3)

    async def all_open() -> bool:
        return len(await leader.suggestions(Suggestion.OPEN)) == 3

    assert await eventually(all_open)


async def test_when_a_suggestion_is_worth_a_look_is_the_teams_to_say(
    leader: Reviewer, curator: Curator
) -> None:
    (one,) = await leader.put(course("c1", "Course 1", words("a")))
    await curator.propose(curator.unused(one))
    await leader.only(Suggestion.OPEN)

    async def said() -> set[str]:
        views = (review.ListSuggestionsRequest.BASIC, review.ListSuggestionsRequest.LINE)
        lists = [await leader("ListSuggestions", review.ListSuggestionsRequest(view=view)) for view in views]
        return {each.band for found in lists for each in found.suggestions}

    await rule(leader, weights={"now_from": 1000.0, "this_week_from": 1000.0})
    assert await said() == {"when_you_have_time"}
    kept = (await leader("GetHouseRules", api.GetHouseRulesRequest())).weights
    assert (kept.now_from, kept.this_week_from, kept.HasField("exposed_hours")) == (1000.0, 1000.0, False)
    await rule(leader, weights={"harm_hours": [0.0, 0.0, 0.0, 0.0], "now_from": 0.0, "this_week_from": 0.0})

    async def now() -> bool:
        return await said() == {"now"}

    assert await eventually(now)


async def test_what_is_never_archived_is_kept_until_the_rule_has_gone(
    leader: Reviewer, curator: Curator
) -> None:
    one, two = await leader.put(
        course("c1", "Safety at the weir", words("a"), kind="video"), course("c2", "Weir safety", words("a"))
    )
    await rule(leader, never_archived=[NeverArchived(kind="video", reason="the insurer asks for it")])
    await curator.propose(curator.duplicate(two, one))
    seen = await leader.only(Suggestion.OPEN)
    kept = [each for each in seen.plan.safeguards if each.code == "never_archived"]
    assert [each.target for each in kept] == [one.name]
    assert "the insurer asks for it" in kept[0].text
    await rule(leader, "never_archived")
    free = await leader.in_state(seen.name, Suggestion.OPEN, lambda found: not found.plan.safeguards)
    assert (await leader.accept(free)).state == Suggestion.APPLIED


async def test_violations_name_what_breaks_each_rule_page_by_page(leader: Reviewer, curator: Curator) -> None:
    ones = await leader.put(
        course("c1", "Owned", words("a"), owner="first@example.org", language="en"),
        course("c2", "Left alone", words("b")),
        course("c3", "Of a team", words("c"), owner="Training team", language="en"),
    )
    await leader.program("path", ones[0])
    await rule(leader, required_fields=["language"], min_resource_owners=1, min_program_owners=1)
    assert await broken(leader) == [
        ("required_field", "Left alone"),
        ("resource_owners", "Left alone"),
        ("program_owners", "Path"),
    ]
    assert await broken(leader, "resource_owners") == [("resource_owners", "Left alone")]
    first = await leader("ListViolations", insights_pb2.ListViolationsRequest(page_size=2))
    assert (len(first.violations), first.total_size) == (2, 3)
    rest = insights_pb2.ListViolationsRequest(page_size=2, page_token=first.next_page_token)
    assert [each.rule for each in (await leader("ListViolations", rest)).violations] == ["program_owners"]


async def test_a_dry_run_tells_what_a_year_of_the_rule_would_have_touched_and_what_was_used_after(
    leader: Reviewer, curator: Curator, catalog: CatalogProcess
) -> None:
    ones = await leader.put(
        course("c1", "Gone and missed", words("a"), kind="video"),
        course("c2", "Gone", words("b"), kind="video"),
        course("c3", "Another thing", words("c"), kind="course"),
    )
    for one in ones:
        await curator.propose(curator.unused(one))
        seen = await leader.only(Suggestion.OPEN)
        await leader.accept(seen)
        assert (await leader.resource(one)).lifecycle == Resource.UNLISTED
    catalog.sql("UPDATE decisions SET time = time - interval '100 days' RETURNING id")
    today = date.today()  # noqa: DTZ011 - the catalog's own day, by its clock
    month = Date(year=today.year, month=today.month, day=1)
    rows = [EngagementRow(resource="c1", month=month, enrolled=9, started=9)]
    await leader("RecordEngagement", RecordEngagementRequest(source="lms", rows=rows))
    tried = HouseRules(never_archived=[NeverArchived(kind="video")], required_fields=["language"])
    request = insights_pb2.DryRunHouseRulesRequest(house_rules=tried)
    found = {each.rule: each for each in (await leader("DryRunHouseRules", request)).outcomes}
    assert found.keys() == {"required_field", "never_archived"}
    kept = found["never_archived"]
    assert (kept.touched, kept.used_afterwards) == (2, 1)
    assert set(kept.examples) == {ones[0].name, ones[1].name}
    assert (await leader("GetHouseRules", api.GetHouseRulesRequest())).never_archived == []


async def test_a_dry_run_tells_which_reviews_intervals_would_have_asked_for(
    leader: Reviewer, curator: Curator
) -> None:
    today = datetime.now(UTC).date()

    def before(months: int) -> Date:
        day = today - timedelta(days=months * 31)
        return Date(year=day.year, month=day.month, day=day.day)

    due, long_due, fresh, reviewed, stated, other, unread = await leader.put(
        course("c1", "Due for five months", words("a"), updated=before(11)),
        course("c2", "Due for years", words("b"), created=before(60)),
        course("c3", "Fresh", words("c"), updated=before(3)),
        course("c4", "Reviewed since", words("d"), updated=before(30)),
        course("c5", "With a day of its own", words("e"), updated=before(30), review_date=before(2)),
        course("c6", "Of another class", words("f"), updated=before(30)),
        course("c7", "Not classified", words("g"), updated=before(30)),
    )
    await leader("ConfirmCurrent", review.ConfirmCurrentRequest(name=reviewed.name))
    await curator.classify("product", other, due, long_due, fresh, reviewed, stated)
    await curator.classify("skills", other)
    await curator.classify("product", unread, epoch="of a catalog that was restored since")
    await curator.settled()
    months = {"c1": before(2), "c2": before(11)}
    rows = [
        EngagementRow(resource=name, month=Date(year=day.year, month=day.month, day=1), enrolled=9, started=9)
        for name, day in months.items()
    ]
    await leader("RecordEngagement", RecordEngagementRequest(source="lms", rows=rows))
    tried = HouseRules(review_intervals=[ReviewInterval(content_class="product", months=6)])
    request = insights_pb2.DryRunHouseRulesRequest(house_rules=tried)
    (_, found) = (await leader("DryRunHouseRules", request)).outcomes
    assert (found.rule, set(found.examples)) == ("review_interval", {due.name, long_due.name})
    # Both were used after their day: the one that has been due for years since the first day looked at.
    assert (found.touched, found.used_afterwards) == (2, 2)
    request.house_rules.review_intervals[0].months = 12
    (_, found) = (await leader("DryRunHouseRules", request)).outcomes
    assert (found.touched, list(found.examples)) == (1, [long_due.name])


async def test_insights_name_figures_and_the_list_each_leads_to(leader: Reviewer, curator: Curator) -> None:
    ones = await leader.put(
        course("c1", "Pumps", words("a"), kind="course", owner="first@example.org"),
        course("c2", "More pumps", words("a"), kind="course"),
        course("c3", "Valves", words("c"), kind="video", updated=Date(year=2001, month=1, day=1)),
        course("c4", "Never started", words("d"), kind="video"),
    )
    await curator.propose(curator.duplicate(ones[0], ones[1]))
    await leader.only(Suggestion.OPEN)
    await curator.propose(curator.unused(ones[3]))

    async def both() -> list[Suggestion] | None:
        found = await leader.suggestions(Suggestion.OPEN)
        return found if len(found) == 2 else None

    found: list[Suggestion] = await eventually(both)
    (unused,) = [each for each in found if each.kind == Suggestion.UNUSED]
    before = await leader("GetInsights", insights_pb2.GetInsightsRequest())
    assert (before.resources.value, before.rot_share.value) == (4, 0.5)
    for owned, count in ((True, 1), (False, 3)):
        request = api.ListResourcesRequest(lifecycle=Resource.PUBLISHED, owned=owned)
        assert len((await leader("ListResources", request)).resources) == count
    assert {each.name: each.value for each in before.by_kind} == {"course": 2, "video": 2}
    assert {each.name: each.value for each in before.by_age if each.value} == {"over_5": 1, "unknown": 3}
    assert (before.owner_coverage.value, before.owner_coverage.list) == (
        0.25,
        "/v1/resources?lifecycle=PUBLISHED&owned=true",
    )
    assert not before.HasField("silo_index")
    await leader.put(course("late", "Late", words("late"), kind="video"))
    more = await leader("GetInsights", insights_pb2.GetInsightsRequest())
    assert {each.name: each.value for each in more.by_kind} == {"course": 2, "video": 3}
    await leader.reject(unused, "used_elsewhere")
    after = await leader("GetInsights", insights_pb2.GetInsightsRequest())
    assert [(each.name, each.value) for each in after.decisions] == [("first@example.org", 1)]
    assert (after.entitled, after.silo_index) == (1, 0.0)
    listed = await leader(
        "ListResources", api.ListResourcesRequest(lifecycle=Resource.PUBLISHED, kind="video")
    )
    assert {each.name for each in listed.resources} >= {ones[2].name, ones[3].name}
    old = await leader("ListResources", api.ListResourcesRequest(age="over_5"))
    assert [bare(each.name) for each in old.resources] == [bare(ones[2].name)]


async def test_insights_of_a_period_stand_beside_the_same_a_year_before_where_that_is_known(
    leader: Reviewer, curator: Curator, catalog: CatalogProcess
) -> None:
    ones = await leader.put(*(course(f"c{n}", f"Course {n}", words(str(n)), kind="video") for n in range(6)))
    for one in ones:
        await curator.propose(curator.unused(one))

    async def all_open() -> list[Suggestion] | None:
        found = await leader.suggestions(Suggestion.OPEN)
        return found if len(found) == len(ones) else None

    found: list[Suggestion] = await eventually(all_open)
    made = await leader.accept(found[0])
    assert made.state == Suggestion.APPLIED
    for each in found[1:]:
        await leader.reject(each, "used_elsewhere")

    async def told(months: int = 0) -> insights_pb2.Insights:
        return await leader("GetInsights", insights_pb2.GetInsightsRequest(months=months))

    now = await told()
    assert (now.decisions[0].value, now.decisions[0].HasField("year_before")) == (6, False)
    assert not any(each.HasField("year_before") for each in (now.resources, now.rot_share, *now.savings_made))
    assert (now.HasField("stood"), now.HasField("silo_index_year_before")) == (False, False)
    # The acceptance, and one rejection each of 4, 8, 13, 17 and 26 months ago.
    today = datetime.now(UTC)
    for each, months in zip(found, (25, 4, 8, 13, 17, 26), strict=True):
        time = today - timedelta(days=31 * months)
        catalog.sql("UPDATE decisions SET time = %s WHERE suggestion = %s", (time, bare(each.name)))
    # The log begins with what was written down first, before the year that is compared with.
    catalog.sql(
        "UPDATE decisions SET time = now() - interval '3 years' WHERE id = (SELECT min(id) FROM decisions)"
    )
    quarter = last_quarter(months_back(today.date(), 12))
    catalog.sql(
        "INSERT INTO quarter_ends (quarter, resources, owned, entitled, rot, write_time) "
        "VALUES (%s, 10, 4, 2, 5, now())",
        (quarter.name,),
    )
    decided = {months: (await told(months)).decisions for months in (12, 6, 3)}
    assert {
        months: [(each.value, each.year_before) for each in figures] for months, figures in decided.items()
    } == {12: [(2, 2)], 6: [(1, 2)], 3: []}
    for (figure,) in (decided[12], decided[6]):
        assert len(await listed(leader, figure.list)) == figure.value
    then = await told()
    stood = (then.resources.year_before, then.owner_coverage.year_before, then.rot_share.year_before)
    assert stood == (10, 0.4, 0.5)
    assert (then.stood.month, then.silo_index_year_before) == (quarter.end.month, 0.5)
    saved = {each.name: (each.value, each.year_before) for each in then.savings_made}
    assert saved["maintenance_hours"] == (4.0, 4.0)
    with pytest.raises(Exception, match=r"INVALID_ARGUMENT"):
        await told(9)


LISTS: dict[str, tuple[str, type[Message]]] = {
    "/v1/resources": ("ListResources", api.ListResourcesRequest),
    "/v1/suggestions": ("ListSuggestions", review.ListSuggestionsRequest),
    "/v1/decisions": ("ListDecisions", review.ListDecisionsRequest),
}


async def listed(leader: Reviewer, path: str) -> set[str]:
    """Names of what the list of a figure has; of a list of decisions what they are on."""
    method, kind = LISTS[path.partition("?")[0]]
    said = parse_qs(path.partition("?")[2], keep_blank_values=True)
    asked = {name: values if name in ("states", "verbs") else values[0] for name, values in said.items()}
    asked = {name: True if value == "true" else value for name, value in asked.items()}
    answer = await leader(method, ParseDict({**asked, "pageSize": 200}, kind()))
    rows = getattr(answer, path.partition("?")[0].rpartition("/")[2])
    return {each.suggestion if path.startswith("/v1/decisions") else each.name for each in rows}


async def test_each_figure_of_insights_counts_the_list_that_it_leads_to(
    leader: Reviewer, curator: Curator
) -> None:
    old = Date(year=2001, month=1, day=1)
    ones = await leader.put(
        course("c1", "Pumps", words("a"), kind="course", owner="first@example.org"),
        course("c2", "More pumps", words("a"), kind="course"),
        course("c3", "Valves", words("c"), updated=old),
        course("c4", "Never started", words("d"), kind="video"),
        course("c5", "Gone", words("e"), kind="video"),
        course("c6", "Hardly started", words("f"), kind="video"),
    )
    await curator.propose(
        curator.duplicate(ones[0], ones[1]),
        *(curator.unused(each) for each in ones[3:5]),
        curator.unused(ones[5], score=0.6),
        curator.outdated(ones[2]),
    )
    await curator.settled()
    seen = {each.members[0].external_id: each for each in await leader.suggestions()}
    await leader.accept(seen["c5"])
    await leader.reject(seen["c3"], "still_accurate")
    await leader("ReopenSuggestion", review.ReopenSuggestionRequest(name=seen["c3"].name))
    await leader.reject(await leader.get(seen["c3"].name), "still_accurate")  # one suggestion, decided twice
    found = await leader("GetInsights", insights_pb2.GetInsightsRequest())
    everything = found.resources.value
    assert len(await listed(leader, found.resources.list)) == everything == 5
    counted = [*found.by_kind, *found.by_age, *found.suggestions, *found.decisions]
    assert "" in {each.name for each in found.by_kind}
    for each in counted:
        assert (each.name, len(await listed(leader, each.list))) == (each.name, each.value)
    for share, count in ((found.owner_coverage, 1), (found.rot_share, 2)):
        names = await listed(leader, share.list)
        assert (len(names), share.value) == (count, round(count / everything, 4))
    assert await listed(leader, found.rot_share.list) == {ones[1].name, ones[3].name}


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"first_slots": 0}, "house_rules.first_slots"),
        ({"min_resource_owners": 2}, "house_rules.min_resource_owners"),
        ({"never_archived": [NeverArchived(reason="all of it")]}, "house_rules.never_archived[0]"),
        (
            {"review_intervals": [{"content_class": "poems", "months": 3}]},
            "house_rules.review_intervals[0].content_class",
        ),
        ({"weights": {"harm_hours": [1.0]}}, "house_rules.weights.harm_hours"),
        ({"weights": {"exposed_hours": -1.0}}, "house_rules.weights.exposed_hours"),
        ({"weights": {"now_from": 0.05}}, "house_rules.weights.this_week_from"),
        ({"required_fields": ["colour"]}, "house_rules.required_fields[0]"),
    ],
)
async def test_a_rule_out_of_range_is_refused_by_field(
    leader: Reviewer, given: dict[str, Any], field: str
) -> None:
    with pytest.raises(Exception, match=r"INVALID_ARGUMENT") as refused:
        await rule(leader, **given)
    assert field in str(refused.value)


async def test_maintenance_that_two_plans_save_of_one_resource_counts_once(
    leader: Reviewer, curator: Curator, catalog: CatalogProcess
) -> None:
    one, other, kept = await leader.put(
        *(course(f"c{n}", f"Video {n}", words(str(min(n, 1))), kind="video") for n in range(3))
    )

    async def saved() -> tuple[float, float]:
        answer = await leader("GetInsights", insights_pb2.GetInsightsRequest())
        return tuple(  # type: ignore[return-value]
            next(each.value for each in figures if each.name == "maintenance_hours")
            for figures in (answer.savings_planned, answer.savings_made)
        )

    async def decided(finding: Any) -> Suggestion:
        await curator.propose(finding)
        await curator.settled()
        return await leader.accept(await leader.only(Suggestion.OPEN))

    unlisted = await decided(curator.unused(one))
    assert (unlisted.state, await saved()) == (Suggestion.APPLIED, (0.0, 4.0))
    archived = await decided(curator.outdated(one, "archive", code="expired", score=0.95, hard=True))
    assert (archived.impact.maintenance_hours.value, archived.state) == (4.0, Suggestion.APPLIED)
    assert await saved() == (0.0, 4.0)
    await decided(curator.duplicate(kept, other))
    assert await saved() == (0.0, 8.0)
    await leader.undo(archived)
    assert await saved() == (0.0, 8.0)
    await leader.undo(unlisted)
    assert await saved() == (0.0, 4.0)
