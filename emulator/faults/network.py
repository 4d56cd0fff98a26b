"""A bad network around any transport: down, silent, slow, lossy; changeable while connected."""

from __future__ import annotations

import asyncio
from random import Random
from typing import Protocol, runtime_checkable

from emulator.domain.errors import ConnectionFailed, ConnectionProblem
from emulator.domain.ports import Clock, Connection, ConnectionListener, ConnectionProfile, Transport
from emulator.faults.conditions import NetworkConditions as NetworkConditions
from emulator.faults.conditions import NetworkMode as NetworkMode
from emulator.faults.way import Way


@runtime_checkable
class Silenceable(Protocol):
    """A connection that can fall silent below its frames too: pings, and the news of its end."""

    def set_silent(self, silent: bool) -> None:
        """Pass nothing either way; or speak again."""


@runtime_checkable
class Pinging(Protocol):
    """A connection that can ping its CSMS."""

    @property
    def latency_ms(self) -> float | None:
        """The round trip of the last ping."""

    def set_ping_interval(self, interval_s: float) -> None:
        """Ping every so many seconds from now on; 0: never."""


class _TakesText(Protocol):
    def __call__(self, text: str) -> None: ...


class FaultyTransport:
    """A transport whose connections suffer `conditions`; one per station; implements domain.ports.Transport."""

    __slots__ = ("_clock", "_conditions", "_connection", "_inner", "_random", "_waiting")

    def __init__(self, inner: Transport, clock: Clock, random: Random) -> None:
        self._inner = inner
        self._clock = clock
        self._random = random
        self._conditions = NetworkConditions()
        self._connection: FaultyConnection | None = None
        self._waiting: asyncio.Future[None] | None = None

    @property
    def conditions(self) -> NetworkConditions:
        """What the network does; what is assigned holds at once, for an open connection too."""
        return self._conditions

    @conditions.setter
    def conditions(self, conditions: NetworkConditions) -> None:
        self._conditions = conditions
        if self._waiting is not None and not self._waiting.done():
            self._waiting.set_result(None)
        if self._connection is not None:
            self._connection.suffer(conditions)

    async def connect(self, profile: ConnectionProfile, listener: ConnectionListener) -> FaultyConnection:
        """Open a link through the network as it is; raises ConnectionFailed."""
        await self._pass_through(profile)
        connection = FaultyConnection(listener, self._clock, self._random, self._conditions)
        connection.inner = await self._inner.connect(profile, connection)
        if self._conditions.mode is NetworkMode.DOWN:
            connection.inner.abort()
            raise _switched_off()
        self._connection = connection
        connection.suffer(self._conditions)
        return connection

    async def _pass_through(self, profile: ConnectionProfile) -> None:
        """The way to the CSMS and back before a handshake can begin."""
        round_trip_s = 2 * self._conditions.latency_ms / 1000
        while self._conditions.mode is NetworkMode.SILENT or round_trip_s:
            silent = self._conditions.mode is NetworkMode.SILENT
            wait_s = profile.connect_timeout_s if silent else min(round_trip_s, profile.connect_timeout_s)
            if self._conditions.mode is NetworkMode.DOWN:
                break
            if not await self._changes_within(wait_s):
                if silent or round_trip_s > profile.connect_timeout_s:
                    raise _nothing_came_back(profile)
                return
            round_trip_s = 2 * self._conditions.latency_ms / 1000
        if self._conditions.mode is NetworkMode.DOWN:
            raise _switched_off()

    async def _changes_within(self, delay_s: float) -> bool:
        """Wait; True when the conditions were changed meanwhile."""
        changed = self._waiting = asyncio.get_running_loop().create_future()
        elapsed = False

        def ring() -> None:
            nonlocal elapsed
            elapsed = True
            if not changed.done():
                changed.set_result(None)

        timer = self._clock.call_later(delay_s, ring)
        try:
            await changed
        finally:
            timer.cancel()
            self._waiting = None
        return not elapsed


