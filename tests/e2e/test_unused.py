"""From files of use to the suggestion and back: what nobody starts, beside what is rare, seasonal or not counted."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable
from pathlib import Path

from tests.lessons import lesson
from tests.stack import Stack

MONTHS = [f"{year}-{month:02}" for year in (2024, 2025, 2026) for month in range(1, 13)][5:29]
USE: dict[str, Callable[[str], int]] = {
    **{f"yard-{number}": lambda _, starts=18 + number: starts for number in range(6)},
    "yard-idle": lambda _: 0,
    "yard-duty": lambda month: int(month in ("2024-09", "2025-03", "2025-09", "2026-03")),
    "yard-winter": lambda month: 60 if month[5:] in ("10", "11", "12") else 1,
}
WORDS = ("Sheds", "Hoists", "Pallets", "Gates", "Lamps", "Drains", "Cranes", "Sources", "Frost", "Cellars")


def write(path: Path, rows: Iterable[dict[str, object]]) -> None:
    rows = list(rows)
    with path.open("w", encoding="utf-8", newline="") as file:
        table = csv.DictWriter(file, list(rows[0]))
        table.writeheader()
        table.writerows(rows)


def test_what_nobody_starts_is_unlisted_and_comes_back_and_the_rest_is_left_alone(
    stack: Stack, tmp_path: Path
) -> None:
    courses = [*USE, "yard-uncounted"]
    write(
        tmp_path / "catalog.csv",
        (
            {
                "external_id": key,
                "title": f"{word} in the yard",
                "description": " ".join(lesson(seed, 3)),
                "kind": "yard course",
                "language": "en",
                "created": "2021-03-01",
                "updated": "2026-05-01",
                "mandatory": "yes" if key == "yard-duty" else "no",
            }
            for seed, (key, word) in enumerate(zip(courses, WORDS, strict=True), 701)
        ),
    )
    write(
        tmp_path / "engagement.csv",
        (
            {
                "resource": key,
                "month": month,
                "enrolled": starts(month),
                "started": starts(month),
                "completed": 0,
            }
            for key, starts in USE.items()
            for month in MONTHS
        ),
    )
    stack.winnow("import", str(tmp_path), "--source", "yard")
    stack.wait()
    listed = stack.get("/v1/resources", source="yard", pageSize=50)["resources"]
    named = {at["externalId"]: each["name"] for each in listed for at in each["listings"]}
    unused = {
        member["resource"]: each
        for each in stack.suggestions("OPEN", "HELD")
        for member in each["members"]
        if each["kind"] == "UNUSED"
    }
    assert set(unused) & set(named.values()) == {named["yard-idle"]}
    seen = unused[named["yard-idle"]]
    assert seen["claims"][0]["code"] == "irrelevant"
    assert [change["operation"] for part in seen["plan"]["parts"] for change in part["changes"]] == ["unlist"]

    before = stack.export()
    accepted = stack.post(
        f"/v1/{seen['name']}:accept", {"revision": seen["revision"], "fingerprint": seen["fingerprint"]}
    )
    assert accepted["state"] == "APPLIED"
    assert stack.get(f"/v1/{named['yard-idle']}")["lifecycle"] == "UNLISTED"
    stack.wait()
    assert [each["state"] for each in stack.about(named["yard-idle"]) if each["kind"] == "UNUSED"] in (
        [],
        ["APPLIED"],
    )
    assert stack.post(f"/v1/{seen['name']}:undo", {})["state"] == "OPEN"
    assert stack.export() == before
