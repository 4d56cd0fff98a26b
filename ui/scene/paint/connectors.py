"""Connectors: holster or socket at the cabinet's side, the words beside it, plug and cable."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QPainter, QPainterPath, QPen, QTransform

from ui.scene.model import Connector
from ui.scene.paint import glyphs
from ui.scene.paint.brush import (
    LEFT,
    RIGHT,
    Brushes,
    choose,
    colour,
    crisp,
    falling,
    height_of,
    line,
    rounded,
    width_of,
    wrap,
)
from ui.scene.states import LOOKS, State, connector_type_name
from ui.theme import mix

GUN = QRectF(-17, -6, 21, 24)
"""The box of a plug around its tip, at a scale of 1, the tip to the right."""
NARROW = 92
"""Words narrower than this many pixels are written in the plain face, so that they need not be shortened."""
CABLE_END = QPointF(-13.2, 15.5)


def gun_scale(brushes: Brushes) -> float:
    """How large plugs are drawn."""
    return max(0.72, min(1.55, 0.5 + brushes.unit * 0.28))


def gun_transform(tip: QPointF, facing: int, scale: float) -> QTransform:
    """From a plug's own box to the scene; `facing` 1 has its tip to the right, -1 to the left."""
    transform = QTransform()
    transform.translate(tip.x(), tip.y())
    transform.scale(scale * facing, scale)
    return transform


def gun(painter: QPainter, tip: QPointF, facing: int, brushes: Brushes, *, hot: bool = False) -> None:
    """A plug with its handle."""
    colours = brushes.colours
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setTransform(gun_transform(tip, facing, gun_scale(brushes)), True)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(colours.metal))
    painter.drawRoundedRect(QRectF(-3, -3, 5.6, 6), 1.2, 1.2)
    shape = QPainterPath(QPointF(-2, -4.8))
    shape.cubicTo(-6, -5.6, -11, -5.4, -13.6, -3.4)
    shape.cubicTo(-16.4, -1, -16.6, 3, -16.2, 7)
    shape.lineTo(-15.4, 14.4)
    shape.cubicTo(-15, 16.4, -11.6, 16.4, -11.3, 14.4)
    shape.lineTo(-11.2, 7.6)
    shape.cubicTo(-11, 5.4, -9.4, 4.8, -7.4, 4.8)
    shape.lineTo(-2, 4.8)
    shape.closeSubpath()
    painter.setPen(line(brushes.palette.accent if hot else colours.plug_edge, 1.3 if hot else 0.9))
    painter.setBrush(falling(QRectF(-17, -6, 17, 22), mix(colours.plug, "#ffffff", 0.14), colours.plug))
    painter.drawPath(shape)
    painter.setPen(line(colours.metal, 1, 0.65))
    painter.drawLine(QPointF(-12.6, -0.6), QPointF(-6.4, -1.6))
    painter.restore()


def cable_end(tip: QPointF, facing: int, brushes: Brushes) -> QPointF:
    """Where the cable leaves a plug's handle."""
    return gun_transform(tip, facing, gun_scale(brushes)).map(CABLE_END)


def parked_tip(holster: QRectF, side: int) -> QPointF:
    """Where the tip of a plug is that hangs in its holster."""
    return QPointF(holster.center().x() - side * holster.width() * 0.3, holster.top() + holster.height() * 0.3)


def outlet(holster: QRectF, side: int) -> QPointF:
    """Where an attached cable leaves the cabinet."""
    return QPointF(holster.center().x() - side * holster.width() * 0.32, holster.bottom() - 1)


def parked_cable(holster: QRectF, side: int, brushes: Brushes, drop: float) -> QPainterPath:
    """The cable of a plug in its holster: a loop that hangs `drop` pixels deep."""
    start = outlet(holster, side)
    end = cable_end(parked_tip(holster, side), -side, brushes)
    low = max(start.y(), end.y()) + drop
    path = QPainterPath(start)
    path.cubicTo(QPointF(start.x(), low), QPointF(end.x(), low), end)
    return path


