"""Which links may be visited at all, and when one counts as dead; no network."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from services.catalog.domain.links import Found, LinkCheck, Visit
from services.catalog.links.addresses import Refused, check_address, check_port, target

DAY = date(2026, 3, 2)
GONE, ANSWERS = Visit(Found.GONE, "It answers 404."), Visit(Found.ANSWERS, "It answers 200.")


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "127.8.8.8", "0.0.0.0", "10.0.0.1", "172.16.0.1", "192.168.1.1", "100.64.0.1", "169.254.169.254",
        "192.0.0.8", "192.0.2.1", "198.18.0.1", "224.0.0.1", "240.0.0.1", "255.255.255.255", "192.88.99.1", "::", "::1",
        "fe80::1", "fe80::1%eth0", "fc00::1", "fd00:ec2::254", "ff02::1", "::ffff:10.0.0.1", "::ffff:8.8.8.8",
        "::127.0.0.1", "64:ff9b::a00:1", "64:ff9b:1::1", "2002:7f00:1::", "2001:0:1::1", "2001:db8::1",
    ],
)  # fmt: skip
def test_an_address_that_is_not_public_is_refused(address: str) -> None:
    with pytest.raises(Refused):
        check_address(address)


@pytest.mark.parametrize("address", ["8.8.8.8", "93.184.216.34", "2606:4700::6810:84e5"])
def test_a_public_address_may_be_visited(address: str) -> None:
    check_address(address)


@pytest.mark.parametrize(
    "url",
    [
        "ftp://example.org/", "file:///etc/passwd", "javascript:alert(1)", "//example.org/", "http://", "http:///path",
        "http://me@example.org/", "http://me:secret@example.org/", "http://example.org:99999/", "http://[::1",
        "http://[fe80::1%25eth0]/", "http://exa mple.org/", f"http://{'a' * 70}.org/", "gopher://example.org:80/",
    ],
)  # fmt: skip
def test_what_is_no_plain_address_of_the_web_is_refused(url: str) -> None:
    with pytest.raises(Refused):
        target(url)


def test_a_link_is_asked_for_in_ascii_without_its_fragment() -> None:
    found = target("HTTPS://Bücher.example/Größe page?q=a b\r\nX: y#part")
    assert (found.scheme, found.host, found.port) == ("https", "xn--bcher-kva.example", 443)
    assert found.path.isascii()
    assert not any(char.isspace() for char in found.path)
    assert "part" not in found.path


@pytest.mark.parametrize("port", [22, 25, 8080, 5432])
def test_other_ports_than_the_webs_are_refused(port: int) -> None:
    with pytest.raises(Refused):
        check_port(port)


def after(*visits: tuple[int, Visit]) -> LinkCheck:
    check = LinkCheck("https://example.org/")
    for days, visit in visits:
        check = check.after(visit, DAY + timedelta(days=days))
    return check


def test_two_failures_a_week_apart_make_a_link_dead_and_nothing_less_does() -> None:
    assert not after((0, GONE)).dead
    assert not after((0, GONE), (6, GONE)).dead
    assert after((0, GONE), (7, GONE)).dead
    assert after((0, GONE), (3, Visit(Found.UNREACHABLE, "It does not answer.")), (7, GONE)).dead


def test_an_answer_between_starts_anew_and_after_it_gives_life_back() -> None:
    assert not after((0, GONE), (5, ANSWERS), (9, GONE)).dead
    assert after((0, GONE), (7, GONE), (14, ANSWERS)) == LinkCheck("https://example.org/")


def test_an_unclear_visit_changes_nothing() -> None:
    unclear = Visit(Found.UNCLEAR, "It answers 503.")
    assert not after((0, GONE), (7, unclear)).dead
    assert after((0, GONE), (7, GONE), (14, unclear)).dead
