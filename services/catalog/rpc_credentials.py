"""CredentialService: parse, call one use case, answer."""

from __future__ import annotations

from typing import Any

from typing_extensions import override

from services.catalog import wire
from services.catalog.access import viewer
from services.catalog.postgres.database import Database
from services.catalog.usecases import credentials
from services.catalog.wire.credentials import credential, kind
from services.kit import pages
from winnow.catalog.v1 import credential_service_pb2 as api
from winnow.catalog.v1.credential_service_pb2_grpc import CredentialServiceServicer

MAX_PAGE = 200


class CredentialServicer(CredentialServiceServicer):
    """CredentialService."""

    def __init__(self, database: Database) -> None:
        self._db = database

    @override
    async def ListCredentials(
        self, request: api.ListCredentialsRequest, context: Any
    ) -> api.ListCredentialsResponse:
        size = pages.size(request.page_size, maximum=MAX_PAGE)
        scope = ("credentials", request.kind, request.everyone)
        key = pages.keys(request.page_token, 1, scope=scope)
        found = await credentials.list_credentials(
            self._db,
            viewer(),
            kind=kind(request.kind),
            everyone=request.everyone,
            before=str(key[0]) if key else "",
            limit=size + 1,
        )
        page, next_ = pages.cut(found, size, lambda last: [last.id], scope=scope)
        return api.ListCredentialsResponse(
            credentials=[credential(each) for each in page], next_page_token=next_
        )

    @override
    async def RevokeCredential(self, request: api.RevokeCredentialRequest, context: Any) -> api.Credential:
        id_ = wire.id_of(request.name, "credentials")
        return credential(await credentials.revoke_credential(self._db, viewer(), id_))
