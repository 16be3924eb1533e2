"""From measures to a verdict: the relation, how probable it is, and why.

The model is a sum of curves: each measure adds log-odds read off a broken line, so that every part of a verdict
can be told. The curves rise or fall one way only (more shared words never speak against a copy). They stand in
`tables/relations.json`, made by `python -m benchmarks.quality.train`; thresholds below follow behaviour §3.
"""

from __future__ import annotations

import json
import math
from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass, fields
from functools import cache
from importlib import resources
from typing import cast

from services.curator.analysis.features import Features
from services.curator.analysis.model import Reason, Relation

_SAME_TITLE = 0.60  # of the titles' words in common, editions apart: said to be the same title
_TEMPLATE = 0.40  # share of the smaller cover from which what is no copy is one template filled differently
# One thing in two sources: the same title, and a text that differs as exports of two systems differ.
_ONE_TITLE, _ONE_TEXT, _ONE_TEXTS_FACTS = 0.80, 0.85, 0.10
_OTHER_SOURCE = Reason("other_source", 1.0, "Two sources list it.")
_SAME_ORDER = 0.90
_WHOLE = (
    0.995  # of all five-word runs, frame and headings included: what is not counted may not differ either
)
_SURE = 0.99
_ENOUGH_WORDS = 12.0  # equal texts of so many words are copies with even odds: "see the link for details"


@dataclass(frozen=True, slots=True)
class Verdict:
    """The most probable relation; `probability` that the pair is a duplicate of any kind.

    `confidence` is what people are shown: of a duplicate that the two belong together (which kind it is, they see),
    of anything else that it is no duplicate.
    """

    relation: Relation
    probability: float
    confidence: float
    reasons: tuple[Reason, ...]


@dataclass(frozen=True, slots=True)
class Curve:
    """Log-odds by a measure: a broken line through (knots, values), level outside."""

    knots: tuple[float, ...]
    values: tuple[float, ...]

    def at(self, measure: float) -> float:
        """The log-odds that this measure adds."""
        place = bisect_right(self.knots, measure)
        if place == 0:
            return self.values[0]
        if place == len(self.knots):
            return self.values[-1]
        low, high = self.knots[place - 1], self.knots[place]
        share = (measure - low) / (high - low)
        return self.values[place - 1] + share * (self.values[place] - self.values[place - 1])


@dataclass(frozen=True, slots=True)
class Curves:
    """A bias and one curve a measure."""

    bias: float
    curves: Mapping[str, Curve]

    def log_odds(self, measures: Mapping[str, float]) -> float:
        """The sum for these measures."""
        return self.bias + sum(curve.at(measures[name]) for name, curve in self.curves.items())


@dataclass(frozen=True, slots=True)
class Model:
    """The fitted curves.

    `duplicate`: of being a duplicate of any kind, in one language; of these, `contained`: of one being inside the
    other, and of the rest `overlap`: of sharing a part only. `translated`: of being a translation, by what survives
    one; `keeping`: the same where the catalog has enough texts of both languages for rare words to stand out,
    `resembling`: where a multilingual model was asked too.
    """

    duplicate: Curves
    contained: Curves
    overlap: Curves
    translated: Curves
    keeping: Curves
    resembling: Curves


@cache
def shipped() -> Model:
    """The model that stands in the table."""
    text = resources.files("services.curator.analysis").joinpath("tables/relations.json").read_text("utf-8")
    table = cast("dict[str, dict[str, object]]", json.loads(text))
    return Model(**{one.name: _curves(table[one.name]) for one in fields(Model)})


def _curves(table: Mapping[str, object]) -> Curves:
    curves = cast("dict[str, dict[str, list[float]]]", table["curves"])
    return Curves(
        cast("float", table["bias"]),
        {name: Curve(tuple(one["knots"]), tuple(one["values"])) for name, one in curves.items()},
    )


