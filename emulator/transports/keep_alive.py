"""Pings that show that the CSMS is still there (WebSocketPingInterval, RFC 6455 section 5.5.2)."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from emulator.domain.ports import Clock, Timer


class KeepAlive:
    """Sends a ping every `interval_s` seconds of the clock and reports a pong that does not come.

    Without a clock the interval is real time. The wait for a pong always is: a network does not run faster because the
    station's clock does. While a ping is unanswered no further one is sent.
    """

    __slots__ = (
        "_clock",
        "_count",
        "_deadline",
        "_interval_s",
        "_loop",
        "_lost",
        "_next",
        "_ping",
        "_pong_timeout_s",
        "_sent_at",
        "latency_ms",
    )

    def __init__(
        self, ping: Callable[[bytes], None], lost: Callable[[], None], clock: Clock | None, pong_timeout_s: float
    ) -> None:
        self.latency_ms: float | None = None
        self._ping = ping
        self._lost = lost
        self._clock = clock
        self._pong_timeout_s = pong_timeout_s
        self._loop = asyncio.get_running_loop()
        self._interval_s: float = 0
        self._count = 0
        self._sent_at: float = 0
        self._next: Timer | None = None
        self._deadline: Timer | None = None

    def set_interval(self, interval_s: float) -> None:
        """Ping every `interval_s` seconds from now on; 0 or less: never (a pong that is awaited still must come)."""
        self._interval_s = interval_s
        if self._next is not None:
            self._next.cancel()
            self._next = None
        if interval_s > 0:
            self._schedule()

    def stop(self) -> None:
        """Forget every timer."""
        self.set_interval(0)
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def pong(self, payload: bytes) -> None:
        """A pong came in; only the one to the last ping counts (RFC 6455 section 5.5.3)."""
        if self._deadline is not None and payload == self._payload():
            self._deadline.cancel()
            self._deadline = None
            self.latency_ms = (self._loop.time() - self._sent_at) * 1000

    def _schedule(self) -> None:
        later = self._loop.call_later if self._clock is None else self._clock.call_later
        self._next = later(self._interval_s, self._tick)

    def _tick(self) -> None:
        if self._deadline is None:
            self._count += 1
            self._sent_at = self._loop.time()
            self._deadline = self._loop.call_later(self._pong_timeout_s, self._lost)
            self._ping(self._payload())
        self._schedule()

    def _payload(self) -> bytes:
        return self._count.to_bytes(4, "big")
