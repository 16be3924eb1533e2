"""The audit log is one chain that anyone can follow: what was changed in it afterwards is found where it was.

What an entry says of each method is proved with the method; here that each leaves one, and that it stays as it was.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import psycopg
import pytest

from services.cli.main import main
from tests.integration.catalog.conftest import FIRST_TOKEN, CatalogProcess
from tests.integration.review.conftest import Curator, Reviewer, Team
from tests.integration.review.doors import Doors, doors
from tests.integration.review.test_proposals import course, words
from winnow.catalog.v1 import people_service_pb2 as people
from winnow.review.v1.suggestion_pb2 import Suggestion


@pytest.fixture(scope="module")
def gateway(process: CatalogProcess, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Doors]:
    with doors(process, tmp_path_factory.mktemp("gateway")) as running:
        yield running


def winnow(capsys: pytest.CaptureFixture[str], gateway: Doors, *words_: str, token: str = FIRST_TOKEN) -> Any:
    """What `winnow … --json` prints, with its exit code under "exit"."""
    code = 0
    try:
        main([*words_, "--json", "--url", gateway.http, "--token", token])
    except SystemExit as ended:
        code = int(ended.code or 0)
    return {**json.loads(capsys.readouterr().out), "exit": code}


async def some_history(leader: Reviewer, curator: Curator) -> tuple[Any, Any, Suggestion]:
    kept, copy = await leader.put(course("c1", "One", words("a")), course("c2", "Two", words("a")))
    await curator.propose(curator.duplicate(kept, copy))
    applied = await leader.accept(await leader.only(Suggestion.OPEN), comment="Looks right.")
    assert applied.state == Suggestion.APPLIED
    return kept, copy, applied


TAMPERED = {
    "time": "time + interval '1 microsecond'",
    "person": "'somebody else'",
    "credential": "'another'",
    "role": "'SPECIALIST'",
    "method": "'nothing'",
    "target": "'resources/another'",
    "outcome": "'NOT_ALLOWED'",
    "detail": 'detail || \'{"verb": "reject"}\'',
    "previous": "hash",
    "hash": "previous",
}


async def test_whatever_is_changed_afterwards_is_found_at_its_entry(
    leader: Reviewer,
    curator: Curator,
    catalog: CatalogProcess,
    gateway: Doors,
    capsys: pytest.CaptureFixture[str],
) -> None:
    await some_history(leader, curator)
    whole = winnow(capsys, gateway, "audit", "verify")
    assert (whole["exit"], whole["wrong"]) == (0, [])
    assert whole["entries"] >= 3
    catalog.sql("CREATE TABLE kept AS SELECT * FROM audit WHERE id = 2")
    for column, value in TAMPERED.items():
        catalog.sql(f"UPDATE audit SET {column} = {value} WHERE id = 2")
        broken = winnow(capsys, gateway, "audit", "verify")
        assert broken["exit"] == 1, column
        assert broken["wrong"][0]["entry"] == 2, (column, broken)
        catalog.sql(f"UPDATE audit SET {column} = kept.{column} FROM kept WHERE audit.id = 2")
    catalog.sql("DROP TABLE kept")
    assert winnow(capsys, gateway, "audit", "verify")["wrong"] == []


async def test_a_removed_entry_is_missed_in_the_middle_and_at_the_end(
    leader: Reviewer,
    curator: Curator,
    catalog: CatalogProcess,
    gateway: Doors,
    capsys: pytest.CaptureFixture[str],
) -> None:
    await some_history(leader, curator)
    head = winnow(capsys, gateway, "audit", "verify")["head"]
    catalog.sql("DELETE FROM audit WHERE id = 2")
    (wrong,) = winnow(capsys, gateway, "audit", "verify")["wrong"]
    assert wrong == {"entry": 3, "text": "entries 2 to 2 are missing"}
    catalog.sql("DELETE FROM audit WHERE id > 2")
    last = winnow(capsys, gateway, "audit", "verify")["wrong"][-1]
    assert "missing" in last["text"]
    assert last["entry"] == head["number"]
    # Even whoever rewrites the end meets the head that is in the log.
    catalog.sql("UPDATE audit_head SET (id, hash) = (SELECT id, hash FROM audit ORDER BY id DESC LIMIT 1)")
    assert winnow(capsys, gateway, "audit", "verify")["wrong"] == []
    (kept,) = winnow(capsys, gateway, "audit", "verify", "--head", head["hash"])["wrong"]
    assert head["hash"] in kept["text"]


async def test_the_services_own_login_cannot_change_the_log(catalog: CatalogProcess) -> None:
    statements = (
        "UPDATE audit SET outcome = ''",
        "DELETE FROM audit",
        "UPDATE audit_head SET id = 0",
        "DELETE FROM audit_head",
        "UPDATE audit_documents SET content = ''",
        "ALTER TABLE audit DISABLE TRIGGER audit_chain",
    )
    with psycopg.connect(catalog.database.app, autocommit=True) as connection:
        for statement in statements:
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(statement)


def verified_offline(document: dict[str, Any]) -> dict[int, dict[str, Any]]:
    """Follows an export with nothing of ours, as docs/operations.md describes it; the open entries by number."""
    names = ("number", "time", "person", "credential", "role", "method", "target", "outcome", "detail")
    assert document["format"] == "winnow-audit-1"
    chain, opened = document["chain"], dict[int, dict[str, Any]]()
    last, number = bytes.fromhex(chain["previous"]), None
    for entry in chain["entries"]:
        assert number in (None, entry["number"] - 1), f"before {entry['number']} something is missing"
        number = entry["number"]
        if "digest" in entry:
            digest = bytes.fromhex(entry["digest"])
        else:
            texts = [str(entry[name]).encode() for name in names]
            digest = hashlib.sha256(b"".join(b"%d:%b," % (len(text), text) for text in texts)).digest()
            opened[number] = entry
        last = hashlib.sha256(last + digest).digest()
    assert last.hex() == chain["head"]
    for decision in document["decisions"]:
        entry = opened[int(decision["entry"])]
        assert entry["target"] == decision["suggestion"]
        if decision["document"]:
            shown = hashlib.sha256(decision["document"].encode()).hexdigest()
            assert json.loads(entry["detail"])["document"] == shown
    return opened


async def test_an_export_says_why_a_resource_went_and_proves_it_elsewhere(
    leader: Reviewer,
    curator: Curator,
    gateway: Doors,
    capsys: pytest.CaptureFixture[str],
) -> None:
    kept, copy, applied = await some_history(leader, curator)
    await leader.put(course("c3", "Three", words("c")))
    by_key = winnow(capsys, gateway, "audit", "export", "--resource", "lms/c2")
    by_name = winnow(capsys, gateway, "audit", "export", "--resource", copy.name)
    assert by_key == by_name
    accept, apply = by_key["decisions"]
    assert (accept["verb"], accept["person"], accept["role"], accept["comment"]) == (
        "accept",
        "first@example.org",
        "LEARNING_LEADER",
        "Looks right.",
    )
    assert (apply["verb"], apply["approvedBy"]) == ("apply", ["first@example.org"])
    shown = json.loads(accept["document"])["suggestion"]
    assert shown["evidence"][0]["quote"] == "words"
    learners = json.loads(apply["document"])["learners"]
    assert [(each["resource"], each["inProgress"]) for each in learners] == [(copy.name, "0")]
    assert by_key["resource"]["successor"] == kept.name
    opened = verified_offline(by_key)
    assert {entry["target"] for entry in opened.values()} <= {applied.name, copy.name}
    # What is not of this resource is a link of the chain and tells nothing.
    assert any("digest" in entry for entry in by_key["chain"]["entries"])
    forgeries: tuple[Callable[[Any], object], ...] = (
        lambda export: export["decisions"][0].update(document=accept["document"].replace("words", "lies")),
        lambda export: export["chain"]["entries"][0].update(person="somebody else"),
        lambda export: export["chain"]["entries"].pop(1),
    )
    for forge in forgeries:
        forged = json.loads(json.dumps(by_key))
        forge(forged)
        with pytest.raises(AssertionError):
            verified_offline(forged)


@pytest.mark.parametrize(("inside", "told"), [(6, "6"), (3, "fewer than 5")])
async def test_an_export_says_what_became_of_those_who_were_in_the_middle(
    leader: Reviewer,
    curator: Curator,
    gateway: Doors,
    capsys: pytest.CaptureFixture[str],
    inside: int,
    told: str,
) -> None:
    newer, older = await leader.put(course("c1", "One", words("a")), course("c2", "Two", words("a")))
    month = datetime.now(UTC).date().replace(day=1).isoformat()
    rows = [f"c2,{month},1,1,0,60,learner-{n},in_progress" for n in range(inside)]
    head = "resource,month,enrolled,started,completed,seconds,learner,state"
    await leader.imported("lms", {"engagement.csv": "\n".join((head, *rows)).encode()})
    await curator.propose(curator.duplicate(newer, older, operation="deprecate"))
    applied = await leader.accept(await leader.only(Suggestion.OPEN))
    assert applied.state == Suggestion.APPLIED
    export = winnow(capsys, gateway, "audit", "export", "--resource", "lms/c2")
    (apply,) = [each for each in export["decisions"] if each["verb"] == "apply"]
    (learners,) = json.loads(apply["document"])["learners"]
    assert (learners["resource"], learners["operation"], learners["inProgress"]) == (
        older.name,
        "close_to_new",
        told,
    )
    assert learners["becomes"].startswith("who had started finishes on it")
    verified_offline(export)
    assert "learner-" not in json.dumps(export)


async def test_everyone_reads_their_part_and_can_follow_all_of_it(
    leader: Reviewer,
    curator: Curator,
    team: Team,
    gateway: Doors,
    capsys: pytest.CaptureFixture[str],
) -> None:
    await some_history(leader, curator)
    await team.join("ida@example.org", people.Person.INSTRUCTIONAL_DESIGNER)
    await team.join("adm@example.org", people.Person.ADMINISTRATOR)
    seen: dict[str, set[str]] = {}
    for email in ("ida@example.org", "adm@example.org"):
        token = (await leader("CreateApiToken", people.CreateApiTokenRequest(email=email))).token
        found = winnow(capsys, gateway, "audit", "verify", token=token)
        assert (found["exit"], found["wrong"]) == (0, [])
        assert 0 < found["sealed"] < found["entries"]
        with gateway.client(token) as client:
            page = client.get("/v1/auditEntries", params={"pageSize": 1000}).json()
        seen[email] = {each["method"].split("/")[1] for each in page["entries"] if "/" in each["method"]}
    assert "winnow.catalog.v1.PeopleService" not in seen["ida@example.org"]
    assert "winnow.catalog.v1.CatalogService" in seen["ida@example.org"]
    assert seen["adm@example.org"] == {"winnow.catalog.v1.PeopleService"}


async def test_many_at_once_make_one_line(
    leader: Reviewer, catalog: CatalogProcess, gateway: Doors, capsys: pytest.CaptureFixture[str]
) -> None:
    await asyncio.gather(
        *(leader.put(course(f"m{n}", f"M{n}", words(str(n))), source=f"s{n}") for n in range(20))
    )
    found = winnow(capsys, gateway, "audit", "verify")
    assert found["wrong"] == []
    assert found["entries"] >= 20
