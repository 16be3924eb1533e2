"""The policy has a row for every method that the gateway forwards to the catalog, and says who may."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from google.protobuf import descriptor_pb2

from services.catalog import policy
from services.catalog.domain.people import Duties, Person, Role, Viewer
from services.kit.errors import NotFound, PermissionDenied
from winnow.catalog.v1 import catalog_service_pb2, people_service_pb2
from winnow.review.v1 import review_service_pb2

FILES = (catalog_service_pb2.DESCRIPTOR, people_service_pb2.DESCRIPTOR, review_service_pb2.DESCRIPTOR)
METHODS = {
    f"/{service.full_name}/{method.name}": method
    for file in FILES
    for service in file.services_by_name.values()
    for method in service.methods
}


def viewer(*roles: Role, duties: Duties | None = None, read_only: bool = False) -> Viewer:
    person = Person("p", "p@example.org", "P", roles, datetime(2026, 1, 1, tzinfo=UTC))
    return Viewer(person, duties or Duties(), read_only)


def test_every_forwarded_method_has_a_row_and_no_row_is_left_over() -> None:
    assert set(policy.RULES) == set(METHODS)


def test_a_row_reads_exactly_where_the_contract_says_no_side_effects() -> None:
    reading = descriptor_pb2.MethodOptions.NO_SIDE_EFFECTS
    wrong = [
        name
        for name, method in METHODS.items()
        if policy.RULES[name].reads is not (method.GetOptions().idempotency_level == reading)
    ]
    assert not wrong


@pytest.mark.parametrize("method", sorted(METHODS))
def test_whoever_is_refused_is_told_who_may_or_that_nothing_is_there(method: str) -> None:
    rule = policy.RULES[method]
    for role in Role:
        if rule.anyone or role in rule.roles:
            policy.check(viewer(role), method)
            continue
        with pytest.raises((PermissionDenied, NotFound)) as refused:
            policy.check(viewer(role), method)
        if isinstance(refused.value, PermissionDenied):
            assert refused.value.metadata["who_can"] == rule.who_can != ""


def test_a_method_without_a_row_is_nobodys() -> None:
    with pytest.raises(PermissionDenied):
        policy.check(viewer(*Role), "/winnow.catalog.v1.CatalogService/Unknown")


def test_a_duty_opens_what_an_owner_may_and_nothing_else() -> None:
    owner = viewer(duties=Duties(resources=frozenset({"r"})))
    policy.check(owner, "/winnow.catalog.v1.CatalogService/SetHold")
    with pytest.raises(PermissionDenied):
        policy.check(owner, "/winnow.catalog.v1.CatalogService/ImportPackage")