def hanging_cable(start: QPointF, clear: float, end: QPointF, floor: float) -> QPainterPath:
    """A cable that falls straight to `clear`, sags as far as the `floor` lets it, and comes up at `end`."""
    path = QPainterPath(start)
    turn = QPointF(start.x(), max(start.y() + 2, min(clear, floor - 6)))
    if turn.y() > start.y() + 2:
        path.lineTo(turn)
    span = abs(end.x() - turn.x())
    low = min(floor, max(turn.y(), end.y()) + 10 + span * 0.35) + 4
    path.cubicTo(QPointF(turn.x(), low), QPointF(end.x(), low), end)
    return path


def cable(painter: QPainter, path: QPainterPath, brushes: Brushes, *, flow: float | None = None) -> None:
    """A cable along a path; `flow` moves the energy in it from station to car (None: none flows)."""
    colours = brushes.colours
    thick = max(2.6, min(6.0, 1.7 + brushes.unit * 1.15))
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setPen(line(colours.cable_light, thick + 1.2, 0.55))
    painter.drawPath(path)
    painter.setPen(line(colours.cable, thick))
    painter.drawPath(path)
    if flow is not None:
        pen = QPen(QColor(colours.flow), max(1.5, thick * 0.46))
        pen.setCapStyle(Qt.PenCapStyle.RoundCap)
        pen.setDashPattern([2.2, 2.8])
        pen.setDashOffset(-flow * 5)
        painter.setPen(pen)
        painter.drawPath(path)
    painter.restore()


def holster(painter: QPainter, rect: QRectF, connector: Connector, side: int, brushes: Brushes, *, hot: bool) -> None:
    """The cradle of an attached cable, or a socket; hatched when it is not in service."""
    colours, look = brushes.colours, LOOKS[connector.state]
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    frame = crisp(rect)
    shape = rounded(frame, max(3.0, rect.width() * 0.16))
    painter.setPen(line(brushes.palette.accent if hot else colours.cabinet_edge, 1.6 if hot else 1))
    painter.setBrush(falling(frame, colours.cabinet_top, colours.cabinet_bottom))
    painter.drawPath(shape)
    if connector.attached:
        _cradle(painter, rect, side, brushes)
    else:
        _socket(painter, rect, connector, brushes)
    if connector.state is State.UNAVAILABLE or not connector.operative:
        glyphs.hatch(painter, shape, colour(colours.metal, 0.5), 6)
    lit = QRectF(
        rect.center().x() + (side * rect.width() * 0.5) - (3 if side > 0 else 0), rect.top() + 4, 3, rect.height() - 8
    )
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(colours.off) if connector.state is State.OFF else brushes.token(look.colour))
    painter.drawRoundedRect(lit, 1.5, 1.5)
    painter.restore()


def _cradle(painter: QPainter, rect: QRectF, side: int, brushes: Brushes) -> None:
    width, height = rect.width() * 0.52, rect.height() * 0.5
    slot = QRectF(
        rect.center().x() - side * rect.width() * 0.14 - width / 2, rect.top() + rect.height() * 0.1, width, height
    )
    painter.setPen(line(brushes.colours.recess_edge, 1))
    painter.setBrush(QColor(brushes.colours.recess))
    painter.drawPath(rounded(crisp(slot), 3))


def _socket(painter: QPainter, rect: QRectF, connector: Connector, brushes: Brushes) -> None:
    """A round socket with its contacts; the flap is up while a cable is in it."""
    colours = brushes.colours
    radius = min(rect.width() * 0.36, rect.height() * 0.36)
    middle = rect.center()
    painter.setPen(line(colours.recess_edge, 1.2))
    painter.setBrush(QColor(colours.recess))
    painter.drawEllipse(middle, radius, radius)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(colours.metal))
    for dx, dy in ((-0.36, 0.28), (0, 0.42), (0.36, 0.28), (-0.22, -0.12), (0.22, -0.12)):
        painter.drawEllipse(middle + QPointF(dx, dy) * radius, radius * 0.11, radius * 0.11)
    if not (connector.plugged or connector.cable_left):
        painter.setPen(line(colours.recess_edge, 1))
        painter.drawLine(middle + QPointF(-radius * 0.6, -radius), middle + QPointF(radius * 0.6, -radius))


