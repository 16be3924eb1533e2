"""Imports as callers see them: delivering files, looking, answering questions. `importing` does the reading."""

from __future__ import annotations

import unicodedata
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, replace

from services.catalog import policy
from services.catalog.domain.imports import Import, Problem
from services.catalog.domain.people import Role, Viewer
from services.catalog.policy import About, Column
from services.catalog.postgres.database import Database, Transaction
from services.catalog.usecases.change_list import settle_program, tell_program, withdraw_lines
from services.catalog.usecases.resources import check_source_name
from services.kit.errors import (
    InvalidArgument,
    NotFound,
    PermissionDenied,
    ResourceExhausted,
    Unauthenticated,
    Violation,
)

CONTENT_IMPORTERS = (Role.LEARNING_LEADER, Role.INSTRUCTIONAL_DESIGNER)
"""Whoever else may import files may import engagement alone, or have them looked at as an owner (behaviour.md §2)."""

_ENGAGEMENT_OWNERS = frozenset({Column.PO})

MAX_CHUNK = 1 << 20
MAX_BYTES = 4 << 30
MAX_FILES = 20_000
MAX_PATH = 1000
BOTH_CHANGED = "both_changed"
"""Topic of a question on a field that a source and a person both changed: `both_changed:resources/{id}:{field}`."""

WAKE = "imports"
"""The channel on which the reader of imports is told of new files."""

_PATIENCE = "SET LOCAL idle_in_transaction_session_timeout = '10min'"


@dataclass(frozen=True, slots=True)
class Delivery:
    """What a client says before it sends files."""

    source: str
    validate_only: bool
    complete: bool


@dataclass(frozen=True, slots=True)
class FileBegins:
    """The next chunks are of this file."""

    path: str


async def receive(
    tx: Transaction, viewer: Viewer, delivery: Delivery, content: AsyncIterator[FileBegins | bytes]
) -> Import:
    """Stores the files in the caller's transaction: all of them or, when the stream breaks off, nothing.

    They join the source's running import, else begin a new one. ResourceExhausted beyond 4 GiB or 20,000 files.
    PermissionDenied where a resource's owner, without a role that imports, asks for more than a look at the files, and
    where who may import engagement alone says that they are all that the source has. Unauthenticated where whoever
    sends them is gone or may do something else by the end.
    """
    name = check_source_name(delivery.source, "start.source")
    may = _may(viewer, delivery)
    await tx.run(_PATIENCE)
    stored: list[int] = []
    paths: set[str] = set()
    file = chunks = size = total = 0
    async for piece in content:
        if isinstance(piece, FileBegins):
            if file:
                await tx.close_file(file, size)
            path = _checked_path(piece.path)
            if path in paths:
                raise _wrong("file.path", f"{path} comes twice")
            paths.add(path)
            if len(paths) > MAX_FILES:
                raise _too_much("files", MAX_FILES)
            file = await tx.add_file(path, engagement_only=may.engagement_only)
            stored.append(file)
            chunks = size = 0
        else:
            if not file:
                raise _wrong("chunk", "comes before any file")
            if len(piece) > MAX_CHUNK:
                raise _wrong("chunk", f"has more than {MAX_CHUNK} bytes")
            total += len(piece)
            if total > MAX_BYTES:
                raise _too_much("bytes", MAX_BYTES)
            await tx.add_chunk(file, chunks, piece)
            chunks += 1
            size += len(piece)
    if file:
        await tx.close_file(file, size)
    await _check_still(tx, viewer, delivery, may)
    # Only now is the import named: nobody waits on its lock while a slow client sends.
    if not delivery.validate_only:
        await tx.make_source(name, from_files=True)
    id_ = await tx.begin_import(
        name, owner=may.owner, validate_only=delivery.validate_only, complete=delivery.complete
    )
    await tx.join_files(id_, stored)
    await tx.audited(viewer, f"imports/{id_}", {"source": name, "files": str(len(stored))})
    await tx.wake(WAKE)
    return await tx.import_(id_)


@dataclass(frozen=True, slots=True)
class _May:
    """As whom somebody sends files: `owner` is their id where they may import by a duty alone."""

    engagement_only: bool
    owner: str


def _may(viewer: Viewer, delivery: Delivery) -> _May:
    theirs = _theirs(viewer, delivery)
    row = policy.METHODS[viewer.method]
    if not row.allows(viewer, About(own=theirs)):
        raise policy.denied(viewer.method, row.who_can_here(About(own=_ENGAGEMENT_OWNERS)))
    looked_at = delivery.validate_only and theirs
    engagement_only = not looked_at and not viewer.person.has(*CONTENT_IMPORTERS)
    if delivery.complete and engagement_only:
        # What the source lists and these files do not hold would be gone: that is content.
        raise PermissionDenied(
            "NOT_ALLOWED",
            "Engagement is never all that a source has; send it without `complete`.",
            {"who_can": "a learning leader or an instructional designer", "method": "ImportPackage"},
        )
    by_duty = not (delivery.validate_only or row.allows(viewer, About()))
    return _May(engagement_only, viewer.person.id if by_duty else "")


async def _check_still(tx: Transaction, viewer: Viewer, delivery: Delivery, may: _May) -> None:
    """Unauthenticated where whoever has been sending, maybe for long, is gone or would send as somebody else by now."""
    person = await tx.person(viewer.person.id)
    if not person.active:
        raise Unauthenticated("CREDENTIAL_INVALID", "This credential is not valid (any more).")
    if _may(replace(viewer, person=person, duties=await tx.duties(person)), delivery) != may:
        raise Unauthenticated(
            "DUTIES_CHANGED", "Your roles or duties have changed while you were sending; send it again."
        )


