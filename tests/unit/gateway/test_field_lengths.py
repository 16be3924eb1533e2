"""No field of a page takes more than the API does: what fits into it is not refused for its length."""

from __future__ import annotations

import re
from pathlib import Path

import services.gateway.web
from services.catalog.domain import requests, sources
from services.catalog.review import domain_notes, metadata, objections, rpc, usecases, wire_ledger
from services.catalog.telling import hooks
from services.catalog.wire import publishing

TEMPLATES = Path(services.gateway.web.__file__).parent / "templates"
_LINE = publishing.MAX_LINE

API: dict[tuple[str, str], int] = {
    ("bulk", "question"): domain_notes.MAX_TEXT,
    ("checked_text", "title"): _LINE,
    ("checkup", "note"): domain_notes.MAX_TEXT,
    ("imports", "source"): sources.MAX_NAME,
    ("keep_away", "comment"): wire_ledger.MAX_COMMENT,
    ("notes", "text"): domain_notes.MAX_TEXT,
    ("objection", "reason"): objections.LONGEST_REASON,
    ("one", "{{ apart[reason] }}"): usecases.MAX_ATTRIBUTE,
    ("one", "question"): domain_notes.MAX_TEXT,
    ("one", "reason"): objections.LONGEST_REASON,
    ("one", "text"): domain_notes.MAX_TEXT,
    ("person_requests", "answer"): requests.MAX_WORDS,
    ("person_requests", "reason"): requests.MAX_WORDS,
    ("program", "reason"): requests.MAX_WORDS,
    ("publish", "source"): sources.MAX_NAME,
    ("publish", "title"): _LINE,
    ("resource", "reason"): domain_notes.MAX_TEXT,
    ("resource", "value"): metadata.LONGEST,
    ("review", "q"): rpc.MAX_QUERY,
    ("stranger", "reason"): requests.MAX_WORDS,
    ("suppression", "comment"): wire_ledger.MAX_COMMENT,
    ("suppression", "title"): wire_ledger.MAX_WORDS,
    ("tasks", "comment"): domain_notes.MAX_TEXT,
    ("webhooks", "url"): hooks.LONGEST_URL,
}
"""What the API takes of a field, by template and the field's name."""
UNLIMITED = {
    ("absence", "{{ side }}"),
    ("checked_text", "text"),
    ("one", "authority"),
    ("one", "comment"),
    ("one", "person"),
    ("one", "why"),
    ("publish", "text"),
    ("resource", "comment"),
    ("resource", "other"),
    ("search", "q"),
    ("undo_box", "words"),
    ("what_changed", "column"),
}
"""Fields of which the API takes more than a page would ask for, or that no call takes."""
OF_A_DRAFT = [publishing.MAX_DESCRIPTION, 320, _LINE]
"""Of the three sorts of fields of a draft, whose names are its loop's: texts, an owner's address, lines."""


def fields(template: Path) -> list[tuple[str, int]]:
    """Name and greatest length of each field that has one."""
    tags = re.findall(
        r'<(?:input|textarea)\b((?:(?!<input|<textarea).)*? maxlength="(\d+)")', template.read_text("utf-8")
    )
    found = [(re.search(r' name="([^"]+)"', tag), int(most)) for tag, most in tags]
    return [(name[1] if name else "", most) for name, most in found]


def test_what_fits_into_a_field_is_not_too_long_for_the_api() -> None:
    shown = {
        (path.stem, name): most
        for path in sorted(TEMPLATES.glob("*.html"))
        if path.stem != "draft"
        for name, most in fields(path)
    }
    longer = {key: most for key, most in shown.items() if key in API and most > API[key]}
    assert longer == {}
    assert [key for key in shown if key not in API and key not in UNLIMITED] == []
    assert [key for key in API if key not in shown] == []


def test_what_fits_into_a_field_of_a_draft_is_not_too_long_either() -> None:
    assert [most for _, most in fields(TEMPLATES / "draft.html")] == OF_A_DRAFT
