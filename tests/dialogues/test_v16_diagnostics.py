"""Logs that the Central System fetches: 1.6 sections 4.4 and 5.9, and the white paper's N01."""

from __future__ import annotations

import io
import json
import zipfile
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from emulator.domain.files import TransferProblem
from emulator.domain.times import timestamp
from tests.support.dialogue import Refuse
from tests.support.file_dialogue import FileDialogue

LOCATION = "ftp://user:secret@files.test/logs"
PLAIN, LOG = "DiagnosticsStatusNotification", "LogStatusNotification"


def in_seconds(d: FileDialogue, seconds: float) -> str:
    return timestamp(d.clock.now() + timedelta(seconds=seconds))


async def get_log(d: FileDialogue, number: int = 3, kind: str = "DiagnosticsLog", **fields: Any) -> dict[str, Any]:
    log = {"remoteLocation": LOCATION, **{k: v for k, v in fields.items() if k.endswith("Timestamp")}}
    more = {k: v for k, v in fields.items() if k not in log}
    return await d.call("GetLog", logType=kind, requestId=number, log=log, **more)


def lines(d: FileDialogue, name: str, member: str = "messages.jsonl") -> list[dict[str, Any]]:
    with zipfile.ZipFile(io.BytesIO(d.transfer.files[name])) as archive:
        return [json.loads(line) for line in archive.read(member).decode().splitlines()]


# --- GetDiagnostics


@pytest.mark.req("1.6:4.4", "1.6:5.9", "1.6:errata:3.31")
async def test_the_message_log_is_uploaded_under_the_name_that_was_told(tmp_path: Path) -> None:
    async with FileDialogue("1.6", tmp_path) as d:
        await d.perform("plug", evse=1)
        name = (await d.call("GetDiagnostics", location=LOCATION))["fileName"]
        await d.expect(PLAIN, status="Uploading")
        assert d.state("diagnostics")["status"] == "Uploading"
        await d.advance(10)
        await d.expect(PLAIN, status="Uploaded")
        rows = lines(d, name)
        assert [row["action"] for row in rows if row["direction"] == "sent" and row["type"] == "CALL"][:2] == [
            "BootNotification",
            "StatusNotification",
        ]
        assert [row["seq"] for row in rows] == sorted(row["seq"] for row in rows)
        with zipfile.ZipFile(io.BytesIO(d.transfer.files[name])) as archive:
            station = json.loads(archive.read("station.json"))
        assert station["FirmwareVersion"] == "1.0.0"
        assert list(tmp_path.iterdir()) == []
        shown = d.state("diagnostics")
        assert (shown["file_name"], shown["busy"]) == (name, False)
        assert shown["sent_bytes"] == shown["total_bytes"] == len(d.transfer.files[name])


@pytest.mark.req("1.6:6.25")
async def test_only_what_is_in_the_time_range_is_packed(tmp_path: Path) -> None:
    async with FileDialogue("1.6", tmp_path) as d:
        start = in_seconds(d, 50)
        await d.advance(100)
        await d.perform("plug", evse=1)
        await d.advance(100)
        stop = in_seconds(d, -50)
        await d.perform("plug", evse=2)
        name = (await d.call("GetDiagnostics", location=LOCATION, startTime=start, stopTime=stop))["fileName"]
        await d.advance(10)
        rows = [row for row in lines(d, name) if row["type"] == "CALL"]
        assert [row["action"] for row in rows] == ["StatusNotification"]


@pytest.mark.req("1.6:5.9", "1.6:6.26")
async def test_where_there_is_no_information_there_is_no_file_name(tmp_path: Path) -> None:
    async with FileDialogue("1.6", tmp_path) as d:
        day = 24 * 3600
        before = await d.call("GetDiagnostics", location=LOCATION, stopTime=in_seconds(d, -day))
        after = await d.call("GetDiagnostics", location=LOCATION, startTime=in_seconds(d, day))
        reversed_ = await d.call(
            "GetDiagnostics", location=LOCATION, startTime=in_seconds(d, 0), stopTime=in_seconds(d, -60)
        )
        assert before == after == reversed_ == {}
        await d.advance(60)
        await d.expect_none(PLAIN)


