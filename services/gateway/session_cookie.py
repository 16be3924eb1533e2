"""The cookies that hold secrets, a session's above all: no script reads them, no other site sends them with a form."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from starlette.requests import Request
from starlette.responses import Response


@dataclass(frozen=True, slots=True)
class SessionCookie:
    """Reads and writes one of them; `secure` where people come by HTTPS."""

    secure: bool
    plain_name: str = "winnow_session"

    @property
    def name(self) -> str:
        """With HTTPS the browser itself refuses one of this name from a sister domain (RFC 6265bis, `__Host-`)."""
        return f"__Host-{self.plain_name}" if self.secure else self.plain_name

    def read(self, request: Request) -> str:
        """The secret; empty when there is none."""
        return request.cookies.get(self.name, "")

    def write(self, response: Response, secret: str, lasts: timedelta) -> None:
        """Hands it to the browser for so long: by its own clock, for ours may stand on another day."""
        response.set_cookie(
            self.name,
            secret,
            max_age=int(lasts.total_seconds()),
            httponly=True,
            samesite="lax",
            secure=self.secure,
            path="/",
        )

    def clear(self, response: Response) -> None:
        """Takes it out of the browser."""
        response.delete_cookie(self.name, httponly=True, samesite="lax", secure=self.secure, path="/")
