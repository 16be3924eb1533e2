"""The sample's files are what its sources make, its key names what is in them, and a renamed copy keeps its shape.

Proves nothing about what Winnow finds in the sample.
"""

from __future__ import annotations

import csv
import io
import json
import re
import shutil
import zipfile
from collections import Counter
from datetime import date
from pathlib import Path

import pytest
import yaml
from lxml import etree
from openpyxl import load_workbook

from samples import build, texts, usage
from tests.sample import make_key, rename

pytestmark = pytest.mark.thorough  # the sample and its makers change seldom

SAMPLE = build.SAMPLE
SERVICES = Path(__file__).resolve().parents[2] / "services"


@pytest.fixture(scope="module")
def made() -> dict[str, bytes]:
    return build.files()


@pytest.fixture(scope="module")
def renamed(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, rename.Renamed]:
    copy = tmp_path_factory.mktemp("renamed") / "copy"
    return copy, rename.rename(SAMPLE, copy)


def rows(path: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(path.read_text("utf-8"))))


def sheet(sample: Path) -> list[dict[str, str]]:
    page = load_workbook(sample / "academy/catalog.xlsx", read_only=True).worksheets[0]
    header, *found = ([str(cell or "") for cell in row] for row in page.iter_rows(values_only=True))
    return [dict(zip(header, row, strict=True)) for row in found]


def package_ids(sample: Path) -> dict[str, str]:
    """The external id of each package by its path, as the import rules give it."""
    found: dict[str, str] = {}
    for path in sorted((sample / "packages").rglob("*.zip"), key=lambda p: p.relative_to(sample).as_posix()):
        with zipfile.ZipFile(path) as package:
            manifest = etree.fromstring(package.read("imsmanifest.xml"))
        general = "{*}metadata/{*}lom/{*}general"
        identifier = (
            manifest.findtext(f"{general}/{{*}}identifier/{{*}}entry")
            or (manifest.findtext(f"{general}/{{*}}identifier") or "").strip()
            or manifest.attrib["identifier"]
        )
        relative = path.relative_to(sample / "packages").as_posix()
        found[relative] = f"{identifier} @ {relative}" if identifier in found.values() else identifier
    return found


def external_ids(sample: Path) -> dict[str, set[str]]:
    return {
        "lms": {row["external_id"] for row in rows(sample / "lms/catalog.csv")},
        "packages": set(package_ids(sample).values()),
        "handbook": {
            p.relative_to(sample / "handbook").as_posix() for p in (sample / "handbook").rglob("*.md")
        },
        "academy": {p.name for p in (sample / "academy").glob("*.html")}
        | {row["external_id"] for row in sheet(sample)},
    }


def contents(name: str, content: bytes) -> object:
    """What must be equal in two builds: archives by entry, since compressors differ from machine to machine."""
    if not name.endswith((".zip", ".xlsx")):
        return content
    with zipfile.ZipFile(io.BytesIO(content)) as packed:
        return [(entry.filename, entry.date_time, packed.read(entry)) for entry in packed.infolist()]


def test_the_committed_files_are_what_the_sources_make(made: dict[str, bytes]) -> None:
    there = {p.relative_to(SAMPLE).as_posix(): p.read_bytes() for p in SAMPLE.rglob("*") if p.is_file()}
    assert made.keys() == there.keys()
    for name, content in made.items():
        assert contents(name, content) == contents(name, there[name]), f"{name}: run python -m samples.build"


def test_two_builds_are_equal_byte_for_byte(made: dict[str, bytes]) -> None:
    assert build.files() == made


def test_the_sample_is_as_large_as_a_small_companys_catalog() -> None:
    ids = external_ids(SAMPLE)
    linked = sum(1 for row in rows(SAMPLE / "lms/catalog.csv") if row["file"])
    assert sum(map(len, ids.values())) - linked >= 120
    assert len({row["program"] for row in rows(SAMPLE / "lms/programs.csv")}) >= 8
    assert sum(p.stat().st_size for p in SAMPLE.rglob("*") if p.is_file()) < 3_000_000
    people = rows(SAMPLE / "people.csv")
    roles = Counter(role for person in people for role in re.split(r"\W+", person["roles"]) if role)
    assert len(people) >= 12
    assert roles.keys() == {"ADMINISTRATOR", "LEARNING_LEADER", "INSTRUCTIONAL_DESIGNER", "SPECIALIST"}


