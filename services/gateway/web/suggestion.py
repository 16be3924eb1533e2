"""One suggestion: what was found, what is proposed, why and why not, and the verbs."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta, tzinfo
from itertools import cycle
from typing import Any
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import Response

from services.gateway.web import back, charts, dates, findings, passages, seen, taking_back
from services.gateway.web.api import Api, Json, Query, names_of
from services.gateway.web.called import live_about
from services.gateway.web.frame import Frames
from services.gateway.web.lists import UNDECIDED, Chosen
from services.gateway.web.parts import crosses_ownership, parts
from services.gateway.web.receipts import receipt
from services.gateway.web.rendering import page
from services.gateway.web.review import rows
from services.gateway.web.trouble import Trouble
from services.gateway.web.words import number, say

_COLUMNS = 3
_ROWS = 60
_OF_AN_ITEM = frozenset(
    {"coverage", "copy", "minutes", "better_copy", "objective_open", "could_fill", "filed"}
)
"""Types of evidence that are of one item of a program."""
_BRINGS = frozenset({"item_replace", "item_insert"})
"""Operations whose `other` is an item afterwards."""
_KEPT = ("in", "from", "with")
"""What the address of a suggestion says and its links to itself keep: its list, whence one came, the copy beside A."""
_REASONS_SHOWN = 6
_RELATED = 20  # more would be no choice
_REVIEW_MONTHS = 12  # as the catalog takes where a resource is of no class
_A_YEAR = timedelta(days=365)  # to the day that is named for it, or on which it comes back
_ENOUGH = 30  # ui.md: below that the number stands with “not yet checked”
REASONS: dict[str, tuple[tuple[str, tuple[str, ...]], ...]] = {
    "DUPLICATE": (
        ("different", ("different_audience", "different_level", "different_purpose", "different_language")),
        ("wanted", ("intentional_copy", "used_elsewhere")),
        ("required", ("required",)),
        ("misread", ("not_same", "bad_data")),
        ("other", ("other",)),
    ),
    "OUTDATED": (
        ("correct", ("still_accurate",)),
        ("wanted", ("used_elsewhere", "seasonal")),
        ("required", ("required",)),
        ("misread", ("bad_data",)),
        ("other", ("other",)),
    ),
    "PROGRAM": (
        ("different", ("different_audience", "different_level", "different_purpose")),
        ("wanted", ("intentional_copy", "used_elsewhere")),
        ("required", ("required",)),
        ("misread", ("not_same", "bad_data")),
        ("other", ("other",)),
    ),
}
"""Groups of reasons (behaviour.md §8) that fit each kind; UNUSED takes those of OUTDATED."""
APART = {"different_audience": "audience", "different_language": "language"}
"""Reasons that ask, of each copy, for what tells it apart; the name of the field."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where the suggestion stands in the list it was opened from."""

    number: int
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class SuggestionPage:
    """`/review/{id}`."""

    api: Api
    frames: Frames

    async def show(self, request: Request) -> Response:
        """The suggestion as it is now."""
        return await self.shown(request, None)

    async def shown(self, request: Request, trouble: Trouble | None) -> Response:
        """The same, after a refused decision with what stood in its way."""
        id_ = request.path_params["id"]
        around, found = await asyncio.gather(
            self.frames.around(request, "review"), self.api.get(request, f"/v1/suggestions/{id_}", {})
        )
        chosen = Chosen.of_token(request.query_params.get("in", "")) or Chosen()
        people, done, place, decisions, reliability, counted = await asyncio.gather(
            self.api.people(request),
            receipt(self.api, request, around["email"]),
            self._place(request, chosen, found["name"]),
            self.api.get(request, "/v1/decisions", {"suggestion": found["name"], "pageSize": "20"}),
            self.api.get(request, "/v1/reliability", {}),
            self.api.get(request, "/v1/suggestions:count", {"query": chosen.q}),
        )
        names = names_of(people)
        active = [each for each in people if not each.get("deactivateTime")]
        pro, con = findings.why(found, names)
        programs = [part["id"] for part in found["plan"]["parts"] if part["id"].startswith("programs/")]
        later = findings.named(found["note"]) if found["state"] == "WITHDRAWN" else ""
        view, notes, touched, replaced, first, related = await asyncio.gather(
            self._view(request, found),
            self.api.get(request, f"/v1/suggestions/{id_}/notes", {"pageSize": "200"}),
            self.api.each(request, programs),
            self.api.each(request, [later]),
            self._first(request, found, around["email"]),
            self._related(request, found),
        )
        part_rows = parts(found, touched, around["email"])
        conflicts = trouble.conflicts if trouble else ()
        questions = await taking_back.questions(self.api, request, found, conflicts, names)
        lines = findings.consequences(found, view.get("unknown", ()))
        said = [findings.proposal(found), *(each.text for each in lines if each.material), *pro, *con]
        said += [each["text"] for each in found["claims"]]
        sent = str(around["sent"].get("seen", "")) if trouble else ""
        columns = view.get("columns", [])
        passed = seen.quoted(columns, view.get("stretches", []), sent)
        passed += [each["quote"] for each in view.get("quoted", [])]
        return page(
            view.pop("template"),
            status=trouble.status if trouble else 200,
            **around,
            **view,
            suggestion=found,
            id=id_,
            title=findings.title(found),
            proposal=findings.proposal(found),
            lines=lines,
            seen=seen.written([*said, *passed, *map(seen.column, columns)]),
            fresh=seen.fresh([*said, *passed], sent),
            tasks=findings.tasks(found, names),
            needed=findings.needed(found),
            held=findings.held(found),
            note=findings.note(found),
            harm=findings.harm(found),
            remedies=findings.remedies(found),
            pro=pro,
            pros=_REASONS_SHOWN,
            con=con,
            kind_icon=findings.KIND_ICONS.get(found["kind"], "circle"),
            replaced=list(replaced.values()),
            names=names,
            active=active,
            related=related,
            owner=_owner(found, view["resources"], active),
            history=decisions["decisions"],
            notes=notes["notes"],
            part_rows=part_rows,
            crosses=crosses_ownership(part_rows),
            chosen=chosen,
            place=place,
            next_address=_next(request, place, chosen),
            receipt=done,
            trouble=trouble,
            questions=questions,
            undo_reason=taking_back.why(await request.form()) if questions else "",
            undo_reasons=taking_back.REASONS,
            total=chosen.counted(counted["counts"]),
            calibration=_calibration(found, reliability["kinds"]),
            live=found["state"] in UNDECIDED,
            mine=any(each["person"] == around["email"] for each in found["approvals"]),
            again=_again(found, self.api.clock.today()),
            not_before=_not_before(found, self.api.clock.zone),
            today=dates.iso_day(self.api.clock.today()),
            in_a_year=dates.iso_day(self.api.clock.today() + _A_YEAR),
            tomorrow=dates.iso_day(self.api.clock.today() + timedelta(days=1)),
            reasons=REASONS.get(found["kind"], REASONS["OUTDATED"]),
            apart=APART,
            lettered=list(zip(cycle(findings.LETTERS), findings.ordered(found), strict=False)),
            first_decision=first,
            request_id=str(uuid.uuid4()),
            back=back.in_query(request),
            checkup=back.checkup(request),
        )

    async def _first(self, request: Request, found: Json, email: str) -> bool:
        """Whether that person may decide this and has decided nothing yet."""
        if not found["mayDecide"]:
            return False
        query: Query = {"actor": email, "verbs": ["accept", "reject", "snooze"], "pageSize": "1"}
        return not (await self.api.get(request, "/v1/decisions", query))["decisions"]

    async def _related(self, request: Request, found: Json) -> list[Json]:
        """Other live suggestions about the same resources, for whoever may put this one off until one has ended."""
        if not found["mayDecide"] or found["state"] not in UNDECIDED:
            return []
        about = await live_about(self.api, request, [each["resource"] for each in found["members"]])
        named = {each["name"]: each for some in about.values() for each in some}
        named.pop(found["name"], None)
        return list(named.values())[:_RELATED]

    async def _place(self, request: Request, chosen: Chosen, name: str) -> Place:
        found, after = await rows(self.api, request, chosen)
        ids = [each["name"].removeprefix("suggestions/") for each in found]
        id_ = name.removeprefix("suggestions/")
        if id_ not in ids:
            return Place(0, "", ids[0] if ids else "")
        at = ids.index(id_)
        following = ids[at + 1] if at + 1 < len(ids) else ""
        if not following and after:
            more, _ = await rows(self.api, request, chosen.with_(after=after))
            following = more[0]["name"].removeprefix("suggestions/") if more else ""
        return Place(chosen.before + at + 1, ids[at - 1] if at else "", following)

    async def _view(self, request: Request, found: Json) -> dict[str, Any]:
        if found["kind"] == "DUPLICATE":
            return await self._compare(request, found)
        if found["kind"] == "PROGRAM":
            return await self._streamline(request, found)
        return await self._life_line(request, found)

    async def _compare(self, request: Request, found: Json) -> dict[str, Any]:
        members = findings.ordered(found)
        columns = _columns(request, members)
        names = [each["resource"] for each in columns]
        resources, used = await asyncio.gather(
            self.api.each(request, [each["resource"] for each in members]), self._used_in(request, names)
        )
        finished = await self._finished(request, resources)
        return {
            "template": "compare.html",
            "members": members,
            **_side_by_side(request, found, members, columns),
            "unknown": _without_use(found, finished),
            "facts": _facts(columns, resources, used, finished),
            "resources": resources,
            "can_keep": findings.can_keep(found),
            "kept_because": findings.kept_because(found),
        }

    async def _finished(self, request: Request, resources: Iterable[str]) -> dict[str, str]:
        """How many have finished each in 12 months, in words."""
        told = await self.api.engagement(request, resources)
        return {name: _figure(each.get("completed")) for name, each in told.items()}

    async def _used_in(self, request: Request, resources: Sequence[str]) -> dict[str, list[Json]]:
        asked: Query = {"holding": [name for name in resources if name]}
        programs = (
            await self.api.all(request, "/v1/programs", "programs", asked, most=1000)
            if asked["holding"]
            else []
        )
        return {
            name: [each for each in programs if any(item["resource"] == name for item in each["items"])]
            for name in resources
        }

    async def _life_line(self, request: Request, found: Json) -> dict[str, Any]:
        name = found["members"][0]["resource"] if found["members"] else ""
        resources, used = await asyncio.gather(
            self.api.each(request, [each["resource"] for each in found["members"]]),
            self._used_in(request, [name]),
        )
        resource = resources.get(name)
        engagement = await self.api.get(request, f"/v1/{name}/engagement", {}) if resource else None
        months: list[Json] = engagement["months"] if engagement else []
        marks = charts.marks(resource, found)
        return {
            "template": "lifeline.html",
            "resource": resource,
            "resources": resources,
            "engagement": engagement,
            "quoted": [each for each in found["evidence"] if each["quote"]],
            "used": used.get(name, []),
            "marks": marks,
            "has_curve": charts.told(months),
            "line": charts.life_line(marks, self.api.clock.today(), months),
        }

    async def _streamline(self, request: Request, found: Json) -> dict[str, Any]:
        programs = [part["id"] for part in found["plan"]["parts"] if part["id"].startswith("programs/")]
        left_out = findings.left_out(found)
        known = await self.api.each(request, dict.fromkeys([*programs, *(each.program for each in left_out)]))
        items = [item["resource"] for each in known.values() for item in each["items"]]
        coming = [each["other"] for each in findings.changes(found) if each["operation"] in _BRINGS]
        coming += [each.resource for each in left_out]
        wanted = [*items, *coming, *(member["resource"] for member in found["members"])]
        resources = await self.api.each(request, wanted)
        told = passages.told_of(found)
        members = [each for each in findings.ordered(found) if each["resource"] in told]
        return {
            "template": "streamline.html",
            "one_module": findings.recurs(found),
            "programs": [before_after(each, found, resources) for each in known.values()],
            "resources": resources,
            "quoted": [
                each for each in found["evidence"] if each["quote"] and each["type"] not in passages.ALIGNED
            ],
            **_side_by_side(request, found, members, _columns(request, members)),
        }


