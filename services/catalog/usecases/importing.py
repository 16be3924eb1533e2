"""Reads delivered files into the catalog, in batches; an interruption anywhere leads to the same end.

Each batch's progress is in the batch's own transaction, reading a file again yields the same batches, and a
batch written twice is as one written once.
"""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import PurePosixPath

import psycopg

from services.catalog.domain.imports import (
    Counts,
    FileState,
    Import,
    ImportFile,
    ImportState,
    Problem,
    Question,
)
from services.catalog.domain.programs import ObservedProgram, Program
from services.catalog.domain.resources import Resource, in_order
from services.catalog.domain.values import Drift
from services.catalog.imports import model
from services.catalog.imports.model import EngagementRow, ParsedFile, ReadOptions, ResourceRecord
from services.catalog.postgres import names
from services.catalog.postgres.database import Database, Transaction
from services.catalog.usecases import records
from services.catalog.usecases.imports import BOTH_CHANGED
from services.catalog.usecases.listings import Taken, take_listings
from services.catalog.usecases.programs import put_program, resolve_items
from services.kit import postgres, telemetry
from services.kit.errors import Aborted
from services.kit.postgres import Connection

Parse = Callable[[int, str, ReadOptions], Awaitable[ParsedFile]]
"""Reads the file behind a descriptor, known by its path inside the import."""

BATCH = 200
BATCH_TEXT = 8 << 20  # characters of text in one transaction
ROWS = 2000  # engagement rows in one transaction
GROUP = 40  # files read for one transaction
PARALLEL = 2  # parsers at a time
MAX_ATTEMPTS = 5
POLL = 5.0
TABLES = frozenset({".csv", ".tsv", ".txt", ".xlsx", ".xls", ".ods", ".xlsm"})
BOTH_FORMS = "engagement_form"
_LISTEN = "LISTEN imports"  # the channel is `imports.WAKE`
_LOCK = "SELECT pg_try_advisory_lock(hashtextextended('reader of ' || %s, 0))"
_UNLOCK = "SELECT pg_advisory_unlock(hashtextextended('reader of ' || %s, 0))"


@dataclass(frozen=True, slots=True)
class Read:
    """A file with what it holds."""

    file: ImportFile
    parsed: ParsedFile


