"""UpdateFirmware and its status in 1.6 (sections 4.5, 5.19), and their secure kin (white paper, L01)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING

from emulator.dialects.dialect import Payload
from emulator.domain import settings
from emulator.domain.calls import CallRefusal, ErrorCode, Reply
from emulator.domain.times import parsed_time
from emulator.services.firmware import FirmwareRequest, FirmwareStatus, UpdateStatus

if TYPE_CHECKING:
    from emulator.dialects.v16.dialect import V16

# Section 7.25 has fewer words. What a plain update says when its state changes ...
PLAIN_STATUS = {
    FirmwareStatus.DOWNLOADING: "Downloading",
    FirmwareStatus.DOWNLOADED: "Downloaded",
    FirmwareStatus.DOWNLOAD_FAILED: "DownloadFailed",
    FirmwareStatus.INSTALLING: "Installing",
    FirmwareStatus.INSTALLED: "Installed",
    FirmwareStatus.INSTALLATION_FAILED: "InstallationFailed",
    FirmwareStatus.INSTALL_VERIFICATION_FAILED: "InstallationFailed",
}
# ... and when it is asked in a state that has no word.
NEAREST_STATUS = PLAIN_STATUS | {
    FirmwareStatus.DOWNLOAD_PAUSED: "Downloading",
    FirmwareStatus.SIGNATURE_VERIFIED: "Downloaded",
    FirmwareStatus.INSTALL_SCHEDULED: "Downloaded",
    FirmwareStatus.INSTALL_REBOOTING: "Installing",
}


async def update_firmware(dialect: V16, payload: Payload) -> Reply:
    """Fetch and install firmware that nobody has signed (section 5.19)."""
    if dialect.context.model.integer(settings.SECURITY_PROFILE) > 0:
        # White paper, L01.FR.20: a secured Charge Point takes signed firmware only.
        text = "This Charge Point runs a security profile and takes SignedUpdateFirmware only."
        raise CallRefusal(ErrorCode.NOT_SUPPORTED, text)
    firmware = dialect.context.firmware
    request = FirmwareRequest(
        location=payload["location"],
        retrieve_at=moment(payload, "retrieveDate"),
        retries=payload.get("retries"),
        retry_interval_s=payload.get("retryInterval"),
    )
    if await firmware.request(request) is UpdateStatus.REJECTED:
        # The answer has no status: the update that does not begin has failed.
        return Reply({}, lambda: dialect.send("FirmwareStatusNotification", {"status": "DownloadFailed"}))
    return Reply({}, firmware.begin)


async def signed_update_firmware(dialect: V16, payload: Payload) -> Reply:
    """Fetch and install signed firmware (white paper, L01)."""
    wire, firmware = payload["firmware"], dialect.context.firmware
    request = FirmwareRequest(
        location=wire["location"],
        retrieve_at=moment(wire, "retrieveDateTime"),
        install_at=moment(wire, "installDateTime") if "installDateTime" in wire else None,
        retries=payload.get("retries"),
        retry_interval_s=payload.get("retryInterval"),
        request_id=payload["requestId"],
        signed=True,
        certificate=wire["signingCertificate"],
        signature=wire["signature"],
    )
    status = await firmware.request(request)
    return Reply({"status": str(status)}, firmware.begin)


def moment(payload: Payload, field: str) -> datetime:
    """A date and time of a message; raises CallRefusal where it cannot be read."""
    time = parsed_time(payload[field])
    if time is None:
        raise CallRefusal(ErrorCode.TYPE_CONSTRAINT_VIOLATION, f"{field} is no date and time: {payload[field]}")
    return time


# --- statuses


def tell_status(dialect: V16, status: str, request_id: int | None, answered: Callable[[bool], None]) -> None:
    """The status of an update; one with a number is a signed one (white paper, L01.FR.10)."""
    if request_id is not None:
        payload: Payload = {"status": status, "requestId": request_id}
        dialect.deliver("SignedFirmwareStatusNotification", payload, answered)
    elif (word := PLAIN_STATUS.get(FirmwareStatus(status))) is not None:
        dialect.deliver("FirmwareStatusNotification", {"status": word}, answered)
    else:
        answered(True)


def trigger_plain(dialect: V16, number: int | None) -> None:
    """Say how far the update is; Idle when there is none (section 4.5)."""
    firmware = dialect.context.firmware
    status = NEAREST_STATUS.get(firmware.status, "Idle") if firmware.busy and firmware.status else "Idle"
    dialect.send("FirmwareStatusNotification", {"status": status}, triggered=True)


def trigger_signed(dialect: V16, number: int | None) -> None:
    """Say the last status again; Idle after Installed, or when there was none (white paper, L01.FR.28, L01.FR.29)."""
    firmware = dialect.context.firmware
    payload: Payload = {"status": str(FirmwareStatus.IDLE)}
    known = firmware.status not in {None, FirmwareStatus.INSTALLED, FirmwareStatus.IDLE}
    if known and firmware.request_id is not None:
        payload = {"status": str(firmware.status), "requestId": firmware.request_id}
    dialect.send("SignedFirmwareStatusNotification", payload, triggered=True)
