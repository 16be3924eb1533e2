"""Choices and deliveries as messages."""

from __future__ import annotations

from collections.abc import Iterable

from services.catalog.telling.domain import Choice, Delivery, State
from services.catalog.telling.usecases import Settings
from services.catalog.wire.fields import bad_field
from services.kit.protobuf import timestamp
from winnow.review.v1 import notice_service_pb2 as api


def choice(number: int) -> Choice:
    """What was chosen; InvalidArgument when nothing was."""
    if number not in api.NoticeSettings.Notices.values() or not number:
        raise bad_field("notices", "must be WEEKLY, URGENT or NONE")
    return Choice(api.NoticeSettings.Notices.Name(api.NoticeSettings.Notices.ValueType(number)))


def settings(value: Settings) -> api.NoticeSettings:
    """What a person has chosen."""
    return api.NoticeSettings(
        notices=api.NoticeSettings.Notices.Value(value.notices), email=value.email, mail=value.mail
    )


def states(numbers: Iterable[int]) -> list[State]:
    """The states asked for; none for all."""
    return [State(api.Delivery.State.Name(api.Delivery.State.ValueType(each))) for each in numbers if each]


def delivery(value: Delivery, *, mine: bool) -> api.Delivery:
    """A delivery; what it says is for whom it is said to."""
    return api.Delivery(
        name=f"deliveries/{value.id}",
        webhook=f"webhooks/{value.webhook}" if value.webhook else "",
        kind=api.Delivery.Kind.Value(value.kind),
        address=value.address,
        subject=value.subject if mine or value.webhook else "",
        state=api.Delivery.State.Value(value.state),
        attempts=value.attempts,
        answer=value.answer,
        create_time=timestamp(value.create_time),
        next_time=timestamp(value.next_time) if value.next_time else None,
        end_time=timestamp(value.end_time) if value.end_time else None,
    )
