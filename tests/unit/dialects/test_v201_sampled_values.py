"""Meter values as 2.0.1 writes them."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from emulator.dialects.v201.metering import meter_values
from emulator.domain.transaction import MeterValue, ReadingContext, Sample

AT = datetime(2026, 1, 5, 12, 0, 0, 123_456, tzinfo=UTC)


def one(*samples: Sample, context: ReadingContext = ReadingContext.SAMPLE_CLOCK) -> MeterValue:
    return MeterValue(AT, context, list(samples))


@pytest.mark.req("J01.FR.07", "J01.FR.08", "J01.FR.09", "J01.FR.10", "J01.FR.17")
def test_a_sample_with_everything():
    (value,) = meter_values([one(Sample("Voltage", 230.04, "V", "L1-N", "Outlet"))])
    assert value == {
        "timestamp": "2026-01-05T12:00:00.123Z",
        "sampledValue": [
            {
                "value": 230.0,
                "context": "Sample.Clock",
                "measurand": "Voltage",
                "phase": "L1-N",
                "location": "Outlet",
                "unitOfMeasure": {"unit": "V"},
            }
        ],
    }


def test_what_a_sample_does_not_have_is_left_out():
    (value,) = meter_values([one(Sample("SoC", 41.26, "Percent"))])
    assert value["sampledValue"] == [
        {"value": 41.3, "context": "Sample.Clock", "measurand": "SoC", "unitOfMeasure": {"unit": "Percent"}}
    ]


@pytest.mark.parametrize(
    ("unit", "value", "told"),
    [
        ("Wh", 1234.56, 1234.6),
        ("W", 11_000.04, 11_000.0),
        ("A", 15.942, 15.94),
        ("Hz", 50, 50),
        ("bar", 1.23456, 1.235),
    ],
)
def test_values_have_the_decimals_of_a_meter(unit: str, value: float, told: float):
    (payload,) = meter_values([one(Sample("X", value, unit))])
    assert payload["sampledValue"][0]["value"] == told


def test_a_value_without_samples_is_left_out():
    assert meter_values([one(), one(Sample("SoC", 1, "Percent"))]) == meter_values([one(Sample("SoC", 1, "Percent"))])
    assert meter_values([one()]) == []
