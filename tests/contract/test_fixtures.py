"""Every fixture of a format that is read, field by field, through the locked worker.

The rows of formats that are not read yet must be refused as such: never a crash, never half a resource. Skipped
where the fixtures are not beside the project.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from services.catalog.imports.markdown import broken_links
from services.catalog.imports.model import ParsedFile, ReadOptions, ResourceRecord
from services.catalog.imports.worker import ParseWorker, Reading
from tests.shared import shared_dir

MOST_KIB = 512 << 10
MOST_SECONDS = 2.0
# Kinds of EXPECTED.json that later issues read.
LATER = frozenset(
    {"document", "common_cartridge", "cmi5", "moodle_backup", "oneroster", "olx", "qti", "h5p", "xapi"}
)
LATER_REASONS = frozenset({"PDF_UNREADABLE", "JSON_TOO_DEEP"})
NOT_CLAIMS = frozenset({"kind", "note", "warnings", "part_of", "duplicate_of"})


def _expected() -> dict[str, dict[str, Any]]:
    path = Path(__file__).resolve().parents[3] / "shared" / "fixtures" / "files" / "EXPECTED.json"
    return json.loads(path.read_text("utf-8")) if path.exists() else {}


EXPECTED = _expected()
FILES = [name for name, row in EXPECTED.items() if "part_of" not in row and name != "valid/docs_tree"]


@pytest.fixture(scope="module")
def worker() -> Iterator[ParseWorker]:
    with ParseWorker() as started:
        yield started


def read(worker: ParseWorker, name: str, options: ReadOptions | None = None) -> Reading:
    path = shared_dir("fixtures", "files", name)
    with path.open("rb") as file:
        return worker.read(file.fileno(), path.name, options)


def _dates(values: list[date | None]) -> list[str]:
    return [day.isoformat() if day else "" for day in values]


def _one(parsed: ParsedFile) -> ResourceRecord:
    (record,) = parsed.resources
    return record


def _text(parsed: ParsedFile) -> str:
    return "\n\n".join(part.text for record in parsed.resources for part in record.parts)


def _fact(name: str) -> Callable[[ParsedFile], object]:
    return lambda parsed: list(found) if isinstance(found := parsed.facts[name], tuple) else found


CLAIMS: Mapping[str, Callable[[ParsedFile], object]] = {
    "version": _fact("schema_version"),
    **{
        name: _fact(name)
        for name in (
            "items", "leaves", "depth", "scos", "hidden", "sequential", "alternate_organizations", "cues", "people",
            "activities", "completions", "rows", "null_dates", "course_completions", "packages",
        )
    },
    "mastery_score": lambda parsed: int(str(parsed.facts["mastery_score"])),
    "resources": lambda parsed: parsed.facts["resources"],
    "layout": lambda parsed: parsed.layout,
    "rows_rejected": lambda parsed: parsed.rows_rejected,
    "title": lambda parsed: _one(parsed).title,
    "key": lambda parsed: _one(parsed).external_id,
    "keys": lambda parsed: [record.external_id for record in parsed.resources],
    "language": lambda parsed: _one(parsed).language,
    "content_version": lambda parsed: _one(parsed).version,
    "author": lambda parsed: _one(parsed).author,
    "created": lambda parsed: str(_one(parsed).created),
    "expires": lambda parsed: str(_one(parsed).expires),
    "links": lambda parsed: list(_one(parsed).links),
    "objectives": lambda parsed: list(_one(parsed).objectives),
    "prerequisites": lambda parsed: [list(pair) for pair in _one(parsed).prerequisites],
    "durations_s": lambda parsed: [record.duration_seconds for record in parsed.resources],
    "mandatory": lambda parsed: [record.mandatory for record in parsed.resources],
    "states": lambda parsed: [
        {"visible": "active"}.get(record.state.value, record.state.value) for record in parsed.resources
    ],
    "body": _text,
    "text": _text,
}  # fmt: skip


def _check(parsed: ParsedFile, claim: str, value: Any) -> None:
    if claim == "body_contains":
        assert all(piece in _text(parsed) for piece in value)
    elif claim == "body_excludes":
        assert not any(piece in _text(parsed) for piece in value)
    elif claim == "updated":
        said = _dates([record.updated for record in parsed.resources])
        assert said == (value if isinstance(value, list) else [value])
    elif claim == "duration_s":
        # Captions say tenths of a second; a resource's learning time is whole seconds.
        seconds = parsed.facts.get("seconds", _one(parsed).duration_seconds)
        assert float(str(seconds)) == value
    elif claim == "needs_answer":
        assert [question.reason for question in parsed.questions] == ["DATE_ORDER"]
    else:
        assert CLAIMS[claim](parsed) == value, claim


@pytest.mark.parametrize("name", FILES)
def test_a_fixture_yields_what_its_row_says(worker: ParseWorker, name: str) -> None:
    row = EXPECTED[name]
    reading = read(worker, name)
    parsed = reading.parsed
    assert reading.usage.cpu <= MOST_SECONDS
    assert reading.usage.rss_kib <= MOST_KIB
    error = row.get("error", {})
    if row.get("kind") in LATER or error.get("reason") in LATER_REASONS:
        assert [problem.reason for problem in parsed.unreadable] == ["FORMAT_NOT_SUPPORTED"]
        assert not parsed.resources
        return
    if error:
        (problem,) = parsed.unreadable
        assert (problem.code, problem.reason) == (error["code"], error["reason"])
        assert error["message_contains"] in problem.message
        assert not parsed.resources
        return
    assert not parsed.unreadable
    assert parsed.recognised_as == {"page": "html"}.get(row["kind"], row["kind"])
    for warning in row.get("warnings", []):
        reason, _, place = warning.partition(" ")
        assert any(found.reason == reason and place in found.place for found in parsed.warnings), warning
    for claim, value in row.items():
        if claim not in NOT_CLAIMS:
            _check(parsed, claim, value)


def test_ambiguous_dates_are_read_as_the_answer_says(worker: ParseWorker) -> None:
    name = "valid/catalog_ambiguous_dates.csv"
    found = {}
    for answer in ("day_first", "month_first"):
        parsed = read(worker, name, ReadOptions(answers={"date_order": answer})).parsed
        assert not parsed.questions
        found[answer] = _dates([record.updated for record in parsed.resources])
    assert found == {"day_first": ["2019-04-03", "2020-06-05"], "month_first": ["2019-03-04", "2020-05-06"]}
    assert _dates([record.updated for record in read(worker, name).parsed.resources]) == ["", ""]


def test_a_tree_of_markdown_is_pages_with_owners_reviews_and_links(worker: ParseWorker) -> None:
    tree = shared_dir("fixtures", "files", "valid", "docs_tree")
    row = EXPECTED["valid/docs_tree"]
    records: list[ResourceRecord] = []
    for path in sorted(tree.rglob("*.md")):
        with path.open("rb") as file:
            records += worker.read(file.fileno(), path.relative_to(tree).as_posix()).parsed.resources
    by_path = {record.external_id: record for record in records}
    assert len(records) == row["resources"]
    assert {path: by_path[path].title for path in row["title"]} == row["title"]
    assert {path: by_path[path].owner for path in row["owner"]} == row["owner"]
    assert {path: str(by_path[path].reviewed) for path in row["reviewed"]} == row["reviewed"]
    assert by_path["oven/start.md"].review_date == date(2020, 5, 6)
    assert [link for record in records for link in record.links] == row["links"]
    broken = broken_links({record.path: record.references for record in records}, set(by_path))
    assert [(problem.file, problem.place) for problem in broken] == [("oven/start.md", "oven/missing.md")]


def test_a_bundle_names_the_package_in_it_by_both_paths(worker: ParseWorker) -> None:
    parsed = read(worker, "hostile/nested_package.zip").parsed
    assert _one(parsed).path == "nested_package.zip/course.zip"
    assert _one(parsed).external_id == "BAKE-001"


def test_the_prompt_in_a_page_changes_nothing_but_the_words_of_that_page(worker: ParseWorker) -> None:
    plain = _one(read(worker, "valid/scorm12_basic.zip").parsed)
    asking = _one(read(worker, "hostile/prompt_injection.zip").parsed)
    assert asking.facts == plain.facts
    assert [part.location for part in asking.parts] == [part.location for part in plain.parts]
    changed = [part.location for part, other in zip(asking.parts, plain.parts, strict=True) if part != other]
    assert changed == ["b.html"]


def test_every_row_of_the_table_is_covered() -> None:
    shared_dir("fixtures")
    claims = {claim for name in FILES for claim in EXPECTED[name] if EXPECTED[name].get("kind") not in LATER}
    special = {"body_contains", "body_excludes", "updated", "duration_s", "needs_answer", "error"}
    assert claims <= set(CLAIMS) | special | NOT_CLAIMS
