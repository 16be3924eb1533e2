"""What people tell, from the feed to what is proposed: found, kept through edits, withdrawn."""

from __future__ import annotations

from google.type.date_pb2 import Date

from services.curator import postgres as sql
from tests.integration.curator.conftest import TODAY, Curator
from tests.integration.curator.test_curator import GREETING, INVOICES, SAFETY
from winnow.curation.v1.events_pb2 import ProposalWithdrawn, ResourcesClassified
from winnow.curation.v1.proposal_pb2 import Proposal
from winnow.internal.v1.feed_service_pb2 import (
    AnnouncementState,
    DeadLinkState,
    HouseRulesState,
    RetiredTermState,
    RetirementState,
)

FRESH = Date(year=2026, month=6, day=1)
PAYMENTS = AnnouncementState(
    title="Payment runs move to Tuesday",
    phrases=["payment run", "payment file"],
    announced=Date(year=2026, month=6, day=10),
    effective=Date(year=2026, month=7, day=1),
)


async def catalog(curator: Curator) -> None:
    for key, text in (("a", SAFETY), ("b", INVOICES), ("c", GREETING)):
        curator.feed.put(key, text, title=f"Course {key}", kind="course", updated=FRESH)
    await curator.hear("a", "b", "c")
    await curator.settle()
    assert await curator.proposals() == {}


async def quoted(curator: Curator) -> list[str]:
    """The passages that the one proposal quotes; AssertionError where one does not stand at its place."""
    (proposal,) = (await curator.proposals()).values()
    assert (proposal.key, proposal.kind) == ("OUTDATED:b", Proposal.OUTDATED)
    assert [claim.code for claim in proposal.claims] == ["announced_change"]
    assert [one.operation for one in proposal.operations] == ["confirm"]
    found = [item for item in proposal.evidence if item.quote]
    for item in found:
        text = curator.feed.texts[item.resource]
        assert text[item.start : item.start + len(item.quote)] == item.quote
    return [item.quote for item in found]


async def test_an_announcement_asks_for_one_review_until_the_text_no_longer_mentions_it(
    curator: Curator,
) -> None:
    await catalog(curator)
    curator.feed.announce("n1", PAYMENTS)
    await curator.reader.read_told()
    await curator.settle()
    assert await quoted(curator) == [
        "Every invoice is matched with its purchase order and the delivery note before the payment run on Thursday.",
        "The payment file is released by two people, neither of whom entered the invoice.",
    ]
    edited = INVOICES.replace("payment run on Thursday", "run on Tuesday")
    curator.feed.put("b", edited, updated=Date(year=2026, month=6, day=14))
    await curator.hear("b")
    await curator.settle()
    assert await quoted(curator) == [
        "The payment file is released by two people, neither of whom entered the invoice."
    ]
    await curator.events()
    curator.feed.put("b", edited.replace("payment file", "list"))
    await curator.hear("b")
    await curator.settle()
    assert await curator.proposals() == {}
    assert [type(event) for event in await curator.events()] == [ProposalWithdrawn]


async def test_a_review_answers_it(curator: Curator) -> None:
    await catalog(curator)
    curator.feed.announce("n1", PAYMENTS)
    await curator.reader.read_told()
    await curator.settle()
    assert await quoted(curator)
    curator.feed.put("b", reviewed=Date(year=TODAY.year, month=TODAY.month, day=TODAY.day))
    await curator.hear("b")
    await curator.settle()
    assert await curator.proposals() == {}


async def test_closing_it_withdraws_what_it_asked_for(curator: Curator) -> None:
    await catalog(curator)
    curator.feed.announce("n1", PAYMENTS)
    await curator.reader.read_told()
    await curator.settle()
    curator.feed.close("n1")
    await curator.reader.read_told()
    await curator.settle()
    assert await curator.proposals() == {}


async def test_the_sweep_finds_an_announcement_whose_event_was_lost(curator: Curator) -> None:
    await catalog(curator)
    await curator.sweep()
    curator.feed.announce("n1", PAYMENTS)
    assert await curator.sweep() == 1
    await curator.settle()
    assert await quoted(curator)
    assert await curator.sweep() == 0


async def test_an_announcement_told_before_a_text_comes_finds_it_when_it_comes(curator: Curator) -> None:
    curator.feed.announce("n1", PAYMENTS)
    await curator.hear("n1", kind=sql.ANNOUNCEMENTS)
    await curator.settle()
    curator.feed.put("b", INVOICES, title="Course b", kind="course", updated=FRESH)
    await curator.hear("b")
    await curator.settle()
    assert await quoted(curator)


