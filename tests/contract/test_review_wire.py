"""Every field of review's messages is filled from values, and every field of a finding is read.

It fails the day somebody adds a field to a .proto and forgets it here or in `wire`. It does not prove that the
right value is in each field; the integration tests look at those that callers use.
"""

from __future__ import annotations

from dataclasses import MISSING, fields, replace
from datetime import timedelta
from typing import Any

from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass

from services.catalog.domain.duties import Duty
from services.catalog.review import (
    wire,
    wire_checkups,
    wire_learning,
    wire_lines,
    wire_notes,
    wire_notices,
    wire_tasks,
)
from services.catalog.review.applying import Conflict
from services.catalog.review.calibration import Bin, Map
from services.catalog.review.domain import (
    Approval,
    Decision,
    Edits,
    Figure,
    Impact,
    Receipt,
    Safeguard,
    Simulation,
    Snooze,
    State,
    Suggestion,
)
from services.catalog.review.domain_checkups import Checkup
from services.catalog.review.domain_checkups import Line as CheckupLine
from services.catalog.review.domain_lines import Line, Printed
from services.catalog.review.domain_notes import Note
from services.catalog.review.domain_tasks import Step, Task, TaskState
from services.catalog.review.findings import Claim, Counterpart, Evidence, Kind, Member, Proposal
from services.catalog.review.impact import band, impact, priority
from services.catalog.review.learning import Paced, Reliability
from services.catalog.review.notices import Notice
from services.catalog.review.pauses import Pace
from services.catalog.review.surroundings import Surroundings
from tests.unit.review.shorthand import NOW, around, duplicate, outdated, plan_of, program, resource, use
from winnow.curation.v1 import events_pb2, proposal_pb2
from winnow.review.v1 import suggestion_pb2

FIGURES = ("learners", "learner_hours", "maintenance_hours", "exposed", "harm")
TOLD = {f"impact.{name}.hidden" for name in FIGURES}
EXCLUSIVE = {"snooze_until", "snooze_event", "due_time", "held_reason", "blind", *TOLD}
"""Set in one state each, or where others are held back."""
MAY = wire.Rights(decide=True, accept=True, undo=True, reopen=True, revoke=True, object=True, suppress=True)


TASK = Task(
    id="t",
    suggestion="s",
    kind="answer",
    target="resources/a",
    text="Why?",
    assignee="lea",
    due=NOW.date(),
    create_time=NOW,
    steps=(Step("First", done=True),),
    author="lea",
    state=TaskState.DONE,
    end_time=NOW,
    done_by="lea",
)


def empty_fields(message: Message, path: str = "") -> set[str]:
    """Paths of fields that are not set, in the message and all below; of repeated ones the first is looked into."""
    found = set[str]()
    for field in message.DESCRIPTOR.fields:
        name = f"{path}{field.name}"
        value: Any = getattr(message, field.name)
        if field.is_repeated:
            values = (
                list(value.values())
                if field.message_type and field.message_type.GetOptions().map_entry
                else list(value)
            )
            if not values:
                found.add(name)
            elif isinstance(values[0], Message):
                # A field may be filled in some elements only: what is empty in all of them is forgotten.
                empty = [empty_fields(each, f"{name}.") for each in values]
                found |= empty[0].intersection(*empty[1:])
        elif field.type == FieldDescriptor.TYPE_MESSAGE:
            if not message.HasField(field.name):
                found.add(name)
            elif field.message_type and not field.message_type.full_name.startswith("google."):
                found |= empty_fields(value, f"{name}.")
        elif value == field.default_value:
            found.add(name)
    return found


