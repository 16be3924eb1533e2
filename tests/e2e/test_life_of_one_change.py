"""From two copies to one suggestion, one decision, one change, and back: through the public API alone."""

from __future__ import annotations

import re
from typing import Any

import pytest

from tests.lessons import lesson, resource
from tests.stack import Stack

Json = dict[str, Any]


NEWER = {"created": {"year": 2026, "month": 1, "day": 9}, "updated": {"year": 2026, "month": 3, "day": 2}}
OLDER = {"created": {"year": 2020, "month": 1, "day": 9}, "updated": {"year": 2021, "month": 9, "day": 1}}


def two_copies(stack: Stack, seed: int) -> tuple[Json, Json, Json]:
    """Two resources of one text in one source, the first looked after more lately; the suggestion about them."""
    text = lesson(seed)
    first, second = stack.put(
        f"copies-{seed}",
        resource("a", f"Course {seed}", text, **NEWER),
        resource("b", f"Training no. {seed}", text, **OLDER),
    )
    stack.wait()
    found = stack.about(first["name"], second["name"])
    assert len(found) == 1, (found, stack.log())
    return first, second, found[0]


def accept(stack: Stack, suggestion: Json) -> Json:
    body = {name: suggestion[name] for name in ("revision", "fingerprint")}
    return stack.post(f"/v1/{suggestion['name']}:accept", body)


def test_accepted_applied_and_undone_leaves_the_catalog_byte_for_byte_as_it_was(stack: Stack) -> None:
    _, _, suggestion = two_copies(stack, 101)
    assert (suggestion["kind"], suggestion["relation"]) == ("DUPLICATE", "IDENTICAL")
    assert suggestion["confidence"] >= 0.7
    before = stack.export()
    applied = accept(stack, suggestion)
    assert applied["state"] == "APPLIED"
    assert stack.export() != before
    undone = stack.post(f"/v1/{suggestion['name']}:undo", {})
    assert undone["state"] == "OPEN"
    assert stack.export() == before


def test_an_unrelated_edit_between_apply_and_undo_stays(stack: Stack) -> None:
    _, second, suggestion = two_copies(stack, 102)
    before = stack.export()
    accept(stack, suggestion)
    edited = resource("b", second["title"], lesson(102), description="Looked at again in May.", **OLDER)
    stack.put("copies-102", edited)
    stack.post(f"/v1/{suggestion['name']}:undo", {})
    after = stack.export()
    assert after != before
    assert after.replace(b"Looked at again in May.", b"") == before.replace(b"Looked at again in May.", b"")


def test_a_reimport_between_apply_and_write_back_does_not_revert_the_plan(stack: Stack) -> None:
    _, _, suggestion = two_copies(stack, 103)
    accept(stack, suggestion)
    applied = stack.export()
    text = lesson(103)
    stack.put(
        "copies-103",
        resource("a", "Course 103", text, **NEWER),
        resource("b", "Training no. 103", text, **OLDER),
    )
    stack.wait()
    assert stack.export() == applied
    assert stack.get(f"/v1/{suggestion['name']}")["state"] == "APPLIED"


def test_every_quotation_is_literally_at_its_place(stack: Stack) -> None:
    _, _, suggestion = two_copies(stack, 104)
    assert quotations(stack, suggestion) > 0


def quotations(stack: Stack, suggestion: Json) -> int:
    """How many quotations it has; AssertionError for one that is not in the resource at its place."""
    count = 0
    for evidence in suggestion["evidence"]:
        sides = [evidence, evidence["counterpart"]] if evidence.get("counterpart") else [evidence]
        for side in sides:
            if not side["quote"]:
                continue
            outline = stack.get(f"/v1/{side['resource']}")["outline"]
            at = [part["text"] for part in outline if part["location"] == side["place"]]
            assert at, (side["place"], [part["location"] for part in outline])
            assert side["quote"] in at[0]
            assert at[0][side["start"] : side["start"] + len(side["quote"])] == side["quote"]
            count += 1
    return count


def test_a_changed_body_is_seen_within_seconds_and_costs_what_it_touches(stack: Stack) -> None:
    first, second, suggestion = two_copies(stack, 105)
    before = stack.get("/v1/index/status")
    text = lesson(105)
    new = lesson(1105)[:2]
    stack.put("copies-105", resource("a", "Course 105", [*text[:5], *new], **NEWER))
    waited = stack.winnow("wait", "--timeout", "5")
    assert waited["seconds"] <= 5
    after = stack.get("/v1/index/status")
    assert int(after["blocksEmbedded"]) - int(before["blocksEmbedded"]) == 2
    assert int(after["pairsCompared"]) - int(before["pairsCompared"]) <= 50 * 4  # two blocks came, two went
    now = stack.about(first["name"], second["name"])
    assert [each["name"] for each in now] == [suggestion["name"]]
    assert now[0]["revision"] > suggestion["revision"]
    assert now[0]["relation"] != "IDENTICAL"


def test_a_changed_title_embeds_nothing(stack: Stack) -> None:
    first, *_ = two_copies(stack, 106)
    before = stack.get("/v1/index/status")
    stack.put("copies-106", resource("a", "Course 106, renamed", lesson(106), **NEWER))
    stack.wait()
    after = stack.get("/v1/index/status")
    assert after["blocksEmbedded"] == before["blocksEmbedded"]
    assert stack.get(f"/v1/{first['name']}")["title"] == "Course 106, renamed"


