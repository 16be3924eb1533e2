"""Where the catalog comes from: what is being read, what was read, what could not be, and files to add."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

import grpc.aio
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from services.gateway.web import trouble
from services.gateway.web.api import Api, Json
from services.gateway.web.frame import Frames
from services.gateway.web.pace import Pace
from services.gateway.web.rendering import page
from services.kit.errors import InvalidArgument

_REFRESH_SECONDS = "5"
_MAY_STOP = frozenset({"LEARNING_LEADER", "INSTRUCTIONAL_DESIGNER", "SPECIALIST"})
"""Whom policy.yaml lets stop an import."""
_PROBLEMS = 200  # a page of them; the rest are counted


@dataclass(frozen=True, slots=True)
class Imports:
    """`/imports`."""

    api: Api
    frames: Frames
    pace: Pace = field(default_factory=Pace)

    async def show(self, request: Request) -> Response:
        """Sources and imports, newest first; comes again by itself while something is read."""
        return await self._shown(request, None)

    async def _shown(self, request: Request, refused: trouble.Trouble | None) -> Response:
        around, found, sources = await asyncio.gather(
            self.frames.around(request, "imports"),
            self.api.get(request, "/v1/imports", {"pageSize": "30"}),
            self.api.all(request, "/v1/sources", "sources", {}, most=1000),
        )
        imports = found["imports"]
        adding = "add" in request.query_params or bool(refused and refused.wrong)
        running = [each for each in imports if not each.get("endTime")]
        newest = {each["source"]: each for each in reversed(imports)}
        problems = [
            {"source": each["source"], **problem}
            for each in newest.values()
            for problem in [*each["unreadable"], *each["warnings"]]
        ]
        worked = {each["source"]: each for each in reversed(imports) if each.get("state") == "SUCCEEDED"}
        questions = [(each, question) for each in newest.values() for question in each["questions"]]
        answer = page(
            "imports.html",
            status=refused.status if refused else 200,
            **around,
            running=self._progress(running),
            imports=imports,
            sources=sources,
            newest=newest,
            worked=worked,
            problems=problems[:_PROBLEMS],
            problems_left=max(0, len(problems) - _PROBLEMS),
            questions=questions,
            trouble=refused,
            adding=adding,
            may_stop=bool(_MAY_STOP.intersection(around["roles"])),
        )
        # A page that comes again throws away what somebody has open or is about to answer.
        if running and not (questions or adding or refused):
            answer.headers["Refresh"] = _REFRESH_SECONDS
        return answer

    def _progress(self, running: list[Json]) -> list[Json]:
        """What is being read, the import before each of the same source read first; with the seconds left, if known."""
        told: list[Json] = []
        sources: set[str] = set()
        for each in reversed(running):  # the oldest first
            left = self.pace.left(each["name"], each["filesDone"], each["filesReceived"])
            told.append({**each, "waits": each["source"] in sources, "left": left})
            sources.add(each["source"])
        self.pace.forget_others(each["name"] for each in running)
        return told

    async def upload(self, request: Request) -> Response:
        """Takes files in; the page then shows how they are read."""
        try:
            await self.api.upload(request)
        except grpc.aio.AioRpcError as error:
            return await self._shown(request, trouble.of(error))
        except InvalidArgument as error:
            return await self._shown(request, trouble.invalid(error))
        return RedirectResponse("/imports", status_code=303)

    async def stop(self, request: Request) -> Response:
        """Leaves out what is not read yet; the page then shows what the import came to."""
        try:
            await self.api.post(request, f"/v1/imports/{request.path_params['id']}:stop", {})
        except grpc.aio.AioRpcError as error:
            return await self._shown(request, trouble.of(error))
        return RedirectResponse("/imports", status_code=303)

    async def answer(self, request: Request) -> Response:
        """A person's answer to a question; the files that waited for it are read again."""
        form = await request.form()
        body = {name: str(form.get(name, "")) for name in ("question", "choice")}
        try:
            await self.api.post(request, f"/v1/imports/{request.path_params['id']}:answer", body)
        except grpc.aio.AioRpcError as error:
            return await self._shown(request, trouble.of(error))
        return RedirectResponse("/imports", status_code=303)
