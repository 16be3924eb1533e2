"""Makes `services/curator/analysis/tables/relations.json`: `python -m benchmarks.quality.train CORPORA_FOLDER`.

Source families weigh the same (company training more), and inside one duplicates as much as the rest. Titles are
hidden: bodies decide. `--leave-out` prints how a model does on a family that it never saw.
"""

from __future__ import annotations

import argparse
import json
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from benchmarks.quality.fitting import Shape, fit
from benchmarks.quality.pairs import Labelled, of_company, of_corpus
from services.curator.analysis.model import Relation
from services.curator.analysis.relation_model import Curves, Model, judge, measures
from services.curator.corpus import read_corpus

TABLE = Path(__file__).resolve().parents[2] / "services/curator/analysis/tables/relations.json"
FAMILIES = (
    "carpentries",
    "container-training",
    "elixir-school",
    "govuk-developer-docs",
    "openstax-business",
    "openstax-physics-es",
    "powershell-docs",
)
_COMPANY = 120  # pairs of each way to make one
_FULL_WEIGHT = 40  # pairs: a family with fewer duplicates (or strangers) counts less
_PROSE_WEIGHT = 3  # company prose is what a catalog holds; most of the corpora is documentation with code

DUPLICATE: Shape = {
    "runs_high": (1, (0, 0.03, 0.08, 0.15, 0.3, 0.5, 0.7, 0.9)),
    "runs_low": (1, (0, 0.03, 0.1, 0.2, 0.4, 0.6, 0.8)),
    "covered_high": (1, (0, 0.05, 0.15, 0.3, 0.5, 0.7, 0.9, 1)),
    "covered_low": (1, (0, 0.1, 0.3, 0.6, 0.9, 1)),
    "equal_high": (1, (0, 0.1, 0.3, 0.5, 0.7, 0.9, 1)),
    "equal_low": (1, (0, 0.1, 0.3, 0.5, 0.7, 0.9)),
    "ordered": (1, (0.5, 0.8, 1)),
    "words": (1, (2.5, 3.3, 3.8, 4.5, 5)),
    "facts_changed": (-1, (0, 0.05, 0.1, 0.2, 0.3, 0.5, 0.8)),
    "slots": (-1, (0, 0.2, 0.4, 0.7)),
    "repeated": (-1, (0, 0.1, 0.2, 0.35, 0.5, 0.8)),
    "skeleton_facts_changed": (-1, (0, 0.05, 0.1, 0.2, 0.3, 0.5, 0.8)),
    "skeleton_slots": (-1, (0, 0.1, 0.3, 0.6)),
    "skeleton_repeated": (-1, (0, 0.1, 0.2, 0.35, 0.5, 0.8)),
    "code_share": (-1, (0, 0.02, 0.1, 0.3)),
    "skeleton_code": (-1, (0, 0.01, 0.05, 0.15, 0.3)),
    "skeleton_foreign": (-1, (0, 0.03, 0.06, 0.1, 0.2, 0.4)),
}
TRANSLATED: Shape = {
    "code": (1, (0, 0.05, 0.15, 0.3, 0.6)),
    "links": (1, (0, 0.05, 0.2, 0.5)),
    "numbers": (1, (0, 0.1, 0.2, 0.4, 0.7)),
    "names": (1, (0, 0.02, 0.05, 0.1, 0.2, 0.4)),
    "outline": (1, (0, 0.5, 0.8, 1)),
    "runs_high": (1, (0, 0.01, 0.05, 0.15, 0.4)),
    "covered_high": (1, (0, 0.02, 0.1, 0.3)),
    "length_ratio": (1, (0.2, 0.5, 0.7, 0.9)),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("corpora", type=Path)
    parser.add_argument("--leave-out", action="store_true")
    options = parser.parse_args()
    pairs = gather(options.corpora, "hidden")
    if options.leave_out:
        titled = gather(options.corpora, "full")
        for family in sorted({one.family for one in pairs}):
            known = {one.family for one in pairs if one.family != family and not kin(one.family, family)}
            model = train([one for one in pairs if one.family in known])
            for view, name in ((pairs, "titles hidden"), (titled, "with titles")):
                tell(f"{family}, {name}", [one for one in view if one.family == family], model)
    model = train(pairs)
    table = {
        "made_by": "python -m benchmarks.quality.train",
        "duplicate": _table(model.duplicate),
        "translated": _table(model.translated),
    }
    TABLE.write_text(json.dumps(table, indent=1) + "\n", "utf-8")


def gather(corpora: Path, view: str) -> list[Labelled]:
    """The labelled pairs of all corpora in a view, and company training made of the prose of two of them."""
    found = [one for family in FAMILIES for one in of_corpus(corpora / family, view)]
    prose = [_text(corpora / "openstax-business"), _text(corpora / "govuk-developer-docs")]
    half = len(prose[0]) // 2
    found += of_company("company, books", prose[0][:half], 1, slice(0, None, 2), _COMPANY)
    found += of_company("company, handbook", prose[1], 2, slice(1, None, 2), _COMPANY)
    found += of_company("company, other books", prose[0][half:], 3, slice(1, None, 2), _COMPANY)
    return found


def _text(folder: Path) -> list[str]:
    documents = read_corpus(folder).documents
    return [documents[name].parts[0].text for name in sorted(documents)]


def kin(one: str, other: str) -> bool:
    """Families that share base texts or templates: none may teach what judges the other."""
    kin = {
        "company, books": {"openstax-business", "company, other books"},
        "company, other books": {"openstax-business", "company, books", "company, handbook"},
        "company, handbook": {"govuk-developer-docs", "company, other books"},
    }
    return one in kin.get(other, set()) or other in kin.get(one, set())


def train(pairs: Sequence[Labelled]) -> Model:
    """The model that fits these pairs."""
    same = [one for one in pairs if not one.found.other_language and one.relation is not Relation.TRANSLATED]
    other = [one for one in pairs if one.found.other_language]
    return Model(
        _fit(same, lambda one: one.relation is not Relation.UNRELATED, DUPLICATE, 0.1),
        _fit(other, lambda one: one.relation is Relation.TRANSLATED, TRANSLATED, 0.1),
    )


def _fit(pairs: Sequence[Labelled], label: Callable[[Labelled], bool], shape: Shape, ridge: float) -> Curves:
    counts = Counter((one.family, label(one)) for one in pairs)
    weights = np.array(
        [
            (_PROSE_WEIGHT if one.family.startswith("company") else 1)
            * _FULL_WEIGHT
            / max(_FULL_WEIGHT, counts[one.family, label(one)])
            for one in pairs
        ]
    )
    labels = np.array([float(label(one)) for one in pairs])
    return fit([measures(one.found) for one in pairs], labels, weights, shape, ridge)


def tell(family: str, pairs: Sequence[Labelled], model: Model) -> None:
    """Prints how the model does on a family that it never saw."""
    verdicts = [judge(one.found, model) for one in pairs]
    true = np.array([one.relation is not Relation.UNRELATED for one in pairs])
    sure = np.array([one.probability for one in verdicts])
    relations = [Relation.UNRELATED if v.relation is Relation.VARIANT else v.relation for v in verdicts]
    print(f"\n== {family}: {len(pairs)} pairs, never seen")
    for name, mask in (("any", true == true), ("hard", np.array([one.hard for one in pairs]))):
        said = sure >= 0.5
        right, wrong, missed = (
            (true & said & mask).sum(),
            (~true & said & mask).sum(),
            (true & ~said & mask).sum(),
        )
        print(f"{name:10} P {right / max(1, right + wrong):.3f} R {right / max(1, right + missed):.3f}")
    shown = sure >= 0.7
    precision, recall = (true & shown).sum() / max(1, shown.sum()), (true & shown).sum() / max(1, true.sum())
    print(f"at 0.70    P {precision:.3f} R {recall:.3f}")
    for relation in sorted({one.relation for one in pairs} - {Relation.UNRELATED}):
        right = sum(1 for one, said in zip(pairs, relations, strict=True) if one.relation == said == relation)
        named, real = relations.count(relation), sum(1 for one in pairs if one.relation is relation)
        print(f"{relation.value:10} P {right / max(1, named):.3f} R {right / max(1, real):.3f}")
    if family.startswith("company"):
        shares: dict[str, list[bool]] = defaultdict(list)
        for one, high in zip(pairs, shown.tolist(), strict=True):
            shares[one.how].append(high)
        print("shown: " + "; ".join(f"{how} {np.mean(share):.2f}" for how, share in shares.items()))


def _table(curves: Curves) -> dict[str, object]:
    return {
        "bias": curves.bias,
        "curves": {
            name: {"knots": list(curve.knots), "values": list(curve.values)}
            for name, curve in curves.curves.items()
            if any(curve.values)
        },
    }


if __name__ == "__main__":
    main()
