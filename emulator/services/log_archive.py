"""The archives that a CSMS gets: zip files with the message log, the facts of the station, or the security log.

Passwords do not leave the station: neither those of its settings nor those in addresses.
"""

from __future__ import annotations

import json
import zipfile
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from emulator.domain.frames import Frame
from emulator.domain.times import timestamp
from emulator.domain.variables import VariableRef
from emulator.services.transfers import without_credentials

if TYPE_CHECKING:
    from emulator.services.context import StationContext

# So many frames are packed at once; then others have their turn.
PAGE = 200
SECRETS = ("AuthorizationKey", "BasicAuthPassword")
IDENTITY = ("VendorName", "Model", "SerialNumber", "FirmwareVersion")


async def pack_messages(context: StationContext, archive: Path, oldest: datetime, latest: datetime) -> int:
    """Pack the frames of a time range, one JSON object a line, and the station's facts; gives how many frames."""
    count = after = 0
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("station.json", json.dumps(_facts(context), indent=1))
        with packed.open("messages.jsonl", "w", force_zip64=True) as messages:
            # What comes while this goes on is not waited for: the log of an upload would never end.
            end = context.clock.now()
            while page := context.files.frames(after, PAGE):
                after = page[-1].seq
                chosen = [frame for frame in page if oldest <= frame.time <= min(latest, end)]
                messages.write(_lines(chosen))
                count += len(chosen)
                if page[0].time > end:
                    break
                await context.clock.sleep(0)
    return count


def _lines(frames: Sequence[Frame]) -> bytes:
    return "".join(f"{json.dumps(_row(frame), ensure_ascii=False)}\n" for frame in frames).encode("utf-8", "replace")


def _row(frame: Frame) -> dict[str, Any]:
    secret = any(name in frame.raw for name in SECRETS)
    return {
        "seq": frame.seq,
        "time": timestamp(frame.time),
        "direction": str(frame.direction),
        "type": str(frame.type),
        "action": frame.action,
        "message_id": frame.message_id,
        "raw": "(holds a password)" if secret else without_credentials(frame.raw),
        "problems": [problem.message for problem in frame.problems],
    }


def _facts(context: StationContext) -> dict[str, Any]:
    model = context.model
    refs = {name: VariableRef("ChargingStation", name) for name in IDENTITY}
    rows = model.snapshot()
    return {
        "identity": context.identity,
        "packed_at": timestamp(context.clock.now()),
        **{name: model.text(ref) for name, ref in refs.items() if model.has(ref)},
        "variables": [row for row in rows if row["variable"] not in SECRETS],
    }


def pack_security_log(
    context: StationContext, archive: Path, log: Sequence[dict[str, Any]], oldest: datetime, latest: datetime
) -> int:
    """Pack the security events of a time range, one JSON object a line; gives how many."""
    chosen = [event for event in log if timestamp(oldest) <= event["timestamp"] <= timestamp(latest)]
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("security.jsonl", "".join(f"{json.dumps(event)}\n" for event in chosen))
    return len(chosen)
