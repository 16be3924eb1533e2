"""`winnow wait`: returns when everything that has been said to Winnow has been worked off."""

from __future__ import annotations

import argparse
import time
from collections.abc import Mapping
from typing import Any

from services.cli.arguments import Commands
from services.cli.client import Client, client_command, connect
from services.cli.data_folder import DataFolder
from services.cli.outcome import Answer, CommandError, Exit

_POLL = 0.2
_IN_A_ROW = 2
"""An event can be between two services while one of them is asked; not in both of two rounds."""

_CATALOG_LEFT = ("runningImports", "outbox", "lag", "duePlans")
_CURATOR_LEFT = ("toEmbed", "toJudge", "outbox", "lag")


def add(commands: Commands) -> None:
    """Adds `wait`."""
    made = client_command(commands, "wait", _wait, "return when all imports and events are worked off")
    made.add_argument("--timeout", type=float, default=600.0, metavar="S", help="seconds (default: 600)")


def _wait(asked: argparse.Namespace, data: DataFolder) -> Answer:
    client = connect(asked, data)
    begun = time.monotonic()
    idle = 0
    while True:
        left = what_is_left(client)
        idle = 0 if left else idle + 1
        seconds = round(time.monotonic() - begun, 3)
        if idle >= _IN_A_ROW:
            return Answer(
                {"idle": True, "seconds": seconds, "left": {}}, (f"all done after {seconds:.1f} s",)
            )
        if seconds >= asked.timeout:
            text = ", ".join(f"{name} {value}" for name, value in left.items())
            document = {"idle": False, "seconds": seconds, "left": left}
            raise CommandError(Exit.FAILED, f"Not done after {asked.timeout:g} s: {text}.", document)
        time.sleep(_POLL)


def what_is_left(client: Client) -> dict[str, Any]:
    """What is still to do, by name; nothing when Winnow is idle now."""
    # In this order: what leaves the catalog's outbox is on the curator's durables before it is asked.
    catalog, curator = client.once("/v1/status"), client.once("/v1/index/status")
    if catalog is None or curator is None:
        silent = {"catalog": catalog, "curator": curator}
        return {name: "does not answer" for name, said in silent.items() if said is None}
    return remaining(catalog, curator)


def remaining(catalog: Mapping[str, Any], curator: Mapping[str, Any]) -> dict[str, Any]:
    """What two status messages (their protobuf JSON, in which 64-bit numbers are strings) say is left."""
    left: dict[str, Any] = {f"catalog.{name}": int(catalog[name]) for name in _CATALOG_LEFT}
    left |= {f"curator.{name}": int(curator[name]) for name in _CURATOR_LEFT}
    left |= {
        "catalog.natsConnected": 0 if catalog["natsConnected"] else "no",
        "curator.natsConnected": 0 if curator["natsConnected"] else "no",
        "curator.modelLoaded": 0 if curator["modelLoaded"] else "no",
        "curator.rebuilding": "yes" if curator["rebuilding"] else 0,
        "curator.reconciled": 0 if curator["reconciled"] else "no",
        "curator.epoch": 0 if curator["epoch"] == catalog["epoch"] else "differs",
    }
    return {name: value for name, value in left.items() if value}
