"""Periods of a program's year, and what may be told of each beside all the others.

Whoever is told one may ask for the next, and for the months: what a wider period less a shorter one leaves, or a period
less the months shown of it, must not be few either. So which figures of a period are told does not hang on which
periods somebody asks for. Not looked at is what was told in an earlier month, of which nobody here keeps a record.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from services.catalog.domain.disclosure import few, told_by_sum
from services.catalog.domain.engagement import YEAR, month_index
from services.catalog.domain.participation import (
    HIDDEN,
    Counts,
    Figure,
    Inside,
    MonthTold,
    Participation,
    Told,
    beside_completed,
    mean,
    rating,
    ratio,
    told,
    unions,
)

PERIODS = (YEAR, 6, 3)
"""Months to the newest, the widest first: each period is the end of the one before."""
_REACH = 0
_COMPLETED = 2
_RATINGS = 3  # place of the raters among the measures; those before are learners, each inside the one before


@dataclass(frozen=True, slots=True)
class _Period:
    """Its counts by measure (reach, started, completed, raters), and what is told of it."""

    months: int
    counted: tuple[int, ...]
    told: Told

    def shows(self, measure: int) -> bool:
        return _figures(self.told)[measure].value is not None


def told_of(months: int, found: Participation | None, *, parts: Sequence[Inside] = ()) -> Told:
    """What may be told of the newest `months`, one of PERIODS; its own months and the trend are those of the year.

    `parts` lie inside this one, as `participation.told` has them, alone and as their unions; a shorter period of theirs
    may be told, too.
    """
    return all_told(found, parts=parts).periods[months]


@dataclass(frozen=True, slots=True)
class AllTold:
    """What is told of each of PERIODS, and the places of the months that a period told has beyond the next told."""

    periods: Mapping[int, Told]
    stretches: Sequence[range] = ()


def all_told(found: Participation | None, *, parts: Sequence[Inside] = ()) -> AllTold:
    """What may be told of every period, as `told_of`.

    A period of which nothing may be told hides no month of the year.
    """
    if found is None:
        return AllTold(dict.fromkeys(PERIODS, Told()))
    parts = (*parts, *unions(parts))
    lengths = PERIODS
    while True:
        stretches = _stretches(lengths)
        year = told(found, parts=parts, stretches=stretches)
        wider = [_Period(YEAR, _counted(found.year), year)]
        for length in lengths[1:]:
            wider.append(_shorter(length, found, wider, parts))
        those = (YEAR, *(each.months for each in wider[1:] if each.shows(_REACH)))
        if those == lengths:
            nothing = _untold(year, found)
            return AllTold(
                {**dict.fromkeys(PERIODS, nothing), **{each.months: each.told for each in wider}}, stretches
            )
        lengths = those


def _stretches(lengths: Sequence[int]) -> tuple[range, ...]:
    return tuple(
        range(YEAR - longer, YEAR - shorter)
        for longer, shorter in zip(lengths, (*lengths[1:], 0), strict=True)
    )


def _untold(year: Told, found: Participation) -> Told:
    nothing = dict.fromkeys(("reach", "started", "completed", "completion", "real_seconds"), HIDDEN)
    return replace(year, **nothing, rating=HIDDEN if found.year.raters else rating(found.year))


def told_before(months: int, found: Participation | None, *, parts: Sequence[Inside] = ()) -> Told | None:
    """The same of the same months a year before; None where its deliverers do not know of all of them.

    `parts` are counted of that year.
    """
    if found is None or found.before is None or found.oldest is None:
        return None
    if month_index(found.oldest) > month_index(found.before.newest) - months + 1:
        return None
    return told_of(months, found.before, parts=parts)


def months_back(day: date, months: int) -> date:
    """The day so many months before, the last one where that month is shorter."""
    year, month = divmod(month_index(day) - months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def year_before(month: date) -> date:
    """The same month a year before."""
    return month.replace(year=month.year - 1)


def _shorter(length: int, found: Participation, wider: Sequence[_Period], parts: Sequence[Inside]) -> _Period:
    counts = found.shorter.get(length, Counts())
    counted = _counted(counts)
    hidden: list[bool] = []
    for measure in range(len(counted)):
        inside = [at for at, hides in enumerate(hidden) if not hides] if measure < _RATINGS else []
        hidden.append(
            not wider[0].shows(measure)
            or _leaves_few(measure, length, counted[measure], found, wider)
            or any(_apart(outer, measure, length, counted, found, wider) for outer in inside)
            or any(_beside(measure, length, counts, each) for each in parts)
            or (measure == _COMPLETED and beside_completed(counted[measure], parts))
        )
    basis = "measured" if counts.measured else "estimated"
    reach, started, completed = (
        HIDDEN if hides else Figure(float(count), basis=basis)
        for count, hides in zip(counted[:_RATINGS], hidden[:_RATINGS], strict=True)
    )
    said = replace(
        wider[0].told,
        reach=reach,
        started=started,
        completed=completed,
        completion=ratio(completed, started),
        real_seconds=mean(float(counts.seconds), started),
        rating=HIDDEN if hidden[_RATINGS] and counts.raters else rating(counts),
    )
    return _Period(length, counted, said)


def _leaves_few(
    measure: int, length: int, count: int, found: Participation, wider: Sequence[_Period]
) -> bool:
    """Whether it counts a few, or leaves a few beside its months or beside a wider period and the months of that."""
    months = wider[0].told.months
    within = months[-length:]
    shown = [_cell(measure, each, found) for each in within if _figures(each)[measure].value is not None]
    return (
        any(few(abs(count - each)) for each in (0, *shown))
        or told_by_sum(_unseen(measure, within, found))
        or any(
            few(abs(each.counted[measure] - count))
            or told_by_sum(_unseen(measure, months[-each.months : -length], found))
            for each in wider
            if each.shows(measure)
        )
    )


def _beside(measure: int, length: int, counts: Counts, part: Inside) -> bool:
    """Whether a few are left beside a part, by its own period, or, where months add up, by those that are shown."""
    if measure >= _COMPLETED:  # who completes the whole is not who completes the part: see beside_completed
        return False
    count = _counted(counts)[measure]
    theirs = part.found.shorter.get(length)
    if theirs is not None and few(count - _counted(theirs)[measure]):
        return True
    if counts.measured:
        return False
    months = [_figures(each)[measure].value for each in part.told.months[-length:]]
    shown = [each for each in months if each is not None]
    return bool(shown) and len(shown) == len(months) and few(count - sum(shown))


def _apart(
    outer: int,
    inner: int,
    length: int,
    counted: Sequence[int],
    found: Participation,
    wider: Sequence[_Period],
) -> bool:
    """Whether a few lie between the two measures: in it, in what a wider period has beyond it, or in hidden months."""
    months = wider[0].told.months
    between = counted[outer] - counted[inner]
    return (
        few(abs(between))
        or few(_unseen_between(outer, inner, months[-length:], found))
        or any(
            few(abs(each.counted[outer] - each.counted[inner] - between))
            or few(_unseen_between(outer, inner, months[-each.months : -length], found))
            for each in wider
            if each.shows(outer) and each.shows(inner)
        )
    )


def _unseen_between(outer: int, inner: int, months: Sequence[MonthTold], found: Participation) -> int:
    """How many lie between the two measures in the months of which either is hidden."""
    return sum(
        _cell(outer, each, found) - _cell(inner, each, found)
        for each in months
        if _figures(each)[outer].hidden or _figures(each)[inner].hidden
    )


def _unseen(measure: int, months: Sequence[MonthTold], found: Participation) -> list[int]:
    """The counts of the months that are hidden, without those of nobody."""
    counts = [_cell(measure, each, found) for each in months if _figures(each)[measure].hidden]
    return [count for count in counts if count]


def _cell(measure: int, month: MonthTold, found: Participation) -> int:
    return _counted(found.months.get(month.month, Counts()))[measure]


def _counted(counts: Counts) -> tuple[int, ...]:
    return counts.reach, counts.started, counts.completed or 0, counts.raters


def _figures(said: Told | MonthTold) -> tuple[Figure, ...]:
    return said.reach, said.started, said.completed, said.rating
