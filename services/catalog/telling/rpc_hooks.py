"""WebhookService: parse, call one use case, answer."""

from __future__ import annotations

from typing import Any

from typing_extensions import override

from services.catalog.access import viewer
from services.catalog.domain.webhooks import Webhook, shown
from services.catalog.postgres.database import Database, Transaction
from services.catalog.telling import hooks
from services.catalog.telling.hooks import HttpWay
from services.catalog.wire.fields import id_of
from services.kit.protobuf import timestamp
from winnow.review.v1 import webhook_service_pb2 as api
from winnow.review.v1.webhook_service_pb2_grpc import WebhookServiceServicer


class WebhookServicer(WebhookServiceServicer):
    """WebhookService."""

    def __init__(self, database: Database, way: HttpWay) -> None:
        self._db = database
        self._way = way

    @override
    async def RegisterWebhook(
        self, request: api.RegisterWebhookRequest, context: Any
    ) -> api.RegisterWebhookResponse:
        caller = viewer()

        async def verb(tx: Transaction) -> tuple[str, api.RegisterWebhookResponse]:
            made = await hooks.register(tx, caller, request.url, list(request.types), self._way)
            webhook = _webhook(made)
            return webhook.name, api.RegisterWebhookResponse(webhook=webhook, secret=shown(made.secret))

        return await self._db.show_once(request, caller, verb)

    @override
    async def ListWebhooks(self, request: api.ListWebhooksRequest, context: Any) -> api.ListWebhooksResponse:
        return api.ListWebhooksResponse(webhooks=[_webhook(each) for each in await hooks.listed(self._db)])

    @override
    async def EnableWebhook(self, request: api.EnableWebhookRequest, context: Any) -> api.Webhook:
        return _webhook(await hooks.enable(self._db, viewer(), id_of(request.name, "webhooks")))

    @override
    async def RemoveWebhook(self, request: api.RemoveWebhookRequest, context: Any) -> api.Webhook:
        return _webhook(await hooks.remove(self._db, viewer(), id_of(request.name, "webhooks")))


def _webhook(value: Webhook) -> api.Webhook:
    return api.Webhook(
        name=f"webhooks/{value.id}",
        url=value.url,
        types=value.types,
        create_time=timestamp(value.create_time),
        failing_since=timestamp(value.failing_since) if value.failing_since else None,
        disable_time=timestamp(value.disable_time) if value.disable_time else None,
        disable_reason=value.disable_reason,
    )
