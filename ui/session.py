"""One station in the window: its bridge, and the models that its views show."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject

from emulator.domain.frames import Frame
from emulator.runtime.emulator import Emulator
from ui.bridge import StationBridge
from ui.models.connection_state import ConnectionFields, state_word
from ui.models.message_log import MessageLogModel
from ui.models.notes import NotesModel
from ui.models.series import Series
from ui.models.transactions import TransactionHistory

HISTORY = 20_000
HISTORY_CHUNK = 500


class StationSession(QObject):
    """A station, what is known of it, and what of it is shown."""

    def __init__(self, emulator: Emulator, folder: Path, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.emulator = emulator
        self.folder = folder
        self.identity = emulator.station_id
        self.bridge = StationBridge(emulator, self)
        self.series = Series(parent=self)
        self.transactions = TransactionHistory(self)
        self.notes = NotesModel(emulator.clock.now, self)
        self.bridge.snapshot_changed.connect(self._note_snapshot)
        self.bridge.transaction.connect(self._note_transaction)
        self.bridge.note.connect(self.notes.add)
        self.bridge.fault.connect(self._note_fault)
        self.bridge.frames.connect(lambda frames: self.log.append(frames))

    @cached_property
    def log(self) -> MessageLogModel:
        """The frames; made when they are first shown or the first one comes."""
        return MessageLogModel(
            fetch=self.emulator.log.get, search_raw=self._search, now=self.emulator.clock.now, parent=self
        )

    @property
    def snapshot(self) -> dict[str, Any]:
        """The station as last seen."""
        return self.bridge.snapshot

    @property
    def tone(self) -> str:
        """The tone of the station's state, for its tab."""
        return state_word(self.snapshot).tone

    def connection_fields(self) -> ConnectionFields:
        """What the station uses to connect."""
        wanted = self.emulator.connection
        return ConnectionFields(
            url=wanted.url,
            identity=self.identity,
            ocpp=tuple(wanted.ocpp),
            security_profile=wanted.security_profile,
            user=wanted.user,
            password=self.emulator.profile().password,
            ca=wanted.ca,
            certificate=wanted.certificate,
            key=wanted.key,
        )

    def use_connection(self, fields: ConnectionFields) -> None:
        """Connect with these from the next attempt on; the password is a setting of the station, not kept here."""
        values = fields._asdict()
        del values["identity"], values["password"]
        self.emulator.connection = dataclasses.replace(self.emulator.connection, **values)

    async def load_history(self) -> None:
        """Show what the log on disk holds, in pieces that do not hold up the window."""
        log = self.emulator.log
        after = max(log.first_seq - 1, log.last_seq - HISTORY)
        while after < log.last_seq:
            frames: list[Frame] = self.emulator.frames(after, HISTORY_CHUNK)
            if not frames:
                break
            self.log.append(frames)
            after = frames[-1].seq
            await self.emulator.clock.sleep(0)

    def memory_size(self) -> int:
        """Bytes of the station's memory and log on disk."""
        size = 0
        for path in self.folder.glob("*.sqlite3*"):
            with suppress(OSError):
                size += os.stat(path).st_size
        return size

    def perform(self, name: str, parameters: dict[str, Any] | None = None, **callbacks: Callable[[Any], None]) -> None:
        """Do something with the station."""
        self.bridge.perform(name, parameters, **callbacks)

    async def close(self) -> None:
        """Hear nothing of the station any more."""
        await self.bridge.close()

    def _search(self, text: str) -> list[int]:
        # Called in a worker thread; the newest are what the eye looks for.
        log = self.emulator.log
        return log.search_text(text, max(0, log.last_seq - HISTORY))

    def _note_snapshot(self, snapshot: dict[str, Any]) -> None:
        time_s = datetime.fromisoformat(snapshot["clock"]["time"]).timestamp()
        for meter in snapshot["meters"]:
            self.series.add_sample(time_s, meter["evse"], meter)
        for evse in snapshot["evses"]:
            self.series.add_state(time_s, evse["id"], chart_state(evse))
        self.transactions.show(snapshot["transactions"])

    def _note_transaction(self, event: Any) -> None:
        text = f"{event.type} · {event.trigger}" if str(event.type) != "Updated" else str(event.trigger)
        if str(event.trigger) not in {"MeterValuePeriodic", "MeterValueClock"}:
            self.series.add_mark(event.at.timestamp(), event.transaction.evse_id, text)
        self.transactions.note(event)

    def _note_fault(self, body: dict[str, Any]) -> None:
        time_s = self.emulator.clock.now().timestamp()
        self.series.add_mark(
            time_s, body.get("evse") or 0, (body.get("fault") or {}).get("error_code", "fault cleared")
        )


def chart_state(evse: dict[str, Any]) -> str:
    """The word of an EVSE's state below the chart."""
    if evse["transaction"] is not None and evse["charging_state"] not in {"Idle", "EVConnected"}:
        return str(evse["charging_state"])
    return str(evse["connectors"][0]["status"]) if evse["connectors"] else "Available"


__all__ = ["StationSession", "chart_state"]
