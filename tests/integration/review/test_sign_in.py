"""Signing in at a real OpenID provider (a process of its own), by whom and what lets in, and how it ends.

The provider accepts any client secret and checks no PKCE verifier; that we send the challenge is asserted on the way.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, quote, urlsplit

import httpx
import pytest
from playwright.async_api import async_playwright

from services.cli.main import main
from tests.browser.axe import AXE, RULES
from tests.browser.visitor import CHROMIUM
from tests.integration.catalog.conftest import FIRST_TOKEN, CatalogProcess
from tests.integration.review.conftest import Reviewer, Team
from tests.integration.review.doors import Doors, doors
from tests.servers import free_port
from winnow.catalog.v1 import credential_service_pb2 as credentials
from winnow.catalog.v1 import people_service_pb2 as people
from winnow.catalog.v1 import person_request_pb2

USERS = {
    "subject-of-ida": {"email": "ida@example.org", "email_verified": True},
    "another-ida": {"email": "ida@example.org", "email_verified": True},
    "unverified-ida": {"email": "ida@example.org", "email_verified": False},
    "claims-all": {
        "email": "claims@example.org",
        "email_verified": True,
        "roles": ["ADMINISTRATOR"],
        "groups": ["administrators"],
        "winnow_role": "ADMINISTRATOR",
    },
    "stranger": {"email": "stranger@example.org", "email_verified": True},
    "newcomer": {"email": "newcomer@example.org", "email_verified": True},
}
ITSELF = {"Sec-Fetch-Site": "same-origin"}


@pytest.fixture(scope="module")
def provider() -> Iterator[str]:
    port = free_port()
    users = [
        word
        for subject, claims in USERS.items()
        for word in ("--user-claims", json.dumps({"sub": subject, **claims}))
    ]
    process = subprocess.Popen(
        [sys.executable, "-m", "oidc_provider_mock", "--port", str(port), "--require-nonce", "true", *users],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    issuer = f"http://127.0.0.1:{port}"
    deadline = time.monotonic() + 30
    try:
        while True:
            try:
                httpx.get(f"{issuer}/.well-known/openid-configuration", timeout=5).raise_for_status()
                break
            except httpx.HTTPError:
                assert process.poll() is None
                assert time.monotonic() < deadline
                time.sleep(0.05)
        yield issuer
    finally:
        process.terminate()
        process.wait(timeout=20)


@pytest.fixture(scope="module")
def gateway(
    process: CatalogProcess, provider: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Doors]:
    folder = tmp_path_factory.mktemp("gateway")
    (folder / "secret").write_text("the secret\n")
    settings = {
        "WINNOW_OIDC_ISSUER": provider,
        "WINNOW_OIDC_CLIENT_ID": "winnow",
        "WINNOW_OIDC_CLIENT_SECRET_FILE": str(folder / "secret"),
    }
    with doors(process, folder, **settings) as running:
        yield running


def at_provider(browser: httpx.Client, gateway: Doors, subject: str) -> str:
    """Begins at Winnow's page, signs in at the provider; the address the provider sends the browser back to."""
    begun = browser.get("/sign-in/provider")
    assert begun.status_code == 303, begun.text
    asked = parse_qs(urlsplit(begun.headers["location"]).query)
    assert asked["response_type"] == ["code"]
    assert asked["code_challenge_method"] == ["S256"]
    assert {"state", "nonce", "code_challenge"} <= set(asked)
    assert asked["redirect_uri"] == [f"{gateway.http}/sign-in/callback"]
    said = httpx.post(begun.headers["location"], data={"sub": subject}, timeout=20)
    assert said.status_code == 302, said.text
    return said.headers["location"]


def by_link(browser: httpx.Client, link: str) -> str:
    """Signs in by a one-time link; where that leads."""
    assert browser.get(link).status_code == 200
    (token,) = parse_qs(urlsplit(link).query)["token"]
    return browser.post("/sign-in", data={"token": token}, headers=ITSELF).headers["location"]


def browser(gateway: Doors) -> httpx.Client:
    return httpx.Client(base_url=gateway.http, timeout=20)


def people_count(catalog: CatalogProcess) -> int:
    return int(catalog.sql("SELECT count(*) FROM persons")[0][0])


