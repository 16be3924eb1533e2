"""Makes `services/curator/analysis/tables/relations.json`: `python -m benchmarks.quality.train CORPORA_FOLDER`.

Source families weigh the same (company training more). How a model does on a family that it never saw is measured by
`python -m benchmarks.quality`.
"""

from __future__ import annotations

import argparse
import json
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields, replace
from pathlib import Path

import numpy as np
from scipy.optimize import brentq
from scipy.special import expit

from benchmarks.quality.fitting import UNBOUNDED, UNEXPECTED, Array, Shape, fit
from benchmarks.quality.pairs import (
    BACKGROUND,
    OF_ONE_DAY,
    Labelled,
    of_background,
    of_company,
    of_corpus,
    of_days,
    undated,
)
from services.curator.analysis.model import Relation
from services.curator.analysis.relation_model import Curves, Model, is_same, measures
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
_MOST_UNSAID = 5.0  # log-odds; a model that is wrong by more is no model
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
    "skeleton_parallel": (-1, (0, 0.3, 0.6, 1)),
    "rewritten_title": (1, (0, 0.3, 0.6, 0.8, 1)),
    "rewritten_together": (1, (0, 0.25, 0.5, 0.75, 1)),
}
# By hand, in log-odds: what a sign beside the texts may say at most, and what it says where the corpora are silent.
# Dates and titles lie: whole catalogs are imported on one day and touched on another, and the corpora's unrelated pairs
# were chosen by their titles. Days that run in parallel are seen in hundreds of pairs of one family and hardly in the
# others, so no fit that leaves the one out can learn them: that they speak against copies is what we expect.
MOST = {"skeleton_parallel": 10.0, "rewritten_title": 4.0, "rewritten_together": 4.0}
EXPECTED = {"skeleton_parallel": -8.0, "rewritten_together": 2.8}
CONTAINED: Shape = {
    "inside": (1, (0.2, 0.4, 0.55, 0.7, 0.85, 1)),
    "covered_high": (1, (0.3, 0.5, 0.7, 0.85, 1)),
    "size_ratio": (-1, (0.1, 0.3, 0.5, 0.65, 0.8, 0.95)),
    "tight": (1, (0.1, 0.3, 0.5)),
    "scattered": (-1, (0, 0.05, 0.1, 0.2, 0.4)),
    "title": (-1, (0, 0.5, 1)),
    "together": (-1, (0, 0.5, 1)),
}
OVERLAP: Shape = {
    "covered_low": (-1, (0.4, 0.6, 0.8, 0.9, 1)),
    "jaccard": (-1, (0.05, 0.1, 0.2, 0.3, 0.5, 0.7)),
    "stretch": (1, (0, 0.05, 0.1, 0.2, 0.4, 0.6)),
    "scattered": (-1, (0, 0.05, 0.1, 0.2, 0.4)),
    "title": (-1, (0, 0.5, 1)),
    "title_differs": (1, (0, 0.3, 0.6, 1)),
    "together": (-1, (0, 0.5, 1)),
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
KEEPING: Shape = {
    **TRANSLATED,
    "kept": (1, (0, 0.03, 0.06, 0.1, 0.2, 0.35, 0.6)),
    "kept_margin": (1, (0, 0.3, 0.6, 0.8, 1, 1.3, 1.7, 2.2, 3)),
}
RESEMBLING: Shape = {
    "margin": (1, (0.95, 0.97, 0.985, 1, 1.015, 1.03, 1.05, 1.08)),
    "code": (1, (0, 0.05, 0.15, 0.3, 0.6)),
    "numbers": (1, (0, 0.1, 0.2, 0.4, 0.7)),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("corpora", type=Path)
    model = train(gather(parser.parse_args().corpora))
    table = {
        "made_by": "python -m benchmarks.quality.train",
        **{one.name: _table(getattr(model, one.name)) for one in fields(model)},
    }
    TABLE.write_text(json.dumps(table, indent=1) + "\n", "utf-8")


def gather(corpora: Path) -> list[Labelled]:
    """The pairs to learn from: those of all corpora, and company training made of the prose of two of them.

    Each labelled pair stands here twice: with titles hidden, and with titles but without days. So neither can become
    what a verdict rests on alone, and a catalog that knows no days is judged by its texts.
    """
    found = [one for family in FAMILIES for one in of_corpus(corpora / family, titles=False)]
    found += [undated(one) for family in FAMILIES for one in of_corpus(corpora / family, titles=True)]
    found += [one for family in FAMILIES for one in of_days(corpora / family)]
    found += [one for family in FAMILIES for one in of_background(corpora / family)]
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
    """The model that fits these pairs, and says of unseen families as many duplicates as there are."""
    other = [one for one in pairs if one.found.other_language]
    same = [one for one in pairs if not one.found.other_language and one.relation is not Relation.TRANSLATED]
    changed = [
        one
        for one in same
        if one.relation not in (Relation.UNRELATED, Relation.IDENTICAL) and not one.found.same_text
    ]
    parts = [one for one in changed if one.relation is not Relation.CONTAINED]
    keeping = [one for one in other if one.found.kept]
    compared = [one for one in other if one.found.resemblance]
    return Model(
        duplicate=_shifted(_duplicate(same), _unsaid(same)),
        contained=_fit(changed, _is(Relation.CONTAINED), CONTAINED, _by_family(changed), 0.05),
        overlap=_fit(parts, _is(Relation.OVERLAP), OVERLAP, _by_family(parts), 0.05),
        translated=_fit(other, _is_duplicate, TRANSLATED, _balanced(other, _is_duplicate), 0.1),
        keeping=_fit(keeping, _is_duplicate, KEEPING, _balanced(keeping, _is_duplicate), 0.1),
        resembling=_fit(compared, _is_duplicate, RESEMBLING, _balanced(compared, _is_duplicate), 0.01),
    )


def _duplicate(pairs: Sequence[Labelled]) -> Curves:
    return _fit(pairs, _is_duplicate, DUPLICATE, _balanced(pairs, _is_duplicate), 0.1, MOST, EXPECTED)


def _unsaid(pairs: Sequence[Labelled]) -> float:
    """What curves of duplicates say too little of listed pairs in families that they never saw, in log-odds.

    They are fitted to duplicates and strangers in equal shares, and to many strangers that no corpus lists: too many
    for pairs that are worth a person's look. So the listed pairs of each family, titles hidden, are judged by curves
    that were fitted without it. With what is returned added, the families' mean probabilities come to the shares of
    duplicates that they have.
    """
    said: list[Array] = []
    so = 0.0
    for family in sorted({one.family for one in pairs if _is_listed(one)}):
        curves = _duplicate([one for one in pairs if one.family != family and not kin(one.family, family)])
        own = [one for one in pairs if one.family == family and _is_listed(one) and not is_same(one.found)]
        said.append(np.array([curves.log_odds(measures(one.found)) for one in own]))
        so += float(np.mean([_is_duplicate(one) for one in own]))
    return float(
        brentq(lambda shift: sum(expit(one + shift).mean() for one in said) - so, -_MOST_UNSAID, _MOST_UNSAID)
    )


def _is_listed(one: Labelled) -> bool:
    """Whether a corpus lists the pair, and it stands here as the catalog knows it."""
    return one.family in FAMILIES and one.how not in (OF_ONE_DAY, BACKGROUND) and one.weight == 1


def _shifted(curves: Curves, shift: float) -> Curves:
    return replace(curves, bias=round(curves.bias + shift, 3))


Label = Callable[[Labelled], bool]


def _is_duplicate(one: Labelled) -> bool:
    return one.relation is not Relation.UNRELATED


def _is(relation: Relation) -> Label:
    return lambda one: one.relation is relation


def _balanced(pairs: Sequence[Labelled], label: Label) -> list[float]:
    """Families weigh the same, company training more, and in each what is so as much as what is not."""
    counts = Counter((one.family, label(one)) for one in pairs)
    return [
        one.weight
        * (_PROSE_WEIGHT if one.family.startswith("company") else 1)
        * _FULL_WEIGHT
        / max(_FULL_WEIGHT, counts[one.family, label(one)])
        for one in pairs
    ]


def _by_family(pairs: Sequence[Labelled]) -> list[float]:
    """Families weigh the same; inside one the kinds are as frequent as they are, so that shares are probabilities."""
    counts = Counter(one.family for one in pairs)
    return [2 * _FULL_WEIGHT / max(2 * _FULL_WEIGHT, counts[one.family]) for one in pairs]


def _fit(
    pairs: Sequence[Labelled],
    label: Label,
    shape: Shape,
    weights: Sequence[float],
    ridge: float,
    most: Mapping[str, float] = UNBOUNDED,
    expected: Mapping[str, float] = UNEXPECTED,
) -> Curves:
    labels = np.array([float(label(one)) for one in pairs])
    return fit(
        [measures(one.found) for one in pairs], labels, np.array(weights), shape, ridge, most, expected
    )


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
