"""Several suggestions of the queue at once: ticked there, looked at here, each decided by a call of its own.

All that match what somebody looks for come by that filter, not by their names; what is decided is what this page has
shown. A refusal is not among the verbs: its reason belongs to one finding.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import re
import time
import uuid
import zlib
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
from services.gateway.web.api import Api, Json, Query
from services.gateway.web.frame import Frames
from services.gateway.web.lists import PAGE_SIZE, Chosen
from services.gateway.web.receipts import outcome
from services.gateway.web.rendering import page
from services.gateway.web.taking_back import way_back
from services.gateway.web.verbs import TAKEN_BACK, snoozed_until
from services.gateway.web.words import say
from services.kit.rpc import is_down

MOST = 200
_SURE = PAGE_SIZE  # more than that are accepted once somebody has said so twice
_SECONDS = 20.0  # after which what is left waits to be sent again, so that the answer comes
_METHODS = {"accept": "accept", "snooze": "snooze", "ask": "askOwner"}
_ID = re.compile(r"[\w-]{1,64}")
_LONGEST = MOST * 65  # of ids with a bar between them
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
class Matching:
    """All that fit what somebody looks for: the choice, how many there are, and those that are shown."""

    chosen: Chosen
    total: int
    found: list[Json]


@dataclass(frozen=True, slots=True)
class Bulk:
    """`/review/bulk`."""

    api: Api
    frames: Frames

    async def show(self, request: Request) -> Response:
        """The ticked ones, or all of a choice of the queue, or what has become of them."""
        asked = request.query_params
        chosen = Chosen.of_token(asked.get("in", ""))
        if chosen is not None:
            return await self._matching(request, chosen.with_())
        picked = _picked([*asked.getlist("pick"), *_unpacked(asked.get("these", ""))])
        return await self._page(request, picked, asked.get("did", ""), Run())

    async def _matching(self, request: Request, chosen: Chosen) -> Response:
        """All that fit, as many as may be decided at once, in the order of the queue."""
        query: Query = {**chosen.query, "view": "BASIC"}
        found, counted = await asyncio.gather(
            self.api.all(request, "/v1/suggestions", "suggestions", query, most=MOST),
            self.api.get(request, "/v1/suggestions:count", {"query": chosen.q}),
        )
        picked = [Picked(each["name"].removeprefix("suggestions/"), each["revision"]) for each in found]
        total = max(chosen.counted(counted["counts"]), len(found))
        return await self._page(request, picked, "", Run(), Matching(chosen, total, found))

    async def decide(self, request: Request) -> Response:
        """Does the verb to each that is ticked; those that it is refused for stay on the page with the reason."""
        form = await request.form()
        verb, picked = str(form.get("verb", "")), _picked(form.getlist("pick"))
        if verb not in _METHODS:
            return _there("", picked)
        if verb == "accept" and len(picked) > _SURE and not form.get("sure"):
            around = await self.frames.around(request, "review")
            return page("bulk_sure.html", **around, picked=picked, request_id=str(form.get("request_id", "")))

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
            if form.get("request_id") and _own(found, "undo", viewer["person"]["email"]):
                return None  # the same form was sent before
            if not _own(found, did, viewer["person"]["email"]):
                return trouble.Trouble("refused", 409, say("bulk.not_own"), say("bulk.not_own_text"))
            verb = way_back(found)
            once = _once(form, verb, each)
            await self.api.post(request, f"/v1/suggestions/{each.id}:{verb}", {"requestId": once})
            return None

        return await self._told(request, picked, "undo", await _each(picked, one))

    async def _told(self, request: Request, picked: Sequence[Picked], did: str, run: Run) -> Response:
        """The page of what has become of them; where even that cannot be had, the way to it."""
        if run.stopped is None and not run.refused and not run.untried:
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
        body: Json = {"requestId": _once(form, verb, each)}
        if verb == "ask":
            return {**body, "question": str(form.get("question", ""))}
        body |= {"revision": each.revision, "fingerprint": each.fingerprint}
        return {**body, "until": snoozed_until(self.api.clock, "week")} if verb == "snooze" else body

    async def _page(
        self,
        request: Request,
        picked: Sequence[Picked],
        did: str,
        run: Run,
        matching: Matching | None = None,
    ) -> Response:
        around, known, people = await asyncio.gather(
            self.frames.around(request, "review"),
            self.api.each(request, [] if matching else [f"suggestions/{each.id}" for each in picked]),
            self.api.names_of_people(request),
        )
        if matching is not None:
            known = {each["name"]: each for each in matching.found}
        email = around["email"]
        rows = [
            _row(known[name], each, did, email, run)
            for each in picked
            if (name := f"suggestions/{each.id}") in known
        ]
        own = [row for row in rows if row["own"]]
        told = Counter(_told_as(did, row["suggestion"]["state"]) for row in own)
        codes: list[int] = [row["refused"].status for row in rows if row["refused"]]
        codes += [503] if run.stopped is not None else []
        worst: int = max(codes, default=0)
        missing = len(rows) < len(picked)
        return page(
            "bulk.html",
            status=worst or (404 if missing and not rows else 200),
            **around,
            rows=rows,
            matching=matching,
            live=[row for row in rows if row["live"]],
            ticked=sum(1 for row in rows if row["live"] and row["ticked"]),
            missing=missing,
            did=did,
            told=sorted(told.items()),
            own=own if did in ("accept", "snooze") else [],
            names=people,
            request_id=str(uuid.uuid4()),
        )


async def _each(picked: Sequence[Picked], one: Callable[[Picked], Awaitable[trouble.Trouble | None]]) -> Run:
    """Asks for one after the other, until nobody answers any more, nobody knows who asks, or it takes too long."""
    run, until = Run(), time.monotonic() + _SECONDS
    for at, each in enumerate(picked):
        if time.monotonic() > until:
            run.untried = [left.id for left in picked[at:]]
            break
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


def _once(form: FormData, verb: str, each: Picked) -> str:
    """Names this verb on this suggestion, from this form; empty where the form has no name to make it of."""
    of = str(form.get("request_id", ""))
    return str(uuid.uuid5(uuid.NAMESPACE_OID, f"{of} {verb} {each.id}")) if of else ""


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
    return did == "undo" and decision["verb"] in TAKEN_BACK and theirs and state in ("OPEN", "HELD", "UNDONE")


def _told_as(did: str, state: str) -> str:
    if did != "accept" or state == "APPLIED":
        return f"bulk.did_{did}"
    return "bulk.did_schedule" if state == "SCHEDULED" else "bulk.did_wait"


def _picked(given: Sequence[Any]) -> list[Picked]:
    found = [Picked.of(text) for text in given if isinstance(text, str)]
    return list({each.id: each for each in found if _ID.fullmatch(each.id)}.values())[:MOST]


def _there(did: str, picked: Sequence[Picked]) -> Response:
    said = [("did", did)] if did else []
    if len(picked) > _SURE:  # an address is no place for hundreds of names
        said.append(("these", _packed(picked)))
    else:
        said += [("pick", each.id) for each in picked]
    return RedirectResponse(f"/review/bulk?{urlencode(said)}", status_code=303)


def _packed(picked: Sequence[Picked]) -> str:
    """Their ids as one word of an address."""
    names = "|".join(each.id for each in picked)
    return base64.urlsafe_b64encode(zlib.compress(names.encode(), 9)).decode().rstrip("=")


def _unpacked(word: str) -> list[str]:
    """The ids in such a word; none where it is no such word."""
    try:
        packed = base64.urlsafe_b64decode(word + "=" * (-len(word) % 4))
        names = zlib.decompressobj().decompress(packed, _LONGEST)
        return names.decode().split("|") if word else []
    except (binascii.Error, zlib.error, ValueError):
        return []
