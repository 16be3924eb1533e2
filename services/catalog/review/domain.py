"""Suggestions, their plans and their states; no I/O, no clock, no protobuf."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from enum import IntEnum, StrEnum

from services.catalog.review.domain_tasks import Errand
from services.catalog.review.findings import Kind, Proposal

RESOURCES_PART = "resources"
SHOWN_FROM = 0.40  # behaviour.md §8: below it nothing is proposed
OPEN_FROM = 0.70  # behaviour.md §8: below it a suggestion waits as HELD
CURATOR = "curator"
SCHEDULER = "scheduler"
AFFECTED = "affected"
"""Who objects by a link and is nobody that Winnow knows."""


class State(StrEnum):
    """Where a suggestion stands."""

    HELD = "HELD"
    OPEN = "OPEN"
    SNOOZED = "SNOOZED"
    SCHEDULED = "SCHEDULED"
    APPLIED = "APPLIED"
    REJECTED = "REJECTED"
    WITHDRAWN = "WITHDRAWN"
    UNDONE = "UNDONE"


LIVE = frozenset({State.HELD, State.OPEN, State.SNOOZED, State.SCHEDULED})
DECIDED = frozenset({State.APPLIED, State.REJECTED, State.UNDONE})
"""States in which a person's decision has ended it."""


class Risk(IntEnum):
    """What can go wrong, which says who must approve."""

    R0 = 0
    R1 = 1
    R2 = 2
    R3 = 3


class Operation(StrEnum):
    """What one change does; the words of behaviour.md §7."""

    CONFIRM = "confirm"
    REQUEST_UPDATE = "request_update"
    SET_METADATA = "set_metadata"
    SET_OWNER = "set_owner"
    LINK_LISTINGS = "link_listings"
    UNLIST = "unlist"
    DEPRECATE = "deprecate"
    CLOSE_TO_NEW = "close_to_new"
    ARCHIVE = "archive"
    RESTORE = "restore"
    ADD_EQUIVALENCE = "add_equivalence"
    ITEM_REPLACE = "item_replace"
    ITEM_DROP = "item_drop"
    ITEM_INSERT = "item_insert"
    ITEM_MAKE_OPTIONAL = "item_make_optional"
    ITEM_MOVE = "item_move"
    MERGE_PROGRAMS = "merge_programs"
    ARCHIVE_PROGRAM = "archive_program"


@dataclass(frozen=True, slots=True)
class Write:
    """One field set from the value the plan was computed from; values are as the field holds them, in JSON's terms.

    `items` of a program are written item by item: `before` is the resource whose item it is, `after` the one
    that takes its place, empty to drop it; `optional` lifts the obligation of the item of `before`; `place` moves it
    before the item of the resource `after`; `insert`
    adds the resource `after` as the last, elective item. `alias` of a resource joins it to the resource `after`.
    """

    target: str
    field: str
    before: object
    after: object


@dataclass(frozen=True, slots=True)
class Change:
    """One typed change of a plan. `target` and `other` are `resources/{id}` or `programs/{id}`."""

    id: str
    operation: Operation
    target: str
    text: str
    other: str = ""
    writes: tuple[Write, ...] = ()
    then_archive: bool = False
    """Whether archiving it is suggested once nobody is in progress (of `close_to_new`)."""

    @property
    def touches(self) -> frozenset[str]:
        """Names of what it changes."""
        return frozenset({self.target, *(write.target for write in self.writes)})


@dataclass(frozen=True, slots=True)
class Part:
    """What one owner answers for; `facts` are what it rests on, by label."""

    id: str
    title: str
    changes: tuple[Change, ...]
    risk: Risk = Risk.R0
    depends_on: tuple[str, ...] = ()
    facts: Mapping[str, str] = field(default_factory=dict[str, str])

    @property
    def fingerprint(self) -> str:
        """Hash of the facts it rests on and of what it would change."""
        said = [
            sorted(self.facts.items()),
            [
                [change.operation, change.target, change.other, *map(_written, change.writes)]
                for change in self.changes
            ],
        ]
        return hashlib.sha256(json.dumps(said, ensure_ascii=False).encode()).hexdigest()[:32]


