"""How people learn with a resource or in a program: figures of a year, its months and a program's items.

Every figure is told only as far as `disclosure` allows; a ratio or mean is made of counts that are told.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import combinations

from services.catalog.domain.disclosure import apart, few, hidden_cells, leaves_few, nested
from services.catalog.domain.engagement import YEAR, month_index

HALF = 6  # months of either side of the trend


@dataclass(frozen=True, slots=True)
class Counts:
    """What was counted in a time. `reach`, `started` and `completed` lie inside each other.

    `completed` is None where completing has no meaning by the month. `ratings` is the sum over `raters`. `measured`:
    distinct learners alone; else sums, in which who comes twice counts twice.
    """

    reach: int = 0
    started: int = 0
    completed: int | None = 0
    seconds: int = 0
    ratings: float = 0.0
    raters: int = 0
    measured: bool = True


@dataclass(frozen=True, slots=True)
class Participation:
    """Counts of the 12 months to `newest` (its first day), together and by month; a month without is left out.

    `shorter` are those of fewer months to the newest, by how many; `before` is the year before, None where its
    deliverers say nothing that old. Either is there only where it was asked for.
    """

    newest: date
    year: Counts = Counts()
    months: Mapping[date, Counts] = field(default_factory=dict[date, Counts])
    shorter: Mapping[int, Counts] = field(default_factory=dict[int, Counts])
    before: Participation | None = None
    oldest: date | None = None


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure on a group: its value, None when it is hidden or not known."""

    value: float | None = None
    hidden: bool = False
    basis: str = ""


_NOTHING = nested([0, 0, 0])
HIDDEN = Figure(hidden=True)
UNKNOWN = Figure()


@dataclass(frozen=True, slots=True)
class MonthTold:
    """What is told of one month."""

    month: date
    reach: Figure
    started: Figure
    completed: Figure
    rating: Figure = UNKNOWN


@dataclass(frozen=True, slots=True)
class Told:
    """What is told of a year and its months, oldest first."""

    newest: date | None = None
    reach: Figure = UNKNOWN
    started: Figure = UNKNOWN
    completed: Figure = UNKNOWN
    completion: Figure = UNKNOWN
    real_seconds: Figure = UNKNOWN
    rating: Figure = UNKNOWN
    trend: Figure = UNKNOWN
    months: tuple[MonthTold, ...] = ()


@dataclass(frozen=True, slots=True)
class Inside:
    """A group that lies inside another (an item of a program, a program with some of its items): counted, and told.

    `holds` are ids of the items it is counted by, empty where that is not known; `needed`: whoever completed the other
    has completed this one. One that `yields` is told beside the other, whose months are told first.
    """

    found: Participation
    told: Told
    holds: frozenset[str] = frozenset()
    needed: bool = False
    yields: bool = False


@dataclass(frozen=True, slots=True)
class Around:
    """A group that another lies inside (a program of an item), told first.

    `stretches` are places of its months, of each of which the sum is told.
    """

    found: Participation
    told: Told
    stretches: Sequence[range] = ()


def can_yield(found: Participation) -> bool:
    """Whether months of a group may be hidden beside one around it, and its year be told all the same.

    Not where it has all of a measure in one month, which the year would tell.
    """
    cells = [_learners(cell) for cell in found.months.values()]
    return all(sum(cell[at] > 0 for cell in cells) != 1 for at in range(3))


def in_both(
    one: Participation | None,
    other: Participation | None,
    either: Participation | None,
    *,
    beside: Sequence[Told] = (),
    shared: Sequence[Told] = (),
    around: Sequence[Participation] = (),
) -> Figure:
    """Learners of two groups who are in each, from those counted in either; not known without single learners.

    `beside` is what is told of the two, `shared` what is told of items that both hold: where one of the two is hidden
    the figure would tell it, and less a shared item it tells of nobody few. With it everybody in either can be counted:
    groups `around` the two leave nobody few beside those.
    """
    if one is None or other is None or either is None:
        return UNKNOWN
    groups = (one.year, other.year, either.year)
    if not all(each.measured for each in groups) or one.newest != other.newest:
        return UNKNOWN
    both = one.year.reach + other.year.reach - either.year.reach
    inside = [figure.value for each in shared for figure in (each.reach, each.started)]
    items = [value for value in inside if value]
    if any(each.reach.hidden for each in beside):
        return HIDDEN
    if any(few(each.year.reach - either.year.reach) for each in around):
        return HIDDEN
    if leaves_few(both, (one.year.reach, other.year.reach)) or any(few(abs(both - each)) for each in items):
        return HIDDEN
    return Figure(float(both), basis="measured")


