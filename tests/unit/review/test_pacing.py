"""Who gets a slot does not depend on the order in which suggestions came."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from services.catalog.review.domain import Assignee, State
from services.catalog.review.findings import Kind
from services.catalog.review.pacing import Pause, Place, Waiting, allocated


def waiting(
    number: int,
    *,
    priority: float = 0.0,
    confidence: float = 0.9,
    state: State = State.HELD,
    settled: bool = False,
    assignee: str = "",
    holders: tuple[str, ...] = ("p",),
    kind: Kind = Kind.DUPLICATE,
    score: float = 0.9,
    touched: bool = False,
) -> Waiting:
    return Waiting(
        id=f"s{number}",
        order=f"k{number:03}",
        state=state,
        confidence=confidence,
        priority=priority,
        whose=Assignee("", holders),
        assignee=assignee,
        settled=settled or touched,
        kind=kind,
        score=score,
        touched=touched,
    )


def open_ones(places: dict[str, Place]) -> set[str]:
    return {id_ for id_, place in places.items() if place.state is State.OPEN}


def test_ten_are_open_for_each_assignee_the_best_first_and_the_rest_say_why() -> None:
    places = allocated([waiting(n, priority=float(n)) for n in range(30)], {}, {})
    assert open_ones(places) == {f"s{n}" for n in range(20, 30)}
    assert all(
        place.held_reason.startswith("pacing: ") for place in places.values() if place.state is State.HELD
    )


def test_who_has_decided_ten_gets_twenty_five() -> None:
    all_of_them = [waiting(n) for n in range(40)]
    assert len(open_ones(allocated(all_of_them, {"p": 9}, {}))) == 10
    assert len(open_ones(allocated(all_of_them, {"p": 10}, {}))) == 25


def test_what_is_not_certain_enough_waits_and_says_so() -> None:
    places = allocated([waiting(1, confidence=0.69), waiting(2, confidence=0.70)], {}, {})
    assert open_ones(places) == {"s2"}
    said = "confidence: it is 69 in 100 sure, and from 70 on it is shown by itself."
    assert places["s1"].held_reason == said


def test_what_a_person_has_acted_on_keeps_its_place_and_counts() -> None:
    old = [waiting(n, state=State.OPEN, settled=True, assignee="p", priority=-1.0) for n in range(10)]
    places = allocated([*old, waiting(99, priority=9.0)], {}, {})
    assert open_ones(places) == {each.id for each in old}


def test_the_work_goes_to_whoever_has_fewest() -> None:
    places = allocated([waiting(n, holders=("p", "q")) for n in range(8)], {}, {})
    by_person = [place.assignee for place in places.values()]
    assert (by_person.count("p"), by_person.count("q")) == (4, 4)


PAUSED = {Kind.OUTDATED: Pause("few were accepted.", 2)}


def test_a_paused_kind_shows_its_best_two_and_the_rest_say_why() -> None:
    many = [waiting(n, priority=float(n), kind=Kind.OUTDATED) for n in range(6)]
    places = allocated([*many, waiting(9)], {}, PAUSED)
    assert open_ones(places) == {"s5", "s4", "s9"}
    assert places["s3"].held_reason == "paused: few were accepted."


def test_of_a_paused_kind_only_what_a_person_has_acted_on_stays_open() -> None:
    old = [waiting(n, kind=Kind.OUTDATED, state=State.OPEN, settled=True, assignee="p") for n in range(4)]
    mine = waiting(9, kind=Kind.OUTDATED, state=State.OPEN, touched=True, assignee="p", confidence=0.2)
    places = allocated([*old, mine], {}, {Kind.OUTDATED: Pause("why.", 1)})
    assert open_ones(places) == {"s0", "s9"}


def test_what_a_paused_kind_may_show_is_chosen_by_score_and_not_by_what_the_refusals_taught() -> None:
    doubted = waiting(1, kind=Kind.OUTDATED, confidence=0.3, score=0.9)
    assert open_ones(allocated([doubted], {}, {})) == set()
    assert open_ones(allocated([doubted], {}, PAUSED)) == {"s1"}


@given(
    st.lists(st.tuples(st.integers(0, 5), st.sampled_from([0.5, 0.8])), max_size=40),
    st.randoms(use_true_random=False),
)
def test_the_result_is_the_same_in_any_order_and_from_any_state_between(
    values: list[tuple[int, float]], random: object
) -> None:
    all_of_them = [
        waiting(n, priority=float(priority), confidence=confidence, holders=("p", "q"))
        for n, (priority, confidence) in enumerate(values)
    ]
    expected = allocated(all_of_them, {}, {})
    shuffled = list(all_of_them)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    half = shuffled[: len(shuffled) // 2]
    between = allocated(half, {}, {})
    later = [
        replace(w, state=between[w.id].state, assignee=between[w.id].assignee) if w.id in between else w
        for w in shuffled
    ]
    assert allocated(later, {}, {}) == expected
