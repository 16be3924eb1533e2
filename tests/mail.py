"""A real SMTP server for tests, that takes what it gets or says no as it is told."""

from __future__ import annotations

import asyncio
import threading
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import Any

from aiosmtpd.controller import Controller

from tests.servers import free_port


class MailServer:
    """Keeps messages in `inbox`; `answers` by address are given instead of taking one, each once if in a list.

    After `hold` it keeps the next messages without an answer, until `release`; `held` is set once it has one.
    """

    def __init__(self) -> None:
        self.port = free_port()
        self.inbox: list[EmailMessage] = []
        self.answers: dict[str, list[str]] = {}
        self.held = threading.Event()
        self._go: asyncio.Event | None = None
        self._controller: Any = None

    @property
    def url(self) -> str:
        return f"smtp://127.0.0.1:{self.port}"

    def start(self) -> MailServer:
        self._controller = Controller(self, hostname="127.0.0.1", port=self.port)
        self._controller.start()
        return self

    def stop(self) -> None:
        if self._controller is not None:
            self._controller.stop()
            self._controller = None

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's name
        self, _server: Any, _session: Any, envelope: Any, address: str, _options: list[str]
    ) -> str:
        if said := self.answers.get(address):
            return said.pop(0) if len(said) > 1 or said[0].startswith("4") else said[0]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802 - aiosmtpd's name
        self.inbox.append(message_from_bytes(envelope.content, policy=default))
        if self._go is not None:
            self.held.set()
            await self._go.wait()
        return "250 OK"

    def hold(self) -> None:
        self.held.clear()
        self._go = asyncio.Event()

    def release(self) -> None:
        go, self._go = self._go, None
        if go is not None:
            self._controller.loop.call_soon_threadsafe(go.set)

    def to(self, address: str) -> list[EmailMessage]:
        return [each for each in self.inbox if each["To"] == address]


def text(message: EmailMessage) -> str:
    return message.get_content().replace("\r\n", "\n")
