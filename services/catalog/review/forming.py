"""Brings suggestions up to the catalog's present rows: surroundings, plan, confidence, impact, assignee, place."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta

from services.catalog.domain.people import Role, email_key
from services.catalog.domain.programs import Program
from services.catalog.domain.resources import Resource
from services.catalog.ids import new_id
from services.catalog.postgres.database import Transaction
from services.catalog.review import (
    assignees,
    calibration,
    impact,
    material,
    pacing,
    pauses,
    postgres,
    postgres_learning,
    program_plans,
    tasks,
    wire,
)
from services.catalog.review.assessment import assessed
from services.catalog.review.calibration import IDENTITY, Map
from services.catalog.review.domain import Decision, Plan, State, Suggestion
from services.catalog.review.domain_tasks import ANSWER
from services.catalog.review.effects import effects
from services.catalog.review.findings import Kind, Proposal
from services.catalog.review.pacing import Pause
from services.catalog.review.routing import Staff
from services.catalog.review.surroundings import Surroundings, bare

_DECIDING = (Role.LEARNING_LEADER, Role.INSTRUCTIONAL_DESIGNER, Role.SPECIALIST)
SETTLED_AFTER = timedelta(days=1)
"""For how long the place of a suggestion that nobody has acted on follows from all that wait."""


@dataclass(frozen=True, slots=True)
class Ground:
    """What suggestions are formed from: the rows around them, who works here, and the map in force of each kind."""

    around: Surroundings
    staff: Staff
    maps: Mapping[Kind, Map]


async def ground(
    tx: Transaction, today: date, proposals: Iterable[Proposal], *, for_update: bool = False
) -> Ground:
    """The rows around these proposals; with `for_update` members, the programs that hold them and those around these
    are locked.
    """
    named = await _named(tx, proposals, inside=True, for_update=for_update)
    members = {each.id for each in named.members}
    others = await tx.resources(sorted(named.held - members))
    everything = [*named.members, *others]
    used = [each.id for each in everything]
    present = {name: each.id for name, each in _by_name(named.members).items()}
    translations = await postgres.translations(tx, present)
    told = {id_ for ids in translations.values() for id_ in ids}
    read = await tx.resources(sorted(told - set(used)))
    sources = {listing.source for each in named.members for listing in each.listings}
    around_them = {listing.source for each in others for listing in each.listings}
    around_them |= {program.source for program in named.programs.values()}
    around = Surroundings(
        today=today,
        resources=_by_name([*everything, *read]),
        programs=named.programs,
        use=await tx.engagement(used),
        enrolments=tuple(await tx.enrolments([*used, *named.programs])),
        sources=await tx.sources(sorted(sources | around_them)),
        committed=await postgres.committed(tx, [each.id for each in named.members]),
        listed=await postgres.listed(tx, sources),
        translations=translations,
        rules=await tx.house_rules(),
    )
    return Ground(around, await _staff(tx, around), await postgres_learning.maps(tx))


async def scene(
    tx: Transaction, today: date, suggestions: Collection[Suggestion]
) -> tuple[Surroundings, Staff]:
    """What it takes to show these suggestions: titles, and who is responsible; nothing of how anything is used.

    Of what programs hold, only what the suggestions change: a page of them names hundreds of others.
    """
    named = await _named(tx, [each.proposal for each in suggestions])
    changed = {bare(name) for each in suggestions for name in each.plan.touches}
    changed |= {bare(receipt.target) for each in suggestions for receipt in each.receipts}
    changed |= {id_ for each in suggestions for id_ in each.proposal.programs}
    wanted = named.held_by(changed) | {name for name in changed if name not in named.programs}
    held = named.held
    others = [each for each in await tx.resources(sorted(wanted)) if each.id in held]
    resources = _by_name([*named.members, *others])
    rules = await tx.house_rules()
    around = Surroundings(today=today, resources=resources, programs=named.programs, rules=rules)
    return around, await _staff(tx, around)


@dataclass(frozen=True, slots=True)
class _Named:
    """Members, and by id the programs around them, at every level."""

    members: list[Resource]
    programs: dict[str, Program]

    @property
    def held(self) -> set[str]:
        """Ids of everything that the programs hold."""
        return self.held_by(self.programs)

    def held_by(self, programs: Iterable[str]) -> set[str]:
        """Ids of what some of the programs hold."""
        known = (self.programs[id_] for id_ in programs if id_ in self.programs)
        return {item.resource for program in known for item in program.items if item.resource}


async def _named(
    tx: Transaction, proposals: Iterable[Proposal], *, inside: bool = False, for_update: bool = False
) -> _Named:
    """What the proposals name and what holds it; with what is `inside` those programs, too."""
    asked, read, ending = set[str](), set[str](), set[str]()
    for proposal in proposals:
        asked |= {*proposal.resources, *(draft.other for draft in proposal.drafts if draft.other)}
        asked |= {draft.resource for draft in proposal.drafts if draft.resource}
        read |= {*proposal.programs, *(draft.program for draft in proposal.drafts if draft.program)}
        read |= {draft.into for draft in proposal.drafts if draft.into}
        ending |= {draft.program for draft in proposal.drafts if draft.operation in program_plans.ENDING}
    members = await tx.resources(asked, for_update=for_update)
    wanted = {*await tx.programs_around(ending, members), *read}
    wanted = wanted.union(*(await tx.programs_above(wanted)).values())
    if inside:
        wanted |= await tx.programs_below(wanted)
    # All in one go: locks are taken in the order of ids.
    programs = await tx.programs(wanted, for_update=for_update)
    return _Named(members, {each.id: each for each in programs})


def with_resources(on: Ground, resources: Iterable[Resource]) -> Ground:
    """The ground with these resources as they are now."""
    known = {**on.around.resources, **_by_name(resources)}
    return replace(on, around=replace(on.around, resources=known))


def _by_name(resources: Iterable[Resource]) -> dict[str, Resource]:
    return {name: each for each in resources for name in (each.id, *each.aliases)}


async def _staff(tx: Transaction, around: Surroundings) -> Staff:
    owners = {email_key(each.owner) for each in around.resources.values() if each.owner}
    owners |= {email_key(owner) for program in around.programs.values() for owner in program.owners}
    found = await tx.people_by_email(sorted(owners))
    deciding = await tx.people_with(*_DECIDING)
    holders = {role: tuple(each for each in deciding if role in each.roles) for role in _DECIDING}
    present = {key: person for key, person in found.items() if person.active}
    stages = {
        program: {stage: each.person for stage, each in held.items() if each.person is not None}
        for program, held in (await tx.stage_holders(around.programs)).items()
    }
    return Staff(holders, present, await tx.mode(), stages, await tx.away(around.today))


@dataclass(frozen=True, slots=True)
class Formed:
    """A suggestion with its plan as the catalog's rows make it now, and words for each material difference."""

    suggestion: Suggestion
    changed: tuple[str, ...]
    text_changed: bool = False

    @property
    def nothing_left(self) -> bool:
        """Whether nothing is left that the plan could do or ask."""
        plan = self.suggestion.plan
        return not plan.parts and not plan.missing


