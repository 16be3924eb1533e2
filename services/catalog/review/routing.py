"""Who must approve and who may reject (behaviour.md §2, mode HYBRID)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field, replace

from services.catalog import policy
from services.catalog.domain.people import Mode, Person, Role, Stage, Viewer, email_key
from services.catalog.domain.programs import Program
from services.catalog.domain.resources import Resource
from services.catalog.policy import About, Cell, Column, Row
from services.catalog.review.domain import (
    RESOURCES_PART,
    Approval,
    Change,
    Edits,
    Operation,
    Part,
    Plan,
    Risk,
    Suggestion,
)
from services.catalog.review.domain_lines import Line
from services.catalog.review.surroundings import Surroundings, bare

_DECIDERS = (Role.LEARNING_LEADER, Role.INSTRUCTIONAL_DESIGNER)
STEPPED_IN = "OWNER_STEPPED_IN"
METADATA = frozenset({Operation.LINK_LISTINGS, Operation.SET_METADATA})
"""What changes nothing but what is said about a resource."""
SET_OWNER = "set the owner of a resource"


@dataclass(frozen=True, slots=True)
class Staff:
    """Active people by role and by folded e-mail, and the mode of the organisation.

    `stages` are those who hold stages, by program, also where they have left; `away` the ids of active people who are
    not there today: they may decide, and nothing is given to them.
    """

    holders: Mapping[Role, tuple[Person, ...]] = field(default_factory=dict[Role, tuple[Person, ...]])
    by_email: Mapping[str, Person] = field(default_factory=dict[str, Person])
    mode: Mode = Mode.HYBRID
    stages: Mapping[str, Mapping[Stage, Person]] = field(default_factory=dict[str, Mapping[Stage, Person]])
    away: frozenset[str] = frozenset()

    def ids(self, *roles: Role) -> frozenset[str]:
        """Who holds one of the roles."""
        return frozenset(person.id for role in roles for person in self.holders.get(role, ()))

    def owners(self, program: Program) -> tuple[Person, ...]:
        """The program's owners who are active people, the owner first."""
        found = (self.by_email.get(email_key(owner)) for owner in program.owners)
        return tuple(person for person in found if person is not None and person.active)

    def by_program_rules(self, program: Program) -> bool:
        """Whether whoever owns the program or holds its stages decides about it, and not a role."""
        return self.mode is Mode.PROGRAM_BASED or (self.mode is Mode.HYBRID and bool(self.owners(program)))

    def holder(self, program: Program, stage: Stage) -> Person | None:
        """Who holds the stage of the program, when that is an active person."""
        person = self.stages.get(program.id, {}).get(stage)
        return person if person is not None and person.active else None

    def owner(self, resource: Resource) -> Person | None:
        """The resource's owner, when that is an active person."""
        person = self.by_email.get(email_key(resource.owner)) if resource.owner else None
        return person if person is not None and person.active else None


@dataclass(frozen=True, slots=True)
class Slot:
    """One approval that a part needs: in words, and the ids of who could give it."""

    label: str
    people: frozenset[str]


@dataclass(frozen=True, slots=True)
class Needs:
    """The approvals of one part. `one_approver`: the second is waived, since one person alone could give both."""

    part: str
    slots: tuple[Slot, ...]
    one_approver: bool = False

    @property
    def people(self) -> frozenset[str]:
        """Everybody who could give one of them."""
        return frozenset[str]().union(*(slot.people for slot in self.slots))

    def open(self, approved_by: Iterable[str]) -> tuple[Slot, ...]:
        """Slots not yet filled when each person fills at most one, as many filled as possible."""
        given = sorted(set(approved_by))
        if len(self.slots) == 1:
            return () if any(person in self.slots[0].people for person in given) else self.slots
        first, second = self.slots
        if any(a != b and a in first.people and b in second.people for a in given for b in given):
            return ()
        if any(person in first.people for person in given):
            return (second,)
        return (first,) if any(person in second.people for person in given) else self.slots


def needs(part: Part, edits: Edits, around: Surroundings, staff: Staff, stage: Stage | None = None) -> Needs:
    """Which approvals the part needs, by its risk and the organisation's mode; `stage`: what the finding belongs to."""
    program = around.programs.get(bare(part.id)) if part.id != RESOURCES_PART else None
    if part.risk is Risk.R3:
        first = _slot("approve R3, first", part, program, around, staff, stage)
        second = _slot("approve R3, second", part, program, around, staff, stage)
        if len(first.people | second.people) == 1 and first.people:
            return Needs(part.id, (first,), one_approver=True)
        return Needs(part.id, (first, replace(second, label=f"a second person: {second.label}")))
    # No learner sees who owns a resource, and yet it is a duty: given by whom duties are (behaviour.md §2).
    gives = any(change.operation is Operation.SET_OWNER for change in part.changes)
    slot = _slot(SET_OWNER if gives else f"approve {part.risk.name}", part, program, around, staff, stage)
    if part.risk <= Risk.R1:
        return Needs(part.id, (slot,))
    others = slot.people - {edits.author}
    # Who edited the plan may not be its only approver, unless nobody else could be.
    if edits.author in slot.people and others:
        return Needs(part.id, (Slot(f"{slot.label} who did not edit the plan", others),))
    return Needs(part.id, (slot,), one_approver=edits.author in slot.people)


