"""What a plan would change for people, and how soon it is worth a look (behaviour.md §9)."""

from __future__ import annotations

from collections.abc import Sequence

from services.catalog.domain.disclosure import leaves_few
from services.catalog.domain.engagement import month_index
from services.catalog.domain.house_rules import Weights
from services.catalog.domain.resources import Resource
from services.catalog.review.domain import Figure, Impact, Operation, Plan, Risk
from services.catalog.review.findings import Kind, Proposal
from services.catalog.review.safeguards import led_away
from services.catalog.review.surroundings import Surroundings, bare
from services.catalog.review.use_told import figures, use_told

# Assumed until a team says better: hours a year that keeping one resource current takes.
MAINTENANCE_HOURS = {"course": 8.0, "package": 8.0, "module": 4.0, "video": 4.0, "document": 2.0, "page": 1.0}
OTHER_HOURS = 3.0
# Assumed: minutes a reviewer needs, and hours lost when the plan was wrong, by risk.
REVIEW_MINUTES = {Risk.R0: 2.0, Risk.R1: 5.0, Risk.R2: 10.0, Risk.R3: 20.0}
HARM_HOURS = {Risk.R0: 0.1, Risk.R1: 1.0, Risk.R2: 4.0, Risk.R3: 12.0}
EXPOSED_HOURS = 0.05  # assumed worth of one learner who does not meet wrong content
EXPOSED_MONTHS = 3
YEAR_MONTHS = 12
_BEFORE_THEM = ("not_started", "in_progress")


def impact(proposal: Proposal, plan: Plan, around: Surroundings) -> Impact:
    """Learners affected and exposed, learner hours and maintenance hours a year, and the harm if it is wrong.

    Each with its basis; learners are those in progress, those assigned, and those of the past 12 months. What would
    tell of fewer than 5 learners is hidden here already, so that no order, sum or sheet is made of it either.
    """
    concerned = _concerned(proposal, plan, around)
    learners = _learners(concerned, around)
    hours = 0.0
    if proposal.kind is Kind.PROGRAM:
        staying = _who_stay(plan, around) if proposal.saving_per_learner else None
        hours = round(proposal.saving_minutes * (1.0 if staying is None else staying) / 60, 1)
    closed = [each for each in concerned if each.id in led_away(plan)]
    hours_of = {**MAINTENANCE_HOURS, **around.rules.weights.maintenance_hours}
    kept = sum(hours_of.get(str(each.shown("kind") or ""), OTHER_HOURS) for each in closed)
    return Impact(
        learners,
        _told(hours, "hours a year", proposal.saving_basis or "estimated", hidden=learners.hidden),
        Figure(
            kept if proposal.kind is not Kind.PROGRAM else proposal.maintenance_hours,
            "hours a year",
            "assumed",
        ),
        _exposed(proposal, plan, around, hidden=learners.hidden),
        Figure((_by_risk(around.rules.weights.harm_hours) or HARM_HOURS)[plan.risk], "hours", "assumed"),
    )


def _told(value: float, unit: str, basis: str, *, hidden: bool) -> Figure:
    """The figure; that nobody or nothing is concerned tells of nobody, and is never hidden."""
    return Figure(0.0, unit, basis, hidden=True) if hidden and value else Figure(value, unit, basis)


def _learners(concerned: Sequence[Resource], around: Surroundings) -> Figure:
    """Who is affected: distinct ones where rows of learners say, else the starts of a year."""
    known = [each.id for each in concerned if each.id in around.use]
    if not known:
        return Figure(0.0, "learners", "assumed")
    measured = all(around.use[id_].learners is not None for id_ in known)
    around_them: list[int] = []
    if measured:
        of = {id_: _affected(id_, around) for id_ in known}
        counts = {id_: len(learners) for id_, learners in of.items()}
        total = len(set[str]().union(*of.values()))
        around_them = [len(each) for each in _in_programs_with(known, around)]
    else:
        counts = {id_: around.use[id_].year.started for id_ in known}
        total = sum(counts.values())
    beside = {id_: figures(use_told(id_, around)) for id_ in known}
    hidden = any(leaves_few(count, beside[id_]) for id_, count in counts.items()) or leaves_few(
        total, [*counts.values(), *around_them, *(value for each in beside.values() for value in each)]
    )
    return _told(float(total), "learners", "measured" if measured else "estimated", hidden=hidden)


