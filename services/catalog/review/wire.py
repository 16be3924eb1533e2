"""Where review's domain values meet protobuf messages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from google.protobuf.message import Message
from google.rpc.error_details_pb2 import PreconditionFailure

from services.catalog.domain.disclosure import coarse, few
from services.catalog.domain.house_rules import CLASSES
from services.catalog.postgres import codec
from services.catalog.review import wire_tasks
from services.catalog.review.applying import Conflict
from services.catalog.review.domain import (
    AFFECTED,
    CURATOR,
    SCHEDULER,
    Change,
    Decision,
    Edits,
    Figure,
    Impact,
    Part,
    Receipt,
    Risk,
    Safeguard,
    Simulation,
    State,
    Subject,
    Suggestion,
    Tally,
)
from services.catalog.review.domain_tasks import Task
from services.catalog.review.fields import bad_field
from services.catalog.review.findings import (
    Claim,
    Counterpart,
    Draft,
    Evidence,
    Kind,
    Member,
    Proposal,
    Relation,
)
from services.catalog.review.impact import band
from services.catalog.review.surroundings import Surroundings, resource_name
from services.kit.errors import InvalidArgument
from services.kit.protobuf import date_message, timestamp
from winnow.catalog.v1 import events_pb2 as catalog_events
from winnow.curation.v1 import events_pb2 as curation_events
from winnow.curation.v1 import proposal_pb2
from winnow.review.v1 import events_pb2, review_service_pb2, suggestion_pb2


@dataclass(frozen=True, slots=True)
class Shown:
    """A suggestion with what it takes to show it: rows around it, e-mails by person, approvals still needed.

    `approvers` are ids of those whose yes some part takes and has not. `questions` are those that wait for an owner's
    answer. `history`: what people had decided, of one that has returned. `assignee_name` is empty where nobody has it.
    """

    suggestion: Suggestion
    around: Surroundings
    emails: Mapping[str, str] = field(default_factory=dict[str, str])
    approvals_needed: tuple[str, ...] = ()
    one_approver: bool = False
    approvers: frozenset[str] = frozenset()
    questions: tuple[Task, ...] = ()
    history: tuple[Decision, ...] = ()
    assignee_name: str = ""


@dataclass(frozen=True, slots=True)
class Rights:
    """What the caller may do to a suggestion as it stands."""

    decide: bool = False
    accept: bool = False
    undo: bool = False
    reopen: bool = False
    revoke: bool = False
    object: bool = False
    suppress: bool = False


NO_RIGHTS = Rights()
"""Also where it is not told."""


@dataclass(frozen=True, slots=True)
class Withdrawal:
    """The curator's word that a finding no longer holds; `members` as it read them.

    `apart` are pairs of ids, sorted, that verdicts kept apart when it read them.
    """

    key: str
    reason: str
    members: tuple[Member, ...]
    epoch: str
    apart: frozenset[tuple[str, str]] = frozenset()


@dataclass(frozen=True, slots=True)
class PassPage:
    """A page of the keys that hold, of one kind, as of a revision of the feed."""

    kind: Kind
    keys: tuple[str, ...]
    watermark: int
    epoch: str
    pass_id: str
    last: bool


@dataclass(frozen=True, slots=True)
class Classes:
    """The class of content of each of some resources, by id, by how fast it ages."""

    classes: Mapping[str, str]
    epoch: str


_PROPOSED_KINDS: dict[int, Kind] = {
    number: Kind(name) for name, number in proposal_pb2.Proposal.Kind.items() if name != "KIND_UNSPECIFIED"
}
_KINDS: dict[int, Kind] = {
    number: Kind(name) for name, number in suggestion_pb2.Suggestion.Kind.items() if name in set(Kind)
}
_STATES: dict[int, State] = {
    number: State(name) for name, number in suggestion_pb2.Suggestion.State.items() if name in set(State)
}

_ORDERS: dict[int, str] = {
    number: "" if name in ("ORDER_UNSPECIFIED", "PRIORITY") else name
    for name, number in review_service_pb2.ListSuggestionsRequest.Order.items()
}


def _kind(number: int) -> Kind:
    if number not in _PROPOSED_KINDS:
        raise InvalidArgument("FIELD_INVALID", f"There is no kind {number}.", {"field": "kind"})
    return _PROPOSED_KINDS[number]


def proposal(message: proposal_pb2.Proposal) -> Proposal:
    """A finding; InvalidArgument when it has no key or kind, or says what cannot be."""
    if not message.key or len(message.key) > 2000 or not message.members or not 0 <= message.score <= 1:
        raise InvalidArgument("FIELD_INVALID", "The proposal is not complete.", {"field": "proposal"})
    related = message.relation != proposal_pb2.Proposal.RELATION_UNSPECIFIED
    return Proposal(
        key=message.key,
        kind=_kind(message.kind),
        relation=Relation(proposal_pb2.Proposal.Relation.Name(message.relation))
        if related
        else Relation.NONE,
        members=tuple(_member(each) for each in message.members),
        score=message.score,
        programs={each.program: each.revision for each in message.programs},
        evidence=tuple(_evidence(each) for each in message.evidence),
        drafts=tuple(
            Draft(
                each.operation,
                each.resource,
                each.other,
                each.program,
                each.into,
                each.subject,
                each.field,
                each.value,
            )
            for each in message.operations
        ),
        replaces=tuple(message.replaces),
        evidence_hash=message.evidence_hash,
        epoch=message.epoch,
        summary=message.summary,
        claims=tuple(Claim(each.code, each.confidence, each.text, each.hard) for each in message.claims),
        saving_minutes=message.saving_minutes,
        saving_basis=message.saving_basis,
        saving_per_learner=message.saving_per_learner,
        maintenance_hours=message.maintenance_hours,
    )


def _member(message: proposal_pb2.ProposalMember) -> Member:
    return Member(
        resource=message.resource,
        content_hash=message.content_hash,
        revision=message.revision,
        survivor=message.survivor,
        score=message.score,
        score_parts=dict(message.score_parts),
    )


def _evidence(message: proposal_pb2.Evidence) -> Evidence:
    other = message.counterpart
    return Evidence(
        type=message.type,
        text=message.text,
        quote=message.quote,
        resource=message.resource,
        place=message.place,
        start=message.start,
        counterpart=Counterpart(other.quote, other.resource, other.place, other.start)
        if message.HasField("counterpart")
        else None,
        match=message.match,
        value=message.value,
    )


def withdrawal(message: curation_events.ProposalWithdrawn) -> Withdrawal:
    """What no longer holds."""
    members = tuple(_member(each) for each in message.members)
    pairs = (each.partition(":") for each in message.apart)
    apart = frozenset((first, second) for first, _, second in pairs)
    return Withdrawal(message.key, message.reason, members, message.epoch, apart)


def pass_page(message: curation_events.PassCompleted) -> PassPage:
    """A page of what holds."""
    return PassPage(
        _kind(message.scope),
        tuple(message.keys),
        message.watermark,
        message.epoch,
        message.pass_id,
        message.last,
    )


def classes(message: curation_events.ResourcesClassified) -> Classes:
    """How fast resources age; a class that house rules have no word for is left out."""
    said = {each.resource: each.content_class for each in message.entries if each.content_class in CLASSES}
    return Classes(said, message.epoch)


def suggestion(
    shown: Shown,
    *,
    brief: bool = False,
    quotes: bool = True,
    rights: Rights = NO_RIGHTS,
) -> suggestion_pb2.Suggestion:
    """The suggestion as the API shows it; `brief` without evidence, else without `quotes` less what texts say.

    `rights` say what the caller may.
    """
    value = shown.suggestion
    evidence = [] if brief else [each for each in value.proposal.evidence if quotes or not each.quote]
    aligned = [each for each in value.proposal.evidence if each.type == "passage"]
    word = value.held_reason.partition(":")[0]
    message = suggestion_pb2.Suggestion(
        name=value.name,
        may_decide=rights.decide,
        may_accept=rights.accept,
        may_undo=rights.undo,
        may_reopen=rights.reopen,
        may_revoke=rights.revoke,
        may_object=rights.object,
        may_suppress=rights.suppress,
        kind=suggestion_pb2.Suggestion.Kind.Value(value.proposal.kind),
        relation=suggestion_pb2.Suggestion.Relation.Value(value.proposal.relation or "RELATION_UNSPECIFIED"),
        state=suggestion_pb2.Suggestion.State.Value(value.state),
        confidence=0.0 if value.blind else value.confidence,
        revision=value.revision,
        fingerprint=value.fingerprint,
        members=[
            _shown_member(each, shown)
            for each in value.proposal.members
            if shown.around.resource(each.resource)
        ],
        evidence=[_shown_evidence(each) for each in evidence],
        passages=len(aligned),
        equal_passages=sum(1 for each in aligned if each.match == "exact"),
        plan=plan(shown),
        assignee=shown.emails.get(value.assignee, ""),
        assignee_name=shown.assignee_name,
        held_reason=f"{word}: not said before the decision." if value.blind and word else value.held_reason,
        summary=value.proposal.summary,
        claims=[claim(each, blind=value.blind) for each in value.proposal.claims],
        impact=impact(value.impact),
        approvals=[
            suggestion_pb2.Approval(
                person=shown.emails.get(each.person, ""),
                capacity=each.capacity,
                part=each.part,
                fingerprint=each.fingerprint,
                time=timestamp(each.time),
            )
            for each in value.valid_approvals
        ],
        decision=decision(value.decision, shown.emails) if value.decision else None,
        create_time=timestamp(value.create_time),
        update_time=timestamp(value.update_time),
        note=value.note,
        priority=0.0 if value.blind else value.priority,
        band=band(value.priority, shown.around.rules.weights),
        blind=value.blind,
        asked=[wire_tasks.question(each, shown.emails) for each in shown.questions],
        filed_by=shown.emails.get(value.filed_by, ""),
        returned=value.returned and value.live,
        history=[decision(each, shown.emails) for each in shown.history],
        receipts=[_receipt(each, shown.around) for each in value.receipts],
        kept=value.kept,
    )
    if value.state is State.SNOOZED and value.snooze:
        message.snooze_event = value.snooze.event
        if value.snooze.until:
            message.snooze_until.CopyFrom(timestamp(value.snooze.until))
    if value.edits != Edits():
        message.edits.CopyFrom(_edits(value.edits, shown.emails))
    if value.due_time is not None and value.state is State.SCHEDULED:
        message.due_time.CopyFrom(timestamp(value.due_time))
    return message


def claim(value: Claim, *, blind: bool) -> suggestion_pb2.Claim:
    """One claim; without how certain it is where that is held back."""
    return suggestion_pb2.Claim(
        code=value.code, confidence=0.0 if blind else value.confidence, text=value.text, hard=value.hard
    )


def _edits(value: Edits, emails: Mapping[str, str]) -> suggestion_pb2.PlanEdits:
    return suggestion_pb2.PlanEdits(
        author=emails.get(value.author, ""),
        survivor=resource_name(value.survivor) if value.survivor else "",
        left_out=[resource_name(each) for each in value.leave_out],
        dropped_changes=value.drop_changes,
        dropped_parts=value.drop_parts,
        finish_on_old=value.finish_on_old,
        move_requirements=value.move_requirements,
        apply_time=timestamp(value.not_before) if value.not_before else None,
        review_date=date_message(value.review_date) if value.review_date else None,
    )


def order(number: int) -> str:
    """What comes first, by its name; empty for the order by priority, InvalidArgument for one there is not."""
    if number not in _ORDERS:
        raise bad_field("order_by", "is not an order")
    return _ORDERS[number]


def count(value: Tally) -> review_service_pb2.SuggestionCount:
    """How many suggestions of one state and kind there are."""
    return review_service_pb2.SuggestionCount(
        state=suggestion_pb2.Suggestion.State.Value(value.state),
        kind=suggestion_pb2.Suggestion.Kind.Value(value.kind),
        count=value.count,
        mine=value.mine,
        program=f"programs/{value.program}" if value.program else "",
    )


def _shown_member(member: Member, shown: Shown) -> suggestion_pb2.Member:
    resource = shown.around.resources[member.resource]
    return suggestion_pb2.Member(
        resource=resource_name(resource.id),
        source=resource.first.source,
        external_id=resource.first.external_id,
        title=resource.title,
        survivor=resource.id == shown.suggestion.plan.survivor,
        score=member.score,
        score_parts=member.score_parts,
        language=resource.language,
    )


def _receipt(value: Receipt, around: Surroundings) -> suggestion_pb2.Receipt:
    said = [receipt_text(each, value.field, around) for each in (value.prior, value.made)]
    return suggestion_pb2.Receipt(target=value.target, field=value.field, before=said[0], after=said[1])


def receipt_text(value: object, field_name: str, around: Surroundings) -> str:
    """A written value as people read it: a program's items by their titles, one a line."""
    if field_name != "items":
        return field_text(value, field_name, around)
    names = (item.resource or item.program or item.reference for item in codec.items(value))
    return "\n".join(around.title(name).strip("“”") for name in names)