def unions(parts: Sequence[Inside]) -> list[Inside]:
    """What parts of one group that share no item are together: all items, and up to two programs, alone and with the
    items outside them.

    Who learned with several counts in each, so together they have at most so many: what the group has beyond that are
    people who are in none of them. Made of parts that are told alone, as a reader would.
    """
    shown = [each for each in parts if each.holds and each.told.reach.value is not None]
    items = {each.holds: each for each in shown if len(each.holds) == 1}
    programs = [each for each in shown if len(each.holds) > 1]
    found: list[Inside] = []
    for some in ((), *((each,) for each in programs), *combinations(programs, 2)):
        held = frozenset[str]().union(*(each.holds for each in some))
        if len(held) < sum(len(each.holds) for each in some):
            continue
        rest = [each for holds, each in items.items() if held.isdisjoint(holds)]
        found += [_together(each) for each in ((*some, *rest), some if rest else ()) if len(each) > 1]
    return found


def _together(parts: Sequence[Inside]) -> Inside:
    """Their sums, of which is told what is told of each of them."""
    lengths = frozenset(parts[0].found.shorter).intersection(*(each.found.shorter for each in parts))
    by_month = [{month.month: month for month in each.told.months} for each in parts]
    both = sorted(frozenset(by_month[0]).intersection(*by_month))
    nobody = Counts()
    return Inside(
        Participation(
            max(each.found.newest for each in parts),
            _sum([each.found.year for each in parts]),
            {month: _sum([each.found.months.get(month, nobody) for each in parts]) for month in both},
            {length: _sum([each.found.shorter[length] for each in parts]) for length in lengths},
        ),
        Told(
            reach=_sum_told([each.told.reach for each in parts]),
            started=_sum_told([each.told.started for each in parts]),
            months=tuple(
                MonthTold(
                    month,
                    _sum_told([each[month].reach for each in by_month]),
                    _sum_told([each[month].started for each in by_month]),
                    UNKNOWN,
                )
                for month in both
            ),
        ),
    )


def _sum(counts: Sequence[Counts]) -> Counts:
    return Counts(sum(each.reach for each in counts), sum(each.started for each in counts))


def _sum_told(figures: Sequence[Figure]) -> Figure:
    values = [each.value for each in figures if each.value is not None]
    return Figure(sum(values)) if len(values) == len(figures) else HIDDEN


def told(
    found: Participation | None,
    *,
    parts: Sequence[Inside] = (),
    wholes: Sequence[Around] = (),
    by_month: bool = True,
    stretches: Sequence[range] = (),
) -> Told:
    """What may be told of it; months and the trend, which is made of them, only `by_month`.

    `parts` lie inside this one: where the whole less one of them leaves one to four people, the whole is hidden, and a
    month of which that is so with others of its year; and who completed the whole, where that leaves as few of those
    who completed a part that it needs. The months of one that yields give way themselves, beside the `wholes` that it
    lies inside.

    `stretches` are places of months, of which the sum may be told of each: the months hidden of it then are as many as
    its sum does not tell.
    """
    if found is None:
        return Told()
    year = found.year
    calendar = months_to(found.newest)
    empty = Counts(completed=None if any(each.completed is None for each in found.months.values()) else 0)
    cells = [found.months.get(month, empty) for month in calendar]
    reached, begun, ended = ([_learners(cell)[at] for cell in cells] for at in range(3))
    beside = _Months(calendar, [part for part in parts if not part.yields], wholes, stretches)
    hidden, reach_hidden = beside.hidden(0, reached, year.reach, frozenset())
    chains = [
        _NOTHING if cell is empty else nested([cell.reach, cell.started, cell.completed or 0])
        for cell in cells
    ]
    starts, _ = beside.hidden(1, begun, year.started, hidden | _places(chains, 1))
    more = _apart(reached, begun, hidden | starts, stretches)
    starts, starts_hidden = beside.hidden(1, begun, year.started, starts | more)
    ends, _ = _hidden(ended, year.completed or 0, hidden | _places(chains, 2), stretches)
    if empty.completed is not None:
        ends |= _apart(begun, ended, starts | ends, stretches)
        ends |= _apart(reached, ended, hidden | ends, stretches)
    ends, ends_hidden = _hidden(ended, year.completed or 0, ends, stretches)
    raters, _ = _hidden([cell.raters for cell in cells], year.raters, frozenset(), stretches)
    chain = nested([year.reach, year.started, year.completed or 0])
    if _told_by_parts(year, parts):
        reach_hidden = starts_hidden = ends_hidden = True
        hidden = starts = ends = frozenset(range(len(cells)))
    if beside_completed(year.completed or 0, parts):
        ends_hidden, ends = True, frozenset(range(len(cells)))
    basis = "measured" if year.measured else "estimated"
    months = tuple(
        MonthTold(
            month,
            _figure(cell.reach, at in hidden, cell),
            _figure(cell.started, at in starts, cell),
            Figure() if cell.completed is None else _figure(cell.completed, at in ends, cell),
            HIDDEN if at in raters else rating(cell),
        )
        for at, (month, cell) in enumerate(zip(calendar, cells, strict=True))
        if by_month
    )
    started = HIDDEN if starts_hidden or chain[1] else Figure(float(year.started), basis=basis)
    completed = HIDDEN if ends_hidden or chain[2] else Figure(float(year.completed or 0), basis=basis)
    return Told(
        found.newest,
        HIDDEN if reach_hidden or chain[0] else Figure(float(year.reach), basis=basis),
        started,
        completed,
        ratio(completed, started),
        mean(float(year.seconds), started),
        rating(year),
        _trend(months) if by_month else UNKNOWN,
        months,
    )


