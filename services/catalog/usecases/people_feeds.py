"""People feeds are an administrator's to register."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import timedelta

from services.catalog.domain.people import Role, Viewer, in_role_order
from services.catalog.domain.people_feeds import PeopleFeed
from services.catalog.ids import new_id
from services.catalog.postgres.database import Transaction
from services.catalog.usecases.people import DEFAULT_TTL


@dataclass(frozen=True, slots=True)
class RegisteredFeed:
    """A feed with the e-mail of who registered it, and its secret, which is nowhere else."""

    feed: PeopleFeed
    registrar: str
    token: str


async def register_people_feed(
    tx: Transaction, viewer: Viewer, title: str, roles: tuple[Role, ...], ttl: timedelta
) -> RegisteredFeed:
    """Registers a system that may add people, with at most these roles, and end their access."""
    expire_time = tx.now + (ttl or DEFAULT_TTL)
    feed = PeopleFeed(new_id(), title, in_role_order(roles), viewer.person.id, tx.now, expire_time)
    secret = f"wnf_{secrets.token_urlsafe(32)}"
    await tx.add_people_feed(feed, secret)
    detail = {"title": title, "roles": " ".join(feed.roles)}
    await tx.audited(viewer, f"peopleFeeds/{feed.id}", detail)
    return RegisteredFeed(feed, viewer.person.email, secret)
