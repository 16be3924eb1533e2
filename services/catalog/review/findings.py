"""What the curator found, as it last said; no I/O, no protobuf."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from services.catalog.domain.people import Stage

REVIEW_DUE = "review_due"
_FACILITATE = frozenset({"unplayable", "dead_link"})


class Kind(StrEnum):
    """What is wrong."""

    DUPLICATE = "DUPLICATE"
    OUTDATED = "OUTDATED"
    UNUSED = "UNUSED"
    PROGRAM = "PROGRAM"


class Relation(StrEnum):
    """How the members are related; NONE where there is one member."""

    NONE = ""
    SAME_ITEM = "SAME_ITEM"
    IDENTICAL = "IDENTICAL"
    REVISED = "REVISED"
    TRANSLATED = "TRANSLATED"
    CONTAINED = "CONTAINED"
    OVERLAP = "OVERLAP"
    VARIANT = "VARIANT"
    UNRELATED = "UNRELATED"


@dataclass(frozen=True, slots=True)
class Member:
    """A resource concerned, as the curator read it; `survivor` is whom the curator would keep."""

    resource: str
    content_hash: str = ""
    revision: int = 0
    survivor: bool = False
    score: float = 0.0
    score_parts: Mapping[str, float] = field(default_factory=dict[str, float])


@dataclass(frozen=True, slots=True)
class Counterpart:
    """The other side of an aligned passage."""

    quote: str
    resource: str
    place: str
    start: int


_AGAINST = frozenset({"would_be_lost", "direction_unclear", "crosses_ownership", "margin", "not_checked"})


@dataclass(frozen=True, slots=True)
class Evidence:
    """A reason with its place; `quote` is literal, empty where the evidence is not a text."""

    type: str
    text: str = ""
    quote: str = ""
    resource: str = ""
    place: str = ""
    start: int = 0
    counterpart: Counterpart | None = None
    match: str = ""
    value: float = 0.0

    @property
    def against(self) -> bool:
        """Whether it speaks against what is proposed; `facts` does where numbers and names differ at all."""
        return self.type in _AGAINST or (self.type == "facts" and self.value > 0)


@dataclass(frozen=True, slots=True)
class Claim:
    """One claim on one resource; a hard one needs no probability to act on."""

    code: str
    confidence: float
    text: str = ""
    hard: bool = False


@dataclass(frozen=True, slots=True)
class Draft:
    """One operation that the curator drafted; ids are bare, empty where they do not apply.

    `into` is the program that takes another in; `subject` the objective that a brief is about; `field` and `value`
    what metadata is set to, as text.
    """

    operation: str
    resource: str = ""
    other: str = ""
    program: str = ""
    into: str = ""
    subject: str = ""
    field: str = ""
    value: str = ""


@dataclass(frozen=True, slots=True)
class Proposal:
    """What the curator found, as last said; `programs` maps each program it read to its feed revision.

    `saving_minutes` are those of all learners in a year, with `saving_per_learner` those of one.
    """

    key: str
    kind: Kind
    relation: Relation
    members: tuple[Member, ...]
    score: float
    programs: Mapping[str, int] = field(default_factory=dict[str, int])
    evidence: tuple[Evidence, ...] = ()
    drafts: tuple[Draft, ...] = ()
    replaces: tuple[str, ...] = ()
    evidence_hash: str = ""
    epoch: str = ""
    summary: str = ""
    claims: tuple[Claim, ...] = ()
    saving_minutes: float = 0.0
    saving_basis: str = ""
    maintenance_hours: float = 0.0
    saving_per_learner: bool = False

    @property
    def resources(self) -> tuple[str, ...]:
        """Ids of the members, in the proposal's order."""
        return tuple(member.resource for member in self.members)

    @property
    def hard(self) -> bool:
        """Whether a claim needs no probability to act on."""
        return any(claim.hard for claim in self.claims)

    @property
    def certain(self) -> bool:
        """Whether a rule made it and not a model: hard evidence, or a review that is due by date (behaviour.md §4)."""
        return self.hard or (bool(self.claims) and all(claim.code == REVIEW_DUE for claim in self.claims))

    @property
    def stage(self) -> Stage | None:
        """The stage of a program that it belongs to; None for one that is about resources alone."""
        return stage_of(self.kind, self.relation, self.claims)


def stage_of(kind: Kind, relation: Relation, claims: Sequence[Claim]) -> Stage | None:
    """The stage of a program that such a finding belongs to; None for one that is about resources alone."""
    match kind:
        case Kind.PROGRAM:
            return Stage.DESIGN
        case Kind.OUTDATED:
            codes = {claim.code for claim in claims}
            return Stage.FACILITATE if codes and codes <= _FACILITATE else Stage.DEVELOP
        case Kind.UNUSED:
            return Stage.EVALUATE
        case Kind.DUPLICATE:
            return Stage.DEVELOP if relation is Relation.REVISED else None
