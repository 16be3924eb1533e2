"""Winnow's public HTTP API as the command uses it: patient while a service restarts, clear when it says no."""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

import httpx

from services.cli.arguments import Commands, Run, command
from services.cli.data_folder import DataFolder
from services.cli.outcome import CommandError, Exit, failed, wrong_use

PATIENCE = 60.0  # seconds; a killed service is back within 10, a restarted machine part within 30
_PAUSES = (0.1, 0.2, 0.5, 1.0)
_LATER = (429, 502, 503, 504)  # the call was not carried out, or may be repeated
_TIMEOUT = httpx.Timeout(35.0, connect=5.0)  # the gateway gives a call 30 s
_CODES = {
    "INVALID_ARGUMENT": Exit.WRONG_USE,
    "OUT_OF_RANGE": Exit.WRONG_USE,
    "ABORTED": Exit.REFUSED,
    "ALREADY_EXISTS": Exit.REFUSED,
    "FAILED_PRECONDITION": Exit.REFUSED,
    "PERMISSION_DENIED": Exit.REFUSED,
    "UNAUTHENTICATED": Exit.REFUSED,
}


class Client:
    """Calls the gateway at `url` with the token. Only use it for calls that may be repeated: it repeats them."""

    def __init__(self, url: str, token: str) -> None:
        self.url = url.rstrip("/")
        self._http = httpx.Client(
            base_url=url,
            headers={"Authorization": f"Bearer {token}"},
            timeout=_TIMEOUT,
            # A proxy cannot reach this machine's own address.
            trust_env=urlsplit(url).hostname not in ("127.0.0.1", "localhost", "::1"),
        )

    def get(self, path: str, query: Mapping[str, str | list[str]] | None = None) -> dict[str, Any]:
        """The answer's JSON; CommandError when the API says no, or says nothing for a minute."""
        return self._patiently(lambda: self._http.get(path, params=query), PATIENCE)

    def post(self, path: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """As `get`. The body must carry a `requestId` unless the method may be repeated anyway."""
        return self._patiently(lambda: self._http.post(path, json=body), PATIENCE)

    def upload(
        self, path: str, content_type: str, content: Callable[[], Iterator[bytes]], *, patience: float
    ) -> dict[str, Any]:
        """Sends a stream, anew from its start when the connection breaks."""

        def send() -> httpx.Response:
            headers = {"Content-Type": content_type}
            timeout = httpx.Timeout(120.0, connect=5.0, read=600.0)
            return self._http.post(path, content=content(), headers=headers, timeout=timeout)

        return self._patiently(send, patience)

    def once(self, path: str) -> dict[str, Any] | None:
        """One try: the answer's JSON, None while the service does not answer."""
        try:
            answer = self._http.get(path)
        except httpx.TransportError:
            return None
        return None if answer.status_code in _LATER else _content(answer)

    def pages(
        self, path: str, query: Mapping[str, str | list[str]] | None = None
    ) -> Iterator[dict[str, Any]]:
        """Every page of a list."""
        token = ""
        while True:
            page = self.get(path, {**(query or {}), **({"pageToken": token} if token else {})})
            yield page
            token = page.get("nextPageToken", "")
            if not token:
                return

    def _patiently(self, call: Callable[[], httpx.Response], patience: float) -> dict[str, Any]:
        until = time.monotonic() + patience
        tries = 0
        while True:
            try:
                answer = call()
                if answer.status_code not in _LATER or time.monotonic() >= until:
                    return _content(answer)
                wrong = f"answers {answer.status_code}"
            except httpx.TransportError as error:
                wrong = f"does not answer ({type(error).__name__})"
                if time.monotonic() >= until:
                    raise failed(f"Winnow at {self._http.base_url} {wrong}.") from error
            if tries == len(_PAUSES):
                print(f"winnow: {self._http.base_url} {wrong}; trying again", file=sys.stderr)
            time.sleep(_PAUSES[min(tries, len(_PAUSES) - 1)])
            tries += 1


def _content(answer: httpx.Response) -> dict[str, Any]:
    try:
        body: dict[str, Any] = answer.json()
        if answer.is_success:
            return body
        error: dict[str, Any] = body["error"]
    except (ValueError, KeyError, TypeError):
        raise failed(
            f"{answer.url} answered {answer.status_code}, but not in Winnow's JSON; is it Winnow?"
        ) from None
    code = _CODES.get(error["status"], Exit.FAILED)
    raise CommandError(code, f"{error['status']}: {error['message']}", {"error": error})


def client_command(commands: Commands, name: str, run: Run, text: str) -> argparse.ArgumentParser:
    """Adds a command that calls the API."""
    made = command(commands, name, run, text)
    made.add_argument("--url", metavar="URL", help="address of Winnow (default: the one in DIR)")
    made.add_argument("--token", help="API token (default: WINNOW_TOKEN, else the one in DIR)")
    return made


def connect(asked: argparse.Namespace, data: DataFolder) -> Client:
    """A client for the Winnow that was asked for; CommandError if there is none, or no token for it."""
    return Client(_url(asked, data), _token(asked, data))


def _url(asked: argparse.Namespace, data: DataFolder) -> str:
    given = asked.url or os.environ.get("WINNOW_URL")
    if given:
        return given
    state = data.state()
    if state is None or state.up.process is None or not state.up.process.alive:
        raise failed(f"Winnow does not run on {data.path}; `winnow up` starts it, --url names another one.")
    return state.http


def _token(asked: argparse.Namespace, data: DataFolder) -> str:
    given = asked.token or os.environ.get("WINNOW_TOKEN")
    if given:
        return given
    try:
        return data.token.read_text().strip()
    except OSError as error:
        raise wrong_use(f"No token: {data.token} cannot be read; give --token or WINNOW_TOKEN.") from error
