"""Writes what a file holds, one batch to a transaction."""

from __future__ import annotations

from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace

from services.catalog.domain.imports import (
    Counts,
    FileState,
    Import,
    Problem,
    Question,
)
from services.catalog.domain.programs import ObservedProgram
from services.catalog.domain.values import Drift
from services.catalog.imports.model import EngagementRow, ReadOptions, ResourceRecord
from services.catalog.postgres.database import Transaction
from services.catalog.usecases import purview, records
from services.catalog.usecases.import_batches import Read
from services.catalog.usecases.imports import BOTH_CHANGED
from services.catalog.usecases.listings import Taken, take_listings
from services.catalog.usecases.programs import put_program

BOTH_FORMS = "engagement_form"
"""Topic of the question whether sums or learners' rows hold."""

Step = Callable[[Transaction], Awaitable[None]]
"""Writes one batch in the transaction it is given."""


async def note(tx: Transaction, import_: Import, read: Read) -> None:
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


async def take_resources(tx: Transaction, import_: Import, batch: Sequence[ResourceRecord]) -> None:
    """Writes up to 200 resources, counts them and notes what about them was odd."""
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


def resources_step(import_: Import, batch: Sequence[ResourceRecord]) -> Step:
    """Writes these resources."""
    return lambda tx: take_resources(tx, import_, batch)


def program_step(import_: Import, key: str, observed: ObservedProgram) -> Step:
    """Writes this program."""

    async def step(tx: Transaction) -> None:
        program, drifts = await put_program(tx, import_.source, key, observed)
        await tx.programs_seen([program.id], import_.number)
        for drift in drifts:
            await _report_drift(tx, import_, f"programs/{program.id}", program.title, drift)

    return step


def engagement_step(import_: Import, file: str, rows: Sequence[EngagementRow], options: ReadOptions) -> Step:
    """Writes these rows of engagement, as far as an answer has not ruled them out; those of others are reported."""

    async def step(tx: Transaction) -> None:
        taken = await within_purview(tx, import_, rows)
        if await put_engagement(tx, import_.source, taken, options.answers, import_.number):
            await tx.note_use(import_.id)
        await tx.count(import_.id, Counts(events=len(taken)))
        if len(taken) < len(rows):
            kept = {row.resource for row in taken}
            others = Counter(row.resource for row in rows if row.resource not in kept)
            await tx.add_problems(import_.id, [_of_others(file, *each) for each in sorted(others.items())])

    return step


async def within_purview(
    tx: Transaction, import_: Import, rows: Sequence[EngagementRow]
) -> Sequence[EngagementRow]:
    """The rows that whoever sent the import may bring: an owner those about what is in their programs by now."""
    if not import_.owner:
        return rows
    (sender,) = await tx.people([import_.owner])
    programs = (await tx.duties(sender)).programs if sender.active else frozenset[str]()
    theirs = await purview.use_within(
        tx, programs, import_.source, [records.clean(row.resource) for row in rows]
    )
    return [row for row in rows if records.clean(row.resource) in theirs]


def _of_others(file: str, resource: str, count: int) -> Problem:
    return Problem(
        True,
        file,
        resource,
        "NOT_ALLOWED",
        f"Rows left out: {count}. {resource!r} is in no program of whoever sent them; a learning leader, an "
        "instructional designer, a specialist or an owner of its program imports its use.",
    )


async def put_engagement(
    tx: Transaction, source: str, rows: Sequence[EngagementRow], answers: Mapping[str, str], number: int
) -> bool:
    """Stores rows as of an import's number, less those that an answer rules out; whether anything moved."""
    await tx.name_engagement(source, {records.clean(row.resource) for row in rows}, number)
    sums = [(records.clean(row.resource), records.sums(row)) for row in rows if not row.learner]
    key = await tx.learner_key()
    learners = [(records.clean(row.resource), records.learner_month(row, key)) for row in rows if row.learner]
    answer = answers.get(BOTH_FORMS)
    if answer == "sums":
        held = set(await tx.in_both_forms(source, [(n, each.counts.month, True) for n, each in learners]))
        await tx.drop_learners(source, [(name, month.month) for name, month in sums])
        learners = [(n, each) for n, each in learners if (n, each.counts.month) not in held]
    elif answer == "learners":
        held = set(await tx.in_both_forms(source, [(n, month.month, False) for n, month in sums]))
        await tx.drop_sums(source, [(name, each.counts.month) for name, each in learners])
        sums = [(n, month) for n, month in sums if (n, month.month) not in held]
    moved = await tx.put_sums(source, sums)
    return await tx.put_learners(source, learners) or moved