async def test_a_house_rule_finds_what_breaks_it_and_lets_go_when_it_is_lifted(curator: Curator) -> None:
    await catalog(curator)
    retired = RetiredTermState(term="payment run", replacement="payout")
    router = RetirementState(product="Course", version="c", code="C-1", end=Date(year=2026, month=1, day=31))
    curator.feed.put("d", GREETING, title="C-1", kind="course", updated=FRESH)
    await curator.hear("d")
    await curator.settle()
    before = set(await curator.proposals())
    curator.feed.rule(HouseRulesState(retired_vocabulary=[retired], retirements=[router]))
    await curator.reader.read_told()
    await curator.settle()
    found = await curator.proposals()
    assert found.keys() - before == {"OUTDATED:b", "OUTDATED:d"}
    (word,) = found["OUTDATED:b"].claims
    assert (word.code, word.hard) == ("retired_vocabulary", False)
    assert [item.quote for item in found["OUTDATED:b"].evidence if item.quote] == [
        "Every invoice is matched with its purchase order and the delivery note before the payment run on Thursday."
    ]
    (vendor,) = found["OUTDATED:d"].claims
    assert (vendor.code, vendor.hard) == ("vendor_retired", True)
    assert [one.operation for one in found["OUTDATED:d"].operations] == ["deprecate"]
    curator.feed.rule(HouseRulesState())
    await curator.sweep()
    await curator.settle()
    assert set(await curator.proposals()) == before


async def test_dead_links_are_quoted_while_the_house_rule_is_on_and_they_are_dead(curator: Curator) -> None:
    dead = DeadLinkState(
        url="https://zephyr.example/list",
        first_failed=Date(year=2026, month=6, day=2),
        last_failed=Date(year=2026, month=6, day=9),
        reason="It answers 404.",
    )
    text = f"{GREETING}\nThe list is [here]({dead.url}).\n"
    curator.feed.put(
        "c", text, title="Course c", kind="course", updated=FRESH, links=[dead.url], dead_links=[dead]
    )
    await curator.hear("c")
    await curator.settle()
    assert await curator.proposals() == {}
    curator.feed.rule(HouseRulesState(check_links=True))
    await curator.reader.read_told()
    await curator.settle()
    proposals = await curator.proposals()
    assert proposals.keys() == {"OUTDATED:c", "UNUSED:c"}  # a few words and their only link: trivial, too
    assert [claim.code for claim in proposals["OUTDATED:c"].claims] == ["dead_link"]
    assert [item.quote for item in proposals["OUTDATED:c"].evidence if item.quote] == [f"[here]({dead.url})"]
    assert [claim.code for claim in proposals["UNUSED:c"].claims] == ["trivial"]
    curator.feed.rule(HouseRulesState())
    await curator.reader.read_told()
    await curator.settle()
    assert await curator.proposals() == {}
    curator.feed.rule(HouseRulesState(check_links=True))
    await curator.reader.read_told()
    await curator.settle()
    assert (await curator.proposals()).keys() == proposals.keys()
    answers = curator.feed.states[1, "c"]
    del answers.resource.dead_links[:]
    curator.feed.put("c")
    await curator.hear("c")
    await curator.settle()
    assert await curator.proposals() == {}


async def test_how_fast_content_ages_is_told_once_and_again_when_it_reads_otherwise(curator: Curator) -> None:
    async def told() -> list[tuple[str, str]]:
        return [
            (entry.resource, entry.content_class)
            for event in await curator.events()
            if isinstance(event, ResourcesClassified)
            for entry in event.entries
        ]

    curator.feed.put("a", SAFETY, title="Money laundering: what the law asks", updated=FRESH)
    curator.feed.put("b", INVOICES, title="Grammar and vocabulary for physics", updated=FRESH)
    await curator.hear("a", "b")
    await curator.settle()
    assert await told() == [("a", "compliance"), ("b", "evergreen")]
    curator.feed.put("b", INVOICES, title="Grammar and vocabulary for physics, again", updated=FRESH)
    await curator.hear("b")
    await curator.settle()
    assert await told() == []
    curator.feed.put("b", INVOICES, title="Price lists and promotions", updated=FRESH)
    await curator.hear("b")
    await curator.settle()
    assert await told() == [("b", "news")]
