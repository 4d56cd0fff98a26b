"""A form for a table of fields: labels at the left, a field each, what was typed by name."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QFormLayout,
    QLabel,
    QLineEdit,
    QScrollArea,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from ui.models.forms import FormField
from ui.theme import set_role


class CommandForm(QScrollArea):
    """`submitted` at Return in a field; `values` are texts, and true or false of check boxes."""

    submitted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWidgetResizable(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.fields: dict[str, QWidget] = {}
        self.show_fields([])

    def show_fields(self, fields: Sequence[FormField], values: dict[str, Any] | None = None) -> None:
        """Build the form anew; `values` go before the defaults."""
        self.fields = {}
        page = QWidget()
        column = QVBoxLayout(page)
        column.setContentsMargins(0, 0, 8, 0)
        form = QFormLayout()
        form.setHorizontalSpacing(10)
        form.setVerticalSpacing(6)
        form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.ExpandingFieldsGrow)
        form.setLabelAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        column.addLayout(form)
        column.addStretch(1)
        for field in fields:
            widget = self._widget(field, (values or {}).get(field.name, field.default))
            label = QLabel(_short(field.name))
            set_role(label, "title" if field.required else "dim")
            label.setToolTip(_tip(field))
            label.setBuddy(widget)
            widget.setToolTip(_tip(field))
            widget.setAccessibleName(field.name)
            widget.setAccessibleDescription(field.description)
            form.addRow(label, widget)
            self.fields[field.name] = widget
        if not fields:
            empty = QLabel("No parameters.")
            set_role(empty, "dim")
            form.addRow(empty)
        self.setWidget(page)
        self.viewport().setAutoFillBackground(False)
        page.setAutoFillBackground(False)

    def _widget(self, field: FormField, value: Any) -> QWidget:
        if field.kind == "boolean":
            box = QCheckBox(field.description)
            box.setChecked(bool(value) and value != "false")
            return box
        if field.kind == "choice":
            combo = QComboBox()
            combo.addItems(list(field.choices) if field.required else ["", *field.choices])
            combo.setCurrentText("" if value is None else str(value))
            combo.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
            return combo
        edit = QLineEdit("" if value is None else _text(value))
        set_role(edit, "fixed")
        edit.setPlaceholderText("JSON" if field.kind == "json" else field.description)
        edit.returnPressed.connect(self.submitted)
        return edit

    def values(self) -> dict[str, Any]:
        """What was typed, by name; empty fields are not in it."""
        found: dict[str, Any] = {}
        for name, widget in self.fields.items():
            value: Any = None
            if isinstance(widget, QCheckBox):
                value = widget.isChecked()
            elif isinstance(widget, QComboBox):
                value = widget.currentText()
            elif isinstance(widget, QLineEdit):
                value = widget.text()
            if value != "":
                found[name] = value
        return found

    def focus_first(self) -> None:
        """Go to the first field."""
        first = next(iter(self.fields.values()), None)
        if first is not None:
            first.setFocus()


def _short(name: str) -> str:
    """The tail of a path: numbers of lists say nothing in a form of one entry."""
    parts = [part for part in name.split(".") if not part.isdigit()]
    return ".".join(parts[-2:]) if len(parts) > 2 else ".".join(parts)


def _tip(field: FormField) -> str:
    return f"{field.name}\n{field.description}".strip()


def _text(value: Any) -> str:
    if isinstance(value, (dict, list, bool)):
        import json

        return json.dumps(value)
    return str(value)


__all__ = ["CommandForm"]