_SHOWN_BESIDE = ((0, 0), (1, 1), (0, 1))
"""Measures of a whole and of what lies inside it that count the same people but for those who are not inside."""


@dataclass(frozen=True, slots=True)
class _Months:
    """The months of a group beside those of others, inside it or around it, which are told."""

    calendar: Sequence[date]
    parts: Sequence[Inside]
    wholes: Sequence[Around]
    stretches: Sequence[range]

    def hidden(
        self, measure: int, cells: Sequence[int], total: int, already: frozenset[int]
    ) -> tuple[frozenset[int], bool]:
        """As `_hidden`, and no month nor what is hidden of all leaves one to four people of the larger group.

        What is hidden for one reason can be told by another: it is looked at until nothing more is hidden.
        """
        pairs = [
            (self._unseen(each, theirs), self._less(cells, each, theirs), self.stretches)
            for mine, theirs in _SHOWN_BESIDE
            if mine == measure
            for each in self.parts
        ]
        pairs += [
            (self._unseen(each, theirs), [-less for less in self._less(cells, each, theirs)], each.stretches)
            for theirs, mine in _SHOWN_BESIDE
            if mine == measure
            for each in self.wholes
        ]
        hidden = already
        for unseen, less, _ in pairs:
            hidden |= {at for at, count in enumerate(less) if few(count) and at not in unseen}
        while True:
            found, whole = _hidden(cells, total, hidden, self.stretches)
            more = frozenset[int]().union(*(_more(less, found, unseen, each) for unseen, less, each in pairs))
            if more <= found:
                return found, whole
            hidden |= more

    def _unseen(self, other: Inside | Around, measure: int) -> frozenset[int]:
        said = {each.month: (each.reach, each.started)[measure] for each in other.told.months}
        return frozenset(
            at for at, month in enumerate(self.calendar) if said.get(month, UNKNOWN).value is None
        )

    def _less(self, cells: Sequence[int], other: Inside | Around, measure: int) -> list[int]:
        nobody = Counts()
        theirs = (_learners(other.found.months.get(month, nobody))[measure] for month in self.calendar)
        return [count - each for count, each in zip(cells, theirs, strict=True)]


def _more(
    less: Sequence[int], hidden: frozenset[int], unseen: frozenset[int], stretches: Sequence[range]
) -> frozenset[int]:
    """Which more months must be hidden of one of two groups, the larger of which has so many `less` the smaller.

    `hidden` are its own, `unseen` those of the other. What is hidden of either is told together, as its year less the
    months shown. Where such months leave a few, the next smallest goes with them: of those shown, or where this one
    hides none of them, of them.
    """
    more = frozenset[int]()
    for stretch in (*stretches, range(len(less))):
        mine, theirs = (frozenset(at for at in each if at in stretch) for each in (hidden, unseen))
        for together in (mine | theirs,) if mine & theirs else (mine, theirs):
            if not few(sum(less[at] for at in together)):
                continue
            others = together if together.isdisjoint(mine) else frozenset(stretch) - together
            some = sorted((less[at], at) for at in others if less[at] > 0)
            more |= {at for _, at in some[:1]}
    return more


