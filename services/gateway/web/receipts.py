"""What the last decision did, said on the page that comes after it, with the way back."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlencode

import grpc
import grpc.aio
from starlette.requests import Request

from services.gateway.web import back, findings
from services.gateway.web.api import Api, Json
from services.gateway.web.taking_back import may_take_back, way_back
from services.gateway.web.words import known, say

STANDING = frozenset({"APPLIED", "SCHEDULED", "REJECTED", "SNOOZED"})
"""States that a decision has led to and from which there is a way back."""


@dataclass(frozen=True, slots=True)
class Receipt:
    """`word` (“Accepted.”), a sentence, and whether it can be taken back by the button beside it.

    `way` is the verb that does so, `query` what the address of that button says of whence one came.
    """

    suggestion: str
    word: str
    text: str
    undo: bool
    way: str
    query: str


async def receipt(api: Api, request: Request, email: str, origin: str = "") -> Receipt | None:
    """Of the decision that the address names, if this person made it and it still stands.

    `origin` is what its way back says of the page that shows it, where the page's address does not.
    """
    id_ = request.query_params.get("did", "")
    if not id_:
        return None
    try:
        found = await api.get(request, f"/v1/suggestions/{id_}", {})
    except grpc.aio.AioRpcError as error:
        if error.code() == grpc.StatusCode.NOT_FOUND:
            return None
        raise
    decision = found.get("decision")
    if not decision or decision["actor"] not in (email, "scheduler"):
        return None
    verb = "still" if decision["reason"] == "still_accurate" else decision["verb"]
    stands = found["state"] in STANDING or _waits(found, email)
    chosen = request.query_params.get("in", "")
    kept = {**({"in": chosen} if chosen else {}), **({"from": origin} if origin else back.kept(request))}
    query = f"?{urlencode(kept)}" if kept else ""
    undo = stands and may_take_back(found)
    return Receipt(id_, *_words(found, verb), undo=undo, way=way_back(found), query=query)


def outcome(suggestion: Json) -> str:
    """What the decision on it has led to, in words: done, done later, or waiting for somebody else's yes."""
    word, text = _words(suggestion, suggestion["decision"]["verb"])
    title = findings.title(suggestion)
    return word if text == title else f"{word} {text.removesuffix(f': {title}')}."


def _waits(suggestion: Json, email: str) -> bool:
    mine = any(approval["person"] == email for approval in suggestion["approvals"])
    return suggestion["state"] == "OPEN" and (mine or suggestion["decision"]["verb"] == "reject")


def _words(suggestion: Json, verb: str) -> tuple[str, str]:
    state = suggestion["state"].lower()
    title = findings.title(suggestion)
    word = known(f"done.{state}_{verb}", say("done.saved"))
    return word, known(f"done_text.{state}_{verb}", title, title=title)
