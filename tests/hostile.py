"""Files that attack their reader, made from a few lines each, with the verdict that each deserves.

`HOSTILE` maps a file name to the bytes and to the reason with which it is refused, or to None where it is read all
the same. Nothing is stored: a repository with archive bombs in it is a nuisance to every scanner.
"""

from __future__ import annotations

import gzip
import io
import random
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

_DAY = (2024, 3, 1, 9, 0, 0)
PUMP = "Check the pressure before you open the valve. A pump that runs dry is destroyed within a minute."
VALVE = "Close the upper valve first, then the lower one, and write both times into the log of the shift."


@dataclass(frozen=True, slots=True)
class Hostile:
    """A file and the reason of its refusal; None when it is read."""

    make: Callable[[], bytes]
    reason: str | None


def zipped(
    files: Mapping[str, bytes | str] | Sequence[tuple[str, bytes | str]],
    *,
    method: int = zipfile.ZIP_DEFLATED,
    mode: int = 0o100644,
) -> bytes:
    """A zip file of these entries, the same bytes each time."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, data in files.items() if isinstance(files, Mapping) else files:
            info = zipfile.ZipInfo(name, _DAY)
            info.compress_type, info.external_attr, info.create_system = method, mode << 16, 3
            archive.writestr(info, data)
    return out.getvalue()


def manifest(
    items: str = '<item identifier="I1" identifierref="R1"><title>Pumps</title></item>',
    resources: str = '<resource identifier="R1" type="webcontent" href="pump.html"><file href="pump.html"/></resource>',
    *,
    before: str = "",
    title: str = "Pumps and valves",
    identifier: str = "PV-1",
) -> str:
    """A SCORM 1.2 manifest of one organization."""
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>{before}<manifest identifier="{identifier}" '
        'xmlns="http://www.imsproject.org/xsd/imscp_rootv1p1p2" xmlns:adlcp="http://www.adlnet.org/xsd/adlcp_rootv1p2">'
        "<metadata><schema>ADL SCORM</schema><schemaversion>1.2</schemaversion></metadata>"
        f'<organizations default="O"><organization identifier="O"><title>{title}</title>{items}</organization>'
        f"</organizations><resources>{resources}</resources></manifest>"
    )


def page(text: str, title: str = "Pumps") -> str:
    """An HTML page with a heading and a paragraph."""
    head = f'<!DOCTYPE html><html lang="en"><head><title>{title}</title></head>'
    return f"{head}<body><h1>{title}</h1><p>{text}</p></body></html>"


def package(**entries: bytes | str) -> bytes:
    """A good SCORM package; `entries` are added or replace, `__` in a name being a dot."""
    files: dict[str, bytes | str] = {"imsmanifest.xml": manifest(), "pump.html": page(PUMP)}
    return zipped(files | {name.replace("__", "."): data for name, data in entries.items()})


def workbook(
    rows: Sequence[Sequence[str]], *, dimension: str = "A1:D9", extra: str = "", prolog: str = ""
) -> bytes:
    """A workbook with one sheet of inline strings; `extra` are further rows as XML."""
    kind = "http://schemas.openxmlformats.org"
    cells = "".join(
        f'<row r="{number}">'
        + "".join(
            f'<c r="{chr(65 + at)}{number}" t="inlineStr"><is><t>{cell}</t></is></c>'
            for at, cell in enumerate(row)
        )
        + "</row>"
        for number, row in enumerate(rows, 1)
    )
    main = f'xmlns="{kind}/spreadsheetml/2006/main" xmlns:r="{kind}/officeDocument/2006/relationships"'
    relation = f"{kind}/officeDocument/2006/relationships"
    return zipped(
        {
            "[Content_Types].xml": f'<Types xmlns="{kind}/package/2006/content-types"><Default Extension="xml" '
            'ContentType="application/xml"/></Types>',
            "_rels/.rels": f'<Relationships xmlns="{kind}/package/2006/relationships"><Relationship Id="r1" '
            f'Type="{relation}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
            "xl/workbook.xml": f'{prolog}<workbook {main}><sheets><sheet name="S" sheetId="1" r:id="r1"/></sheets>'
            "</workbook>",
            "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{kind}/package/2006/relationships"><Relationship '
            f'Id="r1" Type="{relation}/worksheet" Target="worksheets/sheet1.xml"/></Relationships>',
            "xl/worksheets/sheet1.xml": f'<worksheet {main}><dimension ref="{dimension}"/><sheetData>{cells}{extra}'
            "</sheetData></worksheet>",
        }
    )


def tarred(members: Sequence[tuple[tarfile.TarInfo, bytes]]) -> bytes:
    """A tar file of these members."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        for member, data in members:
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))
    return out.getvalue()


