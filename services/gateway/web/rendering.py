"""Templates to pages: autoescape, the page's own functions, and the headers that keep a page to itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, pass_context
from jinja2.runtime import Context
from starlette.datastructures import FormData
from starlette.responses import HTMLResponse

from services.gateway.web import charts, dates, findings
from services.gateway.web.assets import asset
from services.gateway.web.icons import icon, with_sprite
from services.gateway.web.words import known, number, percent, say

HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; script-src 'self'; font-src 'self'; img-src 'self'; "
        "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "Cache-Control": "no-store",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
}

_AGAIN_SECONDS = 10

_environment = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


def _whole_of(text: str) -> str:
    return number(int(text))


def _blocks(text: str) -> list[tuple[bool, str]]:
    """An outline in lines, headings without their number signs."""
    lines = text.splitlines(keepends=True)
    return [(line.startswith("#"), line.lstrip("# ") if line.startswith("#") else line) for line in lines]


@pass_context
def _sent_here(context: Context, address: str) -> bool:
    """Whether the page answers a form that was sent to this address, which it does only when it was refused."""
    return bool(context.get("sent")) and context["sent_to"] == address


@pass_context
def _typed(context: Context, address: str, name: str, at: int = 0) -> str:
    """What a refused form sent to this address said in the field; `at` counts fields of one name."""
    sent: FormData = context.get("sent") or FormData()
    said = sent.getlist(name) if _sent_here(context, address) else []
    return str(said[at]) if at < len(said) else ""


@pass_context
def _ticked(context: Context, address: str, name: str, value: str, otherwise: bool = False) -> bool:
    """Whether a refused form sent to this address had the value chosen; `otherwise` where none was sent."""
    return value in context["sent"].getlist(name) if _sent_here(context, address) else otherwise


@pass_context
def _wrong_at(context: Context, address: str) -> Mapping[str, str]:
    """What the fields of the form sent to this address have to say instead, where it was refused for them."""
    trouble = context.get("trouble")
    return trouble.wrong if trouble and context.get("sent_to") == address else {}


_GLOBALS: dict[str, Any] = {
    "wrong_at": _wrong_at,
    "sent_here": _sent_here,
    "typed": _typed,
    "ticked": _ticked,
    "t": say,
    "known": known,
    "icon": icon,
    "asset": asset,
    "bar": charts.bar,
    "charted": charts.charted,
    "because": findings.because,
    "headline": findings.title,
    "in_own_language": findings.in_own_language,
    "lettered": findings.lettered,
    "proposed": findings.proposal,
    "second_line": findings.second_line,
}
_FILTERS: dict[str, Any] = {
    "ago": dates.ago,
    "day": dates.day,
    "iso_day": dates.iso_day,
    "in_words": dates.in_words,
    "time_of_day": dates.time_of_day,
    "duration": dates.length,
    "blocks": _blocks,
    "number": number,
    "percent": percent,
    "number_of": _whole_of,
}
_environment.globals.update(_GLOBALS)
_environment.filters.update(_FILTERS)


def render(template: str, /, **values: Any) -> str:
    """The template's HTML with the icons it uses."""
    return with_sprite(_environment.get_template(template).render(**values))


def page(template: str, /, status: int = 200, **values: Any) -> HTMLResponse:
    """A whole page."""
    return HTMLResponse(render(template, **values), status_code=status, headers=HEADERS)


def sign_in(
    provider: str,
    *,
    status: int = 200,
    token: str = "",
    address: str = "",
    sent: Sequence[tuple[str, str]] = (),
) -> HTMLResponse:
    """The page that asks to sign in; `provider` is the name of the single sign-on, empty without one.

    What somebody `sent` to the `address` without a session stays on the page, to be sent again.
    """
    return page("sign_in.html", status=status, token=token, provider=provider, address=address, sent=sent)


def trying_again(title: str, text: str) -> HTMLResponse:
    """The page of a service that is down: a browser asks again by itself."""
    answer = failed(503, title, text)
    answer.headers["Refresh"] = answer.headers["Retry-After"] = str(_AGAIN_SECONDS)
    return answer


def failed(status: int, title: str, text: str, ask: str = "") -> HTMLResponse:
    """A page that says what went wrong and what to do; `ask` is where what was refused can be asked for."""
    return page("error.html", status=status, title=title, text=text, ask=ask)
