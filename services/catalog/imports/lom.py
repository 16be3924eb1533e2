"""Learning Object Metadata (IEEE 1484.12.1; IMS 1.2.1 in SCORM 1.2) as manifests hold it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import TypeVar

from services.catalog.imports.notes import Notes
from services.catalog.imports.values import parse_date, parse_duration
from services.catalog.imports.words import language_code
from services.catalog.imports.xml import Element, attribute, child, children, inner_text, local

_NAME = re.compile(r"^FN[^:\n]*:(.+)$", re.MULTILINE)
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Lom:
    """What the metadata states; `titles` by language, `created` and `updated` from who contributed when."""

    identifier: str = ""
    titles: Mapping[str, str] = field(default_factory=dict[str, str])
    description: str = ""
    language: str = ""
    version: str = ""
    author: str = ""
    created: date | None = None
    updated: date | None = None
    duration_seconds: int = 0
    objectives: tuple[str, ...] = ()

    @property
    def title(self) -> str:
        """The title in the language of the metadata, else the first."""
        return self.titles.get(self.language) or next(iter(self.titles.values()), "")


def read_lom(lom: Element, entry: str, notes: Notes) -> Lom:
    """The metadata below a `lom` element; a value that cannot be read is a warning."""

    def value(text: str, read: Callable[[str], _T], none: _T) -> _T:
        try:
            return read(text) if text else none
        except (ValueError, OverflowError):
            notes.warn("VALUE_INVALID", entry, f"{text[:60]!r} in the metadata cannot be read.")
            return none

    general = child(lom, "general")
    titles = dict(_strings(child(general, "title")))
    contributions = [
        (
            _vocabulary(child(each, "role")),
            _person(each),
            value(inner_text(child(each, "date", "datetime")), parse_date, None),
        )
        for each in _below(child(lom, "lifecycle"), "contribute")
    ]
    days = sorted(day for _, _, day in contributions if day)
    time = child(lom, "educational", "typicallearningtime")
    stated = inner_text(child(time, "datetime")) or inner_text(child(time, "duration"))
    return Lom(
        identifier=_identifier(general),
        titles=titles,
        description=next((text for _, text in _strings(child(general, "description"))), ""),
        language=language_code(inner_text(child(general, "language")))
        or next((each for each in titles if each), ""),
        version=next((text for _, text in _strings(child(lom, "lifecycle", "version"))), ""),
        author=next((name for role, name, _ in contributions if role == "author" and name), "")
        or next((name for _, name, _ in contributions if name), ""),
        created=days[0] if days else None,
        updated=days[-1] if len(set(days)) > 1 else None,
        duration_seconds=value(stated, parse_duration, 0),
        objectives=tuple(
            text
            for each in _below(lom, "classification")
            if _vocabulary(child(each, "purpose")) == "educational objective"
            for _, text in _strings(child(each, "description"))
        ),
    )


def _below(element: Element | None, name: str) -> list[Element]:
    return [] if element is None else children(element, name)


def _identifier(general: Element | None) -> str:
    """2004 has catalog and entry inside the identifier, 1.2 plain text, or an entry of its own."""
    identifier = child(general, "identifier")
    entry = child(identifier, "entry")
    return inner_text(identifier if entry is None else entry) or inner_text(
        child(general, "catalogentry", "entry")
    )


def _strings(element: Element | None) -> Iterator[tuple[str, str]]:
    """Language and text of each translation; plain text has no language."""
    if element is None:
        return
    translated = [each for each in element if local(each) in ("langstring", "string")]
    for each in translated:
        if text := inner_text(each):
            yield language_code(attribute(each, "lang") or attribute(each, "language")), text
    if not translated and (text := inner_text(element)):
        yield "", text


def _vocabulary(element: Element | None) -> str:
    """The value of a vocabulary term, without its source."""
    return inner_text(child(element, "value")).lower()


def _person(contribution: Element) -> str:
    card = child(contribution, "centity")
    card = child(contribution, "entity") if card is None else card
    found = (
        None
        if card is None
        else _NAME.search("".join(str(piece) for piece in card.itertext()).replace("\r", ""))
    )
    return found[1].strip() if found else ""
