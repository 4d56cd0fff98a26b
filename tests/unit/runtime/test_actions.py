"""What each action does to a station, seen in its snapshot and at its CSMS."""

from __future__ import annotations

import pytest

from emulator.domain.errors import ActionRefused
from emulator.runtime.actions.registry import BadParameters
from tests.support.dialogue import Dialogue


async def refused(d, name, **parameters):
    with pytest.raises(ActionRefused) as refusal:
        await d.perform(name, **parameters)
    return str(refusal.value)


async def charging(d, evse=1, **vehicle):
    await d.perform("plug", evse=evse, vehicle={"name": "Mine", **vehicle})
    await d.perform("swipe", id_token="A", evse=evse)
    assert d.state("evses")[evse - 1]["charging_state"] == "Charging"


def power_w(d, evse=1):
    return round(d.state("evses")[evse - 1]["power_w"])


# --- cars


async def test_the_next_free_car_comes_by_itself_and_a_guest_when_none_is_left():
    async with Dialogue("1.6") as d:
        await d.perform("plug", evse=1)
        await d.perform("plug", evse=2)
        first, second = (evse["vehicle"]["name"] for evse in d.state("evses"))
        assert first != second
        assert {first, second} <= {vehicle["name"] for vehicle in d.state("vehicles")}


async def test_a_car_by_name_stands_in_one_bay_only():
    async with Dialogue("1.6") as d:
        await d.perform("plug", evse=1, vehicle="Tourer")
        assert "stands in a bay already" in await refused(d, "plug", evse=2, vehicle="Tourer")
        assert "stands in a bay already" in await refused(d, "plug", evse=2, vehicle={"name": "Tourer"})
        assert "There is no vehicle 'Tank'" in await refused(d, "plug", evse=2, vehicle="Tank")


async def test_a_car_by_its_fields():
    async with Dialogue("1.6") as d:
        await charging(d, battery_kwh=40, soc=50, max_ac_kw=3.68, phases=1)
        assert power_w(d) == 3680
        assert d.state("evses")[0]["vehicle"]["battery_wh"] == 40_000


async def test_a_car_changes_and_the_power_follows():
    async with Dialogue("1.6") as d:
        await charging(d, max_ac_kw=11)
        assert power_w(d) == 11_000
        await d.perform("vehicle", max_power_kw=6)
        assert power_w(d) == 6000
        await d.perform("vehicle", ready=False)
        assert d.state("evses")[0]["charging_state"] == "SuspendedEV"
        await d.perform("vehicle", ready=True, soc=100)
        assert power_w(d) == 0
        assert d.state("evses")[0]["soc_percent"] == 100
        assert "no car is there" in await refused(d, "vehicle", evse=2, ready=True)


async def test_max_power_is_that_of_the_evses_current():
    async with Dialogue("1.6") as d:
        await charging(d, evse=2, soc=10)
        await d.perform("vehicle", evse=2, max_power_kw=33)
        assert power_w(d, 2) == 33_000
        assert d.state("evses")[1]["vehicle"]["max_ac_w"] == 11_000


# --- tokens and buttons


async def test_a_place_that_does_not_exist():
    async with Dialogue("1.6") as d:
        assert "There is no EVSE 5" in await refused(d, "swipe", id_token="A", evse=5)
        assert "has no connector 2" in await refused(d, "swipe", id_token="A", evse=1, connector=2)
        assert "There is no EVSE 5" in await refused(d, "pin", id_token="1", evse=5)
        with pytest.raises(BadParameters, match="named together with its EVSE"):
            await d.perform("swipe", id_token="A", connector=1)


async def test_a_token_before_the_car_reserves_its_place():
    async with Dialogue("1.6") as d:
        assert await d.perform("swipe", id_token="A", evse=2, connector=1) == {"status": "Accepted"}
        assert d.state("evses")[1]["authorized"] == {"id_token": "A", "type": "ISO14443"}
        assert d.status(2) == "Preparing"


async def test_a_pin_is_a_token_too():
    async with Dialogue("1.6") as d:
        await d.perform("plug", evse=1)
        assert await d.perform("pin", id_token="1234", evse=1) == {"status": "Accepted"}
        assert (await d.expect("Authorize"))["idTag"] == "1234"
        assert d.state("evses")[0]["authorized"]["type"] == "KeyCode"


