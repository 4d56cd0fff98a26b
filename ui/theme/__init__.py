"""Light and dark: palette, style sheet, fonts and icons."""

from ui.theme.palette import DARK, LIGHT, Palette, contrast, mix
from ui.theme.theme import Choice, Theme, set_role

__all__ = ["DARK", "LIGHT", "Choice", "Palette", "Theme", "contrast", "mix", "set_role"]
