"""Lists of learners as an LMS exports them: read to find whom a notice is for, and kept nowhere."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass

from starlette.datastructures import UploadFile
from starlette.requests import Request

from services.gateway.web.trouble import Trouble
from services.gateway.web.words import say

MOST = 10_000  # rows, as MatchNoticeLearners takes
_MOST_BYTES = (
    1_000_000  # of the whole form; also what is kept in memory while it is read, so that no file is written
)
_MOST_CELL = 10_000  # characters
_HEADS = frozenset({"id", "user", "user id", "userid", "username", "idnumber", "learner", "email", "e-mail"})
"""Words at the top of the first column that are no learner."""


@dataclass(frozen=True, slots=True)
class LearnerList:
    """Rows of cells without the empty rows, what stands above them (empty for nothing), and the learner's column."""

    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    column: int

    @property
    def learners(self) -> list[str]:
        """What each row calls the learner; empty where the row is too short."""
        return [row[self.column] if self.column < len(row) else "" for row in self.rows]


async def sent(request: Request) -> LearnerList | Trouble:
    """The list that a form has as a file or as words, or why there is none."""
    if int(request.headers.get("content-length") or _MOST_BYTES + 1) > _MOST_BYTES:
        return _refused("large")
    async with request.form() as form:
        file = form.get("file")
        raw = await file.read() if isinstance(file, UploadFile) else b""
        pasted, column = (str(form.get(name, "")) for name in ("list", "column"))
    return listed(raw.decode("utf-8-sig", errors="replace") or pasted, column.strip())


def listed(text: str, column: str) -> LearnerList | Trouble:
    """The list in a text of comma, semicolon or tab separated rows; `column` is a head, empty for the first column."""
    top = text.lstrip().partition("\n")[0]
    separator = max("\t;,", key=top.count)
    try:
        read = [tuple(map(str.strip, row)) for row in csv.reader(io.StringIO(text), delimiter=separator)]
    except csv.Error:  # a cell that goes on and on
        read = []
    rows = [row for row in read if any(row)]
    # How long a cell may be is set for the whole process: what other code asks for must not decide it here.
    if not rows or any(len(cell) > _MOST_CELL for row in rows for cell in row):
        return _refused("none")
    first = [cell.casefold() for cell in rows[0]]
    if column and column.casefold() not in first:
        title = say("what_changed.match_column_none")
        return Trouble(
            "refused", 400, title, say("what_changed.match_column_text", columns=", ".join(rows[0]))
        )
    headed = bool(column) or first[0].replace("_", " ") in _HEADS
    body = rows[1:] if headed else rows
    if len(body) > MOST:
        return _refused("large")
    at = first.index(column.casefold()) if column else 0
    return LearnerList(rows[0] if headed else (), tuple(body), at) if body else _refused("none")


def _refused(why: str) -> Trouble:
    return Trouble("refused", 400, say(f"what_changed.match_{why}"), say(f"what_changed.match_{why}_text"))