def _shown_evidence(value: Evidence) -> suggestion_pb2.Evidence:
    message = suggestion_pb2.Evidence(
        type=value.type,
        quote=value.quote,
        resource=resource_name(value.resource) if value.resource else "",
        place=value.place,
        text=value.text,
        start=value.start,
        match=value.match,
        value=value.value,
        against=value.against,
    )
    if value.counterpart is not None:
        other = value.counterpart
        message.counterpart.CopyFrom(
            suggestion_pb2.Counterpart(
                quote=other.quote,
                resource=resource_name(other.resource),
                place=other.place,
                start=other.start,
            )
        )
    return message


def plan(shown: Shown) -> suggestion_pb2.Plan:
    """What it would do, as the API shows it."""
    value = shown.suggestion.plan
    caveats = [value.caveat, value.missing, "one approver" if shown.one_approver else ""]
    return suggestion_pb2.Plan(
        risk=risk(value.risk) if value.parts else suggestion_pb2.Plan.RISK_UNSPECIFIED,
        parts=[_part(each, shown.around) for each in value.parts],
        tasks=value.tasks,
        safeguards=[safeguard(each) for each in value.safeguards],
        simulation=simulation(value.simulation) if value.simulation else None,
        approvals_needed=shown.approvals_needed,
        caveat="; ".join(each for each in caveats if each),
    )


