"""Asks the organisation's OpenID provider who somebody is: authorization code with PKCE, state and nonce.

Nothing is kept here between the two requests: what has to match at the return is in the browser's cookie, `Attempt`.
"""

from __future__ import annotations

import json
import secrets
from dataclasses import dataclass
from typing import Any

import httpx
from authlib.integrations.httpx_client import AsyncOAuth2Client
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from services.kit.clock import Clock
from services.kit.errors import Unauthenticated, Unavailable

SCOPE = "openid email"
_SECONDS = 10.0
_LEEWAY = 60  # seconds between the provider's clock and ours
# What providers sign with and no shared secret can forge; `none` and HMAC are not among them.
_ALGORITHMS = ["RS256", "PS256", "ES256", "EdDSA"]


@dataclass(frozen=True, slots=True)
class Attempt:
    """What one sign-in must come back with."""

    state: str
    nonce: str
    verifier: str

    def dump(self) -> str:
        """As a cookie's value; the parts are URL-safe."""
        return ".".join((self.state, self.nonce, self.verifier))

    @classmethod
    def load(cls, text: str) -> Attempt | None:
        """From a cookie's value; None when it is none."""
        parts = text.split(".")
        return cls(*parts) if len(parts) == 3 and all(parts) else None


@dataclass(frozen=True, slots=True)
class Verified:
    """Who signed in; the e-mail is empty unless the provider vouches for it."""

    issuer: str
    subject: str
    email: str


def _failed(text: str) -> Unauthenticated:
    return Unauthenticated("SIGN_IN_FAILED", text)


class OpenIdProvider:
    """One provider, found by its issuer URL (OpenID Connect Discovery 1.0)."""

    def __init__(self, issuer: str, client_id: str, client_secret: str, clock: Clock) -> None:
        self.issuer = issuer.rstrip("/")
        self._client_id = client_id
        self._client_secret = client_secret
        self._clock = clock
        self._described: dict[str, Any] = {}

    async def begin(self, return_to: str) -> tuple[str, Attempt]:
        """Where to send the browser, and what it must come back with; Unavailable while the provider is."""
        endpoint = (await self._describe())["authorization_endpoint"]
        attempt = Attempt(*(secrets.token_urlsafe(48) for _ in range(3)))
        async with self._client(return_to) as client:
            made: tuple[str, str] = client.create_authorization_url(
                endpoint, state=attempt.state, nonce=attempt.nonce, code_verifier=attempt.verifier
            )
        return made[0], attempt

    async def finish(self, attempt: Attempt, state: str, code: str, return_to: str) -> Verified:
        """Who came back with this code; Unauthenticated SIGN_IN_FAILED unless all of it is this attempt's."""
        if not secrets.compare_digest(state.encode(), attempt.state.encode()) or not code:
            raise _failed("This sign-in was begun elsewhere, or too long ago. Begin again.")
        endpoint = (await self._describe())["token_endpoint"]
        async with self._client(return_to) as client:
            try:
                answer: dict[str, Any] = await client.fetch_token(
                    endpoint, code=code, code_verifier=attempt.verifier
                )
            except httpx.HTTPError as error:
                raise _away(self.issuer) from error
            except ValueError as error:  # authlib's own errors are, and so is an answer that is no JSON
                raise _failed("The provider did not accept this sign-in. Begin again.") from error
        keys = await self._keys()
        return self._verified(str(answer.get("id_token", "")), keys, attempt.nonce)

    def _verified(self, token: str, keys: KeySet, nonce: str) -> Verified:
        registry = jwt.JWTClaimsRegistry(
            now=int(self._clock.now().timestamp()),
            leeway=_LEEWAY,
            iss={"essential": True, "value": self.issuer},
            aud={"essential": True, "value": self._client_id},
            sub={"essential": True},
            exp={"essential": True},
            nonce={"essential": True, "value": nonce},
        )
        try:
            claims = jwt.decode(token, keys, algorithms=_ALGORITHMS).claims
            registry.validate(claims)
        except (JoseError, ValueError) as error:
            raise _failed("The provider's answer does not hold. Begin again.") from error
        if claims.get("azp", self._client_id) != self._client_id:
            raise _failed("The provider's answer is for another application.")
        verified = claims.get("email_verified") is True
        return Verified(self.issuer, str(claims["sub"]), str(claims.get("email", "")) if verified else "")

    async def _describe(self) -> dict[str, Any]:
        if not self._described:
            try:
                async with httpx.AsyncClient(timeout=_SECONDS) as client:
                    answer = await client.get(f"{self.issuer}/.well-known/openid-configuration")
                found: dict[str, Any] = answer.raise_for_status().json()
            except (httpx.HTTPError, json.JSONDecodeError) as error:
                raise _away(self.issuer) from error
            if found.get("issuer", "").rstrip("/") != self.issuer:
                raise _failed("The provider calls itself by another name than the one that is set.")
            self._described = found
        return self._described

    async def _keys(self) -> KeySet:
        # Asked each time: providers change keys, and people sign in once a day.
        try:
            async with httpx.AsyncClient(timeout=_SECONDS) as client:
                answer = await client.get(self._described["jwks_uri"])
            return KeySet.import_key_set(answer.raise_for_status().json())
        except (httpx.HTTPError, ValueError) as error:
            raise _away(self.issuer) from error

    def _client(self, return_to: str) -> Any:
        untyped: Any = AsyncOAuth2Client
        return untyped(
            self._client_id,
            self._client_secret,
            scope=SCOPE,
            redirect_uri=return_to,
            code_challenge_method="S256",
            timeout=_SECONDS,
        )


def _away(issuer: str) -> Unavailable:
    return Unavailable(
        "SERVICE_UNAVAILABLE", "The sign-in provider does not answer; try again.", {"service": issuer}
    )
