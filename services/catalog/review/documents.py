"""A plan as a document that people print, file and send on: HTML or CSV, with the why of each change."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape

from services.catalog.domain.disclosure import LEAST
from services.catalog.review.domain import Change, Part
from services.catalog.review.findings import Evidence
from services.catalog.review.surroundings import bare
from services.catalog.review.wire import Shown, field_text, simulation

MOST_REASONS = 10  # quotations a change; the page has all of them
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""What makes a spreadsheet take a cell for a formula (OWASP, CSV injection)."""
_COLUMNS = ("part", "risk", "operation", "what", "field", "before", "after", "why", "state")
_STYLE = (
    "body{font:15px/1.45 system-ui,sans-serif;max-width:50rem;margin:2rem auto;padding:0 1rem;color:#1a1a1a;"
    "overflow-wrap:anywhere}h1{font-size:1.5rem;line-height:1.3}h2{font-size:1.15rem;margin:1.6rem 0 .4rem}"
    "h3{font-size:1rem;margin:1.2rem 0 .3rem}table{border-collapse:collapse;margin:.3rem 0}th,td{text-align:left;"
    "vertical-align:top;padding:.15rem 1.2rem .15rem 0}th{font-weight:400;color:#555}ul{margin:.3rem 0;"
    "padding-left:1.2rem}@media print{body{font-size:10pt;max-width:none;margin:0;padding:0}h2,h3{break-after:avoid}"
    "li,tr{break-inside:avoid}}"
)
_WORDS = {
    "items": "item",
    "lifecycle": "shown to learners",
    "successor": "replaced by",
    "equivalents": "counts for",
}
"""Fields as people say them; the others say themselves."""


@dataclass(frozen=True, slots=True)
class Document:
    """A file."""

    file_name: str
    media_type: str
    content: bytes


def as_csv(shown: Shown) -> Document:
    """A row a change; cells that a spreadsheet would take for a formula begin with an apostrophe."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(_COLUMNS)
    for part, change in _changes(shown):
        for row in _rows(shown, change):
            cells = (part.title, part.risk.name, change.operation, change.text, *row, _why(shown, change))
            writer.writerow([_cell(each) for each in (*cells, shown.suggestion.state)])
    name = f"plan-{shown.suggestion.id}.csv"
    return Document(name, "text/csv; charset=utf-8", out.getvalue().encode())


def _cell(value: object) -> str:
    text = str(value)
    return f"'{text}" if text.startswith(_FORMULA) else text


def as_html(shown: Shown) -> Document:
    """A page that prints well, in which everything is text."""
    value = shown.suggestion
    plan = value.plan
    body = [
        f"<h1>{escape(value.proposal.summary or value.name)}</h1>",
        f"<p>{escape(value.name)} · {value.state.lower()} · revision {value.revision} · risk {plan.risk.name}</p>",
        *([f"<p>{escape(value.note)}</p>"] if value.note else []),
        *_listed("What is wrong", (claim.text for claim in value.proposal.claims)),
    ]
    body += _sections(shown)
    body += _listed("Tasks", plan.tasks)
    body += _listed("What forbids it now", (f"{each.text} {each.remedy}" for each in plan.safeguards))
    if plan.simulation is not None:
        told = simulation(plan.simulation)
        sums = " (simulated on sums only)" if told.sums_only else ""
        body.append(
            f"<p>Learners: {told.enrolments} computed, {told.lose_credit} would lose credit, "
            f"{told.newly_overdue} would be newly overdue, {told.minutes_saved:g} minutes saved{sums} "
            f"(fewer than {LEAST} are told as {LEAST}).</p>"
        )
    body += _listed(
        "Approved by",
        (
            f"{shown.emails.get(each.person, '')} as {each.capacity} for {each.part}, {each.time:%Y-%m-%d %H:%M} UTC"
            for each in value.valid_approvals
        ),
    )
    body += _listed("Still needed", shown.approvals_needed)
    body += _listed("Left in place", value.kept)
    page = (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        f"<title>{escape(value.proposal.summary or value.name)}</title><style>{_STYLE}</style></head>"
        f"<body>{''.join(body)}</body></html>"
    )
    return Document(f"plan-{value.id}.html", "text/html; charset=utf-8", page.encode())


def _listed(title: str, lines: Iterable[str]) -> list[str]:
    items = [f"<li>{escape(line)}</li>" for line in lines if line]
    return [f"<h2>{escape(title)}</h2><ul>{''.join(items)}</ul>"] if items else []


def _sections(shown: Shown) -> list[str]:
    """Each part with its changes one below the other, each with its why; what was said above is not said again."""
    found: list[str] = []
    told: set[str] = set()
    for part in shown.suggestion.plan.parts:
        found.append(f"<h2>{escape(part.title)} · risk {part.risk.name}</h2>")
        for change in part.changes:
            reasons = _reasons(shown, change)
            found += [f"<h3>{escape(change.text)}</h3>", _written(shown, change)]
            found += [
                f"<ul>{''.join(f'<li>{escape(each)}</li>' for each in reasons if each not in told)}</ul>"
            ]
            if again := len(told.intersection(reasons)):
                found.append(
                    f"<p>{again} of the reasons given above {'speaks' if again == 1 else 'speak'} for it too.</p>"
                )
            told.update(reasons)
    return found


def _written(shown: Shown, change: Change) -> str:
    rows = "".join(
        f'<tr><th scope="row">{escape(_WORDS.get(field, field.replace("_", " ")))}</th>'
        f"<td>{escape(before) or '–'}</td><td>{escape(after) or '–'}</td></tr>"
        for field, before, after in _rows(shown, change)
        if field
    )
    head = "".join(f'<th scope="col">{name}</th>' for name in ("What", "Before", "After"))
    return f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>" if rows else ""


def _changes(shown: Shown) -> Iterable[tuple[Part, Change]]:
    return ((part, change) for part in shown.suggestion.plan.parts for change in part.changes)


def _rows(shown: Shown, change: Change) -> Sequence[tuple[str, str, str]]:
    """(field, before, after) of each write; one empty row for a change that writes nothing."""
    written = [
        (
            write.field,
            field_text(write.before, write.field, shown.around),
            field_text(write.after, write.field, shown.around),
        )
        for write in change.writes
    ]
    return written or [("", "", "")]


def _why(shown: Shown, change: Change) -> str:
    """The finding, then the evidence about what changes and what takes its place."""
    reasons = (shown.suggestion.proposal.summary, *_reasons(shown, change))
    return " | ".join(dict.fromkeys(each for each in reasons if each))


def _reasons(shown: Shown, change: Change) -> list[str]:
    """The evidence about what changes and what takes its place, each once."""
    about = {bare(change.target), bare(change.other)} | {bare(str(w.before)) for w in change.writes} - {""}
    reasons = [
        _reason(each)
        for each in shown.suggestion.proposal.evidence
        if not each.resource or _root(shown, each.resource) in about
    ]
    return list(dict.fromkeys(each for each in reasons[:MOST_REASONS] if each))


def _root(shown: Shown, id_: str) -> str:
    resource = shown.around.resource(id_)
    return resource.id if resource else id_


def _reason(evidence: Evidence) -> str:
    quoted = f"“{evidence.quote}” ({evidence.place})" if evidence.quote else ""
    return ": ".join(each for each in (evidence.text.rstrip("."), quoted) if each)