def measures(found: Features) -> dict[str, float]:
    """What the curves read, from the measures of a pair.

    What differs (facts, slots, words that replace others throughout) tells a filled template from an edition
    only as far as the two share a skeleton: those measures are taken times the smaller cover. Reference pages with
    much code are alike in their skeleton without being copies.
    """
    skeleton = found.covered_low
    title = found.title if found.title is not None and found.telling else None
    # Where not one run of words is shared, a day in common needs a title in common to say anything.
    together = found.together if found.inside else found.together * (title or 0.0)
    resemblance = found.resemblance
    return {
        "runs_high": found.runs_high,
        "runs_low": found.runs_low,
        "covered_high": found.covered_high,
        "covered_low": found.covered_low,
        "equal_high": found.equal_high,
        "equal_low": found.equal_low,
        "ordered": found.ordered,
        "words": math.log1p(min(found.words_a, found.words_b)),
        "length_ratio": found.length_ratio,
        "facts_changed": found.facts_changed,
        "slots": found.slots,
        "repeated": found.repeated,
        "skeleton_facts_changed": found.facts_changed * skeleton,
        "skeleton_slots": found.slots * skeleton,
        "skeleton_repeated": found.repeated * skeleton,
        "skeleton_foreign": found.foreign * skeleton,
        "skeleton_code": found.code_share * skeleton,
        "code_share": found.code_share,
        "code": found.code,
        "links": found.links,
        "numbers": found.numbers,
        "names": found.names,
        "outline": found.outline,
        # Titles and days count for what was rewritten; a filled template shares its day, and half its title.
        "rewritten_title": (title or 0.0) * (1 - skeleton),
        "rewritten_together": together * (1 - skeleton),
        # From a third of a shared skeleton on they are of one template.
        "skeleton_parallel": found.parallel * min(1.0, 3 * skeleton),
        "together": found.together,
        "title": title or 0.0,
        "title_differs": 0.0 if title is None else 1 - title,
        "inside": found.inside,
        "jaccard": found.jaccard,
        "size_ratio": found.size_ratio,
        "stretch": found.stretch,
        "scattered": found.scattered,
        "tight": found.tight,
        "margin": resemblance.margin if resemblance else 0.0,
        "kept": found.kept.cosine if found.kept else 0.0,
        "kept_margin": found.kept.margin if found.kept else 0.0,
    }


def judge(found: Features, model: Model | None = None) -> Verdict:
    """The most probable relation of a pair with these measures."""
    model = model or shipped()
    told = measures(found)
    if found.other_language:
        return _translation(found, told, model)
    small = min(found.words_a, found.words_b)
    if is_same(found):
        return _same(found, _SURE * small / (small + _ENOUGH_WORDS))
    probability = _probability(model.duplicate.log_odds(told))
    reasons = _reasons(found, model.duplicate, told)
    if found.same_text:  # and not `is_same`: nothing else that is read tells the two apart
        text = f"The words are the same and the links are not: {found.links:.0%} of their addresses agree."
        reasons = (Reason("links", round(found.links, 4), text), *reasons)
    if probability < 0.5:
        is_template = found.covered_low >= _TEMPLATE
        relation = Relation.VARIANT if is_template else Relation.UNRELATED
        return Verdict(relation, probability, round(1 - probability, 4), reasons)
    kind = _kind(told, model)
    if _same_item(found, kind):
        return Verdict(Relation.SAME_ITEM, probability, probability, (_OTHER_SOURCE, *reasons))
    return Verdict(kind, probability, probability, reasons)


def is_same(found: Features) -> bool:
    """Whether the two read the same throughout, so that no curve is asked."""
    # The same words that lead elsewhere are a newer edition; in two sources, links follow from where they stand. So do
    # addresses without a host (`../manual.pdf`), which a copy in another folder has to change: they are not compared.
    return (found.same_text and (found.same_links or found.other_sources)) or _equal_throughout(found)


def _kind(told: Mapping[str, float], model: Model) -> Relation:
    """The most probable kind of a duplicate whose text is not the same."""
    contained = _share(model.contained.log_odds(told))
    overlap = (1 - contained) * _share(model.overlap.log_odds(told))
    shares = {
        Relation.REVISED: 1 - contained - overlap,
        Relation.CONTAINED: contained,
        Relation.OVERLAP: overlap,
    }
    return max(shares, key=lambda kind: shares[kind])


def _same_item(found: Features, kind: Relation) -> bool:
    """Whether two sources list one thing: under one title the same text, or a row that describes its package."""
    if not found.other_sources or found.title is None or found.title < _ONE_TITLE or found.years:
        return False
    if kind is Relation.CONTAINED:
        return found.row_and_package
    return found.covered_low >= _ONE_TEXT and found.facts_changed <= _ONE_TEXTS_FACTS


def _equal_throughout(found: Features) -> bool:
    """Every sentence of either side stands in the other, nearly in order; one changed number makes an edition."""
    whole = found.jaccard >= _WHOLE and found.same_links
    return found.equal_low == 1.0 and found.ordered >= _SAME_ORDER and whole


