"""Our own SVG icons, tinted with a colour of the palette."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from PySide6.QtCore import QByteArray, QRectF, Qt
from PySide6.QtGui import QIcon, QPainter, QPixmap

FOLDER = Path(__file__).resolve().parents[2] / "resources" / "icons"
_SIZES = (16, 20, 32, 48)


@cache
def names() -> tuple[str, ...]:
    """The names of all icons, sorted."""
    return tuple(sorted(path.stem for path in FOLDER.glob("*.svg")))


@cache
def source(name: str) -> str:
    """The SVG text of an icon, drawn in `currentColor`; KeyError for a name that does not exist."""
    path = FOLDER / f"{name}.svg"
    if not path.is_file():
        raise KeyError(f"there is no icon {name!r} in {FOLDER}; there are: {', '.join(names())}")
    return path.read_text(encoding="utf-8")


def pixmap(name: str, colour: str, size: int) -> QPixmap:
    """An icon as a square pixmap of `size` device pixels in the colour "#rrggbb"."""
    from PySide6.QtSvg import QSvgRenderer  # loaded with the first icon, not with the window

    renderer = QSvgRenderer(QByteArray(source(name).replace("currentColor", colour).encode()))
    picture = QPixmap(size, size)
    picture.fill(Qt.GlobalColor.transparent)
    painter = QPainter(picture)
    renderer.render(painter, QRectF(0, 0, size, size))
    painter.end()
    return picture


def tinted(name: str, colour: str, disabled: str) -> QIcon:
    """An icon in a colour, and in another where it cannot be used; sharp at one and two times the scale."""
    icon = QIcon()
    for size in _SIZES:
        icon.addPixmap(pixmap(name, colour, size), QIcon.Mode.Normal)
        icon.addPixmap(pixmap(name, disabled, size), QIcon.Mode.Disabled)
    return icon
