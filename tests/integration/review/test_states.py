"""Every row of the state table of behaviour.md §8, walked through the public API on the real process.

What a state refuses, and what each verb does beside moving it, is told by the tests of the verbs.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from services.kit.protobuf import date_message
from tests.integration.catalog.conftest import CatalogProcess, eventually
from tests.integration.review.conftest import Curator, Reviewer, course, words
from winnow.curation.v1.proposal_pb2 import Proposal
from winnow.review.v1 import review_service_pb2 as review
from winnow.review.v1.suggestion_pb2 import Suggestion

HELD, OPEN, SNOOZED = Suggestion.HELD, Suggestion.OPEN, Suggestion.SNOOZED
SCHEDULED, APPLIED, REJECTED = Suggestion.SCHEDULED, Suggestion.APPLIED, Suggestion.REJECTED
WITHDRAWN, UNDONE = Suggestion.WITHDRAWN, Suggestion.UNDONE
NOTHING = Suggestion.STATE_UNSPECIFIED
LATER = timedelta(days=40)


@dataclass
class Scene:
    """Two copies, what was found about them, and who acts."""

    leader: Reviewer
    curator: Curator
    catalog: CatalogProcess
    kept: Any = None
    copy: Any = None
    found: Proposal = field(default_factory=Proposal)
    programs: list[Any] = field(default_factory=list)

    async def copies(self, text: str = "a") -> None:
        self.kept, self.copy = await self.leader.put(
            *(course(f"c{n}", f"Ladders {n}", words(text)) for n in (1, 2))
        )

    async def propose(self, **more: Any) -> None:
        self.found = self.curator.duplicate(self.kept, self.copy, **more)
        await self.curator.propose(self.found)
        await self.curator.settled()

    async def proposed(self, **more: Any) -> Suggestion:
        """The one suggestion of two fresh copies."""
        await self.copies()
        await self.propose(**more)
        return await self.leader.only()

    async def called(self, verb: str, seen: Suggestion, **more: Any) -> Suggestion:
        request = getattr(review, f"{verb}SuggestionRequest")(name=seen.name, **more)
        return await self.leader(f"{verb}Suggestion", request)

    async def put_to_later(self, seen: Suggestion) -> Suggestion:
        """Approved for a day that is far: its notice runs."""
        day = date_message(datetime.now(UTC).date() + LATER)
        return await self.leader.accept(
            await self.called("Edit", seen, revision=seen.revision, apply_date=day)
        )

    def labels(self) -> list[bool | None]:
        return [label for (label,) in self.catalog.sql("SELECT label FROM outcomes")]

    def suppressions(self) -> int:
        return self.catalog.sql("SELECT count(*) FROM suppressions WHERE lift_time IS NULL")[0][0]


async def held(scene: Scene) -> Suggestion:
    return await scene.proposed(score=0.5)


async def opened(scene: Scene) -> Suggestion:
    return await scene.proposed()


async def snoozed(scene: Scene) -> Suggestion:
    return await scene.called("Snooze", await opened(scene), event="content_changes")


async def scheduled(scene: Scene) -> Suggestion:
    return await scene.put_to_later(await opened(scene))


async def applied(scene: Scene) -> Suggestion:
    return await scene.leader.accept(await opened(scene))


async def rejected(scene: Scene) -> Suggestion:
    return await scene.leader.reject(await opened(scene), "not_same")


async def put_aside(scene: Scene) -> Suggestion:
    """Rejected without a word about the pair."""
    return await scene.leader.reject(await opened(scene), "other", comment="Not now.")


async def withdrawn(scene: Scene) -> Suggestion:
    seen = await opened(scene)
    await scene.curator.withdraw(scene.found)
    return await scene.leader.in_state(seen.name, WITHDRAWN)


async def written(scene: Scene) -> Suggestion:
    """Applied, and the source says so by now."""
    done = await applied(scene)
    await scene.leader.put(course("c2", "Ladders 2", words("a"), visibility="archived"))
    return done


async def undone(scene: Scene) -> Suggestion:
    return await scene.leader.undo(await written(scene))


async def in_programs(scene: Scene) -> Suggestion:
    """A plan of three parts: two programs and the resources."""
    await scene.copies()
    scene.programs = [await scene.leader.program(key, scene.copy) for key in ("one", "two")]
    await scene.propose()
    return await scene.leader.only(OPEN)


async def in_programs_scheduled(scene: Scene) -> Suggestion:
    return await scene.put_to_later(await in_programs(scene))


async def nothing_yet(scene: Scene) -> Suggestion:
    await scene.copies()
    return Suggestion()


async def proposed_with(scene: Scene, score: float) -> Suggestion:
    await scene.propose(score=score)
    found = await scene.leader.suggestions()
    return found[0] if found else Suggestion()


async def filed(scene: Scene, seen: Suggestion) -> Suggestion:
    return await scene.leader(
        "CreateSuggestion",
        review.CreateSuggestionRequest(
            kind=Suggestion.DUPLICATE,
            operation="archive",
            members=[scene.kept.name, scene.copy.name],
            reason="I saw both.",
        ),
    )


async def suppressed(scene: Scene, seen: Suggestion) -> Suggestion:
    """Found again, with other evidence and the same facts."""
    await scene.propose(score=0.97)
    return await scene.leader.get(seen.name)


async def slot(scene: Scene, seen: Suggestion) -> Suggestion:
    """Of eleven that are certain enough, one waits until another is decided."""
    more = await scene.leader.put(*(course(f"d{n:02}", f"D{n}", words(f"d{n // 2}")) for n in range(22)))
    await scene.curator.propose(*(scene.curator.duplicate(more[n], more[n + 1]) for n in range(0, 22, 2)))
    await scene.curator.settled()
    waits = [each for each in await scene.leader.suggestions(HELD) if each.name != seen.name]
    assert len(waits) == 1
    await scene.leader.reject((await scene.leader.suggestions(OPEN))[0], "other", comment="No.")
    return await scene.leader.get(waits[0].name)


async def moved(scene: Scene, seen: Suggestion) -> Suggestion:
    """The text of a member changes."""
    await scene.leader.put(course("c1", "Ladders 1", words("b")))

    async def there() -> Suggestion | None:
        now = await scene.leader.get(seen.name)
        return now if now.revision > seen.revision else None

    now = await eventually(there)
    assert "the text of “Ladders 1” changed" in now.note
    assert not now.approvals
    return now


async def edited(scene: Scene, seen: Suggestion) -> Suggestion:
    now = await scene.called("Edit", seen, revision=seen.revision, survivor=scene.copy.name)
    await scene.propose(score=0.97)
    assert (await scene.leader.get(seen.name)).plan == now.plan
    return now


async def put_off(scene: Scene, seen: Suggestion) -> Suggestion:
    return await scene.called("Snooze", seen, event="content_changes")


async def date_comes(scene: Scene, seen: Suggestion) -> Suggestion:
    await scene.called("Snooze", seen, until=datetime.now(UTC) + timedelta(seconds=1.5))
    return await scene.leader.in_state(seen.name, OPEN)


async def refused(scene: Scene, seen: Suggestion) -> Suggestion:
    now = await scene.leader.reject(seen, "not_same")
    assert (scene.labels(), scene.suppressions()) == ([False], 1)
    return now


async def reopened(scene: Scene, seen: Suggestion) -> Suggestion:
    now = await scene.called("Reopen", seen)
    assert (scene.labels(), scene.suppressions()) == ([], 0)
    return now


async def approved(scene: Scene, seen: Suggestion) -> Suggestion:
    now = await scene.leader.accept(seen)
    assert scene.labels() == [True]
    return now


async def time_comes(scene: Scene, seen: Suggestion) -> Suggestion:
    scene.catalog.sql("UPDATE suggestions SET due_time = now() WHERE state = 'SCHEDULED'")
    return await scene.leader.in_state(seen.name, APPLIED)


async def revoked(scene: Scene, seen: Suggestion) -> Suggestion:
    now = await scene.leader("RevokeApproval", review.RevokeApprovalRequest(name=seen.name))
    assert scene.labels() == []
    return now


async def check_fails(scene: Scene, seen: Suggestion) -> Suggestion:
    await scene.leader.program("onboarding", scene.copy)
    now = await scene.leader.in_state(seen.name, OPEN)
    assert "“Ladders 2” was added to “Onboarding”" in now.note
    assert scene.labels() == []
    return now


async def text_is_another(scene: Scene, seen: Suggestion) -> Suggestion:
    """What stays says something else when the time comes, and no curator has said so."""
    await scene.leader.put(course("c1", "Ladders 1", words("b")))
    scene.catalog.sql("UPDATE suggestions SET due_time = now() WHERE state = 'SCHEDULED'")
    now = await scene.leader.in_state(seen.name, OPEN)
    assert "not applied: the text of “Ladders 1” changed" in now.note
    assert (not now.approvals, scene.labels()) == (True, [])
    return now


async def gone(scene: Scene, seen: Suggestion) -> Suggestion:
    await scene.curator.withdraw(scene.found)
    return await scene.leader.in_state(seen.name, WITHDRAWN)


async def taken_back(scene: Scene, seen: Suggestion) -> Suggestion:
    now = await scene.leader.undo(seen, reason="was_wrong")
    assert scene.labels() == ([False] if now.state == UNDONE else [])
    return now


async def returned(scene: Scene, seen: Suggestion) -> Suggestion:
    """Both texts move together and the copies are found anew."""
    await scene.copies("b")
    await scene.propose()
    now = await scene.leader.get(seen.name)
    assert now.note.startswith("returned: ") is (now.state == OPEN)
    return now


async def proposed_again(scene: Scene, seen: Suggestion) -> Suggestion:
    await scene.propose(score=0.97)
    return await scene.leader.get(seen.name)


async def without_a_program(scene: Scene, seen: Suggestion) -> Suggestion:
    now = await scene.leader.reject(seen, "different_audience", parts=[scene.programs[0].name])
    assert [part.id for part in now.plan.parts] == [scene.programs[1].name, "resources"]
    assert "archive" not in [change.operation for part in now.plan.parts for change in part.changes]
    return now


async def without_resources(scene: Scene, seen: Suggestion) -> Suggestion:
    now = await scene.leader.reject(seen, "other", comment="Keep it.", parts=["resources"])
    assert [part.id for part in now.plan.parts] == sorted(each.name for each in scene.programs)
    return now


async def approved_but_for_resources(scene: Scene, seen: Suggestion) -> Suggestion:
    """Both programs' parts are approved, the last part is refused: nothing is left to approve."""
    half = await scene.leader.accept(seen, parts=[each.name for each in scene.programs])
    assert (half.state, half.revision) == (OPEN, seen.revision)
    return await scene.leader.reject(half, "other", comment="Keep it.", parts=["resources"])


