"""Vendors' retirement lists: what they end, found where a resource is it or names it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from services.curator.analysis.ageing import span
from services.curator.analysis.lifecycle import Ending, new_ending
from services.curator.analysis.model import Claim, Document, Reason

_WORD = re.compile(r"\w+")
_TELLING_TITLE = 3  # words


@dataclass(frozen=True, slots=True)
class Retirement:
    """One line of a list: a version of a product, or a course or exam with its vendor's `code`; `end` is its last day.

    `source` says whose list it is and where the vendor says so.
    """

    end: date
    product: str = ""
    version: str = ""
    code: str = ""
    replacement: str = ""
    source: str = ""

    @property
    def name(self) -> str:
        """How texts name it."""
        return " ".join(filter(None, (self.product, self.version))) or self.code


@dataclass(frozen=True, slots=True)
class RetirementList:
    """Lines made ready: `endings` for whoever names what ended, `coded` by the words of a course or exam."""

    endings: tuple[Ending, ...] = ()
    coded: Mapping[tuple[str, ...], Retirement] = field(default_factory=dict[tuple[str, ...], Retirement])


def retirement_list(lines: Sequence[Retirement]) -> RetirementList:
    """The list ready to be looked for."""
    endings = tuple(
        new_ending(each.name, each.end, "retired", each.replacement, each.source, _names(each))
        for each in lines
    )
    coded = {key: each for each in lines if each.code for key in _keys(each)}
    return RetirementList(endings, coded)


def _names(line: Retirement) -> Iterable[str]:
    return dict.fromkeys(filter(None, (line.name, line.code)))


def _keys(line: Retirement) -> list[tuple[str, ...]]:
    code, title = _words(line.code), _words(line.name)
    keys = [(*code, *title), (*title, *code)]
    # Sources number their courses too, and a short title is many courses' title: alone neither names this one.
    if not line.code.isdigit():
        keys.append(code)
    if len(title) >= _TELLING_TITLE:
        keys.append(title)
    return keys


def _words(text: str) -> tuple[str, ...]:
    return tuple(_WORD.findall(text.casefold()))


def vendor_retired(document: Document, listed: RetirementList, today: date) -> Claim | None:
    """A hard claim when the document is what a vendor has ended: by an external id that is its code, or by its title.

    The title must be the code, the name, or both; one that merely contains them is about it. A code of digits alone
    and a title of one or two words name it only together.
    """
    if not listed.coded:
        return None
    names = (document.title, *(listing.external_id for listing in document.listings))
    line = next((found for name in names if (found := listed.coded.get(_words(name)))), None)
    if line is None or line.end >= today:
        return None
    instead = f"; {line.replacement} takes its place" if line.replacement else ""
    late = (today - line.end).days
    text = f"Its vendor retired {line.code} on {line.end.isoformat()}, {span(late)} ago{instead}."
    source = f" Source: {line.source}" if line.source else ""
    reason = Reason("vendor_retired", float(late), f"{text}{source}")
    return Claim("vendor_retired", document.id, 1.0, text, reasons=(reason,), hard=True)
