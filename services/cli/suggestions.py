"""`winnow suggestions`: what was found, and what a person decides about it."""

from __future__ import annotations

import argparse
import uuid
from collections.abc import Iterator, Mapping
from typing import Any

from services.cli.arguments import Commands, group
from services.cli.cards import certainty
from services.cli.client import client_command, connect
from services.cli.data_folder import DataFolder
from services.cli.outcome import Answer, Exit, wrong_use

_PAGE = "200"
_NAME = "suggestions/"


def add(commands: Commands) -> None:
    """Adds `suggestions` with its verbs."""
    verbs = group(commands, "suggestions", "list suggestions and decide about them")
    listing = client_command(verbs, "list", _list, "list suggestions, highest priority first")
    listing.add_argument("--states", default="", metavar="OPEN,HELD,…", help="only these (default: all)")
    _named(verbs, "show", _show, "show one with its evidence and plan")

    accepting = _named(verbs, "accept", _accept, "approve the plan; what is due at once is applied")
    accepting.add_argument("--revision", type=int, help="of what was seen (default: as it is now)")
    accepting.add_argument("--fingerprint", help="of what was seen (default: as it is now)")
    accepting.add_argument(
        "--part", action="append", default=[], help="only this part of the plan; repeatable"
    )
    accepting.add_argument("--comment", default="", help="free words for the log")

    rejecting = _named(verbs, "reject", _reject, "refuse it with a reason that is remembered")
    rejecting.add_argument("--reason", required=True, help="such as different_audience or still_accurate")
    rejecting.add_argument(
        "--part", action="append", default=[], help="only this part of the plan; repeatable"
    )
    rejecting.add_argument("--comment", default="", help="free words; needed with the reason other")

    snoozing = _named(verbs, "snooze", _snooze, "put it off until a time or an event")
    snoozing.add_argument("--until", help="RFC 3339 time or date at which it comes back")
    snoozing.add_argument("--event", help="content_changes, nobody_in_progress or another suggestion's name")

    undoing = _named(verbs, "undo", _undo, "take an applied plan back")
    undoing.add_argument("--reason", default="", help="was_wrong says that the finding was false")


def _named(verbs: Commands, verb: str, run: Any, text: str) -> argparse.ArgumentParser:
    made = client_command(verbs, verb, run, text)
    made.add_argument("name", metavar="NAME", help="suggestions/… or the part after the slash")
    return made


def _list(asked: argparse.Namespace, data: DataFolder) -> Answer:
    states = [state.strip().upper() for state in asked.states.split(",") if state.strip()]
    query: dict[str, str | list[str]] = {"states": states, "pageSize": _PAGE}
    pages = connect(asked, data).pages("/v1/suggestions", query)
    found = [each for page in pages for each in page["suggestions"]]
    return Answer({"suggestions": found}, tuple(_line(each) for each in found) or ("none",))


def _show(asked: argparse.Namespace, data: DataFolder) -> Answer:
    return _answer(connect(asked, data).get(f"/v1/{_name(asked)}"))


def _accept(asked: argparse.Namespace, data: DataFolder) -> Answer:
    client = connect(asked, data)
    body: dict[str, Any] = {"revision": asked.revision, "fingerprint": asked.fingerprint}
    if asked.revision is None or asked.fingerprint is None:
        now = client.get(f"/v1/{_name(asked)}")
        body = {name: now[name] if value is None else value for name, value in body.items()}
    body |= {"parts": asked.part, "comment": asked.comment}
    return _answer(client.post(f"/v1/{_name(asked)}:accept", _once(body)))


def _reject(asked: argparse.Namespace, data: DataFolder) -> Answer:
    body = {"reason": asked.reason, "comment": asked.comment, "parts": asked.part}
    return _answer(connect(asked, data).post(f"/v1/{_name(asked)}:reject", _once(body)))


def _snooze(asked: argparse.Namespace, data: DataFolder) -> Answer:
    if bool(asked.until) == bool(asked.event):
        raise wrong_use("Give one of --until and --event.")
    until = f"{asked.until}T00:00:00Z" if asked.until and len(asked.until) == 10 else asked.until
    body = {"until": until} if until else {"event": asked.event}
    return _answer(connect(asked, data).post(f"/v1/{_name(asked)}:snooze", _once(body)))


def _undo(asked: argparse.Namespace, data: DataFolder) -> Answer:
    body = {"reason": asked.reason}
    return _answer(connect(asked, data).post(f"/v1/{_name(asked)}:undo", _once(body)))


def _name(asked: argparse.Namespace) -> str:
    name: str = asked.name
    return name if name.startswith(_NAME) else _NAME + name


def _once(body: Mapping[str, Any]) -> dict[str, Any]:
    """With a request id: repeated after a broken connection it still decides once."""
    return {**{name: value for name, value in body.items() if value}, "requestId": str(uuid.uuid4())}


def _answer(suggestion: dict[str, Any]) -> Answer:
    return Answer(suggestion, tuple(_lines(suggestion)), Exit.DONE)


def _line(suggestion: Mapping[str, Any]) -> str:
    relation = suggestion["relation"]
    what = suggestion["kind"] if relation == "RELATION_UNSPECIFIED" else f"{suggestion['kind']} {relation}"
    titles = " | ".join(member["title"] for member in suggestion["members"])
    return f"{suggestion['name']}  {suggestion['state']:9} {certainty(suggestion)}  {what}  {titles}"


def _lines(suggestion: Mapping[str, Any]) -> Iterator[str]:
    yield _line(suggestion)
    for each in suggestion["evidence"]:
        quote = f" “{each['quote']}”" if each["quote"] else ""
        place = f" ({each['place']})" if each["place"] else ""
        yield f"  {each['type']}: {each['text']}{quote}{place}"
    plan = suggestion.get("plan")
    if plan:
        yield f"  plan, risk {plan['risk']}:"
        for part in plan["parts"]:
            for change in part["changes"]:
                yield f"    {change['text'] or change['operation']}"
        for each in plan["approvalsNeeded"]:
            yield f"    needs: {each}"
        for each in plan["safeguards"]:
            yield f"    not now: {each['text']} {each['remedy']}"
