"""The mode of the organisation: switched by an administrator together with a learning leader, losing nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

from services.catalog.domain.people import Mode, ModeAsked, Role, Viewer
from services.catalog.postgres.database import Database, Transaction
from services.catalog.review import forming, postgres, rejudging, rerouting, routing
from services.catalog.review.domain import Suggestion
from services.catalog.review.forming import Ground
from services.catalog.review.routing import Staff
from services.catalog.usecases.consequences import Consequences, consequences

_TOGETHER = (Role.ADMINISTRATOR, Role.LEARNING_LEADER)
_PAGE = 200


@dataclass(frozen=True, slots=True)
class Right:
    """How a person's right to decide moves: counts of live suggestions and of their programs."""

    email: str
    suggestions_gained: int = 0
    suggestions_lost: int = 0
    programs_gained: int = 0
    programs_lost: int = 0


@dataclass(frozen=True, slots=True)
class Switch:
    """A switch of the mode: what holds then, who gains and loses, whose suggestions move.

    `reopened` counts the approved plans that lack an approval then, `live` all live suggestions.
    """

    mode: ModeAsked
    asked_by: str
    rights: tuple[Right, ...]
    consequences: Consequences
    reopened: int
    live: int


@dataclass(frozen=True, slots=True)
class InForce:
    """The mode, with the e-mail of who asks for another."""

    mode: ModeAsked
    asked_by: str


async def get_mode(db: Database) -> InForce:
    """By which rules the organisation decides."""
    async with db.snapshot() as tx:
        mode = await tx.mode_asked()
        return InForce(mode, await _email(tx, mode))


async def set_mode(db: Database, viewer: Viewer, wanted: Mode, *, validate_only: bool) -> Switch:
    """Switches the mode, or asks for it where somebody with the other role has to agree.

    With `validate_only` nothing stays, and the answer is what the switch would come to.
    """
    today = db.clock.today()
    async with db.rehearsal() if validate_only else db.transaction() as tx:
        await rerouting.lock(tx)
        before = await tx.mode_asked()
        after = ModeAsked(wanted) if validate_only else await _agreed(tx, viewer, before, wanted)
        ids = await postgres.live_of(tx)
        live = await postgres.suggestions(tx, ids)
        rights: list[Right] = []
        opened: list[Suggestion] = []
        moved = Consequences()
        if after.mode is not before.mode:
            rights = await _rights(tx, db, live, after.mode)
        if after != before:
            await tx.set_mode(after)
            await tx.audited(viewer, "responsibility", _told(after))
        if after.mode is not before.mode:
            opened = await rejudging.rejudge(tx, viewer, today, ids)
            moved = await consequences(tx, viewer, await rerouting.reroute(tx, today, ids))
        now = len(await postgres.live_of(tx))
        return Switch(after, await _email(tx, after), tuple(rights), moved, len(opened), now)


def _told(mode: ModeAsked) -> dict[str, str]:
    return {"mode": str(mode.mode), "asked": str(mode.asked or "")}


async def _agreed(tx: Transaction, viewer: Viewer, before: ModeAsked, wanted: Mode) -> ModeAsked:
    """What holds after the viewer has asked: the mode itself once both roles want it."""
    if wanted is before.mode:
        return ModeAsked(wanted)
    roles = {role for role in _TOGETHER if viewer.person.has(role)}
    if not viewer.writes_people:
        roles.discard(Role.ADMINISTRATOR)  # such a token carries what its owner may do with content
    if before.asked is wanted:
        (asker,) = await tx.people([before.asked_by])
        roles |= {role for role in _TOGETHER if asker.active and asker.has(role)}
    if roles == set(_TOGETHER):
        return ModeAsked(wanted)
    return ModeAsked(before.mode, wanted, viewer.person.id)


async def _email(tx: Transaction, mode: ModeAsked) -> str:
    people = await tx.people([mode.asked_by]) if mode.asked_by else []
    return next((person.email for person in people), "")


async def _rights(tx: Transaction, db: Database, live: Sequence[Suggestion], mode: Mode) -> list[Right]:
    """Who may decide more or less under the mode than under the one in force."""
    gained, lost = Counter[str](), Counter[str]()
    on = await forming.ground(tx, db.clock.today(), [each.proposal for each in live])
    for each in live:
        had, has = (_deciders(each, on, staff) for staff in (on.staff, replace(on.staff, mode=mode)))
        gained.update(has - had)
        lost.update(had - has)
    programs_gained, programs_lost = Counter[str](), Counter[str]()
    after = ""
    while page := await tx.program_page(after=after, limit=_PAGE):
        after = page[-1].id
        people = await tx.people_by_email(owner for each in page for owner in each.owners)
        present = {key: person for key, person in people.items() if person.active}
        staff = Staff(by_email=present, mode=on.staff.mode)
        for program in page:
            had_rules, has_rules = (
                each.by_program_rules(program) for each in (staff, replace(staff, mode=mode))
            )
            if had_rules is not has_rules:
                moved = programs_gained if has_rules else programs_lost
                moved.update(person.id for person in staff.owners(program))
    ids = {*gained, *lost, *programs_gained, *programs_lost}
    return [
        Right(
            person.email,
            gained[person.id],
            lost[person.id],
            programs_gained[person.id],
            programs_lost[person.id],
        )
        for person in sorted(await tx.people(sorted(ids)), key=lambda person: person.email)
    ]


def _deciders(suggestion: Suggestion, on: Ground, staff: Staff) -> frozenset[str]:
    stage = suggestion.proposal.stage
    parts = suggestion.plan.parts
    return frozenset[str]().union(
        *(routing.needs(part, suggestion.edits, on.around, staff, stage).people for part in parts)
    )
