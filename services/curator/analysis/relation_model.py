"""From measures to a verdict: the relation, how probable it is, and why."""

from __future__ import annotations

from dataclasses import dataclass

from services.curator.analysis.features import Features
from services.curator.analysis.model import Reason, Relation

VERSION = "1"  # of the coefficients: raise it with every change of a judgement


@dataclass(frozen=True, slots=True)
class Verdict:
    """A relation; `probability` that the pair is a duplicate of any kind, `confidence` that it is this one."""

    relation: Relation
    probability: float
    confidence: float
    reasons: tuple[Reason, ...]


def judge(found: Features) -> Verdict:
    """The most probable relation of a pair with these measures."""
    if found.other_language:
        survives = max(found.code, found.links, found.numbers * 0.8) * 0.7 + found.outline * 0.3
        probability = min(0.95, survives * 1.5)
        relation = Relation.TRANSLATED if probability >= 0.5 else Relation.UNRELATED
        return Verdict(relation, probability, max(probability, 1 - probability), ())
    reasons = (
        Reason(
            "covered", found.covered_high, f"{found.covered_high:.0%} of the words of one stand in the other."
        ),
    )
    small = min(found.words_a, found.words_b)
    trust = small / (small + 8)
    template = min(1.0, found.facts_changed * 1.4) if found.facts >= 4 else found.facts_changed * 0.5
    if found.same_text or (found.equal_low >= 0.999 and found.ordered >= 0.9):
        relation = Relation.SAME_ITEM if found.other_sources else Relation.IDENTICAL
        return Verdict(relation, 0.99 * trust, 0.99 * trust, reasons)
    base = found.covered_high * trust * (1 - template)
    probability = round(min(0.98, max(0.0, base * 1.5 - 0.1)), 4)
    if template > 0.5 and found.covered_low > 0.4:
        return Verdict(Relation.VARIANT, probability, 1 - probability, reasons)
    if probability < 0.5:
        return Verdict(Relation.UNRELATED, probability, 1 - probability, reasons)
    if found.covered_high >= 0.7 and found.length_ratio < 0.75:
        relation = Relation.CONTAINED
    elif found.covered_low >= 0.3:
        relation = Relation.REVISED
    else:
        relation = Relation.OVERLAP
    return Verdict(relation, probability, probability * 0.95, reasons)
