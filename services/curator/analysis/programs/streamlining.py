"""All ways to streamline one program, and several together, as one list."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from services.curator.analysis.model import Program, ProgramFinding, Reason
from services.curator.analysis.programs.contents import contents
from services.curator.analysis.programs.merging import merges
from services.curator.analysis.programs.objectives import gaps
from services.curator.analysis.programs.ordering import reorders
from services.curator.analysis.programs.paths import Surroundings
from services.curator.analysis.programs.redundancy import drops
from services.curator.analysis.programs.retiring import retirements
from services.curator.analysis.programs.savings import care, maintenance
from services.curator.analysis.programs.sharing import shares


def streamline(
    program: Program, programs: Mapping[str, Program], around: Surroundings
) -> list[ProgramFinding]:
    """All findings on items this program holds directly: replacements, drops, reorders, then open objectives.

    A drop counts on nothing that a program below would drop itself, so all findings hold together.
    FailedPrecondition as `mandatory_path`.
    """
    return [
        *replacements(program, programs, around),
        *drops(program, programs, around),
        *reorders(program, programs, around),
        *gaps(program, programs, around),
    ]


def between(programs: Mapping[str, Program], around: Surroundings) -> list[ProgramFinding]:
    """All findings between these programs: those to retire, to merge, and modules that the rest could share.

    A program that goes takes part in nothing else, so savings count once. FailedPrecondition as `mandatory_path`.
    """
    same = contents(around)
    retired = retirements(programs, around, same)
    staying = {key: each for key, each in programs.items() if key not in {one.program for one in retired}}
    merged = merges(staying, around, same)
    return [*retired, *merged, *shares(staying, around, same, (one.program for one in merged))]


def replacements(
    program: Program, programs: Mapping[str, Program], around: Surroundings
) -> list[ProgramFinding]:
    """Items with a better survivor in their duplicate group that the program does not hold yet.

    What the retired copy takes to maintain is shared out over the programs that hold it.
    """
    held = {item.resource for item in program.items}
    holders = Counter(each for other in programs.values() for each in {item.resource for item in other.items})
    findings: list[ProgramFinding] = []
    for resource in dict.fromkeys(item.resource for item in program.items if item.resource):
        survivor = around.better.get(resource, "")
        if not survivor or survivor == resource or survivor in held:
            continue
        group = next((g for g in around.groups if resource in g.members and survivor in g.members), None)
        pair = [
            judgement
            for judgement in (group.judgements if group else ())
            if {judgement.a, judgement.b} == {resource, survivor}
        ]
        title = around.documents[survivor].title if survivor in around.documents else survivor
        findings.append(
            ProgramFinding(
                program.id,
                "replace",
                (resource,),
                group.confidence if group else 0.0,
                (maintenance(care(around, (resource,)) / holders[resource]),),
                replacement=survivor,
                passages=tuple(passage for judgement in pair for passage in judgement.passages),
                reasons=(
                    Reason("better_copy", 1.0, f"“{title}” is the copy of its group that should stay."),
                    *(reason for judgement in pair for reason in judgement.reasons),
                ),
            )
        )
    return findings
