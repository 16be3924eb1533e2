"""Programs that nobody begins any more and that nobody would miss."""

from __future__ import annotations

from collections.abc import Mapping

from services.curator.analysis.model import Program, ProgramFinding, Reason
from services.curator.analysis.programs.contents import Contents
from services.curator.analysis.programs.objectives import covers_objective
from services.curator.analysis.programs.paths import Surroundings, whole_path
from services.curator.analysis.programs.savings import PROGRAM_CARE, care, maintenance

IDLE_MONTHS = 15  # behaviour §6
_SURE = (
    0.75  # hand-set: no enrolments and everything elsewhere are facts; whether it is still wanted is not one
)


def retirements(
    programs: Mapping[str, Program], around: Surroundings, same: Contents
) -> list[ProgramFinding]:
    """Programs without an enrolment for 15 months of which other programs in use cover all objectives.

    Where a program states no objectives, each of its items has to stand in another one. Programs that are idle
    themselves, and programs that hold the idle one, cover nothing.
    """
    idle = {key for key, months in (around.idle or {}).items() if months >= IDLE_MONTHS and key in programs}
    held = {item.program for program in programs.values() for item in program.items if item.program}
    found: list[ProgramFinding] = []
    for key in sorted(idle - held):
        program = programs[key]
        elsewhere = {
            place.resource: other.id
            for other in programs.values()
            if other.id not in idle
            for place in whole_path(other, programs)
        }
        by = _covered_by(program, programs, elsewhere, around, same)
        if by and any(item.resource for item in program.items):
            found.append(_finding(program, programs, by, elsewhere, around))
    return found


def _covered_by(
    program: Program,
    programs: Mapping[str, Program],
    elsewhere: Mapping[str, str],
    around: Surroundings,
    same: Contents,
) -> list[str]:
    """The programs that cover it, each once; none where one objective, or item, stands nowhere else."""
    by: dict[str, None] = {}
    if program.objectives:
        for objective in program.objectives:
            others = [
                holder
                for resource, holder in sorted(elsewhere.items())
                if resource in around.documents and covers_objective(objective, around.documents[resource])
            ]
            if not others:
                return []
            by[others[0]] = None
        return list(by)
    names = {same.of(resource): holder for resource, holder in elsewhere.items()}
    for place in whole_path(program, programs):
        holder = names.get(same.of(place.resource))
        if holder is None:
            return []
        by[holder] = None
    return list(by)


def _finding(
    program: Program,
    programs: Mapping[str, Program],
    by: list[str],
    elsewhere: Mapping[str, str],
    around: Surroundings,
) -> ProgramFinding:
    items = tuple(dict.fromkeys(item.resource for item in program.items if item.resource))
    months = (around.idle or {})[program.id]
    what = "objectives are" if program.objectives else "items are"
    titles = ", ".join(f"“{programs[key].title}”" for key in by)
    return ProgramFinding(
        program.id,
        "retire",
        items,
        _SURE,
        (maintenance(PROGRAM_CARE + care(around, (item for item in items if item not in elsewhere))),),
        reasons=(
            Reason("idle_months", float(months), f"Nobody has begun it for {months} months."),
            Reason("covered_elsewhere", float(len(by)), f"All its {what} covered by {titles}."),
        ),
        others=tuple(by),
    )
