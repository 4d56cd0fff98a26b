"""Small fields that several views use: a line with a word before it, a file chooser, a separator."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QFontMetrics, QPainter, QPaintEvent, QPalette
from PySide6.QtWidgets import (
    QComboBox,
    QFileDialog,
    QHBoxLayout,
    QLineEdit,
    QPushButton,
    QSizePolicy,
    QToolButton,
    QWidget,
)

from ui.theme import Theme, set_role

PREFIX_GAP = 8
W = TypeVar("W", bound=QWidget)


class PrefixedEdit(QLineEdit):
    """A line to type in, in fixed width, with a dim word before the text: "CSMS wss://..."."""

    def __init__(self, prefix: str, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._prefix = prefix
        self._characters = 0
        self._theme = theme
        set_role(self, "fixed")
        self.setAccessibleName(prefix)
        theme.changed.connect(self._fit)
        self._fit()

    def _fit(self) -> None:
        self.setTextMargins(self._prefix_width() + PREFIX_GAP, 0, 0, 0)

    def _prefix_width(self) -> int:
        return QFontMetrics(self._theme.font()).horizontalAdvance(self._prefix)

    def set_characters(self, count: int) -> None:
        """Always be just wide enough for so many characters."""
        self._characters = count
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.updateGeometry()

    def sizeHint(self) -> QSize:
        """Room for the prefix and some text."""
        hint = super().sizeHint()
        if not self._characters:
            return QSize(hint.width() + self._prefix_width(), hint.height())
        text = self._characters * QFontMetrics(self._theme.fixed_font()).horizontalAdvance("M")
        return QSize(self._prefix_width() + PREFIX_GAP + text + 24, hint.height())

    def paintEvent(self, event: QPaintEvent) -> None:
        """The field, and the word in it."""
        super().paintEvent(event)
        painter = QPainter(self)
        painter.setFont(self._theme.font())
        painter.setPen(self._theme.colour("dim" if self.isEnabled() else "disabled"))
        rect = self.rect().adjusted(10, 0, 0, 0)
        painter.drawText(rect, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, self._prefix)


class FileEdit(QWidget):
    """The path of a file, typed or chosen; `changed` when it is another one."""

    changed = Signal(str)

    def __init__(self, title: str, theme: Theme, kinds: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._title, self._kinds = title, kinds
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(4)
        self.edit = PrefixedEdit(title, theme)
        self.edit.setPlaceholderText("PEM file")
        self.edit.textChanged.connect(self.changed)
        self.button = QToolButton()
        theme.set_icon(self.button, "folder", "dim")
        self.button.setToolTip(f"Choose the file: {title}")
        self.button.setAccessibleName(f"Choose the file: {title}")
        self.button.clicked.connect(self._choose)
        row.addWidget(self.edit, 1)
        row.addWidget(self.button)
        self.setFocusProxy(self.edit)

    def text(self) -> str:
        """The path as it stands."""
        return self.edit.text().strip()

    def set_text(self, path: str) -> None:
        """Show this path."""
        if path != self.edit.text():
            self.edit.setText(path)

    def _choose(self) -> None:
        dialog = QFileDialog(self, self._title, self.text(), self._kinds)
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        dialog.fileSelected.connect(self.edit.setText)
        dialog.finished.connect(dialog.deleteLater)
        # open() and not exec(): a loop within the loop would hold up every task of the station.
        dialog.open()


def named(widget: W, name: str, hint: str = "") -> W:
    """Give a widget its accessible name, and a tool tip; returns it."""
    widget.setAccessibleName(name)
    if hint:
        widget.setToolTip(hint)
    return widget


def chip(text: str, hint: str, *, checked: bool = False, tone: str = "") -> QToolButton:
    """A round button that is on or off."""
    button = named(QToolButton(), text, hint)
    button.setText(text)
    button.setCheckable(True)
    button.setChecked(checked)
    set_role(button, "chip", tone)
    return button


def icon_button(theme: Theme, icon: str, hint: str, run: Callable[[], object], role: str = "dim") -> QToolButton:
    """A button with an icon; the tool tip up to its key is its name: "Drop the message (Delete)"."""
    button = named(QToolButton(), hint.partition(" (")[0], hint)
    theme.set_icon(button, icon, role)
    button.clicked.connect(lambda: run())
    return button


def push_button(text: str, hint: str, run: Callable[[], object], role: str = "") -> QPushButton:
    """A button with a word."""
    button = named(QPushButton(text), text, hint)
    if role:
        set_role(button, role)
    button.clicked.connect(lambda: run())
    return button


def narrow_combo(name: str, least: int, *, editable: bool = False) -> QComboBox:
    """A choice that may be narrower than its longest entry: at least so many characters."""
    combo = named(QComboBox(), name)
    combo.setEditable(editable)
    combo.setInsertPolicy(QComboBox.InsertPolicy.NoInsert)
    combo.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
    combo.setMinimumContentsLength(least)
    combo.setMaxVisibleItems(20)
    return combo


def flat_base(widget: QWidget) -> QWidget:
    """Let a page paint the panel's ground."""
    widget.setAutoFillBackground(True)
    widget.setBackgroundRole(QPalette.ColorRole.Base)
    return widget


__all__ = ["FileEdit", "PrefixedEdit", "chip", "flat_base", "icon_button", "named", "narrow_combo", "push_button"]
