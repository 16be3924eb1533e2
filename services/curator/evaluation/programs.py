"""How far streamlining agrees with what owners themselves cut from their programs.

`program_changes` records acts of owners: a program's items before an act, and which of them it took away, by the
paths of their files. Paths are answers: only this judge reads them, to find the copy of each file that was in use on
the day of the act. What `streamline` would drop or replace in the program as it was is then held against the act.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from typing import cast

from services.curator.analysis.duplicates import find_duplicates
from services.curator.analysis.groups import Pair, pair
from services.curator.analysis.model import Block, Document, Judgement, Program, ProgramItem, Relation
from services.curator.analysis.programs.coverage import block_covers
from services.curator.analysis.programs.paths import Surroundings
from services.curator.analysis.programs.redundancy import drops
from services.curator.analysis.programs.streamlining import replacements
from services.curator.analysis.survivors import Facts, choose
from services.curator.analysis.text import segment
from services.curator.corpus import read_corpus, read_rows

_FEWEST_ITEMS = 5  # of a program whose files are in the corpus; smaller ones tell nothing about choosing
_COPIES = (Relation.IDENTICAL, Relation.SAME_ITEM, Relation.REVISED)


@dataclass(frozen=True, slots=True)
class ProgramScore:
    """Agreement with owners' cuts.

    `acts` are cuts that could be laid out again, in `commits`; `items` those of their programs, `cut` what owners
    took away. Of what would have been dropped or replaced (`proposed`), `right` was cut. `precision` is the share
    of it, None where nothing was proposed, `baseline` that of items drawn at random from the same programs.
    `auc` is the chance that an item that was cut is covered more by the rest of its program than one that stayed,
    `auc_shortest` the chance that it is the shorter one; 0.5 is chance.
    """

    acts: int
    commits: int
    items: int
    cut: int
    proposed: int
    right: int
    precision: float | None
    recall: float
    baseline: float
    auc: float | None
    auc_shortest: float | None

    def json(self) -> dict[str, object]:
        """The same as plain values for JSON."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class _Act:
    """A program as it was on a day, as ids, and what its owner took away."""

    on: date
    commit: str
    items: tuple[str, ...]
    cut: frozenset[str]


def judge_programs(directory: Path, out: Path) -> ProgramScore | None:
    """The score of a corpus with recorded cuts, None for one without; `out` holds what `curate` found in it.

    Errors as `read_corpus`.
    """
    rows = [row for row in read_rows(directory, "program_changes") if row.get("removed")]
    if not rows:
        return None
    corpus = read_corpus(directory)
    copies = _copies(directory)
    file_of = {id_: path for path, of_file in copies.items() for _, id_ in of_file}
    acts = [act for row in rows if (act := _act(row, copies, corpus.documents)) is not None]
    blocks = {
        key: segment(corpus.documents[key]) for key in sorted({key for act in acts for key in act.items})
    }
    # Another copy of the same file is what the owner went on working on, nothing to cut.
    judgements = [
        one
        for row in read_rows(out, "findings")
        if (one := _judgement(row)) is not None
        and {one.a, one.b} <= blocks.keys()
        and file_of[one.a] != file_of[one.b]
    ]
    apart = frozenset(
        pair(str(row["a"]), str(row["b"])) for row in read_rows(out, "pairs") if row.get("two_things")
    )
    proposed, right, expected = 0, 0, 0.0
    covered: list[float] = []
    shorter: list[float] = []
    for act in acts:
        found = _proposed(act, corpus.documents, blocks, judgements, apart)
        proposed += len(found)
        right += len(found & act.cut)
        expected += len(found) * len(act.cut) / len(act.items)
        mine = {key: blocks[key] for key in act.items}
        covered += _wins(act, _covered(mine))
        shorter += _wins(act, {key: -sum(block.words for block in own) for key, own in mine.items()})
    items, cut = sum(len(act.items) for act in acts), sum(len(act.cut) for act in acts)
    return ProgramScore(
        acts=len(acts),
        commits=len({act.commit for act in acts}),
        items=items,
        cut=cut,
        proposed=proposed,
        right=right,
        precision=round(right / proposed, 4) if proposed else None,
        recall=round(right / max(1, cut), 4),
        baseline=round(expected / proposed if proposed else cut / max(1, items), 4),
        auc=_mean(covered),
        auc_shortest=_mean(shorter),
    )


