"""The page of a suggestion: all evidence can be reached, and a refusal says what its reason asks for."""

from __future__ import annotations

import html
import itertools
import re
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.routing import Route

from services.catalog.review.fields import bad_field
from services.gateway.web import findings
from services.gateway.web.api import Api, Json, Query
from services.gateway.web.frame import Frames
from services.gateway.web.suggestion import (
    _ROWS,  # pyright: ignore[reportPrivateUsage]
    SuggestionPage,
)
from services.gateway.web.verbs import Verbs, snoozed_until
from services.gateway.web.work import Work
from services.kit import rpc
from services.kit.clock import Clock
from services.kit.errors import Aborted, FailedPrecondition, WinnowError
from winnow.review.v1.review_service_pb2 import UndoConflict

ID = "01980000-0000-7000-8000-000000000001"
LETTERS = "abcd"
MANY = _ROWS + 5


def passage(number: int, other: str, match: str = "meaning") -> Json:
    """The nth passage of A beside what says the same in another member."""
    text = {"quote": f"Passage {number} of {other}.", "place": f"p. {number}", "start": number}
    counterpart = {"resource": f"resources/{other}", **text}
    return {
        "type": "passage",
        "resource": "resources/a",
        "text": "",
        "match": match,
        "against": False,
        "counterpart": counterpart,
        **text,
    }


def suggestion(kind: str, *evidence: Json, claims: tuple[str, ...] = ()) -> Json:
    return {
        "name": f"suggestions/{ID}",
        "kind": kind,
        "relation": "OVERLAP",
        "state": "OPEN",
        "summary": "Something",
        "revision": 3,
        "fingerprint": "f",
        "members": [
            {
                "resource": f"resources/{letter}",
                "title": f"Title {letter}",
                "survivor": letter == "a",
                "score": 0,
                "source": "lms",
                "externalId": letter,
            }
            for letter in LETTERS
        ],
        "evidence": list(evidence),
        "claims": [
            {"code": code, "text": "Said.", "confidence": 0.8, "hard": code == "expired"} for code in claims
        ],
        "plan": {
            "parts": [],
            "safeguards": [],
            "tasks": [],
            "approvalsNeeded": [],
            "caveat": "",
            "risk": "R1",
        },
        "passages": len(evidence),
        "equalPassages": len(evidence),
        "confidence": 0.9,
        "blind": False,
        "assignee": "",
        "approvals": [],
        "heldReason": "",
        "note": "",
        "createTime": "2026-01-02T00:00:00Z",
        "mayDecide": True,
        "mayAccept": True,
        "mayUndo": False,
        "mayReopen": False,
        "mayRevoke": False,
        "mayObject": False,
        "maySuppress": True,
    }


def retiring(*letters: str) -> Json:
    """A part of a plan that archives these members."""
    changes = [
        {
            "operation": "archive",
            "target": f"resources/{each}",
            "other": "resources/a",
            "text": f"Archive {each}",
            "before": "",
            "after": "",
        }
        for each in letters
    ]
    return {"id": "resources", "title": "Resources", "risk": "R1", "changes": changes, "approvers": []}


class Winnow:
    """The page of one suggestion for somebody who may decide it; what is sent is kept."""

    def __init__(self, found: Json, *, decided: int = 1, refuses: WinnowError | None = None) -> None:
        self.found, self.decided, self.refuses = found, decided, refuses
        self.sent: list[Json] = []
        self.kinds: list[Json] = []
        self.resources: Json = {}
        self.log: list[Json] = []
        self.related: list[Json] = []
        self.engagements: Json = {}

    async def get(self, request: Request, path: str, query: Query) -> Json:
        if path == "/v1/viewer":
            person: Json = {"email": "a@example.org", "displayName": "", "roles": []}
            return {"person": person, "readContent": True, "openSuggestions": 0, "pendingChanges": 0}
        if path == f"/v1/{self.found['name']}":
            return self.found
        if path == "/v1/reliability":
            return {"kinds": self.kinds}
        if path == "/v1/decisions":
            return {"decisions": [{}] * self.decided if "actor" in query else self.log}
        if path == "/v1/people":
            noor = {"name": "people/n", "email": "noor@example.org", "displayName": "Noor Haddad"}
            return {"people": [noor], "nextPageToken": ""}
        if path == "/v1/suggestions" and "resources" in query:
            return {"suggestions": self.related, "nextPageToken": ""}
        lists = ("suggestions", "programs", "imports", "notes", "kinds", "counts", "months")
        nothing: Json = {name: [] for name in lists}
        return {
            **nothing,
            "resources": self.resources,
            "engagements": self.engagements,
            "nextPageToken": "",
            "toEmbed": "0",
            "toJudge": "0",
        }

    async def post(self, request: Request, path: str, body: Json) -> Json:
        if self.refuses is not None:
            code = rpc.CODES[int(self.refuses.code)]
            raise rpc.failure(code, self.refuses.text, rpc.status(self.refuses))
        self.sent.append(body)
        return {}

    async def upload(self, request: Request) -> Json:
        raise NotImplementedError

    def browser(self) -> httpx.AsyncClient:
        api = Api(self.get, self.post, self.upload, Clock())
        pages = SuggestionPage(api, Frames(api))
        routes = [
            Route("/review/{id}", pages.show),
            Route("/review/{id}/accept", Verbs(api, pages).accept, methods=["POST"]),
            Route("/review/{id}/reject", Verbs(api, pages).reject, methods=["POST"]),
            Route("/review/{id}/edit", Verbs(api, pages).edit, methods=["POST"]),
            Route("/review/{id}/ask", Work(api, Frames(api), pages).ask, methods=["POST"]),
            Route("/review/{id}/give", Work(api, Frames(api), pages).give, methods=["POST"]),
            Route("/review/{id}/snooze", Verbs(api, pages).snooze, methods=["POST"]),
            Route("/review/{id}/undo", Verbs(api, pages).undo, methods=["POST"]),
        ]
        transport = httpx.ASGITransport(Starlette(routes=routes))
        return httpx.AsyncClient(transport=transport, base_url="http://winnow.example")


