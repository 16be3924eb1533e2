"""What a plan does to each pseudonymous enrolment (behaviour.md §7).

Only sums leave this module, and the pseudonyms of those concerned, for whoever tells them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from services.catalog.domain.engagement import Enrolment
from services.catalog.domain.programs import Program
from services.catalog.review.domain import Plan, Simulation
from services.catalog.review.effects import Effects, effects
from services.catalog.review.surroundings import Surroundings

MINUTES_UNKNOWN = 0.0  # an item that states no duration saves nothing that could be promised


@dataclass(frozen=True, slots=True)
class _Path:
    """A program's mandatory resources, and for each those whose completion counts as it."""

    needed: tuple[str, ...]
    counts: Mapping[str, frozenset[str]]

    def open(self, completed: frozenset[str]) -> tuple[str, ...]:
        """What a learner has still to complete."""
        return tuple(each for each in self.needed if not self.counts[each] & completed)


def simulated(plan: Plan, around: Surroundings) -> Simulation:
    """Requirements met, minutes left and overdue before and after, for every enrolment of the touched programs.

    A program whose use is known but not by learner is computed on sums only, and says so.
    """
    done = effects(plan.parts)
    total = Simulation()
    for program in _touched(done, around):
        one = _program(program, done, around)
        total = Simulation(
            enrolments=total.enrolments + one.enrolments,
            lose_credit=total.lose_credit + one.lose_credit,
            newly_overdue=total.newly_overdue + one.newly_overdue,
            minutes_saved=round(total.minutes_saved + one.minutes_saved, 1),
            sums_only=total.sums_only or one.sums_only,
        )
    return total


def learners(plan: Plan, around: Surroundings) -> frozenset[str]:
    """Pseudonyms of exactly those on whose enrolments `simulated` computes the plan."""
    done = effects(plan.parts)
    found = [_concerned(program, done, around) for program in _touched(done, around)]
    return frozenset(learner for each in found for learner in each.enrolled)


def _touched(done: Effects, around: Surroundings) -> list[Program]:
    ids = {program for program, _, _ in done.items} | {program for program, _ in done.eased} | done.ended
    return [around.programs[id_] for id_ in sorted(ids) if id_ in around.programs]


@dataclass(frozen=True, slots=True)
class _Concerned:
    """A program's path before and after, the resources touched in it, and the rows of each learner concerned."""

    before: _Path
    after: _Path
    touched: frozenset[str]
    enrolled: Mapping[str, Sequence[Enrolment]]


def _concerned(program: Program, done: Effects, around: Surroundings) -> _Concerned:
    before, after = _path(program, None, around), _path(program, done, around)
    touched = {old for inside, old, _ in done.items if inside == program.id}
    touched |= {id_ for inside, id_ in done.eased if inside == program.id}
    if program.id in done.ended:
        touched |= set(around.held_by(program.id))
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
    return _Concerned(before, after, frozenset(touched), enrolled)


def _program(program: Program, done: Effects, around: Surroundings) -> Simulation:
    found = _concerned(program, done, around)
    before, after, enrolled = found.before, found.after, found.enrolled
    if not enrolled:
        # Nothing is known of any learner here: only where use itself is not known may that be taken for "nobody".
        known = any(around.use.get(each) is not None for each in found.touched)
        return Simulation(sums_only=known)
    lose = overdue = 0
    saved = 0.0
    for rows in enrolled.values():
        completed = frozenset(row.resource for row in rows if row.resource and row.state == "completed")
        left, left_after = before.open(completed), after.open(completed)
        lose += _loses(before, after, completed, done, program.id)
        overdue += _overdue(rows, left_after, around.today) and not _overdue(rows, left, around.today)
        saved += _minutes(left, around) - _minutes(left_after, around)
    return Simulation(len(enrolled), lose, overdue, round(saved, 1))


def _path(program: Program, done: Effects | None, around: Surroundings) -> _Path:
    moves = {old: new for inside, old, new in done.items if inside == program.id} if done else {}
    eased = {id_ for inside, id_ in done.eased if inside == program.id} if done else set[str]()
    needed = list(
        dict.fromkeys(
            moves.get(item.resource, item.resource)
            for item in program.items
            if item.resource
            and item.mandatory
            and item.resource not in eased
            and moves.get(item.resource, item.resource)
        )
    )
    added = done.equivalents if done else set[tuple[str, str]]()
    counts: dict[str, frozenset[str]] = {}
    for id_ in needed:
        resource = around.resources.get(id_)
        accepted = {id_, *(resource.equivalents if resource else ())}
        counts[id_] = frozenset(accepted | {old for old, new in added if new == id_})
    return _Path(tuple(needed), counts)


def _loses(before: _Path, after: _Path, completed: frozenset[str], done: Effects, program: str) -> bool:
    """Whether something that is met now would be open again in another's name."""
    for inside, old, new in done.items:
        met = old in before.counts and bool(before.counts[old] & completed)
        if inside == program and new in after.counts and met and not after.counts[new] & completed:
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