def risk(value: Risk) -> suggestion_pb2.Plan.Risk.ValueType:
    """What can go wrong, in the API's terms."""
    return suggestion_pb2.Plan.Risk.Value(value.name)


def _part(value: Part, around: Surroundings) -> suggestion_pb2.PlanPart:
    return suggestion_pb2.PlanPart(
        id=value.id,
        title=value.title,
        risk=risk(value.risk),
        fingerprint=value.fingerprint,
        changes=[_change(each, around) for each in value.changes],
        depends_on=value.depends_on,
    )


def _change(value: Change, around: Surroundings) -> suggestion_pb2.PlanChange:
    write = value.writes[0] if value.writes else None
    return suggestion_pb2.PlanChange(
        id=value.id,
        operation=value.operation,
        target=value.target,
        field=write.field if write else "",
        before=field_text(write.before, write.field, around) if write else "",
        after=field_text(write.after, write.field, around) if write else "",
        other=value.other,
        text=value.text,
    )


def field_text(value: object, field_name: str, around: Surroundings) -> str:
    """A field's value as people read it: items by their titles, other resources by their names."""
    if not value:
        return ""
    if field_name in ("items", "requirements", "place", "insert"):
        resource = around.resource(str(value))
        return resource.title if resource else str(value)
    names_resource = field_name in ("successor", "equivalents", "alias")
    return resource_name(str(value)) if names_resource else str(value)


