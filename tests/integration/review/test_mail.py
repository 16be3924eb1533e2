"""Mail: what cannot wait and the weekly digest, through a real SMTP server that takes, refuses, or is down.

It does not prove TLS to the server: the test's one is on loopback, where none is asked for.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from email.message import EmailMessage
from typing import Any

import grpc.aio
import pytest
from google.type.date_pb2 import Date

from services.catalog.telling.domain import monday
from tests.integration.catalog.conftest import CatalogProcess, eventually
from tests.integration.review.conftest import Curator, Reviewer, Team, bare, course, words
from tests.integration.review.test_nested import HEAD
from tests.integration.review.test_objections import Door, give_notice
from tests.integration.review.test_program_plans import proposal
from tests.mail import MailServer, text
from tests.servers import NatsServer, PostgresServer
from winnow.catalog.v1 import people_service_pb2 as people
from winnow.catalog.v1.people_service_pb2 import Person
from winnow.catalog.v1.program_pb2 import ProgramItem
from winnow.curation.v1.proposal_pb2 import DraftOperation
from winnow.internal.v1 import public_service_pb2 as public
from winnow.review.v1 import notice_service_pb2 as api
from winnow.review.v1 import objection_pb2 as objection
from winnow.review.v1 import review_service_pb2 as review
from winnow.review.v1.batch_pb2 import BatchDecideRequest
from winnow.review.v1.notice_service_pb2 import Delivery, NoticeSettings
from winnow.review.v1.notice_service_pb2_grpc import NoticeServiceStub
from winnow.review.v1.suggestion_pb2 import Suggestion

DESIGNER, SPECIALIST = Person.INSTRUCTIONAL_DESIGNER, Person.SPECIALIST
FIRST, OLGA, IDA = "first@example.org", "olga@example.org", "ida@example.org"


@pytest.fixture(scope="module")
def post() -> Iterator[MailServer]:
    server = MailServer().start()
    yield server
    server.stop()


@pytest.fixture(scope="module")
def process(
    post: MailServer,
    postgres_server: PostgresServer,
    nats_session: NatsServer,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[CatalogProcess]:
    settings = {
        "WINNOW_SMTP_URL": post.url,
        "WINNOW_MAIL_FROM": "winnow@example.org",
        "WINNOW_PUBLIC_URL": "https://winnow.example.org",
    }
    folder = tmp_path_factory.mktemp("catalog")
    made = CatalogProcess(postgres_server.database("catalog"), nats_session.url, folder, settings)
    made.migrate()
    yield made.start()
    made.stop()


@pytest.fixture
def mail(post: MailServer, catalog: CatalogProcess) -> MailServer:
    """The server with an empty inbox and nothing on its way to it."""
    catalog.sql("TRUNCATE deliveries, notice_choices, digest_weeks")
    post.inbox.clear()
    post.answers.clear()
    return post


async def call(who: Reviewer, channel: grpc.aio.Channel, method: str, request: Any) -> Any:
    known = await who.who()
    path = f"/winnow.review.v1.NoticeService/{method}"
    metadata = who.token(known.person, known.duties_version, known.read_content, path, known.token_id)
    return await getattr(NoticeServiceStub(channel), method)(request, metadata=metadata)


async def choose(who: Reviewer, channel: grpc.aio.Channel, notices: Any) -> None:
    await call(who, channel, "SetNoticeSettings", api.SetNoticeSettingsRequest(notices=notices))


async def deliveries(who: Reviewer, channel: grpc.aio.Channel, **more: Any) -> list[Delivery]:
    return list((await call(who, channel, "ListDeliveries", api.ListDeliveriesRequest(**more))).deliveries)


async def in_state(who: Reviewer, channel: grpc.aio.Channel, state: Any, **more: Any) -> Delivery:
    """The one delivery there is, once something has come of it and it is in that state."""

    async def there() -> Delivery | None:
        found = await deliveries(who, channel, **more)
        return next((each for each in found if each.state == state and each.attempts), None)

    return await eventually(there)


async def arrived(mail: MailServer, address: str, count: int = 1) -> list[EmailMessage]:
    async def there() -> list[EmailMessage] | None:
        found = mail.to(address)
        return found if len(found) >= count else None

    found = await eventually(there)
    assert len(found) == count
    return found


async def approved(
    leader: Reviewer, curator: Curator, *, owner: str = OLGA, around: str = ""
) -> tuple[Suggestion, Any]:
    """A plan of R2 by the leader, with a notice of 7 days, and the program it touches.

    `owner` has the copy, `around` a program around that one.
    """
    await give_notice(leader, 7, 14)
    kept, copy = await leader.put(
        course("c1", "Ladders", words("a")), course("c2", "Ladders copy", words("a"), owner=owner)
    )
    program = await leader.program("onboarding", copy)
    if around:
        await leader.program("curriculum", ProgramItem(program=program.name), owners=[around])
    await curator.propose(curator.duplicate(kept, copy))
    planned = await leader.accept(await leader.only(Suggestion.OPEN))
    assert planned.state == Suggestion.SCHEDULED
    return planned, program


def lines(message: EmailMessage) -> list[str]:
    return [each for each in text(message).split("\n") if each.strip()]


def today() -> str:
    now = datetime.now(UTC)
    return f"{now.day} {now:%b %Y}"


async def test_an_owner_is_told_of_the_notice_and_objects_by_the_link_and_the_approver_is_told_why(
    leader: Reviewer, curator: Curator, team: Team, channel: grpc.aio.Channel, mail: MailServer
) -> None:
    await team.join(OLGA)
    planned, _ = await approved(leader, curator)
    (told,) = await arrived(mail, OLGA)
    assert told["From"] == "Winnow <winnow@example.org>"
    assert told["Auto-Submitted"] == "auto-generated"
    due = planned.due_time.ToDatetime(tzinfo=UTC)
    assert f"On {due.day} {due:%b %Y}, {due:%H:%M} UTC: " in text(told)
    assert "Approved by First. To object before then:" in text(told)
    token = re.search(r"https://winnow\.example\.org/objections/(\S+)", text(told))
    assert token is not None
    door = Door(leader, channel)
    await door("FileObjectionByLink", public.FileObjectionByLinkRequest(token=token[1], reason="We use it."))
    (back,) = await arrived(mail, FIRST)
    assert f"Open again since {today()}: Copies: objection by {OLGA}: We use it." in text(back)
    assert len(lines(back)) <= 10
    assert mail.to(OLGA) == [told]  # who objected knows
    sent = await in_state(leader, channel, Delivery.SENT)
    assert (sent.kind, sent.subject, sent.address) == (Delivery.URGENT, back["Subject"], FIRST)
    assert back["Message-ID"] == f"<{sent.name.removeprefix('deliveries/')}@example.org>"


async def test_a_plan_whose_check_fails_tells_who_approved_it_what_has_changed(
    leader: Reviewer, curator: Curator, team: Team, mail: MailServer
) -> None:
    planned, _ = await approved(leader, curator)
    copy = next(each for each in planned.members if not each.survivor)
    await leader.program("safety", await leader.resource(Named(copy.resource)))
    (back,) = await arrived(mail, FIRST)
    shown = await leader.only(Suggestion.OPEN)
    assert shown.note.startswith("not applied: ")
    assert "Safety" in shown.note
    assert f"Open again since {today()}: Copies: {shown.note}." in text(back)


async def test_who_has_a_plan_that_a_refused_part_stops_is_told_that_approvals_stand_and_why(
    leader: Reviewer, curator: Curator, team: Team, mail: MailServer
) -> None:
    await team.join(OLGA)
    await give_notice(leader, 7, 14)
    kept, copy = await leader.put(
        course("c1", "Ladders", words("a")), course("c2", "Ladders copy", words("a"), owner=OLGA)
    )
    await leader.program("path", copy)
    month = f"{datetime.now(UTC):%Y-%m}"
    rows = "".join(f"c2,{month},1,1,1,60,l{n},completed,\n" for n in range(6))
    await leader.imported("lms", {"engagement.csv": (HEAD + rows).encode()})
    await curator.propose(curator.duplicate(kept, copy))
    planned = await leader.accept(await leader.only(Suggestion.OPEN))
    assert planned.state == Suggestion.SCHEDULED
    left = await leader.reject(planned, "other", comment="Keep it.", parts=["resources"])
    assert left.state == Suggestion.OPEN
    _, back = await arrived(mail, OLGA, 2)
    assert "not scheduled: 6 learners would lose credit" in text(back)
    assert "Approvals given stand; nothing has been changed." in text(back)


async def test_whose_approval_stands_is_told_so_when_another_is_taken_back_and_need_not_approve_again(
    leader: Reviewer, curator: Curator, team: Team, mail: MailServer
) -> None:
    olga = await team.join(OLGA)
    await give_notice(leader, 7, 14)
    kept, copy = await leader.put(
        course("c1", "Ladders", words("a")), course("c2", "Ladders copy", words("a"))
    )
    path = await leader.program("path", copy, owners=[OLGA])
    await curator.propose(curator.duplicate(kept, copy))
    half = await olga.accept(await leader.only(Suggestion.OPEN), parts=[path.name])
    planned = await leader.accept(half)
    assert planned.state == Suggestion.SCHEDULED
    left = await leader("RevokeApproval", review.RevokeApprovalRequest(name=planned.name))
    assert [each.person for each in left.approvals] == [OLGA]
    (back,) = await arrived(mail, OLGA)
    assert "First took an approval back" in text(back)
    assert "Of its approvals these stand: Path by Olga; nothing has been changed." in text(back)
    assert (await leader.accept(left)).state == Suggestion.SCHEDULED


async def test_a_notice_that_begins_by_refusing_a_part_is_told_with_links_that_work(
    leader: Reviewer, curator: Curator, team: Team, channel: grpc.aio.Channel, mail: MailServer
) -> None:
    await team.join(OLGA)
    await give_notice(leader, 7, 14)
    kept, gone = await leader.put(course("c1", "Ladders", words("a")), course("c2", "Knots", words("b")))
    programs = [await leader.program(f"path {n}", kept, gone) for n in range(3)]
    await leader.program("curriculum", ProgramItem(program=programs[0].name), owners=[OLGA])
    drops = [
        DraftOperation(operation="item_drop", resource=bare(gone.name), program=bare(each.name))
        for each in programs
    ]
    await curator.propose(proposal(curator, "drops", drops, programs, [gone]))
    seen = await leader.only(Suggestion.OPEN)
    half = await leader.accept(seen, parts=[programs[0].name, programs[2].name])
    assert (half.state, mail.to(OLGA)) == (Suggestion.OPEN, [])
    first = await leader.reject(half, "used_elsewhere", parts=[programs[1].name])
    assert first.state == Suggestion.SCHEDULED
    (told,) = await arrived(mail, OLGA)
    # Refusing another while it runs makes another plan of it: the links in that mail are over, and new ones come.
    second = await leader.reject(first, "used_elsewhere", parts=[programs[2].name])
    assert (second.state, second.revision) == (Suggestion.SCHEDULED, first.revision + 1)
    _, again = await arrived(mail, OLGA, 2)
    old, new = (re.findall(r"/objections/(\S+)", text(each))[0] for each in (told, again))
    door = Door(leader, channel)
    with pytest.raises(grpc.aio.AioRpcError) as over:
        await door("ReadObjection", public.ReadObjectionRequest(token=old))
    assert over.value.code() == grpc.StatusCode.NOT_FOUND
    assert (await door("ReadObjection", public.ReadObjectionRequest(token=new))).email == OLGA


async def test_who_owns_a_program_around_is_told_by_mail_and_in_the_digest(
    leader: Reviewer, curator: Curator, team: Team, mail: MailServer, catalog: CatalogProcess
) -> None:
    await team.join(OLGA)
    planned, _ = await approved(leader, curator, owner="", around=OLGA)
    (told,) = await arrived(mail, OLGA)
    assert "To object before then:" in text(told)
    last_week = monday(datetime.now(UTC).date()) - timedelta(days=7)
    catalog.sql("INSERT INTO digest_weeks VALUES (%s, now())", (last_week,))
    mail.inbox.clear()
    restart(catalog)
    (digest,) = await arrived(mail, OLGA)
    assert lines(digest)[0].startswith(
        f"Applies on {written(planned.due_time.ToDatetime().date())}: Copies: "
    )


class Named:
    """What a caller knows of a thing by its name."""

    def __init__(self, name: str) -> None:
        self.name = name


async def test_who_gets_the_suggestions_of_one_who_leaves_is_told_once_which(
    leader: Reviewer, curator: Curator, team: Team, mail: MailServer
) -> None:
    olga = await team.join(OLGA, DESIGNER)
    things = await leader.put(*(course(f"c{n}", f"Course {n}", words(str(n)), owner=OLGA) for n in range(12)))
    await curator.propose(*(curator.outdated(each) for each in things))

    async def all_there() -> bool:
        return len(await leader.suggestions()) == 12

    await eventually(all_there)
    await leader(
        "DeactivatePerson", people.DeactivatePersonRequest(name=f"people/{(await olga.who()).person}")
    )
    (told,) = await arrived(mail, FIRST)
    assert lines(told)[0] == f"Olga has left, {today()}: 12 suggestions of theirs are yours now."
    assert len(lines(told)) == 10
    assert re.fullmatch(r"… and \d more\. https://winnow\.example\.org/review\?whose=you", lines(told)[-2])
    assert mail.to(OLGA) == []


async def test_people_get_no_more_than_they_have_chosen(
    leader: Reviewer, curator: Curator, team: Team, channel: grpc.aio.Channel, mail: MailServer
) -> None:
    olga, ida = await team.join(OLGA), await team.join(IDA, DESIGNER)
    given = await call(olga, channel, "GetNoticeSettings", api.GetNoticeSettingsRequest())
    assert (given.notices, given.email, given.mail) == (NoticeSettings.WEEKLY, OLGA, True)
    await choose(olga, channel, NoticeSettings.NONE)
    await choose(leader, channel, NoticeSettings.URGENT)
    planned, _ = await approved(leader, curator)
    await leader("FileObjection", objection.FileObjectionRequest(name=planned.name, reason="Wait."))
    assert await deliveries(olga, channel) == []
    assert await deliveries(leader, channel, everyone=True) == []  # who objected knows
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await deliveries(ida, channel, everyone=True)
    assert refused.value.code() == grpc.StatusCode.PERMISSION_DENIED
    with pytest.raises(grpc.aio.AioRpcError) as invalid:
        await choose(ida, channel, NoticeSettings.NOTICES_UNSPECIFIED)
    assert invalid.value.code() == grpc.StatusCode.INVALID_ARGUMENT


async def test_a_refusal_is_kept_with_its_words_and_a_no_for_now_is_tried_again(
    leader: Reviewer,
    curator: Curator,
    team: Team,
    channel: grpc.aio.Channel,
    mail: MailServer,
    catalog: CatalogProcess,
) -> None:
    await team.join(OLGA)
    mail.answers[OLGA] = ["550 5.1.1 No such person"]
    mail.answers[FIRST] = ["451 4.7.1 Greylisted, come back", "250 OK"]
    planned, _ = await approved(leader, curator)
    refused = await in_state(leader, channel, Delivery.REFUSED, everyone=True)
    assert (refused.answer, refused.attempts) == ("550 5.1.1 No such person", 1)
    assert refused.HasField("end_time")
    assert refused.subject == ""  # an administrator sees how it went, not what it says
    copy = next(each for each in planned.members if not each.survivor)
    await leader.program("safety", await leader.resource(Named(copy.resource)))
    waits = await in_state(leader, channel, Delivery.WAITING)
    assert (waits.answer, waits.attempts) == ("451 4.7.1 Greylisted, come back", 1)
    wait = waits.next_time.ToDatetime() - waits.create_time.ToDatetime()
    assert timedelta(minutes=1) <= wait < timedelta(minutes=2)
    mail.answers.clear()
    make_due(catalog)
    assert (await in_state(leader, channel, Delivery.SENT)).attempts == 2
    await arrived(mail, FIRST)


async def test_what_waits_for_somebody_who_has_been_removed_is_not_sent(
    leader: Reviewer,
    curator: Curator,
    team: Team,
    channel: grpc.aio.Channel,
    mail: MailServer,
    catalog: CatalogProcess,
) -> None:
    olga = await team.join(OLGA)
    mail.answers[OLGA] = ["451 4.7.1 Greylisted, come back"]
    await approved(leader, curator)
    await in_state(leader, channel, Delivery.WAITING, everyone=True)
    await leader(
        "DeactivatePerson", people.DeactivatePersonRequest(name=f"people/{(await olga.who()).person}")
    )
    mail.answers.clear()
    make_due(catalog)
    over = await in_state(leader, channel, Delivery.GIVEN_UP, everyone=True)
    assert over.answer == "That person has left."
    assert mail.to(OLGA) == []


def make_due(catalog: CatalogProcess) -> None:
    catalog.sql("UPDATE deliveries SET next_time = create_time WHERE state = 'WAITING'")
    catalog.sql("NOTIFY deliveries")


async def test_what_a_server_that_is_down_did_not_take_arrives_once_it_is_back(
    leader: Reviewer,
    curator: Curator,
    team: Team,
    channel: grpc.aio.Channel,
    mail: MailServer,
    catalog: CatalogProcess,
) -> None:
    await team.join(OLGA)
    mail.stop()
    try:
        await approved(leader, curator)
        waits = await in_state(leader, channel, Delivery.WAITING, everyone=True)
        assert waits.answer.startswith("The server does not answer")
    finally:
        mail.start()
    make_due(catalog)
    await arrived(mail, OLGA)


async def test_killed_after_the_server_took_it_the_same_message_is_sent_under_the_same_id(
    leader: Reviewer, curator: Curator, team: Team, mail: MailServer, catalog: CatalogProcess
) -> None:
    await team.join(OLGA)
    mail.hold()
    await approved(leader, curator)
    await eventually(mail.held.is_set)
    catalog.kill()
    mail.release()
    catalog.start()
    first, second = await arrived(mail, OLGA, 2)
    assert first.as_bytes() == second.as_bytes()
    await eventually(lambda: catalog.sql("SELECT state FROM deliveries") == [("SENT",)])


async def test_the_digest_comes_once_a_week_in_ten_lines_with_what_is_held_at_its_end(
    leader: Reviewer,
    curator: Curator,
    team: Team,
    channel: grpc.aio.Channel,
    mail: MailServer,
    catalog: CatalogProcess,
) -> None:
    things = await leader.put(*(course(f"c{n}", f"Course {n}", words(str(n))) for n in range(14)))
    await curator.propose(*(curator.outdated(each) for each in things))

    async def all_there() -> bool:
        return len(await leader.suggestions()) == 14

    await eventually(all_there)
    last_week = monday(datetime.now(UTC).date()) - timedelta(days=7)
    catalog.sql("INSERT INTO digest_weeks VALUES (%s, now())", (last_week,))
    restart(catalog)
    await eventually(lambda: len(catalog.sql("SELECT 1 FROM digest_weeks")) == 2)
    assert await deliveries(leader, channel) == []  # until somebody decides, an import is all there is
    open_ = await leader.suggestions(Suggestion.OPEN)
    await leader(
        "SnoozeSuggestion", review.SnoozeSuggestionRequest(name=open_[0].name, event="content_changes")
    )
    await leader.reject(open_[1], "still_accurate")
    catalog.sql("DELETE FROM digest_weeks WHERE monday > %s", (last_week,))
    restart(catalog)
    (digest,) = await arrived(mail, FIRST)
    assert digest["Subject"] == f"Winnow, week of {written(last_week + timedelta(days=7))}"
    said = lines(digest)
    assert len(said) == 10
    assert said[0].startswith(f"To decide, found {today()}: Outdated https://winnow.example.org/review/")
    assert said[-3] == "… and 3 more. All of it: https://winnow.example.org/review?whose=you"
    reason = "10 others come first for whoever it is assigned to."
    assert said[-2] == f"2 suggestions are held back, the oldest since {today()}: {reason}"
    restart(catalog)
    await leader.only(Suggestion.SNOOZED)
    assert len(await deliveries(leader, channel)) == 1
    assert mail.to(FIRST) == [digest]
    # Of a blind one the reason could say how certain it is.
    catalog.sql("UPDATE suggestions SET blind = true WHERE state = 'HELD'")
    catalog.sql("DELETE FROM deliveries")
    catalog.sql("DELETE FROM digest_weeks WHERE monday > %s", (last_week,))
    restart(catalog)
    _, again = await arrived(mail, FIRST, 2)
    assert lines(again)[-2] == f"2 suggestions are held back, the oldest since {today()}."


async def test_the_digest_says_of_what_concerns_somebody_when_it_applies_who_did_it_and_what_is_due(
    leader: Reviewer, curator: Curator, team: Team, mail: MailServer, catalog: CatalogProcess
) -> None:
    await team.join(OLGA)
    await team.join("sol@example.org", SPECIALIST)
    planned, _ = await approved(leader, curator)
    await give_notice(leader, 0, 0)
    kept, copy = await leader.put(
        course("c3", "Ropes", words("b")), course("c4", "Ropes copy", words("b"), owner=OLGA)
    )
    await curator.propose(curator.duplicate(kept, copy))
    done = await leader.only(Suggestion.OPEN)
    assert (await leader.accept(done)).state == Suggestion.APPLIED
    (old,) = await leader.put(course("c5", "Knots", words("c"), owner=OLGA))
    await curator.propose(curator.outdated(old))
    await leader.accept(await leader.only(Suggestion.OPEN))
    (asked,) = await leader.put(course("c6", "Hooks", words("d"), owner=OLGA))
    await curator.propose(curator.outdated(asked))
    question = await leader.only(Suggestion.OPEN)
    await leader("AskOwner", review.AskOwnerRequest(name=question.name, question="Still so?"))
    due = datetime.now(UTC).date() - timedelta(days=1)
    catalog.sql("UPDATE tasks SET due = %s", (due,))
    # As after a notice: the scheduler applies what people approved.
    by_itself = "UPDATE decisions SET actor = 'scheduler' WHERE verb = 'apply' AND suggestion = %s"
    catalog.sql(by_itself, (bare(done.name),))
    last_week = monday(datetime.now(UTC).date()) - timedelta(days=7)
    catalog.sql("INSERT INTO digest_weeks VALUES (%s, now())", (last_week,))
    mail.inbox.clear()
    restart(catalog)
    told = {who: lines((await arrived(mail, who))[0]) for who in (OLGA, "sol@example.org")}
    assert planned.HasField("due_time")
    applies = planned.due_time.ToDatetime().date()
    for said, starts in (
        (told[OLGA][0], f"Applies on {written(applies)}: Copies: “Ladders copy” is replaced by “Ladders” in"),
        (told[OLGA][1], f"Late: due {written(due)}: "),
        (told[OLGA][2], f"Applied on {today()} by First: Copies https://winnow.example.org/review/"),
        (told[OLGA][3], f"Applied on {today()} by First: Outdated https://winnow.example.org/review/"),
        (told["sol@example.org"][0], "1 change that learners notice was applied since "),
    ):
        assert said.startswith(starts)


async def test_what_was_done_together_is_one_line_of_the_digest(
    leader: Reviewer, curator: Curator, team: Team, mail: MailServer, catalog: CatalogProcess
) -> None:
    await team.join(OLGA)
    for n in range(3):
        kept, copy = await leader.put(
            *(course(f"c{n}{k}", f"Ladders {n}", words(str(n)), owner=OLGA) for k in "ab")
        )
        await curator.propose(curator.duplicate(kept, copy))
    await curator.settled()
    done = await leader("BatchDecide", BatchDecideRequest(filter=BatchDecideRequest.Filter()))
    assert len([each for each in done.outcomes if not each.reason]) == 3
    await due_digest(catalog)
    (digest,) = await arrived(mail, OLGA)
    events = [line for line in lines(digest) if line.startswith("Applied")]
    where = "https://winnow.example.org/activity"
    assert events == [f"Applied on {today()} by First: Copies and 2 more, together {where}"]


async def test_what_was_done_twice_by_itself_is_not_told_as_done_together(
    leader: Reviewer, curator: Curator, team: Team, mail: MailServer, catalog: CatalogProcess
) -> None:
    await team.join(OLGA)
    kept, copy = await leader.put(*(course(k, "Ladders", words("a"), owner=OLGA) for k in "ab"))
    await curator.propose(curator.duplicate(kept, copy))
    done = await leader.accept(await leader.only(Suggestion.OPEN))
    back = await leader.undo(done)
    await leader.accept(back)
    await due_digest(catalog)
    (digest,) = await arrived(mail, OLGA)
    events = [line.partition(" https://")[0] for line in lines(digest)]
    assert events.count(f"Applied on {today()} by First: Copies") == 2
    assert events.count(f"Taken back on {today()} by First: Copies") == 1


async def test_a_notice_is_one_line_however_many_things_it_changes(
    leader: Reviewer, curator: Curator, team: Team, mail: MailServer
) -> None:
    await team.join(OLGA)
    planned, _ = await approved(leader, curator)
    (told,) = await arrived(mail, OLGA)
    texts = [change.text for part in planned.plan.parts for change in part.changes]
    assert len(texts) > 1
    (event,) = [line for line in lines(told) if line.startswith("On ")]
    assert all(each in event for each in texts)


async def test_a_notice_of_more_than_fits_says_first_what_is_the_readers_own(
    leader: Reviewer, curator: Curator, team: Team, mail: MailServer
) -> None:
    await team.join(OLGA)
    await give_notice(leader, 7, 14)
    kept, copy = await leader.put(
        course("c1", "Ladders", words("a")), course("c2", "Ladders copy", words("a"), owner=OLGA)
    )
    for n in range(9):
        await leader.program(f"{n} of the long lists of what is to be done at heights", copy)
    await curator.propose(curator.duplicate(kept, copy))
    planned = await leader.accept(await leader.only(Suggestion.OPEN))
    assert planned.state == Suggestion.SCHEDULED
    changes = [change for part in planned.plan.parts for change in part.changes]
    own = [each.text for each in changes if each.target == copy.name]
    assert own
    (told,) = await arrived(mail, OLGA)
    (event,) = [line for line in lines(told) if line.startswith("On ")]
    assert all(each in event for each in own)
    left = len(changes) - sum(each.text in event for each in changes)
    assert f"; and {left} more changes https://" in event


async def test_whoever_wants_what_is_urgent_alone_gets_no_digest(
    leader: Reviewer,
    curator: Curator,
    team: Team,
    channel: grpc.aio.Channel,
    mail: MailServer,
    catalog: CatalogProcess,
) -> None:
    olga = await team.join(OLGA)
    await choose(olga, channel, NoticeSettings.URGENT)
    await approved(leader, curator)
    (told,) = await arrived(mail, OLGA)
    assert "To object before then:" in text(told)
    await due_digest(catalog)
    await arrived(mail, FIRST)  # theirs is written with all others
    assert mail.to(OLGA) == [told]


async def test_whoever_can_still_object_is_called_again_on_the_last_day_and_once(
    leader: Reviewer, curator: Curator, team: Team, mail: MailServer, catalog: CatalogProcess
) -> None:
    await team.join(OLGA)
    planned, _ = await approved(leader, curator)
    await arrived(mail, OLGA)
    catalog.sql(
        """
        UPDATE suggestions SET due_time = now() + interval '20 hours',
            rest = jsonb_set(rest, '{decision,time}', to_jsonb(now() - interval '6 days'))
        WHERE id = %s
        """,
        (bare(planned.name),),
    )
    restart(catalog)
    _, again = await arrived(mail, OLGA, 2)
    restart(catalog)
    await arrived(mail, OLGA, 2)
    assert again["Subject"] == "Winnow: the last day to object: Copies"
    assert "/objections/" in text(again)


async def test_whoever_is_away_gets_no_digest_and_who_stands_in_is_told_what_is_theirs(
    leader: Reviewer, curator: Curator, team: Team, mail: MailServer, catalog: CatalogProcess
) -> None:
    olga = await team.join(OLGA, DESIGNER)
    things = await leader.put(*(course(f"c{n}", f"Course {n}", words(str(n)), owner=OLGA) for n in range(2)))
    await curator.propose(*(curator.outdated(each) for each in things))
    await curator.settled()
    until = datetime.now(UTC).date() + timedelta(days=10)
    day = Date(year=until.year, month=until.month, day=until.day)
    name = f"people/{(await olga.who()).person}"
    await leader("SetAbsence", people.SetAbsenceRequest(name=name, until=day))
    (told,) = await arrived(mail, FIRST)
    assert lines(told)[0].endswith(f", {today()}: 2 suggestions of theirs are yours now.")
    assert lines(told)[0].startswith("Olga is away")
    first, *_ = await leader.suggestions(Suggestion.OPEN)
    await leader.reject(first, "still_accurate")
    await due_digest(catalog)
    await arrived(mail, FIRST, 2)
    assert mail.to(OLGA) == []


async def due_digest(catalog: CatalogProcess) -> None:
    """Has the digests of this week written, as if there had been some in the week before."""
    last_week = monday(datetime.now(UTC).date()) - timedelta(days=7)
    catalog.sql("TRUNCATE digest_weeks")
    catalog.sql("INSERT INTO digest_weeks VALUES (%s, now())", (last_week,))
    restart(catalog)


def restart(catalog: CatalogProcess) -> None:
    """The scheduler looks at once when it starts, and else each minute."""
    catalog.stop()
    catalog.start()


def written(day: date) -> str:
    return f"{day.day} {day:%b %Y}"
