"""Tables from CSV and workbooks: whose columns they are, and what each row says."""

from __future__ import annotations

import io
from datetime import date
from pathlib import Path

import openpyxl
import pytest

from services.catalog.imports.model import LearnerState, ParsedFile, ReadOptions, State
from services.catalog.imports.read import read_file
from tests import hostile


def read(text: str | bytes, name: str = "t.csv", answers: dict[str, str] | None = None) -> ParsedFile:
    data = text.encode() if isinstance(text, str) else text
    return read_file(io.BytesIO(data), name, ReadOptions(answers=answers or {}))


def reasons(parsed: ParsedFile) -> list[str]:
    return [f"{warning.reason} {warning.place}".strip() for warning in parsed.warnings]


OWN = (
    "external_id,title,description,kind,language,url,file,created,updated,review_date,owner,mandatory,duration_minutes\n"
    'C-1,Pumps,"Open, then close.",course,en,https://x.example/1,pumps.zip,2020-01-02,2024-05-06,2026-01-01,'
    "ann@water.example,yes,25\n"
)


def test_the_columns_of_winnow_itself() -> None:
    parsed = read(OWN)
    (record,) = parsed.resources
    assert (parsed.recognised_as, parsed.layout) == ("catalog", "own")
    assert (record.external_id, record.title, record.kind, record.language) == (
        "C-1",
        "Pumps",
        "course",
        "en",
    )
    assert (record.url, record.file, record.owner) == (
        "https://x.example/1",
        "pumps.zip",
        "ann@water.example",
    )
    assert (record.created, record.updated, record.review_date) == (
        date(2020, 1, 2), date(2024, 5, 6), date(2026, 1, 1),
    )  # fmt: skip
    assert (record.mandatory, record.duration_seconds, record.state) == (True, 1_500, State.VISIBLE)
    assert [(part.title, part.location, part.text) for part in record.parts] == [
        ("", "description", "Open, then close.")
    ]
    assert not parsed.warnings


def test_columns_in_any_order_and_missing_ones_empty() -> None:
    (record,) = read("title,external_id\nPumps,C-1\n").resources
    assert (record.external_id, record.title, record.mandatory, record.updated) == (
        "C-1",
        "Pumps",
        None,
        None,
    )
    assert not record.parts


def test_programs_keep_their_order_and_what_is_not_said_is_not_said() -> None:
    parsed = read(
        "program,title,position,resource,mandatory,owner\nP,Path,2,C-2,no,a@x.example\nP,Path,1,C-1,,\nQ,,,C-1,yes,\nQ,,,C-3,,\n"
    )
    assert parsed.recognised_as == "programs"
    assert [(row.program, row.position, row.resource, row.mandatory) for row in parsed.programs] == [
        ("P", 2, "C-2", False), ("P", 1, "C-1", None), ("Q", 1, "C-1", True), ("Q", 2, "C-3", None),
    ]  # fmt: skip


def test_engagement_is_sums_or_single_learners() -> None:
    parsed = read(
        "resource,month,enrolled,started,completed,seconds,rating,learner,state,due\n"
        "C-1,2026-01,30,28,20,5400,4.5,,,\n"
        "C-1,2026-02,1,1,0,,,p-7,in_progress,2026-06-30\n"
        "C-1,2026-02,1,1,1,,,p-8,,\n"
        "C-1,2026-02,2,1,1,,,p-9,,\n"
        "C-1,soon,1,1,1,,,,,\n"
        "C-1,2026-02,-1,1,1,,,,,\n"
    )
    sums, running, done = parsed.engagement
    assert (sums.month, sums.enrolled, sums.seconds, sums.rating) == (date(2026, 1, 1), 30, 5_400, 4.5)
    assert (sums.learner, sums.state) == ("", None)
    assert (running.learner, running.state, running.due) == (
        "p-7",
        LearnerState.IN_PROGRESS,
        date(2026, 6, 30),
    )
    assert done.state is LearnerState.COMPLETED
    assert (parsed.rows_rejected, reasons(parsed)) == (
        3, ["VALUE_INVALID line 5", "VALUE_INVALID line 6", "VALUE_INVALID line 7"],
    )  # fmt: skip


