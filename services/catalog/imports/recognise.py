"""What a file is: by its content first, by its name where content does not tell."""

from __future__ import annotations

import re
from collections.abc import Iterable

from services.catalog.imports.csv_tables import has_header
from services.catalog.imports.text import decode

HEAD = 64 << 10

_MAGIC = (
    (b"PK\x03\x04", "zip"),
    (b"PK\x05\x06", "zip"),
    (b"PK\x07\x08", "zip"),
    (b"\x1f\x8b", "tar"),
    (b"%PDF-", "pdf"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "office97"),
)
_HTML = re.compile(
    r"\s*(?:<\?xml[^>]*>\s*)?(?:<!--.*?-->\s*)*<(?:!doctype\s+html|html|head|body)\b", re.I | re.S
)
_SUBRIP = re.compile(r"\s*\d+\s*\n\s*\d{1,2}:\d{2}:\d{2}[.,]\d{3}\s*-+>")
_JSON = re.compile(r"\s*[{\[]")
_BY_NAME = {
    "md": "markdown", "markdown": "markdown", "html": "html", "htm": "html", "xhtml": "html", "csv": "table",
    "tsv": "table", "vtt": "captions", "srt": "captions",
}  # fmt: skip
_ASSETS = frozenset({
    "png", "jpg", "jpeg", "gif", "svg", "webp", "ico", "bmp", "css", "scss", "js", "mjs", "map", "woff", "woff2", "ttf",
    "eot", "otf", "mp3", "mp4", "m4a", "m4v", "ogg", "wav", "webm", "mov", "avi", "yml", "yaml", "toml", "ini", "cfg",
    "lock",
})  # fmt: skip
_INSIDE = (
    ("xl/workbook.xml", "xlsx"),
    ("word/document.xml", "docx"),
    ("ppt/presentation.xml", "pptx"),
    ("cmi5.xml", "cmi5"),
    ("h5p.json", "h5p"),
    ("moodle_backup.xml", "mbz"),
    ("manifest.csv", "oneroster"),
    ("course.xml", "olx"),
    ("course/course.xml", "olx"),
)


def recognise(head: bytes, path: str) -> str:
    """The kind of a file from its first 64 KiB, or empty: zip, tar, pdf, office97, html, captions, markdown, table,
    json, xml, asset (what pages are made of and nobody reads: pictures, styles, settings)."""
    if found := next((kind for magic, kind in _MAGIC if head.startswith(magic)), ""):
        return found
    if head[257:262] == b"ustar":
        return "tar"
    name = path.rpartition("/")[2].lower()
    ending = name.rpartition(".")[2] if "." in name else ""
    if ending in _ASSETS or name.startswith("."):
        return "asset"
    text = decode(head)[0]
    by_name = _BY_NAME.get(ending, "")
    if by_name in ("markdown", "table"):  # whatever they begin with
        return by_name
    if _HTML.match(text):
        return "html"
    if text.startswith("WEBVTT") or _SUBRIP.match(text):
        return "captions"
    if by_name:
        return by_name
    if text.startswith("<?xml") or ending == "xml":
        return "xml"
    if _JSON.match(text):
        return "json"
    if text.count("\0") > len(text) // 100:
        return ""
    return "table" if has_header(head) else ""


def recognise_archive(names: Iterable[str]) -> str:
    """The kind of an archive from the names in it: scorm, xlsx, docx, pptx, cmi5, h5p, mbz, oneroster, olx or empty."""
    folded = {name.casefold() for name in names}
    if any(name == "imsmanifest.xml" or name.endswith("/imsmanifest.xml") for name in folded):
        return "scorm"
    return next((kind for inside, kind in _INSIDE if inside in folded), "")
