"""How a command ends: its exit code, and what it says when it did not do what was asked."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Any

import orjson


class Exit(IntEnum):
    """The exit codes, which scripts rely on."""

    DONE = 0
    FAILED = 1
    WRONG_USE = 2
    IN_PART = 3
    REFUSED = 4


class CommandError(Exception):
    """Ends the command with an exit code and a sentence; `document` is what `--json` prints instead of it."""

    def __init__(self, code: Exit, text: str, document: Mapping[str, Any] | None = None) -> None:
        super().__init__(text)
        self.code = code
        self.text = text
        self.document: Mapping[str, Any] = document or {
            "error": {"status": code.name, "message": text, "details": []}
        }


def failed(text: str) -> CommandError:
    """It was tried and did not work."""
    return CommandError(Exit.FAILED, text)


def wrong_use(text: str) -> CommandError:
    """It was not asked in a way that makes sense."""
    return CommandError(Exit.WRONG_USE, text)


def refused(text: str) -> CommandError:
    """It makes sense and may not be done now, or not by this person."""
    return CommandError(Exit.REFUSED, text)


@dataclass(frozen=True, slots=True)
class Answer:
    """What a command has to say: one document for scripts, lines for people."""

    document: Mapping[str, Any]
    lines: tuple[str, ...] = ()
    code: Exit = field(default=Exit.DONE)


def print_answer(answer: Answer, *, as_json: bool) -> None:
    """Writes the one document, or the lines, to stdout."""
    if as_json:
        print_document(answer.document)
    else:
        for line in answer.lines:
            print(line)
    sys.stdout.flush()


def print_document(document: Mapping[str, Any]) -> None:
    """Writes the one JSON document of a `--json` command to stdout."""
    sys.stdout.buffer.write(orjson.dumps(document, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE))
    sys.stdout.buffer.flush()
