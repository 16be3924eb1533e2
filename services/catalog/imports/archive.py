"""The one door to zip and tar files: entries by name, nothing on disk, nothing unbounded.

Limits are those of formats.md §2, which cost none of 161 real archives anything: 20,000 entries, ratio 200,
64 MiB a text, 512 MiB of text in all. Media are never decompressed.
"""

from __future__ import annotations

import io
import lzma
import re
import stat
import struct
import unicodedata
import zipfile
import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import BinaryIO, Protocol

from services.catalog.imports.notes import wrong
from services.kit.errors import FailedPrecondition, InvalidArgument, ResourceExhausted

MAX_RATIO = 200
MAX_TEXT = 64 << 20
MAX_ALL_TEXT = 512 << 20
_RATIO_FROM = 1 << 20  # below this size a ratio says nothing: an empty table compresses well
_MAX_DIRECTORY = 32 << 20
_MAX_COMMENT = 65_535
_END = struct.Struct("<4s4H2LH")
_END64 = struct.Struct("<4sQ2H2L4Q")

DAMAGE = (
    zipfile.BadZipFile, zlib.error, lzma.LZMAError, struct.error, EOFError, OSError, ValueError, IndexError,
    OverflowError, NotImplementedError, RuntimeError,
)  # fmt: skip
"""What zipfile and tarfile raise for crafted files; each is the archive's fault."""

_JUNK = re.compile(r"(?:^|/)(?:__MACOSX/|\.DS_Store\Z|Thumbs\.db\Z|desktop\.ini\Z|\._)", re.IGNORECASE)
_UNSAFE = re.compile(r"^/|^[a-zA-Z]:|(?:^|/)\.\.(?:/|\Z)|[\x00-\x1f\x7f\u202a-\u202e\u2066-\u2069]")


@dataclass(slots=True)
class Budget:
    """What may still be read of one file, archives inside it included."""

    entries: int
    text: int = MAX_ALL_TEXT


@dataclass(frozen=True, slots=True)
class Found:
    """An entry by its exact name; `exact` is false when only its case or form differed from what was asked."""

    name: str
    exact: bool


class Archive(Protocol):
    """Files by name; names have `/`, are NFC and lead nowhere outside."""

    names: tuple[str, ...]

    def find(self, path: str) -> Found | None:
        """The entry of that path, whatever its case; None when there is none or several."""
        ...

    def read(self, name: str, limit: int = MAX_TEXT) -> bytes:
        """All bytes of an entry; ResourceExhausted beyond the limit, InvalidArgument when it is damaged."""
        ...

    def size(self, name: str) -> int:
        """Bytes of an entry, as its header says."""
        ...


class Names:
    """Names as asked for and as they are: by NFC, then by case."""

    def __init__(self, names: Iterable[str]) -> None:
        self._exact = set(names)
        self._folded: dict[str, list[str]] = {}
        for name in self._exact:
            self._folded.setdefault(name.casefold(), []).append(name)

    def find(self, path: str) -> Found | None:
        """The name of that path, whatever its case; None when there is none or several."""
        path = unicodedata.normalize("NFC", path)
        if path in self._exact:
            return Found(path, exact=True)
        folded = self._folded.get(path.casefold(), [])
        return Found(folded[0], exact=False) if len(folded) == 1 else None


