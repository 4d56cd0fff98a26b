"""A card over the window that explains something, until Escape or a click elsewhere."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QObject, QPoint, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QApplication, QFrame, QGraphicsDropShadowEffect, QGridLayout, QLabel, QVBoxLayout, QWidget

from ui.models.topics import Topic
from ui.theme import Theme, set_role

WIDTH = 400
KEYS_WIDTH = 620
MARGIN = 12


class HelpCard(QFrame):
    """Title, text, sections; or a table of keys."""

    def __init__(self, window: QWidget, theme: Theme) -> None:
        super().__init__(window)
        self._theme = theme
        set_role(self, "panel")
        shadow = QGraphicsDropShadowEffect(self)
        shadow.setBlurRadius(28)
        shadow.setOffset(0, 6)
        shadow.setColor(Qt.GlobalColor.black if theme.dark else Qt.GlobalColor.gray)
        self.setGraphicsEffect(shadow)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(16, 14, 16, 14)
        self._column.setSpacing(8)
        self._before: QWidget | None = None
        self.hide()

    def show_topic(self, topic: Topic, near: QWidget | None) -> None:
        """Explain a topic, beside the widget that it is about."""
        self._clear()
        self._add(topic.title, "title")
        self._add(topic.text, "")
        for section in topic.sections:
            self._add(section, "small")
        self._appear(WIDTH, near)

    def show_keys(self, keys: Sequence[tuple[str, str]]) -> None:
        """List keys and what they do, in two columns."""
        self._clear()
        self._add("Keys", "title")
        holder = QWidget()
        grid = QGridLayout(holder)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(12)
        grid.setVerticalSpacing(4)
        half = (len(keys) + 1) // 2
        for number, (key, what) in enumerate(keys):
            row, side = number % half, 2 * (number // half)
            name, text = QLabel(key), QLabel(what)
            set_role(name, "fixed")
            grid.addWidget(name, row, side)
            grid.addWidget(text, row, side + 1)
        grid.setColumnStretch(1, 1)
        grid.setColumnStretch(3, 1)
        self._column.addWidget(holder)
        self._appear(KEYS_WIDTH, None)

    def leave(self) -> None:
        """Go away; the focus returns to where it was."""
        if self.isVisible():
            QApplication.instance().removeEventFilter(self)  # type: ignore[union-attr]
            self.hide()
            if self._before is not None:
                self._before.setFocus()
            self._before = None

    def _clear(self) -> None:
        while (item := self._column.takeAt(0)) is not None:
            widget = item.widget()
            if widget is not None:
                widget.hide()
                widget.deleteLater()

    def _add(self, text: str, role: str) -> None:
        label = QLabel(text)
        label.setWordWrap(True)
        if role:
            set_role(label, role)
        self._column.addWidget(label)

    def _appear(self, width: int, near: QWidget | None) -> None:
        window = self.window()
        if not self.isVisible():
            self._before = window.focusWidget()
            QApplication.instance().installEventFilter(self)  # type: ignore[union-attr]
        self.setFixedWidth(min(width, window.width() - 2 * MARGIN))
        for place in range(self._column.count()):
            item = self._column.itemAt(place)
            part = item.widget() if item is not None else None
            if part is not None:
                part.show()  # a layout passes over what was added to a visible card and not shown yet
        self._column.activate()
        wrapped = self._column.totalHeightForWidth(self.width()) if self._column.hasHeightForWidth() else 0
        self.setFixedHeight(max(wrapped, self._column.totalMinimumSize().height()))
        self.move(self._place(near))
        texts = [label.text() for label in self.findChildren(QLabel) if not label.isHidden()]
        self.setAccessibleName(texts[0] if texts else "Help")
        self.setAccessibleDescription(" ".join(texts[1:]))
        self.show()
        self.raise_()
        self.setFocus()

    def _place(self, near: QWidget | None) -> QPoint:
        """Below the widget where there is room, else above it, never outside the window."""
        window = self.window()
        if near is None:
            return QPoint((window.width() - self.width()) // 2, 72)
        corner = near.mapTo(window, QPoint(0, near.height() + 6))
        if corner.y() + self.height() > window.height() - MARGIN:
            corner.setY(near.mapTo(window, QPoint(0, 0)).y() - self.height() - 6)
        across = min(max(MARGIN, corner.x()), window.width() - self.width() - MARGIN)
        down = min(max(MARGIN, corner.y()), window.height() - self.height() - MARGIN)
        return QPoint(across, down)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """A click elsewhere closes the card, and does what it does."""
        if event.type() == QEvent.Type.MouseButtonPress and isinstance(watched, QWidget):
            if watched is not self and not self.isAncestorOf(watched):
                self.leave()
        return super().eventFilter(watched, event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Escape, Return and F1 close the card."""
        if event.key() in (Qt.Key.Key_Escape, Qt.Key.Key_Return, Qt.Key.Key_F1, Qt.Key.Key_Space):
            self.leave()
            return
        super().keyPressEvent(event)


__all__ = ["HelpCard"]
