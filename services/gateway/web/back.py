"""The way back to the first screen, for whoever does the one thing of today: `from=today` stays in the addresses."""

from __future__ import annotations

from starlette.requests import Request

_FROM = "today"
FROM_TODAY = {"from": _FROM}
"""What the address of the one thing has in its query."""


def from_today(request: Request) -> bool:
    """Whether who looks came from the first screen."""
    return request.query_params.get("from") == _FROM


def carried(request: Request) -> str:
    """The query that a form's address has to have so that what it does leads back there; empty for nobody else."""
    return f"?from={_FROM}" if from_today(request) else ""


def after(request: Request, otherwise: str) -> str:
    """Where one goes when it is done: to the first screen, where the next thing is, or where one would go otherwise."""
    return "/" if from_today(request) else otherwise
