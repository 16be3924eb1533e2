"""The parts of a plan: who answers for each, and what they have said so far."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from services.gateway.web.api import Json


@dataclass(frozen=True, slots=True)
class PartRow:
    """One part: `owners` are e-mails (none where nobody owns it), `agreed` who has said yes to it."""

    part: Json
    owners: tuple[str, ...]
    agreed: tuple[str, ...]
    mine: bool


def parts(suggestion: Json, programs: Mapping[str, Json], email: str) -> list[PartRow]:
    """Those of the plan; `programs` by name."""
    found: list[PartRow] = []
    for part in suggestion["plan"]["parts"]:
        owners = tuple(programs.get(part["id"], {}).get("owners", ()))
        agreed = tuple(each["person"] for each in suggestion["approvals"] if each["part"] == part["id"])
        found.append(PartRow(part, owners, agreed, email in owners))
    return found


def crosses_ownership(rows: list[PartRow]) -> bool:
    """Whether programs of different owners are touched."""
    return len({row.owners for row in rows if row.owners}) > 1
