"""One program: its items, how people learn in it, what is suggested about it, its stages and who holds them."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import grpc.aio
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from services.gateway.web import back, charts, trouble
from services.gateway.web.api import LARGEST_PAGE, Api, Json, names_of, same_person
from services.gateway.web.frame import Frames
from services.gateway.web.lists import UNDECIDED
from services.gateway.web.rendering import page
from services.gateway.web.stages import CO_OWNER, OWNER, STAGES, duty_change, stages

MOST = 500
_CHECKUPS = "5"


@dataclass(frozen=True, slots=True)
class ProgramPage:
    """`/programs/{id}`."""

    api: Api
    frames: Frames

    async def show(self, request: Request) -> Response:
        """The program as it is now."""
        return await self._shown(request, None)

    async def _shown(self, request: Request, refused: trouble.Trouble | None) -> Response:
        name = f"programs/{request.path_params['id']}"
        around, program, people = await asyncio.gather(
            self.frames.around(request, "programs"),
            self.api.get(request, f"/v1/{name}", {}),
            self.api.people(request),
        )
        resources, engagement, about, responsible, checkups, notes = await asyncio.gather(
            self.api.each(request, [each["resource"] for each in program["items"]]),
            self.api.get(request, f"/v1/{name}/engagement", {}),
            suggested(self.api, request, name),
            self.api.get(request, "/v1/responsibilities", {"name": name}),
            self.api.get(request, "/v1/checkups", {"program": name, "pageSize": _CHECKUPS}),
            self.api.get(request, f"/v1/{name}/notes", {"pageSize": LARGEST_PAGE}),
        )
        waiting = [each for each in about if each["state"] != "SNOOZED"]
        leads = "LEARNING_LEADER" in around["roles"]
        own = owns(around["viewer"], name)
        return page(
            "program.html",
            status=refused.status if refused else 200,
            **around,
            program=program,
            names=names_of(people),
            active=[each for each in people if not each.get("deactivateTime")],
            resources=resources,
            engagement=engagement,
            learning={each["resource"]: each for each in engagement["items"]},
            about=waiting,
            snoozed=[each for each in about if each["state"] == "SNOOZED"],
            stages=stages(responsible["responsibilities"][0], waiting),
            sets_owner=leads,
            co_owners=program["owners"][1:],
            hands_over=_hands_over(program, around),
            ownerless=responsible["responsibilities"][0]["ownerless"],
            sets_stages=leads or own,
            asks_for=[] if leads or own else [OWNER, *STAGES],
            request_id=str(uuid.uuid4()),
            checkups=checkups["checkups"],
            notes=notes["notes"],
            noted=name,
            line=charts.months(engagement["months"]),
            trouble=refused,
            back=back.carried(request),
        )

    async def set_stage(self, request: Request) -> Response:
        """Says who holds a stage or owns it, that nobody does on purpose, or nothing (which leaves it open)."""
        form = await request.form()
        who, stage = str(form.get("who", "")), str(form.get("stage", ""))
        change = duty_change(stage if stage in (*STAGES, OWNER) else "KIND_UNSPECIFIED", who)
        id_ = request.path_params["id"]
        try:
            await self.api.post(request, f"/v1/programs/{id_}:setDuties", {"changes": [change]})
        except grpc.aio.AioRpcError as error:
            return await self._shown(request, trouble.of(error))
        there = "" if stage == OWNER else "#stages"
        return RedirectResponse(back.after(request, f"/programs/{id_}{there}"), status_code=303)

    async def co_owners(self, request: Request) -> Response:
        """Sets who owns it beside the owner: those that stay, and one more."""
        form = await request.form()
        people = [str(each) for each in (*form.getlist("keep"), form.get("who", "")) if each]
        change: Json = {"kind": CO_OWNER, "people": people, "nobody": not people}
        id_ = request.path_params["id"]
        try:
            await self.api.post(request, f"/v1/programs/{id_}:setDuties", {"changes": [change]})
        except grpc.aio.AioRpcError as error:
            return await self._shown(request, trouble.of(error))
        return RedirectResponse(f"/programs/{id_}", status_code=303)

    async def note(self, request: Request) -> Response:
        """Writes a note on the program."""
        name = f"programs/{request.path_params['id']}"
        try:
            await self.api.note(request, name)
        except grpc.aio.AioRpcError as error:
            return await self._shown(request, trouble.of(error))
        return RedirectResponse(f"/{name}#notes", status_code=303)


def _hands_over(program: Json, around: Mapping[str, Any]) -> bool:
    """Whether who looks may offer the program to somebody: its owner, whom the others help, or a learning leader."""
    owner = str(next(iter(program["owners"]), ""))
    return "LEARNING_LEADER" in around["roles"] or same_person(owner, around["email"])


async def suggested(api: Api, request: Request, name: str) -> list[Json]:
    """What waits for a decision about the program and all that is in it, most important first."""
    query = {"states": list(UNDECIDED), "program": name, "view": "BASIC"}
    return await api.all(request, "/v1/suggestions", "suggestions", query, most=MOST)


def owns(viewer: Json, name: str) -> bool:
    """Whether who looks is an owner or co-owner of that program."""
    return name in viewer["ownedPrograms"]
