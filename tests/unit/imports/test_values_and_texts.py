"""Cells, dates and encodings: what is read, and what is refused rather than guessed."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.catalog.imports.text import clean_line, clean_text, decode
from services.catalog.imports.values import (
    add_period,
    date_order,
    parse_bool,
    parse_count,
    parse_date,
    parse_duration,
    parse_month,
    parse_number,
)


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("2019-04-03", date(2019, 4, 3)),
        ("2019-01-07T23:30:00Z", date(2019, 1, 7)),
        ("20190403", date(2019, 4, 3)),
        ("2019/4/3", date(2019, 4, 3)),
        ("03.04.2019", date(2019, 4, 3)),
        ("3. 4. 2019", date(2019, 4, 3)),
        ("31/12/2019", date(2019, 12, 31)),
        ("12/31/2019", date(2019, 12, 31)),
        ("23/11/26, 14:25:02", date(2026, 11, 23)),
        ("5/5/2020", date(2020, 5, 5)),
        ("3 April 2019", date(2019, 4, 3)),
        ("3rd Apr 2019", date(2019, 4, 3)),
        ("April 3, 2019", date(2019, 4, 3)),
        ("3 de abril de 2019", date(2019, 4, 3)),
        ("3. März 2019", date(2019, 3, 3)),
        ("1577836800", date(2020, 1, 1)),
    ],
)
def test_a_date_is_read_as_it_is_written(text: str, day: date) -> None:
    assert parse_date(text) == day


@pytest.mark.parametrize("text", ["", " ", "0", "1970-01-01 01:00:00", "-", "n/a", "$@NULL@$", "1/1/1900"])
def test_what_exports_write_for_no_date_is_no_date(text: str) -> None:
    assert parse_date(text) is None


@pytest.mark.parametrize(
    "text", ["03/04/2019", "2019-13-45", "yesterday", "32.01.2020", "3 Smarch 2019", "12345"]
)
def test_what_is_no_date_or_two_is_an_error(text: str) -> None:
    with pytest.raises(ValueError, match=r"date|days|month|day"):
        parse_date(text)


def test_the_order_of_day_and_month_shows_in_the_values_or_not_at_all() -> None:
    assert date_order(["03/04/2019", "25/04/2019"]) == ("day_first", True)
    assert date_order(["03/04/2019", "04-25-2019"]) == ("month_first", True)
    assert date_order(["03/04/2019", "06/05/2019"]) == ("", True)
    assert date_order(["05/05/2019", "2019-04-03", "03.04.2019"]) == ("", False)
    assert date_order(["25/04/2019", "04/25/2019", "01/02/2019"]) == ("", True)
    assert parse_date("03/04/2019", "month_first") == date(2019, 3, 4)


@pytest.mark.parametrize(
    ("text", "unit", "seconds"),
    [
        ("PT25M", 60, 1_500),
        ("P1DT2H", 60, 93_600),
        ("0000:20:00.00", 60, 1_200),
        ("1:30", 60, 5_400),
        ("1,5", 3_600, 5_400),
        ("0.25", 3_600, 900),
        ("90", 60, 5_400),
        ("1 h 30 min", 60, 5_400),
        ("45 minutes", 3_600, 2_700),
        ("2 Stunden", 60, 7_200),
    ],
)
def test_a_duration_is_read_with_its_unit(text: str, unit: int, seconds: int) -> None:
    assert parse_duration(text, unit) == seconds


@pytest.mark.parametrize("text", ["PT", "P", "soon", "-5", "P99999999999Y", "5 parsecs"])
def test_what_is_no_duration_is_an_error(text: str) -> None:
    with pytest.raises(ValueError, match=r"duration|number|learning time"):
        parse_duration(text)


def test_numbers_have_a_point_or_a_comma() -> None:
    assert [parse_number(text) for text in ("1.5", "1,5", "1.234,5", "1,234.5", "-2")] == [
        1.5,
        1.5,
        1234.5,
        1234.5,
        -2,
    ]
    assert (parse_count(""), parse_count("12"), parse_count("3.0")) == (0, 12, 3)
    for text in ("1e5", "nan", "9" * 40, "=1+1"):
        with pytest.raises(ValueError, match="not a number"):
            parse_number(text)
    for text in ("-1", "1.5", "99999999999"):
        with pytest.raises(ValueError, match="not a count"):
            parse_count(text)


def test_months_and_periods() -> None:
    for text in ("2026-01", "2026-01-31", "01/2026", "Jan 2026", "2026/1"):
        assert parse_month(text) == date(2026, 1, 1)
    with pytest.raises(ValueError, match="month"):
        parse_month("2026")
    assert add_period(date(2024, 2, 29), "1y") == date(2025, 2, 28)
    assert add_period(date(2024, 8, 31), "6 months") == date(2025, 2, 28)
    assert add_period(date(2024, 1, 1), "2 weeks") == date(2024, 1, 15)
    assert add_period(date(2024, 1, 1), "annually") == date(2025, 1, 1)
    assert add_period(date(2024, 1, 1), "when needed") is None


def test_yes_and_no_in_several_languages() -> None:
    assert [parse_bool(word) for word in ("Yes", "ja", "1", "No", "nein", "0", "")] == [True] * 3 + [
        False
    ] * 3 + [None]
    with pytest.raises(ValueError, match="neither"):
        parse_bool("perhaps")


@pytest.mark.parametrize(
    ("data", "declared", "text", "guessed"),
    [
        ("é".encode(), "", "é", False),
        ("\ufeffé".encode(), "latin-1", "é", False),
        ("é—".encode("utf-16"), "", "é—", False),
        ("id,title".encode("utf-16-le"), "", "id,title", True),
        ("Café — “x”".encode("cp1252"), "", "Café — “x”", True),
        ("Café".encode("latin-1"), "utf-8", "Café", True),
        ("Café".encode(), "windows-1252", "CafÃ©", False),
        ("players’ footsteps".encode("mac-roman"), "", "players’ footsteps", True),
        ("проверка".encode("koi8-r"), "koi8-r", "проверка", False),
        ("Café".encode(), "unicode_escape", "Café", True),
        ("Café".encode(), "no-such-encoding", "Café", True),
    ],
)
def test_bytes_become_text_as_they_were_meant(
    data: bytes, declared: str, text: str, *, guessed: bool
) -> None:
    assert decode(data, declared) == (text, guessed)


@given(st.binary(max_size=300), st.sampled_from(["", "utf-8", "utf-16", "cp1252", "shift_jis", "idna", "\0"]))
def test_any_bytes_become_text(data: bytes, declared: str) -> None:
    assert isinstance(decode(data, declared)[0], str)


@given(st.text())
def test_clean_text_holds_nothing_that_a_database_or_a_quotation_cannot(text: str) -> None:
    clean = clean_text(text)
    clean.encode()
    assert "\0" not in clean
    assert clean_text(clean) == clean
    assert all(line == line.rstrip() for line in clean.split("\n"))
    assert clean_line(clean_line(text)) == clean_line(text)
