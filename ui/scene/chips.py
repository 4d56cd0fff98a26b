"""Cards and cars in the tray: buttons that can be dragged, and what is seen of them on the way."""

from __future__ import annotations

from zlib import crc32

from PySide6.QtCore import QPoint, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QEnterEvent, QKeyEvent, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QAbstractButton, QApplication, QWidget

from ui.scene.model import Car, Card
from ui.scene.paint import cars
from ui.scene.paint.brush import Brushes, colour, crisp, falling, fit, line, rounded, width_of, write
from ui.theme import Theme, mix

HEIGHT = 28
LONGEST_IDENTIFIER = 14
"""A longer one gives way to the card's label."""
_TONES = ("accent", "good", "received", "warning")
_REFUSED = ("block", "invalid", "expired", "stolen", "unknown")


def card_tone(card: Card) -> str:
    """The token of a card's colour: red for one that is called blocked or the like, else by its characters."""
    if any(word in f"{card.id_token} {card.label}".lower() for word in _REFUSED):
        return "bad"
    return _TONES[(crc32(card.id_token.encode()) >> 24) % len(_TONES)]


class Chip(QAbstractButton):
    """A button of the tray that can be dragged away."""

    picked = Signal(QPoint)
    carried = Signal(QPoint)
    dropped = Signal(QPoint)
    used = Signal()

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.theme = theme
        self._start: QPoint | None = None
        self._dragging = False
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setCursor(Qt.CursorShape.OpenHandCursor)
        theme.changed.connect(self.updateGeometry)

    def wanted_height(self) -> int:
        """As high as a button, higher where text is larger."""
        return round(HEIGHT * max(1.0, self.theme.text_scale))

    def minimumSizeHint(self) -> QSize:
        """As large as wanted: nothing is cut."""
        return self.sizeHint()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Remember where a drag may start."""
        if event.button() == Qt.MouseButton.LeftButton:
            self._start = event.position().toPoint()
        super().mousePressEvent(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """After a little way the chip is in the hand."""
        where = event.globalPosition().toPoint()
        if self._dragging:
            self.carried.emit(where)
            return
        far = self._start is not None and (event.position().toPoint() - self._start).manhattanLength()
        if far and far >= QApplication.startDragDistance():
            self._dragging = True
            self.setDown(False)
            self.setCursor(Qt.CursorShape.ClosedHandCursor)
            self.picked.emit(where)
        else:
            super().mouseMoveEvent(event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Drop what is in the hand."""
        self._start = None
        if self._dragging:
            self.end_drag()
            self.dropped.emit(event.globalPosition().toPoint())
        else:
            super().mouseReleaseEvent(event)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Use it at once."""
        super().mouseDoubleClickEvent(event)
        if event.button() == Qt.MouseButton.LeftButton:
            self._start = None
            self.used.emit()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter uses it, Space selects it."""
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.used.emit()
        else:
            super().keyPressEvent(event)

    def end_drag(self) -> None:
        """The drag is over, or was given up."""
        self._dragging = False
        self._start = None
        self.setCursor(Qt.CursorShape.OpenHandCursor)

    @property
    def dragging(self) -> bool:
        """Whether it is in the hand."""
        return self._dragging

    def enterEvent(self, event: QEnterEvent) -> None:
        """Paint the hover."""
        super().enterEvent(event)
        self.update()

    def paint_frame(self, painter: QPainter) -> None:
        """The chip's ground and edge."""
        palette = self.theme.palette
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        ground = palette.accent_soft if self.isChecked() else palette.hover if self.underMouse() else palette.raised
        painter.setPen(line(palette.accent if self.isChecked() or self.hasFocus() else palette.border))
        painter.setBrush(QColor(palette.panel if not self.isEnabled() else ground))
        painter.drawPath(rounded(crisp(QRectF(self.rect())), 6))
        if self.hasFocus():
            painter.setPen(line(palette.accent, 2))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawPath(rounded(QRectF(self.rect()).adjusted(1, 1, -1, -1), 6))


