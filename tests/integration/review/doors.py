"""The gateway as a process of its own before the module's catalog, for what only shows at the doors people use."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from tests.integration.catalog.conftest import CatalogProcess
from tests.servers import free_port
from tests.unit.kit.test_small_modules import PRIVATE


@dataclass(frozen=True)
class Doors:
    """Where it listens."""

    http: str
    grpc: str
    log: Path
    process: subprocess.Popen[bytes]

    def client(self, token: str) -> httpx.Client:
        return httpx.Client(base_url=self.http, headers={"Authorization": f"Bearer {token}"}, timeout=20)


@contextmanager
def doors(catalog: CatalogProcess, folder: Path, **settings: str) -> Generator[Doors]:
    """A running gateway; `settings` are further ones by the names they have in the environment."""
    ports = {name: free_port() for name in ("grpc", "http")}
    (folder / "private.pem").write_bytes(PRIVATE)
    environment = {
        **os.environ,
        "WINNOW_NATS_URL": catalog.nats_url,
        "WINNOW_CATALOG_TARGET": f"127.0.0.1:{catalog.port}",
        "WINNOW_GRPC_LISTEN": f"127.0.0.1:{ports['grpc']}",
        "WINNOW_HTTP_LISTEN": f"127.0.0.1:{ports['http']}",
        "WINNOW_PUBLIC_URL": f"http://127.0.0.1:{ports['http']}",
        "WINNOW_IDENTITY_PRIVATE_KEY_FILE": str(folder / "private.pem"),
        **settings,
    }
    log = folder / "gateway.log"
    with log.open("ab") as out:
        process = subprocess.Popen(
            [sys.executable, "-m", "services.gateway.main"], env=environment, stdout=out, stderr=out
        )
    made = Doors(f"http://127.0.0.1:{ports['http']}", f"127.0.0.1:{ports['grpc']}", log, process)
    try:
        deadline = time.monotonic() + 60
        while not _ready(made):
            if process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(made.log.read_text()[-3000:])
            time.sleep(0.05)
        yield made
    finally:
        process.terminate()
        process.wait(timeout=40)


def _ready(made: Doors) -> bool:
    try:
        return httpx.get(f"{made.http}/readyz", timeout=5).status_code == 200
    except httpx.HTTPError:
        return False
