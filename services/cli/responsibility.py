"""`winnow duties` and `winnow mode`: who is responsible for what, and by which rules."""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Mapping
from typing import Any

from services.cli.arguments import Commands, group
from services.cli.client import client_command, connect
from services.cli.data_folder import DataFolder
from services.cli.outcome import Answer, wrong_use
from services.cli.people import consequences

_KINDS = ("owner", "co_owner", "design", "develop", "facilitate", "evaluate")
_MODES = ("role_based", "program_based", "hybrid")
_NOBODY = "nobody"


def add(commands: Commands) -> None:
    """Adds the commands of `duties` and `mode`."""
    duties = group(commands, "duties", "who is responsible for what")
    listing = client_command(duties, "list", _list, "list programs, or resources, with who is responsible")
    listing.add_argument("--resources", action="store_true", help="resources instead of programs")
    listing.add_argument(
        "--gaps", action="store_true", help="only what nobody answers for, or lacks an advocate"
    )
    listing.add_argument("--person", metavar="EMAIL", help="only what this person has a duty on")
    setting = client_command(duties, "set", _set, "set one duty on a program or resource")
    setting.add_argument("name", metavar="NAME", help="programs/ID or resources/ID")
    setting.add_argument("kind", choices=_KINDS)
    setting.add_argument(
        "people", nargs="*", metavar="EMAIL", help="who has it; nobody: on purpose; none: as the source says"
    )
    setting.add_argument("--preview", action="store_true", help="say what would happen, and change nothing")
    modes = group(commands, "mode", "by which rules the organisation decides")
    client_command(modes, "show", _show, "say which mode is in force")
    switching = client_command(modes, "set", _switch, "switch the mode, together with the other role")
    switching.add_argument("mode", choices=_MODES)
    switching.add_argument("--preview", action="store_true", help="say what would happen, and change nothing")


def _list(asked: argparse.Namespace, data: DataFolder) -> Answer:
    query = {"kind": "RESOURCES" if asked.resources else "PROGRAMS", "gapsOnly": str(asked.gaps).lower()}
    if asked.person:
        query["person"] = asked.person
    pages = list(connect(asked, data).pages("/v1/responsibilities", query))
    found = [each for page in pages for each in page.get("responsibilities", ())]
    unassigned = pages[-1].get("unassignedSuggestions", 0)
    lines = [line for each in found for line in _lines(each)]
    if unassigned:
        lines.append(
            f"{unassigned} suggestions belong to nobody: they are not applied until somebody has them"
        )
    return Answer({"responsibilities": found, "unassignedSuggestions": unassigned}, tuple(lines))


def _lines(one: Mapping[str, Any]) -> Iterator[str]:
    yield f"{one['title']} ({one['name']}){': ownerless' if one.get('ownerless') else ''}"
    for duty in one.get("duties", ()):
        holders = [
            holder["email"] + ("" if holder.get("active") else " (gone)")
            for holder in duty.get("holders", ())
        ]
        who = ", ".join(holders) or ("nobody, on purpose" if duty.get("nobody") else "")
        if who:
            inherited = duty.get("inheritedFrom")
            yield f"  {duty['kind'].lower()}: {who}{f' (from {inherited})' if inherited else ''}"
    if one.get("missing"):
        yield f"  no advocate: {', '.join(each.lower() for each in one['missing'])}"


def _set(asked: argparse.Namespace, data: DataFolder) -> Answer:
    if not asked.name.startswith(("programs/", "resources/")):
        raise wrong_use(f"{asked.name} must be programs/ID or resources/ID.")
    people: list[str] = [] if asked.people == [_NOBODY] else asked.people
    change = {"kind": asked.kind.upper(), "nobody": asked.people == [_NOBODY], "people": people}
    body = {"changes": [change], "validateOnly": asked.preview}
    done = connect(asked, data).post(f"/v1/{asked.name}:setDuties", body)
    return Answer(done, (*_lines(done["responsibility"]), *consequences(done)))


def _show(asked: argparse.Namespace, data: DataFolder) -> Answer:
    mode = connect(asked, data).get("/v1/responsibilityMode")
    return Answer(mode, (_mode(mode),))


def _mode(mode: Mapping[str, Any]) -> str:
    asked = f"; {mode.get('askedBy')} asks for {mode['asked'].lower()}" if "asked" in mode else ""
    return f"{mode['mode'].lower()}{asked}"


def _switch(asked: argparse.Namespace, data: DataFolder) -> Answer:
    body = {"mode": asked.mode.upper(), "validateOnly": asked.preview}
    done = connect(asked, data).post("/v1/responsibilityMode:set", body)
    rights = (
        f"  {each['person']}: {each.get('suggestionsGained', 0)} suggestions more to decide, "
        f"{each.get('suggestionsLost', 0)} fewer"
        for each in done.get("rights", ())
    )
    return Answer(done, (_mode(done["mode"]), *rights, *consequences(done)))
