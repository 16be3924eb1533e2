"""House rules as one row; each policy is a member of its JSON."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from datetime import date
from typing import Any

from services.catalog.domain.house_rules import (
    FIELDS,
    HouseRules,
    NeverArchived,
    RetiredTerm,
    Retirement,
    ReviewInterval,
    Weights,
)
from services.catalog.postgres.session import Row, Session, columns

_LOAD = "SELECT version, rules, author, update_time FROM house_rules"
_LOCK = "SELECT version, rules, author, update_time FROM house_rules FOR UPDATE"
_SET = """
    UPDATE house_rules SET version = %s, rules = %s, author = %s, update_time = %s, revision = %s
"""


class Rules(Session):
    """The team's policies."""

    async def house_rules(self, *, for_update: bool = False) -> HouseRules:
        """The policies as they are."""
        row = await self.row(_LOCK if for_update else _LOAD)
        return _house_rules(row) if row else HouseRules()

    async def set_house_rules(self, rules: HouseRules) -> None:
        """Stores the policies and tells of them."""
        revision = await self.told_revision()
        values = (rules.version, _json(rules), rules.author, rules.update_time, revision)
        await self.run(_SET, values)


def _json(rules: HouseRules) -> str:
    said = asdict(rules)
    return json.dumps({name: said[name] for name in FIELDS}, default=date.isoformat)


def _house_rules(row: Row) -> HouseRules:
    rules: Mapping[str, Any] = row["rules"]
    return HouseRules(
        retired_vocabulary=tuple(
            RetiredTerm(**columns(each, since=_day(each["since"])))
            for each in rules.get("retired_vocabulary", ())
        ),
        retirements=tuple(
            Retirement(**columns(each, end=date.fromisoformat(each["end"])))
            for each in rules.get("retirements", ())
        ),
        check_links=bool(rules.get("check_links")),
        notice_days_r2=rules.get("notice_days_r2"),
        notice_days_r3=rules.get("notice_days_r3"),
        required_fields=tuple(rules.get("required_fields", ())),
        min_resource_owners=rules.get("min_resource_owners", 0),
        min_program_owners=rules.get("min_program_owners", 0),
        never_archived=tuple(NeverArchived(**each) for each in rules.get("never_archived", ())),
        review_intervals=tuple(ReviewInterval(**each) for each in rules.get("review_intervals", ())),
        first_slots=rules.get("first_slots"),
        slots=rules.get("slots"),
        decided_enough=rules.get("decided_enough"),
        weights=_weights(rules.get("weights", {})),
        version=row["version"],
        author=row["author"],
        update_time=row["update_time"],
    )


def _weights(said: Mapping[str, Any]) -> Weights:
    return Weights(
        tuple(said.get("harm_hours", ())),
        tuple(said.get("review_minutes", ())),
        dict(said.get("maintenance_hours", {})),
        said.get("exposed_hours"),
        said.get("now_from"),
        said.get("this_week_from"),
    )


def _day(value: str | None) -> date | None:
    return date.fromisoformat(value) if value else None
