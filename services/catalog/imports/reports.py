"""Moodle's reports of completion: a row for each learner, columns for each activity (formats.md §4)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from services.catalog.imports.headers import Row
from services.catalog.imports.model import EngagementRow, LearnerState, ParsedFile
from services.catalog.imports.notes import Notes
from services.catalog.imports.text import clean_line
from services.catalog.imports.values import parse_date
from services.catalog.imports.words import learner_state_of

_DATE_SUFFIX = " - Completion date"
_DONE = (LearnerState.COMPLETED, LearnerState.FAILED)


def report_of(rows: Sequence[Row]) -> str:
    """`moodle_activity_progress` or `moodle_course_completion` when the first row is theirs, else empty."""
    cells = [cell.strip() for cell in rows[0].cells] if rows else []
    # Activity progress: no header above the names, one above the addresses, then pairs whose second has none.
    if len(cells) >= 4 and not cells[0] and cells[1] and len(cells) % 2 == 0 and not any(cells[3::2]):
        return "moodle_activity_progress" if all(cells[2::2]) else ""
    if "Email address" in cells and any(cell.endswith(_DATE_SUFFIX) for cell in cells):
        return "moodle_course_completion"
    return ""


def read_report(layout: str, rows: Sequence[Row], path: str, notes: Notes) -> ParsedFile:
    """Each completion as its learner's month, the learner being the e-mail address; no name is kept.

    What is not completed has no date, so no month, and is only counted.
    """
    header = [clean_line(cell) for cell in rows[0].cells]
    if layout == "moodle_activity_progress":
        address, activities = 1, [(at, header[at], at + 1) for at in range(2, len(header), 2)]
    else:
        address = header.index("Email address")
        activities = [
            (at - 1, name.removesuffix(_DATE_SUFFIX), at)
            for at, name in enumerate(header)
            if at and name.endswith(_DATE_SUFFIX) and header[at - 1] == name.removesuffix(_DATE_SUFFIX)
        ]
    courses = header.index("Course complete") if "Course complete" in header else -1
    found: list[EngagementRow] = []
    people = null_dates = course_completions = cells = 0
    for row in rows[1:]:
        values = [*row.cells, *[""] * (len(header) - len(row.cells))]
        if not (learner := clean_line(values[address])):
            continue
        people += 1
        course_completions += courses >= 0 and _day(values[courses], row, notes) is not None
        for at, name, date_at in activities:
            cells += 1
            state = learner_state_of(values[at])
            day = _day(values[date_at], row, notes)
            null_dates += day is None
            if state in _DONE and day is not None:
                month = day.replace(day=1)
                found.append(EngagementRow(row.line, name, month, 1, 1, 1, learner=learner, state=state))
    return ParsedFile(
        path,
        "completion_report",
        layout=layout,
        engagement=tuple(found),
        facts={
            "people": people,
            "activities": tuple(name for _, name, _ in activities),
            "rows": cells,
            "completions": len(found),
            "null_dates": null_dates,
            "course_completions": course_completions,
        },
    )


def _day(text: str, row: Row, notes: Notes) -> date | None:
    try:
        return parse_date(text)
    except ValueError:
        notes.warn("VALUE_INVALID", f"line {row.line}", f"{text[:40]!r} is not a date.")
        return None
