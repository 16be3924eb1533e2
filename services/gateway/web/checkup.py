"""The check-up of a program: what to look at, step by step, and the dated record that it ends in."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from urllib.parse import urlencode

import grpc.aio
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from services.gateway.web import back, dates, findings, trouble
from services.gateway.web.api import Api, Json, names_of
from services.gateway.web.frame import Frames
from services.gateway.web.program import owns, suggested
from services.gateway.web.programs import items_of
from services.gateway.web.receipts import receipt
from services.gateway.web.rendering import failed, page
from services.gateway.web.resources import due_for_review
from services.gateway.web.stages import stages
from services.gateway.web.words import say

STEPS = ("twice", "skipped", "order", "outdated", "gaps", "advocates")
_STEP_OF = {"item_make_optional": "skipped", "item_move": "order", "item_insert": "gaps"}
"""Where a suggestion about a program that does this alone belongs; any other is about what is taught twice."""
SHOWN = 40
"""Suggestions of a step on one page."""
_SKIPPED = 0.5
"""An item that fewer than this share of the program's learners come to is one that they skip."""
_OTHERS = 6
FILED: dict[str, str] = {
    "item_drop": "PROGRAM",
    "item_make_optional": "PROGRAM",
    "request_update": "OUTDATED",
}
"""What can be suggested of an item here, with the kind that it then is of."""
_CHECKS = frozenset({"LEARNING_LEADER", "INSTRUCTIONAL_DESIGNER"})


@dataclass(frozen=True, slots=True)
class Fact:
    """Something to look at that is no suggestion: a sentence and where it leads (empty for nowhere).

    `operation` is what could be suggested about the resource of the address; empty for nothing.
    """

    text: str
    address: str
    operation: str = ""

    @property
    def resource(self) -> str:
        """Id of the resource that it is about."""
        return self.address.removeprefix("/resources/")


@dataclass(frozen=True, slots=True)
class Step:
    """One step: its name, what waits for a decision, and what else there is to see."""

    name: str
    suggestions: tuple[Json, ...]
    facts: tuple[Fact, ...]


@dataclass(frozen=True, slots=True)
class CheckupPage:
    """`/programs/{id}/checkup` and `/programs/{id}/checkups/{checkup}`."""

    api: Api
    frames: Frames

    async def show(self, request: Request) -> Response:
        """What there is to look at now."""
        return await self._shown(request, None)

    async def _shown(self, request: Request, refused: trouble.Trouble | None) -> Response:
        name = f"programs/{request.path_params['id']}"
        around, program, people = await asyncio.gather(
            self.frames.around(request, "programs"),
            self.api.get(request, f"/v1/{name}", {}),
            self.api.people(request),
        )
        resources, engagement, about, responsible, before, programs = await asyncio.gather(
            self.api.each(request, [each["resource"] for each in program["items"]]),
            self.api.get(request, f"/v1/{name}/engagement", {}),
            suggested(self.api, request, name),
            self.api.get(request, "/v1/responsibilities", {"name": name}),
            self.api.get(request, "/v1/checkups", {"program": name, "pageSize": "5"}),
            self.api.all(request, "/v1/programs", "programs", {}, most=1000),
        )
        origin = f"checkup:{request.path_params['id']}"
        done = await receipt(self.api, request, around["email"], origin)
        kinds = _by_step(about)
        facts = {
            "twice": _shared(program, programs),
            "skipped": _skipped(engagement),
            "order": [],
            "outdated": _overdue(resources, about, self.api.clock.today()),
            "gaps": _gaps(program, resources),
            "advocates": [],
        }
        return page(
            "checkup.html",
            status=refused.status if refused else 200,
            **around,
            program=program,
            id=request.path_params["id"],
            names=names_of(people),
            active=[each for each in people if not each.get("deactivateTime")],
            steps=[Step(each, tuple(kinds[each]), tuple(facts[each])) for each in STEPS],
            shown=SHOWN,
            stages=stages(responsible["responsibilities"][0], about),
            ownerless=responsible["responsibilities"][0]["ownerless"],
            nobodys=sum(1 for each in about if not each["assignee"]),
            waiting=len(about),
            before=before["checkups"],
            may=bool(_CHECKS & set(around["roles"])) or owns(around["viewer"], name),
            trouble=refused,
            request_id=str(uuid.uuid4()),
            back=back.carried(request),
            receipt=done,
            origin=urlencode({"from": origin}),
        )

    async def record(self, request: Request) -> Response:
        """Writes down that the check-up is done."""
        form = await request.form()
        id_ = request.path_params["id"]
        body = {"note": str(form.get("note", "")), "requestId": str(form.get("request_id", ""))}
        try:
            made = await self.api.post(request, f"/v1/programs/{id_}/checkups", body)
        except grpc.aio.AioRpcError as error:
            return await self._shown(request, trouble.of(error))
        checkup = made["name"].removeprefix("checkups/")
        return RedirectResponse(back.after(request, f"/programs/{id_}/checkups/{checkup}"), status_code=303)

    async def assign(self, request: Request) -> Response:
        """Gives a suggestion to somebody, who then decides it."""
        form = await request.form()
        id_ = request.path_params["id"]
        suggestion = str(form.get("suggestion", "")) or "-"
        body = {
            "assignee": str(form.get("person", "")).strip(),
            "requestId": str(form.get("request_id", "")),
        }
        try:
            await self.api.post(request, f"/v1/suggestions/{suggestion}:assign", body)
        except grpc.aio.AioRpcError as error:
            return await self._shown(request, trouble.of(error))
        return RedirectResponse(
            f"/programs/{id_}/checkup{back.carried(request)}#s-{suggestion}", status_code=303
        )

    async def file(self, request: Request) -> Response:
        """Makes a suggestion of something that was seen; it then is decided like any other."""
        form = await request.form()
        id_ = request.path_params["id"]
        operation = str(form.get("operation", ""))
        kind = FILED.get(operation, "KIND_UNSPECIFIED")
        body: Json = {
            "kind": kind,
            "operation": operation,
            "members": [f"resources/{form.get('resource', '')}"],
            "program": f"programs/{id_}" if kind == "PROGRAM" else "",
            "reason": str(form.get("reason", "")),
            "requestId": str(form.get("request_id", "")),
        }
        try:
            made = await self.api.post(request, "/v1/suggestions", body)
        except grpc.aio.AioRpcError as error:
            return await self._shown(request, trouble.of(error))
        suggestion = made["name"].removeprefix("suggestions/")
        return RedirectResponse(
            f"/programs/{id_}/checkup{back.carried(request)}#s-{suggestion}", status_code=303
        )

    async def recorded(self, request: Request) -> Response:
        """A record that was left."""
        name = f"programs/{request.path_params['id']}"
        around, made, program, names = await asyncio.gather(
            self.frames.around(request, "programs"),
            self.api.get(request, f"/v1/checkups/{request.path_params['checkup']}", {}),
            self.api.get(request, f"/v1/{name}", {}),
            self.api.names_of_people(request),
        )
        if made["program"] != name:
            return failed(404, say("error.missing"), say("error.missing_text"))
        return page(
            "checkup_record.html",
            **around,
            id=request.path_params["id"],
            program=program,
            checkup=made,
            names=names,
        )


