"""Every SQL statement of review: rows in, domain values out; functions over the catalog's own transaction."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any

from psycopg.types.json import Jsonb
from pydantic import TypeAdapter

from services.catalog.postgres.session import Row, Session, columns
from services.catalog.review.domain import (
    LIVE,
    Approval,
    Assignee,
    Decision,
    Edits,
    Impact,
    PartVerdict,
    Plan,
    Receipt,
    Snooze,
    State,
    Subject,
    Suggestion,
    Tally,
    Wanted,
)
from services.catalog.review.effects import effects
from services.catalog.review.findings import Kind, Proposal
from services.catalog.review.pacing import Waiting
from services.kit.errors import Aborted, NotFound

_LIVE = sorted(LIVE)

Place = tuple[float | None, str]
"""Where a suggestion stands in an order, as it may be told (of a blind one it may not, by priority), and its id."""

_LOCK = "SELECT pg_advisory_xact_lock(hashtextextended('review', 0))"
_PATIENCE = "SET LOCAL lock_timeout = '10s'"
_GET = """
    SELECT id, version, state, revision, confidence, priority, assignee, held_reason, note, touched, due_time,
        quiet_until, blind, create_time, update_time, proposal, plan, rest
    FROM suggestions WHERE id = ANY(%s) ORDER BY id
"""
_BY_KEY = """
    SELECT id FROM suggestions WHERE md5(key) = md5(%(key)s) AND key = %(key)s
    ORDER BY state = ANY(%(live)s) DESC, state <> 'APPLIED' DESC, id DESC
"""
_LIVE_KEYS = "SELECT id FROM suggestions WHERE key = ANY(%s) AND state = ANY(%s) ORDER BY id"
# Each order has an index, by which a page is found without reading every suggestion.
_ASKED = """
    (%(states)s::text[] IS NULL OR state = ANY(%(states)s))
        AND (%(kind)s = '' OR kind = %(kind)s)
        AND (%(ids)s::text[] IS NULL OR id = ANY(%(ids)s))
        AND (%(assignee)s::text IS NULL OR assignee = %(assignee)s)
        AND (%(resource)s::text[] IS NULL OR members && %(resource)s)
        AND (%(resources)s::text[] IS NULL OR members && %(resources)s)
        AND (%(objects)s::text[] IS NULL OR objects && %(objects)s)
        AND (%(but)s = '' OR assignee <> %(but)s)
        AND (%(query)s = '' OR summary ILIKE %(query)s)
"""
# A page token names the last row's place, which whoever has it can read: of a blind one it is asked anew.
_PLACE_OF = "coalesce(%(place)s::float8, (SELECT priority FROM suggestions WHERE id = %(id)s))"
_BY_PRIORITY = f"""
    SELECT id, CASE WHEN NOT blind THEN priority END AS place FROM suggestions
    WHERE {_ASKED} AND (%(id)s = '' OR (priority, id) < ({_PLACE_OF}, %(id)s))
    ORDER BY priority DESC, id DESC LIMIT %(limit)s
"""
_BY_LEARNERS = f"""
    SELECT id, learners AS place FROM suggestions
    WHERE {_ASKED} AND (%(place)s::float8 IS NULL OR (learners, id) < (%(place)s, %(id)s))
    ORDER BY learners DESC, id DESC LIMIT %(limit)s
"""
_TOLD = "(CASE WHEN blind THEN 0 ELSE confidence END)"
_BY_CONFIDENCE = f"""
    SELECT id, {_TOLD} AS place FROM suggestions
    WHERE {_ASKED} AND (%(place)s::float8 IS NULL OR ({_TOLD}, id) < (%(place)s, %(id)s))
    ORDER BY {_TOLD} DESC, id DESC LIMIT %(limit)s
"""
# A place is the moment in seconds, which as a double still tells microseconds.
_NEWEST_FIRST = f"""
    SELECT id, extract(epoch FROM create_time)::float8 AS place FROM suggestions
    WHERE {_ASKED} AND (%(place)s::float8 IS NULL OR (create_time, id) < (to_timestamp(%(place)s), %(id)s))
    ORDER BY create_time DESC, id DESC LIMIT %(limit)s
"""
_OLDEST_FIRST = f"""
    SELECT id, -extract(epoch FROM create_time)::float8 AS place FROM suggestions
    WHERE {_ASKED} AND (%(place)s::float8 IS NULL OR (create_time >= to_timestamp(-%(place)s)
        AND (create_time > to_timestamp(-%(place)s) OR id < %(id)s)))
    ORDER BY create_time, id DESC LIMIT %(limit)s
