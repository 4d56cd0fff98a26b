"""The queue: what waits for the CSMS, in which order; drop, move, edit."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSplitter, QVBoxLayout, QWidget

from emulator.runtime import composing
from ui.models.queue import COLUMNS
from ui.models.records import Record, RecordTable
from ui.session import StationSession
from ui.theme import Theme, set_role
from ui.views.fields import icon_button, push_button
from ui.views.json_editor import JsonEditor
from ui.views.record_table import RecordTableView

HINT = (
    "The queue is empty.\nTransaction messages wait here while the station is offline, "
    "in order and on disk, until the CSMS has taken them."
)


class QueueView(QWidget):
    """Table, buttons, and the payload of the message that is edited."""

    def __init__(self, session: StationSession, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session, self._theme = session, theme
        self._edited: dict[str, Any] | None = None
        self.model = RecordTable(COLUMNS, "id", theme, self)
        self.table = RecordTableView(self.model, theme, "Queue", HINT)
        self.table.chosen.connect(self._show_buttons)
        self.table.doubleClicked.connect(lambda _index: self.edit())
        self.splitter = QSplitter(Qt.Orientation.Vertical)
        self.splitter.addWidget(self.table)
        self.splitter.addWidget(self._make_editor())
        self.splitter.setChildrenCollapsible(False)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(self._make_buttons())
        column.addWidget(self.splitter, 1)
        self.setFocusProxy(self.table)
        session.bridge.snapshot_changed.connect(lambda snapshot: self._show(snapshot["queue"]))
        self._show(session.snapshot["queue"])
        self._set_shortcuts()

    def _make_buttons(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setContentsMargins(8, 6, 8, 6)
        row.setSpacing(6)
        self.up = icon_button(self._theme, "arrow-up", "Send earlier (Alt+Up)", lambda: self.move_entry(-1))
        self.down = icon_button(self._theme, "arrow-down", "Send later (Alt+Down)", lambda: self.move_entry(1))
        self.edit_button = icon_button(self._theme, "edit", "Edit the payload (Enter)", self.edit)
        self.drop_button = icon_button(self._theme, "trash", "Drop: the CSMS will never see it (Delete)", self.drop)
        for button in (self.up, self.down, self.edit_button, self.drop_button):
            row.addWidget(button)
        self.refusal = QLabel()
        set_role(self.refusal, "problem")
        row.addWidget(self.refusal, 1)
        return row

    def _make_editor(self) -> QWidget:
        self.editing = QWidget()
        column = QVBoxLayout(self.editing)
        column.setContentsMargins(8, 8, 8, 8)
        self.editor = JsonEditor(self._theme, "Payload of the queued message")
        row = QHBoxLayout()
        self.edited_title = QLabel()
        set_role(self.edited_title, "title")
        keep = push_button("Keep", "Give the message this payload, valid or not", self.keep, "primary")
        cancel = push_button("Cancel", "Leave the message as it is", self.editing.hide)
        row.addWidget(self.edited_title, 1)
        row.addWidget(cancel)
        row.addWidget(keep)
        self.editor.changed.connect(lambda: keep.setEnabled(self.editor.sound))
        column.addLayout(row)
        column.addWidget(self.editor, 1)
        self.editing.hide()
        return self.editing

    def _set_shortcuts(self) -> None:
        keys: dict[str, Callable[[], None]] = {
            "Alt+Up": lambda: self.move_entry(-1),
            "Alt+Down": lambda: self.move_entry(1),
            "Return": self.edit,
            "Delete": self.drop,
        }
        for key, run in keys.items():
            shortcut = QShortcut(QKeySequence(key), self.table, context=Qt.ShortcutContext.WidgetShortcut)
            shortcut.activated.connect(run)

    # --- what is shown

    def _show(self, queue: list[Record]) -> None:
        self.model.show(queue)
        self._show_buttons(self.table.current_record())

    def _show_buttons(self, record: Record | None) -> None:
        free = record is not None and record["state"] != "in-flight"
        row = self.table.currentIndex().row()
        self.edit_button.setEnabled(free)
        self.drop_button.setEnabled(free)
        self.up.setEnabled(free and row > 0)
        self.down.setEnabled(free and row < self.model.rowCount() - 1)

    # --- what is done

    def _perform(self, name: str, **parameters: Any) -> None:
        self.refusal.clear()
        self._session.perform(name, parameters, refused=self.refusal.setText)

    def drop(self) -> None:
        """Drop the current message."""
        record = self.table.current_record()
        if record is not None:
            self._perform("queue_drop", id=record["id"])

    def move_entry(self, steps: int) -> None:
        """Send the current message one place earlier (-1) or later (1)."""
        record, row = self.table.current_record(), self.table.currentIndex().row()
        if record is None or not 0 <= row + steps < self.model.rowCount():
            return
        behind = self.model.record(row + (steps if steps < 0 else 2))
        self._perform("queue_move", id=record["id"], before=behind["id"] if behind else None)

    def edit(self) -> None:
        """Open the payload of the current message."""
        record = self.table.current_record()
        if record is not None:
            self.refusal.clear()
            self._session.perform(
                "queue_entry", {"id": record["id"]}, done=self._open_editor, refused=self.refusal.setText
            )

    def _open_editor(self, entry: dict[str, Any]) -> None:
        self._edited = entry
        self.edited_title.setText(f"{entry['action']} · entry {entry['id']}")
        self.editor.set_check(lambda value: composing.problems(entry["ocpp"], entry["action"], value))
        self.editor.set_value(entry["payload"])
        self.editing.show()
        self.editor.setFocus()

    def keep(self) -> None:
        """Give the message the payload as edited."""
        self.editor.check_now()
        if self._edited is None or not self.editor.sound:
            return
        if not isinstance(self.editor.read.value, dict):
            self.refusal.setText("A payload is a JSON object.")
            return
        self._perform("queue_edit", id=self._edited["id"], payload=self.editor.read.value)
        self.editing.hide()


__all__ = ["QueueView"]
