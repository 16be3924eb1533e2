"""The page that somebody asked for before they had signed in: kept in the browser, so that signing in leads there."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import quote, unquote, urlsplit

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from services.gateway.session_cookie import SessionCookie

FIRST = "/"
"""Where who asked for no page is led."""

_PATIENCE = timedelta(hours=1)  # set by hand: to ask somebody for a link and to be given it
_LONGEST = 2000  # characters; a cookie takes some 4,000, and what is no letter takes three in it
_FILES = (".csv", ".html")
_OF_SIGNING = ("/sign-in", "/sign-out")


def own_page(address: str, otherwise: str = FIRST) -> str:
    """The same when it is a path of our own that can be looked at, `otherwise` when it is not.

    Browsers take `\\` for `/` and leave out line ends and tabs, so that `/\\host` and `/<tab>/host` name another
    host (WHATWG URL, "special authority ignore slashes state"); no path of ours has any of them.
    """
    if not address.startswith("/") or address.startswith("//") or len(address) > _LONGEST:
        return otherwise
    if "\\" in address or any(ord(each) <= 0x20 or ord(each) == 0x7F for each in address):
        return otherwise
    path = urlsplit(address).path
    if any(path == each or path.startswith(f"{each}/") for each in _OF_SIGNING):
        return otherwise
    return address


@dataclass(frozen=True, slots=True)
class Wanted:
    """Keeps the address in a cookie; `secure` where people come by HTTPS."""

    secure: bool

    def remember(self, request: Request, response: Response) -> None:
        """Keeps what was asked for with a GET; the newest takes the place of any other.

        What a script or an image asks for is no page that somebody looks at, and a file is none either: whoever
        has signed in would be left without a way on.
        """
        document = request.headers.get("sec-fetch-dest", "document") == "document"
        if request.method != "GET" or not document or request.url.path.endswith(_FILES):
            return
        query = f"?{request.url.query}" if request.url.query else ""
        # The server has unquoted the path.
        address = own_page(quote(request.url.path, safe="/:@!$&'()*+,;=~") + query)
        self._cookie.write(response, quote(address, safe=""), _PATIENCE)

    def lead(self, request: Request) -> Response:
        """The way there after signing in, whatever the cookie says to a page of ours; the next is not led there."""
        address = own_page(unquote(self._cookie.read(request)))
        response = RedirectResponse(address, status_code=303)
        self._cookie.clear(response)
        return response

    @property
    def _cookie(self) -> SessionCookie:
        return SessionCookie(self.secure, "winnow_wanted")
