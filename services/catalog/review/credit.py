"""Who has a program completed because one resource counts as another: what an undo must not take away."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from services.catalog.domain.disclosure import learners
from services.catalog.domain.programs import Program
from services.catalog.review.domain import Receipt
from services.catalog.review.surroundings import Surroundings, bare


def relying(old: str, new: str, programs: Mapping[str, Program], around: Surroundings) -> int:
    """Learners who have completed a program that holds `new`, and of the two only `old`."""
    completed = {
        id_: {
            each.learner for each in around.enrolments if each.resource == id_ and each.state == "completed"
        }
        for id_ in (old, new)
    }
    holding = {
        id_ for id_, program in programs.items() if any(item.resource == new for item in program.items)
    }
    done = {
        each.learner for each in around.enrolments if each.program in holding and each.state == "completed"
    }
    return len(done & (completed[old] - completed[new]))


def noted(
    receipts: Sequence[Receipt], programs: Mapping[str, Program], around: Surroundings
) -> tuple[Receipt, ...]:
    """The receipts, those of equivalences with how many rely on them from the start."""
    return tuple(
        replace(each, relying=relying(str(each.made), bare(each.target), programs, around))
        if each.field == "equivalents"
        else each
        for each in receipts
    )


def used(receipts: Sequence[Receipt], around: Surroundings) -> tuple[tuple[Receipt, ...], tuple[str, ...]]:
    """Receipts of equivalences that somebody has used since, and a line about each for people."""
    found: list[Receipt] = []
    lines: list[str] = []
    for each in receipts:
        if each.field != "equivalents":
            continue
        count = relying(str(each.made), bare(each.target), around.programs, around) - each.relying
        if count <= 0:
            continue
        found.append(each)
        title, other = around.title(str(each.made)), around.title(each.target)
        lines.append(f"{learners(count)} keep the credit: {title} still counts as {other}")
    return tuple(found), tuple(lines)
