"""The stations of the window as tabs in the connection bar, each with the colour and shape of its state."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QPoint, QSize, Qt, Signal
from PySide6.QtGui import QIcon, QPainter, QPen, QPixmap
from PySide6.QtWidgets import QHBoxLayout, QMenu, QSizePolicy, QToolButton, QWidget

from ui.theme import Theme, set_role

DOT = 12
MOST_TABS = 5


class StationTabs(QWidget):
    """A button per station, and one that adds another."""

    chosen = Signal(str)
    add_wanted = Signal()
    close_wanted = Signal(str)

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._buttons: dict[str, QToolButton] = {}
        self._tones: dict[str, str] = {}
        self._stations: list[tuple[str, str]] = []
        self._current = ""
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(0, 0, 0, 0)
        self._row.setSpacing(8)
        self.add_button = QToolButton()
        theme.set_icon(self.add_button, "plus", "dim")
        self.add_button.setToolTip("Add a station with the next identity (Ctrl+T)")
        self.add_button.setAccessibleName("Add a station")
        self.add_button.setFixedSize(30, 30)
        self.add_button.setIconSize(QSize(14, 14))
        self.add_button.clicked.connect(self.add_wanted)
        self.more_button = QToolButton()
        set_role(self.more_button, "quiet")
        self.more_button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.more_button.setAccessibleName("All stations")
        self.more_button.setToolTip("All stations")
        self._all = QMenu(self.more_button)
        self._all.aboutToShow.connect(self._list_all)
        self.more_button.setMenu(self._all)
        self.more_button.hide()
        self._row.addWidget(self.more_button)
        self._row.addWidget(self.add_button)
        theme.changed.connect(self._repaint_dots)

    def show_stations(self, stations: Sequence[tuple[str, str]], current: str) -> None:
        """Show (identity, tone) of each; `current` is in front."""
        self._stations, self._current = list(stations), current
        shown = self._shown()
        if list(self._buttons) != [identity for identity, _ in shown]:
            self._remake(shown)
        for identity, tone in shown:
            if self._tones.get(identity) != tone:
                self._tones[identity] = tone
                self._buttons[identity].setIcon(self._dot(tone))
            self._buttons[identity].setChecked(identity == current)
        self.more_button.setVisible(len(stations) > MOST_TABS)
        self.more_button.setText(f"{len(stations)} stations")

    def _shown(self) -> list[tuple[str, str]]:
        """The first ones, and among them the one in front."""
        shown = self._stations[:MOST_TABS]
        if self._current not in dict(shown):
            shown[-1:] = [each for each in self._stations if each[0] == self._current]
        return shown

    def _remake(self, shown: Sequence[tuple[str, str]]) -> None:
        for button in self._buttons.values():
            self._row.removeWidget(button)
            button.hide()
            button.deleteLater()
        self._buttons, self._tones = {}, {}
        for place, (identity, _) in enumerate(shown):
            self._make(identity, place)

    def _list_all(self) -> None:
        self._all.clear()
        for identity, tone in self._stations:
            action = self._all.addAction(self._dot(tone), identity.replace("&", "&&"))
            action.triggered.connect(lambda _=False, identity=identity: self.chosen.emit(identity))

    def _make(self, identity: str, place: int) -> QToolButton:
        shown = identity if len(identity) <= 14 else f"{identity[:12]}…"
        button = QToolButton()
        button.setText(shown.replace("&", "&&"))
        button.setCheckable(True)
        button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        button.setToolTip(f"Station {identity}")
        button.setAccessibleName(f"Station {identity}")
        button.setIconSize(QSize(DOT, DOT))
        button.setMinimumHeight(30)
        button.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        set_role(button, "station")
        button.clicked.connect(lambda _=False: self._clicked(identity))
        button.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        button.customContextMenuRequested.connect(lambda at: self._open_menu(identity, at))
        self._row.insertWidget(place, button)
        self._buttons[identity] = button
        return button

    def button(self, identity: str) -> QToolButton:
        """The tab of a station; KeyError when there is none."""
        return self._buttons[identity]

    def _clicked(self, identity: str) -> None:
        self._buttons[identity].setChecked(True)
        self.chosen.emit(identity)

    def _open_menu(self, identity: str, at: QPoint) -> None:
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        close = menu.addAction(f"Close {identity}")
        close.setEnabled(len(self._stations) > 1)
        close.triggered.connect(lambda: self.close_wanted.emit(identity))
        menu.popup(self._buttons[identity].mapToGlobal(at))

    def _repaint_dots(self) -> None:
        for identity, button in self._buttons.items():
            button.setIcon(self._dot(self._tones.get(identity, "neutral")))

    def _dot(self, tone: str) -> QIcon:
        ratio = self.devicePixelRatioF()
        pixmap = QPixmap(QSize(DOT, DOT) * ratio)
        pixmap.setDevicePixelRatio(ratio)
        pixmap.fill(Qt.GlobalColor.transparent)
        painter = QPainter(pixmap)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        colour = self._theme.colour("border_strong" if tone == "neutral" else tone)
        painter.setPen(QPen(colour, 1.6))
        # Filled when it works, a ring while it does not: the shape tells it too.
        painter.setBrush(colour if tone in {"good", "warning"} else Qt.BrushStyle.NoBrush)
        painter.drawEllipse(3, 3, 6, 6)
        painter.end()
        return QIcon(pixmap)


__all__ = ["StationTabs"]
