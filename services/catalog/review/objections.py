"""Objections while the notice of an approved plan runs: by whoever is signed in, or by a signed link."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from services.catalog.domain.people import Viewer, email_key
from services.catalog.policy import check_about
from services.catalog.postgres.database import Database, Transaction
from services.catalog.review import forming, learning, postgres, routing, wire
from services.catalog.review.cases import Case, Seen, open_case
from services.catalog.review.domain import AFFECTED, State, Suggestion
from services.catalog.review.surroundings import Surroundings, bare
from services.catalog.telling import postgres as notices
from services.catalog.telling import urgent
from services.kit import links
from services.kit.errors import NotFound

LONGEST_REASON = 2000  # characters
_PURPOSE = "objection"
_SCHEDULED = frozenset({State.SCHEDULED})


@dataclass(frozen=True, slots=True)
class ObjectionLink:
    """By `token` the person of that e-mail can object until `expire_time`."""

    email: str
    token: str
    expire_time: datetime


@dataclass(frozen=True, slots=True)
class ObjectionPage:
    """What a link is about: the finding in a line, the changes in words, when they apply, whom it was made for."""

    summary: str
    changes: tuple[str, ...]
    due_time: datetime
    email: str


async def affected(tx: Transaction, suggestion: Suggestion, around: Surroundings) -> tuple[str, ...]:
    """E-mails of who owns something that the plan touches, or a program around it at any level; sorted, each once.

    Somebody without an account may be among them, nobody who was removed.
    """
    touched = {bare(name) for name in suggestion.plan.touches}
    resources = around.present(sorted(touched))
    programs = [around.programs[id_] for id_ in touched if id_ in around.programs]
    programs += [program for each in resources for program in around.holding(each.id)]
    owners = [each.owner for each in resources]
    owners += [owner for program in around.reach(programs) for owner in program.owners]
    found = {email_key(owner): owner.strip() for owner in owners if "@" in owner}
    people = await tx.people_by_email(found)
    gone = {key for key, person in people.items() if not person.active}
    return tuple(found[key] for key in sorted(found.keys() - gone))


async def tokens(tx: Transaction, planned: Suggestion, around: Surroundings) -> dict[str, str]:
    """By e-mail of who is affected by a scheduled plan, what lets them object to it until it applies."""
    due = planned.due_time
    if due is None:
        raise RuntimeError(f"{planned.name} is not scheduled")
    key = await tx.link_key()
    return {
        email: links.signed(key, _PURPOSE, {"sub": planned.id, "rev": planned.revision, "email": email}, due)
        for email in await affected(tx, planned, around)
    }


async def call_again(db: Database) -> None:
    """Tells who can still object to a plan that applies within a day, once, where the notice was longer than that."""
    if not db.post.mail:
        return
    async with db.snapshot() as tx:
        soon = await notices.ending(tx, urgent.LAST_CALL, urgent.LONG)
    for id_ in soon:
        async with db.transaction() as tx:
            await postgres.lock(tx)
            planned = await postgres.suggestion(tx, id_)
            if planned.state is State.SCHEDULED and planned.decision is not None:
                on = await forming.ground(tx, db.clock.today(), [planned.proposal])
                await urgent.last_call(tx, planned, await tokens(tx, planned, on.around))


async def create_links(tx: Transaction, db: Database, viewer: Viewer, id_: str) -> list[ObjectionLink]:
    """A link for each owner of what a scheduled plan touches; those made before for this notice are good too."""
    case = await open_case(tx, db, id_, "createObjectionLinks", _SCHEDULED, Seen())
    due = case.known.due_time
    if due is None:
        raise RuntimeError(f"{case.known.name} is scheduled without a time")
    made = [
        ObjectionLink(email, token, due)
        for email, token in (await tokens(tx, case.known, case.on.around)).items()
    ]
    await tx.audited(viewer, case.known.name, {"links": str(len(made))})
    return made


async def file(tx: Transaction, db: Database, viewer: Viewer, id_: str, reason: str) -> Suggestion:
    """OPEN again, for the reason of somebody who is signed in; PermissionDenied for whom it does not concern."""
    await postgres.lock(tx)
    known = await postgres.suggestion(tx, id_)
    on = await forming.ground(tx, db.clock.today(), [known.proposal])
    # Before the state: whoever may not object learns that, not how far the plan is.
    check_about(viewer, viewer.method, routing.standing(viewer, known, on.around))
    case = await open_case(tx, db, id_, "object", _SCHEDULED, Seen())
    person = viewer.person
    back = await _objected(tx, case, person.display_name or person.email, person.id, _checked(reason))
    await tx.audited(viewer, back.name, {"reason": reason.strip()})
    return back


async def read_link(db: Database, token: str) -> ObjectionPage:
    """What the link is about; NotFound when it is forged, over, used, or of whom it does not concern any more."""
    async with db.snapshot() as tx:
        email, known = await _by_link(tx, db, token)
        return _page(known, email)


async def file_by_link(db: Database, token: str, reason: str) -> ObjectionPage:
    """OPEN again, for the reason of whoever holds the link; NotFound as for reading it."""
    async with db.transaction() as tx:
        await postgres.lock(tx)
        email, known = await _by_link(tx, db, token)
        words = _checked(reason)
        page = _page(known, email)
        case = await open_case(tx, db, known.id, "object", _SCHEDULED, Seen())
        people = await tx.people_by_email([email_key(email)])
        person = next((each.id for each in people.values() if each.active), "")
        back = await _objected(tx, case, email, person or AFFECTED, words)
        detail = {"reason": words, "email": email}
        await tx.audit(
            person=person, credential="", method="FileObjectionByLink", target=back.name, detail=detail
        )
        return page


async def _by_link(tx: Transaction, db: Database, token: str) -> tuple[str, Suggestion]:
    said = links.read(await tx.link_key(), _PURPOSE, token, tx.now)
    invalid = NotFound("LINK_INVALID", "This link is not valid (any more).")
    if said is None:
        raise invalid
    found = await postgres.suggestions(tx, [said["sub"]])
    # An objection raises the revision: the link that filed it, and all others of this notice, are used then.
    if not found or found[0].state is not State.SCHEDULED or found[0].revision != said["rev"]:
        raise invalid
    on = await forming.ground(tx, db.clock.today(), [found[0].proposal])
    # Whom it was made for may have been removed since, or own nothing of it any more.
    if email_key(said["email"]) not in map(email_key, await affected(tx, found[0], on.around)):
        raise invalid
    return said["email"], found[0]


def _page(known: Suggestion, email: str) -> ObjectionPage:
    due = known.due_time
    if due is None:
        raise RuntimeError(f"{known.name} is scheduled without a time")
    return ObjectionPage(
        known.proposal.summary, tuple(change.text for change in known.plan.changes), due, email
    )


def _checked(reason: str) -> str:
    words = " ".join(reason.split())
    if not 1 <= len(words) <= LONGEST_REASON:
        raise wire.bad_field("reason", f"must have 1 to {LONGEST_REASON} characters")
    return words


async def _objected(tx: Transaction, case: Case, who: str, actor: str, reason: str) -> Suggestion:
    await learning.forget(tx, case.known)
    back = replace(
        case.now,
        state=State.OPEN,
        due_time=None,
        # All approve anew: with the old yes-es it would be scheduled as if nobody had said a word.
        approvals=(),
        revision=case.known.revision + 1,
        note=f"objection by {who}: {reason}",
        facts_changed=case.made.changed,
        touched=True,
    )
    back = await forming.record_decision(
        tx, back, "object", actor, reason="objection", comment=f"{who}: {reason}"
    )
    await urgent.open_again(tx, back, but=actor)
    saved = await postgres.save(tx, back, forming.order_key(back.proposal, case.on.around))
    await forming.place_all(tx)
    return (await postgres.suggestions(tx, [saved.id]))[0]