class CardChip(Chip):
    """A card: drag it onto the reader, or use it by a double click or Enter."""

    def __init__(self, card: Card, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(theme, parent)
        self.card = card
        self.setCheckable(True)
        name = card.id_token if len(card.id_token) <= LONGEST_IDENTIFIER else card.label or card.id_token
        self.setText(name)
        self.setAccessibleName(f"Card {card.title}")
        self.setAccessibleDescription(f"idToken {card.id_token}, type {card.type}")
        self.setToolTip(
            f"{card.label or name}\nidToken {card.id_token} · {card.type}\n"
            "Drag it onto the reader, or double click or Enter: swipe"
        )

    def sizeHint(self) -> QSize:
        """As wide as its text."""
        return QSize(round(width_of(self.theme.fixed_font(), self._shown())) + 26, self.wanted_height())

    def _shown(self) -> str:
        return fit(self.theme.fixed_font(), 170, self.text())

    def paintEvent(self, event: QPaintEvent) -> None:
        """A coloured bar, and the card's name."""
        painter = QPainter(self)
        self.paint_frame(painter)
        painter.setClipPath(rounded(QRectF(self.rect()), 6))
        painter.fillRect(QRectF(0, 0, 4, self.height()), self.theme.colour(card_tone(self.card)))
        ink = self.theme.colour("text")
        write(painter, QRectF(self.rect()).adjusted(4, 0, 0, 0), self.theme.fixed_font(), ink, [self._shown()])


class CarChip(Chip):
    """A car of the car park: drag it onto a bay, or send it there by a double click or Enter."""

    def __init__(self, car: Car, bay: int, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(theme, parent)
        self.car = car
        self.setText(car.name)
        self.setAccessibleName(f"Car {car.name}")
        self.set_bay(bay)

    def set_bay(self, bay: int) -> None:
        """Say in which bay the car stands; 0: in none, so that it can be sent to one."""
        self.setEnabled(not bay)
        about = (
            f"stands in bay {bay}" if bay else "Drag it onto a bay; double click or Enter: park at the selected EVSE"
        )
        self.setAccessibleDescription(about)
        self.setToolTip(f"{self.car.name}\n{about}")

    def sizeHint(self) -> QSize:
        """As wide as picture and text."""
        return QSize(round(width_of(self.theme.small_font(), self._shown())) + 52, self.wanted_height())

    def _shown(self) -> str:
        return fit(self.theme.small_font(), 150, self.text())

    def paintEvent(self, event: QPaintEvent) -> None:
        """A small picture of the car, and its name."""
        painter = QPainter(self)
        self.paint_frame(painter)
        painter.save()
        painter.setOpacity(1 if self.isEnabled() else 0.35)
        cars.car(painter, QRectF(7, self.height() / 2 - 7.5, 34, 15), -1, self.car.name, Brushes(self.theme.palette, 1))
        painter.restore()
        ink = self.theme.colour("text" if self.isEnabled() else "disabled")
        where = QRectF(45, 0, self.width() - 45, self.height())
        write(painter, where, self.theme.small_font(), ink, [self._shown()], Qt.AlignmentFlag.AlignLeft)


class Ghost(QWidget):
    """What follows the pointer while a chip is in the hand."""

    def __init__(self, thing: Card | Car, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self.theme = theme
        self._thing = thing
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.resize(*((104, 66) if isinstance(thing, Card) else (124, 60)))

    def follow(self, at: QPoint) -> None:
        """Move to a point of the parent."""
        self.move(at - QPoint(self.width() // 2, self.height() // 2))
        self.raise_()
        self.show()

    def paintEvent(self, event: QPaintEvent) -> None:
        """A bank card, or the car."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setOpacity(0.94)
        if isinstance(self._thing, Card):
            self._paint_card(painter, self._thing)
        else:
            cars.car(painter, QRectF(6, 4, 112, 49), -1, self._thing.name, Brushes(self.theme.palette, 1.6))

    def _paint_card(self, painter: QPainter, card: Card) -> None:
        tone = str(getattr(self.theme.palette, card_tone(card)))
        body = QRectF(4, 3, 96, 58)
        painter.fillPath(rounded(body.translated(0, 2), 8), colour("#000000", 0.25))
        painter.setPen(line(mix(tone, "#000000", 0.25)))
        painter.setBrush(falling(body, mix(tone, "#ffffff", 0.12), mix(tone, "#000000", 0.12)))
        painter.drawPath(rounded(body, 7))
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor("#ecd9a3"))
        painter.drawRoundedRect(QRectF(13, 14, 15, 11), 2.5, 2.5)
        ink = self.theme.colour("on_accent")
        painter.setPen(line(ink.name(), 1.6))
        for radius in (4.0, 8.0, 12.0):
            painter.drawArc(QRectF(76 - radius, 19.5 - radius, 2 * radius, 2 * radius), -45 * 16, 90 * 16)
        font = self.theme.fixed_font()
        text = fit(font, 84, card.label or card.id_token)
        write(painter, QRectF(body.left() + 6, 38, 84, 18), font, ink, [text])


def local_point(view: QWidget, at: QPoint) -> QPointF:
    """A point of the screen in a widget's own coordinates."""
    return QPointF(view.mapFromGlobal(at))
