"""The files of the sample: SCORM packages, HTML, Markdown, CSV and XLSX; the same input gives the same bytes."""

from __future__ import annotations

import csv
import io
import re
import zipfile
from collections.abc import Mapping, Sequence
from datetime import datetime
from html import escape
from typing import Any

import yaml
from markdown_it import MarkdownIt
from openpyxl import Workbook

from samples.texts import Section, Text, sections

_MARKDOWN = MarkdownIt("commonmark").enable("table")
_MOMENT = (2020, 1, 1, 0, 0, 0)  # of every archive entry: an archive must not change because the clock did

_STYLES = {
    "hub": "body{font-family:Arial,sans-serif;margin:0}header{background:#04566b;color:#fff}nav{float:left}",
    "classic": "body{font-family:Verdana;background:#e8eef2}table.frame{width:760px}td.menu{width:180px}",
}
_FRAMES = {
    "hub": """<header><p>Tarnwick Water Learning Hub</p></header>
<nav><ul>{menu}</ul></nav>
<main>
<h1>{heading}</h1>
{body}</main>
<footer><p>Use the arrows to move between pages. Your progress is saved when you close this window.</p>
<p>Tarnwick Water Learning and Development, Ferry Road, Harnby. For use by employees and contractors only.</p></footer>
""",
    "classic": """<table class="frame"><tr><td class="menu"><p>Tarnwick Water e-learning</p><ul>{menu}</ul></td>
<td><h1>{heading}</h1>
{body}
<p>Click Next to continue. To leave the course click Exit and then close the browser.</p>
<p>Problems with this course? Ring the Training Office on extension 2210.</p></td></tr></table>
""",
}
_ACADEMY = """<!DOCTYPE html>
<html lang="{language}">
<head><meta charset="utf-8"><title>{title}</title>
<script type="application/ld+json">{facts}</script>
<style>body{{max-width:52em;margin:auto}}</style></head>
<body>
<div id="top"><p>Wendle Drainage Academy</p><ul><li>All courses</li><li>My bookings</li><li>Sign out</li></ul></div>
<article>
<h1>{title}</h1>
{body}</article>
<div id="bottom"><p>Wendle Drainage is part of Tarnwick Water.
Tell your supervisor when you have read this page.</p></div>
</body></html>
"""
_QUIZZES = frozenset(
    ("Quiz", "Test", "Check", "Check yourself", "Check your understanding")
)  # need 80 % to pass
_NAMESPACES = {
    "1.2": 'xmlns="http://www.imsproject.org/xsd/imscp_rootv1p1p2" '
    'xmlns:adlcp="http://www.adlnet.org/xsd/adlcp_rootv1p2" xmlns:md="http://www.imsglobal.org/xsd/imsmd_rootv1p2p1"',
    "2004": 'xmlns="http://www.imsglobal.org/xsd/imscp_v1p1" xmlns:adlcp="http://www.adlnet.org/xsd/adlcp_v1p3" '
    'xmlns:imsss="http://www.imsglobal.org/xsd/imsss" xmlns:lom="http://ltsc.ieee.org/xsd/LOM"',
}


def html_of(markdown: str) -> str:
    """Markdown as HTML."""
    return _MARKDOWN.render(markdown)


def archive(files: Mapping[str, bytes]) -> bytes:
    """A zip archive of the files in their order."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as made:
        for name, content in files.items():
            entry = zipfile.ZipInfo(name, _MOMENT)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o644 << 16
            made.writestr(entry, content)
    return out.getvalue()


def package(text: Text) -> bytes:
    """A SCORM package: a page for each section, all in the menu of the course's template."""
    pages = _pages(text)
    theme = text.meta.get("theme", "hub")
    menu = "".join(f'<li><a href="{file}">{escape(page.heading)}</a></li>' for file, page in pages.items())
    files = {"imsmanifest.xml": _manifest(text, pages).encode()}
    for file, page in pages.items():
        frame = _FRAMES[theme].format(menu=menu, heading=escape(page.heading), body=html_of(page.body))
        files[file] = (
            f'<!DOCTYPE html>\n<html lang="{text.meta.get("language", "en")}">\n<head><meta charset="utf-8">'
            f'<title>{escape(page.heading)}</title><link rel="stylesheet" href="style.css"></head>\n'
            f"<body>\n{frame}</body></html>\n"
        ).encode()
    files["style.css"] = _STYLES[theme].encode()
    return archive(files)


def _pages(text: Text) -> dict[str, Section]:
    found: dict[str, Section] = {}
    for number, section in enumerate(sections(text.body)):
        heading = section.heading or text.meta["title"]
        slug = re.sub(r"[^a-z0-9]+", "-", heading.lower()).strip("-")[:40] if number else "index"
        found[f"{slug}.html"] = Section(heading, section.body)
    return found


