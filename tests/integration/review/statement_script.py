"""Makes a quarter's figures anew from what anybody can export, and from who is active with which roles, by e-mail."""

from __future__ import annotations

import csv
import io
import json


def figures(when: str, log: str, items: str, use: str, roles: dict[str, set[str]]) -> dict[str, float | None]:
    lines = list(csv.DictReader(io.StringIO(log)))[::-1]  # oldest first, times in UTC
    now = [line for line in lines if f"{line['time'][:4]}-Q{(int(line['time'][5:7]) + 2) // 3}" == when]
    last = {line["suggestion"]: line for line in lines if line["verb"] in ("apply", "undo")}
    applied = [line for line in now if line["verb"] == "apply" and line["state"] == "APPLIED"]
    stands = [line for line in applied if line is last[line["suggestion"]]]
    rows = list(csv.DictReader(io.StringIO(use)))
    months = sorted({row["month"] for row in rows})
    measured: list[tuple[float, int]] = []  # hours planned, and seconds fewer in the 3 months after
    for line in stands:
        keys = [key.partition("/")[2] for key in line["listings"].split("\n")]
        own = [row for row in rows if row["resource"] in keys]
        at = sum(month < line["time"][:7] for month in months)
        around = (months[max(0, at - 3) : at], months[at + 1 : at + 4])
        spans = [[row for row in own if row["month"] in some] for some in around]
        few = any(0 < sum(int(row["started"]) for row in span) < 5 for span in spans)
        if line["learner_hours"] and own and not few and len(around[1]) == 3:
            before, after = (sum(int(row["seconds"]) for row in span) for span in spans)
            measured.append((float(line["learner_hours"]), before - after))
    wrong = [x for x in lines[::-1] if x["kind"] == "OUTDATED" and x is last.get(x["suggestion"])]
    removed = {key: x in stands for x in wrong for key in x["retired"].split()}  # by the first to retire it
    things = [json.loads(line) for line in items.splitlines()]
    owned = [thing["owner"] in roles for thing in things if thing.get("lifecycle") == "PUBLISHED"]
    owners = {owner for thing in things for owner in (thing.get("owner"), *thing.get("owners", ()))}
    may = sum(bool(held - {"ADMINISTRATOR"}) or email in owners for email, held in roles.items())
    by = [a for a, _ in {(x["actor"], x["suggestion"]) for x in now if x["verb"] in ("accept", "reject")}]
    judged = [(float(line["confidence"]), line["was_right"] == "true") for line in now if line["was_right"]]
    bins = [[said - right for said, right in judged if min(9, int(said * 10 + 1e-9)) == n] for n in range(10)]
    return {
        "learner_hours_planned": round(sum(float(line["learner_hours"] or 0) for line in stands), 1),
        "learner_hours_planned_of_measured": round(sum(x for x, _ in measured), 1) if measured else None,
        "learner_hours_measured": round(sum(x for _, x in measured) * 4 / 3600, 1) if measured else None,
        "plans_not_measured": len(stands) - len(measured),
        "wrong_content_removed": sum(removed.values()),
        "owner_coverage": round(sum(owned) / len(owned), 4),
        "silo_index": round(max(0.0, 1 - len(by) ** 2 / sum(map(by.count, by)) / may), 4) if by else None,
        "calibration_error": round(sum(abs(sum(x)) for x in bins) / len(judged), 4) if judged else None,
        "plans_applied": len(applied),
        "plans_undone": sum(line["verb"] == "undo" for line in now),
    }