def test_a_copy_that_becomes_another_course_takes_its_suggestion_with_it(stack: Stack) -> None:
    first, second, suggestion = two_copies(stack, 107)
    stack.put("copies-107", resource("b", "Training no. 107", lesson(1107)))
    stack.wait()
    assert stack.about(first["name"], second["name"]) == []
    assert stack.get(f"/v1/{suggestion['name']}")["state"] == "WITHDRAWN"


def test_swapped_bodies_swap_what_is_found(stack: Stack) -> None:
    one, two = lesson(108), lesson(1108)
    pairs = {"a": one, "b": one, "c": two, "d": two}
    made = stack.put("swap", *(resource(name, name.upper(), text) for name, text in pairs.items()))
    names = {each["listings"][0]["externalId"]: each["name"] for each in made}
    stack.wait()
    assert stack.about(names["a"], names["b"])
    assert stack.about(names["c"], names["d"])
    stack.put("swap", resource("b", "B", two), resource("c", "C", one))
    stack.wait()
    assert stack.about(names["a"], names["c"])
    assert stack.about(names["b"], names["d"])
    assert not stack.about(names["a"], names["b"])
    assert not stack.about(names["c"], names["d"])


def test_of_two_reviewers_the_second_is_told_the_first_decision(stack: Stack) -> None:
    *_, suggestion = two_copies(stack, 109)
    ann = stack.person("ann@example.org", "INSTRUCTIONAL_DESIGNER")
    bob = stack.person("bob@example.org", "LEARNING_LEADER")
    body = {name: suggestion[name] for name in ("revision", "fingerprint")}
    path = f"/v1/{suggestion['name']}"
    first = ann.post(f"{path}:reject", json={"reason": "different_audience"})
    assert first.status_code == 200, first.text
    second = bob.post(f"{path}:accept", json=body)
    assert second.status_code == 409
    error = second.json()["error"]
    assert error["status"] == "ABORTED"
    assert "ann@example.org" in str(error["details"])
    assert stack.get(path)["state"] == "REJECTED"


def test_a_stale_acceptance_is_told_what_changed(stack: Stack) -> None:
    first, _, suggestion = two_copies(stack, 110)
    text = lesson(110)
    stack.put("copies-110", resource("a", "Course 110", [*text[:4], *lesson(1110)[:3]], **NEWER))
    stack.wait()
    body = {name: suggestion[name] for name in ("revision", "fingerprint")}
    stale = stack.api.post(f"/v1/{suggestion['name']}:accept", json=body)
    assert stale.status_code == 400, stale.text
    error = stale.json()["error"]
    assert error["status"] == "FAILED_PRECONDITION"
    assert re.search("content|text|relation", str(error), re.IGNORECASE), error
    assert stack.get(f"/v1/{first['name']}")["lifecycle"] == "PUBLISHED"


def test_what_is_on_hold_stays_and_with_two_holds_nothing_is_retired(stack: Stack) -> None:
    first, second, suggestion = two_copies(stack, 111)
    path = f"/v1/{suggestion['name']}"
    assert survivors(suggestion) == [first["name"]]
    stack.post(f"/v1/{second['name']}:setHold", {"reason": "The auditors asked for it."})
    stack.wait()
    assert survivors(stack.get(path)) == [second["name"]]
    stack.post(f"/v1/{first['name']}:setHold", {"reason": "The works council asked for it."})
    stack.wait()
    now = stack.get(path)
    refused = stack.api.post(f"{path}:accept", json={key: now[key] for key in ("revision", "fingerprint")})
    assert refused.status_code == 400, refused.text
    error = refused.json()["error"]
    assert error["status"] == "FAILED_PRECONDITION"
    for each in (first, second):
        assert stack.get(f"/v1/{each['name']}")["lifecycle"] == "PUBLISHED"
    stack.post(f"/v1/{first['name']}:setHold", {"reason": ""})
    stack.wait()
    assert accept(stack, stack.get(path))["state"] == "APPLIED"
    assert stack.get(f"/v1/{second['name']}")["lifecycle"] == "PUBLISHED"
    stack.post(f"{path}:undo", {})


def survivors(suggestion: Json) -> list[str]:
    return [member["resource"] for member in suggestion["members"] if member["survivor"]]


@pytest.mark.parametrize("word", ["mandatory", "prerequisite"])
def test_what_a_program_needs_is_not_retired_and_the_refusal_says_what_would_do(
    stack: Stack, word: str
) -> None:
    seed = 112 if word == "mandatory" else 113
    source = f"copies-{seed}"
    text = lesson(seed)
    names = [
        each["name"]
        for each in stack.put(
            source, resource("a", f"Course {seed}", text), resource("b", f"Class {seed}", text)
        )
    ]
    other = stack.put(source, resource("c", f"Follow-up {seed}", lesson(1000 + seed)))[0]["name"]
    items = [{"resource": name, "mandatory": word == "mandatory"} for name in names]
    if word == "prerequisite":
        items.append({"resource": other, "prerequisites": names})
    stack.post(
        "/v1/programs:upsert", {"source": source, "key": "p", "title": f"Program {seed}", "items": items}
    )
    stack.wait()
    for suggestion in stack.about(*names):
        plan = suggestion["plan"]
        retires = [
            c for part in plan["parts"] for c in part["changes"] if c["operation"] in ("archive", "unlist")
        ]
        refusals = {each["code"]: each for each in plan["safeguards"]}
        # Either the plan replaces the item everywhere, or it does not retire, or the safeguard stands in its way.
        replaced = [c for part in plan["parts"] for c in part["changes"] if c["operation"].startswith("item")]
        assert not retires or replaced or word in refusals, plan
        for each in refusals.values():
            assert each["remedy"]
