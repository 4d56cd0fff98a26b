"""Stations, cars and charging profiles for dialogues about smart charging in 1.6."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from emulator.domain.station import Cable
from emulator.runtime.configuration import ConnectorConfiguration, EvseConfiguration, StationConfiguration
from tests.support.dialogue import Dialogue, Payload

TAG = "04A22B6C"
ACCEPTED = {"status": "Accepted"}
REJECTED = {"status": "Rejected"}
NOON = "2026-01-05T12:00:00Z"  # when every dialogue begins, a Monday
THREE_PHASES_W = 3 * 230.0
TWO_AC = replace(
    StationConfiguration(),
    evses=tuple(
        EvseConfiguration(n, connectors=(ConnectorConfiguration(1, "cType2", Cable.ATTACHED, 32.0),)) for n in (1, 2)
    ),
)
TWO_PLUGS = replace(
    StationConfiguration(),
    evses=(
        EvseConfiguration(
            1,
            connectors=(
                ConnectorConfiguration(1, "cType2", Cable.ATTACHED, 32.0),
                ConnectorConfiguration(2, "cType2", Cable.ATTACHED, 32.0),
            ),
        ),
    ),
)
CAR = {"name": "A", "battery_kwh": 200, "soc": 10, "max_ac_kw": 22, "phases": 3}


def schedule(*periods: Any, unit: str = "A", start: str | None = NOON, **fields: Any) -> Payload:
    """A chargingSchedule of (startPeriod, limit) or (startPeriod, limit, numberPhases)."""
    names = ("startPeriod", "limit", "numberPhases")
    wire = [dict(zip(names, period, strict=False)) for period in periods]
    begin = {"startSchedule": start} if start else {}
    return {"chargingRateUnit": unit, "chargingSchedulePeriod": wire, **begin, **fields}


def profile(
    limits: Payload, number: int = 1, level: int = 0, purpose: str = "TxDefaultProfile", **fields: Any
) -> Payload:
    """A ChargingProfile."""
    return {
        "chargingProfileId": number,
        "stackLevel": level,
        "chargingProfilePurpose": purpose,
        "chargingProfileKind": "Absolute",
        "chargingSchedule": limits,
        **fields,
    }


def flat(limit: float, unit: str = "A", **fields: Any) -> Payload:
    """One limit for ever."""
    return schedule((0, limit), unit=unit, **fields)


async def install(d: Dialogue, connector: int, wire: Payload) -> Payload:
    return await d.call("SetChargingProfile", connectorId=connector, csChargingProfiles=wire)


async def charge(d: Dialogue, evse: int = 1, tag: str = TAG, **car: Any) -> int:
    """Plug in and start; gives the Central System's number of the transaction."""
    await d.perform("plug", evse=evse, vehicle={**CAR, "name": f"Car {evse}", **car})
    await d.perform("swipe", id_token=tag, evse=evse)
    number: int = d.state("evses")[evse - 1]["transaction"] and d.state("transactions")[-1]["csms_id"]
    return number


def power_w(d: Dialogue, evse: int = 1) -> float:
    value: float = d.state("evses")[evse - 1]["power_w"]
    return value


async def periods(d: Dialogue, connector: int = 1, duration: int = 3600, **fields: Any) -> list[tuple[int, float]]:
    answer = await d.call("GetCompositeSchedule", connectorId=connector, duration=duration, **fields)
    assert answer["status"] == "Accepted"
    assert "startSchedule" not in answer["chargingSchedule"]  # errata 3.57
    return [(p["startPeriod"], p["limit"]) for p in answer["chargingSchedule"]["chargingSchedulePeriod"]]