async def test_a_person_signs_in_at_the_provider_and_out_again(
    team: Team, gateway: Doors, catalog: CatalogProcess
) -> None:
    await team.join("ida@example.org", people.Person.INSTRUCTIONAL_DESIGNER)
    with browser(gateway) as own:
        assert "/sign-in/provider" in own.get("/review").text
        back = at_provider(own, gateway, "subject-of-ida")
        entered = own.get(back)
        assert (entered.status_code, entered.headers["location"]) == (303, "/review")
        assert own.get("/v1/viewer").json()["person"]["email"] == "ida@example.org"
        session = dict(own.cookies)["winnow_session"]
        # What let in once lets nobody in again.
        assert own.get(back).status_code == 401
        assert own.post("/sign-out", headers={"Sec-Fetch-Site": "cross-site"}).status_code == 403
        assert own.post("/sign-out", headers=ITSELF).status_code == 303
        own.cookies.set("winnow_session", session)
        assert own.get("/v1/viewer").status_code == 401
    rows = catalog.sql(
        "SELECT method FROM audit WHERE method LIKE '%%IdentityService%%' AND outcome = 'OK' ORDER BY id"
    )
    assert [method.rpartition("/")[2] for (method,) in rows] == ["OpenSessionForSubject", "CloseSession"]


async def test_signing_in_leads_to_the_page_that_a_link_of_a_mail_named(
    team: Team, leader: Reviewer, gateway: Doors
) -> None:
    ida = await team.join("ida@example.org", people.Person.INSTRUCTIONAL_DESIGNER)
    asked = "/review?whose=all&q=ladders%20%26%20stairs"
    with browser(gateway) as own:
        assert own.get("/programs").status_code == 401
        assert own.get(asked).status_code == 401
        # What a page asks for by itself, or sends, is none that somebody wants to see.
        assert own.get("/imports", headers={"Sec-Fetch-Dest": "empty"}).status_code == 401
        assert own.post("/undo", headers=ITSELF).status_code == 401
        entered = own.get(at_provider(own, gateway, "subject-of-ida"))
        assert (entered.status_code, entered.headers["location"]) == (303, asked)
        assert own.get(entered.headers["location"]).status_code == 200
        # Once led there is enough.
        own.post("/sign-out", headers=ITSELF)
        assert own.get(at_provider(own, gateway, "subject-of-ida")).headers["location"] == "/"

    name = f"people/{(await ida.who()).person}"

    async def link() -> str:
        return (await leader("CreateSignInLink", people.CreateSignInLinkRequest(name=name))).path

    with browser(gateway) as own:
        assert own.get("/programs?list=mine").status_code == 401
        assert by_link(own, await link()) == "/programs?list=mine"
    for forged in ("//elsewhere.example/", "https://elsewhere.example/", "/\\elsewhere.example"):
        with browser(gateway) as own:
            own.cookies.set("winnow_wanted", quote(forged, safe=""))
            assert by_link(own, await link()) == "/"


async def test_who_is_nobody_here_is_told_whom_to_ask_and_never_added(
    team: Team, gateway: Doors, catalog: CatalogProcess
) -> None:
    await team.join("ida@example.org", people.Person.INSTRUCTIONAL_DESIGNER)
    before = people_count(catalog)
    for subject in ("stranger", "unverified-ida"):
        with browser(gateway) as own:
            refused = own.get(at_provider(own, gateway, subject))
            assert refused.status_code == 403
            assert "first@example.org" in refused.text
            assert own.get("/v1/viewer").status_code == 401
    assert people_count(catalog) == before
    tried = catalog.sql(
        "SELECT outcome, detail ->> 'subject' FROM audit WHERE outcome = 'PERSON_UNKNOWN' ORDER BY id"
    )
    assert tried == [("PERSON_UNKNOWN", "stranger"), ("PERSON_UNKNOWN", "unverified-ida")]


def ticket(refused: httpx.Response) -> str:
    found = re.search(r'name="ticket" value="([^"]+)"', refused.text)
    return found[1] if found else ""


async def asked(leader: Reviewer) -> list[Any]:
    return list((await leader("ListPersonRequests", people.ListPersonRequestsRequest())).requests)


