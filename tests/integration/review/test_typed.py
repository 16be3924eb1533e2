"""What somebody typed into a form that is refused stands in the answer, in its field; nothing is asked twice."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator

import pytest

from tests.integration.catalog.conftest import CatalogProcess
from tests.integration.review.conftest import Curator, Reviewer, Team, course, words
from tests.integration.review.doors import Doors, doors
from tests.integration.review.test_forms import Browser
from winnow.catalog.v1 import people_service_pb2 as people
from winnow.review.v1 import review_service_pb2 as api

LEADER, ADMINISTRATOR = people.Person.LEARNING_LEADER, people.Person.ADMINISTRATOR
LONG = "Ladders & “stairs”. " + "x" * 4000


@pytest.fixture(scope="module")
def gateway(process: CatalogProcess, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Doors]:
    with doors(process, tmp_path_factory.mktemp("gateway")) as running:
        yield running


async def at_work(
    leader: Reviewer, curator: Curator, team: Team, gateway: Doors
) -> tuple[Browser, dict[str, str]]:
    """A leader's browser, and the address of each sort of thing: two copies, a program, a task to answer."""
    lea = await team.join("lea@example.org", LEADER, ADMINISTRATOR)
    found = await leader.put(
        *(course(f"c{n}", f"Ladders {n}", words("a"), owner="lea@example.org") for n in (1, 2))
    )
    program = await leader.program("onboarding", found[0])
    await curator.propose(curator.duplicate(*found))
    one = await leader.only()
    await leader("AskOwner", api.AskOwnerRequest(name=one.name, question="Is it still used?"))
    browser = Browser(gateway, lea)
    task = re.search(r'action="(/tasks/[^"?]*/done)', browser.get("/tasks"))
    assert task is not None
    return browser, {
        "suggestion": f"/review/{one.name.removeprefix('suggestions/')}",
        "id": one.name.removeprefix("suggestions/"),
        "seen": f"{one.revision}|{one.fingerprint}",
        "resource": f"/{found[0].name}",
        "program": f"/{program.name}",
        "task": task[1],
    }


@pytest.mark.parametrize(
    ("route", "fields", "kept"),
    [
        ("{suggestion}/note", {"text": LONG}, {"text"}),
        ("{suggestion}/ask", {"question": LONG}, {"question"}),
        (
            "{suggestion}/reject",
            {"reason": "other", "comment": "", "authority": "The harbour", "audience": ["Crew", "Pilots"]},
            {"authority", "audience"},
        ),
        ("{resource}/note", {"text": LONG}, {"text"}),
        ("{resource}/retire", {"reason": LONG, "other": "/resources/none"}, {"reason", "other"}),
        ("{program}/note", {"text": LONG}, {"text"}),
        ("{program}/checkup", {"note": LONG}, {"note"}),
        ("{task}", {"comment": LONG}, {"comment"}),
        ("/people", {"email": "no address", "name": "Olga"}, {"email", "name"}),
        ("/review/bulk", {"verb": "ask", "pick": "{id}|{seen}", "question": LONG}, {"question"}),
    ],
)
async def test_what_was_typed_stands_in_the_answer_of_a_refusal(
    leader: Reviewer,
    curator: Curator,
    team: Team,
    gateway: Doors,
    route: str,
    fields: dict[str, str | list[str]],
    kept: set[str],
) -> None:
    browser, names = await at_work(leader, curator, team, gateway)
    sent = {name: said.format(**names) if isinstance(said, str) else said for name, said in fields.items()}
    answer = browser.client.post(route.format(**names), data=sent)
    assert 400 <= answer.status_code < 500, answer.text
    shown = html.unescape(answer.text)
    for name in kept:
        sent_as = fields[name]
        for said in [sent_as] if isinstance(sent_as, str) else sent_as:
            field = rf'name="{name}"[^>]* value="{re.escape(said)}"|name="{name}"[^>]*>{re.escape(said)}</textarea>'
            assert re.search(field, shown), (name, said[:40])


async def test_the_box_of_a_refusal_that_lacks_its_words_is_open_on_the_page(
    leader: Reviewer, curator: Curator, team: Team, gateway: Doors
) -> None:
    browser, names = await at_work(leader, curator, team, gateway)
    answer = browser.client.post(f"{names['suggestion']}/reject", data={"reason": "other", "comment": " "})
    assert answer.status_code == 409
    (box,) = re.findall(r'<\w+ id="reject" [^>]*>', answer.text)
    assert "popover" not in box
    assert re.search(r'value="other" required checked', answer.text)
    assert re.search(
        r'<textarea id="comment"[^>]* required aria-invalid="true" aria-describedby="wrong-comment" autofocus',
        answer.text,
    )


async def test_a_note_of_the_greatest_length_may_have_lines(
    leader: Reviewer, curator: Curator, team: Team, gateway: Doors
) -> None:
    browser, names = await at_work(leader, curator, team, gateway)
    note = "line\r\n" * 799 + "lines"  # a browser counts 4,000 and sends 4,799
    assert len(note.replace("\r\n", "\n")) == 4000
    assert "line\nline" in browser.send(f"{names['suggestion']}/note", text=note)