class ZipArchive:
    """A zip file, every header checked before anything is read."""

    def __init__(self, file: BinaryIO, name: str, budget: Budget) -> None:
        self._name = name
        self._budget = budget
        self._count_entries(file)
        try:
            self._zip = zipfile.ZipFile(file)
            infos = self._zip.infolist()
        except DAMAGE as error:
            raise corrupt(name, str(error)) from error
        self._infos: dict[str, zipfile.ZipInfo] = {}
        for info in infos:
            self._take(info)
        if not self._infos:
            raise wrong("ARCHIVE_EMPTY", f"{name} holds no file.", file=name)
        self._refuse_overlaps(infos)
        self.names = tuple(entry for entry in self._infos if not _JUNK.search(entry))
        self._index = Names(self.names)

    def find(self, path: str) -> Found | None:
        """The entry of that path, whatever its case; None when there is none or several."""
        return self._index.find(path)

    def size(self, name: str) -> int:
        """Bytes of an entry, as its header says."""
        return self._infos[name].file_size

    def read(self, name: str, limit: int = MAX_TEXT) -> bytes:
        """All bytes of an entry, its size and checksum verified."""
        info = self._infos[name]
        check_size(self._name, name, info.file_size, min(limit, self._budget.text))
        if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise corrupt(self._name, f"compression method {info.compress_type} is not supported", name)
        try:
            with self._zip.open(info) as stream:
                data = stream.read(info.file_size)
                more = stream.read(1)
        except DAMAGE as error:
            raise corrupt(self._name, str(error), name) from error
        if more or len(data) != info.file_size:
            raise corrupt(self._name, "its size is not what the directory says", name)
        self._budget.text -= len(data)
        return data

    def _count_entries(self, file: BinaryIO) -> None:
        """Refuses by the numbers at the end: making 200,000 entry objects already costs 122 MiB."""
        file.seek(0, io.SEEK_END)
        size = file.tell()
        file.seek(max(0, size - _MAX_COMMENT - _END.size))
        tail = file.read()
        at = tail.rfind(b"PK\x05\x06")
        if at < 0 or len(tail) - at < _END.size:
            raise corrupt(self._name, "it has no end")
        _, _, _, _, count, length, start, _ = _END.unpack_from(tail, at)
        if 0xFFFF in (count,) or 0xFFFFFFFF in (length, start):
            at64 = tail.rfind(b"PK\x06\x06", 0, at)
            if at64 >= 0 and len(tail) - at64 >= _END64.size:
                _, _, _, _, _, _, _, count, length, start = _END64.unpack_from(tail, at64)
        if length <= _MAX_DIRECTORY and start + length <= size:
            file.seek(start)  # the count may lie, the headers do not
            count = max(count, file.read(length).count(b"PK\x01\x02"))
        elif length > _MAX_DIRECTORY:
            count = max(count, self._budget.entries + 1)
        if count > self._budget.entries:
            raise ResourceExhausted(
                "ARCHIVE_TOO_MANY_ENTRIES",
                f"{self._name} has {count} entries, more than the {self._budget.entries} allowed.",
                {"file": self._name, "limit": str(self._budget.entries), "actual": str(count)},
            )
        self._budget.entries -= count

    def _take(self, info: zipfile.ZipInfo) -> None:
        name = checked_name(self._name, _zip_name(info))
        if info.is_dir():
            return
        if stat.S_ISLNK(info.external_attr >> 16) or stat.S_IFMT(info.external_attr >> 16) in (
            stat.S_IFCHR, stat.S_IFBLK, stat.S_IFIFO, stat.S_IFSOCK,
        ):  # fmt: skip
            raise link_refused(self._name, name)
        if info.flag_bits & 0x1:
            raise FailedPrecondition(
                "ARCHIVE_ENCRYPTED",
                f"{self._name} is encrypted ({name}). Export it without a password.",
                {"file": self._name, "entry": name},
            )
        if name in self._infos:
            raise wrong(
                "ARCHIVE_DUPLICATE_ENTRY",
                f"{self._name} has two entries named {name}.",
                file=self._name,
                entry=name,
            )
        if info.file_size > _RATIO_FROM and info.file_size > MAX_RATIO * max(info.compress_size, 1):
            raise expands(
                self._name, name, f"{MAX_RATIO}:1", f"{info.file_size // max(info.compress_size, 1)}:1"
            )
        self._infos[name] = info

    def _refuse_overlaps(self, infos: Iterable[zipfile.ZipInfo]) -> None:
        end = 0
        for info in sorted(infos, key=lambda info: info.header_offset):
            if info.header_offset < end:
                raise corrupt(self._name, "entries share the same bytes", info.filename)
            end = info.header_offset + 30 + len(info.orig_filename) + info.compress_size


def checked_name(file: str, name: str) -> str:
    """The name with `/` and NFC; InvalidArgument when it leads outside or hides what it is."""
    clean = unicodedata.normalize("NFC", name.replace("\\", "/"))
    if _UNSAFE.search(clean):
        shown = name if name.isprintable() else ascii(name).strip("'")
        raise wrong(
            "ARCHIVE_PATH_UNSAFE", f"{file} has an entry that leads outside: {shown}.", file=file, entry=shown
        )
    while clean.startswith("./"):
        clean = clean[2:]
    return clean


def check_size(file: str, name: str, size: int, limit: int) -> None:
    """ResourceExhausted when an entry has more bytes than may still be read."""
    if size > limit:
        raise expands(file, name, str(limit), str(size))


def corrupt(file: str, why: str, entry: str = "") -> InvalidArgument:
    """The archive is damaged, at an entry when one is known."""
    shown = f"{file}, {entry}" if entry else file
    metadata = {"file": file} | ({"entry": entry} if entry else {})
    return InvalidArgument("ARCHIVE_CORRUPT", f"{shown} is damaged: {why[:200]}.", metadata)


def expands(file: str, entry: str, limit: str, actual: str) -> ResourceExhausted:
    """An entry is larger, or compressed more, than any real one."""
    return ResourceExhausted(
        "ARCHIVE_EXPANDS_TOO_MUCH",
        f"{file} expands too much at {entry}: {actual}, at most {limit}.",
        {"file": file, "entry": entry, "limit": limit, "actual": actual},
    )


def link_refused(file: str, entry: str) -> InvalidArgument:
    """Links and devices in archives are never followed, and never needed."""
    return wrong(
        "ARCHIVE_LINK_REFUSED",
        f"{file} has a link or device where a file should be: {entry}.",
        file=file,
        entry=entry,
    )


def _zip_name(info: zipfile.ZipInfo) -> str:
    """The name as its maker meant it: zipfile reads names without the UTF-8 flag as CP437, many tools write UTF-8."""
    name = info.orig_filename
    if not info.flag_bits & 0x800 and not name.isascii():
        try:
            return name.encode("cp437").decode()
        except UnicodeError:
            return name
    return name
