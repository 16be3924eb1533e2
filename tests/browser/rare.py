"""What the sample has none of, seeded beside it: what nobody starts, a score that is hidden, a rule that waits."""

from __future__ import annotations

import uuid
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, LiteralString

import orjson
import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from services.catalog.usecases.import_batches import GROUP
from tests.browser.decided import LATER
from tests.lessons import lesson, resource
from tests.stack import AS_OF, Json, Stack, eventually

_SOURCE = "sheds"
_SEED = 7600  # of lessons that no other test reads
_PEERS = (
    "Gates",
    "Hoists",
    "Pallets",
    "Lamps",
    "Drains",
    "Cranes",
)  # as many as show what such a course draws
_IDLE = ("Frost", "Cellars")
_YEAR = int(AS_OF[:4])
_MONTHS = [(year, month) for year in (_YEAR - 2, _YEAR - 1, _YEAR) for month in range(1, 13)][5:29]
_DATES = {
    "created": {"year": _YEAR - 5, "month": 3, "day": 1},
    "updated": {"year": _YEAR, "month": 5, "day": 1},  # so new that no review of them is due
}


def unused(stack: Stack) -> tuple[Json, Json]:
    """Two suggestions about what nobody starts, the score of the second hidden; made where there are none."""
    found = _about_use(stack)
    if not found:
        _make(stack)
        found = _about_use(stack)
    plain, hidden = found
    if not hidden["blind"]:
        # By itself one in 20 is, but only of a kind of which 200 have been decided.
        sql(stack, "UPDATE suggestions SET blind = true WHERE id = %s", _id(hidden))
        hidden = stack.get("/v1/" + hidden["name"])
    assert (plain["blind"], hidden["blind"], hidden["confidence"]) == (False, True, 0.0)
    return plain, hidden


@contextmanager
def objection(stack: Stack) -> Generator[str]:
    """Where an owner without an account can object to what an approved plan would do in their program."""
    key = uuid.uuid4().hex[:8]
    seed = int(key, 16)
    new, old = stack.put(
        f"weirs-{key}", *(resource(name, f"Weir {name} {key}", lesson(seed)) for name in ("new", "old"))
    )
    program = {"source": f"weirs-{key}", "key": "p", "title": f"Weirs {key}", "owners": ["olga@example.org"]}
    made = stack.post("/v1/programs:upsert", {**program, "items": [{"resource": old["name"]}]})
    asked = {"kind": "PROGRAM", "operation": "item_replace", "members": [old["name"]], "other": new["name"]}
    filed = stack.post("/v1/suggestions", {**asked, "program": made["name"], "reason": "It was rebuilt."})
    edit = {"revision": filed["revision"], "applyDate": LATER}
    planned = stack.post(f"/v1/{filed['name']}:edit", edit)
    token = stack.winnow("token", "create", "--person", "priya.nair@tarnwickwater.example")["token"]
    seen = {"revision": planned["revision"], "fingerprint": planned["fingerprint"]}
    with stack.client(token) as designer:  # whoever files it may not be the only one to say yes
        designer.post(f"/v1/{filed['name']}:accept", json=seen).raise_for_status()
    assert stack.post(f"/v1/{filed['name']}:accept", seen)["state"] == "SCHEDULED"
    (given,) = stack.post(f"/v1/{filed['name']}:createObjectionLinks", {})["links"]
    yield given["path"]
    if stack.get("/v1/" + filed["name"])["state"] == "SCHEDULED":  # nobody has objected
        stack.post(f"/v1/{filed['name']}:revokeApproval", {})
    stack.post(f"/v1/{filed['name']}:reject", {"reason": "other", "comment": "Only tried."})


