"""What cannot wait for the weekly digest; each is written in the transaction of what it tells of.

A plan of theirs is open again, a notice begins or is about to end in which they can object, suggestions of somebody
who has gone or is away are theirs now.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from services.catalog.domain.people import Person, email_key
from services.catalog.postgres.database import Transaction
from services.catalog.review.domain import Approval, Change, Suggestion
from services.catalog.telling import letters, postgres
from services.catalog.telling.domain import Kind, day
from services.catalog.usecases import purview

SHORTEST = timedelta(days=1)
"""A notice shorter than that is over before anybody reads of it."""
LONG = timedelta(days=3)
"""Of a notice longer than that, its end is told, too."""
LAST_CALL = timedelta(days=1)
"""How long before the end of a notice those are told again who can still object."""


async def open_again(
    tx: Transaction, back: Suggestion, *, but: str = "", given: Sequence[Approval] = ()
) -> None:
    """Tells who had approved the plan, and who has it, that it is to be decided again, and why; `but` knows already.

    `back` is the suggestion with its new revision; the note says why. `given` are the approvals that it had: which of
    them count on is told.
    """
    people = await postgres.approvers(tx, back.id) | {back.assignee}
    summary = back.proposal.summary
    events = [
        letters.line(f"Open again since {day(tx.now.date())}: {summary}: {back.note}.", _link(tx, back)),
        f"{await _standing(tx, back, given)}; nothing has been changed. Whoever decides on it looks at it anew.",
    ]
    await letters.send(
        tx,
        people - {but, ""},
        kind=Kind.URGENT,
        key=f"open again {back.id} {back.revision}",
        subject=f"Winnow: open again: {summary}",
        content=letters.written(events, tx.post),
    )


async def _standing(tx: Transaction, back: Suggestion, given: Sequence[Approval]) -> str:
    """What is left of these approvals, in words."""
    stand = back.valid_approvals
    if not stand:
        return "Its approvals are void"
    if set(given) <= set(stand):
        return "Approvals given stand"
    people = await tx.people(sorted({each.person for each in stand}))
    names = {each.id: each.display_name or each.email for each in people}
    titles = {part.id: part.title for part in back.plan.parts}
    said = [f"{titles[each.part]} by {names[each.person]}" for each in stand]
    return letters.listing("Of its approvals these stand:", said, noun="approval")


async def notice_begins(tx: Transaction, planned: Suggestion, tokens: Mapping[str, str]) -> None:
    """Tells owners of what an approved plan touches (a link's token by e-mail) until when they can object."""
    if planned.due_time is None or planned.due_time - tx.now < SHORTEST:
        return
    await _notice(
        tx, planned, tokens, "begins", f"Winnow: until {day(planned.due_time.date())} you can object"
    )


async def last_call(tx: Transaction, planned: Suggestion, tokens: Mapping[str, str]) -> None:
    """Tells them once more, shortly before the end."""
    await _notice(tx, planned, tokens, "ends", "Winnow: the last day to object")


async def _notice(
    tx: Transaction, planned: Suggestion, tokens: Mapping[str, str], what: str, subject: str
) -> None:
    due = planned.due_time
    if due is None:
        return
    approved = {each.person for each in planned.approvals}
    names = [each.display_name or each.email for each in await tx.people(sorted(approved))]
    found = await tx.people_by_email(sorted(tokens))
    by_email: Mapping[str, Person] = {key: each for key, each in found.items() if each.id not in approved}
    for email, token in tokens.items():
        person = by_email.get(email_key(email))
        if person is None:
            continue
        event = letters.listing(
            f"On {_moment(due)}: {planned.proposal.summary}:",
            [change.text for change in await _theirs_first(tx, planned, person)],
            _link(tx, planned),
            noun="change",
        )
        foot = letters.line(
            f"Approved by {', '.join(names) or 'somebody'}. To object before then:",
            f"{tx.post.public_url}/objections/{token}",
        )
        await letters.send(
            tx,
            [person.id],
            kind=Kind.URGENT,
            key=f"notice {what} {planned.id} {planned.revision}",
            subject=f"{subject}: {planned.proposal.summary}",
            content=letters.written([event], tx.post, last=foot),
        )


async def _theirs_first(tx: Transaction, planned: Suggestion, person: Person) -> Sequence[Change]:
    """The plan's changes: first of what the person owns, then of what is inside a program of theirs."""
    duties = await tx.duties(person)
    own, inside = duties.resources | duties.programs, await purview.inside(tx, duties.programs)

    def rank(change: Change) -> tuple[bool, bool]:
        touched = {name.rpartition("/")[2] for name in change.touches}
        return touched.isdisjoint(own), touched.isdisjoint(inside)

    return sorted(planned.plan.changes, key=rank)


async def passed_on(tx: Transaction, former: Person, moves: Sequence[tuple[str, str, str]], why: str) -> None:
    """Tells each receiver what is theirs now; `moves`: suggestion's id, its summary, the receiver."""
    by_receiver: dict[str, list[str]] = {}
    for suggestion, summary, receiver in moves:
        link = f"{tx.post.public_url}/review/{suggestion}"
        by_receiver.setdefault(receiver, []).append(letters.line(summary, link))
    name = former.display_name or former.email
    for receiver, events in sorted(by_receiver.items()):
        count = f"{len(events)} suggestion{'s' if len(events) > 1 else ''}"
        head = f"{name} {why}, {day(tx.now.date())}: {count} of theirs {'are' if len(events) > 1 else 'is'} yours now."
        await letters.send(
            tx,
            {receiver} - {""},
            kind=Kind.URGENT,
            key=f"passed on {former.id} {tx.now.isoformat()}",
            subject=f"Winnow: {count} of {name} for you",
            content=letters.written([head, *events], tx.post, more=f"{tx.post.public_url}/review?whose=you"),
        )


def _link(tx: Transaction, suggestion: Suggestion) -> str:
    return f"{tx.post.public_url}/review/{suggestion.id}"


def _moment(value: datetime) -> str:
    return f"{day(value.date())}, {value:%H:%M} UTC"
