"""`winnow people` and `winnow token`: who works on the catalog, and what lets their programs in."""

from __future__ import annotations

import argparse
import base64
import re
from pathlib import Path

from services.cli.arguments import Commands, group
from services.cli.client import client_command, connect
from services.cli.data_folder import DataFolder
from services.cli.outcome import Answer, wrong_use

_UNITS = {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86_400}


def add(commands: Commands) -> None:
    """Adds `people import` and `token create`, `list` and `revoke`."""
    people = group(commands, "people", "who works on the catalog")
    importing = client_command(
        people, "import", _import, "add and update people from a CSV (email,name,roles)"
    )
    importing.add_argument("file", type=Path, metavar="FILE")
    tokens = group(commands, "token", "credentials for programs")
    creating = client_command(tokens, "create", _create, "mint an API token; it is shown this once")
    creating.add_argument("--person", required=True, metavar="EMAIL", help="whose it is")
    creating.add_argument("--ttl", type=seconds, default=0, help="such as 90d, 12h, 30m (default: 90d)")
    client_command(tokens, "list", _list, "list live tokens of everybody, as an administrator, or one's own")
    revoking = client_command(tokens, "revoke", _revoke, "end a token at once")
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
    body = {"content": base64.b64encode(content).decode()}
    done = connect(asked, data).post("/v1/people:import", body)
    return Answer(done, (", ".join(f"{count} {what}" for what, count in done.items()),))


def _create(asked: argparse.Namespace, data: DataFolder) -> Answer:
    body = {"email": asked.person, "readOnly": asked.read_only}
    if asked.ttl:
        body["ttl"] = f"{asked.ttl}s"
    made = connect(asked, data).post("/v1/tokens", body)
    return Answer({"token": made["token"], "expires": made["expireTime"]}, (made["token"],))


def _list(asked: argparse.Namespace, data: DataFolder) -> Answer:
    client = connect(asked, data)
    roles = client.get("/v1/viewer")["person"]["roles"]
    query = {"kind": "TOKEN", "everyone": "true" if "ADMINISTRATOR" in roles else "false"}
    found = [each for page in client.pages("/v1/credentials", query) for each in page["credentials"]]
    tokens = [
        {
            "name": each["name"],
            "person": each["email"],
            "readOnly": each["readOnly"],
            "created": each["createTime"],
            "expires": each["expireTime"],
        }
        for each in found
    ]
    lines = tuple(
        f"{each['name']}  {each['person']}  {'reads' if each['readOnly'] else 'writes'}  until {each['expires']}"
        for each in tokens
    )
    return Answer({"tokens": tokens}, lines or ("none",))


def _revoke(asked: argparse.Namespace, data: DataFolder) -> Answer:
    name = asked.name if "/" in asked.name else f"credentials/{asked.name}"
    ended = connect(asked, data).post(f"/v1/{name}:revoke", {})
    return Answer({"name": ended["name"], "person": ended["email"]}, (f"{ended['name']} has ended",))
