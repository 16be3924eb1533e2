"""The curator from event to proposal: what it tells the catalog, what it computes again, and how it heals.

The feed comes from memory and the embedder hashes words; everything between is real.
"""

from __future__ import annotations

import asyncio

import pytest
from google.type.date_pb2 import Date

from services.curator import postgres as sql
from tests.integration.curator.conftest import Curator
from winnow.curation.v1.events_pb2 import ProposalMade, ProposalWithdrawn
from winnow.curation.v1.proposal_pb2 import Proposal

SAFETY = """# Working at height

Before anyone climbs, the ladder is inspected for cracked rungs, loose feet and bent stiles and, if damaged, tagged out.

A harness is worn above two metres and clipped to an anchor that the supervisor has marked as rated for a fall.

Nobody works alone on the upper platform; the second person stays in sight and carries the radio.
"""
INVOICES = """# Paying suppliers

Every invoice is matched with its purchase order and the delivery note before the payment run on Thursday.

Differences of more than fifty euros go back to the buyer, who clears them with the supplier in writing.

The payment file is released by two people, neither of whom entered the invoice.
"""
GREETING = """# Greeting visitors

Visitors are met at the gate, shown the assembly point and given a badge that they return when they leave.

Phones stay switched off in the control room, and photographs need the permission of the shift manager.
"""


async def test_two_copies_become_one_proposal_whose_quotations_stand_where_they_say(curator: Curator) -> None:
    for key, text in (("a", SAFETY), ("b", SAFETY), ("c", INVOICES)):
        curator.feed.put(key, text, title=f"Course {key}", kind="course")
    await curator.hear("a", "b", "c")
    await curator.settle()
    made = [event.proposal for event in await curator.events() if isinstance(event, ProposalMade)]
    (proposal,) = [one for one in made if one.kind == Proposal.DUPLICATE]
    assert proposal.relation == Proposal.IDENTICAL
    assert {member.resource for member in proposal.members} == {"a", "b"}
    assert proposal.score >= 0.7
    quoted = [item for item in proposal.evidence if item.quote]
    assert quoted
    for item in quoted:
        text = curator.feed.texts[item.resource]
        assert text[item.start : item.start + len(item.quote)] == item.quote
        assert item.place == "description"


async def test_sweep_and_event_at_the_same_time_read_each_text_once(curator: Curator) -> None:
    for key, text in (("a", SAFETY), ("b", INVOICES)):
        curator.feed.put(key, text, title=key)
    await asyncio.gather(curator.hear("a", "b"), curator.sweep())
    assert sorted(curator.feed.texts_read) == ["a", "b"]


async def test_the_same_events_twice_change_nothing(curator: Curator) -> None:
    for key, text in (("a", SAFETY), ("b", SAFETY)):
        curator.feed.put(key, text, title=key)
    await curator.hear("a", "b")
    await curator.settle()
    before = await curator.proposals()
    await curator.events()
    await curator.hear("a", "b")
    await curator.hear("b")
    await curator.settle()
    assert await curator.events() == []
    assert await curator.proposals() == before


async def test_a_changed_body_embeds_its_new_blocks_only_and_withdraws_what_no_longer_holds(
    curator: Curator,
) -> None:
    for key, text in (("a", SAFETY), ("b", SAFETY)):
        curator.feed.put(key, text, title=key)
    await curator.hear("a", "b")
    await curator.settle()
    await curator.events()
    before = await curator.counters()
    curator.feed.put("b", INVOICES)
    await curator.hear("b")
    await curator.settle()
    after = await curator.counters()
    assert after["blocks_embedded"] - before["blocks_embedded"] == 3
    assert after["pairs_compared"] - before["pairs_compared"] <= 50 * 3
    withdrawn = [event for event in await curator.events() if isinstance(event, ProposalWithdrawn)]
    assert [event.key for event in withdrawn] == ["DUPLICATE:a,b"]
    assert await curator.proposals() == {}
    async with curator.pool.connection() as connection:
        wanted = await sql.indexable(connection, (await sql.copy(connection)).space)
    assert await curator.index.count() == wanted == 6


