"""Links that lead nowhere, with the place where each stands."""

from __future__ import annotations

import re
from collections.abc import Sequence

from services.curator.analysis.ageing import count
from services.curator.analysis.model import Block, Claim, DeadLink, Document, Quote, Reason
from services.curator.analysis.phrases import phrase_pattern

# How likely a text misleads where its links lead nowhere, by hand: it asks for a review, whatever the age of the text.
_ONE, _FURTHER, _MOST = 0.45, 0.05, 0.55


def dead_links(document: Document, blocks: Sequence[Block]) -> Claim | None:
    """One claim for all dead links of the document, each quoted with its own text wherever it stands; else None.

    Where the text hides the address, as that of an imported page, the words that lead there are quoted if they
    stand in it only once; else the link is named without a quotation.
    """
    if not document.dead_links:
        return None
    quotes = tuple(quote for link in document.dead_links for quote in _places(document, blocks, link))
    found = len(document.dead_links)
    return Claim(
        "dead_link",
        document.id,
        round(min(_MOST, _ONE + _FURTHER * (found - 1)), 2),
        f"{count(found, 'link')} of it led nowhere at two visits at least a week apart.",
        quotes,
        tuple(_reason(link) for link in document.dead_links),
    )


def _reason(link: DeadLink) -> Reason:
    days = f"on {link.first_failed.isoformat()} and on {link.last_failed.isoformat()}"
    words = f" (“{link.words}”)" if link.words else ""
    text = f"{link.url}{words} failed {days}. {link.reason}".rstrip()
    return Reason("dead_link", float((link.last_failed - link.first_failed).days), text)


def _places(document: Document, blocks: Sequence[Block], link: DeadLink) -> list[Quote]:
    # With the words that lead to it where the text is Markdown; not the beginning of a longer address.
    address = re.escape(link.url)
    shown = rf"\[[^\]\n]*\]\({address}(?:\s[^)\n]*)?\)|{address}(?![\w/?#=&%~+-]|[.,:;!]\w)"
    found = _found(document, blocks, re.compile(shown))
    if found or not any(char.isalnum() for char in link.words):
        return found
    by_words = _found(document, blocks, phrase_pattern((link.words,)))
    return by_words if len(by_words) == 1 else []


def _found(document: Document, blocks: Sequence[Block], pattern: re.Pattern[str]) -> list[Quote]:
    return [
        Quote(document.id, document.parts[block.part].location, block.start + match.start(), match.group())
        for block in blocks
        for match in pattern.finditer(block.text)
    ]
