"""Two programs beside each other: shared items, aligned passages, and the same subject in other words."""

from __future__ import annotations

import numpy as np

from services.curator.analysis.embedding import Vectors
from services.curator.analysis.model import Document
from services.curator.analysis.programs.overlap import overlap
from services.curator.analysis.programs.paths import ItemFacts, Surroundings
from services.curator.analysis.programs.topics import topic_overlap
from services.curator.analysis.text import segment
from tests.unit.analysis.shorthand import document, program


def unit(number: int, *more: int) -> Vectors:
    row = np.zeros(64, dtype=np.float32)
    row[[number, *more]] = 1
    return np.asarray(row / np.linalg.norm(row), dtype=np.float32)


def text(*stems: str) -> str:
    return " ".join(f"{stem}word" for stem in stems for _ in range(5))


LETTERS = "abcdefgh"
LEFT = [f"l{letter}" for letter in LETTERS]
RIGHT = [f"r{letter}" for letter in LETTERS]
TEXTS = {name: text(*(f"{name}{other}" for other in "uvw")) for name in (*LEFT, *RIGHT)} | {
    name: text("balance", "ledger", name) for name in ("la", "ra")
}
VECTORS = {name: unit(number) for number, name in enumerate((*LEFT, *RIGHT))} | {"ra": unit(0)}


def found(**changed: object) -> list[tuple[str, str]]:
    given: dict[str, object] = {"a": LEFT, "b": RIGHT, "texts": TEXTS, "vectors": VECTORS, **changed}
    return [(topic.a, topic.b) for topic in topic_overlap(**given)]  # type: ignore[arg-type]


def test_a_subject_that_words_and_meaning_both_name_is_found() -> None:
    assert found() == [("la", "ra")]


def test_words_alone_meaning_alone_copies_and_few_items_are_no_topic() -> None:
    assert found(vectors=VECTORS | {"ra": unit(40)}) == []
    assert found(texts=TEXTS | {"ra": text("other", "thing", "here")}) == []
    assert found(same={("la", "ra")}) == []
    assert found(a=LEFT[:7]) == []


def around(*documents: Document, **given: object) -> Surroundings:
    by_id = {one.id: one for one in documents}
    blocks = {one.id: segment(one) for one in documents}
    return Surroundings(by_id, blocks, {}, **given)  # type: ignore[arg-type]


def test_shared_items_and_passages_of_others_are_told_apart() -> None:
    passage = "Ladders stand on level ground and are tied at the top before anybody climbs them at all."
    a = document("a", "Alpha. " * 30)
    x = document("x", f"{passage}\n\n{'Trucks carry pallets here. ' * 9}")
    y = document("y", f"{'Boats cross the river there. ' * 9}\n\n{passage}")
    one, two = program("p", "a", "x"), program("q", "a", "y")
    given = around(a, x, y, facts={"a": ItemFacts(observed=12.0)})
    seen = overlap(one, two, {"p": one, "q": two}, given, {})
    assert seen.shared == (("a", "a"),)
    assert (seen.jaccard, seen.minutes, seen.basis) == (round(1 / 3, 4), 12.0, "measured")
    (aligned,) = seen.passages
    assert (aligned.a.document, aligned.b.document, aligned.match) == ("x", "y", "exact")
    assert aligned.a.text == aligned.b.text == passage
    assert seen.topics == ()
