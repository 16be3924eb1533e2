"""Which part of the queue somebody looks at; kept in the address of every suggestion, so that "next" stays in it."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, cast
from urllib.parse import urlencode

import orjson

from services.gateway.web.api import Json, Query

UNDECIDED: tuple[str, ...] = ("OPEN", "HELD", "SNOOZED")
"""States in which somebody can decide."""
LIVE = (*UNDECIDED, "SCHEDULED")
"""States in which something is suggested and not done yet; what is found holds in each of them."""
PAGE_SIZE = 50
TABS: dict[str, tuple[str, ...]] = {
    "you": ("OPEN",),
    "all": ("OPEN", "HELD"),
    "snoozed": ("SNOOZED",),
    "decided": ("SCHEDULED", "APPLIED", "REJECTED", "UNDONE", "WITHDRAWN"),
}
LISTS: dict[str, tuple[str, ...]] = {**TABS, "scheduled": ("SCHEDULED",), "applied": ("APPLIED",)}
"""The tabs, and what a figure of the insights leads to."""
ORDERS = {
    "suggested": "PRIORITY",
    "learners": "LEARNERS",
    "certain": "CONFIDENCE",
    "oldest": "OLDEST",
    "newest": "NEWEST",
}
SUGGESTED = "suggested"
KINDS = ("DUPLICATE", "OUTDATED", "UNUSED", "PROGRAM")


@dataclass(frozen=True, slots=True)
class Chosen:
    """A tab, a kind (empty for every), and a page by the API's token with how many rows come before it."""

    whose: str = "all"
    kind: str = ""
    q: str = ""
    order: str = SUGGESTED
    after: str = ""
    before: int = 0

    @classmethod
    def of(cls, query: Mapping[str, str], default: str) -> Chosen:
        """What the address of the queue says; anything unknown is as if it were not there."""
        whose = query.get("whose", "")
        kind = query.get("kind", "").upper()
        before = query.get("before", "")
        order = query.get("order", "")
        return cls(
            whose=whose if whose in LISTS else default,
            kind=kind if kind in KINDS else "",
            q=query.get("q", "").strip()[:200],
            order=order if order in ORDERS else SUGGESTED,
            after=query.get("after", ""),
            before=int(before) if before.isdecimal() else 0,
        )

    @classmethod
    def of_token(cls, token: str) -> Chosen | None:
        """The choice in a suggestion's address; None without one."""
        try:
            found: Any = orjson.loads(base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)))
        except (binascii.Error, ValueError):
            return None
        if not isinstance(found, dict):
            return None
        given = cast("dict[str, Any]", found)
        return cls.of({key: str(value) for key, value in given.items()}, "all")

    @property
    def token(self) -> str:
        """The same as one word of an address."""
        return base64.urlsafe_b64encode(orjson.dumps(self._given())).decode().rstrip("=")

    @property
    def address(self) -> str:
        """The queue with this choice."""
        return f"/review?{urlencode(self._given())}"

    def with_(self, **changes: Any) -> Chosen:
        """Another choice, from its first page on unless a page is named."""
        return replace(self, **{"after": "", "before": 0, **changes})

    @property
    def query(self) -> Query:
        """What the API is asked."""
        asked: Query = {
            "states": list(LISTS[self.whose]),
            "pageSize": str(PAGE_SIZE),
            "pageToken": self.after,
            "orderBy": ORDERS[self.order],
            "view": "LINE",
            "query": self.q,
        }
        if self.whose == "you":
            asked["assignee"] = "me"
        if self.kind:
            asked["kind"] = self.kind
        return asked

    def counted(self, counts: list[Json], *, mine: bool = False) -> int:
        """How many this choice has, of what CountSuggestions says; `mine`: of those assigned to who looks."""
        return sum(
            each["mine" if mine or self.whose == "you" else "count"]
            for each in counts
            if each["state"] in LISTS[self.whose] and self.kind in ("", each["kind"])
        )

    def _given(self) -> dict[str, Any]:
        every = {
            "whose": self.whose,
            "kind": self.kind.lower(),
            "q": self.q,
            "order": self.order if self.order != SUGGESTED else "",
            "after": self.after,
            "before": self.before,
        }
        return {name: value for name, value in every.items() if value}
