"""Prints the settings of each service as Markdown: `python -m docs.settings`, pasted into operations.md.

Names and defaults come from the classes that read them; a setting without a sentence here is an error.
"""

from __future__ import annotations

from collections.abc import Iterator

from pydantic.fields import FieldInfo

from services.catalog import main as catalog
from services.curator import main as curator
from services.gateway import main as gateway
from services.kit.settings import ServiceSettings

MEANING = {
    "bootstrap_file": "JSON `{email, display_name, token, link_token}`: the first person, made while there is none",
    "calls_per_second": "calls one person may make; more are refused with RESOURCE_EXHAUSTED",
    "catalog_target": "`host:port` of the catalog's gRPC",
    "database_url": "libpq URL of this service's own login; the password best in a `passfile`",
    "grpc_listen": "`host:port` for gRPC",
    "health_listen": "`host:port` for `/healthz`, `/readyz`, `/metrics`; the gateway has them on its HTTP port too",
    "hold_rebuild_file": "while this file exists, an index that differs is not built anew",
    "http_listen": "`host:port` for the page and HTTP/JSON",
    "identity_private_key_file": "Ed25519 key (PEM) that signs who is calling; the gateway alone has it",
    "identity_public_key_file": "the public half, to check it",
    "index_dir": "folder of the embedded index; this or `WINNOW_QDRANT_URL`",
    "log_level": "DEBUG, INFO, WARNING or ERROR",
    "mail_from": "address that mail comes from",
    "multilingual": "whether translated prose is looked for, where the extra `multilingual` is installed",
    "nats_monitor_url": "monitoring address of the NATS server, to check that it stores safely",
    "nats_nkey_file": "seed of this service's NATS login",
    "nats_url": "the NATS server",
    "notice_r2_days": "days to object before an approved plan of R2 applies, where house rules say nothing",
    "notice_r3_days": "the same for R3",
    "oidc_client_id": "what the OpenID provider calls Winnow",
    "oidc_client_secret_file": "the secret it gave; none for a public client",
    "oidc_issuer": "issuer URL of the organisation's OpenID provider; empty: no single sign-on",
    "organisation": "its name, which stands on every page",
    "public_url": "how people reach the gateway, for links",
    "qdrant_url": "a Qdrant server",
    "roles": "`embed`, `judge` or both: any number may embed, one at a time judges",
    "smtp_password_file": "the password of the user in `WINNOW_SMTP_URL`",
    "smtp_url": "where mail is handed in: `smtp://user@host:587` (STARTTLS) or `smtps://user@host:465`; empty: no mail",
    "time_zone": "of the organisation: when its day begins",
    "today": "ISO date taken for today; demo and tests only",
    "webhook_allowed": "`host:port,…` that webhooks may lead to although not public; on this machine without TLS",
}


def tables() -> str:
    """Markdown: the settings all services share, then those of each."""
    shared = set(ServiceSettings.model_fields)
    parts = ["**All three**", *_table(ServiceSettings, shared)]
    for name, settings in (
        ("catalog", catalog.Settings),
        ("curator", curator.Settings),
        ("gateway", gateway.Settings),
    ):
        parts += ["", f"**{name}**", *_table(settings, set(settings.model_fields) - shared)]
    return "\n".join(parts)


def _table(settings: type[ServiceSettings], names: set[str]) -> Iterator[str]:
    yield ""
    yield "| variable | default | meaning |"
    yield "|---|---|---|"
    for name in sorted(names):
        yield f"| `WINNOW_{name.upper()}` | {_default(settings.model_fields[name])} | {MEANING[name]} |"


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return "required"
    return "none" if field.default in (None, "") else f"`{field.default}`"


if __name__ == "__main__":
    print(tables())
