"""Firmware and diagnostics of the real program, against a CSMS and a file server that are not ours."""

from __future__ import annotations

import asyncio
import io
import json
import zipfile
from contextlib import asynccontextmanager

from ocpp.v16 import call

from tests.support.forecourt_process import running
from tests.support.ocpp_csms import now, running_csms

FIRMWARE = b"new firmware " * 10_000


@asynccontextmanager
async def file_server():
    """A web server that gives the firmware and keeps what is put."""
    kept = {}

    async def talk(reader, writer):
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        method, path, _ = head.split(" ", 2)
        body = FIRMWARE if method == "GET" else b""
        if method == "PUT":
            length = int(head.lower().split("content-length: ")[1].split("\r\n")[0])
            kept[path] = await reader.readexactly(length)
        answer = f"HTTP/1.1 200 OK\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n"
        writer.write(answer.encode() + body)
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(talk, "127.0.0.1", 0)
    yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", kept
    server.close()


async def test_diagnostics_and_firmware_on_1_6(tmp_path):
    async with running_csms() as csms, file_server() as (address, kept):
        options = ("--url", csms.url, "--id", "CP1", "--ocpp", "1.6", "--data", tmp_path)
        async with running(*options) as forecourt, forecourt.control() as control:
            await control.wait_for(state={"/boot/state": "accepted"})
            station = csms.stations["CP1"]

            answer = await station.call(call.GetDiagnostics(location=f"{address}/logs"))
            await csms.wait_for("DiagnosticsStatusNotification", status="Uploaded")
            with zipfile.ZipFile(io.BytesIO(kept[f"/logs/{answer.file_name}"])) as archive:
                rows = [json.loads(line) for line in archive.read("messages.jsonl").decode().splitlines()]
            assert rows[0]["action"] == "BootNotification"
            assert any(row["action"] == "GetDiagnostics" for row in rows)

            await control.firmware(duration_s=0.2)
            await station.call(call.UpdateFirmware(location=f"{address}/fw-7.1.bin", retrieve_date=now()))
            await csms.wait_for("FirmwareStatusNotification", status="Installing")
            await csms.wait_for("BootNotification", firmwareVersion="7.1")
            await csms.wait_for("FirmwareStatusNotification", status="Installed")
            snapshot = await control.snapshot()
            assert snapshot["station"]["firmware_version"] == "7.1"
            assert snapshot["firmware"]["received_bytes"] == 0 or snapshot["firmware"]["total_bytes"] == len(FIRMWARE)
            code, said = await forecourt.stop()
        assert (code, said) == (0, "forecourt: Security event: FirmwareUpdated. 7.1\n")
    statuses = [told["status"] for told in csms.of("FirmwareStatusNotification")]
    assert statuses == ["Downloading", "Downloaded", "Installing", "Installed"]
    assert not [path for path in (tmp_path / "files").rglob("*") if path.is_file()]
