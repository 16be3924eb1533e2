"""Static files under names that hold their content's hash, so that browsers may keep them for ever."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

_FOLDER = Path(__file__).parent / "static"
_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".woff2": "font/woff2",
}


@dataclass(frozen=True, slots=True)
class _Asset:
    body: bytes
    type: str


def _named(path: Path, body: bytes) -> str:
    return f"{path.stem}.{hashlib.sha256(body).hexdigest()[:10]}{path.suffix}"


def _read() -> tuple[dict[str, str], dict[str, _Asset]]:
    """Hashed names by plain ones, and what is served under the hashed ones."""
    names: dict[str, str] = {}
    served: dict[str, _Asset] = {}
    # Stylesheets last: they name the others.
    for path in sorted(_FOLDER.iterdir(), key=lambda each: (each.suffix == ".css", each.name)):
        if path.suffix not in _TYPES:
            continue
        body = path.read_bytes()
        if path.suffix == ".css":
            for plain, hashed in names.items():
                body = body.replace(f'url("{plain}")'.encode(), f'url("{hashed}")'.encode())
        names[path.name] = _named(path, body)
        served[names[path.name]] = _Asset(body, _TYPES[path.suffix])
    return names, served


_NAMES, _SERVED = _read()


def asset(name: str) -> str:
    """Where `name` of the folder `static` is served."""
    return f"/static/{_NAMES[name]}"


async def _serve(request: Request) -> Response:
    found = _SERVED.get(request.path_params["name"])
    if found is None:
        return Response(status_code=404)
    return Response(
        found.body,
        media_type=found.type,
        headers={"Cache-Control": "public, max-age=31536000, immutable", "X-Content-Type-Options": "nosniff"},
    )


def route() -> Route:
    """The one route of all of them."""
    return Route("/static/{name}", _serve, methods=["GET"])