async def formed(tx: Transaction, suggestion: Suggestion, on: Ground) -> Formed:
    """The suggestion re-formed; state, revision, note and approvals are as they were.

    Its assignee, too, unless it is another's since duties moved.
    """
    around = on.around
    committed = {id_: [each for each in by if each != suggestion.id] for id_, by in around.committed.items()}
    around = replace(around, committed=committed)
    proposal = suggestion.proposal
    before = suggestion.plan.facts or dict(suggestion.baseline)
    texts = await same_texts(tx, before, around, proposal.resources)
    plan = assessed(
        proposal,
        suggestion.edits,
        around,
        texts,
        before=suggestion.plan,
        approved=bool(suggestion.approvals),
    )
    # A first plan has nothing to differ from.
    fresh = not suggestion.plan.parts and not suggestion.plan.missing
    changed = () if fresh else _changed(suggestion.plan, plan, around)
    found = impact.impact(proposal, plan, around)
    confidence = 1.0 if suggestion.filed_by else _confidence(proposal, on.maps)
    rules = assignees.by_rules(proposal, plan, around, on.staff)
    whose, assignee = assignees.routed(suggestion, rules, tx.now - SETTLED_AFTER)
    if suggestion.assignee and not assignee and suggestion.state not in (State.HELD, State.OPEN):
        # No slot is given to it, and whoever has it is told when it is open again.
        assignee = assignees.fewest(whose, await postgres.open_by_assignee(tx))
    now = replace(
        suggestion,
        plan=plan,
        confidence=confidence,
        impact=found,
        priority=impact.priority(proposal, plan, found, around, confidence=confidence),
        whose=whose,
        assignee=assignee,
    )
    text_changed = any(
        before.get(material.text_label(each.id), each.outline_hash) != texts.get(each.id, each.outline_hash)
        for each in around.present(proposal.resources)
    )
    return Formed(now, changed, text_changed)


def _confidence(proposal: Proposal, maps: Mapping[Kind, Map]) -> float:
    """How often such findings were right; what a rule found is as certain as it says."""
    map_ = IDENTITY if proposal.certain else maps.get(proposal.kind, IDENTITY)
    return map_.confidence(proposal.score)