def coil(painter: QPainter, holster_rect: QRectF, side: int, brushes: Brushes) -> None:
    """The loose cable of a socket, coiled on its hook."""
    size = holster_rect.width() * 0.62
    middle = QPointF(
        holster_rect.center().x() + side * holster_rect.width() * 0.06, holster_rect.bottom() + size * 0.34
    )
    path = QPainterPath()
    for grow in (1.0, 0.72):
        path.addEllipse(middle, size * 0.5 * grow, size * 0.56 * grow)
    cable(painter, path, brushes)


@dataclass(frozen=True, slots=True)
class Words:
    """The words beside a connector as they are set; `cover` is all that they take."""

    light: QRectF
    font: QFont
    head: str
    rest: tuple[str, ...]
    text: QRectF
    cover: QRectF


def set_words(rect: QRectF, connector: Connector, detail: str, side: int, brushes: Brushes) -> Words:
    """Set the word of a connector's state and below it a detail, towards the cabinet."""
    height = height_of(brushes.word)
    size = max(9.0, min(17.0, height * 0.82))
    gap = max(2.0, size * 0.3)
    width = rect.width() - size - gap
    font, head = _head_line(rect.width(), width, connector.state, brushes)
    most = max(0, int((rect.height() - height) / height_of(brushes.tiny)))
    rest = wrap(brushes.tiny, width, _shorter(detail, width, brushes), most) if detail and most else []
    total = height + height_of(brushes.tiny) * len(rest)
    top = rect.top() + max(0.0, (rect.height() - total) / 2)
    x = rect.right() - size if side < 0 else rect.left()
    text = QRectF(rect.left() if side < 0 else x + size + gap, top, width, height)
    widest = max([width_of(font, head), *(width_of(brushes.tiny, each) for each in rest)])
    left = rect.right() - size - gap - widest if side < 0 else rect.left()
    cover = QRectF(left, top, size + gap + widest, total)
    return Words(QRectF(x, top + (height - size) / 2, size, size), font, head, tuple(rest), text, cover)


def words(painter: QPainter, words: Words, connector: Connector, side: int, brushes: Brushes) -> None:
    """The light of a connector in its shape, the word of its state, and below it a detail."""
    look = LOOKS[connector.state]
    ink = brushes.token(look.colour)
    glyphs.light(painter, words.light, look.shape, ink, QColor(brushes.colours.sky_bottom))
    align = (RIGHT if side < 0 else LEFT) | Qt.AlignmentFlag.AlignVCenter
    painter.setPen(ink)
    painter.setFont(words.font)
    painter.drawText(words.text, align, words.head)
    painter.setPen(brushes.token("dim"))
    painter.setFont(brushes.tiny)
    small = height_of(brushes.tiny)
    for number, each in enumerate(words.rest):
        top = words.text.bottom() + number * small
        painter.drawText(QRectF(words.text.left(), top, words.text.width(), small), align, each)


def _head_line(room: float, width: float, state: State, brushes: Brushes) -> tuple[QFont, str]:
    words = LOOKS[state].words
    font, head = choose(width, (brushes.small if room < NARROW else brushes.word,), *words)
    return (font, head) if "…" not in head else choose(width, (brushes.least,), *words)


def _shorter(detail: str, width: float, brushes: Brushes) -> str:
    """The detail, or only its first part where the whole would not fit into one line."""
    return detail if width_of(brushes.tiny, detail) <= width else detail.split(" · ")[0]


def detail_of(connector: Connector, reserved_until: str) -> str:
    """The second line of a connector's words: what is wrong, until when, or which plug it is and its OCPP status."""
    kind = connector_type_name(connector.type)
    if connector.error_code:
        return connector.error_code
    if connector.state is State.RESERVED and reserved_until:
        return f"until {reserved_until}"
    if connector.cable_left:
        return "cable in socket"
    plain = LOOKS[connector.state].words[0].replace(" ", "").lower()
    if connector.status == "Occupied" and plain != "occupied":
        return f"{kind} · Occupied" if kind else "Occupied"
    return kind
