"""Which addresses a link may lead to: public ones on the web's own ports, whatever name or redirect names them."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from urllib.parse import quote, urlsplit

_PORTS = {"http": 80, "https": 443}
_PLAIN = "/%:=&~+!$,;'@()*"  # what stays as it is in a path beside letters and digits (RFC 3986)
# Inside these an IPv4 address hides that nobody checked; Python calls some of them global.
_TUNNELS = tuple(
    ipaddress.IPv6Network(each)
    for each in ("::/96", "::ffff:0:0/96", "64:ff9b::/96", "64:ff9b:1::/48", "2002::/16", "2001::/32")
)
_SPECIAL = (ipaddress.IPv4Network("192.0.0.0/24"), ipaddress.IPv4Network("192.88.99.0/24"))


class Refused(Exception):
    """A link or an address that must not be visited; the text says why."""


@dataclass(frozen=True, slots=True)
class Target:
    """Where to ask: `host` is a name or address in ASCII, `path` is quoted and has the query."""

    scheme: str
    host: str
    port: int
    path: str


def target(url: str) -> Target:
    """Where a link leads to; Refused unless it is http or https, without user or password, on the usual port."""
    try:
        parts = urlsplit(url)
        port, name = parts.port, parts.hostname or ""
        host = name.encode("idna").decode("ascii")
    except (ValueError, UnicodeError):
        raise Refused("it is no address") from None
    if parts.scheme not in _PORTS:
        raise Refused("it is neither http nor https")
    if not host or "%" in host or any(char.isspace() for char in host):
        raise Refused("it names no host")
    if parts.username is not None or parts.password is not None:
        raise Refused("it names a user")
    path = quote(parts.path or "/", safe=_PLAIN)
    if parts.query:
        path += "?" + quote(parts.query, safe=f"{_PLAIN}?")
    return Target(parts.scheme, host, port or _PORTS[parts.scheme], path)


def check_port(port: int) -> None:
    """Refused for any but the web's own ports."""
    if port not in _PORTS.values():
        raise Refused(f"port {port} is not the web's")


def check_address(address: str) -> None:
    """Refused for an address that is not public: private, loopback, link-local, metadata, multicast, a tunnel."""
    known = ipaddress.ip_address(address.partition("%")[0])
    hidden = isinstance(known, ipaddress.IPv6Address) and any(known in net for net in _TUNNELS)
    special = isinstance(known, ipaddress.IPv4Address) and any(known in net for net in _SPECIAL)
    if hidden or special or not known.is_global or known.is_multicast or known.is_reserved:
        raise Refused("its host has an address that is not public")
