"""What two documents are to each other: measured side by side, judged, and explained."""

from __future__ import annotations

from collections.abc import Mapping

from services.curator.analysis.across import Resemblance, own_prose
from services.curator.analysis.alignment import Alignment, BlockMatch, align
from services.curator.analysis.duplicates import PROPOSED
from services.curator.analysis.editions import direction
from services.curator.analysis.embedding import Vectors
from services.curator.analysis.entries import telling_title
from services.curator.analysis.features import (
    NOTHING_BESIDE,
    Beside,
    Prepared,
    measure,
    prepare,
    shared_runs,
)
from services.curator.analysis.languages import FUNCTION_WORDS
from services.curator.analysis.model import BlockKind, Judgement, Passage, Quote, Reason, Relation
from services.curator.analysis.relation_model import Model, judge
from services.curator.analysis.text import words

_MOST_PASSAGES = 60
_NOTHING_SHARED = 0.01  # of the five-word runs of either side
_LEAST = 0.001
_FEWEST_QUOTED = 4  # words: a shorter block proves nothing
_NO_PROSE = frozenset({BlockKind.HEADING, BlockKind.CODE})


def compare(
    a: Prepared,
    b: Prepared,
    vectors: Mapping[str, Vectors] | None = None,
    model: Model | None = None,
    beside: Beside = NOTHING_BESIDE,
) -> Judgement:
    """The relation of two documents with its probability, evidence and reasons.

    Symmetric: (a, b) and (b, a) give the same judgement, whose own `a` and `b` tell the direction (the smaller id
    is `a` where there is none). `vectors` maps block hashes to unit vectors; without them words alone decide. `model`
    judges instead of the shipped one.
    """
    a, b = sorted((a, b), key=_place)
    runs = shared_runs(a.text, b.text)
    if not _alike(a, b, beside) and _strangers(a, b, runs):
        return _unrelated(*sorted((a.document.id, b.document.id)))
    aligned = align(a.text, b.text, vectors)
    found = measure(a, b, runs, aligned, vectors, beside)
    verdict = judge(found, model)
    first, second = a, b
    reasons = list(verdict.reasons)
    swap = a.document.id > b.document.id
    if verdict.relation is Relation.CONTAINED:
        swap = found.inside_b_is_a
    elif verdict.relation is Relation.REVISED:
        way = direction(a.document, b.document)
        swap = way.older != a.document.id
        reasons.append(way.reason)
    coverage = (aligned.a.meant, aligned.b.meant)
    found_in_one = verdict.probability >= PROPOSED and beside.resemblance is None
    passages = _passages(a, b, aligned, found=found_in_one)
    if verdict.relation is Relation.TRANSLATED and beside.resemblance is not None:
        passages = passages or _openings(a, b, beside.resemblance)
    if swap:
        first, second = b, a
        coverage = (coverage[1], coverage[0])
        passages = tuple(Passage(p.b, p.a, p.match, p.similarity) for p in passages)
    return Judgement(
        first.document.id,
        second.document.id,
        verdict.relation,
        verdict.probability,
        verdict.confidence,
        round(min(1.0, coverage[0]), 4),
        round(min(1.0, coverage[1]), 4),
        passages,
        tuple(reasons),
    )


def _place(side: Prepared) -> tuple[str, str, str]:
    """Which of two comes first rests on their texts: near sentences are matched from the first one's side, and what
    a document is called must change no measure."""
    return side.text.profile.content, side.document.title, side.document.id


def _alike(a: Prepared, b: Prepared, beside: Beside) -> bool:
    """Whether something beside the texts says that they are worth a comparison."""
    title = telling_title(a.document.title)
    return beside.together > 0 or (title is not None and title == telling_title(b.document.title))


def _strangers(a: Prepared, b: Prepared, runs: tuple[float, float]) -> bool:
    """Whether a look at the shared runs of words is enough: most candidates by meaning end here."""
    one, other = a.text.profile.language, b.text.profile.language
    if one and other and one != other:
        return False
    return max(runs) < _NOTHING_SHARED


def _unrelated(a: str, b: str) -> Judgement:
    reason = Reason("runs", 0.0, "They share hardly any run of five words.")
    return Judgement(a, b, Relation.UNRELATED, _LEAST, 1 - _LEAST, 0.0, 0.0, (), (reason,))


def _passages(a: Prepared, b: Prepared, aligned: Alignment, *, found: bool) -> tuple[Passage, ...]:
    """The longest matched blocks, in reading order; quotations are the blocks themselves."""
    told = [
        match
        for match in aligned.blocks
        if min(a.blocks[match.a].words, b.blocks[match.b].words) >= _FEWEST_QUOTED
    ]
    told.sort(key=lambda match: (-match.similarity * a.blocks[match.a].words, match.a))
    kept = sorted(told[:_MOST_PASSAGES] or (_nearest(a, b) if found else []), key=lambda match: match.a)
    return tuple(
        Passage(_quote(a, match.a), _quote(b, match.b), match.match, match.similarity) for match in kept
    )


def _openings(a: Prepared, b: Prepared, resemblance: Resemblance) -> tuple[Passage, ...]:
    """How each of two translations begins, which is what was compared of them; none where one has no prose."""
    one, other = (own_prose(side.blocks, side.boilerplate)[:1] for side in (a, b))
    if not one or not other:
        return ()
    first = a.blocks.index(one[0]), b.blocks.index(other[0])
    return (Passage(_quote(a, first[0]), _quote(b, first[1]), "meaning", round(resemblance.cosine, 4)),)


def _nearest(a: Prepared, b: Prepared) -> list[BlockMatch]:
    """The two blocks with most words in common: what a rewritten page can still be shown by; none without any."""
    best = BlockMatch(0, 0, "near", 0.0)
    said = [
        (number, frozenset(words(block.text)) - FUNCTION_WORDS)
        for number, block in enumerate(b.blocks)
        if block.words >= _FEWEST_QUOTED and block.kind not in _NO_PROSE
    ]
    for number, block in enumerate(a.blocks):
        if block.words < _FEWEST_QUOTED or block.kind in _NO_PROSE:
            continue
        own = frozenset(words(block.text)) - FUNCTION_WORDS
        for other, content in said:
            alike = len(own & content) / max(1, len(own | content))
            if alike > best.similarity:
                best = BlockMatch(number, other, "near", round(alike, 4))
    return [best] if best.similarity else []


def _quote(side: Prepared, number: int) -> Quote:
    block = side.blocks[number]
    return Quote(side.document.id, side.document.parts[block.part].location, block.start, block.text)


__all__ = ["Prepared", "compare", "prepare"]