def full() -> Suggestion:
    where = around(resource("a", language="en"), resource("b"), program("p", "b"))
    evidence = Evidence(
        "would_be_lost",
        "Only here.",
        "Hold on.",
        "b",
        "page",
        7,
        Counterpart("Hold.", "a", "page", 3),
        "near",
        0.9,
    )
    proposal = replace(
        duplicate(
            "a",
            "b",
            evidence=[
                *(replace(evidence, type=each) for each in (evidence.type, "would_be_lost")),
                replace(evidence, type="passage", match="exact"),
            ],
        ),
        members=(Member("a", "h", 1, True, 0.8, {"use": 0.2}), Member("b", "h", 1, False, 0.4, {"use": 0.1})),
        summary="Copies",
        claims=(Claim("expired", 0.9, "It ended.", True),),
    )
    plan = plan_of(proposal, where)
    plan = replace(
        plan,
        safeguards=(
            Safeguard("on_hold", "resources/b", "It is on hold.", "Lift the hold.", edit="finish_on_old"),
        ),
        simulation=Simulation(30, 1, 1, 12.5, True),
    )
    part = plan.parts[0]
    return Suggestion(
        id="s",
        version=1,
        state=State.OPEN,
        revision=2,
        proposal=proposal,
        plan=plan,
        create_time=NOW,
        update_time=NOW,
        confidence=0.9,
        priority=1.5,
        impact=Impact(
            Figure(30.0, "learners", "measured"),
            Figure(1.0, "hours", "estimated"),
            Figure(2.0, "hours", "assumed"),
            Figure(12.0, "learners in 90 days", "estimated"),
            Figure(4.0, "hours", "assumed"),
        ),
        assignee="lea",
        note="changed",
        approvals=(Approval("lea", "LEARNING_LEADER", part.id, part.fingerprint, NOW),),
        decision=Decision("d", "s", "edit", "lea", State.OPEN, NOW, 1, "why", "words", "b"),
        filed_by="lea",
        edits=Edits("lea", "a", ("b",), ("archive.b",), ("resources",), True, True, NOW, NOW.date()),
        returned=True,
        receipts=(Receipt("resources/b", "successor", "a", "b"),),
        kept=("7 learners keep the credit.",),
    )


def shown(value: Suggestion) -> wire.Shown:
    where = around(resource("a", language="en"), resource("b"), program("p", "b"))
    past = (value.decision,) if value.decision else ()
    return wire.Shown(
        value,
        where,
        {"lea": "lea@example.org"},
        ("an owner",),
        one_approver=True,
        questions=(TASK,),
        history=past,
        assignee_name="Lea",
    )


def test_every_field_of_a_suggestion_is_filled() -> None:
    assert empty_fields(wire.suggestion(shown(full()), rights=MAY)) == EXCLUSIVE


def test_fields_of_one_state_are_filled_in_that_state() -> None:
    later = NOW + timedelta(days=1)
    held = replace(full(), state=State.HELD, held_reason="pacing: others come first.")
    off = replace(full(), state=State.SNOOZED, snooze=Snooze(later, "content_changes"))
    due = replace(full(), state=State.SCHEDULED, due_time=later)
    fields_of = ((held, {"held_reason"}), (off, {"snooze_until", "snooze_event"}), (due, {"due_time"}))
    for value, own in fields_of:
        assert empty_fields(wire.suggestion(shown(value), rights=MAY)) == EXCLUSIVE - own


def test_a_blind_suggestion_says_nowhere_how_certain_it_is() -> None:
    held = replace(full(), blind=True, state=State.HELD, held_reason="confidence: it is 65 in 100 sure.")
    message = wire.suggestion(shown(held), rights=MAY)
    assert empty_fields(message) == {
        "confidence",
        "claims.confidence",
        "priority",
        "snooze_until",
        "snooze_event",
        "due_time",
        *TOLD,
    }
    assert message.held_reason == "confidence: not said before the decision."


def test_every_field_of_a_task_and_of_a_note_is_filled() -> None:
    emails = {"lea": "lea@example.org"}
    note = Note("n", "suggestions/s", "lea", "Why?", NOW, asked="lea", task="t", says="learners_told")
    assert empty_fields(wire_tasks.task_changed(TASK, emails)) == set()
    assert empty_fields(wire_notes.note_added(note, emails)) == set()


