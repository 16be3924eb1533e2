"""SCORM 1.2 and 2004 packages: one resource, its text in the order of the manifest."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from services.catalog.imports.archive import Archive
from services.catalog.imports.captions import read_captions
from services.catalog.imports.html import decode_html, read_html
from services.catalog.imports.lom import Lom, read_lom
from services.catalog.imports.manifest import Item, Resource, read_organization, read_resources
from services.catalog.imports.model import Fact, Part, ResourceRecord
from services.catalog.imports.notes import Notes, wrong
from services.catalog.imports.text import clean_line, decode
from services.catalog.imports.xml import Element, address, attribute, child, inner_text, parse_xml

MANIFEST = "imsmanifest.xml"
_PAGES = (".html", ".htm", ".xhtml")
_CAPTIONS = (".vtt", ".srt")
_MOST_PAGE = 16 << 20  # a page larger than this is data
_TEMPLATE_FROM = 3  # pages that must repeat a block before it counts as their template's
_EXTERNAL = re.compile(r"https?://", re.IGNORECASE)
_NOT_SCORM = {"common cartridge": "Common Cartridge", "thin cartridge": "Common Cartridge", "qti": "QTI"}
_VERSIONS = {"adlcp_rootv1p2": "1.2", "adlcp_v1p3": "2004", "adlcp_v1p2": "1.2", "imsss": "2004"}


def read_scorm(archive: Archive, manifest: str, path: str, notes: Notes) -> ResourceRecord:
    """The package whose manifest is that entry; `path` is the archive's path inside the import."""
    root = parse_xml(archive.read(manifest), manifest, notes)
    _refuse_others(root, path)
    folder = manifest.rpartition("/")[0]
    if folder:
        notes.warn("MANIFEST_NOT_AT_ROOT", folder, f"The manifest is in the folder {folder}.")
    if manifest.rpartition("/")[2] != MANIFEST:
        notes.warn("CASE_MISMATCH", manifest, f"The manifest should be named {MANIFEST}.")
    package = _Package(archive, f"{folder}/" if folder else "", notes)
    resources = read_resources(root, notes)
    organization = read_organization(root, resources, notes)
    lom = _metadata(root, package, manifest)
    items = organization.items
    parts = _once(list(package.texts(items, resources)))
    identifier = attribute(root, "identifier")
    stem = path.rpartition("/")[2].rpartition(".")[0]
    links = {**{each.link: "" for each in resources.values() if each.link}, **package.links}
    facts: dict[str, Fact] = {
        "schema_version": _version(root),
        "items": len(items),
        "leaves": sum(item.leaf for item in items),
        "depth": max((item.level for item in items), default=0),
        "hidden": sum(item.hidden for item in items),
        "resources": len(resources),
        "scos": sum(each.sco for each in resources.values()),
        "sequential": organization.sequential,
        "alternate_organizations": organization.alternates,
    }
    if score := next((item.mastery_score for item in items if item.mastery_score), ""):
        facts["mastery_score"] = score
    return ResourceRecord(
        external_id=lom.identifier or identifier or path,
        format="scorm",
        path=path,
        kind="course",
        title=clean_line(organization.title or lom.title) or stem or path,
        titles={language: clean_line(title) for language, title in lom.titles.items() if language},
        description=clean_line(lom.description),
        language=lom.language or package.language,
        identifiers=tuple(dict.fromkeys(each for each in (lom.identifier, identifier) if each)),
        version=lom.version or attribute(root, "version"),
        created=lom.created,
        updated=lom.updated,
        author=clean_line(lom.author),
        duration_seconds=lom.duration_seconds or sum(item.seconds for item in items),
        objectives=tuple(
            dict.fromkeys((*lom.objectives, *(each for item in items for each in item.objectives)))
        ),
        prerequisites=tuple((item.identifier, item.prerequisites) for item in items if item.prerequisites),
        links=links,
        parts=parts,
        facts=facts,
    )


@dataclass(frozen=True, slots=True)
class _Text:
    """What one file of a package says, block by block."""

    title: str
    location: str
    hidden: bool
    blocks: tuple[str, ...]


