"""Who a credential belongs to, asked of the catalog and remembered for a moment; identity tokens for each call."""

from __future__ import annotations

import time
from collections import OrderedDict
from dataclasses import dataclass

import grpc.aio

from services.kit import identity
from services.kit.clock import Clock
from services.kit.errors import Unauthenticated
from services.kit.identity import Caller, Signer
from winnow.internal.v1.identity_service_pb2 import (
    AuthenticateRequest,
    AuthenticateResponse,
    CloseSessionRequest,
    OpenSessionForSubjectRequest,
    OpenSessionRequest,
    OpenSessionResponse,
)
from winnow.internal.v1.identity_service_pb2_grpc import IdentityServiceStub

REMEMBER_SECONDS = 5.0  # design §2: a removed person's credential lives at most this long in the gateway
REMEMBER_AT_MOST = 10_000
_SERVICE = "/winnow.internal.v1.IdentityService"


@dataclass(frozen=True, slots=True)
class _Known:
    answer: AuthenticateResponse
    until: float


class Authenticator:
    """Turns credentials into signed callers."""

    def __init__(self, catalog: grpc.aio.Channel, signer: Signer, clock: Clock) -> None:
        self._stub = IdentityServiceStub(catalog)
        self._signer = signer
        self._clock = clock
        self._known: OrderedDict[str, _Known] = OrderedDict()

    async def authenticate(self, credential: str) -> AuthenticateResponse:
        """Whom the credential stands for; Unauthenticated when it is empty, wrong, spent or expired."""
        if not credential:
            raise Unauthenticated("CREDENTIAL_INVALID", "Send a token: Authorization: Bearer …")
        known = self._known.get(credential)
        if known is not None and known.until > time.monotonic():
            return known.answer
        answer = await self._stub.Authenticate(
            AuthenticateRequest(credential=credential), metadata=self._own_metadata("Authenticate")
        )
        self._known[credential] = _Known(answer, time.monotonic() + REMEMBER_SECONDS)
        self._known.move_to_end(credential)
        while len(self._known) > REMEMBER_AT_MOST:
            self._known.popitem(last=False)
        return answer

    async def open_session(self, link_token: str) -> OpenSessionResponse:
        """Spends a one-time sign-in link; Unauthenticated when it was spent or expired."""
        return await self._stub.OpenSession(
            OpenSessionRequest(link_token=link_token), metadata=self._own_metadata("OpenSession")
        )

    async def open_session_for(self, issuer: str, subject: str, verified_email: str) -> OpenSessionResponse:
        """A session of the person whom a provider's subject is; PermissionDenied PERSON_UNKNOWN when it is nobody."""
        return await self._stub.OpenSessionForSubject(
            OpenSessionForSubjectRequest(issuer=issuer, subject=subject, verified_email=verified_email),
            metadata=self._own_metadata("OpenSessionForSubject"),
        )

    async def close_session(self, session: str) -> None:
        """Ends a session at once."""
        await self._stub.CloseSession(
            CloseSessionRequest(session=session), metadata=self._own_metadata("CloseSession")
        )
        self.forget(session)

    def sign(self, known: AuthenticateResponse, method: str) -> str:
        """An identity token for one call of one method."""
        return self._signer.sign(
            Caller(
                person=known.person,
                duties_version=known.duties_version,
                read_content=known.read_content,
                method=method,
                credential=known.token_id,
            ),
            self._clock.now(),
        )

    def forget(self, credential: str) -> None:
        """Asks the catalog again at the next call with this credential."""
        self._known.pop(credential, None)

    def forget_people(self, people: set[str] | None = None) -> None:
        """Asks the catalog again for these people's credentials, or for everybody's."""
        if people is None:
            self._known.clear()
            return
        for credential in [key for key, known in self._known.items() if known.answer.person in people]:
            del self._known[credential]

    def _own_metadata(self, method: str) -> tuple[tuple[str, str], ...]:
        # The catalog answers IdentityService only for a caller that the gateway's key signed with no person.
        caller = Caller("", 0, read_content=False, method=f"{_SERVICE}/{method}")
        return tuple(identity.metadata(self._signer.sign(caller, self._clock.now())))
