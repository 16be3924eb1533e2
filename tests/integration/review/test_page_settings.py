"""What people set for the pages: kept with the person, seen by nobody else, refused by field; and a goal."""

from __future__ import annotations

from datetime import timedelta

import grpc
import pytest

from services.kit.clock import Clock
from services.kit.rpc import error_info
from tests.integration.catalog.conftest import CatalogProcess
from tests.integration.review.conftest import Curator, Reviewer, Team, course, words
from tests.integration.review.test_reviewers import refused
from winnow.catalog.v1 import people_service_pb2 as people
from winnow.catalog.v1.page_settings_pb2 import PageSettings
from winnow.review.v1 import review_service_pb2 as review
from winnow.review.v1.suggestion_pb2 import Suggestion

UNSET = PageSettings()


async def choose(who: Reviewer, **wanted: object) -> PageSettings:
    return await who("SetPageSettings", people.SetPageSettingsRequest(**wanted))  # pyright: ignore[reportArgumentType]


async def kept(who: Reviewer) -> PageSettings:
    """What they have set, as they ask for it and as it comes with who they are."""
    alone = await who("GetPageSettings", people.GetPageSettingsRequest())
    assert (await who("GetViewer", people.GetViewerRequest())).page_settings == alone
    return alone


async def test_settings_are_the_persons_own_in_every_browser_and_nobody_elses(
    leader: Reviewer, team: Team, catalog: CatalogProcess
) -> None:
    nora = await team.join("nora@example.org")
    assert (await kept(leader), await kept(nora)) == (UNSET, UNSET)
    wanted = PageSettings(letters_off=True, start=PageSettings.PROGRAMS, weekly_goal=25)
    assert await choose(nora, letters_off=True, start=PageSettings.PROGRAMS, weekly_goal=25) == wanted
    elsewhere = await nora("CreateApiToken", people.CreateApiTokenRequest())
    assert await kept(Reviewer(team.channel, elsewhere.token)) == wanted
    assert await kept(leader) == UNSET
    # The log, which others read, does not have what was chosen; only who let her in.
    method = "/winnow.catalog.v1.PeopleService/SetPageSettings"
    assert catalog.sql(f"SELECT detail - 'let_in_by' FROM audit WHERE method = '{method}'") == [({},)]
    await choose(nora)
    assert await kept(nora) == UNSET


@pytest.mark.parametrize(
    ("wanted", "field"),
    [({"weekly_goal": -1}, "weekly_goal"), ({"weekly_goal": 501}, "weekly_goal"), ({"start": 99}, "start")],
)
async def test_what_cannot_be_set_is_refused_with_its_field_and_changes_nothing(
    leader: Reviewer, wanted: dict[str, int], field: str
) -> None:
    await choose(leader, weekly_goal=500)
    error = await refused(choose(leader, **wanted), grpc.StatusCode.INVALID_ARGUMENT, "FIELD_INVALID")
    info = error_info(error)
    assert info is not None
    assert info.metadata["field"] == field
    assert await kept(leader) == PageSettings(weekly_goal=500)


async def test_a_goal_counts_what_one_has_decided_since_monday_and_not_taken_back(
    leader: Reviewer, curator: Curator, team: Team, catalog: CatalogProcess
) -> None:
    ida = await team.join("ida@example.org", people.Person.LEARNING_LEADER)
    made = await leader.put(*(course(f"c{n}", f"Course {n}", words(str(n))) for n in range(4)))
    await curator.propose(*(curator.outdated(each) for each in made))
    await curator.settled()
    first, second, third, fourth = await leader.suggestions(Suggestion.OPEN)
    await leader.accept(first)
    await leader.reject(second, "still_accurate")
    await leader.reject(third, "still_accurate")
    await ida.reject(fourth, "still_accurate")
    assert (await kept(leader)).decided_this_week == 0  # nobody asked for it
    assert (await choose(leader, weekly_goal=25)).decided_this_week == 3
    await leader("ReopenSuggestion", review.ReopenSuggestionRequest(name=third.name))
    assert (await kept(leader)).decided_this_week == 2
    monday = Clock().today() - timedelta(days=Clock().today().weekday())
    id_ = second.name.removeprefix("suggestions/")
    catalog.sql(
        f"UPDATE decisions SET time = '{monday} 00:00+00'::timestamptz - interval '1 second' "
        f"WHERE suggestion = '{id_}'"
    )
    assert (await kept(leader)).decided_this_week == 1
    await leader.undo(first)
    assert (await kept(leader)).decided_this_week == 0
    await choose(ida, weekly_goal=1)
    assert await kept(ida) == PageSettings(weekly_goal=1, decided_this_week=1)
