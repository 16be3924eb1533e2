"""Drafts, and what is said of one as it is published."""

from __future__ import annotations

from services.catalog.domain.drafts import Draft
from services.catalog.wire.fields import bad_field, date_of
from services.kit.protobuf import timestamp
from winnow.catalog.v1 import publishing_pb2

MAX_LINE = 1000
MAX_DESCRIPTION = 10_000
_MAX_OBJECTIVES = 50
_LINES = ("title", "kind", "language", "version", "owner", "url")


def draft(value: Draft) -> publishing_pb2.Draft:
    """A draft as shown."""
    return publishing_pb2.Draft(
        name=f"drafts/{value.id}",
        file=value.path,
        title=value.listing.observed.title,
        resource=f"resources/{value.resource}" if value.resource else "",
        expire_time=timestamp(value.expire_time),
    )


def draft_fields(message: publishing_pb2.DraftFields) -> dict[str, object]:
    """The fields that are said, by name; InvalidArgument names the one that is out of range."""
    said: dict[str, object] = {}
    for name in _LINES:
        text = str(getattr(message, name)).strip()
        if len(text) > MAX_LINE or not text.isprintable():
            raise bad_field(f"fields.{name}", f"must be a line of at most {MAX_LINE} characters")
        said[name] = text.lower() if name == "kind" else text
    if len(message.description) > MAX_DESCRIPTION:
        raise bad_field("fields.description", f"must have at most {MAX_DESCRIPTION} characters")
    if message.url and not message.url.startswith(("http://", "https://")):
        raise bad_field("fields.url", "must be an http or https address")
    if message.duration_seconds < 0:
        raise bad_field("fields.duration_seconds", "must not be negative")
    if len(message.objectives) > _MAX_OBJECTIVES:
        raise bad_field("fields.objectives", f"must be at most {_MAX_OBJECTIVES}")
    said["description"] = message.description.strip()
    said["duration_seconds"] = message.duration_seconds
    said["review_date"] = date_of(message.review_date, "fields.review_date")
    said["objectives"] = tuple(each.strip() for each in message.objectives if each.strip())
    return {name: value for name, value in said.items() if value}
