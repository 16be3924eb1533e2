"""One visit to one link: asks for it as a browser would, reads no more than the head of the answer."""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import Collection
from urllib.parse import urljoin

import httpcore

from services.catalog.domain.links import Found, Visit
from services.catalog.links.addresses import Refused, Target, target
from services.catalog.links.ways import CheckedWays

_SECONDS = 15.0  # for one visit, redirects included
_REDIRECTS = 5
_REDIRECTING = frozenset({301, 302, 303, 307, 308})
_GONE = frozenset({404, 410})
_HEADERS = [
    (b"User-Agent", b"Winnow-link-check/1"),
    (b"Accept", b"*/*"),
    (b"Range", b"bytes=0-0"),
    (b"Connection", b"close"),
]


class Visitor:
    """Visits links without a proxy, cookies or credentials.

    `allowed` are addresses with their ports that may be visited although they are not public: for tests alone.
    """

    def __init__(self, allowed: Collection[tuple[str, int]] = ()) -> None:
        self._ways = CheckedWays(allowed)
        self._ssl = httpcore.default_ssl_context()

    async def visit(self, url: str) -> Visit:
        """What is there now; never raises for what a link or a server may do."""
        try:
            async with asyncio.timeout(_SECONDS):
                return await self._follow(url)
        except Refused as error:
            return Visit(Found.UNCLEAR, f"Not visited: {error}.")
        except (TimeoutError, httpcore.TimeoutException):
            return Visit(Found.UNREACHABLE, "It does not answer.")
        except socket.gaierror as error:
            known = Found.UNCLEAR if error.errno == socket.EAI_AGAIN else Found.UNREACHABLE
            return Visit(known, "Its host is not known.")
        except httpcore.ConnectError as error:
            if isinstance(error.__cause__, ssl.SSLError):
                return Visit(Found.UNCLEAR, "Its certificate is not valid.")
            return Visit(Found.UNREACHABLE, "Its host cannot be reached.")
        except (httpcore.NetworkError, httpcore.ProtocolError):
            return Visit(Found.UNCLEAR, "Its answer cannot be read.")

    async def _follow(self, url: str) -> Visit:
        for _ in range(_REDIRECTS + 1):
            status, location = await self._ask(target(url))
            if status in _REDIRECTING and location:
                url = urljoin(url, location)
            elif status in _GONE:
                return Visit(Found.GONE, f"It answers {status}.")
            elif status == 429 or status >= 500:
                return Visit(Found.UNCLEAR, f"It answers {status}.")
            else:
                return Visit(Found.ANSWERS, f"It answers {status}.")
        return Visit(Found.UNCLEAR, "It redirects too often.")

    async def _ask(self, where: Target) -> tuple[int, str]:
        """The status, and the Location it names. The body is not read."""
        url = httpcore.URL(
            scheme=where.scheme.encode(),
            host=where.host.encode(),
            port=where.port,
            target=where.path.encode(),
        )
        async with (
            httpcore.AsyncConnectionPool(
                ssl_context=self._ssl, max_connections=1, network_backend=self._ways
            ) as pool,
            pool.stream("GET", url, headers=_HEADERS) as answer,
        ):
            found = next((value for name, value in answer.headers if name.lower() == b"location"), b"")
            return answer.status, found.decode("ascii", "ignore")
