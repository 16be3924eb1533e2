"""What a plan does to each pseudonymous enrolment (behaviour.md §7).

Only sums leave this module, and the pseudonyms of those concerned, for whoever tells them. The sums are as they may be
told (behaviour.md §2), program by program: what one of them adds, or leaves when it is dropped, tells of no few either.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from services.catalog.domain.disclosure import coarse, few
from services.catalog.domain.engagement import Enrolment
from services.catalog.domain.programs import Program
from services.catalog.review.domain import Plan, Simulation
from services.catalog.review.effects import Effects, effects
from services.catalog.review.surroundings import Surroundings

MINUTES_UNKNOWN = 0.0  # an item that states no duration saves nothing that could be promised


@dataclass(frozen=True, slots=True)
class _Path:
    """A program's mandatory resources, nested programs laid flat, and for each those whose completion counts as it."""

    needed: tuple[str, ...]
    counts: Mapping[str, frozenset[str]]

    def open(self, completed: frozenset[str]) -> tuple[str, ...]:
        """What a learner has still to complete."""
        return tuple(each for each in self.needed if not self.counts[each] & completed)


@dataclass(frozen=True, slots=True)
class _Concerned:
    """A program whose path the plan changes, and the rows of each learner concerned.

    `inside` are ids of the programs on its path, itself among them.
    """

    program: str
    inside: frozenset[str]
    before: _Path
    after: _Path
    enrolled: Mapping[str, Sequence[Enrolment]]


def simulated(plan: Plan, around: Surroundings) -> Simulation:
    """Requirements met, minutes left and overdue before and after, for every enrolment of the touched programs and of
    those around them.

    Whoever is in a program and in one inside it counts once, and saves once. A touched program without rows of learners
    is computed on sums only, and says so, unless none of its sources has learners.
    """
    done = effects(plan.parts)
    touched = _touched(done, around)
    found = _all(touched, done, around)
    by_learner: dict[str, list[_Concerned]] = defaultdict(list)
    for each in found:
        for learner in each.enrolled:
            by_learner[learner].append(each)
    by_program: dict[str, list[_Outcome]] = defaultdict(list)
    for learner, theirs in sorted(by_learner.items()):
        for outermost in _outermost(theirs):
            within = [each for each in theirs if each.program in outermost.inside]
            by_program[outermost.program].append(
                _Outcome(
                    any(row.program == outermost.program for row in outermost.enrolled[learner]),
                    any(_loses(each, learner, done) for each in within),
                    any(_newly_overdue(each, learner, around.today) for each in within),
                    _saved(outermost, learner, around),
                )
            )
    told = [_told(outcomes) for _, outcomes in sorted(by_program.items())]
    reached = frozenset[str]().union(*(each.inside for each in found if each.enrolled))
    return Simulation(
        enrolments=sum(each.enrolments for each in told),
        lose_credit=sum(each.lose_credit for each in told),
        newly_overdue=sum(each.newly_overdue for each in told),
        minutes_saved=round(sum(each.minutes_saved for each in told), 1),
        sums_only=any(
            program.id not in reached and not around.without_learners_in(program) for program in touched
        ),
        rounded=any(each.rounded for each in told),
        few=any(each.few for each in told),
    )


@dataclass(frozen=True, slots=True)
class _Outcome:
    """What becomes of one enrolment; `enrolled` where a row says so of the program itself."""

    enrolled: bool
    loses: bool
    overdue: bool
    saved: float


def _told(outcomes: Sequence[_Outcome]) -> Simulation:
    """The sums over one program's enrolments, as they may be told."""
    count = len(outcomes)
    told = coarse(count, [sum(each.enrolled for each in outcomes)])
    savers = sum(each.saved != 0 for each in outcomes)
    hides = told != count or few(savers) or few(count - savers)
    return Simulation(
        told,
        _part(sum(each.loses for each in outcomes), count, told),
        _part(sum(each.overdue for each in outcomes), count, told),
        0.0 if hides else round(sum(each.saved for each in outcomes), 1),
        rounded=told != count,
        few=few(count),
    )


def _part(part: int, whole: int, told: int) -> int:
    """Some of those enrolled, as they may be told beside all of them: neither they nor the others are few."""
    return told if part and (part == whole or few(whole - part)) else coarse(part)


def learners(plan: Plan, around: Surroundings) -> frozenset[str]:
    """Pseudonyms of exactly those on whose enrolments `simulated` computes the plan."""
    done = effects(plan.parts)
    found = _all(_touched(done, around), done, around)
    return frozenset(learner for each in found for learner in each.enrolled)


