"""The queue as people browse it: counted, searched, ordered, and read without what is quoted, through gRPC."""

from __future__ import annotations

from collections import Counter
from typing import Any

import grpc
import grpc.aio
import pytest

from tests.integration.catalog.conftest import eventually
from tests.integration.review.conftest import Curator, Reviewer, Team, course, sealed, words
from winnow.catalog.v1 import catalog_service_pb2 as core
from winnow.catalog.v1 import people_service_pb2 as people
from winnow.catalog.v1 import program_pb2
from winnow.review.v1 import review_service_pb2 as review
from winnow.review.v1.suggestion_pb2 import Evidence, Member, Plan, PlanChange, Suggestion

Asked = review.ListSuggestionsRequest


async def found(leader: Reviewer, curator: Curator) -> None:
    """Three pairs: sure and old, unsure and new, and a resource whose review is due, mentioned by another word."""
    made = await leader.put(*(course(f"c{n}", f"Ladders {n}", words("a")) for n in range(1, 6)))
    for number, (pair, score) in enumerate((((0, 1), 0.95), ((2, 3), 0.5))):
        pair_found = curator.duplicate(*(made[at] for at in pair), score=score)
        pair_found.summary = f"100% of pair {number}"
        await curator.propose(sealed(pair_found))
        await eventually(lambda count=number + 1: more(leader, count))
    await curator.propose(curator.outdated(made[4]))
    await eventually(lambda: more(leader, 3))


async def more(leader: Reviewer, count: int) -> bool:
    return len(await leader.suggestions()) == count


async def listed(leader: Reviewer, **asked: Any) -> list[str]:
    answer = await leader("ListSuggestions", Asked(**asked))
    return [each.summary for each in answer.suggestions]


async def test_the_queue_is_counted_by_state_and_kind_and_by_whose_it_is(
    leader: Reviewer, curator: Curator
) -> None:
    await found(leader, curator)
    answer = await leader("CountSuggestions", review.CountSuggestionsRequest())
    counted = {(each.state, each.kind): (each.count, each.mine) for each in answer.counts}
    assert counted == {
        (Suggestion.HELD, Suggestion.DUPLICATE): (1, 1),
        (Suggestion.OPEN, Suggestion.DUPLICATE): (1, 1),
        (Suggestion.OPEN, Suggestion.OUTDATED): (1, 1),
    }
    assert answer.identical == 2
    some = await leader("CountSuggestions", review.CountSuggestionsRequest(query="PAIR 1"))
    assert [(each.state, each.count) for each in some.counts] == [(Suggestion.HELD, 1)]
    assert some.identical == 2


async def test_what_waits_is_counted_by_program_as_the_list_of_each_shows_it(
    leader: Reviewer, curator: Curator
) -> None:
    await found(leader, curator)
    made = (await leader("ListResources", core.ListResourcesRequest())).resources
    inner = await leader.program("inner", made[0], made[1])
    nested = program_pb2.ProgramItem(program=inner.name)
    outer, none = await leader.program("outer", nested, made[4]), await leader.program("none")
    names = [outer.name, inner.name, none.name, "programs/gone"]
    answer = await leader("CountSuggestions", review.CountSuggestionsRequest(programs=names))
    told = Counter[str]()
    for each in answer.counts:
        told[each.program] += each.count
    for name in names[:3]:
        page = await leader("ListSuggestions", Asked(program=name))
        assert told[name] == len(page.suggestions), name
    assert told == {outer.name: 2, inner.name: 1}
    some = review.CountSuggestionsRequest(programs=names, query="pair 0")
    some_counted = await leader("CountSuggestions", some)
    assert [(each.program, each.state, each.count, each.mine) for each in some_counted.counts] == [
        (outer.name, Suggestion.OPEN, 1, 1),
        (inner.name, Suggestion.OPEN, 1, 1),
    ]


async def test_words_are_found_in_any_case_and_signs_stand_for_themselves(
    leader: Reviewer, curator: Curator
) -> None:
    await found(leader, curator)
    assert await listed(leader, query="PAIR 1") == ["100% of pair 1"]
    assert len(await listed(leader, query="100%")) == 2
    assert await listed(leader, query="1%0") == []
    assert await listed(leader, query="_") == []


