"""Who must approve, who may reject, and whose it is (behaviour.md §2, mode HYBRID)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from services.catalog.domain.engagement import Use
from services.catalog.domain.people import Mode, Person, Role, Viewer, email_key
from services.catalog.domain.programs import Program
from services.catalog.domain.resources import Resource
from services.catalog.review.domain import (
    RESOURCES_PART,
    Approval,
    Assignee,
    Edits,
    Operation,
    Part,
    Plan,
    Risk,
    Suggestion,
)
from services.catalog.review.effects import effects
from services.catalog.review.findings import Kind, Proposal
from services.catalog.review.surroundings import Surroundings, bare

_DECIDERS = (Role.LEARNING_LEADER, Role.INSTRUCTIONAL_DESIGNER)
LEADER = "a learning leader"
DECIDER = "a learning leader or an instructional designer"


@dataclass(frozen=True, slots=True)
class Staff:
    """Active people by role and by folded e-mail, and the mode of the organisation."""

    holders: Mapping[Role, tuple[Person, ...]] = field(default_factory=dict[Role, tuple[Person, ...]])
    by_email: Mapping[str, Person] = field(default_factory=dict[str, Person])
    mode: Mode = Mode.HYBRID

    def ids(self, *roles: Role) -> frozenset[str]:
        """Who holds one of the roles."""
        return frozenset(person.id for role in roles for person in self.holders.get(role, ()))

    def owners(self, program: Program) -> tuple[Person, ...]:
        """The program's owners who are active people, the owner first."""
        found = (self.by_email.get(email_key(owner)) for owner in program.owners)
        return tuple(person for person in found if person is not None and person.active)

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


def needs(part: Part, edits: Edits, around: Surroundings, staff: Staff) -> Needs:
    """Which approvals the part needs, by its risk."""
    program = around.programs.get(bare(part.id)) if part.id != RESOURCES_PART else None
    owners = frozenset(person.id for person in staff.owners(program)) if program else frozenset[str]()
    deciders = staff.ids(*_DECIDERS)
    owner_label = f"an owner of “{program.title}”" if program else ""
    if part.risk <= Risk.R1:
        return Needs(
            part.id, (Slot(f"{DECIDER}, or the owner", deciders | owners | _own(part, around, staff)),)
        )
    if part.risk is Risk.R2:
        slot = Slot(owner_label, owners) if owners else Slot(DECIDER, deciders)
        others = slot.people - {edits.author}
        # Who edited the plan may not be its only approver, unless nobody else could be.
        if edits.author in slot.people and others:
            return Needs(part.id, (Slot(f"{slot.label} who did not edit the plan", others),))
        return Needs(part.id, (slot,), one_approver=edits.author in slot.people)
    first = Slot(LEADER, staff.ids(Role.LEARNING_LEADER))
    second = Slot(owner_label, owners) if owners else Slot(f"a second person: {DECIDER}", deciders)
    if len(first.people | second.people) == 1 and first.people:
        return Needs(part.id, (first,), one_approver=True)
    return Needs(part.id, (first, second))


def _own(part: Part, around: Surroundings, staff: Staff) -> frozenset[str]:
    """Owners of all that the part changes: of each resource, or of a program that holds it; specialists for links."""
    ids = {bare(change.target) for change in part.changes}
    ids |= {bare(write.target) for change in part.changes for write in change.writes}
    entitled: list[set[str]] = []
    for id_ in ids:
        resource = around.resources.get(id_)
        if resource is None:
            continue
        people = {person.id for program in around.holding(resource.id) for person in staff.owners(program)}
        owner = staff.owner(resource)
        entitled.append(people | ({owner.id} if owner else set()))
    own = frozenset(set[str].intersection(*entitled)) if entitled else frozenset[str]()
    if all(change.operation is Operation.LINK_LISTINGS for change in part.changes):
        own |= staff.ids(Role.SPECIALIST)
    return own


