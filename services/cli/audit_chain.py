"""Checks the audit log's chain without trusting the server that sends it; winnow/review/v1/audit.proto says how."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

FIELDS = ("number", "time", "person", "credential", "role", "method", "target", "outcome", "detail")
START = "00" * 32


@dataclass(frozen=True, slots=True)
class Wrong:
    """What does not hold, at which entry."""

    entry: int
    text: str


@dataclass(slots=True)
class Checked:
    """What following the chain has found so far."""

    number: int = 0
    hash: str = START
    sealed: int = 0
    wrong: list[Wrong] = field(default_factory=list[Wrong])
    hashes: set[str] = field(default_factory=set[str])

    def follow(self, entries: Iterable[Mapping[str, Any]]) -> None:
        """Goes on with these entries, which are those that come next."""
        for entry in entries:
            number = int(entry["number"])
            digest = entry["digest"] if entry["sealed"] else digest_of(entry)
            if number != self.number + 1:
                self.wrong.append(Wrong(number, f"entries {self.number + 1} to {number - 1} are missing"))
            elif entry["previous"] != self.hash:
                self.wrong.append(Wrong(number, "it does not continue the entry before"))
            if hashed(entry["previous"], digest) != entry["hash"]:
                self.wrong.append(Wrong(number, "it was changed after it was written"))
            self.number, self.hash = number, entry["hash"]
            self.sealed += bool(entry["sealed"])
            self.hashes.add(entry["hash"])

    def end(self, head: Mapping[str, Any]) -> None:
        """Compares with the end that the server names."""
        last = int(head["number"])
        if last > self.number:
            self.wrong.append(Wrong(last, f"entries {self.number + 1} to {last} are missing"))
        elif last == self.number and head["hash"] != self.hash:
            self.wrong.append(Wrong(last, "the chain does not end as it says"))


def digest_of(entry: Mapping[str, Any]) -> str:
    """SHA-256 over an entry's fields, in hexadecimal."""
    texts = [str(entry[name]).encode() for name in FIELDS]
    return hashlib.sha256(b"".join(b"%d:%b," % (len(text), text) for text in texts)).hexdigest()


def hashed(previous: str, digest: str) -> str:
    """The hash of an entry, in hexadecimal."""
    return hashlib.sha256(bytes.fromhex(previous) + bytes.fromhex(digest)).hexdigest()
