"""The status bar: how the line is protected, what waits, the station's memory; and refusals for some seconds."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import QLabel, QSizePolicy, QStatusBar, QWidget

from ui.models.connection_state import evse_count, security_word
from ui.theme import Theme, set_role

MESSAGE_MS = 8000


class StatusLine(QStatusBar):
    """Facts at the left, memory at the right, between them what was just refused or done."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self.setSizeGripEnabled(False)
        self.setContentsMargins(8, 0, 8, 0)
        self.security, self.queue, self.evses = QLabel(), QLabel(), QLabel()
        self.memory = QLabel()
        self.message = QLabel()
        self.message.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.message.setAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        self.message.setAccessibleName("Message")
        for label in (self.security, self.queue, self.evses):
            self.addWidget(label)
        self.addWidget(self.message, 1)
        self.addPermanentWidget(self.memory)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(MESSAGE_MS)
        self._timer.timeout.connect(self._clear)

    def show_station(self, snapshot: Mapping[str, Any]) -> None:
        """The facts of a station."""
        waiting = len(snapshot["queue"])
        _put(self.security, security_word(snapshot["connection"]))
        _put(self.queue, f"Queue {waiting}" if waiting else "Queue empty")
        _put(self.evses, evse_count(snapshot))

    def show_memory(self, identity: str, folder: Path, size: int) -> None:
        """Where the station's memory and log are, and how large they have become."""
        _put(self.memory, f"Station memory: {identity} · log {size_text(size)}")
        self.memory.setToolTip(str(folder))

    def tell(self, sentence: str, *, tone: str = "bad") -> None:
        """Say what was refused (tone bad) or done (good), for eight seconds."""
        self.message.setText(sentence)
        self.message.setToolTip(sentence)
        set_role(self.message, "problem" if tone == "bad" else "dim")
        self._timer.start()

    def _clear(self) -> None:
        self.message.clear()
        self.message.setToolTip("")

    def stop(self) -> None:
        """The window closes."""
        self._timer.stop()


def _put(label: QLabel, text: str) -> None:
    if label.text() != text:
        label.setText(text)


def size_text(size: int) -> str:
    """Bytes in the unit that suits them."""
    value, units = float(size), ["B", "KB", "MB", "GB"]
    while value >= 1000 and len(units) > 1:
        value /= 1000
        units.pop(0)
    return f"{value:.0f} {units[0]}" if value >= 100 or units[0] == "B" else f"{value:.1f} {units[0]}"


__all__ = ["StatusLine", "size_text"]
