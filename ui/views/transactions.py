"""The transactions of a station as a table."""

from __future__ import annotations

from PySide6.QtWidgets import QVBoxLayout, QWidget

from ui.models.records import RecordTable
from ui.models.transactions import COLUMNS
from ui.session import StationSession
from ui.theme import Theme
from ui.views.record_table import RecordTableView

HINT = "No transaction since this window was opened.\nPlug in and hold a card to the reader to start one."


class TransactionsView(QWidget):
    """Newest first."""

    def __init__(self, session: StationSession, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._history = session.transactions
        self.model = RecordTable(COLUMNS, "id", theme, self)
        self.table = RecordTableView(self.model, theme, "Transactions", HINT)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.table)
        self.setFocusProxy(self.table)
        self._history.changed.connect(self._show)
        self._show()

    def _show(self) -> None:
        self.model.show(self._history.records())


__all__ = ["TransactionsView"]
