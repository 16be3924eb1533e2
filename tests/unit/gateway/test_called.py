"""What other pages say of a resource by the suggestions about it: its newer edition, and why it is called rot."""

from __future__ import annotations

from starlette.requests import Request

from services.gateway.web import rendering
from services.gateway.web.api import Api, Json, Query
from services.gateway.web.called import live_about, newer_edition, newest_edition, why_rot
from services.kit.clock import Clock


def suggestion(
    kind: str, relation: str, *members: str, stays: str = "", claim: str = "", evidence: str = ""
) -> Json:
    return {
        "kind": kind,
        "relation": relation,
        "claims": [{"code": claim}] if claim else [],
        "evidence": [{"type": evidence}] if evidence else [],
        "members": [
            {
                "resource": name,
                "title": name.upper(),
                "survivor": name == stays,
                "source": "lms",
                "externalId": name,
            }
            for name in members
        ],
    }


REVISED = suggestion("DUPLICATE", "REVISED", "old", "new", stays="new")
REPLACED = suggestion("OUTDATED", "", "old", "new", claim="superseded")
DUE = suggestion("OUTDATED", "", "old", claim="review_due")


def test_an_older_edition_leads_to_the_newer_one_by_either_kind_of_suggestion() -> None:
    assert newer_edition("old", [DUE, REVISED]) == ("new", REVISED)
    assert newer_edition("old", [REPLACED]) == ("new", REPLACED)
    assert newer_edition("new", [REVISED, REPLACED]) is None
    assert newer_edition("old", [DUE]) is None


def test_only_what_stays_of_several_editions_is_called_the_newest() -> None:
    assert newest_edition("new", [REVISED])
    assert not newest_edition("old", [REVISED])
    assert not newest_edition("new", [suggestion("DUPLICATE", "IDENTICAL", "new", "copy", stays="new")])


def test_of_two_editions_of_which_none_stands_out_the_second_is_the_newer() -> None:
    protected = suggestion("DUPLICATE", "REVISED", "old", "new")
    assert newer_edition("old", [protected]) == ("new", protected)
    assert newest_edition("new", [protected])
    assert newer_edition("old", [suggestion("DUPLICATE", "REVISED", "old", "new", "third")]) is None


def test_where_nothing_tells_which_is_newer_neither_is_called_so() -> None:
    unclear = suggestion("DUPLICATE", "REVISED", "one", "other", evidence="direction_unclear")
    assert newer_edition("one", [unclear]) is None
    assert not newest_edition("other", [unclear])


async def test_suggestions_about_many_are_asked_for_at_once_and_told_by_each() -> None:
    asked: list[Query] = []

    async def get(_: Request, path: str, query: Query) -> Json:
        asked.append(query)
        return {"suggestions": [REVISED, DUE], "nextPageToken": ""}

    async def never(*_: object) -> Json:
        raise NotImplementedError

    api = Api(get, never, never, Clock())
    request = Request({"type": "http"})
    about = await live_about(api, request, ["old", "new", "other", "old"])
    assert about == {"old": [REVISED, DUE], "new": [REVISED], "other": []}
    assert [each["resources"] for each in asked] == [["old", "new", "other"]]
    assert await live_about(api, request, []) == {}
    assert len(asked) == 1


def test_rot_has_the_suggestion_that_calls_it_so_unless_it_is_what_stays() -> None:
    program = suggestion("PROGRAM", "", "old")
    assert why_rot("old", [program, REVISED, DUE]) is REVISED
    assert why_rot("new", [REVISED]) is None
    assert why_rot("new", [REVISED, suggestion("UNUSED", "", "new")]) is not None


def test_letters_are_told_where_no_table_shows_which_copy_is_which() -> None:
    told = rendering._environment.get_template("copies.html").module  # pyright: ignore[reportPrivateUsage]
    copies = getattr(told, "copies")  # noqa: B009 - a template's macros are known to nobody else
    assert "A NEW, lms: new · B OLD, lms: old" in copies(REVISED)
    assert copies(DUE) == ""
