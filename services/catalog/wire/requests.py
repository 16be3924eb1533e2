"""Requests about people, and handovers."""

from __future__ import annotations

from datetime import datetime

from services.catalog.domain.people import Role, Viewer, checked_email, in_role_order
from services.catalog.domain.requests import MAX_WORDS, PROPOSALS, PersonRequest, Wish
from services.catalog.ids import new_id
from services.catalog.usecases.handovers import Shown as ShownHandover
from services.catalog.usecases.person_requests import Shown
from services.catalog.wire.duties import consequences, duty, object_name
from services.catalog.wire.fields import bad_field
from services.kit.protobuf import timestamp
from winnow.catalog.v1 import duty_pb2, handover_pb2, person_request_pb2

_MAX_NAME = 200


def new_person_request(
    message: person_request_pb2.PersonRequest, viewer: Viewer, now: datetime
) -> PersonRequest:
    """What is asked for; InvalidArgument where a field that its kind needs is missing or wrong."""
    kinds = person_request_pb2.PersonRequest.Kind
    if not message.kind or message.kind not in kinds.values():
        raise bad_field("request.kind", f"must be one of {', '.join(Wish)}")
    kind = Wish(kinds.Name(message.kind))
    unknown = [role for role in message.roles if role not in Role.__members__]
    if unknown:
        raise bad_field("request.roles", f"must be of {', '.join(Role)}")
    if kind is Wish.GRANT_ROLE and not message.roles:
        raise bad_field("request.roles", "is required")
    about, proposed = kind is Wish.DUTY, kind in PROPOSALS
    reason = words(message.reason, "request.reason")
    if proposed and not reason:
        raise bad_field("request.reason", "is required: what should be done")
    return PersonRequest(
        id=new_id(),
        kind=kind,
        email=viewer.person.email if proposed else checked_email(message.email, "request.email"),
        display_name=message.display_name.strip()[:_MAX_NAME],
        roles=() if proposed else in_role_order(Role(role) for role in message.roles),
        object=object_name(message.object, "request.object") if about else "",
        duty=duty(message.duty, "request.duty") if about else None,
        reason=reason,
        requester=viewer.person.id,
        create_time=now,
    )


def words(text: str, field: str) -> str:
    """Free words; InvalidArgument when there are too many."""
    if len(text) > MAX_WORDS:
        raise bad_field(field, f"has at most {MAX_WORDS} characters")
    return text.strip()


def person_request(value: Shown) -> person_request_pb2.PersonRequest:
    """A request."""
    request, message = value.request, person_request_pb2.PersonRequest
    kinds = duty_pb2.Duty.Kind
    return message(
        name=f"personRequests/{request.id}",
        kind=message.Kind.Value(str(request.kind)),
        email=request.email,
        display_name=request.display_name,
        roles=[str(role) for role in request.roles],
        object=request.object,
        duty=kinds.Value(str(request.duty)) if request.duty else kinds.KIND_UNSPECIFIED,
        reason=request.reason,
        state=message.State.Value(str(request.state)),
        requester=value.requester,
        create_time=timestamp(request.create_time),
        resolver=value.resolver,
        resolve_time=timestamp(request.resolve_time) if request.resolve_time else None,
        answer=request.answer,
        account=f"{request.subject} at {request.issuer}" if request.subject else "",
    )


def handover(value: ShownHandover) -> handover_pb2.Handover:
    """A handover."""
    given, message = value.handover, handover_pb2.Handover
    return message(
        name=f"handovers/{given.id}" if given.id else "",
        object=given.object,
        title=value.title,
        giver=value.giver,
        receiver=value.receiver,
        state=message.State.Value(str(given.state)),
        offer_time=timestamp(given.offer_time),
        end_time=timestamp(given.end_time) if given.end_time else None,
        consequences=consequences(value.consequences) if value.consequences else None,
    )
