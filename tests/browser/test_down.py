"""When the curator is down people go on deciding; when the catalog is, the page says that nothing is lost."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect

from services.gateway.web.dates import day, time_of_day
from tests.browser.axe import violations
from tests.browser.decided import decided
from tests.browser.places import akin
from tests.browser.visitor import COOKIE, Visitor
from tests.stack import Stack

pytestmark = pytest.mark.thorough
OK, DOWN = 200, 503
AT_MOST = 20  # seconds for a page; without a bound of its own it waits 30, as long as any call may take


def test_a_curator_that_is_down_stops_no_decision(browser: Browser, sample: Stack) -> None:
    visitor = Visitor(browser, sample.status["http"], sample.token)
    page = visitor.page
    with sample.silenced("curator"):
        page.wait_for_timeout(6_000)  # what the page knew of the curator is forgotten after five seconds
        page.goto("/review?whose=all")
        main = page.get_by_role("main")
        expect(main).to_contain_text("The curator is not answering")
        (trace,) = re.findall(r"written to the log \(([0-9a-f]{8})\)", main.inner_text())
        assert f'"trace": "{trace}' in sample.log()
        expect(page.locator("[data-row]").first).to_be_visible()
        # These need its answer: asked together, since each waits for a sign of it for seconds.
        resource = sample.get("/v1/resources", pageSize=1)["resources"][0]["name"]
        first, second = akin(sample.get("/v1/programs", pageSize=200)["programs"])
        pair = "..".join(each["name"].removeprefix("programs/") for each in (first, second))
        with (
            httpx.Client(
                base_url=sample.status["http"],
                cookies={COOKIE: sample.token},
                headers={"Sec-Fetch-Site": "same-origin"},
                timeout=AT_MOST,
                trust_env=False,
            ) as client,
            ThreadPoolExecutor() as together,
        ):
            asked = [
                ("/search?q=jar", OK, "Searching needs it. Everything else goes on"),
                (f"/programs?view=overlap&pair={pair}", OK, "The curator cannot tell now."),
                (f"/suppressions/why?a={resource}", OK, "The curator cannot tell now."),
                ("/suppressions/why?a=jar&b=test", OK, "The curator cannot tell now."),
                ("/imports", OK, "You can go on deciding"),
                ("/publish/text", DOWN, "What is near it cannot be told now."),
            ]

            def answered(place: tuple[str, int, str]) -> tuple[str, bool, bool]:
                address, status, said = place
                draft = {"title": "Jar test", "text": "How to run a jar test."}
                posted = status == DOWN
                answer = client.post(address, data=draft) if posted else client.get(address)
                return address, answer.status_code == status, said in answer.text

            wrong = [each for each in together.map(answered, asked) if not all(each)]
        assert wrong == []
    visitor.leave()


def test_a_page_without_a_network_says_so_until_it_is_back(page: Page) -> None:
    page.goto("/review")
    line = page.get_by_role("banner").locator(".state").first
    was = line.inner_text()
    page.context.set_offline(True)
    expect(line).to_have_text("Not connected")
    assert violations(page) == []
    page.context.set_offline(False)
    expect(line).to_have_text(was)


def test_while_the_catalog_is_down_a_page_says_so_and_tries_again(sample: Stack) -> None:
    decided(sample)
    newest = sample.get("/v1/decisions", pageSize=200)["decisions"]
    with httpx.Client(
        base_url=sample.status["http"], cookies={COOKIE: sample.token}, timeout=AT_MOST, trust_env=False
    ) as client:
        # Who asks is known now, so only the calls themselves wait; and what was decided last is known.
        assert client.get("/activity").status_code == OK
        with sample.silenced("catalog"):
            told = client.get("/review")
        assert told.status_code == DOWN
        assert "The catalog cannot be reached" in told.text
        assert "Nothing you decided is lost." in told.text
        (last,) = re.findall(r"the last decision was saved on ([^.]+)\.", told.text)
        newest = next(each for each in newest if "@" in each["actor"])["time"]
        assert last == f"{day(newest)} at {time_of_day(newest)}"
        assert told.headers["refresh"] == "10"
        assert client.get("/review").status_code == OK
