"""`winnow dlq`: events that nobody could handle, and another try for them."""

from __future__ import annotations

import argparse
import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from nats.js import JetStreamContext

from services.cli import keys
from services.cli.arguments import Commands, command, group
from services.cli.data_folder import DataFolder
from services.cli.embedded.nats import OPERATOR
from services.cli.outcome import Answer, failed, wrong_use
from services.kit import deadletters, nats, telemetry
from services.kit.deadletters import DeadLetter
from services.kit.errors import NotFound

_CONNECT_SECONDS = 15.0


def add(commands: Commands) -> None:
    """Adds `dlq list` and `dlq retry`."""
    letters = group(commands, "dlq", "events that nobody could handle (dead letters)")
    for name, run, text in (
        ("list", _list, "list them, oldest first"),
        ("retry", _retry, "publish them again for everybody who listens"),
    ):
        made = command(letters, name, run, text)
        made.add_argument("--nats", metavar="URL", help="your own NATS server (default: the one in DIR)")
        if run is _retry:
            made.add_argument("number", nargs="*", type=int, metavar="NUMBER", help="as listed")
            made.add_argument("--all", action="store_true", help="every one")


def _list(asked: argparse.Namespace, data: DataFolder) -> Answer:
    async def work() -> list[DeadLetter]:
        async with jetstream(data, asked.nats) as js:
            return await deadletters.letters(js)

    return _answer(asyncio.run(work()))


def _retry(asked: argparse.Namespace, data: DataFolder) -> Answer:
    if bool(asked.number) == asked.all:
        raise wrong_use("Name the dead letters by their numbers, or give --all.")

    async def work() -> list[DeadLetter]:
        async with jetstream(data, asked.nats) as js:
            numbers = asked.number or [letter.number for letter in await deadletters.letters(js)]
            return [await deadletters.retry(js, number) for number in numbers]

    try:
        return _answer(asyncio.run(work()))
    except NotFound as error:
        raise failed(str(error)) from error


@asynccontextmanager
async def jetstream(data: DataFolder, url: str | None) -> AsyncGenerator[JetStreamContext]:
    """JetStream with the operator's login; CommandError if no server answers."""
    telemetry.configure_logging("winnow", "ERROR")  # that it connects and leaves again is no news
    state = data.state()
    if not url and state is None:
        raise failed(f"Winnow has never run on {data.path}; --nats names a server.")
    known = "" if state is None else state.nats
    # Only the server that is brought along knows the operator's key.
    own = state is not None and bool(state.nats_monitor) and not url
    seed = keys.nats_key(data, OPERATOR).seed_file if own else None
    try:
        async with asyncio.timeout(_CONNECT_SECONDS):
            connection = await nats.connect(url or known, name=OPERATOR, seed_file=seed)
    except TimeoutError as error:
        raise failed(f"NATS at {url or known} does not answer.") from error
    try:
        yield nats.jetstream(connection)
    finally:
        await nats.close(connection)


def _answer(letters: list[DeadLetter]) -> Answer:
    document = {
        "letters": [
            {
                "number": each.number,
                "reason": each.reason,
                "text": each.text,
                "durable": each.durable,
                "time": each.time,
                "eventId": each.event_id,
                "type": each.type,
                "subject": each.subject,
            }
            for each in letters
        ]
    }
    lines = (
        f"{each.number}  {each.time}  {each.durable}  {each.type}  {each.reason}: {each.text}"
        for each in letters
    )
    return Answer(document, tuple(lines) or ("none",))
