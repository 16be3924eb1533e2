"""One try to mail one message, by the standard library's client in a thread."""

from __future__ import annotations

import asyncio
import smtplib
import ssl
from dataclasses import dataclass
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP as POLICY
from email.utils import format_datetime
from ipaddress import ip_address
from urllib.parse import unquote, urlsplit

from services.catalog.telling.domain import Delivery, Outcome, State

_SECONDS = 15.0  # for each answer of the server
_PORTS = {"smtp": 587, "smtps": 465}


@dataclass(frozen=True, slots=True)
class Server:
    """Where mail is handed in. `tls` from the first byte, else by STARTTLS, which may be missing on loopback alone."""

    host: str
    port: int
    tls: bool
    user: str = ""
    password: str = ""

    @property
    def loopback(self) -> bool:
        """Whether it is on this machine."""
        try:
            return ip_address(self.host).is_loopback
        except ValueError:
            return self.host == "localhost"


def server(url: str) -> Server:
    """What `smtp://user@host:587` (STARTTLS) or `smtps://user@host:465` means; ValueError for anything else."""
    parts = urlsplit(url)
    if (
        parts.scheme not in _PORTS
        or not parts.hostname
        or parts.password is not None
        or parts.path.strip("/")
    ):
        raise ValueError("expected smtp://user@host:port or smtps://user@host:port, without a password")
    port = parts.port or _PORTS[parts.scheme]
    return Server(parts.hostname, port, parts.scheme == "smtps", unquote(parts.username or ""))


class Mailer:
    """Hands messages in at one server, as from one address."""

    def __init__(self, server: Server, sender: str) -> None:
        self._server = server
        self._sender = sender
        self._domain = sender.rpartition("@")[2]

    async def deliver(self, value: Delivery) -> Outcome:
        """What came of one try; never raises for what a server may do or say."""
        return await asyncio.to_thread(self._hand_in, value)

    def message(self, value: Delivery) -> EmailMessage:
        """The message; of one delivery it is the same each time, its Message-ID above all (RFC 5322 §3.6.4)."""
        made = EmailMessage(policy=POLICY)
        made["From"] = Address("Winnow", addr_spec=self._sender)
        made["To"] = value.address
        made["Subject"] = value.subject
        made["Date"] = format_datetime(value.create_time)
        made["Message-ID"] = f"<{value.id}@{self._domain}>"
        made["Auto-Submitted"] = "auto-generated"  # RFC 3834: no machine answers it
        made.set_content(value.content, cte="quoted-printable")
        if value.attachment:
            made.add_attachment(value.attachment, subtype="csv", filename=value.attachment_name)
            # Of one delivery the same bytes each time, the boundary of its parts too.
            made.set_boundary(value.id)
        return made

    def _hand_in(self, value: Delivery) -> Outcome:
        try:
            with self._connected() as client:
                client.send_message(self.message(value), self._sender, [value.address])
        except smtplib.SMTPRecipientsRefused as error:
            code, text = next(iter(error.recipients.values()))
            return _said(code, text)
        except smtplib.SMTPAuthenticationError as error:
            # The operator's to mend, and then it goes on.
            return Outcome(
                State.WAITING, f"Signing in failed: {_line(error.smtp_code, error.smtp_error)}", True
            )
        except smtplib.SMTPResponseException as error:
            return _said(error.smtp_code, error.smtp_error)
        except smtplib.SMTPNotSupportedError as error:
            return Outcome(State.WAITING, f"The server cannot do what is needed: {error}", unreachable=True)
        except (OSError, smtplib.SMTPException) as error:  # SMTPException is one, but not by name
            return Outcome(State.WAITING, f"The server does not answer: {error}", unreachable=True)
        except (UnicodeError, ValueError) as error:
            return Outcome(State.REFUSED, f"Not an address that can be written to: {error}")
        return Outcome(State.SENT, "")

    def _connected(self) -> smtplib.SMTP:
        at = self._server
        if at.tls:
            client: smtplib.SMTP = smtplib.SMTP_SSL(
                at.host, at.port, timeout=_SECONDS, context=ssl.create_default_context()
            )
        else:
            client = smtplib.SMTP(at.host, at.port, timeout=_SECONDS)
        try:
            client.ehlo()
            if not at.tls and (client.has_extn("starttls") or not at.loopback):
                client.starttls(context=ssl.create_default_context())
                client.ehlo()
            if at.user:
                client.login(at.user, at.password)
        except BaseException:
            client.close()
            raise
        return client


def _said(code: int, text: bytes | str) -> Outcome:
    """A server's no: for good with 5xx, for now with anything else (RFC 5321 §4.2.1)."""
    return Outcome(State.REFUSED if 500 <= code < 600 else State.WAITING, _line(code, text))


def _line(code: int, text: bytes | str) -> str:
    words = text.decode("utf-8", "replace") if isinstance(text, bytes) else text
    return f"{code} {' '.join(words.split())}"
