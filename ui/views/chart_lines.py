"""Which curves the chart has: where their values come from, how they look, and their legend."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from PySide6.QtWidgets import QLabel

from ui.theme import Theme
from ui.views.chart_plot import Curve

KINDS = ("Power", "Current", "Voltage", "Energy")


@dataclass(frozen=True, slots=True)
class Line:
    """A curve and where its values come from: a column of the samples, times a factor."""

    curve: Curve
    column: str
    factor: float = 1.0
    unit: str = ""


LINES: dict[str, tuple[Line, ...]] = {
    "Power": (
        Line(Curve("Power", "accent", filled=True), "power_w", 0.001, "kW"),
        Line(Curve("Limit in force", "bad", dashed=True, steps=True), "offered_w", 0.001, "kW"),
        Line(Curve("SoC", "good", percent=True), "soc_percent", 1.0, "%"),
    ),
    "Current": tuple(
        Line(Curve(f"L{phase}", colour), f"current_a_{phase}", 1.0, "A")
        for phase, colour in ((1, "accent"), (2, "received"), (3, "warning"))
    ),
    "Voltage": tuple(
        Line(Curve(f"L{phase}", colour), f"voltage_v_{phase}", 1.0, "V")
        for phase, colour in ((1, "accent"), (2, "received"), (3, "warning"))
    ),
    "Energy": (
        Line(Curve("Energy register", "accent", filled=True), "energy_wh", 0.001, "kWh"),
        Line(Curve("SoC", "good", percent=True), "soc_percent", 1.0, "%"),
    ),
}
UNITS = {"Power": "kW", "Current": "A", "Voltage": "V", "Energy": "kWh"}


class Legend(QLabel):
    """Names of the curves, each after a piece of its line."""

    def show_lines(self, lines: Iterable[Line], theme: Theme) -> None:
        """Show these lines' names."""
        parts = []
        for line in lines:
            colour = theme.colour(line.curve.colour).name()
            sign = "╌╌" if line.curve.dashed else "━━"
            parts.append(f'<span style="color:{colour}">{sign}</span>&nbsp;{line.curve.name}')
        self.setText("&nbsp;&nbsp;&nbsp;&nbsp;".join(parts))
