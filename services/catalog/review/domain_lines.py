"""A suggestion as one line of a list: what it says and weighs, without its texts, facts and writes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from services.catalog.domain.people import Stage
from services.catalog.domain.resources import Titled
from services.catalog.review.domain import Impact, Operation, Risk, Safeguard, State
from services.catalog.review.findings import Claim, Kind, Relation, stage_of


@dataclass(frozen=True, slots=True)
class Step:
    """What one change of the plan does to what; `dropped` is the resource that a program would lose by it."""

    operation: Operation
    target: str
    dropped: str = ""


@dataclass(frozen=True, slots=True)
class Share:
    """One part of the plan: `id` and `title` as `Part` has them."""

    id: str
    title: str
    risk: Risk
    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class Line:
    """The suggestion. `members` are ids as the finding names them; `passages` say how each aligned one matches.

    `reason` is the type and the words of one evidence that is no quotation: that nothing tells which of two is the
    newer, else the first. `targets` are names of what the plan changes, `programs` ids of those that the finding read,
    `approved_by` ids of who has said yes to a part.
    """

    id: str
    kind: Kind
    relation: Relation
    state: State
    revision: int
    confidence: float
    priority: float
    assignee: str
    blind: bool
    create_time: datetime
    update_time: datetime
    summary: str
    members: tuple[str, ...]
    survivor: str
    claims: tuple[Claim, ...]
    passages: tuple[str, ...]
    reason: tuple[str, str]
    shares: tuple[Share, ...]
    safeguards: tuple[Safeguard, ...]
    impact: Impact
    targets: frozenset[str]
    programs: frozenset[str]
    approved_by: frozenset[str]

    @property
    def risk(self) -> Risk | None:
        """The highest among the parts; None without one."""
        return max((share.risk for share in self.shares), default=None)

    @property
    def stage(self) -> Stage | None:
        """The stage of a program that it belongs to."""
        return stage_of(self.kind, self.relation, self.claims)

    @property
    def operations(self) -> frozenset[Operation]:
        """What its plan does."""
        return frozenset(step.operation for share in self.shares for step in share.steps)

    @property
    def resources(self) -> frozenset[str]:
        """Ids of the resources that it names."""
        dropped = {step.dropped for share in self.shares for step in share.steps if step.dropped}
        return frozenset({*self.members, *dropped})


@dataclass(frozen=True, slots=True)
class Printed:
    """A line with what it takes to show it: titles, its assignee, when to look, and what the viewer may."""

    line: Line
    titles: Mapping[str, Titled]
    """Present id, title and language of each resource that is known, by the ids that lines name."""
    email: str
    name: str
    band: str
    may_decide: bool
    may_revoke: bool
