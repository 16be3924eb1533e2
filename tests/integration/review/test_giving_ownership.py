"""An owner gives a resource or a program to nobody by writing what its source shows, nor by a suggestion: there are
SetDuties and handovers for that (behaviour.md §2). Through gRPC, on the real process.
"""

from __future__ import annotations

from typing import Any

import grpc
import pytest

from services.kit.rpc import error_info
from tests.integration.catalog.test_publishing import PAGE, drafts, publishing
from tests.integration.review.conftest import Curator, Reviewer, Team, course, words
from tests.integration.review.test_filing import file
from winnow.catalog.v1.people_service_pb2 import Person
from winnow.review.v1.suggestion_pb2 import Suggestion

DESIGNER = Person.INSTRUCTIONAL_DESIGNER
OLGA, OTTO, PIA = "olga@example.org", "otto@example.org", "pia@example.org"
LEADER_OR_ALONE = "a learning leader or an owner of its program where no other program uses it"


async def who_can(call: Any) -> str:
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await call
    info = error_info(refused.value)
    assert info is not None
    assert info.reason == "NOT_ALLOWED"
    return info.metadata["who_can"]


async def test_a_suggestion_that_names_an_owner_is_approved_by_whom_the_duty_is_to_give(
    leader: Reviewer, curator: Curator, team: Team
) -> None:
    ida, olga, pia = [
        await team.join(email, *roles)
        for email, roles in (("ida@example.org", (DESIGNER,)), (OLGA, ()), (PIA, ()))
    ]
    await team.join(OTTO)
    shared, lone = await leader.put(
        course("shared", "Shared", words("s"), owner=OLGA), course("lone", "Lone", words("l"), owner=OLGA)
    )
    await leader.program("first", shared, lone, owners=[PIA])
    await leader.program("second", shared)
    seen = await file(olga, Suggestion.OUTDATED, "set_owner", shared, value=OTTO)
    for person in (ida, olga, pia):
        assert "a learning leader" in await who_can(person.accept(seen))
    assert (await leader.accept(seen)).state == Suggestion.APPLIED
    assert (await leader.resource(shared)).owner == OTTO
    seen = await file(olga, Suggestion.OUTDATED, "set_owner", lone, value=OTTO)
    await who_can(olga.accept(seen))
    assert (await pia.accept(seen)).state == Suggestion.APPLIED


async def test_an_owner_writes_their_resource_and_leaves_its_owner(leader: Reviewer, team: Team) -> None:
    ida, olga, pia = [
        await team.join(email, *roles)
        for email, roles in (("ida@example.org", (DESIGNER,)), (OLGA, ()), (PIA, ()))
    ]
    (one,) = await leader.put(course("one", "One", words("1"), owner=OLGA))
    (kept,) = await olga.put(course("one", "One again", words("1"), owner="Olga@example.org"))
    assert (kept.name, kept.title) == (one.name, "One again")
    assert await who_can(olga.put(course("one", "One", words("1"), owner=OTTO))) == LEADER_OR_ALONE
    (unsaid,) = await olga.put(course("one", "One more", words("1")))
    assert (unsaid.title, unsaid.owner) == ("One more", "Olga@example.org")
    # Who owns the programs that use it may do that to it when there is no other.
    await leader.program("first", one, owners=[PIA])
    await leader.program("second", one)
    await who_can(pia.put(course("one", "One", words("1"), owner=PIA)))
    assert (await leader.resource(one)).owner == "Olga@example.org"
    await leader.program("second")
    assert (await pia.put(course("one", "One", words("1"), owner=PIA)))[0].owner == PIA
    assert (await ida.put(course("one", "One", words("1"), owner=OTTO)))[0].owner == OTTO


async def test_what_a_wish_hides_is_given_to_nobody_either(leader: Reviewer, team: Team) -> None:
    """The source's own owner shows again when the wish is taken back."""
    olga = await team.join(OLGA)
    (one,) = await leader.put(course("one", "One", words("1"), owner="former@example.org"))
    seen = await file(leader, Suggestion.OUTDATED, "set_owner", one, value=OLGA)
    await leader.accept(seen)
    await who_can(olga.put(course("one", "One", words("1"), owner=OTTO)))
    (kept,) = await olga.put(course("one", "One", words("1"), owner="former@example.org"))
    assert kept.owner == OLGA


async def test_a_new_version_leaves_its_resource_to_its_owner(leader: Reviewer, team: Team) -> None:
    (draft,) = await drafts(leader, weirs=PAGE)
    published = await leader("PublishResource", publishing(draft, owner=OLGA))
    olga = await team.join(OLGA)
    (draft,) = await drafts(leader, weirs=PAGE.replace(b"dry", b"wet"))
    assert draft.resource == published.name
    assert await who_can(olga("PublishResource", publishing(draft, owner=OTTO))) == LEADER_OR_ALONE
    again = await olga("PublishResource", publishing(draft, owner=OLGA, version="2"))
    assert (again.name, again.version, again.owner) == (published.name, "2", OLGA)


async def test_an_owner_writes_their_program_and_its_co_owners_and_leaves_its_owner(
    leader: Reviewer, team: Team
) -> None:
    ida, olga, pia = [
        await team.join(email, *roles)
        for email, roles in (("ida@example.org", (DESIGNER,)), (OLGA, ()), (PIA, ()))
    ]
    await leader.program("path", owners=[OLGA, PIA])
    wider = await olga.program("path", owners=[OLGA, PIA, OTTO])
    assert list(wider.owners) == [OLGA, PIA, OTTO]
    for by, owners in ((olga, [OTTO]), (olga, [PIA, OLGA]), (pia, [PIA])):
        assert (await who_can(by.program("path", owners=owners))).startswith("a learning leader; its owner")
    assert list((await pia.program("path")).owners) == [OLGA, PIA, OTTO]
    assert list((await ida.program("path", owners=[OTTO])).owners) == [OTTO]