def test_every_field_of_a_notice_is_filled() -> None:
    value = Notice(
        "s",
        "Ladders change",
        NOW,
        ("It is new.",),
        ("Nothing.",),
        ("All.",),
        7,
        sums_only=True,
        listable=True,
        entitled=True,
    )
    assert empty_fields(wire_notices.notice(value)) == set()


def test_every_field_of_a_check_up_is_filled() -> None:
    line = CheckupLine("s", "Copies", Kind.DUPLICATE, State.OPEN, "lea")
    value = Checkup("c", "p", "lea", "Seen.", (line,), (line,), 1, 1, (Duty.DESIGN,), NOW)
    assert empty_fields(wire_checkups.checkup_recorded(value, {"lea": "lea@example.org"})) == set()


def test_every_field_of_reliability_is_filled() -> None:
    paced = Paced(Pace(Kind.DUPLICATE, NOW, "lea"), 3, 2, "lea@example.org")
    map_ = Map(2, 210, (0.7, 0.9), (0.5, 0.8), NOW)
    value = Reliability(Kind.DUPLICATE, 220, map_, (Bin(0.7, 0.8, 3, 0.75, 0.7),), True, paced)
    assert empty_fields(wire_learning.reliability([value])) == set()


def test_a_brief_suggestion_leaves_out_the_evidence_alone() -> None:
    assert empty_fields(wire.suggestion(shown(full()), brief=True, rights=MAY)) == EXCLUSIVE | {"evidence"}


def test_every_detail_of_an_error_has_all_its_fields() -> None:
    value = full()
    details = [
        wire.Decided(value.decision, {"lea": "lea@example.org"}) if value.decision else None,
        Conflict("resources/a", "title", "Old", "New"),
        wire.Failures(value.plan.safeguards),
    ]
    for each in details:
        message = wire.detail(each)
        assert message is not None
        # PreconditionFailure has fields of its own that nothing needs.
        assert empty_fields(message) <= {"violations.api_service"}


def filled(kind: type[Message]) -> Any:
    """A message of that type with a distinct value in every field."""
    message = kind()
    for field in message.DESCRIPTOR.fields:
        if field.message_type is not None and field.message_type.GetOptions().map_entry:
            getattr(message, field.name)["use"] = 0.5
        elif field.message_type is not None:
            inner = filled(GetMessageClass(field.message_type))  # type: ignore[arg-type]
            if field.is_repeated:
                getattr(message, field.name).add().CopyFrom(inner)
            else:
                getattr(message, field.name).CopyFrom(inner)
        else:
            value: Any = {
                FieldDescriptor.TYPE_STRING: f"a {field.name}",
                FieldDescriptor.TYPE_DOUBLE: 0.5,
                FieldDescriptor.TYPE_BOOL: True,
            }.get(field.type, 1)
            if field.is_repeated:
                getattr(message, field.name).append(value)
            else:
                setattr(message, field.name, value)
    return message


def unread(value: Any) -> set[str]:
    """Names of fields of a value, and of the values in it, that are as when nothing was said."""
    found = set[str]()
    for field in fields(value):
        said: Any = getattr(value, field.name)
        default = field.default if field.default is not MISSING else "" if isinstance(said, str) else None
        if said in (default, (), {}):
            found.add(field.name)
        several: Any = said
        first = several[0] if isinstance(said, tuple) and several else None
        if hasattr(first, "__dataclass_fields__"):
            found |= {f"{field.name}.{name}" for name in unread(first)}
    return found


def test_every_field_of_a_finding_is_read() -> None:
    read = wire.proposal(filled(proposal_pb2.Proposal))
    assert isinstance(read, Proposal)
    assert unread(read) == set()
    # The model's version is the curator's to explain; `winnow evaluate` names it.
    assert {field.name for field in proposal_pb2.Proposal.DESCRIPTOR.fields} - {"model_version"} == {
        {"drafts": "operations"}.get(field.name, field.name) for field in fields(Proposal)
    }


