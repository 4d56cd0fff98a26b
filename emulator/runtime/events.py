"""Events as JSON objects, as control clients hear them."""

from __future__ import annotations

from typing import Any

from emulator.domain.times import timestamp
from emulator.domain.transaction import MeterValue, TransactionEvent
from emulator.runtime.emulator import Event
from emulator.runtime.waiting import frame_as_json


def event_as_json(station_id: str, event: Event) -> dict[str, Any]:
    """The fields of an event with its kind and its station."""
    head = {"kind": event.kind, "station": station_id}
    if event.kind == "frame":
        return head | frame_as_json(event.body)
    if isinstance(event.body, TransactionEvent):
        return head | _transaction(event.body)
    return head | (event.body or {})


def _transaction(event: TransactionEvent) -> dict[str, Any]:
    transaction = event.transaction
    return {
        "event_type": str(event.type),
        "trigger": str(event.trigger),
        "transaction": transaction.id,
        "csms_id": transaction.csms_id,
        "evse": transaction.evse_id,
        "connector": transaction.connector_id,
        "time": timestamp(event.at),
        "seq_no": event.seq_no,
        "offline": event.offline,
        "charging_state": str(event.charging_state),
        "id_token": event.token.to_json() if event.token else None,
        "started_at": timestamp(transaction.started_at),
        "ended_at": timestamp(transaction.ended_at) if transaction.ended_at else None,
        "meter_start_wh": transaction.meter_start_wh,
        "meter_stop_wh": transaction.meter_stop_wh,
        "stopped_reason": transaction.stopped_reason,
        "meter_values": [_meter_value(value) for value in event.meter_values],
    }


def _meter_value(value: MeterValue) -> dict[str, Any]:
    names = ("measurand", "value", "unit", "phase", "location")
    samples = [{name: getattr(sample, name) for name in names} for sample in value.samples]
    return {"time": timestamp(value.at), "context": str(value.context), "samples": samples}
