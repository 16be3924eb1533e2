"""The answers of a corpus, and which of them depend on one another."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from services.curator.corpus import read_rows

TEXT_ONLY = ("copied-text", "copied-passages")  # ties that rest on no person's act
_HARD = ("lexical-neighbour", "tfidf-neighbour")

Row = Mapping[str, object]
Pair = tuple[str, str]
Key = tuple[str, str]
"""What answers have in common: (source, and in it a commit or a document with all its copies)."""


@dataclass(frozen=True, slots=True)
class Truth:
    """One corpus: its resources as they stand in the file, its answers, and the document each copy belongs to."""

    name: str
    resources: Mapping[str, Row]
    pairs: tuple[Row, ...]
    outdated: tuple[Row, ...]
    cluster: Mapping[str, str]

    def key(self, resource: str, row: Row | None = None) -> Key:
        """What an answer on this resource depends on, inside its source.

        The commit that `row` rests on (one sweep retires many pages), else the document (its copies share their
        words), else the commit of this copy.
        """
        fields = self.resources.get(resource, {})
        source = str(fields.get("source") or self.name)
        for told in (
            None if row is None else evidence(row).get("commit"),
            self.cluster.get(resource),
            fields.get("commit"),
        ):
            if told:
                return source, str(told)
        return source, resource

    def keys(self, row: Row) -> tuple[Key, Key]:
        """The same for both sides of a pair."""
        return self.key(str(row["a"]), row), self.key(str(row["b"]), row)

    def source(self, resource: str) -> str:
        """The repository that the resource was taken from."""
        return self.key(resource)[0]


def read_truth(directory: Path) -> Truth:
    """The answers in `directory` (`pairs`, `outdated`, `clusters`) and its resources with their provenance."""
    return Truth(
        directory.name,
        {str(row["id"]): row for row in read_rows(directory, "resources")},
        tuple(read_rows(directory, "pairs")),
        tuple(read_rows(directory, "outdated")),
        {
            member: str(row["id"])
            for row in read_rows(directory, "clusters")
            for member in cast("list[str]", row["members"])
        },
    )


def pair(row: Row) -> Pair:
    """The two ids of a row, the smaller first."""
    a, b = str(row["a"]), str(row["b"])
    return (a, b) if a < b else (b, a)


def evidence(row: Row) -> Row:
    """What a row rests on, empty where it does not say."""
    value = row.get("evidence")
    return cast("Row", value) if isinstance(value, dict) else {}


def text_only(row: Row) -> bool:
    """Whether the tie of a pair is shared text alone, without a person's act."""
    return evidence(row).get("act") in TEXT_ONLY


def hard(row: Row) -> bool:
    """Whether a pair is of the hard slice: rewritten duplicates, and strangers that look alike."""
    told = evidence(row)
    return bool(told.get("rewritten")) or told.get("mined") in _HARD


def number(row: Row, field: str) -> float:
    """A number of a row, 0 where there is none."""
    value = row.get(field)
    return float(value) if isinstance(value, int | float) else 0.0
