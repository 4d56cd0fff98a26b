"""The world around: sky, hills and floor; and on the floor the bays with their captions."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPainterPath, QPen, QPolygonF

from ui.scene.layout import EvsePlace, IslandPlace, ScenePlace
from ui.scene.paint import glyphs
from ui.scene.paint.brush import (
    LEFT,
    Brushes,
    colour,
    crisp,
    falling,
    fit,
    height_of,
    line,
    rounded,
    width_of,
    write,
)


def backdrop(painter: QPainter, place: ScenePlace, brushes: Brushes) -> None:
    """Sky with soft hills behind the first row, and a floor for each row."""
    colours = brushes.colours
    whole = QRectF(QPointF(0, 0), place.size)
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.fillRect(whole, falling(whole, colours.sky_top, colours.sky_bottom))
    for top in sorted({island.rect.top() for island in place.islands}):
        island = next(each for each in place.islands if each.rect.top() == top)
        _row(
            painter,
            QRectF(0, top, whole.width(), island.rect.height()),
            island.ground,
            brushes,
            last=island.rect.bottom() > whole.bottom() - 2,
        )
    painter.restore()


def _row(painter: QPainter, row: QRectF, ground: float, brushes: Brushes, *, last: bool) -> None:
    colours = brushes.colours
    air = QRectF(row.left(), row.top(), row.width(), ground - row.top() + 1)
    if row.top() > 1:
        painter.fillRect(air, falling(air, colours.sky_top, colours.sky_bottom))
    if air.height() > 190:
        _sky(painter, air, brushes)
    _hills(painter, row, ground, brushes)
    floor = QRectF(row.left(), ground, row.width(), row.bottom() - ground)
    painter.fillRect(floor, falling(floor, colours.floor_top, colours.floor_bottom))
    painter.fillRect(QRectF(row.left(), round(ground) - 1, row.width(), 2), QColor(colours.kerb))


def _sky(painter: QPainter, air: QRectF, brushes: Brushes) -> None:
    """A sun with clouds, or a moon with stars; faint, since words are written over it."""
    colours, dark = brushes.colours, brushes.palette.name == "dark"
    middle = QPointF(air.left() + air.width() * 0.13, air.top() + air.height() * 0.17)
    radius = air.height() * (0.042 if dark else 0.055)
    painter.setPen(Qt.PenStyle.NoPen)
    if dark:
        moon, bite = QPainterPath(), QPainterPath()
        moon.addEllipse(middle, radius, radius)
        bite.addEllipse(middle + QPointF(radius * 0.5, -radius * 0.25), radius * 0.85, radius * 0.85)
        painter.fillPath(moon.subtracted(bite), colour(colours.disc, 0.42))
        painter.setBrush(colour(colours.disc, 0.4))
        for x, y, size in _STARS:
            painter.drawEllipse(QPointF(air.left() + air.width() * x, air.top() + air.height() * y), size, size)
        return
    for grow, strength in ((2.6, 0.10), (1.8, 0.16), (1.0, 0.95)):
        painter.setBrush(colour(colours.disc, strength))
        painter.drawEllipse(middle, radius * grow, radius * grow)
    painter.setBrush(colour(colours.cloud, 0.6))
    for x, y, size in ((0.24, 0.13, 1.0), (0.86, 0.09, 1.25), (0.93, 0.3, 0.7)):
        reach = air.height() * 0.05 * size
        cloud = QPainterPath()
        cloud.setFillRule(Qt.FillRule.WindingFill)
        at = QPointF(air.left() + air.width() * x, air.top() + air.height() * y)
        cloud.addRoundedRect(QRectF(at.x() - reach * 1.7, at.y(), reach * 3.4, reach * 0.9), reach * 0.45, reach * 0.45)
        cloud.addEllipse(at + QPointF(-reach * 0.5, 0), reach * 0.72, reach * 0.66)
        cloud.addEllipse(at + QPointF(reach * 0.45, reach * 0.1), reach * 0.6, reach * 0.5)
        painter.drawPath(cloud)


_STARS = (
    (0.06, 0.42, 0.8), (0.24, 0.1, 1.0), (0.31, 0.3, 0.7), (0.72, 0.08, 0.9), (0.8, 0.2, 0.7), (0.9, 0.1, 1.1),
    (0.95, 0.34, 0.8), (0.66, 0.16, 0.6), (0.2, 0.26, 0.6), (0.87, 0.42, 0.6),
)  # fmt: skip


def _hills(painter: QPainter, row: QRectF, ground: float, brushes: Brushes) -> None:
    reach = ground - row.top()
    for ink, height, phase in ((brushes.colours.hill_far, 0.34, 0.0), (brushes.colours.hill_near, 0.2, 0.55)):
        path = QPainterPath(QPointF(row.left(), ground))
        path.lineTo(row.left(), ground - reach * height * (0.5 + 0.4 * phase))
        width = row.width()
        for at in range(3):
            left = row.left() + width * at / 3
            rise = height * (1.0 if (at + int(phase * 2)) % 2 == 0 else 0.55)
            fall = height * (0.5 + 0.35 * ((at + 1) % 2))
            path.cubicTo(
                QPointF(left + width / 9, ground - reach * rise),
                QPointF(left + width / 4.5, ground - reach * rise),
                QPointF(left + width / 3, ground - reach * fall * 0.8),
            )
        path.lineTo(row.right(), ground)
        path.closeSubpath()
        painter.fillPath(path, QColor(ink))


def bay_floor(
    painter: QPainter, island: IslandPlace, place: EvsePlace, brushes: Brushes, *, chosen: bool, closed: bool
) -> None:
    """The marked parking place on the floor, in perspective; tinted when its EVSE is selected, hatched when closed."""
    colours = brushes.colours
    depth = (place.caption.top() - island.ground) + 1
    lean = min(depth * 0.5, place.car.left() - 4 - place.bay.left(), place.bay.right() - place.car.right() - 4)
    left, right = place.car.left() - 2, place.car.right() + 2
    far, near = island.ground + 2, island.ground + depth
    corners = [
        QPointF(left + lean, far),
        QPointF(right - lean, far),
        QPointF(right + lean, near),
        QPointF(left - lean, near),
    ]
    outline = QPolygonF(corners)
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    path = QPainterPath()
    path.addPolygon(outline)
    path.closeSubpath()
    painter.fillPath(path, colour(brushes.palette.accent, 0.16) if chosen else colour(colours.marking, 0.35))
    if closed:
        glyphs.hatch(painter, path, colour(brushes.palette.dim, 0.45), 8)
    painter.setPen(line(brushes.palette.accent if chosen else colours.marking, 1.6, 0.75 if chosen else 1))
    painter.drawLine(corners[0], corners[3])
    painter.drawLine(corners[1], corners[2])
    painter.restore()


def invitation(painter: QPainter, place: EvsePlace, brushes: Brushes, *, hot: bool, closed: bool) -> QRectF:
    """The dashed outline of a car that is not there, with the invitation to bring one."""
    rect = invitation_rect(place)
    palette = brushes.palette
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    pen = QPen(QColor(palette.accent if hot else palette.border_strong), 1.8 if hot else 1.2)
    pen.setDashPattern([4, 3.2])
    painter.setPen(pen)
    painter.setBrush(colour(palette.accent, 0.14) if hot else colour(palette.panel, 0.6))
    shape = rounded(crisp(rect), 7)
    painter.drawPath(shape)
    inner = rect.adjusted(4, 2, -4, -2)
    room = int(inner.height() / height_of(brushes.small))
    head = fit(brushes.small, inner.width(), f"Bay {place.id} is empty", f"Bay {place.id}")
    offers = ("drag a car here", "drag a car") if room > 1 and not closed else ()
    offer = next((each for each in offers if width_of(brushes.tiny, each) <= inner.width()), "")
    lines = [head, offer] if offer else [head]
    total = height_of(brushes.small) + height_of(brushes.tiny) * (len(lines) - 1)
    top = inner.center().y() - total / 2
    ink = brushes.token("accent" if hot else "text")
    write(painter, QRectF(inner.left(), top, inner.width(), height_of(brushes.small)), brushes.small, ink, lines[:1])
    below = QRectF(
        inner.left(), top + height_of(brushes.small), inner.width(), height_of(brushes.tiny) * (len(lines) - 1)
    )
    write(painter, below, brushes.tiny, brushes.token("accent" if hot else "dim"), lines[1:])
    painter.restore()
    return rect


def invitation_rect(place: EvsePlace) -> QRectF:
    """Where the invitation of an empty bay stands."""
    rect = place.car.adjusted(0, 0, 0, -place.car.height() * 0.1)
    if rect.height() < 34:
        rect.setTop(rect.bottom() - 34)
    return rect


def caption(painter: QPainter, place: EvsePlace, name: str, detail: str, brushes: Brushes, *, chosen: bool) -> QRectF:
    """The EVSE's number, the car's name and how full it is, on the floor; returns what it covers."""
    rect = place.caption
    one = height_of(brushes.small)
    lines = 2 if detail and rect.height() >= 2 * one - 1 else 1
    size = min(rect.height(), max(14.0, height_of(brushes.word) + 2), 24)
    badge_width = max(size, width_of(brushes.word, str(place.id)) + 8)
    room = rect.width() - badge_width - 6
    texts = (
        [fit(brushes.small, room, name)]
        if lines == 2
        else [fit(brushes.small, room, f"{name} · {detail}" if name and detail else name, name)]
    )
    if lines == 2:
        texts.append(fit(brushes.tiny, room, detail))
    width = (
        badge_width
        + 6
        + max(width_of(brushes.small if at == 0 else brushes.tiny, text) for at, text in enumerate(texts))
    )
    left = max(rect.left(), min(place.car.center().x() - width / 2, rect.right() - width))
    if not name:
        width, left = badge_width, place.car.center().x() - badge_width / 2
    total = one + (height_of(brushes.tiny) if lines == 2 else 0)
    top = rect.top() + max(0.0, (rect.height() - max(total, size)) / 2)
    middle = top + max(total, size) / 2
    glyphs.badge(painter, QRectF(left, middle - size / 2, badge_width, size), brushes, str(place.id), chosen=chosen)
    x = left + badge_width + 6
    write(painter, QRectF(x, middle - total / 2, room, one), brushes.small, brushes.token("text"), texts[:1], LEFT)
    if lines == 2:
        where = QRectF(x, middle - total / 2 + one, room, height_of(brushes.tiny))
        write(painter, where, brushes.tiny, brushes.token("dim"), texts[1:], LEFT)
    return QRectF(left, top, width, max(total, size))


def inlet_ring(painter: QPainter, at: QPointF, brushes: Brushes, *, hot: bool) -> None:
    """Where a plug in the hand can go."""
    radius = max(7.0, min(14.0, 5 + brushes.unit * 2.4))
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setBrush(colour(brushes.palette.accent, 0.45 if hot else 0.16))
    painter.setPen(line(brushes.palette.accent, 2))
    painter.drawEllipse(at, radius, radius)
    painter.restore()


def focus_ring(painter: QPainter, rect: QRectF, brushes: Brushes) -> None:
    """The mark of the keyboard's focus: a line in the accent colour with a light one around it."""
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setPen(line(brushes.palette.panel, 4))
    painter.drawPath(rounded(rect, 7))
    painter.setPen(line(brushes.palette.accent, 2))
    painter.drawPath(rounded(rect, 7))
    painter.restore()
