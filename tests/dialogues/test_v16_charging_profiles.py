"""Charging profiles of 1.6 on the wire: refused, cleared and told as composite schedules."""

from __future__ import annotations

import pytest

from tests.support.charging import (
    ACCEPTED,
    REJECTED,
    THREE_PHASES_W,
    TWO_AC,
    TWO_PLUGS,
    charge,
    flat,
    install,
    periods,
    power_w,
    profile,
    schedule,
)
from tests.support.dialogue import Dialogue, Payload

# --- refusals (5.16, 7.8 to 7.14, 9.4, errata 3.38, 3.39)

WRONG: dict[str, tuple[int, Payload]] = {
    "max profile on a connector": (1, profile(flat(10.0), purpose="ChargePointMaxProfile")),
    "transaction profile on connector 0": (0, profile(flat(10.0), purpose="TxProfile")),
    "transaction profile without a transaction": (2, profile(flat(10.0), purpose="TxProfile")),
    "unknown transaction": (1, profile(flat(10.0), purpose="TxProfile", transactionId=77)),
    "transaction of a default profile": (1, profile(flat(10.0), transactionId=1001)),
    "first period not at 0": (1, profile(schedule((10, 10.0)))),
    "periods not in order": (1, profile(schedule((0, 10.0), (600, 8.0), (300, 6.0)))),
    "two periods at once": (1, profile(schedule((0, 10.0), (300, 8.0), (300, 6.0)))),
    "negative limit": (1, profile(flat(-1.0))),
    "no phases": (1, profile(schedule((0, 10.0, 0)))),
    "negative duration": (1, profile(flat(10.0, duration=-5))),
    "too many periods": (1, profile(schedule(*((n * 60, 10.0) for n in range(97))))),
    "stack level too high": (1, profile(flat(10.0), level=21)),
    "negative stack level": (1, profile(flat(10.0), level=-1)),
    "recurring without how": (1, profile(flat(10.0), chargingProfileKind="Recurring")),
    "recurring without a start": (
        1,
        profile(flat(10.0, start=None), chargingProfileKind="Recurring", recurrencyKind="Daily"),
    ),
    "valid until before it is valid": (
        1,
        profile(flat(10.0), validFrom="2026-01-06T00:00:00Z", validTo="2026-01-05T00:00:00Z"),
    ),
}


@pytest.mark.req("1.6:5.16", "1.6:3.13.1", "1.6:7.13", "1.6:9.4.1", "1.6:9.4.3")
@pytest.mark.parametrize("case", WRONG)
async def test_a_wrong_profile_is_rejected_and_changes_nothing(case: str) -> None:
    connector, wire = WRONG[case]
    async with Dialogue("1.6") as d:
        await install(d, 0, profile(flat(16.0), number=9))
        await charge(d)
        before = d.state("profiles")
        assert await install(d, connector, {**wire, "chargingProfileId": 9}) == REJECTED
        assert d.state("profiles") == before
        assert power_w(d) == pytest.approx(16 * THREE_PHASES_W)
        assert d.notes[-1].startswith("SetChargingProfile 9: ")


@pytest.mark.req("1.6:errata:3.38", "1.6:errata:3.39", "1.6:7.13")
@pytest.mark.parametrize(
    ("connector", "change", "error"),
    [
        (9, {}, "PropertyConstraintViolation"),
        (-1, {}, "PropertyConstraintViolation"),
        (1, {"chargingSchedule": schedule((0, 10.0), unit="kW")}, "PropertyConstraintViolation"),
        (1, {"chargingProfilePurpose": "Nonsense"}, "PropertyConstraintViolation"),
        (1, {"chargingSchedule": schedule()}, "OccurenceConstraintViolation"),
        (1, {"chargingSchedule": {"chargingRateUnit": "A"}}, "OccurenceConstraintViolation"),
        (1, {"chargingSchedule": schedule((0, 10.0), start="yesterday")}, "TypeConstraintViolation"),
        (1, {"validFrom": "2026-13-01T00:00:00Z"}, "TypeConstraintViolation"),
        (1, {"chargingSchedule": schedule((0, "much"))}, "TypeConstraintViolation"),
        (1, {"colour": "red"}, "FormationViolation"),
    ],
)
async def test_a_malformed_profile_is_an_error(connector: int, change: Payload, error: str) -> None:
    async with Dialogue("1.6") as d:
        answer = await install(d, connector, {**profile(flat(10.0)), **change})
        assert answer["error"] == error
        assert d.state("profiles") == []


