"""IMS content packaging manifests: resources, and the tree of items that learners see (SCORM CAM §3)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from services.catalog.imports.notes import Notes
from services.catalog.imports.values import parse_duration
from services.catalog.imports.xml import Element, address, attribute, child, children, inner_text, local

_HTTP = re.compile(r"https?://", re.IGNORECASE)
_XML_BASE = "base"


@dataclass(frozen=True, slots=True)
class Resource:
    """A resource of a package: `files` are paths from the manifest, the launched one first; `link` an address."""

    identifier: str
    files: tuple[str, ...]
    link: str
    launches: bool
    sco: bool
    dependencies: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Item:
    """A node of the outline, in reading order; `level` counts from 1. `seconds` is the longest time allowed."""

    identifier: str
    title: str
    level: int
    leaf: bool
    resource: str
    hidden: bool
    prerequisites: str
    mastery_score: str
    seconds: int
    objectives: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Organization:
    """The outline that learners see by default, and the titles of those they do not."""

    title: str
    items: tuple[Item, ...]
    sequential: bool
    alternates: tuple[str, ...]


def read_resources(root: Element, notes: Notes) -> dict[str, Resource]:
    """The resources by identifier in the manifest's order; of two with one identifier the first can be referred to."""
    container = child(root, "resources")
    if container is None:
        return {}
    base = attribute(root, _XML_BASE) + attribute(container, _XML_BASE)
    found: dict[str, Resource] = {}
    for element in children(container, "resource"):
        resource = _resource(element, base + attribute(element, _XML_BASE), notes)
        key = resource.identifier
        if key in found:
            notes.warn(
                "DUPLICATE_IDENTIFIER", key, f"Two resources have the identifier {key}; the first is used."
            )
            key = f"{key}\0{len(found)}"  # cannot be referred to, but its text belongs to the package
        found[key] = resource
    return found


def read_organization(root: Element, resources: Mapping[str, Resource], notes: Notes) -> Organization:
    """The default organization, else the first; without any an empty one. What is missing is a warning."""
    container = child(root, "organizations")
    organizations = [] if container is None else children(container, "organization")
    if container is None or not organizations:
        notes.warn(
            "NO_ORGANIZATION", "", "The manifest has no organization; the files are taken in its order."
        )
        return Organization("", (), sequential=False, alternates=())
    default = attribute(container, "default")
    chosen = next((each for each in organizations if attribute(each, "identifier") == default), None)
    if chosen is None:
        chosen = organizations[0]
        if default:
            notes.warn(
                "DEFAULT_ORGANIZATION_NOT_FOUND",
                default,
                f"There is no organization {default}; the first is used.",
            )
        else:
            notes.warn(
                "NO_DEFAULT_ORGANIZATION",
                "",
                "The manifest names no default organization; the first is used.",
            )
    items = tuple(_items(chosen, 1))
    seen: set[str] = set()
    for item in items:
        if item.identifier in seen:
            notes.warn(
                "DUPLICATE_IDENTIFIER", item.identifier, f"Two items have the identifier {item.identifier}."
            )
        seen.add(item.identifier)
        if item.resource and item.resource not in resources:
            notes.warn(
                "DANGLING_REFERENCE", item.resource, f"{item.title or item.identifier} refers to no resource."
            )
    mode = child(chosen, "sequencing", "controlmode")
    sequential = (
        mode is not None and attribute(mode, "choice") == "false" and attribute(mode, "flow") == "true"
    )
    alternates = tuple(inner_text(child(each, "title")) for each in organizations if each is not chosen)
    return Organization(inner_text(child(chosen, "title")), items, sequential, alternates)


def _resource(element: Element, base: str, notes: Notes) -> Resource:
    identifier, href = attribute(element, "identifier"), attribute(element, "href").strip()
    link = base + href if _HTTP.match(base + href) else ""
    launched = "" if link or not href else _path(base, href, notes)
    listed = [
        path
        for each in children(element, "file")
        if (named := attribute(each, "href").strip()) and not _HTTP.match(base + named)
        if (path := _path(base, named, notes))
    ]
    if launched and launched not in listed:
        notes.warn(
            "LAUNCH_FILE_NOT_LISTED", launched, f"{launched} is launched and not among its resource's files."
        )
    return Resource(
        identifier,
        tuple(dict.fromkeys(path for path in (launched, *listed) if path)),
        link,
        launches=bool(href),
        sco=attribute(element, "scormtype").lower() == "sco",
        dependencies=tuple(attribute(each, "identifierref") for each in children(element, "dependency")),
    )


def _path(base: str, href: str, notes: Notes) -> str:
    path = address(base, href)
    if not path:
        notes.warn("UNSAFE_REFERENCE", href[:200], f"{href[:200]} leads out of the package and is ignored.")
    return path


def _items(parent: Element, level: int) -> Iterator[Item]:
    for element in children(parent, "item"):
        limit = inner_text(child(element, "maxtimeallowed"))
        yield Item(
            identifier=attribute(element, "identifier"),
            title=inner_text(child(element, "title")),
            level=level,
            leaf=child(element, "item") is None,
            resource=attribute(element, "identifierref"),
            hidden=attribute(element, "isvisible").lower() == "false",
            prerequisites=inner_text(child(element, "prerequisites")),
            mastery_score=inner_text(child(element, "masteryscore")),
            seconds=_seconds(limit),
            objectives=tuple(_objectives(element)),
        )
        yield from _items(element, level + 1)


def _objectives(item: Element) -> Iterator[str]:
    container = child(item, "sequencing", "objectives")
    for objective in () if container is None else container:
        if local(objective) in ("primaryobjective", "objective") and (
            name := attribute(objective, "objectiveid")
        ):
            yield name


def _seconds(text: str) -> int:
    try:
        return parse_duration(text) if text else 0
    except ValueError:
        return 0