def test_people_have_roles() -> None:
    parsed = read("email,name,roles\na@x.example,Ann,ADMINISTRATOR;learning leader\nnobody,,\n")
    (person,) = parsed.people
    assert (person.email, person.name, person.roles) == (
        "a@x.example",
        "Ann",
        ("ADMINISTRATOR", "LEARNING_LEADER"),
    )
    assert parsed.rows_rejected == 1


@pytest.mark.parametrize(
    ("header", "row"),
    [
        ("Kursnummer;Titel;Dauer (h);Zuletzt geändert;Pflicht", "C-1;Pumpen;1,5;03.04.2019;Ja"),
        ("Training - Training ID\tTraining - Training Title\tTraining - Training Hours\tLast modified\tRequired",
         "C-1\tPumpen\t1.5\t2019-04-03\ttrue"),
        ("CURSO|Código|Título|Duración (horas)|Fecha de modificación|Obligatorio", "x|C-1|Pumpen|1,5|3 abril 2019|sí"),
        ("course id,name,type,duration_minutes,LAST_UPDATED,mandatory", "C-1,Pumpen,x,90,2019/04/03,1"),
    ],
)  # fmt: skip
def test_columns_are_known_by_their_names_in_several_languages(header: str, row: str) -> None:
    parsed = read(f"{header}\n{row}\n")
    (record,) = parsed.resources
    assert (record.external_id, record.title, record.duration_seconds) == ("C-1", "Pumpen", 5_400)
    assert (record.updated, record.mandatory, parsed.layout) == (date(2019, 4, 3), True, "mapped")


def test_what_counts_for_a_certification_is_said_by_a_word_or_by_its_name_and_an_accessible_form_by_a_word() -> (
    None
):
    parsed = read(
        "id,title,Certification,Accessible version\n"
        "1,A,yes,yes\n2,B,First aider,no\n3,C,none,\n4,D,,maybe\n5,E,Nein,ja\n"
    )
    assert [(each.certification, each.accessible_form) for each in parsed.resources] == [
        (True, True), (True, False), (False, None), (None, None), (False, True),
    ]  # fmt: skip
    assert reasons(parsed) == ["VALUE_INVALID line 5 accessible_form"]


def test_a_header_may_come_late_and_excel_may_name_its_separator() -> None:
    preface = "Report of courses\n" + "Made,today\n" * 19
    assert read(preface + "id,title\n1,Pumps\n").resources[0].title == "Pumps"
    assert read("sep=;\nid;title\n1;Pumps, large\n").resources[0].title == "Pumps, large"


def test_rows_that_cannot_be_taken_are_named_and_the_first_of_two_counts() -> None:
    parsed = read("id,title\n1,Pu\0mps\n2\n3,Valves,more,cells\n,\n3,Valves again\n4,\n")
    assert [(record.external_id, record.title) for record in parsed.resources] == [
        ("1", "Pumps"), ("3", "Valves"), ("4", ""),
    ]  # fmt: skip
    assert reasons(parsed) == [
        "NUL_REMOVED", "ROW_TOO_SHORT line 3", "ROW_TOO_LONG line 4", "ROW_EMPTY line 5", "DUPLICATE_KEY 3 line 6",
    ]  # fmt: skip
    assert parsed.rows_rejected == 3


def test_a_cell_over_several_lines_counts_them() -> None:
    parsed = read('id,title,updated\n1,"Pumps\nand valves",never ever\n2,X,never ever\n')
    assert parsed.resources[0].title == "Pumps and valves"
    assert reasons(parsed) == ["VALUE_INVALID line 2 updated", "VALUE_INVALID line 4 updated"]