@pytest.mark.req("1.6:9.4.2", "1.6:errata:3.88")
async def test_a_unit_that_is_not_allowed_is_not_supported() -> None:
    async with Dialogue("1.6", settings={"ChargingScheduleAllowedChargingRateUnit": "Current"}) as d:
        assert await install(d, 1, profile(flat(10_000, "W"))) == {"status": "NotSupported"}
        assert await install(d, 1, profile(flat(10.0))) == ACCEPTED
        answer = await d.call("GetCompositeSchedule", connectorId=1, duration=60, chargingRateUnit="W")
        assert answer == REJECTED


@pytest.mark.req("1.6:9.4.5")
async def test_no_more_profiles_than_can_be_installed() -> None:
    async with Dialogue("1.6", configuration=TWO_AC) as d:
        places = [
            (0, "ChargePointMaxProfile"),
            (0, "TxDefaultProfile"),
            (1, "TxDefaultProfile"),
            (2, "TxDefaultProfile"),
        ]
        wanted = [(place, purpose, level) for place, purpose in places for level in range(21)]
        # Connector 0 stands for all: it comes first, then the connectors' own profiles live beside it.
        for number, (place, purpose, level) in enumerate(wanted):
            assert await install(d, place, profile(flat(10.0), number, level, purpose)) == ACCEPTED
        await charge(d)
        for level in range(16):
            assert await install(d, 1, profile(flat(9.0), 200 + level, level, "TxProfile")) == ACCEPTED
        assert await install(d, 1, profile(flat(9.0), 300, 16, "TxProfile")) == REJECTED
        assert await install(d, 1, profile(flat(9.0), 300, 15, "TxProfile")) == ACCEPTED
        answer = await d.call("GetConfiguration", key=["MaxChargingProfilesInstalled"])
        assert int(answer["configurationKey"][0]["value"]) == len(d.state("profiles")) == 100


@pytest.mark.req("1.6:3.13.5", "1.6:9.1.29")
async def test_a_central_system_discovers_what_the_charge_point_can_do() -> None:
    keys = ["ChargeProfileMaxStackLevel", "ChargingScheduleAllowedChargingRateUnit", "ChargingScheduleMaxPeriods"]
    keys += ["ConnectorSwitch3to1PhaseSupported", "MaxChargingProfilesInstalled", "SupportedFeatureProfiles"]
    async with Dialogue("1.6") as d:
        answer = await d.call("GetConfiguration", key=keys)
        assert "unknownKey" not in answer
        values = {row["key"]: row["value"] for row in answer["configurationKey"]}
        assert values["ChargingScheduleAllowedChargingRateUnit"] == "Current,Power"
        assert "SmartCharging" in values["SupportedFeatureProfiles"].split(",")


# --- clearing (5.5, errata 3.25 and 3.26)

INSTALLED = (
    (0, 1, 0, "ChargePointMaxProfile"),
    (0, 2, 1, "TxDefaultProfile"),
    (1, 3, 0, "TxDefaultProfile"),
    (2, 4, 0, "TxDefaultProfile"),
    (1, 5, 1, "TxProfile"),
)


