"""`curate` and `evaluate` on folders of files: what goes in, what must come out, and errors that name their line.

Proves the contract of the files and that the parts play together; how often the findings are right on content that
nobody wrote for a test is what `winnow evaluate` measures.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from services.curator.analysis.model import Judgement, Relation
from services.curator.analysis.relation_model import Curves, Model
from services.curator.analysis.text import segment
from services.curator.corpus import read_corpus
from services.curator.curate import curate
from services.curator.curate_unused import unused_rows
from services.kit.errors import InvalidArgument, NotFound
from tests.unit.analysis.prose import ALERT, ALERTS

Row = Mapping[str, Any]

LIFTING = """Before you lift a crate, look at it. Ask whether it has handles, whether the weight sits on one side, and \
whether the way to its new place is free. A crate above twenty kilograms is lifted by two people or with the trolley.

Stand close to the load with your feet as wide as your hips. Bend your knees, keep your back straight and take hold \
with both hands. Rise slowly out of your legs; never turn your trunk while you carry, move your feet instead.

Set the crate down the way you took it up. If your back hurts, stop at once and tell the shift lead, who writes the \
event into the accident book on the same day, because small pains are the first sign of a larger injury."""
LADDERS = """A ladder stands on firm ground, one measure out for every four measures up. Two people carry it, one at \
each end, and nobody walks below it. Wet rungs are wiped dry before anybody climbs.

Climb with your face to the rungs and three limbs on them at all times. Tools travel in a belt or a bucket on a rope. \
The two highest rungs are not for feet, whatever the job seems to ask for."""
TRUCKS = """Only drivers with a permit may move a pallet truck with a motor. Look over the fork, the wheels and the \
brake each morning and put the key back into the box whenever you step away, even for a minute.

Drive at walking speed between the racks, sound the horn at corners and keep the fork a hand above the floor. Loads \
that hide your view are moved backwards. People on foot always go first."""
TEA = """Green leaves want water of eighty degrees and two minutes; black leaves take boiling water and four. Warm the \
pot, measure a spoon for each cup, and pour out all of it so that the second cup is not bitter.

The colour tells you little. Trust the clock and your nose, and write down what you liked, since leaves of one garden \
differ from year to year and the tin does not say so."""
LADDERS_ES = """Una escalera se apoya en suelo firme, una medida hacia fuera por cada cuatro hacia arriba. La llevan \
dos personas, una en cada extremo, y nadie camina por debajo. Los peldaños mojados se secan antes de que alguien suba.

Suba de cara a los peldaños y con tres extremidades siempre sobre ellos. Las herramientas viajan en un cinturón o un \
cubo con cuerda. Los dos peldaños más altos no son para los pies, pida lo que pida el trabajo."""
TEA_ES = """Las hojas verdes quieren agua a ochenta grados y dos minutos; las hojas negras toman agua hirviendo y \
cuatro. Caliente la tetera, mida una cucharada por taza y sirva todo para que la segunda taza no amargue.

