"""The policy has a row for every method and route that callers may reach, and says who may; the page shows it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from starlette.routing import Mount, Route

from docs import responsibility
from services.catalog import policy
from services.catalog.domain.people import Duties, Person, Role, Viewer
from services.gateway.main import http_door
from services.gateway.methods import Method, reachable
from services.kit.clock import Clock
from services.kit.errors import NotFound, PermissionDenied
from services.kit.health import Readiness

METHODS: dict[str, Method] = reachable()


def viewer(*roles: Role, duties: Duties | None = None, read_only: bool = False) -> Viewer:
    person = Person("p", "p@example.org", "P", roles, datetime(2026, 1, 1, tzinfo=UTC))
    return Viewer(person, duties or Duties(), read_only)


def routes() -> set[str]:
    found: set[str] = set()
    nobody: Any = None
    door = http_door(METHODS, nobody, nobody, Readiness(), "http://winnow.example", Clock(), nobody)
    for each in door.routes:
        assert isinstance(each, Route | Mount)
        verbs = (each.methods or {"GET"}) - {"HEAD"} if isinstance(each, Route) else {"GET"}
        found.add(f"{','.join(sorted(verbs))} {each.path}")
    return found


def test_every_reachable_method_has_a_row_and_no_row_is_left_over() -> None:
    assert set(policy.METHODS) == set(METHODS)


def test_every_route_has_a_row_and_no_row_is_left_over() -> None:
    assert set(policy.ROUTES) == routes()
    called = {path for given in policy.ROUTES.values() if not isinstance(given, str) for path in given}
    assert called <= set(METHODS)


def test_the_page_shows_the_policy_as_it_is() -> None:
    page = responsibility.PAGE.read_text(encoding="utf-8")
    assert page == responsibility.page(), "run `python -m docs.responsibility`"


def test_a_row_reads_exactly_where_the_contract_says_no_side_effects() -> None:
    assert [name for name, each in METHODS.items() if policy.METHODS[name].reads is not each.read_only] == []


@pytest.mark.parametrize("given", [{"XX": "allow"}, {"ADM": "maybe"}, {"read": True}])
def test_a_row_that_names_what_there_is_not_is_an_error(given: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="is not a valid"):
        policy.row_of(given)


@pytest.mark.parametrize("method", sorted(METHODS))
def test_whoever_is_refused_is_told_who_may_or_that_nothing_is_there(method: str) -> None:
    row = policy.METHODS[method]
    for role in Role:
        if row.everyone or row.cells[policy.ROLES[role]].entitles:
            policy.check(viewer(role), method)
            continue
        with pytest.raises((PermissionDenied, NotFound)) as refused:
            policy.check(viewer(role), method)
        if isinstance(refused.value, PermissionDenied):
            assert refused.value.metadata["who_can"] == row.who_can != ""


def test_a_method_without_a_row_is_nobodys() -> None:
    with pytest.raises(PermissionDenied):
        policy.check(viewer(*Role), "/winnow.catalog.v1.CatalogService/Unknown")


def test_a_duty_opens_what_an_owner_may_and_nothing_else() -> None:
    owner = viewer(duties=Duties(resources=frozenset({"r"})))
    policy.check(owner, "/winnow.catalog.v1.CatalogService/SetHold")
    with pytest.raises(PermissionDenied):
        policy.check(owner, "/winnow.catalog.v1.CatalogService/AnswerImportQuestion")
