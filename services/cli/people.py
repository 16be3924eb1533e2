"""`winnow people` and `winnow token`: who works on the catalog, and what lets their programs in."""

from __future__ import annotations

import argparse
import base64
import re
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

from services.cli.arguments import Commands, group
from services.cli.client import Client, client_command, connect
from services.cli.data_folder import DataFolder
from services.cli.outcome import Answer, failed, wrong_use

_UNITS = {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86_400}


def add(commands: Commands) -> None:
    """Adds the commands of `people` and of `token`."""
    people = group(commands, "people", "who works on the catalog")
    importing = client_command(
        people, "import", _import, "add and update people from a CSV (email,name,roles,active)"
    )
    importing.add_argument("file", type=Path, metavar="FILE")
    importing.add_argument("--feed", default="", metavar="NAME", help="the people feed that it comes from")
    importing.add_argument("--preview", action="store_true", help="say what would happen, and change nothing")
    feed = client_command(
        people,
        "register-feed",
        _register,
        "let a system add people and end their access; its token is shown once",
    )
    feed.add_argument("title", metavar="TITLE")
    feed.add_argument(
        "--role",
        action="append",
        default=[],
        metavar="ROLE",
        help="a role it may give to those it adds (default: none)",
    )
    feed.add_argument("--ttl", type=seconds, default=0, help="such as 366d, 12h, 30m (default: 90d)")
    leaving = client_command(people, "deactivate", _deactivate, "end a person's access; others take over")
    leaving.add_argument("person", metavar="EMAIL")
    leaving.add_argument("--preview", action="store_true", help="say what would happen, and change nothing")
    returning = client_command(people, "reactivate", _reactivate, "give a person access again")
    returning.add_argument("person", metavar="EMAIL")
    away = client_command(people, "away", _away, "say until when a person is away; others take over")
    away.add_argument("person", metavar="EMAIL")
    away.add_argument(
        "--until", type=date.fromisoformat, metavar="DATE", help="last day (default: back again)"
    )
    away.add_argument("--preview", action="store_true", help="say what would happen, and change nothing")
    letting_in = client_command(
        people, "link", _link, "make a link by which a person signs in once; it is shown this once"
    )
    letting_in.add_argument("person", metavar="EMAIL")
    tokens = group(commands, "token", "credentials for programs")
    creating = client_command(tokens, "create", _create, "mint an API token; it is shown this once")
    creating.add_argument("--person", required=True, metavar="EMAIL", help="whose it is")
    creating.add_argument("--ttl", type=seconds, default=0, help="such as 90d, 12h, 30m (default: 90d)")
    client_command(
        tokens,
        "list",
        _list,
        "list live tokens and people feeds of everybody, as an administrator, or one's own",
    )
    revoking = client_command(tokens, "revoke", _revoke, "end a token or people feed at once")
    revoking.add_argument("name", metavar="NAME", help="as listed")
    creating.add_argument("--read-only", action="store_true", help="it can read and export, nothing else")


def seconds(text: str) -> int:
    """Seconds of `90d`, `12h`, `30m`, `45s` or `45`; ValueError for anything else."""
    found = re.fullmatch(r"(\d+)([smhd]?)", text)
    if found is None or int(found[1]) == 0:
        raise ValueError(f"not a time to live: {text}")
    return int(found[1]) * _UNITS[found[2]]


def _import(asked: argparse.Namespace, data: DataFolder) -> Answer:
    try:
        content = asked.file.read_bytes()
    except OSError as error:
        raise wrong_use(f"{asked.file} cannot be read: {error.strerror}.") from error
    named = asked.feed if not asked.feed or "/" in asked.feed else f"peopleFeeds/{asked.feed}"
    body = {"content": base64.b64encode(content).decode(), "feed": named, "validateOnly": asked.preview}
    done = connect(asked, data).post("/v1/people:import", body)
    counts = ", ".join(f"{count} {what}" for what, count in done.items() if what != "consequences")
    return Answer(done, (f"would be: {counts}" if asked.preview else counts, *consequences(done)))


def _register(asked: argparse.Namespace, data: DataFolder) -> Answer:
    roles = [each.upper().replace("-", "_") for each in asked.role]
    body: dict[str, Any] = {"feed": {"title": asked.title, "roles": roles}}
    if asked.ttl:
        body["ttl"] = f"{asked.ttl}s"
    made = connect(asked, data).post("/v1/peopleFeeds", body)
    feed = {"name": made["feed"]["name"], "token": made["token"], "expires": made["feed"]["expireTime"]}
    return Answer(feed, (feed["name"], feed["token"]))


