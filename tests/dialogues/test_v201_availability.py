"""Operative or not: station, EVSE and connector of 2.0.1 (use cases G01, G03, G04)."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.dialogue import Dialogue, Refuse
from tests.support.stations import TOKEN, charging, two_connectors


async def change(d: Dialogue, status: str, **place: int) -> dict[str, Any]:
    fields: dict[str, Any] = {"operationalStatus": status}
    if place:
        fields["evse"] = place
    return await d.call("ChangeAvailability", fields)


@pytest.mark.req("G03.FR.01", "G03.FR.02", "G03.FR.04", "G01.FR.07")
async def test_an_evse_goes_out_of_service_and_comes_back() -> None:
    async with Dialogue("2.0.1") as d:
        assert await change(d, "Inoperative", id=1) == {"status": "Accepted"}
        await d.expect("StatusNotification", evseId=1, connectorId=1, connectorStatus="Unavailable")
        assert d.status(2) == "Available"
        assert await change(d, "Operative", id=1) == {"status": "Accepted"}
        await d.expect("StatusNotification", evseId=1, connectorId=1, connectorStatus="Available")
        await d.expect_none()


@pytest.mark.req("G04.FR.01", "G04.FR.02", "G04.FR.05", "G04.FR.07", "G04.FR.08")
async def test_the_whole_station_goes_out_of_service_and_comes_back() -> None:
    async with Dialogue("2.0.1") as d:
        assert await change(d, "Inoperative") == {"status": "Accepted"}
        for evse in (1, 2):
            await d.expect("StatusNotification", evseId=evse, connectorStatus="Unavailable")
        assert await change(d, "Operative") == {"status": "Accepted"}
        for evse in (1, 2):
            await d.expect("StatusNotification", evseId=evse, connectorStatus="Available")


@pytest.mark.req("G03.FR.06", "G03.FR.07")
async def test_a_connector_has_a_state_of_its_own() -> None:
    async with Dialogue("2.0.1", configuration=two_connectors()) as d:
        await change(d, "Inoperative", id=1, connectorId=2)
        await d.expect("StatusNotification", connectorId=2, connectorStatus="Unavailable")
        await change(d, "Inoperative", id=1)
        await d.expect("StatusNotification", connectorId=1, connectorStatus="Unavailable")
        await change(d, "Operative", id=1)
        await d.expect("StatusNotification", connectorId=1, connectorStatus="Available")
        assert d.status(1, 2) == "Unavailable"  # G03, note 1
        await d.expect_none()


@pytest.mark.req("G04.FR.08")
async def test_an_evse_stays_out_of_service_when_the_station_comes_back() -> None:
    async with Dialogue("2.0.1") as d:
        await change(d, "Inoperative", id=2)
        await change(d, "Inoperative")
        await change(d, "Operative")
        assert (d.status(1), d.status(2)) == ("Available", "Unavailable")


@pytest.mark.req("G03.FR.06", "G01.FR.01")
async def test_what_is_faulted_stays_faulted() -> None:
    async with Dialogue("2.0.1", configuration=two_connectors()) as d:
        await d.perform("fault", evse=1, connector=2, error_code="GroundFailure")
        await change(d, "Inoperative", id=1)
        assert (d.status(1, 1), d.status(1, 2)) == ("Unavailable", "Faulted")
        await d.perform("clear_fault", evse=1, connector=2)
        await d.expect("StatusNotification", connectorId=2, connectorStatus="Unavailable")


@pytest.mark.req("G03.FR.03", "G04.FR.04")
@pytest.mark.parametrize("place", [{}, {"id": 1}, {"id": 1, "connectorId": 1}])
async def test_what_is_so_already_is_accepted(place: dict[str, int]) -> None:
    async with Dialogue("2.0.1") as d:
        assert await change(d, "Operative", **place) == {"status": "Accepted"}
        await d.expect_none()


@pytest.mark.req("G03.FR.02")
@pytest.mark.parametrize(
    ("place", "reason"), [({"id": 3}, "UnknownEvse"), ({"id": 1, "connectorId": 4}, "UnknownConnectorId")]
)
async def test_what_is_not_there_is_rejected(place: dict[str, int], reason: str) -> None:
    async with Dialogue("2.0.1") as d:
        answer = await change(d, "Inoperative", **place)
        assert (answer["status"], answer["statusInfo"]["reasonCode"]) == ("Rejected", reason)


@pytest.mark.req("G03.FR.05", "G01.FR.05")
@pytest.mark.parametrize("place", [{"id": 1}, {"id": 1, "connectorId": 1}])
async def test_a_change_waits_for_the_transaction(place: dict[str, int]) -> None:
    async with Dialogue("2.0.1") as d:
        await charging(d)
        assert await change(d, "Inoperative", **place) == {"status": "Scheduled"}
        await d.advance(600)
        assert d.status() == "Occupied"
        await d.perform("unplug", evse=1)
        await d.expect("TransactionEvent", eventType="Ended")
        await d.expect("StatusNotification", evseId=1, connectorStatus="Unavailable")


@pytest.mark.req("G04.FR.06")
async def test_a_change_of_the_station_waits_for_its_last_transaction() -> None:
    async with Dialogue("2.0.1") as d:
        await charging(d)
        assert await change(d, "Inoperative") == {"status": "Scheduled"}
        await d.expect("StatusNotification", evseId=2, connectorStatus="Unavailable")  # what is idle takes nobody new
        assert d.status(1) == "Occupied"
        await d.perform("swipe", id_token=TOKEN)
        await d.expect("StatusNotification", evseId=1, connectorStatus="Unavailable")
        assert d.state("evses")[0]["operative"] is True  # the station is not, the EVSE as such is
        await change(d, "Operative")
        await d.expect("StatusNotification", evseId=1, connectorStatus="Occupied")
        await d.expect("StatusNotification", evseId=2, connectorStatus="Available")


@pytest.mark.req("G03.FR.05")
async def test_a_change_that_waits_can_be_taken_back() -> None:
    async with Dialogue("2.0.1") as d:
        await charging(d)
        await change(d, "Inoperative")
        await d.expect("StatusNotification", evseId=2, connectorStatus="Unavailable")
        assert await change(d, "Operative") == {"status": "Accepted"}
        await d.expect("StatusNotification", evseId=2, connectorStatus="Available")
        await d.perform("unplug", evse=1)
        await d.expect("StatusNotification", evseId=1, connectorStatus="Available")
        await d.expect_none("StatusNotification")


@pytest.mark.req("G03.FR.05", "G03.FR.08", "G04.FR.09")
@pytest.mark.parametrize("place", [{}, {"id": 1}])
async def test_a_change_that_waits_survives_a_power_cut(place: dict[str, int]) -> None:
    async with Dialogue("2.0.1") as d:
        await charging(d)
        await change(d, "Inoperative", **place)
        await d.restart()
        await d.expect("StatusNotification", evseId=1, connectorStatus="Unavailable")


@pytest.mark.req("G01.FR.02", "G03.FR.08", "G04.FR.09", "B01.FR.07")
@pytest.mark.parametrize(
    ("place", "statuses"),
    [({}, ("Unavailable", "Unavailable")), ({"id": 2}, ("Available", "Unavailable"))],
)
async def test_out_of_service_survives_a_power_cut(place: dict[str, int], statuses: tuple[str, str]) -> None:
    async with Dialogue("2.0.1") as d:
        await change(d, "Inoperative", **place)
        await d.restart()
        for evse, status in enumerate(statuses, 1):
            await d.expect("StatusNotification", evseId=evse, connectorStatus=status)
        await change(d, "Operative", **place)
        assert (d.status(1), d.status(2)) == ("Available", "Available")


@pytest.mark.req("G01.FR.08")
async def test_the_other_connector_of_an_evse_in_use_is_not_mentioned() -> None:
    async with Dialogue("2.0.1", configuration=two_connectors()) as d:
        await d.perform("plug", evse=1, connector=2)
        await d.expect("StatusNotification", connectorId=2, connectorStatus="Occupied")
        assert d.actions().count("StatusNotification") == 1
        assert d.status(1, 1) == "Available"


@pytest.mark.req("G01.FR.03", "G01.FR.04")
async def test_a_status_that_the_csms_refused_is_told_again() -> None:
    async with Dialogue("2.0.1", answers={"StatusNotification": {}}) as d:
        d.answers["StatusNotification"] = Refuse()
        await d.perform("plug", evse=1)
        await d.expect("StatusNotification", connectorStatus="Occupied")
        d.answers["StatusNotification"] = {}
        await d.perform("swipe", id_token=TOKEN)  # the next change of facts
        await d.expect("StatusNotification", evseId=1, connectorStatus="Occupied")