def _written(write: Write) -> list[object]:
    return [write.target, write.field, write.after]


@dataclass(frozen=True, slots=True)
class Safeguard:
    """A rule that forbids the plan now, and what would satisfy it; `part` is the part that it concerns.

    `edit` names the field of EditSuggestionRequest that satisfies it by being true; empty where none does.
    """

    code: str
    target: str
    text: str
    remedy: str
    part: str = RESOURCES_PART
    edit: str = ""


@dataclass(frozen=True, slots=True)
class Simulation:
    """What would happen to learners, in sums; `lose_credit` and `newly_overdue` must be 0.

    As it may be told: in each program one to four are counted as five, and their minutes left out. `rounded` says that
    some of the enrolments were, `few` that one of the programs has no more.
    """

    enrolments: int = 0
    lose_credit: int = 0
    newly_overdue: int = 0
    minutes_saved: float = 0.0
    sums_only: bool = False
    rounded: bool = False
    few: bool = False

    @property
    def harmless(self) -> bool:
        """Whether nobody loses credit or becomes overdue."""
        return not (self.lose_credit or self.newly_overdue)


@dataclass(frozen=True, slots=True)
class Figure:
    """A number that says where it comes from: measured, estimated or assumed.

    `hidden`: it is known and may not be told (behaviour.md §2); `value` is 0 then, so that nothing is made of it.
    """

    value: float
    unit: str
    basis: str
    hidden: bool = False


@dataclass(frozen=True, slots=True)
class Impact:
    """What a plan would change for people."""

    learners: Figure = Figure(0.0, "learners", "measured")
    learner_hours: Figure = Figure(0.0, "hours a year", "estimated")
    maintenance_hours: Figure = Figure(0.0, "hours a year", "assumed")
    exposed: Figure = Figure(0.0, "learners in 90 days", "estimated")  # to what is no longer right
    harm: Figure = Figure(0.0, "hours", "assumed")  # if it were wrong


@dataclass(frozen=True, slots=True)
class Plan:
    """What a suggestion would do. `survivor` is who stays, empty where nobody is chosen yet or nothing is to choose.

    `missing` says what a person has to choose before it can be approved; empty when nothing is missing.
    """

    parts: tuple[Part, ...] = ()
    errands: tuple[Errand, ...] = ()
    safeguards: tuple[Safeguard, ...] = ()
    simulation: Simulation | None = None
    survivor: str = ""
    caveat: str = ""
    missing: str = ""

    @property
    def tasks(self) -> tuple[str, ...]:
        """What people will have to do, a line each."""
        return tuple(line for errand in self.errands for line in errand.lines)

    @property
    def risk(self) -> Risk:
        """The highest among the parts."""
        return max((part.risk for part in self.parts), default=Risk.R0)

    @property
    def changes(self) -> tuple[Change, ...]:
        """Of all parts, in order."""
        return tuple(change for part in self.parts for change in part.changes)

    @property
    def touches(self) -> frozenset[str]:
        """Names of what it changes."""
        return frozenset[str]().union(*(change.touches for change in self.changes))

    @property
    def fingerprint(self) -> str:
        """Hash of the parts' fingerprints."""
        said = "\n".join(f"{part.id} {part.fingerprint}" for part in self.parts)
        return hashlib.sha256(said.encode()).hexdigest()[:32]

    @property
    def facts(self) -> dict[str, str]:
        """What it rests on, by label."""
        return {label: value for part in self.parts for label, value in part.facts.items()}

    def part(self, id_: str) -> Part | None:
        """The part of that id."""
        return next((part for part in self.parts if part.id == id_), None)


NO_PLAN = Plan()
"""That of a suggestion that is formed for the first time."""


