"""One open WebSocket of a station: frames in, frames out, pings, closing; RFC 6455 sections 5 to 7."""

from __future__ import annotations

import asyncio
import logging
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from emulator.domain.ports import Clock, ConnectionListener
from emulator.transports.close_codes import close_sentence, readable
from emulator.transports.handshake import Handshake
from emulator.transports.keep_alive import KeepAlive
from emulator.transports.masking import PING, PONG, TEXT, masked_frame

if TYPE_CHECKING:
    from websockets.protocol import Event
    from websockets.protocol import Protocol as SansIO

logger = logging.getLogger(__name__)

# Unsent bytes above which nothing more is read: a CSMS that asks and never listens must not fill our memory.
_WRITE_LIMIT_BYTES = 1024 * 1024

# asyncio's plain Protocol allocates 256 KiB for every read, which costs more than all the rest. One buffer serves all
# connections where the loop asks for it and fills it in one go; Windows fills it later, so that each needs its own.
_READ_BYTES = 64 * 1024
# A memoryview, because asyncio's TLS slices the buffer and must not get a copy.
_SHARED_BUFFER = None if sys.platform == "win32" else memoryview(bytearray(_READ_BYTES))

_CONTINUATION, _TEXT, _BINARY, _PONG = 0x0, 0x1, 0x2, 0xA
_CONTROL = 0x8


@dataclass(frozen=True, slots=True)
class Limits:
    """What a connection puts up with: the size of a message in bytes, real seconds for a pong and for a goodbye."""

    max_frame_bytes: int
    pong_timeout_s: float
    close_timeout_s: float


class _Deaf:
    """The listener of a silent link."""

    def received(self, text: str) -> None:
        """Nothing is passed on."""

    def closed(self, code: int, sentence: str) -> None:
        """Nothing is passed on."""


_DEAF = _Deaf()