class _Package:
    """The files of a package by their paths from its manifest."""

    def __init__(self, archive: Archive, folder: str, notes: Notes) -> None:
        self.links: dict[str, str] = {}
        self.archive = archive
        self._folder = folder
        self.notes = notes
        self._languages: Counter[str] = Counter()

    @property
    def language(self) -> str:
        """The language most pages declare; empty when none does."""
        return max(self._languages, key=self._languages.__getitem__, default="")

    def entry(self, path: str) -> str:
        """The archive's name of a file; empty, with a warning, when it is missing."""
        found = self.archive.find(self._folder + path)
        if found is None:
            self.notes.warn(
                "MISSING_FILE", path, f"{path} is named in the manifest and is not in the package."
            )
            return ""
        if not found.exact:
            self.notes.warn("CASE_MISMATCH", path, f"{path} is written {found.name} in the package.")
        return found.name

    def texts(self, items: tuple[Item, ...], resources: Mapping[str, Resource]) -> Iterator[_Text]:
        """The text of each file once: as the items lead to them, then what no item leads to."""
        titles = {item.resource: item.title for item in reversed(items) if item.title}
        shown = {item.resource for item in items if not item.hidden}
        hidden = {item.resource for item in items} - shown
        done: set[str] = set()
        for key in dict.fromkeys((*(item.resource for item in items), *resources)):
            if key not in resources:
                continue
            resource = resources[key]
            for at, path in enumerate(_files(key, resources)):
                if path in done:
                    continue
                done.add(path)
                title = titles.get(key, "") if at == 0 and resource.launches else ""
                if (text := self._read(path, title, hidden=key in hidden)) is not None:
                    yield text

    def _read(self, path: str, title: str, *, hidden: bool) -> _Text | None:
        if not (entry := self.entry(path)):
            return None
        ending = path.lower()
        if not ending.endswith((*_PAGES, *_CAPTIONS)):
            return None
        data = self.archive.read(entry)
        if len(data) > _MOST_PAGE:
            self.notes.warn("TEXT_TOO_LARGE", path, f"{path} is too large for a page; its text was left out.")
            return None
        if ending.endswith(_CAPTIONS):
            markup, guessed = decode(data)
            spoken = read_captions(markup, path, self.notes).text
            blocks, found = (spoken,) if spoken else (), ""
        else:
            markup, guessed = decode_html(data)
            page = read_html(markup)
            blocks, found = page.blocks, page.title or page.heading
            self._languages.update([page.language] if page.language else [])
            for link, words in page.links.items():
                if _EXTERNAL.match(link):
                    self.links.setdefault(link, words)
            if not page.complete:
                self.notes.warn(
                    "HTML_TOO_DEEP", path, f"{path} is nested too deeply; only its words were read."
                )
        if guessed:
            self.notes.warn(
                "ENCODING_GUESSED", path, f"{path} is not in the encoding it declares; it was guessed."
            )
        return _Text(clean_line(title or found), path, hidden, blocks)


def _once(texts: list[_Text]) -> tuple[Part, ...]:
    """The texts as parts, what a template repeats on most pages (menus, footers) in the first of them alone."""
    pages = Counter(block for text in texts for block in set(text.blocks) if not block.startswith("#"))
    most = max(_TEMPLATE_FROM, len(texts) // 2 + 1)
    repeated = {block for block, count in pages.items() if count >= most}
    parts: list[Part] = []
    seen: set[str] = set()
    for text in texts:
        kept: list[str] = []
        for block in text.blocks:
            if block not in seen:
                kept.append(block)
            if block in repeated:
                seen.add(block)
        if kept:
            parts.append(Part(text.title, text.location, "\n\n".join(kept), text.hidden))
    return tuple(parts)


def _files(key: str, resources: Mapping[str, Resource]) -> Iterator[str]:
    """A resource's files, then those of what it depends on, each resource once."""
    waiting, seen = [key], {key}
    while waiting:
        resource = resources[waiting.pop(0)]
        yield from resource.files
        more = [each for each in resource.dependencies if each in resources and each not in seen]
        seen.update(more)
        waiting += more


def _refuse_others(root: Element, path: str) -> None:
    schema = inner_text(child(root, "metadata", "schema")).lower()
    name = next((name for word, name in _NOT_SCORM.items() if word in schema), "")
    if not name and "imscc" in str(root.tag).lower():
        name = "Common Cartridge"
    if name:
        raise wrong("FORMAT_NOT_SUPPORTED", f"{path} is a {name} package, which is not read yet.", file=path)


def _version(root: Element) -> str:
    """As the manifest says, else by its namespaces, else by how it spells the type of a resource (formats.md §2)."""
    if stated := inner_text(child(root, "metadata", "schemaversion")):
        return stated
    spaces = " ".join(str(space) for space in root.nsmap.values())
    if found := next((version for name, version in _VERSIONS.items() if name in spaces), ""):
        return found
    attributes = {str(key).rpartition("}")[2] for each in root.iter() for key in each.attrib}
    return "2004" if "scormType" in attributes else "1.2" if "scormtype" in attributes else ""


def _metadata(root: Element, package: _Package, manifest: str) -> Lom:
    """The manifest's metadata, in it or in the file beside it that it names."""
    metadata = child(root, "metadata")
    lom = child(metadata, "lom")
    if lom is not None:
        return read_lom(lom, manifest, package.notes)
    location = address("", inner_text(child(metadata, "location")))
    if not location or not (entry := package.entry(location)):
        return Lom()
    return read_lom(parse_xml(package.archive.read(entry), entry, package.notes), entry, package.notes)
