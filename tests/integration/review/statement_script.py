"""Makes the figures of a quarter anew from what anybody can export; it imports nothing of Winnow."""

from __future__ import annotations

import csv
import io
import json
from collections import Counter, defaultdict
from datetime import datetime
from typing import Any

MAY_DECIDE = {"LEARNING_LEADER", "INSTRUCTIONAL_DESIGNER", "SPECIALIST"}


def month(text: str) -> int:
    return int(text[:4]) * 12 + int(text[5:7])


def figures(
    quarter: str, log: str, catalog: str, engagement: str, roles: dict[str, set[str]]
) -> dict[str, float | None]:
    """`roles` by e-mail of who is active; None for what is not known. Times of the log are in UTC."""
    lines = list(csv.DictReader(io.StringIO(log)))[::-1]  # oldest first

    def inside(line: dict[str, str]) -> bool:
        at = datetime.fromisoformat(line["time"])
        return f"{at.year}-Q{(at.month + 2) // 3}" == quarter

    applied = [line for line in lines if line["verb"] == "apply" and line["state"] == "APPLIED"]
    undone = [line for line in lines if line["verb"] == "undo"]
    last = {line["suggestion"]: line for line in lines if line in applied or line in undone}
    stands = [line for line in last.values() if line["verb"] == "apply" and inside(line)]
    use: dict[str, list[tuple[int, int, int]]] = defaultdict(list)
    for row in csv.DictReader(io.StringIO(engagement)):
        use[row["resource"]].append((month(row["month"]), int(row["started"]), int(row["seconds"])))
    newest = max(row[0] for rows in use.values() for row in rows)
    planned, seconds, measured = 0.0, 0, 0
    for line in stands:
        at = month(line["time"])
        rows = [row for key in line["listings"].split("\n") for row in use.get(key.partition("/")[2], [])]
        before = [row for row in rows if at - 3 <= row[0] < at]
        after = [row for row in rows if at < row[0] <= at + 3]
        few = any(0 < sum(row[1] for row in part) < 5 for part in (before, after))
        if rows and newest >= at + 3 and line["learner_hours"] and not few:
            planned, measured = planned + float(line["learner_hours"]), measured + 1
            seconds += sum(row[2] for row in before) - sum(row[2] for row in after)
    things: list[dict[str, Any]] = [json.loads(each) for each in catalog.splitlines()]
    listed = [each for each in things if each.get("lifecycle") == "PUBLISHED"]
    owners = {owner for each in things for owner in (each.get("owner"), *each.get("owners", ()))}
    entitled = sum(bool(held & MAY_DECIDE) or email in owners for email, held in roles.items())
    by_whom = Counter(
        actor
        for actor, _ in {
            (each["actor"], each["suggestion"])
            for each in lines
            if each["verb"] in ("accept", "reject") and inside(each)
        }
    )
    total = sum(by_whom.values())
    bins: dict[int, list[float]] = defaultdict(list)
    for line in lines:
        if line["was_right"] and inside(line):
            said = float(line["confidence"])
            bins[min(9, int(said * 10 + 1e-9))].append(said - (line["was_right"] == "true"))
    judged = sum(map(len, bins.values()))
    wrong = {key for line in stands if line["kind"] == "OUTDATED" for key in line["retired"].split()}
    shares = sum((count / total) ** 2 for count in by_whom.values())
    return {
        "learner_hours_planned": round(sum(float(line["learner_hours"] or 0) for line in stands), 1),
        "learner_hours_planned_of_measured": round(planned, 1) if measured else None,
        "learner_hours_measured": round(seconds * 4 / 3600, 1) if measured else None,
        "plans_not_measured": len(stands) - measured,
        "wrong_content_removed": len(wrong),
        "owner_coverage": round(sum(each["owner"] in roles for each in listed) / len(listed), 4),
        "silo_index": round(max(0.0, 1 - 1 / shares / entitled), 4) if total else None,
        "calibration_error": round(sum(abs(sum(each)) for each in bins.values()) / judged, 4)
        if judged
        else None,
        "plans_applied": sum(map(inside, applied)),
        "plans_undone": sum(map(inside, undone)),
    }
