"""Lists of learners as an LMS exports them: which column names whom, and which row is none."""

from __future__ import annotations

import pytest

from services.gateway.web.learner_lists import MOST, LearnerList, listed
from services.gateway.web.trouble import Trouble


@pytest.mark.parametrize(
    ("text", "column", "learners"),
    [
        ("a1\na2\n", "", ["a1", "a2"]),
        ("username,name\r\na1,Ann\r\n\r\na2,Bo\r\n", "", ["a1", "a2"]),
        ("Name;E-Mail\nAnn; ann@example.org \nBo\n", "e-mail", ["ann@example.org", ""]),
        ('a1\t"Ann, B."\n', "", ["a1"]),
    ],
)
def test_each_row_names_a_learner_in_one_column(text: str, column: str, learners: list[str]) -> None:
    found = listed(text, column)
    assert isinstance(found, LearnerList)
    assert found.learners == learners


@pytest.mark.parametrize(
    ("text", "column", "title"),
    [
        (" \n", "", "There is no list"),
        ("id\n", "", "There is no list"),
        ("id,name\na1,Ann\n", "mail", "There is no such column"),
        ("a\n" * (MOST + 1), "", "The list is too large"),
        (f'"{"a" * 200_000}\n', "", "There is no list"),
    ],
)
def test_what_is_no_list_is_refused(text: str, column: str, title: str) -> None:
    found = listed(text, column)
    assert isinstance(found, Trouble)
    assert (found.status, found.title) == (400, title)
