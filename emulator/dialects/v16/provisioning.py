"""BootNotification, Heartbeat, Reset and the configuration keys of 1.6 (sections 4.2, 4.6, 5.3, 5.8, 5.14)."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from emulator.dialects.dialect import Payload
from emulator.domain.calls import CallRefusal, ErrorCode, Reply
from emulator.domain.csms import BootAnswer, BootStatus
from emulator.domain.times import parsed_time
from emulator.domain.transaction import StoppedReason
from emulator.domain.variables import SetStatus, VariableRef

if TYPE_CHECKING:
    from emulator.dialects.v16.dialect import V16

# Field of BootNotification.req, the variable that it tells, its greatest length (section 6.3).
BOOT_FIELDS = (
    ("chargePointVendor", VariableRef("ChargingStation", "VendorName"), 20),
    ("chargePointModel", VariableRef("ChargingStation", "Model"), 20),
    ("chargePointSerialNumber", VariableRef("ChargingStation", "SerialNumber"), 25),
    ("firmwareVersion", VariableRef("ChargingStation", "FirmwareVersion"), 50),
    ("iccid", VariableRef("DataLink", "ICCID"), 20),
    ("imsi", VariableRef("DataLink", "IMSI"), 20),
    ("meterType", VariableRef("FiscalMetering", "Model"), 25),
    ("meterSerialNumber", VariableRef("FiscalMetering", "SerialNumber"), 25),
)

CONFIGURATION_STATUS = {
    SetStatus.ACCEPTED: "Accepted",
    SetStatus.REJECTED: "Rejected",
    SetStatus.REBOOT_REQUIRED: "RebootRequired",
    SetStatus.UNKNOWN_COMPONENT: "NotSupported",
    SetStatus.UNKNOWN_VARIABLE: "NotSupported",
    SetStatus.NOT_SUPPORTED_ATTRIBUTE_TYPE: "Rejected",
}


def boot_payload(dialect: V16) -> Payload:
    """BootNotification.req from the device model."""
    model = dialect.context.model
    fields = ((name, model.text(ref) if model.has(ref) else "", length) for name, ref, length in BOOT_FIELDS)
    return {name: value[:length] for name, value, length in fields if value}


async def boot(dialect: V16) -> BootAnswer:
    """Announce the Charge Point."""
    answer = await dialect.request("BootNotification", boot_payload(dialect))
    return BootAnswer(BootStatus(answer["status"]), parsed_time(answer["currentTime"]), answer["interval"])


async def heartbeat(dialect: V16) -> datetime | None:
    """Say that the Charge Point lives."""
    answer = await dialect.request("Heartbeat", {})
    return parsed_time(answer["currentTime"])


def reset(dialect: V16, payload: Payload) -> Reply:
    """Soft: transactions end in order and the Central System hears of it first; hard: at once (section 5.14)."""
    provisioning = dialect.context.provisioning
    if payload["type"] == "Soft":
        return Reply({"status": "Accepted"}, lambda: provisioning.perform_reset(StoppedReason.SOFT_RESET))
    return Reply({"status": "Accepted"}, lambda: provisioning.perform_reset(StoppedReason.HARD_RESET, grace_s=0.0))


def get_configuration(dialect: V16, payload: Payload) -> Reply:
    """Some keys or all (section 5.8)."""
    keys = payload.get("key") or ()
    limit = dialect.context.model.integer(VariableRef("DeviceDataCtrlr", "ItemsPerMessage", "GetVariables"))
    if len(keys) > limit:
        text = f"{len(keys)} keys were asked for; GetConfigurationMaxKeys allows {limit}."
        raise CallRefusal(ErrorCode.OCCURRENCE_CONSTRAINT_VIOLATION, text)
    rows, unknown = dialect.context.model.configuration(keys)
    answer: Payload = {"configurationKey": rows}
    if unknown:
        answer["unknownKey"] = unknown
    return Reply(answer)


def change_configuration(dialect: V16, payload: Payload) -> Reply:
    """Change one key (section 5.3)."""
    outcome = dialect.context.model.configure(payload["key"], payload["value"])
    if outcome.sentence:
        dialect.context.note(f"ChangeConfiguration {payload['key']}: {outcome.sentence}")
    return Reply({"status": CONFIGURATION_STATUS[outcome.status]})