class FaultyConnection:
    """A link through a bad network; implements domain.ports.Connection and hears the inner connection.

    `send` and `received` are attributes, not methods: while the network is good they are the bound methods of the
    inner connection and of the listener themselves, so that a good network costs nothing per frame.
    """

    __slots__ = ("_cut_sentence", "_gone", "_inbound", "_listener", "_outbound", "inner", "received", "send")

    inner: Connection
    send: _TakesText
    received: _TakesText

    def __init__(
        self, listener: ConnectionListener, clock: Clock, random: Random, conditions: NetworkConditions
    ) -> None:
        self._listener = listener
        self._cut_sentence = ""
        self._gone = False
        self._outbound = Way(clock, random, conditions, self._bind)
        self._inbound = Way(clock, random, conditions, self._bind)
        self.received = listener.received

    @property
    def ocpp(self) -> str:
        """The version that was negotiated."""
        return self.inner.ocpp

    @property
    def latency_ms(self) -> float | None:
        """The round trip of the last ping in milliseconds; None where there are no pings."""
        return self.inner.latency_ms if isinstance(self.inner, Pinging) else None

    def set_ping_interval(self, interval_s: float) -> None:
        """Ping every `interval_s` seconds from now on, where the inner connection can; 0: never."""
        if isinstance(self.inner, Pinging):
            self.inner.set_ping_interval(interval_s)

    def suffer(self, conditions: NetworkConditions) -> None:
        """Be treated by these conditions from now on."""
        if self._gone:
            return
        self._outbound.conditions = self._inbound.conditions = conditions
        for way in (self._outbound, self._inbound):
            if conditions.mode in (NetworkMode.DOWN, NetworkMode.SILENT):
                way.clear()
            elif not conditions.shapes:
                way.hurry()
        self._bind()
        if isinstance(self.inner, Silenceable):
            self.inner.set_silent(conditions.mode is NetworkMode.SILENT)
        if conditions.mode is NetworkMode.DOWN:
            self._cut_sentence = "The connection was cut: the network is switched off in this emulator (1006)."
            self.inner.abort()

    def close(self, code: int = 1000, reason: str = "") -> None:
        """Close in an orderly way, behind the frames that are on their way."""
        if self._outbound:
            self._outbound.certainly(lambda: self.inner.close(code, reason))
        else:
            self.inner.close(code, reason)

    def abort(self) -> None:
        """Cut the link at once; what is on its way is lost."""
        self._outbound.clear()
        self._inbound.clear()
        self.inner.abort()

    def closed(self, code: int, sentence: str) -> None:
        """The inner connection is gone; its last frames come first."""
        self._gone = True
        self._outbound.clear()
        self.send = _lose
        said = self._cut_sentence or sentence
        if self._inbound:
            self._inbound.certainly(lambda: self._listener.closed(code, said))
        else:
            self._listener.closed(code, said)

    def _bind(self) -> None:
        """Choose the way of frames from now on; the short one only when nothing waits on the long one."""
        conditions = self._outbound.conditions
        if self._gone:
            return
        if conditions.mode in (NetworkMode.DOWN, NetworkMode.SILENT):
            self.send = self.received = _lose
            return
        self.send = self._send_later if conditions.shapes or self._outbound else self.inner.send
        self.received = self._receive_later if conditions.shapes or self._inbound else self._listener.received

    def _send_later(self, text: str) -> None:
        self._outbound.frame(self._size(text), lambda: self.inner.send(text))

    def _receive_later(self, text: str) -> None:
        self._inbound.frame(self._size(text), lambda: self._listener.received(text))

    def _size(self, text: str) -> int:
        """Bytes of a text on the wire; asked only where they matter."""
        return len(text.encode(errors="replace")) if self._outbound.conditions.bandwidth else 0


def _lose(text: str) -> None:
    """What happens to frames on a line that passes nothing."""


def _switched_off() -> ConnectionFailed:
    return ConnectionFailed(
        ConnectionProblem.UNREACHABLE,
        "The network is switched off in this emulator.",
        "Switch it on again: the network action with mode up.",
    )


def _nothing_came_back(profile: ConnectionProfile) -> ConnectionFailed:
    return ConnectionFailed(
        ConnectionProblem.TIMED_OUT,
        f"Nothing came back within {profile.connect_timeout_s:g} s: this emulator's network is silent or too slow.",
        "Switch it on again: the network action with mode up.",
    )
