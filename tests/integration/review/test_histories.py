"""Generated histories of reviews: whatever two reviewers, a curator that repeats itself, sources and time do, what
behaviour.md §8 promises holds after every step (promises.md, P6).

The reviewers call the public API over gRPC with the catalog's own interceptors on a real PostgreSQL. A curator that
crashed is one that says again, out of order, what it had said. A sample runs in the thorough suite, 2,000 in
`make soak`. That the invariants bite is shown by taking a guard out of the product, one at a time.
"""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from google.protobuf.field_mask_pb2 import FieldMask
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from services.catalog.review import applying, postgres, safeguards
from tests.integration.review.conftest import Reviewer, bare, course, sealed, words
from tests.integration.review.histories import World, refused
from tests.servers import PostgresServer
from winnow.catalog.v1 import catalog_service_pb2 as api
from winnow.catalog.v1.house_rules_pb2 import HouseRules
from winnow.catalog.v1.program_pb2 import ProgramItem
from winnow.curation.v1.proposal_pb2 import DraftOperation, Proposal, ProposalProgram
from winnow.review.v1 import objection_pb2 as objection
from winnow.review.v1 import review_service_pb2 as review
from winnow.review.v1.suggestion_pb2 import Suggestion

HISTORIES = int(os.environ.get("WINNOW_HISTORIES", "2000"))  # of `make soak`
SAMPLE = int(os.environ.get("WINNOW_SAMPLE", "25"))
STEPS = 14
NAMES = "abcde"
WROTE_OVER = "undo wrote over what somebody has edited since"
TWO_PLANS = "two approved plans change one object"
ARCHIVED_MANDATORY = "archived what somebody is obliged to complete"
LIVE = ("HELD", "OPEN", "SNOOZED", "SCHEDULED")
_WAITING = frozenset({"HELD", "OPEN"})
FROM_THE_LOG: dict[str | None, frozenset[str]] = {None: _WAITING, "HELD": _WAITING}
"""What may follow the state of the last entry without another; elsewhere nothing but that state itself.

That a slot is free is the one edge of behaviour.md §8 that changes a state and nobody has taken: which one gets it
follows from all that wait.
"""

people = st.sampled_from(["leader", "designer"])
names = st.sampled_from(NAMES)
picks = st.integers(0, 5)

_worlds: list[World] = []


@pytest.fixture(scope="module", autouse=True)
def world(postgres_server: PostgresServer) -> Iterator[None]:
    """The machine has no fixtures: it takes the world from here."""
    made = World(postgres_server.database("catalog"))
    _worlds.append(made)
    yield
    _worlds.remove(made)
    made.stop()


