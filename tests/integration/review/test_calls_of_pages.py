"""How many calls a page makes: the same however many rows there are, of what it lists and of what each row shows.

The pages are the gateway's own application before a real catalog, and each call is counted where the gateway sends it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncGenerator
from dataclasses import dataclass, field
from typing import Any

import grpc.aio
import httpx
import pytest
from google.type.date_pb2 import Date
from nats.aio.client import Client

from services.gateway.auth import Authenticator
from services.gateway.forward import Forwarder
from services.gateway.main import http_door
from services.gateway.methods import reachable
from services.gateway.refusals import Strangers
from services.gateway.session_cookie import SessionCookie
from services.gateway.web import frame
from services.kit.clock import Clock
from services.kit.health import Readiness
from services.kit.identity import Signer
from services.kit.natsrpc import NatsChannel
from tests.integration.catalog.conftest import FIRST_TOKEN, eventually
from tests.integration.review.conftest import Curator, Reviewer, Team, bare, course, words
from tests.integration.review.test_reviewers import refused
from tests.unit.kit.test_small_modules import PRIVATE
from winnow.catalog.v1 import engagement_pb2
from winnow.review.v1 import review_service_pb2 as review
from winnow.review.v1 import task_pb2
from winnow.review.v1.suggestion_pb2 import Suggestion

FEW, MANY = 5, 25
ITEMS = 4
CLOCK = Clock()
MOST = 16
"""Calls of one page, those for what stands around it included."""


@dataclass
class Counting:
    """A channel that counts the calls it passes on, by method."""

    channel: Any
    made: Counter[str] = field(default_factory=Counter[str])

    def unary_unary(self, path: str, **more: Any) -> Any:
        call = self.channel.unary_unary(path, **more)

        async def counted(*given: Any, **how: Any) -> Any:
            self.made[path.rpartition("/")[2]] += 1
            return await call(*given, **how)

        return counted


@dataclass
class Browser:
    """One person's pages, and the calls that each of them made."""

    client: httpx.AsyncClient
    channel: Counting

    async def calls(self, address: str) -> Counter[str]:
        self.channel.made.clear()
        shown = await self.client.get(address)
        assert shown.status_code == 200, f"{address}: {shown.status_code} {shown.text[:500]}"
        return Counter(self.channel.made)


@pytest.fixture
async def browser(channel: grpc.aio.Channel, monkeypatch: pytest.MonkeyPatch) -> AsyncGenerator[Browser]:
    # Remembered for some seconds, so that pages would differ by when they are asked for.
    monkeypatch.setattr(frame, "_REMEMBERED_SECONDS", -1.0)
    authenticator = Authenticator(channel, Signer(PRIVATE), CLOCK)
    counting = Counting(channel)
    forwarder: Any = Forwarder(counting, NatsChannel(Client()), authenticator, 1_000_000)  # type: ignore[arg-type]
    app = http_door(
        *(reachable(), forwarder, authenticator, Readiness(), "http://winnow.example", CLOCK),
        Strangers(authenticator),
    )
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app),
        base_url="http://winnow.example",
        cookies={SessionCookie(secure=False).name: FIRST_TOKEN},
    ) as client:
        yield Browser(client, counting)


