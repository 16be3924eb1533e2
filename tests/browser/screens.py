"""Pictures of every page in both themes for people to look at: `make screens` writes them to docs/screens/.

They show the sample after a first week: some is decided, some asked, snoozed and refused, so that no page is empty
that the sample can fill.
"""

from __future__ import annotations

import argparse
import tempfile
import uuid
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

from playwright.sync_api import Browser, Error, Page, sync_playwright

from services.gateway.web.rendering import failed
from services.gateway.web.words import say
from tests.browser.places import page_of, places
from tests.browser.rare import half_read, objection, retitled_twice
from tests.browser.visitor import CHROMIUM, COOKIE, DESKTOP, PHONE, Visitor
from tests.lessons import lesson
from tests.stack import AS_OF, ROOT, Json, Stack

SHOWN = {
    "first screen": "first-screen",
    "today": "today",
    "sign-in by a link": "sign-in",
    "review": "review",
    "review snoozed": "snoozed",
    "review decided": "decided",
    "review without a match": "no-match",
    "duplicate, revised": "compare",
    "duplicate of many": "compare-many",
    "duplicate, translated": "translated",
    "duplicate, contained": "contained",
    "outdated": "life-line",
    "unused": "unused",
    "its score hidden": "score-hidden",
    "two must agree": "two-must-agree",
    "program suggestion": "before-and-after",
    "applied": "accepted",
    "exact copies": "exact-copies",
    "several at once": "several-at-once",
    "all that match": "all-that-match",
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
    "kept away, proposed": "proposed",
    "kept away, to be judged": "proposed-judged",
    "keep away, counted": "keep-away",
    "keep this away": "keep-this-away",
    "verdicts": "verdicts",
    "why not shown, answered": "why-not-shown",
    "house rules": "house-rules",
    "house rules, tried": "house-rules-tried",
    "imports": "imports",
    "sources": "sources",
    "people": "people",
    "person": "person",
    "person removal": "person-removal",
    "requests": "requests",
    "handovers": "handovers",
    "mode, tried": "mode",
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
_SCALE = 2 / 3  # all of them together have to stay small,
_QUALITY = 27  # 4 MB at most
_LEADER = "siobhan.doyle@tarnwickwater.example"
_DESIGNER = "priya.nair@tarnwickwater.example"


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
    stages = [{"kind": "DESIGN", "people": [_DESIGNER]}]
    stack.post(f"/v1/{program['name']}:setDuties", {"changes": stages})
    with stack.client(stack.winnow("token", "create", "--person", _LEADER)["token"]) as leader:
        asked = {
            "kind": "ADD_PERSON",
            "email": "nell.marsh@tarnwickwater.example",
            "displayName": "Nell Marsh",
            "roles": ["SPECIALIST"],
            "reason": "She joins the yard in July.",
        }
        leader.post("/v1/personRequests", json={"request": asked}).raise_for_status()
    receiver = next(each for each in (_DESIGNER, _LEADER) if each not in program["owners"])
    stack.post(f"/v1/{program['name']}:offerHandover", {"receiver": receiver})
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


Scene = Callable[[Page, Stack], None]
"""Leads a page to what no address shows."""


def _checked(page: Page, _: Stack) -> None:
    """What is near a text that somebody is about to write."""
    page.goto("/publish")
    page.get_by_label("Title").fill("Phishing: what to look for")
    page.get_by_label("Text").fill(
        "Invoices come through the purchasing portal. A spreadsheet that asks you to enable content does not need your "
        "help. Nobody needs your password in a form, and nobody from IT will ask for it on the telephone."
    )
    page.get_by_role("button", name="Check the text").click()


def _files(page: Page, _: Stack) -> None:
    """What uploaded files would bring."""
    text = "".join(f"<p>{each}</p>" for each in lesson(7790, 3))
    html = f'<!DOCTYPE html><html lang="en"><head><title>Sluices</title></head><body><h1>Sluices</h1>{text}'
    page.goto("/publish")
    page.get_by_label("Source").fill("uploads")
    page.get_by_label("Files").set_input_files(
        {"name": "sluices.html", "mimeType": "text/html", "buffer": html.encode()}
    )
    page.get_by_role("button", name="Look at them").click()
    page.get_by_role("link", name="Sluices").wait_for()


def _draft(page: Page, stack: Stack) -> None:
    """A file that is looked at before it is published."""
    _files(page, stack)
    page.get_by_role("link", name="Sluices").click()
    page.get_by_role("button", name="Publish").first.wait_for()


def _conflict(page: Page, stack: Stack) -> None:
    """Somebody has decided while another was reading."""
    open_ = stack.get("/v1/suggestions", pageSize=200, states=["OPEN"], kind="DUPLICATE")["suggestions"]
    seen = next(each for each in open_ if each["mayAccept"] and not each["plan"]["safeguards"])
    page.goto(page_of(seen))
    why = {"reason": "different_audience", "comment": "One is for the yard, the other for the office."}
    with stack.client(stack.winnow("token", "create", "--person", _LEADER)["token"]) as leader:
        stands = {"revision": seen["revision"], "fingerprint": seen["fingerprint"]}
        leader.post(f"/v1/{seen['name']}:reject", json={**stands, **why}).raise_for_status()
    page.get_by_role("button", name="Accept").click()
    page.get_by_role("alert").first.wait_for()
    stack.post(f"/v1/{seen['name']}:reopen", {})


def _changed(page: Page, stack: Stack) -> None:
    """It is another than the one that was read."""
    (seen, *_) = stack.get("/v1/suggestions", pageSize=1, states=["SNOOZED"])["suggestions"]
    page.goto(page_of(seen))
    page.eval_on_selector(
        "form[action*='/accept']",
        """form => {
            form.elements.fingerprint.value = "of another day";
            form.submit();
        }""",
    )
    page.get_by_role("alert").first.wait_for()


def _undo_asks(page: Page, stack: Stack) -> None:
    """What was edited after a plan, and what is to become of it."""
    key = uuid.uuid4().hex[:4]
    _, first = retitled_twice(stack, key, int(key, 16))
    page.goto(page_of(first))
    page.get_by_role("button", name="Undo this decision").first.click()
    box = page.get_by_role("dialog", name="Undo this decision")
    box.get_by_label("It was wrong").check()
    box.get_by_role("button", name="Undo").click()
    page.get_by_role("alert").first.wait_for()


def _as(page: Page, stack: Stack, token: str, address: str) -> None:
    """The page as somebody else sees it; who is next is the first person again."""
    at = stack.status["http"]
    page.context.add_cookies([{"name": COOKIE, "url": at, "value": token}])
    page.goto(address)
    page.context.add_cookies([{"name": COOKIE, "url": at, "value": stack.token}])


def _refused(page: Page, stack: Stack) -> None:
    """For whom a page is."""
    _as(page, stack, stack.joined("sam.ridley@tarnwickwater.example", "SPECIALIST"), "/webhooks")


def _stranger(page: Page, stack: Stack) -> None:
    """What somebody without a role can do."""
    _as(page, stack, stack.joined("kit.ames@tarnwickwater.example"), "/review")


def _objection(page: Page, stack: Stack) -> None:
    """The plan that an owner without an account is affected by."""
    with objection(stack) as path:
        page.goto(path)


def _sure(page: Page, _: Stack) -> None:
    """More at once than a page of the list has: they are asked about once more."""
    page.goto("/review?whose=all")
    page.get_by_role("link", name="that match").click()
    page.get_by_role("button", name="Accept the ticked ones").click()
    page.get_by_role("link", name="Cancel").wait_for()


def _missing(page: Page, _: Stack) -> None:
    page.goto("/nowhere")


def _broken(page: Page, _: Stack) -> None:
    answer = failed(500, say("error.broken"), say("error.broken_text", trace="5b0c71e4"))
    body = bytes(answer.body).decode()
    page.route("**/broken", lambda route: route.fulfill(body=body, content_type="text/html"))
    page.goto("/broken")


def _curator_down(page: Page, stack: Stack) -> None:
    with stack.silenced("curator"):
        page.wait_for_timeout(6_000)  # what the page knew of the curator is forgotten after five seconds
        page.goto("/review?whose=all")
    page.get_by_text("The curator is not answering").first.wait_for()


SCENES: dict[str, Scene] = {
    "is-it-there-answered": _checked,
    "files": _files,
    "draft": _draft,
    "conflict": _conflict,
    "changed-since": _changed,
    "undo-asks": _undo_asks,
    "refused": _refused,
    "stranger": _stranger,
    "objection": _objection,
    "are-you-sure": _sure,
    "nothing-here": _missing,
    "broken": _broken,
    "curator-down": _curator_down,  # the last, since the curator catches up
}
RUNNING = "import-running"
FIRST_RUN = {"/review": "first-run", "/imports": "first-run-imports"}


def take(stack: Stack, folder: Path, wanted: Callable[[str], bool]) -> None:
    """The pictures of a catalog that is in use, as JPEG since they are many."""
    where = lived(stack)
    where |= places(stack)
    with _browser() as browser:
        for size, names in ((DESKTOP, tuple(SHOWN)), (PHONE, ON_A_PHONE)):
            for theme in ("light", "dark"):
                stack.wait()  # the curator, which the last picture of the theme before had stopped
                visitor = _visitor(browser, stack, size, theme)
                visitor.page.goto("/sign-in")
                visitor.page.wait_for_timeout(6_000)  # as long as the page knows it to be silent
                for name in names:
                    if wanted(SHOWN[name]):
                        visitor.page.goto(where[name])
                        _picture(visitor.page, folder / f"{SHOWN[name]}-{size[0]}-{theme}.jpg")
                for name, scene in SCENES.items() if size == DESKTOP else ():
                    if wanted(name):
                        scene(visitor.page, stack)
                        _picture(visitor.page, folder / f"{name}-{size[0]}-{theme}.jpg")
                visitor.leave()


def take_running(stack: Stack, folder: Path, wanted: Callable[[str], bool]) -> None:
    """The pictures of an import that is being read; the last, since what is read shows on other pages."""
    with _browser() as browser:
        for theme in ("light", "dark") if wanted(RUNNING) else ():
            files = {f"{theme}-{n:03}.md": f"# Pump log {n}\n\n{lesson(7900 + n)[0]}\n" for n in range(120)}
            visitor = _visitor(browser, stack, DESKTOP, theme)
            with half_read(stack, "drive", files) as begun:
                visitor.page.goto("/imports")
                _picture(visitor.page, folder / f"{RUNNING}-{DESKTOP[0]}-{theme}.jpg")
                stack.post(f"/v1/{begun['name']}:stop", {})
            stack.wait()
            visitor.leave()


def take_first_run(stack: Stack, folder: Path, wanted: Callable[[str], bool]) -> None:
    """The pictures of a Winnow that has read nothing yet."""
    with _browser() as browser:
        for theme in ("light", "dark"):
            visitor = _visitor(browser, stack, DESKTOP, theme)
            for address, name in FIRST_RUN.items():
                if wanted(name):
                    visitor.page.goto(address)
                    _picture(visitor.page, folder / f"{name}-{DESKTOP[0]}-{theme}.jpg")
            visitor.leave()


@contextmanager
def _browser() -> Generator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", "--no-proxy-server"]
        )
        yield browser
        browser.close()


