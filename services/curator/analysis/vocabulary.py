"""Words that the team no longer uses, found where a text still does."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from services.curator.analysis.ageing import count
from services.curator.analysis.model import Block, Claim, Document, Quote, Reason
from services.curator.analysis.phrases import phrase_pattern, sentences_with
from services.curator.analysis.statements import any_of

# How likely a text is wrong where it uses a word that the team has retired, set by hand: the team has said so, and
# what remains are sentences about the past that nothing marks as such. It asks for an update and never more.
_CONFIDENCE = 0.70

# A sentence that speaks of the old name as old misleads nobody.
_OF_THE_PAST = re.compile(
    r"\b"
    + any_of(
        r"former(?:ly)?", "previously", "used to be", r"until \d{4}", "renamed", r"now (?:called|known)"
    ),
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class RetiredTerm:
    """A word that is wrong from `since` on (None: since ever), and what is said instead (empty: nothing)."""

    term: str
    replacement: str = ""
    since: date | None = None


def retired_vocabulary(
    document: Document, blocks: Sequence[Block], vocabulary: Sequence[RetiredTerm], today: date
) -> Claim | None:
    """One claim for all retired words that the document uses, each sentence that does so quoted once; else None.

    Sentences that have the replacement too, or speak of the past, do not count. Only a title's use is a reason
    without a quotation.
    """
    quotes: dict[tuple[str, int], Quote] = {}
    reasons: list[Reason] = []
    hits = 0
    for each in vocabulary:
        if each.since is not None and each.since > today:
            continue
        found, used = _uses(document, blocks, each)
        titled = _right(each, document.title) is False
        if not (used or titled):
            continue
        hits += used
        quotes |= {(quote.location, quote.start): quote for quote in found}
        instead = f"“{each.replacement}” is said instead" if each.replacement else "it is said no more"
        since = f" since {each.since.isoformat()}" if each.since else ""
        places = f"{count(used, 'time')} in the text" if used else ""
        where = " and ".join(filter(None, ("in the title" if titled else "", places)))
        reasons.append(
            Reason("retired_term", float(used), f"“{each.term}” stands {where}; {instead}{since}.")
        )
    if not reasons:
        return None
    words = count(len(reasons), "word")
    text = f"It uses {words} that the team has retired" + (
        f", {count(hits, 'time')} in all." if hits else "."
    )
    ordered = sorted(quotes.values(), key=lambda quote: _order(document, quote))
    return Claim("retired_vocabulary", document.id, _CONFIDENCE, text, tuple(ordered), tuple(reasons))


def _uses(document: Document, blocks: Sequence[Block], term: RetiredTerm) -> tuple[list[Quote], int]:
    """The sentences that use it wrongly, and how often they do."""
    pattern = phrase_pattern((term.term,))
    quotes: list[Quote] = []
    used = 0
    for quote, _ in sentences_with(document, blocks, pattern):
        if _right(term, quote.text) is False:
            quotes.append(quote)
            used += len(pattern.findall(_without_replacement(term, quote.text)))
    return quotes, used


def _right(term: RetiredTerm, text: str) -> bool | None:
    """Whether a text uses the word rightly; None when it does not use it at all."""
    if not phrase_pattern((term.term,)).search(_without_replacement(term, text)):
        return None
    if term.replacement and phrase_pattern((term.replacement,)).search(text):
        return True
    return _OF_THE_PAST.search(text) is not None


def _without_replacement(term: RetiredTerm, text: str) -> str:
    """The text without the new name, which may contain the old one ("People Office" in "New People Office")."""
    return phrase_pattern((term.replacement,)).sub("", text) if term.replacement else text


def _order(document: Document, quote: Quote) -> tuple[int, int]:
    places = [part.location for part in document.parts]
    return places.index(quote.location), quote.start
