"""How one program can be streamlined: teach from the better copy, and nothing twice."""

from __future__ import annotations

from collections.abc import Mapping

from services.curator.analysis.model import Program, ProgramFinding, Reason
from services.curator.analysis.paths import Surroundings
from services.curator.analysis.redundancy import drops


def streamline(
    program: Program, programs: Mapping[str, Program], around: Surroundings
) -> list[ProgramFinding]:
    """All findings on items this program holds directly: replacements, then drops, each in path order.

    A drop counts on nothing that a program below would drop itself, so all findings hold together.
    FailedPrecondition as `mandatory_path`.
    """
    return [*replacements(program, around), *drops(program, programs, around)]


def replacements(program: Program, around: Surroundings) -> list[ProgramFinding]:
    """Items with a better survivor in their duplicate group that the program does not hold yet."""
    held = {item.resource for item in program.items}
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
                replacement=survivor,
                passages=tuple(passage for judgement in pair for passage in judgement.passages),
                reasons=(
                    Reason("better_copy", 1.0, f"“{title}” is the copy of its group that should stay."),
                    *(reason for judgement in pair for reason in judgement.reasons),
                ),
            )
        )
    return findings