def capacity(person: Person, part: Part, around: Surroundings, staff: Staff) -> str:
    """In which capacity the person approves the part."""
    program = around.programs.get(bare(part.id))
    if program is not None and any(owner.id == person.id for owner in staff.owners(program)):
        return "OWNER"
    held = [role for role in (*_DECIDERS, Role.SPECIALIST) if role in person.roles]
    own = person.id in _own(part, around, staff) and not person.has(*_DECIDERS)
    return "OWNER" if own or not held else str(held[0])


def outstanding(
    plan: Plan, edits: Edits, approvals: Sequence[Approval], around: Surroundings, staff: Staff
) -> tuple[str, ...]:
    """Approvals still needed, in words, a line a slot."""
    said: list[str] = []
    for part in plan.parts:
        for slot in needs(part, edits, around, staff).open(_by(approvals, part)):
            nobody = "" if slot.people else " (nobody can give it now)"
            said.append(f"{part.title}: {slot.label}{nobody}")
    return tuple(said)


def one_approver(plan: Plan, edits: Edits, around: Surroundings, staff: Staff) -> bool:
    """Whether a second approval is waived for some part."""
    return any(needs(part, edits, around, staff).one_approver for part in plan.parts)


def _by(approvals: Sequence[Approval], part: Part) -> list[str]:
    return [
        each.person for each in approvals if each.part == part.id and each.fingerprint == part.fingerprint
    ]


def may_reject(viewer: Viewer, suggestion: Suggestion, around: Surroundings) -> bool:
    """Whether the viewer may refuse, put off, edit or reopen it: by role, as assignee, or by what they own of it."""
    if viewer.person.has(*_DECIDERS):
        return True
    if viewer.person.has(Role.SPECIALIST) and suggestion.assignee == viewer.person.id:
        return True
    members = {each.id for each in around.present(suggestion.proposal.resources)}
    programs = set(suggestion.proposal.programs) | {bare(part.id) for part in suggestion.plan.parts}
    held = {
        program.id
        for program in around.programs.values()
        if members & {item.resource for item in program.items}
    }
    return bool(viewer.duties.resources & members or viewer.duties.programs & (programs | held))


def who_may_reject() -> str:
    """In words, for a refusal."""
    return f"{DECIDER}, or an owner of what it concerns"


def assignee(proposal: Proposal, plan: Plan, around: Surroundings, staff: Staff) -> Assignee:
    """By the rules of behaviour.md §2; stage holders are not known yet, so the owner steps in."""
    if proposal.kind is Kind.PROGRAM:
        for id_ in sorted(proposal.programs):
            program = around.programs.get(id_)
            if program is not None and (owners := staff.owners(program)):
                return Assignee(owners[0].id)
    changed = effects(plan.parts).written
    members = around.present(proposal.resources)
    for resource in sorted(members, key=lambda each: each.id not in changed):
        owner = staff.owner(resource)
        if owner is not None:
            return Assignee(owner.id)
    holding = {program.id: program for each in members for program in around.holding(each.id)}
    owned = [program for program in holding.values() if staff.owners(program)]
    if owned:
        most = max(owned, key=lambda each: (_learners(each, around.use), each.source, each.key))
        return Assignee(staff.owners(most)[0].id)
    holders = staff.holders.get(Role.INSTRUCTIONAL_DESIGNER) or staff.holders.get(Role.LEARNING_LEADER) or ()
    return Assignee(holders=tuple(sorted(each.id for each in holders)))


def answers_for(name: str, around: Surroundings, staff: Staff) -> Person | None:
    """The owner of a resource or program; of a resource without one, the owner of its program with most learners."""
    program = around.programs.get(bare(name))
    resource = around.resource(bare(name))
    if program is None and resource is not None:
        owner = staff.owner(resource)
        if owner is not None:
            return owner
        owned = [each for each in around.holding(resource.id) if staff.owners(each)]
        program = max(
            owned, key=lambda each: (_learners(each, around.use), each.source, each.key), default=None
        )
    return next(iter(staff.owners(program)), None) if program is not None else None


def _learners(program: Program, use: Mapping[str, Use]) -> int:
    return max((use[item.resource].year.started for item in program.items if item.resource in use), default=0)