class Promises(RuleBasedStateMachine):
    """Two programs over five resources, three of them copies of each other, and what holds of them after every step."""

    @initialize(notice=st.sampled_from([0, 0, 7]))
    def begin(self, notice: int) -> None:
        self.world = _worlds[0]
        self.world.reset()
        self.texts = dict.fromkeys(NAMES, 0)
        self.said: list[Proposal] = []
        self.looks = 0
        self.mandatory: set[str] = set()
        self.resources: dict[str, Any] = {}
        rules = HouseRules(notice_days_r2=notice, notice_days_r3=notice)
        mask = FieldMask(paths=["notice_days_r2", "notice_days_r3"])
        self.ask("leader", "SetHouseRules", api.SetHouseRulesRequest(house_rules=rules, update_mask=mask))
        for name in NAMES:
            self.bring(name)
        self.hold("p", "ab d")
        self.hold("q", "c e")

    def ask(self, who: str, method: str, request: Any) -> Any:
        person: Reviewer = getattr(self.world, who)
        return self.world.run(refused(person(method, request)))

    def bring(self, name: str, **more: Any) -> None:
        text = words("copies" if name in "abc" and not self.texts[name] else f"{name}{self.texts[name]}", 60)
        given = course(
            name, more.pop("title", f"Course {name}"), text, mandatory=name in self.mandatory, **more
        )
        (self.resources[name],) = self.world.run(self.world.leader.put(given))

    def hold(self, key: str, items: str) -> None:
        made = [ProgramItem(resource=self.resources[n].name, mandatory=True) for n in items if n != " "]
        self.world.run(self.world.leader.program(key, *made))
        found = self.world.run(self.world.leader("ListPrograms", api.ListProgramsRequest())).programs
        self.programs = {each.key: each for each in found}

    def exported(self) -> dict[tuple[str, str], str]:
        """Lines of the export by what they are about: a resource's first listing, a program's key."""
        lines = self.world.run(self.world.leader.export()).splitlines()
        read = ((json.loads(line), line) for line in lines)
        return {(each["type"], each.get("external_id") or each["key"]): line for each, line in read}

    def listed(self, *states: str) -> list[Suggestion]:
        numbers = [Suggestion.State.Value(each) for each in states]
        found = self.world.run(self.world.leader.suggestions(*numbers))
        return sorted(found, key=lambda each: each.name)

    def picked(self, pick: int, *states: str) -> Suggestion | None:
        found = self.listed(*states)
        return found[pick % len(found)] if found else None

    def program_finding(self, operation: str, key: str, name: str, other: str) -> Proposal:
        program, curator = self.programs[key], self.world.curator
        into = self.programs["q" if key == "p" else "p"]
        whole = operation in ("merge_programs", "archive_program")
        drafted = DraftOperation(
            operation=operation,
            program=bare(program.name),
            resource="" if whole else bare(self.resources[name].name),
            other=bare(self.resources[other].name) if operation in ("item_move", "item_replace") else "",
            into=bare(into.name) if operation == "merge_programs" else "",
        )
        concerned = [program, into] if operation == "merge_programs" else [program]
        return sealed(
            Proposal(
                key=f"PROGRAM:{key}:{operation}:{name}:{other}",
                kind=Proposal.PROGRAM,
                members=[curator.member(self.resources[name])],
                programs=[
                    ProposalProgram(program=bare(each.name), revision=curator.revision(each))
                    for each in concerned
                ],
                score=0.9,
                operations=[drafted],
                summary="Streamline",
            )
        )

    def say(self, message: Proposal) -> None:
        self.said.append(message)
        self.world.propose(message)

    def accepted(self, who: str, one: Suggestion, request_id: str = "") -> Any:
        request = review.AcceptSuggestionRequest(
            name=one.name, revision=one.revision, fingerprint=one.fingerprint, request_id=request_id
        )
        answer = self.ask(who, "AcceptSuggestion", request)
        if not isinstance(answer, str):
            closed = {
                each.target
                for each in answer.receipts
                if each.field == "lifecycle" and each.after == "ARCHIVED"
            }
            obliged = [n for n in sorted(self.mandatory) if self.resources[n].name in closed]
            assert not obliged, f"{one.name} {ARCHIVED_MANDATORY}: {obliged}"
        return answer

    def edited_since(self, one: Suggestion) -> list[str]:
        """Plain fields that hold neither what the plan wrote nor what was before."""
        found: list[str] = []
        for each in one.receipts:
            if not each.target.startswith("resources/") or each.field not in ("title", "owner"):
                continue
            asked = api.GetResourceRequest(name=each.target)
            now = getattr(self.world.run(self.world.leader("GetResource", asked)), each.field)
            if now not in (each.before, each.after):
                found.append(f"{each.field} of {each.target}: {now!r}")
        return found

    # What holds after every step (behaviour.md §8).

    @invariant()
    def one_live_suggestion_a_key(self) -> None:
        if hasattr(self, "world"):
            query = "SELECT key FROM suggestions WHERE state = ANY(%s) GROUP BY key HAVING count(*) > 1"
            assert self.world.sql(query, (list(LIVE),)) == []

    @invariant()
    def one_approved_plan_at_a_time_changes_an_object(self) -> None:
        if hasattr(self, "world"):
            query = """
                SELECT a.id, b.id FROM suggestions a JOIN suggestions b ON a.id < b.id AND a.targets && b.targets
                WHERE a.state = 'SCHEDULED' AND b.state = 'SCHEDULED'
            """
            assert self.world.sql(query) == [], TWO_PLANS

    @invariant()
    def nothing_is_applied_without_a_human_decision(self) -> None:
        if hasattr(self, "world"):
            query = """
                SELECT s.id FROM suggestions s WHERE s.state = 'APPLIED' AND NOT EXISTS (
                    SELECT FROM decisions d JOIN persons p ON p.id = d.actor
                    WHERE d.suggestion = s.id AND d.verb IN ('accept', 'reject'))
            """
            assert self.world.sql(query) == []

    @invariant()
    def a_decision_and_its_event_are_one_transaction(self) -> None:
        if hasattr(self, "world"):
            query = """
                SELECT (SELECT count(*) FROM decisions),
                    (SELECT count(*) FROM outbox WHERE type = 'winnow.review.v1.SuggestionDecided'),
                    (SELECT count(*) FROM decisions WHERE verb = 'apply' AND state = 'APPLIED'),
                    (SELECT count(*) FROM outbox WHERE type = 'winnow.review.v1.PlanApplied')
            """
            ((decisions, decided, applies, applied),) = self.world.sql(query)
            assert (decisions, applies) == (decided, applied)

    @invariant()
    def replaying_the_log_gives_the_same_states(self) -> None:
        if hasattr(self, "world"):
            query = """
                SELECT s.id, s.state, d.state, d.verb FROM suggestions s LEFT JOIN LATERAL (
                    SELECT state, verb FROM decisions WHERE suggestion = s.id ORDER BY id DESC LIMIT 1) d ON true
            """
            for name, now, said, verb in self.world.sql(query):
                assert now in FROM_THE_LOG.get(said, {said}), (
                    f"{name}: {said} by {verb} in the log, {now} now"
                )

    def filed(self, who: str, operation: str, a: str, b: str, word: str) -> None:
        value = {"set_metadata": word, "set_owner": f"{word.lower()}@example.org"}.get(operation, "")
        request = review.CreateSuggestionRequest(
            kind=Suggestion.OUTDATED,
            operation=operation,
            members=[self.resources[a].name],
            other=self.resources[b].name
            if operation in ("add_equivalence", "close_to_new") and a != b
            else "",
            field="title" if operation == "set_metadata" else "",
            value=value,
            reason="Because.",
        )
        self.ask(who, "CreateSuggestion", request)

    def taken_back(self, who: str, pick: int, choice: str) -> None:
        one = self.picked(pick, "APPLIED")
        if one is None:
            return
        before = self.world.run(self.world.leader.export())
        edited = self.edited_since(one)
        answer = self.ask(who, "UndoSuggestion", review.UndoSuggestionRequest(name=one.name))
        if isinstance(answer, str):
            assert self.world.run(self.world.leader.export()) == before
            if answer != "UNDO_CONFLICT" or not choice:
                return
            given = [
                review.UndoSuggestionRequest.Answer(target=each.target, field=each.field, choice=choice)
                for each in one.receipts
            ]
            answer = self.ask(
                who, "UndoSuggestion", review.UndoSuggestionRequest(name=one.name, answers=given)
            )
            assert not isinstance(answer, str), answer
        else:
            assert not edited, f"{WROTE_OVER}: {edited}"
        assert answer.state in (Suggestion.OPEN, Suggestion.UNDONE, Suggestion.HELD)

    def written_back(self, one: Suggestion) -> None:
        closed = {each.target for each in one.receipts if each.after == "ARCHIVED"}
        for name in NAMES:
            if self.resources[name].name in closed:
                self.bring(name, visibility="archived")
        self.world.tick()