def _columns(request: Request, members: Sequence[Json]) -> list[Json]:
    """The members that stand side by side: the one that stays, the one that the address names, and those after."""
    wanted = f"resources/{request.query_params.get('with', '')}"
    named = [each for each in members[1:] if each["resource"] == wanted]
    return [*members[:1], *named, *(each for each in members[1:] if each not in named)][:_COLUMNS]


def _side_by_side(
    request: Request, found: Json, members: Sequence[Json], columns: Sequence[Json]
) -> dict[str, Any]:
    """The passages of these members, all where the address says so, with links to the rest and to other members."""
    order = findings.ordered(found)
    letters = "".join(findings.LETTERS[order.index(each) % len(findings.LETTERS)] for each in columns)
    every = passages.aligned(found, [each["resource"] for each in columns], letters)
    shown = every if request.query_params.get("all") else passages.at_first(every, _ROWS)
    return {
        "columns": columns,
        "letters": letters,
        "stretches": list(passages.stretches(shown)),
        "rows_all": len(every),
        "rows_shown": len(shown),
        "all_address": _here(request, found, all="1") + "#text" if len(shown) < len(every) else "",
        "others": [
            (each, _here(request, found, **{"with": each["resource"].removeprefix("resources/")}, all="1"))
            for each in members
            if each not in columns
        ],
    }