def _translation(found: Features, told: Mapping[str, float], model: Model) -> Verdict:
    curves = model.translated if found.kept is None else model.keeping
    if found.resemblance is not None:
        curves = model.resembling
    probability = _probability(curves.log_odds(told))
    relation = Relation.TRANSLATED if probability >= 0.5 else Relation.UNRELATED
    confidence = probability if relation is Relation.TRANSLATED else round(1 - probability, 4)
    reasons = [
        Reason(code, round(value, 4), f"{text}: {value:.0%} in common.")
        for code, value, text in (
            ("code", found.code, "Lines of code"),
            ("links", found.links, "Links"),
            ("numbers", found.numbers, "Numbers"),
            ("names", found.names, "Names"),
            ("outline", found.outline, "Levels of headings"),
        )
        if value > 0
    ]
    if found.kept is not None and found.kept.cosine > 0:
        text = "They share names, terms and numbers that few other texts have."
        if found.kept.margin < 1:
            text = "They share names, terms and numbers, but either shares as many with other texts."
        reasons.insert(0, Reason("kept_words", round(found.kept.margin, 4), text))
    if found.resemblance is not None:
        text = "They begin alike in meaning, closer than either does to other texts in these languages."
        if found.resemblance.margin < 1:
            text = "They begin alike in meaning, but other texts in these languages come as close."
        reasons.insert(0, Reason("resemblance", round(found.resemblance.margin, 4), text))
    elif relation is Relation.UNRELATED:
        text = "Written in two languages; whether they mean the same was not checked: no multilingual model is there."
        reasons.insert(0, Reason("language_not_checked", 0.0, text))
    return Verdict(relation, probability, confidence, tuple(reasons))


def _same(found: Features, probability: float) -> Verdict:
    probability = round(probability, 4)
    relation = Relation.IDENTICAL
    reasons = [Reason("same_text", 1.0, "The same words in the same order.")]
    if found.other_sources:
        relation = Relation.SAME_ITEM
        reasons.append(_OTHER_SOURCE)
    return Verdict(relation, probability, probability, tuple(reasons))


def _probability(log_odds: float) -> float:
    return round(min(0.98, max(0.001, _share(log_odds))), 4)


def _share(log_odds: float) -> float:
    return 1 / (1 + math.exp(-max(-60.0, min(60.0, log_odds))))


def _covered(found: Features) -> str:
    high, low = f"{found.covered_high:.0%}", f"{found.covered_low:.0%}"
    return (
        f"{high} of the words of one stand in (nearly) the same sentences of the other, {low} the other way."
    )


def _facts(changed: int, facts: int) -> str:
    if not changed:
        return "All numbers and names in matching sentences are the same."
    return (
        f"In sentences that match otherwise, {changed} of {facts} numbers and names stand in one text only."
    )


def _reasons(found: Features, curves: Curves, told: Mapping[str, float]) -> tuple[Reason, ...]:
    """The measures that moved the verdict most, in words, each with its value."""
    sentences: dict[str, tuple[float, str]] = {
        "covered": (found.covered_high, _covered(found)),
        "equal": (found.equal_high, f"{found.equal_high:.0%} of the words stand in unchanged sentences."),
        "runs": (found.runs_high, f"{found.runs_high:.0%} of all runs of five words are shared."),
    }
    if found.facts:
        changed = round(found.facts_changed * (found.facts + 2))
        sentences["facts"] = (
            found.facts_changed,
            _facts(changed, found.facts),
        )
    if found.repeated * found.covered_low > 0.1:
        sentences["replaced"] = (
            found.repeated,
            f"{found.repeated:.0%} of the differing words stand for another throughout, as in a filled template.",
        )
    if found.telling and found.title is not None and found.title >= _SAME_TITLE:
        sentences["title"] = (found.title, f"{found.title:.0%} of the titles' words agree, editions apart.")
    if found.together:
        sentences["created_together"] = (
            found.together,
            "They were created on one day, on which few others were, and have changed since on different ones.",
        )
    if found.years:
        sentences["year"] = (1.0, "The years it names were moved on.")
    weight = {
        "covered": ("covered_high", "covered_low"),
        "equal": ("equal_high", "equal_low"),
        "runs": ("runs_high", "runs_low"),
        "facts": ("facts_changed", "skeleton_facts_changed", "slots", "skeleton_slots"),
        "replaced": ("repeated", "skeleton_repeated", "skeleton_foreign"),
        "year": (),
        "title": ("rewritten_title",),
        "created_together": ("rewritten_together",),
    }
    ranked = sorted(
        sentences,
        key=lambda code: (
            -abs(sum(curves.curves[name].at(told[name]) for name in weight[code] if name in curves.curves))
        ),
    )
    return tuple(Reason(code, round(sentences[code][0], 4), sentences[code][1]) for code in ranked)
