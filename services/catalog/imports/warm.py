"""Reads a small file of every kind, so that what Python loads on first use is there before the lock falls."""

from __future__ import annotations

import io
import tarfile
import zipfile

from services.catalog.imports.model import ReadOptions
from services.catalog.imports.read import read_file

_MANIFEST = """<?xml version="1.0" encoding="UTF-8"?>
<manifest identifier="m" version="1"><metadata><schema>ADL SCORM</schema><lom>
<general><title><langstring xml:lang="en">t</langstring></title></general>
<lifecycle><contribute><date><datetime>2020-01-02</datetime></date></contribute></lifecycle></lom></metadata>
<organizations><organization identifier="o"><title>t</title>
<item identifier="i" identifierref="r"><title>i</title></item></organization></organizations>
<resources><resource identifier="r" href="p.html"><file href="p.html"/><file href="c.vtt"/></resource></resources>
</manifest>"""
_PAGE = """<html lang="en"><title>t</title><meta name="author" content="a">
<script type="application/ld+json">{"name": "n", "timeRequired": "PT1H", "dateModified": "2020-01-02"}</script>
<h1>h</h1><p>é &eacute;<ul><li>b</ul><table><tr><td>1<td>2</table><pre>x</pre><blockquote>q</blockquote>"""
_TEXTS = {
    "catalog.csv": "external_id;title;updated;Dauer (h)\n1;é;03/04/2019;1,5\n2;b;3 March 2020;x\n",
    "programs.csv": "program,title,position,resource,mandatory,owner\np,t,1,r,yes,o\n",
    "engagement.csv": "resource,month,enrolled,started,completed,learner,state\nr,2026-01,1,1,1,l,completed\n",
    "people.csv": "email,name,roles\na@b.example,A,ADMINISTRATOR\nnobody\n",
    "report.csv": ',"Email address",a,""\nA,a@b.example,Completed,"2024-02-03 10:00:00"\n',
    "yaml.md": "---\ntitle: t\nlast_reviewed_on: 2020-01-02\nreview_in: 1y\n---\n# h\n\n| a |\n|---|\n| b |\n",
    "toml.md": '+++\ntitle = "t"\nday = 2020-01-02\n+++\ntext\n',
    "broken.md": "---\na: [\n---\n",
    "page.html": _PAGE,
    "deep.html": "<b>" * 300 + "x",
    "captions.vtt": "WEBVTT\n\n00:01.000 --> 00:02.000\n<v A>x\n",
    "unknown.txt": "words",
}


def warm() -> None:
    """Runs every reader once; takes some 30 ms."""
    package = _zipped(
        {"imsmanifest.xml": _MANIFEST.encode(), "p.html": _PAGE.encode("cp1252"), "c.vtt": b"WEBVTT"}
    )
    files = {name: text.encode() for name, text in _TEXTS.items()} | {
        "latin.csv": "title,id\né,1\n".encode("cp1252"),
        "package.zip": package,
        "malformed.zip": _zipped({"imsmanifest.xml": b"<manifest>"}),
        "bundle.zip": _zipped({"é.zip": package, "a.md": b"# a"}),
        "damaged.zip": package[:-30],
        "archive.tar.gz": _tarred({"imsmanifest.xml": _MANIFEST.encode()}),
    }
    for name, data in files.items():
        read_file(io.BytesIO(data), name, ReadOptions())


def _zipped(files: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return out.getvalue()


def _tarred(files: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz") as archive:
        for name, data in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))
    return out.getvalue()
