"""Reads delivered files into the catalog, in batches; an interruption anywhere leads to the same end.

Each batch's progress is in the batch's own transaction, reading a file again yields the same batches, and a
batch written twice is as one written once.
"""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace

from services.catalog.domain.imports import (
    FileState,
    Import,
    ImportFile,
    ImportState,
    Problem,
    Question,
)
from services.catalog.imports.model import ParsedFile, ReadOptions
from services.catalog.postgres.database import Database
from services.catalog.postgres.turns import Failure, Turns, turns
from services.catalog.usecases import records
from services.catalog.usecases.import_batches import (
    BATCH,
    BATCH_TEXT,
    Read,
    batches,
    groups,
    is_small,
    only_engagement,
    reading_order,
    takes,
    text_length,
)
from services.catalog.usecases.import_ending import mark_gone, resolve_references
from services.catalog.usecases.import_writing import (
    BOTH_FORMS,
    Step,
    engagement_step,
    note,
    program_step,
    resources_step,
    take_resources,
    within_purview,
)
from services.catalog.usecases.publishing import keep_drafts
from services.kit import postgres, telemetry
from services.kit.errors import Aborted

Parse = Callable[[int, str, ReadOptions], Awaitable[ParsedFile]]
"""Reads the file behind a descriptor, known by its path inside the import."""

ROWS = 2000  # engagement rows in one transaction
PARALLEL = 2  # parsers at a time
MAX_ATTEMPTS = 5
POLL = 5.0


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
                async with turns(self._conninfo) as held:
                    while True:
                        if not await self._read_all(held):
                            await held.until_files_come(POLL)
            except Failure as error:
                if not postgres.passes(error):
                    raise
                telemetry.logger().warning("imports wait for the database", error=str(error).strip())
            await asyncio.sleep(0.5)

    async def _read_all(self, held: Turns) -> bool:
        """Takes each running import that nobody else reads one step further; whether there was any."""
        async with self._db.snapshot() as tx:
            running = await tx.running_imports()
        moved = False
        sources: set[str] = set()
        for import_id, source in running:
            if source in sources:
                continue  # behind the source's earlier import
            sources.add(source)
            async with held.at(source) as mine:
                if mine:
                    await self._guarded(import_id)
                    moved = True
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
            isinstance(error, Failure) and postgres.translate(error) is not None
        )
        if passing:
            telemetry.logger().warning("an import goes on later", name=import_id, error=str(error).strip())
        else:
            telemetry.logger().error("an import failed by a bug", name=import_id, exc_info=error)
        await asyncio.sleep(0.2 if passing else 1.0)

    async def _read(self, import_id: str) -> None:
        async with self._db.snapshot() as tx:
            import_ = await tx.import_(import_id)
            answers = await tx.answers(import_.source, import_.owner)
        waiting = sorted((f for f in import_.files if f.state is FileState.WAITING), key=reading_order)
        for group in groups(waiting):
            await self._read_group(import_, group, ReadOptions(answers=answers))
        await self._finish(import_)

    async def _read_group(self, import_: Import, group: Sequence[ImportFile], options: ReadOptions) -> None:
        async with self._db.transaction() as tx:
            attempts = await tx.attempt(file.id for file in group)
        # What was left out since the import was loaded is not among the attempts.
        group, hopeless = (
            [file for file in group if attempts.get(file.id, MAX_ATTEMPTS + 1) <= MAX_ATTEMPTS],
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
            if import_.validate_only or is_small(each):
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
        return only_engagement(parsed) if file.engagement_only else parsed

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
            count, length = len(each.parsed.resources), text_length(each.parsed.resources)
            if batch and (size + count > BATCH or text + length > BATCH_TEXT):
                await self._write_batch(import_, batch)
                batch, size, text = [], 0, 0
            batch.append(each)
            size, text = size + count, text + length
        if batch:
            await self._write_batch(import_, batch)

    async def _write_batch(self, import_: Import, batch: Sequence[Read]) -> None:
        async with self._db.transaction() as tx:
            resources = [record for each in batch if takes(import_, each) for record in each.parsed.resources]
            if resources:
                await take_resources(tx, import_, resources)
            if import_.validate_only:
                asked = [each for each in batch if not each.parsed.questions]
                found = [(each.file.path, record) for each in asked for record in each.parsed.resources]
                await keep_drafts(tx, import_, found)
            for each in batch:
                await note(tx, import_, each)

    async def _write_large(self, import_: Import, read: Read, options: ReadOptions) -> None:
        """Writes one file in batches, from where an earlier try got to."""
        parsed, file = read.parsed, read.file
        if parsed.questions:
            async with self._db.transaction() as tx:
                await note(tx, import_, read)
            return
        if parsed.engagement and not await self._forms_agree(import_, read, options):
            return
        ordered = sorted(parsed.resources, key=lambda record: bool(record.file))
        steps: list[Step] = [
            *(resources_step(import_, batch) for batch in batches(ordered)),
            *(program_step(import_, *each) for each in records.programs(parsed.programs)),
            *(
                engagement_step(import_, file.path, parsed.engagement[begin : begin + ROWS], options)
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
            await note(tx, import_, Read(file, parsed))

    async def _forms_agree(self, import_: Import, read: Read, options: ReadOptions) -> bool:
        """Whether no resource and month has sums and learners' rows, or somebody has said which hold."""
        if BOTH_FORMS in options.answers or read.file.batches_done:
            return True
        async with self._db.transaction() as tx:
            rows = await within_purview(tx, import_, read.parsed.engagement)
            forms = {(row.resource, row.month, bool(row.learner)) for row in rows}
            both = {(name, month) for name, month, learner in forms if (name, month, not learner) in forms}
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
                    await mark_gone(tx, now)
                    await tx.source_imported(now.source, tx.now)
                await resolve_references(tx, now)
                now = await tx.import_(import_.id)
            await tx.end_import(now.id, now.outcome())
