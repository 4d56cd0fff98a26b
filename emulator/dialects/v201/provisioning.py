"""BootNotification, Heartbeat and Reset (use cases B01 to B03, B11, B12, G02)."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from emulator.dialects.dialect import Payload
from emulator.dialects.v201.answers import refused
from emulator.dialects.v201.availability import unknown_place
from emulator.domain.calls import Reply
from emulator.domain.csms import BootAnswer, BootStatus
from emulator.domain.times import parsed_time
from emulator.domain.transaction import StoppedReason
from emulator.domain.variables import VariableRef
from emulator.services.provisioning import ResetStatus

if TYPE_CHECKING:
    from emulator.dialects.v201.dialect import V201

# Field of ChargingStationType or ModemType, the variable that it tells, its greatest length.
STATION_FIELDS = (
    ("model", VariableRef("ChargingStation", "Model"), 20),
    ("vendorName", VariableRef("ChargingStation", "VendorName"), 50),
    ("serialNumber", VariableRef("ChargingStation", "SerialNumber"), 25),
    ("firmwareVersion", VariableRef("ChargingStation", "FirmwareVersion"), 50),
)
MODEM_FIELDS = (
    ("iccid", VariableRef("DataLink", "ICCID"), 20),
    ("imsi", VariableRef("DataLink", "IMSI"), 20),
)
REQUIRED = {"model", "vendorName"}

# What a reset leaves for the CSMS to learn how its transactions ended (B12.FR.04).
IMMEDIATE = StoppedReason.IMMEDIATE_RESET


def boot_payload(dialect: V201, reason: str) -> Payload:
    """BootNotificationRequest from the device model (B01.FR.01, B01.FR.09)."""
    station = _told(dialect, STATION_FIELDS)
    if modem := _told(dialect, MODEM_FIELDS):
        station["modem"] = modem
    return {"reason": reason, "chargingStation": station}


def _told(dialect: V201, fields: tuple[tuple[str, VariableRef, int], ...]) -> Payload:
    model = dialect.context.model
    values = ((name, model.text(ref)[:length] if model.has(ref) else "") for name, ref, length in fields)
    return {name: value for name, value in values if value or name in REQUIRED}


async def boot(dialect: V201, reason: str) -> BootAnswer:
    """Announce the station."""
    answer = await dialect.request("BootNotification", boot_payload(dialect, reason))
    return BootAnswer(BootStatus(answer["status"]), parsed_time(answer["currentTime"]), answer["interval"])


async def heartbeat(dialect: V201) -> datetime | None:
    """Say that the station lives."""
    answer = await dialect.request("Heartbeat", {})
    return parsed_time(answer["currentTime"])


def reset(dialect: V201, payload: Payload) -> Reply:
    """Reset the station or one EVSE, at once or when no transaction goes on any more (B11, B12)."""
    provisioning = dialect.context.provisioning
    evse_id = payload.get("evseId", 0)
    if evse_id:
        if (problem := unknown_place(dialect, {"id": evse_id})) is not None:
            return Reply(problem)
        if not dialect.context.model.boolean(VariableRef("EVSE", "AllowReset", None, evse_id)):
            sentence = f"EVSE {evse_id} cannot be reset alone."
            return Reply(refused("UnsupportedParam", sentence))  # B11.FR.09, B12.FR.09
    status = provisioning.reset(on_idle=payload["type"] == "OnIdle", stopped_reason=IMMEDIATE, evse_id=evse_id)
    if status is ResetStatus.SCHEDULED:
        return Reply({"status": str(status)})  # B12.FR.01
    return Reply({"status": str(status)}, lambda: provisioning.perform_reset(IMMEDIATE, evse_id))
