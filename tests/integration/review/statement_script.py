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
    months = ["", "", "", *sorted({row["month"] for row in rows})]
    measured, fewer = list[float](), dict[str, int]()  # hours planned; seconds fewer after, of each once
    for line in stands:
        own = [row for row in rows if f"/{row['resource']}\n" in line["listings"] + "\n"]
        at = sum(month < line["time"][:7] for month in months)
        spans = [[row for row in own if row["month"] in months[i : i + 3]] for i in (at - 3, at + 1)]
        few = any(0 < sum(int(row["started"]) for row in span) < 5 for span in spans)
        if line["learner_hours"] and own and not few and len(months) >= at + 4:
            measured.append(float(line["learner_hours"]))
            both = [(x["resource"], s * int(x["seconds"])) for s in (1, -1) for x in spans[s < 0]]
            fewer = {key: sum(n for k, n in both if k == key) for key, _ in both} | fewer
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
        "learner_hours_planned_of_measured": round(sum(measured), 1) if measured else None,
        "learner_hours_measured": round(sum(fewer.values()) * 4 / 3600, 1) if measured else None,
        "plans_not_measured": len(stands) - len(measured),
        "wrong_content_removed": sum(removed.values()),
        "owner_coverage": round(sum(owned) / len(owned), 4),
        "silo_index": round(max(0.0, 1 - len(by) ** 2 / sum(map(by.count, by)) / may), 4) if by else None,
        "calibration_error": round(sum(abs(sum(x)) for x in bins) / len(judged), 4) if judged else None,
        "plans_applied": len(applied),
        "plans_undone": sum(line["verb"] == "undo" for line in now),
    }
