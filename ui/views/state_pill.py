"""The true state of the connection: a coloured pill with a shape and a word."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFontMetrics, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from ui.models.connection_state import StateWord
from ui.theme import Theme

MARK = 10
MOST_WIDTH = 260


class StatePill(QWidget):
    """Tone by colour, by shape (dot, ring, triangle, cross) and by word: a colour-blind person can tell."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self.word = StateWord("Offline", "neutral", "")
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self.setAccessibleName("Connection state")
        theme.changed.connect(self._restyle)

    def show_word(self, word: StateWord) -> None:
        """Show another state."""
        if word == self.word:
            return
        resize = word.text != self.word.text
        self.word = word
        self.setToolTip(word.sentence)
        self.setAccessibleDescription(f"{word.text}. {word.sentence}")
        if resize:
            self.updateGeometry()
        self.update()

    def _restyle(self) -> None:
        self.updateGeometry()
        self.update()

    def _text_width(self) -> int:
        return QFontMetrics(self._theme.font(bold=True)).horizontalAdvance(self.word.text)

    def sizeHint(self) -> QSize:
        """Room for mark and word."""
        # In steps, so that a round trip of 9 or 10 ms does not move everything beside it.
        width = -(-(self._text_width() + MARK + 34) // 16) * 16
        return QSize(min(width, MOST_WIDTH), 28)

    def minimumSizeHint(self) -> QSize:
        """The whole word, but for the long ones."""
        return QSize(min(self.sizeHint().width(), 190), 28)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Ground, mark and word."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        neutral = self.word.tone == "neutral"
        ground = self._theme.colour("hover" if neutral else f"{self.word.tone}_soft")
        colour = self._theme.colour("dim" if neutral else self.word.tone)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(ground)
        painter.drawRoundedRect(QRectF(self.rect()), self.height() / 2, self.height() / 2)
        self._paint_mark(painter, colour)
        painter.setFont(self._theme.font(bold=True))
        painter.setPen(colour)
        room = self.rect().adjusted(14 + MARK, 0, -10, 0)
        text = painter.fontMetrics().elidedText(self.word.text, Qt.TextElideMode.ElideRight, room.width())
        painter.drawText(room, int(Qt.AlignmentFlag.AlignVCenter), text)

    def _paint_mark(self, painter: QPainter, colour: QColor) -> None:
        centre = QPointF(15, self.height() / 2)
        painter.setPen(QPen(colour, 1.8, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        if self.word.tone == "good":
            painter.setBrush(colour)
            painter.drawEllipse(centre, 3.2, 3.2)
        elif self.word.tone == "bad":
            painter.drawLine(centre + QPointF(-3, -3), centre + QPointF(3, 3))
            painter.drawLine(centre + QPointF(-3, 3), centre + QPointF(3, -3))
        elif self.word.tone == "warning":
            painter.drawPolygon([centre + QPointF(0, -4), centre + QPointF(4, 3.2), centre + QPointF(-4, 3.2)])
        elif self.word.tone == "accent":
            painter.drawArc(QRectF(centre.x() - 3.5, centre.y() - 3.5, 7, 7), 0, 270 * 16)
        else:
            painter.drawEllipse(centre, 3.5, 3.5)


__all__ = ["StatePill"]
