"""People feeds, and what people files did, as messages."""

from __future__ import annotations

from services.catalog.domain.people import Role, in_role_order
from services.catalog.domain.people_feeds import MAX_TITLE
from services.catalog.usecases.people_feeds import RegisteredFeed
from services.catalog.usecases.people_files import PeopleImported
from services.catalog.wire.duties import consequences
from services.catalog.wire.fields import bad_field
from services.kit.protobuf import timestamp
from winnow.catalog.v1 import people_feed_pb2, people_service_pb2


def wanted_feed(message: people_feed_pb2.PeopleFeed) -> tuple[str, tuple[Role, ...]]:
    """Title and roles of a feed to register; InvalidArgument where they are none that a feed may have."""
    title = message.title.strip()
    if not 1 <= len(title) <= MAX_TITLE:
        raise bad_field("feed.title", f"must have 1 to {MAX_TITLE} characters")
    may_give = [role for role in Role if role is not Role.ADMINISTRATOR]
    if any(role not in may_give for role in message.roles):
        raise bad_field("feed.roles", f"must be of {', '.join(may_give)}")
    return title, in_role_order(Role(role) for role in message.roles)


def registered_feed(value: RegisteredFeed) -> people_feed_pb2.RegisterPeopleFeedResponse:
    """A feed with its token."""
    feed = value.feed
    return people_feed_pb2.RegisterPeopleFeedResponse(
        feed=people_feed_pb2.PeopleFeed(
            name=f"peopleFeeds/{feed.id}",
            title=feed.title,
            roles=[str(role) for role in feed.roles],
            registrar=value.registrar,
            create_time=timestamp(feed.create_time),
            expire_time=timestamp(feed.expire_time),
        ),
        token=value.token,
    )


def people_imported(value: PeopleImported) -> people_service_pb2.ImportPeopleResponse:
    """What a people file did."""
    return people_service_pb2.ImportPeopleResponse(
        added=value.added,
        changed=value.changed,
        unchanged=value.unchanged,
        deactivated=value.deactivated,
        consequences=consequences(value.consequences),
    )
