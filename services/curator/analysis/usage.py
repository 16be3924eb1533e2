"""Whether so little use is evidence: what a resource drew, beside what others of its kind draw.

Expected use is what the middle one of its peers draws in a month, times the months in which learners could find it.
Observed use is improbable when P(X ≤ observed) < 0.05 under a negative binomial of size 1.5. Of the two things that
behaviour §5's “dispersion 1.5” may mean, only this one fits its own words, that zero uses are evidence only when
about ten were expected: with variance μ + μ²/1.5, P(0) = (1 + μ/1.5)^−1.5 falls below 0.05 at μ = 9.6; with
variance μ + 1.5·μ² it would do so at 59 only.
"""

from __future__ import annotations

import calendar
import math
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from services.curator.analysis.ageing import count
from services.curator.analysis.disclosure import few, learners, told
from services.curator.analysis.model import Claim, Reason

# Behaviour §5.
SIZE = 1.5
IMPROBABLE = 0.05
GRACE_DAYS = 180
IDLE_MONTHS = 3  # whole ones, which with the rest of the month before are 90 days or more
ANNUAL_HISTORY = 15  # months that show a year's season and that it has passed

# Set by hand: there is no corpus that tells what each resource drew, month by month, and what its owners did then.
WINDOW = 12  # months; whatever recurs each year is in it once
LEAST_PEERS = 5  # fewer say nothing of what such a resource draws
LEAST_MONTHS = 5  # whole ones, as 180 days hold
PRIOR = 0.20  # share of a catalog that nobody needs, before its use is looked at
NEGLECTED = 0.05  # share of its peers' use that what nobody needs still draws
SEASON_TIMES = (
    2.0  # a month of the season draws more than so many times the resource's mean month, every year
)
SEASON_SHARE = 0.70  # of all use, at least, falls into the season
SEASON_STARTS = 5  # in all seasons together: fewer may fall into the same months by chance
BURST_MONTHS, BURST_SHARE = 3, 0.80  # use that may be annual
CERTAIN = 0.97  # as for outdated content: use alone proves nothing


@dataclass(frozen=True, slots=True)
class Drawn:
    """What one resource drew. A resource of which no use is known has none of these: not known is not zero.

    `starts` are learners who started, month by month, oldest first; the last is `newest` (its first day). `audience`
    is what else it must share with its peers (its language). `required`: somebody must complete it, so use says
    nothing of what it draws. `exempt`: never judged, whatever its use. `unlisted`: the day since which Winnow keeps
    it out of lists; one that is `hidden` otherwise is not exposed at all. `published` None: since before the series.
    """

    resource: str
    kind: str
    starts: tuple[int, ...]
    newest: date
    published: date | None = None
    audience: str = ""
    programs: int = 0
    required: bool = False
    exempt: bool = False
    hidden: bool = False
    unlisted: date | None = None


def improbable_by(observed: int, expected: float) -> float:
    """P(X ≤ observed) under the negative binomial with this mean and size 1.5; 1.0 where nothing was expected."""
    if expected <= 0:
        return 1.0
    term = math.pow(SIZE / (SIZE + expected), SIZE)
    odds = expected / (SIZE + expected)
    total = term
    for number in range(1, observed + 1):
        term *= (number - 1 + SIZE) / number * odds
        total += term
    return min(1.0, total)


def unneeded(observed: int, expected: float) -> float:
    """The probability that nobody needs what drew so little, 0 to 0.97.

    By Bayes from the share of catalogs that nobody needs: such content draws a twentieth of what its peers draw,
    other content what they draw, both with the same spread. More use never raises it.
    """
    alive = (1 - PRIOR) * improbable_by(observed, expected)
    dead = PRIOR * improbable_by(observed, NEGLECTED * expected)
    return round(min(CERTAIN, dead / (dead + alive)), 2)


@dataclass(frozen=True, slots=True)
class Observed:
    """What is known of one resource's use on a day: (months since year 0, starts), oldest first.

    `window` are the months that count, at most 12, `history` all known ones; `season` as `season` says.
    """

    drawn: Drawn
    history: tuple[tuple[int, int], ...]
    window: tuple[tuple[int, int], ...]
    season: frozenset[int]

    @property
    def group(self) -> tuple[str, str]:
        """Kind and audience: whom it is compared with."""
        return self.drawn.kind, self.drawn.audience

    @property
    def is_peer(self) -> bool:
        """Whether others are measured by it: what must be completed, or cannot be found, says nothing."""
        return not (self.drawn.required or self.drawn.hidden) and len(self.window) >= LEAST_MONTHS

    @property
    def total(self) -> int:
        """Starts in the window."""
        return sum(starts for _, starts in self.window)

    @property
    def rate(self) -> float:
        """Starts a month in the window, one to four of them as they are told: others are measured by it."""
        return told(self.total) / len(self.window)


def observe(drawn: Drawn, today: date) -> Observed:
    """Its whole months after publication in which it could be found, up to the newest that is over and known."""
    newest = _index(drawn.newest)
    first = newest - len(drawn.starts) + 1
    since = first if drawn.published is None else max(first, _index(drawn.published) + 1)
    last = min(newest, _index(today) - 1)
    if drawn.unlisted is not None:
        last = min(last, _index(drawn.unlisted) - 1)
    history = tuple((month, drawn.starts[month - first]) for month in range(since, last + 1))
    return Observed(drawn, history, history[-WINDOW:], season(history))


def _index(day: date) -> int:
    return day.year * 12 + day.month - 1


