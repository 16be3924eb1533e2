"""Applying and undoing: the inverse is exact, later edits elsewhere stay, collisions are asked."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from services.catalog.domain.programs import Program, same_items
from services.catalog.domain.resources import Lifecycle, Resource, Visibility, in_order
from services.catalog.review import applying
from services.catalog.review.applying import Work
from services.catalog.review.domain import Receipt
from services.catalog.review.findings import Proposal, Relation
from tests.unit.review.shorthand import (
    NOW,
    around,
    drop,
    duplicate,
    item,
    outdated,
    plan_of,
    program,
    resource,
    use,
)

FIELDS = ("title", "lifecycle", "review_date", "reviewed", "mandatory", "successor", "equivalents", "hold")


def shown(resources: dict[str, Resource], programs: dict[str, Program]) -> Any:
    """What an export would say of them."""
    return (
        {id_: {name: each.shown(name) for name in FIELDS} for id_, each in resources.items()},
        {
            id_: [(i.target, i.mandatory, i.prerequisites) for i in each.items]
            for id_, each in programs.items()
        },
    )


def work(*things: Resource | Program) -> Work:
    where = around(*things)
    return Work("s", "lea", NOW, dict(where.resources), dict(where.programs))


def applied(proposal: Proposal, *things: Resource | Program, **edits: Any) -> Work:
    done = work(*things)
    plan = plan_of(proposal, around(*things, use={"b": use(completed=1)}), **edits)
    applying.apply(done, plan.changes)
    assert not done.moved
    return done


def taken_back(
    done: Work, answers: dict[tuple[str, str], str] | None = None
) -> tuple[Work, list[applying.Conflict]]:
    back = Work("s", "lea", NOW, dict(done.resources), dict(done.programs))
    return back, applying.undo(back, done.receipts, answers or {})


A, B, C = (resource(name) for name in "abc")


def test_a_field_that_moved_since_the_plan_was_formed_stops_it() -> None:
    plan = plan_of(duplicate("a", "b"), around(A, B))
    moved = B.want("lifecycle", Lifecycle.UNLISTED, author="x", suggestion="", now=NOW)
    done = work(A, moved)
    applying.apply(done, plan.changes)
    assert done.moved == ["lifecycle of “B” changed"]


def test_an_archive_asks_the_source_to_hide_the_listing() -> None:
    done = applied(duplicate("a", "b"), A, B)
    assert [(line.external_id, line.field, line.from_value, line.to_value) for line in done.lines] == [
        ("x-b", "visibility", "visible", "archived")
    ]


def test_what_no_source_can_express_makes_no_line() -> None:
    assert applied(duplicate("a", "b", relation=Relation.REVISED), A, B).lines == []
    assert applied(outdated("a", "confirm"), A).lines == []


def test_a_replaced_item_keeps_its_place_and_one_already_there_takes_the_obligation_over() -> None:
    done = applied(
        duplicate("a", "b"), A, B, C, program("p", "c", "b"), program("q", "b", item("a", mandatory=False))
    )
    assert [(i.resource, i.mandatory) for i in done.programs["p"].items] == [("c", True), ("a", True)]
    assert [(i.resource, i.mandatory) for i in done.programs["q"].items] == [("a", True)]
    assert done.programs["p"].items[1].reference == "x-a"


def test_an_item_added_meanwhile_stays_and_the_old_one_returns_to_its_place() -> None:
    done = applied(duplicate("a", "b"), A, B, C, program("p", "b", "c"))
    edited = done.programs["p"]
    more = replace(edited.items[1], resource="d", reference="x-d")
    done.programs["p"] = edited.want(
        "items", (edited.items[0], more, edited.items[1]), author="x", suggestion="", now=NOW
    )
    back, conflicts = taken_back(done)
    assert conflicts == []
    assert [i.resource for i in back.programs["p"].items] == ["b", "d", "c"]


def test_an_item_that_was_taken_out_meanwhile_is_asked() -> None:
    done = applied(duplicate("a", "b"), A, B, C, program("p", "b", "c"))
    done.programs["p"] = done.programs["p"].want(
        "items", done.programs["p"].items[1:], author="x", suggestion="", now=NOW
    )
    before = shown(done.resources, done.programs)
    _, conflicts = taken_back(done)
    assert [(each.target, each.field) for each in conflicts] == [("programs/p", "items")]
    assert shown(done.resources, done.programs) == before
    kept, _ = taken_back(done, {("programs/p", "items"): "keep"})
    assert [i.resource for i in kept.programs["p"].items] == ["c"]
    restored, _ = taken_back(done, {("programs/p", "items"): "restore"})
    assert [i.resource for i in restored.programs["p"].items] == ["b", "c"]


def test_two_items_that_went_return_each_to_its_own_place() -> None:
    done = applied(duplicate("a", "c", "b"), A, B, C, resource("d"), program("p", "b", "d", "c"))
    edited = done.programs["p"]
    assert [i.resource for i in edited.items] == ["d", "a"]
    more = replace(edited.items[1], resource="e", reference="x-e")
    done.programs["p"] = edited.want("items", (*edited.items, more), author="x", suggestion="", now=NOW)
    back, conflicts = taken_back(done)
    assert conflicts == []
    assert [i.resource for i in back.programs["p"].items] == ["b", "d", "c", "e"]


def test_a_wish_that_a_person_had_is_theirs_again() -> None:
    mine = B.want("lifecycle", Lifecycle.UNLISTED, author="olga", suggestion="", now=NOW)
    back, _ = taken_back(applied(duplicate("a", "b"), A, mine))
    assert back.resources["b"].desired == mine.desired


PLANS = st.sampled_from(
    [
        duplicate("a", "b"),
        duplicate("a", "b", "c"),
        duplicate("b", "a", relation=Relation.REVISED),
        outdated("a", "confirm"),
        outdated("a", "archive", "c"),
        outdated("b", "unlist"),
        drop("p", "b"),
        drop("q", "a", "c"),
    ]
)


class Undoing(RuleBasedStateMachine):
    """Apply and undo are inverse on what an export says, whatever is edited elsewhere or heard from sources between."""

    @initialize()
    def begin(self) -> None:
        self.resources = {name: resource(name) for name in "abcd"}
        self.programs = {
            "p": program("p", "a", "b", item("c", needs=["b"])),
            "q": program("q", "c", item("a", mandatory=False)),
        }
        self.receipts: list[Receipt] = []
        self.expected: Any = None

    def _work(self) -> Work:
        return Work("s", "lea", NOW, dict(self.resources), dict(self.programs))

    @precondition(lambda self: not self.receipts)
    @rule(proposal=PLANS, move=st.booleans(), done=st.booleans())
    def apply(self, proposal: Proposal, move: bool, done: bool) -> None:
        known = {"b": use(completed=1)} if done else {}
        where = around(*self.resources.values(), *self.programs.values(), use=known)
        plan = plan_of(proposal, where, move_requirements=move)
        self.expected = shown(self.resources, self.programs)
        at = self._work()
        applying.apply(at, plan.changes)
        assert not at.moved
        self.resources, self.programs, self.receipts = at.resources, at.programs, at.receipts

    @precondition(lambda self: bool(self.receipts))
    @rule()
    def undo(self) -> None:
        at = self._work()
        assert applying.undo(at, self.receipts, {}) == []
        self.resources, self.programs, self.receipts = at.resources, at.programs, []
        assert shown(self.resources, self.programs) == self.expected

    @rule(name=st.sampled_from("abcd"), title=st.text("xyz", min_size=1, max_size=3))
    def edit_elsewhere(self, name: str, title: str) -> None:
        self.resources[name] = self.resources[name].want("title", title, author="o", suggestion="", now=NOW)
        if self.expected is not None:
            self.expected[0][name]["title"] = title

    @rule(name=st.sampled_from("abcd"))
    def source_follows(self, name: str) -> None:
        """An import shows what Winnow wants, so that the wish ends."""
        one = self.resources[name]
        wanted = {
            Lifecycle.ARCHIVED: Visibility.ARCHIVED,
            Lifecycle.UNLISTED: Visibility.HIDDEN,
            Lifecycle.PUBLISHED: Visibility.VISIBLE,
        }
        if one.lifecycle in wanted:
            listing = replace(one.listings[0], visibility=wanted[one.lifecycle])
            self.resources[name] = replace(one, listings=in_order([listing])).heard()[0]

    @rule(name=st.sampled_from("pq"))
    def program_source_follows(self, name: str) -> None:
        one = self.programs[name]
        heard = replace(one, observed_program=replace(one.observed_program, items=one.items)).heard()[0]
        assert same_items(heard.items, one.items)
        self.programs[name] = heard

    @invariant()
    def nothing_is_pending_that_the_source_says(self) -> None:
        for each in getattr(self, "resources", {}).values():
            assert all(each.observed(name) != wish.value for name, wish in each.desired.items())


Undoing.TestCase.settings = settings(max_examples=150, stateful_step_count=20)
TestUndoing = Undoing.TestCase


@given(st.data())
def test_undo_with_an_item_edited_in_between_keeps_it_or_asks(data: st.DataObject) -> None:
    """Whatever somebody does to the list, undo never loses their item silently."""
    done = applied(duplicate("a", "b"), A, B, C, program("p", "b", "c"))
    now = list(done.programs["p"].items)
    new = replace(now[0], resource="d", reference="x-d")
    now.insert(data.draw(st.integers(0, len(now))), new)
    if data.draw(st.booleans()):
        now.pop(data.draw(st.integers(0, len(now) - 1)))
    done.programs["p"] = done.programs["p"].want("items", tuple(now), author="x", suggestion="", now=NOW)
    back, conflicts = taken_back(done)
    if not conflicts:
        kept = [i.resource for i in back.programs["p"].items]
        assert ("d" in kept) == (new in now)
        assert "b" in kept
