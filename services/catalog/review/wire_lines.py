"""A line of a list as the API shows it: a suggestion with few of its fields."""

from __future__ import annotations

from services.catalog.review import wire
from services.catalog.review.domain_lines import Printed, Share
from services.catalog.review.surroundings import resource_name
from services.kit.protobuf import timestamp
from winnow.review.v1 import suggestion_pb2


def line(printed: Printed) -> suggestion_pb2.Suggestion:
    """The fields that review_service.proto names for the view LINE."""
    value = printed.line
    known = [printed.titles[id_] for id_ in value.members if id_ in printed.titles]
    type_, text = value.reason
    return suggestion_pb2.Suggestion(
        name=f"suggestions/{value.id}",
        kind=suggestion_pb2.Suggestion.Kind.Value(value.kind),
        relation=suggestion_pb2.Suggestion.Relation.Value(value.relation or "RELATION_UNSPECIFIED"),
        state=suggestion_pb2.Suggestion.State.Value(value.state),
        confidence=0.0 if value.blind else value.confidence,
        revision=value.revision,
        members=[
            suggestion_pb2.Member(
                resource=resource_name(each.id),
                title=each.title,
                language=each.language,
                survivor=each.id == value.survivor,
            )
            for each in known
        ],
        evidence=[suggestion_pb2.Evidence(type=type_, text=text)] if text else [],
        passages=len(value.passages),
        equal_passages=value.passages.count("exact"),
        plan=suggestion_pb2.Plan(
            risk=suggestion_pb2.Plan.RISK_UNSPECIFIED if value.risk is None else wire.risk(value.risk),
            parts=[_part(each, printed) for each in value.shares],
            safeguards=[wire.safeguard(each) for each in value.safeguards],
        ),
        assignee=printed.email,
        assignee_name=printed.name,
        summary=value.summary,
        claims=[wire.claim(each, blind=value.blind) for each in value.claims],
        impact=wire.impact(value.impact),
        create_time=timestamp(value.create_time),
        update_time=timestamp(value.update_time),
        priority=0.0 if value.blind else value.priority,
        band=printed.band,
        blind=value.blind,
        may_decide=printed.may_decide,
        may_revoke=printed.may_revoke,
    )


def _part(value: Share, printed: Printed) -> suggestion_pb2.PlanPart:
    return suggestion_pb2.PlanPart(
        id=value.id,
        title=value.title,
        risk=wire.risk(value.risk),
        changes=[
            suggestion_pb2.PlanChange(
                operation=step.operation,
                target=step.target,
                before=printed.titles[step.dropped].title if step.dropped in printed.titles else step.dropped,
            )
            for step in value.steps
        ],
    )