class Importer:
    """The one reader of a source's imports at a time; several processes share the sources by locks."""

    def __init__(self, database: Database, conninfo: str, parse: Parse) -> None:
        self._db = database
        self._conninfo = conninfo
        self._parse = parse

    async def run(self) -> None:
        """Reads what is delivered until cancelled, through restarts of PostgreSQL."""
        while True:
            try:
                async with await postgres.connect(self._conninfo, name="imports") as session:
                    await session.execute(_LISTEN)
                    while True:
                        if not await self._read_all(session):
                            async for _ in session.notifies(timeout=POLL, stop_after=1):
                                pass
            except psycopg.Error as error:
                if not postgres.is_down(error):
                    raise
                telemetry.logger().warning("imports wait for the database", error=str(error).strip())
            await asyncio.sleep(0.5)

    async def _read_all(self, session: Connection) -> bool:
        """Takes each running import that nobody else reads one step further; whether there was any."""
        async with self._db.snapshot() as tx:
            running = await tx.running_imports()
        moved = False
        sources: set[str] = set()
        for import_id, source in running:
            if source in sources:
                continue  # behind the source's earlier import
            sources.add(source)
            row = await (await session.execute(_LOCK, (source,))).fetchone()
            if not (row and row[0]):
                continue
            try:
                await self._guarded(import_id)
                moved = True
            finally:
                await session.execute(_UNLOCK, (source,))
        return moved

    async def _guarded(self, import_id: str) -> None:
        """Reads an import; a fault of the program ends neither the process nor, at last, the other imports."""
        task = asyncio.ensure_future(self._read(import_id))
        try:
            await asyncio.wait([task])
        finally:
            task.cancel()
        error = task.exception()
        if error is None:
            return
        passing = isinstance(error, Aborted) or (
            isinstance(error, psycopg.Error) and postgres.translate(error) is not None
        )
        if passing:
            telemetry.logger().warning("an import goes on later", name=import_id, error=str(error).strip())
        else:
            telemetry.logger().error("an import failed by a bug", name=import_id, exc_info=error)
        await asyncio.sleep(0.2 if passing else 1.0)

    async def _read(self, import_id: str) -> None:
        async with self._db.snapshot() as tx:
            import_ = await tx.import_(import_id)
            answers = await tx.answers(import_.source)
        waiting = sorted((f for f in import_.files if f.state is FileState.WAITING), key=_reading_order)
        for group in _groups(waiting):
            await self._read_group(import_, group, ReadOptions(answers=answers))
        await self._finish(import_)

    async def _read_group(self, import_: Import, group: Sequence[ImportFile], options: ReadOptions) -> None:
        async with self._db.transaction() as tx:
            attempts = await tx.attempt(file.id for file in group)
        group, hopeless = (
            [file for file in group if attempts.get(file.id, 0) <= MAX_ATTEMPTS],
            [file for file in group if attempts.get(file.id, 0) > MAX_ATTEMPTS],
        )
        for file in hopeless:
            await self._give_up(import_, file)
        parsing = asyncio.Semaphore(PARALLEL)

        async def read(file: ImportFile) -> Read:
            async with parsing:
                return Read(file, await self._parsed(file, options))

        found = await asyncio.gather(*(read(file) for file in group))
        small: list[Read] = []
        for each in found:
            if import_.validate_only or _is_small(each):
                small.append(each)
                continue
            await self._write_small(import_, small)
            small = []
            await self._write_large(import_, each, options)
        await self._write_small(import_, small)

    async def _parsed(self, file: ImportFile, options: ReadOptions) -> ParsedFile:
        with tempfile.TemporaryFile() as spooled:
            number = 0
            while True:
                async with self._db.snapshot() as tx:
                    chunk = await tx.chunk(file.id, number)
                if chunk is None:
                    break
                spooled.write(chunk)
                number += 1
            spooled.flush()
            spooled.seek(0)
            parsed = await self._parse(spooled.fileno(), file.path, options)
        return _only_engagement(parsed) if file.engagement_only else parsed

    async def _give_up(self, import_: Import, file: ImportFile) -> None:
        problem = Problem(
            True, file.path, "", "INTERNAL_ERROR", "Reading this file failed by a fault of the program."
        )
        async with self._db.transaction() as tx:
            await tx.add_problems(import_.id, [problem])
            await tx.file_moved(replace(file, state=FileState.UNREADABLE))

    async def _write_small(self, import_: Import, group: Sequence[Read]) -> None:
        """Writes files of content, each whole, and what is only noted; split where the batch gets too large."""
        batch: list[Read] = []
        size = text = 0
        for each in group:
            count, length = len(each.parsed.resources), _text(each.parsed.resources)
            if batch and (size + count > BATCH or text + length > BATCH_TEXT):
                await self._write_batch(import_, batch)
                batch, size, text = [], 0, 0
            batch.append(each)
            size, text = size + count, text + length
        if batch:
            await self._write_batch(import_, batch)

    async def _write_batch(self, import_: Import, batch: Sequence[Read]) -> None:
        async with self._db.transaction() as tx:
            resources = [
                record for each in batch if _takes(import_, each) for record in each.parsed.resources
            ]
            if resources:
                await _take_resources(tx, import_, resources)
            for each in batch:
                await _note(tx, import_, each)

    async def _write_large(self, import_: Import, read: Read, options: ReadOptions) -> None:
        """Writes one file in batches, from where an earlier try got to."""
        parsed, file = read.parsed, read.file
        if parsed.questions:
            async with self._db.transaction() as tx:
                await _note(tx, import_, read)
            return
        if parsed.engagement and not await self._forms_agree(import_, read, options):
            return
        ordered = sorted(parsed.resources, key=lambda record: bool(record.file))
        steps: list[Callable[[Transaction], Awaitable[None]]] = [
            *(_resources_step(import_, batch) for batch in _batches(ordered)),
            *(_program_step(import_, *each) for each in records.programs(parsed.programs)),
            *(
                _engagement_step(import_, parsed.engagement[begin : begin + ROWS], options)
                for begin in range(0, len(parsed.engagement), ROWS)
            ),
        ]
        for number, step in enumerate(steps):
            if number < file.batches_done:
                continue
            async with self._db.transaction() as tx:
                await step(tx)
                file = replace(file, batches_done=number + 1)
                await tx.file_moved(file)
        async with self._db.transaction() as tx:
            await _note(tx, import_, Read(file, parsed))

    async def _forms_agree(self, import_: Import, read: Read, options: ReadOptions) -> bool:
        """Whether no resource and month has sums and learners' rows, or somebody has said which hold."""
        if BOTH_FORMS in options.answers or read.file.batches_done:
            return True
        rows = [(row.resource, row.month, bool(row.learner)) for row in read.parsed.engagement]
        forms = set(rows)
        both = {(name, month) for name, month, learner in forms if (name, month, not learner) in forms}
        async with self._db.transaction() as tx:
            both |= set(await tx.in_both_forms(import_.source, sorted(forms)))
            if not both:
                return True
            name, month = min(both)
            question = Question(
                id=BOTH_FORMS,
                file=read.file.path,
                reason="SUMS_AND_LEARNERS",
                text=f"{len(both)} resources and months have sums and rows of single learners, as {name!r} in "
                f"{month:%Y-%m}. Which of them hold?",
                choices=("sums", "learners"),
                topic=BOTH_FORMS,
            )
            await tx.ask(import_.id, [question])
            await tx.file_moved(
                replace(read.file, state=FileState.ASKING, recognised_as=read.parsed.recognised_as)
            )
            return False

    async def _finish(self, import_: Import) -> None:
        """Resolves references, marks what the source no longer has, and ends the import: in one transaction."""
        async with self._db.transaction() as tx:
            now = await tx.import_(import_.id, for_update=True)
            if now.state is not ImportState.RUNNING or any(f.state is FileState.WAITING for f in now.files):
                return
            if not now.validate_only:
                if now.complete:
                    await _mark_gone(tx, now)
                    await tx.source_imported(now.source, tx.now)
                await _resolve(tx, now)
                now = await tx.import_(import_.id)
            await tx.end_import(now.id, now.outcome())


