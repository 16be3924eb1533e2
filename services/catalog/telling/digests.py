"""The weekly digest: written once a week for everybody who wants it, from what concerns them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from services.catalog.domain.people import CONTENT_ROLES, Person, Role
from services.catalog.postgres.database import Database, Transaction
from services.catalog.telling import letters, postgres
from services.catalog.telling.domain import Kind, day, monday
from services.catalog.telling.postgres import Mention
from services.catalog.usecases import purview

WEEK = timedelta(days=7)
_SOON = timedelta(days=14)


async def write_due(db: Database) -> None:
    """Writes the digests of this week unless they are written; none before anybody has ever decided anything."""
    if not db.post.mail:
        return
    today = db.clock.today()
    async with db.transaction() as tx:
        if not await postgres.begin_week(tx, monday(today)) or not await postgres.has_begun(tx):
            return
        for person in await tx.people(await postgres.readers(tx, today)):
            await _write(tx, db, person)


def _together(found: Iterable[Mention]) -> list[tuple[Mention, int]]:
    """The first of what was done together, as one event, with how many others were; what was done alone as it is."""
    events: dict[tuple[str, str], list[Mention]] = {}
    for each in found:
        alone = f"{each.id} {each.time}"  # the same plan, applied and taken back and applied, is two events
        events.setdefault((each.verb, each.batch or alone), []).append(each)
    return [(first, len(others)) for first, *others in events.values()]


async def _write(tx: Transaction, db: Database, person: Person) -> None:
    duties = await tx.duties(person)
    if not person.has(*CONTENT_ROLES) and not duties:
        return
    today, since = db.clock.today(), tx.now - WEEK
    owned = duties.resources | await purview.nested(tx, duties.programs)

    def on(moment: datetime) -> str:
        return day(moment.astimezone(db.clock.zone).date())

    def link(each: Mention) -> str:
        return f"{db.post.public_url}/review/{each.id}"

    events = [
        letters.line(f"Applies on {on(each.time)}: {each.summary}: {each.text}", link(each))
        for each in await postgres.scheduled(tx, person.id, owned)
    ]
    waiting = await postgres.waiting(tx, person.id, since)
    events += [
        letters.line(f"Open again since {on(each.time)}: {each.summary}: {each.text}", link(each))
        for each in waiting
        if each.text
    ]
    events += [
        letters.line(
            f"{'Late: due' if due < today else 'Due'} {day(due)}: {text}", f"{db.post.public_url}/tasks"
        )
        for due, text in await postgres.tasks_due(tx, person.id, today + _SOON)
    ]
    for each, more in _together(await postgres.done(tx, person.id, owned, since)):
        verb = "Taken back" if each.verb == "undo" else "Applied"
        what = each.summary + (f" and {more} more, together" if more else "")
        said = f"{verb} on {on(each.time)} by {', '.join(each.who) or 'somebody'}: {what}"
        address = f"{db.post.public_url}/activity" if more else link(each)
        events.append(letters.line(f"{said}: {each.text}" if each.text else said, address))
    if person.has(Role.SPECIALIST) and (count := await postgres.noticed(tx, since)):
        said = (
            "1 change that learners notice was"
            if count == 1
            else f"{count} changes that learners notice were"
        )
        events.append(
            letters.line(
                f"{said} applied since {on(since)}; the draft of a notice is ready for each:",
                f"{db.post.public_url}/what-changed",
            )
        )
    events += [
        letters.line(f"To decide, found {on(each.time)}: {each.summary}", link(each))
        for each in waiting
        if not each.text
    ]
    held = await postgres.held(tx, person.id)
    last = ""
    if held is not None:
        count = "1 suggestion is" if held.count == 1 else f"{held.count} suggestions are"
        why = f": {held.reason}" if held.reason else "."
        last = letters.line(f"{count} held back, the oldest since {on(held.since)}{why}")
    if not events and not last:
        return
    await letters.send(
        tx,
        [person.id],
        kind=Kind.DIGEST,
        key=f"digest {monday(today)}",
        subject=f"Winnow, week of {day(monday(today))}",
        content=letters.written(
            events, tx.post, last=last, more=f"All of it: {db.post.public_url}/review?whose=you"
        ),
    )