@pytest.mark.req("1.6:5.5", "1.6:errata:3.25", "1.6:errata:3.26")
@pytest.mark.parametrize(
    ("criteria", "left"),
    [
        ({}, []),
        ({"id": 3}, [1, 2, 4, 5]),
        ({"id": 3, "connectorId": 2, "stackLevel": 7}, [1, 2, 4, 5]),
        ({"connectorId": 0}, [3, 4, 5]),
        ({"connectorId": 1}, [1, 2, 4]),
        ({"chargingProfilePurpose": "TxDefaultProfile"}, [1, 5]),
        ({"chargingProfilePurpose": "ChargePointMaxProfile"}, [2, 3, 4, 5]),
        ({"stackLevel": 0}, [2, 5]),
        ({"connectorId": 1, "stackLevel": 1}, [1, 2, 3, 4]),
        ({"connectorId": 1, "chargingProfilePurpose": "TxProfile"}, [1, 2, 3, 4]),
        ({"chargingProfilePurpose": "TxDefaultProfile", "stackLevel": 0}, [1, 2, 5]),
        ({"connectorId": 2, "chargingProfilePurpose": "TxDefaultProfile", "stackLevel": 0}, [1, 2, 3, 5]),
        ({"id": 99}, None),
        ({"connectorId": 9}, None),
        ({"connectorId": 2, "stackLevel": 1}, None),
    ],
)
async def test_clearing_removes_what_fits_all_criteria(criteria: Payload, left: list[int] | None) -> None:
    async with Dialogue("1.6") as d:
        await charge(d)
        for connector, number, level, purpose in INSTALLED:
            assert await install(d, connector, profile(flat(10.0), number, level, purpose)) == ACCEPTED
        answer = await d.call("ClearChargingProfile", criteria)
        assert answer == ({"status": "Unknown"} if left is None else ACCEPTED)
        assert [p["id"] for p in d.state("profiles")] == ([1, 2, 3, 4, 5] if left is None else left)


@pytest.mark.req("1.6:5.5")
async def test_local_limits_are_not_the_central_systems_to_clear() -> None:
    async with Dialogue("1.6") as d:
        await d.perform("local_limit", evse=1, limit_a=8, duration_s=600)
        await charge(d)
        assert await d.call("ClearChargingProfile") == {"status": "Unknown"}
        assert power_w(d) == pytest.approx(8 * THREE_PHASES_W)
        assert [limit for _, limit in await periods(d, chargingRateUnit="A")] == [8.0, 31.8]
        await install(d, 1, profile(flat(6.0)))
        assert power_w(d) == pytest.approx(6 * THREE_PHASES_W)
        await d.call("ClearChargingProfile")
        assert power_w(d) == pytest.approx(8 * THREE_PHASES_W)
        await d.advance(600)
        assert power_w(d) == pytest.approx(22_000)


async def test_a_local_limit_of_the_station_is_shared_and_meets_profiles_and_settings() -> None:
    async with Dialogue("1.6", configuration=TWO_AC) as d:
        await d.perform("local_limit", evse=0, limit_w=20_000, source="EMS")
        await charge(d, 1)
        await charge(d, 2, "TAG2")
        assert (power_w(d, 1), power_w(d, 2)) == (pytest.approx(10_000), pytest.approx(10_000))
        await install(d, 1, profile(flat(6_000, "W")))
        assert (power_w(d, 1), power_w(d, 2)) == (pytest.approx(6_000), pytest.approx(14_000))
        await d.perform("set_variable", component="EVSE", variable="Power", evse=2, attribute="MaxSet", value="5000")
        assert (power_w(d, 1), power_w(d, 2)) == (pytest.approx(6_000), pytest.approx(5_000))
        assert [p["purpose"] for p in d.state("profiles")] == ["TxDefaultProfile", "ChargingStationExternalConstraints"]
        await d.perform("reboot")
        await d.advance(60)
        assert [p["source"] for p in d.state("profiles")] == [None, "EMS"]
        await d.perform("local_limit", evse=0, clear=True)
        assert [p["source"] for p in d.state("profiles")] == [None]


