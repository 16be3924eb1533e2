"""Suppressions, verdicts, refusals and what is asked of the log as protobuf messages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from services.catalog.review import domain
from services.catalog.review.domain import VERBS, Wanted
from services.catalog.review.findings import Relation
from services.catalog.review.ledger import Rulings, Written
from services.catalog.review.postgres_verdicts import Ruling
from services.catalog.review.suppressions import Filter, Scope, Standing, Suppression
from services.catalog.review.verdicts import Refusal
from services.catalog.review.wire import bad_field, kind, states
from services.catalog.wire import id_of
from services.catalog.wire.fields import date_of, moment_of
from services.kit.protobuf import timestamp
from winnow.review.v1 import review_service_pb2, suggestion_pb2, suppression_pb2, verdict_pb2

MAX_COMMENT = 1000
MAX_WORDS = 200
MAX_RESOURCES = 50
_SCOPES: dict[int, Scope] = {
    number: Scope(name) for name, number in suppression_pb2.Suppression.Scope.items() if number
}
_STANDINGS: dict[int, Standing] = {
    number: Standing(name) for name, number in suppression_pb2.Suppression.State.items() if number
}
_DECIDED: dict[int, domain.Standing] = {
    number: domain.Standing(name)
    for name, number in review_service_pb2.ListDecisionsRequest.Standing.items()
    if number
}
_RELATIONS: dict[int, Relation] = {
    number: Relation(name) for name, number in suggestion_pb2.Suggestion.Relation.items() if number
}


def refusal(request: review_service_pb2.RejectSuggestionRequest) -> Refusal:
    """Why somebody refuses; whether it goes together is judged after the caller's rights."""
    return Refusal(
        reason=request.reason.lower(),
        comment=request.comment,
        attributes=tuple(
            (id_of(each.resource, "resources", "attributes.resource"), each.value.strip())
            for each in request.attributes
        ),
        hold_end=date_of(request.hold_end, "hold_end") if request.HasField("hold_end") else None,
        wrong=tuple(each.removeprefix("resources/") for each in request.wrong),
        review_date=date_of(request.review_date, "review_date") if request.HasField("review_date") else None,
    )


def wanted(request: review_service_pb2.ListDecisionsRequest) -> Wanted:
    """Which decisions are asked for; InvalidArgument for a verb, kind, state or standing that there is not."""
    for number, verb in enumerate(request.verbs):
        if verb not in VERBS:
            raise bad_field(f"verbs[{number}]", f"is none of {', '.join(sorted(VERBS))}")
    return Wanted(
        suggestion=id_of(request.suggestion, "suggestions", "suggestion") if request.suggestion else "",
        actor=request.actor.strip(),
        verbs=tuple(request.verbs),
        kind=kind(request.kind) or "",
        begin=moment_of(request.begin_time, "begin_time") if request.HasField("begin_time") else None,
        end=moment_of(request.end_time, "end_time") if request.HasField("end_time") else None,
        states=states(request.states),
        standing=_standing(request.standing),
    )


def _standing(number: int) -> domain.Standing | None:
    if number and number not in _DECIDED:
        raise bad_field("standing", "is not a standing")
    return _DECIDED.get(number)


def scope(number: int) -> Scope | None:
    """The scope asked for, None for any; InvalidArgument for one there is not."""
    if number and number not in _SCOPES:
        raise bad_field("scope", "is not a scope")
    return _SCOPES.get(number)


def standings(numbers: Sequence[int]) -> tuple[Standing, ...]:
    """The states asked for; InvalidArgument for one there is not."""
    if any(number not in _STANDINGS for number in numbers):
        raise bad_field("states", "names a state there is not")
    return tuple(_STANDINGS[number] for number in numbers)


