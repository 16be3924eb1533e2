"""Choices, deliveries and what a digest tells of, as rows; functions over the catalog's own transaction."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from services.catalog.postgres.session import Row, Session, columns
from services.catalog.review.domain import SCHEDULER
from services.catalog.telling.domain import Choice, Delivery, Kind, Outcome, State, next_try

_CHOICES = "SELECT person, notices FROM notice_choices WHERE person = ANY(%s)"
_CHOOSE = """
    INSERT INTO notice_choices (person, notices, update_time) VALUES (%s, %s, %s)
    ON CONFLICT (person) DO UPDATE SET notices = excluded.notices, update_time = excluded.update_time
"""
_ADD = """
    WITH added AS (
        INSERT INTO deliveries (id, kind, key, person, address, subject, content, attachment, attachment_name,
            state, create_time, next_time)
        VALUES (%(id)s, %(kind)s, %(key)s, %(person)s, %(address)s, %(subject)s, %(content)s, %(attachment)s,
            %(attachment_name)s, 'WAITING', %(create_time)s, %(next_time)s)
        ON CONFLICT (key) DO NOTHING RETURNING id
    )
    SELECT pg_notify('deliveries', '') FROM added
"""
_DUE = """
    SELECT id, kind, key, person, address, subject, content, state, attempts, answer, create_time, next_time, end_time,
        webhook, attachment, attachment_name
    FROM deliveries WHERE state = 'WAITING' AND next_time <= %s ORDER BY next_time, id LIMIT %s
"""
_TRIED = """
    UPDATE deliveries SET state = %(state)s, attempts = %(attempts)s, answer = %(answer)s, next_time = %(next_time)s,
        end_time = %(end_time)s
    WHERE id = %(id)s AND state = 'WAITING'
"""
_PAGE = """
    SELECT id, kind, key, person, address, subject, content, state, attempts, answer, create_time, next_time, end_time,
        webhook, attachment, attachment_name
    FROM deliveries
    WHERE (%(person)s::text IS NULL OR person = %(person)s) AND (%(before)s = '' OR id < %(before)s)
        AND (%(states)s::text[] IS NULL OR state = ANY(%(states)s))
    ORDER BY id DESC LIMIT %(limit)s
"""
_WEEK = "INSERT INTO digest_weeks (monday, write_time) VALUES (%s, %s) ON CONFLICT DO NOTHING"
_EARLIER_WEEK = "SELECT 1 FROM digest_weeks WHERE monday < %s LIMIT 1"
_BEGUN = "SELECT 1 FROM decisions WHERE verb IN ('accept', 'reject') LIMIT 1"
_READERS = """
    SELECT p.id FROM persons p LEFT JOIN notice_choices c ON c.person = p.id
    WHERE p.deactivate_time IS NULL AND (p.away_until IS NULL OR p.away_until < %s)
        AND coalesce(c.notices, 'WEEKLY') = 'WEEKLY'
    ORDER BY p.id
