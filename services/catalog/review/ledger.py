"""The suppression ledger and the verdicts, as people keep them: listed, written, approved, taken back, expired."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from services.catalog import policy
from services.catalog.domain.people import Viewer, email_key
from services.catalog.ids import new_id
from services.catalog.policy import About, Cell
from services.catalog.postgres.database import Database, Transaction
from services.catalog.review import (
    cases,
    forming,
    postgres,
    postgres_suppressions,
    postgres_verdicts,
    proposals,
    suppressions,
    usecases,
    wire,
)
from services.catalog.review.domain import State, Suggestion
from services.catalog.review.findings import Kind, Proposal
from services.catalog.review.postgres_verdicts import Ruling
from services.catalog.review.suppressions import Scope, Standing, Suppression, verdict_rule
from services.catalog.usecases import purview
from services.kit.errors import FailedPrecondition, NotFound

MOST_NAMED = 50  # suggestions named beside their count
CHUNK = 100  # suggestions looked at together
NOT_ENDED = (Standing.ACTIVE, Standing.PROPOSED)
_BY_FILTER = "suppress by filter"
_RESTORE_FILTER = "restore what is suppressed by filter"


@dataclass(frozen=True, slots=True)
class Written:
    """A rule with the suggestions that it hides now, or makes smaller: how many, and the most important by name."""

    rule: Suppression
    count: int
    suggestions: tuple[str, ...]
    emails: Mapping[str, str]


async def create(
    tx: Transaction, db: Database, viewer: Viewer, asked: Suppression, *, validate_only: bool
) -> Written:
    """Stores a rule and hides what it is about; only says what that would be with `validate_only`.

    A filter that not a learning leader writes is PROPOSED and hides nothing yet. PermissionDenied for a set or
    resource that is not the viewer's to decide; FailedPrecondition for hard evidence.
    """
    await postgres.lock(tx)
    rule = await _completed(tx, asked)
    proposed = await _only_proposes(tx, viewer, rule)
    rule = replace(rule, id=new_id(), person=viewer.person.id, time=tx.now, proposed=proposed)
    found = await _concerned(tx, rule, db.clock.today())
    if validate_only:
        return await _written(tx, replace(rule, id=""), found)
    await postgres_suppressions.add(tx, [rule])
    await tx.audited(viewer, rule.name, {"scope": str(rule.scope), "comment": rule.comment})
    if not rule.proposed:
        await proposals.take_again(tx, await _as_found(tx, found), db.clock.today())
    (stored,) = await postgres_suppressions.load(tx, [rule.id])
    return await _written(tx, stored, found)


async def _completed(tx: Transaction, asked: Suppression) -> Suppression:
    """With kind and members of the suggestion that is named, under their present names."""
    if asked.scope is Scope.FILTER:
        return asked
    rule = asked
    if asked.suggestion:
        meant = await postgres.suggestion(tx, asked.suggestion)
        if meant.proposal.hard:
            raise FailedPrecondition(
                "EVIDENCE_HARD",
                f"{meant.name} rests on hard evidence, which no suppression hides.",
                {"suggestion": meant.name},
            )
        of_program = meant.proposal.kind is Kind.PROGRAM and asked.scope is Scope.EXACT_SET
        members = asked.members or meant.proposal.resources
        rule = replace(
            asked,
            suggestion="",
            kind=meant.proposal.kind,
            members=members,
            key=meant.key if of_program else "",
        )
    known = {name: each.id for each in await tx.resources(rule.members) for name in (each.id, *each.aliases)}
    for id_ in rule.members:
        if id_ not in known:
            raise NotFound(
                "RESOURCE_NOT_FOUND", f"There is no resources/{id_}.", {"resource": f"resources/{id_}"}
            )
    members = tuple(sorted({known[id_] for id_ in rule.members}))
    if rule.scope is Scope.RESOURCE and len(members) != 1:
        raise wire.bad_field("suppression.resources", "must name the one resource")
    return replace(rule, members=members)


async def _only_proposes(tx: Transaction, viewer: Viewer, rule: Suppression) -> bool:
    """Whether the viewer may no more than propose the rule; PermissionDenied, naming who can, if not even that."""
    if rule.scope is not Scope.FILTER:
        policy.check_about(viewer, viewer.method, await purview.over(tx, viewer, rule.members))
        return False
    row = policy.ACTIONS[_BY_FILTER][await tx.mode()]
    if row.allows(viewer, About()):
        return False
    if Cell.PROPOSE not in {row.cells[column] for column in policy.columns(viewer)}:
        raise policy.denied(viewer.method, row.who_can)
    return True


async def _concerned(tx: Transaction, rule: Suppression, today: date) -> list[Suggestion]:
    """Suggestions that wait for a decision and of which the rule would hide something, most important first."""
    names = [name for each in await tx.resources(rule.members) for name in (each.id, *each.aliases)]
    ids = await postgres_suppressions.waiting(tx, rule, names)
    found: list[Suggestion] = []
    for start in range(0, len(ids), CHUNK):
        chunk = {each.id: each for each in await postgres.suggestions(tx, ids[start : start + CHUNK])}
        on = await forming.ground(tx, today, [each.proposal for each in chunk.values()])
        found += [
            chunk[id_]
            for id_ in ids[start : start + CHUNK]
            if suppressions.kept(chunk[id_].proposal, [rule], (), on.around).rules
        ]
    return found


async def _as_found(tx: Transaction, found: Sequence[Suggestion]) -> list[Proposal]:
    """Their findings as the curator said them, whole where something is hidden already."""
    whole = await postgres_suppressions.whole(tx, [each.key for each in found])
    return [whole.get(each.key, each.proposal) for each in found]


async def _written(tx: Transaction, rule: Suppression, found: Sequence[Suggestion]) -> Written:
    named = tuple(each.name for each in found[:MOST_NAMED])
    return Written(rule, len(found), named, await emails(tx, [rule]))


async def approve(tx: Transaction, db: Database, viewer: Viewer, id_: str, *, validate_only: bool) -> Written:
    """Lets a proposed rule hide from now on. FailedPrecondition when it is not PROPOSED."""
    await postgres.lock(tx)
    rule = await postgres_suppressions.one(tx, id_)
    if rule.standing is not Standing.PROPOSED:
        raise _no_verb(rule)
    found = await _concerned(tx, rule, db.clock.today())
    if validate_only:
        return await _written(tx, rule, found)
    await postgres_suppressions.approve(tx, id_)
    await tx.audited(viewer, rule.name)
    await proposals.take_again(tx, await _as_found(tx, found), db.clock.today())
    return await _written(tx, await postgres_suppressions.one(tx, id_), found)


def _no_verb(rule: Suppression) -> FailedPrecondition:
    return FailedPrecondition(
        "SUPPRESSION_ENDED" if rule.lift_time else "SUPPRESSION_ACTIVE",
        f"{rule.name} is {rule.standing}.",
        {"suppression": rule.name, "state": str(rule.standing)},
    )


async def restore(tx: Transaction, db: Database, viewer: Viewer, id_: str) -> Suppression:
    """Takes a rule back and shows what nothing else hides; the refusal of exactly that set with it.

    FailedPrecondition when it has ended; PermissionDenied, naming who can.
    """
    await postgres.lock(tx)
    rule = await postgres_suppressions.one(tx, id_)
    if rule.lift_time is not None:
        raise _no_verb(rule)
    if rule.scope is Scope.FILTER:
        about = About(authored=rule.person == viewer.person.id)
        policy.check_action(viewer, _RESTORE_FILTER, await tx.mode(), about)
    else:
        policy.check_about(viewer, viewer.method, await purview.over(tx, viewer, rule.members))
    if not await _taken_back(tx, db, viewer, rule.suggestion, rule.members):
        await postgres_suppressions.lift(tx, [id_], viewer.person.id)
        await proposals.show_again(tx, [id_], db.clock.today())
    await tx.audited(viewer, rule.name)
    return await postgres_suppressions.one(tx, id_)


async def _taken_back(
    tx: Transaction, db: Database, viewer: Viewer, suggestion: str, members: Sequence[str]
) -> bool:
    """Reopens the suggestion if it was refused as exactly these; whether it was, and something is left to do."""
    if not suggestion:
        return False
    refused = await postgres.suggestion(tx, suggestion)
    on = await forming.ground(tx, db.clock.today(), [refused.proposal])
    same = {each.id for each in on.around.present(refused.proposal.resources)} == {
        each.id for each in on.around.present(members)
    }
    if refused.state is not State.REJECTED or not same:
        return False
    return await usecases.reopened(tx, db, viewer, await cases.refused(tx, db, suggestion)) is not None


async def expire(db: Database) -> None:
    """Ends the rules whose time is over, and shows what nothing else hides."""
    async with db.snapshot() as tx:
        over = await postgres_suppressions.expired(tx)
    if not over:
        return
    async with db.transaction() as tx:
        await postgres.lock(tx)
        await postgres_suppressions.lift(tx, over, "")
        await proposals.show_again(tx, over, db.clock.today())


@dataclass(frozen=True, slots=True)
class Asked:
    """Which rules; `author` is an e-mail, `resource` and `suggestion` are ids, all empty for any."""

    states: tuple[Standing, ...] = NOT_ENDED
    scope: Scope | None = None
    kind: Kind | None = None
    author: str = ""
    resource: str = ""
    reason: str = ""
    suggestion: str = ""


@dataclass(frozen=True, slots=True)
class Rules:
    """Rules with the e-mails of who made and ended them."""

    rules: tuple[Suppression, ...]
    emails: Mapping[str, str]


async def list_suppressions(db: Database, asked: Asked, *, before: str, limit: int) -> Rules:
    """A page of the ledger, newest first."""
    async with db.snapshot() as tx:
        person = await _person(tx, asked.author)
        if person is None:
            return Rules((), {})
        found = await postgres_suppressions.page(
            tx,
            before=before,
            limit=limit,
            states=asked.states,
            scope=asked.scope,
            kind=asked.kind,
            person=person,
            reason=asked.reason,
            suggestion=asked.suggestion,
            names=await _names(tx, asked.resource),
        )
        return Rules(tuple(found), await emails(tx, found))


async def emails(tx: Transaction, rules: Sequence[Suppression]) -> dict[str, str]:
    """E-mails of who made and ended them, by person."""
    people = {person for rule in rules for person in (rule.person, rule.lifted_by) if person}
    return {person.id: person.email for person in await tx.people(sorted(people))}


async def _person(tx: Transaction, email: str) -> str | None:
    """The id of that person, empty for an empty e-mail, None when nobody has it."""
    if not email:
        return ""
    found = await tx.people_by_email([email_key(email)])
    return next((person.id for person in found.values()), None)


async def _names(tx: Transaction, resource: str) -> list[str] | None:
    """Every name of a resource, None for an empty one."""
    if not resource:
        return None
    return [name for each in await tx.resources([resource]) for name in (each.id, *each.aliases)]


@dataclass(frozen=True, slots=True)
class Rulings:
    """Verdicts with the e-mails of who decided them."""

    rulings: tuple[Ruling, ...]
    emails: Mapping[str, str]


async def list_verdicts(
    db: Database,
    *,
    after: tuple[int, str, str] | None,
    limit: int,
    resource: str,
    verdict: str,
    author: str,
) -> Rulings:
    """A page of verdicts, newest first; `author` is an e-mail, `resource` an id."""
    async with db.snapshot() as tx:
        person = await _person(tx, author)
        if person is None:
            return Rulings((), {})
        names = await _names(tx, resource)
        found = await postgres_verdicts.page(
            tx, after=after, limit=limit, verdict=verdict, person=person, names=names
        )
        return Rulings(tuple(found), await _authors(tx, found))


async def _authors(tx: Transaction, found: Sequence[Ruling]) -> dict[str, str]:
    people = {each.person for each in found if each.person}
    return {person.id: person.email for person in await tx.people(sorted(people))}


async def lift_verdict(tx: Transaction, db: Database, viewer: Viewer, pair: tuple[str, str]) -> Rulings:
    """Takes a verdict back, with what the same refusal suppressed of this pair, and the refusal of this pair alone.

    NotFound when there is none; PermissionDenied, naming who can.
    """
    await postgres.lock(tx)
    found = await postgres_verdicts.ruling(tx, pair)
    if found is None:
        name = f"verdicts/{pair[0]}.{pair[1]}"
        raise NotFound("VERDICT_NOT_FOUND", f"There is no {name}.", {"verdict": name})
    either = [await purview.over(tx, viewer, [id_]) for id_ in pair]
    about = About(own=either[0].own | either[1].own)
    policy.check_about(viewer, viewer.method, about)
    if not await _taken_back(tx, db, viewer, found.suggestion, pair):
        rules = await postgres_suppressions.of_pair(tx, found.suggestion, pair)
        await postgres_suppressions.lift(tx, rules, viewer.person.id)
        revision = await tx.feed_revision()
        await postgres_verdicts.lift(tx, pair, revision)
        tx.record(wire.verdicts_changed(pair, revision, await tx.epoch()))
        await proposals.show_again(tx, [*rules, verdict_rule(pair)], db.clock.today())
    await tx.audited(viewer, f"verdicts/{pair[0]}.{pair[1]}", {"verdict": found.verdict})
    return Rulings((found,), await _authors(tx, [found]))