class Histories(Promises):
    """Whatever two reviewers, the curator, sources and time do."""

    # What the curator says, again and again and late.

    @rule(kind=st.sampled_from(["archive", "deprecate", "link_listings"]), a=names, b=names, c=names)
    def find_copies(self, kind: str, a: str, b: str, c: str) -> None:
        if a == b:
            return
        losers = [self.resources[n] for n in dict.fromkeys((b, c)) if n != a]
        self.say(self.world.curator.duplicate(self.resources[a], *losers, operation=kind))

    @rule(operation=st.sampled_from(["confirm", "request_update", "archive", "deprecate"]), a=names, b=names)
    def find_outdated(self, operation: str, a: str, b: str) -> None:
        other = self.resources[b] if a != b and operation in ("archive", "deprecate") else None
        self.say(self.world.curator.outdated(self.resources[a], operation, other=other))

    @rule(operation=st.sampled_from(["unlist", "archive"]), a=names)
    def find_unused(self, operation: str, a: str) -> None:
        self.say(self.world.curator.unused(self.resources[a], operation))

    @rule(
        operation=st.sampled_from(
            [
                *("item_drop", "item_replace", "item_insert", "item_move", "item_make_optional"),
                *("merge_programs", "archive_program"),
            ]
        ),
        key=st.sampled_from("pq"),
        a=names,
        b=names,
    )
    def find_in_program(self, operation: str, key: str, a: str, b: str) -> None:
        self.say(self.program_finding(operation, key, a, b))

    @rule(order=st.lists(picks, min_size=1, max_size=4))
    def come_back_from_a_crash(self, order: list[int]) -> None:
        if self.said:
            self.world.propose(*(self.said[n % len(self.said)] for n in order))

    @rule(pick=picks)
    def find_no_more(self, pick: int) -> None:
        if self.said:
            self.world.withdraw(self.said[pick % len(self.said)])

    # What reviewers do.

    @rule(
        who=people,
        operation=st.sampled_from(
            ["set_metadata", "set_owner", "close_to_new", "restore", "add_equivalence"]
        ),
        a=names,
        b=names,
        word=st.sampled_from(["New", "Other"]),
    )
    def file(self, who: str, operation: str, a: str, b: str, word: str) -> None:
        self.filed(who, operation, a, b, word)

    @rule(who=people, pick=picks)
    def accept(self, who: str, pick: int) -> None:
        one = self.picked(pick, "OPEN", "HELD", "SNOOZED")
        if one is not None:
            self.accepted(who, one)

    @rule(who=people, pick=picks, request_id=st.uuids().map(str))
    def accept_twice(self, who: str, pick: int, request_id: str) -> None:
        one = self.picked(pick, "OPEN", "HELD", "SNOOZED")
        if one is None:
            return
        first = self.accepted(who, one, request_id)
        before = self.world.run(self.world.leader.export())
        again = self.accepted(who, one, request_id)
        assert isinstance(first, str) or again == first
        assert self.world.run(self.world.leader.export()) == before

    @rule(pick=picks)
    def accept_at_once(self, pick: int) -> None:
        one = self.picked(pick, "OPEN")
        if one is None:
            return
        request = review.AcceptSuggestionRequest(
            name=one.name, revision=one.revision, fingerprint=one.fingerprint
        )

        async def both() -> list[Any]:
            calls = (
                refused(each("AcceptSuggestion", request))
                for each in (self.world.leader, self.world.designer)
            )
            return await asyncio.gather(*calls)

        answers = self.world.run(both())
        applied = [each for each in answers if not isinstance(each, str) and each.state == Suggestion.APPLIED]
        assert len(applied) <= 1, answers

    @rule(who=people, pick=picks, reason=st.sampled_from(["not_same", "other", "required", "still_accurate"]))
    def reject(self, who: str, pick: int, reason: str) -> None:
        one = self.picked(pick, "OPEN", "HELD", "SNOOZED")
        if one is not None:
            request = review.RejectSuggestionRequest(name=one.name, reason=reason, comment="Because.")
            self.ask(who, "RejectSuggestion", request)

    @rule(who=people, pick=picks, until=st.sampled_from(["content_changes", "another ends", "a date"]))
    def snooze(self, who: str, pick: int, until: str) -> None:
        one = self.picked(pick, "OPEN", "HELD")
        if one is None:
            return
        request = review.SnoozeSuggestionRequest(name=one.name, event="content_changes")
        if until == "a date":
            due = self.world.db.clock.now() + timedelta(days=1)
            request = review.SnoozeSuggestionRequest(name=one.name, until=due)
        elif until == "another ends":
            others = [each.name for each in self.listed("OPEN", "HELD") if each.name != one.name]
            if others:
                request.event = others[pick % len(others)]
        self.ask(who, "SnoozeSuggestion", request)

    @rule(who=people, pick=picks, finish=st.booleans(), move=st.booleans())
    def edit(self, who: str, pick: int, finish: bool, move: bool) -> None:
        one = self.picked(pick, "OPEN", "HELD")
        if one is not None:
            request = review.EditSuggestionRequest(
                name=one.name, revision=one.revision, finish_on_old=finish, move_requirements=move
            )
            self.ask(who, "EditSuggestion", request)

    @rule(who=people, pick=picks)
    def reopen(self, who: str, pick: int) -> None:
        one = self.picked(pick, "REJECTED", "SNOOZED")
        if one is not None:
            self.ask(who, "ReopenSuggestion", review.ReopenSuggestionRequest(name=one.name))

    @rule(who=people, pick=picks, by=st.sampled_from(["object", "revoke"]))
    def stop(self, who: str, pick: int, by: str) -> None:
        one = self.picked(pick, "SCHEDULED")
        if one is None:
            return
        if by == "object":
            self.ask(who, "FileObjection", objection.FileObjectionRequest(name=one.name, reason="No."))
        else:
            self.ask(who, "RevokeApproval", review.RevokeApprovalRequest(name=one.name))

    @rule(who=people, pick=picks, choice=st.sampled_from(["", "restore", "keep"]))
    def undo(self, who: str, pick: int, choice: str) -> None:
        self.taken_back(who, pick, choice)

    @rule(pick=picks, elsewhere=names, who=people)
    def apply_and_take_back(self, pick: int, elsewhere: str, who: str) -> None:
        """Identity on the export, but for a later edit of what the plan does not touch, which stays."""
        one = self.picked(pick, "OPEN")
        if one is None:
            return
        asked = api.GetResourceRequest(name=self.resources[elsewhere].name)
        other = self.world.run(self.world.leader("GetResource", asked))
        beside = bare(other.name) not in f"{one.plan}{one.members}"
        before = self.exported()
        answer = self.accepted(who, one)
        if isinstance(answer, str) or answer.state != Suggestion.APPLIED:
            return
        applied = self.exported()
        if beside:
            self.looks += 1
            self.bring(elsewhere, description=f"Looked at again, {self.looks}.")
        edited = self.exported()
        later = {key: line for key, line in edited.items() if applied.get(key) != line}
        assert len(later) == beside, later
        answer = self.ask("leader", "UndoSuggestion", review.UndoSuggestionRequest(name=one.name))
        assert not isinstance(answer, str), answer
        assert self.exported() == {**before, **later}

    # What moves beside them.

    @rule(name=names, what=st.sampled_from(["text", "title", "mandatory", "description", "hidden"]))
    def import_one(self, name: str, what: str) -> None:
        self.texts[name] += what == "text"
        if what == "mandatory":
            self.mandatory ^= {name}
        more = {
            "title": {"title": f"Course {name}, renamed"},
            "description": {"description": f"Described {self.texts[name]}"},
            "hidden": {"visibility": "hidden"},
        }.get(what, {})
        self.bring(name, **more)
        self.world.tick()

    @rule(pick=picks)
    def write_back(self, pick: int) -> None:
        """The sources do what an applied plan asks, and say so."""
        one = self.picked(pick, "APPLIED")
        if one is not None:
            self.written_back(one)

    @rule(key=st.sampled_from("pq"), items=st.lists(names, min_size=1, max_size=4, unique=True))
    def edit_program(self, key: str, items: list[str]) -> None:
        self.hold(key, "".join(items))
        self.world.tick()

    @rule(days=st.sampled_from([1, 8]))
    def time_passes(self, days: int) -> None:
        self.world.wait_days(days)