def link(text: str, words: str) -> str:
    """Where the link with these words leads."""
    found = re.search(rf'<a [^>]*href="([^"]*)">{words}</a>', text)
    assert found is not None, words
    return html.unescape(found[1])


@pytest.mark.parametrize("kind", ["DUPLICATE", "PROGRAM"])
async def test_show_all_shows_all_and_keeps_the_place_and_the_other_copy(kind: str) -> None:
    evidence = [passage(number, other, "exact") for other in "bcd" for number in range(MANY)]
    for each in evidence:  # the same in all of them
        each["quote"] = each["counterpart"]["quote"] = f"Passage {each['start']}."
    place = "in=eyJ3aG9zZSI6ImFsbCJ9"
    async with Winnow(suggestion(kind, *evidence)).browser() as browser:
        first = (await browser.get(f"/review/{ID}?{place}")).text
        assert f"Passage {MANY - 1}." not in first
        whole = link(first, f"Show all {MANY}")
        assert place in whole
        assert f"Passage {MANY - 1}." in (await browser.get(whole)).text
        assert "<span>Title d</span>" not in first
        other = link(first, "Title d")
        assert place in other
        assert f"Passage {MANY - 1}." in (await browser.get(other)).text
        part = (await browser.get(f"/review/{ID}?with=d&{place}")).text
        assert "with=d" in link(part, f"Show all {MANY}")


async def test_all_differences_are_shown_and_it_is_said_how_many_passages_are_not() -> None:
    differs = {**passage(MANY + 1, "b"), "quote": "Only A says this."}
    found = suggestion("DUPLICATE", *(passage(n, "b", "exact") for n in range(MANY)), differs)
    found["members"] = found["members"][:2]
    async with Winnow(found).browser() as browser:
        text = html.unescape((await browser.get(f"/review/{ID}")).text)
    assert f"{_ROWS} of {MANY + 1} passages; all differences are listed." in text
    assert "Only A says this." in re.sub("<[^>]*>", "", text)
    assert f"Passage {MANY - 1} of b." not in text


async def test_it_is_said_of_which_copy_no_text_could_be_read_and_where_it_is() -> None:
    winnow = Winnow(suggestion("DUPLICATE"))
    winnow.resources = {
        "resources/a": {"contentHash": "f00", "kind": "course", "url": "https://lms.example/a"},
        "resources/b": {"contentHash": "", "kind": "video", "url": "https://lms.example/b"},
        "resources/c": {"contentHash": "", "kind": "", "url": ""},
    }
    async with winnow.browser() as browser:
        text = (await browser.get(f"/review/{ID}")).text
    assert re.search(r'copy B\. <span class="muted">\(video\)</span> <a href="https://lms.example/b"', text)
    assert "<p>No text could be read from copy C.</p>" in text
    assert "from copy A" not in text
    assert "There is no text to compare." in text


async def test_of_three_copies_it_is_said_which_lacks_a_passage_and_of_which_use_is_not_known() -> None:
    found = suggestion("DUPLICATE", passage(1, "b"))
    found["plan"]["caveat"] = "use: not known"
    found["plan"]["parts"] = [retiring("b", "c", "d")]
    winnow = Winnow(found)
    winnow.resources = {
        f"resources/{letter}": {"language": "es" if letter == "b" else ""} for letter in LETTERS
    }
    winnow.engagements = {"resources/b": {"completed": {"value": 244, "hidden": False}}}
    async with winnow.browser() as browser:
        text = (await browser.get(f"/review/{ID}")).text
    assert "Not in copy C" in text
    assert "Not in copy A" not in text
    assert "How much C and D are used is not known" in text
    assert re.search(r'<span class="quote" lang="es">\s*Passage 1 of b\.', text) is not None


@pytest.mark.parametrize("told", [{}, {"b": 244}])
async def test_where_no_copy_can_be_named_it_is_said_of_all_that_use_is_not_known(
    told: dict[str, int],
) -> None:
    found = suggestion("DUPLICATE", passage(1, "b"))
    found["plan"]["caveat"] = "use: not known"
    found["plan"]["parts"] = [retiring("b")]
    winnow = Winnow(found)
    winnow.resources = {f"resources/{letter}": {"language": ""} for letter in LETTERS}
    winnow.engagements = {
        f"resources/{each}": {"completed": {"value": n, "hidden": False}} for each, n in told.items()
    }
    async with winnow.browser() as browser:
        text = (await browser.get(f"/review/{ID}")).text
    assert "It is not known how much the retired copies are used." in text