El color dice poco. Fíese del reloj y de la nariz, y apunte lo que le gustó, porque las hojas de un jardín cambian \
de un año a otro y la lata no lo dice."""
STATEMENT = "From 1 March 2021 the new badges will open the side gate as well."


def row(identifier: str, body: str, **fields: object) -> dict[str, object]:
    return {
        "id": identifier,
        "title": identifier.capitalize(),
        "body": body,
        "language": "en",
        "kind": "lesson",
        "created": "2020-01-01",
        "updated": "2024-05-01",
        "as_of": "2024-09-01",
        "review_date": None,
        "owner": None,
        "programs": [],
        "links": [],
        **fields,
    }


def catalog() -> list[dict[str, object]]:
    edited = LIFTING.replace("twenty kilograms", "fifteen kilograms").replace("shift lead", "team lead")
    edited = edited.replace("because small pains", "since small pains")
    return [
        row("lifting", LIFTING, title="Lifting 2022", updated="2022-02-01"),
        row("lifting-new", edited, title="Lifting 2024", updated="2024-02-01"),
        row("warehouse", f"{LADDERS}\n\n{TRUCKS}\n\n{STATEMENT}"),
        row("ladders", LADDERS),
        row("tea", TEA, title=""),
        row("tea-copy", TEA),
    ]


def write(folder: Path, name: str, rows: Sequence[Row]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    text = "".join(json.dumps(one) + "\n" for one in rows)
    if name.endswith(".gz"):
        (folder / name).write_bytes(gzip.compress(text.encode()))
    else:
        (folder / name).write_text(text, "utf-8")


def read(folder: Path, name: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (folder / f"{name}.jsonl").read_text("utf-8").splitlines()]


@pytest.fixture
def source(tmp_path: Path) -> Path:
    folder = tmp_path / "catalog"
    write(folder, "resources.jsonl", catalog())
    path = {
        "id": "safety",
        "title": "Safety",
        "resources": ["ladders", "warehouse", "lifting"],
        "objectives": [],
    }
    write(folder, "programs.jsonl", [path])
    write(folder, "engagement.jsonl", [{"program": "safety", "week": 0, "enrolled_after": 120}])
    return folder


def test_duplicates_editions_and_excerpts_are_found_and_the_rest_is_left_alone(
    source: Path, tmp_path: Path
) -> None:
    summary = curate(source, tmp_path / "out", index=False)
    found = {(one["a"], one["b"]): one for one in read(tmp_path / "out", "findings")}
    assert {pair: one["relation"] for pair, one in found.items()} == {
        ("lifting", "lifting-new"): "revised",
        ("ladders", "warehouse"): "contained",
        ("tea", "tea-copy"): "identical",
    }
    assert all(one["kind"] == "DUPLICATE" and 0.7 <= one["confidence"] <= 1 for one in found.values())
    assert summary.resources == 6
    assert summary.findings == 3


def test_what_is_written_names_things_by_their_titles_too(source: Path, tmp_path: Path) -> None:
    write(source, "resources.jsonl", [*catalog(), row("probe", "Just a test.", title="Test")])
    curate(source, tmp_path / "out", index=False)
    titles = {str(one["id"]): one["title"] for one in (*catalog(), {"id": "probe", "title": "Test"})}
    for one in read(tmp_path / "out", "findings"):
        assert (one["a_title"], one["b_title"]) == (titles[one["a"]], titles[one["b"]])
    outdated = {one["resource"]: one for one in read(tmp_path / "out", "outdated")}
    assert {key: one["title"] for key, one in outdated.items()} == titles
    assert outdated["lifting"]["evidence"]["newer_title"] == "Lifting 2024"
    assert [one["title"] for one in read(tmp_path / "out", "unused")] == ["Test"]
    for one in read(tmp_path / "out", "programs"):
        assert one["program_title"] == "Safety"
        assert one["item_titles"] == [titles[key] for key in one["items"]]
        assert one["replacement_title"] == titles.get(one["replacement"], "")


def test_every_quotation_is_a_substring_of_its_resource(source: Path, tmp_path: Path) -> None:
    curate(source, tmp_path / "out", index=False)
    bodies = {str(one["id"]): str(one["body"]) for one in catalog()}
    passages = [
        p
        for name in ("findings", "programs")
        for one in read(tmp_path / "out", name)
        for p in one["passages"]
    ]
    quotes = [quote for passage in passages for quote in (passage["a"], passage["b"])]
    claims = [claim for one in read(tmp_path / "out", "outdated") for claim in one["evidence"]["claims"]]
    quotes += [quote for claim in claims for quote in claim["quotes"]]
    assert len(quotes) > 10
    for quote in quotes:
        body = bodies[quote["resource"]]
        assert body[quote["start"] : quote["start"] + len(quote["quote"])] == quote["quote"]


def test_each_resource_has_a_row_that_says_why_it_is_outdated_or_current(
    source: Path, tmp_path: Path
) -> None:
    curate(source, tmp_path / "out", index=False)
    rows = {one["resource"]: one for one in read(tmp_path / "out", "outdated")}
    assert sorted(rows) == sorted(str(one["id"]) for one in catalog())
    assert (rows["lifting"]["label"], rows["lifting"]["reason"]) == ("outdated", "superseded")
    assert rows["lifting"]["evidence"]["newer"] == "lifting-new"
    assert (rows["warehouse"]["label"], rows["warehouse"]["reason"]) == ("outdated", "dated_statement")
    assert rows["warehouse"]["evidence"]["claims"][0]["quotes"][0]["quote"] == STATEMENT
    assert rows["lifting-new"]["label"] == rows["tea"]["label"] == "current"


def test_a_resource_is_judged_on_its_own_day(source: Path, tmp_path: Path) -> None:
    early = [{**one, "as_of": "2021-02-01", "updated": "2021-01-01"} for one in catalog()]
    write(source, "resources.jsonl", early)
    curate(source, tmp_path / "out", index=False)
    rows = {one["resource"]: one for one in read(tmp_path / "out", "outdated")}
    assert rows["warehouse"]["label"] == "current"


def test_programs_lose_what_they_teach_twice_and_get_the_better_copy(source: Path, tmp_path: Path) -> None:
    curate(source, tmp_path / "out", index=False)
    drop, replace = read(tmp_path / "out", "programs")
    assert (drop["operation"], drop["items"]) == ("drop", ["ladders"])
    assert drop["unit"] == "learner minutes a year"
    assert drop["saving"] > 0
    assert (replace["operation"], replace["items"], replace["replacement"]) == (
        "replace",
        ["lifting"],
        "lifting-new",
    )


def test_programs_keep_the_pages_of_one_template_which_are_two_things_each(
    source: Path, tmp_path: Path
) -> None:
    alerts = [row(one["name"], ALERT.format(**one)) for one in ALERTS]
    write(source, "resources.jsonl", alerts)
    on_call = {"id": "on-call", "title": "On call", "resources": [one["name"] for one in ALERTS]}
    write(source, "programs.jsonl", [{**on_call, "objectives": []}])
    curate(source, tmp_path / "out", index=False)
    assert {one["two_things"] for one in read(tmp_path / "out", "pairs")} == {True}
    assert read(tmp_path / "out", "programs") == []


def test_the_same_catalog_gives_the_same_bytes_in_any_order_and_packing(source: Path, tmp_path: Path) -> None:
    curate(source, tmp_path / "one", index=False)
    (source / "resources.jsonl").unlink()
    write(source, "resources.jsonl.gz", catalog()[::-1])
    curate(source, tmp_path / "two", index=False)
    for name in ("pairs", "findings", "outdated", "programs"):
        assert (tmp_path / "one" / f"{name}.jsonl").read_bytes() == (
            tmp_path / "two" / f"{name}.jsonl"
        ).read_bytes()


def test_where_a_copy_came_from_and_the_answers_change_nothing(source: Path, tmp_path: Path) -> None:
    curate(source, tmp_path / "one", index=False)
    known = [
        {**one, "path": "v2/x.md", "url": "u", "commit": "c", "source": "s", "status": None}
        for one in catalog()
    ]
    write(source, "resources.jsonl", known)
    write(source, "pairs.jsonl", [{"a": "tea", "b": "ladders", "relation": "identical", "evidence": {}}])
    write(source, "outdated.jsonl", [{"resource": "tea", "label": "outdated", "reason": "archived"}])
    curate(source, tmp_path / "two", index=False)
    for name in ("pairs", "findings", "outdated", "programs"):
        assert (tmp_path / "one" / f"{name}.jsonl").read_bytes() == (
            tmp_path / "two" / f"{name}.jsonl"
        ).read_bytes()


def test_with_the_model_the_findings_of_words_stand(source: Path, tmp_path: Path) -> None:
    """Slow: loads the embedding model."""
    curate(source, tmp_path / "words", index=False)
    curate(source, tmp_path / "meaning", index=True)
    for_words, for_meaning = (
        {(one["a"], one["b"], one["relation"]) for one in read(tmp_path / name, "findings")}
        for name in ("words", "meaning")
    )
    assert for_words == for_meaning


def test_another_model_judges_instead_of_the_shipped_one(source: Path, tmp_path: Path) -> None:
    never = Curves(-50.0, {})
    curate(source, tmp_path / "out", index=False, model=Model(never, never, never, never, never, never))
    found = {(one["a"], one["b"]) for one in read(tmp_path / "out", "findings")}
    assert found == {("tea", "tea-copy")}  # equal texts need no model


def test_an_empty_folder_is_an_empty_catalog(tmp_path: Path) -> None:
    (tmp_path / "nothing").mkdir()
    summary = curate(tmp_path / "nothing", tmp_path / "out")
    assert (summary.resources, summary.pairs, summary.findings) == (0, 0, 0)
    assert read(tmp_path / "out", "outdated") == []


def test_programs_come_from_the_resources_where_no_file_lists_them(tmp_path: Path) -> None:
    rows = [
        row("ladders", LADDERS, programs=[{"id": "p", "position": 1}]),
        row("warehouse", f"{LADDERS}\n\n{TRUCKS}", programs=[{"id": "p", "position": 0}]),
    ]
    write(tmp_path / "in", "resources.jsonl", rows)
    curate(tmp_path / "in", tmp_path / "out", index=False)
    (found,) = read(tmp_path / "out", "programs")
    assert (found["program"], found["items"], found["unit"]) == ("p", ["ladders"], "minutes a learner")


@pytest.mark.parametrize(
    ("line", "field"),
    [
        ('{"id": "x", "title": 5}', "title"),
        ('{"title": "no id"}', "id"),
        ('{"id": "x", "updated": "last week"}', "updated"),
        ('{"id": "x", "links": "http://x"}', "links"),
        ('{"id": "x", "programs": ["p"]}', "programs"),
        ('["x"]', "line"),
        ('{"id": "x"', "column"),
        ('{"id": "tea"}', "id"),
    ],
)
def test_a_bad_line_is_named_with_its_file_and_field(tmp_path: Path, line: str, field: str) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "resources.jsonl").write_text(
        json.dumps(row("tea", TEA)) + "\n\n" + line + "\n", "utf-8"
    )
    with pytest.raises(InvalidArgument) as refused:
        curate(tmp_path / "in", tmp_path / "out", index=False)
    assert refused.value.reason == "CORPUS_INVALID"
    assert refused.value.metadata["file"] == "resources.jsonl"
    assert refused.value.metadata["line"] == "3"
    assert refused.value.metadata["field"].startswith(field)
    assert not (tmp_path / "out").exists()


def test_bytes_that_are_no_text_and_a_cut_archive_are_named(tmp_path: Path) -> None:
    (tmp_path / "resources.jsonl").write_bytes(b'{"id": "x"}\n\xff\xfe\n')
    with pytest.raises(InvalidArgument, match="line 2"):
        curate(tmp_path, tmp_path / "out", index=False)
    (tmp_path / "resources.jsonl").unlink()
    packed = gzip.compress(("".join(json.dumps(row(f"r{n}", TEA)) + "\n" for n in range(50))).encode())
    (tmp_path / "resources.jsonl.gz").write_bytes(packed[: len(packed) // 2])
    with pytest.raises(InvalidArgument, match=r"resources\.jsonl\.gz"):
        curate(tmp_path, tmp_path / "out", index=False)


def test_a_missing_folder_is_not_an_empty_catalog(tmp_path: Path) -> None:
    with pytest.raises(NotFound):
        curate(tmp_path / "nowhere", tmp_path / "out")


def test_what_was_told_beside_the_files_is_found_in_them(tmp_path: Path) -> None:
    write(tmp_path, "resources.jsonl", [row("trucks", TRUCKS), row("tea", TEA)])
    told = 'title = "New permits"\nphrases = ["a permit"]\nannounced = 2024-01-01\n'
    (tmp_path / "told.toml").write_text(f"[[announcement]]\n{told}")
    curate(tmp_path, tmp_path / "out", index=False)
    by_id = {each["resource"]: each for each in read(tmp_path / "out", "outdated")}
    assert by_id["trucks"]["reason"] == "announced_change"
    (claim,) = by_id["trucks"]["evidence"]["claims"]
    assert [quote["quote"] for quote in claim["quotes"]] == [
        "Only drivers with a permit may move a pallet truck with a motor."
    ]
    assert by_id["tea"]["reason"] == "none"


@pytest.mark.parametrize(
    ("text", "field"),
    [
        ('[[announcement]]\ntitle = "New"\nphrases = []\nannounced = 2024-01-01', "phrases"),
        ('[[announcement]]\ntitle = "New"\nphrases = ["a permit"]\nannounced = "soon"', "announced"),
        ('announcement = "New"', "announcement"),
    ],
)
def test_what_cannot_be_read_as_told_is_named(tmp_path: Path, text: str, field: str) -> None:
    (tmp_path / "told.toml").write_text(text)
    with pytest.raises(InvalidArgument) as refused:
        curate(tmp_path, tmp_path / "out", index=False)
    assert refused.value.metadata["field"] == field


def test_translated_prose_is_found_when_the_multilingual_model_is_there(tmp_path: Path) -> None:
    rows = [row("ladders", LADDERS), row("tea", TEA), row("trucks", TRUCKS)]
    rows += [row("escaleras", LADDERS_ES, language="es"), row("te", TEA_ES, language="es")]
    write(tmp_path / "in", "resources.jsonl", rows)
    curate(tmp_path / "in", tmp_path / "out")
    found = read(tmp_path / "out", "findings")
    assert {(one["a"], one["b"]): one["relation"] for one in found} == {
        ("escaleras", "ladders"): "translated",
        ("te", "tea"): "translated",
    }
    assert all(one["passages"] for one in found)
    curate(tmp_path / "in", tmp_path / "words", index=False)
    assert read(tmp_path / "words", "findings") == []


def test_the_only_one_in_its_language_is_left_alone(tmp_path: Path) -> None:
    write(tmp_path, "resources.jsonl", [row("trial", TEA, title="Test"), row("probe", LADDERS, title="Test")])
    corpus = read_corpus(tmp_path)
    blocks = {key: segment(document) for key, document in corpus.documents.items()}
    family = Judgement("trial", "prueba", Relation.TRANSLATED, 0.9, 0.9, 0.0, 0.0)
    assert [one["resource"] for one in unused_rows(corpus, blocks, (), [family])] == ["probe"]


def test_what_nobody_starts_and_what_was_a_trial_are_written_with_their_mark(tmp_path: Path) -> None:
    folder = tmp_path / "catalog"
    names = ("tea", "lifting", "ladders", "trucks", "statement", "idle", "mine")
    texts = (TEA, LIFTING, LADDERS, TRUCKS, STATEMENT * 8, TEA[::-1], LIFTING[::-1])
    rows = [row(name, text) for name, text in zip(names, texts, strict=True)]
    write(folder, "resources.jsonl", [*rows, row("trial", LADDERS[::-1], title="Test 2")])
    months = [f"{year}-{month:02}" for year in (2023, 2024) for month in range(1, 13)][:20]
    write(
        folder,
        "engagement.jsonl",
        [
            {"resource": name, "month": month, "enrolled": 30, "started": 0 if name == "idle" else 25}
            for name in names[:-1]
            for month in months
        ],
    )
    summary = curate(folder, tmp_path / "out", index=False)
    found = read(tmp_path / "out", "unused")
    assert [(one["resource"], one["mark"], one["plan"], one["reason"]) for one in found] == [
        ("idle", "irrelevant", "unlist", "started"),
        ("trial", "trivial", "unlist", "placeholder_title"),
    ]
    assert summary.unused == 2
