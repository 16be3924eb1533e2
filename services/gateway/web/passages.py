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


@dataclass(frozen=True, slots=True)
class _Passage:
    """What says the same: by copy, its place and words. `alike`: pairs of copies that say it in like words."""

    sides: dict[str, _Side]
    alike: frozenset[frozenset[str]]

    @property
    def quotes(self) -> set[str]:
        return {_plain(quote) for _, _, quote in self.sides.values()}

    def meets(self, other: _Passage) -> bool:
        """Whether a copy has the same piece in both, or two copies the same words."""
        both = self.sides.keys() & other.sides.keys()
        same = any(self.sides[name][:2] == other.sides[name][:2] for name in both)
        return same or not self.quotes.isdisjoint(other.quotes)

    def fits(self, other: _Passage) -> bool:
        """Whether both can be one row: no copy has two pieces then."""
        both = self.sides.keys() & other.sides.keys()
        return all(self.sides[name][:2] == other.sides[name][:2] for name in both)

    def joined(self, other: _Passage) -> _Passage:
        return _Passage({**other.sides, **self.sides}, self.alike | other.alike)


def aligned(suggestion: Json, columns: Sequence[str], letters: str) -> list[Row]:
    """Rows in the order of the first copy; what stands in one copy alone comes last.

    Pairs are compared, and a row is one passage of all copies: a copy lacks it only where no pair quotes it there.
    """
    found: list[_Passage] = []
    for pair in sorted(_pairs(suggestion, columns), key=lambda each: len(each.sides) < 2):
        same = [each for each in found if each.meets(pair)]
        row, at = pair, len(found)
        for each in same:
            if each.fits(row):
                row, at = each.joined(row), min(at, found.index(each))
                found.remove(each)
        found.insert(at, row)
    every = (_filled(row, found) for row in _once(found))
    return [_row(number, row, columns, letters) for number, row in enumerate(every, 1)]


def _pairs(suggestion: Json, columns: Sequence[str]) -> Iterator[_Passage]:
    for each in suggestion["evidence"]:
        if each["type"] not in ALIGNED or not each["quote"]:
            continue
        sides: dict[str, _Side] = {each["resource"]: (each["place"], each["start"], each["quote"])}
        other = each.get("counterpart")
        if other:
            sides[other["resource"]] = (other["place"], other["start"], other["quote"])
        shown = {name: sides[name] for name in columns if name in sides}
        if shown and (not other or len(shown) > 1):
            alike = frozenset({frozenset(shown)} if each["match"] != "meaning" else ())
            yield _Passage(shown, alike)


def _filled(row: _Passage, found: Iterable[_Passage]) -> _Passage:
    """With the pieces of copies that could not be joined to it, having another piece of one copy, and say the same."""
    for other in found:
        if other.sides.keys() - row.sides.keys() and other.meets(row):
            row = row.joined(other)
    return row


def _plain(quote: str) -> str:
    return " ".join(quote.split())


def told_of(suggestion: Json) -> set[str]:
    """The resources of which a passage is quoted."""
    found: list[Json] = [each for each in suggestion["evidence"] if each["type"] in ALIGNED and each["quote"]]
    found += [each["counterpart"] for each in found if each.get("counterpart")]
    return {str(each["resource"]) for each in found}


def _once(rows: Collection[_Passage]) -> Iterator[_Passage]:
    """Without what stands in one copy alone and is shown beside its nearest passage already."""
    together = [row.sides for row in rows if len(row.sides) > 1]
    shown = {(name, place, quote) for sides in together for name, (place, _, quote) in sides.items()}
    for row in rows:
        if len(row.sides) > 1 or not any(_within(name, side, shown) for name, side in row.sides.items()):
            yield row


def _within(name: str, side: _Side, shown: Collection[tuple[str, str, str]]) -> bool:
    place, _, quote = side
    return any(name == other and place == there and (quote in words_) for other, there, words_ in shown)


def _row(number: int, found: _Passage, columns: Sequence[str], letters: str) -> Row:
    first = next(name for name in columns if name in found.sides)
    reference = found.sides[first][2]
    like_it = _like(first, found)
    cells: list[Cell | None] = []
    same = True
    for index, name in enumerate(columns):
        if name not in found.sides:
            cells.append(None)
            same = False
            continue
        place, _, quote = found.sides[name]
        if name == first or name not in like_it:
            cells.append(Cell((Run("same", quote),), place, meaning=name != first))
            same = same and name == first
            continue
        runs = words(reference, quote)
        differs = any(run.how != "same" for run in runs)
        told = _told(runs, letters[index], letters[columns.index(first)]) if differs else ""
        cells.append(Cell(runs, place, told))
        same = same and not differs
    return Row(number, tuple(cells), same)


def _like(first: str, found: _Passage) -> set[str]:
    """The copies that say it in words like those of the first, so that words can be compared."""
    like = {first}
    pairs = set(found.alike)
    plain = {name: _plain(quote) for name, (_, _, quote) in found.sides.items()}
    pairs |= {frozenset((a, b)) for a in plain for b in plain if a != b and plain[a] == plain[b]}
    while more := set[str]().union(*(pair for pair in pairs if pair & like)) - like:
        like |= more
    return like


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


def at_first(rows: Sequence[Row], most: int) -> list[Row]:
    """All rows that differ, with as many equal ones as there is room for in so many; in their order."""
    room = most - sum(1 for row in rows if not row.same)
    equal = [row.number for row in rows if row.same][: max(room, 0)]
    return [row for row in rows if not row.same or row.number in equal]


def stretches(rows: Sequence[Row]) -> Iterator[Stretch]:
    """Runs of equal rows and runs of rows that differ, in order."""
    for same, run in groupby(rows, key=lambda row: row.same):
        yield Stretch(same, tuple(run))
