"""Who calls: a short-lived Ed25519 token that the gateway signs and every service verifies.

Only the gateway holds the private key. A token says who, at which version of their duties, whether they may
read content, and for which one method, and is good for 60 seconds; the service that owns an object decides.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime, timedelta

import jwt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key, load_pem_public_key

from services.kit.errors import Unauthenticated

METADATA_KEY = "winnow-identity"
LIFETIME = timedelta(seconds=60)
CLOCK_SKEW = timedelta(seconds=5)  # between two hosts that keep time by NTP


@dataclass(frozen=True, slots=True)
class Caller:
    """The person behind a call: `method` is the full gRPC method, `/pkg.Service/Method`."""

    person: str
    duties_version: int
    read_content: bool
    method: str
    credential: str = ""
    """Id of the API token or session that was used; empty when there is none to name."""


class Signer:
    """Signs callers; the gateway's."""

    def __init__(self, private_key_pem: bytes) -> None:
        key = load_pem_private_key(private_key_pem, None)
        if not isinstance(key, Ed25519PrivateKey):
            raise TypeError("the identity key is not an Ed25519 private key")
        self._key = key

    def sign(self, caller: Caller, now: datetime) -> str:
        """A token good for 60 seconds from `now`."""
        claims = {
            "sub": caller.person,
            "ver": caller.duties_version,
            "rc": caller.read_content,
            "mth": caller.method,
            "cred": caller.credential,
            "iat": int(now.timestamp()),
            "exp": int((now + LIFETIME).timestamp()),
        }
        return jwt.encode(claims, self._key, algorithm="EdDSA")


class Verifier:
    """Verifies tokens with the public key."""

    def __init__(self, public_key_pem: bytes) -> None:
        key = load_pem_public_key(public_key_pem)
        if not isinstance(key, Ed25519PublicKey):
            raise TypeError("the identity key is not an Ed25519 public key")
        self._key = key

    def verify(self, token: str, method: str, now: datetime) -> Caller:
        """The caller the token names; Unauthenticated if it is forged, over, or made for another method."""
        try:
            claims = jwt.decode(
                token,
                self._key,
                algorithms=["EdDSA"],
                # The times are compared below, with the `now` that was given.
                options={"require": ["sub", "exp", "iat"], "verify_exp": False, "verify_iat": False},
            )
        except jwt.InvalidTokenError as error:
            raise Unauthenticated("IDENTITY_INVALID", "The identity token is not valid.") from error
        if claims["exp"] < (now - CLOCK_SKEW).timestamp() or claims["iat"] > (now + CLOCK_SKEW).timestamp():
            raise Unauthenticated("IDENTITY_EXPIRED", "The identity token is not valid at this time.")
        if claims.get("mth") != method:
            raise Unauthenticated("IDENTITY_INVALID", "The identity token was made for another method.")
        return Caller(
            person=claims["sub"],
            duties_version=claims["ver"],
            read_content=claims["rc"],
            method=method,
            credential=claims["cred"],
        )


_caller: ContextVar[Caller | None] = ContextVar("caller", default=None)


def bind_caller(caller: Caller | None) -> None:
    """Makes this the caller of the task that runs the method; `kit.rpc.IdentityInterceptor` does it."""
    _caller.set(caller)


def bound_caller() -> Caller | None:
    """The caller of the method that is running; None outside a call, or when it carried no token."""
    return _caller.get()


def caller() -> Caller:
    """Who calls the method that is running; Unauthenticated if the call carried no token."""
    known = _caller.get()
    if known is None:
        raise Unauthenticated("IDENTITY_MISSING", "This call needs a signed-in person.")
    return known


def metadata(token: str) -> Sequence[tuple[str, str]]:
    """The metadata that carries the token."""
    return ((METADATA_KEY, token),)
