"""The system's fonts at the window's sizes, with sensible families where the system names none."""

from __future__ import annotations

from PySide6.QtGui import QFont, QFontDatabase, QFontInfo

TEXT_SIZE = 13
SMALL_SIZE = 12

_NO_CHOICE = frozenset(
    {"", "Sans Serif", "Sans", "sans-serif", "DejaVu Sans", "Monospace", "monospace", "DejaVu Sans Mono"}
)
"""Families that fontconfig gives when nobody chose one: then a better one is looked for."""

_SANS = ("Inter", "Segoe UI", "Noto Sans", "Cantarell", "Ubuntu", "Open Sans", "Roboto", "Liberation Sans", "Arial")
_FIXED = ("JetBrains Mono", "Cascadia Mono", "Noto Sans Mono", "Fira Mono", "Source Code Pro", "Liberation Mono")
_DEJAVU_STRETCH = 90


def sans(pixels: float = TEXT_SIZE, *, bold: bool = False) -> QFont:
    """The system's text font at a height in pixels; DejaVu, which runs wide, in its condensed cut."""
    font = _chosen(QFontDatabase.SystemFont.GeneralFont, _SANS)
    if QFontInfo(font).family() == "DejaVu Sans":
        font.setFamily("DejaVu Sans")
        font.setStretch(_DEJAVU_STRETCH)
    return _sized(font, pixels, bold=bold)


def fixed(pixels: float = SMALL_SIZE, *, bold: bool = False) -> QFont:
    """The system's fixed-width font at a height in pixels."""
    font = _chosen(QFontDatabase.SystemFont.FixedFont, _FIXED)
    font.setStyleHint(QFont.StyleHint.Monospace)
    return _sized(font, pixels, bold=bold)


def _chosen(kind: QFontDatabase.SystemFont, better: tuple[str, ...]) -> QFont:
    font = QFontDatabase.systemFont(kind)
    if font.family() in _NO_CHOICE or QFontInfo(font).family() in _NO_CHOICE:
        installed = set(QFontDatabase.families())
        found = next((family for family in better if family in installed), None)
        if found is not None:
            font = QFont(found)
    return font


def _sized(font: QFont, pixels: float, *, bold: bool) -> QFont:
    font.setPixelSize(max(1, round(pixels)))
    font.setWeight(QFont.Weight.DemiBold if bold else QFont.Weight.Normal)
    return font
