"""Any file into records: the one function that the parse worker runs."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import replace
from typing import BinaryIO

from services.catalog.imports.archive import MAX_TEXT, Archive, Budget, ZipArchive
from services.catalog.imports.captions import read_captions
from services.catalog.imports.csv_tables import csv_rows
from services.catalog.imports.facts import PageFacts, page_facts
from services.catalog.imports.headers import Row, find_header
from services.catalog.imports.html import decode_html, read_html
from services.catalog.imports.markdown import read_markdown, references
from services.catalog.imports.model import ParsedFile, Part, ReadOptions, ResourceRecord
from services.catalog.imports.notes import Notes, refused, too_large, wrong
from services.catalog.imports.recognise import HEAD, recognise, recognise_archive
from services.catalog.imports.reports import read_report, report_of
from services.catalog.imports.scorm import MANIFEST, read_scorm
from services.catalog.imports.tables import read_table
from services.catalog.imports.tar import TarArchive
from services.catalog.imports.text import decode
from services.catalog.imports.words import language_code
from services.catalog.imports.xlsx import sheets
from services.kit.errors import WinnowError

_NAMES = {
    "pdf": "PDF", "office97": "Office 97", "docx": "Word", "pptx": "PowerPoint", "cmi5": "cmi5", "h5p": "H5P",
    "mbz": "Moodle backup", "oneroster": "OneRoster", "olx": "Open edX", "json": "JSON", "xml": "XML",
}  # fmt: skip


def read_file(file: BinaryIO, path: str, options: ReadOptions) -> ParsedFile:
    """Everything a file yields; a file that cannot be read yields its reason, never an exception.

    `path` is its path inside the import, with `/`, NFC.
    """
    notes = Notes(path)
    try:
        parsed = _read(file, path, notes, options, Budget(options.max_entries), inside=False)
    except WinnowError as error:
        return ParsedFile(path, "", warnings=notes.warnings, unreadable=(refused(path, error),))
    return replace(
        parsed, warnings=notes.warnings, unreadable=tuple(notes.unreadable), questions=tuple(notes.questions)
    )


def _read(
    file: BinaryIO, path: str, notes: Notes, options: ReadOptions, budget: Budget, *, inside: bool
) -> ParsedFile:
    """`inside`: the file stands in an archive, so archives in it are not opened."""
    file.seek(0)
    head = file.read(HEAD)
    if not head:
        raise wrong("FILE_EMPTY", f"{path} is empty.", file=path)
    kind = recognise(head, path)
    if kind == "asset":
        return ParsedFile(path, "asset")
    if kind in ("zip", "tar"):
        archive = (ZipArchive if kind == "zip" else TarArchive)(file, path, budget)
        return _read_archive(archive, file, path, notes, options, budget, inside=inside)
    if kind in _NAMES:
        raise wrong("FORMAT_NOT_SUPPORTED", f"{path} is {_NAMES[kind]}, which is not read yet.", file=path)
    read = _TEXTS.get(kind)
    if read is None:
        raise _unknown(path)
    file.seek(0)
    data = file.read(MAX_TEXT + 1)
    if len(data) > MAX_TEXT:
        raise too_large(path, "bytes", MAX_TEXT)
    return read(data, path, notes, options)


def _read_archive(
    archive: Archive,
    file: BinaryIO,
    path: str,
    notes: Notes,
    options: ReadOptions,
    budget: Budget,
    *,
    inside: bool,
) -> ParsedFile:
    kind = recognise_archive(archive.names)
    if kind == "scorm":
        manifests = _manifests(archive)
        if len(manifests) == 1:
            record = read_scorm(archive, manifests[0], path, notes)
            return ParsedFile(path, "scorm", resources=(record,), facts=record.facts)
        records = tuple(
            read_scorm(archive, each, f"{path}/{each.rpartition('/')[0]}", notes) for each in manifests
        )
        return ParsedFile(path, "bundle", resources=records, facts={"packages": len(records)})
    if kind == "xlsx" and isinstance(archive, ZipArchive):
        return _read_workbook(file, archive, path, notes, options)
    if kind:
        raise wrong(
            "FORMAT_NOT_SUPPORTED", f"{path} is {_NAMES.get(kind, kind)}, which is not read yet.", file=path
        )
    if inside:
        raise _unknown(path)
    return _read_bundle(archive, path, notes, options, budget)


def _manifests(archive: Archive) -> list[str]:
    """The manifests that are not inside another package's folder, shallowest first."""
    found = [name for name in archive.names if name.casefold().rpartition("/")[2] == MANIFEST]
    outer: list[str] = []
    for name in sorted(found, key=lambda name: (name.count("/"), name)):
        if not any(name.startswith(each[: -len(MANIFEST)]) for each in outer):
            outer.append(name)
    return outer


