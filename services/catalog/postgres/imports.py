"""Imports with their files, problems and questions."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import astuple

from services.catalog.domain.imports import (
    Counts,
    FileState,
    Import,
    ImportFile,
    ImportState,
    Problem,
    Question,
)
from services.catalog.ids import new_id
from services.catalog.postgres.session import Row, Session, columns
from services.kit.errors import NotFound

MAX_PROBLEMS = 500  # of each sort, so that an import's message stays far below 4 MiB

_LOCK_SOURCE = "SELECT pg_advisory_xact_lock(hashtextextended('import of ' || %s, 0))"
_RUNNING = """
    SELECT id FROM imports WHERE source = %s AND owner IS NOT DISTINCT FROM %s AND state = 'RUNNING'
        AND NOT validate_only ORDER BY number LIMIT 1
"""
_INSERT = """
    INSERT INTO imports (id, number, source, owner, state, validate_only, complete, create_time)
    VALUES (%s, nextval('import_number'), %s, %s, 'RUNNING', %s, %s, %s)
"""
_NEXT_NUMBER = "SELECT nextval('import_number')"
_JOIN = "UPDATE imports SET complete = complete OR %s WHERE id = %s"
_LOAD = """
    SELECT id, number, source, coalesce(owner, '') AS owner, state, validate_only, complete, added, changed,
        unchanged, gone, events, create_time, end_time
    FROM imports WHERE id = ANY(%s) ORDER BY number DESC
"""
_LOCK = "SELECT id FROM imports WHERE id = %s FOR UPDATE"
_FILES = """
    SELECT import, id, path, size, state, engagement_only, batches_done, recognised_as, resources FROM import_files
    WHERE import = ANY(%s) ORDER BY id
"""
_PROBLEMS = """
    SELECT import, unreadable, file, place, reason, message FROM import_problems
    WHERE import = ANY(%s) ORDER BY import, file, id
"""
_QUESTIONS = """
    SELECT import, id, file, reason, text, choices, topic, answer FROM import_questions
    WHERE import = ANY(%s) ORDER BY file, id
"""
_PAGE = "SELECT id FROM imports WHERE number < %s ORDER BY number DESC LIMIT %s"
_NEXT = "SELECT id, source FROM imports WHERE state = 'RUNNING' ORDER BY number"
_RUNNING_COUNT = "SELECT count(*) AS running FROM imports WHERE state = 'RUNNING'"
_ADD_FILE = """
    INSERT INTO import_files (path, size, state, engagement_only) VALUES (%s, 0, 'waiting', %s) RETURNING id
"""
_JOIN_FILES = "UPDATE import_files SET import = %s WHERE id = ANY(%s)"
_ADD_CHUNK = "INSERT INTO import_chunks (file, number, data) VALUES (%s, %s, %s)"
_SIZE = "UPDATE import_files SET size = %s WHERE id = %s"
_CHUNK = "SELECT data FROM import_chunks WHERE file = %s AND number = %s"
_FILE_DONE = """
    UPDATE import_files SET state = %s, batches_done = %s, recognised_as = %s, resources = %s, attempts = 0
    WHERE id = %s
"""
_ATTEMPT = """
    UPDATE import_files SET attempts = attempts + 1 WHERE id = ANY(%s) AND state = 'waiting' RETURNING id, attempts
"""
# What is being begun at this moment is locked and stays.
_LEAVE_OUT = """
    WITH unread AS (
        SELECT id FROM import_files
        WHERE import = %s AND state = 'waiting' AND attempts = 0 AND batches_done = 0 ORDER BY id
        FOR UPDATE SKIP LOCKED
    )
    UPDATE import_files f SET state = 'unreadable' FROM unread WHERE f.id = unread.id RETURNING f.id
"""
_NOT_ALL = "UPDATE imports SET complete = false WHERE id = %s"
_DROP_CHUNKS = "DELETE FROM import_chunks WHERE file = ANY(%s)"
_COUNT = """
    UPDATE imports SET added = added + %s, changed = changed + %s, unchanged = unchanged + %s, gone = gone + %s,
        events = events + %s
    WHERE id = %s
"""
_USED = "UPDATE imports SET used = true WHERE id = %s"
_WAS_USED = "SELECT used FROM imports WHERE id = %s"
_ADD_PROBLEM = """
    INSERT INTO import_problems (import, unreadable, file, place, reason, message) VALUES (%s, %s, %s, %s, %s, %s)
