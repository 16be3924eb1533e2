"""Forms the plan of a proposal from the catalog's own current rows; what a person edited is kept."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date

from services.catalog.domain.people import email_key
from services.catalog.domain.resources import Lifecycle, Resource
from services.catalog.postgres import codec
from services.catalog.review import metadata, program_plans
from services.catalog.review.domain import (
    NO_PLAN,
    RESOURCES_PART,
    Change,
    Edits,
    Operation,
    Part,
    Plan,
    Write,
)
from services.catalog.review.domain_tasks import BRIEF, CARRY_OVER, Errand
from services.catalog.review.findings import Draft, Evidence, Kind, Proposal, Relation
from services.catalog.review.surroundings import Surroundings, bare, program_name, resource_name

RETIRING = {
    Relation.IDENTICAL: Operation.ARCHIVE,
    Relation.REVISED: Operation.DEPRECATE,
}
"""What becomes of the member that goes, as far as no learners are known (behaviour.md §3, see `_step`); other
relations never retire a member by themselves."""
LIFECYCLES = {
    Operation.ARCHIVE: Lifecycle.ARCHIVED,
    Operation.DEPRECATE: Lifecycle.DEPRECATED,
    Operation.CLOSE_TO_NEW: Lifecycle.DEPRECATED,
    Operation.UNLIST: Lifecycle.UNLISTED,
    Operation.RESTORE: Lifecycle.PUBLISHED,
}
REVIEW_MONTHS = 12  # behaviour.md §4's interval for most classes, where the proposal names none
MOST_STEPS = 20  # quotations turned into steps of a task; the rest is in the evidence
THEN_ARCHIVE = "then_archive"
"""The value of a drafted close_to_new whose resource shall be archived once nobody is left."""
_OVER = frozenset({"completed", "failed"})
_WHO_STAYS = "Choose which copy stays: none stands out."


@dataclass(slots=True)
class _Draft:
    """A plan while it is formed; `before` is what it said so far, and `approved` whether somebody said yes to that."""

    around: Surroundings
    edits: Edits
    before: Plan = NO_PLAN
    approved: bool = False
    resources: list[Change] = field(default_factory=list[Change])
    programs: dict[str, list[Change]] = field(default_factory=dict[str, list[Change]])
    errands: list[Errand] = field(default_factory=list[Errand])
    present: dict[str, set[str]] = field(default_factory=dict[str, set[str]])
    """Resources in each program as the plan so far leaves it."""

    def add(self, change: Change) -> None:
        if change.id not in self.edits.drop_changes and RESOURCES_PART not in self.edits.drop_parts:
            self.resources.append(change)

    def add_item(self, program: str, change: Change) -> bool:
        """Whether the change is part of the plan: nobody dropped it or its part."""
        if change.id in self.edits.drop_changes or program_name(program) in self.edits.drop_parts:
            return False
        self.programs.setdefault(program, []).append(change)
        return True

    def planned(self, resource: str) -> Operation | None:
        """How the plan so far closes the resource, or would had nobody dropped that; None where it does not."""
        said = {each.id for each in self.before.changes} | set(self.edits.drop_changes)
        return next((each for each in LIFECYCLES if f"{each}.{resource}" in said), None)

    def items(self, program: str) -> set[str]:
        if program not in self.present:
            self.present[program] = {
                item.resource for item in self.around.programs[program].items if item.resource
            }
        return self.present[program]


def formed(
    proposal: Proposal,
    edits: Edits,
    around: Surroundings,
    *,
    before: Plan = NO_PLAN,
    approved: bool = False,
) -> Plan:
    """The plan without its facts, risks and checks (see `assessment`); empty when nothing is left to do.

    Members under another's name now, left out or gone are dropped; so is every change that is already so.
    How many learners there are is never material (behaviour.md §8): how far a member goes stays as the plan said
    `before`, and all of what somebody has `approved` of it.
    """
    draft = _Draft(around, edits, before, approved)
    left_out = set(edits.leave_out)
    members = [each for each in around.present(proposal.resources) if each.id not in left_out]
    survivor, missing = "", ""
    if proposal.kind is Kind.DUPLICATE:
        if len(members) < 2:
            return Plan()
        survivor = _survivor(proposal, edits, members)
        if proposal.relation is Relation.SAME_ITEM:
            _link(draft, members)
        elif proposal.relation in RETIRING:
            losers = _losers(proposal, edits, members, survivor)
            if survivor:
                for loser in losers:
                    operation = _step(proposal.relation, loser, draft)
                    then = operation is Operation.CLOSE_TO_NEW
                    _retire(draft, loser, around.resources[survivor], operation, then_archive=then)
            elif any(not _already(loser, RETIRING[proposal.relation], "") for loser in losers):
                missing = _WHO_STAYS
        else:
            _ask_owner(draft, proposal, members)
    else:
        for each in proposal.drafts:
            _follow(draft, proposal, each, left_out)
    _carry_over(draft, proposal, survivor)
    asked = any(each.operation == Operation.ADD_EQUIVALENCE for each in proposal.drafts)
    parts = _parts(draft, credit=asked)
    return Plan(parts=parts, errands=tuple(draft.errands), survivor=survivor, missing=missing)


def _survivor(proposal: Proposal, edits: Edits, members: Sequence[Resource]) -> str:
    ids = [each.id for each in members]
    if proposal.relation is Relation.SAME_ITEM:
        return min(ids)  # ids sort by age: the older keeps its name (design.md §4.2)
    named = {alias: each.id for each in members for alias in (each.id, *each.aliases)}
    chosen = [edits.survivor, *(member.resource for member in proposal.members if member.survivor)]
    return next((named[id_] for id_ in chosen if id_ in named), "")


def _losers(proposal: Proposal, edits: Edits, members: Sequence[Resource], survivor: str) -> list[Resource]:
    """Members that go: all others when a person chose who stays, else those the curator says may go."""
    others = [each for each in members if each.id != survivor]
    if edits.survivor or not survivor:
        return others
    offered = {draft.resource for draft in proposal.drafts}
    return [each for each in others if offered & {each.id, *each.aliases}]


def _step(relation: Relation, loser: Resource, draft: _Draft) -> Operation:
    """How far a member goes. Of an older edition whose learners are known: archived where nobody has it before them,
    else closed to new learners first; so it stays, whoever begins or finishes meanwhile."""
    if relation is not Relation.REVISED:
        return RETIRING[relation]
    around, planned = draft.around, draft.planned(loser.id)
    if planned is not None and (draft.approved or planned is not RETIRING[relation]):
        return planned
    use = around.use.get(loser.id)
    if use is None or use.in_progress is None:
        return RETIRING[relation]
    before_them = any(each.resource == loser.id and each.state not in _OVER for each in around.enrolments)
    return Operation.CLOSE_TO_NEW if use.in_progress or before_them else Operation.ARCHIVE


def _link(draft: _Draft, members: Sequence[Resource]) -> None:
    older, *younger = sorted(members, key=lambda each: each.id)
    for each in younger:
        joined, into = _apart(each, older)
        text = f"The listings of {joined} become listings of {into}"
        write = Write(resource_name(each.id), "alias", "", older.id)
        draft.add(_change(Operation.LINK_LISTINGS, each.id, text, older.id, (write,)))


def _all_quoted(members: Sequence[Resource]) -> str:
    *others, last = map(_quoted, members)
    return f"{', '.join(others)} and {last}"


def _ask_owner(draft: _Draft, proposal: Proposal, members: Sequence[Resource]) -> None:
    part, whole = members[0], members[1]
    asked = {
        Relation.CONTAINED: f"Replace {_quoted(part)} by a link into {_quoted(whole)}, or mark it as an excerpt",
        Relation.OVERLAP: f"Let {_quoted(part)} and {_quoted(whole)} share what both say",
        Relation.TRANSLATED: f"Note that {_all_quoted(members)} are one content in several languages",
    }.get(proposal.relation, f"Look at {_quoted(part)} and {_quoted(whole)}")
    _task(draft, part, asked, whole.id)


def _task(draft: _Draft, resource: Resource, text: str, other: str = "", steps: Sequence[str] = ()) -> None:
    change = _change(Operation.REQUEST_UPDATE, resource.id, text, other, ())
    before = len(draft.resources)
    draft.add(change)
    if len(draft.resources) > before:
        name = resource_name(resource.id)
        draft.errands.append(Errand(change.operation, name, text, tuple(steps), resource.owner))


def _follow(draft: _Draft, proposal: Proposal, drafted: Draft, left_out: set[str]) -> None:
    around = draft.around
    if drafted.resource in left_out:
        return
    for change in program_plans.changes(drafted, proposal, draft.edits, around):
        if draft.add_item(bare(change.target), change) and change.operation is Operation.REQUEST_UPDATE:
            draft.errands.append(Errand(BRIEF, change.target, change.text))
    resource = around.resource(drafted.resource)
    if resource is None or resource.id in left_out or drafted.operation not in set(Operation):
        return
    other = around.resource(drafted.other) if drafted.other else None
    match Operation(drafted.operation):
        case Operation.CONFIRM:
            _confirm(draft, proposal, resource)
        case Operation.SET_METADATA:
            _set_metadata(draft, resource, drafted.field, drafted.value)
        case Operation.SET_OWNER:
            _set_owner(draft, resource, drafted.value)
        case Operation.REQUEST_UPDATE:
            _request_update(draft, proposal, resource)
        case Operation.ITEM_DROP | Operation.ITEM_REPLACE:
            program = around.programs.get(drafted.program)
            if program is not None and not program.archived:
                _take_item(draft, program.id, resource, other)
        case Operation.ADD_EQUIVALENCE if other is not None:
            _equivalence(draft, resource, other)
        case Operation.LINK_LISTINGS if other is not None and other.id != resource.id:
            _link(draft, [resource, other])
        case (
            Operation.ARCHIVE
            | Operation.DEPRECATE
            | Operation.CLOSE_TO_NEW
            | Operation.UNLIST
            | Operation.RESTORE as operation
        ):
            _retire(draft, resource, other, operation, then_archive=drafted.value == THEN_ARCHIVE)
        case _:
            return


def _confirm(draft: _Draft, proposal: Proposal, resource: Resource) -> None:
    today = draft.around.today
    until = draft.edits.review_date or next_review(proposal, today)
    if resource.shown("reviewed") == today:
        return
    text = (
        f"{_quoted(resource)} is confirmed as right on {today.isoformat()}; next review {until.isoformat()}"
    )
    name = resource_name(resource.id)
    writes = (
        Write(name, "review_date", _plain(resource.shown("review_date")), until.isoformat()),
        Write(name, "reviewed", _plain(resource.shown("reviewed")), today.isoformat()),
    )
    draft.add(_change(Operation.CONFIRM, resource.id, text, "", writes))


def _set_metadata(draft: _Draft, resource: Resource, field: str, value: str) -> None:
    before = codec.plain(resource.shown(field))
    after = metadata.read(field, value)
    if before == after:
        return
    text = f"{metadata.WORDS[field].capitalize()} of {_quoted(resource)} becomes “{value}”"
    write = Write(resource_name(resource.id), field, before, after)
    change = _change(Operation.SET_METADATA, resource.id, text, "", (write,))
    draft.add(replace(change, id=f"{change.id}.{field}"))


def _set_owner(draft: _Draft, resource: Resource, email: str) -> None:
    if not email or email_key(resource.owner) == email_key(email):
        return
    text = f"{_quoted(resource)} belongs to {email}"
    write = Write(resource_name(resource.id), "owner", codec.plain(resource.shown("owner")), email)
    draft.add(_change(Operation.SET_OWNER, resource.id, text, "", (write,)))


def next_review(proposal: Proposal | None, today: date) -> date:
    """The day of the next review: after the interval that the evidence names, else after twelve months."""
    evidence = proposal.evidence if proposal else ()
    named = [int(each.value) for each in evidence if each.type == "class" and each.value >= 1]
    months = today.month - 1 + (named[0] if named else REVIEW_MONTHS)
    year, month = today.year + months // 12, months % 12 + 1
    return date(year, month, min(today.day, 28))


def _request_update(draft: _Draft, proposal: Proposal, resource: Resource) -> None:
    quoted = [each for each in proposal.evidence if each.quote and each.resource == resource.id]
    places = [f"{each.place}: “{each.quote}” – {each.text}" for each in quoted[:MOST_STEPS]]
    _task(draft, resource, f"Update {_quoted(resource)}", steps=places)


def _retire(
    draft: _Draft,
    loser: Resource,
    survivor: Resource | None,
    operation: Operation,
    *,
    then_archive: bool = False,
) -> None:
    """Takes the loser out of every program and closes it, leading to the survivor where there is one.

    While a program keeps it, it stays as it is (behaviour.md §7).
    """
    if survivor is not None and survivor.id == loser.id:
        return
    if operation is Operation.ARCHIVE and draft.edits.finish_on_old:
        planned = draft.planned(loser.id)
        if planned is Operation.CLOSE_TO_NEW or draft.around.in_progress(loser.id):
            operation, then_archive = Operation.CLOSE_TO_NEW, True
    if _already(loser, operation, survivor.id if survivor else ""):
        return
    kept = False
    replaced = False
    if survivor is not None and operation is not Operation.UNLIST:
        concerned = {each.id for each in draft.around.holding(loser.id)}
        if draft.edits.move_requirements:
            concerned |= {program.id for program, _ in draft.around.requiring(loser.id)}
        for program in sorted(concerned):
            done = _take_item(draft, program, loser, survivor)
            replaced = replaced or done
            kept = kept or not done
        if loser.owed or _credited(draft, loser, survivor, replaced=replaced):
            _equivalence(draft, loser, survivor)
    if kept:
        return
    draft.add(_closing(loser, survivor, operation, then_archive=then_archive))


def _credited(draft: _Draft, loser: Resource, survivor: Resource, *, replaced: bool) -> bool:
    """Whether who has completed it shall have the survivor's credit: somebody has, or may have where it is replaced.

    Of what is approved it stays as it was said, unless learners of a program would lose by that.
    """
    completed = draft.around.ever_completed(loser.id)
    if draft.approved and draft.planned(loser.id) is not None:
        id_ = _equivalence_id(loser, survivor)
        return any(each.id == id_ for each in draft.before.changes) or (replaced and completed)
    return completed or (replaced and loser.id not in draft.around.use)


def _equivalence_id(old: Resource, new: Resource) -> str:
    return f"{Operation.ADD_EQUIVALENCE}.{new.id}.{old.id}"


def _closing(
    loser: Resource, survivor: Resource | None, operation: Operation, *, then_archive: bool
) -> Change:
    name = resource_name(loser.id)
    writes = [Write(name, "lifecycle", str(loser.lifecycle), str(LIFECYCLES[operation]))]
    title, leads = _quoted(loser), ""
    if survivor is not None:
        writes.append(Write(name, "successor", loser.successor, survivor.id))
        title, instead = _apart(loser, survivor)
        leads = f"; learners are led to {instead}"
    elif operation is Operation.RESTORE and loser.successor:
        writes.append(Write(name, "successor", loser.successor, ""))
    if then_archive:
        leads = f"{leads}; once nobody is left, Winnow suggests to archive it"
    said = {
        Operation.ARCHIVE: f"{title} is archived{leads}",
        Operation.DEPRECATE: f"{title} is marked as replaced{leads}",
        Operation.CLOSE_TO_NEW: f"{title} is closed to new learners; who has begun finishes on it{leads}",
        Operation.UNLIST: f"{title} is no longer listed",
        Operation.RESTORE: f"{title} is listed and open again",
    }[operation]
    change = _change(operation, loser.id, said, survivor.id if survivor else "", tuple(writes))
    return replace(change, then_archive=then_archive)


def _already(loser: Resource, operation: Operation, successor: str) -> bool:
    """Whether nothing of this is left to do: it is so, or further than that."""
    wanted = LIFECYCLES[operation]
    if wanted is Lifecycle.PUBLISHED:
        return loser.lifecycle is wanted
    order = [Lifecycle.PUBLISHED, Lifecycle.UNLISTED, Lifecycle.DEPRECATED, Lifecycle.ARCHIVED]
    closed = order.index(loser.lifecycle) >= order.index(wanted)
    return closed and (not successor or bool(loser.successor) or loser.lifecycle is Lifecycle.ARCHIVED)


def _take_item(draft: _Draft, program: str, loser: Resource, survivor: Resource | None) -> bool:
    """Replaces the item, or drops it where nothing (else) shall take its place; whether that is in the plan."""
    names = draft.items(program)
    title = draft.around.title(program)
    target = program_name(program)
    writes: list[Write] = []
    if loser.id in names:
        writes.append(Write(target, "items", loser.id, survivor.id if survivor else ""))
    required = any(loser.id in item.prerequisites for item in draft.around.programs[program].items)
    if required and draft.edits.move_requirements and survivor is not None:
        writes.append(Write(target, "requirements", loser.id, survivor.id))
    if not writes:
        return True
    if survivor is None:
        operation, text = Operation.ITEM_DROP, f"{_quoted(loser)} is dropped from {title}"
    else:
        operation = Operation.ITEM_REPLACE
        goes, stays = _apart(loser, survivor)
        text = f"{goes} is replaced by {stays} in {title}"
        if survivor.id in names:
            text = f"{goes} is dropped from {title}, which has {stays} already"
    change = Change(
        id=f"{operation}.{program}.{loser.id}",
        operation=operation,
        target=target,
        text=text,
        other=resource_name(survivor.id) if survivor else "",
        writes=tuple(writes),
    )
    if not draft.add_item(program, change):
        return False
    names.discard(loser.id)
    if survivor is not None:
        names.add(survivor.id)
    return True


def _equivalence(draft: _Draft, old: Resource, new: Resource) -> None:
    if old.id in new.equivalents:
        return
    had, counts_as = _apart(old, new)
    text = f"Who has completed {had} keeps the credit: it counts as {counts_as}"
    write = Write(resource_name(new.id), "equivalents", "", old.id)
    change = Change(
        id=_equivalence_id(old, new),
        operation=Operation.ADD_EQUIVALENCE,
        target=resource_name(new.id),
        text=text,
        other=resource_name(old.id),
        writes=(write,),
    )
    if all(each.id != change.id for each in draft.resources):
        draft.add(change)


def _carry_over(draft: _Draft, proposal: Proposal, survivor: str) -> None:
    closed = {
        write.target
        for change in draft.resources
        for write in change.writes
        if write.field == "lifecycle" and change.operation is not Operation.UNLIST
    }
    lost = [
        each
        for each in proposal.evidence
        if each.type == "would_be_lost" and each.quote and _named(draft.around, each) in closed
    ]
    if not lost:
        return
    into = draft.around.resources.get(survivor)
    text = f"Carry over into {_quoted(into) if into else 'what stays'} what only the others say"
    steps = tuple(f"“{each.quote}” ({each.place})" for each in lost[:MOST_STEPS])
    target = resource_name(into.id) if into else _named(draft.around, lost[0])
    draft.errands.append(Errand(CARRY_OVER, target, text, steps, into.owner if into else ""))


def _named(around: Surroundings, evidence: Evidence) -> str:
    resource = around.resource(evidence.resource)
    return resource_name(resource.id) if resource else ""


def _parts(draft: _Draft, *, credit: bool) -> tuple[Part, ...]:
    """A part for each program and one for the resources; credit alone is one only where it is asked for (`credit`)."""
    touched = {program_name(program) for program in draft.programs}
    parts = [
        Part(
            program_name(program),
            draft.around.programs[program].title,
            tuple(changes),
            # What is taken in stands there before the program that held it ends.
            depends_on=tuple(
                each.other
                for each in changes
                if each.operation is Operation.MERGE_PROGRAMS and each.other in touched
            ),
        )
        for program, changes in sorted(draft.programs.items())
    ]
    if draft.resources:
        # What a program still holds is not closed: this part waits for theirs.
        waits = any(change.operation in LIFECYCLES for change in draft.resources)
        depends = tuple(part.id for part in parts) if waits else ()
        others = any(change.operation is not Operation.ADD_EQUIVALENCE for change in draft.resources)
        if parts or others or credit:
            parts.append(Part(RESOURCES_PART, "Resources", tuple(draft.resources), depends_on=depends))
    return tuple(parts)


def _change(operation: Operation, resource: str, text: str, other: str, writes: Iterable[Write]) -> Change:
    return Change(
        id=f"{operation}.{resource}",
        operation=operation,
        target=resource_name(resource),
        text=text,
        other=resource_name(other) if other else "",
        writes=tuple(writes),
    )


def _quoted(resource: Resource) -> str:
    return f"“{resource.title}”"


def _apart(one: Resource, other: Resource) -> tuple[str, str]:
    """Both quoted; where their titles are the same each with where it comes from, or no sentence tells them apart."""
    if one.title != other.title:
        return _quoted(one), _quoted(other)
    first, second = (f"{_quoted(each)} ({': '.join(each.listings[0].key)})" for each in (one, other))
    return first, second


def _plain(value: object) -> object:
    return value.isoformat() if isinstance(value, date) else value
