"""The public HTTP door: JSON by the http annotations, multipart uploads, OpenAPI, health, and the page beside them."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Iterable, Mapping
from contextlib import aclosing
from typing import Any, cast
from urllib.parse import parse_qs, urlencode

import grpc.aio
import orjson
from google.rpc.status_pb2 import Status
from starlette.applications import Starlette
from starlette.datastructures import UploadFile
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from services.gateway import metrics, openapi
from services.gateway.csrf import SameOrigin
from services.gateway.errors import reason_of, status_of, to_json
from services.gateway.forward import Forwarder
from services.gateway.last_decision import LastDecision
from services.gateway.methods import Method
from services.gateway.patience import while_alive
from services.gateway.printing import to_json as message_to_json
from services.gateway.refusals import JSON, PAGE, Strangers
from services.gateway.rpc import UNARY_SECONDS, UPLOAD_SECONDS, bearer
from services.gateway.session_cookie import SessionCookie
from services.gateway.tracing import Traced
from services.gateway.transcoding import Binding, bind, path_only, request_from_http
from services.gateway.web import dates
from services.gateway.web.rendering import failed, page, sign_in, trying_again
from services.gateway.web.trouble import asking
from services.gateway.web.words import say
from services.kit import telemetry
from services.kit.errors import (
    InvalidArgument,
    NotFound,
    PermissionDenied,
    ResourceExhausted,
    Unavailable,
    Unimplemented,
    Violation,
    WinnowError,
)
from services.kit.rpc import MAX_MESSAGE, error_info
from winnow.catalog.v1.import_pb2 import ImportPackageRequest

CHUNK = 1024 * 1024
MAX_FILES = 20_000
_FORM = "application/x-www-form-urlencoded"
_MOST_KEPT = 64 * 1024  # bytes of a form that came without a session; far more than any field takes
_MOST_PARAMETERS = 300  # names of 200 things and what else a list is asked with
_UPLOAD_PATH = "/winnow.catalog.v1.CatalogService/ImportPackage"


class JsonApi:
    """The `/v1` routes: finds the method, transcodes, forwards, transcodes back."""

    def __init__(
        self,
        methods: Mapping[str, Method],
        forwarder: Forwarder,
        cookie: SessionCookie,
        version: str,
        strangers: Strangers,
        last: LastDecision,
    ) -> None:
        self._upload_method = methods[_UPLOAD_PATH]
        self._bindings = bind(methods.values())
        self._forwarder = forwarder
        self._cookie = cookie
        self._strangers = strangers
        self._last = last
        self._openapi = orjson.dumps(openapi.document(methods.values(), version))

    def routes(self) -> list[Route]:
        """All of them, for the application."""
        return [
            Route("/v1/openapi.json", self.describe, methods=["GET"]),
            Route("/v1/imports", self.upload, methods=["POST"]),
            Route("/v1/{path:path}", self.call, methods=["GET", "POST", "PUT", "PATCH", "DELETE"]),
        ]

    async def describe(self, request: Request) -> Response:
        """OpenAPI 3.1 of everything here; needs no credential."""
        return Response(self._openapi, media_type="application/json")

    async def call(self, request: Request) -> Response:
        """One method by its HTTP rule."""
        asked = ""
        try:
            binding, variables = self._find(request.method, request.url.path)
            asked = binding.method.path
            if binding.method.server_streaming:
                return await self._watch(binding, request)
            message = await self.transcode(
                binding, variables, request.url.query, await _body(request), self._credential(request)
            )
        except (WinnowError, grpc.aio.AioRpcError) as error:
            return self._refuse(asked, error)
        return _json(200, message)

    def _refuse(self, method: str, error: WinnowError | grpc.aio.AioRpcError) -> Response:
        status = status_of(error)
        self._strangers.note(JSON, method, status)
        return _error(status)

    async def get(self, request: Request, path: str, query: dict[str, str | list[str]]) -> dict[str, Any]:
        """A GET route answered in process, for the page; raises what `call` would answer as an error.

        Nobody looks at an empty page for half a minute: it is waited for only while the catalog gives signs of life.
        """
        binding, variables = self._find("GET", path)
        credential = self._cookie.read(request)
        asked = self.transcode(binding, variables, urlencode(query, doseq=True), b"", credential)
        return await while_alive(asked, self._forwarder.catalog_lives, "catalog")

    async def post(self, request: Request, path: str, body: dict[str, Any]) -> dict[str, Any]:
        """A POST route answered in process, for a form of the page (`csrf` has seen to it that it is one)."""
        binding, variables = self._find("POST", path)
        typed = orjson.dumps(_lines(body))
        return await self.transcode(binding, variables, "", typed, self._cookie.read(request))

    async def transcode(
        self, binding: Binding, variables: dict[str, str], query: str, body: bytes, credential: str
    ) -> dict[str, Any]:
        """The method's answer as protobuf JSON."""
        method = binding.method
        request = await self._parsed(binding, variables, query, body, credential)
        answer = await self._forwarder.unary(method, request, credential, UNARY_SECONDS)
        message = message_to_json(method.output.FromString(answer))
        self._last.note(message)
        return message

    async def _parsed(
        self, binding: Binding, variables: dict[str, str], query: str, body: bytes, credential: str
    ) -> bytes:
        """The method's request; InvalidArgument for what is none, to whoever may call the method."""
        try:
            parameters = parse_qs(query, keep_blank_values=True, max_num_fields=_MOST_PARAMETERS)
            return request_from_http(binding, variables, parameters, body).SerializeToString()
        except (InvalidArgument, ValueError) as error:
            invalid = error if isinstance(error, InvalidArgument) else _too_many_parameters()
            named = path_only(binding, variables).SerializeToString()
            await self._judge_rights(binding.method, named, credential)
            raise invalid from error

    async def _judge_rights(self, method: Method, request: bytes, credential: str) -> None:
        # Rights are judged before the body is: who may not do this learns that, not what is wrong with the body.
        try:
            await self._forwarder.unary(method, request, credential, UNARY_SECONDS, authorize_only=True)
        except grpc.aio.AioRpcError as error:
            if error.code() != grpc.StatusCode.INVALID_ARGUMENT:
                raise

    def _find(self, verb: str, path: str) -> tuple[Binding, dict[str, str]]:
        others: set[str] = set()
        for binding in self._bindings:
            variables = binding.match(path)
            if variables is not None:
                if binding.rule.verb == verb:
                    return binding, variables
                others.add(binding.rule.verb)
        if others:
            allowed = ", ".join(sorted(others))
            raise Unimplemented(
                "METHOD_UNKNOWN", f"{path} answers {allowed}, not {verb}.", {"method": f"{verb} {path}"}
            )
        raise NotFound(
            "METHOD_UNKNOWN",
            f"There is nothing at {path}; see /v1/openapi.json.",
            {"method": f"{verb} {path}"},
        )

    async def _watch(self, binding: Binding, request: Request) -> Response:
        """A stream as server-sent events: protobuf JSON in `data`, at the end an `error` event with its Status."""
        credential = self._credential(request)
        asked = await self._parsed(binding, {}, request.url.query, b"", credential)
        messages = self._forwarder.watch(binding.method, asked, credential)
        first = await anext(messages, None)  # so that a refusal is an answer with its code

        async def told() -> AsyncGenerator[bytes]:
            try:
                async with aclosing(messages):
                    if first is not None:
                        yield _event(binding, first)
                    async for message in messages:
                        yield _event(binding, message)
            except (WinnowError, grpc.aio.AioRpcError) as error:
                yield b"event: error\ndata: " + orjson.dumps(to_json(status_of(error))[1]) + b"\n\n"

        headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
        return StreamingResponse(told(), media_type="text/event-stream", headers=headers)

    async def upload(self, request: Request) -> Response:
        """Files of one source as a multipart form; each file's name is its path inside the import."""
        try:
            message = await self._receive(request, self._credential(request))
        except (WinnowError, grpc.aio.AioRpcError) as error:
            return self._refuse(self._upload_method.path, error)
        return _json(200, message)

    async def upload_form(self, request: Request) -> dict[str, Any]:
        """The same for a form of the page (`csrf` has seen to it that it is one); raises what `upload` answers."""
        return await self._receive(request, self._cookie.read(request))

    async def _receive(self, request: Request, credential: str) -> dict[str, Any]:
        await self._judge_rights(self._upload_method, b"", credential)
        if not request.headers.get("content-type", "").startswith("multipart/form-data"):
            text = "Send a multipart form with the field source and the files."
            raise InvalidArgument("JSON_INVALID", text, violations=[Violation("", text)])
        sent = request.form(max_files=MAX_FILES, max_fields=20)
        form = await self._forwarder.while_theirs(self._upload_method, credential, sent)
        try:
            start = _start(form)
            files = [value for _, value in form.multi_items() if isinstance(value, UploadFile)]
            answer = await self._forwarder.upload(
                self._upload_method, _stream(start, files), credential, UPLOAD_SECONDS
            )
        finally:
            await form.close()
        return message_to_json(self._upload_method.output.FromString(answer))

    def _credential(self, request: Request) -> str:
        header = request.headers.get("authorization")
        if header is not None:
            return bearer(header)
        # The cookie opens reads only: a form of another site would send it along with a POST.
        return self._cookie.read(request) if request.method in ("GET", "HEAD") else ""


