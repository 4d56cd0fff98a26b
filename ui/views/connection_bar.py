"""The connection bar: stations, where the CSMS is, one button that says what it will do, and the true state."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from PySide6.QtCore import QEvent, QObject, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import (
    QComboBox,
    QHBoxLayout,
    QPushButton,
    QSizePolicy,
    QStyle,
    QStyleOptionComboBox,
    QStylePainter,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from ui.models.connection_state import ConnectionFields, Offer, offer, state_word
from ui.theme import Theme, set_role
from ui.views.clock_button import ClockButton
from ui.views.fields import PrefixedEdit, named
from ui.views.state_pill import StatePill
from ui.views.station_tabs import StationTabs

VERSIONS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("OCPP 2.0.1, 1.6", ("2.0.1", "1.6")),
    ("OCPP 2.0.1", ("2.0.1",)),
    ("OCPP 1.6", ("1.6",)),
    ("OCPP 1.6, 2.0.1", ("1.6", "2.0.1")),
)
PROFILES = (
    ("Profile 0 · no security", "No password, no TLS: for tests in a closed network"),
    ("Profile 1 · password", "HTTP Basic authentication over an open line (A00.FR.201 ff.)"),
    ("Profile 2 · TLS + password", "TLS with the CSMS's certificate checked, and HTTP Basic authentication"),
    ("Profile 3 · TLS + certificate", "TLS with certificates on both sides"),
)


GAP = 8
# What a URL takes beyond its least width before the choices beside it are shortened.
URL_MORE = 60
SHORT = int(Qt.ItemDataRole.UserRole) + 1


class TightCombo(QComboBox):
    """Only as wide as what it shows; where room is scarce it shows the short form, which is the item's SHORT data."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.setAccessibleName(name)
        self.compact = False
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.currentIndexChanged.connect(self.updateGeometry)

    def shown_text(self) -> str:
        """What stands in the field."""
        return str((self.currentData(SHORT) if self.compact else None) or self.currentText())

    def width_for(self, *, compact: bool) -> int:
        """How wide the field is in either form, in pixels."""
        short = self.currentData(SHORT) if compact else None
        return self.fontMetrics().horizontalAdvance(str(short or self.currentText())) + 60

    def set_compact(self, compact: bool) -> None:
        """Show the short form, or the long one."""
        if compact != self.compact:
            self.compact = compact
            self.updateGeometry()

    def sizeHint(self) -> QSize:
        """Room for the text and the arrow."""
        return QSize(self.width_for(compact=self.compact), super().sizeHint().height())

    def minimumSizeHint(self) -> QSize:
        """The same: a cut choice says nothing."""
        return self.sizeHint()

    def paintEvent(self, event: QPaintEvent) -> None:
        """The field with the form that fits."""
        painter = QStylePainter(self)
        option = QStyleOptionComboBox()
        self.initStyleOption(option)
        option.currentText = self.shown_text()
        painter.drawComplexControl(QStyle.ComplexControl.CC_ComboBox, option)
        painter.drawControl(QStyle.ControlElement.CE_ComboBoxLabel, option)


