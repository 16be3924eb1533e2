"""Where there is something to see: every page, with at least one suggestion of every kind and state."""

from __future__ import annotations

from base64 import urlsafe_b64encode
from itertools import combinations

from tests.browser.decided import decided
from tests.browser.rare import proposed, unused
from tests.stack import Json, Stack

KINDS = {"DUPLICATE", "OUTDATED", "UNUSED", "PROGRAM"}


def places(stack: Stack) -> dict[str, str]:
    """Addresses by what is there."""
    plain, hidden = unused(stack)
    found = stack.get("/v1/suggestions", pageSize=200, states=["OPEN", "HELD"])["suggestions"]
    assert {each["kind"] for each in found} == KINDS
    kinds = {
        "unused": page_of(plain),
        "its score hidden": page_of(hidden),
        "two must agree": page_of(
            min((each for each in found if each["plan"]["risk"] == "R3"), key=lambda each: each["kind"])
        ),
    }
    for each in found:
        words = [each["kind"], each["relation"], *(claim["code"] for claim in each["claims"][:1])]
        name = {
            "DUPLICATE": "duplicate, " + each["relation"],
            "PROGRAM": "program suggestion",
        }.get(each["kind"], each["kind"])
        address = page_of(each)
        kinds.setdefault(name.lower(), address)
        kinds.setdefault(" ".join(words).lower(), address)
        if len(each["members"]) > 2:
            kinds.setdefault("duplicate of many", address)
    programs = stack.get("/v1/programs", pageSize=200)["programs"]
    resource = stack.get("/v1/resources", pageSize=1)["resources"][0]
    record = a_record(stack, programs[0]["name"])
    people = stack.get("/v1/people", pageSize=200)["people"]
    somebody = next(each["name"] for each in people if each["email"].startswith("helen.garside@"))
    pair = "..".join(each["name"].removeprefix("programs/") for each in akin(programs))
    return {
        "first screen": "/review",
        "today": "/today",
        "review": "/review?whose=all",
        "review for you": "/review?whose=you",
        "review snoozed": "/review?whose=snoozed",
        "review decided": "/review?whose=decided",
        "review without a match": "/review?whose=all&q=nothing-has-this",
        **kinds,
        **{f"decided, {state.lower()}": page_of(each) for state, each in decided(stack).items()},
        "sources": "/sources",
        "what changed": "/what-changed",
        "search": "/search",
        "search with hits": "/search?q=which+is+the+current+jar+test",
        "is it there already": "/publish",
        "exact copies": "/review/batch/exact",
        "several at once": "/review/bulk?"
        + "&".join(f"pick={each['name'].removeprefix('suggestions/')}" for each in found[:3]),
        "all that match": "/review/bulk?in=" + urlsafe_b64encode(b'{"whose":"all"}').decode().rstrip("="),
        "tasks": "/tasks?whose=all",
        "changes": "/changes",
        "programs": "/programs",
        "overlap": f"/programs?view=overlap&pair={pair}",
        "program": "/" + programs[0]["name"],
        "check-up": f"/{programs[0]['name']}/checkup",
        "check-up, recorded": f"/{programs[0]['name']}/{record}",
        "resources": "/resources?age=1_to_2",
        "resource": "/" + resource["name"],
        "insights": "/insights",
        "activity": "/activity",
        "kept away": "/suppressions",
        "kept away, proposed": "/suppressions?state=proposed",
        "kept away, to be judged": f"/{proposed(stack)}/approve",
        "kept away, ended": "/suppressions?state=ended",
        "kept away, without a match": "/suppressions?scope=FACT&kind=PROGRAM",
        "keep away": "/suppressions/new",
        "keep away, counted": "/suppressions/new?show=1&title=a&comment=Because",
        "keep this away": kinds["outdated"] + "/keep-away?show=1&comment=Because",
        "verdicts": "/verdicts",
        "why not shown": "/suppressions/why",
        "why not shown, answered": f"/suppressions/why?a={resource['name']}",
        "house rules": "/rules",
        "house rules, tried": "/rules/change?try=1&required=language&minResourceOwners=1&minProgramOwners=1",
        "accuracy": "/accuracy",
        "imports": "/imports",
        "people": "/people",
        "person": f"/{somebody}?until=2026-12-01",
        "person removal": f"/{somebody}/remove",
        "requests": "/people/requests",
        "mode": "/people/mode",
        "mode, tried": "/people/mode?mode=ROLE_BASED",
        "handovers": f"/people/handovers?of={programs[0]['name']}",
        "account": "/account",
        "notices": "/account/notices",
        "webhooks": "/webhooks",
        "statement": "/statement",
        "sign-in": "/sign-in",
        "sign-in by a link": "/sign-in?token=spent",
    }


def once(found: dict[str, str]) -> dict[str, str]:
    """The same with each address under one name: what is to be looked at is looked at once."""
    return {name: address for address, name in {address: name for name, address in found.items()}.items()}


def page_of(suggestion: Json) -> str:
    """The address of its page."""
    return "/review/" + suggestion["name"].removeprefix("suggestions/")


def akin(programs: list[Json]) -> tuple[Json, Json]:
    """The two programs with most items in common."""
    held = {each["name"]: {item["resource"] for item in each["items"]} for each in programs}
    return max(combinations(programs, 2), key=lambda pair: len(held[pair[0]["name"]] & held[pair[1]["name"]]))


def a_record(stack: Stack, program: str) -> str:
    """A check-up of the program, recorded where there is none."""
    known = stack.get("/v1/checkups", program=program, pageSize=1)["checkups"]
    note = {"note": "Two items say the same; the older one goes."}
    return (known[0] if known else stack.post(f"/v1/{program}/checkups", note))["name"]
