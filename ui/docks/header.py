"""The head line of a dock: the tabs of all docks that share its place, a headline, and buttons that show on hover."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QContextMenuEvent, QEnterEvent, QPainter, QPainterPath, QPaintEvent, QPen, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QMenu, QSizePolicy, QToolButton, QWidget

from ui.theme import Theme, set_role

HEIGHT = 35
RADIUS = 6.0
MARGIN = 6
BUTTON = QSize(24, 24)


class Headline(QLabel):
    """A text that gives way: it is cut with dots where the tabs need the room."""

    def __init__(self) -> None:
        super().__init__()
        set_role(self, "dim")
        self.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the text, cut at the right."""
        painter = QPainter(self)
        painter.setPen(self.palette().color(self.foregroundRole()))
        text = self.fontMetrics().elidedText(self.text(), Qt.TextElideMode.ElideRight, self.width())
        painter.drawText(self.rect(), self.alignment(), text)


class HoverButton(QToolButton):
    """A small button that lies over the headline while the pointer is in the header."""

    def __init__(self, theme: Theme, icon: str, text: str, parent: QWidget) -> None:
        super().__init__(parent)
        set_role(self, "quiet")
        theme.set_icon(self, icon, "dim")
        self.setIconSize(QSize(12, 12))
        self.setToolTip(text)
        self.setAccessibleName(text)
        self.setFixedSize(BUTTON)
        self.setAutoFillBackground(True)
        self.hide()


class PanelHeader(QWidget):
    """The title bar of a panel; what is not a button in it drags the dock."""

    raised = Signal(str)
    floated = Signal()
    closed = Signal()

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._tabs: dict[str, QToolButton] = {}
        self.setFixedHeight(HEIGHT)
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(MARGIN, 0, MARGIN, 0)
        self._row.setSpacing(2)
        self._tab_row = QHBoxLayout()
        self._tab_row.setSpacing(2)
        self._row.addLayout(self._tab_row)
        self._guest: QWidget | None = None
        self.headline = Headline()
        self._row.addWidget(self.headline, 1)
        self._row.addSpacing(4)
        self.float_button = HoverButton(theme, "float", "Float", self)
        self.float_button.clicked.connect(self.floated)
        self.close_button = HoverButton(theme, "cross", "Close", self)
        self.close_button.clicked.connect(self.closed)
        theme.changed.connect(self.update)

    def sizeHint(self) -> QSize:
        """A dock takes the height of its title bar from here, whatever the layout asks for."""
        return QSize(super().sizeHint().width(), HEIGHT)

    def minimumSizeHint(self) -> QSize:
        """Narrow docks are allowed."""
        return QSize(80, HEIGHT)

    def set_tabs(self, tabs: list[tuple[str, str]], current: str) -> None:
        """Show these (name, text) as tabs, `current` as the one in front."""
        if list(self._tabs) != [name for name, _ in tabs]:
            self._make_tabs(tabs)
        for name, text in tabs:
            button = self._tabs[name]
            shown = text.replace("&", "&&")
            if button.text() != shown:
                button.setText(shown)
            button.setChecked(name == current)
        title = dict(tabs).get(current, "")
        self.float_button.setToolTip(f"Float {title}")
        self.float_button.setAccessibleName(f"Float {title}")
        self.close_button.setToolTip(f"Close {title}; the View menu opens it again")
        self.close_button.setAccessibleName(f"Close {title}")

    def _make_tabs(self, tabs: list[tuple[str, str]]) -> None:
        for button in self._tabs.values():
            self._tab_row.removeWidget(button)
            button.hide()
            button.deleteLater()
        self._tabs = {}
        for name, text in tabs:
            button = QToolButton()
            button.setText(text.replace("&", "&&"))
            button.setCheckable(True)
            set_role(button, "tab")
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
            button.clicked.connect(lambda _checked=False, name=name: self._chosen(name))
            self._tab_row.addWidget(button)
            button.setVisible(self._guest is None)
            self._tabs[name] = button

    def set_guest(self, guest: QWidget | None) -> None:
        """Show a page's own head line in the place of tabs and headline; None: the page has it back."""
        if guest is self._guest:
            return
        if self._guest is not None:
            self._row.removeWidget(self._guest)
        self._guest = guest
        if guest is not None:
            self._row.insertWidget(1, guest, 100)
        self._row.setContentsMargins(1 if guest else MARGIN, 0, 1 if guest else MARGIN, 0)
        for button in self._tabs.values():
            button.setVisible(guest is None)
        self._fit()

    def tab(self, name: str) -> QToolButton:
        """The button of a tab; KeyError when it is not here."""
        return self._tabs[name]

    def _chosen(self, name: str) -> None:
        self._tabs[name].setChecked(True)
        self.raised.emit(name)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """Float and close, for those who do not look for small buttons."""
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.addAction(self.float_button.toolTip()).triggered.connect(lambda _=False: self.floated.emit())
        menu.addAction(self.close_button.accessibleName()).triggered.connect(lambda _=False: self.closed.emit())
        menu.popup(event.globalPos())

    def enterEvent(self, event: QEnterEvent) -> None:
        """Show the buttons."""
        self._show_buttons(True)
        super().enterEvent(event)

    def leaveEvent(self, event: QEvent) -> None:
        """Hide the buttons."""
        self._show_buttons(False)
        super().leaveEvent(event)

    def _show_buttons(self, shown: bool) -> None:
        # A page's own head line has buttons of its own there: such a dock has the context menu alone.
        for place, button in enumerate((self.close_button, self.float_button), 1):
            button.move(self.width() - 5 - place * BUTTON.width(), (self.height() - BUTTON.height()) // 2)
            button.setVisible(shown and self._guest is None)
            button.raise_()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """A narrow dock keeps its tabs and gives up the headline."""
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        self.headline.setVisible(self._guest is None and self.width() > self._tab_row.sizeHint().width() + 90)

    def paintEvent(self, event: QPaintEvent) -> None:
        """The rounded top of the panel, with a line below."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        outline = QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, RADIUS * 2)
        path = QPainterPath()
        path.addRoundedRect(outline, RADIUS, RADIUS)
        painter.setPen(QPen(self._theme.colour("line"), 1))
        painter.setBrush(self._theme.colour("panel"))
        painter.drawPath(path)
        painter.fillRect(1, self.height() - 1, self.width() - 2, 1, self._theme.colour("line"))


__all__ = ["HEIGHT", "RADIUS", "PanelHeader"]
