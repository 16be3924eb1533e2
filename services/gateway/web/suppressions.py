"""What keeps findings away: the ledger of suppressions and of verdicts on pairs, with the way back from each."""

from __future__ import annotations

import asyncio
import uuid
from dataclasses import dataclass
from typing import Any

import grpc.aio
from starlette.datastructures import FormData, QueryParams
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from services.gateway.web import trouble
from services.gateway.web.api import Api, Json, Query, names_of
from services.gateway.web.forms import line
from services.gateway.web.frame import Frames
from services.gateway.web.lists import KINDS
from services.gateway.web.rendering import page

_STATES: dict[str, list[str]] = {
    "active": ["ACTIVE"],
    "proposed": ["PROPOSED"],
    "ended": ["RESTORED", "EXPIRED"],
}
_SCOPES = ("EXACT_SET", "RESOURCE", "FILTER", "FACT")
_RELATIONS = ("IDENTICAL", "REVISED", "CONTAINED", "OVERLAP", "VARIANT", "TRANSLATED")
_ROWS = "25"
_NAMED = 20
_RESTORE = frozenset({"LEARNING_LEADER", "INSTRUCTIONAL_DESIGNER"})


@dataclass(frozen=True, slots=True)
class Suppressions:
    """`/suppressions`, its forms, and `/verdicts`."""

    api: Api
    frames: Frames

    async def show(self, request: Request) -> Response:
        """A page of the ledger."""
        return await self._shown(request, None)

    async def _shown(self, request: Request, refused: trouble.Trouble | None) -> Response:
        asked = request.query_params
        state = asked.get("state", "") if asked.get("state", "") in _STATES else "active"
        query: Query = {"states": _STATES[state], "pageSize": _ROWS, "pageToken": asked.get("after", "")}
        if asked.get("scope", "") in _SCOPES:
            query["scope"] = asked["scope"]
        if asked.get("kind", "") in KINDS:
            query["kind"] = asked["kind"]
        if asked.get("author"):
            query["author"] = asked["author"]
        if asked.get("suggestion"):
            query["suggestion"] = f"suggestions/{asked['suggestion']}"
        around, found, people, proposed = await asyncio.gather(
            self.frames.around(request, "activity"),
            self.api.get(request, "/v1/suppressions", query),
            self.api.people(request),
            self.api.get(request, "/v1/suppressions", {"states": _STATES["proposed"], "pageSize": "200"}),
        )
        rules = found["suppressions"]
        named = [name for each in rules for name in each["resources"]]
        named += [each["filter"]["program"] for each in rules if each.get("filter")]
        return page(
            "suppressions.html",
            status=refused.status if refused else 200,
            **around,
            state_shown=state,
            states=list(_STATES),
            scopes=_SCOPES,
            kinds=KINDS,
            asked={name: asked.get(name, "") for name in ("scope", "kind", "author", "suggestion")},
            rules=rules,
            things=await self.api.each(request, named),
            names=names_of(people),
            active=[each for each in people if not each.get("deactivateTime")],
            proposed=len(proposed["suppressions"]),
            after=found["nextPageToken"],
            **_rights(around),
            trouble=refused,
            request_id=str(uuid.uuid4()),
        )

    async def restore(self, request: Request) -> Response:
        """Takes a rule back."""
        form = await request.form()
        path = f"/v1/suppressions/{request.path_params['id']}:restore"
        try:
            await self.api.post(request, path, {"requestId": line(form, "request_id")})
        except grpc.aio.AioRpcError as error:
            return await self._shown(request, trouble.of(error))
        return RedirectResponse("/suppressions?state=ended", status_code=303)

    async def verdicts(self, request: Request) -> Response:
        """What people have decided about pairs."""
        return await self._verdicts(request, None)

    async def _verdicts(self, request: Request, refused: trouble.Trouble | None) -> Response:
        query: Query = {"pageSize": _ROWS, "pageToken": request.query_params.get("after", "")}
        around, found, names = await asyncio.gather(
            self.frames.around(request, "activity"),
            self.api.get(request, "/v1/verdicts", query),
            self.api.names_of_people(request),
        )
        pairs = [name for each in found["verdicts"] for name in (each["a"], each["b"])]
        return page(
            "verdicts.html",
            status=refused.status if refused else 200,
            **around,
            verdicts=found["verdicts"],
            things=await self.api.each(request, pairs),
            names=names,
            after=found["nextPageToken"],
            **_rights(around),
            trouble=refused,
            request_id=str(uuid.uuid4()),
        )

    async def lift(self, request: Request) -> Response:
        """Takes a verdict back."""
        form = await request.form()
        path = f"/v1/verdicts/{request.path_params['id']}:lift"
        try:
            await self.api.post(request, path, {"requestId": line(form, "request_id")})
        except grpc.aio.AioRpcError as error:
            return await self._verdicts(request, trouble.of(error))
        return RedirectResponse("/verdicts", status_code=303)

    async def write(self, request: Request) -> Response:
        """The form of a rule by filter; once it is filled in, how much it would hide."""
        return await self._written(request, request.query_params, None)

    async def _written(
        self, request: Request, given: QueryParams | FormData, refused: trouble.Trouble | None
    ) -> Response:
        around, sources, programs = await asyncio.gather(
            self.frames.around(request, "activity"),
            self.api.all(request, "/v1/sources", "sources", {}, most=500),
            self.api.all(request, "/v1/programs", "programs", {"view": "BASIC"}, most=1000),
        )
        would: Json | None = None
        if given.get("show") and refused is None:
            try:
                body = {"suppression": _by_filter(given), "validateOnly": True}
                would = await self.api.post(request, "/v1/suppressions", body)
            except grpc.aio.AioRpcError as error:
                refused = trouble.of(error)
        return page(
            "suppression.html",
            status=refused.status if refused else 200,
            **around,
            given={name: line(given, name) for name in _FIELDS},
            relations_given=[each for each in given.getlist("relation") if each in _RELATIONS],
            relations=_RELATIONS,
            kinds=KINDS,
            sources=[each["displayName"] for each in sources],
            programs=sorted(programs, key=lambda each: each["title"]),
            would=would,
            hidden=await self._named(request, would),
            **_rights(around),
            trouble=refused,
            request_id=str(uuid.uuid4()),
        )

    async def create(self, request: Request) -> Response:
        """Writes the rule, or proposes it, as the role allows."""
        form = await request.form()
        body = {"suppression": _by_filter(form), "requestId": line(form, "request_id")}
        try:
            made = await self.api.post(request, "/v1/suppressions", body)
        except grpc.aio.AioRpcError as error:
            return await self._written(request, form, trouble.of(error))
        state = made["suppression"]["state"].lower()
        return RedirectResponse(f"/suppressions?state={state}", status_code=303)

    async def judge(self, request: Request) -> Response:
        """A rule that was proposed, with how much it would hide."""
        return await self._judged(request, None)

    async def _judged(self, request: Request, refused: trouble.Trouble | None) -> Response:
        path = f"/v1/suppressions/{request.path_params['id']}:approve"
        around, would, names = await asyncio.gather(
            self.frames.around(request, "activity"),
            self.api.post(request, path, {"validateOnly": True}),
            self.api.names_of_people(request),
        )
        rule = would["suppression"]
        named = [*rule["resources"], *([rule["filter"]["program"]] if rule.get("filter") else [])]
        return page(
            "suppression_proposed.html",
            status=refused.status if refused else 200,
            **around,
            id=request.path_params["id"],
            rule=rule,
            would=would,
            hidden=await self._named(request, would),
            things=await self.api.each(request, named),
            names=names,
            trouble=refused,
            request_id=str(uuid.uuid4()),
        )

    async def approve(self, request: Request) -> Response:
        """Lets a proposed rule hide."""
        form = await request.form()
        path = f"/v1/suppressions/{request.path_params['id']}:approve"
        try:
            await self.api.post(request, path, {"requestId": line(form, "request_id")})
        except grpc.aio.AioRpcError as error:
            return await self._shown(request, trouble.of(error))
        return RedirectResponse("/suppressions", status_code=303)

    async def _named(self, request: Request, would: Json | None) -> list[Json]:
        """The first of those that would be hidden, most important first."""
        found = await self.api.each(request, would["suggestions"][:_NAMED] if would else [])
        return list(found.values())


_FIELDS = ("kind", "source", "program", "owner", "language", "title", "comment", "until")


def _rights(around: dict[str, Any]) -> dict[str, Any]:
    """Which controls somebody sees; the catalog judges every call by itself."""
    roles = set(around["roles"])
    return {
        "leads": "LEARNING_LEADER" in roles,
        "may_restore": bool(_RESTORE & roles) or bool(around["viewer"]["ownedPrograms"]),
    }


def _by_filter(given: QueryParams | FormData) -> Json:
    rule: Json = {
        "scope": "FILTER",
        "filter": {
            "relations": [each for each in given.getlist("relation") if each in _RELATIONS],
            **{name: line(given, name) for name in ("source", "program", "owner", "language", "title")},
        },
        "comment": line(given, "comment"),
    }
    if line(given, "kind") in KINDS:
        rule["kind"] = line(given, "kind")
    if line(given, "until"):
        rule["expireTime"] = f"{line(given, 'until')}T00:00:00Z"
    return rule
