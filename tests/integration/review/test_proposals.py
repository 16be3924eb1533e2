"""What findings become, in whatever order and however often they arrive; what withdraws them; what time does."""

from __future__ import annotations

import base64
import json
import random
import uuid
from collections import Counter
from typing import Any

import pytest

from services.catalog.postgres.database import Database
from services.catalog.review import postgres, wire
from services.catalog.review.pacing import FIRST_SLOTS
from services.catalog.review.proposals import CHUNK, take_proposals
from tests.integration.catalog.conftest import CatalogProcess, eventually
from tests.integration.review.conftest import Curator, Reviewer, Team, bare, course, sealed, words
from winnow.catalog.v1.people_service_pb2 import DeactivatePersonRequest, Person
from winnow.catalog.v1.resource_pb2 import Resource
from winnow.curation.v1.events_pb2 import ProposalMade
from winnow.curation.v1.proposal_pb2 import Proposal
from winnow.review.v1 import note_pb2
from winnow.review.v1 import review_service_pb2 as review
from winnow.review.v1.suggestion_pb2 import Suggestion


def compared(found: list[Suggestion]) -> list[Any]:
    """What a reader sees, without names, times and counts of revisions."""
    return sorted(
        (
            sorted(member.external_id for member in one.members),
            Suggestion.State.Name(one.state),
            round(one.confidence, 3),
            one.held_reason,
            one.assignee,
            [[(change.operation, change.text) for change in part.changes] for part in one.plan.parts],
        )
        for one in found
    )


