"""What people ask of an administrator or a learning leader: filed here by whoever may not do it, and answered here."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import grpc.aio
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from services.gateway.web import trouble
from services.gateway.web.api import Api, Json, Query
from services.gateway.web.frame import Frames
from services.gateway.web.people import ROLES
from services.gateway.web.rendering import page
from services.gateway.web.stages import OWNER, STAGES
from services.gateway.web.words import known, say

KINDS = ("ADD_PERSON", "GRANT_ROLE", "REACTIVATE")
"""What is asked for here; a duty is asked for where it is, and answered here."""
DUTIES = (OWNER, *STAGES)
PROPOSALS = ("HOUSE_RULES", "MODE", "CONTENT")
"""What is proposed in words, by whoever reads content."""
INSTEAD = {
    "CreatePerson": "ADD_PERSON",
    "ReactivatePerson": "REACTIVATE",
    "SetHouseRules": "HOUSE_RULES",
    "ImportRetirementList": "HOUSE_RULES",
    "SetResponsibilityMode": "MODE",
    "ImportPackage": "CONTENT",
    "PublishResource": "CONTENT",
    "BatchUpsertResources": "CONTENT",
    "UpsertProgram": "CONTENT",
}
"""What to ask for where this was refused; a role of one's own for all else."""
_MOST_WORDS = 300
_ADMINISTRATOR, _LEADER = "ADMINISTRATOR", "LEARNING_LEADER"
_ANSWERS = {
    **{kind: {_LEADER} for kind in ("DUTY", "HOUSE_RULES", "CONTENT")},
    "MODE": {_ADMINISTRATOR, _LEADER},
}
_MOST = 500


@dataclass(frozen=True, slots=True)
class PersonRequests:
    """`/people/requests`."""

    api: Api
    frames: Frames

    async def show(self, request: Request) -> Response:
        """One's own requests and those that one may answer, the newest first; the form of another.

        Whoever comes from a refusal finds it filled in.
        """
        return await self._shown(request, None, {})

    async def _shown(
        self, request: Request, refused: trouble.Trouble | None, given: dict[str, Any]
    ) -> Response:
        query: Query = {"includeResolved": "true"}
        around, found, names = await asyncio.gather(
            self.frames.around(request, "people"),
            self.api.all(request, "/v1/personRequests", "requests", query, most=_MOST),
            self.api.names_of_people(request),
        )
        roles = set(around["roles"])
        reads = bool(around["viewer"].get("readContent"))
        given = given or _of_refusal(request.query_params, around["email"], reads=reads)
        about = await self.api.each(request, [each["object"] for each in found]) if roles else {}
        return page(
            "person_requests.html",
            status=refused.status if refused else 200,
            **around,
            waiting=[
                (each, bool(_ANSWERS.get(each["kind"], {_ADMINISTRATOR}) & roles)) for each in _open(found)
            ],
            answered=[each for each in reversed(found) if each["state"] != "OPEN"],
            about=about,
            names=names,
            kinds=(*KINDS, *PROPOSALS) if reads else KINDS,
            proposals=PROPOSALS,
            all_roles=ROLES,
            given=given,
            trouble=refused,
            request_id=str(uuid.uuid4()),
        )

    async def file(self, request: Request) -> Response:
        """Files one."""
        form = await request.form()
        kind, duty = str(form.get("kind", "")), str(form.get("duty", ""))
        given: dict[str, Any] = {
            "kind": kind if kind in (*KINDS, *PROPOSALS, "DUTY") else "KIND_UNSPECIFIED",
            "email": str(form.get("email", "")).strip(),
            "displayName": str(form.get("name", "")).strip() if kind == "ADD_PERSON" else "",
            "roles": [role for role in ROLES if role in form.getlist("role")] if kind != "REACTIVATE" else [],
            "reason": str(form.get("reason", "")).strip(),
        }
        if kind == "DUTY":
            given |= {
                "object": str(form.get("object", "")),
                "duty": duty if duty in DUTIES else "KIND_UNSPECIFIED",
            }
        body: Json = {"request": given, "requestId": str(form.get("request_id", ""))}
        try:
            await self.api.post(request, "/v1/personRequests", body)
        except grpc.aio.AioRpcError as error:
            return await self._shown(request, trouble.of(error), given)
        return RedirectResponse("/people/requests", status_code=303)

    async def answer(self, request: Request) -> Response:
        """Does what is asked, or declines it."""
        form = await request.form()
        body: Json = {"accept": form.get("verb") == "accept", "answer": str(form.get("answer", "")).strip()}
        try:
            await self.api.post(request, f"/v1/personRequests/{request.path_params['id']}:resolve", body)
        except grpc.aio.AioRpcError as error:
            return await self._shown(request, trouble.of(error), {})
        return RedirectResponse("/people/requests", status_code=303)


def _open(found: list[Json]) -> list[Json]:
    return [each for each in reversed(found) if each["state"] == "OPEN"]


def _of_refusal(said: Mapping[str, str], email: str, *, reads: bool) -> dict[str, Any]:
    """What to ask for after the refusal that an address names; empty for none. Who reads content may propose it."""
    method, who = said.get("refused", ""), said.get("who", "")[:_MOST_WORDS]
    what = known(f"method.{method}", "")
    if not what:
        return {}
    kind = INSTEAD.get(method, "GRANT_ROLE")
    if kind in PROPOSALS and not reads:
        kind = "GRANT_ROLE"
    named = [role for role in ROLES if role.replace("_", " ").lower() in who.lower()]
    return {
        "kind": kind,
        "email": email if kind == "GRANT_ROLE" else "",
        "roles": named if kind == "GRANT_ROLE" and len(named) == 1 else [],
        "reason": say("request.refused", what=what, who=who),
    }
