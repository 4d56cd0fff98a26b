"""What the station notes about itself: refused cards, given-up messages, lost connections."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from PySide6.QtCore import QObject, Signal

from ui.models.records import Column, Record

KEPT = 1000


class NotesModel(QObject):
    """The newest notes, oldest first; `now` is the station's time."""

    changed = Signal()

    def __init__(self, now: Callable[[], datetime], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._now = now
        self._count = 0
        self._records: list[Record] = []

    def add(self, note: Mapping[str, Any]) -> None:
        """A note of the engine: {text, hint ...}."""
        self._count += 1
        details = {key: value for key, value in note.items() if key not in {"text", "hint"}}
        text = " ".join(str(part) for part in (note.get("text"), note.get("hint")) if part)
        record = {"key": self._count, "time": self._now(), "text": text, "details": details}
        self._records = [*self._records[-KEPT + 1 :], record]
        self.changed.emit()

    def say(self, text: str) -> None:
        """A note of the window's own."""
        self.add({"text": text})

    def records(self) -> list[Record]:
        """All notes."""
        return self._records

    @property
    def count(self) -> int:
        """How many notes there were."""
        return self._count


def _details(record: Record) -> str:
    return " · ".join(f"{key} {value}" for key, value in record["details"].items())


COLUMNS = (
    Column("Time", lambda r: f"{r['time'].astimezone():%H:%M:%S}", "Station time", 70, fixed=True),
    Column("Note", lambda r: r["text"]),
    Column("", _details, "", 160, tone=lambda _: "dim"),
)
