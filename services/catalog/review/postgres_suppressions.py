"""SQL of the suppression ledger and of the findings that it hides."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from psycopg.types.json import Jsonb
from pydantic import TypeAdapter

from services.catalog.postgres.session import Row, Session, columns
from services.catalog.review.findings import Kind, Proposal
from services.catalog.review.suppressions import Filter, Scope, Standing, Suppression
from services.kit.errors import NotFound

_ADD = """
    INSERT INTO suppressions (id, kind, members, suggestion, person, reason, time, scope, key, filter, fact, value,
        comment, proposed, expire_time)
    VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
"""
_LOAD = """
    SELECT id, kind, members, suggestion, person, reason, time, scope, key, filter, fact, value, comment, proposed,
        expire_time, lift_time, lifted_by, hidden
    FROM suppressions WHERE id = ANY(%s) ORDER BY id
"""
_APPLYING = """
    SELECT id FROM suppressions
    WHERE lift_time IS NULL AND NOT proposed AND kind IN ('', %(kind)s)
        AND (scope = 'FACT' OR suggestion IS DISTINCT FROM %(but)s)
        AND (scope = 'FILTER' OR (scope = 'EXACT_SET' AND members <@ %(names)s::text[])
            OR (scope IN ('RESOURCE', 'FACT') AND members && %(names)s::text[]))
"""
_OF_SUGGESTION = "SELECT id FROM suppressions WHERE suggestion = %s AND lift_time IS NULL"
_OF_PAIR = """
    SELECT id FROM suppressions WHERE suggestion = %s AND lift_time IS NULL AND members @> %s AND members <@ %s
"""
_PAGE = """
    SELECT id FROM suppressions
    WHERE (%(before)s = '' OR id < %(before)s)
        AND CASE WHEN lift_time IS NULL THEN CASE WHEN proposed THEN 'PROPOSED' ELSE 'ACTIVE' END
            WHEN lifted_by = '' THEN 'EXPIRED' ELSE 'RESTORED' END = ANY(%(states)s)
        AND (%(scope)s = '' OR scope = %(scope)s) AND (%(kind)s = '' OR kind = %(kind)s)
        AND (%(person)s = '' OR person = %(person)s) AND (%(reason)s = '' OR reason = %(reason)s)
        AND (%(suggestion)s = '' OR suggestion = %(suggestion)s)
        AND (%(names)s::text[] IS NULL OR members && %(names)s)
    ORDER BY id DESC LIMIT %(limit)s
"""
_LIFT = "UPDATE suppressions SET lift_time = %s, lifted_by = %s WHERE id = ANY(%s) AND lift_time IS NULL"
_APPROVE = "UPDATE suppressions SET proposed = false WHERE id = %s"
_EXPIRED = "SELECT id FROM suppressions WHERE lift_time IS NULL AND expire_time <= %s ORDER BY id"
_COUNT = "UPDATE suppressions SET hidden = hidden + 1 WHERE id = ANY(%s)"
_RULES_OF = "SELECT rules FROM hidden_findings WHERE md5(key) = md5(%s)"
_HIDE = """
    INSERT INTO hidden_findings (key, kind, members, rules, proposal, time) VALUES (%s, %s, %s, %s, %s, %s)
    ON CONFLICT (md5(key)) DO UPDATE SET kind = excluded.kind, members = excluded.members, rules = excluded.rules,
        proposal = excluded.proposal, time = excluded.time
"""
_FORGET = "DELETE FROM hidden_findings WHERE md5(key) = ANY(SELECT md5(unnest(%s::text[])))"
_FORGET_PASS = """
    DELETE FROM hidden_findings WHERE kind = %(kind)s AND key <> ALL(%(keys)s)
        AND (SELECT max((member ->> 'revision')::bigint) FROM jsonb_array_elements(proposal -> 'members') member)
            <= %(watermark)s
"""
_HIDDEN_BY = "SELECT proposal FROM hidden_findings WHERE rules && %s ORDER BY key"
_HIDDEN_WHOLE = "SELECT key, proposal FROM hidden_findings WHERE key = ANY(%s)"
_HIDDEN_ON = "SELECT proposal, rules FROM hidden_findings WHERE members @> %s ORDER BY key"
_WAITING = """
    SELECT id FROM suggestions s
    WHERE state IN ('HELD', 'OPEN', 'SNOOZED') AND coalesce(rest ->> 'filed_by', '') = ''
        AND (%(kind)s = '' OR kind = %(kind)s)
        AND (%(names)s::text[] IS NULL OR members && %(names)s)
        AND (%(source)s = '' OR NOT EXISTS (SELECT FROM unnest(s.members) m WHERE NOT EXISTS (
            SELECT FROM listings l WHERE l.resource = m AND l.source = %(source)s)))
        AND (%(program)s = '' OR EXISTS (SELECT FROM programs p WHERE p.id = %(program)s AND p.members && s.members))
    ORDER BY priority DESC, id
