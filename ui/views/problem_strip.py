"""A line below the connection bar that explains a failed connection, or a refusal, until it is dismissed."""

from __future__ import annotations

from typing import NamedTuple

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSizePolicy, QToolButton, QWidget

from ui.theme import Theme, set_role


class Shown(NamedTuple):
    """What is explained, what would help, and how bad it is."""

    sentence: str
    hint: str
    tone: str


class ProblemStrip(QWidget):
    """What went wrong in bold, what would help beside it: an event until it is dismissed, else the lasting state."""

    dismissed = Signal()

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._event: Shown | None = None
        self._state: Shown | None = None
        self._shown: Shown | None = None
        self._dismissed: Shown | None = None
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
        """Explain something that went wrong just now; it stays until it is dismissed or cleared."""
        self._event = Shown(sentence, hint, tone)
        self._show()

    def show_state(self, sentence: str = "", hint: str = "", *, tone: str = "bad") -> None:
        """Explain a state that lasts ("": there is nothing to explain), unless just this one was dismissed."""
        self._state = Shown(sentence, hint, tone) if sentence else None
        if self._state is None:
            self._dismissed = None
        self._show()

    def clear(self) -> None:
        """What went wrong is over, and what was dismissed may be said again."""
        self._event = self._state = self._dismissed = None
        self._show()

    def _dismiss(self) -> None:
        if self._event is not None:
            self._event = None
        else:
            self._dismissed = self._state
        self._show()
        self.dismissed.emit()

    def _show(self) -> None:
        state = self._state if self._state != self._dismissed else None
        shown = self._event or state
        if shown != self._shown:
            self._shown = shown
            self._restyle()
            self.setAccessibleName(f"{shown.sentence} {shown.hint}".strip() if shown else "")
            self.setVisible(shown is not None)

    def _restyle(self) -> None:
        if self._shown is None:
            return
        tone = self._shown.tone
        self.icon.setPixmap(self._theme.icon("fault" if tone != "accent" else "info", tone).pixmap(16, 16))
        sentence, hint = _escaped(self._shown.sentence), _escaped(self._shown.hint)
        tail = f'&nbsp; <span style="color:{self._theme.palette.text}">{hint}</span>' if hint else ""
        colour = self._theme.colour(tone).name()
        self.text.setText(f'<span style="color:{colour};font-weight:600">{sentence}</span>{tail}')
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """A soft ground in the tone of the problem."""
        painter = QPainter(self)
        tone = self._shown.tone if self._shown else "bad"
        painter.fillRect(self.rect(), self._theme.colour(f"{tone}_soft"))
        painter.fillRect(0, self.height() - 1, self.width(), 1, self._theme.colour("line"))


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace("\n", "<br>")


__all__ = ["ProblemStrip"]
