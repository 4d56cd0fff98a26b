"""The yardstick: a station of websockets and orjson that validates, records and keeps nothing.

python bare_client.py URL OCPP COUNT
"""

from __future__ import annotations

import asyncio
import itertools
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import orjson
import uvloop
from websockets.asyncio.client import ClientConnection, connect

Answer = tuple[dict[str, Any], list[tuple[str, dict[str, Any]]]]


def _now() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"


def _status_16(status: str) -> tuple[str, dict[str, Any]]:
    body = {"connectorId": 1, "errorCode": "NoError", "status": status, "timestamp": _now()}
    return "StatusNotification", body


def _event(event_type: str, trigger: str, state: str, transaction: str, seq_no: int) -> tuple[str, dict[str, Any]]:
    info = {"transactionId": transaction, "chargingState": state}
    body = {
        "eventType": event_type,
        "timestamp": _now(),
        "triggerReason": trigger,
        "seqNo": seq_no,
        "transactionInfo": info,
    }
    return "TransactionEvent", {**body, "evse": {"id": 1, "connectorId": 1}}


def _get_configuration(body: dict[str, Any]) -> Answer:
    return {"configurationKey": [{"key": key, "readonly": False, "value": "300"} for key in body["key"]]}, []


def _get_variables(body: dict[str, Any]) -> Answer:
    rows = [{"attributeStatus": "Accepted", "attributeValue": "300", **asked} for asked in body["getVariableData"]]
    return {"getVariableResult": rows}, []


def _remote_start(body: dict[str, Any]) -> Answer:
    start = {"connectorId": body["connectorId"], "idTag": body["idTag"], "meterStart": 0, "timestamp": _now()}
    return {"status": "Accepted"}, [("StartTransaction", start), _status_16("Charging")]


def _remote_stop(body: dict[str, Any]) -> Answer:
    stop = {"transactionId": body["transactionId"], "meterStop": 1, "timestamp": _now(), "reason": "Remote"}
    return {"status": "Accepted"}, [("StopTransaction", stop), _status_16("Finishing")]


def _request_start(body: dict[str, Any]) -> Answer:
    transaction = f"bare-{body['remoteStartId']}"
    started = _event("Started", "RemoteStart", "EVConnected", transaction, 0)
    return {"status": "Accepted"}, [started, _event("Updated", "ChargingStateChanged", "Charging", transaction, 1)]


def _request_stop(body: dict[str, Any]) -> Answer:
    return {"status": "Accepted"}, [_event("Ended", "RemoteStop", "EVConnected", body["transactionId"], 2)]


ANSWERS: dict[str, Callable[[dict[str, Any]], Answer]] = {
    "GetConfiguration": _get_configuration,
    "GetVariables": _get_variables,
    "RemoteStartTransaction": _remote_start,
    "RemoteStopTransaction": _remote_stop,
    "RequestStartTransaction": _request_start,
    "RequestStopTransaction": _request_stop,
}
BOOT = {
    "1.6": {"chargePointVendor": "Bare", "chargePointModel": "Client"},
    "2.0.1": {"reason": "PowerUp", "chargingStation": {"vendorName": "Bare", "model": "Client"}},
}


async def _answer(socket: ClientConnection, message_ids: itertools.count[int]) -> None:
    async for text in socket:
        kind, message_id, action, *rest = orjson.loads(text)
        if kind != 2:
            continue
        result, calls = ANSWERS[action](rest[0])
        await socket.send(orjson.dumps([3, message_id, result]).decode())
        for call in calls:
            await socket.send(orjson.dumps([2, str(next(message_ids)), *call]).decode())


async def station(url: str, ocpp: str, number: int) -> None:
    """One station: boots, then answers until the connection ends."""
    message_ids = itertools.count()
    address = f"{url}/BARE-{number:04}"
    async with connect(address, subprotocols=[f"ocpp{ocpp}"], compression=None) as socket:  # type: ignore[list-item]
        await socket.send(orjson.dumps([2, str(next(message_ids)), "BootNotification", BOOT[ocpp]]).decode())
        await _answer(socket, message_ids)


async def main(url: str, ocpp: str, count: int) -> None:
    """All stations, until the CSMS is gone."""
    await asyncio.gather(*(station(url, ocpp, number) for number in range(1, count + 1)), return_exceptions=True)


if __name__ == "__main__":
    uvloop.run(main(sys.argv[1], sys.argv[2], int(sys.argv[3])))
