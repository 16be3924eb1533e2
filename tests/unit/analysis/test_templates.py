"""What many share ties nobody, and what follows from other findings is not shown again."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
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


TITLE = Reason("title", 1.0, "")
EDITIONS = tie("lesson 2023", "lesson 2024", relation=Relation.REVISED, coverage=(0.7, 0.7), probability=0.95)


def test_of_two_editions_inside_a_course_the_closest_is_named() -> None:
    ties = [EDITIONS, contained("lesson 2023", "course", 0.75), contained("lesson 2024", "course", 1.0)]
    assert following(ties) == {("lesson 2023", "course")}
    found = {one.members for one in find_duplicates(ties)}
    assert found == {("lesson 2023", "lesson 2024"), ("course", "lesson 2024")}


def test_two_editions_of_which_a_course_has_as_much_are_both_named() -> None:
    ties = [EDITIONS, contained("lesson 2023", "course", 0.8), contained("lesson 2024", "course", 0.8)]
    assert not following(ties)


def test_of_equally_close_editions_the_one_of_its_day_is_named_and_of_its_copies_the_first() -> None:
    names = ("lesson 2022", "lesson 2023", "lesson 2024", "copy of 2023")
    ties = [
        *(
            tie(a, b, relation=Relation.REVISED, coverage=(0.9, 0.9), probability=0.95)
            for a, b in combinations(names, 2)
            if (a, b) != ("lesson 2023", "copy of 2023")
        ),
        tie(
            "copy of 2023", "lesson 2023", relation=Relation.IDENTICAL, coverage=(1.0, 1.0), probability=0.99
        ),
        *(contained(name, "course", 0.8) for name in names),
    ]
    changed = {
        "lesson 2022": date(2022, 1, 1),
        "lesson 2023": date(2023, 1, 1),
        "copy of 2023": date(2023, 5, 1),
        "lesson 2024": date(2024, 1, 1),
        "course": date(2023, 9, 1),
    }
    assert {(name, "course") for name in names} - following(ties, changed) == {("lesson 2023", "course")}
    del changed["course"]
    assert not following(ties, changed)


def test_editions_of_one_document_that_were_rewritten_are_all_named() -> None:
    rewritten = [
        tie(edition, "now", OWN, relation=Relation.REVISED, coverage=(share, share), reasons=(TITLE,))
        for edition, share in (("lesson 2023", 0.2), ("lesson 2024", 0.3))
    ]
    assert not following([EDITIONS, *rewritten])
    under_other_titles = [replace(one, reasons=()) for one in rewritten]
    assert following([EDITIONS, *under_other_titles]) == {("lesson 2023", "now")}


def test_a_part_of_a_course_that_another_holds_is_explained_by_the_lessons_of_both() -> None:
    inner = contained("week", "course", 0.9)
    lessons = [
        tie(lesson, whole, OWN, relation=Relation.CONTAINED, coverage=(1.0, share))
        for lesson, share in (("one", 0.5), ("two", 0.4))
        for whole in ("week", "course")
    ]
    assert following([inner, *lessons]) == {("week", "course")}
    assert not following([inner, *lessons[:2]])


def test_two_courses_that_hold_one_lesson_are_tied_by_it() -> None:
    shared = tie("course a", "course b", OWN)
    ties = [contained("lesson", "course a", 1.0), contained("lesson", "course b", 1.0), shared]
    assert following(ties) == {("course a", "course b")}
    assert not following([contained("lesson", "course a", 1.0), shared])


def test_what_a_person_has_put_apart_says_nothing_of_others() -> None:
    ties = [EDITIONS, contained("lesson 2023", "course", 0.75), contained("lesson 2024", "course", 1.0)]
    found = {one.members for one in find_duplicates(ties, {("course", "lesson 2024")})}
    assert found == {("lesson 2023", "lesson 2024"), ("course", "lesson 2023")}
