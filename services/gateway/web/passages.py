"""The texts of copies side by side: aligned passages in rows, differing words marked, runs of equal rows folded."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from services.gateway.web.api import Json
from services.gateway.web.difference import Run, words
from services.gateway.web.words import say

_TOLD = 3
ALIGNED = frozenset({"passage", "would_be_lost"})
"""Types of evidence that stand in rows; what else is quoted of a text stands by itself."""


@dataclass(frozen=True, slots=True)
class Cell:
    """One copy's words in one row; `told` says the differences in a sentence for whoever cannot see the marks."""

    runs: tuple[Run, ...]
    place: str
    told: str = ""
    meaning: bool = False

    @property
    def text(self) -> str:
        """The copy's own words."""
        return "".join(run.text for run in self.runs if run.how != "missing")


@dataclass(frozen=True, slots=True)
class Row:
    """One passage across the copies, None where a copy does not have it."""

    number: int
    cells: tuple[Cell | None, ...]
    same: bool

    @property
    def place(self) -> str:
        """Where it stands in the first copy that has it."""
        return next((cell.place for cell in self.cells if cell), "")


@dataclass(frozen=True, slots=True)
class Stretch:
    """Consecutive rows: equal ones, which the page folds, or ones that differ."""

    same: bool
    rows: tuple[Row, ...]


_Side = tuple[str, int, str]
_Found = dict[str, tuple[_Side, str]]


def aligned(suggestion: Json, columns: Sequence[str], letters: str) -> list[Row]:
    """Rows in the order of the first copy; what stands in one copy alone comes last."""
    found: dict[tuple[str, str, int], _Found] = {}
    for each in suggestion["evidence"]:
        if each["type"] not in ALIGNED or not each["quote"]:
            continue
        sides: dict[str, _Side] = {each["resource"]: (each["place"], each["start"], each["quote"])}
        other = each.get("counterpart")
        if other:
            sides[other["resource"]] = (other["place"], other["start"], other["quote"])
        shown = [name for name in columns if name in sides]
        if not shown or (other and len(shown) < 2):
            continue
        place, start, _ = sides[shown[0]]
        row = found.setdefault((shown[0], place, start), {})
        for name in shown:
            row.setdefault(name, (sides[name], each["match"]))
    order = sorted(_once(found.values()), key=lambda row: len(row) < 2)
    return [_row(number, row, columns, letters) for number, row in enumerate(order, 1)]


def told_of(suggestion: Json) -> set[str]:
    """The resources of which a passage is quoted."""
    found: list[Json] = [each for each in suggestion["evidence"] if each["type"] in ALIGNED and each["quote"]]
    found += [each["counterpart"] for each in found if each.get("counterpart")]
    return {str(each["resource"]) for each in found}


def _once(rows: Iterable[_Found]) -> Iterator[_Found]:
    """Without what stands in one copy alone and is shown beside its nearest passage already."""
    every = list(rows)
    shown = {(name, side[0], side[2]) for row in every if len(row) > 1 for name, (side, _) in row.items()}
    for row in every:
        if len(row) > 1 or not any(_within(name, side, shown) for name, (side, _) in row.items()):
            yield row


def _within(name: str, side: _Side, shown: Collection[tuple[str, str, str]]) -> bool:
    place, _, quote = side
    return any(name == other and place == there and (quote in words_) for other, there, words_ in shown)


def _row(number: int, found: _Found, columns: Sequence[str], letters: str) -> Row:
    first = next(name for name in columns if name in found)
    reference = found[first][0][2]
    cells: list[Cell | None] = []
    same = True
    for index, name in enumerate(columns):
        if name not in found:
            cells.append(None)
            same = False
            continue
        (place, _, quote), match = found[name]
        if name == first or match == "meaning":
            cells.append(Cell((Run("same", quote),), place, meaning=name != first))
            same = same and name == first
            continue
        runs = words(reference, quote)
        differs = any(run.how != "same" for run in runs)
        told = _told(runs, letters[index], letters[columns.index(first)]) if differs else ""
        cells.append(Cell(runs, place, told))
        same = same and not differs
    return Row(number, tuple(cells), same)


def _told(runs: Sequence[Run], here: str, there: str) -> str:
    told: list[str] = []
    for index, run in enumerate(runs):
        if run.how == "missing":
            after = runs[index + 1] if index + 1 < len(runs) else None
            if after is not None and after.how == "here":
                told.append(say("compare.told_other", here=here, new=after.text, there=there, old=run.text))
            else:
                told.append(say("compare.told_missing", here=here, there=there, old=run.text))
        elif run.how == "here" and (index == 0 or runs[index - 1].how != "missing"):
            told.append(say("compare.told_only", here=here, new=run.text))
    return " ".join(told[:_TOLD])


def stretches(rows: Sequence[Row]) -> Iterator[Stretch]:
    """Runs of equal rows and runs of rows that differ, in order."""
    for same, run in groupby(rows, key=lambda row: row.same):
        yield Stretch(same, tuple(run))