@pytest.mark.req("1.6:3.13.1")
async def test_a_transaction_profile_for_the_other_connector_of_an_evse_is_rejected() -> None:
    async with Dialogue("1.6", configuration=TWO_PLUGS) as d:
        await charge(d)
        assert await install(d, 2, profile(flat(8.0), purpose="TxProfile")) == REJECTED
        assert await install(d, 1, profile(flat(8.0), purpose="TxProfile")) == ACCEPTED
        assert power_w(d) == pytest.approx(8 * THREE_PHASES_W)
        assert await d.call("ClearChargingProfile", connectorId=2) == {"status": "Unknown"}
        assert await d.call("ClearChargingProfile", connectorId=1) == ACCEPTED


# --- telling (5.7)


@pytest.mark.req("1.6:5.7", "1.6:errata:3.30", "1.6:errata:3.57")
async def test_the_composite_schedule_of_a_connector_and_of_the_charge_point() -> None:
    async with Dialogue("1.6", configuration=TWO_AC) as d:
        await install(d, 1, profile(schedule((0, 10.0), (600, 20.0))))
        answer = await d.call("GetCompositeSchedule", connectorId=1, duration=900, chargingRateUnit="A")
        assert answer == {
            "status": "Accepted",
            "connectorId": 1,
            "scheduleStart": "2026-01-05T12:00:00.000Z",
            "chargingSchedule": {
                "duration": 900,
                "chargingRateUnit": "A",
                "chargingSchedulePeriod": [
                    {"startPeriod": 0, "limit": 10.0, "numberPhases": 3},
                    {"startPeriod": 600, "limit": 20.0, "numberPhases": 3},
                ],
            },
        }
        assert await periods(d, 1, 900, chargingRateUnit="W") == [(0, 6_900.0), (600, 13_800.0)]
        assert await periods(d, 1, 600, chargingRateUnit="W") == [(0, 6_900.0)]
        assert await periods(d, 0, 900, chargingRateUnit="W") == [(0, 28_900.0), (600, 35_800.0)]
        await install(d, 0, profile(schedule((0, 32.0), (300, 16.0)), 2, purpose="ChargePointMaxProfile"))
        assert await periods(d, 0, 900, chargingRateUnit="A") == [(0, 32.0), (300, 16.0)]
        assert await periods(d, 1, 900, chargingRateUnit="A") == [(0, 10.0), (600, 16.0)]


@pytest.mark.req("1.6:5.7")
async def test_the_unit_is_that_of_the_profiles_unless_it_is_asked_for() -> None:
    async with Dialogue("1.6") as d:
        answer = await d.call("GetCompositeSchedule", connectorId=1, duration=60)
        assert answer["chargingSchedule"]["chargingRateUnit"] == "W"
        await install(d, 1, profile(flat(10.0)))
        answer = await d.call("GetCompositeSchedule", connectorId=1, duration=60)
        assert answer["chargingSchedule"]["chargingRateUnit"] == "A"


@pytest.mark.req("1.6:5.7", "1.6:errata:3.24")
async def test_what_cannot_be_told_is_rejected() -> None:
    async with Dialogue("1.6") as d:
        for connector, duration in ((9, 60), (-1, 60), (1, 0), (1, -60)):
            answer = await d.call("GetCompositeSchedule", connectorId=connector, duration=duration)
            assert answer == REJECTED
        answer = await d.call("GetCompositeSchedule", connectorId=1, duration=60, chargingRateUnit="kW")
        assert answer["error"] == "PropertyConstraintViolation"


@pytest.mark.req("1.6:5.7")
async def test_a_schedule_of_a_thousand_years_ends_after_a_month() -> None:
    async with Dialogue("1.6") as d:
        wire = schedule(*((n * 900, 6.0 + n % 2) for n in range(96)))
        await install(d, 0, profile(wire, chargingProfileKind="Recurring", recurrencyKind="Daily"))
        answer = await d.call("GetCompositeSchedule", connectorId=1, duration=31_536_000_000)
        assert answer["chargingSchedule"]["duration"] == 31 * 86_400