def _only_engagement(parsed: ParsedFile) -> ParsedFile:
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


def _reading_order(file: ImportFile) -> tuple[bool, int]:
    """Tables last: a row then meets the package that it names, whichever order the files came in."""
    return (PurePosixPath(file.path).suffix.lower() in TABLES, file.id)


def _groups(files: Sequence[ImportFile]) -> list[list[ImportFile]]:
    """Files to read together: tables alone, because they refer to what was written before."""
    groups: list[list[ImportFile]] = []
    for file in files:
        table = _reading_order(file)[0]
        if groups and not table and not _reading_order(groups[-1][-1])[0] and len(groups[-1]) < GROUP:
            groups[-1].append(file)
        else:
            groups.append([file])
    return groups


def _text(resources: Sequence[ResourceRecord]) -> int:
    return sum(len(part.text) for record in resources for part in record.parts)


def _is_small(read: Read) -> bool:
    """Whether the file goes into a common batch: content that fits, or nothing to write."""
    parsed = read.parsed
    if parsed.programs or parsed.engagement or any(record.file for record in parsed.resources):
        return False
    fits = len(parsed.resources) <= BATCH and _text(parsed.resources) <= BATCH_TEXT
    return bool(parsed.questions) or fits


def _batches(resources: Sequence[ResourceRecord]) -> list[list[ResourceRecord]]:
    batches: list[list[ResourceRecord]] = []
    size = 0
    for record in resources:
        length = _text([record])
        # A package and the row that names it must not share a batch: the row looks for what is written.
        apart = batches and bool(batches[-1][-1].file) != bool(record.file)
        if not batches or apart or len(batches[-1]) == BATCH or size + length > BATCH_TEXT:
            batches.append([])
            size = 0
        batches[-1].append(record)
        size += length
    return batches


def _takes(import_: Import, read: Read) -> bool:
    return not import_.validate_only and not read.parsed.questions


