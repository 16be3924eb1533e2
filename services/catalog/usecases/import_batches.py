"""What of a delivery is read together, and what is written together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

from services.catalog.domain.imports import (
    Import,
    ImportFile,
)
from services.catalog.imports import model
from services.catalog.imports.model import ParsedFile, ResourceRecord

BATCH = 200
BATCH_TEXT = 8 << 20  # characters of text in one transaction
GROUP = 40  # files read for one transaction
TABLES = frozenset({".csv", ".tsv", ".txt", ".xlsx", ".xls", ".ods", ".xlsm"})


@dataclass(frozen=True, slots=True)
class Read:
    """A file with what it holds."""

    file: ImportFile
    parsed: ParsedFile


def only_engagement(parsed: ParsedFile) -> ParsedFile:
    """The file, or the refusal of one that holds content."""
    if not (parsed.resources or parsed.programs):
        return parsed
    refusal = model.Problem(
        parsed.file,
        "",
        "NOT_ALLOWED",
        "Content is imported by a learning leader or an instructional designer; this import takes engagement.",
        "PERMISSION_DENIED",
    )
    return ParsedFile(parsed.file, "", unreadable=(refusal,))


def reading_order(file: ImportFile) -> tuple[bool, int]:
    """Tables last: a row then meets the package that it names, whichever order the files came in."""
    return (PurePosixPath(file.path).suffix.lower() in TABLES, file.id)


def groups(files: Sequence[ImportFile]) -> list[list[ImportFile]]:
    """Files to read together: tables alone, because they refer to what was written before."""
    together: list[list[ImportFile]] = []
    for file in files:
        table = reading_order(file)[0]
        if together and not table and not reading_order(together[-1][-1])[0] and len(together[-1]) < GROUP:
            together[-1].append(file)
        else:
            together.append([file])
    return together


def text_length(resources: Sequence[ResourceRecord]) -> int:
    """Characters of text in the records."""
    return sum(len(part.text) for record in resources for part in record.parts)


def is_small(read: Read) -> bool:
    """Whether the file goes into a common batch: content that fits, or nothing to write."""
    parsed = read.parsed
    if parsed.programs or parsed.engagement or any(record.file for record in parsed.resources):
        return False
    fits = len(parsed.resources) <= BATCH and text_length(parsed.resources) <= BATCH_TEXT
    return bool(parsed.questions) or fits


def batches(resources: Sequence[ResourceRecord]) -> list[list[ResourceRecord]]:
    """Records in the pieces that make a transaction each."""
    made: list[list[ResourceRecord]] = []
    size = 0
    for record in resources:
        length = text_length([record])
        # A package and the row that names it must not share a batch: the row looks for what is written.
        apart = made and bool(made[-1][-1].file) != bool(record.file)
        if not made or apart or len(made[-1]) == BATCH or size + length > BATCH_TEXT:
            made.append([])
            size = 0
        made[-1].append(record)
        size += length
    return made


def takes(import_: Import, read: Read) -> bool:
    """Whether the file's records are written: not when somebody only looks, or has to be asked first."""
    return not import_.validate_only and not read.parsed.questions