def _touched(done: Effects, around: Surroundings) -> list[Program]:
    return [around.programs[id_] for id_ in sorted(done.programs) if id_ in around.programs]


def _all(touched: Sequence[Program], done: Effects, around: Surroundings) -> list[_Concerned]:
    return [_concerned(program, done, around) for program in around.reach(touched)]


def _outermost(found: Sequence[_Concerned]) -> Sequence[_Concerned]:
    """Those of one learner's that are not inside another of them."""
    outer = [
        each
        for each in found
        if not any(each.program in other.inside for other in found if other is not each)
    ]
    return outer or found[:1]


def _items(program: str, done: Effects, around: Surroundings) -> frozenset[str]:
    """Resources whose place in the program itself the plan changes."""
    touched = {old for inside, old, _ in (*done.items, *done.moved) if inside == program}
    touched |= {id_ for inside, id_ in done.eased if inside == program}
    if program in done.ended:
        touched |= set(around.held_by(program))
    return frozenset(touched)


def _concerned(program: Program, done: Effects, around: Surroundings) -> _Concerned:
    """Enrolled is who has a row of the program, or of a resource whose place in the program itself changes."""
    before, after = _path(program, None, around), _path(program, done, around)
    touched = _items(program.id, done, around)
    by_learner: dict[str, list[Enrolment]] = defaultdict(list)
    on_path = set(before.needed) | set(after.needed) | touched
    for each in around.enrolments:
        if each.program == program.id or each.resource in on_path:
            by_learner[each.learner].append(each)
    enrolled = {
        learner: rows
        for learner, rows in by_learner.items()
        if any(row.program == program.id or row.resource in touched for row in rows)
    }
    return _Concerned(program.id, around.inside(program.id, mandatory=True), before, after, enrolled)


def _completed(found: _Concerned, learner: str) -> frozenset[str]:
    rows = found.enrolled[learner]
    return frozenset(row.resource for row in rows if row.resource and row.state == "completed")


def _newly_overdue(found: _Concerned, learner: str, today: date) -> bool:
    rows, completed = found.enrolled[learner], _completed(found, learner)
    return _overdue(rows, found.after.open(completed), today) and not _overdue(
        rows, found.before.open(completed), today
    )


def _saved(found: _Concerned, learner: str, around: Surroundings) -> float:
    """Minutes that the learner is spared."""
    completed = _completed(found, learner)
    return _minutes(found.before.open(completed), around) - _minutes(found.after.open(completed), around)


def _path(program: Program, done: Effects | None, around: Surroundings) -> _Path:
    moves = {(inside, old): new for inside, old, new in done.items} if done else {}
    eased = set(done.eased) if done else set[tuple[str, str]]()
    ended = done.ended - {program.id} if done else set[str]()
    needed = list(
        dict.fromkeys(
            now
            for holder, item in around.laid_flat(program.id, mandatory=True)
            if holder not in ended
            and (holder, item.resource) not in eased
            and (now := moves.get((holder, item.resource), item.resource))
        )
    )
    added = done.equivalents if done else set[tuple[str, str]]()
    counts: dict[str, frozenset[str]] = {}
    for id_ in needed:
        resource = around.resources.get(id_)
        accepted = {id_, *(resource.equivalents if resource else ())}
        counts[id_] = frozenset(accepted | {old for old, new in added if new == id_})
    return _Path(tuple(needed), counts)


def _loses(found: _Concerned, learner: str, done: Effects) -> bool:
    """Whether something that is met now would be open again in another's name."""
    before, after, completed = found.before, found.after, _completed(found, learner)
    for inside, old, new in done.items:
        met = old in before.counts and bool(before.counts[old] & completed)
        if inside in found.inside and new in after.counts and met and not after.counts[new] & completed:
            return True
    return False


def _overdue(rows: Sequence[Enrolment], left: Sequence[str], today: date) -> bool:
    """Whether a due date has passed with something still to complete."""
    if not left:
        return False
    return any(
        row.due is not None and row.due < today and (row.program or row.resource in left) for row in rows
    )


def _minutes(left: Sequence[str], around: Surroundings) -> float:
    total = 0.0
    for id_ in left:
        resource = around.resources.get(id_)
        seconds = resource.shown("duration_seconds") if resource else 0
        total += seconds / 60 if isinstance(seconds, int) else MINUTES_UNKNOWN
    return total
