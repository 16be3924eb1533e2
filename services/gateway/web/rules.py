"""House rules: what they are, what breaks them, and what a change would have done in the past year before it is set."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import grpc.aio
from starlette.datastructures import FormData, QueryParams
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from services.gateway.web import trouble
from services.gateway.web.api import Api, Json, Query
from services.gateway.web.forms import number
from services.gateway.web.frame import Frames
from services.gateway.web.rendering import page

REQUIRABLE = (
    *("description", "kind", "language", "url", "version", "owner", "duration_seconds", "created", "updated"),
    *("review_date", "objectives"),
)
CLASSES = (
    *("news", "product", "software", "compliance", "policy", "procedure", "concepts", "skills", "evergreen"),
    "general",
)
BREAKABLE = (
    *("required_field", "resource_owners", "program_owners", "never_archived", "review_interval"),
    *("retired_vocabulary", "vendor_retired", "open_limit"),
)
LIMITS = {
    "firstSlots": "house_rules.first_slots",
    "slots": "house_rules.slots",
    "decidedEnough": "house_rules.decided_enough",
    "noticeDaysR2": "house_rules.notice_days_r2",
    "noticeDaysR3": "house_rules.notice_days_r3",
}
"""Numbers of the form, with what a refusal calls each."""
_MASK = (
    *("requiredFields", "minResourceOwners", "minProgramOwners", "neverArchived", "reviewIntervals"),
    *("checkLinks", *LIMITS),
)
_ROWS = "50"
_SPARE = 2
_EXAMPLES = 5
_PROPOSE = trouble.ask_for("SetHouseRules", "a learning leader")


@dataclass(frozen=True, slots=True)
class Rules:
    """`/rules` and `/rules/change`."""

    api: Api
    frames: Frames

    async def show(self, request: Request) -> Response:
        """The rules with what breaks each."""
        broken = request.query_params.get("broken", "")
        query: Query = {
            "rule": broken if broken in BREAKABLE else "",
            "pageSize": _ROWS,
            "pageToken": request.query_params.get("after", ""),
        }
        around, rules, every, chosen, names = await asyncio.gather(
            self.frames.around(request, "people"),
            self.api.get(request, "/v1/houseRules", {}),
            self.api.get(request, "/v1/violations", {"pageSize": "1"}),
            self.api.get(request, "/v1/violations", query),
            self._authors(request),
        )
        return page(
            "rules.html",
            **around,
            rules=rules,
            broken_counts=every["counts"],
            broken=query["rule"],
            breakable=BREAKABLE,
            violations=chosen["violations"],
            total=chosen["totalSize"],
            after=chosen["nextPageToken"],
            author=names.get(rules["author"], ""),
            sets=_sets(around),
            propose=_PROPOSE,
        )

    async def _authors(self, request: Request) -> dict[str, str]:
        return {each["name"]: each["displayName"] or each["email"] for each in await self.api.people(request)}

    async def change(self, request: Request) -> Response:
        """The form of all of them; once it is filled in, what that would have done in the past 12 months."""
        return await self._form(request, request.query_params, None)

    async def _form(
        self, request: Request, given: QueryParams | FormData, refused: trouble.Trouble | None
    ) -> Response:
        around, rules, sources = await asyncio.gather(
            self.frames.around(request, "people"),
            self.api.get(request, "/v1/houseRules", {}),
            self.api.all(request, "/v1/sources", "sources", {}, most=500),
        )
        tried: Json | None = None
        wanted = _wanted(given) if given.get("try") else rules
        if given.get("try") and refused is None:
            try:
                tried = await self.api.post(request, "/v1/houseRules:dryRun", {"houseRules": wanted})
            except grpc.aio.AioRpcError as error:
                refused = trouble.of(error)
        outcomes: list[Json] = tried["outcomes"] if tried else []
        examples = [name for each in outcomes for name in each["examples"][:_EXAMPLES]]
        return page(
            "rules_change.html",
            status=refused.status if refused else 200,
            **around,
            rules=wanted,
            etag=given.get("etag") or rules["etag"],
            intervals={each["contentClass"]: each["months"] for each in wanted["reviewIntervals"]},
            never=[*wanted["neverArchived"], *[_NONE] * _SPARE],
            sources=[each["displayName"] for each in sources],
            requirable=REQUIRABLE,
            classes=CLASSES,
            limits=LIMITS,
            tried=tried,
            things=await self.api.each(request, examples),
            sets=_sets(around),
            propose=_PROPOSE,
            trouble=refused,
        )

    async def set(self, request: Request) -> Response:
        """Sets them as they were tried."""
        form = await request.form()
        wanted = {**_wanted(form), "etag": str(form.get("etag", ""))}
        try:
            body = {"houseRules": wanted, "updateMask": ",".join(_MASK)}
            await self.api.post(request, "/v1/houseRules:set", body)
        except grpc.aio.AioRpcError as error:
            return await self._form(request, form, trouble.of(error))
        return RedirectResponse("/rules", status_code=303)


_NONE = {"kind": "", "source": "", "title": "", "reason": ""}


def _sets(around: dict[str, Any]) -> bool:
    return "LEARNING_LEADER" in around["roles"]


def _wanted(given: QueryParams | FormData) -> Json:
    """The rules as the form says them; numbers that are none are left to the catalog to refuse."""
    wanted: Json = {
        "requiredFields": [name for name in given.getlist("required") if name in REQUIRABLE],
        "minResourceOwners": number(given, "minResourceOwners") or 0,
        "minProgramOwners": number(given, "minProgramOwners") or 0,
        "neverArchived": _never(given),
        "reviewIntervals": [
            {"contentClass": name, "months": months}
            for name in CLASSES
            if (months := number(given, f"months-{name}")) is not None
        ],
        "checkLinks": bool(given.get("checkLinks")),
    }
    limits = {name: number(given, name) for name in LIMITS}
    return wanted | {name: value for name, value in limits.items() if value is not None}


def _never(given: QueryParams | FormData) -> list[Json]:
    columns = [_texts(given, f"never-{name}") for name in _NONE]
    rows: list[Json] = [dict(zip(_NONE, row, strict=True)) for row in zip(*columns, strict=False)]
    return [row for row in rows if row["kind"] or row["source"] or row["title"]]


def _texts(given: QueryParams | FormData, name: str) -> Sequence[str]:
    return [value.strip() for value in given.getlist(name) if isinstance(value, str)]