def _affected(id_: str, around: Surroundings) -> set[str]:
    recent = month_index(around.today) - YEAR_MONTHS
    return {
        each.learner
        for each in around.enrolled_in(id_)
        if each.state in _BEFORE_THEM or month_index(each.month) > recent
    }


def _in_programs_with(resources: Sequence[str], around: Surroundings) -> list[set[str]]:
    """Learners of each program that holds all of several resources: by its own rows, else of all its items.

    Of programs as many are told (QueryEngagement), and beside a single item of theirs that is looked at there.
    """
    if len(resources) < 2:
        return []
    holding = [each.id for each in around.programs.values() if set(resources) <= set(around.held_by(each.id))]
    return [
        _affected(id_, around) or set[str]().union(*(_affected(each, around) for each in around.held_by(id_)))
        for id_ in holding
    ]


def _who_stay(plan: Plan, around: Surroundings) -> float | None:
    """Learners of the past 12 months who take both programs of a merge, as far as they complete the one that goes.

    None where the rows of learners do not say, or would tell of fewer than 5.
    """
    merge = next((each for each in plan.changes if each.operation is Operation.MERGE_PROGRAMS), None)
    if merge is None:
        return None
    recent = month_index(around.today) - YEAR_MONTHS
    of = {
        name: {
            each.learner: each.state
            for each in around.enrolments
            if each.program == bare(name) and month_index(each.month) > recent
        }
        for name in (merge.target, merge.other)
    }
    goes, both = of[merge.target], of[merge.target].keys() & of[merge.other].keys()
    completed = sum(state == "completed" for state in goes.values())
    within = [len(goes), len(of[merge.other])]
    if not both or leaves_few(len(both), within) or leaves_few(completed, within[:1]):
        return None
    return len(both) * completed / len(goes)


def priority(
    proposal: Proposal, plan: Plan, found: Impact, around: Surroundings, *, confidence: float
) -> float:
    """(P·benefit − (1 − P)·harm) in hours, per minute of review; P is the confidence.

    What is hidden counts for nothing: who knows the rest would solve it for that.
    """
    benefit = found.learner_hours.value + found.maintenance_hours.value
    said = around.rules.weights.exposed_hours
    benefit += (EXPOSED_HOURS if said is None else said) * found.exposed.value
    minutes = (_by_risk(around.rules.weights.review_minutes) or REVIEW_MINUTES)[plan.risk]
    return round((confidence * benefit - (1 - confidence) * found.harm.value) / minutes, 6)


def _by_risk(said: Sequence[float]) -> dict[Risk, float]:
    """What house rules say by risk; nothing when they are silent."""
    return dict(zip(Risk, said, strict=True)) if said else {}


def band(priority: float, weights: Weights) -> str:
    """When a suggestion of this priority is worth a look: now, this_week, or when_you_have_time."""
    now_from, this_week_from = weights.bands
    if priority >= now_from:
        return "now"
    return "this_week" if priority >= this_week_from else "when_you_have_time"


def _exposed(proposal: Proposal, plan: Plan, around: Surroundings, *, hidden: bool) -> Figure:
    """Starts in the newest 90 days of what is no longer right, made of months of which each is told."""
    total = 0
    wrong = proposal.kind is Kind.OUTDATED or any(c.operation is Operation.DEPRECATE for c in plan.changes)
    if not wrong:
        return Impact().exposed
    for each in _concerned(proposal, plan, around):
        use = around.use.get(each.id)
        if use is not None and use.newest is not None:
            newest = month_index(use.newest)
            total += sum(m.started for m in use.months if newest - month_index(m.month) < EXPOSED_MONTHS)
            hidden |= any(m.started.hidden for m in use_told(each.id, around).months[-EXPOSED_MONTHS:])
    nobody = Impact().exposed
    return _told(float(total), nobody.unit, nobody.basis, hidden=hidden)


def _concerned(proposal: Proposal, plan: Plan, around: Surroundings) -> list[Resource]:
    """What learners are led away from; where nothing is, the first member."""
    away = around.present(sorted(led_away(plan)))
    return away or around.present(proposal.resources[:1])