def test_dates_that_could_be_two_are_asked_once_and_left_out_until_answered() -> None:
    text = "id,title,updated,created\n1,a,03/04/2019,05/06/2018\n2,b,,01/02/2017\n"
    parsed = read(text)
    assert [(each.topic, each.reason, each.choices) for each in parsed.questions] == [
        ("date_order", "DATE_ORDER", ("day_first", "month_first"))
    ]
    assert parsed.resources[0].updated is None
    answered = read(text, answers={"date_order": "month_first"})
    assert not answered.questions
    assert answered.resources[0].updated == date(2019, 3, 4)


def test_one_date_that_can_be_read_one_way_only_decides_the_others() -> None:
    parsed = read("id,title,updated\n1,a,03/04/2019\n2,b,25/04/2019\n", answers={"date_order": "month_first"})
    assert not parsed.questions
    assert parsed.resources[0].updated == date(2019, 4, 3)


def test_an_unknown_word_of_status_is_asked_and_the_answer_holds() -> None:
    text = "id,title,status\n1,a,Active\n2,b,Frozen\n3,c,archived\n"
    parsed = read(text)
    assert [(each.topic, each.choices) for each in parsed.questions] == [
        ("status:frozen", ("visible", "hidden", "archived"))
    ]
    answered = read(text, answers={"status:frozen": "hidden"})
    assert [record.state.value for record in answered.resources] == ["visible", "hidden", "archived"]


def test_formulas_are_text_and_markup_in_a_description_is_read() -> None:
    (record,) = read('id,title,description\n=1+1,@SUM(1),"<p>One</p><ul><li>Two</li></ul>"\n').resources
    assert (record.external_id, record.title) == ("=1+1", "@SUM(1)")
    assert record.parts[0].text == "One\n\n- Two"


def test_a_row_without_an_id_goes_by_its_file_its_address_or_its_title() -> None:
    parsed = read("title,url,file\nA,https://x.example,a.zip\nB,https://y.example,\nC,,\n,,\n")
    assert [record.external_id for record in parsed.resources] == ["a.zip", "https://y.example", "C"]


def test_a_catalog_that_names_each_courses_program_is_a_catalog() -> None:
    assert read("course id,title,program\n1,Pumps,Induction\n").recognised_as == "catalog"


def test_no_header_says_what_is_needed() -> None:
    (problem,) = read("1,Pumps\n2,Valves\n").unreadable
    assert (problem.reason, problem.code) == ("COLUMNS_NOT_RECOGNISED", "INVALID_ARGUMENT")
    assert "title" in problem.message


def test_a_workbook_is_read_sheet_by_sheet(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    notes = book.active
    assert notes is not None
    notes.title = "Read me"
    notes.append(["Only words"])
    courses = book.create_sheet("Courses")
    courses.append([])
    courses.append([None, "id", "title", "updated", "minutes", "mandatory"])
    courses.append([None, 7, "Pumps", date(2024, 5, 6), 25.0, True])
    paths = book.create_sheet("Paths")
    paths.append(["program", "position", "resource"])
    paths.append(["P", 1, "7"])
    hidden = book.create_sheet("Old")
    hidden.append(["id", "title"])
    hidden.append([8, "Not this"])
    hidden.sheet_state = "hidden"
    book.save(tmp_path / "b.xlsx")
    parsed = read((tmp_path / "b.xlsx").read_bytes(), "b.xlsx")
    (record,) = parsed.resources
    assert (record.external_id, record.title, record.updated) == ("7", "Pumps", date(2024, 5, 6))
    assert (record.duration_seconds, record.mandatory, record.format) == (1_500, True, "xlsx")
    assert [row.resource for row in parsed.programs] == ["7"]


def test_a_workbooks_error_names_the_row_that_a_spreadsheet_shows() -> None:
    parsed = read(hostile.workbook([["id", "title", "updated"], ["1", "a", "soon"]]), "b.xlsx")
    assert reasons(parsed) == ["VALUE_INVALID line 2 updated"]
