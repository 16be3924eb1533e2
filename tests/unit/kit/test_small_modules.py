"""Rules of kit that need no server: clock, identity, page tokens, errors as Status, traces, protobuf helpers."""

from __future__ import annotations

import asyncio
import contextlib
from datetime import UTC, date, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import grpc
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)
from google.protobuf.wrappers_pb2 import BytesValue, Int64Value, StringValue
from google.rpc.error_details_pb2 import BadRequest, ErrorInfo
from hypothesis import given
from hypothesis import strategies as st

from services.kit import pages, process, protobuf, rpc, telemetry
from services.kit.clock import Clock
from services.kit.errors import Aborted, InvalidArgument, NotFound, Unauthenticated, Violation
from services.kit.identity import Caller, Signer, Verifier
from services.kit.settings import ServiceSettings, split_listen

NOW = datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC)


def pems() -> tuple[bytes, bytes]:
    key = Ed25519PrivateKey.generate()
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return private, key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


PRIVATE, PUBLIC = pems()
CALLER = Caller("ada", 7, True, "/pkg.Service/Method", "token-1")


def test_a_token_names_its_caller_for_sixty_seconds() -> None:
    token = Signer(PRIVATE).sign(CALLER, NOW)
    verifier = Verifier(PUBLIC)
    assert verifier.verify(token, CALLER.method, NOW + timedelta(seconds=60)) == CALLER
    with pytest.raises(Unauthenticated) as refused:
        verifier.verify(token, CALLER.method, NOW + timedelta(seconds=66))
    assert refused.value.reason == "IDENTITY_EXPIRED"


def test_a_token_is_good_for_its_method_alone() -> None:
    token = Signer(PRIVATE).sign(CALLER, NOW)
    with pytest.raises(Unauthenticated):
        Verifier(PUBLIC).verify(token, "/pkg.Service/Other", NOW)


def test_a_token_signed_by_another_key_is_refused() -> None:
    token = Signer(pems()[0]).sign(CALLER, NOW)
    with pytest.raises(Unauthenticated):
        Verifier(PUBLIC).verify(token, CALLER.method, NOW)


def test_an_unsigned_token_is_refused() -> None:
    import jwt

    claims = {
        "sub": "ada",
        "ver": 7,
        "rc": True,
        "mth": CALLER.method,
        "cred": "",
        "iat": 0,
        "exp": 9_999_999_999,
    }
    with pytest.raises(Unauthenticated):
        Verifier(PUBLIC).verify(jwt.encode(claims, None, algorithm="none"), CALLER.method, NOW)


def test_a_replaced_today_moves_now_to_that_day_and_time_goes_on() -> None:
    clock = Clock(ZoneInfo("Europe/Berlin"), date(2020, 2, 29))
    assert clock.today() == date(2020, 2, 29)
    first = clock.now()
    assert abs(first.astimezone(ZoneInfo("Europe/Berlin")).date() - clock.today()) <= timedelta(days=1)
    assert first <= clock.now() < first + timedelta(minutes=1)


def test_today_is_the_organisations_day_and_midnight_is_its_own() -> None:
    zone = ZoneInfo("Pacific/Kiritimati")  # UTC+14: another date than UTC for most of the day
    clock = Clock(zone)
    assert clock.today() == datetime.now(zone).date()
    midnight = clock.next_midnight().astimezone(zone)
    assert (midnight.hour, midnight.minute) == (0, 0)
    assert midnight.date() == clock.today() + timedelta(days=1)


key = st.one_of(
    st.text(), st.integers(-(2**53), 2**53), st.floats(allow_nan=False, allow_infinity=False), st.none()
)


@given(st.lists(key, min_size=1, max_size=4))
def test_a_page_token_gives_back_its_keys(values: list[str | int | float | None]) -> None:
    assert pages.keys(pages.token(values, scope=("list", "a")), len(values), scope=("list", "a")) == tuple(
        values
    )


@given(st.text(max_size=80))
def test_no_page_token_but_ones_own_is_accepted(token: str) -> None:
    if token:
        with pytest.raises(InvalidArgument):
            pages.keys(token, 1)


