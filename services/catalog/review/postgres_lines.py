"""What a list of suggestions shows of each: a few values out of large ones, which stay where they are."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import TypeAdapter

from services.catalog.postgres.session import Row, Session, columns
from services.catalog.review.domain import Impact, Operation, Risk, Safeguard, State
from services.catalog.review.domain_lines import Line, Share, Step
from services.catalog.review.findings import Claim, Kind, Relation

_LINES = """
    SELECT id, kind, state, revision, confidence, priority, assignee, blind, create_time, update_time, summary,
        targets,
        proposal ->> 'relation' AS relation,
        jsonb_path_query_array(proposal, '$.members[*].resource') AS members,
        proposal -> 'claims' AS claims,
        proposal -> 'programs' AS programs,
        jsonb_path_query_array(proposal, '$.evidence[*] ? (@.type == "passage").match') AS passages,
        coalesce(
            jsonb_path_query_first(proposal, '$.evidence[*] ? (@.type == "direction_unclear")'),
            jsonb_path_query_first(proposal, '$.evidence[*] ? (@.text != "" && @.quote == "")')
        ) AS reason,
        plan ->> 'survivor' AS survivor,
        plan -> 'safeguards' AS safeguards,
        ARRAY(
            SELECT jsonb_build_array(part -> 'id', part -> 'title', part -> 'risk', ARRAY(
                SELECT jsonb_build_array(change -> 'operation', change -> 'target', CASE change ->> 'operation'
                    WHEN 'item_drop' THEN change #> '{writes,0,before}' END)
                FROM jsonb_array_elements(part -> 'changes') AS change))
            FROM jsonb_array_elements(plan -> 'parts') AS part
        ) AS shares,
        rest -> 'impact' AS impact,
        jsonb_path_query_array(rest, '$.approvals[*].person') AS approved_by
    FROM suggestions WHERE id = ANY(%s)
"""
_ASKED = """
    SELECT id, summary, coalesce(rest ->> 'filed_by', '') AS filed_by,
        jsonb_path_query_array(rest, '$.approvals[*].person') AS approved_by
    FROM suggestions WHERE id = ANY(%s)
"""
_IMPACT = TypeAdapter(Impact)
_CLAIMS = TypeAdapter(tuple[Claim, ...])
_SAFEGUARDS = TypeAdapter(tuple[Safeguard, ...])


@dataclass(frozen=True, slots=True)
class Asked:
    """Why and by whom a change is asked for; ids of who filed it (empty for a finding) and of who approved it."""

    id: str
    summary: str
    filed_by: str
    approved_by: tuple[str, ...]


async def asked(tx: Session, ids: Iterable[str]) -> dict[str, Asked]:
    """Of the suggestions of these ids that there are, by id."""
    rows = await tx.rows(_ASKED, (list(ids),))
    return {
        row["id"]: Asked(**columns(row, approved_by=tuple(dict.fromkeys(row["approved_by"])))) for row in rows
    }


async def lines(tx: Session, ids: Sequence[str]) -> list[Line]:
    """The suggestions of these ids that there are, in their order."""
    found = {row["id"]: _line(row) for row in await tx.rows(_LINES, (list(ids),))}
    return [found[id_] for id_ in ids if id_ in found]


def _line(row: Row) -> Line:
    reason = row["reason"] or {"type": "", "text": ""}
    return Line(
        id=row["id"],
        kind=Kind(row["kind"]),
        relation=Relation(row["relation"]),
        state=State(row["state"]),
        revision=row["revision"],
        confidence=row["confidence"],
        priority=row["priority"],
        assignee=row["assignee"],
        blind=row["blind"],
        create_time=row["create_time"],
        update_time=row["update_time"],
        summary=row["summary"],
        members=tuple(row["members"]),
        survivor=row["survivor"],
        claims=_CLAIMS.validate_python(row["claims"]),
        passages=tuple(row["passages"]),
        reason=(reason["type"], reason["text"]),
        shares=tuple(map(_share, row["shares"])),
        safeguards=_SAFEGUARDS.validate_python(row["safeguards"]),
        impact=_IMPACT.validate_python(row["impact"]),
        targets=frozenset(row["targets"]),
        programs=frozenset(row["programs"]),
        approved_by=frozenset(row["approved_by"]),
    )


def _share(said: list[Any]) -> Share:
    id_, title, risk, steps = said
    return Share(
        id_, title, Risk(risk), tuple(Step(Operation(what), target, was or "") for what, target, was in steps)
    )
