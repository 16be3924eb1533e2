"""What people are told: the choice of mail, webhooks and the statement, found from the pages that everybody has."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.decided import decided
from tests.browser.visitor import Visitor
from tests.stack import Stack

pytestmark = pytest.mark.thorough


def test_somebody_chooses_what_they_are_told(anyone: Visitor, sample: Stack) -> None:
    page = anyone.page
    page.goto("/account")
    page.get_by_role("link", name="What you are told by mail").click()
    expect(page.get_by_text("This installation sends no mail.")).to_be_visible()
    page.get_by_role("radio", name="Only what cannot wait").check()
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("radio", name="Only what cannot wait")).to_be_checked()
    assert sample.get("/v1/noticeSettings")["notices"] == "URGENT"
    page.get_by_role("radio", name="A digest each Monday").check()
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("radio", name="A digest each Monday")).to_be_checked()


def test_an_administrator_adds_a_webhook_sees_its_secret_once_and_removes_it(anyone: Visitor) -> None:
    page = anyone.page
    page.goto("/account/notices")
    page.get_by_role("link", name="Webhooks").click()
    page.get_by_label("Address").fill("https://hooks.example.org/winnow")
    page.get_by_role("checkbox", name="A plan was applied").check()
    page.get_by_role("button", name="Add a webhook").click()
    expect(page.get_by_role("status")).to_contain_text("whsec_")
    page.goto("/webhooks")
    expect(page.get_by_text("whsec_")).to_have_count(0)
    expect(page.get_by_role("cell", name="A plan was applied")).to_be_visible()
    page.get_by_role("button", name="Remove").click()
    expect(page.get_by_text("No other system is told.")).to_be_visible()


def test_an_address_that_is_refused_says_what_to_do_and_stays_in_its_field(anyone: Visitor) -> None:
    page = anyone.page
    page.goto("/webhooks")
    page.get_by_label("Address").fill("http://hooks.example.org/winnow")
    page.get_by_role("button", name="Add a webhook").click()
    expect(page.get_by_role("alert")).to_contain_text("Write an address that begins with https://")
    expect(page.get_by_label("Address")).to_have_value("http://hooks.example.org/winnow")


def test_the_statement_leads_to_its_lists_and_comes_as_csv_and_by_mail(
    anyone: Visitor, sample: Stack
) -> None:
    page = anyone.page
    page.goto("/insights")
    page.get_by_role("link", name="Statement").click()
    quarter = sample.get("/v1/statement")["quarter"]
    expect(page.get_by_role("heading", name=f"Statement of {quarter}")).to_be_visible()
    row = page.get_by_role("row", name="Resources with an owner")
    expect(row.get_by_role("link")).to_have_attribute("href", "/resources?owned=yes")
    sheet = page.request.get(f"/statement.csv?quarter={quarter}")
    assert f"{quarter},owner_coverage," in sheet.text()
    page.get_by_role("radio", name="Each quarter").check()
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("radio", name="Each quarter")).to_be_checked()
    page.get_by_role("radio", name="Never").check()
    page.get_by_role("button", name="Save").click()
    assert sample.get("/v1/statementSchedule")["every"] == "NEVER"


OF_PLANS = {
    "learner_hours_planned",
    "learner_hours_planned_of_measured",
    "learner_hours_measured",
    "plans_not_measured",
}


def test_each_figure_of_the_statement_leads_to_what_it_rests_on(page: Page, sample: Stack) -> None:
    decided(sample)
    value = sample.get("/v1/statement")
    figures = {each["name"]: each for each in value["figures"]}
    page.goto("/statement")
    # What stands of a quarter's plans is listed on the page itself, where there is any.
    here = {"wrong_content_removed": [name for plan in value["plans"] for name in plan["removed"]]}
    for name, each in figures.items():
        row = page.get_by_role("table").first.get_by_role("row").nth(1 + value["figures"].index(each))
        leads = bool(here.get(name, value["plans"] if name in OF_PLANS else True)) and not each.get(
            "whyUnknown"
        )
        expect(row.get_by_role("link")).to_have_count(1 if leads else 0)

    def follow(address: str, figure: str) -> None:
        page.goto(address)
        named = page.locator("td.strong", has_text=re.compile(rf"^\s*{figure}"))
        page.get_by_role("row").filter(has=named).get_by_role("link").click()

    follow("/statement", "Plans applied")
    expect(page.get_by_role("link", name="Carried out", exact=True)).to_have_attribute("aria-current", "true")
    expect(page.get_by_text(value["quarter"], exact=True)).to_be_visible()
    assert min(figures["plans_applied"]["value"], 50) == page.locator(".line").count() > 0
    follow("/statement", "Plans taken back")
    expect(page.get_by_role("link", name="Taken back", exact=True)).to_have_attribute("aria-current", "true")
    assert min(figures["plans_undone"]["value"], 50) == page.locator(".line").count()
    owned = sample.get("/v1/resources", lifecycle="PUBLISHED", owned=True, pageSize=50)["resources"]
    assert owned
    follow("/statement", "Resources with an owner")
    expect(page.get_by_role("heading", name="Resources")).to_be_visible()
    expect(page.locator("tbody tr")).to_have_count(len(owned))
    page.goto("/insights")
    page.locator(".figures a").nth(2).click()
    expect(page.get_by_role("link", name="With an owner")).to_have_attribute("aria-current", "true")
    expect(page.locator("tbody tr")).to_have_count(len(owned))
    # Hours of what is carried out, and of what is to be, lead to just that.
    for name, state in (("Given back a year", "APPLIED"), ("Still to come a year", "SCHEDULED")):
        page.goto("/insights")
        page.locator(".figures > div", has_text=name).get_by_role("link").click()
        expect(page).to_have_url(re.compile(f"/review\\?whose={state.lower()}$"))
        stands = sample.get("/v1/suggestions", states=state, pageSize=50)["suggestions"]
        assert stands
        expect(page.locator("[data-row]")).to_have_count(len(stands))
