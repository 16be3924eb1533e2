"""Settings every service shares; each service's `main.py` adds its own fields and alone reads them."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo

from pydantic import AfterValidator
from pydantic_settings import BaseSettings, SettingsConfigDict

from services.kit.clock import Clock


def _listen(value: str) -> str:
    host, colon, port = value.rpartition(":")
    if not (host and colon and port.isdigit() and int(port) < 65536):
        raise ValueError("expected host:port")
    return value


Listen = Annotated[str, AfterValidator(_listen)]
"""`host:port` to listen on; port 0 picks a free one."""


class ServiceSettings(BaseSettings):
    """From `WINNOW_…` variables; secrets are named as files, never given as values."""

    model_config = SettingsConfigDict(env_prefix="WINNOW_", extra="ignore", frozen=True)

    nats_url: str
    nats_nkey_file: Path | None = None
    nats_monitor_url: str | None = None
    health_listen: Listen = "127.0.0.1:0"
    today: date | None = None
    time_zone: str = "UTC"
    log_level: str = "INFO"

    def clock(self) -> Clock:
        """The clock these settings ask for; ZoneInfoNotFoundError for an unknown zone."""
        return Clock(ZoneInfo(self.time_zone), self.today)


def split_listen(listen: str) -> tuple[str, int]:
    """Host and port of a `Listen`; brackets of an IPv6 host are dropped."""
    host, _, port = listen.rpartition(":")
    return host.strip("[]"), int(port)
