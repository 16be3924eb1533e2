"""SCORM packages and archives: manifests as they are met, their text, their order, their names."""

from __future__ import annotations

import io
import zipfile

import pytest

from services.catalog.imports.answers import decode, encode
from services.catalog.imports.archive import Budget, ZipArchive
from services.catalog.imports.model import ParsedFile, ReadOptions, ResourceRecord
from services.catalog.imports.read import read_file
from tests.hostile import PUMP, VALVE, manifest, package, page, zipped


def read(data: bytes, name: str = "course.zip") -> ParsedFile:
    return read_file(io.BytesIO(data), name, ReadOptions())


def one(parsed: ParsedFile) -> ResourceRecord:
    assert not parsed.unreadable
    (record,) = parsed.resources
    return record


def reasons(parsed: ParsedFile) -> set[tuple[str, str]]:
    return {(warning.reason, warning.place) for warning in parsed.warnings}


TWO = (
    '<item identifier="I1"><title>Part</title>'
    '<item identifier="I2" identifierref="R2"><title>Valves first</title></item>'
    '<item identifier="I3" identifierref="R1" isvisible="false"><title>Pumps</title></item></item>'
)
TWO_RESOURCES = (
    '<resource identifier="R1" type="webcontent" adlcp:scormtype="sco" href="pump.html"><file href="pump.html"/>'
    '<dependency identifierref="R3"/></resource>'
    '<resource identifier="R2" type="webcontent" href="valve.html?x=1#top"><file href="valve.html"/>'
    '<file href="more.htm"/><file href="style.css"/></resource>'
    '<resource identifier="R3"><file href="words.vtt"/></resource>'
)


def test_the_text_follows_the_items_each_file_once() -> None:
    data = package(
        imsmanifest__xml=manifest(TWO, TWO_RESOURCES),
        valve__html=page(VALVE, "Valve page"),
        more__htm=page("More.", "More page"),
        words__vtt="WEBVTT\n\n00:00.000 --> 00:01.000\nSpoken words.\n",
        style__css="p{}",
    )
    record = one(read(data))
    assert [(part.location, part.title, part.hidden) for part in record.parts] == [
        ("valve.html", "Valves first", False),
        ("more.htm", "More page", False),
        ("pump.html", "Pumps", True),
        ("words.vtt", "", True),
    ]
    assert record.parts[3].text == "Spoken words."
    assert (record.external_id, record.identifiers, record.title) == ("PV-1", ("PV-1",), "Pumps and valves")


def test_what_a_template_repeats_is_text_once_and_what_two_pages_share_stays() -> None:
    menu = "<ul><li>Home<li>Help</ul>"
    files = {
        f"p{n}.html": f"<html><body>{menu}<h1>Page</h1><p>Text {n}</p><p>Shared {n // 2}</p>{menu}"
        for n in range(4)
    }
    resources = "".join(
        f'<resource identifier="R{n}" href="p{n}.html"><file href="p{n}.html"/></resource>' for n in range(4)
    )
    record = one(read(zipped({"imsmanifest.xml": manifest("", resources), **files})))
    assert record.parts[0].text == "- Home\n- Help\n\n# Page\n\nText 0\n\nShared 0"
    assert [part.text for part in record.parts[1:]] == [
        f"# Page\n\nText {n}\n\nShared {n // 2}" for n in (1, 2, 3)
    ]


@pytest.mark.parametrize(
    ("attributes", "schema", "version"),
    [
        ('xmlns:a="http://www.adlnet.org/xsd/adlcp_rootv1p2"', "", "1.2"),
        ('xmlns:a="http://www.adlnet.org/xsd/adlcp_v1p3"', "", "2004"),
        (
            'xmlns:a="http://www.adlnet.org/xsd/adlcp_v1p3"',
            "<schemaversion>2004 3rd Edition</schemaversion>",
            "2004 3rd Edition",
        ),
        ('xmlns:a="urn:other"', "", "2004"),
    ],
)
def test_the_version_is_told_by_schema_then_namespace_then_spelling(
    attributes: str, schema: str, version: str
) -> None:
    text = (
        f'<manifest identifier="M" {attributes}><metadata><schema>ADL SCORM</schema>{schema}</metadata><organizations/>'
        '<resources><resource identifier="R" a:scormType="sco" href="pump.html"><file href="pump.html"/></resource>'
        "</resources></manifest>"
    )
    record = one(read(package(imsmanifest__xml=text), "x/Safe pumping.zip"))
    assert record.facts["schema_version"] == version
    assert record.title == "Safe pumping"
    assert PUMP in record.parts[0].text


def test_metadata_may_stand_in_a_file_beside_the_manifest() -> None:
    lom = (
        '<lom xmlns="http://ltsc.ieee.org/xsd/LOM"><general>'
        "<identifier><catalog>c</catalog><entry>LOM-7</entry></identifier>"
        '<title><string language="en">Pumps</string><string language="de">Pumpen</string></title>'
        "<language>en</language>"
        "</general><lifeCycle><contribute><role><value>author</value></role><entity>BEGIN:VCARD\nFN:Ann Lee\nEND:VCARD"
        "</entity><date><dateTime>2021-05-04</dateTime></date></contribute><contribute><role><value>editor</value></role>"
        "<date><dateTime>2023-06-05T10:00:00Z</dateTime></date></contribute></lifeCycle><educational><typicalLearningTime>"
        "<duration>PT1H</duration></typicalLearningTime></educational></lom>"
    )
    text = manifest().replace("</metadata>", "<adlcp:location>meta/lom.xml</adlcp:location></metadata>")
    data = zipped({"imsmanifest.xml": text, "pump.html": page(PUMP), "meta/lom.xml": lom})
    record = one(read(data))
    assert (record.external_id, record.identifiers) == ("LOM-7", ("LOM-7", "PV-1"))
    assert (record.author, record.duration_seconds, record.language) == ("Ann Lee", 3_600, "en")
    assert (str(record.created), str(record.updated)) == ("2021-05-04", "2023-06-05")
    assert record.titles == {"en": "Pumps", "de": "Pumpen"}


