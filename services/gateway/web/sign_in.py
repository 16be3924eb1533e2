"""Signing in, by a one-time link or at the organisation's OpenID provider, and signing out."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from services.gateway.auth import Authenticator
from services.gateway.openid import Attempt, OpenIdProvider
from services.gateway.session_cookie import SessionCookie
from services.gateway.web.rendering import page, sign_in
from services.gateway.web.wanted import Wanted
from services.kit.clock import Clock
from services.kit.errors import NotFound, Unauthenticated
from services.kit.protobuf import moment
from winnow.internal.v1.identity_service_pb2 import OpenSessionResponse

_CALLBACK = "/sign-in/callback"
_MAX_REASON = 1000
_PATIENCE = timedelta(minutes=10)  # to sign in at the provider


@dataclass(frozen=True, slots=True)
class SignIn:
    """The routes by which people come and go; `provider` is None where there is no single sign-on."""

    authenticator: Authenticator
    cookie: SessionCookie
    wanted: Wanted
    clock: Clock
    public_url: str
    provider: OpenIdProvider | None = None

    def routes(self) -> list[Route]:
        """All of them, for the application."""
        return [
            Route("/sign-in", self.form, methods=["GET"]),
            Route("/sign-in", self.by_link, methods=["POST"]),
            Route("/sign-in/provider", self.to_provider, methods=["GET"]),
            Route(_CALLBACK, self.from_provider, methods=["GET"]),
            Route("/sign-in/request", self.ask, methods=["POST"]),
            Route("/sign-out", self.out, methods=["POST"]),
        ]

    @property
    def provider_name(self) -> str:
        """The provider's host, for people; empty without one."""
        return (urlsplit(self.provider.issuer).hostname or "") if self.provider else ""

    @property
    def _attempts(self) -> SessionCookie:
        return SessionCookie(self.cookie.secure, "winnow_sign_in")

    async def form(self, request: Request) -> Response:
        """A button rather than an immediate sign-in: link scanners follow links, they do not press buttons."""
        return sign_in(self.provider_name, token=request.query_params.get("token", ""))

    async def by_link(self, request: Request) -> Response:
        """Spends the one-time link and opens a session in a cookie."""
        form = await request.form()
        token = form.get("token")
        session = await self.authenticator.open_session(token if isinstance(token, str) else "")
        return self._in(request, session)

    async def to_provider(self, request: Request) -> Response:
        """Sends the browser to the provider."""
        provider = self._known_provider()
        url, attempt = await provider.begin(self.public_url.rstrip("/") + _CALLBACK)
        response = RedirectResponse(url, status_code=303)
        self._attempts.write(response, attempt.dump(), _PATIENCE)
        return response

    async def from_provider(self, request: Request) -> Response:
        """Opens a session for whom the provider vouches for, if they are somebody here."""
        provider = self._known_provider()
        attempt = Attempt.load(self._attempts.read(request))
        asked = request.query_params
        if attempt is None or "error" in asked:
            raise Unauthenticated("SIGN_IN_FAILED", "The provider did not let you in. Begin again.")
        who = await provider.finish(
            attempt, asked.get("state", ""), asked.get("code", ""), self.public_url.rstrip("/") + _CALLBACK
        )
        session = await self.authenticator.open_session_for(who.issuer, who.subject, who.email)
        response = self._in(request, session)
        self._attempts.clear(response)
        return response

    async def ask(self, request: Request) -> Response:
        """Files the request of somebody who has signed in at the provider and is nobody here."""
        form = await request.form()
        ticket, reason = (str(form.get(name, "")) for name in ("ticket", "reason"))
        await self.authenticator.request_access(ticket, reason[:_MAX_REASON])
        return page("stranger.html", asked=True)

    async def out(self, request: Request) -> Response:
        """Ends the session, here and in the browser."""
        secret = self.cookie.read(request)
        if secret:
            await self.authenticator.close_session(secret)
        response = RedirectResponse("/sign-in", status_code=303)
        self.cookie.clear(response)
        return response

    def _in(self, request: Request, session: OpenSessionResponse) -> Response:
        response = self.wanted.lead(request)
        self.cookie.write(response, session.session, moment(session.expire_time) - self.clock.now())
        return response

    def _known_provider(self) -> OpenIdProvider:
        if self.provider is None:
            raise NotFound("METHOD_UNKNOWN", "There is no single sign-on here.", {"method": "GET"})
        return self.provider
