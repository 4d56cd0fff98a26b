"""Small signs: the light of a connector in its shape, padlock, hatching, ribbon, badge."""

from __future__ import annotations

import math

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QPainter, QPainterPath, QPen, QPolygonF

from ui.scene.paint.brush import Brushes, crisp, line, rounded, write
from ui.scene.states import Shape


def light(painter: QPainter, rect: QRectF, shape: Shape, ink: QColor, ground: QColor) -> None:
    """A connector's light in `ink`; what is cut out of it has the colour of the `ground`."""
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    stroke = max(1.6, rect.width() * 0.17)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(ink)
    if shape in (Shape.DISC, Shape.BOLT, Shape.PAUSE, Shape.CHECK):
        painter.drawEllipse(rect)
        _cut(painter, rect, shape, ground)
    elif shape in (Shape.RING, Shape.HALF, Shape.BARRED):
        _ring(painter, rect, shape, ink, stroke)
    elif shape is Shape.TRIANGLE:
        triangle(painter, rect, ink, ground)
    elif shape is Shape.FLAG:
        painter.drawPath(_bookmark(rect))
    else:
        painter.drawEllipse(rect.center(), rect.width() * 0.24, rect.width() * 0.24)
    painter.restore()


def _cut(painter: QPainter, rect: QRectF, shape: Shape, ground: QColor) -> None:
    def point(x: float, y: float) -> QPointF:
        return QPointF(rect.left() + rect.width() * x, rect.top() + rect.height() * y)

    if shape is Shape.BOLT:
        painter.setBrush(ground)
        outline = ((0.57, 0.14), (0.27, 0.56), (0.47, 0.56), (0.42, 0.87), (0.73, 0.43), (0.53, 0.43))
        painter.drawPolygon(QPolygonF([point(x, y) for x, y in outline]))
        return
    pen = QPen(ground, max(1.4, rect.width() * 0.15))
    pen.setCapStyle(Qt.PenCapStyle.RoundCap)
    pen.setJoinStyle(Qt.PenJoinStyle.RoundJoin)
    painter.setPen(pen)
    if shape is Shape.PAUSE:
        painter.drawLine(point(0.38, 0.32), point(0.38, 0.68))
        painter.drawLine(point(0.62, 0.32), point(0.62, 0.68))
    elif shape is Shape.CHECK:
        painter.drawPolyline(QPolygonF([point(0.28, 0.52), point(0.44, 0.68), point(0.72, 0.36)]))


def _ring(painter: QPainter, rect: QRectF, shape: Shape, ink: QColor, stroke: float) -> None:
    inner = rect.adjusted(stroke / 2, stroke / 2, -stroke / 2, -stroke / 2)
    if shape is Shape.HALF:
        painter.drawChord(inner, 180 * 16, 180 * 16)
    painter.setPen(QPen(ink, stroke))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.drawEllipse(inner)
    if shape is Shape.BARRED:
        reach = inner.width() / 2 * math.sqrt(0.5)
        middle = inner.center()
        painter.drawLine(middle + QPointF(-reach, reach), middle + QPointF(reach, -reach))


def triangle(painter: QPainter, rect: QRectF, ink: QColor, ground: QColor) -> None:
    """A warning triangle with an exclamation mark."""
    outline = [
        QPointF(rect.center().x(), rect.top() + rect.height() * 0.06),
        QPointF(rect.right(), rect.bottom() - rect.height() * 0.06),
        QPointF(rect.left(), rect.bottom() - rect.height() * 0.06),
    ]
    pen = QPen(ink, max(1.0, rect.width() * 0.12))
    pen.setJoinStyle(Qt.PenJoinStyle.RoundJoin)
    painter.setPen(pen)
    painter.setBrush(ink)
    painter.drawPolygon(QPolygonF(outline))
    mark = QPen(ground, max(1.2, rect.width() * 0.13))
    mark.setCapStyle(Qt.PenCapStyle.RoundCap)
    painter.setPen(mark)
    x = rect.center().x()
    painter.drawLine(QPointF(x, rect.top() + rect.height() * 0.38), QPointF(x, rect.top() + rect.height() * 0.60))
    painter.drawPoint(QPointF(x, rect.top() + rect.height() * 0.80))


def _bookmark(rect: QRectF) -> QPainterPath:
    path = QPainterPath(QPointF(rect.left() + rect.width() * 0.18, rect.top()))
    path.lineTo(rect.right() - rect.width() * 0.18, rect.top())
    path.lineTo(rect.right() - rect.width() * 0.18, rect.bottom())
    path.lineTo(rect.center().x(), rect.bottom() - rect.height() * 0.28)
    path.lineTo(rect.left() + rect.width() * 0.18, rect.bottom())
    path.closeSubpath()
    return path


def padlock(painter: QPainter, centre: QPointF, size: float, ink: QColor, ground: QColor) -> None:
    """A closed padlock on a round badge of the colour `ground`, `size` pixels across."""
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(QPen(ink, 1))
    painter.setBrush(ground)
    painter.drawEllipse(centre, size / 2, size / 2)
    body = QRectF(centre.x() - size * 0.22, centre.y() - size * 0.04, size * 0.44, size * 0.32)
    painter.setPen(QPen(ink, max(1.1, size * 0.09)))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    shackle = QRectF(centre.x() - size * 0.14, centre.y() - size * 0.28, size * 0.28, size * 0.4)
    painter.drawArc(shackle, 0, 180 * 16)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(ink)
    painter.drawRoundedRect(body, size * 0.05, size * 0.05)
    painter.restore()


def hatch(painter: QPainter, path: QPainterPath, ink: QColor, step: float = 7) -> None:
    """Diagonal lines inside a path: not in service."""
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setClipPath(path, Qt.ClipOperation.IntersectClip)
    painter.setPen(QPen(ink, 1.6))
    rect = path.boundingRect()
    x = rect.left() - rect.height()
    while x < rect.right():
        painter.drawLine(QPointF(x, rect.bottom()), QPointF(x + rect.height(), rect.top()))
        x += step
    painter.restore()


def ribbon(painter: QPainter, rect: QRectF, font: QFont, text: str, ink: QColor, ground: QColor) -> None:
    """A band with notched ends and a text on it: reserved."""
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    notch = rect.height() * 0.36
    path = QPainterPath(rect.topLeft())
    path.lineTo(rect.topRight())
    path.lineTo(rect.right() - notch, rect.center().y())
    path.lineTo(rect.bottomRight())
    path.lineTo(rect.bottomLeft())
    path.lineTo(rect.left() + notch, rect.center().y())
    path.closeSubpath()
    painter.fillPath(path, ground)
    write(painter, rect, font, ink, [text])
    painter.restore()


def badge(painter: QPainter, rect: QRectF, brushes: Brushes, text: str, *, chosen: bool) -> None:
    """The number of an EVSE; filled when it is the selected one."""
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    palette = brushes.palette
    shape = crisp(rect)
    painter.setPen(line(palette.accent if chosen else palette.border_strong))
    painter.setBrush(brushes.token("accent" if chosen else "panel"))
    painter.drawPath(rounded(shape, shape.height() / 2))
    write(painter, rect, brushes.word, brushes.token("on_accent" if chosen else "text"), [text])
    painter.restore()