def _slot(
    action: str,
    part: Part,
    program: Program | None,
    around: Surroundings,
    staff: Staff,
    stage: Stage | None,
) -> Slot:
    """One approval: everybody whom the policy entitles to it."""
    row = policy.ACTIONS[action][staff.mode]
    theirs = _theirs(part, row, around, staff, stage)
    about = About(
        own=frozenset(kind for kind, people in theirs.items() if people),
        metadata=_metadata_only(part.changes),
        unowned=program is None or not staff.owners(program),
    )
    by_role = [role for role, kind in policy.ROLES.items() if about.meets(kind, row.cells[kind])]
    people = staff.ids(*by_role).union(*theirs.values())
    said = row.who_can_here(about)
    if program is not None:
        owned = [each for each in around.reach([program]) if staff.owners(each)] or [program]
        said = said.replace("its program", policy.in_words(f"“{each.title}”" for each in owned))
    return Slot(said, people)


def _theirs(
    part: Part, row: Row, around: Surroundings, staff: Staff, stage: Stage | None
) -> dict[Column, frozenset[str]]:
    """Who answers for all that the part changes, each thing by one of the duties that the row counts; by duty.

    An owner answers for everything inside their program: whoever owns one around that which changes may give its
    approval, and none is needed of theirs.
    """
    found: list[dict[Column, frozenset[str]]] = []
    for id_ in sorted({bare(name) for change in part.changes for name in change.touches}):
        resource, program = around.resources.get(id_), around.programs.get(id_)
        if resource is None and program is None:
            continue
        programs = around.holding(resource.id) if resource else [program] if program else []
        owner = staff.owner(resource) if resource else None
        holders = [staff.holder(each, stage) for each in programs] if stage else []
        people = {
            Column.PO: _alone(programs, staff)
            if row.cells[Column.PO] is Cell.ALONE
            else frozenset(person.id for each in around.reach(programs) for person in staff.owners(each)),
            Column.ST: frozenset(person.id for person in holders if person is not None),
            Column.RO: frozenset({owner.id} if owner else ()),
        }
        counted = (Cell.OWN, Cell.ALONE)
        found.append({column: ids for column, ids in people.items() if row.cells[column] in counted})
    anyhow = [frozenset[str]().union(*each.values()) for each in found]
    all_ = frozenset[str].intersection(*anyhow) if anyhow else frozenset[str]()
    by = {column: [each.get(column, frozenset[str]()) for each in found] for column in Column}
    return {column: all_ & frozenset[str]().union(*ids) for column, ids in by.items()}


def _alone(programs: Iterable[Program], staff: Staff) -> frozenset[str]:
    """Who owns every one of these programs; nobody where there is none."""
    owners = [frozenset(person.id for person in staff.owners(each)) for each in programs]
    return frozenset[str].intersection(*owners) if owners else frozenset()


def _metadata_only(changes: Iterable[Change]) -> bool:
    done = {change.operation for change in changes}
    return bool(done) and done <= METADATA


def capacity(
    person: Person, part: Part, around: Surroundings, staff: Staff, stage: Stage | None = None
) -> str:
    """In which capacity the person approves the part.

    An owner may act in place of the stage's holder, and of the owner of a program inside theirs.
    """
    program = around.programs.get(bare(part.id))
    changed = sorted({bare(name) for change in part.changes for name in change.touches})
    programs = [program] if program else [each for id_ in changed for each in around.holding(id_)]
    holders = {staff.holder(each, stage) for each in programs} if stage else set[Person | None]()
    if person in holders:
        return str(stage)
    if program is not None and person in staff.owners(program):
        return STEPPED_IN if holders - {None} else "OWNER"
    if program is not None and any(person in staff.owners(each) for each in around.above(program.id)):
        return STEPPED_IN if holders - {None} or staff.owners(program) else "OWNER"
    held = [role for role in (*_DECIDERS, Role.SPECIALIST) if role in person.roles]
    return "OWNER" if not held else str(held[0])


