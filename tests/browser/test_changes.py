"""The Changes page: a line is ticked off by hand, another taken out, and the list is a file for who carries it out."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser.axe import violations
from tests.browser.decided import lead
from tests.browser.places import page_of
from tests.browser.visitor import Visitor
from tests.lessons import lesson, resource
from tests.stack import Json, Stack

pytestmark = pytest.mark.thorough


@pytest.fixture
def asked(sample: Stack) -> Iterator[dict[str, Json]]:
    """Two applied plans that each ask the source to archive one thing, by what their things are called."""
    plans: dict[str, Json] = {}
    key = uuid.uuid4().hex[:8]
    for seed, name in enumerate((f"Sails {key}", f"Oars {key}"), int(key, 16)):
        kept, copy = sample.put(
            "boats",
            *(resource(f"{name}-{n}", f"{name} {n}", lesson(seed)) for n in (1, 2)),
        )
        body = {"kind": "DUPLICATE", "operation": "archive", "members": [kept["name"], copy["name"]]}
        filed = sample.post("/v1/suggestions", {**body, "survivor": kept["name"], "reason": "One is enough."})
        seen = {"revision": filed["revision"], "fingerprint": filed["fingerprint"]}
        plans[name] = sample.post(f"/v1/{filed['name']}:accept", seen)
        assert plans[name]["state"] == "APPLIED"
    yield plans
    for each in plans.values():
        if sample.get(f"/v1/{each['name']}")["state"] == "APPLIED":
            sample.post(f"/v1/{each['name']}:undo", {})
        # What a person has filed no rule hides: other tests take what is open for found.
        if sample.get(f"/v1/{each['name']}")["state"] in ("OPEN", "HELD"):
            sample.post(f"/v1/{each['name']}:reject", {"reason": "other", "comment": "It was for a test."})


def test_a_change_is_ticked_off_another_taken_out_and_the_list_is_a_file(
    anyone: Visitor, sample: Stack, asked: dict[str, Json]
) -> None:
    sails, oars = asked
    page = anyone.page
    page.goto("/changes")
    expect(page.get_by_role("definition").filter(has_text="kept in the archive")).to_be_visible()
    row = page.get_by_role("row", name=f"{sails} 2")
    expect(row).to_contain_text("See the decision")
    expect(row).not_to_contain_text("Nobody part-way")
    with page.expect_download() as download:
        page.get_by_role("link", name="List for the LMS team").click()
    rows = Path(download.value.path()).read_text("utf-8").splitlines()
    assert rows[0].startswith("plan_id,resource_key,title,action,from,to,reason")
    assert any(f",boats/{sails}-2,{sails} 2,archive,visible,archived,One is enough." in row for row in rows)

    page.get_by_role("button", name=f"Done {sails} 2").click()
    expect(page.get_by_role("button", name=f"Done {sails} 2")).to_have_count(0)
    page.get_by_role("button", name=f"Take out {oars} 2").click()
    expect(page.get_by_role("status")).to_contain_text("Taken out")
    expect(page.get_by_role("button", name=f"Done {oars} 2")).to_have_count(0)
    assert sample.get(f"/v1/{asked[oars]['name']}")["state"] == "OPEN"
    page.goto("/changes?state=done")
    expect(page.get_by_role("row", name=f"{sails} 2")).to_contain_text("says so")


def test_ones_approval_of_a_plan_that_waits_for_its_day_is_taken_back(anyone: Visitor, sample: Stack) -> None:
    key = uuid.uuid4().hex[:8]
    (made,) = sample.put(f"punts-{key}", resource("punt", f"Punt {key}", lesson(int(key, 16))))
    asked = {"kind": "OUTDATED", "operation": "set_metadata", "members": [made["name"]]}
    said = {"field": "title", "value": f"Skiff {key}", "reason": "It has another name."}
    filed = sample.post("/v1/suggestions", {**asked, **said})
    lead(sample, filed["name"], "SCHEDULED")
    page = anyone.page
    page.goto("/changes")
    row = page.get_by_role("row").filter(has=page.locator(f"a[href='{page_of(filed)}']"))
    assert not anyone.script or violations(page) == []
    row.get_by_role("button", name="Take my approval back").click()
    expect(page.get_by_role("status")).to_contain_text("Your yes is taken back.")
    assert not anyone.script or violations(page) == []
    assert sample.get(f"/v1/{filed['name']}")["state"] == "OPEN"
    page.goto("/changes")
    expect(row).to_have_count(0)
    sample.post(f"/v1/{filed['name']}:reject", {"reason": "other", "comment": "It was for a test."})
