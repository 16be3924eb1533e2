"""Other systems that are told of events; values and rules, no I/O."""

from __future__ import annotations

import base64
import hashlib
import hmac
from dataclasses import dataclass
from datetime import datetime, timedelta

EVENTS = (
    "winnow.review.v1.SuggestionOpened",
    "winnow.review.v1.SuggestionDecided",
    "winnow.review.v1.PlanApplied",
    "winnow.review.v1.PlanUndone",
)
"""What others are told of. Names and states, no text of a resource: who reads content asks for it with a token."""
PATIENCE = timedelta(days=5)
"""For how long tries may fail before a webhook is disabled; set by hand: it outlasts a long weekend."""
SECRET_BYTES = 32  # Standard Webhooks: 24 to 64


@dataclass(frozen=True, slots=True)
class Webhook:
    """Where events go; no `types` for all of them. `failing_since` is None while deliveries succeed."""

    id: str
    url: str
    types: tuple[str, ...]
    secret: bytes
    author: str
    create_time: datetime
    failing_since: datetime | None = None
    disable_time: datetime | None = None
    disable_reason: str = ""

    def wants(self, type_: str) -> bool:
        """Whether it is told of events of that type."""
        return self.disable_time is None and (not self.types or type_ in self.types)


def shown(secret: bytes) -> str:
    """The secret as receivers take it."""
    return f"whsec_{base64.b64encode(secret).decode()}"


def signature(secret: bytes, id_: str, timestamp: int, body: bytes) -> str:
    """The `webhook-signature` of Standard Webhooks: HMAC-SHA256 over the id, the time in seconds and the body."""
    signed = b".".join((id_.encode(), str(timestamp).encode(), body))
    return f"v1,{base64.b64encode(hmac.new(secret, signed, hashlib.sha256).digest()).decode()}"