async def _note(tx: Transaction, import_: Import, read: Read) -> None:
    """Writes down what a file was, and what about it was odd; it is done, or waits for an answer."""
    parsed = read.parsed
    found = [
        *records.problems(parsed.unreadable, unreadable=True),
        *records.problems(parsed.warnings, unreadable=False),
    ]
    if parsed.people:
        found.append(
            Problem(
                False,
                read.file.path,
                "",
                "PEOPLE_NOT_IMPORTED",
                "Imports never add people; an administrator does: winnow people import.",
            )
        )
    asking = bool(parsed.questions) and not import_.validate_only
    if not asking:
        await tx.add_problems(import_.id, found)
    await tx.ask(import_.id, [records.question(each) for each in parsed.questions])
    nothing = bool(parsed.unreadable) and not parsed.recognised_as
    state = FileState.ASKING if asking else FileState.UNREADABLE if nothing else FileState.DONE
    await tx.file_moved(
        replace(
            read.file,
            state=state,
            recognised_as=parsed.recognised_as,
            resources=len(parsed.resources),
        )
    )


async def _take_resources(tx: Transaction, import_: Import, batch: Sequence[ResourceRecord]) -> None:
    incoming = [records.incoming(record, import_.source) for record in batch]
    taken = await take_listings(tx, import_.source, incoming, import_.number)
    await tx.count(import_.id, Counts(taken.added, taken.changed, taken.unchanged))
    await tx.add_problems(import_.id, _unsure(taken))
    for resource, _, drift in taken.drifts:
        await _report_drift(tx, import_, f"resources/{resource.id}", resource.title, drift)


def _unsure(taken: Taken) -> list[Problem]:
    return [
        Problem(
            False,
            "",
            external_id,
            "REFERENCE_AMBIGUOUS",
            f"{name!r} fits several resources; {external_id!r} was linked with none of them.",
        )
        for external_id, name in taken.unsure
    ]


async def _report_drift(tx: Transaction, import_: Import, name: str, title: str, drift: Drift) -> None:
    said = f"{title!r}: {drift.field} is now {_said(drift.now)}; Winnow wants {_said(drift.wanted)}"
    if drift.by_person:
        question = Question(
            id=f"{name}:{drift.field}",
            file="",
            reason="BOTH_CHANGED",
            text=f"{said}, as a person set it. Which holds?",
            choices=("source", "winnow"),
            topic=f"{BOTH_CHANGED}:{name}:{drift.field}",
        )
        await tx.ask(import_.id, [question])
        return
    problem = Problem(False, "", title, "DRIFT", f"{said}. Nothing was changed.")
    await tx.add_problems(import_.id, [problem])


def _said(value: object) -> str:
    return f"{value!s}"[:200] if value else "empty"


def _resources_step(
    import_: Import, batch: Sequence[ResourceRecord]
) -> Callable[[Transaction], Awaitable[None]]:
    return lambda tx: _take_resources(tx, import_, batch)


def _program_step(
    import_: Import, key: str, observed: ObservedProgram
) -> Callable[[Transaction], Awaitable[None]]:
    async def step(tx: Transaction) -> None:
        program, drifts = await put_program(tx, import_.source, key, observed)
        await tx.programs_seen([program.id], import_.number)
        for drift in drifts:
            await _report_drift(tx, import_, f"programs/{program.id}", program.title, drift)

    return step


def _engagement_step(
    import_: Import, rows: Sequence[EngagementRow], options: ReadOptions
) -> Callable[[Transaction], Awaitable[None]]:
    async def step(tx: Transaction) -> None:
        source = import_.source
        names_ = {records.clean(row.resource) for row in rows}
        await tx.name_engagement(source, names_, import_.number)
        sums = [(records.clean(row.resource), records.sums(row)) for row in rows if not row.learner]
        key = await tx.learner_key()
        learners = [
            (records.clean(row.resource), records.learner_month(row, key)) for row in rows if row.learner
        ]
        answer = options.answers.get(BOTH_FORMS)
        if answer == "sums":
            held = set(await tx.in_both_forms(source, [(n, each.counts.month, True) for n, each in learners]))
            await tx.drop_learners(source, [(name, month.month) for name, month in sums])
            learners = [(n, each) for n, each in learners if (n, each.counts.month) not in held]
        elif answer == "learners":
            held = set(await tx.in_both_forms(source, [(n, month.month, False) for n, month in sums]))
            await tx.drop_sums(source, [(name, each.counts.month) for name, each in learners])
            sums = [(n, month) for n, month in sums if (n, month.month) not in held]
        moved = await tx.put_sums(source, sums)
        moved = await tx.put_learners(source, learners) or moved
        if moved:
            await tx.note_use(import_.id)
        await tx.count(import_.id, Counts(events=len(rows)))

    return step


