"""Claims on use, kept up as deliveries come in: the same whatever their order, and only what moved is told."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.curator import wire
from services.curator.analysis.model import Document
from services.curator.neglect import Neglect
from services.curator.shelf import Shelf
from winnow.internal.v1.feed_service_pb2 import ResourceState

TODAY = date(2026, 6, 15)
NAMES = [f"r{number}" for number in range(9)]


def shelf() -> Shelf:
    made = Shelf(epoch="first")
    for name in NAMES:
        kind = "course" if name < "r8" else "video"
        made.documents[name] = Document(name, name, (), kind=kind, created=date(2020, 1, 1))
        made.resources[name] = ResourceState(title=name, kind=kind)
    return made


def deliver(made: Shelf, name: str, starts: int) -> None:
    made.use[name] = wire.Use(12 * starts, 0, 0, (starts,) * 24, date(2026, 5, 1))


@given(
    st.lists(st.tuples(st.sampled_from(NAMES), st.sampled_from([0, 1, 20])), max_size=30), st.integers(1, 7)
)
def test_the_order_and_the_size_of_deliveries_change_nothing(
    deliveries: list[tuple[str, int]], at_once: int
) -> None:
    made, step_by_step = shelf(), Neglect()
    for number, (name, starts) in enumerate(deliveries, 1):
        deliver(made, name, starts)
        step_by_step.touch([name])
        if number % at_once == 0:
            step_by_step.refresh(made, TODAY)
    step_by_step.refresh(made, TODAY)
    at_the_end = Neglect()
    at_the_end.refresh(made, TODAY)
    assert step_by_step.claims == at_the_end.claims


@pytest.mark.parametrize("stays", ["on_hold", "certification"])
def test_only_what_moved_is_told(stays: str) -> None:
    made, neglect = shelf(), Neglect()
    for name in NAMES[:7]:
        deliver(made, name, 20)
    deliver(made, "r0", 0)
    neglect.refresh(made, TODAY)
    assert neglect.moved == {"r0"} == set(neglect.claims)
    neglect.settled()
    neglect.touch(["r1"])
    assert neglect.waits
    neglect.refresh(made, TODAY)
    assert neglect.moved == set()
    assert not neglect.waits
    setattr(made.resources["r0"], stays, True)
    neglect.touch(["r0"])
    neglect.refresh(made, TODAY)
    assert neglect.moved == {"r0"}
    assert neglect.claims == {}