"""
_ORDERS = {
    "": _BY_PRIORITY,
    "LEARNERS": _BY_LEARNERS,
    "CONFIDENCE": _BY_CONFIDENCE,
    "NEWEST": _NEWEST_FIRST,
    "OLDEST": _OLDEST_FIRST,
}
_COUNTS = """
    SELECT state, kind, count(*) AS count, count(*) FILTER (WHERE assignee = %(person)s) AS mine
    FROM suggestions WHERE %(query)s = '' OR summary ILIKE %(query)s
    GROUP BY state, kind
"""
_COUNTS_ABOUT = """
    SELECT subject, state, kind, count(*) AS count, count(*) FILTER (WHERE assignee = %(person)s) AS mine
    FROM (
        SELECT DISTINCT asked.subject, s.id, s.state, s.kind, s.assignee
        FROM unnest(%(subjects)s::text[], %(ids)s::text[]) AS asked (subject, id)
        JOIN (
            SELECT id, state, kind, assignee, unnest(objects) AS object FROM suggestions
            WHERE state IN ('HELD', 'OPEN', 'SNOOZED', 'SCHEDULED') AND objects && %(ids)s::text[]
                AND (%(query)s = '' OR summary ILIKE %(query)s)
        ) AS s ON s.object = asked.id
    ) AS each
    GROUP BY subject, state, kind
"""
_INSERT = """
    INSERT INTO suggestions (id, version, key, kind, state, revision, confidence, priority, assignee, held_reason,
        note, touched, due_time, quiet_until, create_time, update_time, proposal, plan, rest, members, objects,
        targets, leads_to, approved, order_key, snooze_until)
    VALUES (%(id)s, 1, %(key)s, %(kind)s, %(state)s, %(revision)s, %(confidence)s, %(priority)s, %(assignee)s,
        %(held_reason)s, %(note)s, %(touched)s, %(due_time)s, %(quiet_until)s, %(create_time)s, %(update_time)s,
        %(proposal)s, %(plan)s, %(rest)s, %(members)s, %(objects)s, %(targets)s, %(leads_to)s, %(approved)s,
        %(order_key)s, %(snooze_until)s)
"""
_UPDATE = """
    UPDATE suggestions SET version = version + 1, key = %(key)s, kind = %(kind)s, state = %(state)s,
        revision = %(revision)s, confidence = %(confidence)s, priority = %(priority)s, assignee = %(assignee)s,
        held_reason = %(held_reason)s, note = %(note)s, touched = %(touched)s, due_time = %(due_time)s,
        quiet_until = %(quiet_until)s, blind = %(blind)s, update_time = %(update_time)s, proposal = %(proposal)s,
        plan = %(plan)s, rest = %(rest)s, members = %(members)s, objects = %(objects)s, targets = %(targets)s,
        leads_to = %(leads_to)s, approved = %(approved)s, order_key = %(order_key)s,
        snooze_until = %(snooze_until)s
    WHERE id = %(id)s AND version = %(version)s
"""
# Thousands of rows at each decision: sorted by whoever asks, for PostgreSQL would do it on disk; `whose` says a few
# things over and over but for its owners, so that it is read as text without them and understood once each.
_WAITING = """
    SELECT id, order_key, state, confidence, priority, (whose - 'owners')::text AS whose, assignee, kind, score,
        touched, touched OR create_time < %s AS settled, held_reason
    FROM suggestions WHERE state IN ('HELD', 'OPEN')
"""
_PLACE = """
    UPDATE suggestions SET state = %s, assignee = %s, held_reason = %s, blind = blind OR %s, version = version + 1
    WHERE id = %s
"""
_DECIDED = """
    SELECT actor, count(DISTINCT suggestion) AS decided FROM decisions
    WHERE verb IN ('accept', 'reject') GROUP BY actor
"""
_COMMITTED = """
    SELECT id, leads_to FROM suggestions
    WHERE leads_to && %s AND (state = 'SCHEDULED' OR (state = 'OPEN' AND approved))
"""
_OVERLAPPING = """
    SELECT id FROM suggestions WHERE state = 'SCHEDULED' AND targets && %s AND id <> %s ORDER BY id LIMIT 1
"""
_LISTED = """
    SELECT source, count(DISTINCT resource) AS listed FROM listings WHERE source = ANY(%s) AND NOT gone GROUP BY source
