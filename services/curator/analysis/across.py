"""Documents of different languages by meaning: what is embedded of each, whom it meets, and how clearly."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

import numpy as np

from services.curator.analysis.embedding import Vectors
from services.curator.analysis.model import Block, BlockKind
from services.curator.analysis.text import plain

# Characters. On textbooks the margin tells translations from other sections with F1 0.996, 1.00, 1.00 and 1.00 at
# 250, 400, 800 and 1,500 characters, whose cost rises in step.
OPENING = 400
_LEFT_OUT = frozenset({BlockKind.HEADING, BlockKind.CODE})
_MARKS = str.maketrans(dict.fromkeys("*`|[]", " "))

AROUND = 4  # nearest texts that a margin is taken over: k of Artetxe & Schwenk 2019
NEAREST = AROUND + 1  # that are looked up, because one of them may be the pair's own
# Of these, so many of either side are candidates where the other side also looked the one up: recall 0.98 of the
# listed translations in 26 languages with 35 candidates a resource, 1.00 of those in two with 2 (two families).
_MEETING = 2
# The median cosine of all pairs of texts of two languages, 0.798 and 0.806 in two families: multilingual-e5-small
# squeezes its cosines into some 0.7 to 1.
_USUAL = 0.80
_PRODUCT_ROWS = 512

Near = Mapping[str, Sequence[tuple[str, float]]]


@dataclass(frozen=True, slots=True)
class Resemblance:
    """How alike two texts of different languages are: their cosine, and how far it stands out (1: not at all)."""

    cosine: float
    margin: float


def opening(
    blocks: Sequence[Block], boilerplate: AbstractSet[str] = frozenset(), length: int = OPENING
) -> str:
    """The first `length` characters of a document's own prose; empty where it has none.

    Without headings (a title is no evidence of what follows), code, link targets and markup, which say little
    about meaning and would fill the space of what does.
    """
    said: list[str] = []
    room = length
    for block in own_prose(blocks, boilerplate):
        if room <= 0:
            break
        text = _unmarked(block)
        said.append(text[:room])
        room -= len(text) + 1
    return " ".join(said)


def own_prose(blocks: Sequence[Block], boilerplate: AbstractSet[str] = frozenset()) -> list[Block]:
    """The blocks of prose that say something and are not the catalog's boilerplate (hashes), in order.

    Where one frame stands around many texts, two of them begin alike whatever they are about. A text that is
    boilerplate throughout is one that has many copies, whose prose is its own.
    """
    prose = [block for block in blocks if block.kind not in _LEFT_OUT and _unmarked(block)]
    return [block for block in prose if block.hash not in boilerplate] or prose


def _unmarked(block: Block) -> str:
    return " ".join(plain(block.text).translate(_MARKS).split())


def nearest_across(
    across: Mapping[str, Vectors],
    languages: Mapping[str, str],
    count: int = NEAREST,
    *,
    of: Iterable[str] | None = None,
) -> dict[str, list[tuple[str, float]]]:
    """For each document its `count` nearest of each other language, as (document, cosine), nearest first; exact.

    `across` gives unit vectors by document; a document without one, or whose language is not known (empty), is
    nobody's neighbour. `of` names the documents that are asked for, all where it is None.
    """
    spoken: dict[str, list[str]] = defaultdict(list)
    for name in sorted(across):
        if languages.get(name):
            spoken[languages[name]].append(name)
    asked = set(across if of is None else of)
    found: dict[str, list[tuple[str, float]]] = {}
    matrices = {language: np.stack([across[name] for name in names]) for language, names in spoken.items()}
    for language, names in spoken.items():
        rows = [row for row, name in enumerate(names) if name in asked]
        found |= {names[row]: [] for row in rows}
        for other, others in spoken.items():
            if other == language:
                continue
            for start in range(0, len(rows), _PRODUCT_ROWS):
                part = rows[start : start + _PRODUCT_ROWS]
                products = matrices[language][part] @ matrices[other].T
                best = np.argsort(-products, axis=1, kind="stable")[:, :count]
                for row, columns, cosines in zip(part, best.tolist(), products, strict=True):
                    found[names[row]] += [(others[column], float(cosines[column])) for column in columns]
    for near in found.values():
        near.sort(key=lambda one: (-one[1], one[0]))
    return found


def meetings(near: Near, languages: Mapping[str, str], count: int = _MEETING) -> list[tuple[str, str]]:
    """The pairs worth comparing, each once with the smaller id first, sorted: those that choose each other.

    A pair does so when one is among the `count` nearest that the other has in its language, and the other among
    all that `near` (of `nearest_across`) has of the one.
    """
    known = {(name, other) for name, own in near.items() for other, _ in own}
    chosen = {(name, other) for name, own in near.items() for other in _first(own, languages, count)}
    return sorted({(min(pair), max(pair)) for pair in chosen if (pair[1], pair[0]) in known})


def _first(near: Iterable[tuple[str, float]], languages: Mapping[str, str], count: int) -> Iterable[str]:
    seen: dict[str, int] = defaultdict(int)
    for other, _ in near:
        seen[languages[other]] += 1
        if seen[languages[other]] <= count:
            yield other


def resemblance(
    a: str, b: str, across: Mapping[str, Vectors], near: Near, languages: Mapping[str, str]
) -> Resemblance | None:
    """How alike two documents are; None where one has no vector or was not asked for.

    A cosine alone cannot be read: which values are high differs between texts and languages. The margin is the
    ratio criterion of Artetxe & Schwenk (2019, "Margin-based parallel corpus mining"): the cosine over the mean
    cosine of either side's nearest in the other's language. Here the pair itself is not among these, and where
    a language has too few others the usual cosine stands in for them, so that it also holds for two documents.
    """
    if a not in across or b not in across or a not in near or b not in near:
        return None
    cosine = float(across[a] @ across[b])
    return Resemblance(cosine, margin(a, b, cosine, near, languages, _USUAL))


def margin(
    a: str,
    b: str,
    cosine: float,
    near: Near,
    languages: Mapping[str, str],
    usual: float = 0.0,
    least: float = 0.0,
) -> float:
    """How far the cosine of two documents stands out from those of either's nearest in the other's language.

    `usual` stands in for those that a language has too few documents for; `least` is what they are alike at least.
    """
    around = (_around(near[a], b, languages, usual) + _around(near[b], a, languages, usual)) / 2
    return cosine / max(least, around)


def _around(
    near: Iterable[tuple[str, float]], other: str, languages: Mapping[str, str], usual: float
) -> float:
    beside = [cosine for name, cosine in near if name != other and languages[name] == languages[other]][
        :AROUND
    ]
    return (sum(beside) + usual * (AROUND - len(beside))) / AROUND