class ConnectionBar(QWidget):
    """One line; the fields are the operator's until the button applies them."""

    deed = Signal(str)
    clock_wanted = Signal(dict)
    fields_changed = Signal()
    details_wanted = Signal(bool)

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        set_role(self, "bar")
        self._theme = theme
        self._snapshot: Mapping[str, Any] | None = None
        self._in_use = ConnectionFields()
        self._hidden = ConnectionFields()
        self._offer = Offer("Connect", "apply", "")
        self._make_fields(theme)
        self._upper, self._lower = QHBoxLayout(), QHBoxLayout()
        rows = QVBoxLayout(self)
        rows.setContentsMargins(12, 8, 12, 9)
        rows.setSpacing(8)
        rows.addLayout(self._upper)
        rows.addLayout(self._lower)
        for row in (self._upper, self._lower):
            row.setSpacing(GAP)
        self._upper.addWidget(self.tabs)
        self._upper.addSpacing(GAP)
        for widget, stretch in self._fields():
            self._upper.addWidget(widget, stretch)
        self._upper.addWidget(self.clock)
        self._folded = False

    def _fields(self) -> tuple[tuple[QWidget, int], ...]:
        plain = (self.identity, self.versions, self.profile, self.details, self.button, self.pill)
        return ((self.url, 100), *((widget, 0) for widget in plain))

    def _make_fields(self, theme: Theme) -> None:
        self.tabs = StationTabs(theme)
        self.url = PrefixedEdit("CSMS", theme)
        self.url.setPlaceholderText("ws://host:port/path")
        self.url.setMinimumWidth(160)
        self.url.setToolTip(
            "Address of the CSMS, without the identity: the station appends it to the path (OCPP-J 3.1.1)"
        )
        self.identity = PrefixedEdit("Identity", theme)
        self.identity.setMaxLength(48)
        self.identity.set_characters(9)
        self.identity.setToolTip(
            "The charging station's identity: last part of the URL, and user name of profiles 1, 2"
        )
        self.versions = TightCombo("OCPP versions offered")
        for text, offered in VERSIONS:
            self.versions.addItem(text, offered)
            self.versions.setItemData(self.versions.count() - 1, text.removeprefix("OCPP "), SHORT)
        self.versions.setToolTip("OCPP versions offered as WebSocket sub-protocols, in this order")
        self.profile = TightCombo("Security profile")
        for number, (text, hint) in enumerate(PROFILES):
            self.profile.addItem(text)
            self.profile.setItemData(number, hint, Qt.ItemDataRole.ToolTipRole)
            self.profile.setItemData(number, text.split(" · ")[0], SHORT)
        self.profile.setToolTip("Security profile (A00; SecurityCtrlr.SecurityProfile)")
        self.details = named(QToolButton(), "User, password and certificates", "User, password and certificates")
        self.details.setCheckable(True)
        theme.set_icon(self.details, "key", "dim")
        self.button = QPushButton("Connect")
        self.button.setMinimumWidth(96)
        self.button.clicked.connect(lambda: self.deed.emit(self._offer.deed))
        self.pill = StatePill(theme)
        self.clock = ClockButton(theme)
        self.clock.wanted.connect(self.clock_wanted)
        for combo in (self.versions, self.profile):
            combo.currentIndexChanged.connect(lambda _: self._edited())
        for edit in (self.url, self.identity):
            edit.textEdited.connect(lambda _: self._edited())
            edit.installEventFilter(self)
        self.details.toggled.connect(self.details_wanted)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Enter in a field does what the button says; Escape takes the typing back."""
        if event.type() == QEvent.Type.KeyPress and isinstance(event, QKeyEvent):
            if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self._offer.deed == "apply":
                self.deed.emit("apply")
                return True
            if event.key() == Qt.Key.Key_Escape:
                self.set_fields(self._in_use)
                return True
        return super().eventFilter(watched, event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """A narrow window shows the choices in their short form; a very narrow one has two lines."""
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        room = self.width() - 2 * 12
        self._fold(self._needed(compact=True, folded=False) > room)
        compact = self._needed(compact=False, folded=self._folded) > room
        for combo in (self.versions, self.profile):
            combo.set_compact(compact)

    def _needed(self, *, compact: bool, folded: bool) -> int:
        """The width that the line with the fields takes, in pixels."""
        combos = (self.versions, self.profile)
        others: list[QWidget] = [
            self.identity,
            self.details,
            self.button,
            self.pill,
            *(() if folded else (self.tabs, self.clock)),
        ]
        used = sum(each.sizeHint().width() for each in others) + sum(each.width_for(compact=compact) for each in combos)
        least: int = self.url.minimumWidth() + (0 if compact else URL_MORE)
        return used + least + (len(others) + 3) * GAP

    def _fold(self, folded: bool) -> None:
        """Put the fields on a line of their own, or back beside the tabs."""
        if folded == self._folded:
            return
        self._folded = folded
        source, target = (self._upper, self._lower) if folded else (self._lower, self._upper)
        for widget, _ in self._fields():
            source.removeWidget(widget)
        # The clock stays at the right end of the first line.
        self._upper.removeWidget(self.clock)
        if folded:
            self._upper.addStretch(1)
        else:
            self._upper.takeAt(self._upper.count() - 1)
        for widget, stretch in self._fields():
            target.addWidget(widget, stretch)
        self._upper.addWidget(self.clock)

    # --- fields

    def fields(self) -> ConnectionFields:
        """What stands in the bar, with what the details strip holds."""
        return self._hidden._replace(
            url=self.url.text().strip(),
            identity=self.identity.text().strip(),
            ocpp=tuple(self.versions.currentData()),
            security_profile=self.profile.currentIndex(),
        )

    def set_fields(self, fields: ConnectionFields, *, in_use: bool = True) -> None:
        """Show these; `in_use`: the station uses them, there is nothing to apply."""
        self._hidden = fields
        if in_use:
            self._in_use = fields
        for edit, text in ((self.url, fields.url), (self.identity, fields.identity)):
            if edit.text() != text:
                edit.setText(text)
            if in_use:
                edit.setCursorPosition(0)
        self._choose_versions(tuple(fields.ocpp))
        self.profile.setCurrentIndex(fields.security_profile)
        self._edited()

    def set_hidden_fields(self, hidden: ConnectionFields) -> None:
        """The details strip's fields have changed."""
        self._hidden = hidden
        self._edited()

    def _choose_versions(self, offered: tuple[str, ...]) -> None:
        index = next((i for i in range(self.versions.count()) if tuple(self.versions.itemData(i)) == offered), -1)
        if index < 0:
            self.versions.addItem(f"OCPP {', '.join(offered)}", offered)
            index = self.versions.count() - 1
        self.versions.setCurrentIndex(index)

    def _edited(self) -> None:
        self._show_offer()
        self.fields_changed.emit()

    # --- state

    def show_station(self, snapshot: Mapping[str, Any], answer_ms: float | None) -> None:
        """Show the state of the station in front."""
        self._snapshot = snapshot
        word = state_word(snapshot, answer_ms)
        before = self.pill.sizeHint().width()
        self.pill.show_word(word)
        if self.pill.sizeHint().width() != before:
            self._fit()
        self.clock.show_clock(snapshot["clock"])
        self._show_offer()

    def show_tabs(self, stations: Sequence[tuple[str, str]], current: str) -> None:
        """The stations (identity, tone of its state) as tabs."""
        before = self.tabs.sizeHint().width()
        self.tabs.show_stations(stations, current)
        if self.tabs.sizeHint().width() != before:
            self._fit()

    def _show_offer(self) -> None:
        if self._snapshot is None:
            return
        self._offer = offer(self._snapshot, self.fields(), self._in_use)
        if self.button.text() != self._offer.text:
            self.button.setText(self._offer.text)
        set_role(self.button, "primary" if self._offer.primary else "")
        self.button.setToolTip(self._offer.sentence)
        self.button.setAccessibleDescription(self._offer.sentence)


__all__ = ["ConnectionBar"]
