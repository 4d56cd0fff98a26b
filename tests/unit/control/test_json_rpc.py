"""JSON-RPC 2.0, without a socket."""

from __future__ import annotations

import json
import logging

import pytest

from emulator.control import json_rpc
from emulator.control.json_rpc import RpcError


async def perform(method, parameters):
    if method == "echo":
        return parameters
    if method == "refuse":
        raise RpcError(1, "EVSE 1: no car is there.", {"evse": 1})
    if method == "odd":
        return {"text": {1, 2}}
    raise ZeroDivisionError("ouch")


async def ask(message):
    text = message if isinstance(message, str | bytes) else json.dumps(message)
    answer = await json_rpc.answer(text, perform)
    return None if answer is None else json.loads(answer)


def call(method, call_id=1, **parameters):
    return {"jsonrpc": "2.0", "id": call_id, "method": method, "params": parameters}


async def test_a_call_is_answered_with_its_id():
    assert await ask(call("echo", "x", a=1)) == {"jsonrpc": "2.0", "id": "x", "result": {"a": 1}}


async def test_a_call_without_parameters():
    assert (await ask({"jsonrpc": "2.0", "id": 1, "method": "echo"}))["result"] == {}


async def test_an_id_of_null_is_answered_and_a_missing_one_is_not():
    assert await ask(call("echo", None)) == {"jsonrpc": "2.0", "id": None, "result": {}}
    assert await ask({"jsonrpc": "2.0", "method": "echo"}) is None
    assert await ask({"jsonrpc": "2.0", "method": "refuse"}) is None


@pytest.mark.parametrize("text", ["", "{", "nan", b"\xff\xfe", '{"a": 1'])
async def test_what_is_not_json(text):
    answer = await ask(text)
    assert (answer["error"]["code"], answer["id"]) == (-32700, None)


@pytest.mark.parametrize(
    "message",
    [
        1, "text", None, [], {}, {"jsonrpc": "2.0"}, {"jsonrpc": "1.0", "method": "echo", "id": 1},
        {"method": "echo", "id": 1}, {"jsonrpc": "2.0", "method": 5, "id": 1},
        {"jsonrpc": "2.0", "method": "echo", "id": 1, "params": "a"},
        {"jsonrpc": "2.0", "method": "echo", "id": {}}, {"jsonrpc": "2.0", "method": "echo", "id": True},
    ],
)  # fmt: skip
async def test_what_is_no_request(message):
    assert (await ask(message if not isinstance(message, str) else json.dumps(message)))["error"]["code"] == -32600


async def test_parameters_by_position_are_refused():
    answer = await ask({"jsonrpc": "2.0", "id": 4, "method": "echo", "params": [1]})
    assert answer["error"] == {"code": -32602, "message": 'Parameters are given by name: "params" is an object.'}


async def test_errors_carry_code_sentence_and_data():
    answer = await ask(call("refuse"))
    assert answer["error"] == {"code": 1, "message": "EVSE 1: no car is there.", "data": {"evse": 1}}


async def test_a_batch_is_answered_in_order_and_without_its_notifications():
    silent = {"jsonrpc": "2.0", "method": "echo"}
    answers = await ask([call("echo", 1), silent, 5, call("refuse", 2)])
    assert [answer["id"] for answer in answers] == [1, None, 2]
    assert answers[1]["error"]["code"] == -32600
    assert await ask([silent, silent]) is None


async def test_a_bug_is_logged_and_told(caplog):
    with caplog.at_level(logging.ERROR):
        answer = await ask(call("bug"))
    assert answer["error"] == {"code": -32603, "message": "bug failed, which is a bug: ZeroDivisionError: ouch"}
    assert "ouch" in caplog.text


async def test_a_result_that_is_no_json_is_a_bug_of_ours(caplog):
    answer = await ask(call("odd"))
    assert (answer["error"]["code"], answer["id"]) == (-32603, 1)
