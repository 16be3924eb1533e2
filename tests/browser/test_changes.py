"""The Changes page: a line is ticked off by hand, another taken out, and the list is a file for who carries it out."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.visitor import Visitor
from tests.lessons import lesson, resource
from tests.stack import Json, Stack

pytestmark = pytest.mark.thorough


@pytest.fixture(scope="module")
def asked(sample: Stack) -> Iterator[list[Json]]:
    """Two applied plans that each ask the source to archive one thing."""
    plans: list[Json] = []
    for name, seed in (("Sails", 91), ("Oars", 92)):
        kept, copy = sample.put(
            "boats",
            *(resource(f"{name}-{n}", f"{name} {n}", lesson(seed)) for n in (1, 2)),
        )
        body = {"kind": "DUPLICATE", "operation": "archive", "members": [kept["name"], copy["name"]]}
        filed = sample.post("/v1/suggestions", {**body, "survivor": kept["name"], "reason": "One is enough."})
        seen = {"revision": filed["revision"], "fingerprint": filed["fingerprint"]}
        plans.append(sample.post(f"/v1/{filed['name']}:accept", seen))
        assert plans[-1]["state"] == "APPLIED"
    yield plans
    for each in plans:
        if sample.get(f"/v1/{each['name']}")["state"] == "APPLIED":
            sample.post(f"/v1/{each['name']}:undo", {})
        # What a person has filed no rule hides: other tests take what is open for found.
        if sample.get(f"/v1/{each['name']}")["state"] in ("OPEN", "HELD"):
            sample.post(f"/v1/{each['name']}:reject", {"reason": "other", "comment": "It was for a test."})


def test_a_change_is_ticked_off_another_taken_out_and_the_list_is_a_file(
    browser: Browser, sample: Stack, asked: list[Json]
) -> None:
    _, out = asked
    visitor = Visitor(browser, sample.status["http"], sample.token, java_script_enabled=False)
    page = visitor.page
    page.goto("/changes")
    with page.expect_download() as download:
        page.get_by_role("link", name="List for the LMS team").click()
    rows = Path(download.value.path()).read_text("utf-8").splitlines()
    assert rows[0].startswith("plan_id,resource_key,title,action,from,to,reason")
    assert any(",boats/Sails-2,Sails 2,archive,visible,archived,One is enough." in row for row in rows)

    page.get_by_role("button", name="Done Sails 2").click()
    expect(page.get_by_role("button", name="Done Sails 2")).to_have_count(0)
    page.get_by_role("button", name="Take out Oars 2").click()
    expect(page.get_by_role("status")).to_contain_text("Taken out")
    expect(page.get_by_role("button", name="Done Oars 2")).to_have_count(0)
    assert sample.get(f"/v1/{out['name']}")["state"] == "OPEN"
    page.goto("/changes?state=done")
    expect(page.get_by_role("row", name="Sails 2")).to_contain_text("says so")
    visitor.leave()
