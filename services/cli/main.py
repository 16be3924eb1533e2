"""The `winnow` command: what can be asked, and how each answer ends."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path

from services.cli import (
    arguments,
    curation,
    dead_letters,
    demo,
    doctor,
    exporting,
    imports,
    people,
    suggestions,
    up,
    waiting,
)
from services.cli.arguments import Run
from services.cli.data_folder import DataFolder
from services.cli.outcome import CommandError, print_answer, print_document
from services.kit import telemetry

_GROUPS = (demo, up, imports, waiting, suggestions, exporting, people, curation, dead_letters, doctor)


def main(words: Sequence[str] | None = None) -> None:
    """Entry point of the script `winnow`; exits with one of `outcome.Exit`."""
    asked = parser().parse_args(words)
    run: Run = asked.run
    telemetry.configure_logging("winnow", "ERROR")
    try:
        answer = run(asked, DataFolder(asked.data))
    except CommandError as error:
        print(f"winnow: {error.text}", file=sys.stderr)
        if asked.json:
            print_document(error.document)
        sys.exit(error.code)
    except KeyboardInterrupt:
        sys.exit(130)  # as a shell reports it
    if answer is not None:
        print_answer(answer, as_json=asked.json)
        sys.exit(answer.code)


def parser() -> argparse.ArgumentParser:
    """All commands with their arguments; `--data` and `--json` may stand before or after a command."""
    whole = argparse.ArgumentParser(prog="winnow", description="Pull requests for a learning catalog.")
    whole.add_argument("--version", action="version", version=version("winnow-services"))
    arguments.add_common(whole, Path(".winnow"), as_json=False)
    commands = whole.add_subparsers(metavar="COMMAND", required=True)
    for group in _GROUPS:
        group.add(commands)
    return whole


if __name__ == "__main__":
    main()