async def test_who_is_nobody_here_asks_once_and_comes_in_by_an_administrators_yes(
    team: Team, leader: Reviewer, gateway: Doors, catalog: CatalogProcess
) -> None:
    catalog.sql("DELETE FROM person_requests")
    before = people_count(catalog)
    with browser(gateway) as own:
        # An e-mail that the provider does not vouch for is nobody's: nothing to ask with.
        assert ticket(own.get(at_provider(own, gateway, "unverified-ida"))) == ""
        given = ticket(own.get(at_provider(own, gateway, "stranger")))
        form = {"ticket": given, "reason": "I teach welding."}
        for _ in range(2):
            said = own.post("/sign-in/request", data=form, headers=ITSELF)
            assert (said.status_code, "You have asked to be let in" in said.text) == (200, True)
        assert own.get("/v1/viewer").status_code == 401
        forged = {**form, "ticket": f"{given[:-4]}AAAA"}
        assert own.post("/sign-in/request", data=forged, headers=ITSELF).status_code == 401
    (request,) = await asked(leader)
    assert (request.kind, request.email, request.requester, request.reason) == (
        person_request_pb2.PersonRequest.ADD_PERSON,
        *("stranger@example.org", "stranger@example.org", "I teach welding."),
    )
    assert request.account.startswith("stranger at http://127.0.0.1:")
    assert people_count(catalog) == before
    # Whoever adds nobody sees nothing of it.
    ida = await team.join("ida@example.org", people.Person.INSTRUCTIONAL_DESIGNER)
    assert await asked(ida) == []
    (row,) = catalog.sql("SELECT person, detail ->> 'subject' FROM audit WHERE method LIKE '%%RequestAccess'")
    assert row == ("", "stranger")

    no = people.ResolvePersonRequestRequest(name=request.name, accept=False, answer="Who are you?")
    await leader("ResolvePersonRequest", no)
    with browser(gateway) as own:
        form = {"ticket": ticket(own.get(at_provider(own, gateway, "stranger")))}
        assert own.post("/sign-in/request", data=form, headers=ITSELF).status_code == 400
        catalog.sql("UPDATE person_requests SET create_time = create_time - interval '31 days'")
        assert own.post("/sign-in/request", data=form, headers=ITSELF).status_code == 200
        (again,) = await asked(leader)
        yes = people.ResolvePersonRequestRequest(name=again.name, accept=True)
        await leader("ResolvePersonRequest", yes)
        assert own.get(at_provider(own, gateway, "stranger")).status_code == 303
        assert own.get("/v1/viewer").json()["person"]["roles"] == []


@pytest.mark.skipif(not Path(CHROMIUM).exists(), reason=f"there is no {CHROMIUM}")
@pytest.mark.parametrize("script", [True, False])
async def test_who_is_nobody_here_asks_by_a_page_that_everybody_can_use(
    gateway: Doors, leader: Reviewer, catalog: CatalogProcess, script: bool
) -> None:
    catalog.sql("DELETE FROM person_requests")
    with browser(gateway) as own:
        back = at_provider(own, gateway, "newcomer")
        begun = dict(own.cookies)
    async with async_playwright() as playwright:
        running = await playwright.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", "--no-proxy-server"]
        )
        context = await running.new_context(
            viewport={"width": 320, "height": 640}, java_script_enabled=script
        )
        await context.add_cookies(
            [{"name": name, "value": value, "url": gateway.http} for name, value in begun.items()]
        )
        page = await context.new_page()
        page.set_default_timeout(15_000)

        async def found() -> Any:
            if not script:
                return []
            await page.evaluate(AXE)
            asked = {"runOnly": {"type": "tag", "values": RULES}}
            told = await page.evaluate("asked => axe.run(document, asked)", asked)
            return [each["id"] for each in told["violations"]]

        await page.goto(back)
        assert await found() == []
        await page.get_by_role("textbox").fill("I teach welding.")
        await page.get_by_role("button").click()
        await page.get_by_role("status").wait_for()
        assert await found() == []
        await running.close()
    assert [each.reason for each in await asked(leader)] == ["I teach welding."]


async def test_what_a_provider_claims_of_roles_gives_none(
    team: Team, gateway: Doors, catalog: CatalogProcess
) -> None:
    """A first sign-in with every claim of being an administrator adds nobody, and who is here keeps their roles."""
    rows = "SELECT email, roles FROM persons ORDER BY email"
    before = catalog.sql(rows)
    with browser(gateway) as own:
        assert own.get(at_provider(own, gateway, "claims-all")).status_code == 403
    assert catalog.sql(rows) == before
    assert catalog.sql("SELECT count(*) FROM audit WHERE outcome = 'PERSON_UNKNOWN'") == [(1,)]
    await team.join("claims@example.org", people.Person.SPECIALIST)
    with browser(gateway) as own:
        assert own.get(at_provider(own, gateway, "claims-all")).status_code == 303
        assert own.get("/v1/viewer").json()["person"]["roles"] == ["SPECIALIST"]
        body = {"email": "eve@example.org"}
        assert (
            own.post("/v1/people", json=body, headers=ITSELF).status_code == 401
        )  # a cookie opens reads only
        assert own.post("/people", data=body, headers=ITSELF).status_code == 403
    assert catalog.sql(rows)[0] == ("claims@example.org", ["SPECIALIST"])


async def test_an_address_given_to_somebody_else_brings_no_rights(team: Team, gateway: Doors) -> None:
    await team.join("ida@example.org", people.Person.INSTRUCTIONAL_DESIGNER)
    with browser(gateway) as own:
        assert own.get(at_provider(own, gateway, "subject-of-ida")).status_code == 303
    with browser(gateway) as other:
        assert other.get(at_provider(other, gateway, "another-ida")).status_code == 403
    with browser(gateway) as own:
        assert own.get(at_provider(own, gateway, "subject-of-ida")).status_code == 303


