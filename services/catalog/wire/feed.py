"""States of the feed."""

from __future__ import annotations

from services.catalog.domain.announcements import Announcement
from services.catalog.domain.engagement import Use
from services.catalog.domain.house_rules import HouseRules
from services.catalog.domain.links import LinkCheck
from services.catalog.domain.programs import Program
from services.catalog.domain.resources import (
    Lifecycle,
)
from services.catalog.postgres.feed import StateKind, Verdict
from services.catalog.usecases.feed import Digests, Entry, Page, ResourceState, Texts
from services.catalog.usecases.publishing import DraftState
from services.catalog.wire.fields import bad_field, day, int_of, texts_of
from services.catalog.wire.house_rules import house_rules_state
from winnow.internal.v1 import feed_service_pb2


def state_kind(number: int) -> StateKind:
    """The kind asked for."""
    if number not in set(StateKind):
        raise bad_field("kind", "must name a kind of state")
    return StateKind(number)


def resource_state(value: ResourceState) -> feed_service_pb2.ResourceState:
    """A resource without its text."""
    shown = value.resource
    return feed_service_pb2.ResourceState(
        title=shown.title,
        language=shown.language,
        kind=str(shown.shown("kind")),
        version=str(shown.shown("version")),
        owner=shown.owner,
        owner_active=value.owner_active,
        created=day(shown.shown("created")),
        updated=day(shown.shown("updated")),
        reviewed=day(shown.shown("reviewed")),
        review_date=day(shown.shown("review_date")),
        expires=day(shown.shown("expires")),
        mandatory=shown.mandatory,
        certification=shown.certification,
        archived=shown.lifecycle is Lifecycle.ARCHIVED,
        on_hold=bool(shown.hold),
        content_hash=shown.content_hash,
        links=shown.links,
        listings=[
            feed_service_pb2.ListingState(
                source=each.source, external_id=each.external_id, format=each.format
            )
            for each in shown.listings
        ],
        successor=shown.successor,
        duration_seconds=int_of(shown.shown("duration_seconds")),
        objectives=texts_of(shown.shown("objectives")),
        hidden=shown.lifecycle is Lifecycle.UNLISTED,
        unlisted=day(shown.unlist_time.date() if shown.unlist_time else None),
        dead_links=[dead_link_state(each, shown.link_texts.get(each.url, "")) for each in value.dead_links],
    )


def dead_link_state(value: LinkCheck, words: str) -> feed_service_pb2.DeadLinkState:
    """A link that is dead, with the words that lead there."""
    return feed_service_pb2.DeadLinkState(
        url=value.url,
        first_failed=day(value.first_failed),
        last_failed=day(value.last_failed),
        reason=value.reason,
        text=words,
    )


def program_state(value: Program) -> feed_service_pb2.ProgramState:
    """A program."""
    return feed_service_pb2.ProgramState(
        title=value.title,
        owners=value.owners,
        objectives=value.objectives,
        items=[
            feed_service_pb2.ProgramItemState(
                resource=each.resource, program=each.program, mandatory=each.mandatory
            )
            for each in value.items
        ],
        archived=value.archived,
    )


def engagement_state(value: Use) -> feed_service_pb2.EngagementState:
    """Use of a resource."""
    year = value.year
    return feed_service_pb2.EngagementState(
        started_year=year.started,
        completed_year=year.completed,
        seconds_year=year.seconds,
        in_progress=value.in_progress or 0,
        newest_month=day(value.newest),
        started_months=value.started_months,
    )


def verdict_state(value: Verdict) -> feed_service_pb2.VerdictState:
    """A verdict."""
    return feed_service_pb2.VerdictState(a=value.a, b=value.b, verdict=value.verdict)


def announcement_state(value: Announcement) -> feed_service_pb2.AnnouncementState:
    """An open announcement."""
    return feed_service_pb2.AnnouncementState(
        title=value.title,
        phrases=value.phrases,
        announced=day(value.announced),
        effective=day(value.effective),
        note=value.note,
    )


def draft_state(value: DraftState) -> feed_service_pb2.DraftState:
    """A draft, with what house rules say to it."""
    return feed_service_pb2.DraftState(
        resource=resource_state(ResourceState(value.resource, owner_active=False)),
        breaks=[
            feed_service_pb2.DraftState.Break(rule=each.rule, field=each.field, text=each.text)
            for each in value.breaks
        ],
        replaces=value.replaces,
    )


def state(entry: Entry) -> feed_service_pb2.State:
    """An object of the feed."""
    message = feed_service_pb2.State(id=entry.id, revision=entry.revision, gone=entry.state is None)
    match entry.state:
        case ResourceState():
            message.resource.CopyFrom(resource_state(entry.state))
        case Program():
            message.program.CopyFrom(program_state(entry.state))
        case Use():
            message.engagement.CopyFrom(engagement_state(entry.state))
        case Verdict():
            message.verdict.CopyFrom(verdict_state(entry.state))
        case HouseRules():
            message.house_rules.CopyFrom(house_rules_state(entry.state))
        case Announcement():
            message.announcement.CopyFrom(announcement_state(entry.state))
        case DraftState():
            message.draft.CopyFrom(draft_state(entry.state))
        case None:
            pass
    return message


def states(page: Page, limit: int) -> feed_service_pb2.ListStatesResponse:
    """A page of states of at most about `limit` bytes, at least one."""
    response = feed_service_pb2.ListStatesResponse(epoch=page.epoch, more=page.more)
    size = 0
    for entry in page.entries:
        message = state(entry)
        size += message.ByteSize() + 4
        if size > limit and response.states:
            response.more = True
            break
        response.states.append(message)
    return response


def texts(value: Texts) -> feed_service_pb2.GetTextsResponse:
    """Slices of texts."""
    return feed_service_pb2.GetTextsResponse(
        slices=[
            feed_service_pb2.TextSlice(
                id=each.resource,
                content_hash=each.content_hash,
                part=each.number,
                title=each.part.title,
                location=each.part.location,
                text=each.part.text,
                offset=each.offset,
            )
            for each in value.slices
        ],
        next_page=value.next_page,
        epoch=value.epoch,
    )


def digests(value: Digests) -> feed_service_pb2.GetDigestsResponse:
    """Digests by bucket."""
    return feed_service_pb2.GetDigestsResponse(
        digests=value.digests, epoch=value.epoch, revision=value.revision
    )
