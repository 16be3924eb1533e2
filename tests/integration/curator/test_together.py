"""What several programs have in common, proposed and withdrawn as programs and their items move."""

from __future__ import annotations

import pytest

from services.curator import postgres as sql
from services.curator import wire
from services.curator.analysis.embedding import WordEmbedder
from services.curator.answers import Library
from services.curator.embedding_model import Model
from services.kit.errors import NotFound
from tests.integration.curator.conftest import Curator
from tests.unit.analysis.prose import ALERT, ALERTS
from winnow.curation.v1.proposal_pb2 import Proposal
from winnow.internal.v1.feed_service_pb2 import ProgramItemState, ProgramState


async def put(curator: Curator, key: str, *items: str, **more: object) -> None:
    rows = [ProgramItemState(resource=item, mandatory=True) for item in items]
    curator.feed.put_program(key, ProgramState(title=f"Program {key}", items=rows, **more))  # type: ignore[arg-type]
    await curator.hear(key, kind=sql.PROGRAMS)


async def found(curator: Curator) -> dict[str, Proposal]:
    await curator.settle()
    return {key: one for key, one in (await curator.proposals()).items() if one.kind == Proposal.PROGRAM}


async def test_programs_are_merged_share_and_part_again(curator: Curator) -> None:
    for key in "abcdefg":
        text = " ".join(f"{key}{number}" for number in range(100))
        curator.feed.put(key, text, title=f"Course {key}", kind="course", duration_seconds=600)
    await curator.hear(*"abcdefg")
    await put(curator, "p", "a", "b", "c", "d")
    await put(curator, "q", "a", "b", "c", "e")
    (merge,) = (await found(curator)).values()
    assert [(each.operation, each.program, each.into) for each in merge.operations] == [
        ("merge_programs", merge.programs[0].program, merge.programs[1].program)
    ]
    assert {each.program for each in merge.programs} == {"p", "q"}
    assert [member.resource for member in merge.members] == ["a", "b", "c"]
    assert (merge.saving_minutes, merge.saving_basis) == (30.0, "estimated")
    # With another item each, 3 of 7 are the same: no merge any more, but a module.
    await put(curator, "p", "a", "b", "c", "d", "f")
    await put(curator, "q", "a", "b", "c", "e", "g")
    (share,) = (await found(curator)).values()
    assert [(each.operation, each.program) for each in share.operations] == [
        ("extract_module", "p"),
        ("extract_module", "q"),
    ]
    assert [member.resource for member in share.members] == ["a", "b", "c"]
    await put(curator, "q", "a", "e", "g")
    assert await found(curator) == {}


async def test_what_programs_share_is_proposed_once_it_has_been_read(curator: Curator) -> None:
    for key in "abcdefg":
        text = " ".join(f"{key}{number}" for number in range(100))
        curator.feed.put(key, text, title=f"Course {key}", kind="course")
    await put(curator, "p", "a", "b", "c", "d", "f")
    await put(curator, "q", "a", "b", "c", "e", "g")
    assert await found(curator) == {}
    await curator.hear(*"abcdefg")
    (share,) = (await found(curator)).values()
    assert [member.resource for member in share.members] == ["a", "b", "c"]


async def test_a_merge_saves_the_minutes_that_learners_take_where_they_are_enough_to_be_told(
    curator: Curator,
) -> None:
    for key in "abcdefxy":
        text = " ".join(f"{key}{number}" for number in range(100))
        curator.feed.put(key, text, title=f"Course {key}", kind="course", duration_seconds=5400)
        curator.feed.put_use(key, [35] * 12, seconds=220)
    await curator.hear(*"abcdefxy")
    await curator.hear(*"abcdefxy", kind=sql.ENGAGEMENT)
    await put(curator, "p", *"abcdefx")
    await put(curator, "q", *"abcdefy")
    (merge,) = (await found(curator)).values()
    assert (merge.saving_minutes, merge.saving_basis, merge.saving_per_learner) == (22.0, "measured", True)
    said = {each.type: each for each in merge.evidence}
    assert said["minutes"].text == "22 minutes are taught in both (measured)."
    assert said["jaccard"].value == 0.75
    # Four learners of one item: the mean would tell how long they took.
    curator.feed.put_use("a", [0] * 11 + [4], seconds=220)
    await curator.hear("a", kind=sql.ENGAGEMENT)
    (merge,) = (await found(curator)).values()
    assert (merge.saving_minutes, merge.saving_basis) == (108.3, "estimated")


