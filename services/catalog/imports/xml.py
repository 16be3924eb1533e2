"""XML that others wrote: no DOCTYPE, no entity, no network, bounded depth; broken encodings recovered."""

from __future__ import annotations

import re
from typing import TypeAlias
from urllib.parse import unquote

from lxml import etree

from services.catalog.imports.notes import Notes, wrong
from services.catalog.imports.text import decode

Element: TypeAlias = etree._Element  # pyright: ignore[reportPrivateUsage]
_TOO_DEEP = 114  # XML_ERR_RESOURCE_LIMIT: more than 256 levels, or one value of 10 MB
_DECLARATION = re.compile(r"\s*<\?xml\b[^>]*?\?>")
_ENCODING = re.compile(rb"<\?xml\b[^>]*?\bencoding\s*=\s*[\"']([\w.-]{1,40})[\"']")
_BEFORE_ROOT = re.compile(r"\s+|<\?.*?\?>|<!--.*?-->", re.DOTALL)
_INVALID = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")


def parse_xml(data: bytes, entry: str, notes: Notes) -> Element:
    """The root element; InvalidArgument when it is malformed, too deep or has a DOCTYPE.

    Bytes that are not in the declared encoding are read as what they look like, with a warning. No DOCTYPE is
    read because none of 71 real manifests had one, and lxml keeps the entities of one silently as text.
    """
    declared = found[1].decode("ascii", "replace") if (found := _ENCODING.match(data.lstrip()[:200])) else ""
    text, guessed = decode(data, declared or "utf-8")
    if guessed:
        notes.warn("ENCODING_GUESSED", entry, f"{entry} is not in the encoding it declares; it was guessed.")
    text = _DECLARATION.sub("", text, count=1) if text.lstrip().startswith("<?xml") else text
    refuse_doctype(text, notes.file, entry)
    if _INVALID.search(text):
        notes.warn("CONTROL_CHARACTERS", entry, f"{entry} has control characters; they were left out.")
        text = _INVALID.sub("", text)
    parser = etree.XMLParser(
        encoding="utf-8", resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False,
        remove_comments=True, remove_pis=True,
    )  # fmt: skip
    try:
        return etree.fromstring(text.encode("utf-8", "replace"), parser)
    except etree.XMLSyntaxError as error:
        line = error.lineno or 1
        if error.code == _TOO_DEEP:  # pyright: ignore[reportAttributeAccessIssue, reportUnknownMemberType]
            raise wrong(
                "XML_TOO_DEEP", f"{entry} is nested too deeply, or has a value that is too long.",
                file=notes.file, entry=entry, line=line,
            ) from error  # fmt: skip
        raise wrong(
            "XML_MALFORMED", f"{entry} line {line}: {(error.msg or 'not well formed')[:200]}",
            file=notes.file, entry=entry, line=line,
        ) from error  # fmt: skip


def refuse_doctype(text: str, file: str, entry: str) -> None:
    """InvalidArgument when a DOCTYPE stands before the root element."""
    at = 0
    while match := _BEFORE_ROOT.match(text, at):
        at = match.end()
    if text[at : at + 9].upper() == "<!DOCTYPE":
        raise wrong(
            "XML_DOCTYPE_REFUSED", f"{entry} has a DOCTYPE, which can pull in other files; remove it.",
            file=file, entry=entry,
        )  # fmt: skip


def local(element: Element) -> str:
    """The element's name without its namespace, in lower case: real manifests disagree on both."""
    return etree.QName(element).localname.lower()


def children(element: Element, name: str) -> list[Element]:
    """The direct children of that local name."""
    return [child for child in element if local(child) == name]


def child(element: Element | None, *path: str) -> Element | None:
    """The first element along a path of local names; None when a step is missing."""
    for name in path:
        if element is None:
            return None
        element = next((each for each in element if local(each) == name), None)
    return element


def attribute(element: Element, name: str) -> str:
    """An attribute by its local name, whatever its namespace and case; empty when missing."""
    for key, value in element.attrib.items():
        if etree.QName(str(key)).localname.lower() == name:
            return str(value)
    return ""


def inner_text(element: Element | None) -> str:
    """All text inside an element with single spaces; empty for None."""
    return "" if element is None else " ".join("".join(str(piece) for piece in element.itertext()).split())


def address(base: str, href: str) -> str:
    """The path that a reference names, `base` being percent-encoded too; empty when it leads outside."""
    path, steps = unquote((base + href).split("#")[0].split("?")[0]).replace("\\", "/"), list[str]()
    if path.startswith("/") or re.match(r"[a-zA-Z][\w+.-]*:", path):
        return ""
    for step in path.split("/"):
        if step == "..":
            if not steps:
                return ""
            steps.pop()
        elif step not in ("", "."):
            steps.append(step)
    return "/".join(steps)
