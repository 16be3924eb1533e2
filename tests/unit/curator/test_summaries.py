"""What a proposal says in its summary, which mails and the command show."""

from __future__ import annotations

import pytest

from services.curator.analysis.fingerprints import profile
from services.curator.analysis.model import Document, Group, Judgement, Reason, Relation
from services.curator.analysis.survivors import Choice
from services.curator.findings import Duplicate
from services.curator.proposing import duplicate
from services.curator.shelf import Book, Shelf


@pytest.mark.parametrize(
    ("stays", "code", "summary"),
    [
        ("b", "title_year", "“Gas” is an older edition of “Gas 2023”"),
        ("", "title_year", "“Gas” is an older edition of “Gas 2023”"),
        ("a", "title_year", "“Gas” and “Gas 2023” are editions of one text"),
        ("b", "direction_unclear", "“Gas” and “Gas 2023” are editions of one text"),
    ],
)
def test_no_edition_is_called_older_where_nothing_tells_or_it_is_the_one_that_stays(
    stays: str, code: str, summary: str
) -> None:
    judged = Judgement("a", "b", Relation.REVISED, 0.9, 0.9, 1, 1, reasons=(Reason(code, 1.0, "…"),))
    choice = Choice(stays, 1.0, Reason("score", 1.0, "…"), (), ())
    found = Duplicate(Group(("a", "b"), Relation.REVISED, (judged,), 0.9), choice)
    titles = {"a": "Gas", "b": "Gas 2023"}
    documents = {key: Document(key, title, ()) for key, title in titles.items()}
    books = {key: Book(each, (), profile(each, ()), "") for key, each in documents.items()}
    assert duplicate(Shelf(revisions={"a": 1, "b": 1}), books, found).summary == summary
