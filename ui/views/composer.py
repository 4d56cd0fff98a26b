"""The composer: a message by hand, valid or not, sent as a CALL, as raw text, or kept as the next answer."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QByteArray, Qt
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import (
    QButtonGroup,
    QHBoxLayout,
    QLabel,
    QSizePolicy,
    QSplitter,
    QVBoxLayout,
    QWidget,
)

from emulator.domain.frames import Direction, Frame
from emulator.runtime import composing
from ui.models.fields import COLUMNS, field_records, known_values
from ui.models.json_text import pretty
from ui.models.records import RecordTable
from ui.session import StationSession
from ui.theme import Theme, set_role
from ui.views.fields import chip, flat_base, narrow_combo, push_button
from ui.views.json_editor import JsonEditor
from ui.views.record_table import RecordTableView

CALL, ANSWER, RAW = 0, 1, 2
MODES = (
    ("Call", "Send a CALL to the CSMS"),
    ("Answer", "Answer the next CALL of this action so, instead of the station"),
    ("Raw", "Send these characters as they are"),
)


class ComposerView(QWidget):
    """Action and mode on top, the text at the left, the fields that it may have at the right."""

    def __init__(self, session: StationSession, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session, self._theme = session, theme
        self._ocpp = ""
        self.editor = JsonEditor(theme, "Message")
        self.fields = RecordTable(COLUMNS, "path", theme, self)
        self.table = RecordTableView(self.fields, theme, "Fields of the message", "")
        self.table.doubleClicked.connect(lambda _index: self.insert_field())
        splitter = QSplitter(Qt.Orientation.Horizontal)
        left = QWidget()
        inner = QVBoxLayout(left)
        inner.setContentsMargins(10, 0, 8, 8)
        inner.addWidget(self.editor)
        splitter.addWidget(left)
        splitter.addWidget(self.table)
        splitter.setChildrenCollapsible(False)
        splitter.setSizes([480, 400])
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(self._make_head())
        column.addWidget(splitter, 1)
        flat_base(self)
        self.setFocusProxy(self.editor)
        self.editor.changed.connect(self._show_button)
        session.bridge.snapshot_changed.connect(lambda _: self._follow_version())
        self._follow_version()
        send = QShortcut(QKeySequence("Ctrl+Return"), self, context=Qt.ShortcutContext.WidgetWithChildrenShortcut)
        send.activated.connect(self.send)

    def _make_head(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setContentsMargins(10, 8, 10, 8)
        row.setSpacing(6)
        self.modes = QButtonGroup(self)
        for number, (text, hint) in enumerate(MODES):
            button = chip(text, hint, checked=number == CALL)
            self.modes.addButton(button, number)
            row.addWidget(button)
        self.modes.idClicked.connect(lambda _: self._mode_changed())
        self.action_box = narrow_combo("Action", 12, editable=True)
        self.action_box.setMinimumWidth(230)
        self.action_box.activated.connect(lambda _: self.start_anew())
        self.action_box.editTextChanged.connect(lambda _: self._action_changed())
        self.note = QLabel()
        set_role(self.note, "dim")
        self.note.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.send_button = push_button("Send", "", self.send, "primary")
        row.addWidget(self.action_box)
        row.addWidget(self.note, 1)
        row.addWidget(self.send_button)
        return row

    # --- what is shown

    @property
    def mode(self) -> int:
        """CALL, ANSWER or RAW."""
        return self.modes.checkedId()

    def _follow_version(self) -> None:
        connection = self._session.snapshot["connection"]
        ocpp = connection["ocpp"] or connection["offered"][0]
        if ocpp != self._ocpp and ocpp in composing.versions():
            self._ocpp = ocpp
            self._list_actions()
            self.start_anew()

    def _list_actions(self) -> None:
        own, theirs = composing.station_actions(self._ocpp), composing.csms_actions(self._ocpp)
        before = self.action_box.currentText()
        names = theirs if self.mode == ANSWER else own
        self.action_box.blockSignals(True)
        self.action_box.clear()
        self.action_box.addItems(list(names))
        if self.mode == CALL:
            self.action_box.insertSeparator(self.action_box.count())
            self.action_box.addItems([name for name in theirs if name not in own])
        first = names[0] if self.mode == ANSWER else "Heartbeat"
        self.action_box.setCurrentText(before if before in names else first)
        self.action_box.blockSignals(False)

    def _mode_changed(self) -> None:
        self._list_actions()
        self.start_anew()

    def start_anew(self) -> None:
        """Show what the chosen message must hold."""
        action = self.action_box.currentText()
        made = composing.skeleton(self._ocpp, action, known_values(self._session), response=self.mode == ANSWER)
        if self.mode == RAW:
            self.editor.set_value([2, "composed-1", action, made])
        else:
            self.editor.set_value(made)
        self._action_changed()

    def _action_changed(self) -> None:
        action, response = self.action_box.currentText(), self.mode == ANSWER
        known = composing.knows(self._ocpp, action)
        helps = composing.fields(self._ocpp, action, response=response) if known and self.mode != RAW else []
        self.fields.show(field_records(helps))
        self.table.hint = (
            "" if helps else "This message has no fields." if known else "This version has no such message."
        )
        self.table.viewport().update()
        self.editor.set_check(self._problems)

    def _problems(self, value: Any) -> Any:
        if self.mode == RAW:
            return ()
        return composing.problems(self._ocpp, self.action_box.currentText(), value, response=self.mode == ANSWER)

    def _show_button(self) -> None:
        doubtful = not self.editor.sound or bool(self.editor.problems)
        texts = {CALL: "Send anyway" if doubtful else "Send", ANSWER: "Answer next", RAW: "Send raw"}
        self.send_button.setText(texts[self.mode])
        self.send_button.setEnabled(
            self.mode == RAW or (self.editor.sound and isinstance(self.editor.read.value, dict))
        )
        self.send_button.setToolTip(f"{MODES[self.mode][1]} (Ctrl+Return)")
        self.editor.set_verdict_visible(self.mode != RAW)

    # --- what is done

    def show_frame(self, frame: Frame) -> None:
        """Begin with a frame of the log: one of ours to send again, one of theirs to answer differently."""
        received = frame.direction is Direction.RECEIVED
        self.modes.button(ANSWER if received else CALL).setChecked(True)
        if frame.ocpp in composing.versions():
            self._ocpp = frame.ocpp
        self._list_actions()
        self.action_box.setCurrentText(frame.action)
        if received:
            self.start_anew()
        else:
            self.editor.set_text(pretty(frame.payload))
            self._action_changed()
        self.editor.setFocus()

    def insert_field(self) -> None:
        """Put the field of the current row into the text, at the cursor."""
        record = self.table.current_record()
        if record is not None:
            name = str(record["path"]).rpartition(".")[2]
            self.editor.edit.insertPlainText(f'"{name}": ')
            self.editor.setFocus()

    def send(self) -> None:
        """Send the message, or keep the answer."""
        self.editor.check_now()
        if not self.send_button.isEnabled():
            return
        action, text = self.action_box.currentText(), self.editor.text()
        self._tell("", "dim")
        if self.mode == RAW:
            self._perform("send_frame", {"text": text}, "Sent as it is.")
        elif self.mode == ANSWER:
            parameters = {"action": action, "payload": self.editor.read.value}
            self._perform("answer", parameters, f"The next {action} is answered so.")
        else:
            self._tell(f"{action} is on its way.", "dim")
            self._session.perform(
                "send",
                {"action": action, "payload": self.editor.read.value},
                done=self._answered,
                refused=self._refused,
            )

    def _perform(self, name: str, parameters: dict[str, Any], done: str) -> None:
        self._session.perform(name, parameters, done=lambda _: self._tell(done, "dim"), refused=self._refused)

    def _answered(self, result: dict[str, Any]) -> None:
        error = result.get("error")
        if error:
            self._tell(f"{error['code']}: {error['description']}", "problem")
        else:
            self._tell("Answered: it is in the message log.", "dim")

    def _refused(self, sentence: str) -> None:
        self._tell(sentence, "problem")

    def _tell(self, text: str, role: str) -> None:
        self.note.setText(text)
        self.note.setToolTip(text)
        set_role(self.note, role)

    def saveState(self) -> QByteArray:
        """The action that was open last."""
        return QByteArray(self.action_box.currentText().encode())

    def restoreState(self, state: QByteArray) -> bool:
        """Begin with that action again."""
        action = bytes(state.data()).decode(errors="replace")
        if not composing.knows(self._ocpp, action):
            return False
        self.action_box.setCurrentText(action)
        self.start_anew()
        return True


__all__ = ["ComposerView"]
