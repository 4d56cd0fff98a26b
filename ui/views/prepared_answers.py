"""How the next CALLs of the CSMS are answered instead of by the station."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import (
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from emulator.runtime import composing
from ui.models.interceptions import ANSWER_COLUMNS, answer_records
from ui.models.records import RecordTable
from ui.session import StationSession
from ui.theme import Theme, set_role
from ui.views.fields import icon_button, named, narrow_combo, push_button
from ui.views.record_table import RecordTableView

HINT = "The station answers for itself.\nThe composer prepares an answer with a payload of your own."
# CALLERROR codes of OCPP-J; 1.6 spells one of them differently, which the tester may want to see as well.
ERRORS = (
    "InternalError", "NotImplemented", "NotSupported", "GenericError", "FormatViolation", "FormationViolation",
    "OccurrenceConstraintViolation", "OccurenceConstraintViolation", "PropertyConstraintViolation",
    "TypeConstraintViolation", "ProtocolError", "SecurityError",
)  # fmt: skip
NONE, LATE = "no answer", "late answer"


class PreparedAnswersView(QWidget):
    """What was prepared, and a line that prepares more."""

    def __init__(self, session: StationSession, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self.model = RecordTable(ANSWER_COLUMNS, "key", theme, self)
        self.table = RecordTableView(self.model, theme, "Prepared answers", HINT)
        title = QLabel("Answers")
        set_role(title, "title")
        self.clear_button = icon_button(theme, "trash", "Take the answers of this action back (Delete)", self.take_back)
        head = QHBoxLayout()
        head.addWidget(title, 1)
        head.addWidget(self.clear_button)
        column = QVBoxLayout(self)
        column.setContentsMargins(8, 8, 8, 8)
        column.setSpacing(6)
        column.addLayout(head)
        column.addWidget(self.table, 1)
        column.addLayout(self._make_line())
        delete = QShortcut(QKeySequence("Delete"), self.table, context=Qt.ShortcutContext.WidgetShortcut)
        delete.activated.connect(self.take_back)
        session.bridge.snapshot_changed.connect(lambda _: self._show())
        self._show()

    def _make_line(self) -> QGridLayout:
        line = QGridLayout()
        line.setSpacing(4)
        self.action = narrow_combo("Action", 6, editable=True)
        self.action.addItems(["*", *composing.csms_actions(self._version())])
        self.kind = narrow_combo("Kind of answer", 6)
        self.kind.addItems([NONE, LATE, *ERRORS])
        self.kind.setToolTip("Nothing at all, the station's own answer but late, or a CALLERROR with this code")
        self.delay, self.times = named(QSpinBox(), "Delay"), named(QSpinBox(), "How often")
        self.delay.setMaximum(600_000)
        self.delay.setSingleStep(500)
        self.delay.setSuffix(" ms")
        self.delay.setEnabled(False)
        self.times.setRange(1, 10_000)
        self.times.setSuffix(" ×")
        self.kind.currentTextChanged.connect(lambda kind: self.delay.setEnabled(kind != NONE))
        for box in (self.delay, self.times):
            box.lineEdit().setTextMargins(6, 0, 0, 0)
        self.add_button = push_button("Prepare", "The next CALLs of this action are answered so", self.prepare)
        line.addWidget(self.action, 0, 0)
        line.addWidget(self.kind, 0, 1, 1, 2)
        line.addWidget(self.delay, 1, 0)
        line.addWidget(self.times, 1, 1)
        line.addWidget(self.add_button, 1, 2)
        line.setColumnStretch(0, 1)
        line.setColumnStretch(1, 1)
        return line

    def _version(self) -> str:
        connection = self._session.snapshot["connection"]
        version = connection["ocpp"] or connection["offered"][0]
        return version if version in composing.versions() else composing.versions()[0]

    def _show(self) -> None:
        if self.isVisible() or not self.model.rowCount():
            self.model.show(answer_records(self._session.emulator.interceptor.snapshot()["answers"]))
            self.clear_button.setEnabled(self.model.rowCount() > 0)

    def prepare(self) -> None:
        """Keep the answer of the line for the next CALLs."""
        kind = self.kind.currentText()
        values: dict[str, Any] = {"action": self.action.currentText().strip() or "*", "times": self.times.value()}
        if kind == NONE:
            values["drop"] = True
        else:
            values["delay_ms"] = self.delay.value()
        if kind in ERRORS:
            values["error"] = {"code": kind, "description": "Prepared by the operator"}
        self._session.perform("answer", values)

    def take_back(self) -> None:
        """Forget what was prepared for the action of the current row; for all, when there is none."""
        record = self.table.current_record()
        self._session.perform("answer", {"action": record["action"] if record else "*", "times": 0})


__all__ = ["PreparedAnswersView"]
