"""What people see who have not signed in: where an old link leads, and a plan that they can object to."""

from __future__ import annotations

import httpx

from tests.e2e.test_life_of_one_change import NEWER, OLDER, Json, accept
from tests.lessons import lesson, resource
from tests.stack import Stack


def stranger(stack: Stack) -> httpx.Client:
    """A browser without a session: it keeps cookies and follows no redirect."""
    headers = {"Sec-Fetch-Site": "same-origin"}  # as a browser says of a form of the page's own
    return httpx.Client(base_url=stack.status["http"], headers=headers, timeout=30, trust_env=False)


def copies(stack: Stack, seed: int) -> Json:
    """Two resources of one text, with addresses; the one suggestion about them."""
    text, source = lesson(seed), f"public-{seed}"
    # So its plan needs no notice: nobody is in the middle of the program.
    stack.post("/v1/sources:upsert", {"displayName": source, "noLearners": True})
    first, second = stack.put(
        source,
        {**resource("new", f"Course {seed}", text, **NEWER), "url": "https://lms.example.org/new"},
        {**resource("old/one", f"Training no. {seed}", text, **OLDER), "url": "https://lms.example.org/old"},
    )
    program = {"source": source, "key": "path", "title": "Path", "owners": ["olga@example.org"]}
    items = [{"resource": second["name"], "mandatory": True}]
    stack.post("/v1/programs:upsert", {**program, "items": items})
    stack.wait()
    (found,) = stack.about(first["name"], second["name"])
    return found


def test_an_old_link_says_why_and_what_replaces_it_and_a_wish_is_counted_once(stack: Stack) -> None:
    applied = accept(stack, copies(stack, 351))
    assert applied["state"] == "APPLIED"
    with stranger(stack) as browser:
        there = browser.get("/r/public-351/new")
        assert (there.status_code, there.headers["location"]) == (302, "https://lms.example.org/new")
        old = browser.get("/r/public-351/old/one")
        assert old.status_code == 200
        assert 'href="https://lms.example.org/new"' in old.text
        assert "same content" in old.text
        assert "Training no." not in old.text
        thanks = browser.post("/r/public-351/old/one")
        assert "is counted" in thanks.text
        assert browser.post("/r/public-351/old/one").status_code == 200
        assert browser.get("/r/public-351/never").status_code == 404
    with stranger(stack) as browser:
        review = applied["name"].replace("suggestions", "review")
        assert browser.get(f"/{review}/plan.html").status_code == 401
        browser.cookies.set("winnow_session", stack.token)
        document = browser.get(f"/{review}/plan.csv")
        assert document.headers["content-disposition"].startswith("attachment")
        assert "item_replace" in document.text
    stack.post(f"/v1/{applied['name']}:undo", {})


def test_an_owner_without_an_account_reads_and_files_an_objection(stack: Stack) -> None:
    found = copies(stack, 352)
    rules = {"houseRules": {"noticeDaysR2": 7}, "updateMask": "noticeDaysR2"}
    stack.post("/v1/houseRules:set", rules)
    try:
        waiting = accept(stack, found)
    finally:
        stack.post("/v1/houseRules:set", {"houseRules": {}, "updateMask": "noticeDaysR2"})
    assert waiting["state"] == "SCHEDULED"
    (link,) = stack.post(f"/v1/{waiting['name']}:createObjectionLinks", {})["links"]
    assert link["email"] == "olga@example.org"
    with stranger(stack) as browser:
        page = browser.get(link["path"])
        assert "A change that affects you" in page.text
        assert stack.get(f"/v1/{waiting['name']}")["state"] == "SCHEDULED"
        filed = browser.post(link["path"], data={"reason": "We teach it <b>now</b>."})
        assert "Your objection is filed" in filed.text
        assert browser.get(link["path"]).status_code == 404
    back = stack.get(f"/v1/{waiting['name']}")
    assert (back["state"], back["note"]) == ("OPEN", "objection by olga@example.org: We teach it <b>now</b>.")
