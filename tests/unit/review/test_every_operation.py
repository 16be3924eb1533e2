"""Every operation has its inverse, and every place at which a safeguard speaks is reached (behaviour.md §7).

What there is comes from the code: an operation without a plan here, or a new place in safeguards.py that no plan here
breaks, fails.
"""

from __future__ import annotations

import ast
import inspect
from collections.abc import Callable, Iterable, Iterator
from functools import wraps
from typing import Any

import pytest

from services.catalog.domain.house_rules import HouseRules, NeverArchived
from services.catalog.domain.programs import Program, ProgramItem
from services.catalog.domain.resources import Lifecycle, Resource
from services.catalog.review import applying, safeguards
from services.catalog.review.applying import Work
from services.catalog.review.domain import Operation, Plan, Safeguard
from services.catalog.review.findings import Draft, Kind, Member, Proposal, Relation
from tests.unit.review.shorthand import (
    NOW,
    TODAY,
    around,
    drop,
    duplicate,
    enrolled,
    item,
    outdated,
    plan_of,
    program,
    resource,
    use,
)
from tests.unit.review.test_safeguards import BROKEN

A, B, C = (resource(name) for name in "abc")
MUST = resource("b", mandatory=True)
CERTIFIES = resource("b", certification=True)
Things = tuple[Resource | Program, ...]


def found(kind: Kind, members: str, *drafts: Draft, relation: Relation = Relation.NONE) -> Proposal:
    """A finding of these steps."""
    programs = {id_: 1 for each in drafts for id_ in (each.program, each.into) if id_}
    return Proposal(
        f"{kind}:x", kind, relation, tuple(Member(each) for each in members), programs=programs, score=0.9,
        drafts=drafts,
    )  # fmt: skip


def step(operation: str, **more: Any) -> Proposal:
    """A finding of one step with `b`."""
    return found(Kind.OUTDATED, "b", Draft(operation, "b", **more))


RETIRED = B.want("lifecycle", Lifecycle.ARCHIVED, author="x", suggestion="", now=NOW)
PLANS: dict[Operation, tuple[Proposal, Things]] = {
    Operation.CONFIRM: (step("confirm"), (B,)),
    Operation.REQUEST_UPDATE: (step("request_update"), (B,)),
    Operation.SET_METADATA: (step("set_metadata", field="title", value="Better"), (B,)),
    Operation.SET_OWNER: (step("set_owner", value="olga@example.org"), (B,)),
    Operation.LINK_LISTINGS: (duplicate("a", "b", relation=Relation.SAME_ITEM), (A, B)),
    Operation.UNLIST: (step("unlist"), (B,)),
    Operation.DEPRECATE: (duplicate("a", "b", relation=Relation.REVISED), (A, B)),
    Operation.CLOSE_TO_NEW: (outdated("b", "close_to_new", "a"), (A, B)),
    Operation.ARCHIVE: (duplicate("a", "b"), (A, B)),
    Operation.RESTORE: (step("restore"), (RETIRED,)),
    Operation.ADD_EQUIVALENCE: (
        duplicate("a", "b", relation=Relation.REVISED),
        (A, MUST, program("p", "b")),
    ),
    Operation.ITEM_REPLACE: (duplicate("a", "b"), (A, B, program("p", "b"))),
    Operation.ITEM_DROP: (drop("p", "b"), (A, B, program("p", "a", "b"))),
    Operation.ITEM_INSERT: (
        found(Kind.PROGRAM, "b", Draft("item_insert", "b", program="p")),
        (A, B, program("p", "a")),
    ),
    Operation.ITEM_MAKE_OPTIONAL: (
        found(Kind.PROGRAM, "b", Draft("item_make_optional", "b", program="p")),
        (A, B, program("p", "a", "b")),
    ),
    Operation.ITEM_MOVE: (
        found(Kind.PROGRAM, "ba", Draft("item_move", "b", "a", "p")),
        (A, B, program("p", "a", "b")),
    ),
    Operation.MERGE_PROGRAMS: (
        found(Kind.PROGRAM, "ab", Draft("merge_programs", program="p", into="q")),
        (A, B, C, program("p", "a", "b", "c"), program("q", "a", "b")),
    ),
    Operation.ARCHIVE_PROGRAM: (
        found(Kind.PROGRAM, "", Draft("archive_program", program="p")),
        (A, program("p", "a")),
    ),
}
TASKS = frozenset({Operation.REQUEST_UPDATE})
"""Operations that ask somebody for work and write nothing themselves."""


def exported(work: Work) -> Any:
    """All that is kept of resources and programs."""
    fields = (
        "desired",
        "successor",
        "equivalents",
        "hold",
        "hold_end",
        "unlist_time",
        "lifecycle",
        "title",
        "owner",
    )
    return (
        {id_: {name: getattr(each, name) for name in fields} for id_, each in work.resources.items()},
        {id_: (each.desired, each.items, each.archived) for id_, each in work.programs.items()},
    )


def worked(things: Things, **more: Any) -> Work:
    where = around(*things)
    return Work("s", "lea", NOW, dict(where.resources), dict(where.programs), **more)


def test_each_operation_there_is_has_a_plan_here() -> None:
    assert set(PLANS) == set(Operation)


@pytest.mark.parametrize("operation", Operation)
def test_each_operation_is_taken_back_exactly(operation: Operation) -> None:
    proposal, things = PLANS[operation]
    plan = plan_of(proposal, around(*things, use={"b": use(completed=1)}))
    assert operation in {change.operation for change in plan.changes}
    before, done = exported(worked(things)), worked(things)
    applying.apply(done, plan.changes)
    assert done.moved == []
    if operation in TASKS:
        assert (done.changed, plan.tasks != ()) == ([], True)
        return
    assert done.changed
    assert exported(done) != before or done.joins
    back = Work("s", "lea", NOW, dict(done.resources), dict(done.programs))
    assert applying.undo(back, done.receipts, {}) == []
    assert exported(back) == before
    assert back.joins == done.joins, "what was joined is split"


