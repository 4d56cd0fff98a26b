"""The built-in test CSMS: started and stopped here; its tokens, its view of a station, its commands."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QComboBox,
    QHBoxLayout,
    QLabel,
    QSplitter,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from ui.bridge import CsmsBridge
from ui.models.csms import station_line
from ui.session import StationSession
from ui.theme import Theme, set_role
from ui.views.csms_commands import CsmsCommands
from ui.views.csms_tokens import CsmsTokens
from ui.views.fields import flat_base, named, push_button

BOOT_ANSWERS = ("Accepted", "Pending", "Rejected")


class CsmsView(QWidget):
    """One page of this per station: commands go to the station in front, or to another that was seen."""

    toggled = Signal()
    connect_wanted = Signal()

    def __init__(self, csms: CsmsBridge, session: StationSession, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._csms, self._session = csms, session
        self.stack = QStackedWidget()
        self.stack.addWidget(self._make_idle())
        self.stack.addWidget(self._make_running(theme))
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.stack)
        flat_base(self)
        csms.running_changed.connect(lambda _: self._show())
        csms.changed.connect(self._show)
        self._show()

    def _make_idle(self) -> QWidget:
        page = QWidget()
        column = QVBoxLayout(page)
        text = QLabel("A small CSMS for OCPP 1.6 and 2.0.1 that runs inside this window, on this computer only.")
        set_role(text, "dim")
        text.setAlignment(Qt.AlignmentFlag.AlignCenter)
        text.setWordWrap(True)
        self.start_button = push_button(
            "Start the test CSMS", "It listens on this computer", self.toggled.emit, "primary"
        )
        both = push_button("Start and connect", "Start it, and connect this station to it", self.connect_wanted.emit)
        row = QHBoxLayout()
        row.addStretch(1)
        row.addWidget(self.start_button)
        row.addWidget(both)
        row.addStretch(1)
        column.addStretch(1)
        column.addWidget(text)
        column.addSpacing(8)
        column.addLayout(row)
        column.addStretch(1)
        return page

    def _make_running(self, theme: Theme) -> QWidget:
        page = QWidget()
        column = QVBoxLayout(page)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(self._make_head())
        line = QWidget()
        set_role(line, "separator")
        line.setFixedHeight(1)
        column.addWidget(line)
        self.tokens = CsmsTokens(self._csms, theme)
        self.commands = CsmsCommands(self._csms, theme)
        splitter = QSplitter(Qt.Orientation.Horizontal)
        splitter.addWidget(self.tokens)
        splitter.addWidget(self.commands)
        splitter.setChildrenCollapsible(False)
        splitter.setSizes([250, 650])
        splitter.setStretchFactor(1, 1)
        column.addWidget(splitter, 1)
        self.setFocusProxy(self.commands.command_box)
        return page

    def _make_head(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setContentsMargins(10, 8, 10, 8)
        row.setSpacing(8)
        self.station = named(QComboBox(), "Station", "The station to which commands go")
        self.station.setMinimumWidth(110)
        self.station.currentTextChanged.connect(lambda _: self._show_station())
        self.line = QLabel()
        set_role(self.line, "dim")
        self.line.setMinimumWidth(60)
        boot = QLabel("Boot answer")
        set_role(boot, "dim")
        hint = "How the next BootNotification is answered (RegistrationStatus)"
        self.boot = named(QComboBox(), "Answer to BootNotification", hint)
        self.boot.addItems(list(BOOT_ANSWERS))
        self.boot.activated.connect(lambda _: self._decide_boot())
        hint = "Stop the test CSMS; its stations lose their connection"
        self.stop_button = push_button("Stop", hint, self.toggled.emit)
        row.addWidget(self.station)
        row.addWidget(self.line, 1)
        row.addWidget(boot)
        row.addWidget(self.boot)
        row.addWidget(self.stop_button)
        return row

    def _decide_boot(self) -> None:
        if self._csms.csms is not None:
            self._csms.csms.on_boot(self.boot.currentText(), 10 if self.boot.currentText() != "Accepted" else None)

    def _show(self) -> None:
        csms = self._csms.csms
        self.stack.setCurrentIndex(0 if csms is None else 1)
        if csms is None:
            return
        seen = list(csms.stations) or [self._session.identity]
        if [self.station.itemText(place) for place in range(self.station.count())] != seen:
            wanted = self.station.currentText() or self._session.identity
            self.station.blockSignals(True)
            self.station.clear()
            self.station.addItems(seen)
            self.station.setCurrentText(wanted if wanted in seen else self._session.identity)
            self.station.blockSignals(False)
        self.tokens.show_tokens()
        self._show_station()

    def _show_station(self) -> None:
        csms, identity = self._csms.csms, self.station.currentText()
        if csms is None:
            return
        record = csms.stations.get(identity)
        self.line.setText(station_line(record))
        self.line.setToolTip(self._csms.url)
        self.commands.show_station(identity, record.ocpp if record else "", bool(record and record.connected))


__all__ = ["CsmsView"]
