"""Why a decision was not taken, in words that say what to do: decided already, changed since, forbidden, refused."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlencode

import grpc
import grpc.aio

from services.gateway.errors import HTTP_CODES
from services.gateway.web import wrong
from services.gateway.web.taking_back import Conflict, conflicts
from services.gateway.web.words import known, say
from services.kit.errors import InvalidArgument, WinnowError
from services.kit.rpc import error_info, is_down


@dataclass(frozen=True, slots=True)
class Trouble:
    """What stands above a page whose form was refused. `kind` is decided, changed, denied or refused.

    `ask` is the address at which the right to do it can be asked for; empty where nobody could give it. `conflicts`
    are the fields that have to be answered for before it can be taken back. `wrong` says of each field, by its name in
    the API, what it has to say instead.
    """

    kind: str
    status: int
    title: str
    text: str
    ask: str = ""
    conflicts: tuple[Conflict, ...] = ()
    wrong: Mapping[str, str] = field(default_factory=dict[str, str])


def of(error: grpc.aio.AioRpcError, form: str = "") -> Trouble:
    """What a refused decision tells its sender; raises again what no page can say better (down, a bug, signed out).

    `form` is what `wrong.fields` tells fields of one name apart by.
    """
    info = error_info(error)
    reason = info.reason if info is not None else ""
    who = info.metadata.get("who_can", "") if info is not None else ""
    code = HTTP_CODES[error.code().name]
    title = known(f"trouble_reason.{reason.lower()}", "")
    # What a form named may be missing; what its address names is another page's to say.
    if is_down(error) or code in (401, 500) or (code == 404 and not title):
        raise error
    said = error.details() or reason
    changed = info.metadata.get("changed", "") if info is not None else ""
    if reason == "SUGGESTION_DECIDED" and not changed:
        return Trouble("decided", 409, say("trouble.decided"), say("trouble.decided_text"))
    if reason in ("SUGGESTION_CHANGED", "SUGGESTION_DECIDED"):
        return Trouble("changed", 409, say("trouble.changed"), say("trouble.changed_text", what=changed))
    # Where it is more than the state, the words say what.
    if reason == "STATE_HAS_NO_VERB" and info is not None and info.metadata.get("verb"):
        return Trouble("refused", 409, say("trouble.settled"), known(f"now.{info.metadata['state']}", said))
    if reason == "UNDO_CONFLICT":
        return Trouble("refused", 409, title, say("undo.conflict"), conflicts=conflicts(error))
    if code == 403:
        text = say("trouble.denied_text", who=who or said)
        return Trouble("denied", 403, say("trouble.denied"), text, asking(error))
    status = 409 if code == 400 and reason != "JSON_INVALID" else code
    return _refused(status, title, said, wrong.fields(error, form))


def invalid(error: InvalidArgument) -> Trouble:
    """The same of what was refused before any service was asked."""
    return _refused(400, "", error.text, wrong.fields(error))


def _refused(status: int, title: str, said: str, fields: Mapping[str, str]) -> Trouble:
    text = " ".join(dict.fromkeys(fields.values())) or said
    return Trouble("refused", status, title or say("trouble.refused"), text, wrong=fields)


def asking(error: WinnowError | grpc.aio.AioRpcError) -> str:
    """The page on which what was refused is asked for, with it filled in; empty where no role or duty is missing."""
    info = error_info(error) if isinstance(error, grpc.aio.AioRpcError) else None
    if info is None or info.reason != "NOT_ALLOWED":
        return ""
    return ask_for(info.metadata["method"], info.metadata["who_can"])


def ask_for(method: str, who: str) -> str:
    """The page on which what only these may do is asked for, with it filled in."""
    return f"/people/requests?{urlencode({'refused': method, 'who': who})}#ask"