def test_a_side_file_with_a_doctype_refuses_the_package() -> None:
    text = manifest().replace("</metadata>", "<adlcp:location>lom.xml</adlcp:location></metadata>")
    (problem,) = read(package(imsmanifest__xml=text, lom__xml="<!DOCTYPE lom []><lom/>")).unreadable
    assert (problem.reason, problem.place) == ("XML_DOCTYPE_REFUSED", "lom.xml")


def test_several_packages_in_one_archive_are_several_resources() -> None:
    inner = {"imsmanifest.xml": manifest(identifier="A"), "pump.html": page(PUMP)}
    other = {"imsmanifest.xml": manifest(identifier="B"), "pump.html": page(VALVE)}
    folders = zipped({f"a/{k}": v for k, v in inner.items()} | {f"b/{k}": v for k, v in other.items()})
    zips = zipped(
        {"a.zip": zipped(inner), "docs/b.zip": zipped(other), "guide.md": "# Guide", "photo.jpg": b"\xff"}
    )
    parsed = read(folders, "all.zip")
    assert [(record.external_id, record.path) for record in parsed.resources] == [
        ("A", "all.zip/a"),
        ("B", "all.zip/b"),
    ]
    parsed = read(zips, "all.zip")
    assert [(record.external_id, record.path) for record in parsed.resources] == [
        ("A", "all.zip/a.zip"), ("B", "all.zip/docs/b.zip"), ("all.zip/guide.md", "all.zip/guide.md"),
    ]  # fmt: skip
    assert parsed.facts["packages"] == 2


def test_a_broken_file_in_a_bundle_does_not_stop_the_others() -> None:
    parsed = read(zipped({"bad.zip": package()[:-40], "good.zip": package()}), "all.zip")
    assert [record.external_id for record in parsed.resources] == ["PV-1"]
    assert [(problem.file, problem.reason) for problem in parsed.unreadable] == [
        ("all.zip/bad.zip", "ARCHIVE_CORRUPT")
    ]


def test_names_are_found_whatever_their_form_and_case() -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("cafe\u0301/Pump.HTML", "x")
        archive.writestr("a.txt", "x")
        archive.writestr("A.TXT", "x")
    found = ZipArchive(io.BytesIO(out.getvalue()), "z.zip", Budget(100))
    match = found.find("caf\u00e9/pump.html")
    assert match is not None
    assert (match.name, match.exact) == ("caf\u00e9/Pump.HTML", False)
    assert found.find("a.Txt") is None
    exact = found.find("A.TXT")
    assert exact is not None
    assert exact.exact


def test_a_name_in_utf8_without_the_flag_is_read_as_utf8() -> None:
    data = zipped({"nXXme.html": "x"}).replace(b"nXXme", "näme".encode())
    assert ZipArchive(io.BytesIO(data), "z.zip", Budget(100)).names == ("näme.html",)


def test_all_text_of_a_package_has_a_limit_too() -> None:
    data = zipped({"a.html": "x" * 600, "b.html": "y" * 600})
    archive = ZipArchive(io.BytesIO(data), "z.zip", Budget(100, text=1_000))
    assert len(archive.read("a.html")) == 600
    with pytest.raises(Exception, match="ARCHIVE_EXPANDS_TOO_MUCH"):
        archive.read("b.html")


def test_an_answer_comes_back_as_it_was_given() -> None:
    parsed = read(package())
    assert decode(encode(parsed)) == parsed


@pytest.mark.parametrize(
    "lines",
    [
        [],
        [b"not json\n"],
        [b'{"file": "a", "recognised_as": "scorm"}\n'],
        [b'{"file": "a", "recognised_as": "scorm"}\n', b'["nonsense",{}]\n', b"\n"],
        [b'{"file": "a", "recognised_as": "scorm"}\n', b'["people",{"line": 1}]\n', b"\n"],
        [b'{"file": 7}\n', b"\n"],
    ],
)
def test_an_answer_that_is_cut_off_or_made_up_is_none(lines: list[bytes]) -> None:
    assert decode(lines) is None


@pytest.mark.parametrize(
    ("name", "data", "kind"),
    [
        ("page.dat", b"<!-- x --><!DOCTYPE html><p>x", "html"),
        ("captions.txt", b"1\n00:00:01,000 --> 00:00:02,000\nx\n", "captions"),
        ("course.dat", package(), "scorm"),
        ("list.txt", b"external_id\ttitle\n1\tPumps\n", "catalog"),
        ("logo.svg", b"<svg/>", "asset"),
        (".nojekyll", b"x", "asset"),
    ],
)
def test_a_file_is_known_by_its_content_before_its_name(name: str, data: bytes, kind: str) -> None:
    parsed = read(data, name)
    assert (parsed.recognised_as, parsed.unreadable) == (kind, ())


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("a.pdf", b"%PDF-1.7\n"),
        ("a.doc", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"),
        ("a.json", b"{}"),
        ("cmi5.xml", b"<a/>"),
    ],
)
def test_a_known_format_that_is_not_read_yet_is_named(name: str, data: bytes) -> None:
    (problem,) = read(data, name).unreadable
    assert problem.reason == "FORMAT_NOT_SUPPORTED"
