"""The station's time, and how fast it runs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QAction, QActionGroup, QFontMetrics, QPainter, QPaintEvent
from PySide6.QtWidgets import QMenu, QToolButton, QWidget

from ui.models.connection_state import clock_text, local_time
from ui.theme import Theme

SPEEDS = (1, 10, 60, 600)
SKEWS_S = (-3600, -60, 60, 3600)


class ClockButton(QToolButton):
    """Shows speed and time; its menu changes them. `wanted` carries the parameters of the action `clock`."""

    wanted = Signal(dict)

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._parts: tuple[str, str, str] = ("Clock", "1×", "--:--:--")
        self.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.setMenu(self._make_menu())
        self.setAccessibleName("Clock")
        self.setSizePolicy(self.sizePolicy().horizontalPolicy(), self.sizePolicy().verticalPolicy())
        theme.changed.connect(self.updateGeometry)

    def _make_menu(self) -> QMenu:
        menu = QMenu(self)
        group = QActionGroup(self)
        self._speeds: dict[int, QAction] = {}
        for speed in SPEEDS:
            action = menu.addAction(f"{speed}× real time" if speed > 1 else "1× (real time)")
            action.setCheckable(True)
            group.addAction(action)
            action.triggered.connect(lambda _=False, speed=speed: self.wanted.emit({"speed": speed}))
            self._speeds[speed] = action
        menu.addSeparator()
        self._freeze = menu.addAction("Stand still")
        self._freeze.setCheckable(True)
        self._freeze.triggered.connect(lambda on: self.wanted.emit({"freeze": on}))
        menu.addSeparator()
        skews = menu.addMenu("Tell a wrong time")
        for skew_s in SKEWS_S:
            way = "fast" if skew_s > 0 else "slow"
            text = f"{abs(skew_s) // 60} min {way}" if abs(skew_s) < 3600 else f"{abs(skew_s) // 3600} h {way}"
            skews.addAction(text).triggered.connect(lambda _=False, s=skew_s: self.wanted.emit({"skew_s": s}))
        self._unskew = menu.addAction("Tell the right time")
        self._unskew.triggered.connect(lambda: self.wanted.emit({"skew_s": 0}))
        return menu

    def speed_actions(self) -> list[QAction]:
        """The speeds, for menus and the command palette."""
        return list(self._speeds.values())

    def freeze_action(self) -> QAction:
        """Standing still, for menus and the command palette."""
        return self._freeze

    def show_clock(self, clock: Mapping[str, Any]) -> None:
        """Show the clock of a snapshot."""
        speed = "stands" if clock["frozen"] else f"{clock['speed']:g}×"
        parts = ("Clock", speed, clock_text(clock["time"]))
        if parts != self._parts:
            wider = len(parts[1]) != len(self._parts[1])
            self._parts = parts
            moment = local_time(clock["time"])
            skew = f", {clock['skew_s']:+g} s wrong" if clock["skew_s"] else ""
            self.setToolTip(f"Station time {moment:%Y-%m-%d %H:%M:%S %Z}{skew}; click to change its speed")
            self.setAccessibleDescription(f"{speed} {parts[2]}")
            if wider:
                self.updateGeometry()
            self.update()
        for each, action in self._speeds.items():
            action.setChecked(each == clock["speed"])
        self._freeze.setChecked(clock["frozen"])
        self._unskew.setEnabled(bool(clock["skew_s"]))

    def sizeHint(self) -> QSize:
        """Room for the three words."""
        width = sum(QFontMetrics(font).horizontalAdvance(text) for font, text in self._pieces())
        return QSize(width + 2 * 8 + 22, 30)

    def minimumSizeHint(self) -> QSize:
        """Never cut the time."""
        return self.sizeHint()

    def _pieces(self) -> list[tuple[Any, str]]:
        fonts = (self._theme.font(), self._theme.font(bold=True), self._theme.fixed_font())
        return list(zip(fonts, self._parts, strict=True))

    def paintEvent(self, event: QPaintEvent) -> None:
        """The frame of a button, and in it three words in three faces."""
        from PySide6.QtWidgets import QStyle, QStyleOptionToolButton

        option = QStyleOptionToolButton()
        self.initStyleOption(option)
        option.text = ""
        option.features &= ~QStyleOptionToolButton.ToolButtonFeature.HasMenu
        painter = QPainter(self)
        self.style().drawComplexControl(QStyle.ComplexControl.CC_ToolButton, option, painter, self)
        left = 11
        for number, (font, text) in enumerate(self._pieces()):
            painter.setFont(font)
            painter.setPen(self._theme.colour("dim" if number == 0 else "text"))
            width = QFontMetrics(font).horizontalAdvance(text)
            painter.drawText(left, 0, width + 2, self.height(), int(Qt.AlignmentFlag.AlignVCenter), text)
            left += width + 8


__all__ = ["SPEEDS", "ClockButton"]
