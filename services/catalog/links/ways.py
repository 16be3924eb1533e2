"""The way out to the network: to public addresses alone, and to the very ones that were checked."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Collection, Iterable
from typing import cast

import httpcore
from typing_extensions import override

from services.catalog.links.addresses import check_address, check_port


class CheckedWays(httpcore.AsyncNetworkBackend):
    """Connects to the very addresses that were checked: a moment later a name may mean another one.

    `allowed` are hosts or addresses with their ports that may be reached although they are not public.
    """

    def __init__(self, allowed: Collection[tuple[str, int]] = ()) -> None:
        self._allowed = frozenset(allowed)
        # Its type has a second face, for where anyio is missing.
        self._plain = cast("httpcore.AsyncNetworkBackend", httpcore.AnyIOBackend())

    @override
    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        loop = asyncio.get_running_loop()
        found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        addresses = list(dict.fromkeys(str(each[4][0]) for each in found))
        for address in addresses:
            if self._allowed.isdisjoint({(host, port), (address, port)}):
                check_port(port)
                check_address(address)
        return await self._plain.connect_tcp(addresses[0], port, timeout, local_address, socket_options)
