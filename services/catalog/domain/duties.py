"""Duties on programs and resources: who has them, where that is written, and what is missing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import cast

from services.catalog.domain.people import Person, Stage, email_key
from services.catalog.domain.programs import Program
from services.catalog.domain.resources import Resource
from services.catalog.domain.values import NOBODY, Desired
from services.kit.errors import InvalidArgument, Violation


class Duty(StrEnum):
    """What a person can answer for on one object; a resource has an OWNER alone."""

    OWNER = "OWNER"
    CO_OWNER = "CO_OWNER"
    DESIGN = "DESIGN"
    DEVELOP = "DEVELOP"
    FACILITATE = "FACILITATE"
    EVALUATE = "EVALUATE"

    @property
    def stage(self) -> Stage | None:
        """The stage of a program that it is; None for owning."""
        return None if self in _OWNING else Stage(self.value)


_OWNING = (Duty.OWNER, Duty.CO_OWNER)


class Origin(StrEnum):
    """Where it is written who has a duty."""

    SOURCE = "SOURCE"
    WINNOW = "WINNOW"
    INHERITED = "INHERITED"


@dataclass(frozen=True, slots=True)
class Holder:
    """Who has a duty: an e-mail as it is written, and the person of that e-mail, if there is one."""

    email: str
    person: Person | None = None

    @property
    def active(self) -> bool:
        """Whether they work here now."""
        return self.person is not None and self.person.active


@dataclass(frozen=True, slots=True)
class Held:
    """One duty on one object; `nobody`: on purpose; `author` is the id of who said so in Winnow, at `time`."""

    duty: Duty
    holders: tuple[Holder, ...] = ()
    nobody: bool = False
    origin: Origin | None = None
    inherited_from: str = ""
    author: str = ""
    time: datetime | None = None

    @property
    def filled(self) -> bool:
        """Whether somebody who works here has it, or nobody on purpose."""
        return self.nobody or any(holder.active for holder in self.holders)


@dataclass(frozen=True, slots=True)
class Responsibility:
    """Who is responsible for one object (`programs/{id}` or `resources/{id}`)."""

    name: str
    title: str
    duties: tuple[Held, ...]

    @property
    def ownerless(self) -> bool:
        """Whether nobody who works here answers for it, and that not on purpose."""
        return not any(held.filled for held in self.duties if held.duty in _OWNING)

    @property
    def missing(self) -> tuple[Duty, ...]:
        """Stages without an advocate."""
        return tuple(held.duty for held in self.duties if held.duty not in _OWNING and not held.filled)


@dataclass(frozen=True, slots=True)
class StageHolder:
    """What was said of a stage in Winnow; without a person: nobody, on purpose."""

    person: Person | None
    author: str
    time: datetime


@dataclass(frozen=True, slots=True)
class Vacancy:
    """A duty that nobody fulfils any more."""

    name: str
    title: str
    duty: Duty


@dataclass(frozen=True, slots=True)
class DutyChange:
    """What a duty shall be: these people (e-mails), nobody on purpose, or (neither) what was said before Winnow."""

    duty: Duty
    people: tuple[str, ...] = ()
    nobody: bool = False

    @property
    def taken_back(self) -> bool:
        """Whether what was said in Winnow no longer holds."""
        return not (self.people or self.nobody)


def of_program(
    program: Program, stages: Mapping[Stage, StageHolder], people: Mapping[str, Person]
) -> Responsibility:
    """Who is responsible for a program; `people` by folded e-mail."""
    wish = program.desired.get("owners")
    said = _said(wish, bool(program.owners))
    owner = Held(Duty.OWNER, _holders(program.owners[:1], people), program.nobody_owns, *said)
    others = Held(Duty.CO_OWNER, _holders(program.owners[1:], people), False, *said)
    held = [owner, others if others.holders else Held(Duty.CO_OWNER)]
    for stage in Stage:
        known = stages.get(stage)
        if known is None:
            held.append(Held(Duty(stage.value)))
            continue
        person = known.person
        holders = (Holder(person.email, person),) if person else ()
        written = (Origin.WINNOW, "", known.author, known.time)
        held.append(Held(Duty(stage.value), holders, person is None, *written))
    return Responsibility(f"programs/{program.id}", program.title, tuple(held))


def of_resource(
    resource: Resource, inherited: tuple[Program, Person] | None, people: Mapping[str, Person]
) -> Responsibility:
    """Who is responsible for a resource; `inherited`: a program and its owner, who stands in where nobody is named."""
    named = (resource.owner,) if resource.owner else ()
    if named or resource.nobody_owns or inherited is None:
        said = _said(resource.desired.get("owner"), bool(named))
        held = Held(Duty.OWNER, _holders(named, people), resource.nobody_owns, *said)
    else:
        program, owner = inherited
        holders = (Holder(owner.email, owner),)
        held = Held(Duty.OWNER, holders, False, Origin.INHERITED, f"programs/{program.id}")
    return Responsibility(f"resources/{resource.id}", resource.title, (held,))


def _said(wish: Desired | None, named: bool) -> tuple[Origin | None, str, str, datetime | None]:
    """Origin, where it is inherited from, author and time of who owns it."""
    if wish is not None:
        return Origin.WINNOW, "", wish.author, wish.time
    return Origin.SOURCE if named else None, "", "", None


def _holders(emails: Sequence[str], people: Mapping[str, Person]) -> tuple[Holder, ...]:
    return tuple(Holder(email, people.get(email_key(email))) for email in emails)


def wanted_owners(program: Program, changes: Mapping[Duty, DutyChange]) -> tuple[str, ...]:
    """The owners that a program has after these changes, the owner first; as the field holds them.

    InvalidArgument for co-owners without an owner.
    """
    observed = program.observed("owners")
    said = (
        tuple(str(each) for each in cast("tuple[object, ...]", observed))
        if isinstance(observed, tuple)
        else ()
    )
    owner, others = changes.get(Duty.OWNER), changes.get(Duty.CO_OWNER)
    first = program.owners[:1] if owner is None else owner.people
    rest = program.owners[1:] if others is None else others.people
    if owner is not None and owner.taken_back:
        first = said[:1]
    if others is not None and others.taken_back:
        rest = said[1:]
    nobody = program.nobody_owns if owner is None else owner.nobody
    if nobody and others is None:
        rest = ()
    kept = {email_key(email) for email in first}
    rest = tuple(email for email in rest if email_key(email) not in kept)
    if rest and not first:
        raise bad_change("CO_OWNER needs an OWNER beside it")
    return (NOBODY,) if nobody else (*first, *rest)


def bad_change(text: str) -> InvalidArgument:
    """The error of a change of duties that cannot be."""
    return InvalidArgument(
        "FIELD_INVALID",
        f"changes: {text}.",
        {"field": "changes"},
        violations=[Violation("changes", text)],
    )