@pytest.mark.parametrize(
    ("count", "says"),
    [
        (0, "0 suggestions like this one were decided so far; from 30 on you see how often they were right."),
        (29, "29 suggestions like this one were decided so far; from 30 on"),
        (30, "Of the last 30 suggestions of this kind scored like this one, 27 were right."),
    ],
)
async def test_how_sure_says_how_many_like_it_were_decided_until_they_are_enough(
    count: int, says: str
) -> None:
    winnow = Winnow(suggestion("DUPLICATE"))
    bins = [{"lower": 0.8, "upper": 0.95, "count": count, "shareTrue": 0.9}] if count else []
    bins.append({"lower": 0.1, "upper": 0.2, "count": 500, "shareTrue": 0.5})
    winnow.kinds = [{"kind": "DUPLICATE", "labels": 529, "labelsNeeded": 200, "bins": bins}]
    async with winnow.browser() as browser:
        assert says in (await browser.get(f"/review/{ID}")).text


def test_a_count_of_enrolments_is_no_material_change() -> None:
    found = suggestion("DUPLICATE")
    found["plan"]["simulation"] = {"sumsOnly": False, "enrolments": "7"}
    found["plan"]["caveat"] = "use: not known"
    assert [each.material for each in findings.consequences(found)] == [False, True]


async def test_what_else_is_quoted_of_a_program_is_shown() -> None:
    quote = {
        **passage(1, "b"),
        "type": "gap",
        "counterpart": None,
        "quote": "North is up.",
        "text": "It says so.",
    }
    async with Winnow(suggestion("PROGRAM", quote)).browser() as browser:
        assert "North is up." in (await browser.get(f"/review/{ID}")).text


UPDATE = {
    "id": "u",
    "operation": "request_update",
    "target": "programs/p",
    "other": "",
    "text": "…",
    "before": "",
}


class Several(Winnow):
    """The same with the programs that the plan is about."""

    items: Sequence[Json] = ()

    async def get(self, request: Request, path: str, query: Query) -> Json:
        if path == "/v1/programs":
            common: Json = {"items": self.items, "objectives": ["Find north"], "owners": []}
            named = [{"name": each, "title": each.upper(), **common} for each in query.get("names", [])]
            return {"programs": named, "nextPageToken": ""}
        return await super().get(request, path, query)


async def test_before_and_after_of_several_programs_has_figures_of_each() -> None:
    found = suggestion("PROGRAM")
    found["plan"]["parts"] = [
        {"id": f"programs/{key}", "title": key, "risk": "R2", "changes": []} for key in "pq"
    ]
    async with Several(found).browser() as browser:
        text = (await browser.get(f"/review/{ID}")).text
    titles = re.findall(r'<h2 class="secondary">([^<]*)</h2>', text)
    assert titles == ["PROGRAMS/P", "PROGRAMS/Q"]
    assert text.count('<dl class="figures">') == 2
    assert text.count("Time given back a year") == 1
    assert set(re.findall(r'href="#(topics\d*)"', text)) == set(re.findall(r'id="(topics\d*)"', text))
    assert len(re.findall(r'id="topics\d*"', text)) == 2


@pytest.mark.parametrize("kind", ["OUTDATED", "PROGRAM"])
async def test_titles_say_their_language_in_the_heading_the_course_and_the_items(kind: str) -> None:
    found = suggestion(kind, claims=("expired",) if kind == "OUTDATED" else ())
    found["members"] = [{**found["members"][0], "language": "de"}]
    found["summary"] = "“Title a” is like “another”"
    found["plan"]["parts"] = [{"id": "programs/p", "title": "p", "risk": "R0", "changes": []}] * (
        kind == "PROGRAM"
    )
    winnow = Several(found)
    winnow.items = [{"resource": "resources/a", "reference": "a", "mandatory": False}]
    winnow.resources["resources/a"] = {
        "name": "resources/a",
        "title": "Title a",
        "language": "de",
        "owner": "",
    }
    async with winnow.browser() as browser:
        text = (await browser.get(f"/review/{ID}")).text
    assert re.search(r'<h1>“<bdi lang="de">Title a</bdi>”', text)
    assert re.search(r'<a href="/resources/a"[^>]* lang="de" dir="auto">Title a</a>', text)


async def test_one_module_for_several_programs_says_what_is_proposed_why_and_what_it_saves() -> None:
    said = "2 items stand one after another in “P”, “Q”."
    evidence: Json = {
        "type": "recurs",
        "resource": "",
        "text": said,
        "quote": "",
        "against": False,
        "value": 2.0,
    }
    found = suggestion("PROGRAM", evidence)
    found["members"] = found["members"][:2]
    found["plan"]["parts"] = [
        {"id": f"programs/{key}", "title": key, "risk": "R0", "changes": [UPDATE]} for key in "pq"
    ]
    items = [{"resource": f"resources/{key}", "reference": key, "mandatory": False} for key in "abc"]
    winnow = Several(found)
    winnow.items = items
    async with winnow.browser() as browser:
        text = (await browser.get(f"/review/{ID}")).text
    assert "Make one module of the 2 items and let 2 programs hold it." in text
    rows = re.findall(r"<tr><td class=\"num\">.*?</tr>", text, re.DOTALL)
    assert [said in row for row in rows] == [True, True, False] * 2
    (back,) = re.findall(r"Time given back a year</dt>(.*?)</div>", text, re.DOTALL)
    assert "None" in back
    assert "Learners take as long as before" in back


