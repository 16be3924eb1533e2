"""Programs, sources, and lines of the change list."""

from __future__ import annotations

from services.catalog.domain.changes import Change, ChangeState
from services.catalog.domain.programs import Items, ObservedProgram, Program, ProgramItem
from services.catalog.domain.sources import Source
from services.catalog.wire.fields import bad_field, id_of
from services.kit.protobuf import timestamp
from winnow.catalog.v1 import (
    catalog_service_pb2,
    program_pb2,
    source_pb2,
)


def _item(value: ProgramItem) -> program_pb2.ProgramItem:
    return program_pb2.ProgramItem(
        resource=f"resources/{value.resource}" if value.resource else "",
        program=f"programs/{value.program}" if value.program else "",
        reference=value.reference,
        mandatory=value.mandatory,
        prerequisites=[f"resources/{each}" for each in value.prerequisites],
    )


def program(value: Program) -> program_pb2.Program:
    """A program as shown."""
    made = program_in_short(value)
    made.items.extend(_item(each) for each in value.items)
    return made


def program_in_short(value: Program) -> program_pb2.Program:
    """The same without its items."""
    return program_pb2.Program(
        name=f"programs/{value.id}",
        etag=value.etag,
        key=value.key,
        source=value.source,
        title=value.title,
        owners=value.owners,
        objectives=value.objectives,
        archived=value.archived,
        create_time=timestamp(value.create_time),
        update_time=timestamp(value.update_time),
    )


def observed_program(message: program_pb2.Program) -> ObservedProgram:
    """A program as its source shows it."""
    items: Items = tuple(
        ProgramItem(
            reference=each.reference,
            resource=id_of(each.resource, "resources", f"program.items[{number}].resource")
            if each.resource
            else "",
            program=id_of(each.program, "programs", f"program.items[{number}].program")
            if each.program
            else "",
            mandatory=each.mandatory,
            prerequisites=tuple(
                id_of(name, "resources", f"program.items[{number}].prerequisites")
                for name in each.prerequisites
            ),
        )
        for number, each in enumerate(message.items)
    )
    for number, each in enumerate(items):
        if bool(each.resource) + bool(each.program) > 1 or not (
            each.resource or each.program or each.reference
        ):
            raise bad_field(f"program.items[{number}]", "needs a resource, a program or a reference")
    return ObservedProgram(
        title=message.title,
        owners=tuple(message.owners),
        objectives=tuple(message.objectives),
        items=items,
        archived=message.archived,
    )


def source(value: Source) -> source_pb2.Source:
    """A source."""
    return source_pb2.Source(
        name=f"sources/{value.id}",
        display_name=value.display_name,
        rhythm_days=value.rhythm_days,
        no_learners=value.without_learners,
        import_time=timestamp(value.import_time) if value.import_time else None,
        engagement_time=timestamp(value.engagement_time) if value.engagement_time else None,
        connector=_connector(value),
    )


def _connector(value: Source) -> source_pb2.Source.Connector:
    kinds = source_pb2.Source.Connector
    return kinds(
        kind=kinds.FILES if value.from_files else kinds.CALLS,
        reads=("resources", "texts", "programs", "engagement"),
        writes="change_list",
        undoes="change_list",
        verifies="next_delivery",
    )


def change(value: Change) -> catalog_service_pb2.Change:
    """A line of the change list; `done_by` is an e-mail here."""
    return catalog_service_pb2.Change(
        name=f"changes/{value.id}",
        suggestion=f"suggestions/{value.suggestion}" if value.suggestion else "",
        target=value.target,
        source=value.source,
        external_id=value.external_id,
        field=value.field,
        from_value=value.from_value,
        to_value=value.to_value,
        state=catalog_service_pb2.Change.State.Value(str(value.state)),
        done_by=value.done_by,
        done_time=timestamp(value.done_time) if value.done_time else None,
        takes_back=value.taken_back,
    )


def change_state(number: int) -> ChangeState | None:
    """The state asked for; None for all."""
    if not number:
        return None
    if number not in catalog_service_pb2.Change.State.values():
        raise bad_field("state", "is no state of a change")
    return ChangeState(
        catalog_service_pb2.Change.State.Name(catalog_service_pb2.Change.State.ValueType(number))
    )
