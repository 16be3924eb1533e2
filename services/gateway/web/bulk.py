"""Several suggestions of the queue at once: ticked there, looked at here, each decided by a call of its own.

A refusal is not among the verbs: its reason belongs to one finding.
"""

from __future__ import annotations

import asyncio
import re
import uuid
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

import grpc
import grpc.aio
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from services.gateway.errors import HTTP_CODES
from services.gateway.web import findings, trouble
from services.gateway.web.api import Api, Json
from services.gateway.web.frame import Frames
from services.gateway.web.receipts import outcome
from services.gateway.web.rendering import page
from services.gateway.web.verbs import snoozed_until, way_back
from services.gateway.web.words import say
from services.kit.rpc import is_down

MOST = 50
_METHODS = {"accept": "accept", "snooze": "snooze", "ask": "askOwner"}
_TAKEN_BACK = frozenset({"undo", "reopen", "revoke"})
_ID = re.compile(r"[\w-]{1,64}")
_REVISION = re.compile(r"[0-9]{1,9}")


@dataclass(frozen=True, slots=True)
class Picked:
    """A suggestion and what of it somebody has seen; `revision` 0 where that is not said."""

    id: str
    revision: int = 0
    fingerprint: str = ""

    @classmethod
    def of(cls, text: str) -> Picked:
        """`id|revision|fingerprint`, or as much of it as there is."""
        id_, revision, fingerprint = (*text.split("|"), "", "")[:3]
        return cls(id_, int(revision) if _REVISION.fullmatch(revision) else 0, fingerprint)


@dataclass(slots=True)
class Run:
    """What became of each: done, refused with the reason, or not tried because `stopped` came before it."""

    done: list[str] = field(default_factory=list[str])
    refused: dict[str, trouble.Trouble] = field(default_factory=dict[str, trouble.Trouble])
    untried: list[str] = field(default_factory=list[str])
    stopped: grpc.aio.AioRpcError | None = None


@dataclass(frozen=True, slots=True)
class Bulk:
    """`/review/bulk`."""

    api: Api
    frames: Frames

    async def show(self, request: Request) -> Response:
        """The ticked ones, or what has become of them."""
        return await self._page(
            request, _picked(request.query_params.getlist("pick")), request.query_params.get("did", ""), Run()
        )

    async def decide(self, request: Request) -> Response:
        """Does the verb to each that is ticked; those that it is refused for stay on the page with the reason."""
        form = await request.form()
        verb, picked = str(form.get("verb", "")), _picked(form.getlist("pick"))
        if verb not in _METHODS:
            return _there("", picked)

        async def one(each: Picked) -> trouble.Trouble | None:
            path = f"/v1/suggestions/{each.id}:{_METHODS[verb]}"
            await self.api.post(request, path, self._body(form, verb, each))
            return None

        return await self._told(request, picked, verb, await _each(picked, one))

    async def undo(self, request: Request) -> Response:
        """Takes back what stands of them and is the viewer's own."""
        form = await request.form()
        picked, did = _picked(form.getlist("pick")), str(form.get("did", ""))
        viewer = await self.api.get(request, "/v1/viewer", {})

        async def one(each: Picked) -> trouble.Trouble | None:
            found = await self.api.get(request, f"/v1/suggestions/{each.id}", {})
            if not _own(found, did, viewer["person"]["email"]):
                return trouble.Trouble("refused", 409, say("bulk.not_own"), say("bulk.not_own_text"))
            await self.api.post(request, f"/v1/suggestions/{each.id}:{way_back(found)}", {})
            return None

        return await self._told(request, picked, "undo", await _each(picked, one))

    async def _told(self, request: Request, picked: Sequence[Picked], did: str, run: Run) -> Response:
        """The page of what has become of them; where even that cannot be had, the way to it."""
        if run.stopped is None and not run.refused:
            return _there(did, picked)
        if run.stopped is not None and not run.done and not run.refused:
            raise run.stopped
        try:
            return await self._page(request, picked, did, run)
        except grpc.aio.AioRpcError as error:
            if not run.done or not _stops(error):
                raise
            # Whoever was signed out on the way, or comes while the catalog is away, sees it at that address later.
            return _there(did, picked)

    def _body(self, form: FormData, verb: str, each: Picked) -> Json:
        once = uuid.uuid5(uuid.NAMESPACE_OID, f"{form.get('request_id', '')} {verb} {each.id}")
        body: Json = {"requestId": str(once)}
        if verb == "ask":
            return {**body, "question": str(form.get("question", ""))}
        body |= {"revision": each.revision, "fingerprint": each.fingerprint}
        return {**body, "until": snoozed_until(self.api.clock, "week")} if verb == "snooze" else body

    async def _page(self, request: Request, picked: Sequence[Picked], did: str, run: Run) -> Response:
        around, known, people = await asyncio.gather(
            self.frames.around(request, "review"),
            self.api.each(request, [f"suggestions/{each.id}" for each in picked]),
            self.api.names_of_people(request),
        )
        email = around["email"]
        rows = [
            _row(known[name], each, did, email, run)
            for each in picked
            if (name := f"suggestions/{each.id}") in known
        ]
        own = [row for row in rows if row["own"]]
        told = Counter(_told_as(did, row["suggestion"]["state"]) for row in own)
        codes: list[int] = [row["refused"].status for row in rows if row["refused"]]
        codes += [503] if run.untried else []
        worst: int = max(codes, default=0)
        missing = len(rows) < len(picked)
        return page(
            "bulk.html",
            status=worst or (404 if missing and not rows else 200),
            **around,
            rows=rows,
            live=[row for row in rows if row["live"]],
            missing=missing,
            did=did,
            told=sorted(told.items()),
            own=own if did in ("accept", "snooze") else [],
            names=people,
            request_id=str(uuid.uuid4()),
        )