"""
_TRANSLATIONS = """
    SELECT ARRAY[a, b] AS members FROM verdicts
    WHERE verdict = 'translation' AND (a = ANY(%(ids)s) OR b = ANY(%(ids)s))
    UNION
    SELECT members FROM suggestions
    WHERE members && %(ids)s AND kind = 'DUPLICATE' AND proposal ->> 'relation' = 'TRANSLATED'
        AND state = ANY(%(states)s)
"""
_ADD_DECISION = """
    INSERT INTO decisions (id, suggestion, verb, actor, state, reason, comment, time, revision, batch)
    VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
"""
# A decision `d` on the suggestion `s` that stands: nobody has followed it, but for words and for what was due by it.
# One that has left the suggestion open waits for others: a yes while it is kept, a no while something is out.
_UNDOABLE = """
    d.verb IN ('accept', 'reject', 'snooze') AND NOT EXISTS (
        SELECT FROM decisions l WHERE l.suggestion = d.suggestion AND l.id > d.id
            AND NOT (l.verb IN ('assign', 'ask') OR (l.verb = 'apply' AND l.state = 'APPLIED')))
    AND (s.state IN ('SCHEDULED', 'APPLIED', 'REJECTED', 'SNOOZED') OR (s.state = 'OPEN' AND d.state = 'OPEN' AND CASE
        WHEN d.verb = 'accept'
        THEN s.rest @> jsonb_build_object('approvals', jsonb_build_array(jsonb_build_object('person', d.actor)))
        ELSE s.rest @? '$.repaired[0]' OR s.rest @? '$.edits.drop_parts[0]' END))
"""
# The last that was applied or taken back of its suggestion, where the sources have done all that they were asked.
_WRITTEN = """
    (d.verb, d.state) IN (('apply', 'APPLIED'), ('undo', 'UNDONE')) AND NOT EXISTS (
        SELECT FROM decisions l WHERE l.suggestion = d.suggestion AND l.id > d.id
            AND (l.verb = 'undo' OR (l.verb = 'apply' AND l.state = 'APPLIED')))
    AND EXISTS (SELECT FROM changes c WHERE c.suggestion = d.suggestion AND c.state = 'DONE')
    AND NOT EXISTS (SELECT FROM changes c WHERE c.suggestion = d.suggestion AND c.state = 'PENDING')
"""
_DECISIONS = f"""
    SELECT id, suggestion, verb, actor, state, reason, comment, time, revision, batch FROM decisions d
    WHERE (%(before)s = '' OR id < %(before)s) AND (%(suggestion)s = '' OR suggestion = %(suggestion)s)
        AND (%(actor)s = '' OR actor = %(actor)s) AND (%(verbs)s::text[] = '{{}}' OR verb = ANY(%(verbs)s))
        AND (%(kind)s = '' OR suggestion IN (SELECT s.id FROM suggestions s WHERE s.kind = %(kind)s))
        AND (%(begin)s::timestamptz IS NULL OR time >= %(begin)s) AND (%(end)s::timestamptz IS NULL OR time < %(end)s)
        AND (%(states)s::text[] = '{{}}' OR state = ANY(%(states)s))
        AND (%(standing)s = '' OR (%(standing)s = 'WRITTEN' AND {_WRITTEN}) OR (%(standing)s = 'UNDOABLE'
            AND EXISTS (SELECT FROM suggestions s WHERE s.id = d.suggestion AND {_UNDOABLE})))
    ORDER BY id DESC LIMIT %(limit)s
"""
_DECIDED_BEFORE = """
    SELECT id, suggestion, verb, actor, state, reason, comment, time, revision, batch FROM decisions
    WHERE suggestion = ANY(%s) AND actor <> ALL(%s) ORDER BY id
"""
_MIRRORS = """
    SELECT id FROM suggestions
    WHERE state = 'REJECTED' AND rest -> 'decision' ->> 'reason' = %(reason)s
        AND members && (SELECT coalesce(array_agg(id), '{}') FROM resources WHERE revision > %(after)s)
    ORDER BY id
"""
_ABOUT_ALL = """
    SELECT id FROM suggestions WHERE members && %(first)s AND members && %(last)s
    ORDER BY state = ANY(%(live)s) DESC, id DESC LIMIT %(limit)s
