"""Working on suggestions together: questions to owners, notes, tasks, exact copies decided at once."""

from __future__ import annotations

import asyncio
import uuid
from dataclasses import dataclass

import grpc.aio
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from services.gateway.web import back, dates, trouble
from services.gateway.web.api import Api, Json, Query
from services.gateway.web.forms import line, text
from services.gateway.web.frame import Frames
from services.gateway.web.rendering import page
from services.gateway.web.review import open_tasks
from services.gateway.web.suggestion import SuggestionPage


@dataclass(frozen=True, slots=True)
class Work:
    """Notes and questions on a suggestion, whom it is given to, `/tasks`, and `/review/batch/exact`."""

    api: Api
    frames: Frames
    pages: SuggestionPage

    async def ask(self, request: Request) -> Response:
        """Asks the owner of a resource; the suggestion stays where it is."""
        return await self._write(request, "question", ":askOwner")

    async def give(self, request: Request) -> Response:
        """Gives the suggestion to somebody, who then decides it."""
        form = await request.form()
        body: Json = {"assignee": line(form, "person"), "comment": line(form, "why")}
        return await self._send(request, ":assign", body, "decides")

    async def note(self, request: Request) -> Response:
        """Writes a note."""
        return await self._write(request, "text", "/notes")

    async def _write(self, request: Request, field: str, method: str) -> Response:
        form = await request.form()
        return await self._send(request, method, {field: text(form, field)}, "notes")

    async def _send(self, request: Request, method: str, body: Json, place: str) -> Response:
        """Calls a method of the suggestion and leads back to that place on its page."""
        id_, form = request.path_params["id"], await request.form()
        sent = {**body, "requestId": text(form, "request_id")}
        try:
            await self.api.post(request, f"/v1/suggestions/{id_}{method}", sent)
        except grpc.aio.AioRpcError as error:
            return await self.pages.shown(request, trouble.of(error))
        here = f"/review/{id_}?in={request.query_params.get('in', '')}#{place}"
        return RedirectResponse(back.after(request, here), status_code=303)

    async def tasks(self, request: Request) -> Response:
        """What accepted plans and questions ask of people, the earliest due first."""
        return await self._tasks(request, None)

    async def _tasks(self, request: Request, refused: trouble.Trouble | None) -> Response:
        everyone = request.query_params.get("whose") == "all"
        query: Query = {
            "states": ["OPEN"],
            "pageSize": "100",
            "pageToken": request.query_params.get("after", ""),
            "mine": "false" if everyone else "true",
        }
        around, found, names, others = await asyncio.gather(
            self.frames.around(request, "review"),
            self.api.get(request, "/v1/tasks", query),
            self.api.names_of_people(request),
            open_tasks(self.api, request, mine=everyone),
        )
        shown = int(found["totalSize"])
        return page(
            "tasks.html",
            status=refused.status if refused else 200,
            **around,
            everyone=everyone,
            mine=others if everyone else shown,
            every=shown if everyone else others,
            tasks=found["tasks"],
            after=found["nextPageToken"],
            names=names,
            today=dates.iso_day(self.api.clock.today()),
            trouble=refused,
            request_id=str(uuid.uuid4()),
            back=back.carried(request),
        )

    async def done(self, request: Request) -> Response:
        """Marks the ticked steps of a task as done, all of it where it has none."""
        form = await request.form()
        body: Json = {
            "steps": [
                int(step) for step in form.getlist("step") if isinstance(step, str) and step.isdecimal()
            ],
            "comment": str(form.get("comment", "")),
            "requestId": str(form.get("request_id", "")),
        }
        try:
            await self.api.post(request, f"/v1/tasks/{request.path_params['id']}:complete", body)
        except grpc.aio.AioRpcError as error:
            return await self._tasks(request, trouble.of(error))
        return RedirectResponse(back.after(request, "/tasks"), status_code=303)

    async def exact(self, request: Request) -> Response:
        """Exact copies that can be decided together, all ticked."""
        return await self._exact(request, None)

    async def _exact(self, request: Request, refused: trouble.Trouble | None) -> Response:
        around, found = await asyncio.gather(
            self.frames.around(request, "review"),
            self.api.post(request, "/v1/suggestions:batchDecide", {"filter": {}, "validateOnly": True}),
        )
        shown = [each for each in found["outcomes"] if not each["reason"]]
        known = await self.api.each(request, [each["name"] for each in shown])
        return page(
            "exact.html",
            status=refused.status if refused else 200,
            **around,
            outcomes=[(each, known[each["name"]]) for each in shown if each["name"] in known],
            decided=request.query_params.get("did", ""),
            trouble=refused,
            request_id=str(uuid.uuid4()),
        )

    async def decide_exact(self, request: Request) -> Response:
        """Accepts the ticked ones, each by what was shown of it."""
        form = await request.form()
        choices: list[Json] = []
        for ticked in form.getlist("pick"):
            name, revision, fingerprint = (*str(ticked).split("|"), "", "")[:3]
            choices.append({"name": name, "revision": int(revision or 0), "fingerprint": fingerprint})
        body: Json = {"choices": choices, "requestId": str(form.get("request_id", ""))}
        try:
            made = await self.api.post(request, "/v1/suggestions:batchDecide", body)
        except grpc.aio.AioRpcError as error:
            return await self._exact(request, trouble.of(error))
        batch = made["batch"].removeprefix("batches/")
        return RedirectResponse(f"/review/batch/exact?did={batch}", status_code=303)

    async def undo_exact(self, request: Request) -> Response:
        """Takes back all that was decided together."""
        try:
            await self.api.post(request, f"/v1/batches/{request.path_params['batch']}:undo", {})
        except grpc.aio.AioRpcError as error:
            return await self._exact(request, trouble.of(error))
        return RedirectResponse("/review/batch/exact", status_code=303)