def test_every_name_in_a_table_leads_somewhere() -> None:
    catalog = rows(SAMPLE / "lms/catalog.csv")
    known = {row["external_id"] for row in catalog}
    programs = rows(SAMPLE / "lms/programs.csv")
    assert len(known) == len(catalog)
    others = Counter(row["title"] for row in catalog)
    others += Counter(Path(path).stem for path in package_ids(SAMPLE))
    others += Counter(package_ids(SAMPLE).values())
    for row in programs:
        assert row["resource"] in known or others[row["resource"]] == 1, row
    used = {row["resource"] for path in (SAMPLE / "lms").glob("engagement-*.csv") for row in rows(path)}
    assert used == known | {row["program"] for row in programs}
    packages = Counter(Path(path).name for path in package_ids(SAMPLE))
    assert all(packages[row["file"]] == 1 for row in catalog if row["file"])
    people = {row["email"] for row in rows(SAMPLE / "people.csv")}
    assert {row["owner"] for row in programs} <= people


def test_engagement_has_24_whole_months_and_no_month_in_both_forms() -> None:
    as_of = date.fromisoformat(json.loads((SAMPLE / "sample.json").read_text("utf-8"))["as_of"])
    singly = rows(SAMPLE / "lms/engagement-learners.csv")
    summed = [row for half in ("2024-25", "2025-26") for row in rows(SAMPLE / f"lms/engagement-{half}.csv")]
    assert max(row["month"] for row in summed) < as_of.isoformat()[:7]
    learners = {(row["resource"], row["month"]) for row in singly}
    sums = [(row["resource"], row["month"]) for row in summed]
    assert len(sums) == len(set(sums))
    assert not learners & set(sums)
    by_learner = {resource for resource, _ in learners}
    months = Counter(resource for resource, _ in sums)
    assert all(count == (18 if resource in by_learner else 24) for resource, count in months.items())
    for row in summed + singly:
        assert int(row["enrolled"]) >= 0
        assert int(row["completed"]) <= int(row["started"])
    counted = Counter((row["resource"], row["learner"]) for row in singly if row["enrolled"] == "1")
    assert set(counted.values()) == {1}, "each learner is enrolled once in each thing"


def test_the_key_is_what_the_planted_list_says_and_names_only_what_is_there() -> None:
    assert make_key.KEY.read_text("utf-8") == make_key.as_json(), "run python -m tests.sample.make_key"
    key = json.loads(make_key.KEY.read_text("utf-8"))
    ids = external_ids(SAMPLE)
    members = [pair[side] for pair in key["planted"] + key["guarded"] for side in "ab"]
    members += key["outdated"] + key["quiet"] + [program["item"] for program in key["programs"]]
    assert [m for m in members if m["external_id"] not in ids[m["source"]]] == []
    pairs = [frozenset((p["a"]["external_id"], p["b"]["external_id"])) for p in key["planted"]]
    assert all(len(pair) == 2 for pair in pairs)
    assert len(set(pairs)) == len(pairs)
    programs = rows(SAMPLE / "lms/programs.csv")
    for planted in key["programs"]:
        held = {row["resource"] for row in programs if row["program"] == planted["program"]}
        assert planted["item"]["external_id"] in held
    links = {row["external_id"]: row["file"] for row in rows(SAMPLE / "lms/catalog.csv") if row["file"]}
    by_file = {Path(path).name: identifier for path, identifier in package_ids(SAMPLE).items()}
    assert {link["row"]: link["package"] for link in key["linked"]} == {
        row: by_file[file] for row, file in links.items()
    }


@pytest.mark.parametrize(
    ("relation", "least"),
    [
        ("identical", 8),
        ("revised", 10),
        ("contained", 8),
        ("overlap", 4),
        ("same_item", 8),
        ("translated", 3),
        ("same_topic", 8),
        ("templated", 12),
    ],
)
def test_enough_of_each_relation_is_planted(relation: str, least: int) -> None:
    planted = json.loads(make_key.KEY.read_text("utf-8"))["planted"]
    assert sum(pair["relation"] == relation and not pair.get("derived") for pair in planted) >= least


def test_what_the_key_says_of_outdated_pages_stands_in_their_text() -> None:
    for name, _, says in make_key.OUTDATED:
        if says:
            assert says in texts.load(name).body


