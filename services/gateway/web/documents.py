"""Plans as files to download or print, for whoever may read the suggestion."""

from __future__ import annotations

import base64
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from services.gateway.web.api import Get

_HEADERS = {
    # It is a file that comes from here: no script, and no way back into the page that it was opened from.
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; sandbox; frame-ancestors 'none'",
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
}


@dataclass(frozen=True, slots=True)
class Documents:
    """The documents' routes; `get` reads the same API that everyone else uses."""

    get: Get

    def routes(self) -> list[Route]:
        """All of them, for the application."""
        return [
            Route("/review/{id}/plan.html", self.plan, methods=["GET"]),
            Route("/review/{id}/plan.csv", self.plan, methods=["GET"]),
        ]

    async def plan(self, request: Request) -> Response:
        """One plan, in the form that the path ends with."""
        wanted = "CSV" if request.url.path.endswith(".csv") else "HTML"
        path = f"/v1/suggestions/{request.path_params['id']}:exportPlan"
        found = await self.get(request, path, {"format": wanted})
        disposition = "attachment" if wanted == "CSV" else "inline"
        return Response(
            base64.b64decode(found["content"]),
            media_type=found["mediaType"],
            headers={
                **_HEADERS,
                "Content-Disposition": f'{disposition}; filename="{found["fileName"]}"',
            },
        )
