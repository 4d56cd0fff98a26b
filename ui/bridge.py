"""The one file where the event loop and Qt meet: engine events become Qt signals, clicks become actions."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

from PySide6.QtCore import QObject, QTimer, Signal

from emulator.domain.errors import ActionRefused, EnvironmentProblem, ForecourtError
from emulator.domain.frames import Frame
from emulator.runtime.emulator import Emulator, Event

# Ten pictures a second are enough for an eye, and leave the loop to the station.
REFRESH_MS = 100
# What moves by itself while a car charges: energy, time, chart.
PULSE_MS = 500


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
        self.snapshot: dict[str, Any] = {}
        self._frames: list[Frame] = []
        self._tasks: set[asyncio.Task[Any]] = set()
        self._refresh = QTimer(self, singleShot=True, interval=REFRESH_MS)
        self._refresh.timeout.connect(self.refresh)
        self._pulse = QTimer(self, interval=PULSE_MS)
        self._pulse.timeout.connect(self.refresh)
        self._pulse.start()
        self._unsubscribe = emulator.subscribe(self._heard)

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
            self.frames.emit(frames)
        self.snapshot = self.emulator.snapshot(*WATCHED)
        self.snapshot_changed.emit(self.snapshot)

    def perform(self, name: str, parameters: Mapping[str, Any] | None = None) -> None:
        """Do something; a refusal comes back through `refused`, a result through `performed`."""
        task = asyncio.ensure_future(self._perform(name, dict(parameters or {})))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _perform(self, name: str, parameters: dict[str, Any]) -> None:
        try:
            result = await self.emulator.perform_named(name, parameters)
        except (ActionRefused, EnvironmentProblem) as refusal:
            self.refused.emit(str(refusal))
        except ForecourtError as problem:
            self.refused.emit(str(problem))
        else:
            self.performed.emit(name, result)
        self.refresh()

    async def close(self) -> None:
        """Hear nothing any more, and end what still runs."""
        self._unsubscribe()
        self._refresh.stop()
        self._pulse.stop()
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


# Everything but what is large and seldom changes; docks ask for those parts themselves.
WATCHED = (
    "station", "connection", "boot", "clock", "evses", "reader", "transactions", "meters", "queue", "display", "tokens",
    "vehicles",
)  # fmt: skip
