"""The small form behind "+ card"."""

from __future__ import annotations

from PySide6.QtCore import QPoint, Qt, Signal
from PySide6.QtWidgets import QComboBox, QFormLayout, QFrame, QLineEdit, QPushButton, QWidget

from ui.theme import set_role

ID_TOKEN_TYPES = (
    "ISO14443", "ISO15693", "Central", "Local", "KeyCode", "MacAddress", "eMAID", "NoAuthorization",
)  # fmt: skip
"""IdTokenEnumType of OCPP 2.0.1; 1.6 sends the identifier alone."""
_LONGEST = 36


class CardForm(QFrame):
    """Asks for a card's identifier, type and label; `added` carries {id_token, type, label}."""

    added = Signal(dict)

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent, Qt.WindowType.Popup)
        set_role(self, "panel")
        self.identifier = QLineEdit()
        self.identifier.setMaxLength(_LONGEST)
        self.identifier.setPlaceholderText("04A22B6C")
        self.identifier.setAccessibleName("Identifier of the card")
        self.identifier.setToolTip("idToken: up to 36 characters; 1.6 (idTag) takes up to 20")
        set_role(self.identifier, "fixed")
        self.kind = QComboBox()
        self.kind.addItems(ID_TOKEN_TYPES)
        self.kind.setAccessibleName("Type of the card")
        self.kind.setToolTip("IdTokenEnumType of OCPP 2.0.1")
        self.label = QLineEdit()
        self.label.setPlaceholderText("optional")
        self.label.setAccessibleName("Label of the card")
        self.label.setToolTip("What the tray calls the card")
        self.add = QPushButton("Add card")
        self.add.setAccessibleName("Add card")
        self.add.setToolTip("Put the card into the tray (Enter)")
        self.add.setEnabled(False)
        form = QFormLayout(self)
        form.setContentsMargins(12, 12, 12, 12)
        form.setSpacing(8)
        form.addRow("Identifier", self.identifier)
        form.addRow("Type", self.kind)
        form.addRow("Label", self.label)
        form.addRow("", self.add)
        self.identifier.textChanged.connect(lambda text: self.add.setEnabled(bool(text.strip())))
        for field in (self.identifier, self.label):
            field.returnPressed.connect(self.submit)
        self.add.clicked.connect(self.submit)

    def open_at(self, at: QPoint) -> None:
        """Show the form with its lower left corner at a point of the screen."""
        self.identifier.clear()
        self.label.clear()
        self.adjustSize()
        self.move(at - QPoint(0, self.height()))
        self.show()
        self.identifier.setFocus()

    def submit(self) -> None:
        """Hand over the card, if it has an identifier."""
        identifier = self.identifier.text().strip()
        if identifier:
            self.hide()
            card = {"id_token": identifier, "type": self.kind.currentText(), "label": self.label.text().strip()}
            self.added.emit(card)