"""

_FILTER = TypeAdapter(Filter)
_PROPOSAL = TypeAdapter(Proposal)


async def add(tx: Session, rules: Iterable[Suppression]) -> None:
    """Stores new rules."""
    await tx.run_many(
        _ADD,
        (
            (
                rule.id,
                str(rule.kind or ""),
                list(rule.members),
                rule.suggestion or None,
                rule.person,
                rule.reason,
                rule.time,
                str(rule.scope),
                rule.key,
                Jsonb(_FILTER.dump_python(rule.filter, mode="json")),
                rule.fact,
                rule.value,
                rule.comment,
                rule.proposed,
                rule.expire_time,
            )
            for rule in rules
        ),
    )


async def load(tx: Session, ids: Iterable[str]) -> list[Suppression]:
    """The rules that exist, in id order."""
    return [_suppression(row) for row in await tx.rows(_LOAD, (list(ids),))]


async def one(tx: Session, id_: str) -> Suppression:
    """The rule; NotFound when there is none."""
    found = await load(tx, [id_])
    if not found:
        raise NotFound(
            "SUPPRESSION_NOT_FOUND",
            f"There is no suppression {id_}.",
            {"suppression": f"suppressions/{id_}"},
        )
    return found[0]


async def applying(tx: Session, kind: Kind, names: Sequence[str], but: str) -> list[Suppression]:
    """Rules in force that may hide something of a finding about these; not the set that `but` was refused as."""
    rows = await tx.rows(_APPLYING, {"kind": str(kind), "names": list(names), "but": but})
    return await load(tx, [row["id"] for row in rows])


async def of_suggestion(tx: Session, suggestion: str) -> list[Suppression]:
    """Rules in force that the refusal of a suggestion made."""
    return await load(tx, [row["id"] for row in await tx.rows(_OF_SUGGESTION, (suggestion,))])


async def of_pair(tx: Session, suggestion: str, pair: Sequence[str]) -> list[str]:
    """Ids of those among them that are about exactly this pair."""
    return [row["id"] for row in await tx.rows(_OF_PAIR, (suggestion, list(pair), list(pair)))]


async def page(
    tx: Session,
    *,
    before: str,
    limit: int,
    states: Sequence[Standing],
    scope: Scope | None,
    kind: Kind | None,
    person: str,
    reason: str,
    suggestion: str,
    names: Sequence[str] | None,
) -> list[Suppression]:
    """Rules, newest first."""
    values = {
        "before": before,
        "limit": limit,
        "states": [str(state) for state in states],
        "scope": str(scope or ""),
        "kind": str(kind or ""),
        "person": person,
        "reason": reason,
        "suggestion": suggestion,
        "names": None if names is None else list(names),
    }
    ids = [row["id"] for row in await tx.rows(_PAGE, values)]
    return (await load(tx, ids))[::-1]


async def lift(tx: Session, ids: Sequence[str], by: str) -> None:
    """Ends rules: taken back by a person, or (empty) because their time was over."""
    await tx.run(_LIFT, (tx.now, by, list(ids)))


async def approve(tx: Session, id_: str) -> None:
    """Lets a proposed rule hide."""
    await tx.run(_APPROVE, (id_,))


async def expired(tx: Session) -> list[str]:
    """Ids of rules whose time is over."""
    return [row["id"] for row in await tx.rows(_EXPIRED, (tx.now,))]


async def hide(tx: Session, proposal: Proposal, rules: frozenset[str]) -> None:
    """Keeps a finding of which these rules hide something; counts it for those that did not hide it before."""
    row = await tx.row(_RULES_OF, (proposal.key,))
    await tx.run(_COUNT, (sorted(rules - set(row["rules"] if row else ())),))
    stored = Jsonb(_PROPOSAL.dump_python(proposal, mode="json"))
    head = (proposal.key, str(proposal.kind), sorted(proposal.resources), sorted(rules))
    await tx.run(_HIDE, (*head, stored, tx.now))


async def forget(tx: Session, keys: Sequence[str]) -> None:
    """Nothing of these findings is hidden any more, or they no longer hold."""
    await tx.run(_FORGET, (list(keys),))


async def forget_pass(tx: Session, kind: Kind, keys: Iterable[str], watermark: int) -> None:
    """Forgets findings of a kind that a pass over this revision of the feed did not name."""
    await tx.run(_FORGET_PASS, {"kind": str(kind), "keys": sorted(keys), "watermark": watermark})


async def hidden_by(tx: Session, rules: Sequence[str]) -> list[Proposal]:
    """Findings of which one of these rules hides something."""
    return [_PROPOSAL.validate_python(row["proposal"]) for row in await tx.rows(_HIDDEN_BY, (list(rules),))]


async def whole(tx: Session, keys: Sequence[str]) -> dict[str, Proposal]:
    """By key, findings as the curator said them before something of them was hidden."""
    rows = await tx.rows(_HIDDEN_WHOLE, (list(keys),))
    return {row["key"]: _PROPOSAL.validate_python(row["proposal"]) for row in rows}


async def hidden_on(tx: Session, members: Sequence[str]) -> list[tuple[Proposal, tuple[str, ...]]]:
    """Findings about all of these resources of which something is hidden, with the rules that hide it."""
    rows = await tx.rows(_HIDDEN_ON, (list(members),))
    return [(_PROPOSAL.validate_python(row["proposal"]), tuple(row["rules"])) for row in rows]


async def waiting(tx: Session, rule: Suppression, names: Sequence[str]) -> list[str]:
    """Ids of suggestions that wait for a decision and that a rule may concern, most important first."""
    values = {
        "kind": str(rule.kind or ""),
        "names": None if rule.scope is Scope.FILTER else list(names),
        "source": rule.filter.source,
        "program": rule.filter.program,
    }
    return [row["id"] for row in await tx.rows(_WAITING, values)]


def _suppression(row: Row) -> Suppression:
    return Suppression(
        **columns(
            row,
            scope=Scope(row["scope"]),
            kind=Kind(row["kind"]) if row["kind"] else None,
            members=tuple(row["members"]),
            suggestion=row["suggestion"] or "",
            filter=_FILTER.validate_python(row["filter"]),
        )
    )