@pytest.mark.req("1.6:errata:3.50")
async def test_an_upload_is_tried_again_and_given_up(tmp_path: Path) -> None:
    async with FileDialogue("1.6", tmp_path) as d:
        d.transfer.for_ever = TransferProblem.PERMISSION_DENIED
        await d.call("GetDiagnostics", location=LOCATION, retries=1, retryInterval=20)
        await d.advance(60)
        assert len(d.transfer.asked) == 2
        assert d.statuses(PLAIN) == ["Uploading", "UploadFailed"]
        assert list(tmp_path.iterdir()) == []


@pytest.mark.req("1.6:4.4", "1.6:7.24")
async def test_idle_is_told_only_when_asked(tmp_path: Path) -> None:
    async with FileDialogue("1.6", tmp_path) as d:
        assert await d.call("TriggerMessage", requestedMessage=PLAIN) == {"status": "Accepted"}
        await d.expect(PLAIN, status="Idle")
        await d.call("GetDiagnostics", location=LOCATION)
        await d.call("TriggerMessage", requestedMessage=PLAIN)
        await d.advance(1)
        assert d.statuses(PLAIN) == ["Idle", "Uploading", "Uploading"]
        await d.advance(10)


async def test_passwords_do_not_leave_the_station(tmp_path: Path) -> None:
    async with FileDialogue("1.6", tmp_path) as d:
        await d.call("ChangeConfiguration", key="AuthorizationKey", value="0123456789abcdef0123")
        name = (await d.call("GetDiagnostics", location=LOCATION))["fileName"]
        await d.advance(10)
        with zipfile.ZipFile(io.BytesIO(d.transfer.files[name])) as archive:
            text = "".join(archive.read(member).decode() for member in archive.namelist())
        assert "0123456789abcdef0123" not in text
        assert "user:secret" not in text
        assert "files.test" in text


async def test_dates_that_do_not_parse_are_refused(tmp_path: Path) -> None:
    async with FileDialogue("1.6", tmp_path) as d:
        assert "error" in await d.call("GetDiagnostics", location=LOCATION, startTime="yesterday")
        assert "error" in await get_log(d, oldestTimestamp="yesterday")
        assert not d.state("diagnostics")["busy"]


# --- GetLog (white paper, N01)


@pytest.mark.req("N01.FR.01", "N01.FR.02", "N01.FR.04", "N01.FR.07", "N01.FR.08", "N01.FR.09")
async def test_a_diagnostics_log_is_told_with_its_number(tmp_path: Path) -> None:
    async with FileDialogue("1.6", tmp_path) as d:
        answer = await get_log(d)
        assert answer["status"] == "Accepted"
        await d.advance(10)
        assert [(c["status"], c["requestId"]) for c in d.calls(LOG)] == [("Uploading", 3), ("Uploaded", 3)]
        assert d.calls(PLAIN) == []
        assert lines(d, answer["filename"])


@pytest.mark.req("N01.FR.03", "N01.FR.05")
async def test_the_security_log_holds_security_events(tmp_path: Path) -> None:
    async with FileDialogue("1.6", tmp_path) as d:
        assert (await get_log(d, kind="SecurityLog"))["status"] == "Rejected"
        d.emulator.running.context.security_events.raise_event("TamperDetectionActivated", "the lid")
        answer = await get_log(d, kind="SecurityLog")
        await d.advance(10)
        (event,) = lines(d, answer["filename"], "security.jsonl")
        assert (event["type"], event["techInfo"]) == ("TamperDetectionActivated", "the lid")


@pytest.mark.req("N01.FR.10")
@pytest.mark.parametrize(
    ("problem", "status"),
    [
        (TransferProblem.BAD_MESSAGE, "BadMessage"),
        (TransferProblem.PERMISSION_DENIED, "PermissionDenied"),
        (TransferProblem.NOT_SUPPORTED, "NotSupportedOperation"),
        (TransferProblem.LOST, "UploadFailure"),
        (TransferProblem.TLS, "UploadFailure"),
    ],
)
async def test_a_failed_upload_says_why(problem: TransferProblem, status: str, tmp_path: Path) -> None:
    async with FileDialogue("1.6", tmp_path) as d:
        d.transfer.for_ever = problem
        await get_log(d, retries=0)
        await d.advance(10)
        assert d.statuses(LOG) == ["Uploading", status]


