"""A program before and after a plan: what comes in counts as what goes does, in the items, the time and the topics."""

from __future__ import annotations

from typing import Any

from services.gateway.web.suggestion import before_after

Json = dict[str, Any]
PROGRAM = "programs/p"
RESOURCES: dict[str, Json] = {
    f"resources/{key}": {
        "name": f"resources/{key}",
        "title": key.title(),
        "durationSeconds": str(minutes * 60),
        "objectives": objectives,
    }
    for key, minutes, objectives in (
        ("old", 50, ["Read a map."]),
        ("kept", 10, ["Find north"]),
        ("new", 20, ["read  a map", "Use a compass"]),
    )
}


def plan(*changes: tuple[str, str, str]) -> Json:
    """Of operation, the resource in its id, and the other one."""
    return {
        "plan": {
            "parts": [
                {
                    "id": PROGRAM,
                    "changes": [
                        {
                            "id": f"{operation}.p.{key}",
                            "operation": operation,
                            "other": f"resources/{other}" if other else "",
                            "before": "",
                            "text": operation,
                        }
                        for operation, key, other in changes
                    ],
                }
            ]
        },
        "evidence": [],
    }


def program(*items: str) -> Json:
    return {
        "name": PROGRAM,
        "items": [{"resource": f"resources/{key}", "reference": key, "mandatory": True} for key in items],
        "objectives": ["Read a map", "Find north", "Use a compass"],
    }


def covered(found: Json) -> dict[str, list[str]]:
    return {each["objective"]: [where["title"] for where in each["where"]] for each in found["topics"]}


def sums(found: Json) -> tuple[int, int, int, int]:
    return found["items_before"], found["items_after"], found["before"] // 60, found["after"] // 60


def test_what_replaces_an_item_covers_topics_and_takes_time_in_its_place() -> None:
    found = before_after(program("old", "kept"), plan(("item_replace", "old", "new")), RESOURCES)
    assert covered(found) == {"Read a map": ["New"], "Find north": ["Kept"], "Use a compass": ["New"]}
    assert sums(found) == (2, 2, 60, 30)


def test_what_replaces_an_item_and_is_one_already_counts_once() -> None:
    found = before_after(program("old", "kept"), plan(("item_replace", "old", "kept")), RESOURCES)
    assert covered(found) == {"Read a map": [], "Find north": ["Kept"], "Use a compass": []}
    assert sums(found) == (2, 1, 60, 10)
    assert [row["goes"] for row in found["rows"]] == [True, False]


def test_what_comes_in_is_a_row_and_counts() -> None:
    found = before_after(program("kept"), plan(("item_insert", "new", "new")), RESOURCES)
    assert covered(found) == {"Read a map": ["New"], "Find north": ["Kept"], "Use a compass": ["New"]}
    assert sums(found) == (1, 2, 10, 30)
    assert [(row["title"], row["comes"]) for row in found["rows"]] == [("Kept", False), ("New", True)]


def test_what_is_dropped_covers_nothing() -> None:
    found = before_after(program("old", "kept"), plan(("item_drop", "old", "")), RESOURCES)
    assert covered(found)["Read a map"] == []
    assert sums(found) == (2, 1, 60, 10)


def test_what_is_left_out_stays_and_can_be_taken_in_again() -> None:
    found = plan(("item_drop", "kept", ""))
    found["edits"] = {
        "droppedChanges": ["item_drop.p.old", "item_insert.p.new", "item_drop.q.old", "archive.old"]
    }
    made = before_after(program("old", "kept"), found, RESOURCES)
    rows = [(row["title"], row["comes"], row["left_out"] and row["left_out"].id) for row in made["rows"]]
    assert rows == [
        ("Old", False, "item_drop.p.old"),
        ("Kept", False, None),
        ("New", True, "item_insert.p.new"),
    ]
    assert covered(made) == {"Read a map": ["Old"], "Find north": [], "Use a compass": []}
    assert sums(made) == (2, 1, 60, 50)


def test_what_several_programs_hold_alike_is_marked_where_each_holds_it() -> None:
    found = plan(("request_update", "", ""))
    found["evidence"] = [{"type": "recurs", "resource": "", "text": "Two items recur."}]
    found["members"] = [{"resource": "resources/kept"}]
    rows = before_after(program("old", "kept"), found, RESOURCES)["rows"]
    assert [row["recurs"] for row in rows] == [False, True]
