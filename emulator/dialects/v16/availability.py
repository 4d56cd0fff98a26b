"""StatusNotification and ChangeAvailability of 1.6 (sections 4.9, 5.2)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from emulator.dialects.dialect import Payload
from emulator.dialects.v16 import numbering, statuses
from emulator.domain.calls import Reply
from emulator.domain.station import Connector, Evse, Fault, Station
from emulator.domain.times import timestamp

if TYPE_CHECKING:
    from emulator.dialects.v16.dialect import V16


def status_payload(dialect: V16, evse_id: int, connector_id: int) -> Payload:
    """StatusNotification.req for a connector, or for the Charge Point (0, 0)."""
    station = dialect.context.station
    number = numbering.connector_id(station, evse_id, connector_id) if evse_id else 0
    found = numbering.find(station, number)
    if found is None:
        status, fault = str(statuses.station_status(station)), station.fault
    else:
        evse, connector = found
        status = dialect.connector_status(evse, connector)
        fault = told_fault(station, evse, connector, status)
    payload: Payload = {"connectorId": number, "status": status, **_error(fault)}
    if fault is None and found is not None and _unplugged_at_the_car(dialect, *found, status):
        payload["info"] = "EV side disconnected"  # section 4.9
    payload["timestamp"] = timestamp(dialect.context.clock.now())
    return payload


def told_fault(station: Station, evse: Evse, connector: Connector, status: str) -> Fault | None:
    """What StatusNotification tells of a connector: its fault, else a warning that may go with its status."""
    fault = station.fault_of(evse, connector) or station.warning_of(evse, connector)
    if fault is not None and fault.error_code == "EVCommunicationError" and status not in statuses.WITH_CAR_TROUBLE:
        return None  # section 4.9
    return fault


def _unplugged_at_the_car(dialect: V16, evse: Evse, connector: Connector, status: str) -> bool:
    if connector.vehicle_present:
        return False
    if status == statuses.ChargePointStatus.FINISHING:
        return True
    transaction = dialect.context.transactions.session(evse.id).transaction
    suspended = status == statuses.ChargePointStatus.SUSPENDED_EV and transaction is not None
    return suspended and transaction is not None and transaction.connector_id in {None, connector.id}


def _error(fault: Fault | None) -> Payload:
    if fault is None:
        return {"errorCode": "NoError"}
    if fault.error_code in statuses.ERROR_CODES:
        error: Payload = {"errorCode": fault.error_code}
    else:
        error = {"errorCode": "OtherError", "vendorErrorCode": fault.error_code[:50]}
    if fault.info:
        error["info"] = fault.info[:50]
    if fault.vendor_error_code:
        error["vendorErrorCode"] = fault.vendor_error_code[:50]
    return error


def change_availability(dialect: V16, payload: Payload) -> Reply:
    """Operative or not, for a connector or the whole Charge Point (section 5.2)."""
    availability, operative = dialect.context.availability, payload["type"] == "Operative"
    number = payload["connectorId"]
    if number == 0:
        return Reply({"status": str(availability.change(operative, everywhere=True))})
    found = numbering.find(dialect.context.station, number)
    if found is None:
        return Reply({"status": "Rejected"})
    return Reply({"status": str(availability.change(operative, found[0].id, found[1].id))})
