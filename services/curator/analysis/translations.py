"""Which translations lag: what their original says now and they do not, and what it no longer says."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from statistics import median

from services.curator.analysis.ageing import DAYS_A_MONTH, changed_on, count, span
from services.curator.analysis.carried import Carried, Place, carried
from services.curator.analysis.model import (
    Block,
    BlockKind,
    Claim,
    Document,
    Judgement,
    Quote,
    Reason,
    Relation,
)
from services.curator.analysis.weights import Linear, shipped

_SURE = 0.40  # confidence from which a pair counts as translated (behaviour §8: what is shown)
_ABOUT_AS_SURE = 0.20  # so much less sure than the surest copy of an original another edition of it may be
_LEAST = 0.10  # below, the two say the same
_ENOUGH_PAIRS = 5  # of one language and its original, for a usual length
_QUOTED, _QUOTED_EXTRA = 6, 2
_FEWEST_ITEMS = 2  # of a section, for it to be missed as a whole
# Added to counts, so that one item of few says little; to letters, so that short texts do not jump.
_DAMP, _DAMP_LETTERS = 5, 50


@dataclass(frozen=True, slots=True)
class Original:
    """What a document was translated from; `usual` is the natural logarithm of how much longer translations into
    its language are, None where too few are known."""

    id: str
    usual: float | None


def originals(
    judgements: Iterable[Judgement], documents: Mapping[str, Document], blocks: Mapping[str, Sequence[Block]]
) -> dict[str, Original]:
    """The original of each translation, by the translation's id.

    Of two languages the original's is the one in which the first of a document and its counterparts was written
    most often, then the one that the catalog has most of. Where nothing tells, there is no original. Of several
    editions of it, it is the one changed last.
    """
    tied: dict[str, list[tuple[str, float]]] = defaultdict(list)
    for one in judgements:
        shown = one.relation is Relation.TRANSLATED and one.confidence >= _SURE
        if shown and one.a in documents and one.b in documents:
            tied[one.a].append((one.b, one.confidence))
            tied[one.b].append((one.a, one.confidence))
    earliest: Counter[str] = Counter()
    for key, others in tied.items():
        dated = [
            (day, _language(documents[one]))
            for one in (key, *(other for other, _ in others))
            if (day := _born(documents[one]))
        ]
        if dated:
            earliest[min(dated)[1]] += 1
    spoken = Counter(_language(document) for document in documents.values())
    found: dict[str, str] = {}
    for key, others in tied.items():
        ranked = {
            other: (_standing(documents[other], earliest, spoken), confidence)
            for other, confidence in others
            if not documents[other].archived and _language(documents[other]) != _language(documents[key])
        }
        own = _standing(documents[key], earliest, spoken)
        above = [other for other, (standing, _) in ranked.items() if standing > own]
        if not above:
            continue
        language = _language(documents[max(above, key=lambda other: (ranked[other], other))])
        copies = [other for other in above if _language(documents[other]) == language]
        surest = max(ranked[other][1] for other in copies)
        found[key] = max(
            (other for other in copies if ranked[other][1] >= surest - _ABOUT_AS_SURE),
            key=lambda other: (changed_on(documents[other]) or date.min, other),
        )
    return _with_lengths(found, documents, blocks)


def behind(
    document: Document,
    blocks: Sequence[Block],
    original: Document,
    original_blocks: Sequence[Block],
    usual: float | None,
    today: date,
    model: Linear | None = None,
) -> Claim | None:
    """The claim that the original of this translation has moved on, quoting what it lacks; None where it keeps up.

    None too where the original is changed after `today` only.
    """
    changed = changed_on(original)
    if changed is not None and changed > today:
        return None
    ours, theirs = carried(blocks), carried(original_blocks)
    measured = drift(ours, theirs, _later(document, original), usual)
    probability = (model or shipped()["translation_behind"]).probability(measured)
    missing = [item for item in theirs.items if item not in ours.items]
    extra = [item for item in ours.items if item not in theirs.items]
    if probability < _LEAST:
        return None
    sections = _missed_sections(original_blocks, theirs, ours)
    quotes = [_quote(original, original_blocks, place) for place in sections]
    quotes += [_quote(original, original_blocks, theirs.items[item]) for item in missing]
    quotes = list(dict.fromkeys(quotes))[:_QUOTED]
    quotes += [_quote(document, blocks, ours.items[item]) for item in extra[:_QUOTED_EXTRA]]
    return Claim(
        "translation_behind",
        document.id,
        round(probability, 4),
        f"“{original.title}” ({original.language or 'its original'}) has moved on: "
        + (
            f"{count(len(missing), 'thing')} of it that a translation keeps {'is' if len(missing) == 1 else 'are'} "
            "missing here."
            if missing
            else "the two are no longer built alike."
        ),
        quotes=tuple(quotes),
        reasons=tuple(_reasons(document, original, measured, missing, extra, len(sections), ours, theirs)),
    )


def drift(ours: Carried, theirs: Carried, days_later: int, usual: float | None) -> dict[str, float]:
    """The measures that the model reads; `days_later` is how long after the translation the original changed.

    Square roots, because the first few things missing say most.
    """
    a, b = set(theirs.items), set(ours.items)
    length = 0.0
    if usual is not None:
        length = abs(_length(ours, theirs) - usual)
    return {
        "missing": math.sqrt(len(a - b) / (len(a) + _DAMP)),
        "extra": math.sqrt(len(b - a) / (len(b) + _DAMP)),
        "blocks": math.sqrt(max(0, theirs.blocks - ours.blocks) / (theirs.blocks + _DAMP)),
        "length": math.sqrt(length),
        "later": math.log1p(max(0, days_later) / DAYS_A_MONTH),
    }


def _standing(
    document: Document, earliest: Mapping[str, int], spoken: Mapping[str, int]
) -> tuple[int, int, int]:
    language = _language(document)
    born = _born(document)
    return (
        earliest.get(language, 0),
        spoken.get(language, 0),
        -born.toordinal() if born else -date.max.toordinal(),
    )


def _with_lengths(
    found: Mapping[str, str], documents: Mapping[str, Document], blocks: Mapping[str, Sequence[Block]]
) -> dict[str, Original]:
    letters = {key: _letters(blocks[key]) for key in {*found, *found.values()} if key in blocks}
    ratios: dict[tuple[str, str], list[float]] = defaultdict(list)
    for key, original in found.items():
        if key in letters and original in letters:
            way = (_language(documents[original]), _language(documents[key]))
            ratios[way].append(_ratio(letters[key], letters[original]))
    usual = {way: median(values) for way, values in ratios.items() if len(values) >= _ENOUGH_PAIRS}
    return {
        key: Original(original, usual.get((_language(documents[original]), _language(documents[key]))))
        for key, original in found.items()
    }


def _letters(blocks: Sequence[Block]) -> int:
    return sum(len(block.text) for block in blocks if block.kind not in (BlockKind.HEADING, BlockKind.CODE))


def _length(ours: Carried, theirs: Carried) -> float:
    return _ratio(ours.letters, theirs.letters)


def _ratio(ours: int, theirs: int) -> float:
    return math.log((ours + _DAMP_LETTERS) / (theirs + _DAMP_LETTERS))


def _language(document: Document) -> str:
    return document.language.lower().replace("_", "-")


def _born(document: Document) -> date | None:
    return document.created or document.published


def _later(document: Document, original: Document) -> int:
    ours, theirs = changed_on(document), changed_on(original)
    return (theirs - ours).days if ours is not None and theirs is not None else 0


def _missed_sections(blocks: Sequence[Block], theirs: Carried, ours: Carried) -> list[Place]:
    """The headings of the original below which everything that a translation keeps is missing."""
    below: dict[int, list[bool]] = defaultdict(list)
    heading_of: dict[int, int] = {}
    heading = -1
    for number, block in enumerate(blocks):
        if block.kind is BlockKind.HEADING:
            heading = number
        heading_of[number] = heading
    for item, place in theirs.items.items():
        below[heading_of[place.block]].append(item in ours.items)
    return [
        Place(number, 0, len(blocks[number].text))
        for number, kept in sorted(below.items())
        if number >= 0 and len(kept) >= _FEWEST_ITEMS and not any(kept)
    ]


def _quote(document: Document, blocks: Sequence[Block], place: Place) -> Quote:
    block = blocks[place.block]
    text = block.text[place.start : place.end]
    return Quote(document.id, document.parts[block.part].location, block.start + place.start, text)


def _reasons(
    document: Document,
    original: Document,
    measured: Mapping[str, float],
    missing: Sequence[str],
    extra: Sequence[str],
    sections: int,
    ours: Carried,
    theirs: Carried,
) -> Iterable[Reason]:
    if missing:
        text = (
            f"{len(missing)} of the {len(theirs.items)} lines of code, words set as code and numbers of the original "
            "are missing."
        )
        yield Reason("missing", round(len(missing) / len(theirs.items), 4), text)
    if sections:
        yield Reason("sections", float(sections), f"All of them are missing in {count(sections, 'section')}.")
    if extra:
        text = f"{len(extra)} of {len(ours.items)} here stand no longer in the original."
        yield Reason("extra", round(len(extra) / len(ours.items), 4), text)
    if measured["blocks"]:
        fewer = theirs.blocks - ours.blocks
        text = f"It has {count(fewer, 'paragraph')} less than the original."
        yield Reason("blocks", float(fewer), text)
    if measured["length"] >= 0.5:  # a quarter off
        yield Reason(
            "length", round(measured["length"] ** 2, 4), "Its length is not what is usual for its language."
        )
    later = _later(document, original)
    if later > 0:
        yield Reason("later", float(later), f"The original was changed {span(later)} after it.")
