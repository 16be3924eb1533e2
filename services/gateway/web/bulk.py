"""Several suggestions of the queue at once: ticked there, looked at here, each decided by a call of its own.

A refusal is not among the verbs: its reason belongs to one finding.
"""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import grpc.aio
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from services.gateway.web import findings, trouble
from services.gateway.web.api import Api, Json
from services.gateway.web.frame import Frames
from services.gateway.web.rendering import page
from services.gateway.web.verbs import snoozed_until, way_back

MOST = 50
_METHODS = {"accept": "accept", "snooze": "snooze", "ask": "askOwner"}


@dataclass(frozen=True, slots=True)
class Picked:
    """A suggestion and what of it somebody has seen; `revision` 0 where that is not said."""

    id: str
    revision: int = 0
    fingerprint: str = ""

    @classmethod
    def of(cls, text: str) -> Picked:
        """`id|revision|fingerprint`, or the id alone."""
        id_, revision, fingerprint = (*text.split("|"), "", "")[:3]
        return cls(id_, int(revision) if revision.isdecimal() else 0, fingerprint)


@dataclass(frozen=True, slots=True)
class Bulk:
    """`/review/bulk`."""

    api: Api
    frames: Frames

    async def show(self, request: Request) -> Response:
        """The ticked ones, or what has become of them."""
        ids = [Picked.of(text).id for text in request.query_params.getlist("pick")]
        return await self._page(request, ids, {})

    async def decide(self, request: Request) -> Response:
        """Does the verb to each that is ticked; those that it is refused for stay on the page with the reason."""
        form = await request.form()
        verb, picked = str(form.get("verb", "")), _picked(form)
        refused: dict[str, trouble.Trouble] = {}
        for each in picked if verb in _METHODS else ():
            try:
                await self.api.post(
                    request, f"/v1/suggestions/{each.id}:{_METHODS[verb]}", self._body(form, verb, each)
                )
            except grpc.aio.AioRpcError as error:
                refused[each.id] = trouble.of(error)
        if refused:
            return await self._page(request, [each.id for each in picked], refused)
        done = {"did": verb} if verb in _METHODS else {}
        return _there(done, [each.id for each in picked])

    async def undo(self, request: Request) -> Response:
        """Takes back what stands of them."""
        picked = _picked(await request.form())
        refused: dict[str, trouble.Trouble] = {}
        for each in picked:
            try:
                found = await self.api.get(request, f"/v1/suggestions/{each.id}", {})
                await self.api.post(request, f"/v1/suggestions/{each.id}:{way_back(found)}", {})
            except grpc.aio.AioRpcError as error:
                refused[each.id] = trouble.of(error)
        ids = [each.id for each in picked]
        return await self._page(request, ids, refused) if refused else _there({"did": "undo"}, ids)

    def _body(self, form: FormData, verb: str, each: Picked) -> Json:
        once = uuid.uuid5(uuid.NAMESPACE_OID, f"{form.get('request_id', '')} {verb} {each.id}")
        body: Json = {"requestId": str(once)}
        if verb == "ask":
            return {**body, "question": str(form.get("question", ""))}
        body |= {"revision": each.revision, "fingerprint": each.fingerprint}
        return {**body, "until": snoozed_until(self.api.clock, "week")} if verb == "snooze" else body

    async def _page(
        self, request: Request, ids: Sequence[str], refused: Mapping[str, trouble.Trouble]
    ) -> Response:
        names = [f"suggestions/{each}" for each in dict.fromkeys(ids)][:MOST]
        around, known, people = await asyncio.gather(
            self.frames.around(request, "review"),
            self.api.each(request, names),
            self.api.names_of_people(request),
        )
        rows: list[dict[str, Any]] = [
            {
                "id": name.removeprefix("suggestions/"),
                "suggestion": each,
                "title": findings.title(each),
                "proposal": findings.proposal(each),
                "refused": refused.get(name.removeprefix("suggestions/")),
                "live": each["state"] in ("OPEN", "HELD"),
            }
            for name, each in known.items()
        ]
        did = request.query_params.get("did", "") if not refused else ""
        return page(
            "bulk.html",
            status=max((each.status for each in refused.values()), default=404 if ids and not rows else 200),
            **around,
            rows=rows,
            live=[row for row in rows if row["live"]],
            did=did if did in (*_METHODS, "undo") else "",
            names=people,
            request_id=str(uuid.uuid4()),
        )


def _picked(form: FormData) -> list[Picked]:
    found = [Picked.of(text) for text in form.getlist("pick") if isinstance(text, str) and text]
    return list({each.id: each for each in found}.values())[:MOST]


def _there(done: Mapping[str, str], ids: Sequence[str]) -> Response:
    query = urlencode([*done.items(), *(("pick", each) for each in ids)])
    return RedirectResponse(f"/review/bulk?{query}", status_code=303)
