"""What a pass of the judge found out, and what it says of proposals made before."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from services.curator.analysis.model import Judgement
from services.curator.postgres import ProposalRow, ToJudge
from services.curator.proposing import LOSES, TOGETHER, operation_of
from winnow.curation.v1.proposal_pb2 import Proposal


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a pass found out, ready to be committed."""

    rows: Sequence[ToJudge]
    programs: Mapping[str, int]
    compared_anew: AbstractSet[str]
    judgements: Sequence[Judgement]
    concerned: AbstractSet[str]
    concerned_programs: AbstractSet[str]
    neglected: AbstractSet[str]
    """Resources of which only the use was judged anew: that of their peers has moved."""
    proposals: Mapping[str, Proposal]
    together: bool
    """Whether all programs were laid beside each other."""
    classes: Mapping[str, str]
    """The class of content of each resource that was judged anew."""


def judged_anew(row: ProposalRow, outcome: Outcome) -> bool:
    """Whether the pass judged all that this proposal rests on, so that its absence now says something."""
    if row.kind == Proposal.PROGRAM:
        if operation_of(row.key) in TOGETHER:
            return outcome.together
        # A program's finding may concern items outside of what this pass looked at.
        return bool(set(row.programs) & outcome.concerned_programs)
    looked_at = outcome.concerned | outcome.neglected if row.kind == Proposal.UNUSED else outcome.concerned
    return bool(set(row.members) & looked_at)


def replaced(made: Iterable[Proposal], gone: Iterable[ProposalRow]) -> dict[str, list[str]]:
    """By key of a new group of duplicates the keys of those that are no more and go on in it.

    A group goes on in the new one that shares most with it, a pair at least; each goes on in one alone.
    """
    groups = {
        one.key: {member.resource for member in one.members} for one in made if one.kind == Proposal.DUPLICATE
    }
    found: dict[str, list[str]] = {}
    for row in gone:
        shared = {key: len(members & set(row.members)) for key, members in groups.items()}
        most = max(shared.values(), default=0)
        if row.kind == Proposal.DUPLICATE and most > 1:
            heir = min(key for key, count in shared.items() if count == most)
            found.setdefault(heir, []).append(row.key)
    return found


def leaving(rows: Iterable[ProposalRow]) -> set[str]:
    """Resources that a duplicate finding already leads learners away from: their use makes no second finding."""
    return {
        operation.resource
        for row in rows
        if row.kind == Proposal.DUPLICATE
        for operation in Proposal.FromString(row.proposal).operations
        if operation.operation in LOSES.values()
    }


def proposal_row(proposal: Proposal) -> ProposalRow:
    """The proposal for storage."""
    return ProposalRow(
        key=proposal.key,
        kind=int(proposal.kind),
        evidence_hash=proposal.evidence_hash,
        members=[member.resource for member in proposal.members],
        programs=[read.program for read in proposal.programs],
        proposal=proposal.SerializeToString(deterministic=True),
    )
