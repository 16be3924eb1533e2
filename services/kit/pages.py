"""Page sizes and opaque keyset page tokens (AIP-158)."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable, Sequence
from typing import Any, TypeVar, cast

import orjson

from services.kit.errors import InvalidArgument, Violation

DEFAULT_SIZE = 50
MAX_SIZE = 1000
Row = TypeVar("Row")

Key = str | int | float | None
"""One value of a keyset: what the list is sorted by."""


def size(asked: int, *, default: int = DEFAULT_SIZE, maximum: int = MAX_SIZE) -> int:
    """Rows a page gets: the default for 0, at most the maximum; InvalidArgument if negative."""
    if asked < 0:
        raise InvalidArgument(
            "PAGE_SIZE_INVALID",
            "page_size must not be negative.",
            {"page_size": str(asked)},
            violations=[Violation("page_size", "must not be negative")],
        )
    return min(asked or default, maximum)


def _scope(scope: Sequence[object]) -> str:
    return hashlib.sha256(repr(tuple(scope)).encode()).hexdigest()[:16]


def token(keys: Sequence[Key], *, scope: Sequence[object] = ()) -> str:
    """A token for the page after the row with these keys.

    `scope` is what else the request asked (method, filters, order): a token is good for that request alone.
    """
    return base64.urlsafe_b64encode(orjson.dumps([_scope(scope), *keys])).decode().rstrip("=")


def keys(page_token: str, count: int, *, scope: Sequence[object] = ()) -> tuple[Key, ...] | None:
    """The `count` keys in a token, None for the first page; InvalidArgument for another request's or no token."""
    if not page_token:
        return None
    wrong = InvalidArgument(
        "PAGE_TOKEN_INVALID",
        "The page token is not of this request.",
        violations=[Violation("page_token", "is not of this request")],
    )
    try:
        padded = page_token + "=" * (-len(page_token) % 4)
        decoded = orjson.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
    except ValueError as error:
        raise wrong from error
    if not isinstance(decoded, list):
        raise wrong
    values = cast("list[Any]", decoded)
    if len(values) != count + 1 or values[0] != _scope(scope):
        raise wrong
    if any(isinstance(value, list | dict | bool) for value in values[1:]):
        raise wrong
    return tuple(values[1:])


def cut(
    rows: Sequence[Row], size: int, by: Callable[[Row], Sequence[Key]], *, scope: Sequence[object] = ()
) -> tuple[Sequence[Row], str]:
    """The page's rows, of up to one more than its size, and the token of the next page; empty at the end.

    `by` gives the keys of a row.
    """
    page = rows[:size]
    return page, token(by(page[-1]), scope=scope) if len(rows) > size else ""
