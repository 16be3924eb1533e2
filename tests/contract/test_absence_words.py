"""Who asks why a pair is not shown reads, for each rule that keeps one quiet, a heading and a sentence of its own."""

from __future__ import annotations

from services.curator.analysis.model import Quiet
from services.curator.answers import RULES
from services.gateway.web.words import known


def test_each_rule_has_a_heading_and_a_sentence_of_its_own() -> None:
    assert RULES.keys() == set(Quiet)
    assert len(set(RULES.values())) == len(Quiet)
    assert len({known(f"absence.outcome_{rule}", "") for rule in Quiet} - {""}) == len(Quiet)
