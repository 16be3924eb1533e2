"""A suggestion as a card of the terminal: each figure of its impact says what it counts."""

from __future__ import annotations

from services.cli.cards import card

WIDTH = 100


def test_hours_are_told_apart_and_what_is_lost_if_it_is_wrong_is_no_gain() -> None:
    def figure(value: float, unit: str) -> dict[str, object]:
        return {"value": value, "unit": unit, "basis": "assumed"}

    lines = card(
        {
            "kind": "PROGRAM",
            "relation": "RELATION_UNSPECIFIED",
            "confidence": 0.95,
            "state": "OPEN",
            "heldReason": "",
            "claims": [],
            "members": [],
            "evidence": [],
            "impact": {
                "learners": figure(161, "learners"),
                "learnerHours": figure(19, "hours a year"),
                "maintenanceHours": figure(0.4, "hours a year"),
                "harm": figure(12, "hours"),
            },
            "plan": {"risk": "R3", "parts": [], "caveat": "use: not known", "safeguards": []},
        },
        WIDTH,
    )
    told = "\n".join(lines)
    assert "161 learners a year (assumed), 19 learner hours a year given back (assumed)\n" in told
    assert "12 hours" not in told
    assert "note  use is not known" in told