def _theirs(viewer: Viewer, delivery: Delivery) -> frozenset[Column]:
    """The duties by which an owner sends files. To have them looked at: nothing is written, and what is theirs of it
    is asked when a draft of it is published. Else it is a program's owner, and each row is asked when it is read."""
    duties = {Column.PO, Column.RO} if delivery.validate_only else _ENGAGEMENT_OWNERS
    return frozenset(duties.intersection(policy.columns(viewer)))


def _checked_path(path: str) -> str:
    """The path inside the import: NFC, `/`, no way out of it."""
    clean = unicodedata.normalize("NFC", path.replace("\\", "/")).strip("/")
    steps = clean.split("/")
    if not clean or len(clean) > MAX_PATH or ".." in steps or "\0" in clean:
        raise _wrong("file.path", f"must be a path of 1 to {MAX_PATH} characters inside the import")
    return clean


def _wrong(field: str, text: str) -> InvalidArgument:
    return InvalidArgument(
        "FIELD_INVALID", f"{field} {text}.", {"field": field}, violations=[Violation(field, text)]
    )


def _too_much(what: str, limit: int) -> ResourceExhausted:
    return ResourceExhausted(
        "MESSAGE_TOO_LARGE",
        f"A delivery has at most {limit} {what}.",
        {"limit": str(limit), "actual": "more"},
    )


async def get_import(db: Database, id_: str) -> Import:
    """The import; NotFound when there is none."""
    async with db.snapshot() as tx:
        return await tx.import_(id_)


async def get_imports(db: Database, ids: Sequence[str]) -> list[Import]:
    """Those of these imports that there are, newest first."""
    async with db.snapshot() as tx:
        return await tx.imports(ids)


async def list_imports(db: Database, *, before: int, limit: int) -> list[Import]:
    """A page of imports, newest first."""
    async with db.snapshot() as tx:
        return await tx.import_page(before=before, limit=limit)


async def answer_question(
    db: Database, viewer: Viewer, import_id: str, question_id: str, choice: str
) -> Import:
    """Stores an answer, for this import and every later one of the source; what waited for it is read again.

    An owner's answer holds for the imports that they send; PermissionDenied where they did not send this one.
    """
    row = policy.METHODS[viewer.method]
    async with db.transaction() as tx:
        import_ = await tx.import_(import_id, for_update=True)
        theirs = _ENGAGEMENT_OWNERS if import_.owner == viewer.person.id else frozenset[Column]()
        if not row.allows(viewer, About(own=theirs)):
            raise policy.denied(viewer.method, row.who_can_here(About()))
        question = next((each for each in import_.questions if each.id == question_id), None)
        if question is None:
            raise NotFound(
                "QUESTION_NOT_FOUND", f"There is no question {question_id}.", {"question": question_id}
            )
        if choice not in question.choices:
            raise _wrong("choice", f"must be one of {', '.join(question.choices)}")
        same_topic = [each for each in import_.questions if each.topic == question.topic]
        if question.topic.startswith(f"{BOTH_CHANGED}:"):
            await _settle(tx, question.topic, choice)
        elif row.allows(viewer, About()):
            await tx.remember_answer(import_.source, question.topic, choice)
        await tx.answer(import_.id, question.topic, choice)
        await tx.read_again(import_.id, sorted({each.file for each in same_topic}))
        await tx.audited(viewer, f"imports/{import_.id}", {"question": question.reason, "choice": choice})
        await tx.wake(WAKE)
        return await tx.import_(import_.id)


async def stop(db: Database, viewer: Viewer, import_id: str) -> Import:
    """Leaves out what nobody has begun to read; the reader then ends the import. NotFound when there is none.

    What is left out says nothing of what the source has, so nothing is gone by it.
    """
    async with db.transaction() as tx:
        import_ = await tx.import_(import_id, for_update=True)
        left_out = await tx.leave_out(import_.id)
        if left_out:
            who = viewer.person.shown_name
            text = f"{who} stopped this import. Files that were not read: {left_out}. Send them again."
            await tx.add_problems(import_.id, [Problem(True, "", "", "IMPORT_STOPPED", text)])
            await tx.audited(viewer, f"imports/{import_.id}", {"files": str(left_out)})
            await tx.wake(WAKE)
        return await tx.import_(import_.id)


async def _settle(tx: Transaction, topic: str, choice: str) -> None:
    """Ends a contradiction: the source's value holds, or Winnow's goes on being wanted against it."""
    _, name, field = topic.split(":", 2)
    collection, _, id_ = name.partition("/")
    if collection == "resources":
        resource = await tx.resource(id_, for_update=True)
        if (wish := resource.desired.get(field)) is not None:
            kept = replace(wish, against=resource.observed(field)) if choice == "winnow" else None
            saved = await tx.save(resource.with_desired(field, kept))
            if kept is None:
                await withdraw_lines(tx, saved, field)
        return
    program = await tx.program(id_, for_update=True)
    if (wish := program.desired.get(field)) is not None:
        kept = replace(wish, against=program.observed(field)) if choice == "winnow" else None
        saved = await tx.save_program(program.with_desired(field, kept))
        await settle_program(tx, saved)
        await tell_program(tx, saved)
