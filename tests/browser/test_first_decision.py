"""From the terminal's link to a first decision and its undo, by what can be read on the screen and nothing else."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.visitor import Visitor
from tests.stack import Stack

LADDERS = """# Before you climb

Look at the stiles, the rungs and the feet of the ladder. A ladder with a bent stile, a loose rung or a missing foot is
not used again: put the red tag on it and bring it to the store the same day.

Set the foot of the ladder one metre out for every four metres of height. The ground must be level and firm. If it is
not, use another way up; do not level a ladder with bricks, boards or a colleague.

# On the ladder

Keep three points of contact and face the rungs. Carry tools in the belt, not in your hands. Work for no longer than
{} and never stand on the three rungs at the top.
"""


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """Two editions of one page, so that the test waits for little."""
    folder = tmp_path_factory.mktemp("ladders")
    for year, limit in ((2024, "half an hour in one place"), (2025, "twenty minutes in one place")):
        front = f"---\ntitle: Working on ladders ({year} edition)\n---\n"
        (folder / f"{year}.md").write_text(front + LADDERS.format(limit))
    running = Stack(tmp_path_factory.mktemp("small") / "data").up()
    running.winnow("import", str(folder), "--source", "handbook")
    running.wait()
    yield running
    running.down()


def test_the_link_leads_to_a_first_decision_and_its_undo_in_a_few_clicks(
    browser: Browser, small: Stack
) -> None:
    visitor = Visitor(browser, small.status["http"])
    page = visitor.page
    page.goto(small.link)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", name="Review")).to_be_visible()
    page.get_by_role("link", name="Working on ladders").first.click()
    expect(page.get_by_role("heading", name="If you accept")).to_be_visible()
    page.get_by_role("button", name="Accept").click()
    expect(page.get_by_role("status")).to_contain_text("Accepted.")
    assert small.suggestions("APPLIED")
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_role("status")).to_contain_text("Taken back.")
    assert small.suggestions("OPEN")
    assert not small.suggestions("APPLIED")
    visitor.leave()