@dataclass(frozen=True, slots=True)
class Approval:
    """One person's yes to one part, as its fingerprint was."""

    person: str
    capacity: str
    part: str
    fingerprint: str
    time: datetime


@dataclass(frozen=True, slots=True)
class Decision:
    """What somebody, or the scheduler or curator, did; `actor` is a person's id or one of the two words.

    `batch` is the id of what was decided together, empty for a decision made alone.
    """

    id: str
    suggestion: str
    verb: str
    actor: str
    state: State
    time: datetime
    revision: int
    reason: str = ""
    comment: str = ""
    batch: str = ""


VERBS = frozenset(
    {
        *("accept", "reject", "snooze", "reopen", "undo", "edit", "apply", "withdraw", "revoke", "object"),
        *("assign", "ask", "file", "confirm", "rejudge"),
        *("wake", "return", "stop"),  # nobody's: what was put off, ended or about to be applied asks again
    }
)
"""What a decision can be."""


class Standing(StrEnum):
    """What has become of a decision: it can be taken back, or its sources show what it did."""

    UNDOABLE = "UNDOABLE"
    WRITTEN = "WRITTEN"


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which decisions of the log, by what each has; empty and None for any. From `begin` on and before `end`.

    `states` are those that a suggestion was in after the decision.
    """

    suggestion: str = ""
    actor: str = ""
    verbs: tuple[str, ...] = ()
    kind: str = ""
    begin: datetime | None = None
    end: datetime | None = None
    states: tuple[State, ...] = ()
    standing: Standing | None = None


@dataclass(frozen=True, slots=True)
class Edits:
    """What people changed in the plan; the curator may add evidence then, not rewrite it.

    `author` is empty when nobody changed anything. The plan is applied at `not_before` at the earliest;
    `review_date` is the day of the next review where it confirms.
    """

    author: str = ""
    survivor: str = ""
    leave_out: tuple[str, ...] = ()
    drop_changes: tuple[str, ...] = ()
    drop_parts: tuple[str, ...] = ()
    finish_on_old: bool = False
    move_requirements: bool = False
    not_before: datetime | None = None
    review_date: date | None = None


@dataclass(frozen=True, slots=True)
class Snooze:
    """When a suggestion comes back: at a moment, or at an event."""

    until: datetime | None = None
    event: str = ""


@dataclass(frozen=True, slots=True)
class Receipt:
    """What one write did: `prior` is what undo restores, `made` what undo must find. JSON's terms; see `applying`."""

    target: str
    field: str
    prior: object
    made: object
    wish: object = None
    """The pending wish the field had before, for a field that sources know; None when there was none."""
    relying: int = 0
    """Learners who had a program completed by an equivalence when it was made (see `credit`)."""


