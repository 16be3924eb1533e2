"""What a killed `winnow up` left behind: its children run on, unwatched, until the next one or `winnow down`."""

from __future__ import annotations

import shutil
import signal
from collections.abc import Collection
from pathlib import Path

from services.cli import processes
from services.cli.children import MARK
from services.cli.data_folder import DataFolder
from services.cli.embedded import postgres
from services.cli.processes import Process, StopSignals

_STOP: StopSignals = ((signal.SIGTERM, 10.0),)


def end(data: DataFolder) -> int:
    """Ends all orphans of this data folder, the servers last; returns how many there were.

    Only call it when no `winnow up` runs on the folder.
    """
    state = data.state()
    recorded = {} if state is None else {each.name: each.process for each in state.processes}
    database = processes.working_in(data.path / "postgres" / "data")
    broker = [each for each in (recorded.get("nats-server"),) if each is not None and each.alive]
    # A child that was started in the very moment of the kill is not recorded, but carries the mark.
    known = {each for each in recorded.values() if each is not None and each.alive}
    services = (known | set(processes.marked(MARK, str(data.path)))) - {*database, *broker}
    for group in (services, broker):
        _end_together(group)
    postgres.end_remains(data)
    if state is not None and state.runtime:
        shutil.rmtree(Path(state.runtime), ignore_errors=True)
    return len(services) + len(broker) + bool(database)


def _end_together(group: Collection[Process]) -> None:
    for process in group:
        process.send(signal.SIGTERM)
    for process in group:
        process.end(_STOP)