def _changed_directory(data: bytes, entry: bytes, offset: int, form: str, value: int) -> bytes:
    """The zip file with one number of one entry's directory header changed."""
    changed = bytearray(data)
    at = changed.find(b"PK\x01\x02")
    while changed[at + 46 : at + 46 + len(entry)] != entry:
        at = changed.find(b"PK\x01\x02", at + 4)
    struct.pack_into(form, changed, at + offset, value)
    return bytes(changed)


def _lying_size() -> bytes:
    return _changed_directory(package(), b"pump.html", 24, "<I", 7)


def _encrypted() -> bytes:
    return _changed_directory(package(), b"pump.html", 8, "<H", 1)


def _unknown_method() -> bytes:
    return _changed_directory(package(), b"pump.html", 10, "<H", 99)


def _offset_outside() -> bytes:
    return _changed_directory(package(), b"pump.html", 42, "<I", 0x7FFFFFF0)


def _overlapping() -> bytes:
    body = zlib.compress(b"A" * 90_000, 9)[2:-4]
    check = zlib.crc32(b"A" * 90_000)
    local = (
        struct.pack("<IHHHHHIIIHH", 0x04034B50, 20, 0, 8, 0, 33, check, len(body), 90_000, 1, 0) + b"a" + body
    )
    directory = b""
    for number in range(500):
        name = b"f%04d" % number
        header = (0x02014B50, 20, 20, 0, 8, 0, 33, check, len(body), 90_000, len(name), 0, 0, 0, 0, 0, 0)
        directory += struct.pack("<IHHHHHHIIIHHHHHII", *header) + name
    return (
        local
        + directory
        + struct.pack("<IHHHHIIH", 0x06054B50, 0, 0, 500, 500, len(directory), len(local), 0)
    )


def _many_entries(count: int, *, said: int | None = None) -> bytes:
    """A zip file of empty entries, made by hand because zipfile takes seconds; `said` is the count at its end."""
    local, directory = bytearray(), bytearray()
    for number in range(count):
        name = b"%06d" % number
        header = (0x02014B50, 20, 20, 0, 0, 0, 33, 0, 0, 0, len(name), 0, 0, 0, 0, 0, len(local))
        directory += struct.pack("<IHHHHHHIIIHHHHHII", *header) + name
        local += struct.pack("<IHHHHHIIIHH", 0x04034B50, 20, 0, 0, 0, 33, 0, 0, 0, len(name), 0) + name
    told = min(count if said is None else said, 0xFFFF)
    end = struct.pack("<IHHHHIIH", 0x06054B50, 0, 0, told, told, len(directory), len(local), 0)
    return bytes(local + directory + end)


def _symlink() -> bytes:
    return _changed_directory(package(), b"pump.html", 38, "<I", 0o120777 << 16)


def _linked_tar(kind: bytes, name: str = "imsmanifest.xml") -> bytes:
    member = tarfile.TarInfo(name)
    member.type, member.linkname = kind, "/etc/passwd"
    return tarred([(member, b"")])


def _named_tar(name: str) -> bytes:
    return tarred([(tarfile.TarInfo(name), b"x")])


def _noise(size: int) -> bytes:
    return random.Random(7).randbytes(size)


_ENTITIES = "".join(f'<!ENTITY {chr(98 + n)} "{f"&{chr(97 + n)};" * 10}">' for n in range(9))
_HEADER_ROW = ["id", "title"]
_FAR_CELL = '<row r="1048576"><c r="XFD1048576" t="inlineStr"><is><t>far</t></is></c></row>'

