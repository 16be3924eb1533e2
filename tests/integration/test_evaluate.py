"""`winnow evaluate`: a small catalog with known answers in, the figures out; and agreement with the corpora's scorer.

The small catalog proves what is counted and written, not how right curation is: its answers are made up.
"""

from __future__ import annotations

import json
import random
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from benchmarks.quality.goals import short_of
from benchmarks.quality.page import page
from benchmarks.quality.reading import reading, sheet
from benchmarks.quality.tasks import simple_scores
from benchmarks.quality.unmet import Measured, unmet
from services.cli.main import main
from services.curator.evaluate import case, evaluate
from services.curator.evaluation import drawing
from services.curator.evaluation.cases import Case, read_case
from services.curator.evaluation.figures import Figures, figures
from services.curator.evaluation.scores import Calibration, Score
from services.curator.evaluation.truth import Pair, Truth, read_truth
from services.curator.evaluation.views import View
from tests.integration.test_curate import TRUCKS, catalog, row, write
from tests.shared import shared_dir
from tests.unit.evaluation.test_programs import corpus

CORPORA = ("carpentries", "govuk-developer-docs", "openstax-business")  # the last has ties that are text only
KINDS = ("identical", "revised", "translated", "contained", "overlap", "unrelated")


@pytest.fixture
def answered(tmp_path: Path) -> Path:
    folder = tmp_path / "small"
    strangers = [row("kettle", TRUCKS, title="Kettle", source="s", commit="c", path="p")]
    write(folder, "resources.jsonl", [*catalog(), *strangers])
    answers = [
        ("lifting", "lifting-new", "revised", {"act": "edition"}),
        ("tea", "tea-copy", "identical", {"act": "copied-text"}),
        ("warehouse", "ladders", "contained", {"act": "chapter-of-part"}),  # the wrong way round
        ("ladders", "tea", "unrelated", {"act": "kept-apart", "mined": "random"}),
        ("lifting", "tea", "overlap", {"act": "merged-into", "rewritten": True}),  # nobody could find that
    ]
    write(
        folder,
        "pairs.jsonl",
        [{"a": a, "b": b, "relation": kind, "evidence": told} for a, b, kind, told in answers],
    )
    write(folder, "clusters.jsonl", [{"id": "k", "members": ["lifting", "lifting-new"]}])
    labels: list[tuple[str, str, str, dict[str, object]]] = [
        ("lifting", "outdated", "superseded", {"newer": "lifting-new"}),
        ("lifting-new", "current", "newest-copy", {}),
        ("tea", "outdated", "removed", {"commit": "x"}),
        ("ladders", "current", "kept", {}),
    ]
    write(
        folder,
        "outdated.jsonl",
        [{"resource": r, "label": label, "reason": why, "evidence": told} for r, label, why, told in labels],
    )
    return folder


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str]:
    with pytest.raises(SystemExit) as ended:
        main([*arguments])
    assert isinstance(ended.value.code, int)
    return ended.value.code, capsys.readouterr().out


