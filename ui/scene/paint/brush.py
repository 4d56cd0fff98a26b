"""What every brush needs: the colours in force, fonts that grow with the scene, and text that is never cut."""

from __future__ import annotations

import re
from collections.abc import Sequence

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QBrush, QColor, QFont, QFontMetricsF, QLinearGradient, QPainter, QPainterPath, QPen

from ui.scene.paint import colours
from ui.theme import DARK, Palette
from ui.theme.fonts import sans

LEFT = Qt.AlignmentFlag.AlignLeft
RIGHT = Qt.AlignmentFlag.AlignRight
CENTRE = Qt.AlignmentFlag.AlignHCenter
LARGEST_TEXT = 1.3
"""What stands beside each other in the scene leaves no room for more."""
_CODE = re.compile(r"[A-Za-z]*[a-z][A-Z][A-Za-z]*")
_WORDS_OF_A_CODE = re.compile(r"[A-Z]*[a-z]*")


class Brushes:
    """Colours and fonts for one theme and one size of the scene."""

    def __init__(self, palette: Palette, unit: float, text_scale: float = 1) -> None:
        self.palette = palette
        self.colours = colours.DARK if palette is DARK else colours.LIGHT
        self.unit = unit
        grown = max(0.0, min(unit, 4.2) - 1)
        scale = max(1.0, min(text_scale, LARGEST_TEXT))
        self.least = sans(9)
        self.tiny = sans((10 + grown * 0.7) * scale)
        self.small = sans((10 + grown * 0.95) * scale)
        self.word = sans((10.4 + grown * 1.15) * scale, bold=True)
        self.figure = sans((12 + grown * 3.6) * scale, bold=True)

    def token(self, name: str) -> QColor:
        """A colour of the window's palette."""
        return QColor(getattr(self.palette, name))


def colour(text: str, alpha: float = 1) -> QColor:
    """The text "#rrggbb" as a colour, with an opacity of 0 to 1."""
    result = QColor(text)
    result.setAlphaF(alpha)
    return result


def line(text: str, width: float = 1, alpha: float = 1) -> QPen:
    """A solid pen with round ends."""
    pen = QPen(colour(text, alpha), width)
    pen.setCapStyle(Qt.PenCapStyle.RoundCap)
    pen.setJoinStyle(Qt.PenJoinStyle.RoundJoin)
    return pen


def falling(rect: QRectF, top: str, bottom: str) -> QBrush:
    """A brush that goes from one colour at the top of a rectangle to another at its bottom."""
    gradient = QLinearGradient(rect.topLeft(), rect.bottomLeft())
    gradient.setColorAt(0, QColor(top))
    gradient.setColorAt(1, QColor(bottom))
    return QBrush(gradient)


def rounded(rect: QRectF, radius: float) -> QPainterPath:
    """A rectangle with round corners."""
    path = QPainterPath()
    path.addRoundedRect(rect, radius, radius)
    return path


def crisp(rect: QRectF) -> QRectF:
    """The rectangle on whole pixels and a half, so that a line of one pixel is sharp."""
    return QRectF(round(rect.left()) + 0.5, round(rect.top()) + 0.5, round(rect.width()) - 1, round(rect.height()) - 1)


def width_of(font: QFont, text: str) -> float:
    """How wide a text is in pixels."""
    return QFontMetricsF(font).horizontalAdvance(text)


def height_of(font: QFont) -> float:
    """How high a line of text is in pixels."""
    return QFontMetricsF(font).height()


def fit(font: QFont, width: float, *candidates: str) -> str:
    """The first candidate that fits into `width` pixels; else the last, shortened with an ellipsis."""
    given = [each for each in candidates if each]
    for each in given:
        if width_of(font, each) <= width:
            return each
    return QFontMetricsF(font).elidedText(given[-1], Qt.TextElideMode.ElideRight, width) if given else ""


def wrap(font: QFont, width: float, text: str, most: int) -> list[str]:
    """A text in at most `most` lines, broken at spaces and between the words of a CamelCase code."""
    lines: list[str] = []
    current = ""
    pieces = _pieces(text)
    for at, piece in enumerate(pieces):
        if current and width_of(font, (current + piece).rstrip()) > width:
            if len(lines) == most - 1:
                current += "".join(pieces[at:])
                break
            lines.append(current.rstrip())
            current = piece.lstrip()
        else:
            current += piece
    if current.strip():
        lines.append(fit(font, width, current.strip()))
    return lines


def _pieces(text: str) -> list[str]:
    """Words and the spaces between them; a CamelCase code falls into its words."""
    pieces: list[str] = []
    for piece in re.findall(r"\s+|\S+", text):
        pieces += _WORDS_OF_A_CODE.findall(piece)[:-1] if _CODE.fullmatch(piece) else [piece]
    return pieces


def choose(width: float, fonts: Sequence[QFont], *candidates: str) -> tuple[QFont, str]:
    """The first candidate that fits in any of the fonts, and that font; else the last of both, shortened."""
    given = [each for each in candidates if each] or [""]
    for text in given:
        for font in fonts:
            if width_of(font, text) <= width:
                return font, text
    return fonts[-1], fit(fonts[-1], width, given[-1])


def write(
    painter: QPainter, rect: QRectF, font: QFont, ink: QColor, lines: Sequence[str], align: Qt.AlignmentFlag = CENTRE
) -> None:
    """Write lines below each other, the block centred vertically in `rect`."""
    painter.setFont(font)
    painter.setPen(ink)
    height = height_of(font)
    top = rect.center().y() - height * len(lines) / 2
    for at, text in enumerate(lines):
        painter.drawText(QRectF(rect.left(), top + at * height, rect.width(), height), align, text)


def at(x: float, y: float) -> QPointF:
    """A point."""
    return QPointF(x, y)
