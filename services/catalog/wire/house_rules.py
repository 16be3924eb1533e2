"""House rules."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Literal, Never

from services.catalog.domain.drafts import REQUIRABLE
from services.catalog.domain.house_rules import (
    FIELDS,
    MAX_BYTES,
    MAX_CODE,
    MAX_LIST_FILE,
    MAX_NAME,
    MAX_NOTICE_DAYS,
    MAX_RETIREMENTS,
    MAX_SOURCE,
    MAX_TERMS,
    MAX_VERSION,
    HouseRules,
    RetiredTerm,
    Retirement,
)
from services.catalog.imports.retirements import read_retirements
from services.catalog.wire.announcements import line, phrases
from services.catalog.wire.fields import bad_field, date_of, day
from services.catalog.wire.limits import limits, wanted_limits
from services.kit.protobuf import timestamp
from winnow.catalog.v1 import catalog_service_pb2, house_rules_pb2
from winnow.internal.v1 import feed_service_pb2


def house_rules(value: HouseRules) -> house_rules_pb2.HouseRules:
    """The policies as shown."""
    return house_rules_pb2.HouseRules(
        name="houseRules",
        etag=value.etag,
        retired_vocabulary=[
            house_rules_pb2.RetiredTerm(term=each.term, replacement=each.replacement, since=day(each.since))
            for each in value.retired_vocabulary
        ],
        retirements=[_retirement(each) for each in value.retirements],
        check_links=value.check_links,
        notice_days_r2=value.notice_days_r2,
        notice_days_r3=value.notice_days_r3,
        required_fields=value.required_fields,
        **limits(value),
        update_time=timestamp(value.update_time) if value.update_time else None,
        author=f"people/{value.author}" if value.author else "",
    )


def _retirement(value: Retirement) -> house_rules_pb2.Retirement:
    return house_rules_pb2.Retirement(
        list_name=value.list_name,
        product=value.product,
        version=value.version,
        code=value.code,
        end=day(value.end),
        replacement=value.replacement,
        source=value.source,
    )


def house_rules_state(value: HouseRules) -> feed_service_pb2.HouseRulesState:
    """What of the policies makes content outdated."""
    return feed_service_pb2.HouseRulesState(
        retired_vocabulary=[
            feed_service_pb2.RetiredTermState(
                term=each.term, replacement=each.replacement, since=day(each.since)
            )
            for each in value.retired_vocabulary
        ],
        retirements=[
            feed_service_pb2.RetirementState(
                product=each.product,
                version=each.version,
                code=each.code,
                end=day(each.end),
                replacement=each.replacement,
                source=", ".join(filter(None, (each.list_name, each.source))),
            )
            for each in value.retirements
        ],
        check_links=value.check_links,
        review_intervals=[
            feed_service_pb2.ReviewIntervalState(content_class=each.content_class, months=each.months)
            for each in value.review_intervals
        ],
    )


def wanted_house_rules(
    request: catalog_service_pb2.SetHouseRulesRequest,
) -> tuple[HouseRules, tuple[str, ...]]:
    """The policies that are wished for, and the fields to set (none: all); InvalidArgument names what is wrong."""
    fields = tuple(request.update_mask.paths)
    for name in fields:
        if name not in FIELDS:
            raise bad_field("update_mask", f"may name {', '.join(FIELDS)}")
    return tried_house_rules(request.house_rules), fields


def tried_house_rules(message: house_rules_pb2.HouseRules) -> HouseRules:
    """All the policies that a message has; InvalidArgument names what is wrong."""
    at = "house_rules"
    if message.ByteSize() > MAX_BYTES:
        raise bad_field(at, f"must have at most {MAX_BYTES} bytes")
    vocabulary = _vocabulary(message.retired_vocabulary, f"{at}.retired_vocabulary")
    retirements = [
        _checked(
            Retirement(
                end=date_of(each.end, f"{at}.retirements[{number}].end")
                or _missing(f"{at}.retirements[{number}].end"),
                product=each.product,
                version=each.version,
                code=each.code,
                replacement=each.replacement,
                source=each.source,
                list_name=each.list_name,
            ),
            f"{at}.retirements[{number}]",
        )
        for number, each in enumerate(message.retirements)
    ]
    if len(retirements) > MAX_RETIREMENTS:
        raise bad_field(f"{at}.retirements", f"must be at most {MAX_RETIREMENTS}")
    return HouseRules(
        vocabulary,
        tuple(retirements),
        message.check_links,
        notice_days_r2=_notice(message, "notice_days_r2"),
        notice_days_r3=_notice(message, "notice_days_r3"),
        required_fields=_required(message.required_fields),
        **wanted_limits(message),
    )


def _required(given: Iterable[str]) -> tuple[str, ...]:
    for number, name in enumerate(given):
        if name not in REQUIRABLE:
            raise bad_field(
                f"house_rules.required_fields[{number}]", f"must be one of {', '.join(REQUIRABLE)}"
            )
    return tuple(dict.fromkeys(given))


def _notice(
    message: house_rules_pb2.HouseRules, field: Literal["notice_days_r2", "notice_days_r3"]
) -> int | None:
    if not message.HasField(field):
        return None
    days: int = getattr(message, field)
    if not 0 <= days <= MAX_NOTICE_DAYS:
        raise bad_field(f"house_rules.{field}", f"must be 0 to {MAX_NOTICE_DAYS} days")
    return days


def _vocabulary(given: Iterable[house_rules_pb2.RetiredTerm], field: str) -> tuple[RetiredTerm, ...]:
    found: dict[str, RetiredTerm] = {}
    for number, each in enumerate(given):
        at = f"{field}[{number}]"
        (term,) = phrases([each.term], f"{at}.term")
        if term.casefold() in found:
            raise bad_field(f"{at}.term", "is retired twice")
        replacement = line(each.replacement, f"{at}.replacement", MAX_NAME)
        found[term.casefold()] = RetiredTerm(term, replacement, date_of(each.since, f"{at}.since"))
    if len(found) > MAX_TERMS:
        raise bad_field(field, f"must be at most {MAX_TERMS}")
    return tuple(found.values())


def retirement_list(
    request: catalog_service_pb2.ImportRetirementListRequest,
) -> tuple[str, list[Retirement]]:
    """A list's name and lines; InvalidArgument names the line that cannot be read or is out of range."""
    name = line(request.list_name, "list_name", MAX_NAME)
    if not name:
        raise bad_field("list_name", "is missing")
    if len(request.content) > MAX_LIST_FILE:
        raise bad_field("content", f"must have at most {MAX_LIST_FILE} bytes")
    try:
        lines = read_retirements(request.content)
    except ValueError as error:
        raise bad_field("content", str(error)) from error
    return name, [_checked(replace(each, list_name=name), f"content, {place}") for place, each in lines]


def _checked(value: Retirement, field: str) -> Retirement:
    checked = replace(
        value,
        product=line(value.product, f"{field}.product", MAX_NAME),
        version=line(value.version, f"{field}.version", MAX_VERSION),
        code=line(value.code, f"{field}.code", MAX_CODE),
        replacement=line(value.replacement, f"{field}.replacement", MAX_NAME),
        source=line(value.source, f"{field}.source", MAX_SOURCE),
        list_name=line(value.list_name, f"{field}.list_name", MAX_NAME),
    )
    if checked.source and not checked.source.startswith(("http://", "https://")):
        raise bad_field(f"{field}.source", "must be an http or https address")
    names = [each for each in (checked.product, checked.code) if each]
    if not names:
        raise bad_field(field, "needs a product or a code")
    phrases(names, field)
    return checked


def _missing(field: str) -> Never:
    raise bad_field(field, "is missing")
