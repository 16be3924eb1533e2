"""The `winnow` command: what can be asked, and how each answer ends."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from importlib import import_module
from pathlib import Path

from services.cli import arguments
from services.cli.arguments import Commands, Run
from services.cli.data_folder import DataFolder
from services.cli.outcome import CommandError, print_answer, print_document

# Each command's module adds it. Only those that were named are loaded: loading all takes longer than most answers.
_MODULES = {
    "demo": "demo",
    "up": "up",
    "down": "up",
    "status": "status",
    "import": "imports",
    "wait": "waiting",
    "suggestions": "suggestions",
    "export": "exporting",
    "people": "people",
    "token": "people",
    "retirements": "retirements",
    "curate": "curation",
    "evaluate": "curation",
    "dlq": "dead_letters",
    "doctor": "doctor",
}


def main(words: Sequence[str] | None = None) -> None:
    """Entry point of the script `winnow`; exits with one of `outcome.Exit`."""
    given = sys.argv[1:] if words is None else words
    asked = parser(given).parse_args(given)
    run: Run = asked.run
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


def parser(words: Sequence[str]) -> argparse.ArgumentParser:
    """The commands that `words` may mean, all if none; `--data` and `--json` may stand before or after them."""
    whole = argparse.ArgumentParser(prog="winnow", description="Pull requests for a learning catalog.")
    arguments.add_common(whole, Path(".winnow"), as_json=False)
    commands = whole.add_subparsers(metavar="COMMAND", required=True)
    named = [_MODULES[word] for word in words if word in _MODULES]
    for module in dict.fromkeys(named or _MODULES.values()):
        add: Callable[[Commands], None] = import_module(f"services.cli.{module}").add
        add(commands)
    return whole


if __name__ == "__main__":
    main()
