"""The `winnow` command: what can be asked, and how each answer ends."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from importlib import import_module
from pathlib import Path

from services.cli import arguments
from services.cli.arguments import Commands, Run
from services.cli.data_folder import DataFolder
from services.cli.outcome import CommandError, Exit, print_answer, print_document

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
    "duties": "responsibility",
    "mode": "responsibility",
    "retirements": "retirements",
    "curate": "curation",
    "evaluate": "curation",
    "dlq": "dead_letters",
    "doctor": "doctor",
    "audit": "audit",
}


def main(words: Sequence[str] | None = None) -> None:
    """Entry point of the script `winnow`; exits with one of `outcome.Exit`."""
    given = sys.argv[1:] if words is None else words
    asked = parser(given).parse_args(given)
    try:
        code = _run(asked)
    except KeyboardInterrupt:
        sys.exit(130)  # as a shell reports it
    except BrokenPipeError:
        # Whoever read the answer, as `head`, has seen enough. Else Python would complain when it flushes at its end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(141)  # as a shell reports it
    if code is not None:
        sys.exit(code)


def _run(asked: argparse.Namespace) -> Exit | None:
    run: Run = asked.run
    try:
        answer = run(asked, DataFolder(asked.data))
    except CommandError as error:
        print(f"winnow: {error.text}", file=sys.stderr)
        if asked.json:
            print_document(error.document)
        return error.code
    if answer is None:
        return None
    print_answer(answer, as_json=asked.json)
    return answer.code


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
