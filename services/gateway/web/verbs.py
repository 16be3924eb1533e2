"""What the buttons do: one POST a verb, then on to the next suggestion with a receipt."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from urllib.parse import parse_qsl, urlencode, urlsplit

import grpc.aio
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from services.gateway.web import back, dates, taking_back, trouble
from services.gateway.web.api import Api, Json
from services.gateway.web.forms import line, text
from services.gateway.web.receipts import STANDING
from services.gateway.web.suggestion import APART, SuggestionPage
from services.gateway.web.wanted import own_page
from services.gateway.web.words import say
from services.kit.clock import Clock

_SNOOZE_DAYS = {"week": 7, "month": 30}
_REMEDIES = {"finish_on_old": "finishOnOld", "move_requirements": "moveRequirements"}
"""Edits by which a failed safeguard is satisfied, as the API names them there and in its JSON."""
_UNDO_DEPTH = "200"
TAKEN_BACK = frozenset({"undo", "reopen", "revoke"})
"""What the log calls the ways back."""
_DECISIONS = frozenset({"accept", "reject", "snooze"})
_ASIDE = frozenset({"assign", "ask", "apply"})  # an accept that is due is applied in the same breath


@dataclass(frozen=True, slots=True)
class Verbs:
    """`POST /review/{id}/…` and `POST /undo`."""

    api: Api
    pages: SuggestionPage

    async def accept(self, request: Request) -> Response:
        """A yes to what was shown; another choice of what stays is an edit first, to be looked at again."""
        form = await request.form()
        if self._edits(form):
            return await self._edit(request, form)
        return await self._decide(request, form, "accept", _seen(form))

    async def reject(self, request: Request) -> Response:
        """A no with a reason, and with what the reason asks for; what was filled in for another one is left."""
        form = await request.form()
        reason, comment = text(form, "reason"), line(form, "comment")
        body: Json = {**_seen(form), "reason": reason, "comment": comment, "parts": _texts(form, "part")}
        if reason in APART:
            said = zip(_texts(form, "about"), _texts(form, APART[reason]), strict=False)
            body["attributes"] = [
                {"resource": name, "value": value.strip()} for name, value in said if value.strip()
            ]
        elif reason == "required":
            authority = line(form, "authority")
            if not authority:
                missing = say("wrong.authority")
                return await self.pages.shown(
                    request,
                    trouble.Trouble(
                        "refused", 409, say("trouble.refused"), missing, wrong={"authority": missing}
                    ),
                )
            body["comment"] = ": ".join(filter(None, (authority, comment)))
            end = dates.calendar_day(text(form, "hold_end"))
            if end:
                body["holdEnd"] = end
        elif reason == "bad_data":
            body["wrong"] = _texts(form, "wrong")
        return await self._decide(request, form, "reject", body)

    async def still(self, request: Request) -> Response:
        """Confirms that it is still right, which answers the finding, until the day it is to be looked at again."""
        form = await request.form()
        body: Json = {**_seen(form), "reason": "still_accurate"}
        again = dates.calendar_day(text(form, "again"))
        if again:
            body["reviewDate"] = again
        return await self._decide(request, form, "reject", body)

    async def snooze(self, request: Request) -> Response:
        """Puts it off."""
        form = await request.form()
        until = text(form, "until")
        body = _seen(form)
        if until == "ended":
            body["event"] = text(form, "other")
        elif moment := snoozed_until(self.api.clock, text(form, "day") if until == "day" else until):
            body["until"] = moment
        elif until != "day":
            body["event"] = until
        return await self._decide(request, form, "snooze", body)

    async def edit(self, request: Request) -> Response:
        """Rebuilds the proposal around what was chosen, and shows it."""
        return await self._edit(request, await request.form())

    async def reopen(self, request: Request) -> Response:
        """Takes a refusal back."""
        form = await request.form()
        return await self._decide(request, form, "reopen", {"requestId": text(form, "request_id")}, stay=True)

    async def object(self, request: Request) -> Response:
        """Files an objection to an approved plan, which opens it again."""
        form = await request.form()
        body = {"reason": text(form, "reason"), "requestId": text(form, "request_id")}
        return await self._decide(request, form, "object", body, stay=True)

    async def undo(self, request: Request) -> Response:
        """Takes back what stands: an applied plan, a refusal, a snooze, or one's own approval."""
        form = await request.form()
        id_ = request.path_params["id"]
        found = await self.api.get(request, f"/v1/suggestions/{id_}", {})
        verb = taking_back.way_of(form, found)
        body: Json = {"requestId": text(form, "request_id")}
        if verb == "undo":
            body |= {"reason": taking_back.why(form), "answers": taking_back.answers(form)}
        return await self._decide(request, form, verb, body, stay=True)

    async def undo_last(self, request: Request) -> Response:
        """Takes back this person's newest decision that still stands; goes to Activity when there is none.

        Sent twice it takes back one: what this person has taken back since its page was shown is what it did.
        """
        form = await request.form()
        viewer = await self.api.get(request, "/v1/viewer", {})
        log = await self.api.get(request, "/v1/decisions", {"pageSize": _UNDO_DEPTH})
        done = _taken_back_since(log, viewer["person"]["email"], text(form, "shown"))
        if done is not None:
            id_ = done["suggestion"].removeprefix("suggestions/")
            there = "/review/batch/exact" if done["batch"] else f"/review/{id_}?did={id_}"
            return RedirectResponse(there, status_code=303)
        last = _last_standing(log, viewer["person"]["email"])
        if last is None:
            return RedirectResponse("/activity", status_code=303)
        request.path_params["id"] = last["suggestion"].removeprefix("suggestions/")
        if last["batch"]:  # what was decided together goes back together
            return await self._undo_batch(request, last["batch"])
        return await self.undo(request)

    async def _undo_batch(self, request: Request, batch: str) -> Response:
        try:
            await self.api.post(request, f"/v1/{batch}:undo", {})
        except grpc.aio.AioRpcError as error:
            return await self.pages.shown(request, trouble.of(error))
        return RedirectResponse("/review/batch/exact", status_code=303)

    def _edits(self, form: FormData) -> bool:
        kept, was = text(form, "keep"), text(form, "was")
        return bool(kept and kept != was) or any(
            changed(form) for changed in (_left_out, _taken_in, _dropped, _restored, _redated)
        )

    async def _edit(self, request: Request, form: FormData) -> Response:
        kept = text(form, "keep")
        body: Json = {
            **_seen(form),
            "survivor": kept if kept != text(form, "was") else "",
            "leaveOut": _left_out(form),
            "takeIn": _taken_in(form),
            "dropChanges": _dropped(form),
            "restoreChanges": _restored(form),
        }
        if _redated(form):  # today takes an earlier choice back
            today = self.api.clock.today().isoformat()
            body["applyDate"] = dates.calendar_day(text(form, "apply_date") or today)
        remedy = text(form, "remedy")
        if remedy in _REMEDIES:
            body[_REMEDIES[remedy]] = True
        return await self._decide(request, form, "edit", body, stay=True)

    async def _decide(
        self, request: Request, form: FormData, verb: str, body: Json, *, stay: bool = False
    ) -> Response:
        id_ = request.path_params["id"]
        try:
            await self.api.post(request, f"/v1/suggestions/{id_}:{verb}", body)
        except grpc.aio.AioRpcError as error:
            return await self.pages.shown(request, trouble.of(error, verb))
        here = f"/review/{id_}"
        chosen = request.query_params.get("in", "")
        there = here if stay else own_page(text(form, "next"), "/review")
        said = {**({"in": chosen} if chosen else {}), **(back.kept(request) if stay else {})}
        return RedirectResponse(_with(there, did=id_, **said), status_code=303)


