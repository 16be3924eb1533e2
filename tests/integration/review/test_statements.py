"""The quarterly statement: a script makes each figure anew from what anybody can export, and it comes by mail.

The script reads the decision log and the catalog as exported, the list of people, and the engagement file that was
imported. It knows nothing of the code that makes the statement.
"""

from __future__ import annotations

import csv
import inspect
import io
from collections.abc import Iterator
from datetime import date
from typing import Any

import grpc.aio
import pytest

from services.kit import identity
from services.kit.clock import Clock
from services.kit.identity import Caller, Signer
from tests.integration.catalog.conftest import FIRST_TOKEN, CatalogProcess, eventually
from tests.integration.review.conftest import Curator, Reviewer, Team, bare, course, sealed, words
from tests.integration.review.statement_script import figures
from tests.integration.review.test_nested import HEAD
from tests.integration.review.test_program_plans import proposal
from tests.mail import MailServer
from tests.servers import NatsServer, PostgresServer
from tests.unit.kit.test_small_modules import PRIVATE
from winnow.catalog.v1 import people_service_pb2 as people
from winnow.catalog.v1.people_service_pb2 import Person
from winnow.curation.v1.proposal_pb2 import DraftOperation
from winnow.review.v1 import review_service_pb2 as review
from winnow.review.v1 import statement_service_pb2 as api
from winnow.review.v1.statement_service_pb2_grpc import StatementServiceStub
from winnow.review.v1.suggestion_pb2 import Suggestion

TODAY = date(2026, 7, 2)


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
        "WINNOW_TODAY": TODAY.isoformat(),
    }
    folder = tmp_path_factory.mktemp("catalog")
    made = CatalogProcess(postgres_server.database("catalog"), nats_session.url, folder, settings)
    made.migrate()
    yield made.start()
    made.stop()


class Dated(Reviewer):
    """Somebody whose calls are signed on the day that the catalog takes for today."""

    def token(self, person: str, version: int, read: bool, method: str, credential: str = "") -> Any:
        caller = Caller(person, version, read_content=read, method=method, credential=credential)
        return identity.metadata(Signer(PRIVATE).sign(caller, Clock(replaced_today=TODAY).now()))


@pytest.fixture
def leader(channel: grpc.aio.Channel) -> Dated:
    return Dated(channel, FIRST_TOKEN)


async def call(who: Reviewer, channel: grpc.aio.Channel, method: str, request: Any) -> Any:
    known = await who.who()
    path = f"/winnow.review.v1.StatementService/{method}"
    metadata = who.token(known.person, known.duties_version, known.read_content, path, known.token_id)
    return await getattr(StatementServiceStub(channel), method)(request, metadata=metadata)


async def told(who: Reviewer, channel: grpc.aio.Channel, quarter: str) -> dict[str, float | None]:
    value = await call(who, channel, "GetStatement", api.GetStatementRequest(quarter=quarter))
    assert value.quarter == quarter
    return {
        each.name: each.value if each.HasField("value") else None
        for each in value.figures
        if each.HasField("value") or each.why_unknown
    }


async def exported_log(who: Reviewer) -> str:
    whole, token = "", ""
    while True:
        page = await who("ExportDecisions", review.ExportDecisionsRequest(page_token=token))
        whole, token = whole + page.content, page.next_page_token
        if not token:
            return whole


def test_the_script_is_short_enough_to_be_read() -> None:
    assert len(inspect.getsource(figures).splitlines()) <= 40


ENGAGEMENT = "resource,month,enrolled,started,completed,seconds\r\n" + "".join(
    f"{resource},{month},{started},{started},{started // 2},{started * 600}\r\n"
    for resource, starts in {
        "r1": (50, 40, 30, 30, 5, 10, 15, 10),
        "r3": (20, 20, 20, 20, 20, 20, 20, 20),
        "r5": (1, 1, 0, 0, 0, 0, 0, 1),
        "r8": (50, 60, 70, 20, 10, 0, 0, 0),
    }.items()
    for month, started in zip(
        ("2025-11", "2025-12", "2026-01", "2026-02", "2026-03", "2026-04", "2026-05", "2026-06"),
        starts,
        strict=True,
    )
)


async def decided(leader: Reviewer, ida: Reviewer, curator: Curator) -> dict[str, Suggestion]:
    """Plans applied, taken back and refused, by two people; each under a word."""
    things = await leader.put(
        *(
            course(f"r{n}", f"Thing {n}", words(str(n)), owner="first@example.org" if n % 3 else "")
            for n in range(1, 12)
        )
    )
    thing = dict(enumerate(things, 1))
    await leader.imported("lms", {"engagement.csv": ENGAGEMENT.encode()}, complete=False)
    path = await leader.program("path", thing[1], thing[2], thing[3])
    other = await leader.program("other", thing[8], thing[9])
    rows = "".join(f"{key},2026-06,1,1,0,60,l1,in_progress,\n" for key in ("path", "other"))
    await leader.imported("lms", {"engagement.csv": (HEAD + rows).encode()}, complete=False)

    def move(key: str, program: Any, first: Any, last: Any, minutes: float) -> Any:
        operation = DraftOperation(
            operation="item_move",
            resource=bare(last.name),
            other=bare(first.name),
            program=bare(program.name),
        )
        made = proposal(curator, key, [operation], [program], [last, first])
        made.saving_minutes = minutes
        return made

    found: dict[str, Suggestion] = {}

    async def taken(word: str, finding: Any) -> Suggestion:
        known = {each.name for each in found.values()}
        await curator.propose(finding)

        async def there() -> Suggestion | None:
            new = [each for each in await leader.suggestions() if each.name not in known]
            return new[0] if new else None

        found[word] = await eventually(there)
        return found[word]

    for word, finding in {
        "measured": move("a", path, thing[1], thing[3], 630.0),
        "late": move("b", other, thing[8], thing[9], 90.0),
        "few": curator.duplicate(thing[4], thing[5]),
        "wrong": curator.outdated(thing[6], "archive", code="expired", score=0.95, hard=True),
    }.items():
        assert (await leader.accept(await taken(word, finding))).state == Suggestion.APPLIED, word
    undone = await leader.accept(await taken("undone", move("c", path, thing[3], thing[2], 60.0)))
    await leader.undo(undone)
    await ida.reject(await taken("refused", curator.duplicate(thing[10], thing[11])), "not_same")
    return found


async def test_each_figure_is_what_a_script_makes_of_the_exported_log_and_engagement(
    leader: Reviewer, curator: Curator, team: Team, channel: grpc.aio.Channel, catalog: CatalogProcess
) -> None:
    ida = await team.join("ida@example.org", Person.INSTRUCTIONAL_DESIGNER)
    await team.join("sam@example.org", Person.SPECIALIST)
    found = await decided(leader, ida, curator)
    february = [bare(found[word].name) for word in ("measured", "few", "refused")]
    catalog.sql("UPDATE decisions SET time = '2026-02-10 12:00Z' WHERE suggestion = ANY(%s)", (february,))
    catalog.sql(
        "UPDATE outcomes SET decide_time = '2026-02-10 12:00Z' WHERE suggestion = ANY(%s)", (february,)
    )
    log, exported = await exported_log(leader), await leader.export()
    few = [
        each
        for each in csv.DictReader(io.StringIO(log))
        if each["verb"] == "apply" and each["suggestion"] == found["few"].name
    ]
    assert [(each["learners"], each["learner_hours"]) for each in few] == [("", "")]
    roles = {
        each.email: {Person.Role.Name(role) for role in each.roles}
        for each in (await leader("ListPeople", people.ListPeopleRequest(page_size=200))).people
    }
    for quarter in ("2026-Q1", "2026-Q3"):
        script = figures(quarter, log, exported, ENGAGEMENT, roles)
        said = await told(leader, channel, quarter)
        if quarter == "2026-Q1":  # nobody wrote down how that quarter ended
            assert (said.pop("owner_coverage"), said.pop("silo_index")) == (None, None)
            script = {name: value for name, value in script.items() if name in said}
        assert said == script
    first, present = await told(leader, channel, "2026-Q1"), await told(leader, channel, "2026-Q3")
    # By hand: 180 starts of 10 minutes before and 90 after, four times a year; of three findings at 0.9333 on average
    # two were right.
    assert first["learner_hours_measured"] == 60.0
    assert first["learner_hours_planned"] == 10.5
    assert (first["plans_not_measured"], first["calibration_error"]) == (1.0, 0.2667)
    value = await call(leader, channel, "GetStatement", api.GetStatementRequest(quarter="2026-Q1"))
    rests_on = {
        each.suggestion: tuple(
            getattr(each, name) if each.HasField(name) else None
            for name in ("learner_hours", "measured_hours")
        )
        for each in value.plans
    }
    assert rests_on == {found["measured"].name: (10.5, 60.0), found["few"].name: (None, None)}
    assert present["wrong_content_removed"] == 1.0
    value = await call(leader, channel, "GetStatement", api.GetStatementRequest(quarter="2026-Q3"))
    (wrong,) = [each for each in value.plans if each.removed]
    assert wrong.suggestion == found["wrong"].name
    assert list(wrong.removed) == [each.resource for each in found["wrong"].members]
    assert (present["plans_applied"], present["plans_undone"]) == (3.0, 1.0)
    sheet = await call(leader, channel, "ExportStatement", api.ExportStatementRequest(quarter="2026-Q1"))
    rows = {each["figure"]: each for each in csv.DictReader(io.StringIO(sheet.content))}
    assert rows["learner_hours_measured"]["value"] == "60"
    assert rows["owner_coverage"]["why_unknown"] == "not_written_down"


