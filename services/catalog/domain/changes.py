"""Lines of the change list: what sources should say in future."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
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
    is a field's name, `visibility` for the lifecycle; values are as text. `done_by` is the person who says that it is
    done, empty where the source was seen to say it; `done_time` is when it became DONE. `taken_back`: the plan was
    undone since, or by this line.
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
    done_by: str = ""
    done_time: datetime | None = None
    taken_back: bool = False

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


def value_of(field: str, text: str) -> object:
    """The value of a resource's field that the change list shows as this text."""
    match field:
        case "mandatory" | "certification" | "accessible_form":
            return text == "yes"
        case "duration_seconds":
            return int(text or 0)
        case "objectives":
            return tuple(text.split("\n")) if text else ()
        case _:
            return text
