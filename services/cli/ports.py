"""Loopback ports: the two that people know, and free ones for the rest, the same at each start."""

from __future__ import annotations

import random
import socket
from collections.abc import Iterable

from services.cli.data_folder import DataFolder
from services.cli.outcome import refused

DOORS = {"http": 8080, "grpc": 8081}
INNER = ("catalog", "catalog_health", "curator_health", "nats", "nats_monitor")

# Below the range from which the system serves outgoing connections: none of those takes a child's port
# between its end and its restart.
_FREE = range(20_000, 32_000)


def settle(data: DataFolder, *, automatic: bool) -> dict[str, int]:
    """All ports by purpose. Those remembered are kept while nobody else has them; others are picked anew.

    `automatic` picks free ones for the doors too; else those are 8080 and 8081, and CommandError says which
    is taken.
    """
    known = data.ports()
    ports: dict[str, int] = {}
    for purpose in (*DOORS, *INNER):
        port = known.get(purpose)
        if port is not None and _free(port):
            ports[purpose] = port
        elif purpose in INNER or automatic or port is not None:
            ports[purpose] = _pick(ports.values())
        else:
            ports[purpose] = _door(purpose)
    data.save_ports({purpose: port for purpose, port in ports.items() if DOORS.get(purpose) != port})
    return ports


def _door(purpose: str) -> int:
    port = DOORS[purpose]
    if not _free(port):
        raise refused(
            f"Port {port} ({purpose}) is taken by another program; `winnow up --ports auto` picks free ones."
        )
    return port


def _pick(taken: Iterable[int]) -> int:
    others = set(taken) | set(DOORS.values())
    while True:
        port = random.choice(_FREE)
        if port not in others and _free(port):
            return port


def _free(port: int) -> bool:
    with socket.socket() as tried:
        # As servers do: a port whose last connections still linger is free.
        tried.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            tried.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True
