"""What stands in a message: a line an event, ten lines at most, and where to change what one is told."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from services.catalog.domain.post import Post
from services.catalog.ids import new_id
from services.catalog.postgres.database import Transaction
from services.catalog.telling import postgres
from services.catalog.telling.domain import Choice, Delivery, Kind

LINES = 10
_LONGEST = 300  # characters of a line before its link
_WANTED = {
    Kind.DIGEST: {Choice.WEEKLY},
    Kind.URGENT: {Choice.WEEKLY, Choice.URGENT},
    Kind.REPORT: set(Choice),  # who asks for a report has said so
}


def line(text: str, link: str = "") -> str:
    """One line, whatever breaks the text had, with where it leads."""
    return f"{_short(text, _LONGEST)} {link}".strip()


def listing(head: str, parts: Sequence[str], link: str = "", *, noun: str) -> str:
    """One line of the head and as many whole parts as there is room for, with how many more there are.

    At least the first is there, cut where it does not fit, before which a long head is cut to half of the line.
    """
    for count in range(len(parts), 0, -1):
        left = len(parts) - count
        said = "; ".join(parts[:count])
        rest = f"; and {left} more {noun}{'s' if left > 1 else ''}" if left else ""
        whole = " ".join(f"{head} {said}{rest}".split())
        if len(whole) <= _LONGEST:
            return line(whole, link)
        if count == 1:
            start = _short(f"{_short(head, _LONGEST // 2)} {said}", _LONGEST - len(rest))
            return line(f"{start}{rest}", link)
    return line(head, link)


def _short(text: str, room: int) -> str:
    words = " ".join(text.split())
    return words if len(words) <= room else f"{words[: room - 1]}…"


def written(events: Sequence[str], post: Post, *, last: str = "", more: str = "") -> str:
    """The text of a message: events as far as they fit, `more` with how many do not, `last`, and the foot."""
    foot = f"What you are told, and how often: {post.public_url}/account"
    room = LINES - 1 - bool(last)
    shown = list(events) if len(events) <= room else list(events[: room - 1])
    if len(shown) < len(events):
        shown.append(f"… and {len(events) - len(shown)} more. {more}".strip())
    return "\n".join([*shown, *([last] if last else []), "", foot]) + "\n"


async def send(
    tx: Transaction,
    people: Collection[str],
    *,
    kind: Kind,
    key: str,
    subject: str,
    content: str,
    attachment: str = "",
    attachment_name: str = "",
) -> None:
    """Will be mailed to those of these people (ids) who are active and want this kind; each is told once by key."""
    if not tx.post.mail or not people:
        return
    choices = await postgres.choices(tx, people)
    for person in await tx.people(sorted(people)):
        if person.active and choices[person.id] in _WANTED[kind]:
            new = Delivery(
                id=new_id(),
                kind=kind,
                key=f"{key} {person.id}",
                person=person.id,
                address=person.email,
                subject=line(subject)[:150],
                content=content,
                create_time=tx.now,
                next_time=tx.now,
                attachment=attachment,
                attachment_name=attachment_name,
            )
            await postgres.add(tx, new)
