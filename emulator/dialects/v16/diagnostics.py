"""GetDiagnostics of 1.6 (sections 4.4, 5.9) and GetLog of the white paper (N01), with their statuses."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from emulator.dialects.dialect import Payload
from emulator.dialects.v16.firmware import moment
from emulator.domain.calls import Reply
from emulator.services.diagnostics import LogKind, LogRequest, UploadStatus

if TYPE_CHECKING:
    from emulator.dialects.v16.dialect import V16

# Section 7.24 has fewer words; what it lacks are failures, but for the cancellation, of which 1.6 says nothing.
PLAIN_STATUS = {UploadStatus.UPLOADING: "Uploading", UploadStatus.UPLOADED: "Uploaded"}


def get_diagnostics(dialect: V16, payload: Payload) -> Reply:
    """Upload the message log of a time range (section 5.9)."""
    request = LogRequest(
        kind=LogKind.DIAGNOSTICS,
        location=payload["location"],
        oldest=_optional(payload, "startTime"),
        latest=_optional(payload, "stopTime"),
        retries=payload.get("retries"),
        retry_interval_s=payload.get("retryInterval"),
    )
    diagnostics = dialect.context.diagnostics
    answer = diagnostics.request(request)
    if not answer.file_name:
        return Reply({})
    return Reply({"fileName": answer.file_name}, diagnostics.begin)


def get_log(dialect: V16, payload: Payload) -> Reply:
    """Upload a log (white paper, N01)."""
    wire = payload["log"]
    request = LogRequest(
        kind=LogKind(payload["logType"]),
        location=wire["remoteLocation"],
        oldest=_optional(wire, "oldestTimestamp"),
        latest=_optional(wire, "latestTimestamp"),
        retries=payload.get("retries"),
        retry_interval_s=payload.get("retryInterval"),
        request_id=payload["requestId"],
    )
    diagnostics = dialect.context.diagnostics
    answer = diagnostics.request(request)
    if not answer.file_name:
        return Reply({"status": str(answer.status)})
    return Reply({"status": str(answer.status), "filename": answer.file_name}, diagnostics.begin)


def _optional(payload: Payload, field: str) -> datetime | None:
    return moment(payload, field) if field in payload else None


# --- statuses


def tell_status(dialect: V16, status: str, request_id: int | None) -> None:
    """The status of an upload; one with a number was asked for with GetLog (white paper, N01.FR.07)."""
    if status == UploadStatus.ACCEPTED_CANCELED:
        return  # a word of 2.0.1
    if request_id is not None:
        dialect.send("LogStatusNotification", {"status": status, "requestId": request_id})
    else:
        word = PLAIN_STATUS.get(UploadStatus(status), "UploadFailed")
        dialect.send("DiagnosticsStatusNotification", {"status": word})


def trigger_plain(dialect: V16, number: int | None) -> None:
    """Say whether a log is being uploaded (section 4.4)."""
    status = "Uploading" if dialect.context.diagnostics.busy else "Idle"
    dialect.send("DiagnosticsStatusNotification", {"status": status}, triggered=True)


def trigger_log(dialect: V16, number: int | None) -> None:
    """Say whether a log is being uploaded; the number only while one is (white paper, N01.FR.12)."""
    diagnostics = dialect.context.diagnostics
    payload: Payload = {"status": "Uploading" if diagnostics.busy else "Idle"}
    if diagnostics.request_id is not None:
        payload["requestId"] = diagnostics.request_id
    dialect.send("LogStatusNotification", payload, triggered=True)
