"""The model's sureness: on families alike to those it learned from, it says as many duplicates as people listed.

On made measures; how a model does on real content is what `python -m benchmarks.quality` measures.
"""

from __future__ import annotations

import random
from dataclasses import replace
from statistics import mean

import pytest

from benchmarks.quality.pairs import BACKGROUND, Labelled
from benchmarks.quality.train import FAMILIES, train
from services.curator.analysis.features import Features
from services.curator.analysis.model import Relation
from services.curator.analysis.relation_model import judge, measures


def measured(shared: float) -> Features:
    """Two texts of 300 words, of which this share is common."""
    return Features(
        words_a=300,
        words_b=300,
        covered_high=shared,
        covered_low=shared,
        equal_high=shared,
        equal_low=shared,
        runs_high=shared,
        runs_low=shared,
        meant_high=0.0,
        meant_low=0.0,
        cosine=0.0,
        with_vectors=False,
        length_ratio=1.0,
        ordered=1.0,
        facts=0,
        facts_changed=0.0,
        slots=0.0,
        repeated=0.0,
        near=0,
        foreign=0.0,
        years=False,
        title=None,
        headings=None,
        links=0.0,
        code=0.0,
        code_share=0.0,
        numbers=0.0,
        names=0.0,
        outline=0.0,
        other_language=False,
        same_text=False,
        telling=False,
        together=0.0,
        resemblance=None,
        kept=None,
        inside=shared,
        jaccard=shared,
        size_ratio=1.0,
        stretch=0.0,
        scattered=0.0,
        tight=0.0,
        inside_b_is_a=False,
        other_sources=False,
        row_and_package=False,
        parallel=0.0,
        same_links=False,
    )


def duplicates(shared: float) -> float:
    """The share of duplicates among listed pairs of which so much is common."""
    return 0.4 + 0.6 * shared


def family(name: str, chance: random.Random) -> list[Labelled]:
    listed = [chance.random() for _ in range(150)]
    pairs = [
        Labelled(
            name,
            Relation.REVISED if chance.random() < duplicates(shared) else Relation.UNRELATED,
            False,
            "edition",
            True,
            measured(shared),
        )
        for shared in listed
    ]
    strangers = [
        Labelled(name, Relation.UNRELATED, False, BACKGROUND, True, measured(chance.uniform(0, 0.7)))
        for _ in range(300)
    ]
    return pairs + strangers


def test_strangers_that_nobody_listed_do_not_make_it_say_too_little() -> None:
    chance = random.Random(3)
    pairs = [one for name in FAMILIES[:4] for one in family(name, chance)]
    model = train(pairs)
    unseen = [one for one in family(FAMILIES[4], chance) if one.how != BACKGROUND]
    said = mean(judge(one.found, model).probability for one in unseen)
    so = mean(duplicates(one.found.jaccard) for one in unseen)
    assert said == pytest.approx(so, abs=0.05)


def test_a_day_in_common_says_nothing_of_texts_without_a_run_of_words_in_common() -> None:
    strangers = replace(measured(0.0), together=1.0)
    assert measures(strangers)["rewritten_together"] == 0
    assert measures(replace(strangers, inside=0.01))["rewritten_together"] == 1
    assert measures(replace(strangers, title=0.9, telling=True))["rewritten_together"] == 0.9
