"""Who may connect: identity in the path, Basic authentication, sub-protocol."""

from __future__ import annotations

import base64
import binascii
import hmac
from collections.abc import Collection, Mapping, Sequence
from http import HTTPStatus
from typing import NamedTuple
from urllib.parse import unquote, urlsplit

PATH = "/ocpp"
SUBPROTOCOLS = {"1.6": "ocpp1.6", "2.0.1": "ocpp2.0.1"}
VERSIONS = {name: version for version, name in SUBPROTOCOLS.items()}

Passwords = Mapping[str, str | bytes]


class Denial(NamedTuple):
    """Why a handshake is refused."""

    status: HTTPStatus
    sentence: str


def identity_of(path: str) -> str:
    """The station's identity: the last segment of the path, percent-decoded; "" where there is none."""
    plain = urlsplit(path).path.rstrip("/")
    return "" if plain in ("", PATH) else unquote(plain.rsplit("/", 1)[-1])


def denial(
    identity: str, authorization: str | None, passwords: Passwords, identities: Collection[str] | None
) -> Denial | None:
    """Why a station may not connect; None when it may. An empty table of passwords lets anyone in."""
    if not identity:
        return Denial(HTTPStatus.NOT_FOUND, f"the path must end with the station's identity: {PATH}/IDENTITY\n")
    if identities is not None and identity not in identities:
        return Denial(HTTPStatus.NOT_FOUND, f"the station {identity!r} is not known here\n")
    if passwords and not _allowed(identity, authorization, passwords):
        return Denial(HTTPStatus.UNAUTHORIZED, "user name (the identity) or password is wrong\n")
    return None


def _allowed(identity: str, authorization: str | None, passwords: Passwords) -> bool:
    expected = passwords.get(identity)
    if expected is None or authorization is None:
        return False
    kind, _, encoded = authorization.partition(" ")
    try:
        user, colon, password = base64.b64decode(encoded, validate=True).partition(b":")
    except (binascii.Error, ValueError):
        return False
    if kind.lower() != "basic" or not colon or user.decode("utf-8", "replace") != identity:
        return False
    return any(hmac.compare_digest(password, allowed) for allowed in _forms(expected))


def _forms(password: str | bytes) -> list[bytes]:
    """The bytes of a password; a hexadecimal AuthorizationKey of 1.6 may come as the bytes that it stands for."""
    if isinstance(password, bytes):
        return [password]
    forms = [password.encode()]
    try:
        forms.append(bytes.fromhex(password))
    except ValueError:
        return forms
    return forms


def choose(offered: Sequence[str], versions: Sequence[str], *, station_prefers: bool) -> str | None:
    """The sub-protocol to speak; None when there is none in common."""
    mine = [SUBPROTOCOLS[version] for version in versions]
    first, second = (offered, mine) if station_prefers else (mine, offered)
    return next((name for name in first if name in second), None)
