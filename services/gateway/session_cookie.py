"""The cookie that holds a session's secret: no script reads it, no other site sends it with a form."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from starlette.requests import Request
from starlette.responses import Response


@dataclass(frozen=True, slots=True)
class SessionCookie:
    """Reads and writes the cookie; `secure` where people come by HTTPS."""

    secure: bool

    @property
    def name(self) -> str:
        """With HTTPS the browser itself refuses one of this name from a sister domain (RFC 6265bis, `__Host-`)."""
        return "__Host-winnow_session" if self.secure else "winnow_session"

    def read(self, request: Request) -> str:
        """The session's secret; empty when there is none."""
        return request.cookies.get(self.name, "")

    def write(self, response: Response, secret: str, lasts: timedelta) -> None:
        """Hands the browser a session for so long: by its own clock, for ours may stand on another day."""
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
        """Takes the session out of the browser."""
        response.delete_cookie(self.name, httponly=True, samesite="lax", secure=self.secure, path="/")
