"""Webhooks: registered by administrators, tried by the courier, disabled when they have failed for days."""

from __future__ import annotations

import asyncio
import secrets
import socket
import time
from collections.abc import Collection, Sequence
from dataclasses import replace
from ipaddress import ip_address

import httpcore

from services.catalog.domain.people import Role, Viewer
from services.catalog.domain.webhooks import EVENTS, PATIENCE, SECRET_BYTES, Webhook, signature
from services.catalog.ids import new_id
from services.catalog.links.addresses import Refused, Target, target
from services.catalog.links.ways import CheckedWays
from services.catalog.postgres.database import Database, Transaction
from services.catalog.telling import letters
from services.catalog.telling.domain import Delivery, Kind, Outcome, State, day
from services.kit.errors import AlreadyExists, InvalidArgument, Violation

_SECONDS = 15.0  # for one try; Standard Webhooks: 15 to 30
_GONE = 410
LONGEST_URL = 2000


async def register(tx: Transaction, viewer: Viewer, url: str, types: Sequence[str], way: HttpWay) -> Webhook:
    """A new webhook with its secret, which is shown this once; AlreadyExists when the address has one."""
    _check(url, types, way)
    secret = secrets.token_bytes(SECRET_BYTES)
    new = Webhook(new_id(), url, tuple(types), secret, viewer.person.id, tx.now)
    if not await tx.add_webhook(new):
        raise AlreadyExists("WEBHOOK_EXISTS", f"{url} has a webhook already.", {"url": url})
    await tx.audited(viewer, f"webhooks/{new.id}", {"url": url, "types": " ".join(types)})
    return new


def _check(url: str, types: Sequence[str], way: HttpWay) -> None:
    unknown = [each for each in types if each not in EVENTS]
    if unknown:
        raise _bad("types", f"names {unknown[0]}; others are told of {', '.join(EVENTS)}")
    if len(url) > LONGEST_URL:
        raise _bad("url", f"has more than {LONGEST_URL} characters")
    try:
        way.check(url)
    except Refused as error:
        raise _bad("url", f"is refused: {error}") from error


def _bad(field: str, text: str) -> InvalidArgument:
    return InvalidArgument(
        "FIELD_INVALID", f"{field} {text}.", {"field": field}, violations=[Violation(field, text)]
    )


async def listed(db: Database) -> list[Webhook]:
    """All webhooks, oldest first."""
    async with db.snapshot() as tx:
        return await tx.webhooks()


async def enable(db: Database, viewer: Viewer, id_: str) -> Webhook:
    """Events go to it again from now on; those of the time between are lost to it."""
    async with db.transaction() as tx:
        known = await tx.lock_webhook(id_)
        if known.disable_time is None:
            return known
        back = replace(known, failing_since=None, disable_time=None, disable_reason="")
        await tx.save_webhook(back)
        await tx.audited(viewer, f"webhooks/{id_}", {"url": known.url, "verb": "enable"})
        return back


async def remove(db: Database, viewer: Viewer, id_: str) -> Webhook:
    """Nothing goes to it any more, what waits included."""
    async with db.transaction() as tx:
        known = await tx.lock_webhook(id_)
        await tx.give_up(id_, "The webhook was removed.")
        await tx.remove_webhook(id_)
        await tx.audited(viewer, f"webhooks/{id_}", {"url": known.url, "verb": "remove"})
        return known


async def tried(tx: Transaction, id_: str, outcome: Outcome) -> None:
    """Notes how a try went; after days without success, or at once with 410, it is disabled and somebody told."""
    known = next((each for each in await tx.webhooks() if each.id == id_), None)
    if known is None or known.disable_time is not None:
        return
    if outcome.state is State.SENT:
        if known.failing_since is not None:
            await tx.save_webhook(replace(known, failing_since=None))
        return
    since = known.failing_since or tx.now
    gone = outcome.state is State.REFUSED
    if not gone and tx.now - since < PATIENCE:
        await tx.save_webhook(replace(known, failing_since=since))
        return
    why = outcome.answer if gone else f"No delivery has succeeded since {day(since.date())}: {outcome.answer}"
    await tx.save_webhook(replace(known, failing_since=since, disable_time=tx.now, disable_reason=why))
    await tx.give_up(id_, "The webhook is disabled.")
    people = {each.id for each in await tx.people_with(Role.ADMINISTRATOR)} | {known.author}
    events = [
        letters.line(f"Disabled on {day(tx.now.date())}: the webhook to {known.url}. {why}"),
        letters.line("It gets no events until somebody enables it again:", f"{tx.post.public_url}/webhooks"),
    ]
    await letters.send(
        tx,
        people,
        kind=Kind.URGENT,
        key=f"webhook disabled {id_} {tx.now.isoformat()}",
        subject=f"Winnow: a webhook is disabled: {known.url}",
        content=letters.written(events, tx.post),
    )


class HttpWay:
    """Posts events to https addresses that are public.

    `allowed` are hosts with ports that may be posted to although they are not public; on this machine without TLS.
    """

    def __init__(self, allowed: Collection[tuple[str, int]] = ()) -> None:
        self._allowed = frozenset(allowed)
        self._ways = CheckedWays(allowed)
        self._ssl = httpcore.default_ssl_context()

    def check(self, url: str) -> Target:
        """Where it leads; Refused for what may not be posted to, as far as its text tells."""
        where = target(url)
        if where.scheme != "https" and not ((where.host, where.port) in self._allowed and _here(where.host)):
            raise Refused("it is not https")
        return where

    async def deliver(self, value: Delivery, secret: bytes) -> Outcome:
        """What came of one try; never raises for what a name or a receiver may do."""
        try:
            async with asyncio.timeout(_SECONDS):
                status = await self._post(self.check(value.address), value, secret)
        except Refused as error:
            return Outcome(State.WAITING, f"Not sent: {error}.", unreachable=True)
        except (TimeoutError, httpcore.TimeoutException):
            return Outcome(State.WAITING, "It does not answer.", unreachable=True)
        except (httpcore.NetworkError, httpcore.ProtocolError, socket.gaierror) as error:
            return Outcome(State.WAITING, f"It cannot be reached: {error}", unreachable=True)
        if 200 <= status < 300:
            return Outcome(State.SENT, "")
        if status == _GONE:
            return Outcome(State.REFUSED, "It answers 410: gone for good.")
        return Outcome(State.WAITING, f"It answers {status}.")

    async def _post(self, where: Target, value: Delivery, secret: bytes) -> int:
        body, now = value.content.encode(), int(time.time())
        headers = {
            "content-type": "application/cloudevents+json; charset=utf-8",
            "content-length": str(len(body)),
            "user-agent": "Winnow-webhook/1",
            "webhook-id": value.id,
            "webhook-timestamp": str(now),
            "webhook-signature": signature(secret, value.id, now, body),
            "connection": "close",
        }
        url = httpcore.URL(
            scheme=where.scheme.encode(),
            host=where.host.encode(),
            port=where.port,
            target=where.path.encode(),
        )
        # Redirects are not followed: a body that is signed for one address is not for another.
        async with (
            httpcore.AsyncConnectionPool(
                ssl_context=self._ssl, max_connections=1, network_backend=self._ways
            ) as pool,
            pool.stream(
                "POST", url, headers=[(k.encode(), v.encode()) for k, v in headers.items()], content=body
            ) as answer,
        ):
            return answer.status


def _here(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def allowed(text: str) -> list[tuple[str, int]]:
    """Hosts with ports from `host:port,host:port`; ValueError for anything else."""
    found: list[tuple[str, int]] = []
    for each in filter(None, (part.strip() for part in text.split(","))):
        host, colon, port = each.rpartition(":")
        if not (host and colon and port.isdigit()):
            raise ValueError("expected host:port,host:port")
        found.append((host.strip("[]"), int(port)))
    return found
