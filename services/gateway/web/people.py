"""Who works on the catalog and answers for what. Everybody reads it; only administrators see what changes it."""

from __future__ import annotations

import asyncio
import uuid
from dataclasses import dataclass
from typing import Any

import grpc.aio
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from services.gateway.web import back, trouble
from services.gateway.web.api import Api, Json, if_read
from services.gateway.web.frame import Frames
from services.gateway.web.may import COLUMNS, MAY
from services.gateway.web.person import away_until
from services.gateway.web.rendering import page

ROLES = ("ADMINISTRATOR", "LEARNING_LEADER", "INSTRUCTIONAL_DESIGNER", "SPECIALIST")


@dataclass(frozen=True, slots=True)
class People:
    """`/people`; `public_url` is what people reach the gateway by."""

    api: Api
    frames: Frames
    public_url: str

    async def show(self, request: Request) -> Response:
        """Everybody with roles, and with what they answer for in programs."""
        return await self._shown(request, None)

    async def _shown(
        self, request: Request, refused: trouble.Trouble | None, link: dict[str, str] | None = None
    ) -> Response:
        around, people, programs, responsible = await asyncio.gather(
            self.frames.around(request, "people"),
            self.api.people(request),
            self._programs(request),
            self._responsible(request),
        )
        held: dict[str, dict[str, tuple[Json, list[str]]]] = {}
        for program in responsible:
            for duty in program["duties"]:
                for holder in duty["holders"]:
                    theirs = held.setdefault(holder["email"].lower(), {})
                    theirs.setdefault(program["name"], (program, []))[1].append(duty["kind"])
        return page(
            "people.html",
            status=refused.status if refused else 200,
            **around,
            people=[each for each in people if not each.get("deactivateTime")],
            gone=[each for each in people if each.get("deactivateTime")],
            held={email: list(theirs.values()) for email, theirs in held.items()},
            away={each["name"]: away_until(each, self.api.clock.today()) for each in people},
            ownerless=[each for each in programs if not each["owners"] and not each["archived"]],
            administers="ADMINISTRATOR" in around["roles"],
            all_roles=ROLES,
            asked=f"people/{request.query_params.get('role', '')}",
            columns=COLUMNS,
            may=MAY,
            request_id=uuid.uuid4().hex,
            link=link,
            trouble=refused,
            back=back.carried(request),
        )

    async def _programs(self, request: Request) -> list[Json]:
        # Who only administers sees who answers for what and does not read content.
        asked = self.api.all(request, "/v1/programs", "programs", {"view": "BASIC"}, most=1000)
        return await if_read(asked, [])

    async def _responsible(self, request: Request) -> list[Json]:
        # Who has no role and no duty yet sees people alone.
        asked = self.api.all(request, "/v1/responsibilities", "responsibilities", {}, most=1000)
        return await if_read(asked, [])

    async def add(self, request: Request) -> Response:
        """Adds a person."""
        form = await request.form()
        person: dict[str, Any] = {
            "email": str(form.get("email", "")).strip(),
            "displayName": str(form.get("name", "")).strip(),
            "roles": [role for role in ROLES if role in form.getlist("role")],
        }
        return await self._do(request, [("/v1/people", person)])

    async def change(self, request: Request) -> Response:
        """Gives and takes roles, so that the person has those that are ticked."""
        form = await request.form()
        name = f"people/{request.path_params['id']}"
        person = await self.api.get(request, f"/v1/{name}", {})
        ticked = set(form.getlist("role"))
        steps: list[tuple[str, Json]] = [
            (f"/v1/{name}:{'grantRole' if role in ticked else 'revokeRole'}", {"role": role})
            for role in ROLES
            if (role in ticked) != (role in person["roles"])
        ]
        return await self._do(request, steps)

    async def link(self, request: Request) -> Response:
        """Makes a link to sign in by and shows it, which is told this once: there is no page to come back to."""
        form = await request.form()
        name = f"people/{request.path_params['id']}"
        body = {"requestId": str(form.get("request_id", ""))}
        try:
            made = await self.api.post(request, f"/v1/{name}:createSignInLink", body)
        except grpc.aio.AioRpcError as error:
            return await self._shown(request, trouble.of(error))
        shown = {"url": self.public_url + made["path"], "until": made["expireTime"], "person": name}
        return await self._shown(request, None, shown)

    async def removal(self, request: Request) -> Response:
        """What ending a person's access would come to, before it is done."""
        name = f"people/{request.path_params['id']}"
        around, names = await asyncio.gather(
            self.frames.around(request, "people"), self.api.names_of_people(request)
        )
        try:
            person = await self.api.post(request, f"/v1/{name}:deactivate", {"validateOnly": True})
        except grpc.aio.AioRpcError as error:
            return await self._shown(request, trouble.of(error))
        return page("person_remove.html", **around, person=person, names=names)

    async def remove(self, request: Request) -> Response:
        """Ends a person's access."""
        return await self._do(request, [(f"/v1/people/{request.path_params['id']}:deactivate", {})])

    async def again(self, request: Request) -> Response:
        """Gives a person access again, with the roles and duties they had."""
        return await self._do(request, [(f"/v1/people/{request.path_params['id']}:reactivate", {})])

    async def _do(self, request: Request, steps: list[tuple[str, Json]]) -> Response:
        try:
            for path, body in steps:
                await self.api.post(request, path, body)
        except grpc.aio.AioRpcError as error:
            return await self._shown(request, trouble.of(error))
        return RedirectResponse(back.after(request, "/people"), status_code=303)