def test_every_field_of_a_withdrawal_and_of_a_pass_is_read() -> None:
    assert unread(wire.withdrawal(filled(events_pb2.ProposalWithdrawn))) == set()
    assert unread(wire.pass_page(filled(events_pb2.PassCompleted))) == set()


def test_a_class_of_content_is_read_if_house_rules_have_a_word_for_it() -> None:
    said = {"a": "compliance", "b": "poems"}
    entries = [
        events_pb2.ResourcesClassified.Entry(resource=key, content_class=word) for key, word in said.items()
    ]
    read = wire.classes(events_pb2.ResourcesClassified(entries=entries, epoch="e"))
    assert (dict(read.classes), read.epoch) == ({"a": "compliance"}, "e")


def test_of_a_few_learners_no_door_of_a_suggestion_tells_how_many_they_are() -> None:
    """Impact, its hours, the simulation: a group of four looks like any group of one to four."""
    seen = set[bytes]()
    for learners in (1, 4):
        found = Impact(
            Figure(float(learners), "learners", "measured"),
            Figure(learners * 0.5, "hours a year", "measured"),
            Figure(8.0, "hours a year", "assumed"),
            Figure(float(learners), "learners in 90 days", "estimated"),
        )
        told = wire.impact(found)
        assert told.exposed.hidden
        assert (told.learners.hidden, told.learner_hours.hidden, told.maintenance_hours.hidden) == (
            True,
            True,
            False,
        )
        computed = wire.simulation(Simulation(learners, learners, learners, learners * 30.0))
        seen.add(told.SerializeToString(deterministic=True) + computed.SerializeToString(deterministic=True))
        assert (computed.lose_credit, computed.minutes_saved) == (5, 0.0)
    assert len(seen) == 1
    assert wire.impact(replace(found, learners=Figure(5.0, "learners", "measured"))).learners.value == 5


def doors(value: Suggestion, where: Surroundings) -> list[suggestion_pb2.Suggestion]:
    """The suggestion as each view shows it."""
    both = {field.name for field in fields(Line)} & {field.name for field in fields(Suggestion)}
    line = Line(
        **{name: getattr(value, name) for name in both},
        kind=value.proposal.kind,
        relation=value.proposal.relation,
        **dict.fromkeys(("summary", "survivor"), ""),
        **dict.fromkeys(("members", "claims", "passages", "shares", "safeguards"), ()),
        **dict.fromkeys(("targets", "programs", "approved_by"), frozenset[str]()),
        reason=("", ""),
    )
    when = band(value.priority, where.rules.weights)
    printed = Printed(line, {}, "", "", when, may_decide=True, may_revoke=False)
    return [wire.suggestion(wire.Shown(value, where)), wire_lines.line(printed)]


def of_few(learners: int, confidence: float = 0.9) -> tuple[Suggestion, Surroundings]:
    """The suggestion to deprecate a course that so many begin, formed as it would be."""
    where = around(resource("a"), resource("b"), use={"b": use(started=learners)})
    proposal = outdated("b", "deprecate", "a")
    plan = plan_of(proposal, where)
    found = impact(proposal, plan, where)
    score = priority(proposal, plan, found, where, confidence=confidence)
    value = replace(
        full(), proposal=proposal, plan=plan, impact=found, priority=score, confidence=confidence, receipts=()
    )
    return value, where


def test_no_view_tells_how_many_a_few_are_by_its_priority() -> None:
    """It is made of the learners who are exposed, and all else that it is made of is told."""
    told = {
        number: [each.SerializeToString(deterministic=True) for each in doors(*of_few(number))]
        for number in (1, 4, 20, 40)
    }
    assert told[1] == told[4]
    assert all(few != many for few, many in zip(told[20], told[40], strict=True))


def test_no_view_of_a_blind_one_tells_its_confidence_by_its_priority() -> None:
    seen = [of_few(20, confidence) for confidence in (0.90, 0.91)]
    for blind in (True, False):
        told = [doors(replace(value, blind=blind), where) for value, where in seen]
        assert (told[0] == told[1]) is blind
        assert {each.band for one in told for each in one} == {"this_week"}