"""
_ADD_PASS_KEYS = "INSERT INTO pass_keys (pass_id, key, time) SELECT %s, unnest(%s::text[]), %s"
_PASS_KEYS = "DELETE FROM pass_keys WHERE pass_id = %s RETURNING key"
_FORGET_PASSES = "DELETE FROM pass_keys WHERE time < %s"
_LIVE_OF_KIND = "SELECT id FROM suggestions WHERE kind = %s AND state = ANY(%s) ORDER BY id"
_ALL_LIVE = "SELECT id FROM suggestions WHERE state = ANY(%s) ORDER BY id"
_PROGRESS = "SELECT assessed_revision, day FROM review_progress"
_SET_ASSESSED = "UPDATE review_progress SET assessed_revision = %s"
_SET_DAY = "UPDATE review_progress SET day = %s WHERE day IS DISTINCT FROM %s"
_MOVED = """
    WITH moved AS (
        SELECT id FROM resources WHERE revision > %(after)s
        UNION SELECT resource FROM engagement_states WHERE revision > %(after)s
        UNION SELECT id FROM programs WHERE revision > %(after)s
        UNION SELECT unnest(members) FROM programs WHERE revision > %(after)s
    )
    SELECT id FROM suggestions
    WHERE state = ANY(%(live)s) AND objects && (SELECT coalesce(array_agg(id), '{}') FROM moved) ORDER BY id
"""
_NEWEST = """
    SELECT greatest(
        (SELECT max(revision) FROM resources), (SELECT max(revision) FROM programs),
        (SELECT max(revision) FROM engagement_states), 0
    ) AS newest
"""
_DUE = "SELECT id FROM suggestions WHERE state = 'SCHEDULED' AND due_time <= %s ORDER BY due_time, id"
_SNOOZED = "SELECT id FROM suggestions WHERE state = 'SNOOZED' ORDER BY id"
_STATES = "SELECT id, state FROM suggestions WHERE id = ANY(%s)"
_SUBJECTS = f"""
    SELECT s.id, s.summary, s.state, coalesce(
        (SELECT max(d.id) FROM decisions d WHERE d.suggestion = s.id AND {_UNDOABLE}), '') AS undoable
    FROM suggestions s WHERE s.id = ANY(%s) ORDER BY s.id
"""
# What is HELD without a reason has just come in, and gets its place with the last of those it came with.
_ORPHANED = """
    SELECT s.id FROM suggestions s LEFT JOIN persons p ON p.id = s.assignee
    WHERE s.state = ANY(%s) AND (p.id IS NULL OR p.deactivate_time IS NOT NULL)
        AND NOT (s.state = 'HELD' AND s.held_reason = '')
    ORDER BY s.id
