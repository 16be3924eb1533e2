"""Links that lead nowhere, with the place where each stands."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from services.curator.analysis.ageing import count
from services.curator.analysis.model import Block, Claim, DeadLink, Document, Quote, Reason

# How likely a text misleads where its links lead nowhere, by hand: it asks for a review, whatever the age of the text.
_ONE, _FURTHER, _MOST = 0.45, 0.05, 0.55


def dead_links(document: Document, blocks: Sequence[Block]) -> Claim | None:
    """One claim for all dead links of the document, each quoted with its own text wherever it stands; else None.

    A link whose address the text does not show, as that of an imported page, is named without a quotation.
    """
    if not document.dead_links:
        return None
    quotes = tuple(quote for link in document.dead_links for quote in _places(document, blocks, link.url))
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
    text = f"{link.url} failed {days}. {link.reason}".rstrip()
    return Reason("dead_link", float((link.last_failed - link.first_failed).days), text)


def _places(document: Document, blocks: Sequence[Block], url: str) -> Iterator[Quote]:
    # With the words that lead to it where the text is Markdown; not the beginning of a longer address.
    address = re.escape(url)
    pattern = re.compile(rf"\[[^\]\n]*\]\({address}(?:\s[^)\n]*)?\)|{address}(?![\w/?#=&%~+-]|[.,:;!]\w)")
    for block in blocks:
        for match in pattern.finditer(block.text):
            location = document.parts[block.part].location
            yield Quote(document.id, location, block.start + match.start(), match.group())
