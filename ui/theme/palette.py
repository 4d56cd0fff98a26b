"""The colours of the window, one frozen set of tokens per theme, and the arithmetic of contrast."""

from __future__ import annotations

from dataclasses import dataclass

LEAST_CONTRAST = 4.5
"""WCAG 2.2 success criterion 1.4.3 for text of this size."""


@dataclass(frozen=True, slots=True)
class Palette:
    """The tokens, each "#rrggbb"; a `_soft` token is the background on which its text token is written."""

    name: str
    window: str
    panel: str
    raised: str
    line: str
    text: str
    dim: str
    accent: str
    received: str
    good: str
    warning: str
    bad: str
    accent_soft: str
    received_soft: str
    good_soft: str
    warning_soft: str
    bad_soft: str
    on_accent: str
    on_bad: str
    hover: str
    pressed: str
    border: str
    border_strong: str
    selection: str
    selection_text: str
    disabled: str
    tool_tip: str
    tool_tip_text: str


LIGHT = Palette(
    name="light",
    window="#eef1f4",
    panel="#ffffff",
    raised="#f7f9fb",
    line="#dde3e9",
    text="#16202a",
    dim="#5d6b79",
    accent="#0b6bcb",
    received="#8a4fbf",
    good="#117554",  # one shade under the sketch's #12805c, which reaches only 4.3:1 on the window
    warning="#a15c00",
    bad="#c0362c",
    accent_soft="#e6f2fe",
    received_soft="#f4edfb",
    good_soft="#dff5ec",
    warning_soft="#fdf1db",
    bad_soft="#fdeae8",
    on_accent="#ffffff",
    on_bad="#ffffff",
    hover="#edf1f5",
    pressed="#e1e7ed",
    border="#d3dae1",
    border_strong="#8391a0",
    selection="#e6f2fe",
    selection_text="#16202a",
    disabled="#8b98a5",
    tool_tip="#24303b",
    tool_tip_text="#f3f6f9",
)

DARK = Palette(
    name="dark",
    window="#12171c",
    panel="#1a2128",
    raised="#202932",
    line="#2c3742",
    text="#e6edf3",
    dim="#9aa9b7",
    accent="#58a6ff",
    received="#c297ff",
    good="#4cc38a",
    warning="#f0b34a",
    bad="#ff7b72",
    accent_soft="#163556",
    received_soft="#33264a",
    good_soft="#12362a",
    warning_soft="#3a2c12",
    bad_soft="#46201d",
    on_accent="#0b1118",
    on_bad="#0b1118",
    hover="#28323c",
    pressed="#313d49",
    border="#35414d",
    border_strong="#6f7f8f",
    selection="#163556",
    selection_text="#e6edf3",
    disabled="#677583",
    tool_tip="#303c48",
    tool_tip_text="#f0f4f8",
)

TEXT_PAIRS: tuple[tuple[str, str], ...] = (
    *((text, ground) for text in ("text", "dim", "accent", "received", "good", "warning", "bad")
      for ground in ("window", "panel", "raised")),
    *((tone, f"{tone}_soft") for tone in ("accent", "received", "good", "warning", "bad")),
    *(("text", ground) for ground in ("hover", "pressed", "line", "selection")),
    *(("text", f"{tone}_soft") for tone in ("accent", "received", "good", "warning", "bad")),
    *(("dim", ground) for ground in ("hover", "accent_soft", "selection")),
    *(("warning", ground) for ground in ("hover",)),
    ("bad", "hover"),
    ("bad", "selection"),
    ("accent", "selection"),
    ("good", "selection"),
    ("received", "selection"),
    ("warning", "selection"),
    ("on_accent", "accent"),
    ("on_bad", "bad"),
    ("selection_text", "selection"),
    ("tool_tip_text", "tool_tip"),
)  # fmt: skip
"""Every text token with every background on which the style sheet or a view writes it."""


def luminance(colour: str) -> float:
    """The relative luminance of "#rrggbb", 0 to 1 (WCAG 2.2)."""
    red, green, blue = (_linear(int(colour[at : at + 2], 16) / 255) for at in (1, 3, 5))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    """The contrast of two "#rrggbb" colours, 1 to 21 (WCAG 2.2)."""
    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def mix(one: str, other: str, share: float) -> str:
    """`one` with `share` (0 to 1) of `other` in it."""
    pairs = ((int(one[at : at + 2], 16), int(other[at : at + 2], 16)) for at in (1, 3, 5))
    return "#" + "".join(f"{round(a + (b - a) * share):02x}" for a, b in pairs)


def _linear(channel: float) -> float:
    return channel / 12.92 if channel <= 0.04045 else float(((channel + 0.055) / 1.055) ** 2.4)
