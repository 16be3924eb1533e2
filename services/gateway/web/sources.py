"""Sources: what Winnow can read, write, undo and verify at each, how often it delivers, and how fresh it is."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import date

from starlette.requests import Request
from starlette.responses import Response

from services.gateway.web import dates
from services.gateway.web.api import LARGEST_PAGE, Api, Json
from services.gateway.web.frame import Frames
from services.gateway.web.rendering import page

_UNDECLARED_DAYS = 35  # both of behaviour.md §7
_GRACE_DAYS = 7


@dataclass(frozen=True, slots=True)
class SourcesPage:
    """`/sources`."""

    api: Api
    frames: Frames

    async def show(self, request: Request) -> Response:
        """Every source."""
        around, found = await asyncio.gather(
            self.frames.around(request, "imports"),
            self.api.all(request, "/v1/sources", "sources", {}, most=1000),
        )
        # Imports are content: whoever reads none sees when a source was last read in full, which the source says.
        imports = await self._imports(request) if around["viewer"]["readContent"] else {}
        read = {
            each["name"]: imports.get(each["displayName"]) or each.get("importTime", "") for each in found
        }
        today = self.api.clock.today()
        late = {each["name"] for each in found if _late(each, today)}
        connectors = {each["connector"]["kind"]: each["connector"] for each in found}
        return page(
            "sources.html",
            **around,
            sources=found,
            read=read,
            late=late,
            connectors=list(connectors.values()),
        )

    async def _imports(self, request: Request) -> dict[str, str]:
        """When the newest of the latest imports of each source ended, by the source's name."""
        found = (await self.api.get(request, "/v1/imports", {"pageSize": LARGEST_PAGE}))["imports"]
        return {each["source"]: each["endTime"] for each in reversed(found) if each.get("endTime")}


def _late(source: Json, today: date) -> bool:
    """Whether its use is older than it may be."""
    if source["noLearners"] or not source.get("engagementTime"):
        return False
    known = dates.moment(source["engagementTime"]).date()
    rhythm: int = source["rhythmDays"]
    return (today - known).days > (rhythm + _GRACE_DAYS if rhythm else _UNDECLARED_DAYS)
