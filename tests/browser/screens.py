"""Pictures of every page in both themes for people to look at: `make screens` writes them to docs/screens/.

They show the sample after a first week: some is decided, some asked, snoozed and refused, so that no page is empty
that the sample can fill.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from urllib.parse import quote

from playwright.sync_api import Page, sync_playwright

from tests.browser.places import places
from tests.browser.visitor import CHROMIUM, DESKTOP, PHONE, Visitor
from tests.stack import AS_OF, ROOT, Json, Stack

SHOWN = {
    "first screen": "first-screen",
    "review": "review",
    "review decided": "decided",
    "duplicate, revised": "compare",
    "duplicate of many": "compare-many",
    "duplicate, translated": "translated",
    "duplicate, contained": "contained",
    "outdated": "life-line",
    "program suggestion": "before-and-after",
    "applied": "accepted",
    "exact copies": "exact-copies",
    "tasks": "tasks",
    "changes": "changes",
    "what changed": "what-changed",
    "programs": "programs",
    "overlap": "overlap",
    "program": "program",
    "check-up": "check-up",
    "check-up, recorded": "check-up-record",
    "resources": "resources",
    "resource": "resource",
    "insights": "insights",
    "accuracy": "accuracy",
    "statement": "statement",
    "activity": "activity",
    "kept away": "kept-away",
    "keep away, counted": "keep-away",
    "keep this away": "keep-this-away",
    "verdicts": "verdicts",
    "why not shown, answered": "why-not-shown",
    "house rules": "house-rules",
    "house rules, tried": "house-rules-tried",
    "imports": "imports",
    "sources": "sources",
    "people": "people",
    "account": "account",
    "notices": "notices",
    "webhooks": "webhooks",
    "search with hits": "search",
    "is it there already": "is-it-there",
    "old link": "old-link",
}
ON_A_PHONE = (
    "first screen",
    "duplicate, revised",
    "outdated",
    "program suggestion",
    "overlap",
    "check-up",
    "insights",
)
_SCALE = 2 / 3  # all of them together have to stay small
_LEADER = "siobhan.doyle@tarnwickwater.example"


def lived(stack: Stack) -> dict[str, str]:
    """What a team does in its first week; addresses that lead to what came of it."""
    found = stack.get("/v1/suggestions", pageSize=200, states=["OPEN"])["suggestions"]

    def first(kind: str, *codes: str) -> Json:
        for each in found:
            words = {each["relation"], *(claim["code"] for claim in each["claims"])}
            if each["kind"] == kind and words & set(codes) and not each["plan"]["safeguards"]:
                found.remove(each)
                return each
        raise LookupError((kind, codes))

    def does(verb: str, each: Json, body: Json | None = None) -> Json:
        seen = {"revision": each["revision"], "fingerprint": each["fingerprint"]}
        return stack.post(f"/v1/{each['name']}:{verb}", {**seen, **(body or {})})

    def as_person(email: str, verb: str, each: Json) -> None:
        seen = {"revision": each["revision"], "fingerprint": each["fingerprint"]}
        with stack.client(stack.winnow("token", "create", "--person", email)["token"]) as somebody:
            somebody.post(f"/v1/{each['name']}:{verb}", json=seen).raise_for_status()

    copy = next(each for each in found if _newer_stays(each))
    found.remove(copy)
    does("accept", copy)
    drop = next(each for each in found if each["kind"] == "PROGRAM" and len(each["plan"]["parts"]) == 1)
    found.remove(drop)
    does("accept", drop)
    program = stack.get("/v1/" + drop["plan"]["parts"][0]["id"])
    as_person(program["owners"][0], "accept", drop)
    does("accept", first("DUPLICATE", "SAME_ITEM"))
    does("accept", first("DUPLICATE", "SAME_ITEM"))
    does("accept", first("OUTDATED", "superseded"))
    does("accept", first("OUTDATED", "review_due"))
    for each in (first("OUTDATED", "past_end"), first("DUPLICATE", "CONTAINED")):
        as_person(_LEADER, "accept", each)
    why = {"reason": "different_audience", "comment": "One is for the yard, the other for the office."}
    does("reject", first("DUPLICATE", "CONTAINED"), why)
    does("reject", first("OUTDATED", "review_due"), {"reason": "still_accurate"})
    does("snooze", first("DUPLICATE", "REVISED"), {"until": f"{AS_OF[:4]}-12-01T06:00:00Z"})
    asked = next(each for each in found if each["relation"] == "REVISED")
    question = "Does anybody still work by the first edition?"
    stack.post(f"/v1/{asked['name']}:askOwner", {"question": question})
    stack.post(f"/v1/{asked['name']}/notes", {"text": "The second edition was written after the audit."})
    stack.post(
        "/v1/suppressions",
        {
            "suppression": {
                "scope": "FILTER",
                "filter": {"title": "crane"},
                "comment": "The cranes are sold in July.",
            }
        },
    )
    stack.post("/v1/webhooks", {"url": "https://hooks.tarnwickwater.example/winnow"})
    program = stack.get("/v1/programs", pageSize=1)["programs"][0]
    stages = [{"kind": "DESIGN", "people": ["priya.nair@tarnwickwater.example"]}]
    stack.post(f"/v1/{program['name']}:setDuties", {"changes": stages})
    gone = next(each for each in copy["members"] if not each["survivor"])
    return {
        "applied": "/review/" + copy["name"].removeprefix("suggestions/"),
        "old link": f"/r/{quote(gone['source'])}/{quote(gone['externalId'])}",
    }


def _newer_stays(suggestion: Json) -> bool:
    """Whether one yes retires the older of two editions."""
    one_yes = len(suggestion["plan"]["approvalsNeeded"]) == 1
    by_score = all(each["type"] != "protected" for each in suggestion["evidence"])
    return suggestion["relation"] == "REVISED" and len(suggestion["members"]) == 2 and one_yes and by_score


def take(stack: Stack, folder: Path) -> None:
    """The pictures, as JPEG since they are many."""
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.glob("*.jpg"):
        old.unlink()
    where = lived(stack)
    where |= places(stack)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", "--no-proxy-server"]
        )
        for size, names in ((DESKTOP, tuple(SHOWN)), (PHONE, ON_A_PHONE)):
            for theme in ("light", "dark"):
                visitor = Visitor(
                    browser,
                    stack.status["http"],
                    stack.token,
                    size=size,
                    color_scheme=theme,
                    device_scale_factor=_SCALE,
                )
                for name in names:
                    visitor.page.goto(where[name])
                    _picture(visitor.page, folder / f"{SHOWN[name]}-{size[0]}-{theme}.jpg")
                if size == DESKTOP:
                    _checked(visitor.page)
                    _picture(visitor.page, folder / f"is-it-there-answered-{size[0]}-{theme}.jpg")
                visitor.leave()
        browser.close()


def _picture(page: Page, path: Path) -> None:
    page.screenshot(path=path, type="jpeg", quality=58)


def _checked(page: Page) -> None:
    """What is near a text that somebody is about to write."""
    page.goto("/publish")
    page.get_by_label("Title").fill("Phishing: what to look for")
    page.get_by_label("Text").fill(
        "Invoices come through the purchasing portal. A spreadsheet that asks you to enable content does not need your "
        "help. Nobody needs your password in a form, and nobody from IT will ask for it on the telephone."
    )
    page.get_by_role("button", name="Check the text").click()


def main() -> None:
    """Starts a Winnow of its own on the sample, or takes the one whose data folder is named."""
    folder = ROOT / "docs" / "screens"
    if len(sys.argv) > 1:
        take(Stack(Path(sys.argv[1])), folder)
        return
    with tempfile.TemporaryDirectory() as data:
        stack = Stack(Path(data) / "data").up()
        try:
            stack.import_sample()
            take(stack, folder)
        finally:
            stack.down()


if __name__ == "__main__":
    main()