async def without_any(scene: Scene, seen: Suggestion) -> Suggestion:
    return await scene.leader.reject(
        seen, "other", comment="No.", parts=[part.id for part in seen.plan.parts]
    )


Step = Callable[[Scene, Suggestion], Awaitable[Suggestion]]


def score(value: float) -> Step:
    return lambda scene, _: proposed_with(scene, value)


@dataclass(frozen=True)
class Row:
    """From a state by an event to a state; `raised` is by how much the revision grows."""

    start: Callable[[Scene], Awaitable[Suggestion]]
    event: Step
    end: Any
    raised: int
    says: str


ROWS = (
    Row(nothing_yet, score(0.39), NOTHING, 0, "proposed below 0.40"),
    Row(nothing_yet, score(0.50), HELD, 1, "proposed from 0.40"),
    Row(nothing_yet, score(0.70), OPEN, 1, "proposed from 0.70, a slot free"),
    Row(rejected, suppressed, REJECTED, 0, "proposed while suppressed"),
    Row(nothing_yet, filed, OPEN, 1, "filed by a person"),
    Row(held, slot, OPEN, 0, "HELD, a slot is free"),
    Row(held, put_off, SNOOZED, 0, "HELD, a verb by a person: snooze"),
    Row(held, edited, OPEN, 1, "HELD, a verb by a person: edit"),
    Row(held, refused, REJECTED, 0, "HELD, a verb by a person: reject"),
    Row(held, approved, APPLIED, 0, "HELD, a verb by a person: accept"),
    Row(opened, moved, OPEN, 1, "OPEN, material change"),
    Row(opened, edited, OPEN, 1, "OPEN, a person edits the plan"),
    Row(opened, put_off, SNOOZED, 0, "OPEN, snooze"),
    Row(opened, date_comes, OPEN, 0, "SNOOZED, its date"),
    Row(snoozed, moved, OPEN, 1, "SNOOZED, its event and material change"),
    Row(snoozed, reopened, OPEN, 0, "SNOOZED, taken back"),
    Row(opened, refused, REJECTED, 0, "OPEN, reject with a reason"),
    Row(rejected, reopened, OPEN, 1, "REJECTED, reopen"),
    Row(opened, approved, APPLIED, 0, "OPEN, last needed approval, due at once"),
    Row(opened, Scene.put_to_later, SCHEDULED, 1, "OPEN, last needed approval, for a later day (edited)"),
    Row(scheduled, time_comes, APPLIED, 0, "SCHEDULED, its time comes"),
    Row(scheduled, revoked, OPEN, 1, "SCHEDULED, approval revoked"),
    Row(scheduled, check_fails, OPEN, 1, "SCHEDULED, a check fails"),
    Row(scheduled, text_is_another, OPEN, 1, "SCHEDULED, a text that it names is another"),
    Row(held, gone, WITHDRAWN, 0, "HELD, evidence gone"),
    Row(opened, gone, WITHDRAWN, 0, "OPEN, evidence gone"),
    Row(snoozed, gone, WITHDRAWN, 0, "SNOOZED, evidence gone"),
    Row(scheduled, gone, WITHDRAWN, 0, "SCHEDULED, evidence gone"),
    Row(applied, taken_back, OPEN, 1, "APPLIED, not yet written, undo"),
    Row(written, taken_back, UNDONE, 0, "APPLIED, written, undo"),
    Row(rejected, returned, REJECTED, 0, "REJECTED, material change covered by a verdict"),
    Row(put_aside, returned, OPEN, 1, "REJECTED, material change not covered by a verdict"),
    Row(undone, returned, OPEN, 1, "UNDONE, material change"),
    Row(withdrawn, proposed_again, OPEN, 1, "WITHDRAWN, proposed again"),
    Row(in_programs, without_a_program, OPEN, 1, "OPEN, a part is rejected, others remain"),
    Row(
        in_programs, approved_but_for_resources, APPLIED, 1, "OPEN, all that is left is approved, due at once"
    ),
    Row(in_programs_scheduled, without_a_program, OPEN, 1, "SCHEDULED, a part is rejected, others change"),
    Row(in_programs_scheduled, without_resources, SCHEDULED, 1, "SCHEDULED, all that is left is approved"),
    Row(in_programs, without_any, REJECTED, 0, "OPEN, no part remains"),
    Row(in_programs_scheduled, without_any, REJECTED, 0, "SCHEDULED, no part remains"),
)


@pytest.mark.parametrize("row", ROWS, ids=[row.says for row in ROWS])
async def test_each_event_leads_where_the_table_says(
    row: Row, leader: Reviewer, curator: Curator, catalog: CatalogProcess
) -> None:
    scene = Scene(leader, curator, catalog)
    before = await row.start(scene)
    after = await row.event(scene, before)
    assert (after.state, after.revision - before.revision) == (row.end, row.raised), after.note
