"""Settings and wiring of the gateway; the only reader of its environment."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path

import grpc
from nats.aio.client import Client
from nats.aio.msg import Msg
from starlette.applications import Starlette

from services.gateway import rpc as door
from services.gateway.auth import Authenticator
from services.gateway.forward import Forwarder
from services.gateway.http import JsonApi, application
from services.gateway.last_decision import LastDecision
from services.gateway.methods import Method, reachable, service_names
from services.gateway.openid import OpenIdProvider
from services.gateway.refusals import Strangers
from services.gateway.session_cookie import SessionCookie
from services.gateway.web import pages
from services.gateway.web.api import Api
from services.gateway.web.documents import Documents
from services.gateway.web.public import PublicPages
from services.gateway.web.sign_in import SignIn
from services.gateway.web.wanted import Wanted
from services.kit import events, health, nats, process, rpc, telemetry
from services.kit.clock import Clock
from services.kit.health import HttpServer, Readiness
from services.kit.identity import Signer
from services.kit.natsrpc import NatsChannel
from services.kit.settings import Listen, ServiceSettings
from winnow.catalog.v1.events_pb2 import PeopleChanged

HEALTH_SERVICE = "grpc.health.v1.Health"


class Settings(ServiceSettings):
    """The gateway's own settings beside the shared ones."""

    grpc_listen: Listen = "127.0.0.1:8081"
    http_listen: Listen = "127.0.0.1:8080"
    catalog_target: str
    identity_private_key_file: Path
    public_url: str = "http://127.0.0.1:8080"
    calls_per_second: int = 200
    organisation: str = ""
    oidc_issuer: str = ""
    oidc_client_id: str = ""
    oidc_client_secret_file: Path | None = None


def _provider(settings: Settings, clock: Clock) -> OpenIdProvider | None:
    if not settings.oidc_issuer:
        return None
    file = settings.oidc_client_secret_file
    secret = file.read_text().strip() if file is not None else ""
    return OpenIdProvider(settings.oidc_issuer, settings.oidc_client_id, secret, clock)


async def _forget_changed_people(connection: Client, authenticator: Authenticator) -> None:
    async def changed(message: Msg) -> None:
        authenticator.forget_people(set(PeopleChanged.FromString(message.data).person_ids))

    subject = events.subject(PeopleChanged.DESCRIPTOR.full_name)
    await connection.subscribe(subject, cb=changed)  # pyright: ignore[reportUnknownMemberType]


async def _stay_connected(settings: Settings, connection: Client, authenticator: Authenticator) -> None:
    await nats.connect(
        settings.nats_url, name="gateway", seed_file=settings.nats_nkey_file, client=connection
    )
    await _forget_changed_people(connection, authenticator)
    await asyncio.Event().wait()


def http_door(
    methods: Mapping[str, Method],
    forwarder: Forwarder,
    authenticator: Authenticator,
    readiness: Readiness,
    public_url: str,
    clock: Clock,
    strangers: Strangers,
    provider: OpenIdProvider | None = None,
    organisation: str = "",
) -> Starlette:
    """Every route there is; the pages bear the name of the organisation."""
    cookie = SessionCookie(secure=public_url.startswith("https:"))
    last = LastDecision(clock)
    api = JsonApi(methods, forwarder, cookie, version("winnow-services"), strangers, last)
    sign_in = SignIn(authenticator, cookie, Wanted(cookie.secure), clock, public_url, provider)
    page = [
        *sign_in.routes(),
        *PublicPages(authenticator, forwarder, cookie.secure).routes(),
        *Documents(api.get).routes(),
        *pages.routes(Api(api.get, api.post, api.upload_form, clock), organisation, public_url),
    ]
    made = application(api, page, health.routes(readiness), public_url, strangers, last)
    made.state.provider, made.state.wanted = sign_in.provider_name, sign_in.wanted
    return made


async def serve(settings: Settings) -> None:
    """Serves both doors until a signal stops it; without NATS everything but the curator's methods answers."""
    telemetry.configure_logging("gateway", settings.log_level)
    clock = settings.clock()
    methods = reachable()
    signer = Signer(settings.identity_private_key_file.read_bytes())
    catalog = rpc.channel(settings.catalog_target, {method.service for method in methods.values()})
    connection = Client()
    authenticator = Authenticator(catalog, signer, clock)
    forwarder = Forwarder(catalog, NatsChannel(connection), authenticator, settings.calls_per_second)
    strangers = Strangers(authenticator)

    async def catalog_answers() -> str | None:
        state = catalog.get_state(try_to_connect=True)
        return None if state == grpc.ChannelConnectivity.READY else f"the catalog is {state.name.lower()}"

    async def nats_answers() -> str | None:
        return None if connection.is_connected else "NATS is not connected"

    readiness = Readiness()
    readiness.add("catalog", catalog_answers)
    readiness.add("nats", nats_answers, warning=True)

    served = rpc.server(rpc.interceptors())
    served.add_generic_rpc_handlers((door.Door(methods, forwarder, strangers),))
    watched = rpc.Health(served, service_names(methods))
    door.enable_reflection(served, methods, [HEALTH_SERVICE])
    served.add_insecure_port(settings.grpc_listen)

    web = HttpServer(
        http_door(
            methods,
            forwarder,
            authenticator,
            readiness,
            settings.public_url,
            clock,
            strangers,
            _provider(settings, clock),
            settings.organisation,
        ),
        settings.http_listen,
    )

    stop = process.stop_on_signals()
    try:
        await process.run_until_stopped(
            stop,
            draining=[
                authenticator.end_streams(stop),
                strangers.run(stop),
                rpc.serve_until_stopped(served, watched, stop),
                web.serve_until_stopped(stop),
            ],
            endless=[_stay_connected(settings, connection, authenticator)],
        )
    finally:
        await catalog.close()
        await nats.close(connection)


def main() -> None:
    """`python -m services.gateway.main`."""
    asyncio.run(serve(Settings()))  # pyright: ignore[reportCallIssue] - the fields come from the environment


if __name__ == "__main__":
    main()
