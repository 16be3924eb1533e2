"""Changes that people announce, found in what mentions them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from services.curator.analysis.model import Block, Claim, Document, Quote, Reason
from services.curator.analysis.phrases import phrase_pattern, sentences_with

# How likely a text that mentions what has changed must change with it; set by hand, no corpus tells. With the age
# of a text (at most 0.30) it stays below what asks for more than a review.
_CONFIDENCE = 0.50


@dataclass(frozen=True, slots=True)
class Announcement:
    """A change outside the catalog that holds from `effective` on, and the names by which texts mention it.

    `announced` is the day on which somebody told of it.
    """

    title: str
    phrases: tuple[str, ...]
    announced: date
    effective: date
    note: str = ""


def announced_changes(
    document: Document, blocks: Sequence[Block], announcements: Sequence[Announcement], today: date
) -> tuple[Claim, ...]:
    """A claim for each announced change that the document mentions, with exactly the sentences that do.

    An edit does not answer it while the name still stands there: whoever edited may not have known. A review on or
    after the day of the announcement does.
    """
    found: list[Claim] = []
    for each in announcements:
        reviewed = document.reviewed
        if each.announced > today or (reviewed is not None and reviewed >= each.announced):
            continue
        pattern = phrase_pattern(each.phrases)
        quotes = tuple(quote for quote, _ in sentences_with(document, blocks, pattern))
        in_title = pattern.search(document.title) is not None
        if quotes or in_title:
            found.append(_claim(document, each, quotes, in_title=in_title))
    return tuple(found)


def _claim(document: Document, change: Announcement, quotes: tuple[Quote, ...], *, in_title: bool) -> Claim:
    # The same on every day: by its text the catalog knows whether a decision has answered it.
    text = f"{change.title} (from {change.effective.isoformat()} on)"
    note = f" {change.note}" if change.note else ""
    reasons = [Reason("announcement", float(len(quotes)), f"{text}.{note}")]
    if in_title:
        reasons.append(Reason("title", 1.0, "The title names it."))
    claim = f"It mentions what has changed: {text}."
    return Claim("announced_change", document.id, _CONFIDENCE, claim, quotes, tuple(reasons))
