"""`forecourt csms`: lines on stdout, a clean stop on a signal."""

from __future__ import annotations

import asyncio
import io
import json
import os
import signal
import sys

import pytest

from emulator.csms.serve import serve
from emulator.csms.server import BuiltInCsms

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="signals of a Unix")


async def life(raw_station, number, **options):
    """Serve one station that sends three frames, then send a signal; the lines that were printed."""
    csms, out = BuiltInCsms(), io.StringIO()
    before = asyncio.all_tasks()
    serving = asyncio.ensure_future(serve(port=0, csms=csms, out=out, **options))
    while not csms.url:
        await asyncio.sleep(0.001)
    async with raw_station(csms) as bare:
        await bare.ask("Heartbeat", {})
        await bare.say("nonsense")
        await bare.ask("DataTransfer", {"vendorId": "v" * 300, "x": 1})
    os.kill(os.getpid(), number)
    await serving
    assert asyncio.all_tasks() == before
    return out.getvalue().splitlines()


async def test_plain_lines(raw_station):
    lines = await life(raw_station, signal.SIGTERM)
    assert lines[0].startswith("csms: ws://127.0.0.1:")
    assert lines[1] == "CP1 connected, OCPP 1.6"
    assert lines[2].endswith("CP1 <- Heartbeat {}")
    assert "CP1 -> Heartbeat CALLRESULT {" in lines[3]
    assert "MALFORMED nonsense  INVALID: frame: not JSON" in lines[4]
    assert "...  INVALID: " in lines[5]
    assert "CALLERROR" in lines[6]
    assert lines[7] == "CP1 gone"


async def test_json_lines(raw_station):
    lines = [json.loads(line) for line in await life(raw_station, signal.SIGINT, log_frames=True)]
    assert lines[0]["csms"].startswith("ws://127.0.0.1:")
    assert [line["type"] for line in lines[1:]] == ["CALL", "CALLRESULT", "MALFORMED", "CALL", "CALLERROR"]
    assert lines[1]["action"] == "Heartbeat"
    assert lines[1]["payload"] == {}
    assert lines[4]["problems"]


class ClosedPipe(io.StringIO):
    """A reader that went away."""

    def write(self, _text):
        raise BrokenPipeError


async def test_it_ends_when_nobody_reads():
    await asyncio.wait_for(serve(port=0, out=ClosedPipe()), 2)