async def test_a_program_keeps_pages_of_one_template_and_what_people_called_two_things(
    curator: Curator,
) -> None:
    title = "When the {name} alert goes off"
    for number, one in enumerate(ALERTS[:4]):
        curator.feed.put(f"a{number}", ALERT.format(**one), title=title.format(**one), kind="page")
    told = "\n\nThe dashboard has moved to the new address; bookmark it before your first night on call.\n"
    curator.feed.put("again", ALERT.format(**ALERTS[0]) + told, title=title.format(**ALERTS[0]), kind="page")
    await curator.hear("a0", "a1", "a2", "a3", "again")
    await put(curator, "p", "a0", "a1", "a2", "a3")
    assert await found(curator) == {}
    await put(curator, "p", "a0", "a1", "a2", "a3", "again")
    (drop,) = (await found(curator)).values()
    assert [(each.operation, each.resource) for each in drop.operations] == [("item_drop", "again")]
    curator.feed.rule_on("a0", "again", "different_purpose")
    await curator.reader.read_verdicts(["a0", "again"])
    assert await found(curator) == {}


async def test_of_an_item_that_few_take_no_more_learners_are_spared_than_a_few(curator: Curator) -> None:
    title = "When the {name} alert goes off"
    for number, one in enumerate(ALERTS[:4]):
        curator.feed.put(f"a{number}", ALERT.format(**one), title=title.format(**one), kind="page")
        curator.feed.put_use(f"a{number}", [120] * 12)
    told = "\n\nThe dashboard has moved to the new address; bookmark it before your first night on call.\n"
    curator.feed.put("again", ALERT.format(**ALERTS[0]) + told, title=title.format(**ALERTS[0]), kind="page")
    keys = ("a0", "a1", "a2", "a3", "again")
    await curator.hear(*keys)
    await put(curator, "p", *keys)
    spared: dict[int, str] = {}
    for started in (0, 3, 5, 6):
        curator.feed.put_use("again", [0] * 11 + [started])
        await curator.hear(*keys, kind=sql.ENGAGEMENT)
        (drop,) = (await found(curator)).values()
        spared[started] = next(each.text for each in drop.evidence if each.type == "learners_a_year")
    assert spared == {
        number: f"{learners} learners a year (estimated)."
        for number, learners in {0: 0, 3: 5, 5: 5, 6: 6}.items()
    }


async def test_an_open_objective_offers_the_resource_that_states_it(curator: Curator) -> None:
    text = "The pump room is cleaned every week and the log is signed at once. " * 6
    curator.feed.put("a", text, title="Pump room", kind="course")
    await curator.hear("a")
    await put(curator, "p", "a", objectives=["Report spilled chemicals"])
    (gap,) = (await found(curator)).values()
    assert [(each.operation, each.subject) for each in gap.operations] == [
        ("brief", "Report spilled chemicals")
    ]
    curator.feed.put("b", text, title="Spills", kind="course", objectives=["Report spilled chemicals"])
    await curator.hear("b")
    await put(curator, "p", "a", objectives=["Report spilled chemicals"])
    (gap,) = (await found(curator)).values()
    assert [(each.operation, each.resource) for each in gap.operations] == [("item_insert", "b")]


async def test_a_program_that_nobody_begins_is_retired_where_another_covers_it(curator: Curator) -> None:
    for key in "abc":
        text = " ".join(f"{key}{number}" for number in range(100))
        curator.feed.put(key, text, title=f"Course {key}", kind="course")
    await curator.hear(*"abc")
    await put(curator, "old", "a")
    await put(curator, "new", "a", "b")
    curator.feed.put_use("a", [5] * 6 + [0] * 14)
    curator.feed.put_use("b", [5] * 20)
    await curator.hear("a", "b", kind=sql.ENGAGEMENT)
    assert {one.operations[0].operation for one in (await found(curator)).values()} == set()
    curator.feed.put_use("a", [5] * 5 + [0] * 15)
    await curator.hear("a", kind=sql.ENGAGEMENT)
    await put(curator, "old", "a")
    rows = (await found(curator)).values()
    assert [one.programs[0].program for one in rows if one.operations[0].operation == "archive_program"] == [
        "old"
    ]


async def test_two_programs_are_laid_beside_each_other(curator: Curator) -> None:
    passage = "Ladders stand on level ground and are tied at the top before anybody climbs them at all."
    for key, more in (
        ("a", "Alpha. " * 40),
        ("x", "Trucks carry pallets. " * 20),
        ("y", "Boats cross. " * 30),
    ):
        text = more if key == "a" else f"{more}\n\n{passage}"
        curator.feed.put(key, text, title=f"Course {key}", kind="course", duration_seconds=600)
    await curator.hear("a", "x", "y")
    await put(curator, "p", "a", "x")
    await put(curator, "q", "a", "y")
    await curator.settle()
    found, documents = await Library(curator.pool, Model(WordEmbedder), "").program_overlap("p", "q")
    answer = wire.program_overlap(found, documents)
    assert [(each.a, each.b) for each in answer.shared] == [("resources/a", "resources/a")]
    assert (answer.minutes, answer.basis) == (10.0, "estimated")
    assert [(each.quote, each.counterpart.resource) for each in answer.passages] == [(passage, "resources/y")]
    with pytest.raises(NotFound):
        await Library(curator.pool, Model(WordEmbedder), "").program_overlap("p", "nowhere")
