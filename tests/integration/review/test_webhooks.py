"""Webhooks: events posted to a real HTTP receiver that checks the signature by the scheme's own library.

It does not prove TLS to the receiver: the test's one is on this machine, which an installation may allow without.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import grpc.aio
import pytest
from standardwebhooks import Webhook as Standard
from standardwebhooks import WebhookVerificationError

from services.kit.rpc import error_info
from tests.integration.catalog.conftest import CatalogProcess, eventually
from tests.integration.review.conftest import Curator, Reviewer, Team, course, words
from tests.mail import MailServer, text
from tests.servers import NatsServer, PostgresServer, free_port
from winnow.catalog.v1.people_service_pb2 import Person
from winnow.review.v1 import notice_service_pb2 as notices
from winnow.review.v1 import webhook_service_pb2 as api
from winnow.review.v1.notice_service_pb2 import Delivery
from winnow.review.v1.notice_service_pb2_grpc import NoticeServiceStub
from winnow.review.v1.suggestion_pb2 import Suggestion
from winnow.review.v1.webhook_service_pb2_grpc import WebhookServiceStub

OPENED, DECIDED, APPLIED, UNDONE = (
    f"winnow.review.v1.{name}"
    for name in ("SuggestionOpened", "SuggestionDecided", "PlanApplied", "PlanUndone")
)


class Receiver(ThreadingHTTPServer):
    """Keeps what it gets as (headers, body); answers `status`."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", free_port()), Taking)
        self.got: list[tuple[dict[str, str], bytes]] = []
        self.status = 204
        self.url = f"http://127.0.0.1:{self.server_port}/winnow"

    def events(self, secret: str, *types: str) -> list[dict[str, Any]]:
        """What it has got of these types, each with a signature that holds; a repetition once."""
        known = {headers["webhook-id"]: Standard(secret).verify(body, headers) for headers, body in self.got}
        return [each for each in known.values() if not types or each["type"] in types]