async def test_what_a_verdict_withdraws_names_the_pair_and_comes_back_with_its_end(curator: Curator) -> None:
    for key, text in (("a", SAFETY), ("b", SAFETY)):
        curator.feed.put(key, text, title=key)
    await curator.hear("a", "b")
    await curator.settle()
    await curator.events()
    (before,) = (await curator.proposals()).values()
    curator.feed.rule_on("a", "b", "not_same")
    await curator.reader.read_verdicts(["a", "b"])
    await curator.settle()
    (gone,) = await curator.events()
    assert (gone.key, list(gone.apart)) == ("DUPLICATE:a,b", ["a:b"])
    curator.feed.rule_on("a", "b", "")
    await curator.reader.read_verdicts(["a", "b"])
    await curator.settle()
    (back,) = await curator.events()
    assert back.proposal == before


async def test_a_new_title_embeds_nothing_and_is_what_the_proposal_says_next(curator: Curator) -> None:
    for key, text in (("a", SAFETY), ("b", SAFETY)):
        curator.feed.put(key, text, title=f"Old {key}")
    await curator.hear("a", "b")
    await curator.settle()
    before = await curator.counters()
    curator.feed.put("a", title="Ladders and harnesses")
    await curator.hear("a")
    await curator.settle()
    assert (await curator.counters())["blocks_embedded"] == before["blocks_embedded"]
    (proposal,) = (await curator.proposals()).values()
    assert "Ladders and harnesses" in proposal.summary
    assert {member.revision for member in proposal.members} == {2, 3}


async def test_a_group_that_grows_or_shrinks_says_which_finding_goes_on_in_it(curator: Curator) -> None:
    for key in ("a", "b"):
        curator.feed.put(key, SAFETY, title=key)
    curator.feed.put("c", INVOICES, title="c")
    await curator.hear("a", "b", "c")
    await curator.settle()

    async def told() -> dict[str, list[str]]:
        made = [event.proposal for event in await curator.events() if isinstance(event, ProposalMade)]
        return {one.key: list(one.replaces) for one in made}

    assert await told() == {"DUPLICATE:a,b": []}
    curator.feed.put("c", SAFETY)
    await curator.hear("c")
    await curator.settle()
    assert await told() == {"DUPLICATE:a,b,c": ["DUPLICATE:a,b"]}
    curator.feed.put("a", INVOICES)
    await curator.hear("a")
    await curator.settle()
    assert await told() == {"DUPLICATE:b,c": ["DUPLICATE:a,b,c"]}


async def test_swapped_bodies_swap_the_findings(curator: Curator) -> None:
    for key, text in (("a", SAFETY), ("b", SAFETY), ("c", INVOICES)):
        curator.feed.put(key, text, title=key)
    await curator.hear("a", "b", "c")
    await curator.settle()
    assert list(await curator.proposals()) == ["DUPLICATE:a,b"]
    curator.feed.put("b", INVOICES)
    curator.feed.put("c", SAFETY)
    await curator.hear("b", "c")
    await curator.settle()
    assert list(await curator.proposals()) == ["DUPLICATE:a,c"]


async def test_a_removed_resource_takes_its_findings_along(curator: Curator) -> None:
    for key, text in (("a", SAFETY), ("b", SAFETY)):
        curator.feed.put(key, text, title=key)
    await curator.hear("a", "b")
    await curator.settle()
    curator.feed.remove("b")
    await curator.hear("b")
    await curator.settle()
    assert await curator.proposals() == {}
    assert await curator.index.count() == 3  # the copy's blocks are the other's too


async def test_a_review_that_is_due_is_proposed_with_its_date(curator: Curator) -> None:
    curator.feed.put("a", SAFETY, title="a", review_date=Date(year=2026, month=1, day=31))
    curator.feed.put("b", GREETING, title="b", review_date=Date(year=2027, month=1, day=31))
    await curator.hear("a", "b")
    await curator.settle()
    (proposal,) = (await curator.proposals()).values()
    assert proposal.key == "OUTDATED:a"
    assert [claim.code for claim in proposal.claims] == ["review_due"]
    assert [operation.operation for operation in proposal.operations] == ["confirm"]


