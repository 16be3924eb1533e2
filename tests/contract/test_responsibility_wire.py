"""Every field of the messages about duties and people's changes is filled from a full value.

Left out are fields that another value of the same kind fills; each is named.
"""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from services.catalog import wire
from services.catalog.domain.duties import Duty, DutyChange, Held, Holder, Origin, Responsibility, Vacancy
from services.catalog.domain.people import Mode, ModeAsked, Person, Role
from services.catalog.domain.requests import Handover, HandoverState, PersonRequest, RequestState, Wish
from services.catalog.review.rerouting import Move
from services.catalog.usecases.consequences import Consequences
from services.catalog.usecases.handovers import Shown as OfferedHandover
from services.catalog.usecases.mode import InForce, Right, Switch
from services.catalog.usecases.person_requests import Shown as Request
from services.catalog.usecases.responsibility import DutiesSet, Responsibilities
from winnow.catalog.v1 import duty_pb2

NOW = datetime(2026, 11, 2, 9, 30, tzinfo=UTC)
PERSON = Person("p1", "o@x.org", "O", (Role.SPECIALIST,), NOW, NOW, away_until=date(2026, 12, 1))
HELD = Held(Duty.OWNER, (Holder("o@x.org", PERSON),), False, Origin.WINNOW, "programs/g1", "p1", NOW)
RESPONSIBLE = Responsibility("programs/g1", "Path", (HELD, Held(Duty.DESIGN)))
COME = Consequences(
    (Vacancy("programs/g1", "Path", Duty.OWNER),),
    (Move("s1", "Copies", "p1", "p2", True),),
    {"p1": "a", "p2": "b"},
)
EMAILS = {"p1": "o@x.org"}
PAGE = Responsibilities((RESPONSIBLE,), "x", 3, EMAILS)
SWITCH = Switch(ModeAsked(Mode.HYBRID), "", (Right("a", 1, 2, 3, 4),), COME, 6, 5)
REQUEST = Request(
    PersonRequest(
        *("q1", Wish.DUTY, "a@x.org", "A", (Role.SPECIALIST,), "programs/g1", Duty.OWNER, "Why", "p1", NOW),
        *(RequestState.ACCEPTED, "p2", NOW, "Yes", "https://id.example.org", "s1"),
    ),
    "a",
    "b",
)
HANDOVER = OfferedHandover(
    Handover("h1", "programs/g1", "p1", "p2", "a", NOW, HandoverState.ACCEPTED, NOW), "Path", "a", "b", COME
)

CASES = {
    "person": (wire.person(PERSON, COME), frozenset[str]()),
    "responsibility": (wire.responsibility(RESPONSIBLE, EMAILS), frozenset[str]()),
    "duty": (wire.responsibility(RESPONSIBLE, EMAILS).duties[0], frozenset({"nobody"})),
    "nobody": (
        wire.responsibility(Responsibility("n", "t", (Held(Duty.OWNER, nobody=True),)), {}).duties[0],
        frozenset({"holders", "origin", "inherited_from", "set_by", "set_time"}),
    ),
    # Who has left has no absence, and works here no more.
    "holder": (wire.responsibility(RESPONSIBLE, EMAILS).duties[0].holders[0], frozenset({"active"})),
    "responsibilities": (
        wire.responsibilities(Responsibilities((RESPONSIBLE,), "x", 3, EMAILS), "t"),
        frozenset[str](),
    ),
    "consequences": (wire.consequences(COME), frozenset[str]()),
    "vacancy": (wire.consequences(COME).vacancies[0], frozenset[str]()),
    "reroute": (wire.consequences(COME).reroutes[0], frozenset[str]()),
    "mode": (wire.mode(InForce(ModeAsked(Mode.HYBRID, Mode.ROLE_BASED, "p1"), "o@x.org")), frozenset[str]()),
    "mode switch": (wire.mode_switch(SWITCH), frozenset[str]()),
    "right": (wire.mode_switch(SWITCH).rights[0], frozenset[str]()),
    "person request": (wire.person_request(REQUEST), frozenset[str]()),
    "handover": (wire.handover(HANDOVER), frozenset[str]()),
    "duties set": (wire.duties_set(DutiesSet(RESPONSIBLE, COME, EMAILS)), frozenset[str]()),
}


@pytest.mark.parametrize("name", CASES)
def test_every_field_of_the_message_is_filled(name: str) -> None:
    message, left_out = CASES[name]
    filled = {field.name for field, _ in message.ListFields()}
    assert {field.name for field in message.DESCRIPTOR.fields} - filled == left_out


def test_every_field_of_a_change_is_taken_in() -> None:
    change = duty_pb2.DutyChange(kind=duty_pb2.Duty.DEVELOP, people=["a@x.org"], nobody=True)
    assert {field.name for field, _ in change.ListFields()} == {
        field.name for field in change.DESCRIPTOR.fields
    }
    assert wire.duty_changes([change]) == [DutyChange(Duty.DEVELOP, ("a@x.org",), True)]
