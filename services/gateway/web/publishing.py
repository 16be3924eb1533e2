"""Before something is published: is it there already, which house rules does it break; then publishing it."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import grpc.aio
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from services.gateway.web import drafts, trouble
from services.gateway.web.api import Api, Json
from services.gateway.web.frame import Frames
from services.gateway.web.rendering import page
from services.gateway.web.words import say
from services.kit.errors import InvalidArgument, NotFound
from services.kit.rpc import is_down

_REFRESH_SECONDS = "2"
_SOURCES = 1000
_PROGRAMS = 50


@dataclass(frozen=True, slots=True)
class Publishing:
    """`/publish`: a text to check, a file to check and publish."""

    api: Api
    frames: Frames

    async def ask(self, request: Request) -> Response:
        """The two ways to ask: paste a text, upload files."""
        return await self._asked(request, None)

    async def _asked(
        self, request: Request, refused: trouble.Trouble | None, title: str = "", text: str = ""
    ) -> Response:
        around, sources = await asyncio.gather(
            self.frames.around(request, "search"),
            self.api.all(request, "/v1/sources", "sources", {}, most=_SOURCES),
        )
        status = refused.status if refused else 200
        return page(
            "publish.html", status, **around, sources=sources, trouble=refused, title_given=title, text=text
        )

    async def check_text(self, request: Request) -> Response:
        """What a pasted text would be beside what there is. Nothing is kept of it, so there is no page to lead to."""
        form = await request.form()
        title, text = (str(form.get(name, "")).strip() for name in ("title", "text"))
        asked = self.api.post(request, "/v1/drafts:check", {"title": title, "text": text})
        try:
            checked = await self.api.of_curator(request, asked)
        except grpc.aio.AioRpcError as error:
            return await self._asked(request, _curator_or(error), title, text)
        around = await self.frames.around(request, "search")
        return page(
            "checked_text.html",
            **around,
            title_given=title,
            text=text,
            checked=checked,
            near=drafts.nearest(checked),
            things=await self._things(request, checked),
        )

    async def upload(self, request: Request) -> Response:
        """Takes files in to look at them only (the form says so); the next page shows what they would bring."""
        try:
            made = await self.api.upload(request)
        except grpc.aio.AioRpcError as error:
            return await self._asked(request, trouble.of(error))
        except InvalidArgument as error:
            return await self._asked(request, trouble.invalid(error))
        return RedirectResponse(f"/publish/{made['name'].removeprefix('imports/')}", status_code=303)

    async def files(self, request: Request) -> Response:
        """What the files would bring; comes again by itself while they are read."""
        around, found = await asyncio.gather(
            self.frames.around(request, "search"),
            self.api.get(request, f"/v1/imports/{request.path_params['import']}", {}),
        )
        answer = page("publish_files.html", **around, found=found)
        if not found.get("endTime"):
            answer.headers["Refresh"] = _REFRESH_SECONDS
        return answer

    async def draft(self, request: Request) -> Response:
        """One draft: what is near it, which house rules it breaks, what is to be said of it."""
        return await self._draft(request, {}, None, "")

    async def _draft(
        self,
        request: Request,
        told: Mapping[str, str],
        refused: trouble.Trouble | None,
        program: str,
    ) -> Response:
        draft = await self._of(request)
        around, rules, names = await asyncio.gather(
            self.frames.around(request, "search"),
            self.api.get(request, "/v1/houseRules", {}),
            self.api.names_of_people(request),
        )
        checked: Json | None
        asked = self.api.post(request, "/v1/drafts:check", {"draft": draft["name"]})
        try:
            checked = await self.api.of_curator(request, asked)
        except grpc.aio.AioRpcError as error:
            if not is_down(error):
                raise
            checked = None
        mine: list[str] = [] if draft["resource"] else around["viewer"]["ownedPrograms"]
        programs = await self.api.each(request, mine[:_PROGRAMS])
        return page(
            "draft.html",
            refused.status if refused else 200,
            **around,
            draft=draft,
            back=f"/publish/{request.path_params['import']}",
            checked=checked,
            near=drafts.nearest(checked) if checked else [],
            things=await self._things(request, checked),
            fields=drafts.FIELDS,
            required=_required(rules["requiredFields"], checked),
            told=told,
            wrong=refused.wrong if refused else {},
            trouble=refused,
            people=names,
            programs=[each for each in programs.values() if not each["archived"]],
            program=program,
            request_id=str(uuid.uuid4()),
        )

    async def publish(self, request: Request) -> Response:
        """Publishes it with what the form says; a refusal shows the fields that are missing beside what was said."""
        draft = await self._of(request)
        form = await request.form()
        told, program = drafts.said(form), str(form.get("program", ""))
        body, wrong = drafts.fields(told)
        if wrong:
            stop = trouble.Trouble("refused", 400, say("publish.wrong"), "", wrong=wrong)
            return await self._draft(request, told, stop, program)
        asked: Json = {"fields": body, "program": program, "requestId": str(form.get("request_id", ""))}
        try:
            made = await self.api.post(request, f"/v1/{draft['name']}:publish", asked)
        except grpc.aio.AioRpcError as error:
            return await self._draft(request, told, trouble.of(error), program)
        return RedirectResponse(f"/{made['name']}?did=published", status_code=303)

    async def _of(self, request: Request) -> Json:
        found = await self.api.get(request, f"/v1/imports/{request.path_params['import']}", {})
        name = f"drafts/{request.path_params['draft']}"
        draft = next((each for each in found["drafts"] if each["name"] == name), None)
        if draft is None:
            raise NotFound("DRAFT_NOT_FOUND", say("publish.forgotten"), {"draft": name})
        return draft

    async def _things(self, request: Request, checked: Json | None) -> dict[str, Json]:
        """What is near, what has taken the place of that, and what the draft would change, by name."""
        if checked is None:
            return {}
        near = [each[name] for each in checked["nearest"] for name in ("resource", "successor")]
        return await self.api.each(request, [*near, checked["replaces"]])


def _required(rules: list[str], checked: Json | None) -> dict[str, bool]:
    """The required fields, and whether nobody has said them yet."""
    open_ = {each["field"] for each in checked["breaks"]} if checked else set[Any]()
    return {name: name in open_ for name in ("title", *rules)}


def _curator_or(error: grpc.aio.AioRpcError) -> trouble.Trouble:
    if is_down(error):
        return trouble.Trouble("refused", 503, say("state.curator_down"), say("publish.down"))
    return trouble.of(error)