@pytest.mark.parametrize(
    ("decided", "says"), [(0, "Your first decision."), (1, "Nothing is written to the LMS by this page.")]
)
async def test_whoever_decides_for_the_first_time_reads_that_it_can_be_taken_back(
    decided: int, says: str
) -> None:
    async with Winnow(suggestion("DUPLICATE"), decided=decided).browser() as browser:
        assert says in (await browser.get(f"/review/{ID}")).text


async def test_the_plan_can_be_had_as_a_file() -> None:
    async with Winnow(suggestion("DUPLICATE")).browser() as browser:
        text = (await browser.get(f"/review/{ID}")).text
    assert f'href="/review/{ID}/plan.html"' in text
    assert f'href="/review/{ID}/plan.csv"' in text


@pytest.mark.parametrize(
    ("actor", "state", "verb", "says", "offers"),
    [
        ("noor@example.org", "REJECTED", "reject", "Noor Haddad rejected this 2 min ago, while", "/reopen"),
        ("noor@example.org", "APPLIED", "accept", "Noor Haddad accepted this 2 min ago, while", "/undo"),
        ("scheduler", "APPLIED", "apply", "Winnow applied this 2 min ago, while", "/undo"),
        ("a@example.org", "REJECTED", "reject", "You rejected this 2 min ago.", "/reopen"),
    ],
)
async def test_whoever_comes_second_is_told_who_was_first_and_why_and_what_can_be_done(
    actor: str, state: str, verb: str, says: str, offers: str
) -> None:
    when = (datetime.now(UTC) - timedelta(seconds=130)).isoformat()
    decision: Json = {"actor": actor, "verb": verb, "time": when, "reason": "", "comment": ""}
    if verb == "reject":
        decision |= {"reason": "intentional_copy", "comment": "A mirror."}
    found: Json = {**suggestion("DUPLICATE"), "state": state, "decision": decision}
    found |= {"mayReopen": state == "REJECTED", "mayUndo": state == "APPLIED"}
    first = Aborted("SUGGESTION_DECIDED", "Somebody decided first.", {"suggestion": found["name"]})
    async with Winnow(found, refuses=first).browser() as browser:
        answer = await browser.post(f"/review/{ID}/accept", data={"revision": "3"})
    assert answer.status_code == 409
    (alert,) = re.findall(r'role="alert">(.*?)</div></div>', answer.text, re.DOTALL)
    text = " ".join(html.unescape(re.sub(r"<[^>]+>", " ", alert)).split())
    assert text.startswith(says)
    assert "What you sent was not saved and nothing has changed by it." in text
    assert ("A copy on purpose, to be kept in step: “A mirror.”" in text) == (verb == "reject")
    assert "stays on record" in text or "stay on record" in text
    actions = re.findall(rf'action="/review/{ID}(/\w+)', answer.text)
    assert (offers in actions, "/accept" in actions) == (True, False)
    assert "Next suggestion" in answer.text
    assert link(answer.text, "See the decision").startswith(f"/review/{ID}")


def seen(page: str) -> str:
    """What the form to accept says of what was shown."""
    found = re.search(r'id="decide".*?name="seen" value="([^"]*)"', page)
    assert found is not None
    return found[1]


def marked(page: str) -> list[str]:
    """What the page marks as changed, by the text before the mark."""
    told = re.sub(r"<[^>]+>", "\n", page)
    lines = [line for each in told.splitlines() if (line := html.unescape(each.strip()))]
    return [before for before, line in itertools.pairwise(lines) if line == "Changed since you looked"]


@pytest.mark.parametrize("kind", ["DUPLICATE", "PROGRAM"])
async def test_after_a_refusal_what_changed_since_it_was_shown_is_marked(kind: str) -> None:
    for_it: Json = {**passage(0, "b"), "type": "days", "quote": "", "counterpart": None}
    before = [*(passage(number, "b") for number in range(3)), {**for_it, "text": "It is one day old."}]
    winnow = Winnow(suggestion(kind, *before))
    async with winnow.browser() as browser:
        shown = (await browser.get(f"/review/{ID}")).text
        assert marked(shown) == []
        after = passage(1, "b")
        after["counterpart"] = {**after["counterpart"], "quote": "Passage 1 is another."}
        winnow.found = suggestion(
            kind, before[0], after, before[2], {**for_it, "text": "It is two days old."}
        )
        winnow.refuses = FailedPrecondition("SUGGESTION_CHANGED", "It has changed.", {"changed": "the text"})
        refused = await browser.post(f"/review/{ID}/accept", data={"revision": "3", "seen": seen(shown)})
        assert refused.status_code == 409
        assert sorted(marked(refused.text)) == ["It is two days old.", "Passage 1 is another."]
        # Whoever has read this has seen it.
        again = await browser.post(f"/review/{ID}/accept", data={"revision": "4", "seen": seen(refused.text)})
        assert marked(again.text) == []


