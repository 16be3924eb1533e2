"""By which rules the organisation decides, and what another choice would come to before it is made."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

import grpc.aio
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from services.gateway.web import trouble
from services.gateway.web.api import Api, Json, names_of
from services.gateway.web.frame import Frames
from services.gateway.web.rendering import page

MODES = ("ROLE_BASED", "PROGRAM_BASED", "HYBRID")
_PROPOSE = trouble.ask_for("SetResponsibilityMode", "an administrator or a learning leader")
_SETS = frozenset({"ADMINISTRATOR", "LEARNING_LEADER"})


@dataclass(frozen=True, slots=True)
class Mode:
    """`/people/mode`."""

    api: Api
    frames: Frames

    async def show(self, request: Request) -> Response:
        """The mode in force; for whoever may switch it, who gains and who loses by the one they look at."""
        return await self._shown(request, request.query_params.get("mode", ""), None)

    async def _shown(self, request: Request, wanted: str, refused: trouble.Trouble | None) -> Response:
        around, mode, people = await asyncio.gather(
            self.frames.around(request, "people"),
            self.api.get(request, "/v1/responsibilityMode", {}),
            self.api.people(request),
        )
        asker = next((each for each in people if each["email"] == mode["askedBy"]), None)
        agree = set(around["roles"])
        if mode["asked"] == wanted and asker is not None and not asker.get("deactivateTime"):
            agree |= set(asker["roles"])
        sets = bool(_SETS & set(around["roles"]))
        tried: Json | None = None
        if sets and wanted in MODES and wanted != mode["mode"] and refused is None:
            body = {"mode": wanted, "validateOnly": True}
            tried = await self.api.post(request, "/v1/responsibilityMode:set", body)
        return page(
            "mode.html",
            status=refused.status if refused else 200,
            **around,
            mode=mode,
            modes=MODES,
            wanted=wanted if wanted in MODES else mode["mode"],
            lacks=sorted(_SETS - agree),
            sets=sets,
            propose=_PROPOSE,
            tried=tried,
            names=names_of(people),
            trouble=refused,
        )

    async def set(self, request: Request) -> Response:
        """Switches, or asks whoever holds the other role to."""
        wanted = str((await request.form()).get("mode", ""))
        body = {"mode": wanted if wanted in MODES else "MODE_UNSPECIFIED"}
        try:
            await self.api.post(request, "/v1/responsibilityMode:set", body)
        except grpc.aio.AioRpcError as error:
            return await self._shown(request, wanted, trouble.of(error))
        return RedirectResponse("/people/mode", status_code=303)
