"""The session's cookie is out of reach of scripts, of other sites' forms and, by HTTPS, of sister domains."""

from __future__ import annotations

from datetime import timedelta

from starlette.responses import Response

from services.gateway.session_cookie import SessionCookie

HALF_A_DAY = timedelta(hours=12)


def written(cookie: SessionCookie) -> set[str]:
    response = Response()
    cookie.write(response, "secret", HALF_A_DAY)
    return {each.strip().lower() for each in response.headers["set-cookie"].split(";")}


def test_by_https_the_cookie_belongs_to_this_host_alone() -> None:
    said = written(SessionCookie(secure=True))
    assert {"__host-winnow_session=secret", "secure", "httponly", "samesite=lax", "path=/"} <= said
    assert not any(each.startswith("domain=") for each in said)


def test_on_one_machine_it_goes_by_http() -> None:
    said = written(SessionCookie(secure=False))
    assert {"winnow_session=secret", "httponly", "samesite=lax", "path=/", "max-age=43200"} <= said
    assert "secure" not in said
