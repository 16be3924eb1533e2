"""The subjects each login of the embedded NATS server may use: what it needs, and nothing of the others."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from services.cli.embedded.nats import LOGINS, configuration, permissions


def allowed(login: str, verb: str, subject: str) -> bool:
    return any(_covers(pattern, subject) for pattern in permissions(login)[verb]["allow"])


def _covers(pattern: str, subject: str) -> bool:
    wanted, given = pattern.split("."), subject.split(".")
    for place, token in enumerate(wanted):
        if token == ">":
            return len(given) > place
        if place >= len(given) or token not in ("*", given[place]):
            return False
    return len(wanted) == len(given)


@pytest.mark.parametrize(
    ("login", "verb", "subject"),
    [
        ("catalog", "publish", "events.winnow.catalog.v1.ResourcesChanged"),
        ("catalog", "publish", "events.winnow.review.v1.PlanApplied"),
        ("catalog", "publish", "$JS.API.CONSUMER.MSG.NEXT.CURATOR.catalog-review"),
        ("catalog", "publish", "$JS.ACK.CURATOR.catalog-review.1.2.3.4.5"),
        ("catalog", "publish", "$JS.API.STREAM.CREATE.CATALOG"),
        (
            "catalog",
            "publish",
            "$JS.API.CONSUMER.CREATE.CATALOG.curator-embed.events.winnow.catalog.v1.ResourcesChanged",
        ),
        ("catalog", "publish", "dead.events.winnow.curation.v1.ProposalMade"),
        ("catalog", "subscribe", "rpc.winnow.internal.v1.FeedService.GetStates"),
        ("curator", "publish", "rpc.winnow.internal.v1.FeedService.GetStates"),
        ("curator", "publish", "events.winnow.curation.v1.ProposalMade"),
        ("curator", "publish", "$JS.API.CONSUMER.MSG.NEXT.CATALOG.curator-judge"),
        ("curator", "subscribe", "rpc.winnow.curation.v1.CurationService.GetIndexStatus"),
        ("gateway", "publish", "rpc.winnow.curation.v1.CurationService.GetIndexStatus"),
        ("gateway", "subscribe", "events.winnow.catalog.v1.PeopleChanged"),
        ("operator", "publish", "$JS.API.STREAM.MSG.DELETE.DEAD"),
    ],
)
def test_each_login_may_do_its_work(login: str, verb: str, subject: str) -> None:
    assert allowed(login, verb, subject)


@pytest.mark.parametrize(
    ("login", "verb", "subject"),
    [
        ("catalog", "publish", "events.winnow.curation.v1.ProposalMade"),
        ("catalog", "publish", "$JS.API.STREAM.DELETE.CATALOG"),
        ("catalog", "publish", "$JS.API.STREAM.PURGE.CATALOG"),
        ("catalog", "publish", "$JS.API.CONSUMER.MSG.NEXT.CATALOG.curator-embed"),
        ("catalog", "publish", "$JS.ACK.CATALOG.curator-embed.1.2.3.4.5"),
        ("curator", "publish", "events.winnow.catalog.v1.ResourcesChanged"),
        ("curator", "publish", "$JS.API.STREAM.CREATE.CATALOG"),
        ("curator", "publish", "$JS.API.STREAM.MSG.GET.CATALOG"),
        ("curator", "subscribe", "events.winnow.review.v1.PlanApplied"),
        ("curator", "subscribe", "rpc.winnow.internal.v1.FeedService.GetStates"),
        ("gateway", "publish", "rpc.winnow.internal.v1.FeedService.GetStates"),
        ("gateway", "publish", "events.winnow.catalog.v1.PeopleChanged"),
        ("gateway", "publish", "$JS.API.STREAM.INFO.CATALOG"),
        ("gateway", "subscribe", "events.winnow.catalog.v1.ResourcesChanged"),
        ("operator", "publish", "$JS.API.STREAM.DELETE.CATALOG"),
        ("operator", "publish", "rpc.winnow.internal.v1.FeedService.GetStates"),
    ],
)
def test_no_login_may_do_the_work_of_another(login: str, verb: str, subject: str) -> None:
    assert not allowed(login, verb, subject)


@pytest.mark.parametrize("login", LOGINS)
def test_replies_are_read_by_nobody_else(login: str) -> None:
    readers = [each for each in LOGINS if allowed(each, "subscribe", f"_INBOX_{login}.x.y")]
    assert readers == [login]


def test_the_server_syncs_each_message_and_knows_nobody_without_a_key(tmp_path: Path) -> None:
    config: dict[str, Any] = configuration(tmp_path / "nats" / "store", 4222, 8222, {"catalog": "UABC"})
    assert config["jetstream"]["sync_interval"] == "always"
    assert config["listen"] == "127.0.0.1:4222"
    assert [user["nkey"] for user in config["authorization"]["users"]] == ["UABC"]
