"""What every learner of a program must open, and what is known around it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from services.curator.analysis.groups import Pair
from services.curator.analysis.model import Block, Document, Group, Program
from services.kit.errors import FailedPrecondition

_DEEPEST = 5  # behaviour §6
_WORDS_A_MINUTE = 200.0  # silent reading of an adult; the basis is "estimated" where nobody stated minutes


@dataclass(frozen=True, slots=True)
class ItemFacts:
    """What the catalog knows of an item beyond its text: its length, and whether it gives credit itself.

    `minutes` are what its source states, `observed` what its learners took. `started` is how many began it in a year,
    in whatever program, or a bound where they are few; None where nobody counted them.
    """

    minutes: float | None = None
    credited: bool = False
    observed: float | None = None
    started: float | None = None


@dataclass(frozen=True, slots=True)
class Place:
    """A mandatory resource on a program's path, and the program that holds it directly."""

    resource: str
    holder: str


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What streamlining looks at beside the programs themselves.

    `better` names for a resource the survivor of its duplicate group; `boilerplate` holds the hashes of blocks
    that do not count; `learners` are learners a year by program, absent where nobody measured; `completion` the
    share of them who complete it; `in_both` those of two programs (the smaller id first). `idle` names programs
    in which nobody has begun anything for so many months, of which their history is known. `apart` are pairs of
    resources (the smaller id first) that are two things however much they share (`duplicates.kept_apart`).
    """

    documents: Mapping[str, Document]
    blocks: Mapping[str, Sequence[Block]]
    better: Mapping[str, str]
    groups: Sequence[Group] = ()
    facts: Mapping[str, ItemFacts] | None = None
    learners: Mapping[str, float] | None = None
    boilerplate: AbstractSet[str] = frozenset()
    completion: Mapping[str, float] | None = None
    in_both: Mapping[tuple[str, str], float] | None = None
    idle: Mapping[str, int] | None = None
    apart: AbstractSet[Pair] = frozenset()

    def minutes(self, resource: str) -> tuple[float, str]:
        """Minutes of the item and their basis: `measured`, `stated` or `estimated` (from its words)."""
        facts = (self.facts or {}).get(resource, ItemFacts())
        if facts.observed is not None:
            return facts.observed, "measured"
        if facts.minutes is not None:
            return facts.minutes, "stated"
        words = sum(block.words for block in self.blocks.get(resource, ()))
        return round(words / _WORDS_A_MINUTE, 1), "estimated"


def mandatory_path(program: Program, programs: Mapping[str, Program]) -> tuple[Place, ...]:
    """The resources every learner of the program must open, in order, nested programs laid flat.

    FailedPrecondition when programs contain each other or nest deeper than five; an unknown one has no items.
    """
    return tuple(_flatten(program, programs, (), electives=False))


def whole_path(program: Program, programs: Mapping[str, Program]) -> tuple[Place, ...]:
    """As `mandatory_path`, with what is elective."""
    return tuple(_flatten(program, programs, (), electives=True))


def _flatten(
    program: Program, programs: Mapping[str, Program], above: tuple[str, ...], *, electives: bool
) -> Iterable[Place]:
    if program.id in above:
        cycle = [*above[above.index(program.id) :], program.id]
        raise FailedPrecondition(
            "PROGRAM_CYCLE",
            f"Programs contain each other: {' → '.join(cycle)}.",
            {"programs": ",".join(cycle)},
        )
    if len(above) >= _DEEPEST:
        raise FailedPrecondition(
            "PROGRAM_TOO_DEEP",
            f"Program {program.id} lies deeper than {_DEEPEST} levels.",
            {"program": program.id, "levels": str(_DEEPEST)},
        )
    for item in sorted(program.items, key=lambda item: item.position):
        if not (item.mandatory or electives):
            continue
        if item.resource:
            yield Place(item.resource, program.id)
        elif item.program in programs:
            inner = programs[item.program]
            yield from _flatten(inner, programs, (*above, program.id), electives=electives)


def below(program: Program, programs: Mapping[str, Program]) -> set[str]:
    """Ids of the programs inside this one, at any depth."""
    found: set[str] = set()
    waiting = [program]
    while waiting:
        for item in waiting.pop().items:
            if item.program and item.program not in found:
                found.add(item.program)
                if item.program in programs:
                    waiting.append(programs[item.program])
    return found
