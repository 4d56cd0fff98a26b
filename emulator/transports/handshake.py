"""The opening handshake of RFC 6455 section 4 with what OCPP-J adds to it, without I/O.

It is written out here, and not left to websockets' ClientProtocol, for two reasons: importing that costs 30 ms of the
0.25 s that a station has until its first BootNotification, and each answer of a server that is no good CSMS deserves a
sentence of its own.
"""

from __future__ import annotations

import os
import re
from base64 import b64encode
from hashlib import sha1
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from emulator.domain.errors import ConnectionFailed, ConnectionProblem
from emulator.domain.ports import ConnectionProfile
from emulator.transports.address import Address
from emulator.transports.close_codes import readable

if TYPE_CHECKING:
    from websockets.extensions import ClientExtensionFactory

_GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
_STATUS_LINE = re.compile(r"HTTP/1\.[01] ([1-5]\d\d)(?: (.*))?")
_PREFIX = "ocpp"

# Longer heads than this are no answer to a handshake.
HEAD_LIMIT = 16 * 1024


class Handshake:
    """One opening handshake: `request` goes out, the head of the answer goes to `accept`.

    After that, `ocpp` is the version that the CSMS chose and `extensions` what websockets' protocol needs of them.
    """

    __slots__ = ("_compression", "_key", "_offered", "address", "extensions", "ocpp", "request")

    def __init__(self, profile: ConnectionProfile, address: Address, *, compression: bool = False) -> None:
        self.address = address
        self._offered = tuple(_PREFIX + version for version in profile.offered)
        self._key = b64encode(os.urandom(16))
        self._compression = _compression() if compression else None
        self.ocpp = ""
        self.extensions: list[Any] = []
        if not self._offered:
            raise ConnectionFailed(
                ConnectionProblem.SUBPROTOCOL,
                "No OCPP version is chosen to connect with.",
                "Choose 1.6, 2.0.1 or both.",
            )
        self.request = self._request(profile)

    def _request(self, profile: ConnectionProfile) -> bytes:
        lines = [
            f"GET {self.address.resource} HTTP/1.1",
            f"Host: {self.address.authority}",
            "Upgrade: websocket",
            "Connection: Upgrade",
            f"Sec-WebSocket-Key: {self._key.decode()}",
            "Sec-WebSocket-Version: 13",
            f"Sec-WebSocket-Protocol: {', '.join(self._offered)}",
            "User-Agent: Forecourt",
        ]
        if self._compression is not None:
            lines.append(f"Sec-WebSocket-Extensions: {_offer(self._compression)}")
        if profile.security_profile in (1, 2):  # A00.FR.203, A00.FR.302
            lines.append(f"Authorization: Basic {_credentials(profile)}")
        return "\r\n".join([*lines, "", ""]).encode("ascii")

    def accept(self, head: bytes, body: bytes = b"") -> None:
        """Check the answer; `head` runs to the empty line, `body` is what came with it (quoted when it explains).

        Raises ConnectionFailed when the connection must not be used.
        """
        status_line, _, rest = head.decode("latin-1").partition("\r\n")
        status = _STATUS_LINE.fullmatch(status_line)
        if status is None:
            raise not_a_websocket_server(self.address, head)
        headers = _headers(rest)
        if status[1] != "101":
            raise _refusal(self.address, int(status[1]), status[2] or "", headers, body)
        self._check_upgrade(headers)
        self._check_extensions(headers)
        self._check_subprotocol(headers)

    def _check_upgrade(self, headers: dict[str, str]) -> None:
        expected = b64encode(sha1(self._key + _GUID, usedforsecurity=False).digest()).decode()
        if "websocket" not in _words(headers.get("upgrade", "")) or "upgrade" not in _words(
            headers.get("connection", "")
        ):
            raise self._bad_answer("does not upgrade the connection to WebSocket")
        if headers.get("sec-websocket-accept") != expected:
            raise self._bad_answer("carries the wrong Sec-WebSocket-Accept")

    def _check_extensions(self, headers: dict[str, str]) -> None:
        accepted = headers.get("sec-websocket-extensions", "")
        if not accepted:
            return
        if self._compression is None:
            raise self._bad_answer(f'switches on an extension that was not asked for ("{readable(accepted)}")')
        from websockets.exceptions import InvalidHandshake
        from websockets.headers import parse_extension

        try:
            for name, parameters in parse_extension(accepted):
                if name != self._compression.name:
                    raise self._bad_answer(f'switches on an extension that was not asked for ("{readable(name)}")')
                self.extensions.append(self._compression.process_response_params(parameters, self.extensions))
        except InvalidHandshake as error:
            raise self._bad_answer(f"agrees on a compression that cannot be ({readable(str(error))})") from error

    def _check_subprotocol(self, headers: dict[str, str]) -> None:
        """The server's choice decides the version (OCPP-J section 3.2); without one there is nothing to speak."""
        chosen = headers.get("sec-websocket-protocol", "")
        if chosen in self._offered:
            self.ocpp = chosen.removeprefix(_PREFIX)
            return
        offered = " or ".join(self._offered)
        if not chosen:
            sentence = f"The CSMS at {self.address.place} chose no OCPP version: its answer names none of {offered}."
        else:
            sentence = f'The CSMS at {self.address.place} chose "{readable(chosen)}", but {offered} was offered.'
        raise ConnectionFailed(
            ConnectionProblem.SUBPROTOCOL,
            sentence,
            "Offer a version that this CSMS speaks, or check the path of the URL.",
        )

    def _bad_answer(self, what: str) -> ConnectionFailed:
        return ConnectionFailed(
            ConnectionProblem.PROTOCOL,
            f"The answer of {self.address.place} to the WebSocket handshake {what}.",
            "Check the URL, and any proxy in between.",
        )


def _credentials(profile: ConnectionProfile) -> str:
    user = profile.user or profile.identity  # A00.FR.204, A00.FR.303
    if ":" in user:
        raise ConnectionFailed(
            ConnectionProblem.UNAUTHORIZED,
            f'The user name "{user}" holds a colon, which Basic authentication cannot carry.',
            "Give the station an identity or a user name without a colon.",
        )
    # surrogateescape lets a caller pass a binary AuthorizationKey of 1.6 through a str (OCPP-J 1.6 section 6.2.2).
    return b64encode(f"{user}:{profile.password}".encode("utf-8", "surrogateescape")).decode()


def _compression() -> ClientExtensionFactory:
    from websockets.extensions.permessage_deflate import ClientPerMessageDeflateFactory

    # Small windows: OCPP's messages are short, and a fleet pays for each of these.
    return ClientPerMessageDeflateFactory(
        server_max_window_bits=12, client_max_window_bits=12, compress_settings={"memLevel": 5}
    )


def _offer(compression: ClientExtensionFactory) -> str:
    from websockets.headers import build_extension

    return build_extension([(compression.name, compression.get_request_params())])


def _headers(lines: str) -> dict[str, str]:
    headers: dict[str, str] = {}
    for line in lines.split("\r\n"):
        name, colon, value = line.partition(":")
        if colon:
            key, value = name.strip().lower(), value.strip()
            headers[key] = f"{headers[key]}, {value}" if key in headers else value
    return headers


def _words(value: str) -> list[str]:
    return [word.strip().lower() for word in value.split(",")]


def not_a_websocket_server(address: Address, answer: bytes) -> ConnectionFailed:
    """What to say when the answer to the handshake is not HTTP."""
    if answer[:1] == b"\x15" and not address.secure:
        return ConnectionFailed(
            ConnectionProblem.PROTOCOL,
            f"{address.place} speaks TLS, but the URL starts with ws://.",
            "Use wss://, with security profile 2 or 3.",
        )
    return ConnectionFailed(
        ConnectionProblem.PROTOCOL,
        f'{address.place} is not a WebSocket server: it answered "{readable(answer.decode("latin-1"), 40)}".',
        "Check host and port.",
    )


_REFUSALS: dict[int, tuple[ConnectionProblem, str, str]] = {
    400: (
        ConnectionProblem.HTTP_STATUS,
        "calls the handshake a bad request",
        "Check the URL; a plain ws:// on a TLS port is answered like this, too.",
    ),
    401: (
        ConnectionProblem.UNAUTHORIZED,
        "rejected the user name or the password",
        "Check security profile, user (by default the identity) and password.",
    ),
    403: (
        ConnectionProblem.UNAUTHORIZED,
        "does not let this station in",
        "Check that the CSMS knows and admits this identity, and with this security profile.",
    ),
    404: (
        ConnectionProblem.NOT_FOUND,
        "does not know this address or this station",
        "Check the path of the URL, and that the station's identity is known to the CSMS.",
    ),
    426: (
        ConnectionProblem.HTTP_STATUS,
        "wants another protocol than this WebSocket",
        "Check that the URL is the OCPP-J address of the CSMS, and any proxy in between.",
    ),
    429: (ConnectionProblem.HTTP_STATUS, "gets too many connections", "Wait before the next attempt."),
    503: (ConnectionProblem.HTTP_STATUS, "is not available at the moment", "Try again later, or ask its operator."),
}


def _refusal(address: Address, status: int, phrase: str, headers: dict[str, str], body: bytes) -> ConnectionFailed:
    problem, what, hint = _REFUSALS.get(status) or _by_class(status, headers)
    name = readable(phrase, 40) or _phrase(status)
    said = _explanation(headers, body)
    sentence = f"The CSMS at {address.place} {what} (HTTP {status}{f' {name}' if name else ''})"
    return ConnectionFailed(problem, f'{sentence}, saying "{said}".' if said else f"{sentence}.", hint)


def _by_class(status: int, headers: dict[str, str]) -> tuple[ConnectionProblem, str, str]:
    if 300 <= status < 400:
        target = readable(headers.get("location", ""))
        hint = f"Redirects are not followed; if you trust it, connect to {target}." if target else ""
        return ConnectionProblem.HTTP_STATUS, "sends the station elsewhere", hint
    if status >= 500:
        return (
            ConnectionProblem.HTTP_STATUS,
            "has a fault of its own",
            "Look into the log of the CSMS, or try again later.",
        )
    if status == 200:
        return (
            ConnectionProblem.PROTOCOL,
            "answers as a web server, not as a WebSocket",
            "Check port and path of the URL.",
        )
    return ConnectionProblem.HTTP_STATUS, "refused the handshake", "Check the URL, and any proxy in between."


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return ""


def _explanation(headers: dict[str, str], body: bytes) -> str:
    """The text that a CSMS sends with a refusal; a page of HTML says nothing in one line."""
    if "html" in headers.get("content-type", "") or body.lstrip()[:1] == b"<":
        return ""
    return readable(body[:400].decode("utf-8", "replace"))
