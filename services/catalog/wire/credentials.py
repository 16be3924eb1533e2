"""Tokens and sessions as messages."""

from __future__ import annotations

from services.catalog.postgres.credentials import Listed
from services.kit.protobuf import timestamp
from winnow.catalog.v1 import credential_service_pb2 as api

_KINDS = {
    api.Credential.TOKEN: "token",
    api.Credential.SESSION: "session",
    api.Credential.PEOPLE_FEED: "feed",
    api.Credential.SIGN_IN_LINK: "link",
}


def kind(number: int) -> str:
    """The kind asked for; empty for any."""
    return {int(key): word for key, word in _KINDS.items()}.get(number, "")


def credential(value: Listed) -> api.Credential:
    """What lets somebody in, without its secret."""
    return api.Credential(
        name=f"credentials/{value.id}",
        kind=next(number for number, word in _KINDS.items() if word == value.kind),
        email=value.email,
        read_only=value.read_only,
        writes_people=value.writes_people,
        create_time=timestamp(value.create_time),
        expire_time=timestamp(value.expire_time),
        title=value.title,
        made_by=value.made_by,
    )