async def _each(picked: Sequence[Picked], one: Callable[[Picked], Awaitable[trouble.Trouble | None]]) -> Run:
    """Asks for one after the other, until nobody answers any more or nobody knows who asks."""
    run = Run()
    for at, each in enumerate(picked):
        try:
            refused = await one(each)
        except grpc.aio.AioRpcError as error:
            if _stops(error):
                run.stopped = error
                run.untried = [left.id for left in picked[at:]]
                break
            refused = _refusal(error)
        if refused is None:
            run.done.append(each.id)
        else:
            run.refused[each.id] = refused
    return run


def _stops(error: grpc.aio.AioRpcError) -> bool:
    return is_down(error) or error.code() == grpc.StatusCode.UNAUTHENTICATED


def _refusal(error: grpc.aio.AioRpcError) -> trouble.Trouble:
    try:
        return trouble.of(error)
    except grpc.aio.AioRpcError:
        code = HTTP_CODES[error.code().name]
        return trouble.Trouble("refused", code, say("trouble.refused"), error.details() or "")


def _row(suggestion: Json, seen: Picked, did: str, email: str, run: Run) -> dict[str, Any]:
    own = _own(suggestion, did, email)
    live = suggestion["state"] in ("OPEN", "HELD")
    refused = None if own else run.refused.get(seen.id)
    approved = any(each["person"] == email for each in suggestion["approvals"])
    changed = live and not own and seen.revision not in (0, suggestion["revision"])
    return {
        "id": seen.id,
        "suggestion": suggestion,
        "title": findings.title(suggestion),
        "proposal": findings.proposal(suggestion),
        "own": own,
        "outcome": outcome(suggestion) if own and did == "accept" else "",
        "refused": refused,
        "untried": seen.id in run.untried and not own,
        "approved": approved and live and not own,
        "changed": changed and not refused,
        "live": live,
        "ticked": suggestion["mayDecide"] and not (refused or approved or changed),
    }


def _own(suggestion: Json, did: str, email: str) -> bool:
    """Whether what stands of it is what that person `did` to it."""
    decision, state = suggestion.get("decision"), suggestion["state"]
    if did == "ask":
        return any(each["author"] == email for each in suggestion["asked"])
    if not decision:
        return False
    theirs = decision["actor"] == email
    if did == "accept":
        agreed = any(each["person"] == email for each in suggestion["approvals"])
        # The scheduler acts for those who approved.
        if state == "APPLIED":
            return decision["verb"] == "apply" and (theirs or (decision["actor"] == "scheduler" and agreed))
        return decision["verb"] == "accept" and theirs and state in ("SCHEDULED", "OPEN", "HELD")
    if did == "snooze":
        return decision["verb"] == "snooze" and theirs and state == "SNOOZED"
    return (
        did == "undo" and decision["verb"] in _TAKEN_BACK and theirs and state in ("OPEN", "HELD", "UNDONE")
    )


def _told_as(did: str, state: str) -> str:
    if did != "accept" or state == "APPLIED":
        return f"bulk.did_{did}"
    return "bulk.did_schedule" if state == "SCHEDULED" else "bulk.did_wait"


def _picked(given: Sequence[Any]) -> list[Picked]:
    found = [Picked.of(text) for text in given if isinstance(text, str)]
    return list({each.id: each for each in found if _ID.fullmatch(each.id)}.values())[:MOST]


def _there(did: str, picked: Sequence[Picked]) -> Response:
    query = urlencode([*([("did", did)] if did else []), *(("pick", each.id) for each in picked)])
    return RedirectResponse(f"/review/bulk?{query}", status_code=303)
