"""`winnow retirements`: what vendors end, told to Winnow as a list."""

from __future__ import annotations

import argparse
import base64
from pathlib import Path

from services.cli.arguments import Commands, group
from services.cli.client import client_command, connect
from services.cli.data_folder import DataFolder
from services.cli.outcome import Answer, wrong_use


def add(commands: Commands) -> None:
    """Adds `retirements import`."""
    retirements = group(commands, "retirements", "what vendors end")
    importing = client_command(
        retirements,
        "import",
        _import,
        "take in a vendor's list from a CSV (product,version,code,end,replacement,source)",
    )
    importing.add_argument("file", type=Path, metavar="FILE")
    importing.add_argument(
        "--list", metavar="NAME", help="the list it takes the place of (default: the file's name)"
    )


def _import(asked: argparse.Namespace, data: DataFolder) -> Answer:
    try:
        content = asked.file.read_bytes()
    except OSError as error:
        raise wrong_use(f"{asked.file} cannot be read: {error.strerror}.") from error
    name: str = asked.list or asked.file.stem
    body = {"listName": name, "content": base64.b64encode(content).decode()}
    rules = connect(asked, data).post("/v1/houseRules:importRetirements", body)
    lines = sum(each["listName"] == name for each in rules["retirements"])
    return Answer({"list": name, "lines": lines}, (f"{lines} lines in the list {name}",))