@dataclass
class Company:
    """Programs, their courses with learners, and something found and decided about each program."""

    leader: Reviewer
    curator: Curator
    courses: list[Any] = field(default_factory=list[Any])
    programs: list[Any] = field(default_factory=list[Any])
    whole: Any = None

    async def grow(self, programs: int) -> None:
        """Until there are so many programs.

        Each new one has courses of its own, of which two are copies and one is due, and the first course of all;
        another program holds what all of them do.
        """
        today = CLOCK.today()
        for number in range(len(self.programs), programs):
            made = await self.leader.put(
                *(
                    course(f"p{number}i{n}", f"Course {number}.{n}", words(f"{number}.{n}"))
                    for n in range(ITEMS)
                )
            )
            self.courses += made
            self.programs.append(await self.leader.program(f"p{number}", self.courses[0], *made[1:]))
            rows = [
                engagement_pb2.EngagementRow(
                    resource=f"p{number}i{n}",
                    month=Date(year=today.year, month=today.month, day=1),
                    learner=f"u{learner}",
                    enrolled=1,
                    started=1,
                    completed=1,
                )
                for n in range(ITEMS)
                for learner in range(40 - 8 * n)
            ]
            request = engagement_pb2.RecordEngagementRequest(source="lms", rows=rows)
            await self.leader("RecordEngagement", request)
        # Without the copies: a program that one is taken out of is the team's, whatever its source says.
        others = [each for n, each in enumerate(self.courses) if n % ITEMS != 1]
        self.whole = await self.leader.program("whole", *others)
        for kept, copy, due in zip(*(self.courses[n::ITEMS] for n in range(3)), strict=True):
            await self.curator.propose(self.curator.duplicate(kept, copy), self.curator.outdated(due))
        await eventually(self._all_found, 60)

    async def _all_found(self) -> bool:
        return len(await self.leader.suggestions()) == 2 * len(self.programs)

    async def decide(self, count: int) -> None:
        """Until so many copies are archived."""
        done = await self.leader.suggestions(Suggestion.APPLIED, kind=Suggestion.DUPLICATE)
        for each in (await self.open(Suggestion.DUPLICATE))[: count - len(done)]:
            applied = await self.leader.accept(each)
            assert applied.state == Suggestion.APPLIED, applied

    async def open(self, kind: Any) -> list[Suggestion]:
        return await self.leader.suggestions(Suggestion.OPEN, Suggestion.HELD, kind=kind)

    async def addresses(self) -> dict[str, str]:
        """The main pages by what they are, with the details of what is about the first course where there is one."""
        # The first of each: the page of what stands at the end of a page of the queue looks for what follows there.
        duplicate, outdated = [
            (await self.open(kind))[0] for kind in (Suggestion.DUPLICATE, Suggestion.OUTDATED)
        ]
        picked = "&".join(f"pick={bare(each.name)}" for each in await self.open(Suggestion.OUTDATED))
        return {
            "ticked": f"/review/bulk?{picked}",
            "exact copies": "/review/batch/exact",
            "queue": "/review?whose=all",
            "first screen": "/review",
            "copies": f"/review/{bare(duplicate.name)}",
            "outdated": f"/review/{bare(outdated.name)}",
            "today": "/today",
            "insights": "/insights",
            "hours still to come": "/review?whose=scheduled",
            "hours given back": "/review?whose=applied",
            "programs": "/programs",
            "overlap": "/programs?view=overlap",
            "program": f"/{self.whole.name}",
            "check-up": f"/{self.whole.name}/checkup",
            "resource": f"/{self.courses[0].name}",
            "resources": "/resources",
            "rot": "/resources?rot=yes",
            "changes": "/changes",
            "activity": "/activity",
            "what changed": "/what-changed",
            "people": "/people",
        }


async def test_no_page_makes_a_call_for_each_row(
    leader: Reviewer, curator: Curator, browser: Browser
) -> None:
    company = Company(leader, curator)
    seen: list[dict[str, Counter[str]]] = []
    for programs, decided in ((FEW, 2), (MANY, 10)):
        await company.grow(programs)
        await company.decide(decided)
        seen.append({page: await browser.calls(at) for page, at in (await company.addresses()).items()})
    few, many = seen
    assert {page: many[page] - few[page] for page in many} == {page: Counter[str]() for page in many}
    assert {page: calls.total() for page, calls in many.items() if calls.total() > MOST} == {}


async def test_what_is_suggested_about_several_is_asked_for_at_once(
    leader: Reviewer, curator: Curator
) -> None:
    company = Company(leader, curator)
    await company.grow(3)

    async def about(**asked: Any) -> tuple[list[str], str]:
        answer = await leader("ListSuggestions", review.ListSuggestionsRequest(**asked))
        return [each.name for each in answer.suggestions], answer.next_page_token

    copy, due = company.courses[1].name, company.courses[ITEMS + 2].name
    one_by_one = [*(await about(resource=copy))[0], *(await about(resource=due))[0]]
    every, _ = await about(resources=[copy, due])
    assert sorted(every) == sorted(one_by_one)
    assert len(every) == 2
    assert (await about(resources=[copy, due], resource=due))[0] == (await about(resource=due))[0]
    first, token = await about(resources=[copy, due], page_size=1)
    assert [*first, *(await about(resources=[copy, due], page_token=token))[0]] == every
    await refused(
        about(resources=[copy], page_token=token), grpc.StatusCode.INVALID_ARGUMENT, "PAGE_TOKEN_INVALID"
    )


async def test_a_page_of_tasks_says_how_many_there_are(
    leader: Reviewer, curator: Curator, team: Team
) -> None:
    await team.join("olga@example.org")
    for n in range(3):
        kept, copy = await leader.put(
            *(course(f"t{n}{each}", f"Task {n}", words(f"t{n}"), owner="olga@example.org") for each in "ab")
        )
        await curator.propose(curator.duplicate(kept, copy))
    await eventually(lambda: _open(leader, 3))
    for each in (await leader.suggestions())[:2]:
        asked = review.AskOwnerRequest(name=each.name, question="Still needed?")
        await leader("AskOwner", asked)

    async def told(**asked: Any) -> tuple[int, int]:
        answer = await leader("ListTasks", task_pb2.ListTasksRequest(page_size=1, **asked))
        return len(answer.tasks), answer.total_size

    assert await told() == (1, 2)
    assert await told(mine=True) == (0, 0)
    assert await told(states=[task_pb2.Task.OPEN]) == (1, 2)
    assert await told(states=[task_pb2.Task.DONE]) == (0, 0)


async def _open(leader: Reviewer, count: int) -> bool:
    return len(await leader.suggestions()) == count
