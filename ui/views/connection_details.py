"""Who the station says it is to the CSMS, and which certificates it trusts and shows: a strip below the bar."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QToolButton, QWidget

from ui.models.connection_state import ConnectionFields
from ui.theme import Theme, set_role
from ui.views.fields import FileEdit, PrefixedEdit, named

CERTIFICATES = "PEM files (*.pem *.crt *.cer *.key);;All files (*)"


class ConnectionDetails(QWidget):
    """User, password, CA file, certificate and key; which of them matter follows from the security profile."""

    changed = Signal()

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        set_role(self, "bar")
        self._fields = ConnectionFields()
        self.user = PrefixedEdit("User", theme)
        self.user.setToolTip("User name of HTTP Basic authentication; the identity when left empty")
        self.password = PrefixedEdit("Password", theme)
        self.password.setEchoMode(QLineEdit.EchoMode.Password)
        self.password.setMaxLength(64)
        self.password.setToolTip(
            "Password of HTTP Basic authentication (SecurityCtrlr.BasicAuthPassword, 1.6 key AuthorizationKey); "
            "kept in the data folder, readable by its owner alone"
        )
        self.show_password = named(QToolButton(), "Show the password", "Show the password")
        self.show_password.setCheckable(True)
        theme.set_icon(self.show_password, "eye", "dim")
        self.show_password.toggled.connect(self._show_password)
        self.ca = FileEdit("CA", theme, CERTIFICATES)
        self.ca.setToolTip("Root certificates for the CSMS's certificate; none: no TLS server is trusted")
        self.certificate = FileEdit("Certificate", theme, CERTIFICATES)
        self.certificate.setToolTip("The station's own certificate, for security profile 3")
        self.key = FileEdit("Key", theme, CERTIFICATES)
        self.key.setToolTip("The private key of the station's certificate")
        row = QHBoxLayout(self)
        row.setContentsMargins(12, 8, 12, 9)
        row.setSpacing(8)
        row.addWidget(self.user, 2)
        row.addWidget(self.password, 2)
        row.addWidget(self.show_password)
        for file in (self.ca, self.certificate, self.key):
            row.addWidget(file, 3)
        for edit in (self.user, self.password):
            edit.textEdited.connect(lambda _: self.changed.emit())
        for file in (self.ca, self.certificate, self.key):
            file.changed.connect(lambda _: self.changed.emit())
        self.hide()

    def set_fields(self, fields: ConnectionFields) -> None:
        """Show these."""
        self._fields = fields
        pairs = ((self.user, fields.user), (self.password, fields.password))
        for edit, text in pairs:
            if edit.text() != text:
                edit.setText(text)
        for file, text in ((self.ca, fields.ca), (self.certificate, fields.certificate), (self.key, fields.key)):
            file.blockSignals(True)
            file.set_text(text)
            file.blockSignals(False)
        self.user.setPlaceholderText(fields.identity)
        self.show_profile(fields.security_profile)

    def fields(self) -> ConnectionFields:
        """What stands here, on top of what was given."""
        return self._fields._replace(
            user=self.user.text().strip(),
            password=self.password.text(),
            ca=self.ca.text(),
            certificate=self.certificate.text(),
            key=self.key.text(),
        )

    def show_profile(self, profile: int) -> None:
        """Only what a security profile uses can be typed."""
        for widget in (self.user, self.password, self.show_password):
            widget.setEnabled(profile in {1, 2})
        self.ca.setEnabled(profile in {2, 3})
        for file in (self.certificate, self.key):
            file.setEnabled(profile == 3)

    def _show_password(self, shown: bool) -> None:
        self.password.setEchoMode(QLineEdit.EchoMode.Normal if shown else QLineEdit.EchoMode.Password)


__all__ = ["ConnectionDetails"]
