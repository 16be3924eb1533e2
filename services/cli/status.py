"""`winnow status`: what runs, whether it can be used, and where; it needs no service to tell."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPConnection, HTTPException
from typing import Any
from urllib.parse import urlsplit

from services.cli.arguments import Commands, command
from services.cli.data_folder import DataFolder, ProcessState, State
from services.cli.outcome import Answer

NAMES = ("up", "catalog", "curator", "gateway", "nats-server", "postgres")

_PATIENCE = 2.0  # seconds for one service to say that it is ready


def add(commands: Commands) -> None:
    """Adds `status`."""
    command(commands, "status", lambda _, data: status(data), "say what runs and whether it is ready")


def status(data: DataFolder) -> Answer:
    """The state of this data folder's Winnow, whether anything runs or not."""
    found = document(data)
    lines = [f"{'ready' if found['ready'] else 'not ready'}  {found['http'] or ''}".rstrip()]
    lines += [
        f"  {each['name']:12} {each['state']:11} {each['pid'] or '-':>8}  restarts {each['restarts']}"
        for each in found["processes"]
    ]
    return Answer(found, tuple(lines))


def document(data: DataFolder) -> dict[str, Any]:
    """`ready`, `http` and `grpc` (null while nobody listens there) and `processes`."""
    state = data.state()
    if state is None:
        return _document(False, None, [ProcessState(name) for name in NAMES])
    watched = _alive(state.up)
    recorded = {each.name: each for each in (state.up, *state.processes)}
    seen = [_seen(each, watched) for each in recorded.values()]
    if not any(each.pid for each in seen):
        return _document(False, None, [ProcessState(name) for name in NAMES])
    ready = (
        watched
        and state.ready
        and all(each.state == "running" for each in seen)
        and _all_answer(state.ready_urls)
    )
    return _document(ready, state, seen)


def _document(ready: bool, state: State | None, seen: list[ProcessState]) -> dict[str, Any]:
    shown = sorted(seen, key=lambda each: NAMES.index(each.name))
    return {
        "ready": ready,
        "http": state.http if state else None,
        "grpc": state.grpc if state else None,
        "processes": [
            {"name": each.name, "pid": each.pid, "state": each.state, "restarts": each.restarts}
            for each in shown
        ],
    }


def _alive(state: ProcessState) -> bool:
    return state.process is not None and state.process.alive


def _seen(recorded: ProcessState, watched: bool) -> ProcessState:
    """As it is at this moment, which may be later than what was recorded."""
    if _alive(recorded):
        state = recorded.state if watched else "orphaned"
        return ProcessState(recorded.name, recorded.pid, recorded.started, state, recorded.restarts)
    state = "restarting" if watched and recorded.state != "stopped" else "stopped"
    return ProcessState(recorded.name, state=state, restarts=recorded.restarts)


def _all_answer(urls: Mapping[str, str]) -> bool:
    with ThreadPoolExecutor(max_workers=max(1, len(urls))) as threads:
        return all(threads.map(_answers, urls.values()))


def _answers(url: str) -> bool:
    address = urlsplit(url)
    connection = HTTPConnection(address.hostname or "", address.port, timeout=_PATIENCE)
    try:
        connection.request("GET", address.path)
        return connection.getresponse().status == 200
    except (OSError, HTTPException):
        return False
    finally:
        connection.close()