async def test_a_sign_in_of_another_browser_lets_nobody_in(team: Team, gateway: Doors) -> None:
    await team.join("ida@example.org", people.Person.INSTRUCTIONAL_DESIGNER)
    with browser(gateway) as attacker, browser(gateway) as victim:
        back = at_provider(attacker, gateway, "subject-of-ida")
        assert victim.get(back).status_code == 401
        at_provider(victim, gateway, "subject-of-ida")  # has begun one of its own
        assert victim.get(back).status_code == 401
        assert "winnow_session" not in victim.cookies


async def test_a_removed_person_does_not_come_back_by_the_provider(
    team: Team, leader: Reviewer, gateway: Doors, catalog: CatalogProcess
) -> None:
    ida = await team.join("ida@example.org", people.Person.INSTRUCTIONAL_DESIGNER)
    name = f"people/{(await ida.who()).person}"
    with browser(gateway) as own:
        assert own.get(at_provider(own, gateway, "subject-of-ida")).status_code == 303
        await leader("DeactivatePerson", people.DeactivatePersonRequest(name=name))
        assert own.get("/v1/viewer").status_code == 401
        assert own.get(at_provider(own, gateway, "subject-of-ida")).status_code == 403


async def test_tokens_and_sessions_are_listed_and_ended(
    team: Team, gateway: Doors, capsys: pytest.CaptureFixture[str]
) -> None:
    await team.join("ida@example.org", people.Person.INSTRUCTIONAL_DESIGNER)

    def winnow(*words: str, token: str = FIRST_TOKEN) -> Any:
        with pytest.raises(SystemExit) as ended:
            main([*words, "--json", "--url", gateway.http, "--token", token])
        assert ended.value.code == 0
        return json.loads(capsys.readouterr().out)

    made = winnow("token", "create", "--person", "ida@example.org", "--read-only")["token"]
    listed = winnow("token", "list")["tokens"]
    reading = [each for each in listed if each["readOnly"]]
    assert [each["person"] for each in reading] == ["ida@example.org"]
    # One's own, and nobody else's.
    own = winnow("token", "list", token=made)["tokens"]
    assert {each["person"] for each in own} == {"ida@example.org"}
    with gateway.client(made) as reader:
        assert reader.get("/v1/resources").status_code == 200
        assert reader.get("/v1/credentials", params={"everyone": "true"}).status_code == 403
        assert reader.post(f"/v1/{reading[0]['name']}:revoke", json={}).status_code == 403
        winnow("token", "revoke", reading[0]["name"])
        assert reader.get("/v1/resources").status_code == 401
    with browser(gateway) as page:
        page.get(at_provider(page, gateway, "subject-of-ida"))
        (session,) = page.get("/v1/credentials", params={"kind": "SESSION"}).json()["credentials"]
        winnow("token", "revoke", session["name"])
        assert page.get("/v1/viewer").status_code == 401


async def test_only_an_administrators_token_for_an_administrator_writes_people(
    team: Team, leader: Reviewer, gateway: Doors
) -> None:
    ada = await team.join("ida@example.org", people.Person.LEARNING_LEADER)
    name = f"people/{(await ada.who()).person}"
    await leader("GrantRole", people.GrantRoleRequest(name=name, role=people.Person.ADMINISTRATOR))
    request = people.CreatePersonRequest(person=people.Person(email="new@example.org"))
    # The token is older than the role: nobody meant it to write people.
    with pytest.raises(Exception, match="not minted by an administrator"):
        await ada("CreatePerson", request)
    # Nor does it make its owner somebody else, or end what is somebody else's.
    with pytest.raises(Exception, match="not minted by an administrator"):
        await ada("CreateApiToken", people.CreateApiTokenRequest(email="first@example.org"))
    listed = await leader("ListCredentials", credentials.ListCredentialsRequest())
    with pytest.raises(Exception, match="not minted by an administrator"):
        await ada("RevokeCredential", credentials.RevokeCredentialRequest(name=listed.credentials[0].name))
    own = await ada("CreateApiToken", people.CreateApiTokenRequest())
    with gateway.client(own.token) as client:
        body = {"email": "new@example.org"}
        assert client.post("/v1/people", json=body).status_code == 403
        minted = await leader("CreateApiToken", people.CreateApiTokenRequest(email="ida@example.org"))
        client.headers["Authorization"] = f"Bearer {minted.token}"
        assert client.post("/v1/people", json=body).status_code == 200