async def test_stop_and_emergency_stop():
    async with Dialogue("1.6") as d:
        assert "nothing to stop" in await refused(d, "stop", evse=1)
        await charging(d)
        await d.perform("stop", evse=1, reason="EmergencyStop")
        assert (await d.expect("StopTransaction"))["reason"] == "EmergencyStop"


async def test_the_bay_sensor():
    async with Dialogue("1.6") as d:
        await d.perform("bay", evse=1, occupied=True)
        assert d.state("evses")[0]["bay_occupied"] is True
        await d.perform("bay", evse=1, occupied=False)
        assert d.state("evses")[0]["bay_occupied"] is False


# --- breakdowns


async def test_a_lock_that_jams_stops_the_energy_and_its_fault_goes_with_it():
    async with Dialogue("1.6") as d:
        await charging(d)
        await d.perform("lock_failure", evse=1, connector=1)
        assert power_w(d) == 0
        await d.expect("StatusNotification", connectorId=1, errorCode="ConnectorLockFailure")
        await d.perform("lock_failure", evse=1, connector=1, on=False)
        assert d.state("evses")[0]["connectors"][0]["fault"] is None


async def test_another_fault_outlives_the_mending_of_a_part():
    async with Dialogue("1.6") as d:
        await d.perform("lock_failure", evse=1, connector=1)
        await d.perform("fault", evse=1, connector=1, error_code="GroundFailure")
        await d.perform("lock_failure", evse=1, connector=1, on=False)
        assert d.state("evses")[0]["connectors"][0]["fault"]["error_code"] == "GroundFailure"
        await d.perform("clear_fault", evse=1, connector=1)
        assert d.state("evses")[0]["connectors"][0]["fault"] is None


async def test_a_broken_meter_gives_no_values():
    async with Dialogue("1.6", settings={"MeterValueSampleInterval": 10}) as d:
        await charging(d)
        await d.perform("meter_failure", evse=1)
        await d.expect("StatusNotification", connectorId=1, errorCode="PowerMeterFailure")
        d.forget()
        await d.advance(30)
        assert d.calls("MeterValues") == []
        await d.perform("meter_failure", evse=1, on=False)
        await d.advance(30)
        assert len(d.calls("MeterValues")) == 3


async def test_a_broken_reader_reads_no_token():
    async with Dialogue("1.6") as d:
        await d.perform("reader_failure")
        assert "no token can be read" in await refused(d, "swipe", id_token="A")
        await d.perform("reader_failure", on=False)
        assert await d.perform("swipe", id_token="A") == {"status": "Accepted"}


async def test_a_connector_is_named_with_its_evse():
    async with Dialogue("1.6") as d:
        with pytest.raises(BadParameters, match="together with its EVSE"):
            await d.perform("fault", connector=1)


# --- limits from outside


async def test_a_limit_in_watts_lowers_the_power_for_a_while():
    async with Dialogue("1.6") as d:
        await charging(d, max_ac_kw=22)
        await d.perform("local_limit", evse=1, limit_w=7000, duration_s=60)
        assert power_w(d) == 7000
        await d.advance(61)
        assert power_w(d) == 22_000


async def test_a_limit_in_amperes_is_of_each_phase():
    async with Dialogue("1.6") as d:
        await charging(d, max_ac_kw=22)
        await d.perform("local_limit", evse=1, limit_a=10)
        assert power_w(d) == 6900
        await d.perform("local_limit", evse=1, clear=True)
        assert power_w(d) == 22_000


async def test_the_stations_limit_is_never_exceeded():
    async with Dialogue("1.6") as d:
        await charging(d, max_ac_kw=22)
        await d.perform("local_limit", limit_w=10_000)
        assert 0 < power_w(d) + power_w(d, 2) <= 10_000


async def test_a_limit_outlives_a_reboot():
    async with Dialogue("1.6") as d:
        await d.perform("local_limit", evse=1, limit_w=5000)
        await d.perform("reboot")
        await charging(d, max_ac_kw=22)
        assert power_w(d) == 5000


# --- the line and the clock


async def test_connect_and_disconnect():
    async with Dialogue("1.6") as d:
        await d.perform("disconnect")
        assert d.state("connection")["state"] == "offline"
        assert "not connected" in await refused(d, "disconnect")
        await d.advance(3600)
        assert d.state("connection")["state"] == "offline"
        await d.perform("connect")
        assert d.state("connection")["state"] == "connected"


