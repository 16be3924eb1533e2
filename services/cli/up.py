"""`winnow up`, in the terminal or in the background, and `winnow down`."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Mapping

import orjson

from services.cli import keys, log, orphans, status
from services.cli.arguments import Commands, command
from services.cli.data_folder import DataFolder
from services.cli.outcome import Answer, CommandError, Exit, failed, print_answer
from services.cli.running import Options, run

_DOWN_SECONDS = 90.0  # the services may take 25 s to finish running calls


def up(data: DataFolder, options: Options, *, as_json: bool) -> None:
    """Runs Winnow until Ctrl-C or SIGTERM, its log on the terminal. CommandError if it runs or cannot start."""
    data.make()
    with data.locked():
        start = _size(data)
        terminal = os.fdopen(log.redirect_stderr(data.log), "w", buffering=1)

        def announce(http: str, link: str) -> None:
            print_answer(_announcement(data, http, link), as_json=as_json)

        following = log.follow(data.log, start, lambda line: print(line, file=terminal))
        try:
            asyncio.run(run(data, options, announce, following))
        finally:
            os.dup2(terminal.fileno(), 2)


def detach(data: DataFolder, options: Options) -> Answer:
    """Starts Winnow in the background and returns when it is ready. CommandError if it runs or cannot start."""
    data.make()
    with data.locked():
        start = _size(data)
    reading, writing = os.pipe()
    with data.log.open("ab") as output:
        started = subprocess.Popen(
            [
                *(sys.executable, "-P", "-m", "services.cli.main", "--data", str(data.path), "up"),
                *options.arguments(),
                *("--notify", str(writing)),
            ],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            pass_fds=(writing,),
            start_new_session=True,
            cwd="/",
        )
    os.close(writing)
    with os.fdopen(reading, "rb") as news:
        heard = news.read()  # until the process in the background has said something, or has ended
    if not heard:
        started.wait()
        raise failed(f"Winnow did not start:\n{log.tail(data.log, start)}")
    said = orjson.loads(heard)
    if "text" in said:
        started.wait()
        raise CommandError(Exit(said["code"]), said["text"])
    return _announcement(data, said["http"], said["link"])


def in_background(data: DataFolder, options: Options, notify: int) -> None:
    """The process behind `detach`: its log goes to the file alone, the news to the pipe `notify`."""

    def tell(news: Mapping[str, object]) -> None:
        with os.fdopen(notify, "wb") as pipe:
            pipe.write(orjson.dumps(news))

    async def bound_log() -> None:
        while True:
            log.bound(data.log)
            await asyncio.sleep(60)

    try:
        with data.locked():
            asyncio.run(
                run(data, options, lambda http, link: tell({"http": http, "link": link}), bound_log())
            )
    except CommandError as error:
        with contextlib.suppress(OSError):  # it had been ready before: nobody listens any more
            tell({"code": error.code, "text": error.text})
        raise


def down(data: DataFolder) -> Answer:
    """Stops what runs on this data folder, a killed run's orphans too; nothing running is fine."""
    state = data.state()
    running = [each["name"] for each in status.document(data)["processes"] if each["pid"]]
    if state is not None:
        if state.up.process is not None:
            state.up.process.end(((signal.SIGTERM, _DOWN_SECONDS),))
        with data.locked():  # refused if another one has begun meanwhile
            orphans.end(data)
    lines = (f"stopped: {', '.join(running)}" if running else "nothing was running",)
    return Answer({"stopped": running}, lines)


def _announcement(data: DataFolder, http: str, link: str) -> Answer:
    """What is said once all is ready. The sign-in link is told this once and not kept."""
    keys.bootstrap(data).shown()
    lines = [f"Winnow is ready: {http}"]
    if link:
        lines += [f"Sign in once with: {link}", f"Token for the API: {data.token}"]
    return Answer({**status.document(data), "signIn": link or None}, tuple(lines))


def add(commands: Commands) -> None:
    """Adds `up` and `down`."""
    starting = command(commands, "up", _up, "start everything on this machine and keep it running")
    starting.add_argument("--detach", action="store_true", help="return when ready, run on in the background")
    starting.add_argument(
        "--ports", choices=("auto",), help="pick free ports instead of 8080 and 8081, and remember them"
    )
    starting.add_argument(
        "--postgres", default="", metavar="URL", help="your own PostgreSQL, as administrator"
    )
    starting.add_argument("--nats", default="", metavar="URL", help="your own NATS server with JetStream")
    starting.add_argument("--qdrant", default="", metavar="URL", help="your own Qdrant")
    starting.add_argument("--notify", type=int, help=argparse.SUPPRESS)
    command(commands, "down", lambda _, data: down(data), "stop everything")


def _up(asked: argparse.Namespace, data: DataFolder) -> Answer | None:
    options = Options(asked.ports == "auto", asked.postgres, asked.nats, asked.qdrant)
    if asked.detach:
        return detach(data, options)
    if asked.notify is None:
        up(data, options, as_json=asked.json)
    else:
        in_background(data, options, asked.notify)
    return None


def _size(data: DataFolder) -> int:
    return data.log.stat().st_size if data.log.exists() else 0
