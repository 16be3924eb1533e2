"""Duties, who has them, and what a change of them comes to."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from services.catalog.domain.duties import Duty, DutyChange, Held, Holder, Responsibility
from services.catalog.usecases.consequences import Consequences
from services.catalog.usecases.responsibility import DutiesSet, Responsibilities
from services.catalog.wire.fields import bad_field, day
from services.kit.protobuf import timestamp
from winnow.catalog.v1 import duty_pb2, people_service_pb2

MAX_VACANCIES = 200  # duty.proto says so
MAX_REROUTES = 1000


def object_name(name: str, field: str = "name") -> str:
    """The name of a program or resource; InvalidArgument when it is of another form."""
    collection, _, id_ = name.partition("/")
    if collection not in ("programs", "resources") or not id_ or "/" in id_ or len(id_) > 100:
        raise bad_field(field, "must be programs/{id} or resources/{id}")
    return name


def duty(number: int, field: str) -> Duty:
    """The duty asked for."""
    kinds = duty_pb2.Duty.Kind
    if not number or number not in kinds.values():
        raise bad_field(field, f"must be one of {', '.join(Duty)}")
    return Duty(kinds.Name(kinds.ValueType(number)))


def duty_changes(changes: Iterable[duty_pb2.DutyChange]) -> list[DutyChange]:
    """What duties shall be."""
    return [
        DutyChange(duty(each.kind, f"changes[{number}].kind"), tuple(each.people), each.nobody)
        for number, each in enumerate(changes)
    ]


def _holder(value: Holder) -> duty_pb2.Holder:
    person = value.person
    return duty_pb2.Holder(
        email=value.email,
        person=f"people/{person.id}" if person else "",
        display_name=person.display_name if person else "",
        active=value.active,
        away_until=day(person.away_until) if person else None,
    )


def _held(value: Held, emails: Mapping[str, str]) -> duty_pb2.Duty:
    origins = duty_pb2.Duty.Origin
    return duty_pb2.Duty(
        kind=duty_pb2.Duty.Kind.Value(str(value.duty)),
        holders=[_holder(each) for each in value.holders],
        nobody=value.nobody,
        origin=origins.Value(str(value.origin)) if value.origin else origins.ORIGIN_UNSPECIFIED,
        inherited_from=value.inherited_from,
        set_by=emails.get(value.author, ""),
        set_time=timestamp(value.time) if value.time else None,
    )


def responsibility(value: Responsibility, emails: Mapping[str, str]) -> duty_pb2.Responsibility:
    """Who is responsible for one object; `emails` by the ids of who said so."""
    return duty_pb2.Responsibility(
        name=value.name,
        title=value.title,
        duties=[_held(each, emails) for each in value.duties],
        ownerless=value.ownerless,
        missing=[duty_pb2.Duty.Kind.Value(str(each)) for each in value.missing],
    )


def responsibilities(
    value: Responsibilities, next_token: str
) -> people_service_pb2.ListResponsibilitiesResponse:
    """A page of responsibilities."""
    return people_service_pb2.ListResponsibilitiesResponse(
        responsibilities=[responsibility(each, value.emails) for each in value.found],
        next_page_token=next_token,
        unassigned_suggestions=value.unassigned,
    )


def consequences(value: Consequences) -> duty_pb2.Consequences:
    """What a change came to."""
    emails = value.emails
    return duty_pb2.Consequences(
        vacancies=[
            duty_pb2.Vacancy(name=each.name, title=each.title, kind=duty_pb2.Duty.Kind.Value(str(each.duty)))
            for each in value.vacancies[:MAX_VACANCIES]
        ],
        vacancy_count=len(value.vacancies),
        reroutes=[
            duty_pb2.Reroute(
                suggestion=f"suggestions/{each.suggestion}",
                summary=each.summary,
                to=emails.get(each.after, ""),
                held=each.held,
                **{"from": emails.get(each.before, "")},
            )
            for each in value.moves[:MAX_REROUTES]
        ],
        reroute_count=len(value.moves),
    )


def duties_set(value: DutiesSet) -> people_service_pb2.SetDutiesResponse:
    """Duties as they are after a change."""
    return people_service_pb2.SetDutiesResponse(
        responsibility=responsibility(value.responsibility, value.emails),
        consequences=consequences(value.consequences),
    )