def outstanding(
    plan: Plan,
    edits: Edits,
    approvals: Sequence[Approval],
    around: Surroundings,
    staff: Staff,
    stage: Stage | None = None,
) -> tuple[str, ...]:
    """Approvals still needed, in words, a line a slot."""
    return missing(plan, approvals, [needs(part, edits, around, staff, stage) for part in plan.parts])


def missing(plan: Plan, approvals: Sequence[Approval], needed: Sequence[Needs]) -> tuple[str, ...]:
    """The same where it is known what each part needs."""
    said: list[str] = []
    for part, needs_ in zip(plan.parts, needed, strict=True):
        for slot in needs_.open(_by(approvals, part)):
            nobody = "" if slot.people else " (nobody can give it now)"
            said.append(f"{part.title}: {slot.label}{nobody}")
    return tuple(said)


def one_approver(
    plan: Plan, edits: Edits, around: Surroundings, staff: Staff, stage: Stage | None = None
) -> bool:
    """Whether a second approval is waived for some part."""
    return any(needs(part, edits, around, staff, stage).one_approver for part in plan.parts)


def _by(approvals: Sequence[Approval], part: Part) -> list[str]:
    of_part = [each for each in approvals if each.part == part.id]
    return [each.person for each in of_part if each.fingerprint == part.fingerprint]


def answers_for(viewer: Viewer, suggestion: Suggestion, part: Part, around: Surroundings) -> bool:
    """Whether the part is the viewer's to refuse: by a role that may refuse any, or by a duty on it.

    That of the resources is a program owner's where no other program holds one of them, and theirs who own what it
    is about, also where that stays as it is.
    """
    changed = {bare(name) for change in part.changes for name in change.touches}
    concerned = {each.id for each in around.present(suggestion.proposal.resources)}
    of_resources = part.id == RESOURCES_PART
    held_by = {each.id for id_ in changed for each in around.holding(id_)}
    programs = held_by if of_resources else {bare(part.id)}
    stages = {id_ for id_, stage in viewer.duties.stages if stage is suggestion.proposal.stage}
    own = {
        Column.PO: bool(programs) and all(_within(id_, viewer, around) for id_ in programs),
        Column.ST: bool(programs) and programs <= stages,
        Column.RO: of_resources and bool(viewer.duties.resources & (changed | concerned)),
    }
    about = About(
        own=frozenset(column for column, theirs in own.items() if theirs),
        metadata=_metadata_only(part.changes),
    )
    return policy.METHODS[viewer.method].allows(viewer, about)


def _within(program: str, viewer: Viewer, around: Surroundings) -> bool:
    """Whether the viewer owns the program or one around it."""
    owned = viewer.duties.programs
    return program in owned or any(each.id in owned for each in around.above(program))


def standing(viewer: Viewer, suggestion: Suggestion, around: Surroundings) -> About:
    """The viewer's part in the suggestion: duties on what it concerns, their approval; and what it changes."""
    proposal, plan = suggestion.proposal, suggestion.plan
    own = _own(
        viewer,
        around,
        touched={bare(name) for name in plan.touches},
        members=proposal.resources,
        programs={*proposal.programs, *(bare(part.id) for part in plan.parts)},
        stage=proposal.stage,
    )
    return About(
        own=own,
        metadata=_metadata_only(plan.changes),
        approved=any(each.person == viewer.person.id for each in suggestion.approvals),
    )


def standing_on_line(viewer: Viewer, line: Line, around: Surroundings) -> About:
    """The same of a line; `around` needs the viewer's own programs alone, and what leads from them to the line."""
    own = _own(
        viewer,
        around,
        touched={bare(name) for name in line.targets},
        members=line.members,
        programs={*line.programs, *(bare(share.id) for share in line.shares)},
        stage=line.stage,
    )
    metadata = bool(line.operations) and line.operations <= METADATA
    return About(own=own, metadata=metadata, approved=viewer.person.id in line.approved_by)


def _own(
    viewer: Viewer,
    around: Surroundings,
    *,
    touched: AbstractSet[str],
    members: Iterable[str],
    programs: AbstractSet[str],
    stage: Stage | None,
) -> frozenset[Column]:
    """By which duties the viewer answers for something of this."""
    resources = touched | {each.id for each in around.present(members)}
    holding = {each.id for id_ in resources for each in around.holding(id_)}
    concerned = touched | programs | holding
    own = {
        Column.PO: {id_ for id_ in concerned if _within(id_, viewer, around)},
        Column.ST: {id_ for id_, held in viewer.duties.stages if held is stage} & concerned,
        Column.RO: viewer.duties.resources & resources,
    }
    return frozenset(column for column, theirs in own.items() if theirs)
