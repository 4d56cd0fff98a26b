"""MeterValues of 1.6 (sections 4.7, 6.31, 7.27 to 7.34)."""

from __future__ import annotations

from typing import Any

from emulator.domain.times import timestamp
from emulator.domain.transaction import MeterValue, ReadingContext, Sample

# Words that 1.6 spells otherwise than 2.0.1: units (section 7.36).
UNITS = {unit: unit for unit in ("Percent", "Wh", "varh", "W", "var", "A", "V", "Celsius")}


def meter_values(values: tuple[MeterValue, ...] | list[MeterValue]) -> list[dict[str, Any]]:
    """The meterValue field of MeterValues.req, and StopTransaction.req's transactionData."""
    return [
        {"timestamp": timestamp(v.at), "sampledValue": [_sampled_value(s, v.context) for s in v.samples]}
        for v in values
        if v.samples
    ]


def _sampled_value(sample: Sample, context: ReadingContext) -> dict[str, Any]:
    value: dict[str, Any] = {
        "value": _decimal(sample),
        "context": str(context),
        "measurand": sample.measurand,
    }
    if sample.phase:
        value["phase"] = sample.phase
    if sample.location:
        value["location"] = sample.location
    if sample.unit in UNITS:  # 1.6 has no unit for Frequency
        value["unit"] = UNITS[sample.unit]
    return value


def _decimal(sample: Sample) -> str:
    """A number as a meter shows it: whole watts and watt-hours, tenths of volts, amperes and percent."""
    if sample.unit == "":
        return f"{sample.value:.2f}"
    if sample.unit in {"Wh", "W", "varh", "var"}:
        return str(round(sample.value))
    return f"{sample.value:.1f}"
