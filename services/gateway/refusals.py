"""Tells the catalog of callers who were refused at the gateway's doors: its audit log has every refusal."""

from __future__ import annotations

from collections.abc import Sequence

import grpc.aio
from google.rpc.status_pb2 import Status

from services.gateway.auth import Authenticator
from services.gateway.errors import reason_of
from services.kit.errors import Code
from services.kit.refusals import EVERY_SECONDS, Refusals, Refused
from services.kit.rpc import is_down
from winnow.internal.v1.identity_service_pb2 import RecordRefusalsRequest
from winnow.internal.v1.identity_service_pb2_grpc import IdentityServiceStub

GRPC, JSON, PAGE = "grpc", "json", "page"
_PATH = "/winnow.internal.v1.IdentityService/RecordRefusals"


class Strangers:
    """What the gateway's doors refuse to callers whom nobody knows."""

    def __init__(self, authenticator: Authenticator, every: float = EVERY_SECONDS) -> None:
        self._authenticator = authenticator
        self._stub = IdentityServiceStub(authenticator.catalog)
        self._refusals = Refusals(self._tell, every)
        self.run = self._refusals.run

    def note(self, door: str, method: str, status: Status) -> None:
        """Counts an answer of this door if it says that nobody knows the caller."""
        if status.code == Code.UNAUTHENTICATED:
            self._refusals.count(door, reason_of(status), method)

    def cross_site(self, method: str) -> None:
        """Counts what another site made a browser send."""
        self._refusals.count(PAGE, "CROSS_SITE", method)

    async def _tell(self, refused: Sequence[Refused]) -> bool:
        request = RecordRefusalsRequest(
            refused=[
                RecordRefusalsRequest.Refused(
                    door=each.door, reason=each.reason, count=each.count, methods=dict(each.methods)
                )
                for each in refused
            ]
        )
        try:
            await self._stub.RecordRefusals(request, metadata=self._authenticator.own_metadata(_PATH))
        except grpc.aio.AioRpcError as error:
            if not is_down(error):
                raise
            return False
        return True
