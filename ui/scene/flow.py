"""Rows that never cut: widgets that wrap, and buttons that move into a menu when they find no room."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QRect, QSize, Qt
from PySide6.QtGui import QAction, QResizeEvent
from PySide6.QtWidgets import QLabel, QMenu, QSizePolicy, QToolButton, QWidget

from ui.theme import Theme, set_role

GAP = 8
LEAST_WIDTH = 396
"""What a row has at least, so that the height wanted before the first layout is not that of a narrow strip."""


def heading_width(heading: QLabel) -> int:
    """How much room the word before a row takes, the same for all rows."""
    return heading.fontMetrics().horizontalAdvance("EVSE 8") + 10


class WrapRow(QWidget):
    """A heading and widgets after it; they wrap into as many rows as they need."""

    def __init__(self, heading: QLabel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._heading = heading
        self._widgets: list[QWidget] = []
        heading.setParent(self)
        policy = QSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)

    def set_widgets(self, widgets: list[QWidget]) -> None:
        """Show these widgets; those of before that are not among them are hidden, and stay the caller's."""
        for gone in self._widgets:
            if gone not in widgets:
                gone.hide()
        self._widgets = widgets
        before: QWidget | None = None
        for widget in widgets:
            widget.setParent(self)
            widget.show()
            if before is not None:
                QWidget.setTabOrder(before, widget)
            before = widget
        self._arrange(self.width(), move=True)
        self.updateGeometry()

    def widgets(self) -> list[QWidget]:
        """The widgets on show."""
        return list(self._widgets)

    def heightForWidth(self, width: int) -> int:
        """How high the row is when it is `width` pixels wide."""
        return self._arrange(width, move=False)

    def sizeHint(self) -> QSize:
        """One row."""
        return QSize(420, self._arrange(max(self.width(), 420), move=False))

    def minimumSizeHint(self) -> QSize:
        """The widest widget, as high as it is now."""
        widest = max((each.sizeHint().width() for each in self._widgets), default=0)
        return QSize(heading_width(self._heading) + widest, self._arrange(max(self.width(), LEAST_WIDTH), move=False))

    def event(self, event: QEvent) -> bool:
        """A widget in it changed its size, with the theme or the size of text: wrap anew."""
        if event.type() == QEvent.Type.LayoutRequest:
            self._arrange(self.width(), move=True)
            self.updateGeometry()
        return super().event(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Wrap anew."""
        super().resizeEvent(event)
        self._arrange(self.width(), move=True)
        if event.size().width() != event.oldSize().width():
            self.updateGeometry()

    def _arrange(self, width: int, *, move: bool) -> int:
        line = max((each.sizeHint().height() for each in self._widgets), default=28)
        x, y = heading_width(self._heading), 0
        for widget in self._widgets:
            size = widget.sizeHint()
            if x > heading_width(self._heading) and x + size.width() > width:
                x, y = heading_width(self._heading), y + line + 6
            if move:
                widget.setGeometry(QRect(x, y + (line - size.height()) // 2, size.width(), size.height()))
            x += size.width() + GAP
        if move:
            self._heading.setGeometry(0, 0, heading_width(self._heading), line)
        return y + line


class OverflowRow(QWidget):
    """Buttons of actions in one line; what finds no room moves into the menu of a last button, "…"."""

    def __init__(self, heading: QLabel, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._heading = heading
        self._pairs: list[tuple[QAction, QToolButton]] = []
        heading.setParent(self)
        self.more = QToolButton(self)
        self.more.setAccessibleName("More actions")
        self.more.setToolTip("More actions of this EVSE")
        self.more.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        set_role(self.more, "more")
        theme.set_icon(self.more, "more", "text")
        self._menu = QMenu(self)
        self._menu.setToolTipsVisible(True)
        self.more.setMenu(self._menu)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)

    def add(self, action: QAction, button: QToolButton) -> None:
        """Add an action with the button that shows it."""
        button.setParent(self)
        self._pairs.append((action, button))
        action.changed.connect(self._again)

    def hidden_actions(self) -> list[QAction]:
        """The actions that are in the menu now."""
        return self._menu.actions()

    def sizeHint(self) -> QSize:
        """Wide enough for all buttons."""
        widths = [button.sizeHint().width() + GAP for _, button in self._pairs]
        return QSize(heading_width(self._heading) + sum(widths), self._height())

    def minimumSizeHint(self) -> QSize:
        """Heading, the widest button and the last."""
        widest = max((button.sizeHint().width() for _, button in self._pairs), default=0)
        return QSize(heading_width(self._heading) + widest + GAP + self.more.sizeHint().width(), self._height())

    def event(self, event: QEvent) -> bool:
        """A button changed its size, with its word, the theme or the size of text: find out anew what has room."""
        if event.type() == QEvent.Type.LayoutRequest:
            self._again()
        return super().event(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Find out anew what has room."""
        super().resizeEvent(event)
        self._arrange()

    def _again(self) -> None:
        self._arrange()
        self.updateGeometry()

    def _height(self) -> int:
        return max((button.sizeHint().height() for _, button in self._pairs), default=30)

    def _arrange(self) -> None:
        widths = [button.sizeHint().width() for _, button in self._pairs]
        room = self.width() - heading_width(self._heading)
        whole = sum(widths) + GAP * max(0, len(widths) - 1)
        last = self.more.sizeHint().width()
        fits = whole <= room
        x, full = heading_width(self._heading), False
        wanted: list[QAction] = []
        for (action, button), width in zip(self._pairs, widths):
            limit = self.width() - (0 if fits else last + GAP)
            full = full or x + width > limit
            button.setVisible(not full)
            if full:
                wanted.append(action)
            else:
                button.setGeometry(x, 0, width, self._height())
                x += width + GAP
        self._heading.setGeometry(0, 0, heading_width(self._heading), self._height())
        self.more.setVisible(bool(wanted))
        self.more.setGeometry(x, 0, last, self._height())
        if wanted != self._menu.actions():
            for action in self._menu.actions():
                self._menu.removeAction(action)
            self._menu.addActions(wanted)


HEADING_ALIGNMENT = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft
