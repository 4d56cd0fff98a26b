"""OCPP-J over a WebSocket: one asyncio.Protocol per station, no task, as little as possible per frame.

A whole text frame, which is nearly everything that a CSMS ever sends, goes straight from the socket to the listener,
and one that is sent straight to the socket. What is rare (fragments, compression, closing, violations) goes through
websockets' sans-I/O protocol, which is made when the first such frame comes.

Decided here: no permessage-deflate unless asked for (optional for a station in 2.0.1 Part 4 section 3.3, discouraged by
1.6-J section 5.1, and 55 KiB per connection); a binary message closes with 1003 (OCPP-J is text, RFC 6455 section
7.4.1); redirects of the handshake are not followed.
"""

from __future__ import annotations

import asyncio
from typing import Any

from emulator.domain.errors import ConnectionFailed, ConnectionProblem
from emulator.domain.ports import Clock, ConnectionListener, ConnectionProfile
from emulator.transports.address import Address, address_of
from emulator.transports.dialing import Dialer, dial_failure, timed_out
from emulator.transports.handshake import HEAD_LIMIT, Handshake, not_a_websocket_server
from emulator.transports.turnstile import Turnstile
from emulator.transports.websocket_connection import Limits
from emulator.transports.websocket_connection import WebSocketConnection as WebSocketConnection


class WebSocketTransport:
    """Makes WebSocket connections; one object serves any number of stations.

    `compression` offers permessage-deflate; `max_frame_bytes` limits a received message (else: close code 1009);
    `pong_timeout_s` and `close_timeout_s` are real seconds until an unanswered ping or close frame cuts the connection;
    `clock` times the pings.
    """

    __slots__ = ("_clock", "_compression", "_dialer", "_limits", "_turnstile")

    def __init__(
        self,
        *,
        clock: Clock | None = None,
        compression: bool = False,
        max_frame_bytes: int = 8 * 2**20,
        pong_timeout_s: float = 20,
        close_timeout_s: float = 3,
    ) -> None:
        self._clock = clock
        self._compression = compression
        self._limits = Limits(max_frame_bytes, pong_timeout_s, close_timeout_s)
        self._dialer = Dialer()
        self._turnstile = Turnstile()

    async def connect(self, profile: ConnectionProfile, listener: ConnectionListener) -> WebSocketConnection:
        """Open a connection; raises ConnectionFailed. The listener hears nothing before this returned."""
        attempt = _Attempt(profile, Handshake(profile, address_of(profile), compression=self._compression))
        address = attempt.address
        try:
            async with self._turnstile.turn(address.host, address.port), asyncio.timeout(profile.connect_timeout_s):
                early = await attempt.run(self._dialer, self._limits)
        except TimeoutError as error:
            raise timed_out(address, attempt.stage, profile.connect_timeout_s) from error
        except BaseException:
            attempt.cut()
            raise
        connection = WebSocketConnection(attempt.transport, attempt.handshake, listener, self._limits, self._clock)
        connection.set_ping_interval(profile.ping_interval_s)
        # In the next turn of the loop, so that the caller has the connection before its listener gets the first frame.
        asyncio.get_running_loop().call_soon(connection.start, early)
        return connection


class _Attempt:
    """One attempt to connect: dial, TLS, handshake; `stage` completes "Time ran out while ... HOST"."""

    __slots__ = ("_profile", "address", "handshake", "stage", "transport")

    def __init__(self, profile: ConnectionProfile, handshake: Handshake) -> None:
        self._profile = profile
        self.handshake = handshake
        self.address: Address = handshake.address
        self.stage = "looking for"
        self.transport: Any = None

    async def run(self, dialer: Dialer, limits: Limits) -> bytes:
        """Connect; returns the bytes that came right behind the answer to the handshake."""
        rules = self._tls_rules(limits)
        self.stage = "connecting to"
        socket = await dialer.dial(self.address)
        self.stage = "shaking hands (TLS) with" if rules else "connecting to"
        try:
            # asyncio owns the socket from here on, and closes it when this fails.
            self.transport, answer = await asyncio.get_running_loop().create_connection(_Answer, sock=socket, **rules)
        except OSError as error:
            raise self._broken(error) from error
        self.stage = "waiting for the answer to the WebSocket handshake of"
        self.transport.write(self.handshake.request)
        await answer.complete
        return self._judge(answer)

    def cut(self) -> None:
        """Leave nothing behind after a failure."""
        if self.transport is not None:
            self.transport.abort()

    def _tls_rules(self, limits: Limits) -> dict[str, Any]:
        if not self.address.secure:
            return {}
        from emulator.transports.tls import client_context

        # The server's name goes into the handshake (SNI) and is what its certificate must be for (A00.FR.309).
        return {
            "ssl": client_context(self._profile),
            "server_hostname": self.address.host,
            "ssl_shutdown_timeout": limits.close_timeout_s,
        }

    def _judge(self, answer: _Answer) -> bytes:
        head, end, rest = bytes(answer.data).partition(b"\r\n\r\n")
        if not end and head and not isinstance(answer.lost, OSError):
            raise not_a_websocket_server(self.address, head)
        if not end:
            raise self._broken(answer.lost)
        self.handshake.accept(head, rest)
        if answer.closed:
            raise self._broken(answer.lost)
        return rest

    def _broken(self, error: BaseException | None) -> ConnectionFailed:
        """The link broke before the handshake was through; None: the other side closed it."""
        if self.address.secure:
            from ssl import SSLError

            from emulator.transports.tls_failures import tls_failure

            if isinstance(error, SSLError):
                return tls_failure(error, self._profile, self.address)
        if error is not None and not isinstance(error, ConnectionError):
            return dial_failure(error, self.address) if isinstance(error, OSError) else self._cut_short()
        return self._cut_short()

    def _cut_short(self) -> ConnectionFailed:
        """The other side went without a word, so that the hint must name what may be behind it."""
        if not self.address.secure:
            hint = "Check the URL and the log of the CSMS; if it wants TLS on this port, use wss://."
        elif self._profile.security_profile == 3:
            hint = "Check that this is its TLS port, and that it accepts the station's certificate."
        else:
            hint = (
                "Check that this is its TLS port (else use ws://), and whether it wants a certificate of the station "
                "(security profile 3)."
            )
        in_tls = self.stage.startswith("shaking")
        return ConnectionFailed(
            ConnectionProblem.TLS if in_tls else ConnectionProblem.LOST,
            f"{self.address.place} cut the connection in the {'TLS' if in_tls else 'WebSocket'} handshake.",
            hint,
        )


class _Answer(asyncio.Protocol):
    """Collects the head of the answer to the handshake; `complete` is done when there is nothing to wait for."""

    def __init__(self) -> None:
        self.data = bytearray()
        self.complete: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.closed = False
        self.lost: BaseException | None = None
        self._transport: Any = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self.data += data
        start = self.data[:5]
        if b"\r\n\r\n" in self.data or len(self.data) > HEAD_LIMIT or start != b"HTTP/"[: len(start)]:
            # What follows is for the connection that is not there yet.
            self._transport.pause_reading()
            self._finish()

    def eof_received(self) -> None:
        self.closed = True
        self._finish()

    def connection_lost(self, exc: BaseException | None) -> None:
        self.closed = True
        self.lost = exc
        self._finish()

    def _finish(self) -> None:
        if not self.complete.done():
            self.complete.set_result(None)