def uncredited(old: Resource) -> Plan:
    """`b` is replaced in a program, and what somebody has completed would count no more."""
    swap = found(Kind.PROGRAM, "ba", Draft("item_replace", "b", "a", "p"))
    where = around(A, old, program("p", "b"))
    credit = [each.id for each in plan_of(swap, where).changes if each.operation is Operation.ADD_EQUIVALENCE]
    return plan_of(swap, where, drop_changes=tuple(credit))


KEEPING = HouseRules(never_archived=(NeverArchived(title="b", reason="The works council says so."),))
RETIRE_P = found(Kind.PROGRAM, "", Draft("archive_program", program="p"))
FURTHER: dict[str, Callable[[], Plan]] = {
    **BROKEN,
    "a rule of the house": lambda: plan_of(duplicate("a", "b"), around(A, B, rules=KEEPING)),
    "an obligation that is lifted": lambda: plan_of(
        PLANS[Operation.ITEM_MAKE_OPTIONAL][0], around(A, MUST, program("p", "a", "b"))
    ),
    "a replacement without credit": lambda: uncredited(MUST),
    "a replacement without credit for a certification": lambda: uncredited(CERTIFIES),
    "the last item in an accessible form": lambda: plan_of(
        drop("p", "b"), around(A, resource("b", accessible_form=True), program("p", "a", "b"))
    ),
    "a program that alone holds what certifies": lambda: plan_of(
        RETIRE_P, around(CERTIFIES, program("p", "b"))
    ),
    "the last item of a language": lambda: plan_of(
        drop("p", "b"),
        around(resource("a", language="en"), resource("b", language="de"), program("p", "a", "b")),
    ),
    "the last translation": lambda: plan_of(
        outdated("b", "archive"),
        around(resource("a", language="en"), resource("b", language="de"), translations={"b": ["a"]}),
    ),
    "a program with somebody in it": lambda: plan_of(
        RETIRE_P, around(A, program("p", "a"), enrolments=(enrolled("l", program="p"),))
    ),
    "a program with a date": lambda: plan_of(
        RETIRE_P,
        around(
            A, program("p", "a"), enrolments=(enrolled("l", program="p", state="not_started", due=TODAY),)
        ),
    ),
    "a program in another": lambda: plan_of(
        RETIRE_P, around(A, program("p", "a"), program("h", ProgramItem(program="p")))
    ),
    "a program that alone holds an obligation": lambda: plan_of(RETIRE_P, around(MUST, program("p", "b"))),
    "a requirement of an item that is dropped": lambda: plan_of(
        drop("p", "b"), around(A, B, program("p", item("a", needs=["b"]), "b"))
    ),
    "a twentieth of a source": lambda: plan_of(
        duplicate("r0", *(f"r{n}" for n in range(1, 31))),
        around(*(resource(f"r{n}") for n in range(31)), listed={"lms": 400}),
    ),
}


def places() -> set[tuple[str, str, int]]:
    """Where safeguards.py makes a Safeguard: (function, code, which one of that function and code)."""
    tree = ast.parse(inspect.getsource(safeguards))
    made: list[tuple[str, str, int]] = []
    for function in (node for node in tree.body if isinstance(node, ast.FunctionDef)):
        for call in (node for node in ast.walk(function) if isinstance(node, ast.Call)):
            if isinstance(call.func, ast.Name) and call.func.id == "Safeguard":
                (code, *_) = call.args
                assert isinstance(code, ast.Constant)
                made.append((function.name, str(code.value), call.lineno))
    return set(made)


def test_each_place_at_which_a_safeguard_speaks_is_reached(monkeypatch: pytest.MonkeyPatch) -> None:
    reached: set[int] = set()

    @wraps(Safeguard)
    def noted(*given: Any, **more: Any) -> Safeguard:
        frame = inspect.currentframe()
        assert frame is not None
        assert frame.f_back is not None
        reached.add(frame.f_back.f_lineno)
        return Safeguard(*given, **more)

    monkeypatch.setattr(safeguards, "Safeguard", noted)
    for make in FURTHER.values():
        assert make().safeguards
    source = inspect.getsource(safeguards).splitlines()
    silent = [
        (function, code) for function, code, line in places() if not reached & set(_lines_of(source, line))
    ]
    assert silent == []
    assert {code for _, code, _ in places()} == {
        guard.code for make in FURTHER.values() for guard in make().safeguards
    }


def _lines_of(source: list[str], line: int) -> Iterable[int]:
    """The lines of a call that begins there: a frame may stand on any of them."""
    depth = 0
    for number in range(line, len(source) + 1):
        text = source[number - 1]
        depth += text.count("(") - text.count(")")
        yield number
        if depth <= 0:
            return


@pytest.mark.parametrize("story", FURTHER)
def test_each_failed_safeguard_says_what_would_satisfy_it(story: str) -> None:
    failed = FURTHER[story]().safeguards
    assert failed
    assert all(guard.text and guard.remedy for guard in failed)


def written(operation: Operation) -> Iterator[str]:
    """Fields that the operation's plan writes."""
    proposal, things = PLANS[operation]
    for change in plan_of(proposal, around(*things, use={"b": use(completed=1)})).changes:
        if change.operation is operation:
            yield from (write.field for write in change.writes)


def test_each_operation_but_a_task_writes_something() -> None:
    assert {operation for operation in Operation if not list(written(operation))} == TASKS