def _event(binding: Binding, message: bytes) -> bytes:
    data = orjson.dumps(message_to_json(binding.method.output.FromString(message)))
    return b"data: " + data + b"\n\n"


def _start(form: Mapping[str, Any]) -> ImportPackageRequest.Start:
    def flag(name: str) -> bool:
        value = form.get(name, "")
        if value not in ("", "true", "false"):
            text = f"{name} is true or false."
            raise InvalidArgument("JSON_INVALID", text, {"field": name}, violations=[Violation(name, text)])
        return value == "true"

    source = form.get("source", "")
    request_id = form.get("requestId", "")
    return ImportPackageRequest.Start(
        source=source if isinstance(source, str) else "",
        request_id=request_id if isinstance(request_id, str) else "",
        validate_only=flag("validateOnly"),
        complete=flag("complete"),
    )


async def _stream(start: ImportPackageRequest.Start, files: Iterable[UploadFile]) -> AsyncIterator[bytes]:
    yield ImportPackageRequest(start=start).SerializeToString()
    for file in files:
        named = ImportPackageRequest.File(path=file.filename or "")
        yield ImportPackageRequest(file=named).SerializeToString()
        while chunk := await file.read(CHUNK):
            yield ImportPackageRequest(chunk=chunk).SerializeToString()


