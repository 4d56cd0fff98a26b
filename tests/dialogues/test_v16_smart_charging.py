"""Smart charging of 1.6: profiles stacked, combined and shared, and cars that follow them."""

from __future__ import annotations

import random

import pytest

from tests.support.charging import (
    ACCEPTED,
    CAR,
    REJECTED,
    TAG,
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

# --- purposes (3.13.1)


@pytest.mark.req("1.6:3.13.1", "1.6:5.16")
async def test_a_car_follows_the_default_profile_of_the_charge_point() -> None:
    async with Dialogue("1.6") as d:
        assert await install(d, 0, profile(flat(10.0))) == ACCEPTED
        await charge(d)
        assert power_w(d) == pytest.approx(10 * THREE_PHASES_W)


@pytest.mark.req("1.6:3.13.1")
async def test_the_default_profile_of_a_connector_replaces_that_of_all_for_this_one_alone() -> None:
    async with Dialogue("1.6", configuration=TWO_AC) as d:
        await install(d, 0, profile(flat(10.0)))
        await install(d, 2, profile(flat(20.0), number=2))
        await charge(d, 1)
        await charge(d, 2, "TAG2")
        assert power_w(d, 1) == pytest.approx(10 * THREE_PHASES_W)
        assert power_w(d, 2) == pytest.approx(20 * THREE_PHASES_W)
        assert await d.call("ClearChargingProfile", id=2) == ACCEPTED
        assert power_w(d, 2) == pytest.approx(10 * THREE_PHASES_W)


@pytest.mark.req("1.6:3.13.1")
async def test_each_connector_of_an_evse_has_its_own_profile() -> None:
    async with Dialogue("1.6", configuration=TWO_PLUGS) as d:
        await install(d, 1, profile(flat(8.0)))
        await install(d, 2, profile(flat(16.0), number=2))
        await d.perform("plug", evse=1, connector=2, vehicle=CAR)
        await d.perform("swipe", id_token=TAG)
        assert power_w(d) == pytest.approx(16 * THREE_PHASES_W)
        assert (await periods(d, 1, chargingRateUnit="A"))[0] == (0, 8.0)
        assert (await periods(d, 2, chargingRateUnit="A"))[0] == (0, 16.0)


@pytest.mark.req("1.6:3.13.1", "1.6:5.16.3", "1.6:errata:3.8")
async def test_a_transaction_profile_overrules_the_default_until_the_transaction_ends() -> None:
    async with Dialogue("1.6") as d:
        await install(d, 0, profile(flat(10.0)))
        number = await charge(d)
        wire = profile(flat(20.0), number=2, purpose="TxProfile", transactionId=number)
        assert await install(d, 1, wire) == ACCEPTED
        assert power_w(d) == pytest.approx(20 * THREE_PHASES_W)
        # A new default profile changes nothing while the transaction's own one holds ...
        await install(d, 0, profile(flat(6.0)))
        assert power_w(d) == pytest.approx(20 * THREE_PHASES_W)
        await d.perform("swipe", id_token=TAG)
        assert [p["id"] for p in d.state("profiles")] == [1]
        await d.perform("unplug", evse=1)
        # ... and the next driver gets the default one.
        await charge(d)
        assert power_w(d) == pytest.approx(6 * THREE_PHASES_W)


@pytest.mark.req("1.6:errata:3.8", "1.6:5.16.4")
async def test_a_default_profile_is_followed_by_running_transactions_and_so_is_its_removal() -> None:
    async with Dialogue("1.6") as d:
        await charge(d)
        assert power_w(d) == pytest.approx(22_000)
        await install(d, 0, profile(flat(10.0)))
        assert power_w(d) == pytest.approx(10 * THREE_PHASES_W)
        await d.call("ClearChargingProfile", id=1)
        assert power_w(d) == pytest.approx(22_000)


# --- stacking (3.13.2)


@pytest.mark.req("1.6:3.13.2", "1.6:5.16.4", "1.6:errata:3.43")
async def test_the_highest_stack_level_prevails_and_the_next_one_takes_over_at_its_end() -> None:
    async with Dialogue("1.6") as d:
        await install(d, 0, profile(flat(20.0), number=1, level=0))
        await install(d, 0, profile(schedule((0, 10.0), duration=600), number=2, level=3))
        await install(d, 0, profile(flat(6.0), number=3, level=5, validTo="2026-01-05T12:05:00Z"))
        await charge(d)
        assert power_w(d) == pytest.approx(6 * THREE_PHASES_W)
        assert [p["active"] for p in d.state("profiles")] == [False, False, True]
        assert await periods(d) == [(0, 6.0), (300, 10.0), (600, 20.0)]
        await d.advance(299)
        assert power_w(d) == pytest.approx(6 * THREE_PHASES_W)
        await d.advance(1)
        assert power_w(d) == pytest.approx(10 * THREE_PHASES_W)
        await d.advance(300)
        assert power_w(d) == pytest.approx(20 * THREE_PHASES_W)


@pytest.mark.req("1.6:3.13.2")
async def test_a_profile_of_the_same_level_and_purpose_replaces_the_other_even_if_valid_later() -> None:
    async with Dialogue("1.6") as d:
        await install(d, 0, profile(flat(10.0), number=1))
        await install(d, 0, profile(flat(6.0), number=2, validFrom="2026-01-05T12:10:00Z"))
        assert [p["id"] for p in d.state("profiles")] == [2]
        await charge(d)
        assert power_w(d) == pytest.approx(22_000)
        await d.advance(600)
        assert power_w(d) == pytest.approx(6 * THREE_PHASES_W)


@pytest.mark.req("1.6:5.16.3", "1.6:5.16.4")
async def test_a_profile_of_the_same_id_replaces_the_other() -> None:
    async with Dialogue("1.6") as d:
        await install(d, 0, profile(flat(10.0), number=1, level=1))
        await install(d, 1, profile(flat(6.0), number=1, level=7))
        (only,) = d.state("profiles")
        assert (only["id"], only["evse"], only["stack_level"]) == (1, 1, 7)


# --- purposes together (3.13.3)


@pytest.mark.req("1.6:3.13.3")
async def test_the_least_of_all_purposes_holds() -> None:
    async with Dialogue("1.6") as d:
        await install(d, 0, profile(schedule((0, 9_000), (600, 4_200), unit="W"), purpose="ChargePointMaxProfile"))
        await install(d, 0, profile(schedule((0, 6.0), (300, 16.0)), number=2))
        await charge(d)
        assert power_w(d) == pytest.approx(6 * THREE_PHASES_W)
        await d.advance(300)
        assert power_w(d) == pytest.approx(9_000)
        assert await periods(d, chargingRateUnit="W") == [(0, 9_000.0), (300, 4_200.0)]
        await d.advance(300)
        assert power_w(d) == pytest.approx(4_200)


@pytest.mark.req("1.6:3.13.3")
async def test_connectors_share_the_limit_of_the_charge_point() -> None:
    async with Dialogue("1.6", configuration=TWO_AC) as d:
        await install(d, 0, profile(flat(20_000, "W"), purpose="ChargePointMaxProfile"))
        await charge(d, 1)
        assert power_w(d, 1) == pytest.approx(20_000)
        await charge(d, 2, "TAG2")
        assert (power_w(d, 1), power_w(d, 2)) == (pytest.approx(10_000), pytest.approx(10_000))
        # A car that takes less leaves the rest to the other ...
        await d.perform("vehicle", evse=2, max_ac_kw=6)
        assert (power_w(d, 1), power_w(d, 2)) == (pytest.approx(14_000), pytest.approx(6_000))
        # ... and a car that takes nothing leaves it all.
        await d.perform("vehicle", evse=2, wants_charge=False)
        assert power_w(d, 1) == pytest.approx(20_000)
        assert d.status(2) == "SuspendedEV"
        await d.perform("vehicle", evse=2, wants_charge=True)
        assert (power_w(d, 1), power_w(d, 2)) == (pytest.approx(14_000), pytest.approx(6_000))
        await d.perform("swipe", id_token="TAG2", evse=2)
        assert power_w(d, 1) == pytest.approx(20_000)


@pytest.mark.req("1.6:3.13.3")
async def test_where_a_share_is_too_small_to_charge_with_the_last_one_waits() -> None:
    async with Dialogue("1.6", configuration=TWO_AC) as d:
        await install(d, 0, profile(flat(10.0), purpose="ChargePointMaxProfile"))
        await charge(d, 1)
        await charge(d, 2, "TAG2")
        assert (power_w(d, 1), power_w(d, 2)) == (pytest.approx(10 * THREE_PHASES_W), 0)
        assert (d.status(1), d.status(2)) == ("Charging", "SuspendedEVSE")
        await d.perform("swipe", id_token=TAG, evse=1)
        assert power_w(d, 2) == pytest.approx(10 * THREE_PHASES_W)


@pytest.mark.req("1.6:3.13.3")
async def test_a_nearly_full_car_leaves_more_and_more_to_the_other() -> None:
    async with Dialogue("1.6", configuration=TWO_AC) as d:
        await install(d, 0, profile(flat(20_000, "W"), purpose="ChargePointMaxProfile"))
        await charge(d, 1)
        await charge(d, 2, "TAG2", battery_kwh=20, soc=85, taper_soc=80)
        before = power_w(d, 1)
        await d.advance(1200)
        assert power_w(d, 1) > before + 1_000
        assert power_w(d, 1) + power_w(d, 2) <= 20_000.001
        await d.advance(7200)
        assert power_w(d, 1) == pytest.approx(20_000)


@pytest.mark.req("1.6:3.13.3")
async def test_in_amperes_the_charge_point_shares_each_phase() -> None:
    async with Dialogue("1.6", configuration=TWO_AC) as d:
        await install(d, 0, profile(flat(20.0), purpose="ChargePointMaxProfile"))
        await charge(d, 1, phases=3)
        await charge(d, 2, "TAG2", phases=1)
        meters = d.state("meters")
        assert [sum(m["current_a"][phase] for m in meters) for phase in range(3)] == pytest.approx([20, 10, 10])


# --- units and phases (7.12 to 7.14)


@pytest.mark.req("1.6:7.12", "1.6:errata:3.34")
async def test_amperes_are_per_phase_and_watts_in_total() -> None:
    async with Dialogue("1.6") as d:
        await install(d, 1, profile(schedule((0, 10.0, 3), (60, 6.0, 3))))
        await charge(d, phases=1)
        assert power_w(d) == pytest.approx(10 * 230)
        await install(d, 1, profile(flat(3_000, "W")))
        # The limit as it is given, although the car uses one phase of the three.
        assert power_w(d) == pytest.approx(3_000)
        assert d.state("meters")[0]["current_a"] == pytest.approx([3_000 / 230, 0, 0])
        assert await periods(d, chargingRateUnit="A") == [(0, 13.0)]


@pytest.mark.req("1.6:7.14", "1.6:9.4.4")
async def test_a_period_of_one_phase_switches_the_others_off() -> None:
    async with Dialogue("1.6") as d:
        await install(d, 1, profile(schedule((0, 16.0), (600, 16.0, 1), (1200, 16.0, 3))))
        await charge(d)
        assert d.state("meters")[0]["current_a"] == pytest.approx([16, 16, 16])
        await d.advance(600)
        assert d.state("meters")[0]["current_a"] == pytest.approx([16, 0, 0])
        await d.advance(600)
        assert d.state("meters")[0]["current_a"] == pytest.approx([16, 16, 16])


@pytest.mark.req("1.6:7.31")
async def test_what_is_offered_is_measured_per_phase_in_use() -> None:
    async with Dialogue("1.6", settings={"MeterValuesSampledData": "Power.Offered,Current.Offered"}) as d:
        await install(d, 1, profile(schedule((0, 10.0, 1))))
        await charge(d)
        await d.call("TriggerMessage", requestedMessage="MeterValues", connectorId=1)
        values = (await d.expect("MeterValues"))["meterValue"][0]["sampledValue"]
        offered = {value["measurand"]: float(value["value"]) for value in values}
        assert offered == {"Power.Offered": 2300, "Current.Offered": 10}


@pytest.mark.req("1.6:9.4.4", "1.6:5.16")
async def test_a_charge_point_that_cannot_switch_phases_does_not_support_such_a_profile() -> None:
    async with Dialogue("1.6", settings={"ConnectorSwitch3to1PhaseSupported": "false"}) as d:
        assert await install(d, 1, profile(schedule((0, 16.0, 1)))) == {"status": "NotSupported"}
        assert await install(d, 1, profile(schedule((0, 16.0, 3)))) == ACCEPTED
        assert await install(d, 2, profile(schedule((0, 16.0, 1)), number=2)) == ACCEPTED  # DC has no phases


@pytest.mark.req("1.6:7.12")
async def test_a_limit_below_the_least_current_suspends_the_car() -> None:
    async with Dialogue("1.6") as d:
        await charge(d)
        d.forget()
        await install(d, 1, profile(schedule((0, 0.0), (300, 6.0))))
        await d.expect("StatusNotification", connectorId=1, status="SuspendedEVSE")
        assert power_w(d) == 0
        await d.advance(300)
        await d.expect("StatusNotification", connectorId=1, status="Charging")
        assert power_w(d) == pytest.approx(6 * THREE_PHASES_W)


@pytest.mark.req("1.6:7.12")
async def test_a_dc_outlet_follows_watts_and_amperes() -> None:
    async with Dialogue("1.6") as d:
        await install(d, 2, profile(flat(30_000, "W")))
        await charge(d, 2)
        assert power_w(d, 2) == pytest.approx(30_000)
        await install(d, 2, profile(flat(50.0)))
        assert power_w(d, 2) == pytest.approx(50 * d.state("evses")[1]["voltage_v"])


# --- kinds (7.9, 7.34)


@pytest.mark.req("1.6:7.9", "1.6:errata:3.79")
async def test_a_daily_profile_recurs_at_the_hour_of_its_start() -> None:
    async with Dialogue("1.6") as d:
        wire = schedule((0, 6.0), (3600, 16.0), start="2025-12-24T11:30:00Z", duration=7200)
        await install(d, 0, profile(wire, chargingProfileKind="Recurring", recurrencyKind="Daily"))
        hardware_a = 31.8
        assert await periods(d, duration=86_400, chargingRateUnit="A") == [
            (0, 6.0),
            (1800, 16.0),
            (5400, hardware_a),
            (84_600, 6.0),
        ]


@pytest.mark.req("1.6:7.9", "1.6:errata:3.79")
async def test_a_weekly_profile_recurs_at_the_day_of_its_start() -> None:
    async with Dialogue("1.6") as d:
        wire = schedule((0, 6.0), (600, 16.0), start="2025-12-29T12:00:00Z", duration=1200)
        await install(d, 0, profile(wire, chargingProfileKind="Recurring", recurrencyKind="Weekly"))
        found = await periods(d, duration=8 * 86_400)
        assert [start for start, _ in found] == [0, 600, 1200, 604_800, 605_400, 606_000]


@pytest.mark.req("1.6:5.16.4", "1.6:errata:3.44")
async def test_what_is_longer_than_the_recurrence_is_not_executed() -> None:
    async with Dialogue("1.6") as d:
        wire = schedule((0, 6.0), (80_000, 10.0), (90_000, 16.0), duration=100_000)
        await install(d, 0, profile(wire, chargingProfileKind="Recurring", recurrencyKind="Daily"))
        assert await periods(d, duration=100_000) == [(0, 6.0), (80_000, 10.0), (86_400, 6.0)]


@pytest.mark.req("1.6:5.16.4", "1.6:7.13")
async def test_periods_after_the_duration_are_not_executed_and_the_last_one_lasts_until_it() -> None:
    async with Dialogue("1.6") as d:
        await install(d, 0, profile(schedule((0, 6.0), (100, 8.0), (500, 10.0), duration=300)))
        assert [start for start, _ in await periods(d)] == [0, 100, 300]


@pytest.mark.req("1.6:7.9", "1.6:7.13")
@pytest.mark.parametrize("kind", ["Relative", "Absolute"])
async def test_without_a_start_the_schedule_begins_with_the_charging(kind: str) -> None:
    async with Dialogue("1.6") as d:
        wire = schedule((0, 10.0), (600, 6.0), start=None)
        await install(d, 0, profile(wire, chargingProfileKind=kind))
        await d.advance(1000)
        await charge(d)
        assert power_w(d) == pytest.approx(10 * THREE_PHASES_W)
        assert await periods(d) == [(0, 10.0), (600, 6.0)]
        await d.advance(400)
        assert await periods(d) == [(0, 10.0), (200, 6.0)]
        await d.perform("clock", set="2026-03-01T00:00:00Z")
        await d.advance(199)
        assert power_w(d) == pytest.approx(10 * THREE_PHASES_W)
        await d.advance(1)
        assert power_w(d) == pytest.approx(6 * THREE_PHASES_W)


@pytest.mark.req("1.6:7.9")
async def test_setting_the_clock_changes_what_is_in_force() -> None:
    async with Dialogue("1.6") as d:
        await install(d, 0, profile(schedule((0, 10.0), (3600, 6.0))))
        await charge(d)
        await d.perform("clock", set="2026-01-05T13:30:00Z")
        assert power_w(d) == pytest.approx(6 * THREE_PHASES_W)


# --- offline, restart (3.13.6, errata 3.37)


@pytest.mark.req("1.6:3.13.6")
async def test_profiles_hold_while_offline() -> None:
    async with Dialogue("1.6") as d:
        await install(d, 0, profile(schedule((0, 10.0), (900, 8.0))))
        number = await charge(d)
        await install(d, 1, profile(schedule((0, 16.0), duration=600), 2, purpose="TxProfile", transactionId=number))
        await d.perform("network", mode="down")
        assert power_w(d) == pytest.approx(16 * THREE_PHASES_W)
        await d.advance(600)
        assert power_w(d) == pytest.approx(10 * THREE_PHASES_W)
        await d.advance(300)
        assert power_w(d) == pytest.approx(8 * THREE_PHASES_W)


@pytest.mark.req("1.6:3.13.6")
async def test_offline_without_profiles_there_are_no_constraints() -> None:
    async with Dialogue("1.6", settings={"AllowOfflineTxForUnknownId": "true"}) as d:
        await d.perform("network", mode="down")
        await d.advance(1)
        await charge(d)
        assert power_w(d) == pytest.approx(22_000)


@pytest.mark.req("1.6:errata:3.37", "1.6:7.10")
async def test_profiles_survive_a_restart_and_those_of_transactions_end_with_them() -> None:
    async with Dialogue("1.6") as d:
        await install(d, 0, profile(flat(20_000, "W"), 1, purpose="ChargePointMaxProfile"))
        await install(d, 1, profile(flat(10.0), 2, validTo="2026-02-01T00:00:00Z"))
        number = await charge(d)
        await install(d, 1, profile(flat(8.0), 3, purpose="TxProfile", transactionId=number))
        before = d.state("profiles")
        await d.restart()
        after = d.state("profiles")
        assert [p["id"] for p in after] == [1, 2]
        for each in (*before, *after):
            del each["active"]
        assert after == before[:2]


# --- at a remote start (5.16.2)


@pytest.mark.req("1.6:5.16.2", "1.6:5.11")
@pytest.mark.parametrize("ask", ["true", "false"])
async def test_a_remote_start_brings_the_profile_of_its_transaction(ask: str) -> None:
    async with Dialogue("1.6", settings={"AuthorizeRemoteTxRequests": ask}) as d:
        wire = profile(schedule((0, 10.0), start=None), 5, purpose="TxProfile", chargingProfileKind="Relative")
        await d.perform("plug", evse=1, vehicle=CAR)
        answer = await d.call("RemoteStartTransaction", idTag=TAG, connectorId=1, chargingProfile=wire)
        assert answer == ACCEPTED
        await d.settle()
        assert power_w(d) == pytest.approx(10 * THREE_PHASES_W)
        number = d.state("transactions")[0]["csms_id"]
        # The same stack level replaces it, another one is stacked (errata 3.42).
        assert await install(d, 1, profile(flat(8.0), 6, purpose="TxProfile", transactionId=number)) == ACCEPTED
        assert [p["id"] for p in d.state("profiles")] == [6]
        await install(d, 1, profile(flat(6.0), 7, level=1, purpose="TxProfile", transactionId=number))
        assert [p["id"] for p in d.state("profiles")] == [6, 7]
        assert power_w(d) == pytest.approx(6 * THREE_PHASES_W)


@pytest.mark.req("1.6:5.16.2")
async def test_the_profile_of_a_remote_start_waits_for_the_cable_and_goes_if_nobody_comes() -> None:
    async with Dialogue("1.6", settings={"AuthorizeRemoteTxRequests": "false", "ConnectionTimeOut": "60"}) as d:
        wire = profile(flat(10.0), 5, purpose="TxProfile")
        await d.call("RemoteStartTransaction", idTag=TAG, connectorId=1, chargingProfile=wire)
        await d.advance(30)
        await d.perform("plug", evse=1, vehicle=CAR)
        assert power_w(d) == pytest.approx(10 * THREE_PHASES_W)
        await d.perform("stop", evse=1)
        await d.perform("unplug", evse=1)
        await d.call("RemoteStartTransaction", idTag=TAG, connectorId=1, chargingProfile=wire)
        await d.advance(61)
        await charge(d)
        assert power_w(d) == pytest.approx(22_000)
        assert d.state("profiles") == []


@pytest.mark.req("1.6:5.16.2", "1.6:errata:3.41")
@pytest.mark.parametrize(
    "change",
    [
        {"chargingProfilePurpose": "TxDefaultProfile"},
        {"chargingProfilePurpose": "ChargePointMaxProfile"},
        {"transactionId": 5},
        {"stackLevel": 99},
        {"chargingSchedule": schedule((5, 10.0))},
    ],
)
async def test_a_remote_start_with_a_wrong_profile_is_refused(change: Payload) -> None:
    async with Dialogue("1.6") as d:
        await d.perform("plug", evse=1, vehicle=CAR)
        wire = {**profile(flat(10.0), 5, purpose="TxProfile"), **change}
        answer = await d.call("RemoteStartTransaction", idTag=TAG, connectorId=1, chargingProfile=wire)
        assert answer == REJECTED
        await d.expect_none("Authorize")
        assert d.state("profiles") == []


# --- whatever happens


@pytest.mark.req("1.6:3.13.3")
@pytest.mark.parametrize("seed", range(6))
async def test_cars_never_take_more_than_the_limits_whatever_happens(seed: int) -> None:
    chance = random.Random(seed)
    async with Dialogue("1.6", configuration=TWO_AC) as d:
        steps = sorted(chance.sample(range(60, 3600, 60), 6))
        station = [(0, 16_000.0), *((start, float(chance.randrange(0, 40_000, 500))) for start in steps)]
        each = [(0, 16.0), *((start, float(chance.randrange(0, 33))) for start in steps)]
        await install(d, 0, profile(schedule(*station, unit="W"), 1, purpose="ChargePointMaxProfile"))
        await install(d, 0, profile(schedule(*each), 2))
        plugged = {1: False, 2: False}
        for _ in range(60):
            evse = chance.choice([1, 2])
            if not plugged[evse]:
                await charge(d, evse, f"TAG{evse}", max_ac_kw=chance.choice([4, 11, 22]), soc=chance.randrange(90))
                plugged[evse] = True
            elif chance.random() < 0.3:
                await d.perform("stop", evse=evse)
                await d.perform("unplug", evse=evse)
                plugged[evse] = False
            else:
                await d.perform("vehicle", evse=evse, wants_charge=chance.random() < 0.7)
            for _ in range(4):
                elapsed = (d.clock.now() - d.clock.now().replace(hour=12, minute=0, second=0)).total_seconds()
                most_w = [limit for start, limit in station if start <= elapsed][-1]
                most_a = [limit for start, limit in each if start <= elapsed][-1]
                assert power_w(d, 1) + power_w(d, 2) <= most_w + 0.01
                assert all(a <= most_a + 0.001 for meter in d.state("meters") for a in meter["current_a"])
                await d.advance(chance.choice([1, 7, 15]))
