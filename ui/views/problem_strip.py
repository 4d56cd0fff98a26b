"""A line below the connection bar that explains a failed connection, or a refusal, until it is dismissed."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSizePolicy, QToolButton, QWidget

from ui.theme import Theme, set_role


class ProblemStrip(QWidget):
    """What went wrong in bold, what would help beside it; shown again only when it is another problem."""

    dismissed = Signal()

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._tone = "bad"
        self._shown: tuple[str, str] | None = None
        self._dismissed: tuple[str, str] | None = None
        self.icon = QLabel()
        self.text = QLabel()
        self.text.setTextFormat(Qt.TextFormat.RichText)
        self.text.setWordWrap(True)
        self.text.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.text.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.close_button = QToolButton()
        self.close_button.setAccessibleName("Dismiss")
        set_role(self.close_button, "quiet")
        theme.set_icon(self.close_button, "cross", "dim")
        self.close_button.setIconSize(QSize(12, 12))
        self.close_button.setToolTip("Dismiss (it comes back when something else goes wrong)")
        self.close_button.clicked.connect(self._dismiss)
        row = QHBoxLayout(self)
        row.setContentsMargins(16, 7, 12, 7)
        row.setSpacing(10)
        row.addWidget(self.icon)
        row.addWidget(self.text, 1)
        row.addWidget(self.close_button)
        theme.changed.connect(self._restyle)
        self.hide()

    def show_problem(self, sentence: str, hint: str, *, tone: str = "bad") -> None:
        """Explain a problem, unless just this one was dismissed."""
        problem = (sentence, hint)
        if problem in {self._shown, self._dismissed}:
            return
        self._shown, self._dismissed, self._tone = problem, None, tone
        self._restyle()
        self.setAccessibleName(f"{sentence} {hint}".strip())
        self.show()

    def clear(self) -> None:
        """The problem is over."""
        self._shown = self._dismissed = None
        self.hide()

    def _dismiss(self) -> None:
        self._dismissed, self._shown = self._shown, None
        self.hide()
        self.dismissed.emit()

    def _restyle(self) -> None:
        icon = "fault" if self._tone != "accent" else "info"
        self.icon.setPixmap(self._theme.icon(icon, self._tone).pixmap(16, 16))
        if self._shown is not None:
            sentence, hint = (_escaped(part) for part in self._shown)
            tail = f'&nbsp; <span style="color:{self._theme.palette.text}">{hint}</span>' if hint else ""
            colour = self._theme.colour(self._tone).name()
            self.text.setText(f'<span style="color:{colour};font-weight:600">{sentence}</span>{tail}')
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """A soft ground in the tone of the problem."""
        painter = QPainter(self)
        painter.fillRect(self.rect(), self._theme.colour(f"{self._tone}_soft"))
        painter.fillRect(0, self.height() - 1, self.width(), 1, self._theme.colour("line"))


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace("\n", "<br>")


__all__ = ["ProblemStrip"]
