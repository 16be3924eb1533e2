"""How commands and their arguments are declared: each group of commands adds its own."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import TypeAlias

from services.cli.data_folder import DataFolder
from services.cli.outcome import Answer

Commands: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"  # pyright: ignore[reportPrivateUsage]
Run = Callable[[argparse.Namespace, DataFolder], Answer | None]
"""Does what was asked; None when it has said all itself."""


def command(commands: Commands, name: str, run: Run, text: str) -> argparse.ArgumentParser:
    """Adds a command that runs `run`; the caller adds its own arguments."""
    made = commands.add_parser(name, help=text, description=f"{text[0].upper()}{text[1:]}.")
    # Absent unless given, so that they do not undo what was given before the command.
    add_common(made, argparse.SUPPRESS, argparse.SUPPRESS)
    made.set_defaults(run=run)
    return made


def group(commands: Commands, name: str, text: str) -> Commands:
    """Adds a command that only has commands of its own."""
    made = commands.add_parser(name, help=text, description=f"{text[0].upper()}{text[1:]}.")
    add_common(made, argparse.SUPPRESS, argparse.SUPPRESS)
    return made.add_subparsers(metavar="COMMAND", required=True)


def add_common(made: argparse.ArgumentParser, data: Path | str, as_json: bool | str) -> None:
    """Adds what every command takes, with these values where it is not given."""
    made.add_argument(
        "--data", type=Path, default=data, metavar="DIR", help="folder of this Winnow (default: ./.winnow)"
    )
    made.add_argument(
        "--json", action="store_true", default=as_json, help="print one JSON document and nothing else"
    )
