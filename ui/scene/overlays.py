"""What lies over the scene: the thing in the hand, the focus ring, and hints."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QPainter, QPainterPath
from PySide6.QtWidgets import QGraphicsItem, QStyleOptionGraphicsItem, QWidget

from ui.scene.paint import bays, cars, connectors
from ui.scene.paint.brush import colour, height_of, line, rounded, width_of, write
from ui.scene.rules import CarDrag, PlugDrag
from ui.scene.stage import Stage
from ui.theme.fonts import sans


class DragItem(QGraphicsItem):
    """What is in the hand: a plug on its cable, or a car."""

    def __init__(self, stage: Stage) -> None:
        super().__init__()
        self.stage = stage
        self.setZValue(20)
        self.setAcceptedMouseButtons(Qt.MouseButton.NoButton)

    def boundingRect(self) -> QRectF:
        """The whole scene: what is dragged goes everywhere."""
        return self.stage.world()

    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None) -> None:
        """The plug with its rubber-band cable, or the car."""
        stage, drag = self.stage, self.stage.drag
        if isinstance(drag, PlugDrag):
            evse_place = stage.evse(drag.evse)[1]
            tip, facing = stage.drag_at, evse_place.side
            start = stage.cable_start(drag.evse, drag.connector)
            end = connectors.cable_end(tip, facing, stage.brushes)
            path = QPainterPath(start)
            low = max(start.y(), end.y()) + 14 + abs(end.x() - start.x()) * 0.2
            path.cubicTo(QPointF(start.x(), low), QPointF(end.x(), low), end)
            connectors.cable(painter, path, stage.brushes)
            connectors.gun(painter, tip, facing, stage.brushes, hot=True)
        elif isinstance(drag, CarDrag) and drag.evse:  # one from the tray is carried by the view
            place = stage.place.evse(drag.evse)
            if place is not None:
                rect = QRectF(place.car)
                rect.moveCenter(stage.drag_at)
                painter.setOpacity(0.85)
                cars.car(painter, rect, place.side, drag.car.name, stage.brushes)


class FocusItem(QGraphicsItem):
    """The ring around what has the keyboard's focus."""

    def __init__(self, stage: Stage) -> None:
        super().__init__()
        self.stage = stage
        self._rect = QRectF()
        self.setZValue(30)
        self.setAcceptedMouseButtons(Qt.MouseButton.NoButton)
        self.hide()

    def surround(self, rect: QRectF | None) -> None:
        """Show the ring around a rectangle, or hide it."""
        self.prepareGeometryChange()
        self.setVisible(rect is not None)
        if rect is not None:
            self._rect = rect.adjusted(-3, -3, 3, 3).intersected(self.stage.world().adjusted(3, 3, -3, -3))

    def boundingRect(self) -> QRectF:
        """The ring with its width."""
        return self._rect.adjusted(-3, -3, 3, 3)

    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None) -> None:
        """The ring."""
        bays.focus_ring(painter, self._rect, self.stage.brushes)


class HintItem(QGraphicsItem):
    """A bubble with a sentence, at the foot of the scene, clear of the displays."""

    def __init__(self, stage: Stage) -> None:
        super().__init__()
        self.stage = stage
        self.text = ""
        self._refusal = False
        self._lines: list[str] = []
        self._rect = QRectF()
        self.setZValue(40)
        self.setAcceptedMouseButtons(Qt.MouseButton.NoButton)
        self.hide()

    def say(self, sentence: str, *, refusal: bool) -> None:
        """Show a sentence; "" hides the bubble."""
        self.prepareGeometryChange()
        self.text, self._refusal = sentence, refusal
        self.arrange()
        self.setVisible(bool(sentence))
        self.update()

    def arrange(self) -> None:
        """Break the sentence into lines and take a place in the middle of the foot."""
        self.prepareGeometryChange()
        world, font = self.stage.world(), sans(13)
        widest = min(world.width() - 64, 460)
        self._lines = []
        for word in self.text.split():
            longer = f"{self._lines[-1]} {word}" if self._lines else word
            if self._lines and width_of(font, longer) <= widest:
                self._lines[-1] = longer
            else:
                self._lines.append(word)
        width = max((width_of(font, each) for each in self._lines), default=0) + 28
        height = height_of(font) * len(self._lines) + 14
        self._rect = QRectF(
            round((world.width() - width) / 2), round(world.height() - height - 10), round(width), round(height)
        )

    def boundingRect(self) -> QRectF:
        """The bubble with its shadow."""
        return self._rect.adjusted(-4, -4, 4, 8)

    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None) -> None:
        """The bubble."""
        palette = self.stage.brushes.palette
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for grow in (4, 3, 2, 1):
            painter.fillPath(
                rounded(self._rect.adjusted(-grow, -grow + 2, grow, grow + 2), 9 + grow), colour("#000000", 0.035)
            )
        painter.setPen(line(palette.bad if self._refusal else palette.border))
        painter.setBrush(colour(palette.panel))
        painter.drawPath(rounded(self._rect.adjusted(0.5, 0.5, -0.5, -0.5), 9))
        ink = palette.bad if self._refusal else palette.text
        write(painter, self._rect, sans(13), colour(ink), self._lines)