def _by_step(about: Sequence[Json]) -> dict[str, list[Json]]:
    found: dict[str, list[Json]] = {step: [] for step in STEPS}
    for each in about:
        found[_step(each)].append(each)
    return found


def _step(suggestion: Json) -> str:
    if suggestion["kind"] == "OUTDATED":
        return "outdated"
    if suggestion["kind"] == "UNUSED":
        return "skipped"
    gap = any(each["type"] == "objective_open" for each in suggestion["evidence"])
    if gap:
        return "gaps"
    steps = {_STEP_OF.get(change["operation"], "twice") for change in findings.changes(suggestion)}
    return steps.pop() if len(steps) == 1 else "twice"


def _shared(program: Json, programs: Sequence[Json]) -> list[Fact]:
    """The programs that hold most of the same items."""
    mine = items_of(program)
    shared = [
        (len(mine & items_of(each)), each)
        for each in programs
        if each["name"] != program["name"] and not each["archived"]
    ]
    most = sorted((each for each in shared if each[0]), key=lambda each: (-each[0], each[1]["title"]))
    return [
        Fact(
            say("checkup.shared", n=n, program=each["title"]),
            f"/programs?view=overlap&pair={_bare(program)}..{_bare(each)}#pair",
        )
        for n, each in most[:_OTHERS]
    ]


def _skipped(engagement: Json) -> list[Fact]:
    """Items that few of the program's learners come to, among those whose numbers may be told."""
    came = _told(engagement.get("reach"))
    found: list[Fact] = []
    for item in engagement["items"]:
        reach = _told(item.get("reach"))
        address = f"/{item['resource']}"
        if came and reach is not None and reach < _SKIPPED * came:
            text = say("checkup.skipped", title=item["title"], n=round(reach), total=round(came))
            found.append(Fact(text, address, "item_make_optional"))
        elif item["resource"] and item["resource"] == engagement["dropOff"]:
            lost = _told(engagement.get("lost"))
            text = say("checkup.lost", title=item["title"], n=round(100 * (lost or 0)))
            found.append(Fact(text, address))
    return found


def _told(figure: Json | None) -> float | None:
    return figure.get("value") if figure and not figure["hidden"] else None


def _overdue(resources: Mapping[str, Json], about: Sequence[Json], today: date) -> list[Fact]:
    """Items whose review is due and about which nothing is suggested."""
    known = {member["resource"] for each in about for member in each["members"]}
    return [
        Fact(
            say("checkup.overdue", title=each["title"], day=dates.day(each["reviewDate"])),
            f"/{each['name']}",
            "request_update",
        )
        for each in resources.values()
        if each["name"] not in known and due_for_review(each, today)
    ]


def _gaps(program: Json, resources: Mapping[str, Json]) -> list[Fact]:
    """Items that lead nowhere, and objectives that nobody has named."""
    found: list[Fact] = []
    for item in program["items"]:
        resource = resources.get(item["resource"])
        if resource is None and not item["program"]:
            found.append(Fact(say("checkup.unresolved", title=item["reference"]), ""))
        elif resource is not None and resource["lifecycle"] == "ARCHIVED":
            text = say("checkup.archived", title=resource["title"])
            found.append(Fact(text, f"/{resource['name']}", "item_drop"))
    if not program["objectives"]:
        found.append(Fact(say("checkup.no_objectives"), ""))
    return found


def _bare(program: Json) -> str:
    return str(program["name"]).removeprefix("programs/")