async def test_some_are_listed_by_name(leader: Reviewer, curator: Curator) -> None:
    await found(leader, curator)
    first, _, last = (each.name for each in await leader.suggestions())
    page = await leader("ListSuggestions", Asked(names=[last, "suggestions/gone", first], page_size=1))
    rest = Asked(names=[last, "suggestions/gone", first], page_token=page.next_page_token)
    assert [each.name for each in page.suggestions] == [first]
    assert [each.name for each in (await leader("ListSuggestions", rest)).suggestions] == [last]
    assert await listed(leader, names=["suggestions/gone"]) == []


async def test_another_order_is_kept_from_page_to_page(leader: Reviewer, curator: Curator) -> None:
    await found(leader, curator)
    for order, expected in (
        (Asked.CONFIDENCE, ["Outdated", "100% of pair 0", "100% of pair 1"]),
        (Asked.OLDEST, ["100% of pair 0", "100% of pair 1", "Outdated"]),
        (Asked.NEWEST, ["Outdated", "100% of pair 1", "100% of pair 0"]),
    ):
        shown: list[str] = []
        token = ""
        while True:
            page = await leader("ListSuggestions", Asked(order_by=order, page_size=1, page_token=token))
            shown += [each.summary for each in page.suggestions]
            token = page.next_page_token
            if not token:
                break
        assert shown == expected, Asked.Order.Name(order)


async def test_a_basic_view_counts_passages_and_does_not_quote_them(
    leader: Reviewer, curator: Curator
) -> None:
    await found(leader, curator)
    page = await leader("ListSuggestions", Asked(view=Asked.BASIC, kind=Suggestion.DUPLICATE))
    for each in page.suggestions:
        assert not [one for one in each.evidence if one.quote]
        assert (each.passages, each.equal_passages) == (1, 0)


async def test_each_is_told_whether_they_may_decide_and_on_which_side_a_reason_stands(
    leader: Reviewer, team: Team, curator: Curator
) -> None:
    kept, copy = await leader.put(course("c1", "Ladders", words("a")), course("c2", "Copy", words("a")))
    proposal = curator.duplicate(kept, copy)
    proposal.evidence.add(type="not_checked", text="Its video was not compared.")
    proposal.evidence.add(type="same_owner", text="Both are Ola's.")
    proposal.evidence.add(type="facts", text="One number is another.", value=0.3)
    proposal.evidence.add(type="facts", text="All numbers are the same.", value=0.0)
    await curator.propose(sealed(proposal))
    seen = await leader.only(Suggestion.OPEN)
    sides = {each.text: each.against for each in seen.evidence if not each.quote}
    assert sides["Its video was not compared."]
    assert not sides["Both are Ola's."]
    assert sides["One number is another."]
    assert not sides["All numbers are the same."]
    designer = await team.join("dora@example.org", people.Person.INSTRUCTIONAL_DESIGNER)
    specialist = await team.join("sam@example.org", people.Person.SPECIALIST)
    for who, may in ((leader, True), (designer, True), (specialist, False)):
        (listed_,) = await who.suggestions()
        assert ((await who.get(seen.name)).may_decide, listed_.may_decide) == (may, may)


async def would_be_taken(who: Reviewer, seen: Suggestion) -> bool:
    """Whether a yes that does not say what was seen is refused for that alone, and not for who says it."""
    unseen = Suggestion(name=seen.name, revision=seen.revision)
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await who.accept(unseen)
    return refused.value.code() != grpc.StatusCode.PERMISSION_DENIED


def as_line(full: Suggestion) -> Suggestion:
    """What the view LINE says of a suggestion that the view BASIC shows."""
    line = Suggestion()
    line.CopyFrom(full)
    names: Any = (
        *("fingerprint", "held_reason", "approvals", "decision", "snooze_until", "snooze_event", "due_time"),
        *("note", "asked", "filed_by", "edits", "returned", "history", "receipts", "kept", "may_accept"),
        *("may_undo", "may_reopen", "may_object", "may_suppress"),
    )
    for name in names:
        line.ClearField(name)
    del line.evidence[:]
    said = sorted((one for one in full.evidence if one.text), key=lambda one: one.type != "direction_unclear")
    line.evidence.extend(Evidence(type=each.type, text=each.text) for each in said[:1])
    del line.members[:]
    line.members.extend(
        Member(resource=each.resource, title=each.title, language=each.language, survivor=each.survivor)
        for each in full.members
    )
    plan = Plan(risk=full.plan.risk, safeguards=full.plan.safeguards)
    for part in full.plan.parts:
        plan.parts.add(
            id=part.id,
            title=part.title,
            risk=part.risk,
            changes=[
                PlanChange(
                    operation=each.operation,
                    target=each.target,
                    before=each.before if each.operation == "item_drop" else "",
                )
                for each in part.changes
            ],
        )
    line.plan.CopyFrom(plan)
    return line


