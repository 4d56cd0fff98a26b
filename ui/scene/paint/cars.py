"""Cars seen from the side: five bodies, drawn in a box of 100 by 44 with the nose to the left."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from zlib import crc32

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QLinearGradient, QPainter, QPainterPath, QRadialGradient, QTransform

from ui.scene.paint.brush import Brushes, colour, falling, line, rounded
from ui.theme import mix

BOX = QRectF(0, 0, 100, 44)


@dataclass(frozen=True, slots=True)
class Body:
    """A body: outlines in the small path language of SVG, wheels (x, radius), and the charging inlet."""

    outline: str
    windows: tuple[str, ...]
    wheels: tuple[tuple[float, float], tuple[float, float]]
    inlet: tuple[float, float]
    seams: tuple[str, ...]
    handles: tuple[tuple[float, float], ...]
    lamp: tuple[float, float, float, float]
    tail: tuple[float, float, float, float]


BODIES: dict[str, Body] = {
    "hatchback": Body(
        "M 2.6 34 C 1.6 29.5 3 26 8 24.2 C 14 22.2 20.5 21.4 27 20.2 C 32.5 13.2 38 8.2 46 6.7 C 56 5 68 5.2 76 7 "
        "C 83 8.7 88.5 14 92.5 20.4 C 96.2 22 98 26 98 31 C 98 35 97 37.6 94 38 L 8 38 C 5 38 3.2 37 2.6 34 Z",
        (
            "M 32 20 C 37 14 41.4 10.6 48 9.6 L 57 8.9 L 57 20 Z",
            "M 60 8.8 C 67 8.6 72.6 9 76.6 10.6 C 80.6 12.6 83.6 16 85.6 20 L 60 20 Z",
        ),
        ((21.5, 8.3), (78.5, 8.3)),
        (90.2, 25.4),
        ("M 31 21.4 C 30.4 27 31.6 33 34 37.4", "M 58.5 21 L 58.5 37.4 L 70 37.4"),
        ((50.5, 23.6), (63, 23.6)),
        (4.6, 25.6, 7.4, 3.2),
        (93.4, 23.4, 3.6, 5),
    ),
    "saloon": Body(
        "M 2 34 C 1 30.4 2 27.4 7 25.6 C 14 23.2 22 22.2 29 21 C 36 14 42 10.2 49 9.4 C 58 8.6 66 9.2 72 12 "
        "C 77 14.4 81.6 17.8 86 20.8 C 91.4 21 96.2 22.4 97.6 25.2 C 99 29 98.6 34 97 37 L 95 38 L 7 38 "
        "C 4 38 2.5 37 2 34 Z",
        (
            "M 34 20.8 C 39.6 15.6 44.4 12.6 50 12 L 57 11.6 L 57 20.8 Z",
            "M 60 11.6 C 65 11.8 68.6 12.6 71.6 14.2 C 74.8 16 77.6 18.2 80.2 20.8 L 60 20.8 Z",
        ),
        ((20.5, 7.9), (79, 7.9)),
        (89.4, 26.4),
        ("M 33 22 C 32.4 27 33.4 33 36 37.4", "M 58.5 22 L 58.5 37.4 L 70 37.4"),
        ((50.5, 24.4), (64, 24.4)),
        (4, 26.8, 8, 2.8),
        (94, 24.6, 3.6, 4.4),
    ),
    "suv": Body(
        "M 2.6 33 C 1.8 28 3 23 8 21.2 C 14 19.2 20 18.6 26 17.8 C 30 10.6 34.6 4.8 42 3.6 C 56 2 72 2.4 82.4 3.6 "
        "C 88.4 6 92.4 12.4 94.6 19 C 97.2 21 98 25 98 30 C 98 34.6 97.4 37 95 37 L 7 37 C 4.4 37 3.2 36 2.6 33 Z",
        (
            "M 31 17.6 C 34.6 11.4 38.2 7.6 43.4 6.8 L 56 6 L 56 17.6 Z",
            "M 59 5.9 C 67 5.7 75 6 81 6.8 C 84.6 9 87 13 88.6 17.6 L 59 17.6 Z",
        ),
        ((21, 9.2), (78.5, 9.2)),
        (91, 23.4),
        ("M 30 18.8 C 29.2 25 30.6 31 33.6 36.4", "M 57.5 18.6 L 57.5 36.4 L 68.4 36.4"),
        ((49, 21.6), (62, 21.6)),
        (4.4, 22.8, 8, 3.4),
        (94, 21.6, 3.2, 6.4),
    ),
    "van": Body(
        "M 2.6 33 C 2 27 4 23.4 9 21 L 21.6 8.4 C 25.4 4.2 29.6 2.2 36.6 2 L 92 1.6 C 96 1.6 97.6 3.8 97.8 8 "
        "L 98.2 33 C 98.2 36.4 97 38 94 38 L 8 38 C 5 38 3.2 36.4 2.6 33 Z",
        (
            "M 18.4 19.6 L 26.8 10.4 C 28.8 8.2 30.8 7.2 34 7 L 41 6.8 L 41 19.6 Z",
            "M 44.4 6.8 L 62 6.6 L 62 19.6 L 44.4 19.6 Z",
        ),
        ((20.5, 8.3), (79.5, 8.3)),
        (91, 25),
        ("M 42.7 5 L 42.7 37.2", "M 63.8 5 L 63.8 37.2", "M 66 21.8 L 95 21.8"),
        ((37, 23.4), (47, 23.4)),
        (4.2, 24.4, 5.6, 4),
        (94.6, 15.6, 2.8, 9),
    ),
    "city": Body(
        "M 8 33 C 7 28 8.4 23.6 13 21.6 C 17 20 21 19.2 24.6 18.4 C 29 10.6 35 5.4 44 4.2 "
        "C 54 3 66 3.4 75 5 C 82 7.6 87 13 89.6 20 C 91.8 22.6 92.6 27 92.4 31.4 "
        "C 92.2 35.8 91.4 38 89 38 L 13 38 C 10 38 8.6 36.6 8 33 Z",
        (
            "M 29.6 18.4 C 33.6 11.8 38.6 8.2 45.6 7.4 L 57 6.8 L 57 18.4 Z",
            "M 60 6.8 C 66 6.8 70.4 7.2 74 8.2 C 78.4 10.2 81.6 13.8 83.6 18.4 L 60 18.4 Z",
        ),
        ((25, 8.3), (76, 8.3)),
        (85.4, 24.6),
        ("M 28.6 19.8 C 28 26 29.4 32.4 32.6 37.4", "M 58.5 19.4 L 58.5 37.4 L 67 37.4"),
        ((50.4, 22.4),),
        (10, 23, 6, 4.6),
        (88, 22.4, 3, 5.4),
    ),
}


def body_of(name: str) -> Body:
    """The body of a car, from a word in its name ("Delivery van"), else always the same for the same name."""
    lower = name.lower()
    for word, body in _WORDS.items():
        if word in lower:
            return BODIES[body]
    kinds = ("hatchback", "saloon", "suv", "city")
    return BODIES[kinds[crc32(name.encode()[::-1]) % len(kinds)]]


_WORDS = {
    "van": "van", "truck": "van", "transporter": "van", "bus": "van", "lorry": "van",
    "suv": "suv", "jeep": "suv", "city": "city", "mini": "city", "small": "city", "compact": "city",
    "saloon": "saloon", "sedan": "saloon", "limousine": "saloon", "fleet": "saloon", "family": "hatchback",
}  # fmt: skip


def placement(rect: QRectF, side: int) -> QTransform:
    """From the box of 100 by 44 into `rect`; a car right of its cabinet (`side` 1) has its nose to the right."""
    transform = QTransform()
    if side > 0:
        transform.translate(rect.right(), rect.top())
        transform.scale(-rect.width() / BOX.width(), rect.height() / BOX.height())
    else:
        transform.translate(rect.left(), rect.top())
        transform.scale(rect.width() / BOX.width(), rect.height() / BOX.height())
    return transform


def inlet(name: str, rect: QRectF, side: int) -> QPointF:
    """Where the plug goes into a car."""
    return placement(rect, side).map(QPointF(*body_of(name).inlet))


def shadow(painter: QPainter, rect: QRectF, strength: float) -> None:
    """A soft shadow on the ground under something that stands in `rect`."""
    flat = QRectF(rect.left(), rect.bottom() - rect.height() * 0.11, rect.width(), rect.height() * 0.2)
    gradient = QRadialGradient(QPointF(0, 0), 1)
    gradient.setColorAt(0, colour("#000000", strength))
    gradient.setColorAt(0.6, colour("#000000", strength * 0.55))
    gradient.setColorAt(1, colour("#000000", 0))
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.translate(flat.center())
    painter.scale(flat.width() / 2, flat.height() / 2)
    painter.setBrush(gradient)
    painter.drawEllipse(QPointF(0, 0), 1, 1)
    painter.restore()


def car(painter: QPainter, rect: QRectF, side: int, name: str, brushes: Brushes) -> None:
    """A car with its wheels at the bottom of `rect`."""
    body, colours = body_of(name), brushes.colours
    paint = colours.car(name)
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    shadow(
        painter,
        rect.adjusted(-rect.width() * 0.03, 0, rect.width() * 0.03, rect.height() * 0.03),
        colours.shadow_strength,
    )
    painter.setTransform(placement(rect, side), True)
    edge = line(mix(paint, colours.car_edge, 0.5), 0.7)
    outline = _path(body.outline)
    for x, radius in body.wheels:
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(colours.tyre))
        painter.drawEllipse(QPointF(x, 44 - radius), radius + 1.2, radius + 1.2)
    painter.setPen(edge)
    painter.setBrush(_sheen(paint))
    painter.drawPath(outline.subtracted(_arches(body)))
    _trim(painter, body, outline, paint, brushes)
    _windows(painter, body, brushes)
    for x, radius in body.wheels:
        _wheel(painter, x, radius, brushes)
    painter.restore()


def _sheen(paint: str) -> QLinearGradient:
    gradient = QLinearGradient(0, 3, 0, 38)
    gradient.setColorAt(0, QColor(mix(paint, "#ffffff", 0.26)))
    gradient.setColorAt(0.48, QColor(paint))
    gradient.setColorAt(0.56, QColor(mix(paint, "#ffffff", 0.08)))
    gradient.setColorAt(1, QColor(mix(paint, "#000000", 0.22)))
    return gradient


def _trim(painter: QPainter, body: Body, outline: QPainterPath, paint: str, brushes: Brushes) -> None:
    """Sill, seams, door handles, head and tail lamps."""
    painter.save()
    painter.setClipPath(outline.subtracted(_arches(body)))
    painter.fillRect(QRectF(0, 35.4, 100, 4), QColor(mix(paint, "#000000", 0.5)))
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor("#fff3cf"))
    painter.drawRoundedRect(QRectF(*body.lamp), 1.6, 1.6)
    painter.setBrush(QColor("#d6483f"))
    painter.drawRoundedRect(QRectF(*body.tail), 1.2, 1.2)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setPen(line(mix(paint, "#000000", 0.34), 0.55))
    for seam in body.seams:
        painter.drawPath(_path(seam))
    painter.setPen(line(mix(paint, "#000000", 0.45), 1))
    for x, y in body.handles:
        painter.drawLine(QPointF(x, y), QPointF(x + 4, y))
    painter.restore()
    painter.setPen(line(mix(paint, "#000000", 0.4), 0.6))
    painter.setBrush(QColor(mix(paint, "#000000", 0.18)))
    painter.drawEllipse(QPointF(*body.inlet), 2.3, 2.3)


def _windows(painter: QPainter, body: Body, brushes: Brushes) -> None:
    painter.setPen(line(brushes.colours.car_edge, 0.6, 0.75))
    for window in body.windows:
        path = _path(window)
        painter.setBrush(falling(path.boundingRect(), brushes.colours.glass_top, brushes.colours.glass_bottom))
        painter.drawPath(path)


def _wheel(painter: QPainter, x: float, radius: float, brushes: Brushes) -> None:
    middle = QPointF(x, 44 - radius)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(brushes.colours.tyre))
    painter.drawEllipse(middle, radius, radius)
    painter.setBrush(QColor(brushes.colours.rim))
    painter.drawEllipse(middle, radius * 0.6, radius * 0.6)
    painter.setBrush(QColor(mix(brushes.colours.rim, brushes.colours.tyre, 0.55)))
    painter.drawEllipse(middle, radius * 0.42, radius * 0.42)
    painter.setPen(line(brushes.colours.rim, 1.1))
    for dx, dy in ((0, 1), (0.87, 0.5), (0.87, -0.5)):
        reach = QPointF(dx, dy) * radius * 0.5
        painter.drawLine(middle - reach, middle + reach)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(brushes.colours.rim))
    painter.drawEllipse(middle, radius * 0.16, radius * 0.16)


def battery(painter: QPainter, rect: QRectF, soc: float | None, text: str, brushes: Brushes, *, charging: bool) -> None:
    """A battery that fills, and beside it its charge in percent, where no filling runs through the figures."""
    palette = brushes.palette
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setFont(brushes.word)
    beside = min(painter.fontMetrics().horizontalAdvance("100 %") + 5.0, rect.width() * 0.6)
    shell = QRectF(rect.left() + 0.5, rect.top() + 0.5, rect.width() - beside - 4, rect.height() - 1)
    nub = QRectF(shell.right() + 0.5, rect.center().y() - rect.height() * 0.2, 3, rect.height() * 0.4)
    border = palette.good if charging else palette.border_strong
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(border))
    painter.drawRoundedRect(nub, 1, 1)
    painter.setPen(line(border, 1))
    painter.setBrush(brushes.token("panel"))
    painter.drawPath(rounded(shell, 3.5))
    inside = shell.adjusted(1.5, 1.5, -1.5, -1.5)
    filled = QRectF(inside.left(), inside.top(), inside.width() * (soc or 0) / 100, inside.height())
    low = soc is not None and soc < 15 and not charging
    if filled.width() > 1:
        painter.save()
        painter.setClipRect(filled)
        painter.fillPath(rounded(inside, 2.4), QColor(palette.warning if low else palette.good))
        painter.restore()
    painter.setPen(QColor(palette.text))
    words = QRectF(nub.right() + 3, rect.top(), beside + 4, rect.height())
    painter.drawText(words, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, text)
    painter.restore()


def _arches(body: Body) -> QPainterPath:
    path = QPainterPath()
    for x, radius in body.wheels:
        path.addEllipse(QPointF(x, 44 - radius), radius + 1.1, radius + 1.1)
    return path


@cache
def _path(text: str) -> QPainterPath:
    """A path in SVG's letters M, L, C and Z with absolute coordinates."""
    path = QPainterPath()
    words = text.split()
    at = 0
    while at < len(words):
        letter = words[at]
        count = {"M": 2, "L": 2, "C": 6, "Z": 0}[letter]
        numbers = [float(word) for word in words[at + 1 : at + 1 + count]]
        if letter == "M":
            path.moveTo(*numbers)
        elif letter == "L":
            path.lineTo(*numbers)
        elif letter == "C":
            path.cubicTo(*numbers)
        else:
            path.closeSubpath()
        at += 1 + count
    return path
