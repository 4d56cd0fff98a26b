"""The connection URL: the CSMS's address with the station's identity (OCPP-J section 3.1.1 of 1.6 and 2.0.1)."""

from __future__ import annotations

from dataclasses import dataclass
from re import sub
from urllib.parse import SplitResult, quote, urlsplit

from emulator.domain.errors import ConnectionFailed, ConnectionProblem
from emulator.domain.ports import ConnectionProfile

_DEFAULT_PORTS = {"ws": 80, "wss": 443}
_EXAMPLE = "Write it like ws://csms.example.com:9000/ocpp, without the station's identity."
# What RFC 3986 allows in a path or a query, and "%" for what is encoded already.
_ALLOWED = "/:@!$&'()*+,;=-._~%"


@dataclass(frozen=True, slots=True)
class Address:
    """Where to connect: `resource` is the path with the identity and the query; `secure` means TLS."""

    secure: bool
    host: str
    port: int
    resource: str

    @property
    def authority(self) -> str:
        """Host and port as the Host header wants them: the default port left out, IPv6 in brackets."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == _DEFAULT_PORTS[self.scheme] else f"{host}:{self.port}"

    @property
    def scheme(self) -> str:
        """The scheme of the URL: ws or wss."""
        return "wss" if self.secure else "ws"

    @property
    def place(self) -> str:
        """Host and port for a sentence."""
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    @property
    def url(self) -> str:
        """The whole connection URL."""
        return f"{self.scheme}://{self.authority}{self.resource}"


def address_of(profile: ConnectionProfile) -> Address:
    """Where `profile` leads; raises ConnectionFailed (INVALID_URL) that says what is wrong with the URL or identity."""
    parts = _split(profile.url)
    shown = _shown(profile.url)
    _refuse_extras(profile.url, parts)
    address = Address(parts.scheme == "wss", _host(shown, parts), _port(shown, parts), _resource(profile, parts))
    if profile.security_profile >= 2 and not address.secure:  # A00.FR.312, A00.FR.415
        raise _invalid(
            f"Security profile {profile.security_profile} needs TLS, but the URL {shown} starts with ws://.",
            "Use the wss:// address of the CSMS, or security profile 0 or 1.",
        )
    return address


def _invalid(sentence: str, hint: str = _EXAMPLE) -> ConnectionFailed:
    return ConnectionFailed(ConnectionProblem.INVALID_URL, sentence, hint)


def _shown(url: str) -> str:
    """The URL for a sentence: what stands before an @ may be a password."""
    return sub(r"(?<=//)[^/]*@", "…@", url)


def _split(text: str) -> SplitResult:
    url = _shown(text)
    if not text:
        raise _invalid("There is no URL to connect to.")
    if any(letter <= " " or letter == "\x7f" for letter in text):
        raise _invalid(f"The URL {url!r} holds a space or a control character.")
    try:
        parts = urlsplit(text)
    except ValueError as error:
        raise _invalid(f"The URL {url} cannot be understood: {error}.") from error
    if parts.scheme in ("http", "https"):
        better = url.replace("http", "ws", 1)
        raise _invalid(f"The URL {url} is a web address, but OCPP-J connects by WebSocket.", f"Try {better}.")
    if "://" not in url or parts.scheme not in _DEFAULT_PORTS:
        raise _invalid(f"The URL {url} does not start with ws:// or wss://.")
    return parts


def _refuse_extras(url: str, parts: SplitResult) -> None:
    if "@" in parts.netloc:
        place = parts.netloc.rpartition("@")[2]
        raise _invalid(
            f"The URL of {place} holds a user name or a password.", "Put them into the fields for user and password."
        )
    if "#" in url:
        raise _invalid(f"The URL {url} holds a fragment (#...), which a WebSocket address cannot have.")


def _host(url: str, parts: SplitResult) -> str:
    host = parts.hostname or ""
    if not host:
        raise _invalid(f"The URL {url} names no host.")
    if host.isascii():
        return host
    try:
        return host.encode("idna").decode("ascii")
    except UnicodeError as error:
        raise _invalid(f"The host {host} in the URL is not a valid name.") from error


def _port(url: str, parts: SplitResult) -> int:
    try:
        port = parts.port
    except ValueError:
        port = 0
    if port == 0:
        raise _invalid(f"The port in the URL {url} is not a number from 1 to 65535.")
    return port or _DEFAULT_PORTS[parts.scheme]


def _resource(profile: ConnectionProfile, parts: SplitResult) -> str:
    if not profile.identity:
        raise _invalid("The station has no identity to connect with.", "Give it one: --id, or the identity field.")
    path = quote(parts.path.removesuffix("/"), safe=_ALLOWED)
    query = f"?{quote(parts.query, safe=_ALLOWED + '?')}" if parts.query else ""
    return f"{path}/{quote(profile.identity, safe='')}{query}"
