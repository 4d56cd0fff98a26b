"""The Qt style sheet and the QPalette, built from a palette of tokens."""

from __future__ import annotations

from pathlib import Path
from string import Template

from PySide6.QtGui import QColor, QPalette

from ui.theme.fonts import SMALL_SIZE, TEXT_SIZE
from ui.theme.icons import FOLDER
from ui.theme.palette import Palette, mix

_TEMPLATE = Path(__file__).with_name("style.qss")


def style_sheet(palette: Palette, fixed_family: str, text_scale: float = 1) -> str:
    """The style sheet of the whole program in the colours of a palette."""
    tokens = {token: getattr(palette, token) for token in Palette.__slots__}
    template = Template(_TEMPLATE.read_text(encoding="utf-8"))
    return template.substitute(
        tokens,
        icons=(FOLDER / "style").as_posix(),
        fixed=fixed_family,
        text_size=round(TEXT_SIZE * text_scale),
        small=round(SMALL_SIZE * text_scale),
        accent_hover=mix(palette.accent, palette.text, 0.12),
        accent_pressed=mix(palette.accent, palette.text, 0.22),
        focus_on_fill=mix(palette.accent, palette.text, 0.6),
        scroll=mix(palette.panel, palette.border_strong, 0.55),
    )


def qt_palette(palette: Palette) -> QPalette:
    """The same colours for what Fusion and own delegates paint without the style sheet."""
    role = QPalette.ColorRole
    result = QPalette()
    pairs = {
        role.Window: palette.window,
        role.WindowText: palette.text,
        role.Base: palette.panel,
        role.AlternateBase: palette.raised,
        role.Text: palette.text,
        role.PlaceholderText: palette.dim,
        role.Button: palette.raised,
        role.ButtonText: palette.text,
        role.BrightText: palette.bad,
        role.Highlight: palette.selection,
        role.HighlightedText: palette.selection_text,
        role.Accent: palette.accent,
        role.Link: palette.accent,
        role.LinkVisited: palette.received,
        role.ToolTipBase: palette.tool_tip,
        role.ToolTipText: palette.tool_tip_text,
        role.Light: palette.panel,
        role.Midlight: palette.hover,
        role.Mid: palette.border,
        role.Dark: palette.border_strong,
        role.Shadow: palette.border_strong,
    }
    for each, colour in pairs.items():
        result.setColor(each, QColor(colour))
    for each in (role.WindowText, role.Text, role.ButtonText, role.HighlightedText):
        result.setColor(QPalette.ColorGroup.Disabled, each, QColor(palette.disabled))
    return result