def _manifest(text: Text, pages: Mapping[str, Section]) -> str:
    meta = text.meta
    edition = str(meta["scorm"])
    old = edition == "1.2"
    title = escape(meta["title"])
    if old:  # each page is a SCO
        items = "".join(
            f'<item identifier="I{n}" identifierref="R{n}"><title>{escape(page.heading)}</title>'
            f"{'<adlcp:masteryscore>80</adlcp:masteryscore>' if page.heading in _QUIZZES else ''}</item>\n"
            for n, page in enumerate(pages.values(), 1)
        )
        resources = "".join(
            f'<resource identifier="R{n}" type="webcontent" adlcp:scormtype="sco" href="{file}">'
            f'<file href="{file}"/></resource>\n'
            for n, file in enumerate(pages, 1)
        )
    else:  # one SCO that pages by itself
        graded = any(page.heading in _QUIZZES for page in pages.values())
        measure = (
            '<imsss:sequencing><imsss:objectives><imsss:primaryObjective objectiveID="PASS" satisfiedByMeasure="true">'
            "<imsss:minNormalizedMeasure>0.8</imsss:minNormalizedMeasure></imsss:primaryObjective></imsss:objectives>"
            "</imsss:sequencing>"
        )
        items = f'<item identifier="I1" identifierref="R1"><title>{title}</title>{measure if graded else ""}</item>\n'
        listed = "".join(f'<file href="{file}"/>' for file in pages)
        resources = (
            '<resource identifier="R1" type="webcontent" adlcp:scormType="sco" href="index.html">'
            f"{listed}</resource>\n"
        )
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f'<manifest identifier="{meta["id"]}" version="{meta["version"]}" {_NAMESPACES[edition[:4].strip()]}>\n'
        f"<metadata><schema>ADL SCORM</schema><schemaversion>{edition}</schemaversion>{_lom(meta, old=old)}"
        f'</metadata>\n<organizations default="O1"><organization identifier="O1"><title>{title}</title>\n{items}'
        f"</organization></organizations>\n<resources>\n{resources}</resources>\n</manifest>\n"
    )


def _lom(meta: Mapping[str, Any], *, old: bool) -> str:
    language, version = meta.get("language", "en"), meta["version"]
    minutes = f"PT{meta['minutes']}M"
    about = escape(meta.get("about", ""))
    if old:
        identifier = f"<md:identifier>{meta['lom']}</md:identifier>" if "lom" in meta else ""

        def string(text: str, language: str = language) -> str:
            return f'<md:langstring xml:lang="{language}">{text}</md:langstring>'

        summary = f"<md:description>{string(about)}</md:description>" if about else ""
        return (
            f"<md:lom><md:general>{identifier}<md:title>{string(escape(meta['title']))}</md:title>"
            f"<md:language>{language}</md:language>{summary}</md:general>"
            f"<md:lifecycle><md:version>{string(version, 'x-none')}</md:version></md:lifecycle>"
            f"<md:educational><md:typicallearningtime><md:datetime>{minutes}</md:datetime>"
            "</md:typicallearningtime></md:educational></md:lom>"
        )
    identifier = (
        f"<lom:identifier><lom:catalog>TW</lom:catalog><lom:entry>{meta['lom']}</lom:entry></lom:identifier>"
        if "lom" in meta
        else ""
    )
    summary = (
        f'<lom:description><lom:string language="{language}">{about}</lom:string></lom:description>'
        if about
        else ""
    )
    return (
        f'<lom:lom><lom:general>{identifier}<lom:title><lom:string language="{language}">'
        f"{escape(meta['title'])}</lom:string></lom:title><lom:language>{language}</lom:language>{summary}"
        f'</lom:general><lom:lifeCycle><lom:version><lom:string language="x-none">{version}</lom:string>'
        f"</lom:version></lom:lifeCycle><lom:educational><lom:typicalLearningTime><lom:duration>{minutes}"
        "</lom:duration></lom:typicalLearningTime></lom:educational></lom:lom>"
    )


def academy_page(text: Text, facts: str) -> bytes:
    """A page of the academy's site; `facts` is its schema.org description as JSON."""
    return _ACADEMY.format(
        language=text.meta.get("language", "en"),
        title=escape(text.meta["title"]),
        facts=facts,
        body=html_of(text.body),
    ).encode()


def handbook_page(text: Text) -> bytes:
    """A Markdown page with its front matter."""
    matter = yaml.safe_dump(text.meta, sort_keys=False, allow_unicode=True, width=10_000)
    return f"---\n{matter}---\n\n# {text.meta['title']}\n\n{text.body}".encode()


def table(columns: Sequence[str], rows: Sequence[Mapping[str, object]]) -> bytes:
    """A CSV file; what a row does not have is an empty cell."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(columns)
    for row in rows:
        writer.writerow([row.get(column, "") for column in columns])
    return out.getvalue().encode()


def workbook(sheet: str, columns: Sequence[str], rows: Sequence[Mapping[str, object]]) -> bytes:
    """An XLSX file with one sheet."""
    book = Workbook()
    page = book.active
    assert page is not None
    page.title = sheet
    page.append(list(columns))
    for row in rows:
        page.append([row.get(column) for column in columns])
    book.properties.created = datetime(*_MOMENT)  # noqa: DTZ001 - the format has no zone
    book.properties.creator = "Wendle Drainage Academy"
    saved = io.BytesIO()
    book.save(saved)
    with zipfile.ZipFile(saved) as made:
        files = {name: made.read(name) for name in sorted(made.namelist())}
    # openpyxl writes the time of saving
    core = files["docProps/core.xml"].decode()
    core = re.sub(r"(<dcterms:modified[^>]*>)[^<]*", r"\g<1>2020-01-01T00:00:00Z", core)
    files["docProps/core.xml"] = core.encode()
    first = "[Content_Types].xml"
    return archive({first: files.pop(first), **files})