@pytest.mark.req("N01.FR.11")
async def test_a_newer_request_cancels_the_upload(tmp_path: Path) -> None:
    async with FileDialogue("1.6", tmp_path) as d:
        d.transfer.duration_s = 100
        first = await get_log(d)
        second = await get_log(d, number=4)
        assert second["status"] == "AcceptedCanceled"
        assert second["filename"] != first["filename"]
        await d.advance(300)
        assert [(c["status"], c["requestId"]) for c in d.calls(LOG)] == [
            ("Uploading", 3),
            ("Uploading", 4),
            ("Uploaded", 4),
        ]
        assert list(d.transfer.files) == [second["filename"]]


@pytest.mark.req("N01.FR.12")
async def test_the_number_is_told_only_while_a_log_goes_up(tmp_path: Path) -> None:
    async with FileDialogue("1.6", tmp_path) as d:
        trigger = {"requestedMessage": LOG}
        assert await d.call("ExtendedTriggerMessage", trigger) == {"status": "Accepted"}
        assert await d.expect(LOG) == {"status": "Idle"}
        await get_log(d)
        await d.expect(LOG, status="Uploading")
        await d.call("ExtendedTriggerMessage", trigger)
        assert await d.expect(LOG) == {"status": "Uploading", "requestId": 3}
        await d.advance(10)


# --- the operator's hand


@pytest.mark.parametrize(
    ("outcome", "status"),
    [
        ("success", "Uploaded"),
        ("upload_failed", "UploadFailure"),
        ("bad_message", "BadMessage"),
        ("permission_denied", "PermissionDenied"),
        ("not_supported", "NotSupportedOperation"),
    ],
)
async def test_outcomes_can_be_forced(outcome: str, status: str, tmp_path: Path) -> None:
    async with FileDialogue("1.6", tmp_path) as d:
        if outcome == "success":
            d.transfer.for_ever = TransferProblem.NOT_SUPPORTED
        await d.perform("diagnostics", outcome=outcome, duration_s=50)
        await get_log(d, retries=0)
        await d.advance(40)
        if outcome != "success":
            assert d.statuses(LOG) == ["Uploading"]
        await d.advance(20)
        assert d.statuses(LOG) == ["Uploading", status]


async def test_a_second_request_can_be_refused(tmp_path: Path) -> None:
    async with FileDialogue("1.6", tmp_path) as d:
        await get_log(d)
        await d.perform("diagnostics", when_busy="refuse")
        assert (await get_log(d, number=4))["status"] == "Rejected"
        await d.advance(10)
        assert d.statuses(LOG) == ["Uploading", "Uploaded"]


# --- security events


@pytest.mark.req("A04.FR.01")
async def test_security_events_of_an_offline_time_are_told_later(tmp_path: Path) -> None:
    async with FileDialogue("1.6", tmp_path) as d:
        await d.perform("network", mode="down")
        d.emulator.running.context.security_events.raise_event("TamperDetectionActivated")
        await d.advance(1)
        assert d.calls("SecurityEventNotification") == []
        await d.restart()
        await d.perform("network", mode="up")
        await d.advance(300)
        assert [call["type"] for call in d.calls("SecurityEventNotification")] == ["TamperDetectionActivated"]


async def test_a_csms_that_refuses_a_security_event_hears_of_it_once(tmp_path: Path) -> None:
    answers = {"SecurityEventNotification": Refuse("NotImplemented")}
    async with FileDialogue("1.6", tmp_path, answers=answers) as d:
        d.emulator.running.context.security_events.raise_event("TamperDetectionActivated")
        await d.settle()
        await d.restart()
        assert len(d.calls("SecurityEventNotification")) == 1
