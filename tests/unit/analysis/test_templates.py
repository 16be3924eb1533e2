"""What many share ties nobody, and what follows from other findings is not shown again."""

from __future__ import annotations

from itertools import combinations

from services.curator.analysis.duplicates import find_duplicates
from services.curator.analysis.folding import following
from services.curator.analysis.model import Judgement, Passage, Quote, Reason, Relation
from services.curator.analysis.templates import of_templates

COMMON = "Asks you for confirmation before it runs the command on the items that you have named."
OWN = "Counts the pallets of a lane and prints them with the day of their arrival."


def tie(
    a: str,
    b: str,
    *shared: str,
    relation: Relation = Relation.OVERLAP,
    coverage: tuple[float, float] = (0.5, 0.5),
    probability: float = 0.9,
    reasons: tuple[Reason, ...] = (),
) -> Judgement:
    passages = tuple(
        Passage(Quote(a, "body", len(text), text), Quote(b, "body", len(text), text), "exact", 1.0)
        for text in shared
    )
    return Judgement(a, b, relation, probability, probability, *coverage, passages, reasons)


def test_pages_of_one_template_are_tied_by_what_all_of_them_share() -> None:
    pages = [tie(a, b, COMMON) for a, b in combinations(["get", "set", "move", "stop"], 2)]
    assert of_templates(pages) == {(one.a, one.b) for one in pages}
    assert not find_duplicates(pages)


def test_three_documents_that_share_a_part_are_no_template() -> None:
    pages = [tie(a, b, COMMON) for a, b in combinations(["get", "set", "move"], 2)]
    assert not of_templates(pages)
    assert len(find_duplicates(pages)) == 3


def test_what_two_pages_of_a_template_share_besides_it_ties_them() -> None:
    pages = [tie(a, b, COMMON) for a, b in combinations(["get", "set", "move", "stop"], 2)]
    pages[0] = tie("get", "set", COMMON, OWN, OWN + OWN)
    assert (pages[0].a, pages[0].b) not in of_templates(pages)


def test_editions_of_one_page_count_once() -> None:
    editions = [
        tie(a, b, relation=Relation.REVISED, coverage=(0.9, 0.9), probability=0.98)
        for a, b in combinations(["set 1", "set 2", "set 3"], 2)
    ]
    pages = [tie("get", edition, COMMON) for edition in ("set 1", "set 2", "set 3")]
    assert not of_templates([*editions, *pages])


def test_a_chapter_of_many_courses_is_no_template() -> None:
    courses = [
        tie("chapter", f"course {n}", COMMON, relation=Relation.CONTAINED, coverage=(1.0, 0.2))
        for n in range(9)
    ]
    assert not of_templates(courses)
    assert len(find_duplicates(courses)) == 9


def test_one_title_and_whole_editions_are_never_of_a_template() -> None:
    crowd = [tie(a, b, COMMON) for a, b in combinations(["get", "set", "move", "stop"], 2)]
    titled = tie("get", "get old", COMMON, relation=Relation.REVISED, reasons=(Reason("title", 1.0, ""),))
    whole = tie("get", "get copy", COMMON, relation=Relation.REVISED, coverage=(0.85, 0.9))
    quiet = of_templates([*crowd, titled, whole])
    assert len(quiet) == len(crowd)
    assert quiet.isdisjoint({("get", "get old"), ("get", "get copy")})


def contained(a: str, b: str, coverage: float) -> Judgement:
    return tie(a, b, OWN, relation=Relation.CONTAINED, coverage=(coverage, 0.2))


EDITIONS = tie("lesson 2023", "lesson 2024", relation=Relation.REVISED, coverage=(0.7, 0.7), probability=0.95)


def test_of_two_editions_inside_a_course_the_closest_is_named() -> None:
    ties = [EDITIONS, contained("lesson 2023", "course", 0.75), contained("lesson 2024", "course", 1.0)]
    assert following(ties) == {("lesson 2023", "course")}
    found = {one.members for one in find_duplicates(ties)}
    assert found == {("lesson 2023", "lesson 2024"), ("course", "lesson 2024")}


def test_two_editions_of_which_a_course_has_as_much_are_both_named() -> None:
    ties = [EDITIONS, contained("lesson 2023", "course", 0.8), contained("lesson 2024", "course", 0.8)]
    assert not following(ties)


def test_two_courses_that_hold_one_lesson_are_tied_by_it() -> None:
    shared = tie("course a", "course b", OWN)
    ties = [contained("lesson", "course a", 1.0), contained("lesson", "course b", 1.0), shared]
    assert following(ties) == {("course a", "course b")}
    assert not following([contained("lesson", "course a", 1.0), shared])


def test_what_a_person_has_put_apart_says_nothing_of_others() -> None:
    ties = [EDITIONS, contained("lesson 2023", "course", 0.75), contained("lesson 2024", "course", 1.0)]
    found = {one.members for one in find_duplicates(ties, {("course", "lesson 2024")})}
    assert found == {("lesson 2023", "lesson 2024"), ("course", "lesson 2023")}
