"""The link to the CSMS: opened, watched, and opened again after a back-off."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta
from enum import StrEnum

from emulator.domain import settings
from emulator.domain.device_model import DeviceModel
from emulator.domain.errors import ConnectionFailed, ConnectionProblem, EnvironmentProblem
from emulator.domain.ports import Clock, Connection, ConnectionProfile, Transport
from emulator.services.back_off import BackOff
from emulator.services.context import StationContext


class LinkState(StrEnum):
    """How the link stands."""

    OFFLINE = "offline"
    CONNECTING = "connecting"
    CONNECTED = "connected"
    WAITING = "waiting"


class Link:
    """Keeps a connection to the CSMS for as long as it is wanted.

    `opened(connection)` and `lost(code, sentence)` tell the owner; `received(text)` takes each frame.
    """

    def __init__(
        self,
        context: StationContext,
        transport: Transport,
        profile: Callable[[], ConnectionProfile],
        *,
        opened: Callable[[Connection], None],
        received: Callable[[str], None],
        lost: Callable[[int, str], None],
    ) -> None:
        self._context = context
        self._transport = transport
        self._profile = profile
        self._opened = opened
        self._lost = lost
        # What a transport calls for every frame.
        self.received = received
        self.state = LinkState.OFFLINE
        self.problem: EnvironmentProblem | None = None
        self.problem_kind = ""
        self.retry_at: datetime | None = None
        self.since: datetime | None = None
        self.connection: Connection | None = None
        self._wanted = False
        self._gone = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._back_off = back_off(context.model, context)

    @property
    def clock(self) -> Clock:
        """The station's clock."""
        return self._context.clock

    def connect(self) -> None:
        """Want a connection from now on; a waiting back-off is cut short."""
        self._wanted = True
        if self._task is not None and self.state is LinkState.WAITING:
            self._task.cancel()
            self._task = None
        if self._task is None or self._task.done():
            self._back_off = back_off(self._context.model, self._context)
            self._task = self._context.tasks.start(self._run(), "connection")

    def disconnect(self, code: int = 1000, reason: str = "") -> None:
        """Close the connection in an orderly way, and stop reconnecting."""
        self._wanted = False
        if self.connection is not None:
            self.connection.close(code, reason)
        elif self._task is not None:
            self._task.cancel()
            self._task = None
            self._become(LinkState.OFFLINE)

    def reconnect(self, reason: str) -> None:
        """Close the connection and open it again with the settings as they now are."""
        if self.connection is not None:
            self.connection.close(1000, reason)

    async def until_closed(self) -> None:
        """Wait until a connection that is being closed is gone."""
        if self.connection is not None:
            await self._gone.wait()

    def abort(self) -> None:
        """Cut the link, as when the mains are pulled."""
        self._wanted = False
        connection, self.connection = self.connection, None
        if connection is not None:
            connection.abort()
        self._become(LinkState.OFFLINE)

    async def _run(self) -> None:
        while self._wanted:
            self._become(LinkState.CONNECTING)
            if await self._attempt():
                self._back_off.reset()
                await self._gone.wait()
            await self._pause()
        self._become(LinkState.OFFLINE)

    async def _pause(self) -> None:
        if self._wanted:
            delay_s = self._back_off.next_delay_s()
            self.retry_at = self.clock.now() + timedelta(seconds=delay_s)
            self._become(LinkState.WAITING)
            await self.clock.sleep(delay_s)
            self.retry_at = None

    async def _attempt(self) -> bool:
        self._gone.clear()
        try:
            connection = await self._transport.connect(self._profile(), self)
        except EnvironmentProblem as problem:
            self._failed(problem)
            return False
        self.connection = connection
        self.problem, self.problem_kind = None, ""
        self.since = self.clock.now()
        self._become(LinkState.CONNECTED)
        self._opened(connection)
        return True

    def _failed(self, problem: EnvironmentProblem) -> None:
        self.problem = problem
        self.problem_kind = str(problem.problem) if isinstance(problem, ConnectionFailed) else "environment"
        self._context.note(problem.sentence, hint=problem.hint)
        self._become(self.state)

    def closed(self, code: int, sentence: str) -> None:
        """The transport lost the link, or closed it as asked."""
        if self.connection is None:
            return
        self.connection = None
        self.since = None
        if self._wanted:
            self._failed(ConnectionFailed(ConnectionProblem.LOST, sentence, "The station connects again by itself."))
        self._lost(code, sentence)
        self._gone.set()

    def _become(self, state: LinkState) -> None:
        self.state = state
        self._context.changed()


def back_off(model: DeviceModel, context: StationContext) -> BackOff:
    """The waiting times of 2.0.1 Part 4 section 5.3, for 1.6 alike."""
    return BackOff(
        model.integer(settings.RETRY_BACK_OFF_REPEAT_TIMES),
        model.integer(settings.RETRY_BACK_OFF_RANDOM_RANGE),
        model.integer(settings.RETRY_BACK_OFF_WAIT_MINIMUM),
        context.random,
    )