def safeguard(value: Safeguard) -> suggestion_pb2.Safeguard:
    """A rule that forbids the plan now."""
    return suggestion_pb2.Safeguard(
        code=value.code, target=value.target, text=value.text, remedy=value.remedy, edit=value.edit
    )


def simulation(value: Simulation) -> suggestion_pb2.Simulation:
    """What would happen to learners."""
    return suggestion_pb2.Simulation(
        enrolments=coarse(value.enrolments),
        lose_credit=coarse(value.lose_credit),
        newly_overdue=coarse(value.newly_overdue),
        minutes_saved=0.0 if few(value.enrolments) else value.minutes_saved,
        sums_only=value.sums_only,
    )


def impact(value: Impact) -> suggestion_pb2.Impact:
    """What a plan would change; on fewer than 5 learners neither how many they are nor their hours.

    `Impact` is formed as it may be told; one that was stored before that was so is hidden here.
    """
    hides = value.learners.hidden or few(value.learners.value)
    return suggestion_pb2.Impact(
        learners=_figure(value.learners, hidden=hides),
        learner_hours=_figure(value.learner_hours, hidden=hides and value.learner_hours.value > 0),
        maintenance_hours=_figure(value.maintenance_hours),
        exposed=_figure(
            value.exposed, hidden=few(value.exposed.value) or (hides and value.exposed.value > 0)
        ),
        harm=_figure(value.harm),
    )