def asked_rule(message: suppression_pb2.Suppression) -> Suppression:
    """A rule as somebody writes it, without what the catalog adds; InvalidArgument names the field that is wrong."""
    found = scope(message.scope)
    if found is None or found is Scope.FACT:
        raise bad_field("suppression.scope", "must be EXACT_SET, RESOURCE or FILTER")
    if len(message.comment) > MAX_COMMENT:
        raise bad_field("suppression.comment", f"must have at most {MAX_COMMENT} characters")
    by_filter = found is Scope.FILTER
    if by_filter and (message.resources or message.suggestion):
        raise bad_field("suppression.resources", "does not go with a filter")
    if not by_filter and message.HasField("filter"):
        raise bad_field("suppression.filter", "goes with the scope FILTER alone")
    if not by_filter and not message.suggestion and not (message.resources and message.kind):
        raise bad_field("suppression.resources", "and kind, or a suggestion, are required")
    if len(message.resources) > MAX_RESOURCES:
        raise bad_field("suppression.resources", f"must be at most {MAX_RESOURCES}")
    suggestion = message.suggestion
    return Suppression(
        id="",
        scope=found,
        kind=kind(message.kind),
        members=tuple(id_of(each, "resources", "suppression.resources") for each in message.resources),
        person="",
        reason="",
        time=moment_of(message.create_time, "suppression.create_time"),
        suggestion=id_of(suggestion, "suggestions", "suppression.suggestion") if suggestion else "",
        filter=_filter(message.filter) if by_filter else Filter(),
        comment=message.comment.strip(),
        expire_time=moment_of(message.expire_time, "suppression.expire_time")
        if message.HasField("expire_time")
        else None,
    )


def _filter(message: suppression_pb2.SuppressionFilter) -> Filter:
    if any(number not in _RELATIONS for number in message.relations):
        raise bad_field("suppression.filter.relations", "names a relation there is not")
    words = [message.source, message.owner, message.language, message.title]
    if any(len(each) > MAX_WORDS for each in words):
        raise bad_field("suppression.filter", f"has at most {MAX_WORDS} characters a field")
    program = message.program
    found = Filter(
        relations=tuple(_RELATIONS[number] for number in message.relations),
        source=message.source,
        program=id_of(program, "programs", "suppression.filter.program") if program else "",
        owner=message.owner.strip(),
        language=message.language.strip(),
        title=message.title.strip(),
    )
    if not found.asks:
        raise bad_field("suppression.filter", "must ask something; to pause a whole kind, use SuspendKind")
    return found


def suppression(value: Suppression, emails: Mapping[str, str]) -> suppression_pb2.Suppression:
    """A rule as the ledger shows it."""
    message = suppression_pb2.Suppression(
        name=value.name if value.id else "",
        scope=suppression_pb2.Suppression.Scope.Value(value.scope),
        kind=suggestion_pb2.Suggestion.Kind.Value(value.kind or "KIND_UNSPECIFIED"),
        resources=[f"resources/{each}" for each in value.members],
        fact=value.fact,
        suggestion=f"suggestions/{value.suggestion}" if value.suggestion else "",
        author=emails.get(value.person, ""),
        reason=value.reason,
        comment=value.comment,
        create_time=timestamp(value.time),
        ended_by=emails.get(value.lifted_by, ""),
        state=suppression_pb2.Suppression.State.Value(value.standing),
        hidden=value.hidden,
    )
    if value.scope is Scope.FILTER:
        message.filter.CopyFrom(
            suppression_pb2.SuppressionFilter(
                relations=[suggestion_pb2.Suggestion.Relation.Value(each) for each in value.filter.relations],
                source=value.filter.source,
                program=f"programs/{value.filter.program}" if value.filter.program else "",
                owner=value.filter.owner,
                language=value.filter.language,
                title=value.filter.title,
            )
        )
    if value.expire_time is not None:
        message.expire_time.CopyFrom(timestamp(value.expire_time))
    if value.lift_time is not None:
        message.end_time.CopyFrom(timestamp(value.lift_time))
    return message


def written(value: Written) -> suppression_pb2.CreateSuppressionResponse:
    """A rule with what it hides now."""
    return suppression_pb2.CreateSuppressionResponse(
        suppression=suppression(value.rule, value.emails),
        count=value.count,
        suggestions=value.suggestions,
    )


def pair_of(name: str) -> tuple[str, str]:
    """The two ids in `verdicts/{a}.{b}`; InvalidArgument when the name is of another form."""
    first, dot, second = id_of(name, "verdicts").partition(".")
    if not (first and dot and second):
        raise bad_field("name", "must be verdicts/{id}")
    return (first, second) if first < second else (second, first)


def verdicts(found: Rulings, rulings: Sequence[Ruling]) -> list[verdict_pb2.Verdict]:
    """Verdicts as the API shows them."""
    return [_verdict(each, found.emails) for each in rulings]


def _verdict(value: Ruling, emails: Mapping[str, str]) -> verdict_pb2.Verdict:
    return verdict_pb2.Verdict(
        name=f"verdicts/{value.a}.{value.b}",
        a=f"resources/{value.a}",
        b=f"resources/{value.b}",
        verdict=value.verdict,
        author=emails.get(value.person, ""),
        suggestion=f"suggestions/{value.suggestion}",
        create_time=timestamp(value.time) if value.time else None,
        comment=value.comment,
    )