def _settings(histories: int) -> settings:
    return settings(
        max_examples=histories,
        stateful_step_count=STEPS,
        deadline=None,
        database=None,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much],
        print_blob=True,
    )


def test_a_later_edit_beside_a_plan_stays_when_the_plan_is_taken_back() -> None:
    """The step by itself: few histories come to it with a plan that one yes applies."""
    history = Histories()
    history.begin(notice=0)
    history.find_outdated(operation="confirm", a="d", b="d")
    history.apply_and_take_back(pick=0, elsewhere="e", who="leader")
    assert history.looks == 1


@pytest.mark.parametrize("until", ["content_changes", "another ends", "a date"])
def test_what_was_put_off_comes_back_by_the_log(until: str) -> None:
    history = Histories()
    history.begin(notice=0)
    history.find_outdated(operation="confirm", a="d", b="d")
    (off,) = history.listed("OPEN")
    history.find_outdated(operation="confirm", a="e", b="e")
    history.snooze("leader", [each.name for each in history.listed("OPEN")].index(off.name), until)
    assert len(history.listed("SNOOZED")) == 1
    history.replaying_the_log_gives_the_same_states()
    if until == "content_changes":
        history.import_one("d", "text")
    elif until == "another ends":
        names = [each.name for each in history.listed("OPEN", "HELD", "SNOOZED")]
        history.reject("leader", 1 - names.index(off.name), "other")
        history.world.tick()
    else:
        history.time_passes(1)
        history.time_passes(1)
    assert off.name in {each.name for each in history.listed("OPEN")}
    history.replaying_the_log_gives_the_same_states()