async def _mark_gone(tx: Transaction, import_: Import) -> None:
    """Listings that a complete import no longer has are gone, but for those of files that could not be read."""
    spared = [
        *(problem.file for problem in import_.problems if problem.unreadable),
        *(file.path for file in import_.files if file.state is FileState.ASKING),
    ]
    unseen = await tx.unseen_listings(import_.source, import_.number, spared, 1 << 30)
    keys = {(import_.source, external_id) for _, external_id in unseen}
    resources = await tx.resources({resource for resource, _ in unseen}, for_update=True)
    heard: list[Resource] = []
    for resource in resources:
        listings = [
            replace(listing, gone=True, import_number=import_.number) if listing.key in keys else listing
            for listing in resource.listings
        ]
        settled, _ = replace(resource, listings=in_order(listings)).heard()
        heard.append(settled)
    await tx.save_resources(heard)
    await tx.count(import_.id, Counts(gone=len(unseen)))
    for program in await tx.programs_unseen(import_.source, import_.number):
        observed = replace(program.observed_program, archived=True)
        await tx.save_program(replace(program, observed_program=observed).heard()[0])


async def _resolve(tx: Transaction, import_: Import) -> None:
    """Gives every unresolved reference its meaning, if it has one by now; the import's own others are reported."""
    programs = await resolve_items(tx, await tx.unresolved_programs())
    missing = [
        (program, item.reference) for program in programs for item in program.items if _open(item.target)
    ]
    found = await _resolve_engagement(tx, import_)
    warnings = [
        Problem(
            False,
            "",
            f"{program.title!r}: {reference}",
            "REFERENCE_UNRESOLVED",
            f"No one resource goes by {reference!r}; the item stays and is looked up at each import.",
        )
        for program, reference in missing
        if _of(import_, program)
    ]
    warnings += [
        Problem(
            False,
            "",
            reference,
            "REFERENCE_UNRESOLVED",
            f"No one resource or program goes by {reference!r}; its engagement is kept and tried again.",
        )
        for reference in found
    ]
    await tx.add_problems(import_.id, warnings)


def _open(target: tuple[str, str]) -> bool:
    return target[0] == "reference"


def _of(import_: Import, program: Program) -> bool:
    return program.source == import_.source


async def _resolve_engagement(tx: Transaction, import_: Import) -> list[str]:
    """The import's references that are still unknown; everything else unknown is looked up too."""
    unknown = await tx.unknown_engagement()
    left: list[str] = []
    resolved: set[str] = set()
    for source in sorted({each.source for each in unknown}):
        own = [each for each in unknown if each.source == source]
        references = [each.reference for each in own]
        meant = await names.resolve(tx, source, references)
        programs = await tx.programs_named(source, [each for each in references if each not in meant])
        for each in own:
            hit, program = meant.get(each.reference), programs.get(each.reference)
            if hit is not None:
                listing = (hit.source, hit.external_id)
                await tx.resolve_engagement(source, each.reference, listing=listing)
                resolved.add(source)
            elif program is not None:
                await tx.resolve_engagement(source, each.reference, program=program)
            elif source == import_.source and each.import_number == import_.number:
                left.append(each.reference)
    moved = await tx.moved_use(import_.id)
    arrived = {import_.source} if import_.counts.events else set[str]()
    for source in sorted(resolved | arrived):
        used = await tx.resources_used_through(source)
        if moved or source in resolved:
            tx.touch_engagement(resource for resource, _ in used)
        await tx.engagement_arrived((listing_source for _, listing_source in used), tx.now)
    return left