def _changed(before: Plan, after: Plan, around: Surroundings) -> tuple[str, ...]:
    if before.fingerprint == after.fingerprint and before.missing == after.missing:
        return ()
    parts = {part.id for part in before.parts} ^ {part.id for part in after.parts}
    words = [
        *material.parts_moved(before, after, around),
        *material.moved(before.facts, after.facts, around, parts=parts, safeguards=after.safeguards),
    ]
    return tuple(dict.fromkeys(words)) or ("the plan changed",)


async def same_texts(
    tx: Transaction, facts: Mapping[str, str], around: Surroundings, ids: Iterable[str]
) -> dict[str, str]:
    """For resources whose text moved by no more than 5 % since these facts: the text they had then."""
    moved: dict[str, tuple[str, str]] = {}
    for each in around.present(ids):
        old = facts.get(material.text_label(each.id), "")
        if old and old != each.outline_hash:
            moved[each.id] = (old, each.outline_hash)
    if not moved:
        return {}
    outlines = await tx.outlines({hash_ for pair in moved.values() for hash_ in pair})
    return {
        id_: old
        for id_, (old, new) in moved.items()
        if old in outlines and new in outlines and material.same_text(outlines[old], outlines[new])
    }


def material_now(suggestion: Suggestion, formed_: Formed) -> Suggestion:
    """The live suggestion after material changes: revision + 1, approvals of touched parts void, and a note."""
    now = formed_.suggestion
    if not formed_.changed:
        return now
    return replace(
        now,
        revision=suggestion.revision + 1,
        approvals=now.valid_approvals,
        note=f"changed since you looked: {'; '.join(formed_.changed)}",
        facts_changed=formed_.changed,
    )


def order_key(proposal: Proposal, around: Surroundings) -> str:
    """A place among equals that names no id made here: kind, relation, and what the outside calls its members."""
    names = sorted("\x1f".join(each.first.key) for each in around.present(proposal.resources))
    names += sorted(
        "\x1f".join((program.source, program.key))
        for id_ in proposal.programs
        if (program := around.programs.get(id_)) is not None
    )
    said = "\x1e".join(
        (proposal.kind, proposal.relation, *names, *(draft.operation for draft in proposal.drafts))
    )
    return hashlib.sha256(said.encode()).hexdigest()


async def place_all(tx: Transaction) -> None:
    """Gives free slots to the best that wait; the same, whatever the order in which they came.

    What is opened for the first time may be blind from then on.
    """
    waiting = await postgres.waiting(tx, tx.now - SETTLED_AFTER)
    limits = pacing.limits(await tx.house_rules())
    places = pacing.allocated(
        [each for each, _ in waiting], await postgres.decided(tx), await _pauses(tx), limits
    )
    maps = await postgres_learning.maps(tx)
    moves: list[tuple[State, str, str, bool, str]] = []
    opened: list[str] = []
    for each, reason in waiting:
        place = places[each.id]
        if (place.state, place.assignee, place.held_reason) == (each.state, each.assignee, reason):
            continue
        opens = place.state is State.OPEN and each.state is State.HELD
        blind = opens and each.kind in maps and calibration.sampled(each.order)
        moves.append((place.state, place.assignee, place.held_reason, blind, each.id))
        if opens:
            opened.append(each.id)
    await postgres.place(tx, moves)
    for each in await postgres.suggestions(tx, opened):
        tx.record(wire.suggestion_opened(each))


async def _pauses(tx: Transaction) -> dict[Kind, Pause]:
    """What the paused kinds may show now."""
    found: dict[Kind, Pause] = {}
    for kind, pace in (await postgres_learning.paces(tx)).items():
        if pace.pause_time is None:
            continue
        decided = await postgres_learning.outcomes(tx, kind, since=pace.since, limit=None)
        pause = pauses.pause(pace, decided, tx.now)
        if pause is not None:
            found[kind] = pause
    return found


async def record_decision(
    tx: Transaction,
    suggestion: Suggestion,
    verb: str,
    actor: str,
    *,
    reason: str = "",
    comment: str = "",
    batch: str = "",
) -> Suggestion:
    """The suggestion with the decision that led to its present state, which is in the log and goes out as an event."""
    decision = Decision(
        id=new_id(),
        suggestion=suggestion.id,
        verb=verb,
        actor=actor,
        state=suggestion.state,
        time=tx.now,
        revision=suggestion.revision,
        reason=reason,
        comment=comment,
        batch=batch,
    )
    await postgres.add_decision(tx, decision)
    emails = {person.id: person.email for person in await tx.people([actor])}
    tx.record(wire.suggestion_decided(decision, emails))
    if not suggestion.live:
        await tasks.withdraw(tx, suggestion.id, ANSWER)  # nobody waits for an answer any more
    return suggestion.decided(decision)


def concerned(suggestion: Suggestion) -> list[str]:
    """Ids of programs and resources that a plan changes, for events."""
    done = effects(suggestion.plan.parts)
    return sorted({bare(name) for name in suggestion.plan.touches} | done.written)