def season(history: Sequence[tuple[int, int]]) -> frozenset[int]:
    """The calendar months (0 is January) in which its use recurs, year after year; empty where it has no season."""
    total = sum(starts for _, starts in history)
    if len(history) < ANNUAL_HISTORY or not total:
        return frozenset()
    by_month: dict[int, list[int]] = defaultdict(list)
    for month, starts in history:
        by_month[month % 12].append(starts)
    high = SEASON_TIMES * total / len(history)
    found = frozenset(
        month for month, years in by_month.items() if len(years) > 1 and all(each > high for each in years)
    )
    inside = sum(starts for month, starts in history if month % 12 in found)
    return found if inside >= max(SEASON_STARTS, SEASON_SHARE * total) else frozenset()


@dataclass(frozen=True, slots=True)
class Peers:
    """What resources of one kind and audience draw in a month, in ascending order, and whether that is annual.

    `unplaced` are the rates of those that no program holds.
    """

    rates: Sequence[float]
    unplaced: Sequence[float]
    annual: bool

    def expected(self, one: Observed) -> tuple[float, int]:
        """The middle rate a month of its peers and how many these are; 0.0 without any.

        What no program holds is not measured by what a program hands out: its peers have no better place.
        """
        rates = self.rates if one.drawn.programs else self.unplaced
        own = bisect_left(rates, one.rate) if one.is_peer else len(rates)
        others = len(rates) - one.is_peer
        if not others:
            return 0.0, 0

        def at(place: int) -> float:
            return rates[place + (place >= own)]

        return (at((others - 1) // 2) + at(others // 2)) / 2, others


def peers(group: Iterable[Observed]) -> Peers:
    """The peers among resources of one kind and audience."""
    among = [each for each in group if each.is_peer]
    seasons = [bool(each.season) for each in among if each.total and len(each.history) >= ANNUAL_HISTORY]
    return Peers(
        sorted(each.rate for each in among),
        sorted(each.rate for each in among if not each.drawn.programs),
        bool(seasons) and 2 * sum(seasons) >= len(seasons),
    )


def irrelevant(one: Observed, around: Peers, today: date) -> Claim | None:
    """That nobody needs it, by its use (MUSTIE's “irrelevant”); None where its use is no evidence."""
    drawn = one.drawn
    if drawn.required or drawn.exempt or (drawn.hidden and drawn.unlisted is None):
        return None
    until = drawn.unlisted or today
    young = drawn.published is not None and (until - drawn.published).days < GRACE_DAYS
    if young or len(one.window) < LEAST_MONTHS or today.month - 1 in one.season:
        return None
    if len(one.history) < ANNUAL_HISTORY and (around.annual or _may_be_annual(one)):
        return None
    judged = [(month, starts) for month, starts in one.window if not one.season or month % 12 in one.season]
    rate, number = around.expected(one)
    expected = rate * len(judged)
    # As it is told: neither that it is claimed nor how surely says how many of one to four there were.
    observed = told(sum(starts for _, starts in judged))
    if number < LEAST_PEERS or improbable_by(observed, expected) >= IMPROBABLE:
        return None
    return _claim(one, judged, expected, number)


def claims(everything: Iterable[Drawn], today: date) -> dict[str, Claim]:
    """The claims on all of these, by resource, each measured by the others of its kind and audience."""
    groups: dict[tuple[str, str], list[Observed]] = defaultdict(list)
    for each in everything:
        observed = observe(each, today)
        groups[observed.group].append(observed)
    found: dict[str, Claim] = {}
    for group in groups.values():
        around = peers(group)
        judged = ((each.drawn.resource, irrelevant(each, around, today)) for each in group)
        found |= {key: claim for key, claim in judged if claim is not None}
    return found


def _may_be_annual(one: Observed) -> bool:
    most = sorted((starts for _, starts in one.window), reverse=True)[:BURST_MONTHS]
    return few(one.total) or (one.total > 0 and sum(most) >= BURST_SHARE * one.total)


def _claim(one: Observed, judged: Sequence[tuple[int, int]], expected: float, number: int) -> Claim:
    last = judged[-1][0] if one.season else one.window[-1][0]
    when = f"in the {count(len(judged), 'month')} to {_month(last)} {last // 12}"
    if one.season:
        when = f"in its season, {_month(judged[0][0])} to {_month(last)} {last // 12}"
    observed = sum(starts for _, starts in judged)
    kind = f"of the kind “{one.drawn.kind}”" if one.drawn.kind else "of its kind"
    about = round(expected) if expected < 100 else round(expected / 10) * 10
    said = learners(observed)
    said = f"{said[0].upper()}{said[1:]} started it {when}"
    text = f"{said}; half of {number} others {kind} draw {about} or more."
    return Claim(
        "irrelevant",
        one.drawn.resource,
        unneeded(told(observed), expected),
        text,
        reasons=(
            Reason("started", float(told(observed)), f"{said}."),
            Reason(
                "expected",
                float(about),
                f"The middle one of {number} others {kind} draws {about} in such a time.",
            ),
        ),
    )


def _month(index: int) -> str:
    return calendar.month_name[index % 12 + 1]


def idle_since(drawn: Drawn, today: date) -> bool:
    """Whether nobody has started it for 90 days since Winnow took it out of lists; False where that is not known."""
    if drawn.unlisted is None:
        return False
    running = max(0, _index(drawn.newest) - _index(today) + 1)  # a month that is not over counts for nothing
    over = drawn.starts[: len(drawn.starts) - running]
    since = _index(drawn.newest) - running - _index(drawn.unlisted)
    return IDLE_MONTHS <= since <= len(over) and not any(over[-since:])