"""
_APPROVERS = "SELECT DISTINCT actor FROM decisions WHERE suggestion = %s AND verb = 'accept'"
_ENDING = """
    SELECT s.id FROM suggestions s
    WHERE s.state = 'SCHEDULED' AND s.due_time > %(now)s AND s.due_time <= %(now)s + %(within)s
        AND s.due_time - (s.rest #>> '{decision,time}')::timestamptz > %(longer)s
        AND NOT EXISTS (
            SELECT FROM deliveries WHERE starts_with(key, concat_ws(' ', 'notice ends', s.id, s.revision, '')))
    ORDER BY s.id
"""
# Concerned is whoever has it, approved it, or owns something that it is about.
_SCHEDULED = """
    SELECT s.id, s.summary, s.due_time AS time, s.plan #>> '{parts,0,changes,0,text}' AS text FROM suggestions s
    WHERE s.state = 'SCHEDULED' AND (s.assignee = %(person)s OR s.objects && %(owned)s OR EXISTS (
        SELECT FROM decisions d WHERE d.suggestion = s.id AND d.verb = 'accept' AND d.actor = %(person)s))
    ORDER BY s.due_time, s.id
"""
_DONE = """
    SELECT s.id, s.summary, d.time, d.verb, d.reason AS text, d.batch,
        ARRAY(
            SELECT coalesce(nullif(p.display_name, ''), p.email) FROM persons p
            WHERE CASE WHEN d.actor <> %(scheduler)s THEN p.id = d.actor ELSE p.id IN (
                SELECT a.actor FROM decisions a
                WHERE a.suggestion = d.suggestion AND a.verb = 'accept' AND a.id < d.id AND NOT EXISTS (
                    SELECT FROM decisions b WHERE b.suggestion = d.suggestion AND b.id > a.id AND b.id < d.id
                        AND (b.verb IN ('apply', 'undo') OR (b.verb = 'revoke' AND b.actor = a.actor))))
            END ORDER BY 1
        ) AS who
    FROM decisions d JOIN suggestions s ON s.id = d.suggestion
    WHERE d.time >= %(since)s AND d.actor <> %(person)s
        AND (d.verb = 'undo' OR (d.verb = 'apply' AND d.state = 'APPLIED'))
        AND (s.assignee = %(person)s OR s.objects && %(owned)s OR EXISTS (
            SELECT FROM decisions a WHERE a.suggestion = s.id AND a.verb = 'accept' AND a.actor = %(person)s))
    ORDER BY d.id
"""
_OPEN = """
    SELECT id, summary, CASE WHEN came_back THEN update_time ELSE create_time END AS time,
        CASE WHEN came_back THEN note ELSE '' END AS text
    FROM (
        SELECT *, revision > 1 AND note <> '' AND update_time >= %(since)s AS came_back FROM suggestions
        WHERE state = 'OPEN' AND assignee = %(person)s
    ) AS theirs
    ORDER BY came_back DESC, create_time >= %(since)s DESC, priority DESC, id
"""
_TASKS = """
    SELECT id, text AS summary, due FROM tasks WHERE state = 'OPEN' AND assignee = %s AND due <= %s ORDER BY due, id
"""
_HELD = """
    SELECT count(*) AS count, min(create_time) AS since,
        (array_agg(CASE WHEN blind THEN '' ELSE held_reason END ORDER BY create_time, id))[1] AS reason
    FROM suggestions
    WHERE state = 'HELD' AND (rest #>> '{whose,person}' = %(person)s
        OR jsonb_exists(rest #> '{whose,holders}', %(person)s))
"""
_NOTICED = "SELECT count(*) AS count FROM notices WHERE apply_time >= %s"


@dataclass(frozen=True, slots=True)
class Mention:
    """A suggestion to tell of: what it says, the moment that counts, and in words why, what or who.

    `batch` is the same for what was done together; empty for what was done alone.
    """

    id: str
    summary: str
    time: datetime
    text: str
    verb: str = ""
    who: tuple[str, ...] = ()
    batch: str = ""


@dataclass(frozen=True, slots=True)
class Held:
    """How many suggestions wait, since when the oldest does and why it does, in words; empty where that is not told.

    Of a blind one it is not: the reason could say how certain it is.
    """

    count: int
    since: datetime
    reason: str


async def choices(tx: Session, people: Iterable[str]) -> dict[str, Choice]:
    """What each of these people (ids) wants to be told."""
    ids = list(people)
    found = {row["person"]: Choice(row["notices"]) for row in await tx.rows(_CHOICES, (ids,))}
    return {id_: found.get(id_, Choice.WEEKLY) for id_ in ids}


async def choose(tx: Session, person: str, choice: Choice) -> None:
    """From now on that person is told so much."""
    await tx.run(_CHOOSE, (person, str(choice), tx.now))


async def add(tx: Session, value: Delivery) -> None:
    """Will be delivered once this transaction has committed; nothing where the same is told already."""
    values = {
        name: getattr(value, name)
        for name in (
            *("id", "key", "person", "address", "subject", "content", "create_time", "next_time"),
            *("attachment", "attachment_name"),
        )
    }
    await tx.run(_ADD, values | {"kind": str(value.kind)})


async def due(tx: Session, limit: int) -> list[Delivery]:
    """What is to be tried now, the longest due first."""
    return [_delivery(row) for row in await tx.rows(_DUE, (tx.now, limit))]


async def tried(tx: Session, value: Delivery, outcome: Outcome) -> State:
    """Stores what came of a try; the state after it."""
    attempts = value.attempts + 1
    again = next_try(attempts, tx.now) if outcome.state is State.WAITING else None
    state = State.GIVEN_UP if outcome.state is State.WAITING and again is None else outcome.state
    values = {
        "id": value.id,
        "state": str(state),
        "attempts": attempts,
        "answer": outcome.answer[:500],
        "next_time": again,
        "end_time": tx.now if again is None else None,
    }
    await tx.run(_TRIED, values)
    return state


async def page(
    tx: Session, *, person: str | None, before: str, limit: int, states: Collection[State] = ()
) -> list[Delivery]:
    """Deliveries before the one of that id, newest first; `person` None for everybody's."""
    values = {
        "person": person,
        "before": before,
        "limit": limit,
        "states": [str(each) for each in states] or None,
    }
    return [_delivery(row) for row in await tx.rows(_PAGE, values)]


async def begin_week(tx: Session, first_day: date) -> bool:
    """Whether the digests of that week are still to be written; not in the first week in which there is mail."""
    earlier = await tx.row(_EARLIER_WEEK, (first_day,)) is not None
    return bool(await tx.run(_WEEK, (first_day, tx.now))) and earlier


async def has_begun(tx: Session) -> bool:
    """Whether anybody has ever decided anything: until then an import is all there is, and it tells nobody."""
    return await tx.row(_BEGUN) is not None


async def readers(tx: Session, today: date) -> list[str]:
    """Ids of the people who are here and want the weekly digest."""
    return [row["id"] for row in await tx.rows(_READERS, (today,))]


async def approvers(tx: Session, suggestion: str) -> set[str]:
    """Ids of everybody who has ever said yes to it."""
    return {row["actor"] for row in await tx.rows(_APPROVERS, (suggestion,))}


async def ending(tx: Session, within: timedelta, longer: timedelta) -> list[str]:
    """Plans that apply within that time, had a notice `longer` than that, and of whose end nobody is told yet."""
    values = {"now": tx.now, "within": within, "longer": longer}
    return [row["id"] for row in await tx.rows(_ENDING, values)]


async def scheduled(tx: Session, person: str, owned: Collection[str]) -> list[Mention]:
    """Plans that will apply and concern that person, the next first; `text` is the first change."""
    rows = await tx.rows(_SCHEDULED, {"person": person, "owned": list(owned)})
    return [Mention(**row) for row in rows]


async def done(tx: Session, person: str, owned: Collection[str], since: datetime) -> list[Mention]:
    """What others have applied or taken back since then and concerns that person.

    `who` of what the scheduler applied for them are those who approved it.
    """
    values = {"person": person, "owned": list(owned), "since": since, "scheduler": SCHEDULER}
    return [Mention(**columns(row, who=tuple(row["who"]))) for row in await tx.rows(_DONE, values)]


async def waiting(tx: Session, person: str, since: datetime) -> list[Mention]:
    """What is that person's to decide: first what came back since then (`text` says why), then what is new."""
    rows = await tx.rows(_OPEN, {"person": person, "since": since})
    return [Mention(**row) for row in rows]


async def tasks_due(tx: Session, person: str, until: date) -> list[tuple[date, str]]:
    """What is asked of that person until then: the day it is due and what it is."""
    return [(row["due"], row["summary"]) for row in await tx.rows(_TASKS, (person, until))]


async def held(tx: Session, person: str) -> Held | None:
    """What is held back that would be that person's, None when nothing is."""
    row = await tx.row(_HELD, {"person": person})
    if not row or not row["count"]:
        return None
    word, _, said = row["reason"].partition(": ")
    return Held(row["count"], row["since"], said or word)


async def noticed(tx: Session, since: datetime) -> int:
    """How many plans were applied since then, and stand, that learners notice."""
    row = await tx.row(_NOTICED, (since,))
    return int(row["count"]) if row else 0


def _delivery(row: Row) -> Delivery:
    return Delivery(**columns(row, kind=Kind(row["kind"]), state=State(row["state"])))
