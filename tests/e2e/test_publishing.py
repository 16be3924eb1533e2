"""A designer uploads, checks, mends and publishes, and finds it again; nobody is an administrator meanwhile.

Proves the story through the public API. What is taken from below is only that administrators are gone: no method can
remove the last one.
"""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import httpx
import orjson
import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from tests.lessons import lesson, resource
from tests.stack import Json, Stack, eventually


@contextmanager
def no_administrator(stack: Stack) -> Generator[None]:
    """Nobody holds the role."""
    logins = orjson.loads((stack.data / "state.json").read_bytes())["databases"]
    passfile = Path(str(conninfo_to_dict(logins["catalog"])["passfile"])).with_name("catalog_owner.pgpass")
    owner = make_conninfo(logins["catalog"], user="catalog_owner", passfile=str(passfile))
    with psycopg.connect(owner, autocommit=True) as database:
        held = database.execute("SELECT id, roles FROM persons WHERE 'ADMINISTRATOR' = ANY(roles)").fetchall()
        database.execute("UPDATE persons SET roles = array_remove(roles, 'ADMINISTRATOR')")
        yield
        for id_, roles in held:
            database.execute("UPDATE persons SET roles = %s WHERE id = %s", (roles, id_))


def page(title: str, paragraphs: list[str]) -> bytes:
    text = "".join(f"<p>{paragraph}</p>" for paragraph in paragraphs)
    return f'<!DOCTYPE html><html lang="en"><head><title>{title}</title></head><body><h1>{title}</h1>{text}'.encode()


def looked_at(client: httpx.Client, file: str, content: bytes, source: str) -> Json:
    """The import that only looked at a file, ended."""
    begun = client.post(
        "/v1/imports", data={"source": source, "validateOnly": "true"}, files={"file": (file, content)}
    )
    assert begun.is_success, begun.text
    found: Json = {}

    def ended() -> bool:
        found.update(client.get(f"/v1/{begun.json()['name']}").json())
        return "endTime" in found

    assert eventually(ended)
    return found


def test_a_designer_uploads_mends_publishes_and_finds_it_while_nobody_is_an_administrator(
    stack: Stack,
) -> None:
    text = lesson(901)
    (there,) = stack.put("shelf", resource("weir", "Keeping the weir", text))
    designer = stack.person("dana@example.org", "INSTRUCTIONAL_DESIGNER")
    term = {"term": "Lock Office", "replacement": "River Desk"}
    rules = {"requiredFields": ["owner", "description"], "retiredVocabulary": [term]}
    stack.post("/v1/houseRules:set", {"houseRules": rules})
    stack.wait()
    with no_administrator(stack):
        draft_text = [*text[:5], "Ask the Lock Office for the key.", *lesson(902, 1)]
        (draft,) = looked_at(designer, "weir.html", page("Keeping a weir", draft_text), "uploads")["drafts"]
        checked = designer.post("/v1/drafts:check", json={"draft": draft["name"]}).json()
        (near,) = [each for each in checked["nearest"] if each["resource"] == there["name"]]
        assert near["comparison"]["relation"] in ("REVISED", "OVERLAP", "IDENTICAL", "VARIANT")
        assert {near["comparison"]["a"], near["comparison"]["b"]} == {draft["name"], there["name"]}
        assert any(each["quote"] in text for each in near["comparison"]["evidence"])
        assert [(each["rule"], each["field"]) for each in checked["breaks"]] == [
            ("required_field", "description"),
            ("required_field", "owner"),
            ("retired_vocabulary", ""),
        ]
        assert checked["breaks"][2]["evidence"][0]["quote"] == "Ask the Lock Office for the key."

        mended = page("Opening a sluice", ["Ask the River Desk for the key.", *lesson(903)])
        (draft,) = looked_at(designer, "sluice.html", mended, "uploads")["drafts"]
        refused = designer.post(
            f"/v1/{draft['name']}:publish", json={"fields": {"title": "Opening a sluice"}}
        )
        assert refused.status_code == 400
        (info, bad) = refused.json()["error"]["details"]
        assert info["reason"] == "FIELDS_REQUIRED"
        assert [each["field"] for each in bad["fieldViolations"]] == ["fields.description", "fields.owner"]
        assert not stack.get("/v1/resources", source="uploads")["resources"]

        said = {"owner": "dana@example.org", "description": "How to open a sluice."}
        body = {"fields": said, "requestId": "publish-sluice"}
        published = designer.post(f"/v1/{draft['name']}:publish", json=body).json()
        assert (published["owner"], published["lifecycle"]) == ("dana@example.org", "PUBLISHED")
        assert designer.post(f"/v1/{draft['name']}:publish", json=body).json() == published
        assert designer.post("/v1/drafts:check", json={"draft": draft["name"]}).status_code == 404
        stack.wait()
        found = designer.get("/v1/search", params={"query": "open a sluice"}).json()
        assert found["hits"][0]["resource"] == published["name"]
    stack.post("/v1/houseRules:set", {"houseRules": {}})
    stack.wait()