async def _body(request: Request) -> bytes:
    pieces: list[bytes] = []
    size = 0
    async for piece in request.stream():
        size += len(piece)
        if size > MAX_MESSAGE:
            raise ResourceExhausted(
                "MESSAGE_TOO_LARGE",
                f"A body has at most {MAX_MESSAGE} bytes; upload files through /v1/imports.",
                {"limit": str(MAX_MESSAGE), "actual": f"more than {size}"},
            )
        pieces.append(piece)
    return b"".join(pieces)


def _lines(value: Any) -> Any:
    """The same with one character for the end of a line.

    Forms send two (HTML, "constructing the entry list"), while a field's greatest length counts one.
    """
    if isinstance(value, str):
        return value.replace("\r\n", "\n")
    if isinstance(value, dict):
        return {name: _lines(each) for name, each in cast("dict[str, Any]", value).items()}
    return [_lines(each) for each in cast("list[Any]", value)] if isinstance(value, list) else value


def _too_many_parameters() -> InvalidArgument:
    return InvalidArgument(
        "JSON_INVALID", f"There are more than {_MOST_PARAMETERS} parameters.", {"field": ""}
    )


def _json(code: int, body: dict[str, Any]) -> Response:
    return Response(orjson.dumps(body), status_code=code, media_type="application/json")


def _error(status: Status) -> Response:
    code, body = to_json(status)
    response = _json(code, body)
    if code == 401:
        response.headers["WWW-Authenticate"] = "Bearer"
    return response


