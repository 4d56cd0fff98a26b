"""Frames as a station's log records them, for tests of the window."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import orjson

from emulator.domain.frames import Direction, Frame, FrameType, Problem

START = datetime(2026, 11, 20, 14, 31, 52, 104_000, tzinfo=UTC)
TRANSACTION = "7f3a12c0-55aa-4c1e-9b1f-0a4b8f2f3c11"


class FrameMaker:
    """Makes frames with ascending seq; `time` is when the next one happens."""

    def __init__(self, first_seq: int = 1) -> None:
        self.seq = first_seq - 1
        self.time = START
        self.frames: list[Frame] = []

    def wait(self, seconds: float) -> FrameMaker:
        self.time += timedelta(seconds=seconds)
        return self

    def make(self, direction: str, kind: str, action: str, payload: Any, **fields: Any) -> Frame:
        self.seq += 1
        message_id = fields.pop("message_id", f"id-{self.seq}")
        numbers = {"CALL": [2, message_id, action, payload], "CALLRESULT": [3, message_id, payload]}
        raw = fields.pop("raw", None) or orjson.dumps(numbers.get(kind, [4, message_id, payload])).decode()
        frame = Frame(
            self.seq, self.time, Direction(direction), FrameType(kind), action, message_id, payload, raw, **fields
        )
        self.frames.append(frame)
        return frame

    def call(
        self, action: str, payload: Any = None, *, direction: str = "sent", ocpp: str = "2.0.1", **more: Any
    ) -> Frame:
        return self.make(direction, "CALL", action, {} if payload is None else payload, ocpp=ocpp, **more)

    def answer(
        self, call: Frame, payload: Any = None, *, latency_ms: float = 12.0, error: str = "", **more: Any
    ) -> Frame:
        direction = "received" if call.direction is Direction.SENT else "sent"
        self.time += timedelta(milliseconds=latency_ms)
        more |= {"message_id": call.message_id, "answers": call.seq, "latency_ms": latency_ms, "ocpp": call.ocpp}
        if error:
            body = {"errorCode": error, "errorDescription": "", "errorDetails": {}}
            return self.make(direction, "CALLERROR", call.action, body, **more)
        return self.make(direction, "CALLRESULT", call.action, {} if payload is None else payload, **more)

    def malformed(self, raw: str = '[2,"1","Reset",{', message: str = "not JSON: unexpected end") -> Frame:
        problem = Problem("", "json", message)
        return self.make("received", "MALFORMED", "", None, raw=raw, message_id="", problems=(problem,))


def event(kind: str, reason: str, seq_no: int, **info: Any) -> dict[str, Any]:
    """A TransactionEventRequest; the first names EVSE 1."""
    payload: dict[str, Any] = {
        "eventType": kind,
        "timestamp": "2026-11-20T14:31:58Z",
        "triggerReason": reason,
        "seqNo": seq_no,
        "transactionInfo": {"transactionId": TRANSACTION, **info},
    }
    return payload | ({"evse": {"id": 1, "connectorId": 1}} if seq_no == 0 else {})


def meter_value(energy_wh: float, power_w: float) -> list[dict[str, Any]]:
    """A 2.0.1 meter value with register and power."""
    energy = {"value": energy_wh, "measurand": "Energy.Active.Import.Register", "unitOfMeasure": {"unit": "Wh"}}
    power = {"value": power_w, "measurand": "Power.Active.Import", "unitOfMeasure": {"unit": "W"}}
    return [{"timestamp": "2026-11-20T14:32:07Z", "sampledValue": [energy, power]}]


WRONG_VARIABLE = {
    "setVariableData": [
        {
            "component": {"name": "SampledDataCtrlr"},
            "variable": {"name": "TxUpdatedInterval"},
            "attributeValue": "ten",
        }
    ]
}
REFUSED_VARIABLE = {
    "setVariableResult": [
        {
            "attributeStatus": "Rejected",
            "attributeStatusInfo": {"reasonCode": "InvalidValue"},
            "component": {"name": "SampledDataCtrlr"},
            "variable": {"name": "TxUpdatedInterval"},
        }
    ]
}


def session() -> FrameMaker:
    """A short session: 9 rows, one refused SetVariables (seq 13), the last TransactionEvent (seq 15) still waits."""
    log = FrameMaker()
    boot = log.call(
        "BootNotification", {"reason": "PowerUp", "chargingStation": {"vendorName": "ChargeDesk", "model": "DC-150"}}
    )
    log.answer(boot, {"currentTime": "x", "interval": 300, "status": "Accepted"}, latency_ms=18)
    status = {"timestamp": "x", "connectorStatus": "Occupied", "evseId": 1, "connectorId": 1}
    log.answer(log.wait(5).call("StatusNotification", status))
    log.answer(log.call("TransactionEvent", event("Started", "CablePluggedIn", 0)))
    authorize = log.wait(2).call("Authorize", {"idToken": {"idToken": "04A22B6C", "type": "ISO14443"}})
    log.answer(authorize, {"idTokenInfo": {"status": "Accepted"}}, latency_ms=41)
    log.answer(log.call("TransactionEvent", event("Updated", "Authorized", 1)))
    log.answer(log.wait(1).call("Heartbeat"), {"currentTime": "x"})
    problem = Problem("/setVariableData/0/attributeValue", "type", "integer expected")
    wrong = log.wait(1).call("SetVariables", WRONG_VARIABLE, direction="received", problems=(problem,))
    log.answer(wrong, REFUSED_VARIABLE, latency_ms=1)
    updated = event("Updated", "MeterValuePeriodic", 2) | {"meterValue": meter_value(180, 11_000)}
    log.wait(1).call("TransactionEvent", updated)
    return log