def _visitor(browser: Browser, stack: Stack, size: tuple[int, int], theme: str) -> Visitor:
    return Visitor(
        browser,
        stack.status["http"],
        stack.token,
        size=size,
        color_scheme=theme,
        device_scale_factor=_SCALE,
    )


def _picture(page: Page, path: Path) -> None:
    try:
        page.screenshot(path=path, type="jpeg", quality=_QUALITY)
    except Error:  # chromium has no frame to give while the page is not in front
        page.bring_to_front()
        page.wait_for_timeout(1000)
        page.screenshot(path=path, type="jpeg", quality=_QUALITY)


def main() -> None:
    """Starts a Winnow of its own, before and after it reads the sample; all pictures, or those that are named."""
    words = argparse.ArgumentParser(description="Pictures of the review page.")
    words.add_argument("--only", nargs="+", default=[], metavar="NAME", help="as the files are called")
    words.add_argument("--into", type=Path, default=ROOT / "docs" / "screens", metavar="FOLDER")
    asked = words.parse_args()
    only: list[str] = asked.only
    folder: Path = asked.into
    known = {*SHOWN.values(), *SCENES, RUNNING, *FIRST_RUN.values()}
    if unknown := set(only) - known:
        words.error(f"no picture is called {', '.join(sorted(unknown))}")

    def wanted(name: str) -> bool:
        return not only or name in only

    folder.mkdir(parents=True, exist_ok=True)
    for old in () if only else folder.glob("*.jpg"):
        old.unlink()
    with tempfile.TemporaryDirectory() as data:
        stack = Stack(Path(data) / "data").up()
        try:
            take_first_run(stack, folder, wanted)
            if not only or set(only) - set(FIRST_RUN.values()):
                stack.import_sample()
                take(stack, folder, wanted)
                take_running(stack, folder, wanted)
        finally:
            stack.down()


if __name__ == "__main__":
    main()
