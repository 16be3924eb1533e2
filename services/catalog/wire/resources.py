"""Resources, their listings and texts."""

from __future__ import annotations

import re
from collections.abc import Sequence

from services.catalog.domain.ages import AGES
from services.catalog.domain.resources import (
    Lifecycle,
    Listing,
    Observed,
    Outline,
    Part,
    Resource,
    Visibility,
)
from services.catalog.usecases.listings import Incoming, with_description
from services.catalog.usecases.resources import Read, Upserted
from services.catalog.wire.fields import bad_field, date_of, day, int_of, texts_of
from services.kit.protobuf import timestamp
from winnow.catalog.v1 import (
    catalog_service_pb2,
    resource_pb2,
)

MAX_TITLE = 1000
_URL = re.compile(r"https?://[^\s)\]>\"'|]{4,2000}")
MAX_EXTERNAL_ID = 500


def part(value: Part) -> resource_pb2.Part:
    """A piece of a text."""
    return resource_pb2.Part(title=value.title, location=value.location, text=value.text)


def listing(value: Listing) -> resource_pb2.Listing:
    """How one source shows a resource."""
    return resource_pb2.Listing(
        source=value.source,
        external_id=value.external_id,
        format=value.format,
        title=value.observed.title,
        file=value.file,
        visibility=str(value.visibility),
        gone=value.gone,
    )


def resource(value: Resource, outline: Outline = ()) -> resource_pb2.Resource:
    """A resource as shown."""
    return resource_pb2.Resource(
        name=f"resources/{value.id}",
        etag=value.etag,
        title=value.title,
        description=str(value.shown("description")),
        kind=str(value.shown("kind")),
        language=value.language,
        url=str(value.shown("url")),
        version=str(value.shown("version")),
        owner=value.owner,
        mandatory=value.mandatory,
        certification=value.certification,
        accessible_form=value.accessible_form,
        duration_seconds=int_of(value.shown("duration_seconds")),
        created=day(value.shown("created")),
        updated=day(value.shown("updated")),
        review_date=day(value.shown("review_date")),
        lifecycle=resource_pb2.Resource.Lifecycle.Value(str(value.lifecycle)),
        successor=f"resources/{value.successor}" if value.successor else "",
        equivalents=[f"resources/{each}" for each in value.equivalents],
        hold=value.hold,
        hold_end=day(value.hold_end),
        audience=value.audience,
        listings=[listing(each) for each in value.listings],
        outline=[part(each) for each in outline],
        content_hash=value.content_hash,
        objectives=texts_of(value.shown("objectives")),
        links=value.links,
        pending_fields=value.pending_fields,
        create_time=timestamp(value.create_time),
        update_time=timestamp(value.update_time),
        expires=day(value.shown("expires")),
        reviewed=day(value.shown("reviewed")),
    )


def read_resource(value: Read) -> resource_pb2.Resource:
    """A resource with the text that was asked for."""
    return resource(value.resource, value.outline)


def upserted(value: Upserted) -> catalog_service_pb2.BatchUpsertResourcesResponse:
    """What a batch wrote."""
    return catalog_service_pb2.BatchUpsertResourcesResponse(
        resources=[resource(each) for each in value.resources],
        added=value.taken.added,
        changed=value.taken.changed,
        unchanged=value.taken.unchanged,
    )


def outline(parts: Sequence[resource_pb2.Part], field: str) -> Outline:
    """A text; InvalidArgument when two parts share a place or one has none."""
    places = [each.location for each in parts]
    if not all(places) or len(set(places)) < len(places):
        raise bad_field(field, "needs a location of its own for each part")
    return tuple(Part(each.title, each.location, each.text) for each in parts)


def _links(text: Outline) -> tuple[str, ...]:
    """The addresses that stand in a text, each once, in its order."""
    found = (url.rstrip(".,;:!?") for each in text for url in _URL.findall(each.text))
    return tuple(dict.fromkeys(found))


def incoming(message: catalog_service_pb2.ResourceInput, source: str, field: str) -> Incoming:
    """A listing as a system pushes it; InvalidArgument names the field that is out of range."""
    if not 1 <= len(message.external_id) <= MAX_EXTERNAL_ID:
        raise bad_field(f"{field}.external_id", f"must have 1 to {MAX_EXTERNAL_ID} characters")
    if len(message.title) > MAX_TITLE:
        raise bad_field(f"{field}.title", f"must have at most {MAX_TITLE} characters")
    if message.duration_seconds < 0:
        raise bad_field(f"{field}.duration_seconds", "must not be negative")
    visibility = message.visibility or str(Visibility.VISIBLE)
    if visibility not in set(Visibility):
        raise bad_field(f"{field}.visibility", "must be visible, hidden or archived")
    text, described_only = with_description(outline(message.outline, f"{field}.outline"), message.description)
    return Incoming(
        Listing(
            source=source,
            external_id=message.external_id,
            format="api",
            observed=Observed(
                title=message.title,
                description=message.description,
                kind=message.kind.lower(),
                language=message.language,
                url=message.url,
                version=message.version,
                owner=message.owner,
                mandatory=message.mandatory or None,
                certification=message.certification or None,
                accessible_form=message.accessible_form or None,
                duration_seconds=message.duration_seconds,
                created=date_of(message.created, f"{field}.created"),
                updated=date_of(message.updated, f"{field}.updated"),
                review_date=date_of(message.review_date, f"{field}.review_date"),
                objectives=tuple(message.objectives),
                audience=message.audience,
                links=_links(text),
            ),
            file=message.file,
            visibility=Visibility(visibility),
            described_only=described_only,
        ),
        text,
    )


def wanted_lifecycle(number: int) -> Lifecycle | None:
    """The state that a list is about, None for all."""
    if number not in resource_pb2.Resource.Lifecycle.values():
        raise bad_field("lifecycle", "must name a state")
    return Lifecycle(resource_pb2.Resource.Lifecycle.Name(number)) if number else None  # pyright: ignore[reportArgumentType]


def wanted_age(name: str) -> str:
    """The age that a list is about, empty for all."""
    if name and name not in AGES:
        raise bad_field("age", f"must be one of {', '.join(AGES)}")
    return name
