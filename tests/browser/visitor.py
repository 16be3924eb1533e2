"""Somebody at a browser: signed in, with what went wrong behind their back."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, Request

CHROMIUM = "/usr/bin/chromium"
COOKIE = "winnow_session"
DESKTOP = (1440, 900)
PHONE = (390, 844)
SCRIPT = (True, pytest.param(False, marks=pytest.mark.soak))
"""Whether the browser runs any: `.ci/run` tries most verbs with script, and what decides (test_deciding.py) without it
too; `make soak` tries all of them both ways."""


def scripted(script: bool) -> str:
    """The name of that case."""
    return "with script" if script else "without script"


class Visitor:
    """A browser of their own on the page at `http`; `options` are those of a Playwright context.

    `script`: whether it runs any.
    """

    def __init__(
        self, browser: Browser, http: str, token: str = "", *, size: tuple[int, int] = DESKTOP, **options: Any
    ) -> None:
        self.http = http
        self.script = bool(options.get("java_script_enabled", True))
        self._context = browser.new_context(
            base_url=http,
            viewport={"width": size[0], "height": size[1]},
            locale="en-GB",
            timezone_id="UTC",
            **options,
        )
        if token:  # an API token opens the page as a session does
            self._context.add_cookies([{"name": COOKIE, "value": token, "url": http}])
        self.complaints: list[str] = []
        self.page: Page = self._context.new_page()
        self.page.set_default_timeout(15_000)
        self.page.on("console", self._console)
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("request", self._request)

    def _console(self, message: ConsoleMessage) -> None:
        # A refusal is a page of its own here: the browser reports its status, which is meant.
        if (
            message.type in ("error", "warning")
            and "the server responded with a status of 4" not in message.text
        ):
            self.complaints.append(message.text)

    def _request(self, request: Request) -> None:
        if urlsplit(request.url).netloc != urlsplit(self.http).netloc:
            self.complaints.append(f"request to {request.url}")

    def leave(self) -> None:
        """Closes the browser; fails if its console had complaints or a request left the origin."""
        self._context.close()
        assert self.complaints == []