def _copies(directory: Path) -> dict[str, list[tuple[str, str]]]:
    """Copies of each file, as (day of its last change, id), oldest first."""
    found: dict[str, list[tuple[str, str]]] = {}
    for row in read_rows(directory, "resources"):
        path = row.get("path")
        if isinstance(path, str):
            found.setdefault(path, []).append((str(row.get("updated") or ""), str(row["id"])))
    return {path: sorted(copies) for path, copies in found.items()}


def _act(
    row: Mapping[str, object],
    copies: Mapping[str, Sequence[tuple[str, str]]],
    documents: Mapping[str, Document],
) -> _Act | None:
    """Items are named relative to the folder of the program's own file."""
    folder = str(row["program"]).rpartition("/")[0]
    on = str(row["on"])

    def known(name: str) -> Iterable[str]:
        of_file = [copy for copy in copies.get(f"{folder}/{name}", ()) if copy[1] in documents]
        until = [id_ for day, id_ in of_file if day <= on]
        return until[-1:] or [id_ for _, id_ in of_file[:1]]

    items = tuple(dict.fromkeys(id_ for name in _names(row, "before") for id_ in known(name)))
    cut = frozenset(id_ for name in _names(row, "removed") for id_ in known(name)) & frozenset(items)
    if not cut or len(items) < _FEWEST_ITEMS:
        return None
    return _Act(date.fromisoformat(on), str(row["commit"]), items, cut)


def _names(row: Mapping[str, object], field: str) -> list[str]:
    value = row.get(field)
    return [str(name) for name in cast("list[object]", value)] if isinstance(value, list) else []


def _judgement(row: Mapping[str, object]) -> Judgement | None:
    relation = Relation(str(row["relation"]))
    if relation not in _COPIES:
        return None
    sure = float(cast("float", row["confidence"]))
    return Judgement(str(row["a"]), str(row["b"]), relation, sure, sure, 1.0, 1.0)


def _proposed(
    act: _Act,
    documents: Mapping[str, Document],
    blocks: Mapping[str, Sequence[Block]],
    judgements: Sequence[Judgement],
    apart: frozenset[Pair],
) -> set[str]:
    """What would be dropped from the program as it was, or replaced by what was there already."""
    there = {key for key in blocks if (documents[key].created or act.on) <= act.on} | set(act.items)
    own = set(act.items)
    ties = (one for one in judgements if {one.a, one.b} <= there and {one.a, one.b} & own)
    groups = find_duplicates(ties, documents=documents)
    better: dict[str, str] = {}
    for group in groups:
        chosen = choose(group, documents, blocks, {key: Facts() for key in group.members}, act.on)
        better |= dict.fromkeys(chosen.archivable, chosen.survivor)
    around = Surroundings({key: documents[key] for key in there}, blocks, better, groups, apart=apart)
    items = tuple(ProgramItem(place, True, resource=key) for place, key in enumerate(act.items))
    program = Program("before", "", items)
    whole = {"before": program}
    found = [*replacements(program, whole, around), *drops(program, whole, around)]
    return {item for one in found for item in one.items}


def _covered(blocks: Mapping[str, Sequence[Block]]) -> dict[str, float]:
    """Share of each item's words that other items of its program have too."""
    covers = block_covers(blocks)
    return {
        key: sum(block.words for block, by in zip(own, covers[key], strict=True) if by)
        / max(1, sum(block.words for block in own))
        for key, own in blocks.items()
    }


def _wins(act: _Act, value: Mapping[str, float]) -> list[float]:
    """For each cut and each kept item of one act: 1 where the cut one has the higher value, 0.5 for equal ones."""
    kept = [key for key in act.items if key not in act.cut]
    return [
        1.0 if value[cut] > value[other] else 0.5 if value[cut] == value[other] else 0.0
        for cut in sorted(act.cut)
        for other in kept
    ]


def _mean(values: Sequence[float]) -> float | None:
    return round(sum(values) / len(values), 4) if values else None
