"""Who a credential belongs to, asked of the catalog and remembered for a moment; identity tokens for each call."""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field

import grpc.aio

from services.kit import identity
from services.kit.clock import Clock
from services.kit.errors import ResourceExhausted, Unauthenticated
from services.kit.identity import Caller, Signer
from services.kit.protobuf import moment
from winnow.internal.v1.identity_service_pb2 import (
    AuthenticateRequest,
    AuthenticateResponse,
    CloseSessionRequest,
    OpenSessionForSubjectRequest,
    OpenSessionRequest,
    OpenSessionResponse,
    RequestAccessRequest,
)
from winnow.internal.v1.identity_service_pb2_grpc import IdentityServiceStub

REMEMBER_SECONDS = 5.0  # design §2: a removed person's credential lives at most this long in the gateway
REMEMBER_AT_MOST = 10_000
STREAMS_AT_MOST = 20
_SERVICE = "/winnow.internal.v1.IdentityService"


@dataclass(frozen=True, slots=True)
class _Known:
    answer: AuthenticateResponse
    until: float


@dataclass(eq=False, slots=True)
class Watcher:
    """An open stream's caller; `doubt` is set when they may have changed, or the gateway is being stopped.

    An `upload` ends by itself: it is none of the streams that are counted, and it is not cut where the gateway stops.
    """

    credential: str
    known: AuthenticateResponse
    doubt: asyncio.Event = field(default_factory=asyncio.Event)
    stopping: bool = False
    upload: bool = False


class Authenticator:
    """Turns credentials into signed callers."""

    def __init__(self, catalog: grpc.aio.Channel, signer: Signer, clock: Clock) -> None:
        self.catalog = catalog
        self._stub = IdentityServiceStub(catalog)
        self._signer = signer
        self._clock = clock
        self._known: OrderedDict[str, _Known] = OrderedDict()
        self._watchers: set[Watcher] = set()

    async def authenticate(self, credential: str) -> AuthenticateResponse:
        """Whom the credential stands for; Unauthenticated when it is empty, wrong, spent or expired."""
        if not credential:
            raise Unauthenticated("CREDENTIAL_INVALID", "Send a token: Authorization: Bearer …")
        known = self._known.get(credential)
        if known is not None and known.until > time.monotonic():
            return known.answer
        answer = await self._stub.Authenticate(
            AuthenticateRequest(credential=credential), metadata=self.own_metadata(f"{_SERVICE}/Authenticate")
        )
        self._known[credential] = _Known(answer, time.monotonic() + REMEMBER_SECONDS)
        self._known.move_to_end(credential)
        while len(self._known) > REMEMBER_AT_MOST:
            self._known.popitem(last=False)
        return answer

    async def open_session(self, link_token: str) -> OpenSessionResponse:
        """Spends a one-time sign-in link; Unauthenticated when it was spent or expired."""
        return await self._stub.OpenSession(
            OpenSessionRequest(link_token=link_token), metadata=self.own_metadata(f"{_SERVICE}/OpenSession")
        )

    async def open_session_for(self, issuer: str, subject: str, verified_email: str) -> OpenSessionResponse:
        """A session of the person whom a provider's subject is; PermissionDenied PERSON_UNKNOWN when it is nobody."""
        return await self._stub.OpenSessionForSubject(
            OpenSessionForSubjectRequest(issuer=issuer, subject=subject, verified_email=verified_email),
            metadata=self.own_metadata(f"{_SERVICE}/OpenSessionForSubject"),
        )

    async def request_access(self, ticket: str, reason: str) -> None:
        """Files the one request of a provider's account that is nobody's here, by the ticket its refusal came with."""
        await self._stub.RequestAccess(
            RequestAccessRequest(ticket=ticket, reason=reason),
            metadata=self.own_metadata(f"{_SERVICE}/RequestAccess"),
        )

    async def close_session(self, session: str) -> None:
        """Ends a session at once."""
        await self._stub.CloseSession(
            CloseSessionRequest(session=session), metadata=self.own_metadata(f"{_SERVICE}/CloseSession")
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

    @contextmanager
    def watching(
        self, credential: str, known: AuthenticateResponse, *, upload: bool = False
    ) -> Generator[Watcher]:
        """While a stream is open: it hears when its caller may have changed; ResourceExhausted beyond a number."""
        mine = [each for each in self._watchers if each.known.person == known.person and not each.upload]
        if not upload and len(mine) >= STREAMS_AT_MOST:
            raise ResourceExhausted(
                "RATE_LIMITED",
                f"A person has at most {STREAMS_AT_MOST} streams open.",
                {"limit": str(STREAMS_AT_MOST)},
            )
        watcher = Watcher(credential, known, upload=upload)
        self._watchers.add(watcher)
        try:
            yield watcher
        finally:
            self._watchers.discard(watcher)

    async def anew(self, watcher: Watcher) -> AuthenticateResponse:
        """Who the stream's caller is now; Unauthenticated when they are gone."""
        self.forget(watcher.credential)
        return await self.authenticate(watcher.credential)

    async def still(self, watcher: Watcher) -> None:
        """Returns if the stream's caller is who they were; Unauthenticated when they are gone or may more or less."""
        now = await self.anew(watcher)
        if now.duties_version != watcher.known.duties_version:
            raise Unauthenticated("DUTIES_CHANGED", "The person's roles or duties have changed; come back.")

    def seconds_left(self, watcher: Watcher) -> float:
        """Until the stream's credential ends by itself."""
        end = moment(watcher.known.expire_time)
        return max(0.0, (end - self._clock.now()).total_seconds()) + 0.1

    async def end_streams(self, stop: asyncio.Event) -> None:
        """Ends every stream once `stop` is set."""
        await stop.wait()
        for each in self._watchers:
            each.stopping = True
            each.doubt.set()

    def forget_people(self, people: set[str] | None = None) -> None:
        """Asks the catalog again for these people's credentials, or for everybody's; open streams too."""
        for each in self._watchers:
            if people is None or each.known.person in people:
                each.doubt.set()
        if people is None:
            self._known.clear()
            return
        for credential in [key for key, known in self._known.items() if known.answer.person in people]:
            del self._known[credential]

    def own_metadata(self, method: str) -> tuple[tuple[str, str], ...]:
        """For a call of the gateway's own: to its services the catalog answers only what its key signed for nobody."""
        caller = Caller("", 0, read_content=False, method=method)
        return tuple(identity.metadata(self._signer.sign(caller, self._clock.now())))