async def test_the_network_can_be_cut_and_restored():
    async with Dialogue("1.6") as d:
        await d.perform("network", mode="down")
        assert d.state("connection")["state"] in {"waiting", "connecting"}
        await d.perform("network")
        await d.advance(120)
        assert d.state("connection")["state"] == "connected"
        await d.perform("network", mode="flaky", latency_ms=200)
        assert d.state("connection")["network"]["latency_ms"] == 200


async def test_a_station_without_power_does_nothing():
    async with Dialogue("1.6") as d:
        await d.perform("power_off")
        assert d.state("station")["powered"] is False
        assert "switched off" in await refused(d, "swipe", id_token="A")
        assert "switched off" in await refused(d, "power_off")
        await d.perform("power_on")
        assert "switched on already" in await refused(d, "power_on")


async def test_the_clock_is_set_and_skewed():
    async with Dialogue("1.6") as d:
        await d.perform("clock", set="2030-01-01T00:00:00Z", skew_s=60)
        assert d.state("clock")["time"] == "2030-01-01T00:01:00.000Z"
        with pytest.raises(BadParameters, match="is not a date and time"):
            await d.perform("clock", set="tomorrow")


# --- settings


async def test_settings_by_both_their_names():
    async with Dialogue("1.6") as d:
        assert await d.perform("set_variable", key="HeartbeatInterval", value=7) == {"status": "Accepted"}
        named = {"component": "OCPPCommCtrlr", "variable": "HeartbeatInterval"}
        assert await d.perform("get_variable", **named) == {"value": "7"}
        await d.perform("set_variable", **named, value="8")
        assert await d.perform("get_variable", key="HeartbeatInterval") == {"value": "8"}
        await d.perform("set_variable", component="EVSE", variable="Power", evse=1, attribute="MaxSet", value=9000)
        limit = await d.perform("get_variable", component="EVSE", variable="Power", evse=1, attribute="MaxSet")
        assert float(limit["value"]) == 9000
        await d.perform("set_variable", key="LocalPreAuthorize", value=True)
        assert await d.perform("get_variable", key="LocalPreAuthorize") == {"value": "true"}


async def test_settings_that_cannot_be():
    async with Dialogue("1.6") as d:
        assert "was not set" in await refused(d, "set_variable", key="HeartbeatInterval", value="soon")
        assert "HeartbeatIntervals" in await refused(d, "get_variable", key="HeartbeatIntervals")
        for action in ("set_variable", "get_variable"):
            with pytest.raises(BadParameters, match="needs component and variable, or key"):
                await d.perform(action, component="EVSE")


# --- frames by hand


async def test_a_call_of_ones_own_and_what_comes_back():
    async with Dialogue("1.6") as d:
        assert await d.perform("send", action="Heartbeat") == {"response": {"currentTime": "2026-01-05T12:00:00Z"}}
        d.answers["DataTransfer"] = {"status": "Perhaps"}
        assert await d.perform("send", action="DataTransfer", payload={"vendorId": "x"}) == {
            "response": {"status": "Perhaps"}
        }


async def test_sending_without_a_connection():
    async with Dialogue("1.6") as d:
        await d.perform("disconnect")
        assert "was not answered" in await refused(d, "send", action="Heartbeat")
        assert "was not sent" in await refused(d, "send_frame", text="hello")


async def test_an_answer_decided_beforehand():
    async with Dialogue("1.6") as d:
        await d.perform("answer", action="GetConfiguration", payload={"unknownKey": ["x"]}, times=2)
        await d.perform("answer", action="ClearCache", error={"code": "InternalError"})
        assert await d.call("GetConfiguration") == {"unknownKey": ["x"]}
        assert (await d.call("ClearCache"))["error"] == "InternalError"
        await d.perform("answer", action="GetConfiguration", times=0)
        assert "configurationKey" in await d.call("GetConfiguration")


async def test_a_breakpoint():
    async with Dialogue("1.6") as d:
        await d.perform("hold", direction="sent", action="StatusNotification")
        await d.perform("plug", evse=1)
        await d.expect_none("StatusNotification")
        (held,) = await d.perform("held")
        assert (held["direction"], held["action"]) == ("sent", "StatusNotification")
        await d.perform("release", id=held["id"])
        await d.expect("StatusNotification", status="Preparing")
        assert "No frame with id 99 is held" in await refused(d, "release", id=99)
        await d.perform("release", id="*")
