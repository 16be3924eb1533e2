"""A suggestion in every state that a decision leads to, in a source of its own so that no other test meets them."""

from __future__ import annotations

from datetime import date, timedelta

from tests.lessons import lesson, resource
from tests.stack import AS_OF, Json, Stack, eventually

STATES = ("SNOOZED", "SCHEDULED", "APPLIED", "REJECTED", "UNDONE", "WITHDRAWN")
SOURCE = "yard"
_SEED = 7000  # of lessons that no other test reads
_YEAR = int(AS_OF[:4])  # so new that no review of them is due
_CREATED = {"year": _YEAR - 1, "month": 1, "day": 9}
_NEWER = {"created": _CREATED, "updated": {"year": _YEAR, "month": 2, "day": 2}}
_OLDER = {"created": _CREATED, "updated": {"year": _YEAR - 1, "month": 2, "day": 1}}
_LATER = date.fromisoformat(AS_OF) + timedelta(days=40)
LATER = {"year": _LATER.year, "month": _LATER.month, "day": _LATER.day}
"""A day on which an approved plan is to be applied, as the API has it."""
_WHY = {"reason": "different_audience", "comment": "One is for the yard, the other for the office."}


def decided(stack: Stack) -> dict[str, Json]:
    """The suggestions by their state; made where there are none."""
    if not _pairs(stack):
        _make(stack)
    eventually(lambda: _states(stack) == {state: state for state in STATES})
    assert _states(stack) == {state: state for state in STATES}
    return _pairs(stack)


def lead(stack: Stack, name: str, state: str) -> None:
    """Decides the open suggestion of that name so that it is in that state, the first four of STATES."""
    if state == "SNOOZED":
        _does(stack, name, "snooze", {"until": f"{_LATER}T06:00:00Z"})
    elif state == "REJECTED":
        _does(stack, name, "reject", _WHY)
    else:
        each = stack.get("/v1/" + name)
        copies = [copy for copy in each["members"] if copy["externalId"].endswith("-a")]
        day = LATER if state == "SCHEDULED" else None
        edit = {
            "revision": each["revision"],
            "survivor": copies[0]["resource"] if copies else "",
            "applyDate": day,
        }
        stack.post(f"/v1/{name}:edit", edit)
        _does(stack, name, "accept", {})


def _does(stack: Stack, name: str, verb: str, body: Json) -> None:
    each = stack.get("/v1/" + name)
    seen = {"revision": each["revision"], "fingerprint": each["fingerprint"]}
    stack.post(f"/v1/{name}:{verb}", {**seen, **body})


def _pairs(stack: Stack) -> dict[str, Json]:
    """The suggestion about each pair of copies, by the state that it is meant to be in."""
    return {
        each["members"][0]["externalId"].partition("-")[0]: each
        for each in stack.suggestions("OPEN", "HELD", *STATES)
        if each["kind"] == "DUPLICATE" and each["members"][0]["source"] == SOURCE
    }


def _states(stack: Stack) -> dict[str, str]:
    return {meant: each["state"] for meant, each in _pairs(stack).items()}


def _make(stack: Stack) -> None:
    stack.put(
        SOURCE,
        *(
            resource(f"{state}-{which}", f"{title} no. {number}", lesson(_SEED + number), **dates)
            for number, state in enumerate(STATES, 1)
            for which, title, dates in (("a", "Yard course", _NEWER), ("b", "Yard lesson", _OLDER))
        ),
    )
    stack.wait()
    made = _pairs(stack)
    for state in STATES[:4]:
        lead(stack, made[state]["name"], state)
    # What its source has carried out is taken back as UNDONE.
    lead(stack, made["UNDONE"]["name"], "APPLIED")
    number = STATES.index("UNDONE") + 1
    text, title = lesson(_SEED + number), f"Yard lesson no. {number}"
    stack.put(SOURCE, resource("UNDONE-b", title, text, **_OLDER, visibility="archived"))
    stack.post(f"/v1/{made['UNDONE']['name']}:undo", {"reason": "The crews still open it."})
    # A copy that is another course now takes the finding with it.
    stack.put(SOURCE, resource("WITHDRAWN-b", "Evening course", lesson(_SEED + 500), **_OLDER))
    stack.wait()