async def test_a_line_says_what_the_whole_suggestion_says_to_whoever_asks(
    leader: Reviewer, team: Team, curator: Curator
) -> None:
    olga = await team.join("olga@example.org")
    rosa = await team.join("rosa@example.org")
    dora = await team.join("dora@example.org", people.Person.INSTRUCTIONAL_DESIGNER)
    sam = await team.join("sam@example.org", people.Person.SPECIALIST)
    ladders, copy, twin, other, old, third = await leader.put(
        *(course(f"c{n}", f"Ladders {n}", words("a")) for n in range(1, 4)),
        course("c4", "Ventile", words("v"), owner="rosa@example.org", language="de"),
        *(course(f"c{n}", f"Pumps {n}", words(str(n)), owner="nobody@example.org") for n in (5, 6)),
    )
    program = await leader.program("path", ladders, copy, old, third, owners=["olga@example.org"])
    linked = curator.duplicate(copy, twin, operation="link_listings")
    linked.summary = "One thing"
    edition = curator.duplicate(ladders, copy)
    for type_ in ("same_owner", "direction_unclear"):
        edition.evidence.add(type=type_, text=type_)
    findings = [
        sealed(linked),
        sealed(edition),
        curator.outdated(other),
        curator.unused(old),
        curator.drop(program, third),
        curator.drop(program, ladders, old),
    ]
    await curator.propose(*findings)
    await eventually(lambda: more(leader, len(findings)))

    async def may_decide(who: Reviewer) -> int:
        whole = await who.suggestions(view=Asked.BASIC)
        lines = await who.suggestions(view=Asked.LINE)
        assert lines == [as_line(each) for each in whole], (await who.who()).person
        return sum(each.may_decide for each in lines)

    assert [await may_decide(who) for who in (leader, dora, sam, olga, rosa)] == [6, 6, 1, 5, 1]
    lines = await leader.suggestions(view=Asked.LINE)
    assert {each.title: each.language for line in lines for each in line.members}["Ventile"] == "de"
    # Who may accept is who is not refused: tried out on each.
    for who in (leader, dora, sam, olga, rosa):
        for each in await who.suggestions(view=Asked.BASIC):
            assert each.may_accept is await would_be_taken(who, each), (
                (await who.who()).person,
                each.summary,
            )
    # From then on the one is another name of the other.
    (joining,) = [each for each in await leader.suggestions() if each.summary == linked.summary]
    await leader.accept(joining)
    assert [await may_decide(who) for who in (leader, dora, sam, olga, rosa)] == [6, 6, 1, 5, 1]


async def test_me_stands_for_whoever_asks(leader: Reviewer, team: Team, curator: Curator) -> None:
    await found(leader, curator)
    dora = await team.join("dora@example.org", people.Person.INSTRUCTIONAL_DESIGNER)
    assert await listed(leader, assignee="me") == await listed(leader, assignee="first@example.org") != []
    assert await listed(dora, assignee="me") == []


async def test_everybody_is_told_how_much_waits_for_them(
    leader: Reviewer, team: Team, curator: Curator
) -> None:
    async def waits(who: Reviewer) -> tuple[int, int]:
        seen = await who("GetViewer", people.GetViewerRequest())
        return seen.open_suggestions, seen.pending_changes

    await found(leader, curator)
    newcomer = await team.join("nora@example.org")
    olga = await team.join("olga@example.org")
    assert await waits(leader) == (2, 0)
    for each in await leader.suggestions(Suggestion.OPEN):
        await leader.accept(each)
    changes = (await leader("ListChanges", core.ListChangesRequest())).total_size
    await leader.program("theirs", owners=["olga@example.org"])
    assert changes
    assert (await waits(leader))[1] == changes
    assert (await waits(olga))[1] == (await olga("ListChanges", core.ListChangesRequest())).total_size == 0
    assert await waits(newcomer) == (0, 0)
