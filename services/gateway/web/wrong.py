"""Which field of a form a refusal is about, and what the page says beside it: the one place that words both."""

from __future__ import annotations

import re
from collections.abc import Iterator

import grpc.aio
from google.rpc.error_details_pb2 import BadRequest

from services.gateway.web.words import known, say
from services.kit.errors import WinnowError
from services.kit.rpc import error_info, status_of

_PLACE = re.compile(r"\[\d+\]")
_CAPITAL = re.compile(r"(?<=[a-z0-9])([A-Z])")  # JSON's names of what protobuf writes with underscores


def fields(error: WinnowError | grpc.aio.AioRpcError, form: str = "") -> dict[str, str]:
    """What to do about each field, by its name in the API without the place in a list, as far as there are words.

    `form` is what sends a field of a name that means something else elsewhere. Empty where the refusal is about no
    field, or about one that no form of the page has.
    """
    named = dict.fromkeys(_plain(each) for each in _refused(error))
    return {name.removeprefix("fields."): said for name in named if (said := _said(error, name, form))}


def _refused(error: WinnowError | grpc.aio.AioRpcError) -> Iterator[str]:
    if isinstance(error, WinnowError):
        yield from (each.field for each in error.violations)
        return
    bad = BadRequest()
    for detail in status_of(error).details:
        if detail.Unpack(bad):
            yield from (each.field for each in bad.field_violations)


def _plain(field: str) -> str:
    return _CAPITAL.sub(r"_\1", _PLACE.sub("", field)).lower()


def _said(error: WinnowError | grpc.aio.AioRpcError, field: str, form: str) -> str:
    info = error_info(error) if isinstance(error, grpc.aio.AioRpcError) else None
    if info is not None and info.reason == "FIELDS_REQUIRED":
        return say("trouble.required")
    key = field.replace(".", "_")
    of_all = known(f"wrong.{field.partition('.')[0]}", "") if "." in field else ""
    return known(f"wrong.{form}_{key}", "") or known(f"wrong.{key}", of_all)
