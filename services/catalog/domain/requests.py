"""What people ask of those who may: changes of people and duties, and ownership that is offered to another."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from services.catalog.domain.duties import Duty
from services.catalog.domain.people import Role

MAX_OPEN = 20  # requests of one person that nobody has answered
MAX_STRANGERS = 100  # requests of accounts that are nobody's here
AGAIN = timedelta(days=30)
"""When such an account may ask again after a no."""
MAX_WORDS = 1000


class Wish(StrEnum):
    """What is asked for."""

    ADD_PERSON = "ADD_PERSON"
    GRANT_ROLE = "GRANT_ROLE"
    REACTIVATE = "REACTIVATE"
    DUTY = "DUTY"
    HOUSE_RULES = "HOUSE_RULES"
    MODE = "MODE"
    CONTENT = "CONTENT"


ANSWERED_BY: Mapping[Wish, tuple[Role, ...]] = {
    Wish.ADD_PERSON: (Role.ADMINISTRATOR,),
    Wish.GRANT_ROLE: (Role.ADMINISTRATOR,),
    Wish.REACTIVATE: (Role.ADMINISTRATOR,),
    Wish.DUTY: (Role.LEARNING_LEADER,),
    Wish.HOUSE_RULES: (Role.LEARNING_LEADER,),
    Wish.MODE: (Role.ADMINISTRATOR, Role.LEARNING_LEADER),
    Wish.CONTENT: (Role.LEARNING_LEADER,),
}
"""Whose answer each waits for: of one who holds any of the roles."""
PROPOSALS = frozenset({Wish.HOUSE_RULES, Wish.MODE, Wish.CONTENT})
"""What is proposed in words and about nobody: a yes says that it will be done, and does nothing by itself."""


class RequestState(StrEnum):
    """Where a request stands."""

    OPEN = "OPEN"
    ACCEPTED = "ACCEPTED"
    DECLINED = "DECLINED"


@dataclass(frozen=True, slots=True)
class PersonRequest:
    """A change that somebody asks for, and whom it is about (`email`); `requester` and `resolver` are ids of persons.

    `requester` is empty where an account asks for itself that is nobody's here: `subject` at `issuer`.
    """

    id: str
    kind: Wish
    email: str
    display_name: str
    roles: tuple[Role, ...]
    object: str
    duty: Duty | None
    reason: str
    requester: str
    create_time: datetime
    state: RequestState = RequestState.OPEN
    resolver: str = ""
    resolve_time: datetime | None = None
    answer: str = ""
    issuer: str = ""
    subject: str = ""


class HandoverState(StrEnum):
    """Where a handover stands."""

    OFFERED = "OFFERED"
    ACCEPTED = "ACCEPTED"
    DECLINED = "DECLINED"


@dataclass(frozen=True, slots=True)
class Handover:
    """Ownership that `giver` offers to `receiver` (ids); it holds while `former` (an e-mail, folded) is the owner."""

    id: str
    object: str
    giver: str
    receiver: str
    former: str
    offer_time: datetime
    state: HandoverState = HandoverState.OFFERED
    end_time: datetime | None = None
