"""Finding: current resources first, and what has taken the place of what is gone."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

from services.curator.analysis.embedding import WordEmbedder
from services.curator.answers import Library
from services.curator.embedding_model import Model
from services.curator.rpc import CurationRpc
from services.kit import identity
from services.kit.identity import Caller
from tests.integration.curator.conftest import Curator
from tests.lessons import lesson
from winnow.curation.v1.curation_service_pb2 import SearchResourcesRequest


async def test_what_is_current_comes_first_and_what_is_gone_leads_to_its_successor(curator: Curator) -> None:
    text = "\n\n".join(lesson(951))
    curator.feed.put("old", text, title="Sluice gates", archived=True, successor="new")
    curator.feed.put("new", "\n\n".join(lesson(952)), title="Controlling the flow")
    curator.feed.put("other", f"{lesson(953)[0]}\n\nAbout gates.", title="Garden gates")
    await curator.hear("old", "new", "other")
    library = Library(curator.pool, Model(WordEmbedder), None)
    found = await library.search("sluice gates", 10)
    assert not found.by_meaning
    hits = found.hits
    assert [(hit.resource, hit.current) for hit in hits] == [("other", True), ("new", True), ("old", False)]
    assert [hit.successor for hit in hits] == ["", "", "new"]
    assert [hit.replaced for hit in hits] == [(), ("old",), ()]

    # What people still search for is counted: not what answers no better than what is there.
    identity.bind_caller(Caller("p", 1, read_content=True, method="m", credential=""))
    unasked: Any = SimpleNamespace()
    service = CurationRpc(library, unasked, curator.remote, unasked)
    for query in ("sluice", "garden gates", "controlling the flow"):
        await service.SearchResources(SearchResourcesRequest(query=query), cast("Any", None))
    identity.bind_caller(None)
    assert curator.feed.searched == ["old"]


async def test_many_current_ones_leave_room_for_what_is_gone_and_fits_better(curator: Curator) -> None:
    text = "\n\n".join(lesson(954))
    curator.feed.put("old", text, title="Hurricane lamps, as they were", archived=True, successor="new")
    curator.feed.put("older", text, title="Lamps of the past", archived=True)
    curator.feed.put("new", "\n\n".join(lesson(955)), title="Hurricane lamps")
    others = [f"o{number}" for number in range(6)]
    for number, key in enumerate(others):
        curator.feed.put(key, "\n\n".join(lesson(960 + number)), title=f"Lamps of hall {number}")
    await curator.hear("old", "older", "new", *others)
    library = Library(curator.pool, Model(WordEmbedder), None)

    async def first(query: str, limit: int) -> list[str]:
        return [hit.resource for hit in (await library.search(query, limit)).hits]

    assert await first("hurricane lamps", 4) == ["new", "o0", "o1", "old"]
    # Half of an answer at least is of what is current, as far as there is as much.
    assert await first("lamps of the past", 1) == ["o0"]
    assert await first("lamps of the past", 2) == ["o0", "older"]
    assert await first("hurricane lamps", 9) == ["new", *others, "old", "older"]
    assert await first("hurricane lamps", 8) == ["new", *others, "old"]
