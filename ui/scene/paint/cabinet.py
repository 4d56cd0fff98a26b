"""The cabinet with its displays, its reader and the plate with the station's name."""

from __future__ import annotations

import math
from collections.abc import Sequence

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QLinearGradient, QPainter, QPen, QPolygonF

from ui.scene.layout import IslandPlace
from ui.scene.paint.brush import (
    Brushes,
    choose,
    colour,
    crisp,
    falling,
    fit,
    height_of,
    line,
    rounded,
    width_of,
    wrap,
    write,
)
from ui.scene.paint.cars import shadow
from ui.scene.texts import Display
from ui.theme import mix

NARROW = 60
"""A display narrower than this many pixels is set in the plain face, and says less rather than half."""


def cabinet(painter: QPainter, island: IslandPlace, brushes: Brushes, lights: Sequence[str]) -> None:
    """The body of a cabinet with a strip of light on top: one colour for each EVSE at it."""
    rect, colours = island.cabinet, brushes.colours
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    wide = rect.adjusted(-rect.width() * 0.14, 0, rect.width() * 0.14, rect.height() * 0.012)
    shadow(
        painter,
        QRectF(wide.left(), rect.bottom() - rect.width() * 0.5, wide.width(), rect.width() * 0.52),
        colours.shadow_strength * 1.3,
    )
    base = QRectF(rect.left() - 3, rect.bottom() - 5, rect.width() + 6, 6)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(mix(colours.cabinet_bottom, "#000000", 0.35)))
    painter.drawRoundedRect(base, 2, 2)
    radius = max(6.0, rect.width() * 0.09)
    body = QRectF(rect.left(), rect.top(), rect.width(), rect.height() - 2)
    painter.setPen(line(colours.cabinet_edge, 1))
    painter.setBrush(falling(body, colours.cabinet_top, colours.cabinet_bottom))
    painter.drawPath(rounded(crisp(body), radius))
    _gloss(painter, crisp(body), radius, brushes)
    _strip(painter, body, radius, lights)
    painter.restore()


def _gloss(painter: QPainter, body: QRectF, radius: float, brushes: Brushes) -> None:
    """A thin light along the upper left edge, and a seam above the foot."""
    gradient = QLinearGradient(body.topLeft(), body.bottomLeft())
    gradient.setColorAt(0, colour(brushes.colours.cabinet_gloss, 0.9))
    gradient.setColorAt(0.5, colour(brushes.colours.cabinet_gloss, 0.1))
    gradient.setColorAt(1, colour(brushes.colours.cabinet_gloss, 0))
    painter.setPen(QPen(gradient, 1))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.drawPath(rounded(body.adjusted(1, 1, -1, -1), radius - 1))


def _strip(painter: QPainter, body: QRectF, radius: float, lights: Sequence[str]) -> None:
    height = max(3.0, min(6.0, body.height() * 0.022))
    inset = max(radius * 0.8, 6)
    whole = QRectF(body.left() + inset, body.top() + max(4.0, height * 1.1), body.width() - 2 * inset, height)
    gap = 4 if len(lights) > 1 else 0
    width = (whole.width() - gap) / max(1, len(lights))
    painter.setPen(Qt.PenStyle.NoPen)
    for at, ink in enumerate(lights):
        part = QRectF(whole.left() + at * (width + gap), whole.top(), width, height)
        painter.setBrush(colour(ink, 0.22))
        painter.drawRoundedRect(part.adjusted(-1.5, -1.5, 1.5, 1.5), height / 2 + 1.5, height / 2 + 1.5)
        painter.setBrush(QColor(ink))
        painter.drawRoundedRect(part, height / 2, height / 2)


def plate(painter: QPainter, rect: QRectF, name: str, online: bool | None, brushes: Brushes) -> None:
    """The station's name, and a dot that is filled while the CSMS is connected (None: no power)."""
    if rect.height() < 8:
        return
    font, colours = brushes.tiny, brushes.colours
    text = fit(font, rect.width() - 14, name)
    total = width_of(font, text) + 11
    x = rect.center().x() - total / 2
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    dot = QRectF(x, rect.center().y() - 3, 6, 6)
    ink = colours.flow if online else colours.off if online is None else colours.cabinet_text
    painter.setPen(line(ink, 1.4))
    painter.setBrush(QColor(ink) if online else Qt.BrushStyle.NoBrush)
    painter.drawEllipse(dot.adjusted(0.5, 0.5, -0.5, -0.5))
    write(
        painter,
        QRectF(x + 11, rect.top(), total, rect.height()),
        font,
        QColor(colours.cabinet_text),
        [text],
        Qt.AlignmentFlag.AlignLeft,
    )
    painter.restore()


def screen(
    painter: QPainter, rect: QRectF, display: Display, brushes: Brushes, *, chosen: bool, optional: bool
) -> None:
    """A display: a small caption, a large first line, the others small; dark when there is nothing to show.

    With `optional` a further line that would be cut is left out.
    """
    lines = display.lines
    colours = brushes.colours
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    frame = crisp(rect)
    radius = max(3.0, min(7.0, rect.height() * 0.1))
    edge = colours.reader_wave if chosen else colours.screen_edge
    painter.setPen(line(edge, 1))
    painter.setBrush(QColor(colours.screen if lines else mix(colours.screen, "#000000", 0.35)))
    painter.drawPath(rounded(frame, radius))
    glass = QLinearGradient(frame.topLeft(), frame.bottomRight())
    glass.setColorAt(0, colour("#ffffff", 0.07))
    glass.setColorAt(0.45, colour("#ffffff", 0.0))
    painter.fillPath(rounded(frame, radius), glass)
    if lines:
        pad = max(2.0, rect.width() * 0.05)
        _screen_text(painter, frame.adjusted(pad, 2, -pad, -2), display, brushes, optional=optional)
    painter.restore()