def _figure(value: Figure, *, hidden: bool = False) -> suggestion_pb2.ImpactFigure:
    return suggestion_pb2.ImpactFigure(
        value=0.0 if hidden else value.value,
        unit=value.unit,
        basis=value.basis,
        hidden=hidden or value.hidden,
    )


def decision(value: Decision, emails: Mapping[str, str]) -> suggestion_pb2.Decision:
    """One line of the log."""
    named = value.actor if value.actor in (AFFECTED, CURATOR, SCHEDULER) else emails.get(value.actor, "")
    return suggestion_pb2.Decision(
        name=f"decisions/{value.id}",
        suggestion=f"suggestions/{value.suggestion}",
        verb=value.verb,
        actor=named,
        state=suggestion_pb2.Suggestion.State.Value(value.state),
        reason=value.reason,
        comment=value.comment,
        time=timestamp(value.time),
        revision=value.revision,
        batch=f"batches/{value.batch}" if value.batch else "",
    )


def subject(value: Subject) -> review_service_pb2.ListDecisionsResponse.Subject:
    """What lines of the log are about."""
    return review_service_pb2.ListDecisionsResponse.Subject(
        suggestion=f"suggestions/{value.suggestion}",
        summary=value.summary,
        state=suggestion_pb2.Suggestion.State.Value(value.state),
        undoable=f"decisions/{value.undoable}" if value.undoable else "",
    )


def states(numbers: Sequence[int]) -> tuple[State, ...]:
    """States asked for; InvalidArgument for one there is not."""
    if any(number not in _STATES for number in numbers):
        raise bad_field("states", "names a state there is not")
    return tuple(_STATES[number] for number in numbers)


def kind(number: int) -> Kind | None:
    """The kind asked for, None for any; InvalidArgument for one there is not."""
    if number == suggestion_pb2.Suggestion.KIND_UNSPECIFIED:
        return None
    if number not in _KINDS:
        raise bad_field("kind", "is not a kind")
    return _KINDS[number]


def suggestion_opened(value: Suggestion) -> events_pb2.SuggestionOpened:
    """It asks for a decision."""
    return events_pb2.SuggestionOpened(name=value.name, revision=value.revision)


def suggestion_decided(value: Decision, emails: Mapping[str, str]) -> events_pb2.SuggestionDecided:
    """Somebody decided."""
    return events_pb2.SuggestionDecided(decision=decision(value, emails))


def plan_applied(value: Suggestion, targets: Sequence[str]) -> events_pb2.PlanApplied:
    """Its plan was applied to these."""
    return events_pb2.PlanApplied(name=value.name, targets=targets)


def plan_undone(value: Suggestion, targets: Sequence[str]) -> events_pb2.PlanUndone:
    """Its plan was taken back on these."""
    return events_pb2.PlanUndone(name=value.name, targets=targets)


def verdicts_changed(ids: Sequence[str], revision: int, epoch: str) -> catalog_events.VerdictsChanged:
    """Verdicts on pairs of these resources moved."""
    return catalog_events.VerdictsChanged(resource_ids=ids, revision=revision, epoch=epoch)


def day_started(day: date) -> catalog_events.DayStarted:
    """A day began."""
    return catalog_events.DayStarted(day=date_message(day))


@dataclass(frozen=True, slots=True)
class Failures:
    """Safeguards as the details of the error that names them."""

    safeguards: tuple[Safeguard, ...]


@dataclass(frozen=True, slots=True)
class Decided:
    """The decision that came first, with e-mails, as a detail of the error that says so."""

    decision: Decision
    emails: Mapping[str, str]


def detail(value: object) -> Message | None:
    """The message of a value attached to an error; None for a value that is not review's."""
    match value:
        case Decided():
            return decision(value.decision, value.emails)
        case Shown():
            return suggestion(value, brief=True)
        case Failures():
            return PreconditionFailure(
                violations=[
                    PreconditionFailure.Violation(
                        type=each.code, subject=each.target, description=f"{each.text} {each.remedy}"
                    )
                    for each in value.safeguards
                ]
            )
        case Conflict():
            return review_service_pb2.UndoConflict(
                target=value.target, field=value.field, before=value.before, now=value.now
            )
        case _:
            return None
