"""Signed links: what one says was said by whoever holds the key, for one purpose and until a moment."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import jwt

_ALGORITHM = "HS256"


def signed(key: bytes, purpose: str, said: Mapping[str, str | int], until: datetime) -> str:
    """A token for a link, good until that moment."""
    claims = {**said, "aud": purpose, "exp": int(until.timestamp())}
    return jwt.encode(claims, key, algorithm=_ALGORITHM)


def read(key: bytes, purpose: str, token: str, now: datetime) -> Mapping[str, Any] | None:
    """What the token says; None when it is forged, over or made for another purpose."""
    try:
        claims = jwt.decode(
            token,
            key,
            algorithms=[_ALGORITHM],
            audience=purpose,
            # The time is compared below, with the `now` that was given.
            options={"require": ["aud", "exp"], "verify_exp": False},
        )
    except jwt.InvalidTokenError:
        return None
    return claims if claims["exp"] > now.timestamp() else None