async def test_a_copy_that_did_not_stand_beside_the_first_is_not_taken_for_changed() -> None:
    winnow = Winnow(suggestion("DUPLICATE", *(passage(1, other) for other in "bcd")))
    async with winnow.browser() as browser:
        shown = (await browser.get(f"/review/{ID}?with=d")).text
        winnow.refuses = FailedPrecondition("SUGGESTION_CHANGED", "It has changed.", {"changed": "the text"})
        refused = await browser.post(f"/review/{ID}/accept", data={"seen": seen(shown)})
        assert marked(refused.text) == []


async def test_words_of_a_refusal_that_came_second_stand_in_a_note() -> None:
    decision: Json = {"actor": "noor@example.org", "verb": "accept", "reason": "", "comment": ""}
    decision["time"] = datetime.now(UTC).isoformat()
    found: Json = {**suggestion("DUPLICATE"), "state": "APPLIED", "decision": decision}
    first = Aborted("SUGGESTION_DECIDED", "Somebody decided first.", {"suggestion": found["name"]})
    async with Winnow(found, refuses=first).browser() as browser:
        sent = {"reason": "other", "comment": "The second is for the coast."}
        text = (await browser.post(f"/review/{ID}/reject", data=sent)).text
    assert re.search(r'<textarea id="note-text"[^>]*>The second is for the coast.</textarea>', text)


FILLED: dict[str, Any] = {
    "about": ["resources/a", "resources/b"],
    "audience": ["", " Nurses "],
    "language": ["en", "de"],
    "authority": "The works council",
    "hold_end": "2027-03-31",
    "wrong": ["resources/b"],
    "comment": "Because.",
}


@pytest.mark.parametrize(
    ("reason", "says"),
    [
        ("different_audience", {"attributes": [{"resource": "resources/b", "value": "Nurses"}]}),
        (
            "different_language",
            {
                "attributes": [
                    {"resource": "resources/a", "value": "en"},
                    {"resource": "resources/b", "value": "de"},
                ]
            },
        ),
        (
            "required",
            {
                "comment": "The works council: Because.",
                "holdEnd": {"year": 2027, "month": 3, "day": 31},
            },
        ),
        ("bad_data", {"wrong": ["resources/b"]}),
        ("other", {}),
    ],
)
async def test_a_refusal_says_what_its_reason_asks_for_and_nothing_else(reason: str, says: Json) -> None:
    winnow = Winnow(suggestion("DUPLICATE"))
    async with winnow.browser() as browser:
        answer = await browser.post(f"/review/{ID}/reject", data={"reason": reason, **FILLED})
    assert answer.status_code == 303
    common: Json = {"revision": 0, "fingerprint": "", "requestId": "", "comment": "Because.", "parts": []}
    assert winnow.sent == [{**common, "reason": reason, **says}]


async def test_what_must_stay_is_refused_with_who_requires_it_or_not_at_all() -> None:
    winnow = Winnow(suggestion("DUPLICATE"))
    async with winnow.browser() as browser:
        answer = await browser.post(
            f"/review/{ID}/reject", data={"reason": "required", "authority": " ", "comment": "It must."}
        )
    assert (answer.status_code, winnow.sent) == (409, [])
    assert "Say which law, contract or person requires it." in answer.text
    (field,) = re.findall(r'<input id="authority"[^>]*>', answer.text)
    assert all(word in field for word in ("autofocus", 'aria-invalid="true"'))
    assert answer.text.count(" autofocus") == 1
    assert ">It must.</textarea>" in answer.text


@pytest.mark.parametrize(
    ("kind", "values"),
    [
        ("DUPLICATE", [f"resources/{letter}" for letter in LETTERS]),
        ("OUTDATED", ["dead_link"]),  # hard evidence is not to be doubted here
        ("PROGRAM", []),
    ],
)
async def test_what_can_be_wrong_is_offered(kind: str, values: list[str]) -> None:
    claims = ("dead_link", "expired") if kind == "OUTDATED" else ()
    async with Winnow(suggestion(kind, claims=claims)).browser() as browser:
        text = (await browser.get(f"/review/{ID}")).text
    assert re.findall(r'name="wrong" value="([^"]*)"', text) == values
    assert text.count('name="about"') == len(LETTERS)
    assert ('name="audience"' in text) == (kind != "OUTDATED")
    assert 'name="authority"' in text


