"""An in-memory link, for tests and dialogues: the test plays the CSMS.

Frames travel through `clock.call_later(0, ...)`, in order and one per turn, so nothing is ever delivered inside a
`send()` and a virtual clock makes every run the same. The link has two different faults: `offline` (refused and cut)
and `silent` (open, and passing nothing).
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Sequence

from emulator.domain.errors import ConnectionFailed, ConnectionProblem
from emulator.domain.ports import Clock, ConnectionListener, ConnectionProfile
from emulator.transports.close_codes import close_sentence


class LoopbackServer:
    """The CSMS's end. `speaks` are the OCPP versions that it agrees to; without a clock the event loop's turns count.

    `received` holds every text that arrived, `connects` the profile of every attempt, `connections` the open links,
    each oldest first. `refusal`, when set, is raised by every attempt to connect.
    """

    def __init__(self, clock: Clock | None = None, *, speaks: Sequence[str] = ("2.0.1", "1.6")) -> None:
        self.speaks = tuple(speaks)
        self.on_text: Callable[[str, LoopbackConnection], None] | None = None
        self.on_connect: Callable[[LoopbackConnection], None] | None = None
        self.connections: list[LoopbackConnection] = []
        self.received: list[str] = []
        self.connects: list[ConnectionProfile] = []
        self.refusal: ConnectionFailed | None = None
        self._clock = clock
        self._offline = self._silent = False
        self._waiting: list[asyncio.Future[bool]] = []

    @property
    def offline(self) -> bool:
        """Whether links are cut and new ones refused; what is on its way when this begins is lost."""
        return self._offline

    @offline.setter
    def offline(self, offline: bool) -> None:
        self._offline = offline
        self._wake()
        if offline:
            for connection in tuple(self.connections):
                connection.cut(1006, close_sentence(1006))

    @property
    def silent(self) -> bool:
        """Whether links stay open and pass nothing either way; what is sent meanwhile, or is on its way, is lost."""
        return self._silent

    @silent.setter
    def silent(self, silent: bool) -> None:
        self._silent = silent
        self._wake()
        if silent:
            for connection in self.connections:
                connection.lose_frames()

    def send(self, text: str, connection: LoopbackConnection | None = None) -> None:
        """Send a text to one station, by default to the one that connected last."""
        target = connection or (self.connections[-1] if self.connections else None)
        if target is None:
            raise RuntimeError("no station is connected to the loopback server")
        target.deliver(text)

    def close(self, code: int = 1000, reason: str = "") -> None:
        """Close every link in an orderly way, as a CSMS does; what was sent before still arrives."""
        for connection in tuple(self.connections):
            connection.end(code, close_sentence(code, reason))

    # -- for the transport ---------------------------------------------------------------------------------------------

    async def admit(self, profile: ConnectionProfile, listener: ConnectionListener) -> LoopbackConnection:
        """Answer one attempt to connect; raises ConnectionFailed."""
        self.connects.append(profile)
        while self._silent and not self._offline:
            await self._silence_ends(profile)
        if self._offline:
            raise ConnectionFailed(
                ConnectionProblem.REFUSED, f"{profile.url} refused the connection.", "Bring the loopback server online."
            )
        if self.refusal is not None:
            raise self.refusal
        version = next((version for version in profile.offered if version in self.speaks), None)
        if version is None:
            raise ConnectionFailed(
                ConnectionProblem.SUBPROTOCOL,
                f"The CSMS chose no OCPP version: it speaks {' and '.join(self.speaks)}.",
                "Offer a version that this CSMS speaks.",
            )
        connection = LoopbackConnection(self, profile, version, listener)
        self.connections.append(connection)
        if self.on_connect is not None:
            connection.later(lambda: self.on_connect and self.on_connect(connection))
        return connection

    def in_next_turn(self, callback: Callable[[], None]) -> None:
        """Run `callback` in the next turn."""
        if self._clock is not None:
            self._clock.call_later(0, callback)
        else:
            asyncio.get_running_loop().call_soon(callback)

    async def _silence_ends(self, profile: ConnectionProfile) -> None:
        """Wait until the link speaks again; raises ConnectionFailed after the profile's time-out."""
        loop = asyncio.get_running_loop()
        ended: asyncio.Future[bool] = loop.create_future()
        self._waiting.append(ended)
        later = loop.call_later if self._clock is None else self._clock.call_later
        timer = later(profile.connect_timeout_s, lambda: _settle(ended, False))
        try:
            if not await ended:
                raise ConnectionFailed(
                    ConnectionProblem.TIMED_OUT, f"{profile.url} did not answer within {profile.connect_timeout_s:g} s."
                )
        finally:
            timer.cancel()
            self._waiting.remove(ended)

    def _wake(self) -> None:
        for ended in self._waiting:
            _settle(ended, True)