def _here(request: Request, found: Json, **more: str) -> str:
    """The same suggestion with one's place in the list and the copy that one looks at; after a refused form too."""
    kept = {name: request.query_params[name] for name in _KEPT if request.query_params.get(name)}
    return f"/review/{found['name'].removeprefix('suggestions/')}?{urlencode({**kept, **more})}"


def _not_before(found: Json, zone: tzinfo) -> str:
    """The day before which somebody has said it is not applied; empty for none."""
    edits: Json = found.get("edits") or {}
    moment = edits.get("applyTime")
    return dates.moment(moment).astimezone(zone).date().isoformat() if moment else ""


def _owner(found: Json, resources: Mapping[str, Json], active: Sequence[Json]) -> str:
    """The e-mail of who owns the first member that somebody owns and it is not with; empty for nobody."""
    owners = [resources.get(each["resource"], {}).get("owner", "") for each in findings.ordered(found)]
    here = {each["email"] for each in active} - {found["assignee"]}
    return next((each for each in owners if each in here), "")


def _again(found: Json, today: date) -> str:
    """The day on which whoever finds it still right should look again: after the interval of its class."""
    if found["kind"] not in ("OUTDATED", "UNUSED"):
        return ""
    named = [
        int(each["value"]) for each in found["evidence"] if each["type"] == "class" and each["value"] >= 1
    ]
    months = today.month - 1 + (named[0] if named else _REVIEW_MONTHS)
    return date(today.year + months // 12, months % 12 + 1, min(today.day, 28)).isoformat()


def _next(request: Request, place: Place, chosen: Chosen) -> str:
    """Where a decision leads: the next one, or back to the first screen or the check-up for whoever came from there."""
    if back.from_today(request):
        return "/review"
    if back.checkup(request):
        return back.checkup(request)
    return f"/review/{place.after}?in={chosen.token}" if place.after else chosen.address


def _calibration(found: Json, kinds: Sequence[Json]) -> str:
    """How often people agreed at this confidence; how many decided on such ones while they are too few."""
    kind = next((each for each in kinds if each["kind"] == found["kind"]), None)
    if kind is None:
        return ""
    like_it = [each for each in kind["bins"] if each["lower"] <= found["confidence"] <= each["upper"]]
    for each in like_it:
        if each["count"] >= _ENOUGH:
            return say("sure.checked", n=each["count"], right=round(each["count"] * each["shareTrue"]))
    decided = max((int(each["count"]) for each in like_it), default=0)
    return say("sure.unchecked", n=decided, enough=_ENOUGH)


def _figure(told: Json | None) -> str:
    if told is None or (not told["hidden"] and told.get("value") is None):
        return ""
    return say("engagement.hidden") if told["hidden"] else number(told["value"])


def _without_use(found: Json, finished: Mapping[str, str]) -> list[str]:
    """The letters of the copies that go of which nobody has told any use, where of another copy somebody has.

    None where one of them has no letter: some would then be named for all.
    """
    letters = {member["resource"]: letter for letter, member in findings.lettered(found)}
    silent = [name for name in findings.retired(found) if not finished.get(name)]
    if not any(finished.values()) or not all(name in letters for name in silent):
        return []
    return sorted(letters[name] for name in silent)


def _facts(
    columns: Sequence[Json],
    resources: dict[str, Json],
    used: dict[str, list[Json]],
    finished: dict[str, str],
) -> list[dict[str, Any]]:
    """Rows of the comparison: a name, a value a copy, and whether the values differ."""
    found = [resources.get(each["resource"], {}) for each in columns]
    values: list[tuple[str, list[str]]] = [
        ("source", [f"{each['source']}: {each['externalId']}" for each in columns]),
        ("owner", [str(each.get("owner", "")) for each in found]),
        ("updated", [charts.day(each.get("updated")) for each in found]),
        ("completed", [finished.get(each["resource"], "") for each in columns]),
        ("length", [charts.duration(each) for each in found]),
        ("language", [str(each.get("language", "")) for each in found]),
        ("version", [str(each.get("version", "")) for each in found]),
        ("mandatory", ["yes" if each.get("mandatory") else "" for each in found]),
        ("certification", ["yes" if each.get("certification") else "" for each in found]),
        ("accessible_form", ["yes" if each.get("accessibleForm") else "" for each in found]),
        (
            "used_in",
            [", ".join(program["title"] for program in used.get(each["resource"], [])) for each in columns],
        ),
    ]
    return [
        {"name": name, "values": row, "differ": [value != row[0] for value in row]}
        for name, row in values
        if any(row)
    ]


def _because(found: Json, resource: str, *, alone: bool) -> list[str]:
    """What was measured of an item that the plan changes; what names no item is of the one that is changed `alone`."""
    return [
        dates.in_words(each["text"])
        for each in found["evidence"]
        if each["type"] in _OF_AN_ITEM and (each["resource"] == resource or (alone and not each["resource"]))
    ]


def _why(
    found: Json, resource: str, change: Json | None, shared: Collection[str], *, alone: bool
) -> list[str]:
    """The same of an item that the plan changes; of one that several programs hold, that they do."""
    if change:
        return _because(found, resource, alone=alone)
    said = [each["text"] for each in found["evidence"] if each["type"] == findings.RECURS]
    return [dates.in_words(each) for each in said] if resource in shared else []


def _topics(program: Json, afterwards: Sequence[str], resources: dict[str, Json]) -> list[dict[str, Any]]:
    """Each objective of the program with the items of `afterwards` that state it, as the catalog compares them."""
    stating = [
        (resources[name], {_said(text) for text in resources[name].get("objectives", ())})
        for name in afterwards
        if name in resources
    ]
    return [
        {"objective": text, "where": [resource for resource, said in stating if _said(text) in said]}
        for text in program["objectives"]
    ]


def _said(objective: str) -> str:
    return " ".join(objective.casefold().split()).rstrip(".")


def before_after(program: Json, found: Json, resources: dict[str, Json]) -> dict[str, Any]:
    """The program item by item, with what the plan makes of each and what it brings, and the sums."""
    touched = [
        change
        for part in found["plan"]["parts"]
        if part["id"] == program["name"]
        for change in part["changes"]
    ]
    held = {item["resource"] for item in program["items"]}
    left_out = {each.resource: each for each in findings.left_out(found) if each.program == program["name"]}
    shared = {member["resource"] for member in found["members"]} if findings.recurs(found) else set[str]()
    rows_: list[dict[str, Any]] = []
    for item in program["items"]:
        change = next(
            (each for each in touched if item["resource"] and item["resource"].split("/")[1] in each["id"]),
            None,
        )
        stays = item["resource"]
        if change is not None and change["operation"] == "item_drop":
            stays = ""
        elif change is not None and change["operation"] == "item_replace":
            # What takes its place may be an item already, and is one once.
            stays = "" if change["other"] in held else change["other"]
        goes = bool(item["resource"]) and not stays
        rows_.append(
            {
                "title": resources.get(item["resource"], {}).get("title") or item["reference"],
                "resource": item["resource"],
                "seconds": _seconds(resources, item["resource"]),
                "after": _seconds(resources, stays),
                "goes": goes,
                "comes": False,
                "stays": stays,
                "change": change,
                "left_out": None if change else left_out.get(item["resource"]),
                "why": _why(found, item["resource"], change, shared, alone=len(touched) == 1),
                "mandatory": item["mandatory"],
                "recurs": item["resource"] in shared,
            }
        )
    rows_ += [
        {
            "title": resources.get(change["other"], {}).get("title") or change["text"],
            "resource": change["other"],
            "seconds": 0,
            "after": _seconds(resources, change["other"]),
            "goes": False,
            "comes": True,
            "stays": change["other"],
            "change": change,
            "left_out": None,
            "why": _because(found, change["other"], alone=len(touched) == 1),
            "mandatory": False,
            "recurs": False,
        }
        for change in touched
        if change["operation"] == "item_insert" and change["other"] not in held
    ]
    rows_ += [
        {
            "title": resources.get(each.resource, {}).get("title", ""),
            "resource": each.resource,
            "seconds": 0,
            "after": 0,
            "goes": False,
            "comes": True,
            "stays": "",
            "change": None,
            "left_out": each,
            "why": [],
            "mandatory": False,
            "recurs": False,
        }
        for each in left_out.values()
        if each.operation == "item_insert" and each.resource not in held
    ]
    return {
        "program": program,
        "rows": rows_,
        "items_before": len(program["items"]),
        "items_after": sum(1 for row in rows_ if not (row["goes"] or (row["comes"] and row["left_out"]))),
        "topics": _topics(program, [row["stays"] for row in rows_], resources),
        "before": sum(row["seconds"] for row in rows_),
        "after": sum(row["after"] for row in rows_),
    }


def _seconds(resources: dict[str, Json], name: str) -> int:
    return int(resources.get(name, {}).get("durationSeconds", 0))