async def test_an_undo_says_why_and_is_asked_about_what_was_edited_since() -> None:
    found: Json = {**suggestion("DUPLICATE"), "state": "APPLIED", "mayUndo": True}
    edited = [
        UndoConflict(target="resources/b", field="lifecycle", before="PUBLISHED", now="UNLISTED"),
        UndoConflict(target="resources/b", field="successor", before="", now="c"),
    ]
    winnow = Winnow(found)
    async with winnow.browser() as browser:
        page = (await browser.get(f"/review/{ID}")).text
        assert 'name="reason" value="was_wrong"' in page
        winnow.refuses = FailedPrecondition("UNDO_CONFLICT", "Edited since.", details=edited)
        sent = {"reason": "was_wrong", "words": "left behind", "request_id": "r"}
        answer = await browser.post(f"/review/{ID}/undo", data=sent)
        assert answer.status_code == 409
        (form,) = re.findall(r'<form[^>]*aria-labelledby="undo-asks">.*?</form>', answer.text, re.DOTALL)
        text = " ".join(html.unescape(re.sub(r"<[^>]+>", " ", form)).split())
        assert (
            "Title b · Whether learners find it Put back: Open to learners Leave as it is now: Not listed"
            in text
        )
        assert "Title b · Replaced by Put back: nothing Leave as it is now: Title c" in text
        assert "resources/" not in text

        said = {"target": ["resources/b"] * 2, "field": ["lifecycle", "successor"], "reason": "was_wrong"}
        winnow.refuses = FailedPrecondition("UNDO_CONFLICT", "Edited since.", details=edited[1:])
        half = await browser.post(f"/review/{ID}/undo", data={**said, "choice-0": "keep"})
        assert '<input type="hidden" name="choice-0" value="keep">' in half.text, "what is answered stays so"
        assert 'name="choice-1" value="restore" required' in half.text

        winnow.refuses = None
        done = await browser.post(
            f"/review/{ID}/undo", data={**said, "choice-0": "keep", "choice-1": "restore"}
        )
    assert done.status_code == 303
    chosen = [("lifecycle", "keep"), ("successor", "restore")]
    (last,) = winnow.sent
    assert last["reason"] == "was_wrong"
    assert [(each["field"], each["choice"]) for each in last["answers"]] == chosen
    assert {each["target"] for each in last["answers"]} == {"resources/b"}


@pytest.mark.parametrize("may", ["mayUndo", "mayRevoke", "mayObject", "mayReopen", None])
async def test_only_what_the_api_says_the_reader_may_is_offered(may: str | None) -> None:
    state = {"mayUndo": "APPLIED", "mayReopen": "REJECTED"}.get(may or "", "SCHEDULED")
    found: Json = {**suggestion("DUPLICATE"), "state": state, "maySuppress": False}
    if may:
        found[may] = True
    async with Winnow(found).browser() as browser:
        text = (await browser.get(f"/review/{ID}")).text
    ways = {"mayUndo": "undo", "mayRevoke": "undo", "mayObject": "object", "mayReopen": "reopen"}
    actions = set(re.findall(rf'action="/review/{ID}/(undo|object|reopen)\?', text))
    assert actions == ({ways[may]} if may else set())


@pytest.mark.parametrize("may", [True, False])
async def test_keeping_away_is_offered_to_whom_it_is_open(may: bool) -> None:
    async with Winnow({**suggestion("DUPLICATE"), "maySuppress": may}).browser() as browser:
        assert ("/keep-away" in (await browser.get(f"/review/{ID}")).text) is may


@pytest.mark.parametrize(
    ("plan", "says"),
    [
        ({"safeguards": [{"text": "It is mandatory.", "remedy": "Replace it.", "edit": ""}]}, "Replace it."),
        ({"simulation": {"loseCredit": "5", "newlyOverdue": "0"}}, "5 would lose credit"),
    ],
)
async def test_what_cannot_be_accepted_has_no_accept_and_says_what_would_help(plan: Json, says: str) -> None:
    found = suggestion("DUPLICATE")
    found["plan"] |= plan
    if "simulation" in plan:
        found["plan"]["simulation"] |= {"sumsOnly": False, "enrolments": "9", "minutesSaved": 0}
    async with Winnow(found).browser() as browser:
        text = (await browser.get(f"/review/{ID}")).text
    assert 'data-key="a"' not in text
    assert says in text
    assert 'href="#safeguards"' in text
    assert 'id="decide" hidden>' in text, "another choice can be made all the same"
    assert f'action="/review/{ID}/reject' in text


async def test_a_change_that_was_left_out_is_offered_unticked_and_taken_in_again() -> None:
    found = suggestion("PROGRAM")
    found["edits"] = {"droppedChanges": ["item_insert.p.c"]}
    winnow = Several(found)
    winnow.resources = {"resources/c": {"name": "resources/c", "title": "Title c", "objectives": []}}
    async with winnow.browser() as browser:
        text = (await browser.get(f"/review/{ID}")).text
        assert "Adding it is left out" in text
        assert re.findall(r'name="use"[^>]*>', text) == ['name="use" form="decide" value="item_insert.p.c">']
        assert re.findall(r'name="dropped"[^>]*>', text) == [
            'name="dropped" form="decide" value="item_insert.p.c">'
        ]
        ticked = {"revision": "3", "dropped": "item_insert.p.c", "use": "item_insert.p.c"}
        for verb in ("edit", "accept"):  # what is ticked anew is looked at before it is accepted
            await browser.post(f"/review/{ID}/{verb}", data=ticked)
            assert winnow.sent.pop()["restoreChanges"] == ["item_insert.p.c"]
        await browser.post(f"/review/{ID}/accept", data={**ticked, "use": ""})
        assert "restoreChanges" not in winnow.sent.pop()


async def test_in_a_family_of_translations_the_first_is_not_compared_with_itself() -> None:
    found: Json = {**suggestion("DUPLICATE"), "relation": "TRANSLATED"}
    for member in found["members"]:
        member["survivor"] = False
    async with Winnow(found).browser() as browser:
        text = (await browser.get(f"/review/{ID}")).text
    ticks = re.findall(
        r'<input type="checkbox" name="same" form="decide" value="resources/(\w)" checked', text
    )
    assert ticks == ["b", "c"]
    assert 'type="hidden" name="same" form="decide" value="resources/a"' in text
    assert 'name="keep"' not in text
    assert "Left one out? The proposal is rebuilt" in text
    assert "another copy to keep" not in text