def _deactivate(asked: argparse.Namespace, data: DataFolder) -> Answer:
    api = connect(asked, data)
    done = api.post(f"/v1/{_named(api, asked.person)}:deactivate", {"validateOnly": asked.preview})
    return Answer(done, (f"{asked.person}: {_done(asked, 'deactivated')}", *consequences(done)))


def _reactivate(asked: argparse.Namespace, data: DataFolder) -> Answer:
    api = connect(asked, data)
    done = api.post(f"/v1/{_named(api, asked.person)}:reactivate", {})
    return Answer(done, (f"{asked.person}: active",))


def _away(asked: argparse.Namespace, data: DataFolder) -> Answer:
    api = connect(asked, data)
    until: date | None = asked.until
    day = {"year": until.year, "month": until.month, "day": until.day} if until else None
    body = {"validateOnly": asked.preview, **({"until": day} if day else {})}
    done = api.post(f"/v1/{_named(api, asked.person)}:setAbsence", body)
    said = _done(asked, f"away until {until}" if until else "back")
    return Answer(done, (f"{asked.person}: {said}", *consequences(done)))


def _link(asked: argparse.Namespace, data: DataFolder) -> Answer:
    api = connect(asked, data)
    made = api.post(f"/v1/{_named(api, asked.person)}:createSignInLink", {})
    link = {"link": f"{api.url}{made['path']}", "expires": made["expireTime"]}
    return Answer(link, (link["link"],))


def _done(asked: argparse.Namespace, said: str) -> str:
    return f"would be {said}" if asked.preview else said


def _named(api: Client, email: str) -> str:
    """`people/{id}` of the person with this e-mail; CommandError when there is none."""
    for page in api.pages("/v1/people"):
        for person in page.get("people", ()):
            if person["email"].casefold() == email.casefold():
                return str(person["name"])
    raise failed(f"There is no person {email}.")


def consequences(answer: Mapping[str, Any]) -> list[str]:
    """Lines that say what a change of people comes to."""
    come = answer.get("consequences", {})
    vacant = [
        f"  nobody is {each['kind']} of {each['title']} ({each['name']})"
        for each in come.get("vacancies", ())
    ]
    moved = [
        f"  {each['suggestion']} goes to {each.get('to') or 'nobody'}: {each.get('summary', '')}".rstrip(": ")
        for each in come.get("reroutes", ())
    ]
    return [*vacant, *moved]


def _create(asked: argparse.Namespace, data: DataFolder) -> Answer:
    body = {"email": asked.person, "readOnly": asked.read_only}
    if asked.ttl:
        body["ttl"] = f"{asked.ttl}s"
    made = connect(asked, data).post("/v1/tokens", body)
    return Answer({"token": made["token"], "expires": made["expireTime"]}, (made["token"],))


def _list(asked: argparse.Namespace, data: DataFolder) -> Answer:
    client = connect(asked, data)
    roles = client.get("/v1/viewer")["person"]["roles"]
    everyone = "true" if "ADMINISTRATOR" in roles else "false"
    found = [
        each
        for kind in ("TOKEN", "PEOPLE_FEED")
        for page in client.pages("/v1/credentials", {"kind": kind, "everyone": everyone})
        for each in page["credentials"]
    ]
    tokens = [
        {
            "name": each["name"],
            "person": each["email"],
            "feed": each["title"],
            "readOnly": each["readOnly"],
            "madeBy": each["madeBy"],
            "created": each["createTime"],
            "expires": each["expireTime"],
        }
        for each in found
    ]
    lines = tuple(
        f"{each['name']}  {each['person']}  {_does(each)}  until {each['expires']}" for each in tokens
    )
    return Answer({"tokens": tokens}, lines or ("none",))


def _does(token: Mapping[str, Any]) -> str:
    if token["feed"]:
        return f"brings people: {token['feed']}"
    return "reads" if token["readOnly"] else "writes"


def _revoke(asked: argparse.Namespace, data: DataFolder) -> Answer:
    name = asked.name if "/" in asked.name else f"credentials/{asked.name}"
    ended = connect(asked, data).post(f"/v1/{name}:revoke", {})
    return Answer({"name": ended["name"], "person": ended["email"]}, (f"{ended['name']} has ended",))