async def test_what_events_did_not_say_the_sweep_finds(curator: Curator) -> None:
    for key, text in (("a", SAFETY), ("b", SAFETY), ("c", INVOICES), ("d", GREETING)):
        curator.feed.put(key, text, title=key)
    await curator.hear("a")  # the other events are lost
    assert await curator.sweep() == 3
    await curator.settle()
    assert list(await curator.proposals()) == ["DUPLICATE:a,b"]
    assert await curator.sweep() == 0
    async with curator.pool.connection() as connection:
        assert (await sql.copy(connection)).reconciled_revision == curator.feed.revision
    curator.feed.remove("b")
    assert await curator.sweep() == 1
    await curator.settle()
    assert await curator.proposals() == {}


async def test_another_epoch_is_another_catalog(curator: Curator) -> None:
    for key, text in (("a", SAFETY), ("b", SAFETY)):
        curator.feed.put(key, text, title=key)
    await curator.hear("a", "b")
    await curator.settle()
    embedded = (await curator.counters())["blocks_embedded"]
    curator.feed.epoch = "second"
    curator.feed.revision = 0
    curator.feed.states.clear()
    for key, text in (("x", SAFETY), ("y", SAFETY)):
        curator.feed.put(key, text, title=key)
    assert await curator.sweep() == 2
    await curator.settle()
    assert list(await curator.proposals()) == ["DUPLICATE:x,y"]
    # The words are the same, and so are their vectors.
    assert (await curator.counters())["blocks_embedded"] == embedded


async def test_an_emptied_index_finds_nothing_by_meaning_until_its_rebuild_is_released(
    curator: Curator,
) -> None:
    reworded = SAFETY.replace("harness is worn", "belt is worn").replace("cracked rungs", "rungs cracked")
    for key, text in (("a", SAFETY), ("b", INVOICES), ("c", GREETING)):
        curator.feed.put(key, text, title=key)
    await curator.hear("a", "b", "c")
    await curator.settle()
    await curator.index.clear()
    curator.hold.touch()
    await curator.indexer.check()
    assert not await curator.indexer.rebuild_if_stale()
    curator.feed.put("d", reworded, title="d")
    await curator.hear("d")
    await curator.settle()
    assert await curator.meaning_candidates("d") == set()
    curator.hold.unlink()
    assert await curator.indexer.rebuild_if_stale()
    await curator.settle()
    assert "a" in await curator.meaning_candidates("d")


async def test_a_space_that_lacks_vectors_is_filled_from_the_texts(curator: Curator) -> None:
    curator.feed.put("a", SAFETY, title="a")
    await curator.hear("a")
    async with curator.pool.connection() as connection:
        await connection.execute("DELETE FROM vectors")
    await curator.reader.fill_space()
    async with curator.pool.connection() as connection:
        assert await sql.unembedded(connection, curator.space, 10) == []
        assert await sql.indexable(connection, curator.space) == 3


@pytest.mark.parametrize("owed", ["mandatory", "certification"])
async def test_what_learners_owe_is_to_be_updated_when_a_newer_edition_exists(
    curator: Curator, owed: str
) -> None:
    older = f"{SAFETY}\n{GREETING}"
    newer = older.replace("two metres", "one metre and a half").replace(
        "the radio", "a radio that was tested"
    )
    title, updated = "Working at height 2023", Date(year=2023, month=5, day=2)
    curator.feed.put("a", older, title=title, updated=updated, **{owed: True})
    curator.feed.put("b", newer, title="Working at height 2025", updated=Date(year=2025, month=5, day=2))
    await curator.hear("a", "b")
    await curator.settle()
    operations = {
        (operation.operation, operation.resource)
        for proposal in (await curator.proposals()).values()
        for operation in proposal.operations
    }
    assert operations
    assert not [one for one in operations if one[0] in ("archive", "deprecate") and one[1] == "a"]
