"""`winnow demo`: the main job on a catalog of files, before your eyes, with the commands that anybody would type.

It knows the place of the files and nothing of what is in them. Each step is checked; one that fails ends it.
"""

from __future__ import annotations

import argparse
import os
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from types import FrameType
from typing import Any, NoReturn, TextIO

import orjson
from pydantic import TypeAdapter, ValidationError

from services.cli import cards
from services.cli.arguments import Commands, command
from services.cli.cards import Json
from services.cli.data_folder import DataFolder
from services.cli.outcome import Answer, Exit, failed, wrong_use

_KINDS = ("DUPLICATE", "OUTDATED", "PROGRAM", "UNUSED")
_RELATIONS = ("IDENTICAL", "REVISED", "CONTAINED")
_AT_ONCE = ("R1", "R0")  # behaviour.md §8: due as soon as they are approved
_CONFIDENT = 0.70
_DIFFERENCES = 8


@dataclass(frozen=True, slots=True)
class SampleSource:
    """Files that are imported as one source."""

    name: str
    path: str


@dataclass(frozen=True, slots=True)
class Sample:
    """A catalog of files: `sample.json` of its folder."""

    name: str
    as_of: date
    sources: tuple[SampleSource, ...]
    people: str = ""


def add(commands: Commands) -> None:
    """Adds `demo`."""
    made = command(commands, "demo", _demo, "show the main job on the sample catalog, from files to undo")
    made.add_argument(
        "--once", action="store_true", help="in a folder of its own; stop and remove all at the end"
    )
    made.add_argument(
        "--sample",
        type=Path,
        metavar="DIR",
        help="folder with a sample.json (default: the one under ./samples)",
    )


def _demo(asked: argparse.Namespace, data: DataFolder) -> Answer:
    folder: Path = asked.sample or only_sample(Path("samples"))
    sample = read_sample(folder)
    with ExitStack() as stack:
        signal.signal(signal.SIGTERM, _end)
        if asked.once:
            data = DataFolder(Path(tempfile.mkdtemp(prefix="winnow-demo-")))
            stack.callback(shutil.rmtree, data.path, ignore_errors=True)
        demo = _Demo(folder, sample, data, sys.stderr if asked.json else sys.stdout)
        if asked.once:
            stack.callback(demo.winnow, "down")
        demo.start()
        demo.fill()
        demo.review()
        return demo.end(stay=not asked.once)


def _end(signum: int, _frame: FrameType | None) -> NoReturn:
    """Leaves as Ctrl-C does, so that what was started is stopped."""
    sys.exit(128 + signum)


def only_sample(folder: Path) -> Path:
    """The one folder below `folder` that holds a sample; CommandError when there are none or several."""
    found = sorted(path.parent for path in folder.glob("*/sample.json"))
    if len(found) != 1:
        raise wrong_use(f"{len(found)} samples under {folder.resolve()}; name one with --sample DIR.")
    return found[0]


def read_sample(folder: Path) -> Sample:
    """What `sample.json` says; CommandError when there is none or it says something else."""
    try:
        return TypeAdapter(Sample).validate_json((folder / "sample.json").read_bytes())
    except (OSError, ValidationError) as error:
        raise wrong_use(f"{folder} holds no sample: {error}") from error


def acceptable(suggestions: Sequence[Json]) -> Json | None:
    """The first suggestion that one person can accept and that then applies at once; None where there is none.

    Plans that learners can see come first: there is more to look at.
    """
    ready = [
        each
        for each in suggestions
        if each["state"] in ("OPEN", "HELD")
        and each["confidence"] >= _CONFIDENT
        and each["plan"]["risk"] in _AT_ONCE
        and not each["plan"]["safeguards"]
        and len(each["plan"]["approvalsNeeded"]) <= 1
        and each["plan"]["parts"]
    ]
    return min(ready, key=lambda each: _AT_ONCE.index(each["plan"]["risk"]), default=None)


