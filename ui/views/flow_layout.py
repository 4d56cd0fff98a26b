"""A layout that sets widgets side by side and starts a new line where the width ends."""

from __future__ import annotations

from PySide6.QtCore import QMargins, QPoint, QRect, QSize, Qt
from PySide6.QtWidgets import QLayout, QLayoutItem, QSizePolicy, QWidget


class FlowLayout(QLayout):
    """Items in lines; what is left of a line's width goes to the items that expand."""

    def __init__(self, parent: QWidget | None = None, *, margins: QMargins | None = None, spacing: int = 8) -> None:
        super().__init__(parent)
        self._items: list[QLayoutItem] = []
        self.setContentsMargins(margins or QMargins())
        self.setSpacing(spacing)

    def addItem(self, item: QLayoutItem) -> None:  # noqa: D102 - as Qt documents it
        self._items.append(item)

    def count(self) -> int:  # noqa: D102 - as Qt documents it
        return len(self._items)

    def itemAt(self, index: int) -> QLayoutItem | None:  # noqa: D102 - as Qt documents it
        return self._items[index] if 0 <= index < len(self._items) else None

    def takeAt(self, index: int) -> QLayoutItem | None:  # noqa: D102 - as Qt documents it
        return self._items.pop(index) if 0 <= index < len(self._items) else None

    def expandingDirections(self) -> Qt.Orientation:  # noqa: D102 - as Qt documents it
        return Qt.Orientation.Horizontal

    def hasHeightForWidth(self) -> bool:  # noqa: D102 - as Qt documents it
        return True

    def heightForWidth(self, width: int) -> int:  # noqa: D102 - as Qt documents it
        return self._place(QRect(0, 0, width, 0), move=False)

    def minimumSize(self) -> QSize:  # noqa: D102 - as Qt documents it
        margins = self.contentsMargins()
        size = QSize()
        for item in self._items:
            size = size.expandedTo(item.minimumSize())
        return size + QSize(margins.left() + margins.right(), margins.top() + margins.bottom())

    def sizeHint(self) -> QSize:  # noqa: D102 - as Qt documents it
        return self.minimumSize()

    def setGeometry(self, rect: QRect) -> None:  # noqa: D102 - as Qt documents it
        super().setGeometry(rect)
        self._place(rect, move=True)

    def _place(self, rect: QRect, *, move: bool) -> int:
        """Put the items into lines inside `rect`; returns the height that they need."""
        margins = self.contentsMargins()
        width = rect.width() - margins.left() - margins.right()
        y = rect.y() + margins.top()
        for line in self._lines(width):
            height = max(item.sizeHint().height() for item in line)
            if move:
                self._place_line(line, QRect(rect.x() + margins.left(), y, width, height))
            y += height + self.spacing()
        return y - self.spacing() + margins.bottom() - rect.y()

    def _lines(self, width: int) -> list[list[QLayoutItem]]:
        lines: list[list[QLayoutItem]] = []
        used = 0
        for item in self._items:
            if item.isEmpty():
                continue
            wanted = item.minimumSize().width() if _expands(item) else item.sizeHint().width()
            if not lines or used + wanted > width:
                lines.append([])
                used = 0
            lines[-1].append(item)
            used += wanted + self.spacing()
        return lines

    def _place_line(self, line: list[QLayoutItem], rect: QRect) -> None:
        fixed = sum(item.sizeHint().width() for item in line if not _expands(item)) + self.spacing() * (len(line) - 1)
        growing = sum(1 for item in line if _expands(item))
        x = rect.x()
        for item in line:
            wide = (rect.width() - fixed) // growing if _expands(item) else min(item.sizeHint().width(), rect.width())
            high = item.sizeHint().height()
            item.setGeometry(QRect(QPoint(x, rect.y() + (rect.height() - high) // 2), QSize(wide, high)))
            x += wide + self.spacing()


def _expands(item: QLayoutItem) -> bool:
    widget = item.widget()
    return widget is not None and widget.sizePolicy().horizontalPolicy() is QSizePolicy.Policy.Expanding