@pytest.mark.parametrize(
    ("today", "until", "comes_back"),
    [
        ("2026-11-24", "week", "2026-12-01T06:00:00Z"),
        ("2026-11-24", "quarter", "2027-01-01T06:00:00Z"),
        ("2027-01-01", "quarter", "2027-04-01T06:00:00Z"),
        ("2027-06-30", "quarter", "2027-07-01T06:00:00Z"),
        ("2026-11-24", "2027-02-03", "2027-02-03T06:00:00Z"),
        ("2026-11-24", "some day", ""),
    ],
)
def test_what_is_put_off_comes_back_on_the_day_it_says(today: str, until: str, comes_back: str) -> None:
    assert snoozed_until(Clock(replaced_today=date.fromisoformat(today)), until) == comes_back


@pytest.mark.parametrize(
    ("sent", "says"),
    [
        ({"until": "day", "day": "2030-02-03", "other": "suggestions/s"}, {"until": "2030-02-03T06:00:00Z"}),
        ({"until": "day", "day": ""}, {}),
        ({"until": "ended", "day": "", "other": "suggestions/s"}, {"event": "suggestions/s"}),
        ({"until": "content_changes", "day": "2030-02-03"}, {"event": "content_changes"}),
    ],
)
async def test_it_is_put_off_until_a_day_or_until_another_has_ended(sent: Json, says: Json) -> None:
    found = suggestion("DUPLICATE")
    winnow = Winnow(found)
    winnow.related = [found, {**suggestion("OUTDATED"), "name": "suggestions/s", "summary": "Another"}]
    async with winnow.browser() as browser:
        text = (await browser.get(f"/review/{ID}")).text
        (select,) = re.findall(r'<select id="other" name="other">(.*?)</select>', text)
        assert select == '<option value="suggestions/s">Another</option>'
        await browser.post(f"/review/{ID}/snooze", data={"revision": "3", **sent})
        (body,) = winnow.sent
        assert {name: body[name] for name in ("until", "event") if name in body} == says
        winnow.related = [found]
        assert 'value="ended"' not in (await browser.get(f"/review/{ID}")).text


async def test_a_day_that_is_refused_stays_in_the_choice_that_is_shown_again() -> None:
    wrong = bad_field("until", "must lie ahead, at most 12 months")
    async with Winnow(suggestion("DUPLICATE"), refuses=wrong).browser() as browser:
        answer = await browser.post(f"/review/{ID}/snooze", data={"until": "day", "day": "2020-02-03"})
    (panel,) = re.findall(r'<section id="snooze".*?</section>', answer.text, re.DOTALL)
    assert "Choose a day after today" in panel
    assert 'name="day" value="2020-02-03"' in panel
    assert re.search(r'value="day" required checked', panel)


async def test_the_history_says_why_and_until_when() -> None:
    winnow = Winnow(suggestion("DUPLICATE"))
    common: Json = {"actor": "noor@example.org", "time": "2026-10-22T09:00:00Z", "comment": ""}
    winnow.log = [
        {**common, "verb": "snooze", "reason": "2026-11-22"},
        {**common, "verb": "snooze", "reason": "content_changes"},
        {**common, "verb": "snooze", "reason": "suggestions/s"},
        {**common, "verb": "reject", "reason": "different_level", "comment": "One is for beginners."},
        {**common, "verb": "assign", "reason": "noor@example.org"},
        {**common, "verb": "wake", "actor": "scheduler", "reason": "in_progress"},
    ]
    async with winnow.browser() as browser:
        text = html.unescape((await browser.get(f"/review/{ID}")).text)
    said = re.findall(r"<li>22 Oct 2026: ([^<]*)</li>", text)
    assert said == [
        "Noor Haddad snoozed it, until 22 Nov 2026",
        "Noor Haddad snoozed it, until the content changes",
        "Noor Haddad snoozed it, until another suggestion is applied or ends",
        "Noor Haddad rejected it: For another level “One is for beginners.”",
        "Noor Haddad assigned it: Noor Haddad",
        "Winnow brought back it",
    ]


async def test_a_plan_waits_for_the_day_that_somebody_names() -> None:
    found = suggestion("DUPLICATE")
    found["plan"]["parts"] = [{**retiring("b"), "fingerprint": "p"}]
    winnow = Winnow(found)
    async with winnow.browser() as browser:
        text = (await browser.get(f"/review/{ID}")).text
        assert re.search(r'type="date" name="apply_date" form="decide" value=""', text)
        assert "It is not applied before" not in text
        named = {"revision": "3", "apply_was": "", "apply_date": "2030-03-04"}
        for verb in ("edit", "accept"):  # another day than the one shown is looked at before it is accepted
            await browser.post(f"/review/{ID}/{verb}", data=named)
            assert winnow.sent.pop()["applyDate"] == {"year": 2030, "month": 3, "day": 4}
        await browser.post(f"/review/{ID}/accept", data={**named, "apply_was": "2030-03-04"})
        assert "applyDate" not in winnow.sent.pop()

        found["edits"] = {"applyTime": "2030-03-04T00:00:00Z"}
        text = (await browser.get(f"/review/{ID}")).text
        assert "It is not applied before 4 Mar 2030." in text
        assert 'name="apply_was" form="decide" value="2030-03-04"' in text
        await browser.post(f"/review/{ID}/edit", data={"apply_was": "2030-03-04", "apply_date": ""})
        today = Clock().today()
        assert winnow.sent.pop()["applyDate"] == {"year": today.year, "month": today.month, "day": today.day}


