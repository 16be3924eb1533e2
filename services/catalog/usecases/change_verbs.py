"""What people do to a line of the change list: say that it is carried out, or take it out while it waits."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from services.catalog import policy
from services.catalog.domain.changes import Change, ChangeState, text_of
from services.catalog.domain.people import Viewer
from services.catalog.domain.programs import Program
from services.catalog.domain.resources import in_order
from services.catalog.postgres.database import Database, Transaction
from services.catalog.review import forming, routing
from services.catalog.review import postgres as review
from services.catalog.review import usecases as suggestions
from services.catalog.review.cases import no_verb
from services.catalog.usecases import purview
from services.catalog.usecases.change_list import listing_of, named, says, told
from services.kit.errors import FailedPrecondition


async def mark_done(tx: Transaction, viewer: Viewer, id_: str) -> Change:
    """The line DONE by the viewer's word: its source is taken to say it, as if an import had shown it.

    What is wanted stays noted until an import confirms it, so that one that shows otherwise changes nothing but the
    line. Locks what the line is about: whoever undoes its plan meanwhile is waited for.
    """
    line = await tx.change(id_)
    collection, _, target = line.target.partition("/")
    if collection == "programs":
        program = await tx.program(target, for_update=True)
        policy.check_about(viewer, viewer.method, await purview.over(tx, viewer, [program.id]))
        line = _waiting(await tx.change(id_))
        same = await _tell_program(tx, program, line)
    else:
        resource = await tx.resource(target, for_update=True)
        policy.check_about(viewer, viewer.method, await purview.over(tx, viewer, [resource.id]))
        line = _waiting(await tx.change(id_))
        listing = listing_of(resource, line)
        if listing is not None and not says(listing, line):
            rest = [each for each in resource.listings if each is not listing]
            await tx.save(replace(resource, listings=in_order([*rest, told(listing, line)])))
        same = [
            each
            for each in await tx.pending_changes([line.target])
            if _asks(each) == _asks(line) and each.to_value == line.to_value
        ]
    ids = [each.id for each in same]
    await tx.set_change_state(ids, ChangeState.DONE, by=viewer.person.id)
    await tx.audited(viewer, f"changes/{id_}", _detail(line))
    return (await named(tx, [await tx.change(id_)]))[0]


async def _tell_program(tx: Transaction, program: Program, line: Change) -> list[Change]:
    """Has the program's source say what is wanted of the field; the lines that this carries out, earlier ones too."""
    wish = program.desired.get(line.field)
    if wish is None or text_of(wish.value) != line.to_value:
        raise FailedPrecondition(
            "CHANGE_OUTDATED",
            "A later line of the list asks more of the same program; mark that one.",
            {"change": f"changes/{line.id}"},
        )
    said: dict[str, Any] = {line.field: wish.value}
    await tx.save_program(replace(program, observed_program=replace(program.observed_program, **said)))
    return [each for each in await tx.pending_changes([line.target]) if each.field == line.field]


async def take_out(tx: Transaction, db: Database, viewer: Viewer, id_: str) -> Change:
    """The line WITHDRAWN, with the whole plan that it is of undone; its suggestion is OPEN again.

    FailedPrecondition once something of the plan is carried out: then an undo asks the sources back.
    """
    await review.lock(tx)
    line = await tx.change(id_)
    if not line.suggestion:
        target = line.target.partition("/")[2]
        policy.check_about(viewer, viewer.method, await purview.over(tx, viewer, [target]))
        raise FailedPrecondition(
            "CHANGE_WITHOUT_PLAN",
            "A person asks for it directly; change it where it was set.",
            {"change": f"changes/{id_}"},
        )
    known = await review.suggestion(tx, line.suggestion)
    # Locked: of this plan nobody says meanwhile that something is done.
    on = await forming.ground(tx, db.clock.today(), [known.proposal], for_update=True)
    policy.check_about(viewer, viewer.method, routing.standing(viewer, known, on.around))
    line = _waiting(await tx.change(id_))
    plan = await tx.changes_of(known.id)
    if all(each.id != id_ for each in plan):
        raise await no_verb(tx, db, known, "take out")  # it asks a source back: the plan is undone already
    if any(each.state is ChangeState.DONE for each in plan):
        raise FailedPrecondition(
            "CHANGE_WRITTEN",
            "Something of its plan is carried out already; undo the decision, which asks the sources back.",
            {"change": f"changes/{id_}", "suggestion": known.name},
        )
    await suggestions.undo(tx, db, viewer, known.id, reason="", answers=[])
    return (await named(tx, [await tx.change(id_)]))[0]


def _asks(line: Change) -> tuple[str, str, str]:
    return line.source, line.external_id, line.field


def _waiting(line: Change) -> Change:
    if line.state is not ChangeState.PENDING:
        raise _settled(line)
    return line


def _settled(line: Change) -> FailedPrecondition:
    return FailedPrecondition(
        "CHANGE_SETTLED",
        f"It does not wait any more: it is {line.state}.",
        {"change": f"changes/{line.id}", "state": str(line.state)},
    )


def _detail(line: Change) -> dict[str, str]:
    return {
        "suggestion": f"suggestions/{line.suggestion}" if line.suggestion else "",
        "target": line.target,
        "source": line.source,
        "external_id": line.external_id,
        "field": line.field,
        "to": line.to_value[:1000],
    }
