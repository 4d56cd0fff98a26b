"""The JSON Schema of a snapshot, for clients of the control socket."""

from __future__ import annotations

from typing import Any

Schema = dict[str, Any]

TEXT: Schema = {"type": "string"}
MAYBE_TEXT: Schema = {"type": ["string", "null"]}
NUMBER: Schema = {"type": "number"}
MAYBE_NUMBER: Schema = {"type": ["number", "null"]}
FLAG: Schema = {"type": "boolean"}
NUMBERS: Schema = {"type": "array", "items": NUMBER}


def _object(**properties: Schema) -> Schema:
    return {"type": "object", "properties": properties, "required": list(properties)}


def _list(items: Schema) -> Schema:
    return {"type": "array", "items": items}


def _maybe(schema: Schema) -> Schema:
    return {"anyOf": [schema, {"type": "null"}]}


TOKEN = _object(id_token=TEXT, type=TEXT)
FAULT = _object(error_code=TEXT, info=TEXT, vendor_error_code=TEXT)
VEHICLE = _object(
    name=TEXT, battery_wh=NUMBER, soc_percent=NUMBER, ready=FLAG, wants_charge=FLAG, max_ac_w=NUMBER, max_dc_w=NUMBER,
    phases=NUMBER, taper_soc_percent=NUMBER, iso15118=TEXT, departure_time=MAYBE_TEXT,
)  # fmt: skip
CONNECTOR = _object(
    id=NUMBER, type=TEXT, cable=TEXT, max_current_a=NUMBER, status=TEXT, plugged=FLAG, cable_present=FLAG, locked=FLAG,
    energized=FLAG, operative=FLAG, fault=_maybe(FAULT),
)  # fmt: skip
EVSE = _object(
    id=NUMBER, current=TEXT, max_power_w=NUMBER, phases=NUMBER, voltage_v=NUMBER, operative=FLAG, faults=_list(TEXT),
    occupied=FLAG, bay_occupied=FLAG, power_w=NUMBER, limit_w=MAYBE_NUMBER, energy_wh=NUMBER, soc_percent=MAYBE_NUMBER,
    vehicle=_maybe(VEHICLE), transaction=MAYBE_TEXT, authorized=_maybe(TOKEN),
    reservation=_maybe(_object(id=NUMBER, id_token=TEXT, expires_at=TEXT)), charging_state=TEXT,
    connectors=_list(CONNECTOR),
)  # fmt: skip
TRANSACTION = _object(
    id=TEXT, csms_id={"type": ["integer", "null"]}, evse=NUMBER, connector=MAYBE_NUMBER, id_token=MAYBE_TEXT,
    started_at=TEXT, ended_at=MAYBE_TEXT, charging_state=TEXT, energy_wh=NUMBER, power_w=NUMBER,
    soc_percent=MAYBE_NUMBER, stopped_reason=MAYBE_TEXT, seq_no=NUMBER,
)  # fmt: skip
METER = _object(
    evse=NUMBER, time=TEXT, energy_wh=NUMBER, power_w=NUMBER, offered_w=NUMBER, current_a=NUMBERS, voltage_v=NUMBERS,
    soc_percent=MAYBE_NUMBER, frequency_hz=MAYBE_NUMBER,
)  # fmt: skip
LISTED = _object(id_token=TEXT, type=TEXT, status=TEXT, group=_maybe(TOKEN), expires_at=MAYBE_TEXT)
RESERVATION = _object(
    id=NUMBER, id_token=TEXT, type=TEXT, group=_maybe(TOKEN), evse=MAYBE_NUMBER, connector=MAYBE_NUMBER,
    connector_type=MAYBE_TEXT, expires_at=TEXT,
)  # fmt: skip
ENTRY = _object(id=NUMBER, action=TEXT, transaction=TEXT, created_at=TEXT, attempts=NUMBER, state=TEXT)

PROFILE = _object(
    id=NUMBER, evse=NUMBER, connector=MAYBE_NUMBER, purpose=TEXT, stack_level=NUMBER, kind=TEXT, recurrency=MAYBE_TEXT,
    unit=TEXT, start=MAYBE_TEXT, duration_s=MAYBE_NUMBER, min_rate=MAYBE_NUMBER,
    periods=_list(_object(start_s=NUMBER, limit=NUMBER, phases=MAYBE_NUMBER)), valid_from=MAYBE_TEXT,
    valid_to=MAYBE_TEXT, transaction=MAYBE_TEXT, source=MAYBE_TEXT, active=FLAG,
)  # fmt: skip

FIRMWARE = _object(
    status=TEXT, busy=FLAG, request_id={"type": ["integer", "null"]}, signed=FLAG, location=MAYBE_TEXT,
    received_bytes=NUMBER, total_bytes=MAYBE_NUMBER, retrieve_at=MAYBE_TEXT, install_at=MAYBE_TEXT, problem=MAYBE_TEXT,
)  # fmt: skip
DIAGNOSTICS = _object(
    status=TEXT, busy=FLAG, kind=MAYBE_TEXT, request_id={"type": ["integer", "null"]}, location=MAYBE_TEXT,
    file_name=MAYBE_TEXT, sent_bytes=NUMBER, total_bytes=MAYBE_NUMBER, problem=MAYBE_TEXT,
)  # fmt: skip

SNAPSHOT_SCHEMA: Schema = {
    "type": "object",
    "properties": {
        "station": _object(
            id=TEXT, vendor=TEXT, model=TEXT, serial_number=TEXT, firmware_version=TEXT, powered=FLAG
        ),
        "connection": _object(
            state={"enum": ["offline", "connecting", "connected", "waiting"]}, url=TEXT, identity=TEXT,
            ocpp=MAYBE_TEXT, offered=_list(TEXT), security_profile=NUMBER, user=TEXT,
            problem=_maybe(_object(kind=TEXT, sentence=TEXT, hint=TEXT)), retry_at=MAYBE_TEXT, since=MAYBE_TEXT,
            round_trip_ms=MAYBE_NUMBER, network={"type": "object"},
        ),
        "boot": _object(
            state={"enum": ["none", "booting", "pending", "accepted", "rejected"]}, interval_s=MAYBE_NUMBER,
            retry_at=MAYBE_TEXT,
        ),
        "clock": _object(time=TEXT, speed=NUMBER, skew_s=NUMBER, frozen=FLAG),
        "evses": _list(EVSE),
        "reader": _object(layout=TEXT, works=FLAG, waiting=_maybe(TOKEN), last=_maybe(TOKEN)),
        "transactions": _list(TRANSACTION),
        "meters": _list(METER),
        "queue": _list(ENTRY),
        "display": _object(messages=_list({}), evses=_list(_object(evse=NUMBER, lines=_list(TEXT)))),
        "tokens": _list(_object(id_token=TEXT, type=TEXT, label=TEXT)),
        "vehicles": _list(VEHICLE),
        "variables": _list({"type": "object"}),
        "lists": _object(local_list_version=NUMBER, local_list=_list(LISTED), cache=_list(LISTED)),
        "reservations": _list(RESERVATION),
        "profiles": _list(PROFILE),
        "monitors": _list({}),
        "certificates": _list({}),
        "firmware": _maybe(FIRMWARE),
        "diagnostics": _maybe(DIAGNOSTICS),
    },
}  # fmt: skip

PROBLEM = _object(pointer=TEXT, keyword=TEXT, message=TEXT)
FRAME_SCHEMA: Schema = _object(
    seq=NUMBER, time=TEXT, direction={"enum": ["sent", "received"]},
    type={"enum": ["CALL", "CALLRESULT", "CALLERROR", "MALFORMED"]}, action=TEXT, message_id=TEXT, payload={}, raw=TEXT,
    ocpp=TEXT, valid=FLAG, problems=_list(PROBLEM), answers=MAYBE_NUMBER, latency_ms=MAYBE_NUMBER,
)  # fmt: skip
