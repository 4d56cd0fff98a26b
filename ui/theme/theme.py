"""The theme of the running window: which palette is in force, and everything that is coloured by it."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from typing import Protocol

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtGui import QColor, QFont, QIcon
from PySide6.QtWidgets import QApplication, QStyleFactory, QWidget
from shiboken6 import isValid

from ui.theme import fonts, icons
from ui.theme.palette import DARK, LIGHT, Palette
from ui.theme.style_sheet import qt_palette, style_sheet


class Choice(StrEnum):
    """What the user chose: a theme, or the system's."""

    SYSTEM = "system"
    LIGHT = "light"
    DARK = "dark"


class TakesIcon(Protocol):
    """A button or an action."""

    def setIcon(self, icon: QIcon, /) -> None:
        """Show this icon."""


class Theme(QObject):
    """Fusion, a palette, a style sheet and fonts on the application; `changed` when they were exchanged."""

    changed = Signal()

    def __init__(self, app: QApplication, choice: str = Choice.SYSTEM, *, text_scale: float = 1) -> None:
        super().__init__(app)
        self._app = app
        self._choice = Choice(choice)
        self._text_scale = text_scale
        self._icons: dict[tuple[str, str, str], QIcon] = {}
        self._kept: list[Callable[[], bool]] = []
        self.palette: Palette = self._wanted()
        style = QStyleFactory.create("Fusion")
        app.setStyle(style)
        app.styleHints().colorSchemeChanged.connect(self._follow)
        self._apply()

    @property
    def choice(self) -> str:
        """What the user chose: "system", "light" or "dark"."""
        return self._choice.value

    @property
    def name(self) -> str:
        """What is in force: "light" or "dark"."""
        return self.palette.name

    @property
    def text_scale(self) -> float:
        """How large text is: 1 is 13 pixels."""
        return self._text_scale

    @property
    def dark(self) -> bool:
        """Whether the dark palette is in force."""
        return self.palette is DARK

    def set_choice(self, choice: str) -> None:
        """Choose "system", "light" or "dark"; takes effect at once. ValueError for anything else."""
        self._choice = Choice(choice)
        self._follow()

    def set_text_scale(self, scale: float) -> None:
        """Show all text larger or smaller: 1 is 13 pixels."""
        self._text_scale = scale
        self._apply()

    def colour(self, token: str) -> QColor:
        """The colour of a token of the palette; KeyError for a name that does not exist."""
        if token not in Palette.__slots__ or token == "name":
            raise KeyError(f"the palette has no token {token!r}; it has: {', '.join(Palette.__slots__[1:])}")
        return QColor(getattr(self.palette, token))

    def font(self, *, bold: bool = False) -> QFont:
        """The window's text font, 13 pixels at a text scale of 1."""
        return fonts.sans(fonts.TEXT_SIZE * self._text_scale, bold=bold)

    def small_font(self, *, bold: bool = False) -> QFont:
        """The small text font, 12 pixels."""
        return fonts.sans(fonts.SMALL_SIZE * self._text_scale, bold=bold)

    def fixed_font(self, *, bold: bool = False) -> QFont:
        """The fixed-width font for times and raw data, 12 pixels."""
        return fonts.fixed(fonts.SMALL_SIZE * self._text_scale, bold=bold)

    def icon(self, name: str, role: str = "text") -> QIcon:
        """An icon of resources/icons in the colour of a token; KeyError when either does not exist."""
        key = (name, self.colour(role).name(), self.palette.disabled)
        if key not in self._icons:
            self._icons[key] = icons.tinted(*key)
        return self._icons[key]

    def icons(self) -> tuple[str, ...]:
        """The names of all icons."""
        return icons.names()

    def set_icon(self, target: TakesIcon, name: str, role: str = "text") -> None:
        """Give a button or an action an icon that stays right when the theme changes."""

        def put() -> bool:
            if isinstance(target, QObject) and not isValid(target):
                return False
            target.setIcon(self.icon(name, role))
            return True

        put()
        self._kept.append(put)

    def _wanted(self) -> Palette:
        if self._choice is Choice.SYSTEM:
            dark = self._app.styleHints().colorScheme() == Qt.ColorScheme.Dark
        else:
            dark = self._choice is Choice.DARK
        return DARK if dark else LIGHT

    def _follow(self) -> None:
        wanted = self._wanted()
        if wanted is not self.palette:
            self.palette = wanted
            self._apply()

    def _apply(self) -> None:
        self._app.setFont(self.font())
        self._app.setPalette(qt_palette(self.palette))
        self._app.setStyleSheet(style_sheet(self.palette, self.fixed_font().family(), self._text_scale))
        self._kept = [put for put in self._kept if put()]
        self.changed.emit()


def set_role(widget: QWidget, role: str, tone: str = "") -> None:
    """Name what a widget is for the style sheet (its `role`, and the `tone` of a pill or chip) and restyle it."""
    if widget.property("role") == role and (widget.property("tone") or "") == tone:
        return
    widget.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)  # a plain QWidget paints no background without it
    widget.setProperty("role", role)
    widget.setProperty("tone", tone)
    widget.style().unpolish(widget)
    widget.style().polish(widget)
    QApplication.sendEvent(widget, QEvent(QEvent.Type.StyleChange))
    widget.update()