def test_reviews_are_overdue_only_where_the_key_says_so() -> None:
    due = {make_key.listing(name) for name, why, _ in make_key.OUTDATED if why == "review_due"}
    overdue = {
        ("lms", row["external_id"])
        for row in rows(SAMPLE / "lms/catalog.csv")
        if row["review_date"] and row["review_date"] < build.AS_OF
    }
    for page in (SAMPLE / "handbook").rglob("*.md"):
        matter = yaml.safe_load(page.read_text("utf-8").split("---\n")[1])
        years, months = divmod(int(matter["review_in"].split()[0]), 12)
        reviewed = date.fromisoformat(str(matter["last_reviewed_on"]))
        month = reviewed.month - 1 + months
        if (
            date(reviewed.year + years + month // 12, month % 12 + 1, min(reviewed.day, 28)).isoformat()
            < build.AS_OF
        ):
            overdue.add(("handbook", page.relative_to(SAMPLE / "handbook").as_posix()))
    assert overdue == {found for found in due if found[0] != "academy"}


def test_a_seasonal_a_declining_and_a_rare_use_look_like_that() -> None:
    def enrolled(resource: str) -> list[int]:
        return [
            int(row["enrolled"])
            for half in ("2024-25", "2025-26")
            for row in rows(SAMPLE / f"lms/engagement-{half}.csv")
            if row["resource"] == resource
        ]

    winter = enrolled("HS-129")
    season = [
        count
        for month, count in zip(usage.MONTHS, winter, strict=True)
        if month[5:] in ("10", "11", "12", "01")
    ]
    assert sum(season) > 0.8 * sum(winter)
    declining = enrolled("HS-115")
    assert sum(declining[:6]) > 2 * sum(declining[-6:])
    assert 0 < sum(enrolled("HS-125")) <= 16


def test_a_renamed_copy_says_the_same_under_other_names(renamed: tuple[Path, rename.Renamed]) -> None:
    copy, names = renamed
    before, after = external_ids(SAMPLE), external_ids(copy)
    for source, ids in before.items():
        assert {names.external_id(old) for old in ids} == after[source]
    assert len(set(names.titles.values())) == len(names.titles)
    told = dict(
        zip(
            (r["external_id"] for r in rows(SAMPLE / "lms/catalog.csv")),
            rows(copy / "lms/catalog.csv"),
            strict=True,
        )
    )
    for row in rows(SAMPLE / "lms/catalog.csv"):
        new = told[row["external_id"]]
        assert new["external_id"] == names.ids[row["external_id"]]
        assert new["title"] == names.titles[row["title"]] != row["title"]
        assert new["duration_minutes"] == row["duration_minutes"]
    assert {Path(path).name for path in package_ids(copy)} >= {r["file"] for r in told.values() if r["file"]}
    everything = "".join(
        path.read_text("utf-8")
        if path.suffix not in (".zip", ".xlsx")
        else str(contents(path.name, path.read_bytes()))
        for path in copy.rglob("*")
        if path.is_file()
    )
    assert not re.search("tarnwick|wendle", everything, re.IGNORECASE)
    old = "|".join(map(re.escape, [*names.titles, *names.ids]))
    assert not re.findall(rf"(?<![\w.-])(?:{old})(?![\w-]|\.\w)", everything)


def test_swapping_two_bodies_leaves_their_titles(tmp_path: Path) -> None:
    first, second = (
        Path(shutil.copy(SAMPLE / "handbook" / page, tmp_path))
        for page in ("it/timesheets.md", "safety/fire-drill.md")
    )
    heads = [page.read_text("utf-8").split("\n# ")[0] for page in (first, second)]
    body = second.read_text("utf-8").split("\n\n", 2)[2]
    rename.swap_bodies(first, second)
    assert [page.read_text("utf-8").split("\n# ")[0] for page in (first, second)] == heads
    assert first.read_text("utf-8").endswith(body)


def test_nothing_under_services_knows_the_sample(renamed: tuple[Path, rename.Renamed]) -> None:
    _, names = renamed
    said = {
        path: path.read_text("utf-8").lower()
        for ending in ("*.py", "*.toml", "*.html", "*.sql", "*.json")
        for path in SERVICES.rglob(ending)
    }
    words = [title for title in names.titles if len(title.split()) > 2] + [
        *names.ids,
        *names.names,
        "answer_key",
    ]
    known = re.compile("|".join(rf"(?<![\w-]){re.escape(word.lower())}(?![\w-])" for word in words))
    assert said
    assert [(path.name, found[0]) for path, text in said.items() if (found := known.search(text))] == []
    assert not any(
        re.search(r"^\s*(from|import) (samples|tests)\b", text, re.MULTILINE) for text in said.values()
    )
