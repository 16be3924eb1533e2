"""Keys and credentials of one data folder: made once, each in a file that this login alone can read."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nkeys
import orjson
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from services.cli.data_folder import DataFolder

FIRST_PERSON = "administrator@localhost"


@dataclass(frozen=True, slots=True)
class NatsKey:
    """One login of the NATS server: the file with its seed, and the public key the server knows it by."""

    seed_file: Path
    public: str


def nats_key(data: DataFolder, login: str) -> NatsKey:
    """The NKey of a login, made at its first use."""
    path = data.secrets / f"{login}.nk"
    library: Any = nkeys  # untyped
    if not path.exists():
        seed: bytes = library.encode_seed(secrets.token_bytes(32), library.PREFIX_BYTE_USER)
        data.write(path, bytes(seed))
    public: bytes = library.from_seed(bytearray(path.read_bytes())).public_key
    return NatsKey(path, public.decode())


@dataclass(frozen=True, slots=True)
class IdentityKeys:
    """Files of the pair that signs and verifies who calls."""

    private: Path
    public: Path


def identity_keys(data: DataFolder) -> IdentityKeys:
    """The Ed25519 pair as PEM, made at its first use."""
    found = IdentityKeys(data.secrets / "identity.pem", data.secrets / "identity.pub.pem")
    if not found.public.exists():
        key = Ed25519PrivateKey.generate()
        data.write(found.private, key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
        data.write(
            found.public, key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
        )
    return found


@dataclass(frozen=True, slots=True)
class Bootstrap:
    """The file that gives the catalog its first person, and the one-time link's secret until it was shown."""

    file: Path
    unshown_link: Path

    def link(self, http: str) -> str | None:
        """The one-time sign-in link, None once it has been shown."""
        try:
            return f"{http}/sign-in?token={self.unshown_link.read_text()}"
        except FileNotFoundError:
            return None

    def shown(self) -> None:
        """The link was shown; it is not kept."""
        self.unshown_link.unlink(missing_ok=True)


def bootstrap(data: DataFolder) -> Bootstrap:
    """The first person with their API token (in the token file too) and one-time sign-in link, made once."""
    made = Bootstrap(data.secrets / "bootstrap.json", data.secrets / "sign-in-link")
    if not made.file.exists():
        token, link = secrets.token_urlsafe(32), secrets.token_urlsafe(32)
        data.write(data.token, token.encode())
        data.write(made.unshown_link, link.encode())
        person = {
            "email": FIRST_PERSON,
            "display_name": "Administrator",
            "token": token,
            "link_token": link,
        }
        data.write(made.file, orjson.dumps(person))
    return made
