"""Why nothing is shown, as users are told: what review knows first, else which test of the curator failed."""

from __future__ import annotations

from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any, cast

import pytest

from services.curator.analysis.embedding import WordEmbedder
from services.curator.analysis.model import Quiet
from services.curator.answers import RULES, Library
from services.curator.embedding_model import Model
from services.curator.rpc import CurationRpc
from services.kit import identity
from services.kit.errors import InvalidArgument
from services.kit.identity import Caller
from tests.integration.curator.conftest import Curator
from tests.unit.analysis.prose import ALERT, ALERTS, SHEET, SITES
from winnow.curation.v1.curation_service_pb2 import ExplainAbsenceRequest, ExplainAbsenceResponse
from winnow.internal.v1.feed_service_pb2 import ReviewStanding

LADDERS = "Look at the stiles, the rungs and the feet of the ladder before you climb it, and set it on level ground."
TEA = "Boil the water fresh, warm the pot, and give the leaves four minutes before you pour anything at all."


@pytest.fixture(autouse=True)
def reader() -> Iterator[None]:
    identity.bind_caller(Caller("p", 1, read_content=True, method="m", credential=""))
    yield
    identity.bind_caller(None)


async def asked(curator: Curator, a: str, b: str = "") -> ExplainAbsenceResponse:
    unasked: Any = SimpleNamespace()
    library = Library(curator.pool, Model(WordEmbedder), None)
    service = CurationRpc(library, unasked, curator.remote, unasked)
    request = ExplainAbsenceRequest(a=f"resources/{a}", b=f"resources/{b}" if b else "")
    return await service.ExplainAbsence(request, cast("Any", None))


async def test_what_review_knows_comes_before_which_test_failed(curator: Curator) -> None:
    for key, text in (("ladders", LADDERS), ("tea", TEA), ("copy", LADDERS)):
        curator.feed.put(key, text)
    await curator.hear("ladders", "tea", "copy")
    await curator.settle()
    assert (await asked(curator, "ladders", "tea")).outcome == "not_candidate"
    pair = await asked(curator, "ladders", "copy")
    assert (pair.outcome, pair.review_known, len(pair.standings)) == ("proposed", True, 0)

    curator.feed.standings = [
        ReviewStanding(outcome="held", text="suggestions/s is HELD: pacing.", suggestion="suggestions/s")
    ]
    pair = await asked(curator, "ladders", "copy")
    assert (pair.outcome, pair.text) == ("held", "suggestions/s is HELD: pacing.")
    assert [one.suggestion for one in pair.standings] == ["suggestions/s"]
    assert pair.comparison.coverage_a == 1


async def test_the_rule_that_keeps_a_pair_quiet_is_told(curator: Curator) -> None:
    title = "When the {name} alert goes off"
    for number, one in enumerate(ALERTS[:4]):
        curator.feed.put(f"a{number}", ALERT.format(**one), title=title.format(**one))
    for number, one in enumerate(SITES):
        curator.feed.put(f"s{number}", SHEET.format(**one), title=f"Safety at {one['site']}")
    await curator.hear("a0", "a1", "a2", "a3", "s0", "s1", "s2", "s3")
    await curator.settle()
    names, template = await asked(curator, "a0", "a1"), await asked(curator, "s0", "s1")
    assert (names.outcome, template.outcome) == ("names", "template")
    assert RULES[Quiet.NAMES] in names.text
    assert RULES[Quiet.TEMPLATE] in template.text
    # Of one resource, the same is told of its closest other.
    assert RULES[Quiet.NAMES] in (await asked(curator, "a0")).text
    curator.feed.rule_on("a0", "a1", "different_purpose")
    await curator.reader.read_verdicts(["a0", "a1"])
    await curator.settle()
    assert (await asked(curator, "a0", "a1")).outcome == "verdict"


async def test_of_one_resource_the_closest_other_is_named(curator: Curator) -> None:
    for key, text in (("ladders", LADDERS), ("tea", TEA)):
        curator.feed.put(key, text, title=key.title())
    curator.feed.put("empty", "", title="Empty")
    await curator.hear("ladders", "tea", "empty")
    await curator.settle()
    assert (await asked(curator, "ladders")).outcome == "not_found"
    assert (await asked(curator, "empty")).outcome in ("no_text", "proposed")
    assert (await asked(curator, "nothing")).outcome == "unknown_resource"
    with pytest.raises(InvalidArgument):
        await asked(curator, "ladders", "ladders")


async def test_a_catalog_that_does_not_answer_is_said_and_the_rest_is_answered(curator: Curator) -> None:
    curator.feed.put("ladders", LADDERS)
    await curator.hear("ladders")
    await curator.settle()
    curator.feed.standings = None
    answer = await asked(curator, "ladders")
    assert (answer.review_known, answer.outcome) == (False, "not_found")