def test_a_page_token_of_another_request_is_refused() -> None:
    token = pages.token(["a"], scope=("OPEN",))
    with pytest.raises(InvalidArgument) as refused:
        pages.keys(token, 1, scope=("HELD",))
    assert refused.value.violations[0].field == "page_token"
    with pytest.raises(InvalidArgument):
        pages.keys(token, 2, scope=("OPEN",))


def test_a_page_size_has_a_default_and_a_maximum() -> None:
    assert (pages.size(0), pages.size(7), pages.size(10**9)) == (50, 7, 1000)
    with pytest.raises(InvalidArgument):
        pages.size(-1)


def test_an_error_becomes_a_status_with_reason_fields_and_state() -> None:
    error = Aborted(
        "TAKEN",
        "Ada was first.",
        {"by": "ada"},
        details=[StringValue(value="state"), 41],
        violations=[Violation("items[0].id", "is taken")],
    )
    message = rpc.status(error, lambda value: Int64Value(value=value + 1) if isinstance(value, int) else None)
    info, request, state, wired = ErrorInfo(), BadRequest(), StringValue(), Int64Value()
    assert [
        detail.Unpack(kind)
        for detail, kind in zip(message.details, (info, request, state, wired), strict=True)
    ] == [True] * 4
    assert (message.code, message.message) == (grpc.StatusCode.ABORTED.value[0], "Ada was first.")
    assert (info.reason, info.domain, dict(info.metadata)) == ("TAKEN", "winnow", {"by": "ada"})
    assert request.field_violations[0].field == "items[0].id"
    assert (state.value, wired.value) == ("state", 42)


def test_state_too_large_for_metadata_is_left_out_and_the_reason_stays() -> None:
    error = NotFound("GONE", "Gone.", details=[BytesValue(value=b"x" * 10_000), StringValue(value="small")])
    message = rpc.status(error)
    assert [detail.Is(StringValue.DESCRIPTOR) for detail in message.details] == [False, True]


def test_a_trace_is_continued_and_a_malformed_one_replaced() -> None:
    incoming = "00-" + "ab" * 16 + "-" + "cd" * 8 + "-01"
    assert telemetry.bind_trace(incoming) == "ab" * 16
    outgoing = telemetry.trace()
    assert outgoing.startswith("00-" + "ab" * 16)
    assert outgoing != incoming
    assert len(telemetry.bind_trace("nonsense")) == 32


def test_moments_and_days_cross_protobuf_unchanged() -> None:
    berlin = NOW.astimezone(timezone(timedelta(hours=2)))
    assert protobuf.moment(protobuf.timestamp(berlin)) == NOW
    assert protobuf.date_value(protobuf.date_message(date(2024, 2, 29))) == date(2024, 2, 29)
    assert protobuf.date_value(protobuf.Date(year=2024)) is None
    with pytest.raises(ValueError, match="time zone"):
        protobuf.timestamp(datetime(2024, 1, 1))  # noqa: DTZ001


def test_settings_read_the_environment_and_refuse_a_bad_address(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WINNOW_NATS_URL", "nats://here")
    monkeypatch.setenv("WINNOW_TODAY", "2026-06-01")
    monkeypatch.setenv("WINNOW_HEALTH_LISTEN", "[::1]:9000")
    settings = ServiceSettings()  # pyright: ignore[reportCallIssue]
    assert settings.clock().today() == date(2026, 6, 1)
    assert split_listen(settings.health_listen) == ("::1", 9000)
    monkeypatch.setenv("WINNOW_HEALTH_LISTEN", "9000")
    with pytest.raises(ValueError, match="host:port"):
        ServiceSettings()  # pyright: ignore[reportCallIssue]


async def test_a_task_that_a_cancellation_does_not_reach_is_cancelled_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(process, "_CANCEL_AGAIN", 0.01)
    started = asyncio.Event()

    async def deaf_once() -> None:
        with contextlib.suppress(asyncio.CancelledError):
            started.set()
            await asyncio.Event().wait()
        await asyncio.Event().wait()

    async def failed() -> None:
        raise OSError("gone")

    tasks = [asyncio.ensure_future(deaf_once()), asyncio.ensure_future(failed())]
    await started.wait()
    deaf, gone = await asyncio.wait_for(process.end(tasks), 5)
    assert isinstance(deaf, asyncio.CancelledError)
    assert isinstance(gone, OSError)
