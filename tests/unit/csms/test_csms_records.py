"""What the CSMS makes of meter values, and how it keeps its memory bounded."""

from __future__ import annotations

import pytest

from emulator.csms import metering, records
from emulator.csms.records import StationRecord, TransactionRecord


@pytest.mark.parametrize(
    ("samples", "known"),
    [
        ([{"value": "1500"}], {"meter_start_wh": 1500, "meter_wh": 1500}),
        ([{"value": 2, "unitOfMeasure": {"unit": "Wh", "multiplier": 3}}], {"meter_start_wh": 2000, "meter_wh": 2000}),
        ([{"value": "x"}, {"value": "AA", "format": "SignedData"}], {"meter_wh": None}),
        ([{"value": "7", "measurand": "SoC"}, {"value": "8", "measurand": "Frequency"}], {"soc_percent": 7}),
        (
            [
                {"value": str(watts), "measurand": "Power.Active.Import", "phase": f"L{n}-N"}
                for n, watts in ((1, 5), (2, 6))
            ],
            {"power_w": 11},
        ),
        (
            [
                {"value": 5, "measurand": "Power.Active.Import", "phase": "L1"},
                {"value": 12, "measurand": "Power.Active.Import"},
                {"value": 400, "measurand": "Power.Active.Import", "phase": "L1-L2"},
            ],
            {"power_w": 12},
        ),
    ],
)
def test_meter_values_are_understood(samples, known):
    record = TransactionRecord("1")
    metering.note(record, [{"sampledValue": samples}])
    assert {name: getattr(record, name) for name in known} == known


def test_energy_is_zero_while_the_meter_is_not_known():
    assert TransactionRecord("1").energy_wh == 0


def test_the_oldest_ended_transactions_are_forgotten(monkeypatch):
    monkeypatch.setattr(records, "KEPT_TRANSACTIONS", 2)
    station = StationRecord("CP1")
    for name in "abc":
        station.transaction(name)
    assert list(station.transactions) == ["a", "b", "c"]
    station.end(station.transaction("b"), "then", "Local")
    station.transaction("d")
    assert list(station.transactions) == ["a", "c", "d"]