HOSTILE: dict[str, Hostile] = {
    # archives
    "empty.zip": Hostile(lambda: zipped({}), "ARCHIVE_EMPTY"),
    "nothing.zip": Hostile(lambda: b"", "FILE_EMPTY"),
    "folders_only.zip": Hostile(lambda: zipped({"a/": b"", "a/b/": b""}), "ARCHIVE_EMPTY"),
    "truncated.zip": Hostile(lambda: package()[:-40], "ARCHIVE_CORRUPT"),
    "head_only.zip": Hostile(lambda: b"PK\x03\x04" + _noise(5_000), "ARCHIVE_CORRUPT"),
    "slip.zip": Hostile(
        lambda: zipped({"imsmanifest.xml": manifest(), "../../evil.html": "x"}), "ARCHIVE_PATH_UNSAFE"
    ),
    "slip_backslash.zip": Hostile(lambda: zipped({"a\\..\\..\\evil.html": "x"}), "ARCHIVE_PATH_UNSAFE"),
    "absolute.zip": Hostile(lambda: zipped({"/etc/cron.d/evil": "x"}), "ARCHIVE_PATH_UNSAFE"),
    "drive.zip": Hostile(lambda: zipped({"C:\\evil.html": "x"}), "ARCHIVE_PATH_UNSAFE"),
    "bidi_name.zip": Hostile(lambda: zipped({"a\u202efdp.exe": "x"}), "ARCHIVE_PATH_UNSAFE"),
    "symlink.zip": Hostile(_symlink, "ARCHIVE_LINK_REFUSED"),
    "encrypted.zip": Hostile(_encrypted, "ARCHIVE_ENCRYPTED"),
    "duplicate.zip": Hostile(
        lambda: zipped([("imsmanifest.xml", manifest()), ("./imsmanifest.xml", manifest(title="Shadow"))]),
        "ARCHIVE_DUPLICATE_ENTRY",
    ),
    "lying_size.zip": Hostile(_lying_size, "ARCHIVE_CORRUPT"),
    "unknown_method.zip": Hostile(_unknown_method, "ARCHIVE_CORRUPT"),
    "offset_outside.zip": Hostile(_offset_outside, "ARCHIVE_CORRUPT"),
    "overlapping.zip": Hostile(_overlapping, "ARCHIVE_CORRUPT"),
    "entries_200000.zip": Hostile(lambda: _many_entries(200_000), "ARCHIVE_TOO_MANY_ENTRIES"),
    "entries_denied.zip": Hostile(lambda: _many_entries(60_000, said=3), "ARCHIVE_TOO_MANY_ENTRIES"),
    "bomb_page.zip": Hostile(
        lambda: package(pump__html=b"<p>" + b"a " * (8 << 20)), "ARCHIVE_EXPANDS_TOO_MUCH"
    ),
    "bomb_media.zip": Hostile(lambda: package(film__mp4=bytes(48 << 20)), "ARCHIVE_EXPANDS_TOO_MUCH"),
    "large_page.zip": Hostile(
        lambda: zipped(
            {"imsmanifest.xml": manifest(), "pump.html": b"<p>" + bytes(65 << 20)}, method=zipfile.ZIP_STORED
        ),
        "ARCHIVE_EXPANDS_TOO_MUCH",
    ),
    "zip_in_zip_in_zip.zip": Hostile(
        lambda: zipped({"b.zip": zipped({"c.zip": package()})}), "FORMAT_UNKNOWN"
    ),
    "nested_bomb.zip": Hostile(
        lambda: zipped({"b.zip": package(pump__html=b"a" * (20 << 20))}), "ARCHIVE_EXPANDS_TOO_MUCH"
    ),
    "bomb.tar.gz": Hostile(lambda: gzip.compress(bytes(40 << 20), mtime=0), "ARCHIVE_EXPANDS_TOO_MUCH"),
    "bomb_member.tar.gz": Hostile(
        lambda: gzip.compress(tarred([(tarfile.TarInfo("film.mp4"), bytes(40 << 20))]), mtime=0),
        "ARCHIVE_EXPANDS_TOO_MUCH",
    ),
    "truncated.tar.gz": Hostile(lambda: gzip.compress(_named_tar("a.xml"), mtime=0)[:-30], "ARCHIVE_CORRUPT"),
    "symlink.tar": Hostile(lambda: _linked_tar(tarfile.SYMTYPE), "ARCHIVE_LINK_REFUSED"),
    "hard_link.tar": Hostile(lambda: _linked_tar(tarfile.LNKTYPE), "ARCHIVE_LINK_REFUSED"),
    "device.tar": Hostile(lambda: _linked_tar(tarfile.CHRTYPE), "ARCHIVE_LINK_REFUSED"),
    "slip.tar": Hostile(lambda: _named_tar("../../evil.xml"), "ARCHIVE_PATH_UNSAFE"),
    "bytes_as_name.tar": Hostile(
        lambda: _named_tar("caf_.xml").replace(b"caf_", b"caf\xe9"), "ARCHIVE_CORRUPT"
    ),
    # XML
    "laughs.zip": Hostile(
        lambda: package(
            imsmanifest__xml=manifest(before=f'<!DOCTYPE m [<!ENTITY a "ha">{_ENTITIES}]>', title="&j;")
        ),
        "XML_DOCTYPE_REFUSED",
    ),
    "file_entity.zip": Hostile(
        lambda: package(
            imsmanifest__xml=manifest(
                before='<!DOCTYPE m [<!ENTITY e SYSTEM "file:///etc/passwd">]>', title="&e;"
            )
        ),
        "XML_DOCTYPE_REFUSED",
    ),
    "doctype_after_comment.zip": Hostile(
        lambda: package(
            imsmanifest__xml=manifest(before="<!-- <a> --><?a b?>\n<!DOCTYPE m SYSTEM 'http://127.0.0.1:9/'>")
        ),
        "XML_DOCTYPE_REFUSED",
    ),
    "doctype_utf16.zip": Hostile(
        lambda: package(
            imsmanifest__xml=manifest(before="<!DOCTYPE m [<!ENTITY e 'x'>]>")
            .replace("UTF-8", "UTF-16")
            .encode("utf-16")
        ),
        "XML_DOCTYPE_REFUSED",
    ),
    "deep.zip": Hostile(
        lambda: package(imsmanifest__xml=manifest("<item><title>t</title>" * 9_000 + "</item>" * 9_000)),
        "XML_TOO_DEEP",
    ),
    "long_value.zip": Hostile(
        lambda: package(imsmanifest__xml=manifest(f'<item title="{_noise(6 << 20).hex()}"/>')), "XML_TOO_DEEP"
    ),
    "unclosed.zip": Hostile(lambda: package(imsmanifest__xml="<manifest><organizations>"), "XML_MALFORMED"),
    "empty_manifest.zip": Hostile(lambda: package(imsmanifest__xml=""), "XML_MALFORMED"),
    "manifest_is_noise.zip": Hostile(lambda: package(imsmanifest__xml=_noise(3_000)), "XML_MALFORMED"),
    # pages, tables, texts
    "deep_page.html": Hostile(lambda: b"<div>" * 200_000 + b"bottom", None),
    "quotes_page.html": Hostile(lambda: b"<blockquote>" * 250 + b"<p>bottom", None),
    "unclosed_script.html": Hostile(lambda: b"<html><script>" * 50_000, None),
    "half_tags.html": Hostile(lambda: b"<html>" + b"<a <a <a " * 300_000, None),
    "deep_json.html": Hostile(
        lambda: (
            b'<html><script type="application/ld+json">' + b"[" * 200_000 + b"]" * 200_000 + b"</script><p>x"
        ),
        None,
    ),
    "deep_yaml.md": Hostile(lambda: b"---\na: " + b"[" * 30_000 + b"\n---\ntext\n", None),
    "deep_list.md": Hostile(lambda: b"---\na:\n" + b"- " * 30_000 + b"\n---\ntext\n", None),
    "laughing_yaml.md": Hostile(
        lambda: "---\na0: &a0 [x]\n{}owner: *a40\n---\ntext\n".format(
            "".join(f"a{n}: &a{n} [{f'*a{n - 1},' * 9}]\n" for n in range(1, 41))
        ).encode(),
        None,
    ),
    "python_yaml.md": Hostile(lambda: b"---\na: !!python/object/apply:os.system [id]\n---\ntext\n", None),
    "brackets.md": Hostile(lambda: b"# t\n" + b"[" * 60_000, None),
    "stars.md": Hostile(lambda: b"# t\n" + b"*a **" * 12_000, None),
    "quotes.md": Hostile(lambda: b"> " * 40_000 + b"x", None),
    "huge_field.csv": Hostile(lambda: b'id,title,description\n1,a,"' + b"x" * 3_000_000 + b'"\n', None),
    "open_quote.csv": Hostile(lambda: b'id,title\n1,"' + b"a,b\n" * 300_000, None),
    "wide.csv": Hostile(lambda: b"id,title" + b",x" * 200_000 + b"\n1,a\n", None),
    "nul.csv": Hostile(lambda: b"id,title\n1,a\0b\n\0\0\n", None),
    "no_header.csv": Hostile(lambda: b"1,Pumps\n2,Valves\n", "COLUMNS_NOT_RECOGNISED"),
    "long_number.csv": Hostile(lambda: b"id,title,minutes\n1,a," + b"9" * 100_000 + b"\n", None),
    "noise.csv": Hostile(lambda: _noise(200_000), "COLUMNS_NOT_RECOGNISED"),
    "noise.bin": Hostile(lambda: _noise(200_000), "FORMAT_UNKNOWN"),
    "words.zip": Hostile(lambda: b"these are only words\n", "FORMAT_UNKNOWN"),
    "doctype.xlsx": Hostile(
        lambda: workbook([_HEADER_ROW], prolog='<!DOCTYPE a [<!ENTITY b "c">]>'), "XML_DOCTYPE_REFUSED"
    ),
    "lying_dimension.xlsx": Hostile(
        lambda: workbook([_HEADER_ROW, ["1", "a"]], dimension="A1:XFD1048576"), None
    ),
    "far_cell.xlsx": Hostile(lambda: workbook([_HEADER_ROW, ["1", "a"]], extra=_FAR_CELL), "READER_KILLED"),
    "not_a_sheet.xlsx": Hostile(
        lambda: zipped({"xl/workbook.xml": "<workbook/>", "xl/worksheets/sheet1.xml": "<a/>"}),
        "ARCHIVE_CORRUPT",
    ),
    "backwards.vtt": Hostile(
        lambda: b"WEBVTT\n\n00:09.000 --> 00:01.000\nback\n\n" + b"-->\n" * 50_000, None
    ),
}


def names() -> list[str]:
    """The names of all hostile files."""
    return sorted(HOSTILE)