def _told_by_parts(year: Counts, parts: Sequence[Inside]) -> bool:
    """Whether the whole less a part that is told leaves one to four people; its months would add up to the whole."""
    return any(
        inside.value is not None and few(whole - inside.value)
        for part in parts
        for whole, inside in (
            (year.reach, part.told.reach),
            (year.started, part.told.started),
            (year.reach, part.told.started),
        )
    )


def beside_completed(count: int, parts: Sequence[Inside]) -> bool:
    """Whether so many who completed a whole leave one to four beside a part that it needs and that is told."""
    return any(
        each.needed and each.told.completed.value is not None and few(each.told.completed.value - count)
        for each in parts
    )


def months_to(newest: date) -> list[date]:
    """The 12 months to that one, oldest first, each by its first day."""
    last = month_index(newest)
    return [date(index // 12, index % 12 + 1, 1) for index in range(last - YEAR + 1, last + 1)]


def _learners(counts: Counts) -> tuple[int, int, int]:
    return counts.reach, counts.started, counts.completed or 0


def _places(chains: Sequence[Sequence[bool]], measure: int) -> frozenset[int]:
    return frozenset(at for at, chain in enumerate(chains) if chain[measure])


def _hidden(
    cells: Sequence[int], total: int, already: frozenset[int], stretches: Sequence[range]
) -> tuple[frozenset[int], bool]:
    """As `hidden_cells`, of each stretch of the year and then of the year."""
    hidden = already
    for stretch in stretches:
        some = cells[stretch.start : stretch.stop]
        inside, _ = hidden_cells(some, sum(some), {at - stretch.start for at in hidden if at in stretch})
        hidden |= {at + stretch.start for at in inside}
    return hidden_cells(cells, total, hidden)


def _apart(
    outer: Sequence[int], inner: Sequence[int], hidden: frozenset[int], stretches: Sequence[range]
) -> frozenset[int]:
    """As `apart`, of each stretch of the year and then of the year."""
    between = [whole - part for whole, part in zip(outer, inner, strict=True)]
    more = frozenset[int]()
    for stretch in stretches:
        unseen = {at - stretch.start for at in hidden if at in stretch}
        found = apart(between[stretch.start : stretch.stop], frozenset(unseen))
        more |= {at + stretch.start for at in found}
    return more | apart(between, hidden | more)


def _figure(count: int, hides: bool, cell: Counts) -> Figure:
    return HIDDEN if hides else Figure(float(count), basis="measured" if cell.measured else "estimated")


def ratio(part: Figure, whole: Figure) -> Figure:
    """The share that one figure is of another, 0 to 1."""
    if part.hidden or whole.hidden:
        return HIDDEN
    if part.value is None or not whole.value:
        return Figure()
    return Figure(round(part.value / whole.value, 4), basis=whole.basis)


def mean(total: float, over: Figure) -> Figure:
    """What the total makes for each of those whom the figure counts."""
    if over.hidden:
        return HIDDEN
    return Figure(round(total / over.value, 1), basis=over.basis) if over.value and total else Figure()


def rating(counts: Counts) -> Figure:
    """The mean of the ratings."""
    if few(counts.raters):
        return HIDDEN
    basis = "measured" if counts.measured else "estimated"
    return Figure(round(counts.ratings / counts.raters, 2), basis=basis) if counts.raters else Figure()


def _trend(months: Sequence[MonthTold]) -> Figure:
    """Of the months told alone, so that it tells nothing of the others; hidden where these are too few to say it."""
    halves = [
        [each.started.value for each in half if each.started.value is not None]
        for half in (months[:HALF], months[HALF:])
    ]
    if not all(halves) or not sum(halves[0]):
        return HIDDEN if any(each.started.hidden for each in months) else UNKNOWN
    before, now = (sum(half) / len(half) for half in halves)
    return Figure(round(now / before - 1, 4), basis=months[-1].started.basis or "measured")


@dataclass(frozen=True, slots=True)
class ItemTold:
    """One item of a program, by the figures of its resource."""

    resource: str
    title: str
    stated_seconds: int
    use: Told


def drop_off(items: Sequence[ItemTold]) -> tuple[str, Figure]:
    """The item at which most learners are lost against the item before, and their share; empty where none are told."""
    worst, lost, share = "", 0.0, Figure()
    before: Figure | None = None
    for item in items:
        here = item.use.reach
        if here.value is None:
            continue
        if before is not None and before.value and before.value - here.value > lost:
            worst, lost = item.resource, before.value - here.value
            share = HIDDEN if few(lost) else Figure(round(lost / before.value, 4), basis=here.basis)
        before = here
    return worst, share
