"""What applied plans mean for learners: a notice that is ready to be sent, and whom it is for (behaviour.md §10)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from services.catalog.domain.disclosure import LEAST, coarse
from services.catalog.domain.people import Viewer
from services.catalog.policy import METHODS, About, Column, check_about
from services.catalog.postgres.database import Database, Transaction
from services.catalog.review import forming, postgres, postgres_notices, simulation
from services.catalog.review.domain import Change, Operation, Plan, Risk, Suggestion
from services.catalog.review.postgres_notices import Noted
from services.catalog.review.surroundings import Surroundings, bare
from services.catalog.usecases.records import pseudonym
from services.kit.errors import FailedPrecondition, InvalidArgument

_EXPORT = "/winnow.review.v1.ReviewService/ExportNoticeLearners"
_MATCH = "/winnow.review.v1.ReviewService/MatchNoticeLearners"
MOST_LEARNERS = 10_000
"""Of a list that is compared in one call."""
_CLOSES = frozenset({Operation.ARCHIVE, Operation.DEPRECATE, Operation.UNLIST, Operation.CLOSE_TO_NEW})
_PROGRAM = frozenset(
    {
        Operation.ITEM_REPLACE,
        Operation.ITEM_DROP,
        Operation.ITEM_INSERT,
        Operation.ITEM_MAKE_OPTIONAL,
        Operation.ITEM_MOVE,
        Operation.MERGE_PROGRAMS,
        Operation.ARCHIVE_PROGRAM,
    }
)
_NOTICED = _CLOSES | _PROGRAM | {Operation.RESTORE, Operation.ADD_EQUIVALENCE}


@dataclass(frozen=True, slots=True)
class Notice:
    """What is told to learners; lines are whole sentences. `learners` counts those the plan was simulated on, as told.

    `listable` is whether a list of them tells only of groups that may be told of, `entitled` whether whoever asks may
    be told which ones.
    """

    suggestion: str
    title: str
    apply_time: datetime
    changes: tuple[str, ...]
    to_do: tuple[str, ...]
    stays: tuple[str, ...]
    learners: int
    sums_only: bool
    listable: bool
    entitled: bool = False

    @property
    def text(self) -> str:
        """All of it as one text to send."""
        parts = (
            ("What changes", self.changes),
            ("From when", (f"Since {self.apply_time.day} {self.apply_time:%B %Y}.",)),
            ("What you have to do", self.to_do),
            ("What stays", self.stays),
        )
        said = [f"{heading}\n{chr(10).join(lines)}" for heading, lines in parts if lines]
        return "\n\n".join((self.title, *said))


async def applied(tx: Transaction, suggestion: Suggestion, around: Surroundings) -> None:
    """Keeps whom the plan touches, in the transaction that applies it; nothing where no learner notices it."""
    plan = suggestion.plan
    if not _noticed(plan):
        return
    known = plan.simulation is not None and not plan.simulation.sums_only
    concerned = simulation.learners(plan, around) if known else frozenset[str]()
    sums_only = plan.simulation is not None and plan.simulation.sums_only
    await postgres_notices.add(tx, suggestion.id, sums_only=sums_only, learners=concerned)


async def undone(tx: Transaction, suggestion: Suggestion) -> None:
    """Forgets the notice of a plan that was taken back."""
    await postgres_notices.drop(tx, suggestion.id)


def _noticed(plan: Plan) -> bool:
    return plan.risk >= Risk.R1 and any(change.operation in _NOTICED for change in plan.changes)


async def list_notices(
    db: Database, viewer: Viewer, *, before: tuple[datetime, str] | None, limit: int
) -> list[Notice]:
    """A page of notices, newest first, as this person sees them."""
    async with db.snapshot() as tx:
        noted = await postgres_notices.page(tx, before=before, limit=limit)
        found = {each.id: each for each in await postgres.suggestions(tx, [one.suggestion for one in noted])}
        today = db.clock.today()
        on = await forming.ground(tx, today, [each.proposal for each in found.values()])
        about = {id_: _about(viewer, each, on.around) for id_, each in found.items()}
        return [
            replace(
                drafted(one, found[one.suggestion], on.around),
                entitled=METHODS[_EXPORT].allows(viewer, about[one.suggestion]),
            )
            for one in noted
            if one.suggestion in found
        ]


async def learners(db: Database, viewer: Viewer, id_: str) -> list[str]:
    """Pseudonyms of whom to tell.

    NotFound; PermissionDenied for whoever owns other programs; FailedPrecondition where no list may be told.
    """
    async with db.snapshot() as tx:
        return await _concerned(tx, db, viewer, id_, _EXPORT)


async def match(db: Database, viewer: Viewer, id_: str, given: Sequence[str]) -> list[int]:
    """Places in a list of what the LMS calls its learners of whom to tell; of the list nothing is kept.

    As `learners`; InvalidArgument for none or too many; FailedPrecondition also where fewer than 5 of the list are
    concerned, so that nobody is looked up by themselves.
    """
    async with db.transaction() as tx:
        concerned = frozenset(await _concerned(tx, db, viewer, id_, _MATCH))
        if not 0 < len(given) <= MOST_LEARNERS:
            raise InvalidArgument(
                "LEARNERS_INVALID", f"Send 1 to {MOST_LEARNERS:,} learners at a time.", {"field": "learners"}
            )
        key = await tx.learner_key()
        found = {at: name for at, each in enumerate(given) if (name := pseudonym(each, key)) in concerned}
        told = len(set(found.values()))
        if told < LEAST:
            raise FailedPrecondition(
                "LEARNERS_NOT_TOLD",
                f"Fewer than {LEAST} of this list are concerned, so that Winnow does not say who. Send the list of "
                "everyone who is enrolled, or tell everyone who is.",
                {"suggestion": f"suggestions/{id_}"},
            )
        await tx.audited(viewer, f"suggestions/{id_}", {"learners": str(len(given)), "concerned": str(told)})
    return list(found)


async def _concerned(tx: Transaction, db: Database, viewer: Viewer, id_: str, method: str) -> list[str]:
    known = await postgres.suggestion(tx, id_)
    on = await forming.ground(tx, db.clock.today(), [known.proposal])
    check_about(viewer, method, _about(viewer, known, on.around))
    found = await postgres_notices.learners(tx, id_)
    if _listable(known, len(found)):
        return found
    raise FailedPrecondition(
        "LEARNERS_NOT_TOLD",
        f"{known.name} has no list of learners: it is not applied, nobody's requirements are touched, only sums are "
        f"known, or they are fewer than {LEAST}, in all or in one of the programs. Tell everyone who is enrolled, "
        "through the LMS.",
        {"suggestion": known.name},
    )


def _listable(applied_: Suggestion, learners: int) -> bool:
    """Whether so many may be listed: less the learners of the other programs, a list tells of those of each."""
    computed = applied_.plan.simulation
    return learners >= LEAST and not (computed and computed.few)


def _about(viewer: Viewer, suggestion: Suggestion, around: Surroundings) -> About:
    """Whether the plan touches a program of theirs, or something in it."""
    touched = {bare(name) for name in suggestion.plan.touches}
    held = {program.id for id_ in touched for program in around.holding(id_)}
    held |= {program.id for id_ in touched | held for program in around.above(id_)}
    return About(own=frozenset({Column.PO} if (touched | held) & viewer.duties.programs else ()))


def drafted(noted: Noted, suggestion: Suggestion, around: Surroundings) -> Notice:
    """The notice of an applied plan, with the titles of today."""
    done = [change for change in suggestion.plan.changes if change.operation in _NOTICED]
    computed = suggestion.plan.simulation
    return Notice(
        suggestion=suggestion.id,
        title=_title(done, around),
        apply_time=noted.apply_time,
        changes=_lines(_change(change, around) for change in done),
        to_do=_to_do(done, around),
        stays=(
            "Everything you have completed stays on your record.",
            *_lines(
                f"Having completed {around.title(change.other)} counts as {around.title(change.target)}."
                for change in done
                if change.operation is Operation.ADD_EQUIVALENCE and change.other
            ),
            *(("Old links and bookmarks lead on.",) if any(c.operation in _CLOSES for c in done) else ()),
        ),
        learners=computed.enrolments if computed and computed.rounded else coarse(noted.learners),
        sums_only=noted.sums_only,
        listable=_listable(suggestion, noted.learners),
    )


def _title(done: list[Change], around: Surroundings) -> str:
    closed = [change for change in done if change.operation in _CLOSES]
    if len(closed) == 1:
        title = around.title(closed[0].target)
        if _alike(closed[0], around):
            return f"{title} is offered once, no longer twice"
        if closed[0].other:
            return f"{title} is replaced by {around.title(closed[0].other)}"
        return f"{title} is no longer offered"
    if closed:
        return f"{len(closed)} courses are no longer offered"
    programs = list(dict.fromkeys(change.target for change in done if change.operation in _PROGRAM))
    if len(programs) == 1:
        return f"{around.title(programs[0])} changes"
    return f"{len(programs)} programs change" if programs else _change(done[0], around).rstrip(".")


def _change(change: Change, around: Surroundings) -> str:
    if change.operation is Operation.ADD_EQUIVALENCE:
        return ""  # says what stays
    if change.operation in _CLOSES:
        title = around.title(change.target)
        new = change.operation is Operation.CLOSE_TO_NEW
        if _alike(change, around):
            closes = "takes no new learners" if new else "is no longer offered"
            return f"{title} was there twice; one of the two {closes}."
        said = f"{title} takes no new learners" if new else f"{title} is no longer offered"
        return f"{said}; {around.title(change.other)} takes its place." if change.other else f"{said}."
    return change.text if change.text.endswith(".") else f"{change.text}."


def _alike(change: Change, around: Surroundings) -> bool:
    """Whether what takes its place has the same title, so that titles say nothing to learners."""
    return bool(change.other) and around.title(change.other) == around.title(change.target)


def _to_do(done: list[Change], around: Surroundings) -> tuple[str, ...]:
    lines: list[str] = []
    for change in done:
        title = around.title(change.target)
        if change.operation is Operation.CLOSE_TO_NEW:
            lines.append(f"If you have started {title}, you can finish it.")
        elif change.operation in _CLOSES and _alike(change, around):
            lines.append(
                f"If you have not finished the {title} that is no longer offered, go on with the other."
            )
        elif change.operation in _CLOSES and change.other:
            lines.append(f"If you have not finished {title}, go on with {around.title(change.other)}.")
    return _lines(lines) or ("Nothing.",)


def _lines(said: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(line for line in said if line))
