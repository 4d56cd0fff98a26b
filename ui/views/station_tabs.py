"""The stations of the window as tabs in the connection bar, each with the colour and shape of its state."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QPoint, QSize, Qt, Signal
from PySide6.QtGui import QIcon, QPainter, QPen, QPixmap
from PySide6.QtWidgets import QHBoxLayout, QMenu, QSizePolicy, QToolButton, QWidget

from ui.theme import Theme, set_role

DOT = 12


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
        self._row.addWidget(self.add_button)
        theme.changed.connect(self._repaint_dots)

    def show_stations(self, stations: Sequence[tuple[str, str]], current: str) -> None:
        """Show (identity, tone) of each; `current` is in front."""
        wanted = dict(stations)
        for identity in [each for each in self._buttons if each not in wanted]:
            self._row.removeWidget(self._buttons[identity])
            self._buttons.pop(identity).deleteLater()
            self._tones.pop(identity, None)
        for place, (identity, tone) in enumerate(stations):
            button = self._buttons.get(identity) or self._make(identity, place)
            if self._tones.get(identity) != tone:
                self._tones[identity] = tone
                button.setIcon(self._dot(tone))
            button.setChecked(identity == current)

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
        close.setEnabled(len(self._buttons) > 1)
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
