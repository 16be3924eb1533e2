"""Lines of the change list: what sources should say in future."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from services.catalog.domain.programs import Program, ProgramItem


class ChangeState(StrEnum):
    """Where a line stands."""

    PENDING = "PENDING"
    DONE = "DONE"
    WITHDRAWN = "WITHDRAWN"


@dataclass(frozen=True, slots=True)
class Change:
    """One value that a source should say: `suggestion` is that whose plan wants it, empty where a person does.

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


def items_line(id_: str, program: Program, suggestion: str) -> Change:
    """A line by which the program's source should have the items that Winnow has."""
    return Change(
        id=id_,
        suggestion=suggestion,
        target=f"programs/{program.id}",
        source=program.source,
        external_id=program.key,
        field="items",
        from_value=items_text(program.observed_program.items),
        to_value=items_text(program.items),
    )


def items_text(items: Sequence[ProgramItem]) -> str:
    """A program's items as the change list shows them: a reference a line."""
    return "\n".join(item.reference or item.resource or item.program for item in items)
