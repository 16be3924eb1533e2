"""What a page says about itself: schema.org and LRMI as JSON-LD or microdata, Dublin Core and plain meta tags."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import TypeVar, cast

import orjson

from services.catalog.imports.notes import Notes
from services.catalog.imports.text import clean_line
from services.catalog.imports.values import parse_date, parse_duration
from services.catalog.imports.xml import Element

_T = TypeVar("_T")
_LEARNING = (
    "Course",
    "LearningResource",
    "CourseInstance",
    "HowTo",
    "Quiz",
    "Article",
    "TechArticle",
    "WebPage",
)
_MICRODATA = frozenset({
    "name", "description", "timeRequired", "dateCreated", "dateModified", "datePublished", "expires", "inLanguage",
    "teaches", "author", "version",
})  # fmt: skip
_METAS = {
    "dc.title": "name", "dcterms.title": "name",
    "description": "description", "dc.description": "description", "dcterms.abstract": "description",
    "dcterms.created": "dateCreated", "dc.date.created": "dateCreated",
    "dcterms.modified": "dateModified", "dc.date.modified": "dateModified", "article:modified_time": "dateModified",
    "last-modified": "dateModified",
    "dcterms.issued": "datePublished", "dc.date.issued": "datePublished", "article:published_time": "datePublished",
    "dcterms.valid": "expires",
    "dc.language": "inLanguage", "dcterms.language": "inLanguage", "content-language": "inLanguage",
    "author": "author", "dc.creator": "author", "dcterms.creator": "author",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class PageFacts:
    """A page's own description; what it does not state is empty, None or 0."""

    title: str = ""
    description: str = ""
    language: str = ""
    author: str = ""
    version: str = ""
    created: date | None = None
    updated: date | None = None
    published: date | None = None
    expires: date | None = None
    duration_seconds: int = 0
    objectives: tuple[str, ...] = ()


def page_facts(root: Element, place: str, notes: Notes) -> PageFacts:
    """What the page states; JSON-LD before microdata before meta tags. What cannot be read is a warning."""
    said = _metas(root) | _microdata(root) | _json_ld(root, place, notes)

    def text(name: str) -> str:
        return next(iter(_strings(said.get(name))), "")

    def value(name: str, read: Callable[[str], _T], none: _T) -> _T:
        if not (stated := text(name)):
            return none
        try:
            return read(stated)
        except (ValueError, OverflowError):
            notes.warn("VALUE_INVALID", place, f"{name} is {stated[:60]!r}, which cannot be read.")
            return none

    def day(name: str) -> date | None:
        return value(name, parse_date, None)

    return PageFacts(
        title=text("name") or text("headline"),
        description=text("description"),
        language=text("inLanguage"),
        author=text("author"),
        version=text("version"),
        created=day("dateCreated"),
        updated=day("dateModified"),
        published=day("datePublished"),
        expires=day("expires"),
        duration_seconds=value("timeRequired", parse_duration, 0),
        objectives=tuple(_strings(said.get("teaches"))),
    )


def _metas(root: Element) -> dict[str, object]:
    found: dict[str, object] = {}
    for meta in root.iter("meta"):
        key = str(meta.get("name") or meta.get("property") or meta.get("http-equiv") or "").strip().lower()
        if (name := _METAS.get(key)) and (content := meta.get("content")):
            found.setdefault(name, str(content))
    return found


def _microdata(root: Element) -> dict[str, object]:
    found: dict[str, object] = {}
    for element in root.iter():
        for name in str(element.get("itemprop") or "").split():
            if name in _MICRODATA:
                stated = (
                    element.get("content") or element.get("datetime") or "".join(map(str, element.itertext()))
                )
                found.setdefault(name, str(stated))
    return found


def _json_ld(root: Element, place: str, notes: Notes) -> dict[str, object]:
    things: list[dict[str, object]] = []
    for script in root.iter("script"):
        if str(script.get("type") or "").strip().lower() != "application/ld+json":
            continue
        try:
            said: object = orjson.loads((script.text or "").strip() or "null")
        except orjson.JSONDecodeError:
            notes.warn(
                "METADATA_UNREADABLE", place, "The page describes itself in JSON that is not well formed."
            )
            continue
        things += _things(said)
    named = [thing for thing in things if "name" in thing or "headline" in thing]
    return min(named, key=_rank, default=dict[str, object]())


def _rank(thing: dict[str, object]) -> int:
    types = set(_strings(thing.get("@type")))
    return next((place for place, name in enumerate(_LEARNING) if name in types), len(_LEARNING))


def _things(said: object, levels: int = 4) -> Iterator[dict[str, object]]:
    if levels == 0:
        return
    if isinstance(said, list):
        for each in cast(list[object], said):
            yield from _things(each, levels - 1)
    elif isinstance(said, dict):
        thing = cast(dict[str, object], said)
        yield thing
        yield from _things(thing.get("@graph"), levels - 1)


def _strings(said: object, levels: int = 4) -> Iterator[str]:
    """The words of a value: a string, a list of them, or things with a name."""
    if levels == 0:
        return
    if isinstance(said, list):
        for each in cast(list[object], said)[:100]:
            yield from _strings(each, levels - 1)
    elif isinstance(said, dict):
        thing = cast(dict[str, object], said)
        name = thing.get("name") or thing.get("alternateName") or thing.get("@value")
        yield from _strings(name, levels - 1)
    elif isinstance(said, str | int | float) and (word := clean_line(str(said))):
        yield word
