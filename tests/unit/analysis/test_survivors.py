"""Who survives: protected members, then the newer edition, then the score; what would be lost is quoted."""

from __future__ import annotations

from datetime import date

import pytest

from services.curator.analysis.model import Group, Judgement, Listing, Reason, Relation
from services.curator.analysis.survivors import WEIGHTS, Facts, choose, would_be_lost
from services.curator.analysis.text import segment
from tests.unit.analysis.prose import LADDERS, PHISHING, document

TODAY = date(2026, 6, 1)
EXTRA = "Colleagues in the tower store use the long ladder only with written leave of the shift leader."


def made(relation: Relation = Relation.IDENTICAL, *members: str, clear: bool = True) -> Group:
    members = members or ("a", "b")
    reason = Reason("updated" if clear else "direction_unclear", 1.0, "")
    ties = tuple(
        Judgement(a, b, relation, 0.95, 0.95, 1, 1, reasons=(reason,))
        for a in members
        for b in members
        if a < b
    )
    return Group(members, relation, ties, 0.95)


def chosen(group: Group, facts: dict[str, Facts], **texts: str):
    documents = {
        key: document(key, texts.get(key, LADDERS), updated=date(2025, 1, 1)) for key in group.members
    }
    blocks = {key: segment(one) for key, one in documents.items()}
    return choose(group, documents, blocks, facts, TODAY)


def test_a_mandatory_member_survives_whatever_its_score() -> None:
    choice = chosen(
        made(), {"a": Facts(protected=True), "b": Facts(learners=900, programs=4, quality=1, languages=3)}
    )
    assert (choice.survivor, choice.archivable) == ("a", ("b",))
    assert choice.why.code == "protected"


def test_with_two_protected_members_none_may_go() -> None:
    choice = chosen(made(), {"a": Facts(protected=True), "b": Facts(protected=True)})
    assert (choice.survivor, choice.archivable) == ("", ())


def test_a_protected_older_edition_stays_beside_the_newest() -> None:
    choice = chosen(made(Relation.REVISED), {"a": Facts(protected=True)})
    assert (choice.survivor, choice.archivable, choice.why.code) == ("", (), "protected")
    three = chosen(made(Relation.REVISED, "a", "b", "c"), {"a": Facts(protected=True)})
    assert (three.survivor, three.archivable) == ("c", ("b",))
    newer = chosen(made(Relation.REVISED), {"b": Facts(protected=True)})
    assert (newer.survivor, newer.archivable) == ("b", ("a",))


def test_equal_members_are_left_to_a_person() -> None:
    choice = chosen(made(), {})
    assert choice.survivor == ""
    assert choice.margin < 0.05


def test_use_and_programs_decide_between_equal_texts() -> None:
    choice = chosen(made(), {"a": Facts(learners=20), "b": Facts(learners=400, programs=2)})
    assert choice.survivor == "b"


def test_of_two_editions_the_newer_one_survives_although_the_older_is_used_more() -> None:
    choice = chosen(made(Relation.REVISED), {"a": Facts(learners=900, programs=3), "b": Facts(learners=2)})
    assert choice.survivor == "b"
    assert choice.why.code == "newest_edition"


def test_when_it_is_unclear_which_edition_is_newer_the_score_decides() -> None:
    choice = chosen(
        made(Relation.REVISED, clear=False), {"a": Facts(learners=900, programs=3), "b": Facts(learners=2)}
    )
    assert choice.survivor == "a"


def test_what_only_the_losing_member_says_is_quoted_from_its_place() -> None:
    choice = chosen(
        made(), {"b": Facts(learners=10, programs=1), "a": Facts(learners=1)}, a=f"{LADDERS}\n\n{EXTRA}"
    )
    assert choice.survivor == "b"
    (lost,) = choice.lost
    assert (lost.document, lost.text) == ("a", EXTRA)
    assert f"{LADDERS}\n\n{EXTRA}"[lost.start :].startswith(EXTRA)


def test_the_frame_of_a_catalog_and_a_table_of_contents_are_not_lost() -> None:
    contents = "- Before you climb\n- While you are up there\n- After you came down"
    chapters = "\n\n".join(f"## {line[2:]}\n\n{EXTRA}" for line in contents.splitlines())
    frame = "Click Next to continue. To leave the course click Exit and then close the browser."
    documents = {"a": document("a", f"{contents}\n\n{chapters}\n\n{frame}"), "b": document("b", LADDERS)}
    blocks = {key: segment(one) for key, one in documents.items()}
    hashes = {block.hash for block in blocks["a"] if block.text == frame}
    assert len(hashes) == 1
    assert [lost.text for lost in would_be_lost("b", ["a"], documents, blocks, hashes)] == [EXTRA]
    kept = would_be_lost("b", ["a"], documents, blocks)
    assert [lost.text for lost in kept] == [EXTRA, frame]


def test_a_reworded_paragraph_that_the_survivor_has_nearly_is_not_lost() -> None:
    near = LADDERS.replace("firm and level", "firm, level")
    choice = chosen(made(), {"b": Facts(learners=10, programs=1), "a": Facts(learners=1)}, a=near)
    assert choice.lost == ()


def test_the_parts_make_the_score() -> None:
    choice = chosen(
        made(), {"a": Facts(learners=5), "b": Facts(learners=10, owner_active=True)}, b=LADDERS + PHISHING
    )
    assert sum(WEIGHTS.values()) == pytest.approx(1)
    for standing in choice.standings:
        assert {part.code for part in standing.parts} == set(WEIGHTS)
        assert standing.score == pytest.approx(sum(part.value for part in standing.parts), abs=1e-3)
    complete = {
        s.resource: next(p.value for p in s.parts if p.code == "completeness") for s in choice.standings
    }
    assert complete["b"] > complete["a"]


def test_the_newest_of_three_privacy_courses_survives_by_a_clear_margin() -> None:
    """behaviour §11.1: B is five months old, in two languages and trackable; its owner is there."""
    group = made(Relation.IDENTICAL, "a", "b", "c")
    title = "Data privacy"
    documents = {
        "a": document(
            "a", LADDERS, title, updated=date(2023, 12, 1), listings=(Listing("lms", "1", "scorm12"),)
        ),
        "b": document("b", LADDERS, title, updated=date(2026, 1, 1), listings=(Listing("lms", "2", "cmi5"),)),
        "c": document("c", LADDERS, title, updated=date(2025, 4, 1), listings=(Listing("docs", "3", "pdf"),)),
    }
    facts = {
        "a": Facts(learners=1450, programs=3, quality=0.81, owner_active=False),
        "b": Facts(learners=310, programs=1, quality=0.88, owner_active=True, languages=2),
        "c": Facts(learners=40),
    }
    blocks = {key: segment(one) for key, one in documents.items()}
    choice = choose(group, documents, blocks, facts, TODAY)
    assert choice.survivor == "b"
    assert choice.margin >= 0.05
    assert [one.resource for one in choice.standings] == ["b", "a", "c"]


def test_how_many_of_one_to_four_learners_use_it_moves_no_score() -> None:
    (alone,) = {chosen(made(), {"a": Facts(learners=few), "b": Facts(learners=1450)}) for few in (1, 2, 4)}
    assert alone.survivor == "b"
    assert len({chosen(made(), {"a": Facts(learners=few), "b": Facts(learners=0)}) for few in (1, 2, 4)}) == 1
