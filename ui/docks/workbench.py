"""The place of all docks: where they stand at first, which share a place, and what is kept of that."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable

from PySide6.QtCore import QByteArray, Qt, QTimer, Signal
from PySide6.QtWidgets import QMainWindow, QTabWidget, QWidget

from ui.docks.panel import Panel
from ui.theme import Theme

MARGIN = 8
# Raised when docks are renamed or the first arrangement changes: what was kept before then does not fit.
LAYOUT_VERSION = 1


class Workbench(QMainWindow):
    """A main window inside the main window, so that docks have the margin of the sketches around them."""

    arranged = Signal()

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowFlags(Qt.WindowType.Widget)
        self.setContentsMargins(MARGIN, MARGIN, MARGIN, MARGIN)
        self.setDockOptions(QMainWindow.DockOption.AllowNestedDocks | QMainWindow.DockOption.AllowTabbedDocks)
        self.setTabPosition(Qt.DockWidgetArea.AllDockWidgetAreas, QTabWidget.TabPosition.North)
        self._theme = theme
        self.panels: dict[str, Panel] = {}
        self._homes: dict[str, str] = {}
        # Docks that move tell it one by one; the headers are set right once, when all stand.
        self._due = QTimer(self)
        self._due.setSingleShot(True)
        self._due.setInterval(0)
        self._due.timeout.connect(self._arranged)

    def add(self, name: str, title: str, make_page: Callable[[object], QWidget], home: str = "") -> Panel:
        """Make a dock; `home` names the dock beside which, as a tab, it opens when it has no place yet."""
        panel = Panel(name, title, self._theme, make_page)
        self.panels[name] = panel
        self._homes[name] = home
        panel.header.raised.connect(self.raise_panel)
        for signal in (panel.dockLocationChanged, panel.topLevelChanged, panel.visibilityChanged, panel.renamed):
            signal.connect(lambda *_: self._due.start())
        return panel

    def arrange(self) -> None:
        """The first arrangement: station over charts at the left, messages over the frame at the right."""
        left, right = Qt.DockWidgetArea.LeftDockWidgetArea, Qt.DockWidgetArea.RightDockWidgetArea
        station, messages = self.panels["station"], self.panels["messages"]
        charts, frame = self.panels["charts"], self.panels["frame"]
        for panel in self.panels.values():
            panel.setFloating(False)
        for panel, area in ((station, left), (messages, right)):
            self.addDockWidget(area, panel)
        self.splitDockWidget(station, charts, Qt.Orientation.Vertical)
        self.splitDockWidget(messages, frame, Qt.Orientation.Vertical)
        for name, panel in self.panels.items():
            home = self._homes[name]
            if home:
                self.tabifyDockWidget(self.panels[home], panel)
        opened = {"station", "messages", "charts", "frame", "transactions", "queue"}
        for name, panel in self.panels.items():
            panel.setVisible(name in opened)
        charts.raise_()
        frame.raise_()
        self.resizeDocks([station, messages], [500, 916], Qt.Orientation.Horizontal)
        self.resizeDocks([station, charts], [478, 290], Qt.Orientation.Vertical)
        self.resizeDocks([messages, frame], [426, 342], Qt.Orientation.Vertical)
        self._due.start()

    def hold_back(self, names: Collection[str]) -> None:
        """Make the pages of these docks only when `catch_up` is called."""
        for name in names:
            self.panels[name].held_back = True

    def catch_up(self) -> None:
        """Make the pages that were held back."""
        for panel in self.panels.values():
            if panel.held_back:
                panel.held_back = False
                panel.show_again()

    def raise_panel(self, name: str) -> None:
        """Open a dock and bring it to the front."""
        panel = self.panels[name]
        panel.show()
        panel.raise_()
        self._due.start()

    def toggle_panel(self, name: str) -> None:
        """Close a dock that is in front, else open it."""
        panel = self.panels[name]
        if panel.isVisible() and not panel.visibleRegion().isEmpty():
            panel.close()
        else:
            self.raise_panel(name)

    def show_for(self, key: object) -> None:
        """All docks show this station."""
        for panel in self.panels.values():
            panel.show_for(key)
        self._due.start()

    def forget(self, key: object) -> None:
        """A station is gone."""
        for panel in self.panels.values():
            panel.forget(key)

    def keep(self) -> str:
        """The arrangement, as text for the workspace."""
        return bytes(self.saveState(LAYOUT_VERSION).toBase64().data()).decode("ascii")

    def restore(self, text: str) -> bool:
        """Bring an arrangement back; False when it is none."""
        restored = self.restoreState(QByteArray.fromBase64(text.encode("ascii", "replace")), LAYOUT_VERSION)
        self._due.start()
        return restored

    def _arranged(self) -> None:
        for panel in self.panels.values():
            group = self._group(panel)
            panel.header.set_tabs([(each.name, each.tab_text) for each in group], panel.name)
            panel.set_alone(len(group) == 1)
        self.arranged.emit()

    def _group(self, panel: Panel) -> list[Panel]:
        """The docks that share a place, in the order of their declaration."""
        others: Iterable[QWidget] = [] if panel.isFloating() else self.tabifiedDockWidgets(panel)
        return [each for each in self.panels.values() if each is panel or (each in others and not each.isHidden())]


__all__ = ["Workbench"]