async def test_what_two_plans_retire_of_wrong_content_is_removed_in_the_quarter_of_the_first(
    leader: Reviewer, curator: Curator, channel: grpc.aio.Channel, catalog: CatalogProcess
) -> None:
    one, other = await leader.put(*(course(f"r{n}", f"Thing {n}", words(str(n))) for n in (1, 2)))
    done: list[str] = []
    for number, (operation, successor) in enumerate((("deprecate", other), ("archive", None))):
        finding = curator.outdated(
            one, operation, other=successor, code="expired", score=0.95 - number / 100, hard=True
        )
        finding.key = f"{finding.key}:{operation}"
        await curator.propose(sealed(finding))
        await curator.settled()
        applied = await leader.accept(await leader.only(Suggestion.OPEN))
        assert applied.state == Suggestion.APPLIED
        done.append(bare(applied.name))
    catalog.sql("UPDATE decisions SET time = '2026-02-10 12:00Z' WHERE suggestion = %s", (done[0],))
    log, exported = await exported_log(leader), await leader.export()
    for quarter, removed in (("2026-Q1", 1.0), ("2026-Q3", 0.0)):
        script = figures(quarter, log, exported, ENGAGEMENT, {"first@example.org": {"LEARNING_LEADER"}})
        said = await told(leader, channel, quarter)
        assert said["wrong_content_removed"] == script["wrong_content_removed"] == removed


async def test_the_end_of_a_quarter_is_written_down_and_its_statement_comes_by_mail_to_who_wants_it(
    leader: Reviewer,
    curator: Curator,
    team: Team,
    channel: grpc.aio.Channel,
    catalog: CatalogProcess,
    post: MailServer,
) -> None:
    await leader.put(
        *(course(f"r{n}", f"Thing {n}", words(str(n)), owner="first@example.org") for n in (1, 2))
    )
    schedule = await call(leader, channel, "GetStatementSchedule", api.GetStatementScheduleRequest())
    assert schedule.every == api.StatementSchedule.NEVER
    every = api.SetStatementScheduleRequest(every=api.StatementSchedule.QUARTER)
    await call(leader, channel, "SetStatementSchedule", every)
    catalog.sql("TRUNCATE quarter_ends, deliveries")
    catalog.stop()
    catalog.start()
    await eventually(lambda: catalog.sql("SELECT 1 FROM quarter_ends"))
    assert (await told(leader, channel, "2026-Q2"))["owner_coverage"] == 1.0
    assert catalog.sql("SELECT resources, owned, rot FROM quarter_ends") == [(2, 2, 0)]
    # The first one is of the quarter that was running when it was asked for: that of Q2 is not sent.
    catalog.sql("UPDATE statement_schedules SET since = '2026-06-30'")
    post.inbox.clear()
    catalog.stop()
    catalog.start()
    (letter,) = await eventually(lambda: post.to("first@example.org"))
    assert letter["Subject"] == "Winnow: statement of 2026-Q2, until 30 Jun 2026"
    body, attached = letter.iter_parts()
    assert len([line for line in body.get_content().splitlines() if line.strip()]) <= 10
    assert "Resources with an owner: 1 (of 2)" in body.get_content()
    assert attached.get_filename() == "winnow-2026-Q2.csv"
    assert "2026-Q2,owner_coverage,1,share,measured,2," in attached.get_content()
    never = api.SetStatementScheduleRequest(every=api.StatementSchedule.NEVER)
    assert (await call(leader, channel, "SetStatementSchedule", never)).every == api.StatementSchedule.NEVER


async def test_a_quarter_that_has_not_begun_or_is_none_is_refused(
    leader: Reviewer, curator: Curator, channel: grpc.aio.Channel
) -> None:
    for quarter in ("2026-Q4", "2026-Q5", "summer"):
        with pytest.raises(grpc.aio.AioRpcError) as refused:
            await call(leader, channel, "GetStatement", api.GetStatementRequest(quarter=quarter))
        assert refused.value.code() == grpc.StatusCode.INVALID_ARGUMENT
