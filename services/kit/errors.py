"""The error family, named after gRPC codes; pure, so that domain code may raise it.

An error is API: its `reason` is stable and listed in a service's `error_reason.proto` with its metadata
keys; the text is for people and may change, and every value in the text is in the metadata. Who raises one
says nothing about transport: `kit.rpc` makes it a google.rpc.Status, `kit.events` an acknowledgement.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import ClassVar


class Code(IntEnum):
    """The canonical status codes of google.rpc.Code that the family uses."""

    INVALID_ARGUMENT = 3
    DEADLINE_EXCEEDED = 4
    NOT_FOUND = 5
    ALREADY_EXISTS = 6
    PERMISSION_DENIED = 7
    RESOURCE_EXHAUSTED = 8
    FAILED_PRECONDITION = 9
    ABORTED = 10
    UNIMPLEMENTED = 12
    UNAVAILABLE = 14
    UNAUTHENTICATED = 16


@dataclass(frozen=True, slots=True)
class Violation:
    """What is wrong with one field of a request; `field` is its path in the message, `items[3].title`."""

    field: str
    text: str


class WinnowError(Exception):
    """An outcome that the caller is told: a code, a stable reason, a text for people, the values in it.

    `details` go to the caller after the reason: protobuf messages as they are, other values through the
    function that the service gave to `kit.rpc.ErrorInterceptor`, so that domain code can attach state.
    """

    code: ClassVar[Code]

    def __init__(
        self,
        reason: str,
        text: str,
        metadata: Mapping[str, str] | None = None,
        *,
        details: Sequence[object] = (),
        violations: Sequence[Violation] = (),
    ) -> None:
        super().__init__(f"{reason}: {text}")
        self.reason = reason
        self.text = text
        self.metadata = dict(metadata or {})
        self.details = tuple(details)
        self.violations = tuple(violations)


class InvalidArgument(WinnowError):
    """The request is wrong whatever the state of the system; `violations` name the fields."""

    code = Code.INVALID_ARGUMENT


class DeadlineExceeded(WinnowError):
    """The time the caller gave is up; whether the effect happened is unknown."""

    code = Code.DEADLINE_EXCEEDED


class NotFound(WinnowError):
    """What the request names does not exist, or the caller may not know that it does."""

    code = Code.NOT_FOUND


class AlreadyExists(WinnowError):
    """What the request would create exists."""

    code = Code.ALREADY_EXISTS


class PermissionDenied(WinnowError):
    """The caller is known and may not do this; metadata `who_can` names who may."""

    code = Code.PERMISSION_DENIED


class ResourceExhausted(WinnowError):
    """A limit is reached: size, rate, or calls at once; nothing was done."""

    code = Code.RESOURCE_EXHAUSTED


class FailedPrecondition(WinnowError):
    """The state of the system forbids it until somebody changes that state; repeating does not help."""

    code = Code.FAILED_PRECONDITION


class Aborted(WinnowError):
    """Somebody else decided or wrote first; read and try again."""

    code = Code.ABORTED


class Unimplemented(WinnowError):
    """There is no such method, or not over this transport."""

    code = Code.UNIMPLEMENTED


class Unavailable(WinnowError):
    """Something needed does not answer now; the same call may succeed later."""

    code = Code.UNAVAILABLE


class Unauthenticated(WinnowError):
    """The caller is not known: no credential, or one that is wrong, expired or withdrawn."""

    code = Code.UNAUTHENTICATED