def _taken_back_since(log: Json, email: str, shown: str) -> Json | None:
    """The newest decision by which that person took something back after that moment; None where there is none."""
    if not shown:
        return None
    try:
        since = dates.moment(shown)
        return next(
            (
                each
                for each in log["decisions"]
                if each["actor"] == email
                and each["verb"] in TAKEN_BACK
                and dates.moment(each["time"]) > since
            ),
            None,
        )
    except (ValueError, TypeError):  # no moment, or one of no zone: not what this page has sent
        return None


def _last_standing(log: Json, email: str) -> Json | None:
    """Of a page of the log, newest first, the first decision of that person that nobody has taken back or followed."""
    states = {each["suggestion"]: each["state"] for each in log["subjects"]}
    followed: set[str] = set()
    for each in log["decisions"]:
        if "@" not in each["actor"] or each["verb"] in _ASIDE or each["suggestion"] in followed:
            continue  # what follows by itself, and a word in between, take nothing back
        followed.add(each["suggestion"])
        stands = states.get(each["suggestion"]) in (*STANDING, "OPEN")
        if each["actor"] == email and each["verb"] in _DECISIONS and stands:
            return each
    return None


def snoozed_until(clock: Clock, until: str) -> str:
    """The moment, as JSON has it, at which what was put off comes back; empty where that is no day.

    `until` is week, month, quarter (until the first day of the next one) or a day, such as 2026-11-22.
    """
    today = clock.today()
    if until in _SNOOZE_DAYS:
        day = today + timedelta(days=_SNOOZE_DAYS[until])
    elif until == "quarter":
        months = today.year * 12 + (today.month - 1) // 3 * 3 + 3
        day = date(months // 12, months % 12 + 1, 1)
    else:
        try:
            day = date.fromisoformat(until)
        except ValueError:
            return ""
    return datetime.combine(day, time(6), UTC).isoformat().replace("+00:00", "Z")


def _seen(form: FormData) -> Json:
    return {
        "revision": int(text(form, "revision") or 0),
        "fingerprint": text(form, "fingerprint"),
        "requestId": text(form, "request_id"),
    }


def _texts(form: FormData, name: str) -> list[str]:
    return [value for value in form.getlist(name) if isinstance(value, str)]


def _left_out(form: FormData) -> list[str]:
    before = {*_texts(form, "out"), text(form, "keep")}
    return sorted({*_texts(form, "member")} - {*_texts(form, "same")} - before)


def _taken_in(form: FormData) -> list[str]:
    return sorted({*_texts(form, "out")} & {*_texts(form, "same")})


def _dropped(form: FormData) -> list[str]:
    return sorted({*_texts(form, "change")} - {*_texts(form, "use")})


def _restored(form: FormData) -> list[str]:
    return sorted({*_texts(form, "dropped")} & {*_texts(form, "use")})


def _redated(form: FormData) -> bool:
    return text(form, "apply_date") != text(form, "apply_was")


def _with(address: str, **values: str) -> str:
    """The address with these parameters in place of its own of the same names."""
    parts = urlsplit(address)
    query = {**dict(parse_qsl(parts.query)), **values}
    return f"{parts.path}?{urlencode(query)}"
