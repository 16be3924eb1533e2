"""Pages for people who have not signed in: where an old link leads, and a signed link by which they can object."""

from __future__ import annotations

from dataclasses import dataclass

import grpc.aio
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from services.gateway.auth import Authenticator
from services.gateway.forward import Forwarder
from services.gateway.web import dates, trouble
from services.gateway.web.rendering import page
from services.kit.protobuf import moment
from winnow.internal.v1 import public_service_pb2 as api
from winnow.internal.v1.public_service_pb2_grpc import PublicServiceStub

_SERVICE = "/winnow.internal.v1.PublicService"
_SECONDS = 10.0
_A_DAY = 24 * 60 * 60  # seconds: whoever comes again within one is the same visitor
_SEEN, _ASKED = "winnow_seen", "winnow_asked"


@dataclass(frozen=True, slots=True)
class PublicPages:
    """The routes that need no sign-in; what they may say is the catalog's to judge."""

    authenticator: Authenticator
    forwarder: Forwarder
    secure_cookies: bool

    def routes(self) -> list[Route]:
        """All of them, for the application."""
        return [
            Route("/r/{source}/{external_id:path}", self.old_link, methods=["GET"]),
            Route("/r/{source}/{external_id:path}", self.ask_back, methods=["POST"]),
            Route("/objections/{token}", self.objection, methods=["GET"]),
            Route("/objections/{token}", self.object, methods=["POST"]),
        ]

    @property
    def _stub(self) -> PublicServiceStub:
        return PublicServiceStub(self.authenticator.catalog)

    def _metadata(self, method: str) -> tuple[tuple[str, str], ...]:
        return self.authenticator.own_metadata(f"{_SERVICE}/{method}")

    async def old_link(self, request: Request) -> Response:
        """To the original where it is there, else a page that says why it is not and what replaces it."""
        await self._admit(request)
        count = request.method == "GET" and _SEEN not in request.cookies
        asked = api.VisitOldLinkRequest(
            source=request.path_params["source"], external_id=request.path_params["external_id"], count=count
        )
        found = await self._stub.VisitOldLink(
            asked, timeout=_SECONDS, metadata=self._metadata("VisitOldLink")
        )
        if found.fate == api.OldLink.THERE and found.original_url:
            return RedirectResponse(found.original_url, status_code=302)
        response = self._old_link(found, asked=_ASKED in request.cookies)
        self._remember(response, _SEEN, request)
        return response

    async def ask_back(self, request: Request) -> Response:
        """Counts a wish to have it back, one a day and visitor."""
        await self._admit(request)
        source, external_id = request.path_params["source"], request.path_params["external_id"]
        if _ASKED in request.cookies:
            again = api.VisitOldLinkRequest(source=source, external_id=external_id)
            found = await self._stub.VisitOldLink(
                again, timeout=_SECONDS, metadata=self._metadata("VisitOldLink")
            )
        else:
            wish = api.AskBackRequest(source=source, external_id=external_id)
            found = await self._stub.AskBack(wish, timeout=_SECONDS, metadata=self._metadata("AskBack"))
        response = self._old_link(found, asked=True)
        self._remember(response, _ASKED, request)
        return response

    def _old_link(self, found: api.OldLink, *, asked: bool) -> Response:
        return page(
            "old_link.html",
            there=found.fate == api.OldLink.THERE,
            why=dates.in_words(found.why),
            since=dates.day(moment(found.since)) if found.HasField("since") else "",
            successor_title=found.successor_title,
            successor_url=found.successor_url,
            original_url=found.original_url,
            can_ask_back=found.can_ask_back,
            asked=asked,
        )

    async def objection(self, request: Request) -> Response:
        """What the link is about, with a form: link scanners follow links, they do not send forms."""
        await self._admit(request)
        return _objection(request, await self._read(request))

    async def object(self, request: Request) -> Response:
        """Files the objection; the link is used then."""
        await self._admit(request)
        form = await request.form(max_files=0, max_fields=5)
        reason = form.get("reason")
        asked = api.FileObjectionByLinkRequest(
            token=request.path_params["token"], reason=reason if isinstance(reason, str) else ""
        )
        try:
            found = await self._stub.FileObjectionByLink(
                asked, timeout=_SECONDS, metadata=self._metadata("FileObjectionByLink")
            )
        except grpc.aio.AioRpcError as error:
            refused = trouble.of(error, "object")
            if not refused.wrong:
                raise
            return _objection(request, await self._read(request), refused, form)
        return _objection(request, found, filed=True)

    async def _read(self, request: Request) -> api.ObjectionPage:
        asked = api.ReadObjectionRequest(token=request.path_params["token"])
        return await self._stub.ReadObjection(
            asked, timeout=_SECONDS, metadata=self._metadata("ReadObjection")
        )

    async def _admit(self, request: Request) -> None:
        await self.forwarder.admit_stranger(request.client.host if request.client else "")

    def _remember(self, response: Response, cookie: str, request: Request) -> None:
        response.set_cookie(
            cookie,
            "1",
            max_age=_A_DAY,
            httponly=True,
            samesite="lax",
            secure=self.secure_cookies,
            path=request.url.path,
        )


def _objection(
    request: Request,
    found: api.ObjectionPage,
    refused: trouble.Trouble | None = None,
    sent: FormData | None = None,
    *,
    filed: bool = False,
) -> Response:
    due = moment(found.due_time)
    return page(
        "objection.html",
        status=refused.status if refused else 200,
        filed=filed,
        summary=dates.in_words(found.summary),
        changes=[dates.in_words(each) for each in found.changes],
        due=f"{dates.day(due)}, {due:%H:%M} UTC",
        email=found.email,
        trouble=refused,
        sent=sent,
        sent_to=request.url.path,
    )