async def _page_error(request: Request, error: Exception) -> Response:
    if not isinstance(error, WinnowError | grpc.aio.AioRpcError):
        raise error
    status = status_of(error)
    code, _ = to_json(status)
    # Of a service that the gateway itself needs; the catalog's errors are calls'.
    if isinstance(error, Unavailable):
        return failed(code, say("error.failed"), status.message)
    request.app.state.strangers.note(PAGE, _page_of(request), status)
    if code == 401:
        if reason_of(status) == "SIGN_IN_FAILED":
            return failed(code, say("sign_in.failed"), status.message)
        sent = await _sent(request)
        asked = sign_in(request.app.state.provider, status=code, address=_address(request), sent=sent)
        request.app.state.wanted.remember(request, asked)
        return asked
    if code in (503, 504):
        metrics.pages_unanswered.labels("catalog").inc()
        return _down(request)
    if code == 403:
        info = error_info(error) if isinstance(error, grpc.aio.AioRpcError) else None
        who = info.metadata.get("who_can", "") if info is not None else ""
        if reason_of(status) == "PERSON_UNKNOWN":
            ticket = info.metadata.get("ticket", "") if info is not None else ""
            return page("stranger.html", status=code, asked=False, text=status.message, ticket=ticket)
        text = say("error.denied_text", who=who or status.message)
        return failed(code, say("error.denied"), text, asking(error))
    if code == 404:
        return failed(code, say("error.missing"), say("error.missing_text"))
    return failed(code, say("error.failed"), status.message or reason_of(status))


def _down(request: Request) -> Response:
    last: LastDecision = request.app.state.last_decision
    time = last.time.isoformat() if last.time else ""
    known = say("error.last_decision", day=dates.day(time), time=dates.time_of_day(time)) if time else ""
    if request.method == "GET":
        return trying_again(say("error.down"), " ".join(filter(None, (say("error.down_text"), known))))
    return failed(503, say("error.down"), " ".join(filter(None, (say("error.down_sent"), known))))


def _address(request: Request) -> str:
    return request.url.path + (f"?{request.url.query}" if request.url.query else "")


async def _sent(request: Request) -> list[tuple[str, str]]:
    """The fields of a form that came without a session: what somebody wrote is not lost. Not those of a sign-in."""
    kind = request.headers.get("content-type", "")
    size = request.headers.get("content-length", "")
    if request.method != "POST" or request.url.path.startswith("/sign-") or not kind.startswith(_FORM):
        return []
    if not size.isdecimal() or int(size) > _MOST_KEPT:
        return []
    form = await request.form()
    return [(name, value) for name, value in form.multi_items() if isinstance(value, str)]


def _page_of(request: Request) -> str:
    # Of the path only what names a page: what follows is the caller's to choose.
    return f"{request.method} /{request.url.path.strip('/').partition('/')[0]}"


async def _broken(request: Request, error: Exception) -> Response:
    # The server logs the error itself, with its traceback and the request's trace.
    metrics.pages_broken.inc()
    trace = telemetry.short(telemetry.trace_id())
    return failed(500, say("error.broken"), say("error.broken_text", trace=trace))


async def _no_page(request: Request, error: Exception) -> Response:
    return failed(404, say("error.missing"), say("error.missing_text"))


def application(
    api: JsonApi,
    pages: Iterable[Route],
    health: list[Route],
    public_url: str,
    strangers: Strangers,
    last: LastDecision,
) -> Starlette:
    """The whole HTTP door."""

    def cross_site(error: PermissionDenied) -> Response:
        strangers.cross_site(error.metadata["method"])
        return failed(403, say("error.cross_site"), say("error.cross_site_text"))

    made = Starlette(
        routes=[*health, *api.routes(), *pages],
        middleware=[
            Middleware(Traced),
            Middleware(SameOrigin, public_url=public_url, refused=cross_site),
            Middleware(GZipMiddleware, minimum_size=1000, compresslevel=5),
        ],
        exception_handlers={
            404: _no_page,
            Exception: _broken,
            WinnowError: _page_error,
            grpc.aio.AioRpcError: _page_error,
        },
    )
    made.state.strangers = strangers
    made.state.last_decision = last
    return made
