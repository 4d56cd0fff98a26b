"""What the network does to frames, from fine to cut."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import (
    QButtonGroup,
    QDoubleSpinBox,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QVBoxLayout,
    QWidget,
)

from ui.session import StationSession
from ui.theme import Theme, set_role
from ui.views.fields import chip, named

APPLY_MS = 250
MODES = (
    ("up", "Up", "Frames pass", ""),
    ("flaky", "Flaky", "Frames pass as the figures below say", ""),
    ("silent", "Silent", "The line stays open and passes nothing: the station must find out by itself", ""),
    ("down", "Down", "The line is cut, and new ones are refused", "bad"),
)


class Figure(NamedTuple):
    """A figure of the action `network`: its name, label, unit, the factor from what is shown, and its bounds."""

    name: str
    label: str
    unit: str
    factor: float
    most: float
    hint: str


FIGURES = (
    Figure("latency_ms", "Latency", " ms", 1, 60_000, "Each way"),
    Figure("jitter_ms", "Jitter", " ms", 1, 60_000, "The latency varies by this much"),
    Figure("loss", "Loss", " %", 0.01, 100, "Share of frames that get lost"),
    Figure("duplicate", "Duplicates", " %", 0.01, 100, "Share of frames that come twice"),
    Figure("reorder", "Reordered", " %", 0.01, 100, "Share of frames that come late"),
    Figure("bandwidth", "Bandwidth", " B/s", 1, 1e9, "0: without limit"),
)


class NetworkConditionsView(QWidget):
    """Four modes and six figures, which hold at once."""

    def __init__(self, session: StationSession, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._shown: dict[str, Any] = {}
        column = QVBoxLayout(self)
        column.setContentsMargins(10, 8, 8, 8)
        column.setSpacing(8)
        title = QLabel("Network")
        set_role(title, "title")
        column.addWidget(title)
        column.addLayout(self._make_modes())
        column.addLayout(self._make_figures())
        self.refusal = QLabel()
        set_role(self.refusal, "problem")
        self.refusal.setWordWrap(True)
        column.addWidget(self.refusal)
        column.addStretch(1)
        # Typing "120" must not apply "1" and "12" on the way.
        self._due = QTimer(self)
        self._due.setSingleShot(True)
        self._due.setInterval(APPLY_MS)
        self._due.timeout.connect(self.apply)
        session.bridge.snapshot_changed.connect(lambda snapshot: self._show(snapshot["connection"]["network"]))
        self._show(session.snapshot["connection"]["network"])
        self.setFocusProxy(self.modes.button(0))

    def _make_modes(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(4)
        self.modes = QButtonGroup(self)
        for number, (_mode, text, hint, tone) in enumerate(MODES):
            button = chip(text, hint, tone=tone)
            self.modes.addButton(button, number)
            row.addWidget(button)
        self.modes.idClicked.connect(lambda _: self.apply())
        row.addStretch(1)
        return row

    def _make_figures(self) -> QFormLayout:
        form = QFormLayout()
        form.setVerticalSpacing(4)
        self.figures: dict[str, QDoubleSpinBox] = {}
        for figure in FIGURES:
            box = named(QDoubleSpinBox(), figure.label, figure.hint)
            box.setMaximum(figure.most)
            box.setSuffix(figure.unit)
            box.setDecimals(0)
            box.lineEdit().setTextMargins(6, 0, 0, 0)
            box.valueChanged.connect(lambda _: self._figure_changed())
            label = QLabel(figure.label)
            set_role(label, "dim")
            label.setBuddy(box)
            form.addRow(label, box)
            self.figures[figure.name] = box
        return form

    def _figure_changed(self) -> None:
        # Figures that mean something make the network flaky; the operator need not say so twice.
        if MODES[self.modes.checkedId()][0] == "up" and any(box.value() for box in self.figures.values()):
            self.modes.button(1).setChecked(True)
        self._due.start()

    def _show(self, network: Mapping[str, Any]) -> None:
        if network == self._shown or self._due.isActive():
            return
        self._shown = dict(network)
        place = next(number for number, mode in enumerate(MODES) if mode[0] == network["mode"])
        self.modes.button(place).setChecked(True)
        for figure in FIGURES:
            box = self.figures[figure.name]
            box.blockSignals(True)
            box.setValue(network[figure.name] / figure.factor)
            box.blockSignals(False)

    def apply(self) -> None:
        """Let the conditions hold."""
        self._due.stop()
        self.refusal.clear()
        values: dict[str, Any] = {each.name: self.figures[each.name].value() * each.factor for each in FIGURES}
        values["mode"] = MODES[self.modes.checkedId()][0]
        self._session.perform("network", values, refused=self.refusal.setText)


__all__ = ["NetworkConditionsView"]
