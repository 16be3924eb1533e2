"""What people tell, from the public API to the suggestion and back: nothing from inside."""

from __future__ import annotations

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
