"""From use to a proposal: what the curator says of little use, and how it follows when the use of others moves."""

from __future__ import annotations

from google.type.date_pb2 import Date

from services.curator import postgres as sql
from tests.integration.curator.conftest import Curator
from tests.integration.curator.test_curator import GREETING, INVOICES, SAFETY
from winnow.curation.v1.events_pb2 import ProposalWithdrawn
from winnow.curation.v1.proposal_pb2 import Proposal
from winnow.internal.v1.feed_service_pb2 import ProgramItemState, ProgramState

OTHERS = ("b", "c", "d", "e", "f")
TEXTS = (INVOICES, GREETING, "Alpha. " * 80, "Beta. " * 80, "Gamma. " * 80)


async def used(curator: Curator, starts: int, *keys: str) -> None:
    for key in keys:
        curator.feed.put_use(key, [starts] * 24)
    await curator.hear(*keys, kind=sql.ENGAGEMENT)


async def catalog(curator: Curator) -> None:
    """One course that nobody starts among five that twenty start each month."""
    for key, text in zip(("a", *OTHERS), (SAFETY, *TEXTS), strict=True):
        created = Date(year=2020, month=1, day=1)
        curator.feed.put(key, text, title=f"Course {key}", kind="course", created=created)
    await curator.hear("a", *OTHERS)
    await used(curator, 20, *OTHERS)
    await used(curator, 0, "a")
    await curator.settle()


async def unused(curator: Curator) -> dict[str, Proposal]:
    return {key: one for key, one in (await curator.proposals()).items() if one.kind == Proposal.UNUSED}


async def test_what_nobody_starts_is_proposed_to_be_unlisted(curator: Curator) -> None:
    await catalog(curator)
    (one,) = (await unused(curator)).values()
    assert one.key == "UNUSED:a"
    assert [(each.operation, each.resource) for each in one.operations] == [("unlist", "a")]
    assert [claim.code for claim in one.claims] == ["irrelevant"]
    assert one.score >= 0.70
    assert {each.type for each in one.evidence} == {"started", "expected"}


async def test_use_of_its_peers_alone_makes_and_withdraws_it(curator: Curator) -> None:
    await catalog(curator)
    await curator.events()
    await used(curator, 0, *OTHERS[:4])
    await curator.settle()
    assert await unused(curator) == {}
    gone = [event.key for event in await curator.events() if isinstance(event, ProposalWithdrawn)]
    assert gone == ["UNUSED:a"]
    await used(curator, 30, *OTHERS[:4])
    await curator.settle()
    assert set(await unused(curator)) == {"UNUSED:a"}


async def test_use_that_nobody_counted_is_no_finding(curator: Curator) -> None:
    await catalog(curator)
    curator.feed.remove_use("a")
    await curator.hear("a", kind=sql.ENGAGEMENT)
    await curator.settle()
    assert await unused(curator) == {}


async def test_what_a_program_requires_is_left_alone_and_what_it_offers_is_dropped_there_first(
    curator: Curator,
) -> None:
    await catalog(curator)
    required = ProgramItemState(resource="a", mandatory=True)
    curator.feed.put_program("p", ProgramState(title="Induction", items=[required]))
    await curator.hear("p", kind=sql.PROGRAMS)
    await curator.settle()
    assert await unused(curator) == {}
    offered = ProgramItemState(resource="a", mandatory=False)
    curator.feed.put_program("p", ProgramState(title="Induction", items=[offered]))
    await curator.hear("p", kind=sql.PROGRAMS)
    await curator.settle()
    (one,) = (await unused(curator)).values()
    assert [(each.operation, each.program) for each in one.operations] == [("item_drop", "p"), ("unlist", "")]


async def test_ninety_idle_days_after_it_was_unlisted_it_is_proposed_for_the_archive(
    curator: Curator,
) -> None:
    await catalog(curator)
    curator.feed.put("a", hidden=True, unlisted=Date(year=2026, month=5, day=2))
    await curator.hear("a")
    await curator.settle()
    assert await unused(curator) == {}
    curator.feed.put("a", hidden=True, unlisted=Date(year=2026, month=2, day=27))
    await curator.hear("a")
    await curator.settle()
    (one,) = (await unused(curator)).values()
    assert [(each.operation, each.resource) for each in one.operations] == [("archive", "a")]


async def test_a_copy_that_a_duplicate_finding_retires_makes_no_second_finding(curator: Curator) -> None:
    await catalog(curator)
    curator.feed.put("b", SAFETY)
    await curator.hear("b")
    await curator.settle()
    assert "DUPLICATE:a,b" in await curator.proposals()
    assert await unused(curator) == {}
    curator.feed.put("b", INVOICES)
    await curator.hear("b")
    await curator.settle()
    assert set(await unused(curator)) == {"UNUSED:a"}


async def test_a_program_that_changes_leaves_other_findings_on_its_items_alone(curator: Curator) -> None:
    await catalog(curator)
    curator.feed.put("whole", f"{SAFETY}\n{INVOICES}\n{GREETING}", title="All of it", kind="book")
    item = ProgramItemState(resource="a", mandatory=False)
    curator.feed.put_program("p", ProgramState(title="Induction", items=[item]))
    await curator.hear("whole")
    await curator.hear("p", kind=sql.PROGRAMS)
    await curator.settle()
    before = set(await curator.proposals())
    assert {"UNUSED:a", "DUPLICATE:a,whole"} <= before
    curator.feed.put_program("p", ProgramState(title="First week", items=[item]))
    await curator.hear("p", kind=sql.PROGRAMS)
    await curator.settle()
    assert set(await curator.proposals()) == before
