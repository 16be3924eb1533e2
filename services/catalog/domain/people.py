"""People who work on the catalog (never learners), their roles, and who is calling."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from services.kit.errors import InvalidArgument, Violation

MAX_EMAIL = 320


class Role(StrEnum):
    """What a person may do in general; duties on one object add to it."""

    ADMINISTRATOR = "ADMINISTRATOR"
    LEARNING_LEADER = "LEARNING_LEADER"
    INSTRUCTIONAL_DESIGNER = "INSTRUCTIONAL_DESIGNER"
    SPECIALIST = "SPECIALIST"


CONTENT_ROLES = frozenset({Role.LEARNING_LEADER, Role.INSTRUCTIONAL_DESIGNER, Role.SPECIALIST})


class Mode(StrEnum):
    """By which rules the organisation decides: by role, by program owner, or (HYBRID) by owner where there is one."""

    ROLE_BASED = "ROLE_BASED"
    PROGRAM_BASED = "PROGRAM_BASED"
    HYBRID = "HYBRID"


@dataclass(frozen=True, slots=True)
class ModeAsked:
    """The mode in force, and another that a person (an id) has asked for."""

    mode: Mode
    asked: Mode | None = None
    asked_by: str = ""


class Stage(StrEnum):
    """A stage of a program; each may have a holder, who decides what belongs to it."""

    DESIGN = "DESIGN"
    DEVELOP = "DEVELOP"
    FACILITATE = "FACILITATE"
    EVALUATE = "EVALUATE"


def in_role_order(roles: Iterable[Role]) -> tuple[Role, ...]:
    """Each role once, in the order of the enum."""
    held = set(roles)
    return tuple(role for role in Role if role in held)


def email_key(email: str) -> str:
    """The form in which e-mails are compared."""
    return email.strip().casefold()


def owns(owner: str, people: Mapping[str, Person]) -> bool:
    """Whether an owner's name stands for somebody active; a team's does. `people` are by folded e-mail."""
    if "@" not in owner:
        return bool(owner)
    person = people.get(email_key(owner))
    return person is not None and person.active


def checked_email(email: str, field: str) -> str:
    """The e-mail without surrounding space; InvalidArgument when it is none."""
    trimmed = email.strip()
    name, at, host = trimmed.rpartition("@")
    if not (name and at and host) or len(trimmed) > MAX_EMAIL or any(ch.isspace() for ch in trimmed):
        raise InvalidArgument(
            "FIELD_INVALID",
            f"{field} is not an e-mail address.",
            {"field": field},
            violations=[Violation(field, "is not an e-mail address")],
        )
    return trimmed


@dataclass(frozen=True, slots=True)
class Person:
    """Someone who works on the catalog; active while `deactivate_time` is None, away up to the day `away_until`."""

    id: str
    email: str
    display_name: str
    roles: tuple[Role, ...]
    create_time: datetime
    deactivate_time: datetime | None = None
    duties_version: int = 1
    away_until: date | None = None

    @property
    def active(self) -> bool:
        """Whether the person has access."""
        return self.deactivate_time is None

    @property
    def shown_name(self) -> str:
        """The name, the e-mail where there is none."""
        return self.display_name or self.email

    def away(self, today: date) -> bool:
        """Whether the person is not there to decide, though active."""
        return self.away_until is not None and self.away_until >= today

    def has(self, *roles: Role) -> bool:
        """Whether the person holds one of the roles."""
        return any(role in self.roles for role in roles)


@dataclass(frozen=True, slots=True)
class Duties:
    """What a person answers for: ids of programs owned or co-owned and of resources owned; stages by program."""

    programs: frozenset[str] = frozenset()
    resources: frozenset[str] = frozenset()
    stages: frozenset[tuple[str, Stage]] = frozenset()

    def __bool__(self) -> bool:
        return bool(self.programs or self.resources or self.stages)


@dataclass(frozen=True, slots=True)
class Viewer:
    """Who calls which method, as the catalog knows them now; `credential` is an API token's id or empty.

    `writes_people` is whether what they came with may write people, as far as their roles do. `acting` says in which
    roles they may: role names, or OWNER by a duty; empty where everyone may. `feed` is the id of the people feed that
    calls for the administrator who registered it; it reads nothing. `let_in_by` is the id of the administrator who made
    what they came with, a token or the link that they signed in by; empty where that was themselves.
    """

    person: Person
    duties: Duties
    read_only: bool = False
    credential: str = ""
    method: str = ""
    acting: str = ""
    writes_people: bool = True
    feed: str = ""
    let_in_by: str = ""

    @property
    def reads_content(self) -> bool:
        """Whether the person may read the catalog: a content role or a duty."""
        return not self.feed and (self.person.has(*CONTENT_ROLES) or bool(self.duties))
