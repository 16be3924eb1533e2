"""The page of imports comes again by itself while something is read, unless somebody would lose what they do on it."""

from __future__ import annotations

from typing import Any

import pytest
from starlette.requests import Request
from starlette.responses import Response

from services.gateway.web import imports
from services.gateway.web.api import Api
from services.gateway.web.frame import Frames
from services.kit.clock import Clock


@pytest.mark.parametrize(
    ("query", "end", "questions", "again"),
    [
        (b"", False, [], True),
        (b"", True, [], False),
        (b"", False, [{"id": "q"}], False),
        (b"add=1", False, [], False),
    ],
)
async def test_it_comes_again_only_where_nothing_is_lost(
    monkeypatch: pytest.MonkeyPatch, query: bytes, end: bool, questions: list[Any], again: bool
) -> None:
    one = {"source": "lms", "unreadable": [], "warnings": [], "questions": questions}
    one |= {"endTime": "2026-07-01T00:00:00Z"} if end else {}

    async def get(_: Request, path: str, __: Any) -> Any:
        return {"imports": [one]} if path == "/v1/imports" else {"sources": [], "nextPageToken": ""}

    async def around(*_: Any) -> dict[str, Any]:
        return {}

    monkeypatch.setattr(Frames, "around", around)
    monkeypatch.setattr(imports, "page", lambda *_, **__: Response())  # type: ignore[misc]
    api = Api(get, get, None, Clock())  # type: ignore[arg-type]
    shown = await imports.Imports(api, Frames(api)).show(Request({"type": "http", "query_string": query}))
    assert ("Refresh" in shown.headers) == again