async def test_where_nobody_owns_it_the_question_leads_to_giving_it_to_somebody() -> None:
    winnow = Winnow(suggestion("DUPLICATE"))
    winnow.refuses = FailedPrecondition("NO_OWNER", "No active person owns it.")
    async with winnow.browser() as browser:
        refused = await browser.post(f"/review/{ID}/ask", data={"question": "Still so?"})
        assert refused.status_code == 409
        assert "Nobody owns it." in refused.text
        (panel,) = re.findall(r'<section id="ask".*?</section>', refused.text, re.DOTALL)
        assert ">Still so?</textarea>" in panel
        (address,) = re.findall(r'<form method="post" action="(/review/[^"]*/give[^"]*)"', panel)
        assert 'type="email" name="person" value=""' in panel
        assert '<option value="noor@example.org">Noor Haddad</option>' in panel

        winnow.refuses = None
        winnow.resources = {"resources/b": {"owner": "noor@example.org", "language": ""}}
        assert 'name="person" value="noor@example.org"' in (await browser.get(f"/review/{ID}")).text
        sent = {"person": " noor@example.org ", "why": "It is hers.", "request_id": "r"}
        answer = await browser.post(html.unescape(address), data=sent)
        assert answer.headers["location"].endswith("#decides")
        assert winnow.sent == [{"assignee": "noor@example.org", "comment": "It is hers.", "requestId": "r"}]
        winnow.found["assignee"] = "noor@example.org"  # who has it is not offered it
        assert 'name="person" value=""' in (await browser.get(f"/review/{ID}")).text
        winnow.found["mayDecide"] = False
        assert 'name="person"' not in (await browser.get(f"/review/{ID}")).text


async def test_a_failed_safeguard_that_an_edit_satisfies_has_a_button_for_it() -> None:
    found = suggestion("DUPLICATE")
    found["plan"]["safeguards"] = [
        {"text": "One is part-way.", "remedy": "Let them finish.", "edit": "finish_on_old"},
        {"text": "Another is, too.", "remedy": "Let them finish.", "edit": "finish_on_old"},
        {"text": "It is required.", "remedy": "Let it move.", "edit": "move_requirements"},
        {"text": "It is on hold.", "remedy": "Lift the hold.", "edit": ""},
    ]
    winnow = Winnow(found)
    async with winnow.browser() as browser:
        text = (await browser.get(f"/review/{ID}")).text
        offered = re.findall(
            r'<button [^>]*form="decide" formaction="([^"]*)" name="(\w+)" value="(\w+)">', text
        )
        assert [value for _, _, value in offered] == ["finish_on_old", "move_requirements"]
        for (address, name, value), said in zip(offered, ("finishOnOld", "moveRequirements"), strict=True):
            answer = await browser.post(html.unescape(address), data={"revision": "3", name: value})
            assert answer.status_code == 303
            assert winnow.sent[-1][said] is True
        winnow.found = {**found, "mayDecide": False}
        assert 'name="remedy"' not in (await browser.get(f"/review/{ID}")).text


@pytest.mark.parametrize("takes", [False, True])
async def test_who_has_said_yes_is_offered_to_take_it_back_and_no_second_yes(takes: bool) -> None:
    yes = {"person": "a@example.org", "part": "resources"}
    found: Json = {**suggestion("DUPLICATE"), "approvals": [yes], "mayAccept": takes, "mayRevoke": True}
    async with Winnow(found).browser() as browser:
        text = (await browser.get(f"/review/{ID}")).text
    assert 'name="way" value="revokeApproval"' in text
    assert "Take my yes back" in text
    assert "You have said yes." in text
    assert ('data-key="a"' in text) is takes, "another part may take a yes still"
    assert "It is for others to accept" not in text


@pytest.mark.parametrize("kind", ["DUPLICATE", "PROGRAM", "OUTDATED"])
@pytest.mark.parametrize("origin", ["today", "checkup:p1", "elsewhere"])
async def test_every_form_says_whence_one_came(kind: str, origin: str) -> None:
    async with Winnow(suggestion(kind)).browser() as browser:
        text = (await browser.get(f"/review/{ID}", params={"from": origin})).text
    actions = [html.unescape(each) for each in re.findall(r'action="(/review/[^"]*)"', text)]
    assert {f"/review/{ID}/{verb}" for verb in ("accept", "reject", "snooze", "ask", "note")} <= {
        each.partition("?")[0] for each in actions
    }
    said = {httpx.URL(each).params.get("from", "") for each in actions}
    assert said == {"" if origin == "elsewhere" else origin}
    leads = {"today": "/review", "checkup:p1": "/programs/p1/checkup"}.get(origin, "/review?whose=all")
    assert f'name="next" value="{leads}"' in text