"""
_PROBLEM_COUNT = """
    SELECT count(*) AS there FROM import_problems WHERE import = %s AND unreadable = %s
"""
_ADD_QUESTION = """
    INSERT INTO import_questions (import, id, file, reason, text, choices, topic) VALUES (%s, %s, %s, %s, %s, %s, %s)
    ON CONFLICT (import, id) DO NOTHING
"""
_ANSWER = "UPDATE import_questions SET answer = %s WHERE import = %s AND topic = %s"
_WAIT_AGAIN = """
    UPDATE import_files SET state = 'waiting', batches_done = 0
    WHERE import = %s AND state = 'asking' AND path = ANY(%s)
"""
_STATE = "UPDATE imports SET state = %s, end_time = %s WHERE id = %s"
_GONE = """
    SELECT source, external_id, resource FROM listings
    WHERE source = %s AND NOT gone AND seen_number < %s AND NOT origin = ANY(%s) ORDER BY resource LIMIT %s
"""


def _import(row: Row, files: Sequence[Row], problems: Sequence[Row], questions: Sequence[Row]) -> Import:
    return Import(
        id=row["id"],
        number=row["number"],
        source=row["source"],
        state=ImportState(row["state"]),
        validate_only=row["validate_only"],
        complete=row["complete"],
        owner=row["owner"],
        counts=Counts(row["added"], row["changed"], row["unchanged"], row["gone"], row["events"]),
        create_time=row["create_time"],
        end_time=row["end_time"],
        files=tuple(ImportFile(**columns(file, "import", state=FileState(file["state"]))) for file in files),
        problems=tuple(Problem(**columns(problem, "import")) for problem in problems),
        questions=tuple(
            Question(**columns(question, "import", choices=tuple(question["choices"])))
            for question in questions
        ),
    )


class Imports(Session):
    """Storing deliveries and the progress of reading them."""

    async def begin_import(self, source: str, *, owner: str, validate_only: bool, complete: bool) -> str:
        """The id of the import that files of this source go to: the running one, else a new one.

        Those that `owner`, where it is not empty, sends as owner of programs alone join nobody else's.
        """
        by = owner or None
        await self.run(_LOCK_SOURCE, (source,))
        if not validate_only and (row := await self.row(_RUNNING, (source, by))) is not None:
            await self.run(_LOCK, (row["id"],))
            if (still := await self.row(_RUNNING, (source, by))) is not None and still["id"] == row["id"]:
                await self.run(_JOIN, (complete, row["id"]))
                return str(row["id"])
        id_ = new_id()
        await self.run(_INSERT, (id_, source, by, validate_only, complete, self.now))
        return id_

    async def next_import_number(self) -> int:
        """A number for listings that come without files."""
        row = await self.row(_NEXT_NUMBER)
        return int(row["nextval"]) if row else 0

    async def add_file(self, path: str, *, engagement_only: bool) -> int:
        """Begins a file, of no import yet; its id."""
        row = await self.row(_ADD_FILE, (path, engagement_only))
        return int(row["id"]) if row else 0

    async def join_files(self, import_id: str, files: Sequence[int]) -> None:
        """Makes the files part of an import."""
        await self.run(_JOIN_FILES, (import_id, list(files)))

    async def wake(self, channel: str) -> None:
        """Tells whoever listens on the channel, when this commits."""
        await self.run("SELECT pg_notify(%s, '')", (channel,))

    async def add_chunk(self, file: int, number: int, data: bytes) -> None:
        """Stores the bytes of a file that come as its chunk `number` (from 0)."""
        await self.run(_ADD_CHUNK, (file, number, data))

    async def close_file(self, file: int, size: int) -> None:
        """Notes the file's size in bytes."""
        await self.run(_SIZE, (size, file))

    async def chunk(self, file: int, number: int) -> bytes | None:
        """The bytes of a chunk; None after the last."""
        row = await self.row(_CHUNK, (file, number))
        return None if row is None else bytes(row["data"])

    async def import_(self, id_: str, *, for_update: bool = False) -> Import:
        """The import with files, problems and questions; NotFound when there is none."""
        if for_update:
            await self.run(_LOCK, (id_,))
        found = await self.imports([id_])
        if not found:
            raise NotFound("IMPORT_NOT_FOUND", f"There is no import {id_}.", {"import": id_})
        return found[0]

    async def import_page(self, *, before: int, limit: int) -> list[Import]:
        """Imports with a smaller number, newest first."""
        return await self.imports([row["id"] for row in await self.rows(_PAGE, (before, limit))])

    async def running_imports(self) -> list[tuple[str, str]]:
        """Id and source of imports that have not ended, oldest first."""
        return [(row["id"], row["source"]) for row in await self.rows(_NEXT)]

    async def imports(self, ids: Sequence[str]) -> list[Import]:
        """Those of these imports that there are, newest first."""
        files = await self.rows(_FILES, (list(ids),))
        problems = await self.rows(_PROBLEMS, (list(ids),))
        questions = await self.rows(_QUESTIONS, (list(ids),))
        return [
            _import(
                row,
                [each for each in files if each["import"] == row["id"]],
                [each for each in problems if each["import"] == row["id"]],
                [each for each in questions if each["import"] == row["id"]],
            )
            for row in await self.rows(_LOAD, (list(ids),))
        ]

    async def file_moved(self, file: ImportFile) -> None:
        """Stores where a file stands; the bytes of one that is done or unreadable are dropped."""
        values = (str(file.state), file.batches_done, file.recognised_as, file.resources, file.id)
        await self.run(_FILE_DONE, values)
        if file.state in (FileState.DONE, FileState.UNREADABLE):
            await self.run(_DROP_CHUNKS, ([file.id],))

    async def attempt(self, files: Iterable[int]) -> dict[int, int]:
        """Notes that reading these files begins; how often it has begun without getting further.

        Without those that were left out meanwhile.
        """
        return {row["id"]: row["attempts"] for row in await self.rows(_ATTEMPT, (list(files),))}

    async def leave_out(self, import_id: str) -> int:
        """Leaves out the files that nobody has begun to read, with their bytes; how many they are.

        The import is then not all that its source has.
        """
        left_out = [row["id"] for row in await self.rows(_LEAVE_OUT, (import_id,))]
        if left_out:
            await self.run(_DROP_CHUNKS, (left_out,))
            await self.run(_NOT_ALL, (import_id,))
        return len(left_out)

    async def note_use(self, import_id: str) -> None:
        """Notes that the import moved engagement."""
        await self.run(_USED, (import_id,))

    async def moved_use(self, import_id: str) -> bool:
        """Whether the import moved engagement."""
        row = await self.row(_WAS_USED, (import_id,))
        return bool(row and row["used"])

    async def count(self, import_id: str, counts: Counts) -> None:
        """Adds to an import's counts."""
        await self.run(_COUNT, (*astuple(counts), import_id))

    async def add_problems(self, import_id: str, problems: Iterable[Problem]) -> None:
        """Notes what went wrong; beyond 500 of a sort they are dropped."""
        for unreadable in (True, False):
            new = [problem for problem in problems if problem.unreadable is unreadable]
            if not new:
                continue
            row = await self.row(_PROBLEM_COUNT, (import_id, unreadable))
            room = max(0, MAX_PROBLEMS - int(row["there"] if row else 0))
            await self.run_many(_ADD_PROBLEM, ((import_id, *astuple(each)) for each in new[:room]))

    async def ask(self, import_id: str, questions: Iterable[Question]) -> None:
        """Puts questions to people."""
        await self.run_many(
            _ADD_QUESTION,
            (
                (import_id, each.id, each.file, each.reason, each.text, list(each.choices), each.topic)
                for each in questions
            ),
        )

    async def answer(self, import_id: str, topic: str, answer: str) -> None:
        """Stores the answer to every question of the import on this topic."""
        await self.run(_ANSWER, (answer, import_id, topic))

    async def read_again(self, import_id: str, paths: Sequence[str]) -> None:
        """The files that waited for an answer are read again, and the import runs again."""
        await self.run(_WAIT_AGAIN, (import_id, list(paths)))
        await self.run(_STATE, (str(ImportState.RUNNING), None, import_id))

    async def end_import(self, import_id: str, state: ImportState) -> None:
        """Ends the import."""
        await self.run(_STATE, (str(state), self.now, import_id))

    async def unseen_listings(
        self, source: str, number: int, spared: Sequence[str], limit: int
    ) -> list[tuple[str, str]]:
        """Resource id and external id of listings that no import since `number` had, but for those of spared files."""
        rows = await self.rows(_GONE, (source, number, list(spared), limit))
        return [(row["resource"], row["external_id"]) for row in rows]

    async def running_import_count(self) -> int:
        """Imports that have not ended."""
        row = await self.row(_RUNNING_COUNT)
        return int(row["running"]) if row else 0
