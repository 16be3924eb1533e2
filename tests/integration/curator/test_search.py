"""Finding: current resources first, and what has taken the place of what is gone."""

from __future__ import annotations

from services.curator.analysis.embedding import WordEmbedder
from services.curator.answers import Library
from services.curator.embedding_model import Model
from tests.integration.curator.conftest import Curator
from tests.lessons import lesson


async def test_what_is_current_comes_first_and_what_is_gone_leads_to_its_successor(curator: Curator) -> None:
    text = "\n\n".join(lesson(951))
    curator.feed.put("old", text, title="Sluice gates", archived=True, successor="new")
    curator.feed.put("new", "\n\n".join(lesson(952)), title="Controlling the flow")
    curator.feed.put("other", f"{lesson(953)[0]}\n\nAbout gates.", title="Garden gates")
    await curator.hear("old", "new", "other")
    hits, by_meaning = await Library(curator.pool, Model(WordEmbedder), None).search("sluice gates", 10)
    assert not by_meaning
    assert [(hit.resource, hit.current) for hit in hits] == [("other", True), ("new", True), ("old", False)]
    assert [hit.successor for hit in hits] == ["", "", "new"]
    assert [hit.replaced for hit in hits] == [(), ("old",), ()]