def test_the_figures_of_a_small_catalog(
    answered: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    code, printed = run(
        capsys, "evaluate", str(answered), "--no-index", "--json", "--out", str(out), "--draw", "9"
    )
    assert code == 0
    found = json.loads(printed)["corpora"]["small"]
    assert json.loads((out / "evaluation.json").read_text("utf-8"))["corpora"]["small"] == found

    def counts(score: Mapping[str, Any]) -> tuple[int, int, int]:
        return score["right"], score["wrong"], score["missed"]

    assert counts(found["pairs"]["revised"]) == (1, 0, 0)
    assert counts(found["pairs"]["contained"]) == (0, 0, 1)  # found, in the other direction
    assert counts(found["pairs"]["any duplicate"]) == (2, 0, 1)
    assert counts(found["with_copied"]["any duplicate"]) == (3, 0, 1)
    assert counts(found["pairs"]["any duplicate, hard slice"]) == (0, 0, 1)
    assert found["pairs"]["any duplicate"]["recall"]["value"] == pytest.approx(2 / 3, abs=1e-4)
    assert counts(found["newer"]) == (1, 0, 0)
    assert counts(found["newer_pairs"]) == (1, 0, 0)
    assert counts(found["outdated"]["superseded"]["score"]) == (1, 0, 0)
    assert counts(found["outdated"]["retired"]["score"]) == (0, 0, 1)
    assert found["kept_proposed"]["value"] == 0
    assert counts(found["findings"]["score"]) == (3, 0, 1)
    assert found["findings"]["unjudged"] == 1  # the kettle, whose text is half of the warehouse's
    assert found["baselines"]["revised"][0]["f1"] == 1
    drawn = (out / "drawn.txt").read_text("utf-8")
    assert "1 of 1 findings" in drawn
    assert "kettle  Kettle" in drawn
    assert "warehouse  Warehouse" in drawn
    assert "<svg" in (out / "reliability.svg").read_text("utf-8")


def test_people_get_the_same_figures_as_lines(answered: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, printed = run(capsys, "evaluate", str(answered), "--no-index")
    assert code == 0
    line = next(line for line in printed.splitlines() if line.startswith("pairs: any duplicate "))
    assert "1.000 [" in line
    assert "0.667 [" in line
    assert "2/0/1" in line
    assert any(line.startswith("findings nobody judged") for line in printed.splitlines())


def test_hidden_titles_are_hidden_from_curation_and_from_the_baselines(
    answered: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for option, methods in ((None, True), ("--hide-titles", False), ("--plain", False)):
        out = tmp_path / str(option)
        options = [] if option is None else [option]
        code, printed = run(
            capsys, "evaluate", str(answered), "--no-index", "--json", "--out", str(out), *options
        )
        assert code == 0
        baselines = json.loads(printed)["corpora"]["small"]["baselines"]["any duplicate"]
        assert any(one["method"] == "title words" for one in baselines) is methods


def test_folders_of_one_name_and_a_draw_without_a_place_are_refused(
    answered: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(capsys, "evaluate", str(answered), str(answered))[0] == 2
    assert run(capsys, "evaluate", str(answered), "--draw", "3")[0] == 2


def test_the_page_on_quality_is_made_of_figures(answered: Path, tmp_path: Path) -> None:
    by_view = {view: evaluate([answered], tmp_path / view, index=False, view=view) for view in View}
    cases = [case(answered, tmp_path / View.FULL / "small", View.FULL)]
    (unknown,) = drawing.unknown(cases)
    write(tmp_path, "read.jsonl", [verdict(cases, unknown[1], right=False)])
    told = (reading(drawing.found(cases), tmp_path), reading([unknown], tmp_path))
    text = page(by_view, by_view[View.FULL], [], by_view, cases, *told)
    lines = text.splitlines()
    rows = [line for line in lines if line.startswith("|")]
    assert any(line.startswith("| any duplicate, F1 | 0.800 [") for line in rows)  # 2 right, 1 missed
    assert any(line.startswith("| small | 4 | 1.00/0.67/0.80 [") for line in rows)
    sure = cases[0].findings[unknown[1]]["confidence"]
    assert f"| 4 of all findings | 4 | 1 | **0** | {sure:.2f} |" in rows
    assert f"| 1 of those that no answer knows | 1 | 1 | **0** | {sure:.2f} |" in rows
    listed = lines.index("Not right of those that no answer knows, with the confidence said:")
    assert lines[listed + 2] == f"- {cases[0].findings[unknown[1]]['relation']} ({sure}): no"
    assert "nan" not in text


def test_a_goal_that_is_not_reached_says_by_how_much_and_why(answered: Path, tmp_path: Path) -> None:
    by_view = {view: evaluate([answered], tmp_path / view, index=False, view=view) for view in View}
    cases = [case(answered, tmp_path / View.FULL / "small", View.FULL)]
    (unknown,) = drawing.unknown(cases)
    write(tmp_path, "read.jsonl", [verdict(cases, unknown[1], right=False)])
    lines = list(unmet(Measured(by_view, cases, reading([unknown], tmp_path))))
    told = {line.split("**")[1]: line for line in lines if line.startswith("- **")}
    assert "CONTAINED, F1** (as is): 0.000, 0.98 short of 0.98." in told["CONTAINED, F1"]
    assert "of 1 excerpts" in told["CONTAINED, F1"]
    assert "1 are found the wrong way round" in told["CONTAINED, F1"]
    assert "of 1 pairs 0 are found" in told["OVERLAP, F1"]
    assert "Of the 1 in which one page replaced another in other words, 0 are found" in told["OVERLAP, F1"]
    assert "of 1 rewritten copies 0 are found" in told["hard slice, F1"]
    assert "0 of 1 are right, 45 short of 45" in told["Findings that no answer knows, read one by one"]
    assert "REVISED, F1" not in told  # it is reached
    assert "newer copy, pair and direction: recall" not in told


def test_what_little_is_missing_is_not_called_nothing() -> None:
    assert short_of(0.9782, 0.98) == "0.0018"
    assert short_of(0.0322, 0.03) == "0.0022"
    assert short_of(0.6029, 0.75) == "0.15"


def verdict(cases: Sequence[Case], both: Pair, *, right: bool) -> dict[str, object]:
    return {
        **cases[0].findings[both],
        "corpus": "small",
        "right": right,
        "because": "no",
        "read": "2026-01-02",
    }


def test_findings_that_a_person_read_are_counted_as_long_as_they_say_the_same(
    answered: Path, tmp_path: Path
) -> None:
    evaluate([answered], tmp_path / "out", index=False)
    cases = [case(answered, tmp_path / "out" / "small", View.FULL)]
    found, unknown = drawing.found(cases), drawing.unknown(cases)
    assert reading(found, tmp_path).read == 0
    both = sorted(cases[0].findings)
    verdicts = [verdict(cases, one, right=one != both[0]) for one in both]
    write(tmp_path, "read.jsonl", verdicts)
    told = reading(found, tmp_path)
    assert (told.found, told.drawn, told.read, told.right) == (4, 4, 4, 3)
    assert (len(told.wrong), told.days) == (1, ("2026-01-02",))
    sure = [float(str(one["confidence"])) for one in cases[0].findings.values()]
    assert told.confidence == pytest.approx(sum(sure) / 4)
    apart = reading(unknown, tmp_path)  # the kettle, as above
    assert (apart.found, apart.drawn, apart.read, apart.right) == (1, 1, 1, int(unknown[0][1] != both[0]))
    assert "1 of 1 findings that no answer knows (seed 1)." in sheet(unknown, "findings that no answer knows")
    write(tmp_path, "read.jsonl", [{**verdicts[0], "relation": "variant"}, *verdicts[1:]])
    assert reading(found, tmp_path).read == 3


def test_simple_scores_are_of_words_and_of_titles_where_these_are_seen(answered: Path) -> None:
    told = simple_scores(answered, View.FULL)
    assert told["equal words"].tolist() == [0, 1, 0, 0, 0]  # the tea and its copy
    larger = zip(told["title words"], told["5-gram containment"], strict=True)
    assert told["max(title, containment)"].tolist() == [max(both) for both in larger]
    assert "max(title, containment)" not in simple_scores(answered, View.HIDDEN)


def test_what_owners_cut_from_programs_is_scored_where_it_is_recorded(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    corpus(tmp_path / "cuts", ["part/sum.md"])
    code, printed = run(capsys, "evaluate", str(tmp_path / "cuts"), "--no-index")
    assert code == 0
    assert "== cuts: 1 cuts of owners from their programs, in 1 commits" in printed
    assert any(line.endswith("1, 1, 1.000 (drawn at random 0.200)") for line in printed.splitlines())


def test_every_number_that_the_scorer_of_the_corpora_prints_is_the_same(tmp_path: Path) -> None:
    """On made predictions: half right, some missing, some the wrong way round, some about pairs nobody listed."""
    folders = [shared_dir("data", name) for name in CORPORA]
    truths = [read_truth(folder) for folder in folders]
    predicted = [predictions(truth, seed) for seed, truth in enumerate(truths)]
    cases: list[Case] = []
    for truth, made in zip(truths, predicted, strict=True):
        for name, rows in made.items():
            write(tmp_path / truth.name, f"{name}.jsonl", rows)
        cases.append(read_case(truth, tmp_path / truth.name, {}))
    for number, folder in enumerate(folders):
        agree([folder], [cases[number]], [predicted[number]], tmp_path)
    agree(folders, cases, predicted, tmp_path)


def predictions(truth: Truth, seed: int) -> dict[str, list[dict[str, object]]]:
    chance = random.Random(seed)
    names = sorted(truth.resources)
    pairs: list[dict[str, object]] = []
    for one in truth.pairs:
        if chance.random() < 0.1:
            continue
        a, b = chance.sample([one["a"], one["b"]], 2) if chance.random() < 0.2 else (one["a"], one["b"])
        said = one["relation"] if chance.random() < 0.6 else chance.choice(KINDS)
        pairs.append({"a": a, "b": b, "relation": said, "confidence": round(chance.random(), 3)})
    findings: list[dict[str, object]] = [one for one in pairs if one["relation"] != "unrelated"]
    for _ in range(60):
        a, b = chance.sample(names, 2)
        findings.append({"a": a, "b": b, "relation": "overlap", "confidence": 0.6})
    members: dict[str, list[str]] = {}
    for member, cluster in truth.cluster.items():
        members.setdefault(cluster, []).append(member)
    edited: list[dict[str, object]] = [
        {"a": inside[-1], "b": inside[0], "relation": "revised", "confidence": 0.9}
        for inside in list(members.values())[:40]
    ]
    findings += edited
    outdated: list[dict[str, object]] = [
        {
            "resource": one["resource"],
            "label": chance.choice(("outdated", "current")),
            "confidence": round(chance.random(), 3),
            "evidence": {},
        }
        for one in truth.outdated
        if chance.random() < 0.9
    ]
    return {"pairs": pairs, "findings": findings, "outdated": outdated}


def agree(
    folders: Sequence[Path],
    cases: Sequence[Case],
    predicted: Sequence[Mapping[str, Sequence[Mapping[str, object]]]],
    scratch: Path,
) -> None:
    ours = figures(cases)

    def theirs(name: str, *options: str) -> dict[str, Any]:
        rows = [one for made in predicted for one in made[name]]
        write(scratch, "all.jsonl", rows)
        command = [sys.executable, str(shared_dir("data", "score.py")), *map(str, folders)]
        answer = subprocess.run(
            [*command, *options, f"--{name}", str(scratch / "all.jsonl")], capture_output=True, check=True
        )
        return json.loads(answer.stdout)

    compare_pairs(theirs("pairs"), ours.with_copied, ours.calibration_with_copied)
    compare_pairs(theirs("pairs", "--no-copied"), ours.pairs, ours.calibration)
    for family, told in theirs("outdated").items():
        if family == "all":
            continue
        same(told, ours.outdated[family].score)
        calibrated(told, ours.outdated[family].calibration)
    compare_findings(theirs("findings"), ours)
    compare_findings(theirs("findings", "--no-copied"), ours)


def compare_pairs(theirs: Mapping[str, Any], scores: Mapping[str, Score], sure: Calibration) -> None:
    names = {name: name.replace("any-duplicate", "any duplicate") for name in theirs if name != "calibration"}
    assert set(names.values()) == scores.keys()
    for name, own in names.items():
        same(theirs[name], scores[own])
    calibrated(theirs["calibration"], sure)


def compare_findings(theirs: Mapping[str, Any], ours: Figures) -> None:
    score = ours.findings.score
    assert (theirs["right"], theirs["wrong"], theirs["unjudged"]) == (
        score.right,
        score.wrong,
        ours.findings.unjudged,
    )
    assert theirs["precision_of_judged"] == score.precision.value
    assert theirs["recall_of_listed_pairs"] == score.recall.value


def same(theirs: Mapping[str, Any], ours: Score) -> None:
    assert (theirs["tp"], theirs["fp"], theirs["fn"]) == (ours.right, ours.wrong, ours.missed)
    assert theirs["precision"] == ours.precision.value
    assert theirs["recall"] == ours.recall.value
    assert theirs["f1"] == ours.f1.value


def calibrated(theirs: Mapping[str, Any], ours: Calibration) -> None:
    assert theirs["n"] == ours.count
    assert theirs["ece"] == pytest.approx(ours.ece.value, abs=1.1e-4)  # sums of floats in another order
    assert theirs["brier"] == pytest.approx(ours.brier, abs=1.1e-4)