class _Demo:
    """One run: what was started, what came out."""

    def __init__(self, folder: Path, sample: Sample, data: DataFolder, out: TextIO) -> None:
        self._folder = folder
        self._sample = sample
        self._data = data
        self._out = out
        self._begun = time.monotonic()
        self._width = min(max(shutil.get_terminal_size((100, 24)).columns, 80), 120)
        self._bold = ("\x1b[1m", "\x1b[0m") if out.isatty() and "NO_COLOR" not in os.environ else ("", "")
        self._told: dict[str, Any] = {"sample": sample.name, "today": sample.as_of.isoformat()}

    def winnow(self, *words: str) -> Json:
        """Runs a command as a person would and returns its document. CommandError if it fails."""
        self._say(f"  $ winnow {shlex.join(words)}")
        ran = subprocess.run(
            [sys.executable, "-P", "-m", "services.cli.main", "--data", self._data.path, "--json", *words],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            env={**os.environ, "WINNOW_TODAY": self._sample.as_of.isoformat()},
            check=False,
        )
        if ran.returncode not in (Exit.DONE, Exit.IN_PART):
            raise failed(f"`winnow {shlex.join(words)}` ended with {ran.returncode}.")
        return orjson.loads(ran.stdout)

    def start(self) -> None:
        """Starts servers and services."""
        self._head(
            f"{self._sample.name}: a catalog as it lies around in files; today is {self._sample.as_of}"
        )
        started = self.winnow("up", "--detach", "--ports", "auto")
        names = [process["name"] for process in started["processes"] if process["name"] != "up"]
        self._say(f"    {len(names)} processes run: {', '.join(names)}")
        self._told |= {"http": started["http"], "grpc": started["grpc"], "signIn": started["signIn"]}

    def fill(self) -> None:
        """Imports people and every source, and waits until all of it has been read and compared."""
        if self._sample.people:
            people = self.winnow("people", "import", str(self._folder / self._sample.people))
            counts = [f"{count} {what}" for what, count in people.items() if count and what != "consequences"]
            self._say(f"    {', '.join(counts)}")
        listings = 0
        for source in self._sample.sources:
            path = str(self._folder / source.path)
            done = self.winnow("import", path, "--source", source.name)
            listings += done["added"] + done["changed"] + done["unchanged"]
            told = [f"{done[name]} {name}" for name in ("added", "changed", "unchanged") if done[name]]
            told += [
                f"{len(done[name])} {name}" for name in ("unreadable", "warnings", "questions") if done[name]
            ]
            self._say(f"    {done['state'].lower()}: {', '.join(told)}")
        waited = self.winnow("wait")
        self._say(
            f"    read, embedded, compared and proposed {waited['seconds']:.1f} s after the last import"
        )
        self._told["listings"] = listings

    def review(self) -> None:
        """Shows what was found; accepts one suggestion, looks at what changed, takes it back."""
        self._head("What was found")
        suggestions = self.winnow("suggestions", "list")["suggestions"]
        if not suggestions:
            raise failed("Nothing was found in this catalog.")
        for line in cards.counts(suggestions):
            self._say(line)
        for each in _best(suggestions):
            self._say()
            self._card(each)
        chosen = acceptable(suggestions)
        if chosen is None:
            raise failed("No suggestion can be accepted by one person and applied at once.")
        self._decide(chosen)
        kinds = [each["kind"] for each in suggestions]
        self._told["suggestions"] = {kind: kinds.count(kind) for kind in _KINDS}

    def end(self, *, stay: bool) -> Answer:
        """Says how to go on, or that all is gone."""
        self._told["seconds"] = round(time.monotonic() - self._begun, 1)
        lines = [f"All of this took {self._told['seconds']:.0f} s."]
        if stay:
            at = "" if self._data.path == Path(".winnow").resolve() else f" --data {self._data.path}"
            if self._told["signIn"]:
                lines.append(f"Look around in the browser, signed in once: {self._told['signIn']}")
            lines += [
                f"Or in the terminal: .venv/bin/winnow{at} suggestions list",
                f"Stop it with:       .venv/bin/winnow{at} down",
            ]
        return Answer(self._told, ("", *lines))

    def _decide(self, chosen: Json) -> None:
        self._head("One of them is accepted, applied and taken back")
        self._card(chosen)
        self._say()
        before = self._export("before")
        applied = self.winnow("suggestions", "accept", chosen["name"])
        if applied["state"] != "APPLIED":
            raise failed(f"{chosen['name']} was accepted and is {applied['state']}, not APPLIED.")
        after = self._export("after")
        changed = list(cards.differences(_lines(before), _lines(after)))
        if not changed:
            raise failed("The plan was applied and the export is the same as before.")
        self._say("    applied; the export now differs in:")
        for line in changed[:_DIFFERENCES]:
            self._say(f"      {cards.shorten(line, self._width - 6)}")
        if len(changed) > _DIFFERENCES:
            self._say(f"      and {len(changed) - _DIFFERENCES} more")
        undone = self.winnow("suggestions", "undo", chosen["name"])
        if undone["state"] not in ("OPEN", "UNDONE"):
            raise failed(f"{chosen['name']} was undone and is {undone['state']}.")
        if self._export("undone") != before:
            raise failed("The plan was undone and the export is not the same as before.")
        self._say(
            f"    {undone['state'].lower()} again; the export is byte for byte what it was: {len(before)} bytes"
        )
        self._told |= {"accepted": chosen["name"], "changed": changed, "undone": undone["state"]}

    def _export(self, name: str) -> bytes:
        file = self._data.path / f"export-{name}.jsonl"
        self.winnow("export", "--out", str(file))
        return file.read_bytes()

    def _card(self, suggestion: Json) -> None:
        title, *lines = cards.card(suggestion, self._width)
        self._say(title.join(self._bold))
        for line in lines:
            self._say(line)

    def _head(self, text: str) -> None:
        self._say()
        self._say(text.join(self._bold))
        self._say("─" * len(text))

    def _say(self, text: str = "") -> None:
        print(text, file=self._out, flush=True)


def _best(suggestions: Sequence[Json]) -> Iterator[Json]:
    """Of each kind the surest with words to quote, of duplicates that of each relation.

    The API's order decides among equals.
    """
    for kind in _KINDS:
        of_kind = [each for each in suggestions if each["kind"] == kind]
        seen: set[str] = set()
        for each in sorted(of_kind, key=lambda each: (not _quotes(each), -each["confidence"])):
            if each["relation"] not in seen and (kind != "DUPLICATE" or each["relation"] in _RELATIONS):
                seen.add(each["relation"])
                yield each


def _quotes(suggestion: Json) -> bool:
    return any(evidence["quote"] for evidence in suggestion["evidence"])


def _lines(export: bytes) -> list[Json]:
    return [orjson.loads(line) for line in export.splitlines()]