"""
_OF_PERSON = """
    SELECT id FROM suggestions
    WHERE state = ANY(%(live)s) AND (assignee = %(person)s OR rest #>> '{whose,person}' = %(person)s
        OR rest #> '{whose,holders}' = jsonb_build_array(%(person)s::text))
    ORDER BY id
"""
_PASS_BY = """
    UPDATE suggestions SET rest = jsonb_set(rest, '{whose,holders}', (rest #> '{whose,holders}') - %(person)s::text)
    WHERE state = ANY(%(live)s) AND assignee <> %(person)s AND jsonb_exists(rest #> '{whose,holders}', %(person)s)
        AND jsonb_array_length(rest #> '{whose,holders}') > 1
"""
_ABOUT = "SELECT id FROM suggestions WHERE state = ANY(%s) AND objects && %s::text[] ORDER BY id"
_LOAD = "SELECT assignee, count(*) AS open FROM suggestions WHERE state = 'OPEN' GROUP BY assignee"
_OPEN_OF = "SELECT count(*) AS open FROM suggestions WHERE state = 'OPEN' AND assignee = %s"
_UNASSIGNED = "SELECT count(*) AS live FROM suggestions WHERE state = ANY(%s) AND assignee = ''"
# A change and its entry bear one moment, whether the entry is about the program itself, about the suggestion whose plan
# changed it, or about a resource that was published into it. What an import writes has no entry of its own: there it
# is whoever sent the files, or gave the answer with which they were read on. Notes and the like change nothing.
_LAST_CHANGED_BY = """
    WITH changed AS (
        SELECT id, source, members, update_time AS time FROM programs WHERE id = %(id)s
    ), said AS (
        SELECT a.id, a.person, a.detail, true AS exact FROM changed CROSS JOIN LATERAL (
            SELECT 'programs/' || changed.id AS target
            UNION SELECT 'suggestions/' || s.id FROM suggestions s WHERE s.objects @> ARRAY[changed.id]
            UNION SELECT 'resources/' || member FROM unnest(changed.members) AS member
        ) AS about JOIN audit a ON a.target = about.target AND a.time = changed.time AND a.outcome = 'OK'
        UNION ALL
        SELECT a.id, a.person, a.detail, false FROM changed
        JOIN imports i ON i.source = changed.source AND NOT i.validate_only AND i.create_time <= changed.time
            AND (i.end_time IS NULL OR i.end_time >= changed.time)
        JOIN audit a ON a.target = 'imports/' || i.id AND a.time <= changed.time AND a.outcome = 'OK'
    ), last AS (
        SELECT person, detail FROM said ORDER BY exact DESC, id DESC LIMIT 1
    )
    SELECT p.display_name, p.email FROM last JOIN persons p ON p.id = last.person OR (
        last.person = 'scheduler' AND p.id = ANY(string_to_array(last.detail ->> 'approved_by', ',')))
    ORDER BY p.id
"""

_PROPOSAL = TypeAdapter(Proposal)
_PLAN = TypeAdapter(Plan)
_ASSIGNEE = TypeAdapter(Assignee)


@dataclass(frozen=True, slots=True)
class _Rest:
    """What of a suggestion no statement looks into."""

    impact: Impact
    edits: Edits
    approvals: tuple[Approval, ...]
    decision: Decision | None
    snooze: Snooze | None
    receipts: tuple[Receipt, ...]
    baseline: Mapping[str, str]
    facts_changed: tuple[str, ...]
    whose: Assignee
    part_verdicts: tuple[PartVerdict, ...]
    filed_by: str = ""  # rows of earlier releases have none
    returned: bool = False
    kept: tuple[str, ...] = ()
    repaired: tuple[Receipt, ...] = ()


_REST = TypeAdapter(_Rest)
_REST_FIELDS = tuple(_Rest.__slots__)


async def lock(tx: Session) -> None:
    """Holds every other writer of suggestions until commit: slots and overlaps are rules over all of them."""
    await tx.run(_PATIENCE)
    await tx.row(_LOCK)


async def suggestions(tx: Session, ids: Iterable[str]) -> list[Suggestion]:
    """The suggestions that exist, in id order."""
    return [_suggestion(row) for row in await tx.rows(_GET, (list(ids),))]


async def suggestion(tx: Session, id_: str) -> Suggestion:
    """The suggestion; NotFound when there is none."""
    found = await suggestions(tx, [id_])
    if not found:
        raise NotFound(
            "SUGGESTION_NOT_FOUND", f"There is no suggestion {id_}.", {"suggestion": f"suggestions/{id_}"}
        )
    return found[0]


async def by_key(tx: Session, key: str) -> Suggestion | None:
    """The live suggestion of that key, else the newest that is not applied, else the newest."""
    row = await tx.row(_BY_KEY, {"key": key, "live": _LIVE})
    return await suggestion(tx, row["id"]) if row else None


async def live_with_keys(tx: Session, keys: Sequence[str]) -> list[Suggestion]:
    """Live suggestions of these keys, the oldest first."""
    rows = await tx.rows(_LIVE_KEYS, (list(keys), _LIVE))
    return await suggestions(tx, [row["id"] for row in rows])


async def places(
    tx: Session,
    *,
    after: Place | None,
    limit: int,
    states: Sequence[State],
    kind: Kind | None,
    assignee: str | None,
    resource: Sequence[str] | None,
    resources: Sequence[str] | None = None,
    objects: Collection[str] | None = None,
    but: str = "",
    query: str = "",
    order: str = "",
    ids: Sequence[str] = (),
) -> list[Place]:
    """Ids of suggestions with their place in the order, after that (place, id); by priority without an order.

    `assignee` has them, `but` does not; `resource` and `resources` are names of members, of each one is among theirs;
    `objects` are ids of resources and programs, one of which they concern; with
    `ids` only these.
    """
    values = {
        "place": after[0] if after else None,
        "id": after[1] if after else "",
        "limit": limit,
        "states": [str(state) for state in states] or None,
        "kind": str(kind or ""),
        "ids": list(ids) or None,
        "assignee": assignee,
        "resource": list(resource) if resource is not None else None,
        "resources": list(resources) if resources is not None else None,
        "objects": sorted(objects) if objects is not None else None,
        "but": but,
        "query": _pattern(query),
    }
    return [(row["place"], row["id"]) for row in await tx.rows(_ORDERS[order], values)]


async def counts(tx: Session, *, query: str, person: str) -> list[Tally]:
    """Of all that occur, in the order of states and kinds."""
    rows = await tx.rows(_COUNTS, {"query": _pattern(query), "person": person})
    return _tallied(rows)


async def counts_about(
    tx: Session, objects: Mapping[str, Collection[str]], *, query: str, person: str
) -> list[Tally]:
    """By program, of the live ones that concern one of its objects (ids of resources and programs), in their order."""
    asked = [(subject, id_) for subject, ids in objects.items() for id_ in ids]
    values = {
        "subjects": [subject for subject, _ in asked],
        "ids": [id_ for _, id_ in asked],
        "query": _pattern(query),
        "person": person,
    }
    found = _tallied(await tx.rows(_COUNTS_ABOUT, values))
    place = {subject: at for at, subject in enumerate(objects)}
    return sorted(found, key=lambda each: place[each.program])


def _tallied(rows: Sequence[Row]) -> list[Tally]:
    found = [
        Tally(State(row["state"]), Kind(row["kind"]), row["count"], row["mine"], row.get("subject", ""))
        for row in rows
    ]
    return sorted(found, key=lambda each: (list(State).index(each.state), list(Kind).index(each.kind)))


def _pattern(query: str) -> str:
    """Words to be found anywhere, as ILIKE takes them; empty for no words."""
    words = query.strip()
    for sign in ("\\", "%", "_"):
        words = words.replace(sign, f"\\{sign}")
    return f"%{words}%" if words else ""


async def add(tx: Session, value: Suggestion, order_key: str) -> Suggestion:
    """Stores a new suggestion."""
    await tx.run(_INSERT, _columns(value, order_key))
    return value


async def save(tx: Session, value: Suggestion, order_key: str) -> Suggestion:
    """The suggestion as stored, a version higher; Aborted if somebody changed it since it was read."""
    if not await tx.run(_UPDATE, _columns(value, order_key)):
        raise Aborted("CONCURRENT_CHANGE", "Somebody else changed the same; try again.")
    return (await suggestions(tx, [value.id]))[0]


async def waiting(tx: Session, settled_before: datetime) -> list[tuple[Waiting, str]]:
    """Everything HELD or OPEN with its present reason, by id; settled when touched or created before that moment."""
    rows = await tx.rows(_WAITING, (settled_before,))
    whose = {text: _ASSIGNEE.validate_json(text) for text in {str(row["whose"]) for row in rows}}
    found = [
        (
            Waiting(
                id=row["id"],
                order=row["order_key"],
                state=State(row["state"]),
                confidence=row["confidence"],
                priority=row["priority"],
                whose=whose[row["whose"]],
                assignee=row["assignee"],
                settled=row["settled"],
                kind=Kind(row["kind"]),
                score=row["score"],
                touched=row["touched"],
            ),
            row["held_reason"],
        )
        for row in rows
    ]
    return sorted(found, key=lambda each: each[0].id)


async def place(tx: Session, places: Sequence[tuple[State, str, str, bool, str]]) -> None:
    """Moves suggestions: (state, assignee, held reason, whether it is blind from now on, id)."""
    await tx.run_many(_PLACE, places)


async def decided(tx: Session) -> dict[str, int]:
    """How many suggestions each person has accepted or rejected."""
    return {row["actor"]: row["decided"] for row in await tx.rows(_DECIDED)}


async def committed(tx: Session, ids: Sequence[str]) -> dict[str, list[str]]:
    """For each resource the suggestions whose approved plan leads learners to it."""
    found: dict[str, list[str]] = {}
    for row in await tx.rows(_COMMITTED, (list(ids),)):
        for id_ in row["leads_to"]:
            found.setdefault(id_, []).append(row["id"])
    return found


async def overlapping(tx: Session, targets: Iterable[str], but: str) -> str:
    """The id of another scheduled suggestion that changes one of these; empty when none does."""
    row = await tx.row(_OVERLAPPING, (sorted(targets), but))
    return str(row["id"]) if row else ""


async def listed(tx: Session, sources: Iterable[str]) -> dict[str, int]:
    """How many resources each source lists."""
    return {row["source"]: row["listed"] for row in await tx.rows(_LISTED, (sorted(set(sources)),))}


async def translations(tx: Session, present: Mapping[str, str]) -> dict[str, list[str]]:
    """For each of these resources those that say the same in another language, as people decided or a finding says
    that nobody has refused. `present` has the id of each by all of its names: decisions keep those they were made
    under."""
    found: dict[str, set[str]] = {}
    values = {"ids": sorted(present), "states": [*_LIVE, State.APPLIED]}
    for row in await tx.rows(_TRANSLATIONS, values) if present else ():
        members = {present.get(name, name) for name in row["members"]}
        for id_ in members.intersection(present.values()):
            found.setdefault(id_, set()).update(members - {id_})
    return {id_: sorted(others) for id_, others in found.items()}


async def add_decision(tx: Session, value: Decision) -> None:
    """Adds to the log."""
    head = (value.id, value.suggestion, value.verb, value.actor, str(value.state))
    tail = (value.reason, value.comment, value.time, value.revision, value.batch)
    await tx.run(_ADD_DECISION, (*head, *tail))


async def decisions(tx: Session, wanted: Wanted, *, before: str, limit: int) -> list[Decision]:
    """What is wanted of the log, newest first."""
    values = {
        **asdict(wanted),
        "before": before,
        "limit": limit,
        "verbs": list(wanted.verbs),
        "states": list(wanted.states),
        "standing": wanted.standing or "",
    }
    return [Decision(**columns(row, state=State(row["state"]))) for row in await tx.rows(_DECISIONS, values)]


async def add_pass_keys(tx: Session, pass_id: str, keys: Sequence[str]) -> None:
    """Keeps the keys of a page until the pass has ended."""
    await tx.run(_ADD_PASS_KEYS, (pass_id, list(keys), tx.now))


async def take_pass_keys(tx: Session, pass_id: str) -> set[str]:
    """The keys of a pass, forgotten from now on."""
    return {row["key"] for row in await tx.rows(_PASS_KEYS, (pass_id,))}


async def forget_passes(tx: Session, before: datetime) -> None:
    """Forgets passes that never ended."""
    await tx.run(_FORGET_PASSES, (before,))


async def live_of(tx: Session, kind: Kind | None = None) -> list[str]:
    """Ids of live suggestions of a kind, or of all."""
    rows = (
        await tx.rows(_ALL_LIVE, (_LIVE,))
        if kind is None
        else await tx.rows(_LIVE_OF_KIND, (str(kind), _LIVE))
    )
    return [row["id"] for row in rows]


@dataclass(frozen=True, slots=True)
class Progress:
    """Up to which revision live suggestions have been looked at, the newest there is, and the last day that began."""

    assessed: int
    newest: int
    day: date | None


async def progress(tx: Session) -> Progress:
    """How far review is behind the catalog."""
    row, newest = await tx.row(_PROGRESS), await tx.row(_NEWEST)
    if row is None or newest is None:
        raise RuntimeError("review_progress has no row")
    return Progress(int(row["assessed_revision"]), int(newest["newest"]), row["day"])


async def set_assessed(tx: Session, revision: int) -> None:
    """Notes that live suggestions have been looked at up to a revision."""
    await tx.run(_SET_ASSESSED, (revision,))


async def set_day(tx: Session, day: date) -> bool:
    """Whether the day is another than the last that began; notes it."""
    return bool(await tx.run(_SET_DAY, (day, day)))


async def moved_since(tx: Session, revision: int) -> list[str]:
    """Live suggestions that concern what has changed after a revision."""
    return [row["id"] for row in await tx.rows(_MOVED, {"after": revision, "live": _LIVE})]


async def due(tx: Session) -> list[str]:
    """Scheduled suggestions whose time has come."""
    return [row["id"] for row in await tx.rows(_DUE, (tx.now,))]


async def snoozed(tx: Session) -> list[Suggestion]:
    """Every suggestion that is put off."""
    return await suggestions(tx, [row["id"] for row in await tx.rows(_SNOOZED)])


async def states(tx: Session, ids: Iterable[str]) -> dict[str, State]:
    """States by id."""
    return {row["id"]: State(row["state"]) for row in await tx.rows(_STATES, (list(ids),))}


async def subjects(tx: Session, ids: Iterable[str]) -> list[Subject]:
    """What these suggestions say, where they stand and what of them can be taken back, in id order."""
    rows = await tx.rows(_SUBJECTS, (list(ids),))
    return [Subject(row["id"], row["summary"], State(row["state"]), row["undoable"]) for row in rows]


async def orphaned(tx: Session) -> list[str]:
    """Live suggestions whose assignee is gone or nobody."""
    return [row["id"] for row in await tx.rows(_ORPHANED, (_LIVE,))]


async def of_person(tx: Session, person: str) -> list[str]:
    """Live suggestions that a person has, or alone would have by the rules as last asked."""
    return [row["id"] for row in await tx.rows(_OF_PERSON, {"live": _LIVE, "person": person})]


async def pass_by(tx: Session, person: str) -> None:
    """Takes a person out of those among whom others' live suggestions are shared, where somebody is left."""
    await tx.run(_PASS_BY, {"live": _LIVE, "person": person})


async def about(tx: Session, objects: Iterable[str]) -> list[str]:
    """Live suggestions that concern one of these resources or programs (ids)."""
    return [row["id"] for row in await tx.rows(_ABOUT, (_LIVE, sorted(objects)))]


async def open_by_assignee(tx: Session) -> dict[str, int]:
    """How many OPEN suggestions each person has."""
    return {row["assignee"]: row["open"] for row in await tx.rows(_LOAD)}


async def open_of(tx: Session, person: str) -> int:
    """How many OPEN suggestions a person has."""
    row = await tx.row(_OPEN_OF, (person,))
    return int(row["open"]) if row else 0


async def unassigned(tx: Session) -> int:
    """How many live suggestions nobody has."""
    row = await tx.row(_UNASSIGNED, (_LIVE,))
    return int(row["live"]) if row else 0


async def decided_before(tx: Session, ids: Iterable[str]) -> dict[str, list[Decision]]:
    """By suggestion, what people have decided about it, oldest first."""
    found: dict[str, list[Decision]] = {}
    for row in await tx.rows(_DECIDED_BEFORE, (list(ids), ["curator", "scheduler"])):
        found.setdefault(row["suggestion"], []).append(Decision(**columns(row, state=State(row["state"]))))
    return found


async def about_all(tx: Session, names: Sequence[Sequence[str]], limit: int) -> list[Suggestion]:
    """Suggestions about all of these resources, each given by its names: live ones first, then the newest."""
    rows = await tx.rows(
        _ABOUT_ALL, {"first": list(names[0]), "last": list(names[-1]), "live": _LIVE, "limit": limit}
    )
    return await suggestions(tx, [row["id"] for row in rows])


async def mirrors_moved(tx: Session, revision: int, reason: str) -> list[str]:
    """Suggestions refused with that reason, a member of which has changed after a revision."""
    values = {"after": revision, "reason": reason}
    return [row["id"] for row in await tx.rows(_MIRRORS, values)]


async def last_changed_by(tx: Session, program: str) -> str:
    """Who last changed the program of that id; empty when nobody is known.

    Of a plan that was due by itself, those who had approved it.
    """
    rows = await tx.rows(_LAST_CHANGED_BY, {"id": program})
    return ", ".join(str(row["display_name"] or row["email"]) for row in rows)


def _suggestion(row: Row) -> Suggestion:
    rest = _REST.validate_python(row["rest"])
    kept = {name: value for name, value in row.items() if name not in ("proposal", "plan", "rest", "state")}
    return Suggestion(
        **kept,  # pyright: ignore[reportArgumentType]
        state=State(row["state"]),
        proposal=_PROPOSAL.validate_python(row["proposal"]),
        plan=_PLAN.validate_python(row["plan"]),
        **{name: getattr(rest, name) for name in _REST_FIELDS},
    )


def _columns(value: Suggestion, order_key: str) -> dict[str, Any]:
    done = effects(value.plan.parts)
    resources = {*value.proposal.resources, *done.retired, *done.successors.values()}
    resources |= {name for _, old, new in done.items for name in (old, new) if name}
    resources |= {draft.other for draft in value.proposal.drafts if draft.other}
    resources |= {resource for _, resource in done.inserted}
    programs = {*value.proposal.programs, *done.programs}
    rest = _Rest(**{name: getattr(value, name) for name in _REST_FIELDS})
    return {
        "id": value.id,
        "version": value.version,
        "key": value.key,
        "kind": str(value.proposal.kind),
        "state": str(value.state),
        "revision": value.revision,
        "confidence": value.confidence,
        "priority": value.priority,
        "assignee": value.assignee,
        "held_reason": value.held_reason if value.state is State.HELD else "",
        "note": value.note,
        "touched": value.touched,
        "due_time": value.due_time if value.state is State.SCHEDULED else None,
        "quiet_until": value.quiet_until,
        "blind": value.blind,
        "create_time": value.create_time,
        "update_time": value.update_time,
        "proposal": Jsonb(_PROPOSAL.dump_python(value.proposal, mode="json")),
        "plan": Jsonb(_PLAN.dump_python(value.plan, mode="json")),
        "rest": Jsonb(_REST.dump_python(rest, mode="json")),
        "members": sorted(value.proposal.resources),
        "objects": sorted(resources | programs),
        "targets": sorted(value.plan.touches),
        "leads_to": sorted(set(done.successors.values())),
        "approved": bool(value.valid_approvals),
        "order_key": order_key,
        "snooze_until": value.snooze.until if value.snooze and value.state is State.SNOOZED else None,
    }
