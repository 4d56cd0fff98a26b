"""GetVariables, SetVariables, reports (2.0.1: B05 to B08)."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.dialogue import Dialogue

HEARTBEAT = {"component": {"name": "OCPPCommCtrlr"}, "variable": {"name": "HeartbeatInterval"}}


async def get(d: Dialogue, *asked: dict[str, Any]) -> list[dict[str, Any]]:
    answer = await d.call("GetVariables", getVariableData=list(asked))
    found: list[dict[str, Any]] = answer["getVariableResult"]
    return found


async def put(d: Dialogue, *wanted: dict[str, Any]) -> list[dict[str, Any]]:
    answer = await d.call("SetVariables", setVariableData=list(wanted))
    found: list[dict[str, Any]] = answer["setVariableResult"]
    return found


def named(component: str, variable: str, instance: str | None = None, **evse: int) -> dict[str, Any]:
    found: dict[str, Any] = {"component": {"name": component}, "variable": {"name": variable}}
    if instance is not None:
        found["variable"]["instance"] = instance
    if evse:
        found["component"]["evse"] = evse
    return found


@pytest.mark.req("B06.FR.01", "B06.FR.02", "B06.FR.04", "B06.FR.10", "B06.FR.11")
async def test_variables_are_read_in_the_order_asked() -> None:
    async with Dialogue("2.0.1") as d:
        results = await get(d, HEARTBEAT, named("EVSE", "SupplyPhases", id=1), named("TxCtrlr", "TxStopPoint"))
        assert results[0] == {
            "attributeStatus": "Accepted",
            "attributeType": "Actual",
            "attributeValue": "300",
            **HEARTBEAT,
        }
        assert [result["attributeValue"] for result in results[1:]] == ["3", "EVConnected,Authorized"]
        assert results[1]["component"] == {"name": "EVSE", "evse": {"id": 1}}


@pytest.mark.req("B06.FR.03", "B06.FR.13")
async def test_an_attribute_that_is_not_set_is_an_empty_text() -> None:
    async with Dialogue("2.0.1") as d:
        (result,) = await get(d, {**named("EVSE", "Power", id=1), "attributeType": "MaxSet"})
        assert (result["attributeStatus"], result["attributeType"], result["attributeValue"]) == (
            "Accepted",
            "MaxSet",
            "",
        )


@pytest.mark.req("B06.FR.14")
async def test_an_instance_is_read() -> None:
    async with Dialogue("2.0.1") as d:
        (result,) = await get(d, named("OCPPCommCtrlr", "MessageTimeout", "Default"))
        assert result["attributeValue"] == "30"
        assert result["variable"] == {"name": "MessageTimeout", "instance": "Default"}


@pytest.mark.req("B06.FR.06", "B06.FR.07", "B06.FR.08", "B06.FR.09", "B06.FR.15")
@pytest.mark.parametrize(
    ("asked", "status"),
    [
        (named("Toaster", "HeartbeatInterval"), "UnknownComponent"),
        (named("EVSE", "Power", id=8), "UnknownComponent"),
        (
            {"component": {"name": "OCPPCommCtrlr", "instance": "x"}, "variable": {"name": "Enabled"}},
            "UnknownComponent",
        ),
        (named("OCPPCommCtrlr", "Browning"), "UnknownVariable"),
        (named("OCPPCommCtrlr", "MessageTimeout"), "UnknownVariable"),
        (named("OCPPCommCtrlr", "MessageTimeout", ""), "UnknownVariable"),
        ({**HEARTBEAT, "attributeType": "MaxSet"}, "NotSupportedAttributeType"),
        (named("SecurityCtrlr", "BasicAuthPassword"), "Rejected"),
    ],
)
async def test_what_cannot_be_read_says_why(asked: dict[str, Any], status: str) -> None:
    async with Dialogue("2.0.1") as d:
        before, result, after = await get(d, HEARTBEAT, asked, HEARTBEAT)
        assert before["attributeStatus"] == after["attributeStatus"] == "Accepted"
        assert result["attributeStatus"] == status
        assert "attributeValue" not in result
        assert result["component"] == asked["component"]
        assert result["variable"] == asked["variable"]
        assert result["attributeStatusInfo"]["reasonCode"]


@pytest.mark.req("B06.FR.04")
async def test_live_values_are_those_of_the_moment() -> None:
    async with Dialogue("2.0.1") as d:
        await d.perform("plug", evse=2)
        state, time = await get(
            d, named("Connector", "AvailabilityState", id=2, connectorId=1), named("ClockCtrlr", "DateTime")
        )
        assert state["attributeValue"] == d.status(2) == "Occupied"
        assert time["attributeValue"] == "2026-01-05T12:00:00.000Z"


@pytest.mark.req("B06.FR.16")
async def test_more_variables_than_allowed_are_refused() -> None:
    async with Dialogue("2.0.1", settings={"DeviceDataCtrlr.ItemsPerMessage[GetVariables]": 3}) as d:
        assert len(await get(d, *[HEARTBEAT] * 3)) == 3
        answer = await d.call("GetVariables", getVariableData=[HEARTBEAT] * 4)
        assert answer["error"] == "OccurrenceConstraintViolation"


@pytest.mark.req("B06.FR.17")
async def test_more_bytes_than_allowed_are_refused() -> None:
    async with Dialogue("2.0.1", settings={"DeviceDataCtrlr.BytesPerMessage[GetVariables]": 400}) as d:
        assert len(await get(d, HEARTBEAT, HEARTBEAT)) == 2
        answer = await d.call("GetVariables", getVariableData=[HEARTBEAT] * 10)
        assert answer["error"] == "FormatViolation"


# --- set


@pytest.mark.req("B05.FR.01", "B05.FR.02", "B05.FR.10", "B05.FR.12")
async def test_variables_are_set_and_hold() -> None:
    async with Dialogue("2.0.1") as d:
        results = await put(
            d,
            {**HEARTBEAT, "attributeValue": "20"},
            {**named("TxCtrlr", "EVConnectionTimeOut"), "attributeValue": "33"},
        )
        assert results[0] == {"attributeStatus": "Accepted", "attributeType": "Actual", **HEARTBEAT}
        assert results[1]["attributeStatus"] == "Accepted"
        await d.advance(20)
        await d.expect("Heartbeat")
        await d.restart()
        (result,) = await get(d, named("TxCtrlr", "EVConnectionTimeOut"))
        assert result["attributeValue"] == "33"


@pytest.mark.req("B05.FR.03")
async def test_another_attribute_than_the_actual_value_is_set() -> None:
    async with Dialogue("2.0.1") as d:
        limit = {**named("EVSE", "Power", id=1), "attributeType": "MaxSet", "attributeValue": "7000"}
        (result,) = await put(d, limit)
        assert (result["attributeStatus"], result["attributeType"]) == ("Accepted", "MaxSet")
        (read,) = await get(d, {**named("EVSE", "Power", id=1), "attributeType": "MaxSet"})
        assert read["attributeValue"] == "7000"


@pytest.mark.req("B05.FR.04", "B05.FR.05", "B05.FR.06", "B05.FR.07", "B05.FR.08", "B05.FR.09")
@pytest.mark.parametrize(
    ("wanted", "status", "reason"),
    [
        ({**named("Toaster", "Browning"), "attributeValue": "1"}, "UnknownComponent", "NotFound"),
        (
            {"component": {"name": "TxCtrlr", "instance": "a"}, "variable": {"name": "Enabled"}, "attributeValue": "1"},
            "UnknownComponent",
            "NotFound",
        ),
        ({**named("TxCtrlr", "Browning"), "attributeValue": "1"}, "UnknownVariable", "NotFound"),
        (
            {**HEARTBEAT, "attributeType": "Target", "attributeValue": "1"},
            "NotSupportedAttributeType",
            "UnsupportedParam",
        ),
        ({**HEARTBEAT, "attributeValue": "often"}, "Rejected", "InvalidValue"),
        ({**HEARTBEAT, "attributeValue": "0"}, "Rejected", "ValueTooLow"),
        ({**named("TxCtrlr", "EVConnectionTimeOut"), "attributeValue": "100000"}, "Rejected", "ValueTooHigh"),
        ({**named("TxCtrlr", "TxStartPoint"), "attributeValue": "Full moon"}, "Rejected", "InvalidValue"),
        ({**named("ChargingStation", "Model"), "attributeValue": "Mine"}, "Rejected", "ReadOnly"),
    ],
)
async def test_what_cannot_be_set_says_why(wanted: dict[str, Any], status: str, reason: str) -> None:
    async with Dialogue("2.0.1") as d:
        result, other = await put(d, wanted, {**HEARTBEAT, "attributeValue": "99"})
        assert result["attributeStatus"] == status
        info = result["attributeStatusInfo"]
        assert (info["reasonCode"] in {reason, "ValueOutOfRange"}, bool(info["additionalInfo"])) == (True, True)
        assert result["attributeType"] == wanted.get("attributeType", "Actual")
        assert other["attributeStatus"] == "Accepted"


@pytest.mark.req("B05.FR.11")
async def test_more_settings_than_allowed_are_refused() -> None:
    async with Dialogue("2.0.1", settings={"DeviceDataCtrlr.ItemsPerMessage[SetVariables]": 2}) as d:
        answer = await d.call("SetVariables", setVariableData=[{**HEARTBEAT, "attributeValue": "9"}] * 3)
        assert answer["error"] == "OccurrenceConstraintViolation"
        assert d.emulator.model.get("OCPPCommCtrlr", "HeartbeatInterval") == "300"


# --- reports


async def report(d: Dialogue, action: str, **fields: Any) -> list[dict[str, Any]]:
    """Ask for a report and put its parts together."""
    d.forget()
    assert await d.call(action, requestId=12, **fields) == {"status": "Accepted"}
    parts = d.calls("NotifyReport")
    assert [part["seqNo"] for part in parts] == list(range(len(parts)))
    assert [part["tbc"] for part in parts] == [True] * (len(parts) - 1) + [False]
    assert {part["requestId"] for part in parts} == {12}
    return [row for part in parts for row in part["reportData"]]


def find(rows: list[dict[str, Any]], asked: dict[str, Any]) -> dict[str, Any]:
    return next(row for row in rows if (row["component"], row["variable"]) == (asked["component"], asked["variable"]))


@pytest.mark.req("B07.FR.01", "B07.FR.03", "B07.FR.04", "B07.FR.08", "B07.FR.10", "B07.FR.11", "B07.FR.12")
async def test_the_full_inventory_comes_in_parts() -> None:
    async with Dialogue("2.0.1") as d:
        rows = await report(d, "GetBaseReport", reportBase="FullInventory")
        assert len(d.calls("NotifyReport")) > 1
        assert len(rows) > 100
        heartbeat = find(rows, HEARTBEAT)
        assert heartbeat["variableAttribute"] == [
            {"type": "Actual", "value": "300", "mutability": "ReadWrite", "persistent": True, "constant": False}
        ]
        assert heartbeat["variableCharacteristics"]["dataType"] == "integer"
        assert heartbeat["variableCharacteristics"]["unit"] == "s"
        power = find(rows, named("EVSE", "Power", id=2))
        assert [attribute["type"] for attribute in power["variableAttribute"]] == ["Actual", "MaxSet"]
        assert power["variableAttribute"][1]["value"] == ""  # B07.FR.11
        assert power["variableCharacteristics"]["maxLimit"] == 150_000
        password = find(rows, named("SecurityCtrlr", "BasicAuthPassword"))
        assert "value" not in password["variableAttribute"][0]  # B07.FR.03 with the errata
        connector = find(rows, named("Connector", "ConnectorType", id=2, connectorId=1))
        assert connector["variableAttribute"][0]["value"] == "cCCS2"


@pytest.mark.req("B07.FR.08", "B06.FR.10")
async def test_everything_that_is_reported_can_be_read() -> None:
    async with Dialogue("2.0.1") as d:
        rows = await report(d, "GetBaseReport", reportBase="FullInventory")
        asked = [
            {"component": row["component"], "variable": row["variable"], "attributeType": attribute["type"]}
            for row in rows
            for attribute in row["variableAttribute"]
            if attribute["mutability"] != "WriteOnly"
        ]
        for at in range(0, len(asked), 100):
            for result in await get(d, *asked[at : at + 100]):
                assert result["attributeStatus"] == "Accepted", result


@pytest.mark.req("B07.FR.07")
async def test_the_configuration_inventory_holds_what_can_be_set() -> None:
    async with Dialogue("2.0.1") as d:
        rows = await report(d, "GetBaseReport", reportBase="ConfigurationInventory")
        assert find(rows, HEARTBEAT)
        for row in rows:
            assert any(attribute["mutability"] != "ReadOnly" for attribute in row["variableAttribute"])


@pytest.mark.req("B07.FR.09")
async def test_the_summary_tells_how_the_station_is() -> None:
    async with Dialogue("2.0.1") as d:
        await d.perform("plug", evse=1)
        await d.call("ChangeAvailability", operationalStatus="Inoperative", evse={"id": 2})
        rows = await report(d, "GetBaseReport", reportBase="SummaryInventory")
        states = {
            (row["component"]["name"], row["component"].get("evse", {}).get("id")): row["variableAttribute"][0]["value"]
            for row in rows
            if row["variable"]["name"] == "AvailabilityState"
        }
        assert states["ChargingStation", None] == "Available"
        assert states["EVSE", 1] == states["Connector", 1] == "Occupied"
        assert states["EVSE", 2] == states["Connector", 2] == "Unavailable"


@pytest.mark.req("B08.FR.01", "B08.FR.03", "B08.FR.04", "B08.FR.11", "B08.FR.12", "B08.FR.14", "B08.FR.20")
async def test_a_report_on_one_component() -> None:
    async with Dialogue("2.0.1") as d:
        rows = await report(d, "GetReport", componentVariable=[{"component": {"name": "TxCtrlr"}}])
        assert {row["component"]["name"] for row in rows} == {"TxCtrlr"}
        assert {"TxStartPoint", "TxStopPoint"} <= {row["variable"]["name"] for row in rows}
        assert all("dataType" in row["variableCharacteristics"] for row in rows)


@pytest.mark.req("B08.FR.21")
async def test_a_report_on_every_instance() -> None:
    async with Dialogue("2.0.1") as d:
        asked = [{"component": {"name": "DeviceDataCtrlr"}, "variable": {"name": "ItemsPerMessage"}}]
        rows = await report(d, "GetReport", componentVariable=asked)
        assert {row["variable"]["instance"] for row in rows} == {"GetReport", "GetVariables", "SetVariables"}


@pytest.mark.req("B08.FR.22", "B08.FR.23")
async def test_a_report_on_one_evse_or_on_all() -> None:
    async with Dialogue("2.0.1") as d:
        state = {"variable": {"name": "AvailabilityState"}}
        one = await report(
            d, "GetReport", componentVariable=[{"component": {"name": "EVSE", "evse": {"id": 2}}, **state}]
        )
        assert [row["component"]["evse"] for row in one] == [{"id": 2}]
        rows = await report(d, "GetReport", componentVariable=[{"component": {"name": "EVSE"}, **state}])
        assert [row["component"]["evse"] for row in rows] == [{"id": 1}, {"id": 2}]


@pytest.mark.req("B08.FR.05", "B08.FR.09", "B08.FR.10", "B08.FR.13")
async def test_a_report_by_criteria() -> None:
    async with Dialogue("2.0.1") as d:
        await d.call(
            "SetVariables", setVariableData=[{**named("AuthCacheCtrlr", "Enabled"), "attributeValue": "false"}]
        )
        rows = await report(d, "GetReport", componentCriteria=["Enabled"])
        names = {row["component"]["name"] for row in rows}
        assert "TxCtrlr" in names
        assert "AuthCacheCtrlr" not in names
        asked = [{"component": {"name": "AuthCacheCtrlr"}}]
        rows = await report(d, "GetReport", componentCriteria=["Available", "Enabled"], componentVariable=asked)
        assert {row["component"]["name"] for row in rows} == {"AuthCacheCtrlr"}


@pytest.mark.req("B08.FR.07", "B08.FR.08")
async def test_a_component_without_the_variable_meets_the_criterion() -> None:
    async with Dialogue("2.0.1") as d:
        rows = await report(d, "GetReport", componentCriteria=["Active"])
        assert len(rows) == len(await report(d, "GetBaseReport", reportBase="FullInventory"))
        rows = await report(d, "GetReport", componentCriteria=["Available"])
        names = {row["component"]["name"] for row in rows}
        assert {"EVSE", "TxCtrlr", "AuthCacheCtrlr"} <= names  # true, missing, true
        assert "ReservationCtrlr" not in names  # false


@pytest.mark.req("B08.FR.18")
async def test_a_report_request_of_too_many_bytes_is_refused() -> None:
    async with Dialogue("2.0.1", settings={"DeviceDataCtrlr.BytesPerMessage[GetReport]": 60}) as d:
        answer = await d.call("GetReport", requestId=3, componentVariable=[{"component": {"name": "TxCtrlr"}}])
        assert answer["error"] == "FormatViolation"


@pytest.mark.req("B08.FR.15")
@pytest.mark.parametrize(
    "fields",
    [
        {"componentCriteria": ["Problem"]},
        {"componentVariable": [{"component": {"name": "Toaster"}}]},
        {"componentVariable": [{"component": {"name": "TxCtrlr", "instance": "x"}}]},
    ],
)
async def test_a_report_on_nothing(fields: dict[str, Any]) -> None:
    async with Dialogue("2.0.1") as d:
        answer = await d.call("GetReport", requestId=3, **fields)
        assert answer["status"] == "EmptyResultSet"
        await d.expect_none("NotifyReport")


@pytest.mark.req("B08.FR.06", "B08.FR.17")
async def test_more_report_items_than_allowed_are_refused() -> None:
    async with Dialogue("2.0.1", settings={"DeviceDataCtrlr.ItemsPerMessage[GetReport]": 1}) as d:
        asked = [{"component": {"name": "TxCtrlr"}}, {"component": {"name": "AuthCtrlr"}}]
        answer = await d.call("GetReport", requestId=3, componentVariable=asked)
        assert answer["error"] == "OccurrenceConstraintViolation"


async def test_a_report_stops_with_the_connection() -> None:
    async with Dialogue("2.0.1") as d:
        await d.call("GetBaseReport", requestId=1, reportBase="FullInventory")
        count = len(d.calls("NotifyReport"))
        d.server.offline = True
        await d.advance(1)
        d.server.offline = False
        await d.advance(60)
        assert len(d.calls("NotifyReport")) == count