def _settle(future: asyncio.Future[bool], value: bool) -> None:
    if not future.done():
        future.set_result(value)


class LoopbackTransport:
    """Connects stations to one LoopbackServer; implements domain.ports.Transport."""

    def __init__(self, server: LoopbackServer) -> None:
        self.server = server

    async def connect(self, profile: ConnectionProfile, listener: ConnectionListener) -> LoopbackConnection:
        """Open a link; raises ConnectionFailed when the server is offline, silent too long, or refuses."""
        return await self.server.admit(profile, listener)


class LoopbackConnection:
    """The station's end of a link; implements domain.ports.Connection.

    `opened` tells whether the link still is; `close_code` is the code that it ended with.
    """

    def __init__(
        self, server: LoopbackServer, profile: ConnectionProfile, ocpp: str, listener: ConnectionListener
    ) -> None:
        self.profile = profile
        self.ocpp = ocpp
        self.opened = True
        self.close_code: int | None = None
        self._server = server
        self._listener = listener
        self._frames: deque[Callable[[], object]] = deque()
        self._moving = False

    @property
    def identity(self) -> str:
        """The identity with which the station connected."""
        return self.profile.identity

    def send(self, text: str) -> None:
        """Send a text to the CSMS; lost when the link is closed or silent."""
        if self.opened and not self._server.silent:
            self.later(lambda: self._arrived(text))

    def close(self, code: int = 1000, reason: str = "") -> None:
        """Close in an orderly way: what was sent before still arrives, then the listener's `closed` follows."""
        self.end(code, f"The station closed the connection ({code}).")

    def abort(self) -> None:
        """Cut the link: what is on its way is lost."""
        self.cut(1006, "The station cut the connection (1006).")

    def deliver(self, text: str) -> None:
        """Bring a text of the CSMS to the station."""
        if self.opened and not self._server.silent:
            self.later(lambda: self._listener.received(text))

    def end(self, code: int, sentence: str) -> None:
        """End the link behind the frames that are on their way."""
        if self.opened:
            self.opened = False
            self.close_code = code
            self._server.connections.remove(self)
            self.later(lambda: self._listener.closed(code, sentence))

    def cut(self, code: int, sentence: str) -> None:
        """End the link before the frames that are on their way."""
        if self.opened:
            self.lose_frames()
            self.end(code, sentence)

    def lose_frames(self) -> None:
        """Lose what is on its way."""
        self._frames.clear()

    def later(self, step: Callable[[], object]) -> None:
        """Queue one step; steps run in order, one per turn."""
        self._frames.append(step)
        self._move()

    def _move(self) -> None:
        if self._frames and not self._moving:
            self._moving = True
            self._server.in_next_turn(self._step)

    def _step(self) -> None:
        self._moving = False
        if not self._frames:
            return
        step = self._frames.popleft()
        self._move()
        step()

    def _arrived(self, text: str) -> None:
        self._server.received.append(text)
        if self._server.on_text is not None:
            self._server.on_text(text, self)