@dataclass(frozen=True, slots=True)
class PartVerdict:
    """What a refusal, by this person, says about pairs of resources; of one part it takes effect when the suggestion
    has ended, and so do its attributes: (field, resource, value)."""

    verdict: str
    pairs: tuple[tuple[str, str], ...]
    person: str = ""
    comment: str = ""
    attributes: tuple[tuple[str, str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Assignee:
    """Whose a suggestion is: a person by duty, else one of the holders of the fitting role, whoever has fewest open.

    `owners` are digests of who owned each thing it is about when the rules were asked, by its id; empty where that
    was not written down.
    """

    person: str = ""
    holders: tuple[str, ...] = ()
    owners: Mapping[str, str] = field(default_factory=dict[str, str], hash=False)

    def names(self, person: str) -> bool:
        """Whether the rules name this person."""
        return bool(person) and (person == self.person or person in self.holders)

    def others_own(self, now: Assignee) -> bool:
        """Whether something that it is about still has got other owners since.

        What it is no longer about, or newly is, says nothing of duties.
        """
        return any(self.owners[id_] != now.owners[id_] for id_ in self.owners.keys() & now.owners.keys())


@dataclass(frozen=True, slots=True)
class Suggestion:
    """What the catalog makes of a proposal.

    `baseline` holds the facts by label as they stood when it ended: it returns only when they move. `touched`
    says that a person has acted on it: from then on it never goes back to HELD. `quiet_until` is the day until
    which an answer holds. `facts_changed` are words for what has moved since the revision before. `blind`: its
    confidence is held back until it has been decided. `filed_by` is the person who filed it, empty for a finding.
    `returned`: it had been decided, and came back because its facts have changed.
    `kept` says what an undo left, since people have used it. `repaired` is what refusing it wrote in the catalog.
    """

    id: str
    version: int
    state: State
    revision: int
    proposal: Proposal
    plan: Plan
    create_time: datetime
    update_time: datetime
    confidence: float
    priority: float = 0.0
    impact: Impact = Impact()
    whose: Assignee = Assignee()
    assignee: str = ""
    held_reason: str = ""
    note: str = ""
    facts_changed: tuple[str, ...] = ()
    edits: Edits = Edits()
    approvals: tuple[Approval, ...] = ()
    decision: Decision | None = None
    snooze: Snooze | None = None
    due_time: datetime | None = None
    touched: bool = False
    receipts: tuple[Receipt, ...] = ()
    part_verdicts: tuple[PartVerdict, ...] = ()
    baseline: Mapping[str, str] = field(default_factory=dict[str, str])
    quiet_until: date | None = None
    blind: bool = False
    filed_by: str = ""
    returned: bool = False
    kept: tuple[str, ...] = ()
    repaired: tuple[Receipt, ...] = ()

    @property
    def name(self) -> str:
        """`suggestions/{id}`."""
        return f"suggestions/{self.id}"

    @property
    def key(self) -> str:
        """The proposal's key."""
        return self.proposal.key

    @property
    def fingerprint(self) -> str:
        """Of the plan: what a decision names."""
        return self.plan.fingerprint

    @property
    def live(self) -> bool:
        """Whether it can still be decided."""
        return self.state in LIVE

    @property
    def reopens(self) -> bool:
        """Whether there is a refusal, of the whole or of a part, or a delay to take back."""
        if self.state is State.OPEN:
            return bool(self.repaired or self.edits.drop_parts)
        return self.state in (State.REJECTED, State.SNOOZED)

    @property
    def valid_approvals(self) -> tuple[Approval, ...]:
        """Those whose part still rests on the facts it was approved with; of an applied plan those it was applied by.

        Facts that may move while a notice runs give the parts that are applied other fingerprints.
        """
        if not self.approvals or self.state is State.APPLIED:
            return self.approvals  # most have none: a fingerprint is not for nothing
        prints = {part.id: part.fingerprint for part in self.plan.parts}
        return tuple(each for each in self.approvals if prints.get(each.part) == each.fingerprint)

    def decided(self, decision: Decision) -> Suggestion:
        """The suggestion after a decision, in its state."""
        return replace(self, state=decision.state, decision=decision, update_time=decision.time)


@dataclass(frozen=True, slots=True)
class Tally:
    """How many suggestions of one state and kind there are, and how many of them are one person's.

    `program` is the id of the one that they concern; empty where all are counted together.
    """

    state: State
    kind: Kind
    count: int
    mine: int
    program: str = ""


_REPLACED = re.compile(r"Replaced by suggestions/([0-9a-f-]+)\.")


def replaced_by(id_: str) -> str:
    """Why a suggestion is withdrawn whose place another has taken."""
    return f"Replaced by suggestions/{id_}."


def replacement(decision: Decision) -> str:
    """The suggestion that took the place of the one that this withdrew; empty for none."""
    found = _REPLACED.fullmatch(decision.reason) if decision.verb == "withdraw" else None
    return found[1] if found else ""


@dataclass(frozen=True, slots=True)
class Subject:
    """What a line of the log is about, in one line, where it stands now, and the decision that can be taken back."""

    suggestion: str
    summary: str
    state: State
    undoable: str = ""
