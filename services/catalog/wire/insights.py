"""What breaks house rules, what they would have touched, and how healthy the catalog is."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from urllib.parse import quote

from services.catalog.review.domain import LIVE
from services.catalog.review.findings import Kind
from services.catalog.review.insights import Insights, Savings
from services.catalog.review.ruling import BREAKABLE, EXAMPLES, Breach, Outcome
from services.catalog.wire.engagement import group_figure
from services.catalog.wire.fields import bad_field, day
from services.kit.protobuf import timestamp
from winnow.catalog.v1 import insights_pb2


def ruled(rule: str) -> str:
    """The rule asked for, empty for all; InvalidArgument when there is none of that name."""
    if rule and rule not in BREAKABLE:
        raise bad_field("rule", f"must be one of {', '.join(BREAKABLE)}")
    return rule


def violation(value: Breach) -> insights_pb2.Violation:
    """Something that breaks a rule."""
    return insights_pb2.Violation(
        rule=value.rule,
        target=value.target,
        title=value.title,
        text=value.text,
        suggestion=f"suggestions/{value.suggestion}" if value.suggestion else "",
    )


def dry_run(since: date, outcomes: Sequence[Outcome]) -> insights_pb2.DryRunHouseRulesResponse:
    """What rules would have touched."""
    return insights_pb2.DryRunHouseRulesResponse(
        since=day(since),
        outcomes=[
            insights_pb2.DryRunHouseRulesResponse.Outcome(
                rule=each.rule,
                touched=len(each.touched),
                used_afterwards=each.used_afterwards,
                examples=each.touched[:EXAMPLES],
            )
            for each in outcomes
        ],
    )


def insights(value: Insights) -> insights_pb2.Insights:
    """All figures, each with the list behind it."""
    everything = "/v1/resources?lifecycle=PUBLISHED"
    since = timestamp(value.since).ToJsonString()
    decided = f"/v1/decisions?verbs=accept&verbs=reject&beginTime={quote(since)}"

    live = "&".join(f"states={state}" for state in sorted(LIVE))
    lists = {
        state: f"/v1/suggestions?kind={kind}&{live}"
        for state, kind in (("outdated", Kind.OUTDATED), ("copies", Kind.DUPLICATE))
    }

    def of_kind(kind: str) -> str:
        return f"kind={quote(kind)}" if kind else "withoutKind=true"

    def share(count: int) -> float:
        return _share(count, value.resources)

    before, stood = value.before, value.before.stood
    return insights_pb2.Insights(
        resources=_figure(
            "resources", value.resources, "resources", everything, stood.resources if stood else None
        ),
        by_kind=[
            _figure(kind, count, "resources", f"{everything}&{of_kind(kind)}")
            for kind, count in value.by_kind
        ],
        by_age=[
            _figure(name, count, "resources", f"{everything}&age={name}") for name, count in value.by_age
        ],
        owner_coverage=_figure(
            "owner_coverage",
            share(value.owned),
            "share",
            f"{everything}&owned=true",
            _share(stood.owned, stood.resources) if stood else None,
        ),
        rot_share=_figure(
            "rot_share",
            share(value.rot),
            "share",
            f"{everything}&rot=true",
            _share(stood.rot, stood.resources) if stood and stood.rot is not None else None,
        ),
        suggestions=[
            _figure(str(kind), count, "suggestions", f"/v1/suggestions?kind={kind}&{live}")
            for kind, count in value.suggestions
        ],
        savings_planned=_savings(value.planned, "/v1/suggestions?states=SCHEDULED"),
        savings_made=_savings(value.made, "/v1/suggestions?states=APPLIED", before.made),
        decisions=[
            _figure(email, count, "decisions", f"{decided}&actor={quote(email)}", count_before)
            for email, count, count_before in value.decisions
        ],
        silo_index=None if value.silo_index is None else round(value.silo_index, 4),
        entitled=value.entitled,
        begin=day(value.begin),
        stood=day(before.stood_on),
        silo_index_year_before=None if before.silo_index is None else round(before.silo_index, 4),
        finished=[
            insights_pb2.Insights.FinishedMonth(
                month=day(each.month),
                finished=group_figure(each.finished),
                year_before=group_figure(each.before),
            )
            for each in value.finished
        ],
        states=[
            _figure(name, count, "resources", lists.get(name, everything)) for name, count in value.states
        ],
    )


def _share(count: int, of: int) -> float:
    return round(count / of, 4) if of else 0.0


def _figure(
    name: str, value: float, unit: str, list_: str, before: float | None = None
) -> insights_pb2.Insights.Figure:
    return insights_pb2.Insights.Figure(name=name, value=value, unit=unit, list=list_, year_before=before)


def _savings(value: Savings, list_: str, before: Savings | None = None) -> list[insights_pb2.Insights.Figure]:
    learners, upkeep = (before.learner_hours, before.maintenance_hours) if before else (None, None)
    return [
        _figure("learner_hours", value.learner_hours, "hours a year", list_, learners),
        _figure("maintenance_hours", value.maintenance_hours, "hours a year", list_, upkeep),
    ]