async def findings(leader: Reviewer, curator: Curator) -> list[Proposal]:
    """More than the slots of one person, of unequal worth and certainty, two of them about one group."""
    made = [course(f"c{n:02}", f"Course {n}", words(str(n // 2))) for n in range(30)]
    resources = await leader.put(*made)
    await leader.program("one", *resources[1:8:2])
    pairs = [curator.duplicate(resources[n], resources[n + 1], score=0.6 + n / 100) for n in range(0, 26, 2)]
    group = curator.duplicate(*resources[26:29], score=0.9)
    narrower = curator.duplicate(*resources[26:28], score=0.8)
    wider = Proposal()
    wider.CopyFrom(group)
    wider.replaces.append(narrower.key)
    return [*pairs, narrower, sealed(wider), *(curator.outdated(each) for each in resources[:4])]


async def test_suggestions_do_not_depend_on_order_repeats_or_a_killed_catalog(
    leader: Reviewer, curator: Curator, catalog: CatalogProcess
) -> None:
    proposals = await findings(leader, curator)
    narrower, wider = proposals[13], proposals[14]
    await curator.propose(*proposals)
    await curator.settled()
    undisturbed = compared(await leader.suggestions(Suggestion.OPEN, Suggestion.HELD))
    assert {state for _, state, *_ in undisturbed} == {"OPEN", "HELD"}
    assert sum(state == "OPEN" for _, state, *_ in undisturbed) == 10

    catalog.sql("TRUNCATE suggestions, decisions, verdicts, suppressions CASCADE")
    shuffled = [each for each in proposals if each is not narrower]
    random.Random(7).shuffle(shuffled)
    # One key replaced by another keeps their order: both come from one outbox.
    shuffled.insert(shuffled.index(wider), narrower)
    ids = {each.key: uuid.uuid4() for each in shuffled}
    for number, each in enumerate(shuffled):
        await curator.publish(ProposalMade(proposal=each), ids[each.key])
        if number == 8:
            catalog.kill()
            catalog.start()
    for each in shuffled[-6:]:
        await curator.publish(ProposalMade(proposal=each))
    await eventually(lambda: leader.who(), 20)
    await curator.settled()
    assert compared(await leader.suggestions(Suggestion.OPEN, Suggestion.HELD)) == undisturbed


async def test_a_finding_about_an_older_text_or_of_another_epoch_is_ignored(
    leader: Reviewer, curator: Curator
) -> None:
    kept, copy = await leader.put(course("c1", "One", words("a")), course("c2", "Two", words("a")))
    old = curator.duplicate(kept, copy)
    foreign = curator.duplicate(kept, copy)
    foreign.epoch = "another"
    await leader.put(course("c2", "Two", words("b")))
    await curator.propose(old, sealed(foreign))
    await curator.settled()
    assert await leader.suggestions() == []


async def test_a_finding_that_no_longer_holds_is_withdrawn_and_returns_under_its_name(
    leader: Reviewer, curator: Curator
) -> None:
    kept, copy = await leader.put(course("c1", "One", words("a")), course("c2", "Two", words("a")))
    made = curator.duplicate(kept, copy)
    await curator.propose(made)
    first = await leader.only(Suggestion.OPEN)
    await curator.withdraw(made, "The texts differ now.")
    gone = await leader.in_state(first.name, Suggestion.WITHDRAWN)
    assert (gone.decision.verb, gone.decision.actor, gone.note) == (
        "withdraw",
        "curator",
        "The texts differ now.",
    )
    await curator.propose(curator.duplicate(kept, copy, score=0.97))
    back = await leader.in_state(first.name, Suggestion.OPEN)
    assert back.revision == first.revision + 1


async def test_a_pass_ends_what_it_did_not_name_and_decided_ones_never(
    leader: Reviewer, curator: Curator
) -> None:
    made = await leader.put(*(course(f"c{n}", f"T{n}", words(str(n // 2))) for n in range(6)))
    pairs = [curator.duplicate(made[n], made[n + 1]) for n in (0, 2, 4)]
    await curator.propose(*pairs)
    await curator.settled()
    decided = next(one for one in await leader.suggestions() if one.members[0].resource == made[4].name)
    await leader.reject(decided, "not_same")
    await curator.complete(Proposal.DUPLICATE, [pairs[0].key], watermark=1 << 40)
    await curator.settled()
    states = {min(member.resource for member in one.members): one.state for one in await leader.suggestions()}
    assert states == {
        made[0].name: Suggestion.OPEN,
        made[2].name: Suggestion.WITHDRAWN,
        made[4].name: Suggestion.REJECTED,
    }


async def test_a_wider_finding_goes_on_under_the_name_of_the_one_it_replaces(
    leader: Reviewer, curator: Curator
) -> None:
    a, b, c = await leader.put(*(course(f"c{n}", f"T{n}", words("a")) for n in range(3)))
    narrow = curator.duplicate(a, b)
    await curator.propose(narrow)
    first = await leader.only(Suggestion.OPEN)
    await curator.propose(curator.duplicate(a, b, c, replaces=[narrow.key]))
    wide = await leader.in_state(first.name, Suggestion.OPEN, lambda one: len(one.members) == 3)
    assert wide.revision == first.revision + 1
    assert len(await leader.suggestions()) == 1


async def test_what_was_refused_does_not_come_back_under_the_name_of_a_wider_finding(
    leader: Reviewer, curator: Curator
) -> None:
    a, b, c = await leader.put(*(course(f"c{n}", f"T{n}", words("a")) for n in range(3)))
    narrow = curator.duplicate(a, b)
    await curator.propose(narrow)
    refused_ = await leader.reject(await leader.only(Suggestion.OPEN), "other", comment="Both are needed.")
    wide = curator.duplicate(c, a, b)
    await curator.propose(wide)
    await leader.only(Suggestion.OPEN)
    again = curator.duplicate(a, b, score=0.97, replaces=[wide.key])
    await curator.propose(again)
    await curator.settled()
    states = {each.name: each.state for each in await leader.suggestions()}
    assert states.pop(refused_.name) == Suggestion.REJECTED
    assert list(states.values()) == [Suggestion.WITHDRAWN]


async def test_of_several_that_a_wider_finding_replaces_the_oldest_goes_on_and_the_others_lead_to_it(
    leader: Reviewer, curator: Curator
) -> None:
    a, b, c, d = await leader.put(*(course(f"c{n}", f"T{n}", words("a")) for n in range(4)))
    narrow = [curator.duplicate(a, b), curator.duplicate(c, d)]
    for each in narrow:
        await curator.propose(each)
    await curator.settled()
    before = await leader.suggestions(Suggestion.OPEN)
    oldest, other = sorted(before, key=lambda each: each.name)  # by age, too
    note = await leader("AddNote", note_pb2.AddNoteRequest(parent=oldest.name, text="Ask Kim first."))
    await curator.propose(curator.duplicate(a, b, c, d, replaces=[each.key for each in reversed(narrow)]))
    wide = await leader.in_state(oldest.name, Suggestion.OPEN, lambda one: len(one.members) == 4)
    assert (wide.revision, wide.assignee) == (oldest.revision + 1, oldest.assignee)
    notes = await leader("ListNotes", note_pb2.ListNotesRequest(parent=wide.name))
    assert [each.name for each in notes.notes] == [note.name]
    gone = await leader.in_state(other.name, Suggestion.WITHDRAWN)
    assert gone.note == f"Replaced by {oldest.name}."
    assert len(await leader.suggestions()) == 2


async def test_what_was_applied_is_not_proposed_again_by_a_repeated_or_older_finding(
    leader: Reviewer, curator: Curator
) -> None:
    (one,) = await leader.put(course("c1", "Old but right", words("a")))
    due = curator.outdated(one)
    await curator.propose(due)
    applied = await leader.accept(await leader.only(Suggestion.OPEN))
    await curator.propose(due, curator.outdated(one, score=0.99))
    await curator.settled()
    (still,) = await leader.suggestions()
    assert (still.name, still.state) == (applied.name, Suggestion.APPLIED)


async def test_still_accurate_answers_until_the_next_review_but_not_hard_evidence(
    leader: Reviewer, curator: Curator
) -> None:
    (one,) = await leader.put(course("c1", "Old but right", words("a")))
    await curator.propose(curator.outdated(one, "request_update", code="dated_statement", score=0.8))
    seen = await leader.only(Suggestion.OPEN)
    await leader.reject(seen, "still_accurate")
    reviewed = await leader.resource(one)
    assert reviewed.review_date.year == reviewed.reviewed.year + 3
    await curator.propose(curator.outdated(reviewed, "request_update", code="dated_statement", score=0.81))
    await curator.settled()
    assert (await leader.get(seen.name)).state == Suggestion.REJECTED
    await curator.propose(curator.outdated(reviewed, "deprecate", code="expired", hard=True))
    back = await leader.in_state(seen.name, Suggestion.OPEN)
    assert back.note.startswith("returned: there is hard evidence")


@pytest.mark.parametrize("answer", ["accepted", "still_accurate"])
async def test_a_change_announced_after_a_review_asks_for_another_one(
    leader: Reviewer, curator: Curator, catalog: CatalogProcess, answer: str
) -> None:
    (resource,) = await leader.put(course("a", "A", words("a")))
    await curator.propose(curator.outdated(resource))
    seen = await leader.only(Suggestion.OPEN)
    if answer == "accepted":
        await leader.accept(seen)
    else:
        await leader.reject(seen, answer)
    catalog.sql("""UPDATE resources SET desired = jsonb_set(desired, '{reviewed,0}', '"2026-01-31"')""")
    announced = curator.outdated(resource, code="announced_change")
    announced.claims[0].text = "It mentions what has changed: Atlas 5.0 is out (from 2026-03-01 on)."
    await curator.propose(curator.outdated(resource), sealed(announced))
    await curator.settled()
    (again,) = await leader.suggestions(Suggestion.OPEN)
    assert [claim.code for claim in again.claims] == ["announced_change"]
    await leader.reject(again, "other", comment="It is about another one.")
    announced.score = 0.99
    await curator.propose(sealed(announced))
    await curator.settled()
    assert await leader.suggestions(Suggestion.OPEN, Suggestion.HELD) == []


async def test_a_plan_left_scheduled_by_a_crash_is_finished_by_the_scheduler(
    leader: Reviewer, curator: Curator, catalog: CatalogProcess
) -> None:
    kept, copy = await leader.put(course("c1", "One", words("a")), course("c2", "Two", words("a")))
    await curator.propose(curator.duplicate(kept, copy))
    seen = await leader.only(Suggestion.OPEN)
    person = catalog.sql("SELECT id FROM persons WHERE email = 'first@example.org'")[0][0]
    # What an accepting call leaves that dies between its two transactions.
    catalog.sql(
        """
        UPDATE suggestions SET state = 'SCHEDULED', due_time = now(), version = version + 1,
            rest = jsonb_set(rest, '{approvals}', jsonb_build_array(jsonb_build_object('person', %s::text,
                'capacity', 'LEARNING_LEADER', 'part', 'resources', 'fingerprint', %s::text, 'time', now())))
        """,
        (person, seen.plan.parts[0].fingerprint),
    )
    done = await leader.in_state(seen.name, Suggestion.APPLIED)
    assert (done.decision.verb, done.decision.actor) == ("apply", "scheduler")
    assert (await leader.resource(copy)).lifecycle == Resource.ARCHIVED


async def test_one_thing_listed_twice_is_joined_and_split_again(leader: Reviewer, curator: Curator) -> None:
    row, package = await leader.put(course("c1", "One", words("a")), course("c2", "One", words("a")))
    await leader.program("safety", package)
    before = await leader.export()
    await curator.propose(curator.duplicate(row, package, operation="link_listings"))
    applied = await leader.accept(await leader.only(Suggestion.OPEN))
    assert applied.state == Suggestion.APPLIED
    joined = await leader.resource(package)
    assert (joined.name, sorted(each.external_id for each in joined.listings)) == (row.name, ["c1", "c2"])
    assert await leader.export() != before
    assert (await leader.undo(applied)).state == Suggestion.OPEN
    assert await leader.export() == before


async def test_three_copies_in_three_programs_are_one_plan_and_come_back_whole(
    leader: Reviewer, curator: Curator
) -> None:
    b, a, c = await leader.put(*(course(f"p{n}", f"Privacy {n}", words("a")) for n in "bac"))
    programs = [await leader.program(f"program {n}", a) for n in range(3)]
    before = await leader.export()
    await curator.propose(curator.duplicate(b, a, c))
    seen = await leader.only()
    assert [part.id for part in seen.plan.parts] == [*sorted(each.name for each in programs), "resources"]
    operations = [change.operation for part in seen.plan.parts for change in part.changes]
    assert operations == ["item_replace"] * 3 + ["add_equivalence", "archive", "archive"]
    applied = await leader.accept(seen)
    assert applied.state == Suggestion.APPLIED
    assert list((await leader.resource(b)).equivalents) == [a.name]
    assert (await leader.undo(applied)).state == Suggestion.OPEN
    assert await leader.export() == before


async def test_every_step_is_in_the_log_and_in_the_audit(
    leader: Reviewer, curator: Curator, catalog: CatalogProcess
) -> None:
    kept, copy = await leader.put(course("c1", "One", words("a")), course("c2", "Two", words("a")))
    await curator.propose(curator.duplicate(kept, copy))
    applied = await leader.accept(await leader.only(Suggestion.OPEN), comment="Looks right.")
    await leader.undo(applied, reason="was_wrong")
    log = (await leader("ListDecisions", review.ListDecisionsRequest())).decisions
    assert [each.verb for each in log] == ["undo", "apply", "accept"]
    # What is due at once the scheduler may apply before the accept does.
    assert {each.actor for each in log if each.verb != "apply"} == {"first@example.org"}
    assert log[1].actor in ("first@example.org", "scheduler")
    audited = catalog.sql(
        "SELECT detail ->> 'verb', method FROM audit WHERE target = %s ORDER BY id", (applied.name,)
    )
    assert [method.rpartition("/")[2] for _, method in audited] == [
        "AcceptSuggestion",
        "ApplyPlan",
        "UndoSuggestion",
    ]
    types = {kind for (kind,) in catalog.sql("SELECT DISTINCT type FROM outbox")}
    assert types <= {
        "winnow.review.v1.PlanUndone",
        "winnow.review.v1.SuggestionDecided",
        "winnow.catalog.v1.ResourcesChanged",
    }


async def test_no_page_token_tells_the_place_of_a_blind_one(
    leader: Reviewer, curator: Curator, catalog: CatalogProcess
) -> None:
    """It follows from the confidence, which is held back."""
    made = await leader.put(*(course(f"c{n}", f"T{n}", words(str(n // 2))) for n in range(8)))
    found = [curator.duplicate(made[n], made[n + 1], score=0.71 + n / 100) for n in range(0, 8, 2)]
    await curator.propose(*found)
    await curator.settled()
    catalog.sql("UPDATE suggestions SET blind = key = ANY(%s)", ([each.key for each in found[1:3]],))
    ranked = catalog.sql("SELECT id, blind, priority FROM suggestions ORDER BY priority DESC, id DESC")
    token = ""
    for id_, blind, priority in ranked:
        page = await leader("ListSuggestions", review.ListSuggestionsRequest(page_size=1, page_token=token))
        (one,) = page.suggestions
        assert (bare(one.name), one.blind, one.priority) == (id_, blind, 0.0 if blind else priority)
        token = page.next_page_token
        if token:
            _, place, _ = json.loads(base64.urlsafe_b64decode(f"{token}=="))
            assert place == (None if blind else priority)
    assert (len(ranked), token) == (4, "")


async def test_pages_hold_every_suggestion_once_the_best_first(leader: Reviewer, curator: Curator) -> None:
    made = await leader.put(*(course(f"c{n:02}", f"T{n}", words(str(n // 2))) for n in range(24)))
    await curator.propose(
        *(curator.duplicate(made[n], made[n + 1], score=0.71 + n / 100) for n in range(0, 24, 2))
    )
    await curator.settled()
    found: list[Suggestion] = []
    token = ""
    while True:
        page = await leader("ListSuggestions", review.ListSuggestionsRequest(page_size=5, page_token=token))
        found += page.suggestions
        token = page.next_page_token
        if not token:
            break
    assert len({one.name for one in found}) == 12
    assert [one.priority for one in found] == sorted((one.priority for one in found), reverse=True)
    by_member = await leader.suggestions(resource=made[5].name)
    assert [{bare(m.resource) for m in one.members} for one in by_member] == [
        {bare(made[4].name), bare(made[5].name)}
    ]


@pytest.mark.parametrize("score", [0.39, 0.40, 0.69, 0.70])
async def test_certainty_decides_whether_it_is_shown_held_or_open(
    score: float, leader: Reviewer, curator: Curator
) -> None:
    kept, copy = await leader.put(course("c1", "One", words("a")), course("c2", "Two", words("a")))
    await curator.propose(curator.duplicate(kept, copy, score=score))
    await curator.settled()
    found = [(one.state, one.held_reason.partition(":")[0]) for one in await leader.suggestions()]
    assert (
        found
        == {
            0.39: [],
            0.40: [(Suggestion.HELD, "confidence")],
            0.69: [(Suggestion.HELD, "confidence")],
            0.70: [(Suggestion.OPEN, "")],
        }[score]
    )


async def test_a_withdrawal_read_while_the_plan_was_applied_does_not_end_what_the_undo_reopened(
    leader: Reviewer, curator: Curator
) -> None:
    kept, copy = await leader.put(course("c1", "One", words("a")), course("c2", "Two", words("a")))
    await curator.propose(curator.duplicate(kept, copy))
    applied = await leader.accept(await leader.only(Suggestion.OPEN))
    late = curator.duplicate(kept, copy)
    await leader.undo(applied)
    await curator.withdraw(late)
    await curator.settled()
    assert (await leader.get(applied.name)).state == Suggestion.OPEN


async def test_suggestions_of_somebody_who_left_go_to_whoever_the_rules_name_now(
    leader: Reviewer, curator: Curator, team: Team
) -> None:
    designer = await team.join("dana@example.org", Person.INSTRUCTIONAL_DESIGNER)
    kept, copy = await leader.put(course("c1", "One", words("a")), course("c2", "Two", words("a")))
    await curator.propose(curator.duplicate(kept, copy))
    seen = await leader.only(Suggestion.OPEN)
    assert seen.assignee == "dana@example.org"
    name = f"people/{(await designer.who()).person}"
    await leader("DeactivatePerson", DeactivatePersonRequest(name=name))

    async def routed() -> bool:
        return (await leader.get(seen.name)).assignee == "first@example.org"

    await eventually(routed)


async def test_findings_that_come_together_all_have_their_place(
    leader: Reviewer, curator: Curator, db: Database
) -> None:
    made = await leader.put(*(course(f"c{n}", f"Pump {n}", words(str(n))) for n in range(2 * CHUNK + 5)))
    found = [wire.proposal(curator.outdated(each)) for each in made]
    await take_proposals(db, found)
    placed = await leader.suggestions()
    assert Counter(each.state for each in placed) == {
        Suggestion.OPEN: FIRST_SLOTS,
        Suggestion.HELD: len(found) - FIRST_SLOTS,
    }
    assert {each.held_reason.partition(":")[0] for each in placed} == {"", "pacing"}


async def test_what_has_just_come_in_is_nobodys_case_to_be_given_anew(
    leader: Reviewer, curator: Curator, db: Database, catalog: CatalogProcess
) -> None:
    (made,) = await leader.put(course("c1", "Pump", words("p")))
    await take_proposals(db, [wire.proposal(curator.outdated(made))])
    async with db.snapshot() as tx:
        assert await postgres.orphaned(tx) == []
    catalog.sql("UPDATE suggestions SET state = 'HELD', assignee = ''")
    async with db.snapshot() as tx:
        assert await postgres.orphaned(tx) == []
    catalog.sql("UPDATE suggestions SET held_reason = 'pacing: 10 others come first.'")
    async with db.snapshot() as tx:
        assert len(await postgres.orphaned(tx)) == 1
