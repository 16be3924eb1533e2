"""Signing in by a one-time link, and signing out."""

from __future__ import annotations

from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from services.gateway.auth import Authenticator
from services.gateway.session_cookie import SessionCookie
from services.gateway.web.rendering import page
from services.kit.clock import Clock
from services.kit.protobuf import moment


@dataclass(frozen=True, slots=True)
class SignIn:
    """The routes by which people come and go."""

    authenticator: Authenticator
    cookie: SessionCookie
    clock: Clock

    def routes(self) -> list[Route]:
        """All of them, for the application."""
        return [
            Route("/sign-in", self.form, methods=["GET"]),
            Route("/sign-in", self.by_link, methods=["POST"]),
        ]

    async def form(self, request: Request) -> Response:
        """A button rather than an immediate sign-in: link scanners follow links, they do not press buttons."""
        return page("sign_in.html", token=request.query_params.get("token", ""))

    async def by_link(self, request: Request) -> Response:
        """Spends the one-time link and opens a session in a cookie."""
        form = await request.form()
        token = form.get("token")
        session = await self.authenticator.open_session(token if isinstance(token, str) else "")
        response = RedirectResponse("/", status_code=303)
        self.cookie.write(response, session.session, moment(session.expire_time) - self.clock.now())
        return response