class Taking(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        taken_by = self.server
        assert isinstance(taken_by, Receiver)
        body = self.rfile.read(int(self.headers["content-length"]))
        taken_by.got.append(({key.lower(): value for key, value in self.headers.items()}, body))
        self.send_response(taken_by.status)
        self.end_headers()

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - http.server's name
        """Says nothing."""


@pytest.fixture(scope="module")
def running() -> Iterator[Receiver]:
    with Receiver() as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


@pytest.fixture(scope="module")
def post() -> Iterator[MailServer]:
    server = MailServer().start()
    yield server
    server.stop()


@pytest.fixture(scope="module")
def process(
    running: Receiver,
    post: MailServer,
    postgres_server: PostgresServer,
    nats_session: NatsServer,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[CatalogProcess]:
    settings = {
        "WINNOW_SMTP_URL": post.url,
        "WINNOW_MAIL_FROM": "winnow@example.org",
        "WINNOW_PUBLIC_URL": "https://winnow.example.org",
        "WINNOW_WEBHOOK_ALLOWED": f"127.0.0.1:{running.server_port}",
    }
    folder = tmp_path_factory.mktemp("catalog")
    made = CatalogProcess(postgres_server.database("catalog"), nats_session.url, folder, settings)
    made.migrate()
    yield made.start()
    made.stop()


@pytest.fixture
def receiver(running: Receiver, catalog: CatalogProcess) -> Receiver:
    """The receiver, with nothing on its way to it and no webhook registered."""
    catalog.sql("TRUNCATE deliveries, webhooks")
    running.got.clear()
    running.status = 204
    return running


class Hooks:
    """One person's calls of the two services."""

    def __init__(self, who: Reviewer, channel: grpc.aio.Channel) -> None:
        self._who, self._channel = who, channel

    async def __call__(self, method: str, request: Any) -> Any:
        known = await self._who.who()
        webhook: Any = WebhookServiceStub(self._channel)
        service, stub = (
            ("WebhookService", webhook)
            if hasattr(webhook, method)
            else ("NoticeService", NoticeServiceStub(self._channel))
        )
        path = f"/winnow.review.v1.{service}/{method}"
        metadata = self._who.token(
            known.person, known.duties_version, known.read_content, path, known.token_id
        )
        return await getattr(stub, method)(request, metadata=metadata)

    async def register(self, url: str, *types: str) -> api.RegisterWebhookResponse:
        return await self("RegisterWebhook", api.RegisterWebhookRequest(url=url, types=types))

    async def only(self) -> api.Webhook:
        (one,) = (await self("ListWebhooks", api.ListWebhooksRequest())).webhooks
        return one

    async def deliveries(self) -> list[Delivery]:
        request = notices.ListDeliveriesRequest(everyone=True, page_size=200)
        found = (await self("ListDeliveries", request)).deliveries
        return [each for each in found if each.kind == Delivery.EVENT]


@pytest.fixture
def hooks(leader: Reviewer, channel: grpc.aio.Channel) -> Hooks:
    return Hooks(leader, channel)


async def applied(leader: Reviewer, curator: Curator, name: str = "c") -> Suggestion:
    kept, copy = await leader.put(
        course(f"{name}1", "Ladders", words(name)), course(f"{name}2", "Ladders copy", words(name))
    )
    await curator.propose(curator.duplicate(kept, copy))
    done = await leader.accept(await leader.only(Suggestion.OPEN), comment="Between us.")
    assert done.state == Suggestion.APPLIED
    return done


async def test_decisions_reach_a_receiver_signed_and_without_words_of_people_and_an_import_reaches_nobody(
    leader: Reviewer, curator: Curator, hooks: Hooks, receiver: Receiver
) -> None:
    everything = await hooks.register(receiver.url)
    plans = await hooks.register(f"{receiver.url}?plans", APPLIED)
    done = await applied(leader, curator)
    await leader.undo(done)

    async def all_there() -> bool:
        return len([each for each in await hooks.deliveries() if each.state == Delivery.SENT]) == 6

    await eventually(all_there)
    got: list[tuple[str, dict[str, Any]]] = []
    for headers, body in receiver.got:
        for secret in (everything.secret, plans.secret):
            try:
                got.append((secret, Standard(secret).verify(body, headers)))
            except WebhookVerificationError:
                continue  # it is the other one's
    assert [said["type"] for secret, said in got if secret == plans.secret] == [APPLIED]
    mine = [said for secret, said in got if secret == everything.secret]
    # The finding was opened before anybody had decided anything.
    assert [said["type"] for said in mine] == [DECIDED, DECIDED, APPLIED, DECIDED, UNDONE]
    assert len({said["id"] for said in mine}) == 5
    accepted = mine[0]
    assert (accepted["specversion"], accepted["source"], accepted["subject"]) == ("1.0", "catalog", done.name)
    decision = accepted["data"]["decision"]
    assert (decision["verb"], decision["actor"], decision["state"]) == (
        "accept",
        "first@example.org",
        "SCHEDULED",
    )
    assert "Between us." not in "".join(body.decode() for _, body in receiver.got)
    assert mine[2]["data"]["name"] == done.name
    assert receiver.got[0][0]["content-type"] == "application/cloudevents+json; charset=utf-8"
    assert json.loads(receiver.got[0][1])["datacontenttype"] == "application/json"


async def test_what_an_answer_of_500_held_up_is_tried_again_under_the_same_id(
    leader: Reviewer, curator: Curator, hooks: Hooks, receiver: Receiver, catalog: CatalogProcess
) -> None:
    made = await hooks.register(receiver.url, APPLIED)
    receiver.status = 500
    await applied(leader, curator)

    async def in_state(state: Any) -> Delivery | None:
        found = [each for each in await hooks.deliveries() if each.state == state and each.attempts]
        return found[0] if found else None

    waits = await eventually(lambda: in_state(Delivery.WAITING))
    assert (waits.answer, waits.attempts, waits.subject) == ("It answers 500.", 1, APPLIED)
    assert (await hooks.only()).HasField("failing_since")
    receiver.status = 200
    make_due(catalog)
    assert (await eventually(lambda: in_state(Delivery.SENT))).attempts == 2
    assert [headers["webhook-id"] for headers, _ in receiver.got] == [waits.name.partition("/")[2]] * 2
    assert len(receiver.events(made.secret)) == 1
    assert not (await hooks.only()).HasField("failing_since")


def make_due(catalog: CatalogProcess) -> None:
    catalog.sql("UPDATE deliveries SET next_time = create_time WHERE state = 'WAITING'")
    catalog.sql("NOTIFY deliveries")


async def test_after_days_of_failure_it_is_disabled_and_administrators_are_told_until_one_enables_it(
    leader: Reviewer,
    curator: Curator,
    hooks: Hooks,
    receiver: Receiver,
    post: MailServer,
    catalog: CatalogProcess,
) -> None:
    made = await hooks.register(receiver.url, APPLIED)
    catalog.sql("UPDATE webhooks SET failing_since = now() - interval '6 days'")
    receiver.status = 503
    await applied(leader, curator)

    async def disabled() -> api.Webhook | None:
        one = await hooks.only()
        return one if one.HasField("disable_time") else None

    gone = await eventually(disabled)
    assert gone.disable_reason.endswith(": It answers 503.")
    (told,) = await eventually(lambda: [m for m in post.inbox if "disabled" in m["Subject"]])
    assert f"the webhook to {receiver.url}. {gone.disable_reason}" in text(told)
    (given_up,) = await hooks.deliveries()
    assert given_up.state == Delivery.GIVEN_UP
    receiver.status = 204
    await hooks("EnableWebhook", api.EnableWebhookRequest(name=made.webhook.name))
    await applied(leader, curator, "d")

    async def sent() -> bool:
        return Delivery.SENT in [each.state for each in await hooks.deliveries()]

    await eventually(sent)
    await hooks("RemoveWebhook", api.RemoveWebhookRequest(name=made.webhook.name))
    assert not (await hooks("ListWebhooks", api.ListWebhooksRequest())).webhooks


async def test_one_that_says_it_is_gone_is_disabled_at_once(
    leader: Reviewer, curator: Curator, hooks: Hooks, receiver: Receiver
) -> None:
    await hooks.register(receiver.url, APPLIED)
    receiver.status = 410
    await applied(leader, curator)

    async def disabled() -> bool:
        return (await hooks.only()).disable_reason == "It answers 410: gone for good."

    await eventually(disabled)


@pytest.mark.parametrize(
    "url",
    [
        "http://example.org/hook",
        "ftp://example.org/",
        "https://me:secret@example.org/",
        "not a url",
        "http://127.0.0.1:1/",
    ],
)
async def test_an_address_without_tls_or_with_a_password_is_not_registered(
    hooks: Hooks, receiver: Receiver, url: str
) -> None:
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await hooks.register(url)
    assert refused.value.code() == grpc.StatusCode.INVALID_ARGUMENT


@pytest.mark.parametrize(
    "url",
    ["https://127.0.0.1/", "https://10.0.0.1/hook", "https://169.254.169.254/latest", "https://localhost/"],
)
async def test_nothing_is_posted_to_an_address_that_is_not_public(
    leader: Reviewer, curator: Curator, hooks: Hooks, receiver: Receiver, url: str
) -> None:
    await hooks.register(url, APPLIED)
    await applied(leader, curator)

    async def tried() -> Delivery | None:
        return next((each for each in await hooks.deliveries() if each.attempts), None)

    waits = await eventually(tried)
    assert waits.answer == "Not sent: its host has an address that is not public."


async def test_only_administrators_register_and_an_address_has_one(
    leader: Reviewer, team: Team, hooks: Hooks, receiver: Receiver, channel: grpc.aio.Channel
) -> None:
    designer = Hooks(await team.join("ida@example.org", Person.INSTRUCTIONAL_DESIGNER), channel)
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await designer.register(receiver.url)
    assert refused.value.code() == grpc.StatusCode.PERMISSION_DENIED
    await hooks.register(receiver.url)
    with pytest.raises(grpc.aio.AioRpcError) as again:
        await hooks.register(receiver.url)
    info = error_info(again.value)
    assert info is not None
    assert info.reason == "WEBHOOK_EXISTS"
    once = api.RegisterWebhookRequest(url=f"{receiver.url}/once", request_id="once")
    made = await hooks("RegisterWebhook", once)
    with pytest.raises(grpc.aio.AioRpcError) as shown:
        await hooks("RegisterWebhook", once)
    info = error_info(shown.value)
    assert info is not None
    assert (info.reason, info.metadata["name"]) == ("SECRET_SHOWN", made.webhook.name)
    with pytest.raises(grpc.aio.AioRpcError) as unknown:
        await hooks.register(f"{receiver.url}/2", "winnow.review.v1.NoteAdded")
    assert unknown.value.code() == grpc.StatusCode.INVALID_ARGUMENT