def test_what_was_taken_back_at_its_source_and_returns_does_so_by_the_log() -> None:
    history = Histories()
    history.begin(notice=0)
    history.find_copies("archive", "d", "e", "e")
    (found,) = history.listed("OPEN", "HELD")
    done = history.accepted("leader", found)
    while not isinstance(done, str) and done.state == Suggestion.OPEN:
        done = history.accepted("designer", history.listed("OPEN")[0])
    history.write_back(0)
    history.taken_back("leader", 0, "")
    assert len(history.listed("UNDONE")) == 1
    history.replaying_the_log_gives_the_same_states()
    history.bring("e", visibility="visible")
    history.import_one("e", "text")
    history.find_copies("archive", "d", "e", "e")
    assert [each.name for each in history.listed("OPEN", "HELD")] == [found.name]
    history.replaying_the_log_gives_the_same_states()


def test_what_was_due_and_is_stopped_by_a_change_is_so_by_the_log() -> None:
    history = Histories()
    history.begin(notice=7)
    history.find_copies("archive", "d", "e", "e")
    for who in ("leader", "designer"):
        for one in history.listed("OPEN", "HELD"):
            history.accepted(who, one)
    assert len(history.listed("SCHEDULED")) == 1
    history.replaying_the_log_gives_the_same_states()
    history.edit_program("p", ["a", "b", "d", "e"])
    assert len(history.listed("OPEN")) == 1
    history.replaying_the_log_gives_the_same_states()


