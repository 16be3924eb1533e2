"""Where a newer document on the same matter states another figure: one sentence in both, one hard fact apart."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from services.curator.analysis.ageing import changed_on, count, span
from services.curator.analysis.editions import direction, title_likeness
from services.curator.analysis.languages import FUNCTION_WORDS
from services.curator.analysis.model import Claim, Document, Judgement, Quote, Reason, Relation
from services.curator.analysis.statements import any_of, sentence_bounds

# What is one text, or shares parts of it. A VARIANT differs on purpose: another country, another limit.
_RELATED = (Relation.REVISED, Relation.OVERLAP, Relation.CONTAINED)
_ONE_MATTER = 0.34  # of the titles' words in common, where the texts are not related otherwise
_FEWEST_WORDS = 6  # besides the facts: a shorter sentence fits anything
_FEWEST_FUNCTION_WORDS = 3  # a row of a table, or a form, has none
_LONGEST = 400  # signs: what is longer is a list or table run together
_MOST_FACTS_APART = 2
_DAYS_APART = 30  # two texts of one month are of one time
# Set by hand: that the older document is wrong, when the newer one says otherwise in the same words.
_ONE, _FURTHER, _MOST = 0.60, 0.85, 0.85

# A figure with whatever makes it one: currency, unit, percent, clock time, version, date, phone number.
_MONTH = r"(?:jan|feb|mar|apr|may|june?|july?|aug|sept?|oct|nov|dec)[a-z]*\.?"
_FACT = re.compile(
    rf"""(?<![\w.])(?:
      (?:[€$£¥]|\b(?:eur|usd|gbp|chf)\s?)\s?\d[\d.,]*(?:\s?(?:k|m|bn|million|billion|thousand)\b)?
    | \d{{1,2}}(?:st|nd|rd|th)?(?:\s+of)?\s+{_MONTH}(?:,?\s+\d{{4}})?
    | {_MONTH}\s+\d{{1,2}}(?:st|nd|rd|th)?\b(?:,?\s+\d{{4}})?
    | \+?\d[\d ()/-]{{6,}}\d
    | \d{{1,2}}[:.]\d\d\s?(?:am|pm|h|uhr)?\b
    | v?\d+(?:[.,]\d+)*(?:\s?%)?
    )(?![\w])""",
    re.IGNORECASE | re.VERBOSE,
)
_UNIT = any_of(
    "percent", "per cent", "days?", "hours?", "minutes?", "weeks?", "months?", "years?", "working days?",
    "business days?", "euros?", "dollars?", "pounds?", "eur", "usd", "gbp", "kg", "kilograms?", "grams?", "tonnes?",
    "km", "metres?", "meters?", "cm", "mm", "miles?", "litres?", "liters?", "degrees?", "°c", "volts?", "watts?",
    "[kmgt]i?b", "people", "persons?", "employees?", "characters?", "times",
)  # fmt: skip
# What makes a bare number binding.
_BINDING = any_of(
    "at least", "at most", "no more than", "no less than", "no later than", "not exceed(?:ing)?", "more than",
    "less than", "up to", "within", "maximum", "minimum", "limit(?:s|ed)?", "threshold", "fee", "rate", "deadline",
    "version", "must", "require[ds]?", "call", "phone", "telephone", "extension", "expires?", "valid",
)  # fmt: skip
_HARD = re.compile(rf"[€$£¥%]|#\s?{_UNIT}\b|\b{_BINDING}\b|\b(?:eur|usd|gbp|chf)\s?#", re.IGNORECASE)
# Numbers that belong to the text itself, to an example, or to a story of the past.
_OF_THE_TEXT = re.compile(
    rf"""\b{any_of(
        "figures?", "fig", "tables?", "steps?", "questions?", "sections?", "chapters?", "pages?", "slides?", "modules?",
        "lessons?", "units?", "exercises?", "parts?", "levels?", "examples?", "e g", "for instance", "suppose",
        "imagine", "assume", "let s", "this (?:course|guide|document|video|training)", "was", "were", "had", "did",
        "copyright", "isbn", "doi", "retrieved", "et al", "output", "returns?",
    )}\b|©""",
    re.IGNORECASE,
)  # fmt: skip
_WORD = re.compile(r"[^\W\d_]+|#")
_MARK = re.compile(r"^\s*(?:\d{1,3}[.)]|[-*+>])\s+|\[\^?\d{1,3}\]")  # of a list, of a note


@dataclass(frozen=True, slots=True)
class Contradiction:
    """The same sentence in an older and a newer document, with facts that differ."""

    older: Quote
    newer: Quote
    facts: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class _Said:
    start: int
    text: str
    skeleton: tuple[str, ...]
    facts: tuple[str, ...]


def contradictions(
    judgements: Iterable[Judgement], documents: Mapping[str, Document]
) -> dict[str, list[Contradiction]]:
    """What newer documents on the same matter state otherwise, by the id of the older document.

    Reads the matched passages of judgements. Of one matter are texts related by more than chance, or under titles
    that share a third of their words. Needs the direction to be clear and 30 days between the two.
    """
    found: dict[str, list[Contradiction]] = {}
    for one in judgements:
        if one.a not in documents or one.b not in documents:
            continue
        a, b = documents[one.a], documents[one.b]
        if one.relation not in _RELATED and not (
            one.relation is Relation.UNRELATED and title_likeness(a.title, b.title) >= _ONE_MATTER
        ):
            continue
        near = [passage for passage in one.passages if passage.match != "exact"]
        if not near:
            continue
        way = direction(a, b)
        older, newer = documents[way.older], documents[way.newer]
        if not way.clear or not _apart(older, newer):
            continue
        flip = way.older != one.a
        pairs = [(passage.b, passage.a) if flip else (passage.a, passage.b) for passage in near]
        if told := _between(pairs):
            found.setdefault(older.id, []).extend(told)
    return found


def contradicted(
    document: Document,
    found: Sequence[Contradiction],
    documents: Mapping[str, Document],
    today: date,
) -> Claim | None:
    """The claim that newer documents say otherwise, with both sides quoted; None without any that exists today."""
    live = [
        one
        for one in found
        if not documents[one.newer.document].archived and _known_by(documents[one.newer.document], today)
    ]
    distinct = list({(one.older.start, one.facts): one for one in live}.values())
    if not distinct:
        return None
    newest = max(changed_on(documents[one.newer.document]) or date.min for one in distinct)
    reasons: list[Reason] = []
    for one in distinct:
        other = documents[one.newer.document]
        said = ", ".join(f"{ours} there, {theirs} here" for theirs, ours in ((a, b) for a, b in one.facts))
        reasons.append(Reason("fact", 1.0, f"“{other.title}” states otherwise: {said}."))
    return Claim(
        "contradiction",
        document.id,
        round(min(_MOST, 1 - (1 - _ONE) * _FURTHER ** (len(distinct) - 1)), 4),
        f"Newer content states {count(len(distinct), 'fact')} otherwise, last changed "
        f"{span((today - newest).days)} ago.",
        quotes=tuple(quote for one in distinct for quote in (one.older, one.newer)),
        reasons=tuple(reasons),
    )


def _between(pairs: Sequence[tuple[Quote, Quote]]) -> list[Contradiction]:
    older = [(quote, said) for quote, _ in pairs for said in _sentences(quote)]
    newer = [(quote, said) for _, quote in pairs for said in _sentences(quote)]
    theirs: dict[tuple[str, ...], list[tuple[Quote, _Said]]] = {}
    for quote, said in newer:
        theirs.setdefault(said.skeleton, []).append((quote, said))
    ours: dict[tuple[str, ...], set[tuple[str, ...]]] = {}
    for _, said in older:
        ours.setdefault(said.skeleton, set()).add(said.facts)
    found: list[Contradiction] = []
    for quote, said in older:
        others = theirs.get(said.skeleton, [])
        # A sentence that either side repeats with other facts is a form, not a statement.
        if len({other.facts for _, other in others}) != 1 or len(ours[said.skeleton]) != 1:
            continue
        where, other = others[0]
        apart = [(a, b) for a, b in zip(said.facts, other.facts, strict=True) if _bare(a) != _bare(b)]
        if 1 <= len(apart) <= _MOST_FACTS_APART:
            found.append(Contradiction(_cut(quote, said), _cut(where, other), tuple(apart)))
    return found


def _sentences(quote: Quote) -> Iterable[_Said]:
    for start, end in sentence_bounds(quote.text):
        text = quote.text[start:end]
        if len(text) > _LONGEST or "`" in text or "|" in text:
            continue
        bare = _MARK.sub(" ", text)
        facts = tuple(match.group().strip() for match in _FACT.finditer(bare))
        masked = _FACT.sub("#", bare)
        words = tuple(word.casefold() for word in _WORD.findall(masked))
        if not facts or words.count("#") != len(facts) or len(words) - len(facts) < _FEWEST_WORDS:
            continue
        if sum(word in FUNCTION_WORDS for word in words) < _FEWEST_FUNCTION_WORDS:
            continue
        if _HARD.search(masked) and not _OF_THE_TEXT.search(" ".join(words)):
            yield _Said(start, text, words, facts)


def _cut(quote: Quote, said: _Said) -> Quote:
    return Quote(quote.document, quote.location, quote.start + said.start, said.text)


def _bare(fact: str) -> str:
    return "".join(sign for sign in fact.casefold() if sign.isalnum() or sign in "€$£¥%").removeprefix("v")


def _apart(older: Document, newer: Document) -> bool:
    before, after = changed_on(older), changed_on(newer)
    return before is not None and after is not None and (after - before).days >= _DAYS_APART


def _known_by(document: Document, today: date) -> bool:
    changed = changed_on(document)
    return changed is None or changed <= today
