"""Tar files, plain or gzipped, read once from front to back: only texts are kept, within the limits of `archive`."""

from __future__ import annotations

import io
import tarfile
import zlib
from typing import BinaryIO, cast

from services.catalog.imports.archive import (
    DAMAGE,
    MAX_RATIO,
    MAX_TEXT,
    Budget,
    Found,
    Names,
    check_size,
    checked_name,
    corrupt,
    expands,
    link_refused,
)
from services.catalog.imports.notes import wrong
from services.kit.errors import ResourceExhausted

_CHUNK = 1 << 16
_RATIO_FROM = 16 << 20
_TEXTS = (".xml", ".json", ".html", ".htm", ".xhtml", ".md", ".vtt", ".srt", ".csv", ".txt")


class TarArchive:
    """The texts of a tar file; other entries are known by name and size only."""

    def __init__(self, file: BinaryIO, name: str, budget: Budget) -> None:
        self._name = name
        self._sizes: dict[str, int] = {}
        self._texts: dict[str, bytes] = {}
        file.seek(0)
        gzipped = file.read(2) == b"\x1f\x8b"
        file.seek(0)
        stream = cast(BinaryIO, _Gunzip(file, name)) if gzipped else file
        try:
            with tarfile.open(fileobj=stream, mode="r|", encoding="utf-8", errors="replace") as tar:
                for member in tar:
                    self._take(tar, member, budget)
            while stream.read(_CHUNK):  # an archive that ends early may go on expanding
                pass
        except (tarfile.TarError, *DAMAGE) as error:
            raise corrupt(name, str(error)) from error
        if not self._sizes:
            raise wrong("ARCHIVE_EMPTY", f"{name} holds no file.", file=name)
        self.names = tuple(self._sizes)
        self._index = Names(self.names)

    def find(self, path: str) -> Found | None:
        """The entry of that path, whatever its case; None when there is none or several."""
        return self._index.find(path)

    def size(self, name: str) -> int:
        """Bytes of an entry."""
        return self._sizes[name]

    def read(self, name: str, limit: int = MAX_TEXT) -> bytes:
        """All bytes of a text."""
        check_size(self._name, name, self._sizes[name], limit)
        return self._texts[name]

    def _take(self, tar: tarfile.TarFile, member: tarfile.TarInfo, budget: Budget) -> None:
        budget.entries -= 1
        if budget.entries < 0:
            raise ResourceExhausted(
                "ARCHIVE_TOO_MANY_ENTRIES", f"{self._name} has too many entries.", {"file": self._name}
            )
        if not (member.isreg() or member.isdir()) or member.issparse():
            raise link_refused(self._name, member.name)
        entry = checked_name(self._name, member.name)
        if member.isdir():
            return
        if entry in self._sizes:
            raise wrong(
                "ARCHIVE_DUPLICATE_ENTRY",
                f"{self._name} has two entries named {entry}.",
                file=self._name,
                entry=entry,
            )
        self._sizes[entry] = member.size
        if entry.lower().endswith(_TEXTS) and (content := tar.extractfile(member)) is not None:
            check_size(self._name, entry, member.size, min(MAX_TEXT, budget.text))
            self._texts[entry] = content.read(member.size)
            budget.text -= member.size


class _Gunzip(io.RawIOBase):
    """What a gzip file holds, piece by piece; ResourceExhausted when it expands like no real one."""

    def __init__(self, file: BinaryIO, name: str) -> None:
        self._file = file
        self._name = name
        self._member = zlib.decompressobj(31)
        self._waiting = b""
        self._in = self._out = 0

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        pieces: list[bytes] = []
        while size < 0 or size > 0:
            if not (piece := self._next(_CHUNK if size < 0 else min(size, _CHUNK))):
                break
            pieces.append(piece)
            size -= len(piece) if size > 0 else 0
        return b"".join(pieces)

    def _next(self, most: int) -> bytes:
        while True:
            if not self._waiting:
                self._waiting = self._file.read(_CHUNK)
                self._in += len(self._waiting)
            if self._member.eof:
                if not self._waiting:
                    return b""
                self._member = zlib.decompressobj(31)  # gzip files may be several, one after the other
            ended = not self._waiting
            piece = self._member.decompress(self._waiting, most)
            self._waiting = self._member.unused_data if self._member.eof else self._member.unconsumed_tail
            self._out += len(piece)
            if self._out > _RATIO_FROM and self._out > MAX_RATIO * self._in:
                raise expands(self._name, "its content", f"{MAX_RATIO}:1", f"{self._out // self._in}:1")
            if piece:
                return piece
            if ended:
                if self._in and not self._member.eof:
                    raise EOFError("it ends too early")
                return b""
