"""Dead letters: events nobody could handle, kept with their reason until somebody retries or drops them.

Stream `DEAD` holds copies made before an event is ended (`dead.<its subject>`), and JetStream's own
advisories about events that were delivered too often without an answer, as when they kill the process.
"""

from __future__ import annotations

import json
import re
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from nats.aio.msg import Msg
from nats.js import JetStreamContext
from nats.js.errors import NotFoundError

from services.kit import events, telemetry
from services.kit.errors import NotFound

UNANSWERED = "MAX_DELIVERIES"
"""Reason of an event that was delivered too often without an answer."""


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """One dead letter; `number` names it in the stream and stays."""

    number: int
    reason: str
    text: str
    durable: str
    time: str
    event_id: str
    type: str
    subject: str
    data: bytes
    headers: dict[str, str]


async def copy(js: JetStreamContext, message: Msg, durable: str, reason: str, text: str) -> None:
    """Stores a copy with its reason; errors of NATS when that failed (the message must then be kept)."""
    metadata = message.metadata
    headers = {key: value for key, value in (message.headers or {}).items() if not key.startswith("Nats-")}
    headers |= {
        # Not the event's own id: a retried event that fails again would be dropped as a repeat.
        "Nats-Msg-Id": f"{metadata.stream}/{metadata.sequence.stream}/{durable}",
        "dead-reason": reason,
        "dead-text": re.sub(r"[^\x20-\x7e]", "?", text)[:1000],
        "dead-durable": durable,
        "dead-time": datetime.now(UTC).isoformat(),
    }
    await js.publish(f"{events.DEAD_PREFIX}{message.subject}", message.data, timeout=2, headers=headers)


async def _stored(js: JetStreamContext, stream: str, number: int) -> tuple[str, bytes, dict[str, str]]:
    message: Any = await js.get_msg(stream, number)  # its headers are untyped
    return message.subject or "", message.data or b"", dict(message.headers or {})


async def _read(js: JetStreamContext, number: int) -> DeadLetter | None:
    """The letter, or None where there is none (any more)."""
    try:
        subject, data, headers = await _stored(js, events.DEAD, number)
    except NotFoundError:
        return None
    if subject.startswith(events.DEAD_PREFIX):
        return DeadLetter(
            number=number,
            reason=headers.get("dead-reason", ""),
            text=headers.get("dead-text", ""),
            durable=headers.get("dead-durable", ""),
            time=headers.get("dead-time", ""),
            event_id=headers.get("ce-id", ""),
            type=headers.get("ce-type", ""),
            subject=subject.removeprefix(events.DEAD_PREFIX),
            data=data,
            headers=headers,
        )
    advisory = json.loads(data)
    try:
        subject, data, headers = await _stored(js, advisory["stream"], advisory["stream_seq"])
    except NotFoundError:
        return None  # settled or expired since
    return DeadLetter(
        number=number,
        reason=UNANSWERED,
        text=f"delivered {advisory.get('deliveries', '?')} times without an answer",
        durable=advisory["consumer"],
        time=advisory.get("timestamp", ""),
        event_id=headers.get("ce-id", ""),
        type=headers.get("ce-type", ""),
        subject=subject,
        data=data,
        headers=headers,
    )


async def letters(js: JetStreamContext) -> list[DeadLetter]:
    """All open dead letters, oldest first; none when the stream is not there yet."""
    try:
        state = (await js.stream_info(events.DEAD)).state
    except NotFoundError:
        return []
    found: list[DeadLetter] = []
    if state.messages:
        for number in range(state.first_seq, state.last_seq + 1):
            letter = await _read(js, number)
            if letter is not None:
                found.append(letter)
    telemetry.deadletter_open.set(len(found))
    return found


async def retry(js: JetStreamContext, number: int) -> DeadLetter:
    """Publishes the letter's event again, for every consumer of its subject, and removes the letter.

    The event keeps its CloudEvents id. NotFound if there is no such letter.
    """
    letter = await _read(js, number)
    if letter is None:
        raise NotFound("DEAD_LETTER_NOT_FOUND", f"There is no dead letter {number}.", {"number": str(number)})
    headers = {key: value for key, value in letter.headers.items() if not key.startswith(("Nats-", "dead-"))}
    # A new id: within the duplicate window JetStream would drop the event's own.
    headers["Nats-Msg-Id"] = f"retry/{uuid.uuid4()}"
    await js.publish(letter.subject, letter.data, timeout=2, headers=headers)
    await js.delete_msg(events.DEAD, number)
    return letter
