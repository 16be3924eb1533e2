"""A plan as a document: the why of each change is in it, and nothing in it is more than text."""

from __future__ import annotations

import csv
import io
from html.parser import HTMLParser

from tests.integration.review.conftest import Curator, Reviewer, course, sealed, words
from winnow.review.v1 import document_pb2 as document
from winnow.review.v1.document_pb2 import ExportPlanRequest
from winnow.review.v1.suggestion_pb2 import Suggestion

EVIL = '=HYPERLINK("http://evil.example","x")<script>alert(1)</script>'


class Tags(HTMLParser):
    """The elements of a page and its text."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags, self.text = set[str](), ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self.tags.add(tag)

    def handle_data(self, data: str) -> None:
        self.text += data


async def exported(
    leader: Reviewer, one: Suggestion, form: ExportPlanRequest.Format.ValueType
) -> document.PlanDocument:
    return await leader("ExportPlan", ExportPlanRequest(name=one.name, format=form))


async def test_each_change_has_its_why_and_everything_is_text(leader: Reviewer, curator: Curator) -> None:
    kept, copy = await leader.put(course("c1", "Ladders", words("a")), course("c2", EVIL, words("a")))
    await leader.program("p", copy)
    proposal = curator.duplicate(kept, copy)
    proposal.summary = EVIL
    await curator.propose(sealed(proposal))
    found = await leader.only(Suggestion.OPEN)
    page = await exported(leader, found, ExportPlanRequest.HTML)
    assert page.media_type == "text/html; charset=utf-8"
    tags = Tags(page.content.decode())
    assert "script" not in tags.tags
    assert EVIL in tags.text
    assert "The same words stand in both: “words” (page.html)" in tags.text

    table = await exported(leader, found, ExportPlanRequest.CSV)
    assert table.file_name.endswith(".csv")
    rows = list(csv.DictReader(io.StringIO(table.content.decode(), newline="")))
    changes = [change for part in found.plan.parts for change in part.changes]
    assert {row["operation"] for row in rows} == {change.operation for change in changes}
    assert all(row["why"].startswith("'=HYPERLINK") for row in rows)
    assert all(not cell.startswith(("=", "+", "-", "@")) for row in rows for cell in row.values())
