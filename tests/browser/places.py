"""Where there is something to see: every page, with at least one suggestion of every kind."""

from __future__ import annotations

from tests.stack import Stack


def places(stack: Stack) -> dict[str, str]:
    """Addresses by what is there."""
    found = stack.get("/v1/suggestions", pageSize=200, states=["OPEN", "HELD"])["suggestions"]
    kinds: dict[str, str] = {}
    for each in found:
        words = [each["kind"], each["relation"], *(claim["code"] for claim in each["claims"][:1])]
        name = {
            "DUPLICATE": "duplicate, " + each["relation"],
            "PROGRAM": "program suggestion",
        }.get(each["kind"], each["kind"])
        address = "/review/" + each["name"].removeprefix("suggestions/")
        kinds.setdefault(name.lower(), address)
        kinds.setdefault(" ".join(words).lower(), address)
        if len(each["members"]) > 2:
            kinds.setdefault("duplicate of many", address)
    programs = stack.get("/v1/programs", pageSize=200)["programs"]
    resource = stack.get("/v1/resources", pageSize=1)["resources"][0]
    pair = "..".join(each["name"].removeprefix("programs/") for each in programs[:2])
    return {
        "review": "/review?whose=all",
        "review for you": "/review?whose=you",
        "review snoozed": "/review?whose=snoozed",
        "review decided": "/review?whose=decided",
        "review without a match": "/review?whose=all&q=nothing-has-this",
        **kinds,
        "search": "/search",
        "search with hits": "/search?q=which+is+the+current+jar+test",
        "is it there already": "/publish",
        "exact copies": "/review/batch/exact",
        "tasks": "/tasks?whose=all",
        "changes": "/changes",
        "programs": "/programs",
        "overlap": f"/programs?view=overlap&pair={pair}",
        "program": "/" + programs[0]["name"],
        "resource": "/" + resource["name"],
        "insights": "/insights",
        "activity": "/activity",
        "imports": "/imports",
        "people": "/people",
        "account": "/account",
    }
