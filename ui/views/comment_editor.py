"""A line over the table's row in which a comment is written."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, QRect, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QAbstractItemView, QLineEdit

from ui.theme import Theme


class CommentEditor(QLineEdit):
    """Enter (or leaving the line) keeps the comment, Esc drops the change."""

    finished = Signal(object, str)
    """The seq of the frame, and the comment; an empty one takes it away."""

    def __init__(self, table: QAbstractItemView, theme: Theme) -> None:
        super().__init__(table.viewport())
        self._table = table
        self._seq = 0
        self.hide()
        self.setPlaceholderText("Comment: Enter keeps it, Esc drops it")
        self.setAccessibleName("Comment")
        theme.set_icon(self.addAction(theme.icon("comment"), QLineEdit.ActionPosition.LeadingPosition), "comment")
        self.editingFinished.connect(self._finish)
        self.installEventFilter(self)

    def start(self, seq: int, text: str, rect: QRect) -> None:
        """Edit the comment of a frame over this rectangle of the table's viewport."""
        self._seq = seq
        self.setText(text)
        self.selectAll()
        height = self.sizeHint().height()
        self.setGeometry(rect.x(), max(0, rect.center().y() - height // 2), rect.width(), height)
        self.show()
        self.setFocus()

    def _finish(self) -> None:
        seq, self._seq = self._seq, 0
        if seq:
            self.hide()
            self._table.setFocus()
            self.finished.emit(seq, self.text())

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Esc drops the change."""
        if event.type() is QEvent.Type.KeyPress and isinstance(event, QKeyEvent) and event.key() == Qt.Key.Key_Escape:
            self._seq = 0
            self.hide()
            self._table.setFocus()
            return True
        return super().eventFilter(watched, event)
