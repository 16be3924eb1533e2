"""What a drafted operation on whole programs, or on the order and number of their items, would change."""

from __future__ import annotations

from collections.abc import Iterator

from services.catalog.domain.programs import Program
from services.catalog.review.domain import Change, Edits, Operation, Write
from services.catalog.review.findings import Draft, Proposal
from services.catalog.review.surroundings import Surroundings, program_name, resource_name

EXTRACT_MODULE = "extract_module"
"""No executable plan: its owner is asked, see docs/decisions/modules-are-asked-for.md."""
BRIEF = "brief"
ENDING = frozenset({Operation.ARCHIVE_PROGRAM, Operation.MERGE_PROGRAMS})
"""Operations after which a program is archived."""


def changes(drafted: Draft, proposal: Proposal, edits: Edits, around: Surroundings) -> Iterator[Change]:
    """The changes of programs that a draft leads to now, each for its target's part; none where it is so already."""
    program = around.programs.get(drafted.program)
    if program is None or program.archived:
        return
    match drafted.operation:
        case Operation.ITEM_MOVE:
            yield from _move(program, drafted, around)
        case Operation.ITEM_MAKE_OPTIONAL:
            yield from _make_optional(program, drafted, around)
        case Operation.ITEM_INSERT:
            yield from insert(program, drafted.resource, around)
        case Operation.ARCHIVE_PROGRAM:
            yield _archive(program)
        case Operation.MERGE_PROGRAMS:
            yield from _merge(program, drafted, proposal, edits, around)
        case _ if drafted.operation == EXTRACT_MODULE:
            titles = ", ".join(f"“{each.title}”" for each in around.present(proposal.resources))
            yield _ask(program, f"Make one module of {titles} and let “{program.title}” hold it")
        case _ if drafted.operation == BRIEF:
            yield _ask(program, f"Find or make an item for “{program.title}” on “{drafted.subject}”")
        case _:
            return


def _ask(program: Program, text: str) -> Change:
    name = program_name(program.id)
    return Change(f"{Operation.REQUEST_UPDATE}.{program.id}", Operation.REQUEST_UPDATE, name, text)


def _move(program: Program, drafted: Draft, around: Surroundings) -> Iterator[Change]:
    held = list(around.held_by(program.id))
    moving, before = (around.resource(each) for each in (drafted.resource, drafted.other))
    if moving is None or before is None or moving.id not in held or before.id not in held:
        return
    first, last = held.index(before.id), held.index(moving.id)
    item = next(each for each in program.items if each.resource == moving.id)
    if last < first or set(item.prerequisites) & set(held[first:last]):
        return
    name = program_name(program.id)
    yield Change(
        f"{Operation.ITEM_MOVE}.{program.id}.{moving.id}",
        Operation.ITEM_MOVE,
        name,
        f"“{moving.title}” moves before “{before.title}” in “{program.title}”",
        resource_name(before.id),
        (Write(name, "place", moving.id, before.id),),
    )


def _make_optional(program: Program, drafted: Draft, around: Surroundings) -> Iterator[Change]:
    resource = around.resource(drafted.resource)
    if resource is None or not any(each.resource == resource.id and each.mandatory for each in program.items):
        return
    name = program_name(program.id)
    yield Change(
        f"{Operation.ITEM_MAKE_OPTIONAL}.{program.id}.{resource.id}",
        Operation.ITEM_MAKE_OPTIONAL,
        name,
        f"“{resource.title}” is no longer mandatory in “{program.title}”",
        "",
        (Write(name, "optional", resource.id, ""),),
    )


def insert(program: Program, resource: str, around: Surroundings) -> Iterator[Change]:
    """The resource as a last item. Elective: nobody who has begun gets a new duty."""
    new = around.resource(resource)
    if new is None or new.id in around.held_by(program.id):
        return
    name = program_name(program.id)
    yield Change(
        f"{Operation.ITEM_INSERT}.{program.id}.{new.id}",
        Operation.ITEM_INSERT,
        name,
        f"“{new.title}” becomes an elective item of “{program.title}”",
        resource_name(new.id),
        (Write(name, "insert", "", new.id),),
    )


def _archive(program: Program) -> Change:
    name = program_name(program.id)
    return Change(
        f"{Operation.ARCHIVE_PROGRAM}.{program.id}",
        Operation.ARCHIVE_PROGRAM,
        name,
        f"“{program.title}” is archived; its items stay",
        "",
        (Write(name, "archived", False, True),),
    )


def _merge(
    program: Program, drafted: Draft, proposal: Proposal, edits: Edits, around: Surroundings
) -> Iterator[Change]:
    """What only the program has becomes elective in the one that takes it in, then the program is archived."""
    into = around.programs.get(drafted.into)
    if into is None or into.archived or program_name(into.id) in edits.drop_parts:
        return
    shared = set(proposal.resources)
    for id_ in dict.fromkeys(around.held_by(program.id)):
        if id_ not in shared:
            yield from insert(into, id_, around)
    name = program_name(program.id)
    yield Change(
        f"{Operation.MERGE_PROGRAMS}.{program.id}",
        Operation.MERGE_PROGRAMS,
        name,
        f"“{program.title}” is archived; “{into.title}” takes its place",
        program_name(into.id),
        (Write(name, "archived", False, True),),
    )
