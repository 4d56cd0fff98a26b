"""The tokens that the test CSMS knows, editable while it runs."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import (
    QCheckBox,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QVBoxLayout,
    QWidget,
)

from ui.bridge import CsmsBridge
from ui.models.csms import TOKEN_COLUMNS, token_records
from ui.models.records import Record, RecordTable
from ui.theme import Theme, set_role
from ui.views.fields import icon_button, named, narrow_combo
from ui.views.record_table import RecordTableView


class CsmsTokens(QWidget):
    """A table, and below it a line in which a token is added or changed."""

    def __init__(self, csms: CsmsBridge, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._csms = csms
        self.model = RecordTable(TOKEN_COLUMNS, "id_token", theme, self)
        self.table = RecordTableView(self.model, theme, "Tokens of the test CSMS", "No tokens: none is accepted.")
        self.table.chosen.connect(self._fill)
        title = QLabel("Tokens")
        set_role(title, "title")
        self.unknown = QCheckBox("accept unknown")
        self.unknown.setToolTip("Accept tokens that are not listed; else they are Invalid")
        self.unknown.toggled.connect(self._accept_unknown)
        head = QHBoxLayout()
        head.addWidget(title, 1)
        head.addWidget(self.unknown)
        column = QVBoxLayout(self)
        column.setContentsMargins(10, 8, 8, 8)
        column.setSpacing(6)
        column.addLayout(head)
        column.addWidget(self.table, 1)
        column.addLayout(self._make_line(theme))
        delete = QShortcut(QKeySequence("Delete"), self.table, context=Qt.ShortcutContext.WidgetShortcut)
        delete.activated.connect(self.remove)

    def _make_line(self, theme: Theme) -> QGridLayout:
        line = QGridLayout()
        line.setSpacing(4)
        self.token, self.parent_token = named(QLineEdit(), "Token"), named(QLineEdit(), "Group of the token")
        self.status = narrow_combo("Status of the token", 7)
        for edit, text in ((self.token, "token"), (self.parent_token, "group")):
            edit.setPlaceholderText(text)
            edit.setMaxLength(36)
            set_role(edit, "fixed")
            edit.returnPressed.connect(self.put)
        self.put_button = icon_button(theme, "check", "Put the token on the list (Return)", self.put, "good")
        self.remove_button = icon_button(theme, "trash", "Take the token off the list (Delete)", self.remove)
        line.addWidget(self.token, 0, 0)
        line.addWidget(self.parent_token, 0, 1, 1, 3)
        line.addWidget(self.status, 1, 0, 1, 2)
        line.addWidget(self.put_button, 1, 2)
        line.addWidget(self.remove_button, 1, 3)
        line.setColumnStretch(0, 3)
        line.setColumnStretch(1, 1)
        return line

    def show_tokens(self) -> None:
        """Show the list of the running CSMS."""
        csms = self._csms.csms
        if csms is None:
            return
        if self.status.count() == 0:
            from emulator.csms.tokens import TOKEN_STATUSES

            self.status.addItems(list(TOKEN_STATUSES))
        self.model.show(token_records(csms.tokens.entries()))
        self.unknown.blockSignals(True)
        self.unknown.setChecked(csms.tokens.accept_unknown)
        self.unknown.blockSignals(False)

    def _fill(self, record: Record | None) -> None:
        if record is not None:
            self.token.setText(record["id_token"])
            self.status.setCurrentText(record["status"])
            self.parent_token.setText(record["parent"])

    def put(self) -> None:
        """Add the token of the line, or change it."""
        from emulator.csms.tokens import TokenEntry

        name, csms = self.token.text().strip(), self._csms.csms
        if name and csms is not None:
            csms.tokens.put(TokenEntry(name, self.status.currentText(), self.parent_token.text().strip()))
            self.show_tokens()
            self.table.choose(name)

    def remove(self) -> None:
        """Remove the token of the current row."""
        record, csms = self.table.current_record(), self._csms.csms
        if record is not None and csms is not None:
            csms.tokens.remove(record["id_token"])
            self.show_tokens()

    def _accept_unknown(self, accept: bool) -> None:
        if self._csms.csms is not None:
            self._csms.csms.tokens.accept_unknown = accept


__all__ = ["CsmsTokens"]