def _screen_text(painter: QPainter, rect: QRectF, display: Display, brushes: Brushes, *, optional: bool) -> None:
    caption, lines, brief = display
    colours = brushes.colours
    large, small = height_of(brushes.figure), height_of(brushes.tiny)
    room = rect.height()
    shows_caption = room >= small + large
    room -= small if shows_caption else 0
    narrow = rect.width() < NARROW
    faces = (brushes.small,) if narrow else (brushes.figure, brushes.word)
    head, first = choose(rect.width(), faces, lines[0], brief)
    head_lines = [first]
    if first != lines[0]:
        wrapped = wrap(brushes.word, rect.width(), lines[0], 2)
        if room >= 2 * height_of(brushes.word) and not any("…" in each for each in wrapped):
            head, head_lines = brushes.word, wrapped
    room -= height_of(head) * len(head_lines)
    rest: list[str] = []
    for text in lines[1:]:
        left = int(room // small) - len(rest)
        set_text = wrap(brushes.tiny, rect.width(), text, left) if left > 0 else []
        if not ((optional or narrow) and any("…" in each for each in set_text)):
            rest += set_text
    blocks = (
        [(brushes.tiny, colours.screen_dim, [fit(brushes.tiny, rect.width(), caption, caption.split(" · ")[0])])]
        if shows_caption
        else []
    ) + [
        (head, colours.screen_text, head_lines),
        (brushes.tiny, colours.screen_dim, rest),
    ]
    total = sum(height_of(font) * len(texts) for font, _, texts in blocks)
    y = rect.top() + max(0.0, (rect.height() - total) / 2)
    for font, ink, texts in blocks:
        height = height_of(font) * len(texts)
        if texts:
            write(painter, QRectF(rect.left(), y, rect.width(), height), font, QColor(ink), texts)
        y += height


def reader(
    painter: QPainter, rect: QRectF, brushes: Brushes, *, powered: bool, wave: float, says: tuple[str, str], hot: bool
) -> None:
    """A card reader; `wave` from 0 to 1 while a card is being read, `hot` while a card hovers over it."""
    colours = brushes.colours
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    text, tone = says
    label_height = height_of(brushes.tiny)
    has_label = rect.height() >= 30 + label_height and width_of(brushes.tiny, "tap card") < rect.width()
    below = label_height if has_label else 0
    side = min(rect.height() - below, rect.width() * 0.72, 58)
    pad = QRectF(rect.center().x() - side / 2, rect.top() + (rect.height() - side - below) / 2, side, side)
    inks = {"good": colours.verdict_good, "bad": colours.verdict_bad}
    active = powered and (hot or wave > 0 or text == "card read")
    edge = inks.get(tone, colours.reader_wave if active else colours.screen_edge)
    painter.setPen(line(edge, 1.4 if active or tone else 1))
    painter.setBrush(QColor(colours.reader_glow if active else colours.reader))
    painter.drawPath(rounded(crisp(pad), max(4.0, side * 0.18)))
    if tone and wave <= 0:
        _verdict(painter, pad, edge, accepted=tone == "good")
    else:
        _waves(painter, pad, colours.reader_wave if powered else colours.off, wave)
    if has_label:
        font = brushes.word if tone else brushes.tiny
        words = fit(font, rect.width(), text, "accepted" if tone == "good" else "refused")
        where = QRectF(rect.left(), pad.bottom(), rect.width(), label_height)
        write(painter, where, font, QColor(inks.get(tone, colours.cabinet_text)), [words])
    painter.restore()


def _verdict(painter: QPainter, pad: QRectF, ink: str, *, accepted: bool) -> None:
    """A tick or a cross: what came of the card."""
    reach = pad.width() * 0.2
    middle = pad.center()
    painter.setPen(line(ink, max(2.0, pad.width() * 0.075)))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    if accepted:
        tick = [(-1.1, 0.1), (-0.3, 0.9), (1.2, -0.8)]
        painter.drawPolyline(QPolygonF([middle + QPointF(x, y) * reach for x, y in tick]))
    else:
        painter.drawLine(middle + QPointF(-reach, -reach), middle + QPointF(reach, reach))
        painter.drawLine(middle + QPointF(-reach, reach), middle + QPointF(reach, -reach))


def _waves(painter: QPainter, pad: QRectF, ink: str, wave: float) -> None:
    """A dot and three arcs; while a card is read the arcs light up one after the other."""
    side = pad.width()
    origin = QPointF(pad.left() + side * 0.34, pad.center().y())
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(ink))
    painter.drawEllipse(origin, side * 0.055, side * 0.055)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    for number in range(3):
        radius = side * (0.15 + 0.13 * number)
        glow = 1.0 if wave <= 0 else 0.25 + 0.75 * max(0.0, math.cos((wave * 3 - number) * math.pi / 1.5)) ** 2
        pen = QPen(colour(ink, glow), max(1.4, side * 0.06))
        pen.setCapStyle(Qt.PenCapStyle.RoundCap)
        painter.setPen(pen)
        painter.drawArc(QRectF(origin.x() - radius, origin.y() - radius, 2 * radius, 2 * radius), -48 * 16, 96 * 16)
