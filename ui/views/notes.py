"""The station's own log as a table that follows the newest line."""

from __future__ import annotations

from PySide6.QtWidgets import QVBoxLayout, QWidget

from ui.models.notes import COLUMNS, NotesModel
from ui.models.records import RecordTable
from ui.theme import Theme
from ui.views.record_table import RecordTableView

HINT = "Nothing to note so far.\nLost connections, refused cards and messages that were given up appear here."


class NotesView(QWidget):
    """Oldest first."""

    def __init__(self, notes: NotesModel, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._notes = notes
        self.model = RecordTable(COLUMNS, "key", theme, self)
        self.table = RecordTableView(self.model, theme, "Log of the station", HINT)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.table)
        self.setFocusProxy(self.table)
        notes.changed.connect(self._show)
        self._show()

    def _show(self) -> None:
        bar = self.table.verticalScrollBar()
        at_end = bar.value() >= bar.maximum() - 2
        self.model.show(self._notes.records())
        if at_end:
            self.table.scrollToBottom()


__all__ = ["NotesView"]