@pytest.mark.thorough  # about a second a history
@pytest.mark.timeout(900)
def test_what_is_promised_of_suggestions_holds_in_a_sample_of_histories() -> None:
    run_state_machine_as_test(Histories, settings=_settings(SAMPLE))


@pytest.mark.soak
@pytest.mark.timeout(4000)
@pytest.mark.parametrize("half", [1, 2])  # a core each
def test_what_is_promised_of_suggestions_holds_in_2000_histories(half: int) -> None:
    run_state_machine_as_test(Histories, settings=_settings(HISTORIES // 2))


def _forced(
    work: applying.Work, receipts: Any, answers: Any, *, undo: Any = applying.undo
) -> list[applying.Conflict]:
    """Undo as if nobody had ever to be asked."""
    return undo(work, receipts, {**{(each.target, each.field): "restore" for each in receipts}, **answers})


async def _no_overlap(*_: Any) -> str:
    return ""


def _no_safeguard(*_: Any) -> tuple[()]:
    return ()


GUARDS: dict[str, tuple[Any, str, Any, str]] = {
    "a field edited since is asked before undo": (applying, "undo", _forced, WROTE_OVER),
    "one approved plan at a time changes an object": (postgres, "overlapping", _no_overlap, TWO_PLANS),
    "what is mandatory is never archived": (safeguards, "failing", _no_safeguard, ARCHIVED_MANDATORY),
}
"""What is taken out of the product, and the promise that is then broken: no other refusal counts."""
TRIED = 20  # histories, with a guard taken out and with all of them


class Suspicious(Promises):
    """The same promises, where nothing but what the guards guard against is tried.

    A machine of its own, not `Histories`: that the invariants are violated without a guard is shown of histories that
    go where it stands. How many of those that `Histories` makes come there is not.
    """

    @rule(name=names)
    def rename_twice(self, name: str) -> None:
        """A new title is planned and applied, then somebody else changes it, then the plan is taken back."""
        self.filed("leader", "set_metadata", name, name, "New")
        for one in self.listed("OPEN"):
            if "New" in str(one.plan):
                self.accepted("leader", one)
        self.filed("designer", "set_metadata", name, name, "Other")
        for one in self.listed("OPEN"):
            if "Other" in str(one.plan):
                self.accepted("designer", one)
        for pick, _ in enumerate(self.listed("APPLIED")):
            self.taken_back("leader", pick, "")

    @rule(a=names, b=names)
    def archive_what_is_mandatory(self, a: str, b: str) -> None:
        if a != b:
            self.mandatory.add(a)
            self.bring(a)
            self.say(self.world.curator.outdated(self.resources[a], "archive", other=self.resources[b]))
            self.approve_all()

    @rule(a=names, b=names)
    def plan_the_same_twice(self, a: str, b: str) -> None:
        self.say(self.program_finding("item_make_optional", "p", a, a))
        self.say(self.program_finding("item_insert", "p", b, b))
        self.approve_all()

    def approve_all(self) -> None:
        for one in self.listed("OPEN", "HELD"):
            for who in ("leader", "designer"):
                self.accepted(who, one)


def _the_same() -> settings:
    return settings(_settings(TRIED), phases=[Phase.generate], derandomize=True, report_multiple_bugs=False)


@pytest.mark.soak
@pytest.mark.timeout(900)
@pytest.mark.parametrize("guard", GUARDS)
def test_without_any_one_of_these_guards_the_invariants_break(
    guard: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    module, name, without, broken = GUARDS[guard]
    monkeypatch.setattr(module, name, without)
    with pytest.raises(AssertionError, match=broken):
        run_state_machine_as_test(Suspicious, settings=_the_same())


@pytest.mark.soak
@pytest.mark.timeout(900)
def test_with_all_guards_the_same_histories_hold() -> None:
    run_state_machine_as_test(Suspicious, settings=_the_same())
