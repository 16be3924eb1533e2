"""One thing today: for whoever looks, the one action of a few minutes that does most good (behaviour.md §10)."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from services.gateway.web import dates, findings
from services.gateway.web.api import Api, Json, Query
from services.gateway.web.back import FROM_TODAY
from services.gateway.web.frame import Frames, first_screen
from services.gateway.web.lists import Chosen
from services.gateway.web.looks import Looks
from services.gateway.web.program import suggested
from services.gateway.web.rendering import page
from services.gateway.web.what_changed import told_about
from services.gateway.web.words import say

# Of what takes at most five minutes (HouseRules.weights.review_minutes has 10 and 20 for the other two).
_MINUTES = {"R0": 2, "R1": 5}
_BACK = urlencode(FROM_TODAY)
_CHECKUP_HOLDS = timedelta(days=90)  # set by hand: a quarter, as that of the statement
_LOOKED_AT = 10  # suggestions whose approvers are asked for, programs that are due, people without a role
_MOST_MINUTES = 5  # behaviour.md §10
_LOOK_ROUND = 60  # seconds, set by hand, as the two below: for the page itself
_READ = 20  # for a finding
_GIVE = 45  # for one that is nobody's
_NOTED_AT_MOST = 5  # suggestions that are looked through for a note of one's own


@dataclass(frozen=True, slots=True)
class Thing:
    """What to do, where, how long it takes at most in minutes, and what is gained by it."""

    icon: str
    title: str
    benefit: str
    minutes: int
    address: str
    button: str


_Step = Callable[[Request, dict[str, Any], Sequence[Json]], Awaitable[Thing | None]]


@dataclass(frozen=True, slots=True)
class Today:
    """The one thing, and `/today` for whoever has no queue."""

    api: Api
    frames: Frames
    looks: Looks = field(default_factory=Looks)

    async def home(self, request: Request) -> Response:
        """The first screen: the queue with the one thing on top; the one thing alone for whoever reads no content.

        Another place for who has chosen one to begin with.
        """
        viewer = await self.api.get(request, "/v1/viewer", {})
        return RedirectResponse(first_screen(viewer), status_code=303)

    async def show(self, request: Request) -> Response:
        """The one thing alone."""
        around = await self.frames.around(request, "")
        mine = await self._listed(request, "you") if around["viewer"]["readContent"] else []
        return page("today.html", **around, thing=await self.thing(request, around, mine))

    async def _listed(self, request: Request, whose: str) -> list[Json]:
        return (await self.api.get(request, "/v1/suggestions", Chosen(whose=whose).query))["suggestions"]

    async def thing(
        self,
        request: Request,
        around: dict[str, Any],
        mine: Sequence[Json],
        waiting: Sequence[Json] | None = None,
    ) -> Thing:
        """The first that there is of: a decision or an answer of one's own, then what one's roles can do.

        `mine` are the suggestions that ask this person, the best first, and `waiting` those that ask anybody; None
        where that is not known yet.
        """
        decision = await self._decision(request, mine, "today.decide")
        if decision is not None:
            return decision
        roles = frozenset(around["roles"])
        if waiting is None:
            waiting = await self._listed(request, "all") if around["viewer"]["readContent"] else []
        for ask in self._steps(roles, around):
            found = await ask(request, around, waiting)
            if found is not None:
                return found
        seen = self.looks.next(request, reads=around["viewer"]["readContent"], roles=roles)
        words = (say(f"today.{seen.name}"), say(f"today.{seen.name}_good"))
        return Thing(seen.icon, *words, seen.minutes, seen.address, say(f"today.{seen.name}_do"))

    def _steps(self, roles: frozenset[str], around: dict[str, Any]) -> list[_Step]:
        steps: list[_Step] = [self._answer, self._of_colleagues]
        if "LEARNING_LEADER" in roles:
            steps.append(self._ownerless)
        if "SPECIALIST" in roles:
            steps.append(self._notice)
        if around["viewer"]["ownedPrograms"]:
            steps.append(self._check_up)
        if around["viewer"]["readContent"]:
            steps.append(self._note)
        if "ADMINISTRATOR" in roles:
            steps.append(self._without_role)
        return steps

    async def _answer(self, request: Request, around: dict[str, Any], _: Sequence[Json]) -> Thing | None:
        if not around["viewer"]["readContent"]:
            return None
        query: Query = {"states": ["OPEN"], "mine": "true", "pageSize": "50"}
        tasks = (await self.api.get(request, "/v1/tasks", query))["tasks"]
        asked = next((each for each in tasks if each["kind"] == "answer"), None)
        if asked is None:
            return None
        title = say("today.answer", text=asked["text"])
        return Thing(
            "message-circle", title, say("today.answer_good"), 5, f"/tasks?{_BACK}", say("today.answer_it")
        )

    async def _of_colleagues(
        self, request: Request, around: dict[str, Any], waiting: Sequence[Json]
    ) -> Thing | None:
        return await self._decision(request, waiting, "today.help")

    async def _ownerless(self, request: Request, around: dict[str, Any], _: Sequence[Json]) -> Thing | None:
        gaps, programs = await asyncio.gather(
            self.api.all(
                request, "/v1/responsibilities", "responsibilities", {"gapsOnly": "true"}, most=1000
            ),
            self.api.all(request, "/v1/programs", "programs", {"view": "BASIC"}, most=1000),
        )
        # "Nobody, on purpose" is an answer; an owner who has left is none.
        ownerless = {each["name"] for each in gaps if each["ownerless"]}
        found = next((each for each in programs if each["name"] in ownerless and not each["archived"]), None)
        if found is None:
            return None
        title = say("today.owner", program=found["title"])
        address = f"/{found['name']}?{_BACK}#owner"
        return Thing("user-plus", title, say("today.owner_good"), 3, address, say("today.owner_name"))

    async def _notice(self, request: Request, around: dict[str, Any], _: Sequence[Json]) -> Thing | None:
        notices = (await self.api.get(request, "/v1/learnerNotices", {"pageSize": "20"}))["notices"]
        told = await told_about(self.api, request, notices)
        found = next((each for each in notices if each["suggestion"] not in told), None)
        if found is None:
            return None
        title = say("today.tell", what=found["title"])
        return Thing(
            "send", title, say("today.tell_good"), 5, f"/what-changed?{_BACK}", say("today.tell_them")
        )

    async def _check_up(self, request: Request, around: dict[str, Any], _: Sequence[Json]) -> Thing | None:
        newest = await self.api.all(request, "/v1/checkups", "checkups", {"newestOnly": "true"}, most=1000)
        times = {each["program"]: dates.moment(each["createTime"]) for each in newest}
        since = self.api.clock.now() - _CHECKUP_HOLDS
        names: list[str] = around["viewer"]["ownedPrograms"]
        due = [name for name in names if name not in times or times[name] < since][:_LOOKED_AT]
        known = await self.api.each(request, due)
        about = await asyncio.gather(*(suggested(self.api, request, name) for name in known))
        for program, found in zip(known.values(), about, strict=True):
            minutes = check_up_minutes(found)
            if minutes <= _MOST_MINUTES:
                title = say("today.check_up", program=program["title"])
                address = f"/{program['name']}/checkup?{_BACK}"
                good = say("today.check_up_good")
                return Thing("list-checks", title, good, minutes, address, say("today.begin"))
        return None

    async def _note(self, request: Request, around: dict[str, Any], waiting: Sequence[Json]) -> Thing | None:
        others = [each for each in waiting if each["assignee"] != around["email"]]
        asked = others[:_NOTED_AT_MOST]
        notes = await self.api.notes(request, [each["name"] for each in asked])
        noted = {note["parent"] for note in notes if note["author"] == around["email"]}
        for each in asked:
            if each["name"] not in noted:
                title = say("today.note", title=findings.title(each))
                address = f"/review/{each['name'].removeprefix('suggestions/')}?{_BACK}#notes"
                return Thing("pencil", title, say("today.note_good"), 3, address, say("today.note_it"))
        return None

    async def _without_role(
        self, request: Request, around: dict[str, Any], _: Sequence[Json]
    ) -> Thing | None:
        people = await self.api.all(request, "/v1/people", "people", {}, most=2000)
        without = [each for each in people if not each["roles"] and not each.get("deactivateTime")][
            :_LOOKED_AT
        ]
        duties = await asyncio.gather(*(self._has_duty(request, each["email"]) for each in without))
        found = next((each for each, duty in zip(without, duties, strict=True) if not duty), None)
        return None if found is None else self._role_for(found)

    async def _has_duty(self, request: Request, email: str) -> bool:
        """Whether something is theirs by duty: they need no role to see and decide it."""
        asked: Query = {"person": email, "pageSize": "1"}
        answers = await asyncio.gather(
            *(
                self.api.get(request, "/v1/responsibilities", {**asked, "kind": kind})
                for kind in ("PROGRAMS", "RESOURCES")
            )
        )
        return any(answer["responsibilities"] for answer in answers)

    def _role_for(self, found: Json) -> Thing:
        title = say("today.role", name=found["displayName"] or found["email"])
        address = f"/people?role={found['name'].removeprefix('people/')}&{_BACK}"
        return Thing("user-plus", title, say("today.role_good"), 2, address, say("today.role_give"))

    async def _decision(self, request: Request, found: Sequence[Json], key: str) -> Thing | None:
        """The first that is small, passes its checks, and takes this person's yes: that is asked of few at most."""
        small = [
            each
            for each in found
            if each["plan"]["risk"] in _MINUTES and not each["plan"]["safeguards"] and each["mayDecide"]
        ][:_LOOKED_AT]
        for some in (small[:1], small[1:]):  # most often the first is it, and the others need not be read
            whole = await self.api.each(request, [each["name"] for each in some])
            taken = next((each for each in some if whole.get(each["name"], {}).get("mayAccept")), None)
            if taken is not None:
                return _small(taken, key)
        return None


def _small(each: Json, key: str) -> Thing:
    query = urlencode({"in": Chosen(whose="you" if key == "today.decide" else "all").token, **FROM_TODAY})
    return Thing(
        findings.KIND_ICONS.get(each["kind"], "circle"),
        findings.title(each),
        f"{say(key)} {_benefit(each)}",
        _MINUTES[each["plan"]["risk"]],
        f"/review/{each['name'].removeprefix('suggestions/')}?{query}",
        say("today.open"),
    )


def check_up_minutes(found: Sequence[Json]) -> int:
    """How long the check-up of a program takes in which this was found: each is read, and what is nobody's is given."""
    seconds = _LOOK_ROUND + sum(_GIVE if not each["assignee"] else _READ for each in found)
    return math.ceil(seconds / 60)


def _benefit(suggestion: Json) -> str:
    impact: Json = suggestion.get("impact") or {}
    for name in ("learnerHours", "learners", "maintenanceHours"):
        value = round(impact[name]["value"]) if impact.get(name) else 0
        if value:
            return say(f"today.gain_{name}", n=value)
    return say("today.gain")