def retitled_twice(stack: Stack, key: str, seed: int) -> tuple[Json, Json]:
    """A resource, and the applied suggestion that gave it a title which another has changed since.

    Its titles were, in this order, Quay, Pier and Jetty, each followed by `key`; `seed` is that of its lesson.
    """
    (made,) = stack.put("quays", resource(f"quay-{key}", f"Quay {key}", lesson(seed), language="en"))
    filed: list[Json] = []
    for title in (f"Pier {key}", f"Jetty {key}"):
        asked = {"kind": "OUTDATED", "operation": "set_metadata", "members": [made["name"]]}
        said = {"field": "title", "value": title, "reason": "It has another name."}
        found = stack.post("/v1/suggestions", {**asked, **said})
        seen = {"revision": found["revision"], "fingerprint": found["fingerprint"]}
        filed.append(stack.post(f"/v1/{found['name']}:accept", seen))
    return made, filed[0]


def proposed(stack: Stack) -> str:
    """The name of a rule that asks for a leader's yes; it would hide nothing."""
    waiting = stack.get("/v1/suppressions", states=["PROPOSED"], pageSize=1)["suppressions"]
    if waiting:
        return waiting[0]["name"]
    rule = {"scope": "FILTER", "filter": {"title": "sundial"}, "comment": "Nobody has sundials any more."}
    with stack.client(stack.joined("ida@example.org", "INSTRUCTIONAL_DESIGNER")) as designer:
        answer = designer.post("/v1/suppressions", json={"suppression": rule})
    answer.raise_for_status()
    return answer.json()["suppression"]["name"]


def sql(stack: Stack, statement: LiteralString, *values: Any) -> None:
    """Changes what no method changes, as the owner of the catalog's tables."""
    with psycopg.connect(_owner(stack), autocommit=True) as database:
        changed = database.execute(statement, values).rowcount
    assert changed == 1


@contextmanager
def half_read(stack: Stack, source: str, files: Mapping[str, str]) -> Generator[Json]:
    """An import of these files, in the order of their names, that has read its first group until the block is left."""
    with psycopg.connect(_owner(stack)) as stopped, psycopg.connect(_owner(stack)) as reading:
        reading.execute("SELECT pg_advisory_xact_lock(hashtextextended('reader of ' || %s, 0))", (source,))
        sent = [("files", (name, files[name].encode(), "text/markdown")) for name in sorted(files)]
        answer = stack.api.post("/v1/imports", data={"source": source}, files=sent)
        answer.raise_for_status()
        stopped.execute("SELECT id FROM import_files WHERE path = %s FOR UPDATE", (sorted(files)[GROUP],))
        reading.rollback()
        name = answer.json()["name"]
        assert eventually(lambda: stack.get(f"/v1/{name}")["filesDone"] == GROUP)
        yield answer.json()
        stopped.rollback()


def _owner(stack: Stack) -> str:
    logins = orjson.loads((stack.data / "state.json").read_bytes())["databases"]
    passfile = Path(str(conninfo_to_dict(logins["catalog"])["passfile"])).with_name("catalog_owner.pgpass")
    return make_conninfo(logins["catalog"], user="catalog_owner", passfile=str(passfile))


def _id(suggestion: Json) -> str:
    return suggestion["name"].removeprefix("suggestions/")


def _about_use(stack: Stack) -> list[Json]:
    found = stack.get("/v1/suggestions", pageSize=200, kind="UNUSED", states=["OPEN", "HELD"])["suggestions"]
    ours = [each for each in found if each["members"][0]["source"] == _SOURCE]
    return sorted(ours, key=lambda each: each["members"][0]["externalId"])


def _make(stack: Stack) -> None:
    words = (*_PEERS, *_IDLE)
    stack.put(
        _SOURCE,
        *(
            resource(word.lower(), f"{word} of the sheds", lesson(_SEED + number, 3), **_DATES)
            | {"kind": "shed course", "language": "en"}
            for number, word in enumerate(words)
        ),
    )
    starts = {word: 0 if word in _IDLE else 18 + number for number, word in enumerate(words)}
    rows = [
        {
            "resource": word.lower(),
            "month": {"year": year, "month": month, "day": 1},
            "enrolled": starts[word],
            "started": starts[word],
        }
        for word in words
        for year, month in _MONTHS
    ]
    stack.post("/v1/engagement:record", {"source": _SOURCE, "rows": rows})
    stack.wait()
