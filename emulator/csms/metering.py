"""What meter values say about a transaction: register, power, state of charge."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

from emulator.csms.records import TransactionRecord

REGISTER = "Energy.Active.Import.Register"
PHASES = frozenset(("L1", "L2", "L3", "L1-N", "L2-N", "L3-N"))


class Reading(NamedTuple):
    """One sampled value in Wh, W or percent."""

    measurand: str
    context: str
    value: float


def readings(meter_values: Iterable[dict[str, Any]]) -> list[Reading]:
    """The readings of both versions' meter values in order; phases are summed where no total is given."""
    return [reading for entry in meter_values for reading in _of_one_moment(entry.get("sampledValue", []))]


def _of_one_moment(samples: Iterable[dict[str, Any]]) -> Iterable[Reading]:
    totals: dict[str, Reading] = {}
    phases: dict[str, Reading] = {}
    for sample in samples:
        reading = _reading(sample)
        if reading is None:
            continue
        if "phase" not in sample:
            totals[reading.measurand] = reading
        elif sample["phase"] in PHASES:
            before = phases.get(reading.measurand)
            phases[reading.measurand] = reading._replace(value=reading.value + (before.value if before else 0.0))
    return (phases | totals).values()


def _reading(sample: dict[str, Any]) -> Reading | None:
    if sample.get("format") == "SignedData":
        return None
    try:
        value = float(sample["value"])
    except ValueError:
        return None
    unit = sample.get("unitOfMeasure", {})
    name = sample.get("unit") or unit.get("unit", "")
    value *= 10.0 ** unit.get("multiplier", 0) * (1000.0 if name in ("kWh", "kW") else 1.0)
    return Reading(sample.get("measurand", REGISTER), sample.get("context", "Sample.Periodic"), value)


def note(record: TransactionRecord, meter_values: Iterable[dict[str, Any]]) -> None:
    """Take over what meter values tell about a transaction."""
    for measurand, context, value in readings(meter_values):
        if measurand == REGISTER:
            if record.meter_start_wh is None or context == "Transaction.Begin":
                record.meter_start_wh = value
            record.meter_wh = value
        elif measurand == "Power.Active.Import":
            record.power_w = value
        elif measurand == "SoC":
            record.soc_percent = value
