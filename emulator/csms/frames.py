"""OCPP-J frames as text: taken apart without trust, put together without spaces."""

from __future__ import annotations

import json
from typing import Any, NamedTuple, NoReturn

CALL, CALLRESULT, CALLERROR = 2, 3, 4
KINDS = {CALL: "CALL", CALLRESULT: "CALLRESULT", CALLERROR: "CALLERROR"}
LONGEST_MESSAGE_ID = 36


class Decoded(NamedTuple):
    """A frame taken apart; `fault` says why it is no OCPP message, `fault_code` is the CALLERROR code for it."""

    kind: str
    message_id: str
    action: str
    payload: Any
    fault: str = ""
    fault_code: str = ""


def decode(raw: str | bytes) -> Decoded:
    """Take a frame apart; never raises."""
    if isinstance(raw, bytes):
        return _malformed("", "a binary frame; OCPP-J messages are text frames")
    try:
        message = json.loads(raw, parse_constant=_refuse_constant)
        if "\\ud" in raw.lower():
            encode_payload(message).encode()  # half a surrogate pair is no text
    except (ValueError, RecursionError) as error:
        return _malformed("", f"not JSON: {error}")
    if not isinstance(message, list) or len(message) < 3:
        return _malformed("", "not an array of at least three elements")
    message_id = message[1]
    if not isinstance(message_id, str):
        return _malformed("", "the message id is not a string")
    if len(message_id) > LONGEST_MESSAGE_ID:
        return _malformed("", f"the message id is longer than {LONGEST_MESSAGE_ID} characters")
    return _by_type(message, message_id)


def _by_type(message: list[Any], message_id: str) -> Decoded:
    kind = message[0] if type(message[0]) is int else None
    if kind == CALL:
        return _call(message, message_id)
    if kind == CALLRESULT:
        if len(message) != 3 or not isinstance(message[2], dict):
            return _malformed(message_id, "a CALLRESULT is [3, id, {payload}]", "")
        return Decoded("CALLRESULT", message_id, "", message[2])
    if kind == CALLERROR:
        return _call_error(message, message_id)
    return _malformed(message_id, f"message type {message[0]!r} is unknown", "MessageTypeNotSupported")


def _call(message: list[Any], message_id: str) -> Decoded:
    if len(message) != 4 or not isinstance(message[2], str) or not isinstance(message[3], dict):
        return _malformed(message_id, 'a CALL is [2, id, "action", {payload}]', "FormatViolation")
    return Decoded("CALL", message_id, message[2], message[3])


def _call_error(message: list[Any], message_id: str) -> Decoded:
    code, description, details = (*message[2:], "", "", {})[:3] if len(message) < 5 else message[2:5]
    payload = {"errorCode": code, "errorDescription": description, "errorDetails": details}
    fault = ""
    if len(message) != 5 or not (isinstance(code, str) and isinstance(description, str) and isinstance(details, dict)):
        fault = 'a CALLERROR is [4, id, "code", "description", {details}]'
    return Decoded("CALLERROR", message_id, "", payload, fault)


def _malformed(message_id: str, fault: str, code: str = "RpcFrameworkError") -> Decoded:
    return Decoded("MALFORMED", message_id, "", None, fault, code)


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


def encode(*parts: Any) -> str:
    """A frame as text."""
    return encode_payload(parts)


def encode_payload(payload: Any) -> str:
    """Any JSON value as text without spaces."""
    return json.dumps(payload, separators=(",", ":"), ensure_ascii=False)
