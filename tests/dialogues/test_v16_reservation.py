"""Reservations of 1.6: sections 5.1, 5.13, 9.3."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from emulator.domain.errors import ActionRefused
from emulator.runtime.configuration import ConnectorConfiguration, EvseConfiguration, StationConfiguration
from tests.support.dialogue import Dialogue

OWNER, STRANGER = "OWNER", "STRANGER"
ACCEPTED = {"status": "Accepted"}
REJECTED = {"status": "Rejected"}
OCCUPIED = {"status": "Occupied"}
SOON = "2026-01-05T12:30:00Z"
TWO_PLUGS = replace(
    StationConfiguration(),
    evses=(EvseConfiguration(1, connectors=(ConnectorConfiguration(1), ConnectorConfiguration(2))),),
)


async def reserve(d: Dialogue, number: int = 1, connector: int = 1, tag: str = OWNER, **more: Any) -> Any:
    fields = {"expiryDate": SOON, **more}
    return await d.call("ReserveNow", connectorId=connector, idTag=tag, reservationId=number, **fields)


@pytest.mark.req("1.6:5.13", "1.6:4.9")
async def test_a_connector_is_reserved_used_and_freed() -> None:
    async with Dialogue("1.6") as d:
        assert await reserve(d, 42) == ACCEPTED
        await d.expect("StatusNotification", connectorId=1, status="Reserved")
        shown = {"id": 42, "id_token": OWNER, "expires_at": "2026-01-05T12:30:00.000Z"}
        assert d.state("evses")[0]["reservation"] == shown
        assert d.state("reservations")[0]["evse"] == 1
        await d.perform("swipe", id_token=OWNER)  # the shared reader knows which one is meant
        await d.expect("StatusNotification", connectorId=1, status="Preparing")
        await d.perform("plug", evse=1)
        await d.expect("StartTransaction", connectorId=1, idTag=OWNER, reservationId=42)
        assert (d.state("evses")[0]["reservation"], d.state("reservations")) == (None, [])
        await d.perform("swipe", id_token=OWNER)
        await d.perform("unplug", evse=1)
        await d.expect("StatusNotification", connectorId=1, status="Available")
        await d.perform("plug", evse=1)
        await d.perform("swipe", id_token=OWNER)
        assert "reservationId" not in await d.expect("StartTransaction")


@pytest.mark.req("1.6:5.13")
async def test_the_owner_may_plug_in_first() -> None:
    async with Dialogue("1.6") as d:
        await reserve(d, 7)
        await d.perform("plug", evse=1)
        await d.perform("swipe", id_token=OWNER)
        await d.expect("StartTransaction", connectorId=1, reservationId=7)


@pytest.mark.req("1.6:5.13")
async def test_others_are_refused_on_a_reserved_connector() -> None:
    async with Dialogue("1.6") as d:
        await reserve(d)
        await d.perform("plug", evse=1)
        with pytest.raises(ActionRefused, match="reserved"):
            await d.perform("swipe", id_token=STRANGER, evse=1)
        assert await d.call("RemoteStartTransaction", idTag=STRANGER, connectorId=1) == REJECTED
        await d.perform("unplug", evse=1)
        await d.perform("swipe", id_token=STRANGER)  # the other one is free
        await d.perform("plug", evse=1)
        await d.perform("unplug", evse=1)
        await d.expect_none("StartTransaction")
        await d.perform("plug", evse=2)
        assert "reservationId" not in await d.expect("StartTransaction", connectorId=2, idTag=STRANGER)
        assert len(d.state("reservations")) == 1


@pytest.mark.req("1.6:5.13", "1.6:5.11")
async def test_a_remote_start_uses_the_reservation() -> None:
    async with Dialogue("1.6") as d:
        await reserve(d, 9, connector=2)
        assert await d.call("RemoteStartTransaction", idTag=OWNER) == ACCEPTED
        await d.perform("plug", evse=2)
        await d.expect("StartTransaction", connectorId=2, reservationId=9)


@pytest.mark.req("1.6:5.13")
@pytest.mark.parametrize(("parent", "may"), [("HOME", True), ("ELSEWHERE", False)])
async def test_the_family_may_use_it_after_the_parent_was_asked(parent: str, may: bool) -> None:
    answers = {"Authorize": {"idTagInfo": {"status": "Accepted", "parentIdTag": parent}}}
    settings = {"AuthorizeRemoteTxRequests": "false", "AuthorizationCacheEnabled": "false"}
    async with Dialogue("1.6", answers=answers, settings=settings) as d:
        await reserve(d, 3, parentIdTag="HOME")
        await d.perform("plug", evse=1)
        if may:
            await d.perform("swipe", id_token="SISTER", evse=1)
            await d.expect("Authorize", idTag="SISTER")
            await d.expect("StartTransaction", idTag="SISTER", reservationId=3)
        else:
            with pytest.raises(ActionRefused, match="reserved"):
                await d.perform("swipe", id_token="SISTER", evse=1)
            await d.expect("Authorize", idTag="SISTER")
            assert await d.call("RemoteStartTransaction", idTag="SISTER", connectorId=1) == ACCEPTED
            await d.expect("Authorize", idTag="SISTER")
            await d.expect_none("StartTransaction")
            assert any("reserved" in note for note in d.notes)


@pytest.mark.req("1.6:5.13")
async def test_a_parent_in_the_list_need_not_be_asked() -> None:
    async with Dialogue("1.6", settings={"LocalPreAuthorize": "true"}) as d:
        sister = {"idTag": "SISTER", "idTagInfo": {"status": "Accepted", "parentIdTag": "HOME"}}
        await d.call("SendLocalList", listVersion=1, updateType="Full", localAuthorizationList=[sister])
        await reserve(d, 3, parentIdTag="HOME")
        await d.perform("swipe", id_token="SISTER")
        await d.perform("plug", evse=1)
        await d.expect("StartTransaction", idTag="SISTER", reservationId=3)
        assert "Authorize" not in d.actions()


@pytest.mark.req("1.6:5.13")
async def test_the_same_number_replaces() -> None:
    async with Dialogue("1.6") as d:
        assert await reserve(d, 5, connector=1) == ACCEPTED
        assert await reserve(d, 5, connector=2, tag=STRANGER) == ACCEPTED
        assert [d.status(1), d.status(2)] == ["Available", "Reserved"]
        assert [row["id_token"] for row in d.state("reservations")] == [STRANGER]
        assert await reserve(d, 5, connector=2, expiryDate="2026-01-05T12:50:00Z") == ACCEPTED
        await d.advance(1900)
        assert d.status(2) == "Reserved"
        await d.perform("plug", evse=1)
        assert (
            await reserve(d, 5, connector=1, expiryDate="2026-01-05T12:50:00Z") == OCCUPIED
        )  # what cannot be had leaves the old one in force
        assert d.status(2) == "Reserved"


@pytest.mark.req("1.6:5.1")
async def test_cancelling() -> None:
    async with Dialogue("1.6") as d:
        assert await d.call("CancelReservation", reservationId=1) == REJECTED
        await reserve(d)
        assert await d.call("CancelReservation", reservationId=2) == REJECTED
        assert await d.call("CancelReservation", reservationId=1) == ACCEPTED
        await d.expect("StatusNotification", connectorId=1, status="Reserved")
        await d.expect("StatusNotification", connectorId=1, status="Available")
        assert await d.call("CancelReservation", reservationId=1) == REJECTED


@pytest.mark.req("1.6:5.13")
async def test_expiry() -> None:
    async with Dialogue("1.6") as d:
        await reserve(d)
        await d.advance(1799)
        assert d.status() == "Reserved"
        await d.advance(2)
        await d.expect("StatusNotification", connectorId=1, status="Available")
        assert d.state("reservations") == []


@pytest.mark.req("1.6:5.13")
async def test_a_reservation_outlives_a_power_cut_and_a_reset_and_expires_all_the_same() -> None:
    async with Dialogue("1.6") as d:
        await reserve(d)
        await d.restart()
        await d.expect("StatusNotification", connectorId=1, status="Reserved")
        assert await d.call("Reset", type="Soft") == ACCEPTED
        await d.advance(10)
        assert d.status() == "Reserved"
        await d.perform("power_off")
        await d.advance(1800)
        await d.perform("power_on")
        assert (d.status(), d.state("reservations")) == ("Available", [])


@pytest.mark.req("1.6:5.13")
async def test_what_cannot_be_reserved() -> None:
    async with Dialogue("1.6") as d:
        assert await reserve(d, connector=9) == REJECTED
        assert await reserve(d, connector=-1) == REJECTED
        assert await reserve(d, expiryDate="2026-01-05T11:59:59Z") == REJECTED
        assert (await reserve(d, expiryDate="soon"))["error"] == "TypeConstraintViolation"
        assert (await reserve(d, tag="X" * 21))["error"] == "PropertyConstraintViolation"
        await d.perform("fault", evse=1, connector=1, error_code="GroundFailure")
        assert await reserve(d) == {"status": "Faulted"}
        await d.perform("clear_fault", evse=1, connector=1)
        await d.call("ChangeAvailability", connectorId=1, type="Inoperative")
        assert await reserve(d) == {"status": "Unavailable"}
        await d.call("ChangeAvailability", connectorId=1, type="Operative")
        await d.perform("plug", evse=1)
        assert await reserve(d) == OCCUPIED
        await d.perform("swipe", id_token=STRANGER)
        assert await reserve(d) == OCCUPIED
        assert d.state("reservations") == []
    async with Dialogue("1.6") as d:
        await d.perform("swipe", id_token=STRANGER, evse=1)
        assert await reserve(d) == OCCUPIED
        assert await reserve(d, connector=2) == ACCEPTED
        assert await reserve(d, number=2, connector=2) == OCCUPIED
    async with Dialogue("1.6", settings={"ReservationCtrlr.Enabled": "false"}) as d:
        assert await reserve(d) == REJECTED


@pytest.mark.req("1.6:5.13")
async def test_the_same_owner_cannot_reserve_a_connector_twice() -> None:
    async with Dialogue("1.6") as d:
        assert await reserve(d, 1) == ACCEPTED
        assert await reserve(d, 2) == OCCUPIED


@pytest.mark.req("1.6:5.13")
async def test_faults_and_unavailability_end_a_reservation() -> None:
    async with Dialogue("1.6") as d:
        await reserve(d)
        await d.perform("fault", evse=1, connector=1, error_code="HighTemperature")
        await d.expect("StatusNotification", connectorId=1, status="Faulted")
        assert d.state("reservations") == []
        await d.perform("clear_fault", evse=1, connector=1)
        await d.expect("StatusNotification", connectorId=1, status="Available")
        await reserve(d)
        assert await d.call("ChangeAvailability", connectorId=1, type="Inoperative") == ACCEPTED
        await d.expect("StatusNotification", connectorId=1, status="Unavailable")
        assert d.state("reservations") == []
        await d.call("ChangeAvailability", connectorId=1, type="Operative")
        await reserve(d, 1, connector=0)
        await reserve(d, 2, connector=2)
        await d.call("ChangeAvailability", connectorId=0, type="Inoperative")
        assert d.state("reservations") == []


# --- connector 0


@pytest.mark.req("1.6:5.13", "1.6:9.3.1")
async def test_connector_0_keeps_one_free() -> None:
    async with Dialogue("1.6") as d:
        assert await reserve(d, 8, connector=0) == ACCEPTED
        assert [d.status(1), d.status(2)] == ["Available", "Available"]  # none in particular
        assert d.state("reservations")[0]["evse"] is None
        await d.perform("plug", evse=1)
        await d.perform("swipe", id_token=STRANGER)
        await d.expect("StartTransaction", connectorId=1)
        await d.perform("plug", evse=2)
        with pytest.raises(ActionRefused, match="reserved"):
            await d.perform("swipe", id_token="ANOTHER")
        assert await d.call("RemoteStartTransaction", idTag="ANOTHER", connectorId=2) == REJECTED
        await d.perform("swipe", id_token=OWNER)
        await d.expect("StartTransaction", connectorId=2, idTag=OWNER, reservationId=8)
        assert d.state("reservations") == []


@pytest.mark.req("1.6:5.13")
async def test_connector_0_counts_all_who_wait() -> None:
    async with Dialogue("1.6") as d:
        assert await reserve(d, 1, connector=0) == ACCEPTED
        assert await reserve(d, 2, connector=0, tag="SECOND") == ACCEPTED
        assert await reserve(d, 3, connector=0, tag="THIRD") == OCCUPIED
        assert await reserve(d, 3, connector=1, tag="THIRD") == OCCUPIED
        with pytest.raises(ActionRefused, match="reserved"):
            await d.perform("swipe", id_token=STRANGER)
        await d.perform("swipe", id_token=OWNER, evse=2)
        await d.perform("plug", evse=2)
        await d.expect("StartTransaction", connectorId=2, reservationId=1)
        assert await d.call("CancelReservation", reservationId=2) == ACCEPTED
        await d.perform("swipe", id_token=STRANGER)
        await d.perform("plug", evse=1)
        await d.expect("StartTransaction", connectorId=1, idTag=STRANGER)
        assert await reserve(d, 4, connector=0) == OCCUPIED


@pytest.mark.req("1.6:5.13")
async def test_connector_0_of_a_station_that_is_out_of_order() -> None:
    async with Dialogue("1.6") as d:
        for evse in (1, 2):
            await d.perform("fault", evse=evse, connector=1, error_code="GroundFailure")
        assert await reserve(d, connector=0) == {"status": "Faulted"}
        for evse in (1, 2):
            await d.perform("clear_fault", evse=evse, connector=1)
        await d.call("ChangeAvailability", connectorId=0, type="Inoperative")
        assert await reserve(d, connector=0) == {"status": "Unavailable"}


@pytest.mark.req("1.6:9.3.1")
async def test_connector_0_where_it_is_not_supported() -> None:
    async with Dialogue("1.6", settings={"ReservationCtrlr.NonEvseSpecific": "false"}) as d:
        answer = await d.call("GetConfiguration", key=["ReserveConnectorZeroSupported", "SupportedFeatureProfiles"])
        zero, profiles = answer["configurationKey"]
        assert zero == {"key": "ReserveConnectorZeroSupported", "readonly": True, "value": "false"}
        assert "Reservation" in profiles["value"].split(",")
        assert await reserve(d, connector=0) == REJECTED
        assert await reserve(d, connector=1) == ACCEPTED


async def test_two_connectors_of_one_evse() -> None:
    async with Dialogue("1.6", configuration=TWO_PLUGS) as d:
        assert await reserve(d, 1, connector=2) == ACCEPTED
        assert [d.status(1, 1), d.status(1, 2)] == ["Unavailable", "Reserved"]
        assert await reserve(d, 2, connector=1) == OCCUPIED
        await d.perform("plug", evse=1, connector=2)
        await d.perform("swipe", id_token=OWNER)
        await d.expect("StartTransaction", connectorId=2, reservationId=1)


async def test_a_driver_who_does_not_plug_in_keeps_the_reservation() -> None:
    async with Dialogue("1.6") as d:
        await reserve(d)
        await d.perform("swipe", id_token=OWNER)
        await d.advance(61)
        assert d.status() == "Reserved"


async def test_a_reservation_ends_offline_too() -> None:
    async with Dialogue("1.6", settings={"AllowOfflineTxForUnknownId": "true"}) as d:
        await reserve(d, 6)
        d.server.offline = True
        await d.settle()
        await d.perform("plug", evse=1)
        await d.perform("swipe", id_token=OWNER)
        d.server.offline = False
        await d.advance(120)
        await d.expect("StartTransaction", reservationId=6)
