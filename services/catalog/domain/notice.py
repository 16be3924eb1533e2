"""How long people have to object before an approved plan applies (behaviour.md §8)."""

from __future__ import annotations

from dataclasses import dataclass

from services.catalog.domain.house_rules import HouseRules


@dataclass(frozen=True, slots=True)
class Notice:
    """Days of notice that this installation gives where house rules say nothing, by risk; R0 and R1 have none."""

    r2: int = 0
    r3: int = 0

    def days(self, risk: int, rules: HouseRules) -> int:
        """Days between the last approval of a plan of that risk (0 to 3) and the moment when it applies."""
        ruled = {2: rules.notice_days_r2, 3: rules.notice_days_r3}.get(risk)
        return {2: self.r2, 3: self.r3}.get(risk, 0) if ruled is None else ruled
