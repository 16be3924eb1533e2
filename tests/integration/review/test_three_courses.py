"""Worked examples 1 and 5 of behaviour.md §11 with the curator's finding played: three privacy courses become one,
and twelve days on the owner of the third program takes it back.

What the curator finds by itself is proved end to end (tests/e2e/test_worked_examples.py).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import grpc
import pytest
from typing_extensions import override

from services.kit import identity
from services.kit.clock import Clock
from services.kit.identity import Caller, Signer
from tests.integration.catalog.conftest import CatalogProcess
from tests.integration.review.conftest import Curator, Reviewer, Team, bare, course, sealed, words
from tests.integration.review.test_filing import file
from tests.integration.review.test_objections import Door
from tests.integration.review.test_old_links import visit
from tests.integration.review.test_reviewers import detail, refused
from tests.unit.kit.test_small_modules import PRIVATE
from winnow.catalog.v1 import catalog_service_pb2 as api
from winnow.catalog.v1 import engagement_pb2
from winnow.catalog.v1.people_service_pb2 import Person
from winnow.catalog.v1.resource_pb2 import Resource
from winnow.curation.v1.proposal_pb2 import Evidence, Proposal
from winnow.internal.v1.public_service_pb2 import OldLink
from winnow.review.v1 import review_service_pb2 as review
from winnow.review.v1.suggestion_pb2 import Plan, Suggestion

HEAD = "resource,month,enrolled,started,completed,seconds,learner,state\n"
ONLY_A = "Only A says what to do with paper."
BEGUN, WAITING, PASSED = 8, 6, 7  # learners of A: in progress, not started, completed


def of(resource: str, state: str, learners: Iterable[str]) -> str:
    """Rows of single learners in the running month."""
    counts = f"1,{int(state != 'not_started')},{int(state == 'completed')}"
    month = f"{datetime.now(UTC):%Y-%m}"
    return "".join(f"{resource},{month},{counts},600,{learner},{state}\n" for learner in learners)


def some(letter: str, count: int) -> list[str]:
    return [f"{letter}{number}" for number in range(count)]


ROWS = (
    of("a", "in_progress", some("i", BEGUN))
    + of("a", "not_started", some("n", WAITING))
    + of("a", "completed", some("k", PASSED))
    + of("c", "completed", some("c", 5))
)


async def heard(leader: Reviewer, rows: str) -> None:
    done = await leader.imported("lms", {"engagement.csv": (HEAD + rows).encode()}, complete=False)
    assert (list(done.questions), list(done.unreadable)) == ([], [])


def address(key: str) -> str:
    return f"https://lms.example.org/{key}"


def written(key: str, **more: Any) -> api.ResourceInput:
    """One of the courses as its source has it."""
    text = f"{words('p')} {ONLY_A}" if key == "a" else words("p")
    owner = {"a": "left@example.org", "b": "bea@example.org", "c": ""}[key]
    return course(key, f"Privacy {key}", more.pop("text", text), url=address(key), owner=owner, **more)


class Later(Reviewer):
    """Somebody who calls on the day that the catalog then takes for today."""

    days = 0

    @override
    def token(self, person: str, version: int, read: bool, method: str, credential: str = "") -> Any:
        caller = Caller(person, version, read_content=read, method=method, credential=credential)
        today = datetime.now(UTC).date() + timedelta(days=type(self).days)
        return identity.metadata(Signer(PRIVATE).sign(caller, Clock(replaced_today=today).now()))


@pytest.fixture
def leader(channel: grpc.aio.Channel) -> Iterable[Later]:
    yield Later(channel, "first-token")
    Later.days = 0


@dataclass
class Story:
    """Courses A, B and C, programs 0 to 3 (A is in the first three, B in the last), and who owns them."""

    leader: Reviewer
    a: Any
    b: Any
    c: Any
    programs: Sequence[Any]
    owners: Sequence[Reviewer]
    seen: Suggestion
    door: Door

    async def held(self) -> list[list[str]]:
        """Items of each program."""
        found = [
            await self.leader("GetProgram", api.GetProgramRequest(name=one.name)) for one in self.programs
        ]
        return [[item.resource for item in one.items] for one in found]

    async def links(self) -> dict[str, OldLink]:
        """Where each old link leads, by key."""
        return {key: await self.door("VisitOldLink", visit(key)) for key in "abc"}

    async def life(self) -> list[Any]:
        return [(await self.leader.resource(each)).lifecycle for each in (self.a, self.b, self.c)]

    async def applied(self) -> Suggestion:
        """What is left once every owner and the learning leader have said yes."""
        one = self.seen
        for owner, program in zip(self.owners, self.programs[:3], strict=True):
            one = await owner.accept(one, parts=[program.name])
            assert one.state == Suggestion.OPEN
        done = await self.leader.accept(one)
        assert done.state == Suggestion.APPLIED
        return done

    async def use(self, of: Any) -> engagement_pb2.Engagement:
        return await self.leader("QueryEngagement", engagement_pb2.QueryEngagementRequest(name=of.name))


@pytest.fixture
async def story(leader: Reviewer, curator: Curator, team: Team, channel: grpc.aio.Channel) -> Story:
    owners = [await team.join(f"owner{number}@example.org") for number in range(3)]
    await team.join("bea@example.org")
    b, a, c = await leader.put(*(written(key) for key in "bac"))
    programs = [await leader.program(f"p{n}", a, owners=[f"owner{n}@example.org"]) for n in range(3)]
    programs.append(await leader.program("p3", b, owners=["bea@example.org"]))
    await heard(leader, ROWS)
    found = curator.duplicate(b, a, c, operation="deprecate")
    found.evidence.append(
        Evidence(
            type="would_be_lost",
            text="Only the copy that would go says this.",
            quote=ONLY_A,
            resource=bare(a.name),
            place="page.html",
            start=len(words("p")) + 1,
        )
    )
    assert found.relation == Proposal.REVISED
    await curator.propose(sealed(found))
    seen = await leader.only(Suggestion.OPEN)
    return Story(leader, a, b, c, programs, owners, seen, Door(leader, channel))


async def test_example_1_who_is_in_the_middle_of_a_finishes_on_it_and_old_links_lead_on(story: Story) -> None:
    a, b, c, leader = story.a, story.b, story.c, story.leader
    plan = story.seen.plan
    changes = {part.id: list(part.changes) for part in plan.parts}
    assert plan.risk == Plan.R2
    assert set(changes) == {"resources", *(each.name for each in story.programs[:3])}
    for program in story.programs[:3]:
        (replaced,) = changes[program.name]
        assert (replaced.operation, replaced.other) == ("item_replace", b.name)
    # Equivalence A→B and C→B; A is closed to new learners, C archived.
    assert sorted((one.operation, one.target, one.other) for one in changes["resources"]) == sorted(
        [
            ("add_equivalence", b.name, a.name),
            ("add_equivalence", b.name, c.name),
            ("close_to_new", a.name, b.name),
            ("archive", c.name, b.name),
        ]
    )
    (closed,) = [one for one in changes["resources"] if one.operation == "close_to_new"]
    assert "who has begun finishes on it" in closed.text
    told = plan.simulation
    assert (told.lose_credit, told.newly_overdue, told.sums_only) == (0, 0, False)
    there = await story.links()
    assert {key: (link.fate, link.original_url) for key, link in there.items()} == {
        key: (OldLink.THERE, address(key)) for key in "abc"
    }

    await story.applied()
    assert await story.life() == [Resource.DEPRECATED, Resource.PUBLISHED, Resource.ARCHIVED]
    assert await story.held() == [[b.name]] * 4
    now = await story.links()
    assert now["b"] == there["b"]
    for key, original in (("a", address("a")), ("c", "")):
        link = now[key]
        assert (link.fate, link.successor_title, link.successor_url) == (
            OldLink.REPLACED,
            "Privacy b",
            address("b"),
        )
        assert link.original_url == original
        assert link.why == "There is a newer edition."
    # A stays in its source, where its learners find it; only C goes.
    lines = (await leader("ListChanges", api.ListChangesRequest(state=api.Change.PENDING))).changes
    asked = [(line.external_id, line.to_value) for line in lines if line.field == "visibility"]
    assert asked == [("c", "archived")]

    # They finish on it, and it counts as B from then on.
    await heard(leader, of("a", "completed", some("i", BEGUN)))
    used = await story.use(a)
    assert used.completed.value == BEGUN + PASSED
    assert sorted((await leader.resource(b)).equivalents) == sorted([a.name, c.name])


async def test_example_5_of_all_that_the_plan_wrote_only_what_was_edited_since_is_asked(
    story: Story, team: Team
) -> None:
    a, b, c, leader = story.a, story.b, story.c, story.leader
    designer = await team.join("ida@example.org", Person.INSTRUCTIONAL_DESIGNER)
    done = await story.applied()
    # A title is nothing that this plan wrote: its edit stays, unasked. That A is archived by now is asked.
    titled = await file(leader, Suggestion.OUTDATED, "set_metadata", a, field="title", value="Privacy, old")
    assert (await designer.accept(titled)).state == Suggestion.APPLIED
    await heard(leader, of("a", "completed", some("i", BEGUN)))
    gone = await file(leader, Suggestion.OUTDATED, "archive", a)
    assert (await designer.accept(gone)).state == Suggestion.APPLIED
    error = await refused(story.owners[2].undo(done), grpc.StatusCode.FAILED_PRECONDITION, "UNDO_CONFLICT")
    asked = [(one.target, one.field, one.before, one.now) for one in detail(error, review.UndoConflict)]
    assert asked == [(a.name, "lifecycle", "PUBLISHED", "ARCHIVED")]
    # Nothing has moved until it is answered.
    assert await story.held() == [[b.name]] * 4
    await story.owners[2].undo(done, (a.name, "lifecycle", "restore"))
    assert await story.held() == [[a.name]] * 3 + [[b.name]]
    assert await story.life() == [Resource.PUBLISHED] * 3
    now = await leader.resource(a)
    assert (now.title, now.successor) == ("Privacy, old", "")
    assert (await leader.resource(c)).successor == ""


def later(catalog: CatalogProcess, days: int) -> None:
    """The catalog goes on, so many days after today."""
    catalog.stop()
    Later.days = days
    catalog.settings.pop("WINNOW_TODAY", None)
    if days:
        today = datetime.now(UTC).date() + timedelta(days=days)
        catalog.settings["WINNOW_TODAY"] = today.isoformat()
    catalog.start()


async def test_example_5_twelve_days_on_all_of_it_comes_back_but_what_people_did_since(
    story: Story, catalog: CatalogProcess
) -> None:
    a, b, c, leader = story.a, story.b, story.c, story.leader
    before = await story.use(story.programs[0])
    (waiting,) = before.items
    assert (waiting.resource, waiting.reach.value) == (a.name, BEGUN + WAITING + PASSED)
    done = await story.applied()
    (instead,) = (await story.use(story.programs[0])).items
    assert instead.resource == b.name

    later(catalog, 12)
    try:
        # The source follows, B has a new version, 25 complete it, and seven have their program by the credit of A.
        await leader.put(written("c", visibility="archived"))
        await leader.put(written("b", text=words("new")))
        newer = await leader.resource(b)
        assert newer.content_hash != b.content_hash
        await heard(leader, of("b", "completed", some("b", 25)) + of("p0", "completed", some("k", PASSED)))
        undone = await story.owners[2].undo(done)
        assert undone.state == Suggestion.UNDONE
        assert (undone.decision.verb, undone.decision.actor) == ("undo", "owner2@example.org")
        assert (undone.decision.time.ToDatetime() - done.decision.time.ToDatetime()).days == 12

        # Programs, links, visibility and enrolments that had not started are as they were.
        assert await story.held() == [[a.name]] * 3 + [[b.name]]
        assert await story.life() == [Resource.PUBLISHED] * 3
        links = await story.links()
        assert {key: (link.fate, link.original_url) for key, link in links.items()} == {
            key: (OldLink.THERE, address(key)) for key in "abc"
        }
        lines = (await leader("ListChanges", api.ListChangesRequest(state=api.Change.PENDING))).changes
        assert [(line.external_id, line.field, line.to_value) for line in lines] == [
            ("c", "visibility", "visible")
        ]
        (again,) = (await story.use(story.programs[0])).items
        assert (again.resource, again.reach) == (a.name, waiting.reach)
        # The 25 completions and the new version of B stay, and so does the credit that seven have used.
        assert (await story.use(b)).completed.value == 25
        now = await leader.resource(b)
        assert (now.content_hash, list(now.equivalents)) == (newer.content_hash, [a.name])
        assert [line.split(":")[0] for line in undone.kept] == ["7 learners keep the credit"]
        assert (await leader.resource(a)).successor == (await leader.resource(c)).successor == ""
    finally:
        later(catalog, 0)