class WebSocketConnection(asyncio.BufferedProtocol):
    """An open connection; implements domain.ports.Connection.

    `ocpp` is the version that the CSMS chose, `url` the whole address with the identity.
    """

    __slots__ = (
        "_buffer",
        "_cause",
        "_clock",
        "_close_timer",
        "_closed",
        "_fragments",
        "_jammed",
        "_keep_alive",
        "_limits",
        "_listener",
        "_needed",
        "_open",
        "_partial",
        "_plain",
        "_sans_io",
        "_sends",
        "_silent",
        "_started",
        "_told",
        "_transport",
        "_true_listener",
        "ocpp",
        "url",
    )

    def __init__(
        self, transport: Any, handshake: Handshake, listener: ConnectionListener, limits: Limits, clock: Clock | None
    ) -> None:
        self.ocpp = handshake.ocpp
        self.url = handshake.address.url
        self._transport = transport
        self._buffer = memoryview(bytearray(_READ_BYTES)) if _SHARED_BUFFER is None else _SHARED_BUFFER
        self._limits = limits
        self._clock = clock
        self._true_listener = self._listener = listener
        self._open = True  # no close frame was sent or received, and the socket is there
        self._silent = False
        self._sends = True  # open and not silent
        self._closed = self._told = self._started = False
        self._jammed = False  # the CSMS does not take what we send
        self._cause: tuple[int, str] | None = None
        self._close_timer: asyncio.TimerHandle | None = None
        self._keep_alive: KeepAlive | None = None
        self._partial: bytearray | None = None
        self._needed = 0
        self._fragments: list[bytes] = []
        self._sans_io: SansIO | None = None
        self._plain = True  # whole text frames need not go through the sans-I/O protocol
        if handshake.extensions:
            self._make_sans_io().extensions = handshake.extensions
            self._plain = False
        transport.set_write_buffer_limits(high=_WRITE_LIMIT_BYTES)
        transport.set_protocol(self)

    def start(self, early: bytes) -> None:
        """Begin to read; `early` came right behind the answer to the handshake."""
        self._started = True
        if self._closed:
            self._tell()
            return
        if early:
            self._feed(early)
        self._read_on()

    # -- the station's side ------------------------------------------------------------------------------------------

    @property
    def latency_ms(self) -> float | None:
        """The round trip of the last ping in real milliseconds; None before the first pong."""
        return self._keep_alive.latency_ms if self._keep_alive else None

    def send(self, text: str) -> None:
        """Send one text frame; dropped when the link is closed, closing or silent."""
        if not self._sends:
            return
        try:
            payload = text.encode()
        except UnicodeEncodeError:  # a lone surrogate, which UTF-8 cannot carry
            payload = text.encode(errors="replace")
        if self._plain or self._sans_io is None or not self._sans_io.extensions:
            self._transport.write(masked_frame(TEXT, payload))
        else:
            self._sans_io.send_text(payload)
            self._flush()

    def close(self, code: int = 1000, reason: str = "") -> None:
        """Say goodbye with a close frame; the listener's `closed` follows, after the close time-out at the latest."""
        if not self._open:
            return
        if self._silent:
            self._give_up(1006, "The station closed a connection that had gone silent; the CSMS was not told (1006).")
            return
        said = f', saying "{readable(reason)}"' if reason else ""
        self._fail(code if _is_sendable(code) else 1000, reason, f"The station closed the connection ({code}){said}.")

    def abort(self) -> None:
        """Cut the link at once, as when the mains are pulled."""
        self._give_up(1006, "The station cut the connection (1006).")

    def set_ping_interval(self, interval_s: float) -> None:
        """Ping every `interval_s` seconds from now on; 0: no pings of ours (WebSocketPingInterval)."""
        if self._keep_alive is None:
            if interval_s <= 0:
                return
            self._keep_alive = KeepAlive(self._ping, self._pong_missing, self._clock, self._limits.pong_timeout_s)
        if self._open:
            self._keep_alive.set_interval(interval_s)

    def set_silent(self, silent: bool) -> None:
        """Make the link pass nothing either way, not even answers to pings, and not notice its end; or end that."""
        self._silent = silent
        self._listener = _DEAF if silent else self._true_listener
        self._sends = self._open and not silent
        if self._closed and not silent:
            asyncio.get_running_loop().call_soon(self._tell)

    # -- what the socket brings ----------------------------------------------------------------------------------------

    def get_buffer(self, sizehint: int) -> memoryview:
        """Where the loop puts what it reads."""
        return self._buffer

    def buffer_updated(self, nbytes: int) -> None:
        """The loop read something; it is copied first, because a listener may run the loop (a dialog of Qt does)."""
        self._feed(bytes(self._buffer[:nbytes]))

    def _feed(self, data: bytes) -> None:
        """Split the stream into frames; a whole text frame goes straight to the listener."""
        if self._partial is not None:
            self._partial += data
            if len(self._partial) < self._needed:
                return
            data, self._partial = bytes(self._partial), None
        at, size = 0, len(data)
        while size - at >= 2 and self._reads():
            length, start = data[at + 1], at + 2
            if length >= 126:
                start += 2 if length == 126 else 8 if length == 127 else 0
                if start > size:
                    break
                if (
                    length > 127
                    or (length := int.from_bytes(data[at + 2 : start], "big")) > self._limits.max_frame_bytes
                ):
                    # Masked by a server, or too big: the sans-I/O protocol finds the words for it.
                    self._rare(data[at:start])
                    return
            end = start + length
            if end > size:
                self._wait_for(data[at:], end - at)
                return
            if data[at] == TEXT and self._plain:
                self._text(data[start:end])
            else:
                self._other(data[at], data[start:end], data[at:end])
            at = end
        if at < size and self._reads():
            self._wait_for(data[at:], size - at + 1)

    def _reads(self) -> bool:
        return not self._closed and (self._sans_io is None or self._sans_io.parser_exc is None)

    def _wait_for(self, rest: bytes, needed: int) -> None:
        self._partial = bytearray(rest)
        self._needed = needed

    def _text(self, payload: bytes) -> None:
        try:
            text = payload.decode()
        except UnicodeDecodeError:
            self._fail(1007, "", "The station closed the connection: the CSMS sent a text that is not UTF-8 (1007).")
            return
        if not self._open:
            return
        try:
            self._listener.received(text)
        except Exception:
            # A bug of ours must not cost the connection; the frame is lost, the next one may fare better.
            logger.exception("The listener of %s failed on a frame", self.url)

    def _other(self, first_byte: int, payload: bytes, frame: bytes) -> None:
        """Pings and pongs, short and common; the rest is rare."""
        if self._silent and first_byte & _CONTROL:
            return
        if first_byte == PING and len(payload) <= 125 and self._open:
            self._transport.write(masked_frame(PONG, payload))
        elif first_byte == PONG and len(payload) <= 125:
            self._pong(payload)
        else:
            self._rare(frame)

    def eof_received(self) -> None:
        """The CSMS closed its end; asyncio closes ours, and `connection_lost` follows."""

    def connection_lost(self, exc: BaseException | None) -> None:
        """The socket is gone."""
        self._open = self._sends = False
        self._closed = True
        if self._cause is None:
            self._cause = (1006, _lost_sentence(exc))
            # A link that passes nothing does not pass the news of its end either; a missing pong still tells.
            if self._silent:
                return
        self._tell()

    def _tell(self) -> None:
        """Tell the listener, once, and never before it was given the connection."""
        if self._told or not self._started or self._cause is None:
            return
        self._told = True
        self._stop_timers()
        self._true_listener.closed(*self._cause)

    def pause_writing(self) -> None:
        """The CSMS does not take what we send: take no more questions from it."""
        self._jammed = True
        self._transport.pause_reading()

    def resume_writing(self) -> None:
        """It listens again."""
        self._jammed = False
        self._read_on()

    def _read_on(self) -> None:
        if self._started and not self._jammed and not self._transport.is_closing():
            self._transport.resume_reading()

    # -- closing and cutting -------------------------------------------------------------------------------------------

    def _fail(self, code: int, reason: str, sentence: str) -> None:
        """Send a close frame and wait for the end; `sentence` is for the listener."""
        if not self._open:
            return
        self._cause = (code, sentence)
        self._make_sans_io().send_close(code, _shortened(reason))
        self._close_sent()

    def _close_sent(self) -> None:
        self._flush()
        self._open = self._sends = self._plain = False
        if self._keep_alive is not None:
            self._keep_alive.stop()
        if self._close_timer is None:
            loop = asyncio.get_running_loop()
            self._close_timer = loop.call_later(self._limits.close_timeout_s, self._transport.abort)

    def _give_up(self, code: int, sentence: str) -> None:
        """End without a goodbye; `closed` follows in a later turn of the loop."""
        if self._open or self._closed or self._cause is None:
            self._cause = (code, sentence)
        self._open = self._sends = False
        if self._closed:  # lost while silent, and not told yet
            asyncio.get_running_loop().call_soon(self._tell)
        else:
            self._transport.abort()

    def _stop_timers(self) -> None:
        if self._keep_alive is not None:
            self._keep_alive.stop()
        if self._close_timer is not None:
            self._close_timer.cancel()
            self._close_timer = None

    # -- pings ---------------------------------------------------------------------------------------------------------

    def _ping(self, payload: bytes) -> None:
        if self._sends:
            self._transport.write(masked_frame(PING, payload))

    def _pong(self, payload: bytes) -> None:
        if self._keep_alive is not None:
            self._keep_alive.pong(payload)

    def _pong_missing(self) -> None:
        timeout_s = self._limits.pong_timeout_s
        self._give_up(1006, f"The connection is lost: the CSMS did not answer a ping within {timeout_s:g} s (1006).")

    # -- what is rare: websockets' sans-I/O protocol -------------------------------------------------------------------

    def _make_sans_io(self) -> SansIO:
        if self._sans_io is None:
            from websockets.protocol import CLIENT, OPEN, Protocol

            self._sans_io = Protocol(CLIENT, state=OPEN, max_size=self._limits.max_frame_bytes)
        return self._sans_io

    def _rare(self, frame: bytes) -> None:
        """Fragments, compressed frames, close frames and violations; `frame` is whole, or breaks a limit."""
        protocol = self._make_sans_io()
        protocol.receive_data(frame)
        for event in protocol.events_received():
            self._event(event, protocol)
        if protocol.close_sent is not None and self._open:
            self._explain(protocol)
            self._close_sent()

    def _event(self, frame: Event, protocol: SansIO) -> None:
        from websockets.frames import Frame

        assert isinstance(frame, Frame)  # the handshake is over
        opcode = int(frame.opcode)
        if opcode == _PONG:
            self._pong(bytes(frame.data))
        elif opcode == _BINARY:
            self._fail(
                1003, "OCPP-J is text", "The station closed the connection: the CSMS sent a binary message (1003)."
            )
        elif opcode in (_TEXT, _CONTINUATION) and self._open:
            self._fragments.append(bytes(frame.data))
            self._plain = frame.fin and not protocol.extensions
            if frame.fin:
                payload, self._fragments = b"".join(self._fragments), []
                self._text(payload)

    def _explain(self, protocol: SansIO) -> None:
        received, sent = protocol.close_rcvd, protocol.close_sent
        if received is not None:
            self._cause = (received.code, close_sentence(received.code, received.reason))
        elif sent is not None:
            why = _VIOLATIONS.get(sent.code, "the CSMS violated the WebSocket protocol")
            detail = f", {readable(sent.reason)}" if sent.code == 1002 and sent.reason else ""
            self._cause = (int(sent.code), f"The station closed the connection: {why}{detail} ({int(sent.code)}).")

    def _flush(self) -> None:
        protocol = self._sans_io
        if protocol is None:
            return
        for data in protocol.data_to_send():
            if data and not self._silent:
                self._transport.write(data)


_VIOLATIONS = {
    1007: "the CSMS sent a text that is not UTF-8",
    1009: "the CSMS sent a message that is too big",
}


def _is_sendable(code: int) -> bool:
    """Whether a close frame may carry this code (RFC 6455 section 7.4)."""
    return (1000 <= code <= 1014 and code not in (1004, 1005, 1006)) or 3000 <= code <= 4999


def _shortened(reason: str) -> str:
    """A control frame holds 125 bytes, two of them the code."""
    return reason.encode(errors="replace")[:123].decode(errors="ignore")


def _lost_sentence(exc: BaseException | None) -> str:
    if exc is None:
        return close_sentence(1006)
    why = readable(getattr(exc, "strerror", None) or str(exc) or type(exc).__name__).rstrip(".")
    return f"The connection was cut: {why} (1006)."