def _read_bundle(
    archive: Archive, path: str, notes: Notes, options: ReadOptions, budget: Budget
) -> ParsedFile:
    """Packages and documents inside an archive, one level deep; what cannot be read does not stop the others."""
    parsed: list[ParsedFile] = []
    packages = 0
    for name in archive.names:
        if not name.lower().endswith(_READABLE):
            continue
        inner, below = f"{path}/{name}", Notes(f"{path}/{name}")
        try:
            file = io.BytesIO(archive.read(name))
            found = _read(file, inner, below, options, budget, inside=True)
        except WinnowError as error:
            below.refuse(error)
        else:
            packages += found.recognised_as == "scorm"
            parsed.append(found)
        notes.join(below)
    if not any(each.recognised_as for each in parsed) and not notes.unreadable:
        raise _unknown(path)
    return ParsedFile(
        path,
        "bundle",
        resources=tuple(record for each in parsed for record in each.resources),
        programs=tuple(row for each in parsed for row in each.programs),
        engagement=tuple(row for each in parsed for row in each.engagement),
        people=tuple(row for each in parsed for row in each.people),
        rows_rejected=sum(each.rows_rejected for each in parsed),
        facts={"packages": packages},
    )


def _read_workbook(
    file: BinaryIO, archive: ZipArchive, path: str, notes: Notes, options: ReadOptions
) -> ParsedFile:
    """Every sheet that is a table; without one, the error says what the first lacks."""
    found = [(name, rows) for name, rows in sheets(file, archive, path) if rows]
    tables = [rows for _, rows in found if find_header(rows) is not None]
    if not tables:
        return read_table(found[0][1] if found else [], path, "xlsx", notes, options)
    read = [read_table(rows, path, "xlsx", notes, options) for rows in tables]
    if len(read) == 1:
        return read[0]
    return replace(
        read[0],
        resources=tuple(record for each in read for record in each.resources),
        programs=tuple(row for each in read for row in each.programs),
        engagement=tuple(row for each in read for row in each.engagement),
        people=tuple(row for each in read for row in each.people),
        rows_rejected=sum(each.rows_rejected for each in read),
    )


def _read_csv(data: bytes, path: str, notes: Notes, options: ReadOptions) -> ParsedFile:
    rows: list[Row] = csv_rows(data, path, notes)
    if layout := report_of(rows):
        return read_report(layout, rows, path, notes)
    return read_table(rows, path, "csv", notes, options)


def _read_markdown(data: bytes, path: str, notes: Notes, options: ReadOptions) -> ParsedFile:
    return ParsedFile(path, "markdown", resources=(read_markdown(data, path, notes),))


def _read_page(data: bytes, path: str, notes: Notes, options: ReadOptions) -> ParsedFile:
    markup, guessed = decode_html(data)
    if guessed:
        notes.warn("ENCODING_GUESSED", "", "The page is not in the encoding it declares; it was guessed.")
    page = read_html(markup)
    if not page.complete:
        notes.warn("HTML_TOO_DEEP", "", "The page is nested too deeply; only its words were read.")
    said = PageFacts() if page.root is None else page_facts(page.root, "", notes)
    name = path.rpartition("/")[2]
    web = ("http://", "https://")
    external = {link: words for link, words in page.links.items() if link.lower().startswith(web)}
    record = ResourceRecord(
        external_id=path,
        format="html",
        path=path,
        kind="page",
        title=said.title or page.title or page.heading or name.rpartition(".")[0] or name,
        description=said.description,
        language=language_code(said.language or page.language),
        version=said.version,
        created=said.created,
        updated=said.updated,
        published=said.published,
        expires=said.expires,
        author=said.author,
        duration_seconds=said.duration_seconds,
        objectives=said.objectives,
        links=external,
        references=references(path, page.links),
        parts=(Part(page.heading or page.title, name, page.text),) if page.text else (),
    )
    return ParsedFile(path, "html", resources=(record,))


def _read_captions(data: bytes, path: str, notes: Notes, options: ReadOptions) -> ParsedFile:
    text, guessed = decode(data)
    if guessed:
        notes.warn("ENCODING_GUESSED", "", "The captions are not in UTF-8; their encoding was guessed.")
    captions = read_captions(text, "", notes)
    name = path.rpartition("/")[2]
    record = ResourceRecord(
        external_id=path,
        format="captions",
        path=path,
        kind="video",
        title=name.rpartition(".")[0] or name,
        duration_seconds=round(captions.seconds),
        parts=(Part("", name, captions.text),) if captions.text else (),
    )
    seconds = f"{captions.seconds:g}"
    return ParsedFile(
        path, "captions", resources=(record,), facts={"cues": captions.cues, "seconds": seconds}
    )


def _unknown(path: str) -> WinnowError:
    return wrong("FORMAT_UNKNOWN", f"{path} is nothing that Winnow can read.", file=path)


_TEXTS: dict[str, Callable[[bytes, str, Notes, ReadOptions], ParsedFile]] = {
    "table": _read_csv,
    "markdown": _read_markdown,
    "html": _read_page,
    "captions": _read_captions,
}
_READABLE = (".zip", ".xlsx", ".csv", ".tsv", ".md", ".markdown", ".html", ".htm", ".xhtml", ".vtt", ".srt")
