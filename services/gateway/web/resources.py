"""Resources: all of them, and one: where it stands, who uses it, what is suggested, noted and said of it."""

from __future__ import annotations

import asyncio
import re
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import grpc.aio
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from services.gateway.web import called, charts, dates, trouble
from services.gateway.web.api import LARGEST_PAGE, Api, Json, Query, names_of, same_person
from services.gateway.web.frame import Frames
from services.gateway.web.rendering import page
from services.gateway.web.stages import OWNER, duty_change

_ADDRESS = re.compile(r".*?(resources/[0-9a-f-]{36})/?")  # as somebody copies it from their browser
_OWNED = {"yes": "true", "no": "false"}
_CORRECTED = ("title", "description", "language", "kind", "version", "url", "objectives")
"""Fields that a suggestion of a correction can name, by the API's names."""
_REVIEWERS = frozenset({"LEARNING_LEADER", "INSTRUCTIONAL_DESIGNER"})


@dataclass(frozen=True, slots=True)
class Resources:
    """`/resources/{id}`."""

    api: Api
    frames: Frames

    async def show(self, request: Request) -> Response:
        """A page of what learners can find: all of it, of one kind or age, with an owner or none, or called rot."""
        kind, age, owned = (request.query_params.get(name, "") for name in ("kind", "age", "owned"))
        after = request.query_params.get("after", "")
        query: Query = {"lifecycle": "PUBLISHED", "kind": kind, "age": age, "pageToken": after}
        if owned in _OWNED:
            query["owned"] = _OWNED[owned]
        rot, unkinded = (request.query_params.get(name) == "yes" for name in ("rot", "unkinded"))
        if unkinded:
            query["withoutKind"] = "true"
        if rot:
            query["rot"] = "true"
        around, found, health, names = await asyncio.gather(
            self.frames.around(request, ""),
            self.api.get(request, "/v1/resources", query),
            self.api.get(request, "/v1/insights", {}),
            self.api.names_of_people(request),
        )
        about = await called.live_about(
            self.api, request, [each["name"] for each in found["resources"]] if rot else []
        )
        return page(
            "resources.html",
            **around,
            resources=found["resources"],
            why={name: called.why_rot(name, said) for name, said in about.items()},
            after=found["nextPageToken"],
            kinds=health["byKind"],
            ages=health["byAge"],
            total=health["resources"]["value"],
            kind=kind,
            age=age,
            owned=owned if owned in _OWNED else "",
            rot=rot,
            unkinded=unkinded,
            names=names,
        )

    async def one(self, request: Request) -> Response:
        """The resource with its text."""
        return await self._one(request, None)

    async def note(self, request: Request) -> Response:
        """Writes a note on the resource."""
        name = f"resources/{request.path_params['id']}"
        try:
            await self.api.note(request, name)
        except grpc.aio.AioRpcError as error:
            return await self._one(request, trouble.of(error))
        return RedirectResponse(f"/{name}#notes", status_code=303)

    async def set_owner(self, request: Request) -> Response:
        """Says who owns it, that nobody does on purpose, or nothing, which leaves it to the owner of its program."""
        form = await request.form()
        who, name = str(form.get("who", "")), f"resources/{request.path_params['id']}"
        try:
            await self.api.post(request, f"/v1/{name}:setDuties", {"changes": [duty_change(OWNER, who)]})
        except grpc.aio.AioRpcError as error:
            return await self._one(request, trouble.of(error))
        return RedirectResponse(f"/{name}", status_code=303)

    async def retire(self, request: Request) -> Response:
        """Suggests, without a finding, that learners no longer find it; it then is decided like any other."""
        form = await request.form()
        other = str(form.get("other", "")).strip()
        address = _ADDRESS.fullmatch(other)
        return await self._suggest(request, "retire", "archive", {"other": address[1] if address else other})

    async def confirm(self, request: Request) -> Response:
        """Records that all of it was reviewed and is right, until a day or for as long as its class of content."""
        form = await request.form()
        name, until = f"resources/{request.path_params['id']}", dates.calendar_day(str(form.get("again", "")))
        body: Json = {
            "comment": str(form.get("comment", "")),
            "requestId": str(form.get("request_id", "")),
            **({"reviewDate": until} if until else {}),
        }
        try:
            await self.api.post(request, f"/v1/{name}:confirmCurrent", body)
        except grpc.aio.AioRpcError as error:
            return await self._one(request, trouble.of(error, "confirm"))
        return RedirectResponse(f"/{name}?did=confirmed", status_code=303)

    async def correct(self, request: Request) -> Response:
        """Suggests what a field of it should say; it then is decided like any other suggestion."""
        form = await request.form()
        said: Json = {name: str(form.get(name, "")) for name in ("field", "value")}
        return await self._suggest(request, "correct", "set_metadata", said)

    async def _suggest(self, request: Request, sent_by: str, operation: str, said: Json) -> Response:
        """Files a suggestion about the resource and leads to it; `sent_by` is the form, whose reason goes with it."""
        form = await request.form()
        body: Json = {
            "kind": "OUTDATED",
            "operation": operation,
            "members": [f"resources/{request.path_params['id']}"],
            **said,
            "reason": str(form.get("reason", "")),
            "requestId": str(form.get("request_id", "")),
        }
        try:
            made = await self.api.post(request, "/v1/suggestions", body)
        except grpc.aio.AioRpcError as error:
            return await self._one(request, trouble.of(error, sent_by))
        return RedirectResponse(f"/review/{made['name'].removeprefix('suggestions/')}", status_code=303)

    async def _one(self, request: Request, refused: trouble.Trouble | None) -> Response:
        name = f"resources/{request.path_params['id']}"
        around, resource, people = await asyncio.gather(
            self.frames.around(request, ""),
            self.api.get(request, f"/v1/{name}", {"view": "FULL"}),
            self.api.people(request),
        )
        programs, engagement, found, notes = await asyncio.gather(
            self.api.all(request, "/v1/programs", "programs", {"holding": resource["name"]}, most=1000),
            self.api.get(request, f"/v1/{resource['name']}/engagement", {}),
            self.api.get(request, "/v1/suggestions", {"resource": resource["name"], "view": "BASIC"}),
            self.api.get(request, f"/v1/{resource['name']}/notes", {"pageSize": LARGEST_PAGE}),
        )
        others = await self.api.each(request, [resource["successor"], *resource["equivalents"]])
        return page(
            "resource.html",
            status=refused.status if refused else 200,
            **around,
            resource=resource,
            did=request.query_params.get("did", ""),
            names=names_of(people),
            active=[each for each in people if not each.get("deactivateTime")],
            sets_owner=_sets_owner(programs, around),
            used=programs,
            engagement=engagement,
            about=found["suggestions"],
            others=others,
            may_confirm=_may_confirm(resource, programs, around),
            corrected=_CORRECTED,
            tomorrow=(self.api.clock.today() + timedelta(days=1)).isoformat(),
            due=due_for_review(resource, self.api.clock.today()),
            hands_over="LEARNING_LEADER" in around["roles"]
            or same_person(resource["owner"], around["email"]),
            line=charts.months(engagement["months"]),
            notes=notes["notes"],
            noted=resource["name"],
            request_id=str(uuid.uuid4()),
            trouble=refused,
        )


def due_for_review(resource: Json, today: date) -> bool:
    """Whether the day that is stated for its next review has come and no review since has answered it."""
    stated, reviewed = (dates.iso_day(resource.get(name)) for name in ("reviewDate", "reviewed"))
    return bool(stated) and reviewed < stated <= dates.iso_day(today)


def _may_confirm(resource: Json, programs: Sequence[Json], around: Mapping[str, Any]) -> bool:
    """Whether who looks may say that they reviewed all of it: by their role, or as an owner of it or around it."""
    return (
        not _REVIEWERS.isdisjoint(around["roles"])
        or same_person(resource["owner"], around["email"])
        or not {each["name"] for each in programs}.isdisjoint(around["viewer"]["ownedPrograms"])
    )


def _sets_owner(programs: Sequence[Json], around: Mapping[str, Any]) -> bool:
    """Whether who looks may say who owns what these programs hold: a learning leader, or who owns all of them."""
    users = {each["name"] for each in programs if not each["archived"]}
    return "LEARNING_LEADER" in around["roles"] or (
        bool(users) and users <= set(around["viewer"]["ownedPrograms"])
    )
