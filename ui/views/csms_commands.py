"""Commands of the test CSMS to a station: a form, or JSON; and what came back."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QSplitter,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from emulator.runtime import composing
from ui.bridge import CsmsBridge
from ui.models.forms import FormField
from ui.theme import Theme, set_role
from ui.views.command_form import CommandForm
from ui.views.fields import chip, narrow_combo, push_button
from ui.views.json_editor import JsonEditor


class CsmsCommands(QWidget):
    """The command at the left, its answer at the right."""

    def __init__(self, csms: CsmsBridge, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._csms, self._theme = csms, theme
        self._identity, self._ocpp = "", ""
        splitter = QSplitter(Qt.Orientation.Horizontal)
        splitter.addWidget(self._make_command())
        splitter.addWidget(self._make_answer())
        splitter.setChildrenCollapsible(False)
        splitter.setSizes([370, 250])
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(splitter)

    def _make_command(self) -> QWidget:
        page = QWidget()
        column = QVBoxLayout(page)
        column.setContentsMargins(10, 8, 8, 8)
        column.setSpacing(8)
        row = QHBoxLayout()
        row.setSpacing(6)
        self.command_box = narrow_combo("Command", 12)
        self.command_box.currentTextChanged.connect(lambda _: self._show_form())
        self.as_json = chip("JSON", "Write the payload as JSON, valid or not")
        self.as_json.toggled.connect(self._switch)
        self.send_button = push_button("Send", "Send this command (Return in a field)", self.send, "primary")
        row.addWidget(self.command_box, 1)
        row.addWidget(self.as_json)
        row.addWidget(self.send_button)
        self.form = CommandForm()
        self.form.submitted.connect(self.send)
        self.editor = JsonEditor(self._theme, "Payload of the command")
        self.stack = QStackedWidget()
        self.stack.addWidget(self.form)
        self.stack.addWidget(self.editor)
        self.problem = QLabel()
        set_role(self.problem, "problem")
        self.problem.setWordWrap(True)
        self.problem.hide()
        column.addLayout(row)
        column.addWidget(self.stack, 1)
        column.addWidget(self.problem)
        return page

    def _make_answer(self) -> QWidget:
        page = QWidget()
        column = QVBoxLayout(page)
        column.setContentsMargins(8, 8, 10, 8)
        column.setSpacing(8)
        self.answer_title = QLabel("The answer appears here.")
        set_role(self.answer_title, "dim")
        self.answer_title.setFixedHeight(30)
        self.answer = JsonEditor(self._theme, "Answer of the station")
        self.answer.edit.setReadOnly(True)
        self.answer.set_verdict_visible(False)
        column.addWidget(self.answer_title)
        column.addWidget(self.answer, 1)
        return page

    # --- what is shown

    def show_station(self, identity: str, ocpp: str, connected: bool) -> None:
        """Commands go to this station from now on."""
        self.send_button.setEnabled(connected)
        if (identity, ocpp) == (self._identity, self._ocpp):
            return
        self._identity, self._ocpp = identity, ocpp
        before = self.command_box.currentText()
        self.command_box.blockSignals(True)
        self.command_box.clear()
        self.command_box.addItems(self._known())
        self.command_box.setCurrentText(before)
        self.command_box.blockSignals(False)
        self._show_form()

    def choose(self, action: str) -> None:
        """Show the form of a command."""
        self.command_box.setCurrentText(action)

    def _known(self) -> list[str]:
        if not self._ocpp or self._csms.csms is None:
            return []
        from emulator.csms.commands import COMMANDS

        with_form = list(COMMANDS.get(self._ocpp, {}))
        return [*with_form, *(name for name in composing.csms_actions(self._ocpp) if name not in with_form)]

    def _has_form(self, action: str) -> bool:
        from emulator.csms.commands import COMMANDS

        return action in COMMANDS.get(self._ocpp, {})

    def _show_form(self) -> None:
        self.problem.hide()
        action, csms = self.command_box.currentText(), self._csms.csms
        if not action or csms is None:
            self.form.show_fields([])
            return
        fields = [
            FormField(f.name, f.kind, f.choices, f.default, f.description, f.required)
            for f in csms.form(self._identity, action)
        ]
        self.form.show_fields(fields)
        self.editor.set_check(lambda value: composing.problems(self._ocpp, action, value))
        # A command without a form is written as JSON.
        self.as_json.setEnabled(self._has_form(action))
        if self._has_form(action):
            self._switch(self.as_json.isChecked())
        else:
            self.editor.set_value(composing.skeleton(self._ocpp, action))
            self.stack.setCurrentWidget(self.editor)

    def _switch(self, as_json: bool) -> None:
        if as_json:
            payload = self._built()
            self.editor.set_value(payload if payload is not None else {})
        self.stack.setCurrentWidget(self.editor if as_json else self.form)

    # --- sending

    def _built(self) -> dict[str, Any] | None:
        from emulator.csms.commands import BadForm, build

        try:
            return build(self._ocpp, self.command_box.currentText(), self.form.values())
        except BadForm as bad:
            self._complain(str(bad))
            return None

    def _payload(self) -> dict[str, Any] | None:
        if self.stack.currentWidget() is self.form:
            return self._built()
        self.editor.check_now()
        if not isinstance(self.editor.read.value, dict):
            self._complain("A payload is a JSON object.")
            return None
        return self.editor.read.value

    def send(self) -> None:
        """Send the command as it stands."""
        self.problem.hide()
        action = self.command_box.currentText()
        payload = self._payload() if action and self.send_button.isEnabled() else None
        if payload is None:
            return
        self._tell(f"{action} · waiting for the answer", "dim")
        self.answer.set_text("")
        self._csms.command(
            self._identity, action, payload, lambda answer: self._answered(action, answer), self._failed_for(action)
        )

    def _answered(self, action: str, answer: dict[str, Any]) -> None:
        status = answer.get("status")
        self._tell(f"{action} · {status}" if isinstance(status, str) else f"{action} · answered", "title")
        self.answer.set_value(answer)

    def _failed_for(self, action: str) -> Any:
        def failed(sentence: str) -> None:
            self._tell(f"{action} · {sentence}", "problem")
            self.answer_title.setToolTip(sentence)

        return failed

    def _tell(self, text: str, role: str) -> None:
        self.answer_title.setText(text)
        set_role(self.answer_title, role)

    def _complain(self, sentence: str) -> None:
        self.problem.setText(sentence)
        self.problem.show()


__all__ = ["CsmsCommands"]
