"""Which sentences time has overtaken, and which only look like it.

Proves what fires and what stays quiet on sentences written for this test; how often it is right on real pages is
measured by `winnow evaluate`.
"""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from services.curator.analysis.dates import mask_dates
from services.curator.analysis.statements import dated_statements, replaced_by, sentence_bounds
from services.curator.analysis.text import segment as blocks
from tests.unit.analysis.shorthand import document

TODAY = date(2025, 6, 1)


def passed(text: str, today: date = TODAY, **fields: Any) -> list[str]:
    made = document("d", text, **fields)
    found = dated_statements(made, blocks(made), today)
    for statement in found:
        quote = statement.quote
        assert made.parts[0].text[quote.start : quote.start + len(quote.text)] == quote.text
        assert quote.location == "page.html"
    return [statement.code for statement in found]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("From 1 March 2024 the help desk will answer in the new portal.", "promise"),
        ("The new canteen will open in March 2024.", "promise"),
        ("By the end of Q2 2024 all sites are going to use the card readers.", "promise"),
        ("The form will be replaced in autumn 2023.", "promise"),
        ("This permit is valid until 2023.", "validity"),
        ("The price list is valid until 31/12/2023 and binds all branches.", "validity"),
        ("Registration closes on 15 September 2024.", "validity"),
        ("The deadline for claims is 30 April 2024.", "validity"),
        ("All staff must complete the module by 31 March 2024.", "deadline"),
        ("Read about the upcoming release in autumn 2023.", "upcoming"),
        ("The mileage rate for 2023 is 45 cents.", "value"),
        ("As of 2019, 14 branches currently use the tool.", "as_of"),
    ],
)
def test_a_statement_whose_date_has_passed_is_quoted(text: str, code: str) -> None:
    assert passed(text) == [code]


@pytest.mark.parametrize(
    "text",
    [
        "From 1 March 2026 the help desk will answer in the new portal.",
        "This permit is valid until 2027.",
        "The company was founded in 2009 and moved to the harbour in 2014.",
        "Since 25 May 2018 every organisation must tell people what it stores.",
        "From 25 May 2018 the regulation applies in all member states.",
        "© 2019 The authors. It will remain available.",
        "Retrieved 12 May 2019 from the library; it will be cited in 2020.",
        "For example, if you order on 1 March 2023, it will arrive by 5 March 2023.",
        "If you started before 1 March 2023, you will keep the old badge.",
        "Analysts predicted that by 2020 every desk will have two screens.",
        "She said “we will be in all cities by 2020” and left.",
        "The team was going to move by March 2023.",
        "Windows Server 2019 will ask for the key.",
        "The Equality Act 2010 will protect you.",
        "2023-03-01 12:00:01 INFO worker will restart",
        "In 2014 Ms Lee joined the firm that will open a branch.",
        "> From 1 March 2023 the old form will no longer be accepted.",
        "```\nFrom 1 March 2023 the job will run.\n```",
        "# History\n\nIn March 2023 the plant will open, said the plan.",
    ],
)
def test_what_only_looks_like_a_passed_statement_stays_quiet(text: str) -> None:
    assert passed(text) == []


def test_a_statement_of_today_needs_patience_before_it_counts_as_passed() -> None:
    text = "As of 2019, 14 branches currently use the tool."
    assert passed(text, date(2021, 6, 1)) == []
    assert passed(text, date(2022, 6, 1)) == ["as_of"]


def test_the_last_of_several_dates_decides() -> None:
    text = "The scheme will run from 1 March 2023 until 30 June 2030."
    assert passed(text) == []


def test_other_languages_are_not_checked() -> None:
    text = "This permit is valid until 2023."
    assert passed(text, language="de") == []
    assert passed(text, language="en-GB") == ["validity"]


def test_a_record_is_dated_by_nature() -> None:
    assert passed("The tool will be released in March 2023.", title="Release notes 2023") == []


@pytest.mark.parametrize(
    ("words", "last"),
    [
        ("12 May 2021", date(2021, 5, 12)),
        ("May 12th, 2021", date(2021, 5, 12)),
        ("2021-05-12", date(2021, 5, 12)),
        ("February 2024", date(2024, 2, 29)),
        ("Q3 2022", date(2022, 9, 30)),
        ("second quarter of 2022", date(2022, 6, 30)),
        ("first half of 2022", date(2022, 6, 30)),
        ("winter 2022", date(2023, 3, 31)),
        ("financial year 2022/23", date(2023, 12, 31)),
        ("03/04/2021", date(2021, 4, 3)),
        ("2021", date(2021, 12, 31)),
    ],
)
def test_a_date_is_read_as_the_last_day_it_can_mean(words: str, last: date) -> None:
    masked, ends = mask_dates(f"due in {words} at noon")
    assert ends == [last]
    assert masked in ("due in <d0> at noon", "due in <y0> at noon")


def test_31_february_is_no_date() -> None:
    assert mask_dates("on 31 February 2021")[1] == []
    assert mask_dates("on 2021-02-31")[1] == []


def test_a_document_that_says_it_was_replaced_names_what_by() -> None:
    made = document("d", "# Old course\n\nNote: This course has been replaced by Safe Lifting 2.\n\nIntro.")
    found = replaced_by(made, blocks(made))
    assert found is not None
    assert found.successor == "Safe Lifting 2"
    assert found.quote.text in made.parts[0].text


@pytest.mark.parametrize(
    "text",
    [
        "This part is replaced by a spare every year.",
        "The old policy has been replaced by the new one.",
        "Call the desk when this course is full.",
    ],
)
def test_a_replaced_thing_is_not_a_replaced_document(text: str) -> None:
    made = document("d", text)
    assert replaced_by(made, blocks(made)) is None


def test_sentences_end_where_readers_end_them() -> None:
    text = "Ask Dr. Lee, e.g. by phone. Then go!\n- one item\n- another (see p. 3). “Done.” Now."
    found = [text[start:end] for start, end in sentence_bounds(text)]
    assert found == [
        "Ask Dr. Lee, e.g. by phone.",
        "Then go!",
        "- one item",
        "- another (see p. 3).",
        "“Done.”",
        "Now.",
    ]
