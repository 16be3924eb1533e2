"""People and what they sign in with."""

from __future__ import annotations

from datetime import timedelta

from services.catalog.domain.people import Person, Role, Viewer
from services.catalog.usecases.consequences import Consequences
from services.catalog.usecases.identity import Authenticated, Session, SignInLink
from services.catalog.usecases.people import MintedToken
from services.catalog.usecases.waiting import Waiting
from services.catalog.wire.duties import consequences
from services.catalog.wire.fields import bad_field, day
from services.catalog.wire.page_settings import page_settings
from services.kit.protobuf import timestamp
from services.kit.refusals import Refused
from winnow.catalog.v1 import (
    people_service_pb2,
)
from winnow.internal.v1 import identity_service_pb2


def person(value: Person, come: Consequences | None = None) -> people_service_pb2.Person:
    """A person, with what a change of them came to."""
    return people_service_pb2.Person(
        name=f"people/{value.id}",
        email=value.email,
        display_name=value.display_name,
        roles=[people_service_pb2.Person.Role.Value(str(role)) for role in value.roles],
        deactivate_time=timestamp(value.deactivate_time) if value.deactivate_time else None,
        create_time=timestamp(value.create_time),
        away_until=day(value.away_until),
        consequences=consequences(come) if come else None,
    )


def role(number: int, field: str = "role") -> Role:
    """The role asked for."""
    kinds = people_service_pb2.Person.Role
    if not number or number not in kinds.values():
        raise bad_field(field, f"must be one of {', '.join(Role)}")
    return Role(kinds.Name(kinds.ValueType(number)))


def viewer(value: Viewer, waits: Waiting) -> people_service_pb2.Viewer:
    """The caller and how much waits for them."""
    return people_service_pb2.Viewer(
        person=person(value.person),
        read_content=value.reads_content,
        read_only=value.read_only,
        owned_programs=[f"programs/{each}" for each in sorted(value.duties.programs)],
        open_suggestions=waits.suggestions,
        pending_changes=waits.changes,
        page_settings=page_settings(waits.kept),
    )


def minted(value: MintedToken) -> people_service_pb2.ApiToken:
    """A fresh token."""
    return people_service_pb2.ApiToken(token=value.token, expire_time=timestamp(value.expire_time))


def sign_in_link(value: SignInLink) -> people_service_pb2.SignInLink:
    """A fresh link."""
    path = f"/sign-in?token={value.token}"
    return people_service_pb2.SignInLink(path=path, expire_time=timestamp(value.expire_time))


def ttl(seconds: int) -> timedelta:
    """A token's life; InvalidArgument beyond what a duration can say."""
    if not 0 <= seconds <= 366 * 86_400:
        raise bad_field("ttl", "must be 0 to 366 days")
    return timedelta(seconds=seconds)


def authenticated(value: Authenticated) -> identity_service_pb2.AuthenticateResponse:
    """Whom a credential stands for."""
    return identity_service_pb2.AuthenticateResponse(
        person=value.viewer.person.id,
        duties_version=value.viewer.person.duties_version,
        read_content=value.viewer.reads_content,
        read_only=value.viewer.read_only,
        expire_time=timestamp(value.credential.expire_time),
        token_id=value.credential.id,
        display_name=value.viewer.person.display_name,
    )


def session(value: Session) -> identity_service_pb2.OpenSessionResponse:
    """A session."""
    return identity_service_pb2.OpenSessionResponse(
        session=value.secret, expire_time=timestamp(value.expire_time)
    )


def refused(message: identity_service_pb2.RecordRefusalsRequest) -> list[Refused]:
    """What the gateway refused, the most asked for first."""
    return [
        Refused(
            each.door, each.reason, each.count, tuple(sorted(each.methods.items(), key=lambda one: -one[1]))
        )
        for each in message.refused
    ]
