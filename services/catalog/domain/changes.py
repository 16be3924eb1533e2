"""Lines of the change list: what sources should say in future."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import cast

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

    @property
    def about(self) -> str:
        """The field of the resource or program that the line is about."""
        return "lifecycle" if self.field == "visibility" else self.field


def program_line(id_: str, program: Program, field: str, suggestion: str) -> Change:
    """A line by which the program's source should say of a field what Winnow says."""
    return Change(
        id=id_,
        suggestion=suggestion,
        target=f"programs/{program.id}",
        source=program.source,
        external_id=program.key,
        field=field,
        from_value=text_of(program.observed(field)),
        to_value=text_of(program.shown(field)),
    )


def text_of(value: object) -> str:
    """A field's value as the change list shows it; of several one a line, items by their references."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, ProgramItem):
        return value.reference or value.resource or value.program
    if isinstance(value, list | tuple):
        return "\n".join(text_of(each) for each in cast("Sequence[object]", value))
    return str(value)
