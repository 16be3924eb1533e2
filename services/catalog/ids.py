"""Names of new objects: UUIDs of version 7 (RFC 9562), so that sorting by name is sorting by age."""

from __future__ import annotations

import secrets
import threading
import time
import uuid

_lock = threading.Lock()
_last = 0


def new_id() -> str:
    """A fresh id, greater than any that this process made before."""
    global _last
    with _lock:
        # 48 bits of milliseconds and 12 bits that count inside one, as method 1 of RFC 9562 §6.2.
        _last = max(_last + 1, (time.time_ns() // 1_000_000) << 12)
        stamp = _last
    high = (stamp >> 12) << 16 | 0x7000 | (stamp & 0xFFF)
    low = 0b10 << 62 | secrets.randbits(62)
    return str(uuid.UUID(int=high << 64 | low))
