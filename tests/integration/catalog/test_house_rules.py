"""House rules through the catalog's doors: set whole or in part, taken in as a list, handed to copies, refused."""

from __future__ import annotations

from typing import Any

import grpc
import pytest
from google.protobuf.field_mask_pb2 import FieldMask
from google.type.date_pb2 import Date

from services.kit.rpc import error_info
from tests.integration.catalog.conftest import SignedIn
from winnow.catalog.v1 import catalog_service_pb2 as api
from winnow.catalog.v1 import people_service_pb2 as people
from winnow.catalog.v1.house_rules_pb2 import HouseRules, RetiredTerm, Retirement
from winnow.internal.v1 import feed_service_pb2 as feed_api

OFFICE = RetiredTerm(
    term="Staff  Relations Office", replacement="People Team", since=Date(year=2024, month=1, day=1)
)
ROUTER = Retirement(product="Zephyr Router", version="7", end=Date(year=2025, month=6, day=30))
CSV = b"""Code,Product,End,Replacement,Source\r
ZN-204,Designing Networks,2025-06-30,ZN-305,https://example.org/ends\r
,Zephyr Switch,30 June 2025,,\r
"""


async def rules(person: SignedIn) -> HouseRules:
    return await person("GetHouseRules", api.GetHouseRulesRequest())


def setting(given: HouseRules, *fields: str) -> api.SetHouseRulesRequest:
    return api.SetHouseRulesRequest(house_rules=given, update_mask=FieldMask(paths=fields))


async def refusal(person: SignedIn, method: str, request: Any) -> tuple[grpc.StatusCode, str, dict[str, str]]:
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await person(method, request)
    info = error_info(refused.value)
    assert info is not None
    return refused.value.code(), info.reason, dict(info.metadata)


async def test_rules_are_set_in_part_or_whole_and_read_back(first: SignedIn, feed: Any) -> None:
    empty = await rules(first)
    assert (empty.name, len(empty.retired_vocabulary), empty.HasField("update_time")) == (
        "houseRules",
        0,
        False,
    )
    assert not (await feed.ListStates(feed_api.ListStatesRequest(kind=feed_api.HOUSE_RULES))).states
    saved = await first(
        "SetHouseRules", setting(HouseRules(retired_vocabulary=[OFFICE]), "retired_vocabulary")
    )
    assert saved.retired_vocabulary[0].term == "Staff Relations Office"
    both = await first("SetHouseRules", setting(HouseRules(retirements=[ROUTER]), "retirements"))
    assert (len(both.retired_vocabulary), list(both.retirements)) == (1, [ROUTER])
    assert await rules(first) == both
    (state,) = (await feed.ListStates(feed_api.ListStatesRequest(kind=feed_api.HOUSE_RULES))).states
    assert state.id == "house_rules"
    assert state.house_rules.retired_vocabulary[0].replacement == "People Team"
    assert state.house_rules.retirements[0].version == "7"
    whole = await first("SetHouseRules", setting(HouseRules()))
    assert (len(whole.retired_vocabulary), len(whole.retirements)) == (0, 0)


async def test_no_notice_is_something_else_than_none_set(first: SignedIn) -> None:
    saved = await first("SetHouseRules", setting(HouseRules(notice_days_r2=0, notice_days_r3=21)))
    assert saved.HasField("notice_days_r2")
    assert (saved.notice_days_r2, saved.notice_days_r3) == (0, 21)
    unset = await first("SetHouseRules", setting(HouseRules(), "notice_days_r2"))
    assert (unset.HasField("notice_days_r2"), unset.notice_days_r3) == (False, 21)


async def test_the_same_again_changes_nothing(first: SignedIn) -> None:
    request = setting(HouseRules(retired_vocabulary=[OFFICE]))
    one = await first("SetHouseRules", request)
    assert await first("SetHouseRules", request) == one


async def test_a_stale_etag_is_told_the_current_rules(first: SignedIn) -> None:
    before = await rules(first)
    await first("SetHouseRules", setting(HouseRules(retired_vocabulary=[OFFICE])))
    stale = setting(HouseRules(etag=before.etag))
    code, reason, _ = await refusal(first, "SetHouseRules", stale)
    assert (code, reason) == (grpc.StatusCode.ABORTED, "ETAG_STALE")
    assert len((await rules(first)).retired_vocabulary) == 1


async def test_a_vendors_list_takes_the_place_of_the_list_of_its_name(first: SignedIn) -> None:
    await first("SetHouseRules", setting(HouseRules(retirements=[ROUTER])))
    request = api.ImportRetirementListRequest(list_name="zephyr", content=CSV)
    found = (await first("ImportRetirementList", request)).retirements
    assert [(each.list_name, each.product, each.code) for each in found] == [
        ("", "Zephyr Router", ""),
        ("zephyr", "Designing Networks", "ZN-204"),
        ("zephyr", "Zephyr Switch", ""),
    ]
    assert found[1].end == found[2].end == Date(year=2025, month=6, day=30)
    request.content = b"code,end\nZN-999,2026-01-31\n"
    found = (await first("ImportRetirementList", request)).retirements
    assert [each.code for each in found] == ["", "ZN-999"]


@pytest.mark.parametrize(
    ("content", "place"),
    [
        (b"code,end\nZN-1,soon\n", "line 2"),
        (b"code,product,end\n,,2026-01-31\n", "line 2"),
        (b"code,end,source\nZN-1,2026-01-31,javascript:alert(1)\n", "line 2"),
        (b"title,date\nZN-1,2026-01-31\n", "header"),
        (b"\xff\xfe\x00", "UTF-8"),
    ],
)
async def test_a_list_that_cannot_be_read_changes_nothing_and_names_the_line(
    first: SignedIn, content: bytes, place: str
) -> None:
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await first("ImportRetirementList", api.ImportRetirementListRequest(list_name="z", content=content))
    assert refused.value.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert place in (refused.value.details() or "")
    assert len((await rules(first)).retirements) == 0


@pytest.mark.parametrize(
    ("given", "field"),
    [
        (HouseRules(retired_vocabulary=[OFFICE, OFFICE]), "house_rules.retired_vocabulary[1].term"),
        (HouseRules(retired_vocabulary=[RetiredTerm(term="x")]), "house_rules.retired_vocabulary[0].term[0]"),
        (HouseRules(retirements=[Retirement(product="Router")]), "house_rules.retirements[0].end"),
        (HouseRules(notice_days_r3=91), "house_rules.notice_days_r3"),
    ],
)
async def test_what_is_out_of_range_is_refused_by_field(
    first: SignedIn, given: HouseRules, field: str
) -> None:
    _, _, metadata = await refusal(first, "SetHouseRules", setting(given))
    assert metadata["field"] == field


async def test_only_a_learning_leader_sets_them_and_a_designer_reads_them(
    first: SignedIn, channel: grpc.aio.Channel
) -> None:
    person = people.Person(email="id@example.org", roles=[people.Person.INSTRUCTIONAL_DESIGNER])
    await first("CreatePerson", people.CreatePersonRequest(person=person))
    minted = await first("CreateApiToken", people.CreateApiTokenRequest(email="id@example.org"))
    designer = SignedIn(channel, minted.token)
    assert (await rules(designer)).name == "houseRules"
    code, reason, metadata = await refusal(designer, "SetHouseRules", setting(HouseRules()))
    assert (code, reason) == (grpc.StatusCode.PERMISSION_DENIED, "NOT_ALLOWED")
    assert metadata["who_can"] == "a learning leader"
