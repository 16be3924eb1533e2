"""The way back for whoever came from the first screen or from a check-up: `from=…` stays in the addresses.

`today` is the one thing of today, `checkup:{program}` a line of that program's check-up.
"""

from __future__ import annotations

import re
from urllib.parse import urlencode

from starlette.requests import Request

_FROM = "today"
_CHECKUP = re.compile(r"checkup:([\w-]{1,64})")
FROM_TODAY = {"from": _FROM}
"""What the address of the one thing has in its query."""


def from_today(request: Request) -> bool:
    """Whether who looks came from the first screen."""
    return request.query_params.get("from") == _FROM


def carried(request: Request) -> str:
    """The query that a form's address has to have so that what it does leads back there; empty for nobody else."""
    return f"?from={_FROM}" if from_today(request) else ""


def checkup(request: Request) -> str:
    """The check-up that who looks came from; empty for none."""
    found = _CHECKUP.fullmatch(request.query_params.get("from", ""))
    return f"/programs/{found[1]}/checkup" if found else ""


def kept(request: Request) -> dict[str, str]:
    """What the address of a suggestion says of whence one came, for its forms and links to say it, too."""
    known = from_today(request) or checkup(request)
    return {"from": request.query_params["from"]} if known else {}


def in_query(request: Request) -> str:
    """The same as the end of a query that has something before."""
    given = kept(request)
    return f"&{urlencode(given)}" if given else ""


def after(request: Request, otherwise: str) -> str:
    """Where one goes when it is done: to the first screen, where the next thing is, to the check-up, or otherwise."""
    return "/" if from_today(request) else checkup(request) or otherwise
