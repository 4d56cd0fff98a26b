"""MeterValues and the MeterValueType (use cases J01, J02)."""

from __future__ import annotations

from collections.abc import Iterable

from emulator.dialects.dialect import Payload
from emulator.domain.times import timestamp
from emulator.domain.transaction import MeterValue, ReadingContext, Sample

# As many decimals as the display of such a meter has.
DECIMALS = {"Wh": 1, "W": 1, "A": 2, "V": 1, "Percent": 1, "Hz": 2}


def meter_values(values: Iterable[MeterValue]) -> list[Payload]:
    """The meterValue field; values without a sample are left out, as the field may not be empty."""
    return [
        # J01.FR.17, J02.FR.18: one timestamp for all samples of a value
        {"timestamp": timestamp(v.at), "sampledValue": [_sampled_value(s, v.context) for s in v.samples]}
        for v in values
        if v.samples
    ]


def _sampled_value(sample: Sample, context: ReadingContext) -> Payload:
    value: Payload = {
        "value": round(sample.value, DECIMALS.get(sample.unit, 3)),
        "context": str(context),  # J01.FR.08
        "measurand": sample.measurand,  # J01.FR.07
    }
    if sample.phase:
        value["phase"] = sample.phase  # J01.FR.10
    if sample.location:
        value["location"] = sample.location  # J01.FR.09
    if sample.unit:  # a power factor has none
        value["unitOfMeasure"] = {"unit": sample.unit}
    return value
