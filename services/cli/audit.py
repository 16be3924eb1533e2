"""`winnow audit`: that nothing in the log was changed, and what it says of one resource, to be checked elsewhere."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from typing import Any

from services.cli.arguments import Commands, group
from services.cli.audit_chain import FIELDS, START, Checked
from services.cli.client import Client, client_command, connect
from services.cli.data_folder import DataFolder
from services.cli.outcome import Answer, Exit, wrong_use

FORMAT = "winnow-audit-1"
_PAGE = "1000"


def add(commands: Commands) -> None:
    """Adds `audit verify` and `audit export`."""
    audit = group(commands, "audit", "who did what, and the proof that nothing was changed since")
    verifying = client_command(
        audit, "verify", _verify, "follow the whole chain; exit code 1 if it is broken"
    )
    verifying.add_argument("--head", metavar="HASH", help="a hash from the log that must be in the chain")
    exporting = client_command(audit, "export", _export, "why a resource was retired or kept, with the proof")
    exporting.add_argument(
        "--resource", required=True, metavar="KEY", help="SOURCE/EXTERNAL_ID, or its name resources/…"
    )


def _verify(asked: argparse.Namespace, data: DataFolder) -> Answer:
    checked = Checked()
    head: Mapping[str, Any] = {"number": "0", "hash": checked.hash}
    for page in connect(asked, data).pages("/v1/auditEntries", {"pageSize": _PAGE}):
        checked.follow(page["entries"])
        head = page["head"]
    checked.end(head)
    wrong = [{"entry": each.entry, "text": each.text} for each in checked.wrong]
    if asked.head and asked.head not in checked.hashes:
        wrong.append({"entry": checked.number, "text": f"no entry has the hash {asked.head}"})
    document = {
        "entries": checked.number,
        "sealed": checked.sealed,
        "head": {"number": checked.number, "hash": checked.hash},
        "wrong": wrong,
    }
    if wrong:
        return Answer(
            document, tuple(f"entry {each['entry']}: {each['text']}" for each in wrong), Exit.FAILED
        )
    return Answer(document, (f"{checked.number} entries, none changed; the chain ends in {checked.hash}",))


def _export(asked: argparse.Namespace, data: DataFolder) -> Answer:
    client = connect(asked, data)
    name = _named(client, asked.resource)
    record: dict[str, Any] = {}
    decisions: list[dict[str, Any]] = []
    for page in client.pages(f"/v1/{name}:audit"):
        record = page
        decisions += page["decisions"]
    query = {"resource": name, "pageSize": _PAGE}
    entries = [each for page in client.pages("/v1/auditEntries", query) for each in page["entries"]]
    document = {
        "format": FORMAT,
        "resource": {key: record[key] for key in ("resource", "title", "lifecycle", "successor", "listings")},
        "decisions": decisions,
        "chain": {
            "previous": entries[0]["previous"] if entries else START,
            "entries": [_link(each) for each in entries],
            "head": entries[-1]["hash"] if entries else START,
        },
    }
    return Answer(document, (f"{record['title']} ({record['lifecycle']})", *map(_line, decisions)))


def _named(client: Client, key: str) -> str:
    if key.startswith("resources/"):
        return key
    # Either may have a slash of its own.
    cuts = [place for place, sign in enumerate(key) if sign == "/"]
    for cut in cuts:
        found = client.get("/v1/resources", {"source": key[:cut], "externalId": key[cut + 1 :]})["resources"]
        if found:
            return found[0]["name"]
    raise wrong_use(f"There is no resource {key}; name it as SOURCE/EXTERNAL_ID.")


def _link(entry: Mapping[str, Any]) -> dict[str, Any]:
    if entry["sealed"]:
        return {"number": int(entry["number"]), "digest": entry["digest"]}
    return {name: int(entry[name]) if name == "number" else entry[name] for name in FIELDS}


def _line(decision: Mapping[str, Any]) -> str:
    role = f" as {decision['role']}" if decision["role"] else ""
    why = f": {decision['reason']}" if decision["reason"] else ""
    said = f" ({decision['comment']})" if decision["comment"] else ""
    return f"{decision['time']}  {decision['verb']} by {decision['person']}{role}{why}{said}"
