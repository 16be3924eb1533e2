"""What has become of decisions: which can be taken back, and which the sources show."""

from __future__ import annotations

from typing import Any

import grpc
import pytest

from tests.integration.review.conftest import Curator, Reviewer, Team, bare, course, words
from tests.integration.review.test_reviewers import copies, refused
from winnow.review.v1 import review_service_pb2 as review
from winnow.review.v1.review_service_pb2 import ListDecisionsRequest, ListDecisionsResponse
from winnow.review.v1.suggestion_pb2 import Suggestion

UNDOABLE, WRITTEN = ListDecisionsRequest.UNDOABLE, ListDecisionsRequest.WRITTEN
ARCHIVED = course("c2", "Ladders 2", words("a"), visibility="archived")


async def page(by: Reviewer, **asked: Any) -> ListDecisionsResponse:
    return await by("ListDecisions", ListDecisionsRequest(**asked))


async def log(by: Reviewer, standing: Any, **asked: Any) -> list[tuple[str, str]]:
    """Verbs and actors, a page of one line at a time; what can be taken back is what its suggestion says."""
    lines: list[tuple[str, str]] = []
    token = ""
    while True:
        found = await page(by, page_size=1, page_token=token, standing=standing, **asked)
        undoable = {subject.suggestion: subject.undoable for subject in found.subjects}
        for each in found.decisions:
            assert (undoable[each.suggestion] == each.name) == (standing == UNDOABLE)
            lines.append((each.verb, each.actor))
        token = found.next_page_token
        if not token:
            return lines


async def snooze(by: Reviewer, seen: Suggestion) -> Suggestion:
    return await by(
        "SnoozeSuggestion", review.SnoozeSuggestionRequest(name=seen.name, event="content_changes")
    )


async def test_what_the_sources_show_is_written_until_it_is_taken_back_there(
    leader: Reviewer, curator: Curator
) -> None:
    kept, copy = await copies(leader)
    await curator.propose(curator.duplicate(kept, copy))
    applied = await leader.accept(await leader.only(Suggestion.OPEN))
    assert [verb for verb, _ in await log(leader, UNDOABLE)] == ["accept"]
    assert await log(leader, WRITTEN) == []
    # Taken back before its source has heard of it, then carried out after all.
    await leader.undo(applied)
    assert (await log(leader, UNDOABLE), await log(leader, WRITTEN)) == ([], [])
    applied = await leader.accept(await leader.only(Suggestion.OPEN))
    await leader.put(ARCHIVED)
    assert [verb for verb, _ in await log(leader, UNDOABLE)] == ["accept"]
    assert [verb for verb, _ in await log(leader, WRITTEN)] == ["apply"]
    assert (await leader.undo(applied)).state == Suggestion.UNDONE
    assert (await log(leader, UNDOABLE), await log(leader, WRITTEN)) == ([], [])
    await leader.put(course("c2", "Ladders 2", words("a"), visibility="visible"))
    assert [verb for verb, _ in await log(leader, WRITTEN)] == ["undo"]
    assert len((await page(leader, states=[Suggestion.APPLIED])).decisions) == 2
    assert len((await page(leader, states=[Suggestion.APPLIED, Suggestion.UNDONE])).decisions) == 3


async def test_the_last_word_on_each_can_be_taken_back_until_another_follows(
    leader: Reviewer, curator: Curator
) -> None:
    made = await leader.put(*(course(f"c{n}", f"T{n}", words(str(n // 2))) for n in range(8)))
    await curator.propose(*(curator.duplicate(made[n], made[n + 1]) for n in range(0, 8, 2)))
    await curator.settled()
    one, two, three, four = await leader.suggestions(Suggestion.OPEN)
    await leader.reject(one, "not_same")
    await snooze(leader, two)
    await leader.accept(three)
    await leader.reject(four, "not_same")
    await leader("ReopenSuggestion", review.ReopenSuggestionRequest(name=four.name))
    first = "first@example.org"
    every = [("accept", first), ("snooze", first), ("reject", first)]
    assert await log(leader, UNDOABLE) == every
    assert await log(leader, UNDOABLE, verbs=["snooze", "undo"]) == every[1:2]
    assert await log(leader, UNDOABLE, actor=first) == every
    # Put off until it changes, and it has: it asks again.
    member = next(each for each in two.members if each.survivor)
    await leader.put(course(member.external_id, member.title, words("new")))
    await leader.in_state(two.name, Suggestion.OPEN)
    assert await log(leader, UNDOABLE) == [every[0], every[2]]
    token = (await page(leader, page_size=1, standing=UNDOABLE)).next_page_token
    invalid = grpc.StatusCode.INVALID_ARGUMENT
    await refused(
        page(leader, page_size=1, standing=WRITTEN, page_token=token), invalid, "PAGE_TOKEN_INVALID"
    )
    await refused(page(leader, standing=9), invalid, "FIELD_INVALID")


async def test_a_yes_that_waits_for_others_is_taken_back_by_whoever_gave_it(
    leader: Reviewer, curator: Curator, team: Team
) -> None:
    owner = await team.join("olga@example.org")
    kept, copy = await copies(leader)
    program = await leader.program("safety", copy, owners=["olga@example.org"])
    await leader.program("first aid", copy)
    await curator.propose(curator.duplicate(kept, copy))
    seen = await leader.only()
    half = await leader.accept(seen)
    assert half.state == Suggestion.OPEN
    # A word in between takes nothing back.
    await leader("AskOwner", review.AskOwnerRequest(name=seen.name, question="Which do you use?"))
    assert await log(owner, UNDOABLE) == [("accept", "first@example.org")]
    await leader("RevokeApproval", review.RevokeApprovalRequest(name=seen.name))
    assert await log(owner, UNDOABLE) == []
    # A part that somebody refused is out until it is asked again.
    left = await owner.reject(await leader.get(seen.name), "different_audience", parts=[program.name])
    assert left.state == Suggestion.OPEN
    assert await log(owner, UNDOABLE) == [("reject", "olga@example.org")]
    await owner("ReopenSuggestion", review.ReopenSuggestionRequest(name=seen.name))
    assert await log(owner, UNDOABLE) == []


@pytest.mark.parametrize("replaced", [True, False])
async def test_what_is_withdrawn_names_what_took_its_place(
    leader: Reviewer, curator: Curator, replaced: bool
) -> None:
    made = await leader.put(*(course(f"c{n}", f"T{n}", words("a")) for n in range(3)))
    pairs = [curator.duplicate(made[0], made[n]) for n in (1, 2)]
    await curator.propose(*pairs)
    await curator.settled()
    if replaced:
        await curator.propose(curator.duplicate(*made, replaces=[each.key for each in pairs]))
    else:
        await curator.withdraw(pairs[0])
    await curator.settled()
    withdrawn = await page(leader, verbs=["withdraw"])
    said = [each.reason for each in withdrawn.decisions]
    live = {bare(each.name) for each in await leader.suggestions(Suggestion.OPEN, Suggestion.HELD)}
    named = {bare(each.rstrip(".")) for each in said if "suggestions/" in each}
    assert bool(named) is replaced
    assert named <= live
    # What took its place is told as what it is about, for whoever shows the log.
    assert named <= {bare(each.suggestion) for each in withdrawn.subjects}
