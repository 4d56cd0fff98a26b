"""The fields that a message may have, as a table; and values that a station would put into some of them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from emulator.runtime.composing import FieldHelp
from ui.models.records import Column, Record

if TYPE_CHECKING:
    from ui.session import StationSession


def _tip(record: Record) -> str:
    """The field with its path, and what the schema says of it; in a few lines."""
    return f"<b>{record['path']}</b><br>{record['description']}".strip()


COLUMNS = (
    Column(
        "Field",
        lambda r: r["indented"],
        "With a star: must be there",
        178,
        fixed=True,
        tone=lambda r: r["tone"],
        tip=_tip,
    ),
    Column("Type", lambda r: r["type"], "Type, or the values that are allowed", tone=lambda _: "dim", tip=_tip),
)


def field_records(fields: Iterable[FieldHelp]) -> list[Record]:
    """The rows: a field under its object, required ones in the text's colour."""
    return [
        {
            "path": field.path,
            "indented": "  " * _depth(field.path) + field.path.rpartition(".")[2] + (" *" if field.required else ""),
            "type": field.type,
            "description": field.description,
            "tone": "" if field.required else "dim",
        }
        for field in fields
    ]


def _depth(path: str) -> int:
    return sum(1 for part in path.split(".")[:-1] if not part.isdigit())


def known_values(session: StationSession) -> dict[str, Any]:
    """What the station would say now, by field name."""
    snapshot = session.snapshot
    station, transactions = snapshot["station"], snapshot["transactions"]
    values: dict[str, Any] = {
        "now": snapshot["clock"]["time"],
        "connectorId": 1,
        "evseId": 1,
        "id": 1,
        "idTag": snapshot["tokens"][0]["id_token"] if snapshot["tokens"] else "04A22B6C",
        "idToken": snapshot["tokens"][0]["id_token"] if snapshot["tokens"] else "04A22B6C",
        "type": "ISO14443",
        "chargePointVendor": station["vendor"],
        "chargePointModel": station["model"],
        "vendorName": station["vendor"],
        "model": station["model"],
        "vendorId": station["vendor"],
        "reason": "PowerUp",
        "errorCode": "NoError",
        "status": "Available",
        "connectorStatus": "Available",
        "eventType": "Updated",
        "triggerReason": "Trigger",
        "meterStart": round(snapshot["evses"][0]["energy_wh"]) if snapshot["evses"] else 0,
        "meterStop": round(snapshot["evses"][0]["energy_wh"]) if snapshot["evses"] else 0,
        "value": "0",
    }
    if transactions:
        values["transactionId"] = transactions[0]["csms_id"] or transactions[0]["id"]
        values["seqNo"] = (transactions[0]["seq_no"] or 0) + 1
    return values


__all__ = ["COLUMNS", "field_records", "known_values"]
