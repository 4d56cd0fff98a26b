"""The colours of the drawn world, beside the palette of the window."""

from __future__ import annotations

from dataclasses import dataclass
from zlib import crc32

_SHUFFLE = 904
"""Deals the usual names of cars different colours."""


@dataclass(frozen=True, slots=True)
class SceneColours:
    """Sky, ground, cabinet, cables and cars in one theme, each "#rrggbb"."""

    sky_top: str
    sky_bottom: str
    hill_far: str
    hill_near: str
    floor_top: str
    floor_bottom: str
    kerb: str
    marking: str
    shadow_strength: float
    cabinet_top: str
    cabinet_bottom: str
    cabinet_edge: str
    cabinet_gloss: str
    cabinet_text: str
    recess: str
    recess_edge: str
    screen: str
    screen_edge: str
    screen_text: str
    screen_dim: str
    reader: str
    reader_wave: str
    reader_glow: str
    off: str
    verdict_good: str
    verdict_bad: str
    cable: str
    cable_light: str
    plug: str
    plug_edge: str
    metal: str
    flow: str
    cloud: str
    disc: str
    glass_top: str
    glass_bottom: str
    tyre: str
    rim: str
    car_edge: str
    cars: tuple[str, ...]

    def car(self, name: str) -> str:
        """The paint of a car, always the same for the same name."""
        return self.cars[crc32(f"{_SHUFFLE}{name}".encode()) % len(self.cars)]


LIGHT = SceneColours(
    sky_top="#e3edf6",
    sky_bottom="#f5f8fa",
    hill_far="#dfe9ee",
    hill_near="#d3e1df",
    floor_top="#d5dce3",
    floor_bottom="#e0e6eb",
    kerb="#f4f7f9",
    marking="#f7fafc",
    shadow_strength=0.22,
    cabinet_top="#3d4a57",
    cabinet_bottom="#2c3742",
    cabinet_edge="#222b34",
    cabinet_gloss="#5d6c7b",
    cabinet_text="#d6e0e9",
    recess="#141b22",
    recess_edge="#53616f",
    screen="#0d151d",
    screen_edge="#1c2732",
    screen_text="#c9f7df",
    screen_dim="#8fb7a6",
    reader="#10181f",
    reader_wave="#6cb4ff",
    reader_glow="#1d3a58",
    off="#4b5763",
    verdict_good="#7fe3b4",
    verdict_bad="#ffaaa3",
    cable="#1c242c",
    cable_light="#485663",
    plug="#26303a",
    plug_edge="#59687a",
    metal="#b4c0cb",
    flow="#5fe0a8",
    cloud="#ffffff",
    disc="#fff6dd",
    glass_top="#dcebf5",
    glass_bottom="#a9c3d6",
    tyre="#20272e",
    rim="#c5ced6",
    car_edge="#2b3947",
    cars=("#5b7fa6", "#b5574f", "#5f8f7b", "#e9edf1", "#8b7ab8", "#c99a4b", "#6d7b88", "#4f9bb0"),
)

DARK = SceneColours(
    sky_top="#131b23",
    sky_bottom="#1d2934",
    hill_far="#1a2731",
    hill_near="#1b2d31",
    floor_top="#27323c",
    floor_bottom="#1f2831",
    kerb="#374450",
    marking="#46545f",
    shadow_strength=0.5,
    cabinet_top="#51616f",
    cabinet_bottom="#3c4a57",
    cabinet_edge="#6b7c8c",
    cabinet_gloss="#7b8c9b",
    cabinet_text="#eaf0f5",
    recess="#10161c",
    recess_edge="#71818f",
    screen="#080d12",
    screen_edge="#1b252e",
    screen_text="#c3f5db",
    screen_dim="#86b09e",
    reader="#0c1218",
    reader_wave="#6cb4ff",
    reader_glow="#1a3857",
    off="#6a7885",
    verdict_good="#a9f2cf",
    verdict_bad="#ffc9c4",
    cable="#05080b",
    cable_light="#8a9aa8",
    plug="#1c252d",
    plug_edge="#7e8f9f",
    metal="#a7b4c0",
    flow="#5fe0a8",
    cloud="#243240",
    disc="#c9d6e2",
    glass_top="#3d566c",
    glass_bottom="#2a3f52",
    tyre="#090d11",
    rim="#7f8d99",
    car_edge="#0e151c",
    cars=("#6f95bf", "#c76b62", "#6fa48e", "#cdd5dc", "#9c8bc9", "#d3a85e", "#8391a0", "#62aabf"),
)
