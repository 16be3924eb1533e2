"""Resources: all of them, and one: where it stands, who uses it, what is suggested about it, what it says."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response

from services.gateway.web import charts
from services.gateway.web.api import Api, Query, same_person
from services.gateway.web.frame import Frames
from services.gateway.web.rendering import page

_OWNED = {"yes": "true", "no": "false"}


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
        rot = request.query_params.get("rot") == "yes"
        if rot:
            query["rot"] = "true"
        around, found, health, names = await asyncio.gather(
            self.frames.around(request, ""),
            self.api.get(request, "/v1/resources", query),
            self.api.get(request, "/v1/insights", {}),
            self.api.names_of_people(request),
        )
        return page(
            "resources.html",
            **around,
            resources=found["resources"],
            after=found["nextPageToken"],
            kinds=health["byKind"],
            ages=health["byAge"],
            total=health["resources"]["value"],
            kind=kind,
            age=age,
            owned=owned if owned in _OWNED else "",
            rot=rot,
            names=names,
        )

    async def one(self, request: Request) -> Response:
        """The resource with its text."""
        name = f"resources/{request.path_params['id']}"
        around, resource, names = await asyncio.gather(
            self.frames.around(request, ""),
            self.api.get(request, f"/v1/{name}", {"view": "FULL"}),
            self.api.names_of_people(request),
        )
        programs, engagement, found = await asyncio.gather(
            self.api.all(request, "/v1/programs", "programs", {"holding": resource["name"]}, most=1000),
            self.api.get(request, f"/v1/{resource['name']}/engagement", {}),
            self.api.get(request, "/v1/suggestions", {"resource": resource["name"], "view": "BASIC"}),
        )
        others = await self.api.each(request, [resource["successor"], *resource["equivalents"]])
        return page(
            "resource.html",
            **around,
            resource=resource,
            published=request.query_params.get("did") == "published",
            names=names,
            used=programs,
            engagement=engagement,
            about=found["suggestions"],
            others=others,
            hands_over="LEARNING_LEADER" in around["roles"]
            or same_person(resource["owner"], around["email"]),
            line=charts.months(engagement["months"]),
        )
