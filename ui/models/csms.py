"""What the test CSMS shows of itself: tokens as a table, a station in a line."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from ui.models.records import Column, Record

if TYPE_CHECKING:
    from emulator.csms.records import StationRecord
    from emulator.csms.tokens import TokenEntry

TONES = {"Accepted": "good", "Blocked": "bad", "Invalid": "bad", "Expired": "warning"}

TOKEN_COLUMNS = (
    Column("Token", lambda r: r["id_token"], "idTag, idToken", 84, fixed=True),
    Column(
        "Status", lambda r: r["status"], "AuthorizationStatus", 70, tone=lambda r: TONES.get(r["status"], "warning")
    ),
    Column("Group", lambda r: r["parent"], "parentIdTag, groupIdToken", fixed=True),
)


def token_records(entries: Iterable[TokenEntry]) -> list[Record]:
    """The rows of the token table."""
    return [{"id_token": e.id_token, "status": e.status, "parent": e.parent, "entry": e} for e in entries]


def station_line(record: StationRecord | None) -> str:
    """A station as the CSMS sees it: "OCPP 2.0.1 · Accepted · 1 transaction · heartbeat 14:02:11"."""
    if record is None:
        return "This station has not been seen."
    parts = [f"OCPP {record.ocpp}" if record.ocpp else "", record.boot_status]
    parts[0:0] = [] if record.connected else ["not connected"]
    running = len(record.running())
    if running:
        parts.append(f"{running} transaction{'' if running == 1 else 's'}")
    seen: Any = record.last_heartbeat or record.last_seen
    if seen is not None:
        parts.append(f"last seen {seen.astimezone():%H:%M:%S}")
    return " · ".join(part for part in parts if part)


__all__ = ["TOKEN_COLUMNS", "station_line", "token_records"]
