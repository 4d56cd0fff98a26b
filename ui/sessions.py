"""The stations that the window shows, and which of them is in front."""

from __future__ import annotations

import dataclasses

from PySide6.QtCore import QObject, Signal

from emulator.domain.errors import ForecourtError
from emulator.domain.tasks import Tasks
from emulator.runtime.emulator import Emulator
from ui.session import StationSession
from ui.stations import Stations
from ui.workspace import Workspace


class Sessions(QObject):
    """Opens, shows and closes stations; `failed` tells why one could not be opened."""

    shown = Signal(object)
    changed = Signal()
    closed = Signal(object)
    failed = Signal(str)

    def __init__(self, stations: Stations, workspace: Workspace, tasks: Tasks, parent: QObject) -> None:
        super().__init__(parent)
        self._stations, self._workspace, self._tasks = stations, workspace, tasks
        self._current: StationSession | None = None
        self.all: list[StationSession] = []

    @property
    def current(self) -> StationSession:
        """The station in front; there is always one once the first was added."""
        assert self._current is not None
        return self._current

    def identities(self) -> list[str]:
        """The stations in the order of their tabs."""
        return [session.identity for session in self.all]

    def add(self, emulator: Emulator) -> StationSession:
        """Show a station that is open but switched off."""
        session = StationSession(emulator, self._stations.folder(emulator.station_id), self)
        session.bridge.snapshot_changed.connect(lambda _snapshot: self.changed.emit())
        self.all.append(session)
        if self._current is None:
            self.show(session.identity)
        else:
            self.changed.emit()
        return session

    def show(self, identity: str) -> None:
        """Bring a station to the front."""
        session = next(each for each in self.all if each.identity == identity)
        if session is not self._current:
            self._current = session
            for each in self.all:
                each.bridge.set_watched(each is session)
            self.shown.emit(session)
        self.changed.emit()

    def show_next(self) -> None:
        """The station of the next tab."""
        place = self.all.index(self.current)
        self.show(self.all[(place + 1) % len(self.all)].identity)

    def add_next(self) -> None:
        """Open a station with the next identity; it talks to the same CSMS as the one in front."""
        model = self.current
        session = self.open(self._stations.next_identity(model.identity))
        if session is not None:
            if not session.emulator.connection.url:
                session.emulator.connection = dataclasses.replace(model.emulator.connection, user="")
            self.show(session.identity)
            self._tasks.start(self.start(session), f"start {session.identity}")

    def open(self, identity: str) -> StationSession | None:
        """Open a station and add it behind the others; None when that failed (`failed` says why)."""
        try:
            (emulator,) = self._stations.open(identity)
        except ForecourtError as problem:
            self.failed.emit(str(problem))
            return None
        kept = self._workspace.connection(identity)
        if kept is not None and not emulator.connection.url:
            session = self.add(emulator)
            session.use_connection(kept)
            return session
        return self.add(emulator)

    async def start(self, session: StationSession, *, connect: bool = True) -> None:
        """Show what its log holds, then switch it on."""
        await session.load_history()
        await session.emulator.start(connect=connect)
        session.bridge.refresh()

    def close(self, identity: str) -> None:
        """Stop a station and close its tab; the last one stays."""
        if len(self.all) < 2:
            self.failed.emit("The last station stays open: close the window to stop it.")
            return
        session = next(each for each in self.all if each.identity == identity)
        place = self.all.index(session)
        self.all.remove(session)
        if session is self._current:
            self.show(self.all[max(0, place - 1)].identity)
        self.changed.emit()
        self._tasks.start(self._end(session), f"stop {identity}")

    async def replace(self, session: StationSession, identity: str) -> StationSession | None:
        """Go on as another station in the same tab; the old one is stopped, its memory kept."""
        made = self.open(identity)
        if made is None:
            return None
        place = self.all.index(session)
        self.all.remove(made)
        self.all[place] = made
        self.show(identity)
        await self._end(session)
        return made

    async def _end(self, session: StationSession) -> None:
        await session.close()
        await self._stations.stop(session.identity)
        self.closed.emit(session)
        session.deleteLater()

    async def stop(self) -> None:
        """Hear nothing of the stations any more, then stop them all."""
        for session in self.all:
            await session.close()
        await self._stations.stop_all()


__all__ = ["Sessions"]
