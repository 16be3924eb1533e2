"""Lines of the change list: what sources should say in future."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class ChangeState(StrEnum):
    """Where a line stands."""

    PENDING = "PENDING"
    DONE = "DONE"
    WITHDRAWN = "WITHDRAWN"


@dataclass(frozen=True, slots=True)
class Change:
    """One value that an applied plan wants a source to say.

    `target` is `resources/{id}` or `programs/{id}`; `external_id` a listing's, or the program's key; `field`
    is a field's name, `visibility` for the lifecycle; values are as text.
    """

    id: str
    suggestion: str
    target: str
    source: str
    external_id: str
    field: str
    from_value: str
    to_value: str
    state: ChangeState = ChangeState.PENDING
