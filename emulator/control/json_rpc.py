"""JSON-RPC 2.0: texts in, texts out; what the methods do is somebody else's matter."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from typing import Any

import orjson

logger = logging.getLogger(__name__)

PARSE_ERROR = -32700
INVALID_REQUEST = -32600
METHOD_NOT_FOUND = -32601
INVALID_PARAMETERS = -32602
INTERNAL_ERROR = -32603
# Those of control.md.
REFUSED = 1
TIMED_OUT = 2

Perform = Callable[[str, dict[str, Any]], Awaitable[Any]]


class RpcError(Exception):
    """An error of JSON-RPC: its code, a sentence, and more for machines."""

    def __init__(self, code: int, message: str, data: Any = None) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.data = data

    def to_json(self) -> dict[str, Any]:
        """The error object."""
        error: dict[str, Any] = {"code": self.code, "message": self.message}
        return error if self.data is None else {**error, "data": self.data}


async def answer(text: str | bytes, perform: Perform) -> bytes | None:
    """The answer to a message, a call or a batch of them; None where nothing is to be said.

    The calls of a batch are performed one after the other, so that a batch may be a little script.
    """
    try:
        message = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        return _encoded(_failure(None, RpcError(PARSE_ERROR, f"This is not JSON: {error}.")))
    if not isinstance(message, list):
        outcome = await _answer_one(message, perform)
        return None if outcome is None else _encoded(outcome)
    if not message:
        return _encoded(_failure(None, RpcError(INVALID_REQUEST, "A batch holds at least one call.")))
    outcomes = [await _answer_one(each, perform) for each in message]
    said = [outcome for outcome in outcomes if outcome is not None]
    return _encoded(said) if said else None


def notification(method: str, parameters: dict[str, Any]) -> bytes:
    """A message that nobody answers."""
    return _encoded({"jsonrpc": "2.0", "method": method, "params": parameters})


async def _answer_one(call: Any, perform: Perform) -> dict[str, Any] | None:
    call_id = call.get("id") if isinstance(call, dict) else None
    if not isinstance(call_id, str | int | float) or isinstance(call_id, bool):
        call_id = None
    try:
        method, parameters = _checked(call)
        result = await _performed(method, parameters, perform)
    except RpcError as error:
        silent = isinstance(call, dict) and "id" not in call and error.code != INVALID_REQUEST
        return None if silent else _failure(call_id, error)
    return {"jsonrpc": "2.0", "result": result, "id": call_id} if "id" in call else None


def _checked(call: Any) -> tuple[str, dict[str, Any]]:
    if not isinstance(call, dict):
        raise RpcError(INVALID_REQUEST, "A call is a JSON object.")
    if call.get("jsonrpc") != "2.0":
        raise RpcError(INVALID_REQUEST, 'A call has "jsonrpc": "2.0".')
    method, parameters, call_id = call.get("method"), call.get("params", {}), call.get("id")
    if not isinstance(method, str):
        raise RpcError(INVALID_REQUEST, 'A call has a "method", which is a text.')
    if call_id is not None and (isinstance(call_id, bool) or not isinstance(call_id, str | int | float)):
        raise RpcError(INVALID_REQUEST, "The id of a call is a text or a number.")
    if isinstance(parameters, list):
        raise RpcError(INVALID_PARAMETERS, 'Parameters are given by name: "params" is an object.')
    if not isinstance(parameters, dict):
        raise RpcError(INVALID_REQUEST, 'The "params" of a call are an object.')
    return method, parameters


async def _performed(method: str, parameters: dict[str, Any], perform: Perform) -> Any:
    try:
        return await perform(method, parameters)
    except RpcError:
        raise
    except Exception as error:
        logger.exception("%s failed", method)
        raise RpcError(INTERNAL_ERROR, f"{method} failed, which is a bug: {type(error).__name__}: {error}") from error


def _failure(call_id: Any, error: RpcError) -> dict[str, Any]:
    return {"jsonrpc": "2.0", "error": error.to_json(), "id": call_id}


def _encoded(message: Any) -> bytes:
    try:
        return orjson.dumps(message)
    except TypeError as error:
        logger.exception("an answer cannot be written as JSON")
        call_id = message.get("id") if isinstance(message, dict) else None
        return orjson.dumps(_failure(call_id, RpcError(INTERNAL_ERROR, f"The answer is no JSON: {error}.")))
