"""A dock that looks like a panel: a header, a frame with round corners, and one page per station."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QRectF, Qt, Signal
from PySide6.QtGui import QColor, QPainter, QPainterPath, QPaintEvent, QPen, QResizeEvent
from PySide6.QtWidgets import QDockWidget, QStackedLayout, QVBoxLayout, QWidget

from ui.docks.header import RADIUS, PanelHeader
from ui.theme import Theme


class Corners(QWidget):
    """Paints the round lower corners over whatever the panel shows."""

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self._theme = theme
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        theme.changed.connect(self.update)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Outside the round outline the window's colour, and the outline itself."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        # Both reach above this strip, so that its upper edge does not show.
        whole, outline = QPainterPath(), QPainterPath()
        whole.addRect(QRectF(self.rect()).adjusted(-1, -RADIUS * 3, 1, 1))
        outline.addRoundedRect(QRectF(self.rect()).adjusted(0.5, -RADIUS * 3, -0.5, -0.5), RADIUS, RADIUS)
        painter.fillPath(whole.subtracted(outline), self._theme.colour("window"))
        painter.setPen(QPen(self._theme.colour("line"), 1))
        painter.drawPath(outline)


class Body(QWidget):
    """The framed content of a panel."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        column = QVBoxLayout(self)
        column.setContentsMargins(1, 0, 1, 1)
        self.pages = QStackedLayout()
        column.addLayout(self.pages)
        self._corners = Corners(theme, self)
        theme.changed.connect(self.update)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """The corners stay at the lower edge, above everything."""
        super().resizeEvent(event)
        height = int(RADIUS) + 2
        self._corners.setGeometry(0, self.height() - height, self.width(), height)
        self._corners.raise_()

    def paintEvent(self, event: QPaintEvent) -> None:
        """The panel's ground and its lines at the sides."""
        painter = QPainter(self)
        line: QColor = self._theme.colour("line")
        painter.fillRect(self.rect(), self._theme.colour("panel"))
        painter.fillRect(0, 0, 1, self.height(), line)
        painter.fillRect(self.width() - 1, 0, 1, self.height(), line)


class Panel(QDockWidget):
    """One dock; `page(key)` makes what it shows for a station when that is first seen."""

    renamed = Signal()

    def __init__(self, name: str, title: str, theme: Theme, make_page: Callable[[object], QWidget]) -> None:
        super().__init__(title)
        self.setObjectName(name)
        self.setFeatures(
            QDockWidget.DockWidgetFeature.DockWidgetMovable
            | QDockWidget.DockWidgetFeature.DockWidgetFloatable
            | QDockWidget.DockWidgetFeature.DockWidgetClosable
        )
        self.setAllowedAreas(Qt.DockWidgetArea.AllDockWidgetAreas)
        self.name = name
        self.title = title
        self._make_page = make_page
        self._pages: dict[object, QWidget] = {}
        self._current: object = None
        self._count = 0
        self._alone = False
        # The first picture of the window does not wait for this page.
        self.held_back = False
        # Some pages have a head line of their own; alone in its place, such a dock needs no second one.
        self.head_of: Callable[[QWidget], QWidget] | None = None
        self._heads: dict[object, QWidget] = {}
        self._headlines: dict[object, str] = {}
        self.header = PanelHeader(theme, self)
        self.header.floated.connect(lambda: self.setFloating(not self.isFloating()))
        self.header.closed.connect(self.close)
        self.body = Body(theme)
        self.setTitleBarWidget(self.header)
        self.setWidget(self.body)
        self.visibilityChanged.connect(lambda _visible: self._show_current())

    @property
    def tab_text(self) -> str:
        """What stands on the tab: the title, and how many things wait inside."""
        return f"{self.title} {self._count}" if self._count else self.title

    def set_count(self, count: int) -> None:
        """Tell how many things wait inside; 0 says nothing."""
        if count != self._count:
            self._count = count
            self.renamed.emit()

    def set_headline_for(self, key: object, text: str) -> None:
        """The text at the right of the header, while this station is shown."""
        self._headlines[key] = text
        self._show_headline()

    def _show_headline(self) -> None:
        text = self._headlines.get(self._current, "")
        if self.header.headline.text() != text:
            self.header.headline.setText(text)
            self.header.headline.setToolTip(text)

    def show_for(self, key: object) -> None:
        """Show the page of a station; it is made at once when the dock is on the screen, else when it comes there."""
        self._current = key
        self._show_headline()
        self._show_current()

    def show_again(self) -> None:
        """Make and show the page that was held back."""
        self._show_current()

    def page(self, key: object | None = None) -> QWidget:
        """The page of a station (default: the one shown), made when it is not there yet."""
        key = self._current if key is None else key
        page = self._pages.get(key)
        if page is None:
            page = self._pages[key] = self._make_page(key)
            self.body.pages.addWidget(page)
            if self.head_of is not None:
                self._heads[key] = self.head_of(page)
        return page

    def shows(self, key: object) -> bool:
        """Whether it is this station that is shown."""
        return key is self._current

    def existing_page(self, key: object) -> QWidget | None:
        """The page of a station, when it was made."""
        return self._pages.get(key)

    def set_alone(self, alone: bool) -> None:
        """Whether no other dock shares this place: then a page's own head line (`header_widget`) is the dock's."""
        self._alone = alone
        self._place_header()

    def _place_header(self) -> None:
        """Put the head line of the page in front where it belongs, those of the others back into their pages."""
        front = self._heads.get(self._current) if self._alone else None
        self.header.set_guest(front)
        for key, head in self._heads.items():
            layout = self._pages[key].layout()
            if head is not front and isinstance(layout, QVBoxLayout):
                layout.insertWidget(0, head)
                head.show()

    def forget(self, key: object) -> None:
        """A station is gone: so is its page."""
        page = self._pages.pop(key, None)
        self._headlines.pop(key, None)
        if key in self._heads:
            self.header.set_guest(None)
            self._heads.pop(key).deleteLater()
        if page is not None:
            self.body.pages.removeWidget(page)
            page.deleteLater()
        if self._current is key:
            self._current = None

    def _show_current(self) -> None:
        if self._current is not None and not self.held_back and self.isVisible() and not self.visibleRegion().isEmpty():
            self.body.pages.setCurrentWidget(self.page())
            self._place_header()


__all__ = ["Panel"]
