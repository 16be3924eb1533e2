"""Webhooks as rows, and events for them: deliveries in the transaction of the event itself."""

from __future__ import annotations

import json
from datetime import datetime
from uuid import UUID

from google.protobuf import json_format
from google.protobuf.message import Message
from typing_extensions import override

from services.catalog.domain.webhooks import EVENTS, Webhook
from services.catalog.ids import new_id
from services.catalog.postgres.session import SERVICE, Row, Session, columns
from services.kit.errors import NotFound
from winnow.review.v1.events_pb2 import SuggestionDecided, SuggestionOpened

_ALL = """
    SELECT id, url, types, secret, author, create_time, failing_since, disable_time, disable_reason
    FROM webhooks ORDER BY id
"""
_ADD = """
    INSERT INTO webhooks (id, url, types, secret, author, create_time) VALUES (%s, %s, %s, %s, %s, %s)
    ON CONFLICT (url) DO NOTHING
"""
_LOCK = "SELECT id FROM webhooks WHERE id = %s FOR UPDATE"
_SAVE = "UPDATE webhooks SET failing_since = %s, disable_time = %s, disable_reason = %s WHERE id = %s"
_REMOVE = "DELETE FROM webhooks WHERE id = %s"
_END = """
    UPDATE deliveries SET state = 'GIVEN_UP', answer = %s, next_time = NULL, end_time = %s
    WHERE webhook = %s AND state = 'WAITING'
"""
_TELL = """
    INSERT INTO deliveries (id, kind, key, person, webhook, address, subject, content, state, create_time, next_time)
    VALUES (%(id)s, 'EVENT', %(key)s, '', %(webhook)s, %(url)s, %(type)s, %(content)s, 'WAITING', %(now)s, %(now)s)
"""
_WAKE = "SELECT pg_notify('deliveries', '')"
_BEGUN = "SELECT 1 FROM decisions WHERE verb IN ('accept', 'reject') LIMIT 1"


class Webhooks(Session):
    """Webhooks, and what they are told."""

    _hooks: list[Webhook] | None = None

    async def webhooks(self) -> list[Webhook]:
        """All of them, oldest first."""
        return [_webhook(row) for row in await self.rows(_ALL)]

    async def lock_webhook(self, id_: str) -> Webhook:
        """The webhook, held until the commit; NotFound when there is none."""
        if await self.row(_LOCK, (id_,)) is not None:
            for each in await self.webhooks():
                if each.id == id_:
                    return each
        raise NotFound("WEBHOOK_NOT_FOUND", f"There is no webhook {id_}.", {"webhook": f"webhooks/{id_}"})

    async def add_webhook(self, new: Webhook) -> bool:
        """Stores a new one; False when that address has one."""
        values = (new.id, new.url, list(new.types), new.secret, new.author, new.create_time)
        return bool(await self.run(_ADD, values))

    async def save_webhook(self, value: Webhook) -> None:
        """Stores how it does."""
        await self.run(_SAVE, (value.failing_since, value.disable_time, value.disable_reason, value.id))

    async def remove_webhook(self, id_: str) -> None:
        """Forgets it and its secret; what was delivered stays listed."""
        await self.run(_REMOVE, (id_,))

    async def give_up(self, webhook: str, why: str) -> None:
        """Ends what waits for it."""
        await self.run(_END, (why, self.now, webhook))

    @override
    async def _write(self, message: Message) -> UUID:
        event = await super()._write(message)
        if message.DESCRIPTOR.full_name in EVENTS:
            await self._tell(message, event)
        return event

    async def _tell(self, message: Message, event: UUID) -> None:
        if self._hooks is None:
            self._hooks = await self.webhooks()
        type_ = message.DESCRIPTOR.full_name
        wanting = [each for each in self._hooks if each.wants(type_)]
        if not wanting:
            return
        if isinstance(message, SuggestionOpened) and await self.row(_BEGUN) is None:
            return  # until somebody decides, an import is all there is, and it tells nobody
        content = cloud_event(message, event, self.now)
        for each in wanting:
            values = {"id": new_id(), "key": f"event {event} {each.id}", "webhook": each.id, "url": each.url}
            await self.run(_TELL, values | {"type": type_, "content": content, "now": self.now})
        await self.run(_WAKE)


def cloud_event(message: Message, event: UUID, now: datetime) -> str:
    """The event in the structured mode of CloudEvents 1.0 (JSON); id, source and type are those it has on the bus."""
    about = getattr(message, "name", "")
    data = json_format.MessageToDict(message, always_print_fields_with_no_presence=True)
    if isinstance(message, SuggestionDecided):
        about = message.decision.suggestion
        del data["decision"]["comment"]  # free words of people are for who reads content
    said = {
        "specversion": "1.0",
        "id": str(event),
        "source": SERVICE,
        "type": message.DESCRIPTOR.full_name,
        "subject": about,
        "time": now.isoformat(),
        "datacontenttype": "application/json",
        "data": data,
    }
    return json.dumps(said, ensure_ascii=False)


def _webhook(row: Row) -> Webhook:
    return Webhook(**columns(row, types=tuple(row["types"]), secret=bytes(row["secret"])))
