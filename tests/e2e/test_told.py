"""What people tell, from the public API to the suggestion and back: nothing from inside."""

from __future__ import annotations

from pathlib import Path

from tests.e2e.test_life_of_one_change import NEWER, quotations
from tests.lessons import lesson, resource
from tests.stack import Stack


def test_an_announced_change_asks_for_one_review_that_ends_when_the_text_no_longer_mentions_it(
    stack: Stack,
) -> None:
    text = [*lesson(301), "The Zephyr Ledger closes at noon. Entries after that wait for the next day."]
    mentions, other = stack.put(
        "announced",
        resource("a", "Closing the books", text, **NEWER),
        resource("b", "Opening the shop", lesson(302), **NEWER),
    )
    body = {"announcement": {"title": "Zephyr Ledger 5.0 is out", "phrases": ["Zephyr Ledger"]}}
    announced = stack.post("/v1/announcements", body)
    stack.wait()
    assert not stack.about(other["name"])
    (asked,) = stack.about(mentions["name"])
    assert (asked["kind"], asked["state"]) == ("OUTDATED", "OPEN")
    assert [each["quote"] for each in asked["evidence"] if each["quote"]] == [
        "The Zephyr Ledger closes at noon."
    ]
    assert quotations(stack, asked) == 1
    assert [change["operation"] for part in asked["plan"]["parts"] for change in part["changes"]] == [
        "confirm"
    ]
    stack.put("announced", resource("a", "Closing the books", [*lesson(301), "Closing is at noon."], **NEWER))
    stack.wait()
    assert stack.get(f"/v1/{asked['name']}")["state"] == "WITHDRAWN"
    closed = stack.post(f"/v1/{announced['name']}:close", {})
    assert closed["closeTime"]
    assert announced["name"] not in [each["name"] for each in stack.get("/v1/announcements")["announcements"]]


def test_a_house_rule_asks_for_an_update_of_what_breaks_it(stack: Stack, tmp_path: Path) -> None:
    text = [*lesson(303), "Ask the Quince Bureau for the key."]
    word, course = stack.put(
        "ruled",
        resource("a", "Locking the shop", text, **NEWER),
        resource("QB-7", "Sweeping the shop", lesson(304), **NEWER),
    )
    term = {
        "term": "Quince Bureau",
        "replacement": "Front Desk",
        "since": {"year": 2020, "month": 1, "day": 1},
    }
    body = {"houseRules": {"retiredVocabulary": [term]}, "updateMask": "retiredVocabulary"}
    stack.post("/v1/houseRules:set", body)
    listed = tmp_path / "quince.csv"
    listed.write_text("code,end,replacement\nQB-7,2020-01-31,QB-8\n")
    assert stack.winnow("retirements", "import", str(listed)) == {"list": "quince", "lines": 1}
    stack.wait()
    (update,) = stack.about(word["name"])
    assert [each["quote"] for each in update["evidence"] if each["quote"]] == [
        "Ask the Quince Bureau for the key."
    ]
    assert quotations(stack, update) == 1
    (ended,) = stack.about(course["name"])
    assert "vendor_retired" in {each["type"] for each in ended["evidence"]}
    rules = stack.get("/v1/houseRules")
    assert [each["term"] for each in rules["retiredVocabulary"]] == ["Quince Bureau"]
    stack.post("/v1/houseRules:set", {"houseRules": {}})
    stack.wait()
    assert {stack.get(f"/v1/{each['name']}")["state"] for each in (update, ended)} == {"WITHDRAWN"}
