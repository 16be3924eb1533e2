"""Two programs beside each other: what is the same, what is said in the same words, what is the same subject."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from services.curator.analysis.embedding import Vectors
from services.curator.analysis.model import BlockKind, Passage, Program, Quote
from services.curator.analysis.programs.contents import contents
from services.curator.analysis.programs.coverage import block_covers
from services.curator.analysis.programs.paths import Surroundings, mandatory_path
from services.curator.analysis.programs.sharing import total_minutes
from services.curator.analysis.programs.topics import Topic, item_vector, topic_overlap

_PASSAGES = 100


@dataclass(frozen=True, slots=True)
class Overlap:
    """What the mandatory paths of two programs have in common.

    `shared` are pairs (item of the first, item of the second) with the same content, `jaccard` their share of all
    contents; `minutes` those of the shared items, with their basis. `passages` stand in other items, the longest
    first; `topics` are the same subject in other words, and never count as shared.
    """

    shared: tuple[tuple[str, str], ...]
    jaccard: float
    minutes: float
    basis: str
    passages: tuple[Passage, ...]
    topics: tuple[Topic, ...]


def overlap(
    a: Program,
    b: Program,
    programs: Mapping[str, Program],
    around: Surroundings,
    vectors: Mapping[str, Vectors],
) -> Overlap:
    """The overlap of two programs; `vectors` are those of block hashes. FailedPrecondition as `mandatory_path`."""
    left, right = (
        list(dict.fromkeys(place.resource for place in mandatory_path(each, programs))) for each in (a, b)
    )
    same = contents(around)
    there = {same.of(item): item for item in reversed(right)}
    shared = [(item, there[same.of(item)]) for item in left if same.of(item) in there]
    others_a = [item for item in left if same.of(item) not in there]
    names_a = {same.of(item) for item in left}
    others_b = [item for item in right if same.of(item) not in names_a]
    passages, alike = _aligned(others_a, others_b, around)
    by_item = {
        item: vector
        for item in (*others_a, *others_b)
        if (vector := item_vector(around.blocks.get(item, ()), vectors)) is not None
    }
    texts = {
        item: " ".join((document.title, *(part.text for part in document.parts)))
        for item in by_item
        if (document := around.documents.get(item)) is not None
    }
    minutes, basis = total_minutes((item for item, _ in shared), around)
    contents_of_both = names_a | {same.of(item) for item in right}
    return Overlap(
        tuple(shared),
        round(len(names_a & there.keys()) / len(contents_of_both), 4) if contents_of_both else 0.0,
        minutes,
        basis,
        tuple(passages),
        tuple(topic_overlap(others_a, others_b, texts, by_item, alike)),
    )


def _aligned(a: list[str], b: list[str], around: Surroundings) -> tuple[list[Passage], set[tuple[str, str]]]:
    """Passages of items of a that items of b say in the same or nearly the same words, and the pairs of items."""
    blocks = {
        item: [
            block
            for block in around.blocks[item]
            if block.kind is not BlockKind.HEADING and block.hash not in around.boilerplate
        ]
        for item in (*a, *b)
        if item in around.blocks
    }
    covers = block_covers(blocks)
    wanted = set(b)
    found: list[tuple[int, Passage]] = []
    pairs: set[tuple[str, str]] = set()
    for item in a:
        for block, by in zip(blocks.get(item, ()), covers.get(item, ()), strict=True):
            best = max((c for c in by if c.resource in wanted), key=lambda c: c.similarity, default=None)
            if best is None:
                continue
            other = blocks[best.resource][best.block]
            pairs.add((item, best.resource))
            first, second = around.documents[item], around.documents[best.resource]
            passage = Passage(
                Quote(item, first.parts[block.part].location, block.start, block.text),
                Quote(best.resource, second.parts[other.part].location, other.start, other.text),
                "exact" if other.hash == block.hash else "near",
                round(best.similarity, 4),
            )
            found.append((block.words, passage))
    found.sort(key=lambda each: (-each[0], each[1].a.document, each[1].a.start))
    return [passage for _, passage in found[:_PASSAGES]], pairs
