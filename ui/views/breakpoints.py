"""Breakpoints: frames that stop on their way, and go on as they are, edited, or not at all."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSplitter, QVBoxLayout, QWidget

from emulator.runtime import composing
from ui.models.interceptions import BREAKPOINT_COLUMNS, HELD_COLUMNS, breakpoint_records
from ui.models.records import Record, RecordTable
from ui.session import StationSession
from ui.theme import Theme, set_role
from ui.views.fields import icon_button, narrow_combo, push_button
from ui.views.json_editor import JsonEditor
from ui.views.record_table import RecordTableView

DIRECTIONS = (("both", "*"), ("→ sent", "sent"), ("← received", "received"))


class BreakpointsView(QWidget):
    """Where frames stop, which ones wait, and the text of the one that is looked at."""

    def __init__(self, session: StationSession, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session, self._theme = session, theme
        self._open: int | None = None
        column = QVBoxLayout(self)
        column.setContentsMargins(8, 8, 10, 8)
        column.setSpacing(6)
        column.addLayout(self._make_head())
        column.addLayout(self._make_line())
        self.model = RecordTable(BREAKPOINT_COLUMNS, "key", theme, self)
        self.table = RecordTableView(self.model, theme, "Breakpoints", "No breakpoint: every frame passes.")
        self.held_model = RecordTable(HELD_COLUMNS, "id", theme, self)
        self.held_table = RecordTableView(self.held_model, theme, "Held frames", "No frame waits.")
        self.held_table.chosen.connect(self._show_held)
        splitter = QSplitter(Qt.Orientation.Vertical)
        splitter.addWidget(self.table)
        splitter.addWidget(self.held_table)
        splitter.addWidget(self._make_held())
        splitter.setSizes([80, 80, 120])
        column.addWidget(splitter, 1)
        delete = QShortcut(QKeySequence("Delete"), self.table, context=Qt.ShortcutContext.WidgetShortcut)
        delete.activated.connect(self.remove)
        session.bridge.snapshot_changed.connect(lambda _: self._show())
        self._show()

    def _make_head(self) -> QHBoxLayout:
        row = QHBoxLayout()
        title = QLabel("Breakpoints")
        set_role(title, "title")
        self.remove_button = icon_button(self._theme, "trash", "Take the breakpoint away (Delete)", self.remove)
        row.addWidget(title, 1)
        row.addWidget(self.remove_button)
        return row

    def _make_line(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(4)
        self.action = narrow_combo("Action", 7, editable=True)
        ocpp = self._session.snapshot["connection"]["ocpp"] or composing.versions()[-1]
        names = sorted({*composing.station_actions(ocpp), *composing.csms_actions(ocpp)})
        self.action.addItems(["*", *names])
        self.direction = narrow_combo("Direction", 7)
        for text, value in DIRECTIONS:
            self.direction.addItem(text, value)
        self.add_button = push_button("Set", "Frames of this action stop from now on", self.add)
        row.addWidget(self.action, 1)
        row.addWidget(self.direction, 1)
        row.addWidget(self.add_button)
        return row

    def _make_held(self) -> QWidget:
        self.holder = QWidget()
        column = QVBoxLayout(self.holder)
        column.setContentsMargins(0, 6, 0, 0)
        column.setSpacing(6)
        self.editor = JsonEditor(self._theme, "Held frame")
        self.editor.set_verdict_visible(False)
        hint = "Let the frame go as it stands here"
        self.release_button = push_button("Release", hint, self.release, "primary")
        self.drop_button = push_button("Drop", "The frame gets lost", lambda: self._let_go(drop=True), "danger")
        self.all_button = push_button("Release all", "Let every held frame go as it is", self.release_all)
        row = QHBoxLayout()
        row.setSpacing(6)
        row.addWidget(self.release_button)
        row.addWidget(self.drop_button)
        row.addStretch(1)
        row.addWidget(self.all_button)
        column.addWidget(self.editor, 1)
        column.addLayout(row)
        self.holder.hide()
        return self.holder

    # --- what is shown

    def _show(self) -> None:
        state = self._session.emulator.interceptor.snapshot()
        self.model.show(breakpoint_records(state["breakpoints"]))
        self.remove_button.setEnabled(bool(state["breakpoints"]))
        self.held_model.show(state["held"])
        if state["held"] and self.held_table.current_record() is None:
            self.held_table.setCurrentIndex(self.held_model.index(0, 0))
        if not state["held"]:
            self._show_held(None)

    def _show_held(self, record: Record | None) -> None:
        self.holder.setVisible(record is not None)
        self._open = record["id"] if record else None
        if record is not None:
            self.editor.set_text(record["text"])

    # --- what is done

    def add(self) -> None:
        """Set the breakpoint of the line."""
        values = {"action": self.action.currentText().strip() or "*", "direction": self.direction.currentData()}
        self._session.perform("hold", values)

    def remove(self) -> None:
        """Take the breakpoint of the current row away; the first one, when there is none."""
        record = self.table.current_record() or self.model.record(0)
        if record is not None:
            self._session.perform("hold", {"action": record["action"], "direction": record["direction"], "on": False})

    def release(self) -> None:
        """Let the frame go, edited or not."""
        self._let_go(drop=False)

    def release_all(self) -> None:
        """Let every held frame go as it is."""
        self._session.perform("release", {"id": "*"})

    def _let_go(self, *, drop: bool) -> None:
        record = self.held_table.current_record()
        if record is None or self._open is None:
            return
        values: dict[str, Any] = {"id": self._open, "drop": drop}
        if not drop and self.editor.text() != record["text"]:
            values["text"] = self.editor.text()
        self._session.perform("release", values)


__all__ = ["BreakpointsView"]
