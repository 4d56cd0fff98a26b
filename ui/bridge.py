"""The one file where the event loop and Qt meet: engine events become Qt signals, clicks become actions."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, QTimer, Signal

from emulator.domain.errors import ForecourtError
from emulator.domain.frames import Direction, Frame, FrameType
from emulator.domain.tasks import Tasks
from emulator.runtime.emulator import Emulator, Event

if TYPE_CHECKING:
    from emulator.csms.records import Change
    from emulator.csms.server import BuiltInCsms

logger = logging.getLogger(__name__)

# Ten pictures a second are enough for an eye, and leave the loop to the station.
REFRESH_MS = 100
# What moves by itself while a car charges: energy, time, chart; and in a station that nobody looks at.
PULSE_MS, BACKGROUND_PULSE_MS = 500, 2000

# Everything but what is large and seldom changes; docks ask for those parts themselves.
WATCHED = (
    "station", "connection", "boot", "clock", "evses", "reader", "transactions", "meters", "queue", "display", "tokens",
    "vehicles",
)  # fmt: skip


class StationBridge(QObject):
    """One station as Qt objects see it."""

    snapshot_changed = Signal(dict)
    frames = Signal(list)
    transaction = Signal(object)
    fault = Signal(dict)
    note = Signal(dict)
    refused = Signal(str)
    performed = Signal(str, object)

    def __init__(self, emulator: Emulator, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.emulator = emulator
        self.snapshot: dict[str, Any] = emulator.snapshot(*WATCHED)
        self.answer_ms: float | None = None
        self._frames: list[Frame] = []
        self._tasks = Tasks()
        self._refresh = QTimer(self)
        self._refresh.setSingleShot(True)
        self._refresh.setInterval(REFRESH_MS)
        self._refresh.timeout.connect(self.refresh)
        self._pulse = QTimer(self)
        self._pulse.setInterval(PULSE_MS)
        self._pulse.timeout.connect(self.refresh)
        self._pulse.start()
        self._unsubscribe = emulator.subscribe(self._heard)

    def set_watched(self, watched: bool) -> None:
        """Whether somebody looks at this station: one in the background needs fewer pictures."""
        self._pulse.setInterval(PULSE_MS if watched else BACKGROUND_PULSE_MS)

    def _heard(self, event: Event) -> None:
        if event.kind == "frame":
            self._frames.append(event.body)
        elif event.kind == "transaction":
            self.transaction.emit(event.body)
        elif event.kind == "fault":
            self.fault.emit(event.body)
        elif event.kind == "log":
            self.note.emit(event.body)
        if not self._refresh.isActive():
            self._refresh.start()

    def refresh(self) -> None:
        """Tell what is new since the last time."""
        if self._frames:
            frames, self._frames = self._frames, []
            self._note_latency(frames)
            self.frames.emit(frames)
        self.snapshot = self.emulator.snapshot(*WATCHED)
        self.snapshot_changed.emit(self.snapshot)

    def _note_latency(self, frames: list[Frame]) -> None:
        for frame in reversed(frames):
            answer = frame.type is FrameType.CALLRESULT and frame.direction is Direction.RECEIVED
            if answer and frame.latency_ms is not None:
                self.answer_ms = frame.latency_ms
                return

    def perform(
        self,
        name: str,
        parameters: Mapping[str, Any] | None = None,
        *,
        done: Callable[[Any], None] | None = None,
        refused: Callable[[str], None] | None = None,
    ) -> None:
        """Do something; the result goes to `done`, a refusal's sentence to `refused` or else to the signals."""
        self._tasks.start(self._perform(name, dict(parameters or {}), done, refused), f"window: {name}")

    async def _perform(
        self,
        name: str,
        parameters: dict[str, Any],
        done: Callable[[Any], None] | None,
        refused: Callable[[str], None] | None,
    ) -> None:
        try:
            result = await self.emulator.perform_named(name, parameters)
        except ForecourtError as refusal:
            (refused or self.refused.emit)(str(refusal))
        except Exception:
            (refused or self.refused.emit)(f"{name} failed: a bug in Forecourt, which stderr tells in detail.")
            raise
        else:
            if done is not None:
                done(result)
            self.performed.emit(name, result)
        self.refresh()

    async def until(self, state: str, patience_s: float) -> None:
        """Wait until the connection is in this state, but not longer than so many real seconds."""
        reached = asyncio.Event()

        def look(_event: object = None) -> None:
            if self.emulator.snapshot("connection")["connection"]["state"] == state:
                reached.set()

        unsubscribe = self.emulator.subscribe(look, ["state"])
        timer = asyncio.get_running_loop().call_later(patience_s, reached.set)
        look()
        try:
            await reached.wait()
        finally:
            timer.cancel()
            unsubscribe()

    async def close(self) -> None:
        """Hear nothing any more, and end what still runs."""
        self._unsubscribe()
        self._refresh.stop()
        self._pulse.stop()
        await self._tasks.cancel()


class CsmsBridge(QObject):
    """The built-in test CSMS as Qt objects see it; there is at most one in the process."""

    running_changed = Signal(bool)
    changed = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.csms: BuiltInCsms | None = None
        self._tasks = Tasks()
        self._unsubscribe: Callable[[], None] | None = None
        # A change comes with every frame: a dock that is told ten times a second has seen all it can show.
        self._refresh = QTimer(self)
        self._refresh.setSingleShot(True)
        self._refresh.setInterval(REFRESH_MS)
        self._refresh.timeout.connect(self.changed)

    @property
    def url(self) -> str:
        """Where stations find it; "" while it does not run."""
        return self.csms.url if self.csms else ""

    async def start(self, clock: Any, port: int = 0) -> str:
        """Start it on the loopback, on the station's clock, and return its URL; another port where this is taken."""
        from emulator.csms.server import BuiltInCsms

        if self.csms is None:
            csms = BuiltInCsms(clock=clock)
            try:
                await csms.start(port=port)
            except OSError:
                await csms.start()
            self.csms = csms
            self._unsubscribe = csms.subscribe(self._heard)
            self.running_changed.emit(True)
        return self.url

    async def stop(self) -> None:
        """Stop it; its stations lose their connection."""
        csms, self.csms = self.csms, None
        self._refresh.stop()
        if csms is not None:
            if self._unsubscribe is not None:
                self._unsubscribe()
            await csms.stop()
            self.running_changed.emit(False)

    def _heard(self, _change: Change) -> None:
        if not self._refresh.isActive():
            self._refresh.start()

    def command(
        self,
        identity: str,
        action: str,
        payload: dict[str, Any],
        done: Callable[[dict[str, Any]], None],
        failed: Callable[[str], None],
    ) -> None:
        """Send a command to a station; its answer goes to `done`, what went wrong to `failed`."""
        self._tasks.start(self._command(identity, action, payload, done, failed), f"CSMS: {action}")

    async def _command(
        self,
        identity: str,
        action: str,
        payload: dict[str, Any],
        done: Callable[[dict[str, Any]], None],
        failed: Callable[[str], None],
    ) -> None:
        from emulator.csms.link import CommandFailed

        if self.csms is None:
            failed("The test CSMS does not run: start it first.")
            return
        try:
            answer = await self.csms.command(identity, action, payload)
        except CommandFailed as failure:
            failed(str(failure))
        else:
            done(answer)

    async def close(self) -> None:
        """End every command, then the CSMS."""
        await self._tasks.cancel()
        await self.stop()
